//! A queue with no room at all: items go from hand to hand.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::fmt;
use std::rc::Rc;
use std::time::Duration;

use super::QueueError;
use crate::hub::{Interrupt, Waker, Woken, hub, raise};
use crate::waitlist::{Deadline, WaitList};

/// Items from hand to hand: `put` returns when somebody has taken the item. Clones are the same.
pub struct Channel<T>(Rc<State<T>>);

struct State<T> {
    offers: RefCell<VecDeque<Rc<Offer<T>>>>,
    getters: WaitList,
}

/// An item, held out by a task that waits.
struct Offer<T> {
    item: Cell<Option<T>>,
    giver: RefCell<Option<Waker>>,
}

impl<T> Channel<T> {
    /// A channel that nobody waits at.
    #[must_use]
    pub fn new() -> Channel<T> {
        Channel::default()
    }

    /// Gives the item to whoever takes it, and waits until somebody does.
    ///
    /// # Errors
    /// Nobody did in time; the item is dropped.
    pub fn put(&self, item: T, timeout: Option<Duration>) -> Result<(), QueueError> {
        let offer = Rc::new(Offer { item: Cell::new(Some(item)), giver: RefCell::new(None) });
        self.0.offers.borrow_mut().push_back(Rc::clone(&offer));
        self.0.getters.call_one();
        let woken = hub().wait_or("somebody to take from a channel", timeout, |waker| {
            drop(offer.giver.replace(Some(waker)));
        });
        if matches!(woken, Ok(Woken::Called)) {
            return Ok(());
        }
        self.0.offers.borrow_mut().retain(|other| !Rc::ptr_eq(other, &offer));
        match woken {
            Ok(_) | Err(Interrupt::Unwinding) => Err(QueueError::Full),
            Err(interrupt) => raise(interrupt),
        }
    }

    /// Takes an item, or waits until somebody gives one.
    ///
    /// # Errors
    /// Nobody did in time.
    pub fn get(&self, timeout: Option<Duration>) -> Result<T, QueueError> {
        let (ticket, deadline) = (self.0.getters.ticket(), Deadline::after(timeout));
        let mut is_called = false;
        loop {
            // An offer that somebody was woken for is theirs, unless it was withdrawn.
            let free = self.0.offers.borrow().len() > self.0.getters.called();
            if (free || is_called)
                && let Some(item) = self.accept()
            {
                return Ok(item);
            }
            let woken = self.0.getters.wait_at(ticket, "an item of a channel", deadline.left());
            if woken == Woken::TimedOut {
                return Err(QueueError::Empty);
            }
            is_called = true;
        }
    }

    fn accept(&self) -> Option<T> {
        let offer = self.0.offers.borrow_mut().pop_front()?;
        if let Some(giver) = offer.giver.take() {
            giver.wake();
        }
        offer.item.take()
    }
}

impl<T> Default for Channel<T> {
    fn default() -> Channel<T> {
        Channel(Rc::new(State { offers: RefCell::default(), getters: WaitList::default() }))
    }
}

impl<T> Clone for Channel<T> {
    fn clone(&self) -> Channel<T> {
        Channel(Rc::clone(&self.0))
    }
}

impl<T> fmt::Debug for Channel<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Channel")
            .field("offers", &self.0.offers.borrow().len())
            .field("getters", &self.0.getters)
            .finish()
    }
}
