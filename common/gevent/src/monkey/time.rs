//! Time: the sleeps of the C library, and `sched_yield`.

use std::ffi::{c_int, c_uint};
use std::time::Duration;

use nix::libc::{self, clockid_t, timespec};

use super::Parts;
use super::caller::{Call, Refused, caller, cancelled};
use super::raw::{duration, finish_int, sys};

/// Sleeps in the hub; false if this is not to be, and the thread has to sleep.
///
/// A sleep that a kill cuts short just ends: whoever is told of an interruption sleeps the rest.
fn slept(time: impl FnOnce() -> Option<Duration>) -> bool {
    let caller = match caller(Parts::TIME) {
        Call::Plain => return false,
        Call::Cancelled => {
            cancelled();
            return true;
        }
        Call::Cooperative(caller) => caller,
    };
    let Some(time) = time() else { return false };
    !matches!(caller.sleep(time), Err(Refused::Plain))
}

/// `std::thread::sleep` and `sleep_until`. It returns the error number, unlike all the others.
#[unsafe(no_mangle)]
unsafe extern "C" fn clock_nanosleep(
    clock: clockid_t,
    flags: c_int,
    request: *const timespec,
    left: *mut timespec,
) -> c_int {
    let time = || {
        // SAFETY: the caller's own pointer, good to read by the contract of clock_nanosleep(2).
        let request = duration(unsafe { *request })?;
        if flags & libc::TIMER_ABSTIME == 0 {
            return Some(request);
        }
        let mut now = timespec { tv_sec: 0, tv_nsec: 0 };
        // SAFETY: `now` is ours.
        unsafe { libc::clock_gettime(clock, &raw mut now) };
        Some(request.saturating_sub(duration(now)?))
    };
    if slept(time) {
        return 0;
    }
    // SAFETY: clock_nanosleep(2) with the caller's own arguments.
    -unsafe { sys!(SYS_clock_nanosleep, clock, flags, request, left) } as c_int
}

#[unsafe(no_mangle)]
unsafe extern "C" fn nanosleep(request: *const timespec, left: *mut timespec) -> c_int {
    // SAFETY: the caller's own pointer, good to read by the contract of nanosleep(2).
    if slept(|| duration(unsafe { *request })) {
        return 0;
    }
    let clock = libc::CLOCK_REALTIME;
    // SAFETY: nanosleep(2) with the caller's own arguments.
    finish_int(unsafe { sys!(SYS_clock_nanosleep, clock, 0, request, left) })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn usleep(micros: c_uint) -> c_int {
    let time = Duration::from_micros(micros.into());
    let request = super::raw::timespec(time);
    // SAFETY: the request is ours.
    unsafe { nanosleep(&raw const request, std::ptr::null_mut()) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn sleep(seconds: c_uint) -> c_uint {
    let mut request = super::raw::timespec(Duration::from_secs(seconds.into()));
    let left = &raw mut request;
    // SAFETY: the request is ours; a signal leaves in it what is left.
    match unsafe { nanosleep(left, left) } {
        0 => 0,
        _ => request.tv_sec as c_uint,
    }
}

/// `std::thread::yield_now`: the others, not other threads, get their turns.
#[unsafe(no_mangle)]
extern "C" fn sched_yield() -> c_int {
    if let Call::Cooperative(caller) = caller(Parts::THREAD) {
        let _ = caller.give_way();
        return 0;
    }
    // SAFETY: no arguments.
    finish_int(unsafe { sys!(SYS_sched_yield) })
}
