//! `Lock`: the cases of CPython's `lock_tests.LockTests`, and two of our own.

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Barrier};
use std::time::Duration;

use crate::support::{Bunch, LONG, SHORT, bunch, leak, timed, until};
use threading::{Lock, LockError};

base_lock_tests!(Lock::new());

#[test]
fn debug_says_whether_it_is_locked() {
    let lock = Lock::default();
    assert_eq!(format!("{lock:?}"), "<unlocked Lock>");
    lock.acquire();
    assert_eq!(format!("{lock:?}"), "<locked Lock>");
}

#[test]
fn the_holder_too_must_wait_to_take_it_again() {
    let lock = leak(Lock::new());
    let phase = leak(AtomicUsize::new(0));
    let twice = Bunch::start(1, || {
        for _ in 0..2 {
            lock.acquire();
            phase.fetch_add(1, SeqCst);
        }
    });
    until("the first acquire", || phase.load(SeqCst) == 1);
    twice.until_asleep();
    assert_eq!(phase.load(SeqCst), 1);
    lock.release().unwrap();
    twice.join();
    assert_eq!(phase.load(SeqCst), 2);
}

#[test]
fn another_thread_may_release_it() {
    let lock = leak(Lock::new());
    lock.acquire();
    bunch(1, || lock.release().unwrap());
    lock.acquire();
    lock.release().unwrap();
}

#[test]
fn a_timeout_leaves_the_lock_as_it_was() {
    let lock = Lock::new();
    lock.acquire();
    assert!(!lock.acquire_timeout(Some(Duration::from_millis(10))));
    assert!(lock.locked());
    lock.release().unwrap();
    assert!(!lock.locked());
    assert!(lock.try_acquire());
    lock.release().unwrap();
    assert_eq!(lock.release(), Err(LockError::Unlocked));
}

#[test]
fn releasing_what_nobody_holds_is_an_error() {
    let lock = Lock::new();
    assert_eq!(lock.release(), Err(LockError::Unlocked));
    assert_eq!(LockError::Unlocked.to_string(), "release unlocked lock");
    lock.acquire();
    lock.release().unwrap();
    assert_eq!(lock.release(), Err(LockError::Unlocked));
}

#[test]
fn a_guard_whose_lock_was_released_by_hand_is_silent() {
    let lock = Lock::new();
    let guard = lock.guard();
    lock.release().unwrap();
    drop(guard);
    assert!(!lock.locked());
}

#[test]
fn a_guard_may_end_in_another_thread() {
    let lock = leak(Lock::new());
    let guard = lock.guard();
    std::thread::spawn(move || drop(guard)).join().unwrap();
    assert!(!lock.locked());
}

/// With a look followed by a store both releases of one acquire succeed now and then.
#[test]
fn of_two_releases_of_one_acquire_exactly_one_succeeds() {
    let rounds = 20_000;
    let (lock, start) = (leak(Lock::new()), leak(Barrier::new(2)));
    let succeeded = leak(AtomicUsize::new(0));
    bunch(2, move || {
        for _ in 0..rounds {
            if start.wait().is_leader() {
                lock.acquire();
            }
            start.wait();
            succeeded.fetch_add(usize::from(lock.release().is_ok()), SeqCst);
        }
    });
    assert_eq!(succeeded.load(SeqCst), rounds);
}

/// Some wait for ever, some for a moment, some not at all: nobody is forgotten, no two are inside.
#[test]
fn no_wake_up_is_lost_among_impatient_waiters() {
    let (lock, inside) = (leak(Lock::new()), leak(AtomicUsize::new(0)));
    let entered = Arc::new(AtomicUsize::new(0));
    let turn = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&entered);
    bunch(4, move || {
        let kind = turn.fetch_add(1, SeqCst);
        for round in 0..3_000 {
            let got = match (kind + round) % 3 {
                0 => lock.acquire_timeout(Some(Duration::from_micros(20))),
                1 => lock.try_acquire(),
                _ => {
                    lock.acquire();
                    true
                }
            };
            if got {
                assert_eq!(inside.fetch_add(1, SeqCst), 0, "two inside");
                if round % 16 == 0 {
                    std::thread::yield_now();
                }
                inside.fetch_sub(1, SeqCst);
                lock.release().unwrap();
                entered.fetch_add(1, SeqCst);
            }
        }
    });
    assert!(count.load(SeqCst) >= 4_000, "each thread's every third acquire cannot fail");
    assert!(!lock.locked());
}

/// It lets go only to take it again at once, so a sleeper is always too late, unless it is given the
/// lock.
#[test]
fn nobody_starves_behind_a_thread_that_takes_it_again_and_again() {
    let (lock, stop) = (leak(Lock::new()), leak(threading::Event::new()));
    let greedy = Bunch::start(1, || {
        while !stop.is_set() {
            let _guard = lock.guard();
            for _ in 0..10_000 {
                std::hint::spin_loop();
            }
        }
    });
    for _ in 0..50 {
        assert!(lock.acquire_timeout(Some(LONG)), "starved");
        lock.release().unwrap();
    }
    stop.set();
    greedy.join();
}
