//! `Semaphore`, `BoundedSemaphore`, `RLock`, `Condition`: for tasks of one thread.
//!
//! Between two waits nobody else runs, so what is done without waiting needs no lock. These are for
//! what takes several waits.

use std::cell::{Cell, RefCell};
use std::error::Error;
use std::fmt;
use std::rc::Rc;
use std::time::Duration;

use crate::hub::{Woken, hub};
use crate::join::Waitable;
use crate::task::{AnyTask, Notice, getcurrent};
use crate::waitlist::{Deadline, WaitList};

/// A number of permits: `acquire` takes one and waits while there is none. Clones are the same.
///
/// Waiters are served in the order they came in. Who releases a permit and asks for one at once may
/// get it back before the first waiter has had its turn; that one keeps its place in the line.
#[derive(Clone, Debug)]
pub struct Semaphore(Rc<Permits>);

#[derive(Debug)]
struct Permits {
    left: Cell<usize>,
    waiters: WaitList,
}

impl Semaphore {
    /// So many permits.
    #[must_use]
    pub fn new(permits: usize) -> Semaphore {
        Semaphore(Rc::new(Permits { left: Cell::new(permits), waiters: WaitList::default() }))
    }

    /// Takes a permit, or waits for one; false if the time was over first.
    pub fn acquire(&self, timeout: Option<Duration>) -> bool {
        let (ticket, deadline) = (self.0.waiters.ticket(), Deadline::after(timeout));
        while !self.try_acquire() {
            let woken = self.0.waiters.wait_at(ticket, "a semaphore", deadline.left());
            if woken == Woken::TimedOut {
                return false;
            }
        }
        true
    }

    /// Takes a permit if there is one.
    #[must_use]
    pub fn try_acquire(&self) -> bool {
        let left = self.0.left.get();
        self.0.left.set(left.saturating_sub(1));
        left > 0
    }

    /// Gives a permit, also one that was never taken.
    pub fn release(&self) {
        self.0.left.set(self.0.left.get() + 1);
        self.0.waiters.call_one();
    }

    /// Takes a permit until the guard is dropped: Python's `with`.
    pub fn hold(&self) -> Held<'_> {
        Held { semaphore: self, got: self.acquire(None) }
    }

    /// Permits that are left.
    #[must_use]
    pub fn counter(&self) -> usize {
        self.0.left.get()
    }

    /// Whether `acquire` would wait.
    #[must_use]
    pub fn locked(&self) -> bool {
        self.counter() == 0
    }
}

impl Waitable for Semaphore {
    fn is_ready(&self) -> bool {
        !self.locked()
    }

    fn watch(&self, by: &Rc<dyn Notice>, nth: usize) {
        if self.locked() { self.0.waiters.watch(by, nth) } else { by.happened(nth) }
    }

    fn unwatch(&self, by: &Rc<dyn Notice>) {
        self.0.waiters.unwatch(by);
    }
}

/// A permit that is given back at the end of the block.
#[derive(Debug)]
#[must_use]
pub struct Held<'a> {
    semaphore: &'a Semaphore,
    /// False only in a destructor that runs while a panic unwinds: nothing can be waited for there.
    got: bool,
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        if self.got {
            self.semaphore.release();
        }
    }
}

/// A semaphore that notices when more permits are given than it began with.
#[derive(Clone, Debug)]
pub struct BoundedSemaphore {
    permits: usize,
    semaphore: Semaphore,
}

impl BoundedSemaphore {
    /// So many permits, and never more.
    #[must_use]
    pub fn new(permits: usize) -> BoundedSemaphore {
        BoundedSemaphore { permits, semaphore: Semaphore::new(permits) }
    }

    /// See [`Semaphore::acquire`].
    pub fn acquire(&self, timeout: Option<Duration>) -> bool {
        self.semaphore.acquire(timeout)
    }

    /// See [`Semaphore::try_acquire`].
    #[must_use]
    pub fn try_acquire(&self) -> bool {
        self.semaphore.try_acquire()
    }

    /// Gives a permit back.
    ///
    /// # Errors
    /// None was taken.
    pub fn release(&self) -> Result<(), LockError> {
        if self.semaphore.counter() >= self.permits {
            return Err(LockError("a bounded semaphore was released more often than acquired"));
        }
        self.semaphore.release();
        Ok(())
    }

    /// See [`Semaphore::hold`].
    pub fn hold(&self) -> Held<'_> {
        self.semaphore.hold()
    }

    /// Permits that are left.
    #[must_use]
    pub fn counter(&self) -> usize {
        self.semaphore.counter()
    }
}

/// A lock was used as it must not be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LockError(&'static str);

impl fmt::Display for LockError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl Error for LockError {}

/// A lock that the task that has it may take again. Clones are the same lock.
#[derive(Clone, Debug)]
pub struct RLock(Rc<RLockState>);

#[derive(Debug)]
struct RLockState {
    block: Semaphore,
    owner: RefCell<Option<AnyTask>>,
    depth: Cell<usize>,
}

impl RLock {
    /// A lock that nobody has.
    #[must_use]
    pub fn new() -> RLock {
        RLock::default()
    }

    /// Takes the lock, or waits for it; false if the time was over first.
    pub fn acquire(&self, timeout: Option<Duration>) -> bool {
        let got = self.owned() || self.0.block.acquire(timeout);
        if got {
            self.0.owner.replace(Some(getcurrent()));
            self.0.depth.set(self.0.depth.get() + 1);
        }
        got
    }

    /// Gives the lock back, once for each time it was taken.
    ///
    /// # Errors
    /// The task that calls does not have it.
    pub fn release(&self) -> Result<(), LockError> {
        if !self.owned() {
            return Err(LockError("a lock can be released by the task that has it, and no other"));
        }
        self.0.depth.set(self.0.depth.get() - 1);
        if self.0.depth.get() == 0 {
            self.0.owner.replace(None);
            self.0.block.release();
        }
        Ok(())
    }

    /// Whether the current task has it.
    #[must_use]
    pub fn owned(&self) -> bool {
        let current = hub().try_current().map(AnyTask::of);
        current.is_some() && *self.0.owner.borrow() == current
    }

    /// Gives it back altogether; returns how often it was taken.
    fn release_all(&self) -> usize {
        self.0.owner.replace(None);
        let depth = self.0.depth.replace(0);
        self.0.block.release();
        depth
    }

    fn take_again(&self, depth: usize) {
        self.0.block.acquire(None);
        self.0.owner.replace(Some(getcurrent()));
        self.0.depth.set(depth);
    }
}

impl Default for RLock {
    fn default() -> RLock {
        RLock(Rc::new(RLockState {
            block: Semaphore::new(1),
            owner: RefCell::new(None),
            depth: Cell::new(0),
        }))
    }
}

/// Lets tasks that have a lock wait until another one says that something has changed.
#[derive(Clone, Debug, Default)]
pub struct Condition {
    lock: RLock,
    waiters: Rc<WaitList>,
}

impl Condition {
    /// With a lock of its own.
    #[must_use]
    pub fn new() -> Condition {
        Condition::default()
    }

    /// With a lock that others use too.
    #[must_use]
    pub fn with_lock(lock: &RLock) -> Condition {
        Condition { lock: lock.clone(), waiters: Rc::default() }
    }

    /// See [`RLock::acquire`].
    pub fn acquire(&self, timeout: Option<Duration>) -> bool {
        self.lock.acquire(timeout)
    }

    /// See [`RLock::release`].
    ///
    /// # Errors
    /// As [`RLock::release`].
    pub fn release(&self) -> Result<(), LockError> {
        self.lock.release()
    }

    /// Gives the lock away, waits to be notified, takes the lock again; false if the time was over.
    ///
    /// # Errors
    /// The task that calls does not have the lock.
    pub fn wait(&self, timeout: Option<Duration>) -> Result<bool, LockError> {
        if !self.lock.owned() {
            return Err(LockError("only a task that has the lock can wait for the condition"));
        }
        let ticket = self.waiters.ticket();
        let depth = self.lock.release_all();
        let mut woken = Woken::TimedOut;
        greenlet::finally(
            || woken = self.waiters.wait_at(ticket, "a condition", timeout),
            || self.lock.take_again(depth),
        );
        Ok(woken == Woken::Called)
    }

    /// Waits until `test` holds; false if the time was over and it did not.
    ///
    /// # Errors
    /// As [`Condition::wait`].
    pub fn wait_for(
        &self,
        timeout: Option<Duration>,
        mut test: impl FnMut() -> bool,
    ) -> Result<bool, LockError> {
        let deadline = Deadline::after(timeout);
        while !test() {
            if !self.wait(deadline.left())? {
                return Ok(test());
            }
        }
        Ok(true)
    }

    /// Wakes `count` of those who wait, the first ones first.
    ///
    /// # Errors
    /// The task that calls does not have the lock.
    pub fn notify(&self, count: usize) -> Result<(), LockError> {
        if !self.lock.owned() {
            return Err(LockError("only a task that has the lock can notify"));
        }
        let _ = (0..count).take_while(|_| self.waiters.call_one()).count();
        Ok(())
    }

    /// Wakes all who wait.
    ///
    /// # Errors
    /// As [`Condition::notify`].
    pub fn notify_all(&self) -> Result<(), LockError> {
        self.notify(usize::MAX)
    }
}
