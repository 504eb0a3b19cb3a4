//! `Group` and `Pool`: tasks that belong together, and not too many of them at once.

use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;
use std::time::Duration;

use crate::exception::GetError;
use crate::hub::hub;
use crate::join::{joinall, killall};
use crate::lock::Semaphore;
use crate::queue::Queue;
use crate::task::{AnyTask, Task, spawn};
use crate::timeout::TimedOut;

/// Tasks that are joined or killed together. A task leaves the group when it ends. Clones are the
/// same group.
#[derive(Clone, Default)]
pub struct Group {
    tasks: Rc<RefCell<Vec<AnyTask>>>,
}

impl Group {
    /// A group without tasks.
    #[must_use]
    pub fn new() -> Group {
        Group::default()
    }

    /// Adds a task, until it ends.
    pub fn add(&self, task: &AnyTask) {
        self.tasks.borrow_mut().push(task.clone());
        let group = self.clone();
        task.rawlink(move |task| group.discard(&task));
    }

    /// Takes a task out; it goes on.
    pub fn discard(&self, task: &AnyTask) {
        self.tasks.borrow_mut().retain(|other| other != task);
    }

    /// Starts a task in the group.
    pub fn spawn<R: 'static>(&self, f: impl FnOnce() -> R + 'static) -> Task<R> {
        let task = spawn(f);
        self.add(&task.any());
        task
    }

    /// How many of its tasks have not ended.
    #[must_use]
    pub fn len(&self) -> usize {
        self.tasks.borrow().len()
    }

    /// Whether all have ended.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether the task is in the group.
    #[must_use]
    pub fn contains(&self, task: &AnyTask) -> bool {
        self.tasks.borrow().contains(task)
    }

    /// Waits until all have ended, also those who join meanwhile; false if the time was over first.
    pub fn join(&self, timeout: Option<Duration>) -> bool {
        let deadline = crate::waitlist::Deadline::after(timeout);
        while !self.is_empty() {
            let tasks = self.tasks.borrow().clone();
            for task in &tasks {
                if !task.join(deadline.left()) {
                    return false;
                }
            }
        }
        true
    }

    /// Kills all and waits until they have ended.
    ///
    /// # Errors
    /// They have not in time.
    pub fn kill(&self, timeout: Option<Duration>) -> Result<(), TimedOut> {
        let tasks = self.tasks.borrow().clone();
        killall(&tasks, timeout)
    }

    /// `f` of every item, all at once; the results are in the order of the items.
    ///
    /// # Errors
    /// The error of the first item, in this order, that has one.
    pub fn map<I, R>(
        &self,
        f: impl Fn(I) -> R + 'static,
        items: impl IntoIterator<Item = I> + 'static,
    ) -> Result<Vec<R>, GetError>
    where
        I: 'static,
        R: 'static,
    {
        self.imap(f, items).collect()
    }

    /// As [`Group::map`], result by result as they are there, in the order of the items.
    pub fn imap<I, R>(
        &self,
        f: impl Fn(I) -> R + 'static,
        items: impl IntoIterator<Item = I> + 'static,
    ) -> IMap<R>
    where
        I: 'static,
        R: 'static,
    {
        let group = self.clone();
        IMap { tasks: feed(f, items, move |job| group.spawn(job), false) }
    }

    /// As [`Group::imap`], in the order in which the results are there.
    pub fn imap_unordered<I, R>(
        &self,
        f: impl Fn(I) -> R + 'static,
        items: impl IntoIterator<Item = I> + 'static,
    ) -> IMap<R>
    where
        I: 'static,
        R: 'static,
    {
        let group = self.clone();
        IMap { tasks: feed(f, items, move |job| group.spawn(job), true) }
    }
}

impl fmt::Debug for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.tasks.borrow().iter()).finish()
    }
}

type Job<R> = Box<dyn FnOnce() -> R>;

/// Starts a task for each item, from a task of its own, and puts it into the queue that is returned:
/// when it starts, or (`when_ended`) when it has ended.
fn feed<I: 'static, R: 'static>(
    f: impl Fn(I) -> R + 'static,
    items: impl IntoIterator<Item = I> + 'static,
    spawn_one: impl Fn(Job<R>) -> Task<R> + 'static,
    when_ended: bool,
) -> Queue<Task<R>> {
    let queue = Queue::new();
    let end = End(queue.clone());
    spawn(move || {
        let f = Rc::new(f);
        let mut tasks = Vec::new();
        for item in items {
            let f = Rc::clone(&f);
            let task = spawn_one(Box::new(move || f(item)));
            if when_ended {
                let (queue, ended) = (end.0.clone(), task.clone());
                task.rawlink(move |_| _ = queue.put(ended, None));
                tasks.push(task);
            } else {
                let _ = end.0.put(task, None);
            }
        }
        joinall(&tasks, None);
    });
    queue
}

/// Nothing more will come, whatever becomes of the task that feeds the queue.
struct End<R: 'static>(Queue<Task<R>>);

impl<R: 'static> Drop for End<R> {
    fn drop(&mut self) {
        self.0.shutdown();
    }
}

/// Results as they come. See [`Group::imap`] and [`Group::imap_unordered`].
#[derive(Debug)]
pub struct IMap<R: 'static> {
    tasks: Queue<Task<R>>,
}

impl<R: 'static> Iterator for IMap<R> {
    type Item = Result<R, GetError>;

    fn next(&mut self) -> Option<Result<R, GetError>> {
        (&self.tasks).next().map(|task| task.take(None))
    }
}

/// A group of at most so many tasks: who wants to start another waits.
///
/// ```
/// let pool = gevent::pool::Pool::new(2);
/// let squares = pool.map(|n| n * n, 1..=4).unwrap();
/// assert_eq!(squares, [1, 4, 9, 16]);
/// ```
#[derive(Clone, Debug)]
pub struct Pool {
    group: Group,
    size: usize,
    free: Semaphore,
}

impl Pool {
    /// Room for `size` tasks.
    #[must_use]
    pub fn new(size: usize) -> Pool {
        Pool { group: Group::new(), size, free: Semaphore::new(size) }
    }

    /// Starts a task; waits first while the pool is full.
    pub fn spawn<R: 'static>(&self, f: impl FnOnce() -> R + 'static) -> Task<R> {
        self.free.acquire(None);
        let task = self.group.spawn(f);
        let free = self.free.clone();
        task.rawlink(move |_| free.release());
        task
    }

    /// Runs `f` as a task of the pool and gives its result. In a task of the pool itself it is just
    /// called, since to wait for room there might be to wait for oneself.
    ///
    /// # Errors
    /// The task's.
    pub fn apply<R: 'static>(&self, f: impl FnOnce() -> R + 'static) -> Result<R, GetError> {
        let current = hub().try_current().map(AnyTask::of);
        if current.is_some_and(|task| self.group.contains(&task)) {
            return Ok(f());
        }
        self.spawn(f).take(None)
    }

    /// See [`Group::map`]; never more at once than the pool's size.
    ///
    /// # Errors
    /// As [`Group::map`].
    pub fn map<I, R>(
        &self,
        f: impl Fn(I) -> R + 'static,
        items: impl IntoIterator<Item = I> + 'static,
    ) -> Result<Vec<R>, GetError>
    where
        I: 'static,
        R: 'static,
    {
        self.imap(f, items).collect()
    }

    /// See [`Group::imap`].
    pub fn imap<I, R>(
        &self,
        f: impl Fn(I) -> R + 'static,
        items: impl IntoIterator<Item = I> + 'static,
    ) -> IMap<R>
    where
        I: 'static,
        R: 'static,
    {
        let pool = self.clone();
        IMap { tasks: feed(f, items, move |job| pool.spawn(job), false) }
    }

    /// See [`Group::imap_unordered`].
    pub fn imap_unordered<I, R>(
        &self,
        f: impl Fn(I) -> R + 'static,
        items: impl IntoIterator<Item = I> + 'static,
    ) -> IMap<R>
    where
        I: 'static,
        R: 'static,
    {
        let pool = self.clone();
        IMap { tasks: feed(f, items, move |job| pool.spawn(job), true) }
    }

    /// How many tasks could be started now.
    #[must_use]
    pub fn free_count(&self) -> usize {
        self.free.counter()
    }

    /// Whether `spawn` would wait.
    #[must_use]
    pub fn full(&self) -> bool {
        self.free_count() == 0
    }

    /// Its size.
    #[must_use]
    pub fn size(&self) -> usize {
        self.size
    }

    /// Waits until `spawn` would not wait; false if the time was over first.
    pub fn wait_available(&self, timeout: Option<Duration>) -> bool {
        let got = self.free.acquire(timeout);
        if got {
            self.free.release();
        }
        got
    }

    /// See [`Group::join`].
    pub fn join(&self, timeout: Option<Duration>) -> bool {
        self.group.join(timeout)
    }

    /// See [`Group::kill`].
    ///
    /// # Errors
    /// As [`Group::kill`].
    pub fn kill(&self, timeout: Option<Duration>) -> Result<(), TimedOut> {
        self.group.kill(timeout)
    }

    /// The tasks, as a group.
    #[must_use]
    pub fn group(&self) -> &Group {
        &self.group
    }
}
