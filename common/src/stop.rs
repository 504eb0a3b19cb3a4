//! Ctrl-C or SIGTERM: stop accepting, finish what is in flight, exit 0; a second one: exit at once.
//!
//! [`on_signals`] installs the handler. From then on a program learns of the signal where it waits:
//! it adds [`event`] to the descriptors it polls, or asks [`requested`] between two steps.
//! [`Listener`](crate::net::Listener) does both, so a server that loops over one needs neither.

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering::SeqCst};
use std::time::Duration;

use nix::sys::socket::{Shutdown, shutdown};

use crate::process;

/// Catches SIGINT and SIGTERM from now on, for the whole process; calling it again changes nothing.
///
/// # Errors
///
/// The process is out of descriptors: two are needed.
pub fn on_signals() -> io::Result<()> {
    process::catch().map(drop)
}

/// Ends the program when `grace` is over, counted from the first signal, should it be stuck then (in
/// a handler that computes, in a `send` that nobody reads); its exit status is 0 as always.
///
/// Where another thread can do so in an orderly way, as [`Listener::finish`] does, that comes first.
///
/// [`Listener::finish`]: crate::net::Listener::finish
pub fn set_grace(grace: Duration) {
    process::end_after(grace);
}

/// Whether the program has been asked to stop.
pub fn requested() -> bool {
    process::caught().is_some_and(|caught| caught.stop_requested())
}

/// A descriptor that is readable from the first signal on, or `None` before [`on_signals`].
///
/// Never read it: it stays readable, so that everyone who waits for it sees it.
pub fn event() -> Option<BorrowedFd<'static>> {
    process::caught().map(|caught| caught.stop.as_fd())
}

/// A descriptor that is readable when a child process may have ended, or `None` before
/// [`on_signals`]. Who collects the children empties it with [`children_seen`] first.
pub fn child_event() -> Option<BorrowedFd<'static>> {
    process::caught().map(|caught| caught.child.as_fd())
}

/// Whether a child has ended since the last call; [`child_event`] is not readable any more.
pub fn children_seen() -> bool {
    process::caught().is_some_and(|caught| caught.child_seen())
}

/// The connection that the only thread of this process is busy with, or -1.
static SOLE: AtomicI32 = AtomicI32::new(-1);
/// Whether that thread is waiting for its next bytes: the signal may cut this wait short, and no other.
static SOLE_WAITS: AtomicBool = AtomicBool::new(false);

/// Names the connection whose reader the signal has to wake, since no other thread could.
pub(crate) fn set_sole(connection: Option<BorrowedFd<'_>>) {
    SOLE_WAITS.store(false, SeqCst);
    SOLE.store(connection.map_or(-1, |c| c.as_raw_fd()), SeqCst);
}

pub(crate) fn set_sole_waits(waits: bool) {
    SOLE_WAITS.store(waits, SeqCst);
}

/// Runs inside the signal handler: two loads and a system call, nothing that allocates or locks.
/// True if the only thread is busy with a client, so that none is left to watch the time.
pub(crate) fn first_signal() -> bool {
    let connection: RawFd = SOLE.load(SeqCst);
    if connection >= 0 && SOLE_WAITS.load(SeqCst) {
        let _ = shutdown(connection, Shutdown::Read);
    }
    connection >= 0
}
