//! `Timer`: something to do after a while.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use crate::event::Event;
use crate::thread::{Run, Thread};

/// A [`Thread`] that waits for a while before it runs its target, and can be
/// [cancelled](Timer::cancel) until then (Python: `threading.Timer`).
///
/// ```
/// use std::time::Duration;
/// use threading::Timer;
///
/// let timer = Timer::new(Duration::from_secs(3600), || println!("too late"));
/// timer.start()?;
/// timer.cancel();
/// assert!(timer.join(None)?);
/// # Ok::<(), threading::ThreadError>(())
/// ```
#[derive(Clone)]
pub struct Timer {
    thread: Thread,
    finished: Arc<Event>,
}

impl Timer {
    /// A timer that runs `target` once, `interval` after its start.
    pub fn new(interval: Duration, target: impl Run) -> Self {
        let finished = Arc::new(Event::new());
        let cancelled = Arc::clone(&finished);
        let thread = Thread::new(move || {
            if !cancelled.wait(Some(interval)) {
                target.run();
            }
            cancelled.set();
        });
        Timer { thread, finished }
    }

    /// Ends the wait without running the target; nothing if it runs already.
    pub fn cancel(&self) {
        self.finished.set();
    }
}

impl Deref for Timer {
    type Target = Thread;

    fn deref(&self) -> &Thread {
        &self.thread
    }
}

impl fmt::Debug for Timer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.thread, f)
    }
}
