//! `fork` and its counterpart `waitpid`.

#![allow(unsafe_code)] // fork(2) itself, _exit(2) in the child, and pidfd_open(2), which nix lacks

use std::fmt;
use std::io::{self, Write};
use std::os::fd::{FromRawFd, OwnedFd, RawFd};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::OnceLock;

use nix::errno::Errno;
use nix::libc;
use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::{SigSet, SigmaskHow, Signal, kill, sigprocmask};
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid, waitpid};
use nix::unistd::{ForkResult, fork, getpid, getppid};

pub use nix::unistd::Pid;

/// How a child process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// It returned or called exit, with this status (101: a panic).
    Exited(i32),
    /// A signal ended it.
    Killed(Signal),
    /// Other code of this process has waited for it, and knows how it ended.
    Elsewhere,
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Ended::Exited(status) => write!(f, "ended with status {status}"),
            Ended::Killed(signal) => write!(f, "was killed by {signal}"),
            Ended::Elsewhere => f.write_str("ended, and was waited for elsewhere"),
        }
    }
}

static OBJECTION: OnceLock<fn() -> Option<&'static str>> = OnceLock::new();

/// Has [`fork_child`] ask first: it forks unless the answer is a reason not to. For one library whose
/// state cannot be in two processes; the first to ask for it stays.
pub fn object_to_forks(objection: fn() -> Option<&'static str>) {
    let _ = OBJECTION.set(objection);
}

/// Runs `f` in a child process, whose exit status is what `f` returns; gives the parent its pid.
///
/// The child is a copy of the whole process at this line, with one thread: the one that called. It
/// never returns from here: when `f` is done, or panics (one line on standard error, status 101), it
/// ends by `_exit`, so that no destructor and no at-exit code of the parent runs a second time.
///
/// The child keeps the parent's signal mask. If the parent stops in an orderly way (see
/// [`stop`](crate::stop)), so does the child: SIGTERM asks it to, its count of signals begins anew,
/// and Ctrl-C, which a terminal sends to the whole group, is left to the parent. Should the thread
/// that forked end without waiting for it, the kernel kills the child.
///
/// # Threads
///
/// Call this while the process has one thread, as every program of this workspace does. In a child
/// of a process with several, the others are simply gone: a lock one of them held stays locked for
/// ever, the allocator's excepted, so `f` may hang at its first `println!`.
///
/// # Errors
///
/// The system has no room for another process (EAGAIN, ENOMEM), or some other part of the program
/// objects ([`object_to_forks`]); nothing has happened then.
pub fn fork_child(f: impl FnOnce() -> i32) -> io::Result<Pid> {
    if let Some(why) = OBJECTION.get().and_then(|objection| objection()) {
        return Err(io::Error::other(why));
    }
    // Text waiting in the buffer would be printed by both.
    let _ = io::stdout().flush();
    let parent = getpid();
    let mut before = SigSet::empty();
    sigprocmask(SigmaskHow::SIG_SETMASK, Some(&SigSet::all()), Some(&mut before))?;
    // SAFETY: the child runs on a copy of this thread's stack and ends inside `be_the_child`. What
    // other threads may have left locked can make it wait for ever, not touch freed memory.
    let forked = unsafe { fork() };
    if let Ok(ForkResult::Child) = forked {
        be_the_child(parent, &before, f);
    }
    sigprocmask(SigmaskHow::SIG_SETMASK, Some(&before), None)?;
    match forked? {
        ForkResult::Parent { child } => Ok(child),
        ForkResult::Child => unreachable!("the child ends in be_the_child"),
    }
}

fn be_the_child(parent: Pid, mask: &SigSet, f: impl FnOnce() -> i32) -> ! {
    let status = catch_unwind(AssertUnwindSafe(|| {
        let _ = set_pdeathsig(Signal::SIGKILL);
        // The parent may have died before the line above took effect.
        if getppid() != parent {
            return 1;
        }
        super::signals::reset_in_child();
        let _ = sigprocmask(SigmaskHow::SIG_SETMASK, Some(mask), None);
        f()
    }));
    let _ = io::stdout().flush();
    // SAFETY: _exit only ends the process.
    unsafe { libc::_exit(status.unwrap_or(101)) }
}

/// How child `pid` ended, or `None` while it runs; its entry in the process table is free afterwards.
pub fn reap(pid: Pid) -> Option<Ended> {
    match waitpid(pid, Some(WaitPidFlag::WNOHANG)) {
        Err(Errno::ECHILD) => Some(Ended::Elsewhere),
        status => waited(status.ok()?),
    }
}

/// Waits until child `pid` has ended, and says how.
///
/// # Errors
///
/// ECHILD: `pid` is no child of this process, or has been waited for already.
pub fn wait(pid: Pid) -> io::Result<Ended> {
    loop {
        match waitpid(pid, None) {
            Ok(status) => {
                if let Some(ended) = waited(status) {
                    return Ok(ended);
                }
            }
            Err(Errno::EINTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// A child that has ended and is still to be reaped; any child, also one forked by other code.
///
/// One question to the kernel instead of one for each child that still runs.
pub fn ended_children() -> Option<Pid> {
    let flags = WaitPidFlag::WEXITED | WaitPidFlag::WNOHANG | WaitPidFlag::WNOWAIT;
    waitid(Id::All, flags).ok()?.pid()
}

/// A descriptor that becomes readable when child `pid` ends: see pidfd_open(2).
///
/// # Errors
///
/// ESRCH: it has ended and been waited for. ENOSYS: the kernel is older than Linux 5.3.
pub fn ended_event(pid: Pid) -> io::Result<OwnedFd> {
    // SAFETY: a system call that takes two numbers and touches no memory of ours.
    let fd = Errno::result(unsafe { libc::syscall(libc::SYS_pidfd_open, pid.as_raw(), 0) })?;
    let fd = RawFd::try_from(fd).map_err(|_| Errno::EBADF)?;
    // SAFETY: the kernel has just opened it for this call, close-on-exec, and nobody else knows it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// Asks child `pid` to stop in an orderly way (SIGTERM), or makes it stop (`at_once`: SIGKILL).
pub fn terminate(pid: Pid, at_once: bool) {
    // A child that has just ended is no error: it has stopped.
    let _ = kill(pid, if at_once { Signal::SIGKILL } else { Signal::SIGTERM });
}

fn waited(status: WaitStatus) -> Option<Ended> {
    match status {
        WaitStatus::Exited(_, status) => Some(Ended::Exited(status)),
        WaitStatus::Signaled(_, signal, _) => Some(Ended::Killed(signal)),
        _ => None,
    }
}
