//! The ends of child processes and of threads: `waitpid`, `waitid`, `pthread_join`.

use std::ffi::{c_int, c_void};
use std::ptr;

use nix::libc::{self, id_t, idtype_t, pid_t, pthread_t, siginfo_t};

use super::Parts;
use super::caller::{Call, Refused, caller};
use super::raw::{Raw, finish_int, sys};

/// Asks for the end of something: as made, or without waiting, again and again.
fn ended(options: c_int, as_made: impl Fn() -> Raw, at_once: impl FnMut() -> Option<Raw>) -> Raw {
    let caller = match caller(Parts::SELECT) {
        Call::Cooperative(caller) if options & libc::WNOHANG == 0 => caller,
        Call::Cancelled => return -(libc::ECANCELED as Raw),
        _ => return as_made(),
    };
    match caller.ask(at_once) {
        Ok(result) | Err(Refused::Failed(result)) => result,
        Err(Refused::Plain | Refused::TimedOut) => as_made(),
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn waitpid(pid: pid_t, status: *mut c_int, options: c_int) -> pid_t {
    let wait = |options: c_int| {
        let usage = ptr::null::<c_void>();
        // SAFETY: waitpid(2) with the caller's own arguments.
        unsafe { sys!(SYS_wait4, pid, status, options, usage) }
    };
    let at_once = || Some(wait(options | libc::WNOHANG)).filter(|&result| result != 0);
    finish_int(ended(options, || wait(options), at_once))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn waitid(
    kind: idtype_t,
    id: id_t,
    info: *mut siginfo_t,
    options: c_int,
) -> c_int {
    let wait = |info: *mut siginfo_t, options: c_int| {
        let usage = ptr::null::<c_void>();
        // SAFETY: waitid(2) with the caller's own arguments, or with an `info` of ours.
        unsafe { sys!(SYS_waitid, kind, id, info, options, usage) }
    };
    let at_once = || {
        // SAFETY: all zeroes is a `siginfo_t`.
        let mut mine: siginfo_t = unsafe { std::mem::zeroed() };
        let result = wait(&raw mut mine, options | libc::WNOHANG);
        // SAFETY: the kernel has filled it in for the end of a child, or left it zero.
        if result == 0 && unsafe { mine.si_pid() } == 0 {
            return None; // nobody has ended yet
        }
        if !info.is_null() {
            // SAFETY: the caller's own pointer, good to write by the contract of waitid(2).
            unsafe { *info = mine };
        }
        Some(result)
    };
    finish_int(ended(options, || wait(info, options), at_once))
}

/// `std::thread::JoinHandle::join`. It knows no failure, so a kill has to wait for the thread.
#[unsafe(no_mangle)]
unsafe extern "C" fn pthread_join(thread: pthread_t, result: *mut *mut c_void) -> c_int {
    type Join = unsafe extern "C" fn(pthread_t, *mut *mut c_void) -> c_int;
    if let Call::Cooperative(caller) = caller(Parts::THREAD) {
        // SAFETY: the caller's own arguments.
        let join = || unsafe { libc::pthread_tryjoin_np(thread, result) };
        let joined = caller.ask(|| match join() {
            libc::EBUSY => None,
            code => Some(code as Raw),
        });
        if let Ok(code) = joined {
            return code as c_int;
        }
    }
    // SAFETY: a name that ends with a zero.
    let found = unsafe { libc::dlsym(libc::RTLD_NEXT, c"pthread_join".as_ptr()) };
    // SAFETY: what the C library calls so is such a function; `Option` is for the null pointer.
    match unsafe { std::mem::transmute::<*mut c_void, Option<Join>>(found) } {
        // SAFETY: the caller's own arguments.
        Some(original) => unsafe { original(thread, result) },
        None => libc::ENOSYS,
    }
}
