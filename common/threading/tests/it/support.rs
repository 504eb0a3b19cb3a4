//! A bunch of threads that do the same, as in CPython's `lock_tests.py`; without its sleeps.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Far longer than anything takes here, also on a busy machine.
pub(crate) const LONG: Duration = Duration::from_secs(60);
/// Long enough to be waited for, short enough for a test.
pub(crate) const SHORT: Duration = Duration::from_millis(30);

/// Makes something that every thread can use and nobody needs to clean up.
pub(crate) fn leak<T>(value: T) -> &'static T {
    Box::leak(Box::new(value))
}

/// Threads of `std`, so that what is tested is not also what tests it.
pub(crate) struct Bunch {
    threads: Vec<JoinHandle<()>>,
    native_ids: Vec<u64>,
    finished: Arc<AtomicUsize>,
}

impl Bunch {
    /// Starts `n` threads that call `f` once each.
    pub(crate) fn start(n: usize, f: impl Fn() + Send + Sync + 'static) -> Self {
        let (f, finished) = (Arc::new(f), Arc::new(AtomicUsize::new(0)));
        let (ids_in, ids) = std::sync::mpsc::channel();
        let spawn = |_| {
            let (f, finished, ids_in) = (Arc::clone(&f), Arc::clone(&finished), ids_in.clone());
            std::thread::spawn(move || {
                let _ = ids_in.send(nix::unistd::gettid().as_raw() as u64);
                f();
                finished.fetch_add(1, SeqCst);
            })
        };
        let threads = (0..n).map(spawn).collect();
        let native_ids = (0..n).map(|_| ids.recv_timeout(LONG).unwrap()).collect();
        Bunch { threads, native_ids, finished }
    }

    /// How many have returned from `f`.
    pub(crate) fn finished(&self) -> usize {
        self.finished.load(SeqCst)
    }

    /// Waits until all of them sleep, as the kernel sees them.
    pub(crate) fn until_asleep(&self) {
        until("all threads sleep", || self.native_ids.iter().all(|&id| is_asleep(id)));
    }

    /// Waits for all; a panic of theirs is one here.
    pub(crate) fn join(self) {
        for thread in self.threads {
            if let Err(panic) = thread.join() {
                std::panic::resume_unwind(panic);
            }
        }
    }
}

/// Runs `f` in `n` threads and waits for them.
pub(crate) fn bunch(n: usize, f: impl Fn() + Send + Sync + 'static) {
    Bunch::start(n, f).join();
}

/// Waits until `what` is so; a panic if it never is.
pub(crate) fn until(what: &str, so: impl Fn() -> bool) {
    let start = Instant::now();
    while !so() {
        assert!(start.elapsed() < LONG, "never happened: {what}");
        std::thread::yield_now();
    }
}

/// Whether the kernel has put that thread of this process to sleep.
pub(crate) fn is_asleep(native_id: u64) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/self/task/{native_id}/stat"));
    // The state follows the name, which stands in parentheses.
    stat.is_ok_and(|stat| stat.rsplit(") ").next().is_some_and(|rest| rest.starts_with('S')))
}

/// Runs `f` and says how long it took.
pub(crate) fn timed<R>(f: impl FnOnce() -> R) -> (R, Duration) {
    let start = Instant::now();
    let result = f();
    (result, start.elapsed())
}

/// The cases that `Lock`, `RLock` and `Condition` share: `lock_tests.BaseLockTests`.
macro_rules! base_lock_tests {
    ($lock:expr) => {
        #[test]
        fn a_new_lock_can_be_dropped() {
            let _lock = $lock;
        }

        #[test]
        fn a_held_lock_can_be_dropped() {
            let lock = $lock;
            lock.acquire();
        }

        #[test]
        fn acquire_then_release() {
            let lock = $lock;
            lock.acquire();
            lock.release().unwrap();
        }

        #[test]
        fn try_acquire_takes_a_free_lock() {
            let lock = $lock;
            assert!(lock.try_acquire());
            lock.release().unwrap();
        }

        #[test]
        fn try_acquire_of_a_held_lock_is_false_at_once() {
            let lock = leak($lock);
            lock.acquire();
            bunch(1, || assert!(!lock.try_acquire()));
            lock.release().unwrap();
        }

        #[test]
        fn all_who_wait_get_it_one_after_another() {
            let lock = leak($lock);
            lock.acquire();
            let waiting = Bunch::start(5, || {
                lock.acquire();
                lock.release().unwrap();
            });
            waiting.until_asleep();
            assert_eq!(waiting.finished(), 0);
            lock.release().unwrap();
            waiting.join();
        }

        #[test]
        fn the_guard_releases_at_the_end_and_in_a_panic() {
            let lock = leak($lock);
            drop(lock.guard());
            bunch(1, || assert!(lock.try_acquire() && lock.release().is_ok()));
            let panic = std::thread::spawn(|| {
                let _guard = lock.guard();
                std::panic::resume_unwind(Box::new("on purpose"));
            });
            assert!(panic.join().is_err());
            bunch(1, || assert!(lock.try_acquire() && lock.release().is_ok()));
        }

        #[test]
        fn a_lock_used_by_foreign_threads_leaves_no_thread_behind() {
            let lock = leak($lock);
            let (idents_in, idents) = std::sync::mpsc::channel();
            bunch(15, move || {
                lock.acquire();
                lock.release().unwrap();
                idents_in.send(threading::get_ident()).unwrap();
            });
            let left: Vec<u64> = idents.iter().collect();
            let alive = threading::enumerate();
            assert!(alive.iter().all(|t| !left.contains(&t.ident().unwrap())));
        }

        #[test]
        fn a_timeout_is_waited_for_and_no_less() {
            let lock = leak($lock);
            assert!(lock.acquire_timeout(Some(std::time::Duration::MAX)), "as good as for ever");
            lock.release().unwrap();
            let (got, took) = timed(|| lock.acquire_timeout(Some(LONG)));
            assert!(got && took < LONG, "a free lock is not waited for");
            bunch(1, || {
                let (got, took) = timed(|| lock.acquire_timeout(Some(SHORT)));
                assert!(!got && took >= SHORT, "{took:?}");
                assert!(!lock.acquire_timeout(Some(std::time::Duration::ZERO)));
            });
            lock.release().unwrap();
        }

        #[test]
        fn a_lock_released_in_time_is_had_in_time() {
            let lock = leak($lock);
            lock.acquire();
            let waiting = Bunch::start(1, || {
                assert!(lock.acquire_timeout(Some(LONG)));
                lock.release().unwrap();
            });
            waiting.until_asleep();
            lock.release().unwrap();
            waiting.join();
        }
    };
}
