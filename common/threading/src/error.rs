//! What can go wrong, in the words of Python's own messages.

use std::error::Error;
use std::fmt;

/// A misuse of a lock, a condition or a semaphore (Python: `RuntimeError`, `ValueError`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum LockError {
    /// [`Lock::release`](crate::Lock::release) of a lock that nobody holds.
    Unlocked,
    /// [`RLock::release`](crate::RLock::release) by a thread that does not hold it.
    NotOwned,
    /// [`Condition::wait`](crate::Condition::wait) without the condition's lock.
    WaitNotOwned,
    /// [`Condition::notify`](crate::Condition::notify) without the condition's lock.
    NotifyNotOwned,
    /// [`BoundedSemaphore::release`](crate::BoundedSemaphore::release) beyond the initial value.
    TooManyReleases,
}

impl fmt::Display for LockError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            LockError::Unlocked => "release unlocked lock",
            LockError::NotOwned => "cannot release un-acquired lock",
            LockError::WaitNotOwned => "cannot wait on un-acquired lock",
            LockError::NotifyNotOwned => "cannot notify on un-acquired lock",
            LockError::TooManyReleases => "Semaphore released too many times",
        })
    }
}

impl Error for LockError {}

/// A misuse of a thread, or how it ended (Python: `RuntimeError`).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ThreadError {
    /// [`Thread::start`](crate::Thread::start) for the second time.
    StartedTwice,
    /// [`Thread::join`](crate::Thread::join) before [`Thread::start`](crate::Thread::start).
    NotStarted,
    /// A thread that would wait for its own end.
    JoinCurrent,
    /// A join of a thread that was not made by this crate.
    JoinDummy,
    /// [`Thread::set_daemon`](crate::Thread::set_daemon) after [`Thread::start`](crate::Thread::start).
    DaemonOfActive,
    /// The system has no room for one more thread.
    CannotStart {
        /// Why not, as the system says.
        reason: String,
    },
    /// The thread has ended by a panic.
    Panicked {
        /// The thread's name at that time.
        thread: String,
        /// What the panic said.
        message: String,
    },
}

impl fmt::Display for ThreadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ThreadError::StartedTwice => f.write_str("threads can only be started once"),
            ThreadError::NotStarted => f.write_str("cannot join thread before it is started"),
            ThreadError::JoinCurrent => f.write_str("cannot join current thread"),
            ThreadError::JoinDummy => f.write_str("cannot join a dummy thread"),
            ThreadError::DaemonOfActive => f.write_str("cannot set daemon status of active thread"),
            ThreadError::CannotStart { reason } => write!(
                f,
                "can't start new thread: {reason} (too many threads? see `ulimit -u` and memory)"
            ),
            ThreadError::Panicked { thread, message } => {
                write!(f, "thread {thread} panicked: {message}")
            }
        }
    }
}

impl Error for ThreadError {}

/// The barrier was broken, reset or timed out while somebody waited at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BrokenBarrierError;

impl fmt::Display for BrokenBarrierError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the barrier is broken (a party gave up, timed out or reset it)")
    }
}

impl Error for BrokenBarrierError {}
