//! `Lock` and `Event`, gone through in every order that threads and memory allow.
//!
//! The model checker stands in for what the two are made of (`src/sync.rs`), so what it runs is their
//! own text. A lost wake-up is a deadlock to it. About half a minute, most of it building:
//!
//! ```console
//! $ RUSTFLAGS="--cfg loom" cargo test -p threading --test model --target-dir target/loom
//! ```

#![cfg(loom)]
#![allow(dead_code)] // parts of the two that the model has no use for
#![allow(missing_debug_implementations, missing_docs, unreachable_pub)]
#![allow(clippy::new_without_default, clippy::unwrap_used)]

#[path = "../src/error.rs"]
mod error;
#[path = "../src/event.rs"]
mod event;
#[path = "../src/lock.rs"]
mod lock;

use std::cell::Cell;
use std::time::Duration;

use loom::sync::Arc;
use loom::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use loom::thread;

use event::Event;
use lock::Lock;

// The crate's items that the two name.
pub use error::{BrokenBarrierError, LockError, ThreadError};
pub struct BoundedSemaphore;
pub struct Condition;
pub struct RLock;
pub struct Thread;

/// What `src/sync.rs` offers, made of the model checker's parts.
mod sync {
    use std::time::Duration;

    pub(crate) use loom::sync::atomic::{AtomicU8, AtomicU64, Ordering};

    macro_rules! const_unless_modelled {
        ($(#[$attribute:meta])* pub const fn $($function:tt)*) => {
            $(#[$attribute])*
            pub fn $($function)*
        };
    }
    pub(crate) use const_unless_modelled;

    /// Looks once: to look again is an order of events that the checker tries anyway.
    pub(crate) struct Backoff;

    impl Backoff {
        pub(crate) fn new() -> Self {
            Backoff
        }
        pub(crate) fn is_completed(&self) -> bool {
            true
        }
        pub(crate) fn snooze(&self) {}
    }

    /// In the model time is up as soon as one has fallen asleep.
    #[derive(Clone, Copy)]
    pub(crate) struct Deadline(bool);

    impl Deadline {
        pub(crate) fn after(timeout: Option<Duration>) -> Self {
            Deadline(timeout.is_some())
        }
    }

    /// In the model it is as each test says.
    pub(crate) struct Turn;

    impl Turn {
        pub(crate) fn new() -> Self {
            Turn
        }
        pub(crate) fn has_come(&mut self) -> bool {
            super::FAIR.get()
        }
    }

    pub(crate) struct Room<T = ()> {
        door: loom::sync::Mutex<T>,
        bell: loom::sync::Condvar,
    }

    /// The guard, and its mutex to take it from again; `None` only within `sleep`.
    pub(crate) struct Key<'a, T = ()>(Option<loom::sync::MutexGuard<'a, T>>);

    impl<T> std::ops::Deref for Key<'_, T> {
        type Target = T;

        fn deref(&self) -> &T {
            self.0.as_ref().unwrap()
        }
    }

    impl<T> std::ops::DerefMut for Key<'_, T> {
        fn deref_mut(&mut self) -> &mut T {
            self.0.as_mut().unwrap()
        }
    }

    impl<T> Room<T> {
        pub(crate) fn new(data: T) -> Self {
            Room { door: loom::sync::Mutex::new(data), bell: loom::sync::Condvar::new() }
        }

        pub(crate) fn enter(&self) -> Key<'_, T> {
            Key(self.door.lock().ok())
        }

        pub(crate) fn sleep<'a>(&'a self, key: &mut Key<'a, T>, deadline: Deadline) -> bool {
            let guard = key.0.take().unwrap();
            super::ASLEEP.set(true);
            if deadline.0 {
                drop(guard);
                loom::thread::yield_now();
                key.0 = self.door.lock().ok();
                return false;
            }
            key.0 = self.bell.wait(guard).ok();
            true
        }

        pub(crate) fn ring_one(&self) {
            self.bell.notify_one();
        }

        pub(crate) fn ring_all(&self) {
            self.bell.notify_all();
        }
    }
}

std::thread_local! {
    /// Whether a thread of the model has gone to sleep; the checker runs them all in one thread.
    static ASLEEP: Cell<bool> = const { Cell::new(false) };
    /// Whether a release gives the lock to a sleeper, or lets whoever comes first have it.
    static FAIR: Cell<bool> = const { Cell::new(false) };
}

fn in_every_order(model: impl Fn() + Send + Sync + Copy + 'static) {
    for fair in [false, true] {
        FAIR.set(fair);
        let mut checker = loom::model::Builder::new();
        checker.preemption_bound = Some(3);
        checker.check(model);
    }
}

#[test]
fn the_lock_keeps_others_out_and_shows_what_was_written() {
    in_every_order(|| {
        let shared = Arc::new((Lock::new(), AtomicUsize::new(0)));
        let add = |shared: &(Lock, AtomicUsize)| {
            let _guard = shared.0.guard();
            shared.1.store(shared.1.load(Relaxed) + 1, Relaxed);
        };
        let others = [(); 2].map(|()| {
            let shared = Arc::clone(&shared);
            thread::spawn(move || add(&shared))
        });
        add(&shared);
        others.into_iter().for_each(|other| other.join().unwrap());
        let _guard = shared.0.guard();
        assert_eq!(shared.1.load(Relaxed), 3);
    });
}

#[test]
fn of_two_releases_of_one_acquire_exactly_one_succeeds() {
    in_every_order(|| {
        let lock = Arc::new(Lock::new());
        lock.acquire();
        let others = [(); 2].map(|()| {
            let lock = Arc::clone(&lock);
            thread::spawn(move || lock.release().is_ok())
        });
        let succeeded = others.map(|other| usize::from(other.join().unwrap()));
        assert_eq!(succeeded.iter().sum::<usize>(), 1);
        assert!(!lock.locked());
    });
}

#[test]
fn so_it_is_while_a_third_waits() {
    in_every_order(|| {
        let lock = Arc::new(Lock::new());
        lock.acquire();
        let waiting = thread::spawn({
            let lock = Arc::clone(&lock);
            move || {
                lock.acquire();
                lock.release().is_ok()
            }
        });
        let other = thread::spawn({
            let lock = Arc::clone(&lock);
            move || lock.release().is_ok()
        });
        // Three acquired twice; of three releases one may come when nobody holds it.
        let mine = lock.release().is_ok();
        let all = [mine, other.join().unwrap(), waiting.join().unwrap()];
        assert_eq!(all.iter().filter(|&&ok| ok).count(), 2, "{all:?}");
    });
}

#[test]
fn who_gives_up_takes_no_wake_up_along() {
    in_every_order(|| {
        let lock = Arc::new(Lock::new());
        lock.acquire();
        let impatient = thread::spawn({
            let lock = Arc::clone(&lock);
            move || {
                if lock.acquire_timeout(Some(Duration::ZERO)) {
                    lock.release().unwrap();
                }
            }
        });
        let patient = thread::spawn({
            let lock = Arc::clone(&lock);
            move || {
                lock.acquire();
                lock.release().unwrap();
            }
        });
        lock.release().unwrap();
        impatient.join().unwrap();
        patient.join().unwrap();
        assert!(lock.try_acquire());
    });
}

#[test]
fn wait_shows_what_was_written_before_set() {
    in_every_order(|| {
        let shared = Arc::new((Event::new(), AtomicUsize::new(0)));
        let others = [(); 2].map(|()| {
            let shared = Arc::clone(&shared);
            thread::spawn(move || {
                assert!(shared.0.wait(None));
                assert_eq!(shared.1.load(Relaxed), 1);
            })
        });
        shared.1.store(1, Relaxed);
        shared.0.set();
        others.into_iter().for_each(|other| other.join().unwrap());
    });
}

#[test]
fn who_sleeps_is_woken_by_set_whatever_follows() {
    in_every_order(|| {
        ASLEEP.set(false);
        let event = Arc::new(Event::new());
        let waiting = thread::spawn({
            let event = Arc::clone(&event);
            move || assert!(event.wait(None))
        });
        thread::yield_now(); // where the checker may let the other one run first
        let asleep = ASLEEP.get();
        event.set();
        event.clear();
        if !asleep {
            event.set(); // it may have come too late for the first
        }
        waiting.join().unwrap();
    });
}

#[test]
fn a_wait_that_times_out_while_it_is_set_may_say_either_but_the_flag_stays() {
    in_every_order(|| {
        let event = Arc::new(Event::new());
        let impatient = thread::spawn({
            let event = Arc::clone(&event);
            move || {
                let _either = event.wait(Some(Duration::ZERO));
            }
        });
        event.set();
        impatient.join().unwrap();
        assert!(event.is_set() && event.wait(Some(Duration::ZERO)));
    });
}
