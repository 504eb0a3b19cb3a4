//! `Lock`: held or not, no owner, no data.

use std::fmt;
use std::time::Duration;

use crate::error::LockError;
use crate::sync::{AtomicU8, Backoff, Deadline, Ordering, Room, Turn, const_unless_modelled};

/// Nobody holds it.
const UNLOCKED: u8 = 0;
/// Held, and nobody needs to be woken when it is let go.
const LOCKED: u8 = 1;
/// Held, and somebody may be asleep for it.
const AWAITED: u8 = 2;

/// A lock that one thread at a time can hold (Python: `threading.Lock`).
///
/// A thread that cannot have it sleeps until another lets it go. Who is next is not in the order of
/// arrival: a running thread may take the lock before a sleeper has woken up, as in CPython. But each
/// half millisecond a release gives the lock to a sleeper, so that nobody sleeps for ever behind a
/// thread that takes it again and again.
///
/// The whole state is one word. Taking and letting go are each one compare-and-swap on it; the
/// room behind it is entered only to fall asleep and to wake a sleeper. That `release` is a swap and
/// not a look followed by a store is what makes it an error, always, for the second of two threads
/// that release one `acquire` at the same time.
///
/// ```
/// use threading::{Lock, LockError};
///
/// let lock = Lock::new();
/// lock.acquire();
/// assert!(!lock.try_acquire());
/// lock.release()?;
/// assert_eq!(lock.release(), Err(LockError::Unlocked));
/// # Ok::<(), LockError>(())
/// ```
pub struct Lock {
    /// One of the three constants above.
    state: AtomicU8,
    /// Where those sleep who set `state` to `AWAITED`.
    room: Room<Sleepers>,
}

struct Sleepers {
    count: usize,
    /// To how many of them the lock was given and who have not woken up yet; never more than `count`.
    granted: usize,
    /// When a sleeper is given the lock, instead of just being woken to try and take it.
    turn: Turn,
}

impl Lock {
    const_unless_modelled! {
        /// A lock that nobody holds.
        pub const fn new() -> Self {
            Lock { state: AtomicU8::new(UNLOCKED), room: Room::new(Sleepers { count: 0, granted: 0, turn: Turn::new() }) }
        }
    }

    /// Takes the lock; sleeps while another holds it.
    #[inline]
    pub fn acquire(&self) {
        if !self.try_acquire() {
            self.acquire_slowly(Deadline::after(None));
        }
    }

    /// Takes the lock if it is free; never waits (Python: `acquire(blocking=False)`).
    #[inline]
    #[must_use = "false means that the lock is not held"]
    pub fn try_acquire(&self) -> bool {
        // Acquire: what the last holder wrote is seen by this one.
        self.state.compare_exchange(UNLOCKED, LOCKED, Ordering::Acquire, Ordering::Relaxed).is_ok()
    }

    /// Takes the lock, waiting for at most `timeout`; false if it could not be had in that time.
    #[must_use = "false means that the lock is not held"]
    pub fn acquire_timeout(&self, timeout: Option<Duration>) -> bool {
        self.try_acquire() || self.acquire_slowly(Deadline::after(timeout))
    }

    /// Lets the lock go; any thread may, not only the one that took it.
    ///
    /// # Errors
    ///
    /// [`LockError::Unlocked`] if nobody holds it.
    #[inline]
    pub fn release(&self) -> Result<(), LockError> {
        if self.release_unawaited() { Ok(()) } else { self.release_slowly() }
    }

    /// Whether somebody holds it, at this moment.
    pub fn locked(&self) -> bool {
        self.state.load(Ordering::Relaxed) != UNLOCKED
    }

    /// Takes the lock until the guard is dropped, be it by a panic (Python: `with lock:`).
    #[inline]
    pub fn guard(&self) -> LockGuard<'_> {
        self.acquire();
        LockGuard { lock: self }
    }

    #[cold]
    fn acquire_slowly(&self, deadline: Deadline) -> bool {
        // Most locks are let go soon: looking again for a moment is cheaper than to sleep.
        let backoff = Backoff::new();
        while !backoff.is_completed() {
            match self.state.load(Ordering::Relaxed) {
                UNLOCKED if self.try_acquire() => return true,
                AWAITED => break,
                _ => backoff.snooze(),
            }
        }
        let mut sleepers = self.room.enter();
        let mut in_time = true;
        loop {
            // From here on whoever lets go knows that a sleeper must be woken. It is also how a woken
            // thread takes the lock: there may be more sleepers, or one more who is woken in vain
            // because its time is up.
            if self.state.swap(AWAITED, Ordering::Acquire) == UNLOCKED {
                return true;
            }
            if !in_time {
                return false;
            }
            sleepers.count += 1;
            in_time = self.room.sleep(&mut sleepers, deadline);
            sleepers.count -= 1;
            if sleepers.granted > 0 {
                sleepers.granted -= 1;
                return true;
            }
        }
    }

    #[cold]
    fn release_slowly(&self) -> Result<(), LockError> {
        let mut sleepers = self.room.enter();
        loop {
            match self.state.load(Ordering::Relaxed) {
                UNLOCKED => return Err(LockError::Unlocked),
                AWAITED => break,
                // It was taken just now by another: then that is what is released.
                _ if self.release_unawaited() => return Ok(()),
                _ => {}
            }
        }
        // Nobody outside the room changes `AWAITED`, so nobody comes in between from here on.
        if sleepers.count > sleepers.granted && sleepers.turn.has_come() {
            sleepers.granted += 1; // it stays held, by the one that is woken now
        } else {
            self.state.store(UNLOCKED, Ordering::Release);
        }
        drop(sleepers);
        self.room.ring_one();
        Ok(())
    }

    /// Lets the lock go if it is held and nobody sleeps for it.
    #[inline]
    fn release_unawaited(&self) -> bool {
        // Release: what this holder wrote is seen by the next.
        self.state.compare_exchange(LOCKED, UNLOCKED, Ordering::Release, Ordering::Relaxed).is_ok()
    }
}

impl Default for Lock {
    fn default() -> Self {
        Lock::new()
    }
}

impl fmt::Debug for Lock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.locked() { "<locked Lock>" } else { "<unlocked Lock>" })
    }
}

/// Holds a [`Lock`] and releases it when dropped.
#[derive(Debug)]
#[must_use = "the lock is released when the guard is dropped: `let _guard = lock.guard();`"]
pub struct LockGuard<'a> {
    lock: &'a Lock,
}

impl Drop for LockGuard<'_> {
    #[inline]
    fn drop(&mut self) {
        // Anyone may have released it meanwhile; there is nobody here to tell.
        let _ = self.lock.release();
    }
}
