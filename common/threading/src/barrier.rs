//! `Barrier`: so many threads wait for one another, again and again.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::time::Duration;

use crate::error::BrokenBarrierError;
use crate::sync::{Deadline, Key, Room};

/// A place where `parties` threads wait until all have come (Python: `threading.Barrier`).
///
/// When the last comes they all go on, and the barrier can be used again. If one gives up
/// ([`abort`](Barrier::abort), a timeout, a panic in the action) nobody would ever come to complete
/// the number: so then all get a [`BrokenBarrierError`], until [`reset`](Barrier::reset).
///
/// ```
/// use std::sync::Arc;
/// use threading::{Barrier, Thread};
///
/// let barrier = Arc::new(Barrier::new(2));
/// let other = Thread::new({
///     let barrier = Arc::clone(&barrier);
///     move || drop(barrier.wait(None))
/// });
/// other.start()?;
/// let place = barrier.wait(None)?; // 0 for who came first, 1 for the other
/// assert!(place < 2);
/// # other.join(None)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Barrier {
    parties: usize,
    action: Option<Box<dyn Fn() + Send + Sync>>,
    timeout: Option<Duration>,
    inside: Room<Inside>,
}

struct Inside {
    phase: Phase,
    /// Threads between their arrival and their leaving.
    count: usize,
    /// How often all had come. Who waits has passed if and only if this has changed: what befalls
    /// the barrier after that is for others.
    passes: u64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Threads come and wait.
    Filling,
    /// All are here; the last to come runs the action.
    Acting,
    /// They leave; who comes now waits for the last to be out.
    Draining,
    /// They leave with an error, then the barrier is as new.
    Resetting,
    /// An error for all, until a reset.
    Broken,
}

impl Barrier {
    /// A barrier for `parties` threads.
    ///
    /// # Panics
    ///
    /// If `parties` is 0.
    pub const fn new(parties: usize) -> Self {
        assert!(parties > 0, "a barrier needs at least one party");
        let inside = Inside { phase: Phase::Filling, count: 0, passes: 0 };
        Barrier { parties, action: None, timeout: None, inside: Room::new(inside) }
    }

    /// With an action that the last to come runs before any goes on.
    pub fn with_action(mut self, action: impl Fn() + Send + Sync + 'static) -> Self {
        self.action = Some(Box::new(action));
        self
    }

    /// With a timeout for each `wait(None)`.
    pub const fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Waits until all parties have come; says how many had come before this one.
    ///
    /// # Errors
    ///
    /// [`BrokenBarrierError`] if the barrier is broken or reset, before or meanwhile, or if this or
    /// another thread's time runs out: then it is broken for all.
    ///
    /// # Panics
    ///
    /// If the action does, in the thread that ran it; the others get the error.
    pub fn wait(&self, timeout: Option<Duration>) -> Result<usize, BrokenBarrierError> {
        let deadline = Deadline::after(timeout.or(self.timeout));
        let mut inside = self.inside.enter();
        while !matches!(inside.phase, Phase::Filling | Phase::Broken) {
            self.inside.sleep(&mut inside, Deadline::after(None));
        }
        if inside.phase == Phase::Broken {
            return Err(BrokenBarrierError);
        }
        let (index, passes) = (inside.count, inside.passes);
        inside.count += 1;
        if inside.count == self.parties {
            inside.phase = Phase::Acting;
            drop(inside);
            let acted = catch_unwind(AssertUnwindSafe(|| self.action.as_ref().map(|act| act())));
            inside = self.inside.enter();
            if let Err(panic) = acted {
                inside.phase = Phase::Broken;
                self.inside.ring_all();
                self.leave(inside);
                resume_unwind(panic);
            }
            if inside.phase == Phase::Acting {
                inside.phase = Phase::Draining;
                inside.passes += 1;
                self.inside.ring_all();
            }
        } else {
            self.wait_for_the_last(&mut inside, deadline);
        }
        let passed = inside.passes != passes;
        self.leave(inside);
        if passed { Ok(index) } else { Err(BrokenBarrierError) }
    }

    /// Breaks the barrier: all who wait, and all who come, get an error.
    pub fn abort(&self) {
        self.inside.enter().phase = Phase::Broken;
        self.inside.ring_all();
    }

    /// Makes the barrier as new; who waits at it gets an error.
    pub fn reset(&self) {
        let mut inside = self.inside.enter();
        inside.phase = match inside.phase {
            _ if inside.count == 0 => Phase::Filling,
            Phase::Draining => Phase::Draining,
            _ => Phase::Resetting,
        };
        self.inside.ring_all();
    }

    /// How many threads it takes.
    pub fn parties(&self) -> usize {
        self.parties
    }

    /// How many threads wait now.
    pub fn n_waiting(&self) -> usize {
        let inside = self.inside.enter();
        match inside.phase {
            Phase::Filling | Phase::Acting => inside.count,
            Phase::Draining | Phase::Resetting | Phase::Broken => 0,
        }
    }

    /// Whether it is broken.
    pub fn broken(&self) -> bool {
        self.inside.enter().phase == Phase::Broken
    }

    fn wait_for_the_last(&self, inside: &mut Key<'_, Inside>, deadline: Deadline) {
        let passes = inside.passes;
        let mut in_time = true;
        while inside.passes == passes {
            in_time = match inside.phase {
                Phase::Filling if in_time => self.inside.sleep(inside, deadline),
                Phase::Filling => {
                    inside.phase = Phase::Broken;
                    self.inside.ring_all();
                    return;
                }
                // All have come: no one is late, however long the action takes.
                Phase::Acting => self.inside.sleep(inside, Deadline::after(None)),
                Phase::Draining | Phase::Resetting | Phase::Broken => return,
            };
        }
    }

    /// Goes out, and makes the barrier ready for those who wait outside if it was the last.
    fn leave(&self, mut inside: Key<'_, Inside>) {
        inside.count -= 1;
        if inside.count == 0 && matches!(inside.phase, Phase::Draining | Phase::Resetting) {
            inside.phase = Phase::Filling;
            self.inside.ring_all();
        }
    }
}

impl fmt::Debug for Barrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.broken() {
            true => f.write_str("<Barrier: broken>"),
            false => write!(f, "<Barrier: waiters={}/{}>", self.n_waiting(), self.parties),
        }
    }
}
