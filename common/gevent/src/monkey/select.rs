//! Waiting for one of several: `poll`, `ppoll`, `select`, `epoll_wait`.
//!
//! Each first asks without waiting. If there is nothing, the task waits in the hub for any change of the
//! descriptors that were named, and then the caller's question is asked again.

use std::ffi::{c_int, c_void};
use std::time::Duration;

use nix::libc::{self, fd_set, nfds_t, pollfd, timespec, timeval};

use super::Parts;
use super::caller::{Call, Refused, caller, cancelled};
use super::raw::{self, Raw, duration, finish_int, sys};
use crate::hub::Direction::{self, Read, Write};
use crate::waitlist::Deadline;

/// What a change of is waited for.
type Wanted = Vec<(c_int, Direction)>;

/// Asks `ask` (with the time it may wait) until there is an answer other than 0, or the time is over.
fn until(
    limit: Option<Duration>,
    mut ask: impl FnMut(Option<Duration>) -> Raw,
    wanted: impl FnOnce() -> Wanted,
) -> Raw {
    let caller = match caller(Parts::SELECT) {
        Call::Plain => return ask(limit),
        Call::Cancelled => return cancelled(),
        Call::Cooperative(caller) => caller,
    };
    let deadline = Deadline::after(limit);
    let first = ask(Some(Duration::ZERO));
    if first != 0 || limit.is_some_and(|limit| limit.is_zero()) {
        return match caller.spend() {
            Err(Refused::Failed(error)) => error,
            _ => first,
        };
    }
    let wanted = wanted();
    loop {
        match caller.wait_any(&wanted, deadline.left()) {
            Ok(()) => {}
            Err(Refused::TimedOut) => return 0,
            Err(Refused::Failed(error)) => return error,
            Err(Refused::Plain) => return ask(deadline.left()),
        }
        let result = ask(Some(Duration::ZERO));
        if result != 0 {
            return result;
        }
    }
}

fn all(polled: &[pollfd]) -> Wanted {
    let mut wanted = Vec::new();
    for one in polled.iter().filter(|one| one.fd >= 0) {
        // That the other end is gone tells who waits to read, also if nothing else is asked for.
        let writes = one.events & libc::POLLOUT != 0;
        if !writes || one.events & !libc::POLLOUT != 0 {
            wanted.push((one.fd, Read));
        }
        if writes {
            wanted.push((one.fd, Write));
        }
    }
    wanted
}

#[unsafe(no_mangle)]
unsafe extern "C" fn poll(fds: *mut pollfd, count: nfds_t, millis: c_int) -> c_int {
    let limit = u64::try_from(millis).ok().map(Duration::from_millis);
    // SAFETY: the caller's own arguments.
    finish_int(unsafe { poll_within(fds, count, limit) })
}

/// With a signal mask it is left as it is: the hub could not change that for one task.
#[unsafe(no_mangle)]
unsafe extern "C" fn ppoll(
    fds: *mut pollfd,
    count: nfds_t,
    limit: *const timespec,
    mask: *const libc::sigset_t,
) -> c_int {
    if !mask.is_null() {
        // SAFETY: ppoll(2) with the caller's own arguments; 8 is the size of the kernel's signal set.
        return finish_int(unsafe { sys!(SYS_ppoll, fds, count as usize, limit, mask, 8_usize) });
    }
    // SAFETY: the caller's own pointers, good to read by the contract of ppoll(2).
    finish_int(unsafe { poll_within(fds, count, limit.as_ref().and_then(|&time| duration(time))) })
}

/// # Safety
/// `fds` is good for `count` of them.
unsafe fn poll_within(fds: *mut pollfd, count: nfds_t, limit: Option<Duration>) -> Raw {
    let ask = |limit: Option<Duration>| {
        let limit = limit.map(raw::timespec);
        let limit = limit.as_ref().map_or(std::ptr::null(), std::ptr::from_ref);
        // SAFETY: by our own contract; the time limit is ours.
        unsafe { sys!(SYS_ppoll, fds, count as usize, limit, std::ptr::null::<c_void>(), 8_usize) }
    };
    until(limit, ask, || {
        let polled = match count {
            0 => &[],
            // SAFETY: by our own contract; the kernel has just accepted them.
            _ => unsafe { std::slice::from_raw_parts(fds, count as usize) },
        };
        all(polled)
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn select(
    count: c_int,
    reads: *mut fd_set,
    writes: *mut fd_set,
    excepts: *mut fd_set,
    limit: *mut timeval,
) -> c_int {
    let sets = [reads, writes, excepts];
    // SAFETY: the caller's own pointers, null or good to read and write by the contract of select(2).
    let wanted = sets.map(|set| unsafe { set.as_ref() }.copied());
    // SAFETY: the same of the time limit.
    let time = unsafe { limit.as_ref() }.map(|time| {
        let micros = time.tv_sec.saturating_mul(1_000_000).saturating_add(time.tv_usec);
        Duration::from_micros(u64::try_from(micros).unwrap_or(0))
    });
    let begin = std::time::Instant::now();
    let ask = |limit: Option<Duration>| {
        for (set, wanted) in sets.iter().zip(wanted) {
            if let Some(wanted) = wanted {
                // SAFETY: not null, since it has been read above.
                unsafe { **set = wanted };
            }
        }
        let limit = limit.map(raw::timespec);
        let limit = limit.as_ref().map_or(std::ptr::null(), std::ptr::from_ref);
        // SAFETY: select(2)'s own sets; the time limit is ours.
        unsafe { sys!(SYS_pselect6, count, reads, writes, excepts, limit, 0_usize) }
    };
    let result = until(time, ask, || all(&as_polled(count, &wanted)));
    // SAFETY: as above. Linux leaves there what is left of the time.
    if let (Some(limit), Some(time)) = (unsafe { limit.as_mut() }, time) {
        let left = time.saturating_sub(begin.elapsed());
        limit.tv_sec = left.as_secs().try_into().unwrap_or(0);
        limit.tv_usec = left.subsec_micros().into();
    }
    finish_int(result)
}

/// The sets of select(2) as poll(2) would have them.
fn as_polled(count: c_int, sets: &[Option<fd_set>; 3]) -> Vec<pollfd> {
    let events = [libc::POLLIN, libc::POLLOUT, libc::POLLPRI];
    let within = |set: &Option<fd_set>, fd| {
        // SAFETY: the set is ours, and `fd` below FD_SETSIZE.
        set.as_ref().is_some_and(|set| unsafe { libc::FD_ISSET(fd, set) })
    };
    let all = (0..count.min(libc::FD_SETSIZE as c_int)).map(|fd| {
        let wanted = sets.iter().zip(events).filter(|(set, _)| within(set, fd));
        let events = wanted.fold(0, |all, (_, event)| all | event);
        pollfd { fd, events, revents: 0 }
    });
    all.filter(|one| one.events != 0).collect()
}

#[unsafe(no_mangle)]
unsafe extern "C" fn epoll_wait(
    epoll: c_int,
    events: *mut libc::epoll_event,
    most: c_int,
    millis: c_int,
) -> c_int {
    let limit = u64::try_from(millis).ok().map(Duration::from_millis);
    let ask = |limit: Option<Duration>| {
        let millis = limit.map_or(-1, |limit| {
            c_int::try_from(limit.as_nanos().div_ceil(1_000_000)).unwrap_or(c_int::MAX)
        });
        // SAFETY: epoll_wait(2) with the caller's own arguments.
        unsafe {
            sys!(SYS_epoll_pwait, epoll, events, most, millis, std::ptr::null::<c_void>(), 8_usize)
        }
    };
    finish_int(until(limit, ask, || vec![(epoll, Read)]))
}
