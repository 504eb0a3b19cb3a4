//! What ends the grading before its end: Ctrl-C, the deadline, a check that does not come back.

use std::collections::HashMap;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

/// Between two looks at the clock.
const TICK: Duration = Duration::from_millis(50);

/// Why no further check is begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    Interrupted,
    Deadline,
}

/// Kills the workers when it is time; clones are one alarm.
#[derive(Clone, Debug, Default)]
pub(crate) struct Alarm(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    cause: Option<Cause>,
    deadline: Option<Instant>,
    /// Until when each may run.
    workers: HashMap<i32, Instant>,
}

impl Alarm {
    /// Listens for SIGINT and SIGTERM from now on; the second one ends this process at once.
    ///
    /// # Errors
    ///
    /// The system refuses.
    pub(crate) fn set() -> io::Result<Self> {
        let interrupted = Arc::new(AtomicBool::new(false));
        for signal in [SIGINT, SIGTERM] {
            flag::register_conditional_shutdown(signal, 130, Arc::clone(&interrupted))?;
            flag::register(signal, Arc::clone(&interrupted))?;
        }
        let alarm = Self::default();
        let clone = alarm.clone();
        thread::spawn(move || clone.watch(&interrupted));
        Ok(alarm)
    }

    /// Ends all after so long from now.
    pub(crate) fn deadline(&self, limit: Duration) {
        self.lock().deadline = Some(Instant::now() + limit);
    }

    pub(crate) fn cause(&self) -> Option<Cause> {
        self.lock().cause
    }

    /// A child process that is killed when it is time, or after `limit`.
    pub(crate) fn add(&self, pid: u32, limit: Duration) {
        let mut state = self.lock();
        state.workers.insert(pid as i32, Instant::now() + limit);
        if state.cause.is_some() {
            state.kill(|_| true);
        }
    }

    /// Forgets a child process; call it before it is waited for, while the number is its own.
    pub(crate) fn remove(&self, pid: u32) {
        self.lock().workers.remove(&(pid as i32));
    }

    fn watch(&self, interrupted: &AtomicBool) {
        loop {
            thread::sleep(TICK);
            let (now, mut state) = (Instant::now(), self.lock());
            if interrupted.load(Ordering::Relaxed) {
                state.cause = Some(Cause::Interrupted);
            } else if state.deadline.is_some_and(|end| now >= end) {
                state.cause = Some(Cause::Deadline);
            }
            let all = state.cause.is_some();
            state.kill(|end| all || now >= end);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn kill(&self, which: impl Fn(Instant) -> bool) {
        for (&pid, _) in self.workers.iter().filter(|(_, end)| which(**end)) {
            let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
        }
    }
}
