//! What time alone brings: a sorted map of deadlines.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::{Duration, Instant};

use super::fiber::{Fiber, Waker};
use super::poller::{Direction, Source};
use crate::timeout::TimedOut;

/// What happens when a deadline comes.
pub(crate) enum Alarm {
    /// A waiting task goes on.
    Wake(Waker),
    /// A task is started (`spawn_later`).
    Start(Rc<dyn Fiber>),
    /// A [`Timeout`](crate::Timeout) is raised in its task.
    Raise(Rc<dyn Fiber>, TimedOut),
    /// The time limit of a read or write may have been met.
    Limit(Rc<Source>, Direction),
}

/// Names one timer: its deadline in nanoseconds since the hub began, and how many were armed before.
/// So timers with equal deadlines fire in the order they were armed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct TimerKey {
    deadline: u64,
    nth: u64,
}

impl TimerKey {
    pub(super) fn deadline(self) -> u64 {
        self.deadline
    }
}

/// All timers of a hub. Arming and disarming cost the logarithm of their number, so a time limit
/// on every read of every connection is no burden, and a million sleepers are none either.
pub(crate) struct Timers {
    epoch: Instant,
    armed: u64,
    map: BTreeMap<TimerKey, Alarm>,
}

impl Timers {
    pub(super) fn new() -> Timers {
        Timers { epoch: Instant::now(), armed: 0, map: BTreeMap::new() }
    }

    /// Nanoseconds since the hub began.
    pub(super) fn now(&self) -> u64 {
        nanos(self.epoch.elapsed())
    }

    /// `at` in nanoseconds since the hub began.
    pub(super) fn deadline(&self, at: Instant) -> u64 {
        nanos(at.saturating_duration_since(self.epoch))
    }

    /// `after` counts from now, not from when the hub last looked at the clock.
    pub(super) fn arm(&mut self, after: Duration, alarm: Alarm) -> TimerKey {
        self.arm_at(self.now().saturating_add(nanos(after)), alarm)
    }

    pub(super) fn arm_at(&mut self, deadline: u64, alarm: Alarm) -> TimerKey {
        let key = TimerKey { deadline, nth: self.armed };
        self.armed += 1;
        self.map.insert(key, alarm);
        key
    }

    /// True if it had not fired yet.
    pub(super) fn disarm(&mut self, key: TimerKey) -> bool {
        self.map.remove(&key).is_some()
    }

    pub(super) fn is_armed(&self, key: TimerKey) -> bool {
        self.map.contains_key(&key)
    }

    /// Takes the next alarm whose time has come.
    pub(super) fn due(&mut self, now: u64) -> Option<Alarm> {
        let first = self.map.first_entry()?;
        (first.key().deadline <= now).then(|| first.remove())
    }

    /// How long until the first alarm; `None` without any.
    pub(super) fn next_in(&self) -> Option<Duration> {
        let (key, _) = self.map.first_key_value()?;
        Some(Duration::from_nanos(key.deadline.saturating_sub(self.now())))
    }

    pub(super) fn len(&self) -> usize {
        self.map.len()
    }

    pub(super) fn clear(&mut self) -> BTreeMap<TimerKey, Alarm> {
        std::mem::take(&mut self.map)
    }
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
