//! Events, results, locks, queues and pools, case by case.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod events;
mod pools;
mod queues;
mod semaphores;
mod waits;

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::{Duration, Instant};

use gevent::event::*;
use gevent::lock::*;
use gevent::pool::*;
use gevent::queue::*;
use gevent::*;

const NOW: Duration = Duration::ZERO;

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// What happened, in order.
type Diary<T> = Rc<RefCell<Vec<T>>>;
