//! `Condition`: the cases of CPython's `lock_tests.ConditionTests`, and of `RLockTests` as it runs
//! them on a condition.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use crate::support::{Bunch, LONG, SHORT, bunch, leak, timed, until};
use threading::{Condition, Lock, LockError, RLock};

base_lock_tests!(Condition::new());

#[test]
fn by_default_it_can_be_taken_again() {
    let condition = Condition::default();
    condition.acquire();
    condition.acquire();
    condition.release().unwrap();
    condition.release().unwrap();
    assert_eq!(condition.release(), Err(LockError::NotOwned));
}

#[test]
fn it_is_its_lock() {
    let lock = Arc::new(Lock::new());
    let condition = Condition::with_lock(Arc::clone(&lock));
    condition.acquire();
    assert!(!lock.try_acquire());
    condition.release().unwrap();
    assert!(lock.try_acquire());
    assert!(!condition.try_acquire());
    assert!(!condition.acquire_timeout(Some(SHORT)));
    lock.release().unwrap();
    let guard = condition.guard();
    assert!(!lock.try_acquire());
    drop(guard);
    assert!(lock.try_acquire());
}

#[test]
fn debug_says_who_waits() {
    let condition = leak(Condition::with_lock(Lock::new()));
    let waiting = Bunch::start(1, || {
        let _guard = condition.guard();
        assert_eq!(condition.wait(None), Ok(true));
    });
    until("one waits", || format!("{condition:?}") == "<Condition(<unlocked Lock>, 1)>");
    let guard = condition.guard();
    condition.notify_all().unwrap();
    drop(guard);
    waiting.join();
    assert_eq!(format!("{condition:?}"), "<Condition(<unlocked Lock>, 0)>");
}

#[test]
fn wait_and_notify_want_the_lock() {
    let condition = leak(Condition::new());
    let notify_error = Err(LockError::NotifyNotOwned);
    assert_eq!(condition.wait(None), Err(LockError::WaitNotOwned));
    assert_eq!(condition.wait_for(|| false, None), Err(LockError::WaitNotOwned));
    assert_eq!(condition.notify(1), notify_error);
    assert_eq!(condition.notify_all(), notify_error);
    let _guard = condition.guard();
    bunch(1, || assert_eq!(condition.wait(None), Err(LockError::WaitNotOwned)));
    assert_eq!(LockError::WaitNotOwned.to_string(), "cannot wait on un-acquired lock");
    assert_eq!(LockError::NotifyNotOwned.to_string(), "cannot notify on un-acquired lock");
}

#[test]
fn notify_wakes_so_many_and_no_more() {
    let condition = leak(Condition::new());
    let (waiting, woken) = (leak(AtomicUsize::new(0)), leak(AtomicUsize::new(0)));
    let threads = Bunch::start(5, || {
        for _ in 0..2 {
            let _guard = condition.guard();
            waiting.fetch_add(1, SeqCst);
            assert_eq!(condition.wait(None), Ok(true));
            waiting.fetch_sub(1, SeqCst);
            woken.fetch_add(1, SeqCst);
        }
    });
    let wake = |n, woken_then, waiting_then| {
        let guard = condition.guard();
        condition.notify(n).unwrap();
        drop(guard);
        // Whoever holds the lock and reads 5 knows that those 5 are in the queue.
        until("they are woken and wait again", || {
            let _guard = condition.guard();
            woken.load(SeqCst) == woken_then && waiting.load(SeqCst) == waiting_then
        });
    };
    until("all wait", || {
        let _guard = condition.guard();
        waiting.load(SeqCst) == 5
    });
    wake(0, 0, 5);
    wake(3, 3, 5); // three are in their second wait now
    wake(2, 5, 5); // first come, first served: these were the other two
    wake(usize::MAX, 10, 0);
    threads.join();
    let _guard = condition.guard();
    condition.notify_all().expect("nobody is there, nothing happens");
}

#[test]
fn wait_with_a_timeout_never_returns_early() {
    let condition = leak(Condition::new());
    bunch(5, || {
        let _guard = condition.guard();
        let (woken, took) = timed(|| condition.wait(Some(SHORT)).unwrap());
        assert!(!woken && took >= SHORT, "{took:?}");
        assert_eq!(condition.wait(Some(Duration::ZERO)), Ok(false));
    });
    let left = format!("{condition:?}");
    assert!(left.ends_with(", 0)>"), "who gave up is not in the queue: {left}");
}

#[test]
fn wait_for_waits_until_it_is_so() {
    let (condition, state) = (leak(Condition::new()), leak(AtomicUsize::new(0)));
    let waiting = Bunch::start(1, || {
        let _guard = condition.guard();
        assert_eq!(condition.wait_for(|| state.load(SeqCst) == 4, None), Ok(true));
        assert_eq!(state.load(SeqCst), 4);
    });
    for _ in 0..4 {
        waiting.until_asleep();
        let _guard = condition.guard();
        state.fetch_add(1, SeqCst);
        condition.notify(1).unwrap();
    }
    waiting.join();
}

#[test]
fn wait_for_gives_up_in_time_however_often_it_is_woken() {
    let (condition, state) = (leak(Condition::new()), leak(AtomicUsize::new(0)));
    let waiting = Bunch::start(1, || {
        let _guard = condition.guard();
        let wait = || condition.wait_for(|| state.load(SeqCst) == 4, Some(SHORT));
        let (so, took) = timed(wait);
        assert!(so == Ok(false) && took >= SHORT, "{took:?}");
    });
    for _ in 0..3 {
        let _guard = condition.guard();
        state.fetch_add(1, SeqCst);
        condition.notify(1).unwrap();
    }
    waiting.join();
    let _guard = condition.guard();
    assert_eq!(condition.wait_for(|| true, Some(Duration::ZERO)), Ok(true));
}

#[test]
fn a_lock_taken_twice_is_let_go_while_waiting_and_taken_twice_again() {
    let lock = leak(RLock::new());
    let condition = leak(Condition::with_lock(lock));
    lock.acquire();
    lock.acquire();
    let other = Bunch::start(1, || {
        let _guard = condition.guard();
        condition.notify(1).unwrap();
    });
    assert_eq!(condition.wait(Some(LONG)), Ok(true));
    other.join();
    lock.release().unwrap();
    lock.release().unwrap();
    assert_eq!(lock.release(), Err(LockError::NotOwned));
}

/// Waiters that give up all the time: still each that was woken says so, and nobody else.
#[test]
fn a_notification_is_never_lost_to_a_waiter_that_gives_up() {
    let condition = leak(Condition::with_lock(Lock::new()));
    let (stop, woken) = (leak(AtomicUsize::new(0)), leak(AtomicUsize::new(0)));
    let waiting = Bunch::start(3, || {
        while stop.load(SeqCst) == 0 {
            let _guard = condition.guard();
            let notified = condition.wait(Some(Duration::from_micros(50))).unwrap();
            woken.fetch_add(usize::from(notified), SeqCst);
        }
    });
    let mut sent = 0;
    for _ in 0..5_000 {
        let guard = condition.guard();
        sent += condition.notify(1).unwrap();
        drop(guard);
        // Time for the others to come back and, at another moment each time, give up.
        (0..2_000).for_each(|_| std::hint::spin_loop());
    }
    stop.store(1, SeqCst);
    waiting.join();
    assert_eq!(woken.load(SeqCst), sent);
}
