//! `Queue`, `LifoQueue`, `PriorityQueue`, `Channel`: items from task to task.

mod channel;
mod store;

use std::cell::{Cell, RefCell};
use std::error::Error;
use std::fmt;
use std::rc::Rc;
use std::time::Duration;

pub use channel::Channel;
pub use store::{Fifo, Lifo, Smallest, Store};

use crate::hub::Woken;
use crate::waitlist::{Deadline, WaitList};

/// First in, first out.
///
/// ```
/// let queue = gevent::queue::Queue::new();
/// let other = queue.clone();
/// let sum = gevent::spawn(move || other.get(None).unwrap() + other.get(None).unwrap());
/// queue.put(1, None).unwrap();
/// queue.put(2, None).unwrap();
/// assert_eq!(sum.get(None).unwrap(), 3);
/// ```
pub type Queue<T> = AnyQueue<T, Fifo<T>>;

/// First in, last out.
pub type LifoQueue<T> = AnyQueue<T, Lifo<T>>;

/// The smallest item first; equal ones in the order they came in.
pub type PriorityQueue<T> = AnyQueue<T, Smallest<T>>;

/// Items that wait to be taken, in the order that `S` stands for. Clones are the same queue.
///
/// Those who wait are served in the order they came in: an item that somebody has been woken for is
/// kept for them, and so is the room that somebody has been woken for.
pub struct AnyQueue<T, S: Store<T>>(Rc<State<T, S>>);

struct State<T, S> {
    items: RefCell<S>,
    limit: Option<usize>,
    /// Those who were called and have not had their turn: so many items are theirs.
    getters: WaitList,
    putters: WaitList,
    /// Who only wants to look.
    peekers: WaitList,
    /// Items put and not yet reported as done.
    unfinished: Cell<usize>,
    finished: WaitList,
    shut_down: Cell<bool>,
    kind: std::marker::PhantomData<T>,
}

/// Why a queue has nothing to give, or takes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QueueError {
    /// Nothing came in time.
    Empty,
    /// No room came in time.
    Full,
    /// The queue was shut down.
    ShutDown,
    /// `task_done` was called more often than items were put.
    TooManyDone,
}

impl fmt::Display for QueueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            QueueError::Empty => "the queue is empty",
            QueueError::Full => "the queue is full",
            QueueError::ShutDown => "the queue was shut down",
            QueueError::TooManyDone => "task_done was called more often than items were put",
        })
    }
}

impl Error for QueueError {}

const NOW: Option<Duration> = Some(Duration::ZERO);

impl<T, S: Store<T>> AnyQueue<T, S> {
    /// A queue without a limit.
    #[must_use]
    pub fn new() -> AnyQueue<T, S> {
        AnyQueue::with(None)
    }

    /// A queue with room for `limit` items; with none at all, see [`Channel`].
    #[must_use]
    pub fn bounded(limit: usize) -> AnyQueue<T, S> {
        AnyQueue::with(Some(limit))
    }

    fn with(limit: Option<usize>) -> AnyQueue<T, S> {
        AnyQueue(Rc::new(State {
            items: RefCell::default(),
            limit,
            getters: WaitList::default(),
            putters: WaitList::default(),
            peekers: WaitList::default(),
            unfinished: Cell::new(0),
            finished: WaitList::default(),
            shut_down: Cell::new(false),
            kind: std::marker::PhantomData,
        }))
    }

    /// Puts an item, or waits for room.
    ///
    /// # Errors
    /// There was none in time, or the queue was shut down; the item is dropped.
    pub fn put(&self, item: T, timeout: Option<Duration>) -> Result<(), QueueError> {
        let q = &*self.0;
        if !q.has_room() && !q.shut_down.get() {
            if timeout == NOW {
                return Err(QueueError::Full);
            }
            if q.putters.wait("room in a queue", timeout) == Woken::TimedOut {
                return Err(QueueError::Full);
            }
        }
        if q.shut_down.get() {
            return Err(QueueError::ShutDown);
        }
        q.items.borrow_mut().put(item);
        q.unfinished.set(q.unfinished.get() + 1);
        q.call_getters();
        Ok(())
    }

    /// Puts an item if there is room now.
    ///
    /// # Errors
    /// There is none, or the queue was shut down; the item is dropped.
    pub fn try_put(&self, item: T) -> Result<(), QueueError> {
        self.put(item, NOW)
    }

    /// Takes the next item, or waits for one.
    ///
    /// # Errors
    /// None came in time, or the queue was shut down and is empty.
    pub fn get(&self, timeout: Option<Duration>) -> Result<T, QueueError> {
        let q = &*self.0;
        if !q.has_item() && !q.shut_down.get() {
            if timeout == NOW {
                return Err(QueueError::Empty);
            }
            if q.getters.wait("an item of a queue", timeout) == Woken::TimedOut {
                return Err(QueueError::Empty);
            }
        }
        let item = q.items.borrow_mut().take();
        q.call_putters();
        item.ok_or(QueueError::ShutDown)
    }

    /// Takes the next item if there is one now.
    ///
    /// # Errors
    /// There is none.
    pub fn try_get(&self) -> Result<T, QueueError> {
        self.get(NOW)
    }

    /// A copy of the next item, or waits for one; it stays.
    ///
    /// # Errors
    /// As [`AnyQueue::get`].
    pub fn peek(&self, timeout: Option<Duration>) -> Result<T, QueueError>
    where
        T: Clone,
    {
        let deadline = Deadline::after(timeout);
        loop {
            if let Some(item) = self.0.items.borrow().first() {
                return Ok(item.clone());
            }
            if self.0.shut_down.get() {
                return Err(QueueError::ShutDown);
            }
            if self.0.peekers.wait("an item of a queue", deadline.left()) == Woken::TimedOut {
                return Err(QueueError::Empty);
            }
        }
    }

    /// Says that an item that was taken is dealt with, for [`AnyQueue::join`].
    ///
    /// # Errors
    /// It was said of all already.
    pub fn task_done(&self) -> Result<(), QueueError> {
        let left = self.0.unfinished.get().checked_sub(1).ok_or(QueueError::TooManyDone)?;
        self.0.unfinished.set(left);
        if left == 0 {
            self.0.finished.call_all();
        }
        Ok(())
    }

    /// Waits until every item that was put is dealt with; false if the time was over first.
    pub fn join(&self, timeout: Option<Duration>) -> bool {
        self.0.unfinished.get() == 0
            || self.0.finished.wait("a queue's items to be done", timeout) == Woken::Called
    }

    /// Takes nothing more. What is in it can still be had; who waits for more gets an error.
    pub fn shutdown(&self) {
        let q = &*self.0;
        q.shut_down.set(true);
        q.getters.call_all();
        q.putters.call_all();
        q.peekers.call_all();
    }

    /// As [`AnyQueue::shutdown`], and drops what is in it.
    pub fn shutdown_now(&self) {
        let dropped = self.0.items.take();
        self.0.unfinished.set(0);
        self.0.finished.call_all();
        self.shutdown();
        drop(dropped);
    }

    /// How many items are in it.
    #[must_use]
    pub fn qsize(&self) -> usize {
        self.0.items.borrow().len()
    }

    /// Whether it has none.
    #[must_use]
    pub fn empty(&self) -> bool {
        self.qsize() == 0
    }

    /// Whether it has as many as it may.
    #[must_use]
    pub fn full(&self) -> bool {
        self.0.limit.is_some_and(|limit| self.qsize() >= limit)
    }
}

impl<T, S: Store<T>> State<T, S> {
    /// Whether there is an item for somebody who comes now.
    fn has_item(&self) -> bool {
        self.items.borrow().len() > self.getters.called()
    }

    fn has_room(&self) -> bool {
        let taken = self.items.borrow().len() + self.putters.called();
        self.limit.is_none_or(|limit| taken < limit)
    }

    /// Wakes as many getters as there are items that nobody has been woken for.
    fn call_getters(&self) {
        self.peekers.call_all();
        while self.has_item() && self.getters.call_one() {}
    }

    fn call_putters(&self) {
        while self.has_room() && self.putters.call_one() {}
    }
}

impl<T, S: Store<T>> Default for AnyQueue<T, S> {
    fn default() -> AnyQueue<T, S> {
        AnyQueue::new()
    }
}

impl<T, S: Store<T>> Clone for AnyQueue<T, S> {
    fn clone(&self) -> AnyQueue<T, S> {
        AnyQueue(Rc::clone(&self.0))
    }
}

impl<T, S: Store<T>> fmt::Debug for AnyQueue<T, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Queue")
            .field("size", &self.qsize())
            .field("limit", &self.0.limit)
            .field("getters", &self.0.getters)
            .field("putters", &self.0.putters)
            .finish()
    }
}

/// Takes items until the queue is shut down: `for item in &queue`.
impl<T, S: Store<T>> Iterator for &AnyQueue<T, S> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        self.get(None).ok()
    }
}
