//! `Semaphore` and `BoundedSemaphore`: so many at a time.

use std::fmt;
use std::time::Duration;

use crate::error::LockError;
use crate::sync::{Deadline, Room};

/// A counter that `release` adds to and `acquire` takes from, and never below zero: who would,
/// sleeps (Python: `threading.Semaphore`).
///
/// ```
/// use threading::Semaphore;
///
/// let two_at_a_time = Semaphore::new(2);
/// let _first = two_at_a_time.guard();
/// let _second = two_at_a_time.guard();
/// assert!(!two_at_a_time.try_acquire());
/// ```
pub struct Semaphore {
    value: Room<usize>,
}

impl Semaphore {
    /// A semaphore that the first `value` callers of `acquire` pass at once.
    pub const fn new(value: usize) -> Self {
        Semaphore { value: Room::new(value) }
    }

    /// Takes one; sleeps while there is none.
    pub fn acquire(&self) {
        let _got = self.acquire_timeout(None);
    }

    /// Takes one if there is one; never waits.
    #[must_use = "false means that nothing was taken"]
    pub fn try_acquire(&self) -> bool {
        let mut value = self.value.enter();
        let some = *value > 0;
        *value -= usize::from(some);
        some
    }

    /// Takes one, waiting for at most `timeout`; false if there was none in that time.
    #[must_use = "false means that nothing was taken"]
    pub fn acquire_timeout(&self, timeout: Option<Duration>) -> bool {
        let deadline = Deadline::after(timeout);
        let mut value = self.value.enter();
        let mut in_time = true;
        while *value == 0 {
            if !in_time {
                return false;
            }
            in_time = self.value.sleep(&mut value, deadline);
        }
        *value -= 1;
        true
    }

    /// Adds one and wakes one who sleeps.
    ///
    /// # Panics
    ///
    /// As [`release_many`](Semaphore::release_many).
    pub fn release(&self) {
        self.release_many(1);
    }

    /// Adds `n` and wakes as many.
    ///
    /// # Panics
    ///
    /// If the value would be more than `usize::MAX`, or `n` is 0 (a `ValueError` in Python).
    pub fn release_many(&self, n: usize) {
        let within = self.add(n, usize::MAX);
        assert!(within, "a semaphore cannot count that far");
    }

    /// Takes one until the guard is dropped (Python: `with semaphore:`).
    pub fn guard(&self) -> SemaphoreGuard<'_> {
        self.acquire();
        SemaphoreGuard { semaphore: self }
    }

    /// How many could pass now.
    fn value(&self) -> usize {
        *self.value.enter()
    }

    /// Adds `n` unless that would be more than `limit`.
    fn add(&self, n: usize, limit: usize) -> bool {
        assert!(n > 0, "n must be one or more");
        {
            let mut value = self.value.enter();
            match value.checked_add(n) {
                Some(sum) if sum <= limit => *value = sum,
                _ => return false,
            }
        }
        if n == 1 {
            self.value.ring_one()
        } else {
            self.value.ring_all()
        }
        true
    }
}

impl Default for Semaphore {
    fn default() -> Self {
        Semaphore::new(1)
    }
}

impl fmt::Debug for Semaphore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<Semaphore: value={}>", self.value())
    }
}

/// A [`Semaphore`] whose value never rises above the initial one: to release more often than one
/// has acquired is an error (Python: `threading.BoundedSemaphore`).
pub struct BoundedSemaphore {
    semaphore: Semaphore,
    initial: usize,
}

impl BoundedSemaphore {
    /// A semaphore that `value` callers of `acquire` can pass before others must wait.
    pub const fn new(value: usize) -> Self {
        BoundedSemaphore { semaphore: Semaphore::new(value), initial: value }
    }

    /// Takes one; sleeps while there is none.
    pub fn acquire(&self) {
        self.semaphore.acquire();
    }

    /// Takes one if there is one; never waits.
    #[must_use = "false means that nothing was taken"]
    pub fn try_acquire(&self) -> bool {
        self.semaphore.try_acquire()
    }

    /// Takes one, waiting for at most `timeout`; false if there was none in that time.
    #[must_use = "false means that nothing was taken"]
    pub fn acquire_timeout(&self, timeout: Option<Duration>) -> bool {
        self.semaphore.acquire_timeout(timeout)
    }

    /// Gives one back and wakes one who sleeps.
    ///
    /// # Errors
    ///
    /// [`LockError::TooManyReleases`] if all have been given back already.
    pub fn release(&self) -> Result<(), LockError> {
        self.release_many(1)
    }

    /// Gives `n` back and wakes as many.
    ///
    /// # Errors
    ///
    /// [`LockError::TooManyReleases`] if fewer have been taken; the value stays as it is.
    ///
    /// # Panics
    ///
    /// If `n` is 0 (a `ValueError` in Python).
    pub fn release_many(&self, n: usize) -> Result<(), LockError> {
        if self.semaphore.add(n, self.initial) { Ok(()) } else { Err(LockError::TooManyReleases) }
    }

    /// Takes one until the guard is dropped (Python: `with semaphore:`).
    pub fn guard(&self) -> BoundedSemaphoreGuard<'_> {
        self.acquire();
        BoundedSemaphoreGuard { semaphore: self }
    }
}

impl Default for BoundedSemaphore {
    fn default() -> Self {
        BoundedSemaphore::new(1)
    }
}

impl fmt::Debug for BoundedSemaphore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<BoundedSemaphore: value={}/{}>", self.semaphore.value(), self.initial)
    }
}

/// One taken from a [`Semaphore`], given back when dropped.
#[derive(Debug)]
#[must_use = "what was taken is given back when the guard is dropped"]
pub struct SemaphoreGuard<'a> {
    semaphore: &'a Semaphore,
}

impl Drop for SemaphoreGuard<'_> {
    fn drop(&mut self) {
        self.semaphore.release();
    }
}

/// One taken from a [`BoundedSemaphore`], given back when dropped.
#[derive(Debug)]
#[must_use = "what was taken is given back when the guard is dropped"]
pub struct BoundedSemaphoreGuard<'a> {
    semaphore: &'a BoundedSemaphore,
}

impl Drop for BoundedSemaphoreGuard<'_> {
    fn drop(&mut self) {
        // It may have been given back by hand meanwhile; there is nobody here to tell.
        let _ = self.semaphore.release();
    }
}
