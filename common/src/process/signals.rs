//! The one signal handler of a program, and the event descriptors it writes to.
//!
//! A handler may run between any two instructions of the program, so all it does is count and write
//! to an eventfd; the program learns of the signal where it polls that descriptor, at a point of its
//! own choosing. `SA_RESTART` keeps every other system call from noticing.

#![allow(unsafe_code)] // sigaction: what a handler may do is nothing a compiler can check

use std::io;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU64, AtomicUsize, Ordering::SeqCst};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

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
    /// Whether it has been written to since: spares the others the system call.
    child_ended: AtomicBool,
}

impl Caught {
    fn new() -> io::Result<Caught> {
        let event = || EventFd::from_flags(EfdFlags::EFD_CLOEXEC | EfdFlags::EFD_NONBLOCK);
        Ok(Caught {
            stops: AtomicUsize::new(0),
            stop: event()?,
            child: event()?,
            child_ended: AtomicBool::new(false),
        })
    }

    /// Whether SIGINT or SIGTERM has come.
    pub(crate) fn stop_requested(&self) -> bool {
        self.stops.load(SeqCst) > 0
    }

    /// Whether a child has ended since the last call.
    pub(crate) fn child_seen(&self) -> bool {
        self.child_ended.swap(false, SeqCst) && self.child.read().is_ok()
    }
}

/// One more than the microseconds from the first signal to the end of the program, whatever it is
/// busy with; 0: no such end.
static LAST_RESORT: AtomicU64 = AtomicU64::new(0);

/// Has the kernel end the program (status 0) so long after the first signal, should it then be
/// stuck where no other thread can end it in a more orderly way.
pub(crate) fn end_after(limit: Duration) {
    let micros = u64::try_from(limit.as_micros()).unwrap_or(u64::MAX);
    LAST_RESORT.store(micros.saturating_add(1), SeqCst);
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
    for signal in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGCHLD, Signal::SIGALRM] {
        // SAFETY: `on_signal` only uses atomics and system calls that are async-signal-safe.
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
        match signal {
            libc::SIGCHLD => {
                caught.child_ended.store(true, SeqCst);
                let _ = caught.child.write(1);
            }
            libc::SIGALRM => exit_at_once(0),
            _ if caught.stops.fetch_add(1, SeqCst) > 0 => exit_at_once(128 + signal),
            _ => {
                let _ = caught.stop.write(1);
                let orderly_way_too = !crate::stop::first_signal();
                start_last_resort(orderly_way_too);
            }
        }
    }
    Errno::set_raw(errno);
}

fn exit_at_once(status: c_int) -> ! {
    // SAFETY: _exit is async-signal-safe, and ends the process.
    unsafe { libc::_exit(status) }
}

/// `orderly_way_too`: some other code ends the program when its grace time is over; let it.
fn start_last_resort(orderly_way_too: bool) {
    const HEAD_START: u64 = 300_000;
    let Some(limit) = LAST_RESORT.load(SeqCst).checked_sub(1) else { return };
    let limit = limit.saturating_add(if orderly_way_too { HEAD_START } else { 1 });
    let once = libc::itimerval {
        it_interval: libc::timeval { tv_sec: 0, tv_usec: 0 },
        it_value: libc::timeval {
            tv_sec: (limit / 1_000_000).try_into().unwrap_or(libc::time_t::MAX),
            tv_usec: (limit % 1_000_000).cast_signed(),
        },
    };
    // SAFETY: the kernel reads `once` and writes nothing; as alarm(2), a plain system call.
    unsafe { libc::setitimer(libc::ITIMER_REAL, &once, std::ptr::null_mut()) };
}
