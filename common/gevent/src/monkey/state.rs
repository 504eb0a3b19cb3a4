//! What changes a descriptor under those who wait for it: mode, time limits, copies, the end.

use std::ffi::{c_int, c_ulong, c_void};

use nix::libc::{self, socklen_t};

use super::caller::closing;
use super::facts;
use super::raw::{finish_int, sys};

#[unsafe(no_mangle)]
unsafe extern "C" fn close(fd: c_int) -> c_int {
    end_of(fd);
    // SAFETY: no pointers; whose descriptor it is, is the caller's affair.
    finish_int(unsafe { sys!(SYS_close, fd) })
}

/// The number stands for something else from now on. To be told before that is so: another thread may
/// be given the same number at once.
fn end_of(fd: c_int) {
    closing(fd);
    facts::closed(fd);
}

// `ioctl` and `fcntl` have `...` in C. On the two architectures that the crate is for, an argument in
// that place comes in the same register as a third one.

#[unsafe(no_mangle)]
unsafe extern "C" fn ioctl(fd: c_int, request: c_ulong, argument: *mut c_void) -> c_int {
    // SAFETY: ioctl(2) with the caller's own arguments.
    let result = unsafe { sys!(SYS_ioctl, fd, request as usize, argument) };
    if request == libc::FIONBIO as c_ulong {
        facts::changed(fd);
    }
    finish_int(result)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn fcntl(fd: c_int, command: c_int, argument: *mut c_void) -> c_int {
    // SAFETY: fcntl(2) with the caller's own arguments.
    let result = unsafe { sys!(SYS_fcntl, fd, command, argument) };
    match command {
        libc::F_SETFL => facts::changed(fd),
        libc::F_DUPFD | libc::F_DUPFD_CLOEXEC => copied(fd, result as c_int),
        _ => {}
    }
    finish_int(result)
}

/// The name by which C programs with large files call it.
#[unsafe(no_mangle)]
unsafe extern "C" fn fcntl64(fd: c_int, command: c_int, argument: *mut c_void) -> c_int {
    // SAFETY: the same contract.
    unsafe { fcntl(fd, command, argument) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn setsockopt(
    fd: c_int,
    level: c_int,
    name: c_int,
    value: *const c_void,
    length: socklen_t,
) -> c_int {
    // SAFETY: setsockopt(2) with the caller's own arguments.
    let result = unsafe { sys!(SYS_setsockopt, fd, level, name, value, length) };
    if level == libc::SOL_SOCKET && [libc::SO_RCVTIMEO, libc::SO_SNDTIMEO].contains(&name) {
        facts::changed(fd);
    }
    finish_int(result)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn dup(fd: c_int) -> c_int {
    // SAFETY: no pointers.
    let copy = unsafe { sys!(SYS_dup, fd) };
    copied(fd, copy as c_int);
    finish_int(copy)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn dup2(fd: c_int, to: c_int) -> c_int {
    if fd == to {
        // SAFETY: no pointers. (dup3 calls equal numbers an error; dup2 only asks if there is such.)
        let flags = unsafe { sys!(SYS_fcntl, fd, libc::F_GETFD) };
        return finish_int(if flags < 0 { flags } else { to as isize });
    }
    // SAFETY: no pointers.
    unsafe { dup3(fd, to, 0) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn dup3(fd: c_int, to: c_int, flags: c_int) -> c_int {
    if fd != to {
        end_of(to);
    }
    // SAFETY: no pointers.
    let copy = unsafe { sys!(SYS_dup3, fd, to, flags) };
    copied(fd, copy as c_int);
    finish_int(copy)
}

fn copied(fd: c_int, copy: c_int) {
    if copy >= 0 {
        facts::copied(fd, copy);
    }
}
