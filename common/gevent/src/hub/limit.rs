//! Time limits of reads and writes.
//!
//! A limit is renewed with every wait and hardly ever met. So its alarm is left armed when a wait is
//! over in time; the next wait, whose limit ends later, finds it there and only notes the new
//! deadline. Where the alarm rings too early because of that, it is armed again for the rest.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Instant;

use super::{Alarm, Direction, Hub, Source, TimerKey};

/// The time limit of those who wait for one direction of a descriptor.
#[derive(Debug, Default)]
pub(super) struct Limit {
    alarm: Cell<Option<TimerKey>>,
    /// When the wait that is on is to be over; `None` if none is, or it has no limit.
    deadline: Cell<Option<u64>>,
}

impl Hub {
    /// A wait for `source` begins; returns what [`Hub::end_limit`] wants to know.
    pub(super) fn begin_limit(
        &self,
        source: &Rc<Source>,
        direction: Direction,
        at: Instant,
    ) -> u64 {
        let limit = source.limit(direction);
        let mut timers = self.timers.borrow_mut();
        let deadline = timers.deadline(at);
        // The wait before this one may have been woken without having had its turn yet.
        let was_idle = limit.deadline.replace(Some(deadline)).is_none();
        if let Some(alarm) = limit.alarm.get() {
            self.idle_timers.set(self.idle_timers.get() - usize::from(was_idle));
            if alarm.deadline() <= deadline {
                return deadline;
            }
            timers.disarm(alarm);
        }
        let alarm = Alarm::Limit(Rc::clone(source), direction);
        limit.alarm.set(Some(timers.arm_at(deadline, alarm)));
        deadline
    }

    /// The wait with this deadline is over.
    pub(super) fn end_limit(&self, source: &Source, direction: Direction, deadline: u64) {
        let limit = source.limit(direction);
        if limit.deadline.get() == Some(deadline) {
            limit.deadline.set(None);
            self.idle_timers.set(self.idle_timers.get() + usize::from(limit.alarm.get().is_some()));
        }
    }

    /// The alarm rings.
    pub(super) fn limit_rings(&self, source: &Rc<Source>, direction: Direction, now: u64) {
        let limit = source.limit(direction);
        limit.alarm.set(None);
        match limit.deadline.get() {
            Some(deadline) if deadline <= now => {
                if let Some(waiter) = source.waiter(direction).take() {
                    waiter.time_is_over();
                }
            }
            Some(deadline) => {
                let alarm = Alarm::Limit(Rc::clone(source), direction);
                limit.alarm.set(Some(self.timers.borrow_mut().arm_at(deadline, alarm)));
            }
            None => self.idle_timers.set(self.idle_timers.get() - 1),
        }
    }

    /// The descriptor is closed.
    pub(super) fn forget_limit(&self, source: &Source, direction: Direction) {
        let limit = source.limit(direction);
        if let Some(alarm) = limit.alarm.take() {
            self.timers.borrow_mut().disarm(alarm);
            if limit.deadline.get().is_none() {
                self.idle_timers.set(self.idle_timers.get() - 1);
            }
        }
    }
}
