//! `Condition`: wait, with a lock let go meanwhile, until somebody says that something changed.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use crate::error::LockError;
use crate::lock::Lock;
use crate::rlock::RLock;

/// What a [`Condition`] can be made of: a [`Lock`], an [`RLock`], or a reference to one that is
/// shared, as between a queue's "not empty" and its "not full".
pub trait CondLock {
    /// Takes the lock; sleeps while another holds it.
    fn acquire(&self);
    /// Takes the lock if that needs no waiting.
    #[must_use]
    fn try_acquire(&self) -> bool;
    /// Takes the lock, waiting for at most `timeout`.
    #[must_use]
    fn acquire_timeout(&self, timeout: Option<Duration>) -> bool;
    /// Takes back one `acquire`.
    ///
    /// # Errors
    ///
    /// As the lock's own `release`.
    fn release(&self) -> Result<(), LockError>;
    /// Whether the caller holds it; a [`Lock`] has no owner, so there it is whether anybody does.
    fn is_owned(&self) -> bool;
    /// Lets it go however often it was taken, and says how often.
    fn release_all(&self) -> usize;
    /// Takes it that often.
    fn acquire_all(&self, count: usize);
}

impl CondLock for Lock {
    fn acquire(&self) {
        Lock::acquire(self);
    }
    fn try_acquire(&self) -> bool {
        Lock::try_acquire(self)
    }
    fn acquire_timeout(&self, timeout: Option<Duration>) -> bool {
        Lock::acquire_timeout(self, timeout)
    }
    fn release(&self) -> Result<(), LockError> {
        Lock::release(self)
    }
    fn is_owned(&self) -> bool {
        self.locked()
    }
    fn release_all(&self) -> usize {
        let _ = Lock::release(self); // `wait` has just seen it held
        1
    }
    fn acquire_all(&self, _count: usize) {
        Lock::acquire(self);
    }
}

impl CondLock for RLock {
    fn acquire(&self) {
        RLock::acquire(self);
    }
    fn try_acquire(&self) -> bool {
        RLock::try_acquire(self)
    }
    fn acquire_timeout(&self, timeout: Option<Duration>) -> bool {
        RLock::acquire_timeout(self, timeout)
    }
    fn release(&self) -> Result<(), LockError> {
        RLock::release(self)
    }
    fn is_owned(&self) -> bool {
        RLock::is_owned(self)
    }
    fn release_all(&self) -> usize {
        RLock::release_all(self)
    }
    fn acquire_all(&self, count: usize) {
        RLock::acquire_all(self, count);
    }
}

macro_rules! through_a_reference {
    ($($pointer:ty),*) => {$(
        impl<L: CondLock> CondLock for $pointer {
            fn acquire(&self) {
                (**self).acquire();
            }
            fn try_acquire(&self) -> bool {
                (**self).try_acquire()
            }
            fn acquire_timeout(&self, timeout: Option<Duration>) -> bool {
                (**self).acquire_timeout(timeout)
            }
            fn release(&self) -> Result<(), LockError> {
                (**self).release()
            }
            fn is_owned(&self) -> bool {
                (**self).is_owned()
            }
            fn release_all(&self) -> usize {
                (**self).release_all()
            }
            fn acquire_all(&self, count: usize) {
                (**self).acquire_all(count);
            }
        }
    )*};
}
through_a_reference!(&L, Arc<L>);

/// A lock, and a queue of threads that wait until something the lock protects has changed
/// (Python: `threading.Condition`).
///
/// As in CPython each waiter brings a [`Lock`] of its own, already taken, and sleeps by taking it
/// again; to notify is to release the locks of the first in the queue. Nobody wakes up unasked.
///
/// ```
/// use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
/// use threading::{Condition, Thread};
///
/// static READY: Condition = Condition::new();
/// static DONE: AtomicBool = AtomicBool::new(false);
///
/// let cook = Thread::new(|| {
///     let _guard = READY.guard();
///     DONE.store(true, Relaxed);
///     READY.notify(1).expect("the lock is held");
/// });
/// let guard = READY.guard();
/// cook.start()?;
/// READY.wait_for(|| DONE.load(Relaxed), None)?;
/// drop(guard);
/// # cook.join(None)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Condition<L: CondLock = RLock> {
    lock: L,
    /// One lock for each who waits, the longest first.
    waiters: Mutex<VecDeque<Arc<Lock>>>,
}

impl Condition {
    /// A condition on an [`RLock`] of its own.
    pub const fn new() -> Self {
        Condition::with_lock(RLock::new())
    }
}

impl<L: CondLock> Condition<L> {
    /// A condition on the given lock.
    pub const fn with_lock(lock: L) -> Self {
        Condition { lock, waiters: Mutex::new(VecDeque::new()) }
    }

    /// Takes the condition's lock.
    pub fn acquire(&self) {
        self.lock.acquire();
    }

    /// Takes the condition's lock if that needs no waiting.
    #[must_use = "false means that the lock is not held"]
    pub fn try_acquire(&self) -> bool {
        self.lock.try_acquire()
    }

    /// Takes the condition's lock, waiting for at most `timeout`.
    #[must_use = "false means that the lock is not held"]
    pub fn acquire_timeout(&self, timeout: Option<Duration>) -> bool {
        self.lock.acquire_timeout(timeout)
    }

    /// Releases the condition's lock.
    ///
    /// # Errors
    ///
    /// As the lock's own `release`.
    pub fn release(&self) -> Result<(), LockError> {
        self.lock.release()
    }

    /// Takes the condition's lock until the guard is dropped (Python: `with condition:`).
    pub fn guard(&self) -> ConditionGuard<'_, L> {
        self.lock.acquire();
        ConditionGuard { lock: &self.lock }
    }

    /// Lets the lock go, sleeps until notified or for at most `timeout`, and takes the lock again;
    /// false if the time ran out.
    ///
    /// # Errors
    ///
    /// [`LockError::WaitNotOwned`] if the lock is not held.
    pub fn wait(&self, timeout: Option<Duration>) -> Result<bool, LockError> {
        if !self.lock.is_owned() {
            return Err(LockError::WaitNotOwned);
        }
        let waiter = Arc::new(Lock::new());
        waiter.acquire();
        self.waiters.lock().push_back(Arc::clone(&waiter));
        let count = self.lock.release_all();
        let notified = waiter.acquire_timeout(timeout) || !self.leave(&waiter);
        self.lock.acquire_all(count);
        Ok(notified)
    }

    /// Waits until `predicate` is true, for at most `timeout`; says whether it is.
    ///
    /// # Errors
    ///
    /// [`LockError::WaitNotOwned`] if the lock is not held.
    pub fn wait_for(
        &self,
        mut predicate: impl FnMut() -> bool,
        timeout: Option<Duration>,
    ) -> Result<bool, LockError> {
        let end = timeout.and_then(|t| Instant::now().checked_add(t));
        loop {
            if predicate() {
                return Ok(true);
            }
            let left = end.map(|end| end.saturating_duration_since(Instant::now()));
            if left == Some(Duration::ZERO) {
                return Ok(false);
            }
            self.wait(left)?;
        }
    }

    /// Wakes the `n` threads that have waited longest, or as many as there are; says how many.
    ///
    /// # Errors
    ///
    /// [`LockError::NotifyNotOwned`] if the lock is not held.
    pub fn notify(&self, n: usize) -> Result<usize, LockError> {
        if !self.lock.is_owned() {
            return Err(LockError::NotifyNotOwned);
        }
        let mut waiters = self.waiters.lock();
        let n = n.min(waiters.len());
        for waiter in waiters.drain(..n) {
            let released = waiter.release();
            debug_assert!(released.is_ok(), "a waiter in the queue is asleep on its own lock");
        }
        Ok(n)
    }

    /// Wakes all who wait; says how many.
    ///
    /// # Errors
    ///
    /// [`LockError::NotifyNotOwned`] if the lock is not held.
    pub fn notify_all(&self) -> Result<usize, LockError> {
        self.notify(usize::MAX)
    }

    /// Takes a waiter whose time is up out of the queue; false if a notification was quicker.
    fn leave(&self, waiter: &Arc<Lock>) -> bool {
        let mut waiters = self.waiters.lock();
        let place = waiters.iter().position(|w| Arc::ptr_eq(w, waiter));
        place.map(|i| waiters.remove(i)).is_some()
    }
}

impl Default for Condition {
    fn default() -> Self {
        Condition::new()
    }
}

impl<L: CondLock + fmt::Debug> fmt::Debug for Condition<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<Condition({:?}, {})>", self.lock, self.waiters.lock().len())
    }
}

/// Holds a [`Condition`]'s lock and releases it when dropped.
#[derive(Debug)]
#[must_use = "the lock is released when the guard is dropped: `let _guard = condition.guard();`"]
pub struct ConditionGuard<'a, L: CondLock> {
    lock: &'a L,
}

impl<L: CondLock> Drop for ConditionGuard<'_, L> {
    fn drop(&mut self) {
        let _ = self.lock.release();
    }
}
