//! `Semaphore` and `BoundedSemaphore`: the cases of CPython's `lock_tests.BaseSemaphoreTests`,
//! `SemaphoreTests` and `BoundedSemaphoreTests`.

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use crate::support::{Bunch, LONG, SHORT, bunch, leak, timed, until};
use threading::{BoundedSemaphore, LockError, Semaphore};

/// What both kinds do, given how to make one and how to release it `n` times at once.
macro_rules! base_semaphore_tests {
    ($module:ident, $semaphore:ty, $release_many:expr) => {
        mod $module {
            use super::*;

            const RELEASE: fn(&$semaphore, usize) = $release_many;

            #[test]
            fn so_many_pass_at_once() {
                for value in [1, 2] {
                    let semaphore = <$semaphore>::new(value);
                    for _ in 0..value {
                        semaphore.acquire();
                    }
                    assert!(!semaphore.try_acquire());
                    RELEASE(&semaphore, value);
                    assert!(semaphore.try_acquire());
                }
            }

            #[test]
            fn by_default_it_is_one() {
                let semaphore = leak(<$semaphore>::default());
                semaphore.acquire();
                let waiting = Bunch::start(1, || {
                    semaphore.acquire();
                    RELEASE(semaphore, 1);
                });
                waiting.until_asleep();
                assert_eq!(waiting.finished(), 0);
                RELEASE(semaphore, 1);
                waiting.join();
            }

            #[test]
            fn it_can_be_dropped_while_taken() {
                let semaphore = <$semaphore>::new(1);
                semaphore.acquire();
            }

            /// Ten threads take two each of seven, six at first: whether what is given back comes one
            /// by one or many at once, exactly so many go on.
            #[test]
            fn each_release_lets_one_more_pass() {
                for at_once in [false, true] {
                    let semaphore = leak(<$semaphore>::new(7));
                    semaphore.acquire();
                    let passed = leak(AtomicUsize::new(0));
                    let threads = Bunch::start(10, || {
                        for _ in 0..2 {
                            semaphore.acquire();
                            passed.fetch_add(1, SeqCst);
                        }
                    });
                    let mut expected = 6;
                    for more in [7, 6] {
                        until("those with a place pass", || passed.load(SeqCst) == expected);
                        threads.until_asleep_or_done(passed, expected);
                        match at_once {
                            true => RELEASE(semaphore, more),
                            false => (0..more).for_each(|_| RELEASE(semaphore, 1)),
                        }
                        expected += more;
                    }
                    until("the last but one", || passed.load(SeqCst) == 19);
                    assert!(!semaphore.try_acquire());
                    RELEASE(semaphore, 1);
                    threads.join();
                    assert_eq!(passed.load(SeqCst), 20);
                }
            }

            #[test]
            fn try_acquire_never_waits() {
                let semaphore = leak(<$semaphore>::new(4));
                semaphore.acquire();
                let got = leak(AtomicUsize::new(0));
                bunch(5, || {
                    for _ in 0..2 {
                        got.fetch_add(usize::from(semaphore.try_acquire()), SeqCst);
                    }
                });
                assert_eq!(got.load(SeqCst), 3);
            }

            #[test]
            fn a_timeout_is_waited_for_and_no_less() {
                let semaphore = <$semaphore>::new(2);
                let moment = Some(Duration::from_millis(5));
                assert!(semaphore.acquire_timeout(moment));
                assert!(semaphore.acquire_timeout(Some(Duration::MAX)));
                assert!(!semaphore.acquire_timeout(moment));
                RELEASE(&semaphore, 1);
                assert!(semaphore.acquire_timeout(moment));
                let (got, took) = timed(|| semaphore.acquire_timeout(Some(SHORT)));
                assert!(!got && took >= SHORT, "{took:?}");
            }

            #[test]
            fn guards_give_back_at_the_end_and_in_a_panic() {
                let semaphore = leak(<$semaphore>::new(2));
                let nested = |panic: bool| {
                    let _first = semaphore.guard();
                    assert!(semaphore.try_acquire());
                    RELEASE(semaphore, 1);
                    let _second = semaphore.guard();
                    assert!(!semaphore.try_acquire());
                    if panic {
                        std::panic::resume_unwind(Box::new("on purpose"));
                    }
                };
                nested(false);
                assert!(std::thread::spawn(move || nested(true)).join().is_err());
                assert!(semaphore.try_acquire() && semaphore.try_acquire());
                RELEASE(semaphore, 2);
            }

            /// Some give up soon: nobody else is forgotten for that, and never are more inside.
            #[test]
            fn no_wake_up_is_lost_among_impatient_waiters() {
                let (semaphore, inside) = (leak(<$semaphore>::new(2)), leak(AtomicUsize::new(0)));
                bunch(4, || {
                    for round in 0..2_000 {
                        let patience = (round % 2 == 0).then_some(Duration::from_micros(20));
                        if semaphore.acquire_timeout(patience) {
                            assert!(inside.fetch_add(1, SeqCst) < 2, "three inside");
                            inside.fetch_sub(1, SeqCst);
                            RELEASE(semaphore, 1);
                        }
                    }
                });
                assert!(semaphore.try_acquire() && semaphore.try_acquire());
                assert!(!semaphore.try_acquire());
            }
        }
    };
}

base_semaphore_tests!(unbounded, Semaphore, |s, n| s.release_many(n));
base_semaphore_tests!(bounded, BoundedSemaphore, |s, n| s.release_many(n).unwrap());

impl Bunch {
    /// Waits until those who have not ended sleep; by then nobody can pass who should not.
    fn until_asleep_or_done(&self, passed: &AtomicUsize, expected: usize) {
        for _ in 0..100 {
            std::thread::yield_now();
        }
        assert_eq!(passed.load(SeqCst), expected);
    }
}

#[test]
fn without_a_bound_more_can_be_released_than_was_taken() {
    let semaphore = Semaphore::new(1);
    semaphore.release();
    semaphore.acquire();
    semaphore.acquire();
    semaphore.release();
    assert_eq!(format!("{semaphore:?}"), "<Semaphore: value=1>");
}

#[test]
#[should_panic(expected = "n must be one or more")]
fn to_release_none_is_a_mistake() {
    Semaphore::new(1).release_many(0);
}

#[test]
#[should_panic(expected = "cannot count that far")]
fn a_value_beyond_counting_is_a_mistake() {
    Semaphore::new(usize::MAX).release();
}

#[test]
fn with_a_bound_it_is_an_error_and_changes_nothing() {
    for limit in 1..10 {
        let semaphore = leak(BoundedSemaphore::new(limit));
        bunch(limit, || semaphore.acquire());
        assert_eq!(semaphore.release_many(limit + 1), Err(LockError::TooManyReleases));
        bunch(limit, || semaphore.release().unwrap());
        assert_eq!(semaphore.release(), Err(LockError::TooManyReleases));
        assert_eq!(format!("{semaphore:?}"), format!("<BoundedSemaphore: value={limit}/{limit}>"));
    }
    assert_eq!(LockError::TooManyReleases.to_string(), "Semaphore released too many times");
}

#[test]
fn a_waiter_with_time_gets_what_is_released_in_time() {
    let semaphore = leak(Semaphore::new(0));
    let waiting = Bunch::start(3, || assert!(semaphore.acquire_timeout(Some(LONG))));
    waiting.until_asleep();
    semaphore.release_many(3);
    waiting.join();
    assert!(!semaphore.try_acquire());
}
