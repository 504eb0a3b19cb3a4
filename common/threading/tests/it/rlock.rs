//! `RLock`: the cases of CPython's `lock_tests.RLockTests`.

use crate::support::{Bunch, LONG, SHORT, bunch, leak, timed};
use threading::{Event, LockError, RLock};

base_lock_tests!(RLock::new());

#[test]
fn debug_says_whose_it_is_and_how_often() {
    let lock = RLock::default();
    assert_eq!(format!("{lock:?}"), "<unlocked RLock owner=0 count=0>");
    lock.acquire();
    lock.acquire();
    let me = threading::get_ident();
    assert_eq!(format!("{lock:?}"), format!("<locked RLock owner={me} count=2>"));
}

#[test]
fn the_holder_takes_it_again_at_once() {
    let lock = leak(RLock::new());
    lock.acquire();
    lock.acquire();
    lock.release().unwrap();
    lock.acquire();
    assert!(lock.try_acquire());
    assert!(lock.acquire_timeout(Some(LONG)));
    for left in [3, 2, 1] {
        lock.release().unwrap();
        assert!(lock.locked(), "{left} to go");
        bunch(1, || assert!(!lock.try_acquire()));
    }
    lock.release().unwrap();
    bunch(1, || assert!(lock.try_acquire() && lock.release().is_ok()));
}

#[test]
fn one_release_too_many_is_an_error() {
    let lock = RLock::new();
    assert_eq!(lock.release(), Err(LockError::NotOwned));
    lock.acquire();
    lock.acquire();
    lock.release().unwrap();
    lock.release().unwrap();
    assert_eq!(lock.release(), Err(LockError::NotOwned));
    assert_eq!(LockError::NotOwned.to_string(), "cannot release un-acquired lock");
}

#[test]
fn only_the_holder_may_release_it() {
    let lock = leak(RLock::new());
    let (taken, enough) = (leak(Event::new()), leak(Event::new()));
    let holder = Bunch::start(1, || {
        lock.acquire();
        taken.set();
        assert!(enough.wait(Some(LONG)));
        lock.release().unwrap();
    });
    assert!(taken.wait(Some(LONG)));
    assert_eq!(lock.release(), Err(LockError::NotOwned));
    assert!(lock.locked());
    enough.set();
    holder.join();
    assert!(!lock.locked());
}

#[test]
fn guards_nest() {
    let lock = leak(RLock::new());
    let outer = lock.guard();
    drop(lock.guard());
    bunch(1, || assert!(!lock.try_acquire()));
    drop(outer);
    assert!(!lock.locked());
}
