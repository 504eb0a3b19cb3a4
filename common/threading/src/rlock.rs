//! `RLock`: a lock that its holder may take again.

use std::fmt;
use std::marker::PhantomData;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use crate::error::LockError;
use crate::lock::Lock;
use crate::registry::get_ident;

/// Nobody; idents start at 1.
const NOBODY: u64 = 0;

/// A lock that belongs to the thread that took it, which may take it again and must release it as
/// often (Python: `threading.RLock`).
///
/// ```
/// use threading::RLock;
///
/// let lock = RLock::new();
/// let _outer = lock.guard();
/// let _inner = lock.guard(); // a `Lock` would wait here for ever
/// ```
pub struct RLock {
    lock: Lock,
    /// Ident of the holder. Relaxed is enough: a thread finds its own ident here only if it wrote
    /// it itself, and nobody else's matters to it.
    owner: AtomicU64,
    /// How often the holder has taken it; touched by the holder only.
    count: AtomicUsize,
}

impl RLock {
    /// A lock that nobody holds.
    pub const fn new() -> Self {
        RLock { lock: Lock::new(), owner: AtomicU64::new(NOBODY), count: AtomicUsize::new(0) }
    }

    /// Takes the lock, once more if this thread has it already; sleeps while another holds it.
    #[inline]
    pub fn acquire(&self) {
        if !self.take_again() {
            self.lock.acquire();
            self.own(1);
        }
    }

    /// Takes the lock if no other thread holds it; never waits.
    #[must_use = "false means that the lock is not held"]
    pub fn try_acquire(&self) -> bool {
        self.take_again() || self.lock.try_acquire() && self.own(1)
    }

    /// Takes the lock, waiting for at most `timeout`; false if it could not be had in that time.
    #[must_use = "false means that the lock is not held"]
    pub fn acquire_timeout(&self, timeout: Option<Duration>) -> bool {
        self.take_again() || self.lock.acquire_timeout(timeout) && self.own(1)
    }

    /// Takes back one `acquire`; after the last, others can have the lock.
    ///
    /// # Errors
    ///
    /// [`LockError::NotOwned`] if this thread does not hold it.
    #[inline]
    pub fn release(&self) -> Result<(), LockError> {
        if !self.is_owned() {
            return Err(LockError::NotOwned);
        }
        match self.count.load(Relaxed) {
            1 => self.disown(),
            n => self.count.store(n - 1, Relaxed),
        }
        Ok(())
    }

    /// Whether somebody holds it, at this moment.
    pub fn locked(&self) -> bool {
        self.lock.locked()
    }

    /// Takes the lock until the guard is dropped (Python: `with lock:`).
    pub fn guard(&self) -> RLockGuard<'_> {
        self.acquire();
        RLockGuard { lock: self, stays_in_its_thread: PhantomData }
    }

    /// Whether the calling thread holds it.
    pub(crate) fn is_owned(&self) -> bool {
        self.owner.load(Relaxed) == get_ident()
    }

    /// Lets it go however often it was taken, and says how often.
    pub(crate) fn release_all(&self) -> usize {
        let count = self.count.load(Relaxed);
        self.disown();
        count
    }

    /// Takes it as often as it was taken before [`release_all`](RLock::release_all).
    pub(crate) fn acquire_all(&self, count: usize) {
        self.lock.acquire();
        self.own(count);
    }

    fn take_again(&self) -> bool {
        let owned = self.is_owned();
        if owned {
            self.count.store(self.count.load(Relaxed) + 1, Relaxed);
        }
        owned
    }

    fn own(&self, count: usize) -> bool {
        self.owner.store(get_ident(), Relaxed);
        self.count.store(count, Relaxed);
        true
    }

    fn disown(&self) {
        self.count.store(0, Relaxed);
        self.owner.store(NOBODY, Relaxed);
        let released = self.lock.release();
        debug_assert!(released.is_ok(), "the inner lock is released by its owner alone");
    }
}

impl Default for RLock {
    fn default() -> Self {
        RLock::new()
    }
}

impl fmt::Debug for RLock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let locked = if self.locked() { "locked" } else { "unlocked" };
        let (owner, count) = (self.owner.load(Relaxed), self.count.load(Relaxed));
        write!(f, "<{locked} RLock owner={owner} count={count}>")
    }
}

/// Holds an [`RLock`] once and releases it once when dropped; cannot leave its thread.
#[derive(Debug)]
#[must_use = "the lock is released when the guard is dropped: `let _guard = lock.guard();`"]
pub struct RLockGuard<'a> {
    lock: &'a RLock,
    stays_in_its_thread: PhantomData<*const ()>,
}

impl Drop for RLockGuard<'_> {
    fn drop(&mut self) {
        let _ = self.lock.release();
    }
}
