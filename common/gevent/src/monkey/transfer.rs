//! Bytes in and out: `recv`, `send`, `read`, `write` and their kin.
//!
//! Each is tried at once in a form that does not wait (MSG_DONTWAIT, RWF_NOWAIT), which leaves the
//! descriptor and whoever shares it as they are; only if that would block does the task wait. What it
//! then gets is what the kernel gives, short reads and short writes included.

use std::ffi::{c_int, c_void};
use std::time::Duration;

use nix::libc::{self, iovec, msghdr, size_t, sockaddr, socklen_t, ssize_t};

use super::Parts;
use super::caller::{Call, Caller, Refused, caller, cancelled};
use super::connect::without_waiting;
use super::facts::{Facts, Kind};
use super::raw::{self, AGAIN, Raw, finish, sys};
use crate::hub::Direction::{self, Read, Write};
use crate::waitlist::Deadline;

/// The form of a call.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// As it was made.
    AsMade,
    /// Not waiting for anything.
    AtOnce,
}

/// Carries out a call that may wait for `direction`. `room`: how much a read of a stream could take.
#[inline]
fn transfer(
    fd: c_int,
    direction: Direction,
    room: Option<usize>,
    mut call: impl FnMut(Form) -> Raw,
) -> Raw {
    let caller = match caller(Parts::SOCKET) {
        Call::Plain => return call(Form::AsMade),
        Call::Cancelled if blocks(fd) => return cancelled(),
        Call::Cancelled => return call(Form::AsMade),
        Call::Cooperative(caller) => caller,
    };
    match cooperate(caller, fd, direction, room, &mut call) {
        Ok(result) | Err(Refused::Failed(result)) => result,
        Err(Refused::TimedOut) => AGAIN, // SO_RCVTIMEO and SO_SNDTIMEO say it so
        Err(Refused::Plain) => call(Form::AsMade),
    }
}

#[inline]
fn cooperate(
    caller: Caller,
    fd: c_int,
    direction: Direction,
    room: Option<usize>,
    call: &mut impl FnMut(Form) -> Raw,
) -> Result<Raw, Refused> {
    let facts = Facts::of(fd).ok_or(Refused::Plain)?;
    // Before there is anything that could get lost: this may be where a kill strikes.
    caller.spend()?;
    let mut deadline = None;
    loop {
        let watched = caller.watched(fd, facts);
        let empty = watched.as_ref().is_some_and(|w| !w.source.ready(direction).get());
        if !(empty && facts.surely_blocks()) {
            let result = call(Form::AtOnce);
            if result != AGAIN {
                if let (Some(watched), Some(room)) = (watched, room)
                    && (1..room as Raw).contains(&result)
                    && watched.source.short_read_empties.get()
                {
                    watched.source.ready(Read).set(false);
                }
                return Ok(result);
            }
            if !facts.blocks() {
                return Ok(AGAIN);
            }
        }
        let deadline = *deadline.get_or_insert_with(|| Deadline::after(facts.limit(direction)));
        wait(caller, fd, facts, direction, deadline)?;
    }
}

fn wait(
    caller: Caller,
    fd: c_int,
    facts: Facts,
    direction: Direction,
    deadline: Deadline,
) -> Result<(), Refused> {
    // Whether the receiver of a message has room is nothing that epoll tells: look again soon.
    const SOON: Duration = Duration::from_millis(5);
    let left = deadline.left();
    let unheard = direction == Write && facts.kind() == Kind::Messages;
    if !unheard || left.is_some_and(|left| left < SOON) {
        return caller.wait(fd, facts, direction, left);
    }
    match caller.wait(fd, facts, direction, Some(SOON)) {
        Err(Refused::TimedOut) => {
            if let Some(watched) = caller.watched(fd, facts) {
                watched.source.ready(Write).set(true); // worth a try, that is
            }
            Ok(())
        }
        other => other,
    }
}

/// Flags of calls that do not fit "try, then wait": whole messages, urgent and error queues.
const AS_MADE: c_int = libc::MSG_DONTWAIT | libc::MSG_WAITALL | libc::MSG_OOB | libc::MSG_ERRQUEUE;

fn flags_for(form: Form, flags: c_int) -> c_int {
    if form == Form::AtOnce { flags | libc::MSG_DONTWAIT } else { flags }
}

/// [`transfer`], for the calls that have flags.
#[inline]
fn message(
    fd: c_int,
    direction: Direction,
    flags: c_int,
    room: usize,
    mut call: impl FnMut(c_int) -> Raw,
) -> ssize_t {
    if flags & AS_MADE != 0 {
        return finish(call(flags));
    }
    let room = (direction == Read && flags & libc::MSG_PEEK == 0).then_some(room);
    finish(transfer(fd, direction, room, |form| call(flags_for(form, flags))))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn recv(fd: c_int, buffer: *mut c_void, length: size_t, flags: c_int) -> ssize_t {
    // SAFETY: recv(2) with the caller's own arguments.
    message(fd, Read, flags, length, |flags| unsafe {
        sys!(SYS_recvfrom, fd, buffer, length, flags, 0_usize, 0_usize)
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn recvfrom(
    fd: c_int,
    buffer: *mut c_void,
    length: size_t,
    flags: c_int,
    from: *mut sockaddr,
    from_length: *mut socklen_t,
) -> ssize_t {
    // SAFETY: recvfrom(2) with the caller's own arguments.
    message(fd, Read, flags, length, |flags| unsafe {
        sys!(SYS_recvfrom, fd, buffer, length, flags, from, from_length)
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn recvmsg(fd: c_int, what: *mut msghdr, flags: c_int) -> ssize_t {
    // No room is known: that would have to be read through a pointer before the kernel has checked it.
    // SAFETY: recvmsg(2) with the caller's own arguments.
    message(fd, Read, flags, 0, |flags| unsafe { sys!(SYS_recvmsg, fd, what, flags) })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn send(
    fd: c_int,
    bytes: *const c_void,
    length: size_t,
    flags: c_int,
) -> ssize_t {
    // SAFETY: send(2) with the caller's own arguments.
    message(fd, Write, flags, length, |flags| unsafe {
        sys!(SYS_sendto, fd, bytes, length, flags, 0_usize, 0_usize)
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn sendto(
    fd: c_int,
    bytes: *const c_void,
    length: size_t,
    flags: c_int,
    to: *const sockaddr,
    to_length: socklen_t,
) -> ssize_t {
    // SAFETY: sendto(2) with the caller's own arguments.
    message(fd, Write, flags, length, |flags| unsafe {
        sys!(SYS_sendto, fd, bytes, length, flags, to, to_length)
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn sendmsg(fd: c_int, what: *const msghdr, flags: c_int) -> ssize_t {
    // SAFETY: sendmsg(2) with the caller's own arguments.
    message(fd, Write, flags, 0, |flags| unsafe { sys!(SYS_sendmsg, fd, what, flags) })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn read(fd: c_int, buffer: *mut c_void, length: size_t) -> ssize_t {
    let part = iovec { iov_base: buffer, iov_len: length };
    // SAFETY: read(2) with the caller's own arguments.
    let as_made = || unsafe { sys!(SYS_read, fd, buffer, length) };
    scattered(fd, Read, &raw const part, 1, Some(length), as_made)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn readv(fd: c_int, parts: *const iovec, count: c_int) -> ssize_t {
    // SAFETY: readv(2) with the caller's own arguments.
    let as_made = || unsafe { sys!(SYS_readv, fd, parts, count) };
    scattered(fd, Read, parts, count, None, as_made)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn write(fd: c_int, bytes: *const c_void, length: size_t) -> ssize_t {
    let part = iovec { iov_base: bytes.cast_mut(), iov_len: length };
    // SAFETY: write(2) with the caller's own arguments.
    let as_made = || unsafe { sys!(SYS_write, fd, bytes, length) };
    scattered(fd, Write, &raw const part, 1, None, as_made)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn writev(fd: c_int, parts: *const iovec, count: c_int) -> ssize_t {
    // SAFETY: writev(2) with the caller's own arguments.
    let as_made = || unsafe { sys!(SYS_writev, fd, parts, count) };
    scattered(fd, Write, parts, count, None, as_made)
}

/// A file to a socket. The kernel looks at the socket's own mode only, so that is what is changed, for
/// this one call.
#[unsafe(no_mangle)]
unsafe extern "C" fn sendfile64(
    to: c_int,
    from: c_int,
    offset: *mut i64,
    count: size_t,
) -> ssize_t {
    // SAFETY: sendfile(2) with the caller's own arguments.
    let as_made = || unsafe { sys!(SYS_sendfile, to, from, offset, count) };
    if kind(to) == Kind::Through {
        return finish(as_made());
    }
    let blocks = Facts::of(to).is_some_and(Facts::blocks);
    finish(transfer(to, Write, None, |form| match form {
        Form::AtOnce if blocks => without_waiting(to, as_made),
        _ => as_made(),
    }))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn sendfile(to: c_int, from: c_int, offset: *mut i64, count: size_t) -> ssize_t {
    // SAFETY: the same function on 64-bit machines.
    unsafe { sendfile64(to, from, offset, count) }
}

/// A task is told that these descriptors cannot be spliced: std (`io::copy`) and others then read and
/// write, which wait in the hub.
#[unsafe(no_mangle)]
unsafe extern "C" fn splice(
    from: c_int,
    from_offset: *mut i64,
    to: c_int,
    to_offset: *mut i64,
    count: size_t,
    flags: libc::c_uint,
) -> ssize_t {
    if !matches!(caller(Parts::SOCKET), Call::Plain) {
        return finish(-(libc::EINVAL as Raw));
    }
    // SAFETY: splice(2) with the caller's own arguments.
    finish(unsafe { sys!(SYS_splice, from, from_offset, to, to_offset, count, flags) })
}

/// The calls that work on any descriptor. Files, and 0 to 2, are none of the hub's business: a file
/// never waits, and a task that waited in the middle of a `println!` would keep everybody's
/// standard output locked.
#[inline]
fn scattered(
    fd: c_int,
    direction: Direction,
    parts: *const iovec,
    count: c_int,
    room: Option<usize>,
    as_made: impl Fn() -> Raw,
) -> ssize_t {
    if matches!(caller(Parts::SOCKET), Call::Plain) {
        return finish(as_made());
    }
    let kind = kind(fd);
    finish(match kind {
        Kind::Through => as_made(),
        _ => transfer(fd, direction, room, |form| match (form, kind) {
            (Form::AsMade, _) => as_made(),
            (_, Kind::Pollable) => of_pollable(fd, direction, parts, count),
            _ => of_socket(fd, direction, parts, count),
        }),
    })
}

fn blocks(fd: c_int) -> bool {
    Facts::of(fd).is_some_and(Facts::blocks)
}

fn kind(fd: c_int) -> Kind {
    Facts::of(fd).map_or(Kind::Through, Facts::kind)
}

/// A read or write of a socket that does not wait.
fn of_socket(fd: c_int, direction: Direction, parts: *const iovec, count: c_int) -> Raw {
    // SAFETY: all zeroes is a `msghdr`: no address, no control data.
    let mut header: msghdr = unsafe { std::mem::zeroed() };
    header.msg_iov = parts.cast_mut();
    header.msg_iovlen = count as usize;
    // SAFETY: the caller's own arguments of readv(2) or writev(2), in a header of ours.
    unsafe {
        match direction {
            Read => sys!(SYS_recvmsg, fd, &raw mut header, libc::MSG_DONTWAIT),
            Write => sys!(SYS_sendmsg, fd, &raw const header, libc::MSG_DONTWAIT),
        }
    }
}

/// A read or write of a pipe or a device that does not wait.
fn of_pollable(fd: c_int, direction: Direction, parts: *const iovec, count: c_int) -> Raw {
    /// Not at a position, but where the descriptor stands.
    const HERE: i64 = -1;
    let flags = libc::RWF_NOWAIT;
    // SAFETY: the caller's own arguments of readv(2) or writev(2), and a flag.
    let result = unsafe {
        match direction {
            Read => sys!(SYS_preadv2, fd, parts, count, HERE, 0_usize, flags),
            Write => sys!(SYS_pwritev2, fd, parts, count, HERE, 0_usize, flags),
        }
    };
    match result {
        NOT_SUPPORTED => of_ready(fd, direction, parts, count),
        result => result,
    }
}

const NOT_SUPPORTED: Raw = -(libc::EOPNOTSUPP as Raw);

/// The same for what knows no such flag (pipes before Linux 6.5, timers, terminals): a call that
/// poll(2) says is ready does not wait, as long as it is small.
fn of_ready(fd: c_int, direction: Direction, parts: *const iovec, count: c_int) -> Raw {
    let events = if direction == Read { libc::POLLIN } else { libc::POLLOUT };
    if !raw::ready_now(fd, events) {
        return AGAIN;
    }
    // SAFETY: readv(2) or writev(2) with the caller's own arguments, or with a part of the first.
    unsafe {
        if direction == Read {
            return sys!(SYS_readv, fd, parts, count);
        }
        let first = std::slice::from_raw_parts(parts, count as usize);
        match first.iter().find(|part| part.iov_len > 0) {
            Some(part) => sys!(SYS_write, fd, part.iov_base, part.iov_len.min(libc::PIPE_BUF)),
            None => 0,
        }
    }
}
