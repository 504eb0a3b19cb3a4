//! The one signal handler of a program, and the event descriptors it writes to.
//!
//! A handler may run between any two instructions of the program, so all it does is count and write
//! to an eventfd; the program learns of the signal where it polls that descriptor, at a point of its
//! own choosing. `SA_RESTART` keeps every other system call from noticing.

#![allow(unsafe_code)] // sigaction: what a handler may do is nothing a compiler can check

use std::io;
use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering::SeqCst};
use std::sync::{Mutex, PoisonError};

use nix::errno::Errno;
use nix::libc::{self, c_int};
use nix::sys::eventfd::{EfdFlags, EventFd};
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};

/// What the handler has caught so far, and where it tells of it.
#[derive(Debug)]
pub(crate) struct Caught {
    /// SIGINT and SIGTERM received.
    stops: AtomicUsize,
    /// Readable from the first of them on: nobody reads it empty, so any number may wait for it.
    pub(crate) stop: EventFd,
    /// Readable when a child has ended; who collects the children reads it empty.
    pub(crate) child: EventFd,
}

impl Caught {
    fn new() -> io::Result<Caught> {
        let event = || EventFd::from_flags(EfdFlags::EFD_CLOEXEC | EfdFlags::EFD_NONBLOCK);
        Ok(Caught { stops: AtomicUsize::new(0), stop: event()?, child: event()? })
    }

    /// Whether SIGINT or SIGTERM has come.
    pub(crate) fn stop_requested(&self) -> bool {
        self.stops.load(SeqCst) > 0
    }
}

static CAUGHT: AtomicPtr<Caught> = AtomicPtr::new(std::ptr::null_mut());

/// What has been caught, or `None` while no handler is installed.
pub(crate) fn caught() -> Option<&'static Caught> {
    // SAFETY: the pointer is null or comes from `Box::leak` in `renew`, and is never freed.
    unsafe { CAUGHT.load(SeqCst).as_ref() }
}

/// Catches SIGINT, SIGTERM and SIGCHLD from now on; further calls change nothing.
///
/// # Errors
///
/// No descriptor left for the two eventfds.
pub(crate) fn catch() -> io::Result<&'static Caught> {
    static INSTALLING: Mutex<()> = Mutex::new(());
    let _one_at_a_time = INSTALLING.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(caught) = caught() {
        return Ok(caught);
    }
    let caught = renew()?;
    let action =
        SigAction::new(SigHandler::Handler(on_signal), SaFlags::SA_RESTART, SigSet::empty());
    for signal in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGCHLD] {
        // SAFETY: `on_signal` only uses atomics and write(2), both async-signal-safe.
        unsafe { sigaction(signal, &action)? };
    }
    Ok(caught)
}

/// Starts counting afresh, as a new child must: its parent's descriptors are shared with it.
fn renew() -> io::Result<&'static Caught> {
    let caught: &Caught = Box::leak(Box::new(Caught::new()?));
    CAUGHT.store(std::ptr::from_ref(caught).cast_mut(), SeqCst);
    Ok(caught)
}

/// In a new child: forget the parent's stop, and leave Ctrl-C to the parent.
///
/// The terminal sends Ctrl-C to the whole group; were the children to act on it too, the parent's
/// SIGTERM would be their second signal and cut off what they are finishing.
pub(super) fn reset_in_child() {
    if caught().is_none() {
        return;
    }
    if renew().is_err() {
        // Out of descriptors: the default action is the one orderly stop that needs none.
        set(Signal::SIGTERM, SigHandler::SigDfl);
    }
    set(Signal::SIGINT, SigHandler::SigIgn);
}

fn set(signal: Signal, handler: SigHandler) {
    let action = SigAction::new(handler, SaFlags::empty(), SigSet::empty());
    // SAFETY: neither SIG_DFL nor SIG_IGN runs any code of ours.
    let _ = unsafe { sigaction(signal, &action) };
}

extern "C" fn on_signal(signal: c_int) {
    let errno = Errno::last_raw();
    if let Some(caught) = caught() {
        if signal == libc::SIGCHLD {
            let _ = caught.child.write(1);
        } else if caught.stops.fetch_add(1, SeqCst) == 0 {
            let _ = caught.stop.write(1);
            crate::stop::first_signal();
        } else {
            // SAFETY: _exit is async-signal-safe. The second signal means: at once.
            unsafe { libc::_exit(128 + signal) };
        }
    }
    Errno::set_raw(errno);
}
