//! A global interpreter lock, as CPython has one (`Python/ceval_gil.c`, 3.11).
//!
//! Not just a lock: who computes never lets it go by itself, so who waits must be able to ask for it.
//! It waits for one *switch interval*; if nobody has passed the lock on in that time, it sets the
//! *drop request*, which the holder looks at between two instructions. The holder that was asked then
//! stands back until another thread has really taken the lock, or it would have it again before the
//! other is awake.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use parking_lot::{Condvar, Mutex};

/// The lock that a thread must hold to run "Python".
pub(crate) struct Gil {
    /// How long a waiter waits before it asks; 5 ms in CPython (`sys.getswitchinterval()`).
    interval: Duration,
    state: Mutex<State>,
    /// Rung when the lock is let go.
    free: Condvar,
    /// Rung when the lock is taken.
    taken: Condvar,
    /// Somebody has waited for long enough.
    drop_request: AtomicBool,
}

#[derive(Default)]
struct State {
    locked: bool,
    /// Threads that want it.
    waiting: u32,
    /// How often it was taken.
    takes: u64,
    /// How often its holder let it go because it was asked to.
    requested_drops: u64,
}

impl Gil {
    pub(crate) fn new(interval: Duration) -> Self {
        Gil {
            interval,
            state: Mutex::default(),
            free: Condvar::new(),
            taken: Condvar::new(),
            drop_request: AtomicBool::new(false),
        }
    }

    /// Runs `f` with the lock held.
    pub(crate) fn hold<R>(&self, f: impl FnOnce() -> R) -> R {
        self.take();
        let result = f();
        self.let_go(&mut self.state.lock());
        result
    }

    /// Runs `f` without the lock, which the caller holds: what CPython does around each call that may
    /// block (`Py_BEGIN_ALLOW_THREADS`).
    pub(crate) fn allow_threads<R>(&self, f: impl FnOnce() -> R) -> R {
        self.let_go(&mut self.state.lock());
        let result = f();
        self.take();
        result
    }

    /// What the interpreter does between two instructions: one look at a flag, mostly.
    pub(crate) fn between_instructions(&self) {
        if self.drop_request.load(Relaxed) {
            self.pass_on();
        }
    }

    /// How often a holder let go because it was asked to.
    pub(crate) fn requested_drops(&self) -> u64 {
        self.state.lock().requested_drops
    }

    fn take(&self) {
        let mut state = self.state.lock();
        state.waiting += 1;
        while state.locked {
            let takes = state.takes;
            let waited = self.free.wait_for(&mut state, self.interval);
            // 等了一个间隔，锁还在同一个线程手里：请它放手 / the same holder all the time: ask.
            if waited.timed_out() && state.locked && state.takes == takes {
                self.drop_request.store(true, Relaxed);
            }
        }
        state.waiting -= 1;
        state.locked = true;
        state.takes += 1;
        self.drop_request.store(false, Relaxed);
        self.taken.notify_all();
    }

    fn let_go(&self, state: &mut State) {
        state.locked = false;
        self.free.notify_one();
    }

    #[cold]
    fn pass_on(&self) {
        let mut state = self.state.lock();
        let takes = state.takes;
        state.requested_drops += 1;
        self.let_go(&mut state);
        while state.takes == takes && state.waiting > 0 {
            self.taken.wait(&mut state);
        }
        drop(state);
        self.take();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, AtomicU64};
    use std::thread::scope;

    #[test]
    fn one_at_a_time_runs_and_nobody_is_forgotten() {
        let gil = Gil::new(Duration::from_micros(100));
        let (running, steps) = (AtomicU32::new(0), AtomicU64::new(0));
        let step = || {
            assert_eq!(running.fetch_add(1, Relaxed), 0, "two run");
            steps.fetch_add(1, Relaxed);
            assert_eq!(running.fetch_sub(1, Relaxed), 1);
        };
        scope(|scope| {
            for thread in 0..4 {
                let (gil, step) = (&gil, &step);
                scope.spawn(move || {
                    gil.hold(|| {
                        for n in 0..2_000 {
                            step();
                            match (thread + n) % 50 {
                                0 => gil.allow_threads(std::thread::yield_now),
                                _ => gil.between_instructions(),
                            }
                        }
                    });
                });
            }
        });
        assert_eq!(steps.into_inner(), 8_000);
    }

    /// Without a request the first would never let the second in, and this test never end.
    #[test]
    fn who_computes_without_end_is_made_to_pass_it_on() {
        let gil = Gil::new(Duration::from_millis(1));
        let turn = AtomicU32::new(0);
        scope(|scope| {
            for me in [0, 1] {
                let (gil, turn) = (&gil, &turn);
                scope.spawn(move || {
                    gil.hold(|| {
                        for _ in 0..20 {
                            while turn.load(Relaxed) % 2 != me {
                                gil.between_instructions();
                            }
                            turn.fetch_add(1, Relaxed);
                        }
                    });
                });
            }
        });
        assert_eq!(turn.into_inner(), 40);
        assert!(gil.requested_drops() >= 20);
    }

    /// Were the lock held during the wait, the two would never meet.
    #[test]
    fn waits_overlap() {
        let gil = Gil::new(Duration::from_millis(1));
        let both = std::sync::Barrier::new(2);
        scope(|scope| {
            for _ in 0..2 {
                let (gil, both) = (&gil, &both);
                scope.spawn(move || gil.hold(|| gil.allow_threads(|| both.wait())));
            }
        });
    }

    #[test]
    fn alone_nobody_is_asked() {
        let gil = Gil::new(Duration::ZERO);
        gil.hold(|| (0..1_000).for_each(|_| gil.between_instructions()));
        assert_eq!(gil.requested_drops(), 0);
    }
}
