//! What the kernel gives no notice of, and has to be asked for again and again: the ends of child
//! processes and of threads, the locks of files (`waitpid`, `waitid`, `pthread_join`, `flock`).

use std::ffi::{c_int, c_void};
use std::ptr;

use nix::libc::{self, id_t, idtype_t, pid_t, pthread_t, siginfo_t};

use super::Parts;
use super::caller::{Call, Refused, caller, cancelled};
use super::raw::{AGAIN, Raw, finish_int, sys};

/// Carries out a call as it was made; or, if it may wait, in a form that does not, until there is an
/// answer.
fn ask(may_wait: bool, as_made: impl Fn() -> Raw, at_once: impl FnMut() -> Option<Raw>) -> Raw {
    let caller = match caller(Parts::SELECT) {
        Call::Cooperative(caller) if may_wait => caller,
        Call::Cancelled => return cancelled(),
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
    finish_int(ask(options & libc::WNOHANG == 0, || wait(options), at_once))
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
    let may_wait = options & libc::WNOHANG == 0;
    finish_int(ask(may_wait, || wait(info, options), at_once))
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

#[unsafe(no_mangle)]
unsafe extern "C" fn flock(fd: c_int, operation: c_int) -> c_int {
    // SAFETY: no pointers.
    let lock = |operation: c_int| unsafe { sys!(SYS_flock, fd, operation) };
    let at_once = || Some(lock(operation | libc::LOCK_NB)).filter(|&result| result != AGAIN);
    let may_wait = operation & libc::LOCK_NB == 0;
    finish_int(ask(may_wait, || lock(operation), at_once))
}
