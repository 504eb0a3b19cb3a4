//! What the waiting is made of: a room to sleep in, and the date to wake up at.
//!
//! [`Lock`](crate::Lock) and [`Event`](crate::Event) take everything they stand on from here, so
//! that `tests/model.rs` can put the model checker's own in its place.

use std::time::{Duration, Instant};

pub(crate) use crossbeam::utils::Backoff;
pub(crate) use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};

/// A `const fn`, except in the model: the model checker's words and rooms are made at run time.
macro_rules! const_unless_modelled {
    ($(#[$attribute:meta])* pub const fn $($function:tt)*) => {
        $(#[$attribute])*
        pub const fn $($function)*
    };
}
pub(crate) use const_unless_modelled;

/// When to stop waiting; `None` is never.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline(Option<Instant>);

impl Deadline {
    /// That long from now, or never if the date is beyond what the clock can count.
    pub(crate) fn after(timeout: Option<Duration>) -> Self {
        Deadline(timeout.and_then(|t| Instant::now().checked_add(t)))
    }
}

/// Whose turn it is now and then: yes at most once in half a millisecond.
#[derive(Debug)]
pub(crate) struct Turn(Option<Instant>);

impl Turn {
    pub(crate) const fn new() -> Self {
        Turn(None)
    }

    /// Whether half a millisecond has passed since it last said yes, or was first asked.
    pub(crate) fn has_come(&mut self) -> bool {
        let now = Instant::now();
        match self.0 {
            Some(next) if now < next => false,
            before => {
                self.0 = Some(now + Duration::from_micros(500));
                before.is_some()
            }
        }
    }
}

/// A room to sleep in: what is slept for is decided under its key.
///
/// `T` is the data that only those with the key may see.
#[derive(Debug)]
pub(crate) struct Room<T = ()> {
    door: parking_lot::Mutex<T>,
    bell: parking_lot::Condvar,
}

/// Being in the room, awake.
pub(crate) type Key<'a, T = ()> = parking_lot::MutexGuard<'a, T>;

impl<T> Room<T> {
    pub(crate) const fn new(data: T) -> Self {
        Room { door: parking_lot::Mutex::new(data), bell: parking_lot::Condvar::new() }
    }

    /// Goes in; holds everybody else out until the key is dropped.
    pub(crate) fn enter(&self) -> Key<'_, T> {
        self.door.lock()
    }

    /// Sleeps until somebody rings; the key is out of hand meanwhile. False once the deadline is past.
    ///
    /// Whoever rings after this thread came in wakes it: nothing lies between the dropping of the
    /// key and the sleep.
    pub(crate) fn sleep(&self, key: &mut Key<'_, T>, deadline: Deadline) -> bool {
        match deadline.0 {
            None => {
                self.bell.wait(key);
                true
            }
            Some(date) => !self.bell.wait_until(key, date).timed_out(),
        }
    }

    /// Wakes one who sleeps, if any does.
    pub(crate) fn ring_one(&self) {
        self.bell.notify_one();
    }

    /// Wakes all who sleep.
    pub(crate) fn ring_all(&self) {
        self.bell.notify_all();
    }
}
