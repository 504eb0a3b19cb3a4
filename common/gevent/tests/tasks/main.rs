//! Tasks, case by case: start, end, order, kill, time limits, dead ends.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod beginning;
mod dead_ends;
mod ending;
mod joining;
mod killing;
mod links;
mod many;
mod time_limits;

use std::cell::{Cell, RefCell};
use std::panic::panic_any;
use std::rc::Rc;
use std::time::{Duration, Instant};

use gevent::*;

const NOW: Duration = Duration::ZERO;

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// Notes what happened, in order.
#[derive(Clone, Default)]
struct Diary(Rc<RefCell<Vec<String>>>);

impl Diary {
    fn note(&self, text: impl Into<String>) {
        self.0.borrow_mut().push(text.into());
    }

    #[track_caller]
    fn shows(&self, expected: &[&str]) {
        assert_eq!(*self.0.borrow(), expected);
    }
}

/// Speaks in the diary when it is dropped.
struct Last(Diary, &'static str);

impl Drop for Last {
    fn drop(&mut self) {
        self.0.note(self.1);
    }
}

fn names<T: AsTask>(tasks: &[T]) -> Vec<String> {
    tasks.iter().map(|task| task.as_task().name()).collect()
}

fn nap(name: &str, time: Duration) -> AnyTask {
    spawn(move || sleep(time)).named(name).any()
}
