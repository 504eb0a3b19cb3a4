//! The blocking detector: tells which task keeps the thread, while it does.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::hub::hub;

/// A task has kept the thread for longer than it may.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blocking {
    /// The task's name.
    pub task: String,
    /// How long it has run without waiting, up to now.
    pub time: Duration,
}

impl fmt::Display for Blocking {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} has kept the thread for {:?}, nobody else can run", self.task, self.time)
    }
}

/// Watches this thread's tasks, from a thread of its own, until it is dropped.
///
/// Off unless you make one: it makes each switch a little dearer.
#[derive(Debug)]
pub struct BlockingDetector {
    watched: Arc<Watched>,
    thread: Option<JoinHandle<()>>,
}

impl BlockingDetector {
    /// Calls `report`, on another thread, once for each turn in which a task runs for longer than
    /// `limit`.
    ///
    /// # Errors
    /// No thread could be had.
    pub fn start(
        limit: Duration,
        report: impl Fn(Blocking) + Send + 'static,
    ) -> std::io::Result<BlockingDetector> {
        let watched = Arc::new(Watched::default());
        let seen = Arc::clone(&watched);
        let thread = std::thread::Builder::new()
            .name("blocking detector".to_owned())
            .spawn(move || seen.watch(limit, &report))?;
        hub().set_watched(Some(Arc::clone(&watched)));
        Ok(BlockingDetector { watched, thread: Some(thread) })
    }
}

impl Drop for BlockingDetector {
    fn drop(&mut self) {
        if crate::hub::has_hub() {
            hub().set_watched(None);
        }
        self.watched.stopped.store(true, SeqCst);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            let _ = thread.join();
        }
    }
}

/// What the hub tells the detector.
#[derive(Debug, Default)]
pub(crate) struct Watched {
    /// Who runs, and since when; `None` while nobody does, or it has been reported.
    running: Mutex<Option<(String, Instant)>>,
    stopped: AtomicBool,
}

impl Watched {
    /// A turn begins, or (`None`) is over.
    pub(crate) fn turn(&self, task: Option<String>) {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        *running = task.map(|task| (task, Instant::now()));
    }

    fn watch(&self, limit: Duration, report: &dyn Fn(Blocking)) {
        while !self.stopped.load(SeqCst) {
            std::thread::park_timeout(limit / 4);
            let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
            let late = running.take_if(|(_, since)| since.elapsed() >= limit);
            drop(running);
            if let Some((task, since)) = late {
                report(Blocking { task, time: since.elapsed() });
            }
        }
    }
}
