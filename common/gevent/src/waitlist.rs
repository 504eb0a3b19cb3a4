//! Who waits for an event, a permit, an item: first come, first served.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::fmt;
use std::rc::Rc;
use std::time::{Duration, Instant};

use crate::hub::{Interrupt, Waker, Woken, hub, raise};
use crate::task::{Link, Notice};

/// A line of waiters. Each has a number that tells its place in it, also if it has to come back.
#[derive(Default)]
pub(crate) struct WaitList {
    line: RefCell<VecDeque<(u64, Link)>>,
    next: Cell<u64>,
    called: Cell<usize>,
}

impl WaitList {
    /// A place at the end of the line.
    pub(crate) fn ticket(&self) -> u64 {
        self.next.replace(self.next.get() + 1)
    }

    /// Waits at the end of the line until called, or the time is over.
    pub(crate) fn wait(&self, what: &'static str, timeout: Option<Duration>) -> Woken {
        self.wait_at(self.ticket(), what, timeout)
    }

    /// The same at a place of one's own.
    pub(crate) fn wait_at(&self, at: u64, what: &'static str, timeout: Option<Duration>) -> Woken {
        match self.wait_or(at, what, timeout) {
            Ok(woken) => woken,
            Err(Interrupt::Unwinding) => Woken::TimedOut,
            Err(interrupt) => raise(interrupt),
        }
    }

    /// The same, for who has to tidy up before an interrupt is raised.
    pub(crate) fn wait_or(
        &self,
        at: u64,
        what: &'static str,
        timeout: Option<Duration>,
    ) -> Result<Woken, Interrupt> {
        let woken = hub().wait_or(what, timeout, |waker| self.insert(at, Link::Wake(waker)));
        match woken {
            Ok(Woken::Called) => self.called.set(self.called.get() - 1),
            _ => self.remove(at),
        }
        woken
    }

    /// Enters a waker at the end of the line; [`WaitList::leave`] takes it away.
    pub(crate) fn join(&self, waker: Waker) -> u64 {
        let ticket = self.ticket();
        self.insert(ticket, Link::Wake(waker));
        ticket
    }

    /// Takes away what stands there, if it has not been called.
    pub(crate) fn leave(&self, ticket: u64) {
        self.remove(ticket);
    }

    fn insert(&self, at: u64, link: Link) {
        let mut line = self.line.borrow_mut();
        let place = line.partition_point(|(other, _)| *other < at);
        line.insert(place, (at, link));
    }

    fn remove(&self, at: u64) {
        let mut line = self.line.borrow_mut();
        if let Ok(place) = line.binary_search_by_key(&at, |(other, _)| *other) {
            line.remove(place);
        }
    }

    /// Calls the first who still waits; false if nobody does. (Who only watches is told in passing.)
    pub(crate) fn call_one(&self) -> bool {
        loop {
            let first = self.line.borrow_mut().pop_front();
            match first {
                None => return false,
                Some((_, link)) => {
                    if self.call(link) {
                        return true;
                    }
                }
            }
        }
    }

    /// Calls everybody who waits now.
    pub(crate) fn call_all(&self) {
        if self.line.borrow().is_empty() {
            return;
        }
        let all = self.line.take();
        all.into_iter().for_each(|(_, link)| _ = self.call(link));
    }

    /// True if that was somebody who still waits.
    fn call(&self, link: Link) -> bool {
        let Link::Wake(waker) = link else {
            link.fire();
            return false;
        };
        let called = waker.wake();
        self.called.set(self.called.get() + usize::from(called));
        called
    }

    /// How many have been called and have not had their turn since.
    pub(crate) fn called(&self) -> usize {
        self.called.get()
    }

    /// For who comes and need not wait: those who had to, and were called, go first.
    pub(crate) fn let_pass(&self) {
        if self.called() > 0 {
            hub().give_way();
        }
    }

    /// How many are in the line.
    pub(crate) fn len(&self) -> usize {
        self.line.borrow().len()
    }

    /// For [`wait`](crate::wait): `by` is told at the next call.
    pub(crate) fn watch(&self, by: &Rc<dyn Notice>, nth: usize) {
        self.insert(self.ticket(), Link::note(by, nth));
    }

    pub(crate) fn unwatch(&self, by: &Rc<dyn Notice>) {
        self.line.borrow_mut().retain(|(_, link)| !link.is_note_of(by));
    }
}

impl fmt::Debug for WaitList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} waiting", self.len())
    }
}

/// A time limit over several waits in a row.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline(Option<Instant>);

impl Deadline {
    pub(crate) fn after(timeout: Option<Duration>) -> Deadline {
        Deadline(timeout.and_then(|timeout| Instant::now().checked_add(timeout)))
    }

    pub(crate) fn instant(self) -> Option<Instant> {
        self.0
    }

    pub(crate) fn left(self) -> Option<Duration> {
        self.0.map(|at| at.saturating_duration_since(Instant::now()))
    }
}
