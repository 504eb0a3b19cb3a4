//! Connections: `connect`, `accept`, and the making of sockets.

use std::ffi::c_int;
use std::sync::{Mutex, PoisonError};

use nix::libc::{self, sockaddr, socklen_t};

use super::Parts;
use super::caller::{Call, Caller, Refused, caller, cancelled};
use super::facts::{self, Facts, Kind};
use super::raw::{self, AGAIN, Raw, finish_int, sys};
use crate::hub::Direction::{Read, Write};
use crate::waitlist::Deadline;

/// Carries out a call on a socket: `as_made`, or `cooperate` in the hub.
fn socket_call(
    fd: c_int,
    as_made: impl Fn() -> Raw,
    cooperate: impl FnOnce(Caller, Facts) -> Result<Raw, Refused>,
) -> Raw {
    let (caller, facts) = match (caller(Parts::SOCKET), Facts::of(fd)) {
        (Call::Cancelled, Some(facts)) if facts.blocks() => return cancelled(),
        (Call::Cooperative(caller), Some(facts)) if facts.blocks() => (caller, facts),
        _ => return as_made(),
    };
    match cooperate(caller, facts) {
        Ok(result) | Err(Refused::Failed(result)) => result,
        Err(Refused::TimedOut) => AGAIN,
        Err(Refused::Plain) => as_made(),
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn accept4(
    fd: c_int,
    peer: *mut sockaddr,
    length: *mut socklen_t,
    flags: c_int,
) -> c_int {
    // SAFETY: accept4(2) with the caller's own arguments.
    let accepted = accept_with(fd, || unsafe { sys!(SYS_accept4, fd, peer, length, flags) });
    finish_int(accepted)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn accept(fd: c_int, peer: *mut sockaddr, length: *mut socklen_t) -> c_int {
    // SAFETY: accept(2) with the caller's own arguments.
    let accepted = accept_with(fd, || unsafe { sys!(SYS_accept, fd, peer, length) });
    finish_int(accepted)
}

/// There is no form of accept(2) that does not wait on a socket that does. But Linux keeps in the
/// queue whoever has connected, also when he has gone again: who has been seen there can be accepted,
/// unless another process takes him first, or a thread that is not patched.
fn accept_with(fd: c_int, accept: impl Fn() -> Raw) -> Raw {
    let accepted = socket_call(fd, &accept, |caller, facts| {
        caller.spend()?;
        let deadline = Deadline::after(facts.limit(Read));
        loop {
            if let Some(accepted) = accept_at_once(fd, &accept) {
                return Ok(accepted);
            }
            caller.wait(fd, facts, Read, deadline.left())?;
        }
    });
    if accepted >= 0 {
        let kind = Facts::of(fd).map(Facts::kind);
        facts::made(accepted as c_int, kind);
    }
    accepted
}

/// Looks and accepts, with no other task of any thread in between.
fn accept_at_once(fd: c_int, accept: impl Fn() -> Raw) -> Option<Raw> {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    raw::ready_now(fd, libc::POLLIN).then(accept)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn connect(fd: c_int, to: *const sockaddr, length: socklen_t) -> c_int {
    // SAFETY: connect(2) with the caller's own arguments.
    let as_made = || unsafe { sys!(SYS_connect, fd, to, length) };
    finish_int(socket_call(fd, as_made, |caller, facts| {
        let deadline = Deadline::after(facts.limit(Write));
        match without_waiting(fd, as_made) {
            IN_PROGRESS => connected(caller, fd, facts, deadline),
            // A Unix socket whose listener's queue is full: nothing tells when there is room.
            AGAIN => caller.ask_within(deadline.left(), || {
                Some(without_waiting(fd, as_made)).filter(|&result| result != AGAIN)
            }),
            result => Ok(result),
        }
    }))
}

const IN_PROGRESS: Raw = -(libc::EINPROGRESS as Raw);

/// Waits until a connection that has been begun is made, or has failed.
fn connected(caller: Caller, fd: c_int, facts: Facts, deadline: Deadline) -> Result<Raw, Refused> {
    while !raw::ready_now(fd, libc::POLLOUT) {
        match caller.wait(fd, facts, Write, deadline.left()) {
            Ok(()) => {}
            Err(Refused::TimedOut) => return Ok(IN_PROGRESS), // as SO_SNDTIMEO has it
            Err(Refused::Plain) => {
                let mut fds = [libc::pollfd { fd, events: libc::POLLOUT, revents: 0 }];
                raw::poll(&mut fds, deadline.left());
                break;
            }
            refused => return refused.map(|()| 0),
        }
    }
    raw::option(fd, libc::SO_ERROR).map_or_else(Ok, |error| Ok(-(error as Raw)))
}

/// Makes a call on a blocking socket as if it were none.
///
/// connect(2) knows no other way. The flag belongs to all copies of the descriptor, in other processes
/// too, so it stands for the time of this one system call only.
pub(super) fn without_waiting(fd: c_int, call: impl Fn() -> Raw) -> Raw {
    // SAFETY: no pointers.
    let flags = unsafe { sys!(SYS_fcntl, fd, libc::F_GETFL) } as c_int;
    let set = |flags: c_int| {
        // SAFETY: no pointers.
        unsafe { sys!(SYS_fcntl, fd, libc::F_SETFL, flags) }
    };
    set(flags | libc::O_NONBLOCK);
    let result = call();
    set(flags);
    facts::changed(fd); // another thread may have asked meanwhile
    result
}

fn kind(domain: c_int, r#type: c_int, protocol: c_int) -> Kind {
    /// Beside it, `type` may have the flags SOCK_NONBLOCK and SOCK_CLOEXEC.
    const TYPE: c_int = 0xf;
    Kind::of_socket(domain, r#type & TYPE, protocol)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn socket(domain: c_int, r#type: c_int, protocol: c_int) -> c_int {
    // SAFETY: no pointers.
    let fd = unsafe { sys!(SYS_socket, domain, r#type, protocol) };
    if fd >= 0 {
        facts::made(fd as c_int, Some(kind(domain, r#type, protocol)));
    }
    finish_int(fd)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn socketpair(
    domain: c_int,
    r#type: c_int,
    protocol: c_int,
    pair: *mut c_int,
) -> c_int {
    // SAFETY: socketpair(2) with the caller's own arguments.
    let result = unsafe { sys!(SYS_socketpair, domain, r#type, protocol, pair) };
    if result == 0 {
        for n in 0..2 {
            // SAFETY: the kernel has just written two descriptors there.
            facts::made(unsafe { *pair.add(n) }, Some(kind(domain, r#type, protocol)));
        }
    }
    finish_int(result)
}
