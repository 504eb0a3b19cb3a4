//! `Event` and `AsyncResult`: one task tells others that something has happened, and what.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::rc::Rc;
use std::time::Duration;

use crate::exception::{Exception, GetError};
use crate::hub::Woken;
use crate::join::Waitable;
use crate::task::Notice;
use crate::waitlist::WaitList;

/// A flag that tasks can wait for, as the notes' `Event` is for threads. Clones are the same event.
///
/// ```
/// use gevent::event::Event;
///
/// let event = Event::new();
/// let other = event.clone();
/// let waiter = gevent::spawn(move || other.wait(None));
/// event.set();
/// assert!(waiter.get(None).unwrap());
/// ```
#[derive(Clone, Debug, Default)]
pub struct Event(Rc<EventState>);

#[derive(Debug, Default)]
struct EventState {
    is_set: Cell<bool>,
    waiters: WaitList,
}

impl Event {
    /// A flag that is not set.
    #[must_use]
    pub fn new() -> Event {
        Event::default()
    }

    /// Sets the flag and wakes all who wait now, in the order they came in: also those who will find
    /// it cleared again when their turn comes.
    pub fn set(&self) {
        self.0.is_set.set(true);
        self.0.waiters.call_all();
    }

    /// Clears the flag: the next `wait` waits.
    pub fn clear(&self) {
        self.0.is_set.set(false);
    }

    /// Whether the flag is set.
    #[must_use]
    pub fn is_set(&self) -> bool {
        self.0.is_set.get()
    }

    /// Waits until the flag is set; false if the time was over first. Who finds it set goes on after
    /// those who had to wait.
    pub fn wait(&self, timeout: Option<Duration>) -> bool {
        if self.is_set() {
            self.0.waiters.let_pass();
            return true;
        }
        self.0.waiters.wait("an event", timeout) == Woken::Called
    }
}

impl Waitable for Event {
    fn is_ready(&self) -> bool {
        self.is_set()
    }

    fn watch(&self, by: &Rc<dyn Notice>, nth: usize) {
        if self.is_set() { by.happened(nth) } else { self.0.waiters.watch(by, nth) }
    }

    fn unwatch(&self, by: &Rc<dyn Notice>) {
        self.0.waiters.unwatch(by);
    }
}

/// A value, or an error, that will be there later. Clones are the same result.
///
/// ```
/// let result = gevent::event::AsyncResult::new();
/// let other = result.clone();
/// gevent::spawn(move || other.set(7));
/// assert_eq!(result.get(None).unwrap(), 7);
/// ```
pub struct AsyncResult<T>(Rc<ResultState<T>>);

struct ResultState<T> {
    value: RefCell<Option<T>>,
    exception: RefCell<Option<Exception>>,
    waiters: WaitList,
}

impl<T: Clone> AsyncResult<T> {
    /// A result that is not there yet.
    #[must_use]
    pub fn new() -> AsyncResult<T> {
        AsyncResult(Rc::new(ResultState {
            value: RefCell::new(None),
            exception: RefCell::new(None),
            waiters: WaitList::default(),
        }))
    }

    /// Gives it a value and wakes all who wait. Set again, it has the new value.
    pub fn set(&self, value: T) {
        self.0.value.replace(Some(value));
        self.0.waiters.call_all();
    }

    /// Gives it an error, which is what `get` returns unless there is a value too.
    pub fn set_exception(&self, exception: Exception) {
        self.0.exception.replace(Some(exception));
        self.0.waiters.call_all();
    }

    /// Whether it has a value or an error.
    #[must_use]
    pub fn ready(&self) -> bool {
        self.0.value.borrow().is_some() || self.0.exception.borrow().is_some()
    }

    /// Whether it has a value.
    #[must_use]
    pub fn successful(&self) -> bool {
        self.0.value.borrow().is_some()
    }

    /// The value, if it is there.
    #[must_use]
    pub fn value(&self) -> Option<T> {
        self.0.value.borrow().clone()
    }

    /// The error, if it has one.
    #[must_use]
    pub fn exception(&self) -> Option<Exception> {
        self.0.exception.borrow().clone()
    }

    /// Waits for the value.
    ///
    /// # Errors
    /// It is an error, or did not come in time.
    pub fn get(&self, timeout: Option<Duration>) -> Result<T, GetError> {
        self.wait(timeout);
        match (self.value(), self.exception()) {
            (Some(value), _) => Ok(value),
            (None, Some(exception)) => Err(GetError::Failed(exception)),
            (None, None) => Err(GetError::TimedOut),
        }
    }

    /// Waits for the value; `None` if it is an error, or did not come in time.
    pub fn wait(&self, timeout: Option<Duration>) -> Option<T> {
        if self.ready() {
            self.0.waiters.let_pass();
        } else {
            self.0.waiters.wait("a result", timeout);
        }
        self.value()
    }
}

impl<T: Clone> Default for AsyncResult<T> {
    fn default() -> AsyncResult<T> {
        AsyncResult::new()
    }
}

impl<T> Clone for AsyncResult<T> {
    fn clone(&self) -> AsyncResult<T> {
        AsyncResult(Rc::clone(&self.0))
    }
}

impl<T> fmt::Debug for AsyncResult<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AsyncResult")
            .field("value", &self.0.value.borrow().is_some())
            .field("exception", &self.0.exception.borrow())
            .finish_non_exhaustive()
    }
}

impl<T: Clone> Waitable for AsyncResult<T> {
    fn is_ready(&self) -> bool {
        self.ready()
    }

    fn watch(&self, by: &Rc<dyn Notice>, nth: usize) {
        if self.ready() { by.happened(nth) } else { self.0.waiters.watch(by, nth) }
    }

    fn unwatch(&self, by: &Rc<dyn Notice>) {
        self.0.waiters.unwatch(by);
    }
}
