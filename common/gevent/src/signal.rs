//! Signals, delivered to a task.

use std::io;

use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};

use crate::net::Cooperative;
use crate::task::{AnyTask, spawn};

/// Calls `handler`, in a task of its own that may wait, each time the signal arrives.
///
/// The signal is blocked in this thread, and in threads started from it later, so that it arrives
/// here and nowhere else: call this first in the main thread. SIGINT and SIGTERM of a server belong
/// to `common::stop`. A hub with nothing else to wait for does not wait for signals.
///
/// # Errors
/// No descriptor left, or a signal that cannot be caught.
pub fn signal(signal: Signal, handler: impl Fn() + Clone + 'static) -> io::Result<SignalHandler> {
    let mut set = SigSet::empty();
    set.add(signal);
    set.thread_block()?;
    let fd = SignalFd::with_flags(&set, SfdFlags::SFD_NONBLOCK | SfdFlags::SFD_CLOEXEC)?;
    let fd = Cooperative::new(fd).in_background();
    let task = spawn(move || {
        let next = |fd: &SignalFd| Ok(fd.read_signal()?.ok_or(io::ErrorKind::WouldBlock)?);
        while fd.reading(next).is_ok() {
            spawn(handler.clone());
        }
    });
    Ok(SignalHandler { set, task: task.named(signal.as_str()).any() })
}

/// Keeps a signal's handler; when it is dropped, the signal does again what it did before.
#[derive(Debug)]
pub struct SignalHandler {
    set: SigSet,
    task: AnyTask,
}

impl Drop for SignalHandler {
    fn drop(&mut self) {
        if crate::has_hub() {
            self.task.kill_nowait();
            let _ = self.set.thread_unblock();
        }
    }
}
