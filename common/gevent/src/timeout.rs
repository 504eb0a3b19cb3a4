//! `Timeout`: a time limit around any number of waits.

use std::cell::{Cell, RefCell};
use std::error::Error;
use std::fmt;
use std::panic::resume_unwind;
use std::rc::Rc;
use std::time::Duration;

use crate::hub::{Alarm, Fiber, Interrupt, TimerKey, hub, interrupt};

/// Runs `f`, but no longer than `limit` (`None`: as long as it takes).
///
/// ```
/// use std::time::Duration;
/// use gevent::{sleep, with_timeout};
///
/// let slow = with_timeout(Some(Duration::from_millis(5)), || sleep(Duration::from_secs(60)));
/// assert_eq!(slow.unwrap_err().to_string(), "timed out after 5ms");
/// ```
///
/// # Errors
/// The time was over while `f` waited; `f` was unwound there, its destructors have run.
pub fn with_timeout<R>(limit: Option<Duration>, f: impl FnOnce() -> R) -> Result<R, TimedOut> {
    Timeout::new(limit).run(f)
}

/// A time limit for the task that starts it: when it is met, [`TimedOut`] is raised where the task
/// waits, or at its next wait. A task that waits for nothing is not interrupted.
///
/// Limits can be nested; each [`Timeout::run`] catches its own and no other's. Python's `False` for
/// the exception ("say nothing") is `.ok()` here.
pub struct Timeout {
    id: u64,
    limit: Option<Duration>,
    armed: RefCell<Option<Armed>>,
}

/// The timer, unless the limit was zero, and whom it concerns.
type Armed = (Option<TimerKey>, Rc<dyn Fiber>);

impl Timeout {
    /// A limit that has not begun; `None` never ends.
    #[must_use]
    pub fn new(limit: Option<Duration>) -> Timeout {
        thread_local! { static NEXT: Cell<u64> = const { Cell::new(0) } }
        let id = NEXT.replace(NEXT.get() + 1);
        Timeout { id, limit, armed: RefCell::new(None) }
    }

    /// Begins, for the current task. [`Timeout::run`] is mostly what you want instead.
    ///
    /// # Panics
    /// If it has been started already and has not been met since.
    pub fn start(&self) {
        assert!(!self.pending(), "this timeout has been started already");
        let Some(limit) = self.limit else { return };
        let current = hub().current();
        let error = TimedOut { id: self.id, limit };
        let timer = if limit.is_zero() {
            interrupt(&current, Interrupt::TimedOut(error));
            None
        } else {
            Some(hub().arm(limit, Alarm::Raise(Rc::clone(&current), error)))
        };
        self.armed.replace(Some((timer, current)));
    }

    /// Ends it; it will not be raised any more. It can be started again.
    pub fn cancel(&self) {
        if let Some((timer, fiber)) = self.armed.take()
            && !timer.is_some_and(|timer| hub().disarm(timer))
        {
            fiber.core().take_back(self.id);
        }
    }

    /// Whether it runs and has not been raised yet.
    #[must_use]
    pub fn pending(&self) -> bool {
        self.armed.borrow().as_ref().is_some_and(|(timer, fiber)| {
            timer.is_some_and(|timer| hub().is_armed(timer)) || fiber.core().is_due(self.id)
        })
    }

    /// Whether `error` is this one's, and not that of another limit around it or in it.
    #[must_use]
    pub fn raised(&self, error: &TimedOut) -> bool {
        error.id == self.id
    }

    /// Runs `f` under the limit.
    ///
    /// # Errors
    /// This limit was met. Those of others pass through.
    ///
    /// # Panics
    /// If `f` does, or if it has been started already.
    pub fn run<R>(&self, f: impl FnOnce() -> R) -> Result<R, TimedOut> {
        self.start();
        let result = greenlet::catch(|| {
            let result = f();
            hub().raise_announced();
            result
        });
        self.cancel();
        result.map_err(|payload| match payload.downcast::<TimedOut>() {
            Ok(error) if self.raised(&error) => *error,
            Ok(error) => resume_unwind(error),
            Err(payload) => resume_unwind(payload),
        })
    }
}

impl Drop for Timeout {
    fn drop(&mut self) {
        if crate::hub::has_hub() {
            self.cancel();
        }
    }
}

impl fmt::Debug for Timeout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Timeout").field("limit", &self.limit).finish_non_exhaustive()
    }
}

/// A time limit was met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimedOut {
    id: u64,
    limit: Duration,
}

impl TimedOut {
    pub(crate) fn id(&self) -> u64 {
        self.id
    }

    /// The limit that was met.
    #[must_use]
    pub fn limit(&self) -> Duration {
        self.limit
    }
}

impl fmt::Display for TimedOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "timed out after {:?}", self.limit)
    }
}

impl Error for TimedOut {}
