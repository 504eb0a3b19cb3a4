//! `Group` and `Pool`: tasks that belong together, and not too many of them at once.

mod imap;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::ops::Deref;
use std::rc::Rc;
use std::time::Duration;

pub use imap::IMap;

use crate::exception::GetError;
use crate::hub::hub;
use crate::join::joinall;
use crate::lock::Semaphore;
use crate::task::{AnyTask, Task, spawn};
use crate::timeout::{TimedOut, Timeout};
use crate::waitlist::Deadline;
use imap::When;

/// Tasks that are joined or killed together. A task leaves the group when it ends. Clones are the
/// same group.
#[derive(Clone, Default)]
pub struct Group(Rc<State>);

#[derive(Default)]
struct State {
    /// By their ids, so in the order they were made in.
    members: RefCell<BTreeMap<u64, Member>>,
    /// Of a pool: a permit for each task that may still join.
    room: Option<Semaphore>,
}

struct Member {
    task: AnyTask,
    /// [`Group::kill`] has struck it, and does so once only.
    dying: bool,
}

impl Group {
    /// A group without tasks.
    #[must_use]
    pub fn new() -> Group {
        Group::default()
    }

    /// Adds a task, until it ends. A pool waits first while it is full.
    pub fn add(&self, task: &AnyTask) {
        if self.0.room.as_ref().is_none_or(|room| room.acquire(None)) {
            self.enroll(task);
        }
    }

    fn enroll(&self, task: &AnyTask) {
        let member = Member { task: task.clone(), dying: false };
        self.0.members.borrow_mut().insert(task.id(), member);
        let group = self.clone();
        task.rawlink(move |task| group.discard(&task));
    }

    /// Takes a task out; it goes on.
    pub fn discard(&self, task: &AnyTask) {
        let member = self.0.members.borrow_mut().remove(&task.id());
        if let (Some(_), Some(room)) = (member, &self.0.room) {
            room.release();
        }
    }

    /// Starts a task in the group. A pool waits first while it is full.
    pub fn spawn<R: 'static>(&self, f: impl FnOnce() -> R + 'static) -> Task<R> {
        let has_room = self.0.room.as_ref().is_none_or(|room| room.acquire(None));
        let task = spawn(f);
        if has_room {
            self.enroll(&task.any());
        }
        task
    }

    /// Runs `f` as a task of the group and gives its result. In a task of the group itself it is
    /// just called, since to wait for room in a pool there might be to wait for oneself.
    ///
    /// # Errors
    /// The task's.
    pub fn apply<R: 'static>(&self, f: impl FnOnce() -> R + 'static) -> Result<R, GetError> {
        let current = hub().try_current().map(AnyTask::of);
        if current.is_some_and(|task| self.contains(&task)) {
            return Ok(f());
        }
        self.spawn(f).take(None)
    }

    /// How many of its tasks have not ended.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.members.borrow().len()
    }

    /// Whether all have ended.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether the task is in the group.
    #[must_use]
    pub fn contains(&self, task: &AnyTask) -> bool {
        self.0.members.borrow().contains_key(&task.id())
    }

    fn tasks(&self) -> Vec<AnyTask> {
        self.0.members.borrow().values().map(|member| member.task.clone()).collect()
    }

    /// Waits until all have ended, also those who join meanwhile; false if the time was over first.
    pub fn join(&self, timeout: Option<Duration>) -> bool {
        let deadline = Deadline::after(timeout);
        while !self.is_empty() {
            if !self.tasks().iter().all(|task| task.join(deadline.left())) {
                return false;
            }
        }
        true
    }

    /// Kills all and waits until they have ended. Called again, it strikes only those who have
    /// joined since: whoever takes their time over their end is left to it.
    ///
    /// # Errors
    /// They have not ended in time.
    pub fn kill(&self, timeout: Option<Duration>) -> Result<(), TimedOut> {
        let tasks = self.tasks();
        for task in &tasks {
            let mut members = self.0.members.borrow_mut();
            let dying = members.get_mut(&task.id()).map(|m| std::mem::replace(&mut m.dying, true));
            drop(members);
            if dying == Some(false) {
                task.kill_nowait();
            }
        }
        Timeout::new(timeout).run(|| drop(joinall(&tasks, None)))
    }

    /// `f` of every item, all at once, or as many as a pool has room for; the results are in the
    /// order of the items.
    ///
    /// # Errors
    /// The error of the first item, in this order, that has one; or that of `items` itself.
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
        self.feed(f, items, When::Started)
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
        self.feed(f, items, When::Ended)
    }

    /// Waits until [`Group::spawn`] would not wait; false if the time was over first.
    pub(crate) fn wait_available(&self, timeout: Option<Duration>) -> bool {
        let Some(room) = &self.0.room else { return true };
        let got = room.acquire(timeout);
        if got {
            room.release();
        }
        got
    }
}

impl fmt::Debug for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.tasks()).finish()
    }
}

/// A [`Group`] of at most so many tasks: who wants to start another waits.
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
}

impl Pool {
    /// Room for `size` tasks.
    #[must_use]
    pub fn new(size: usize) -> Pool {
        let room = Some(Semaphore::new(size));
        Pool { group: Group(Rc::new(State { members: RefCell::default(), room })), size }
    }

    /// Its size.
    #[must_use]
    pub fn size(&self) -> usize {
        self.size
    }

    /// How many tasks could be started now.
    #[must_use]
    pub fn free_count(&self) -> usize {
        self.group.0.room.as_ref().map_or(0, Semaphore::counter)
    }

    /// Whether `spawn` would wait.
    #[must_use]
    pub fn full(&self) -> bool {
        self.free_count() == 0
    }

    /// Waits until `spawn` would not wait; false if the time was over first.
    pub fn wait_available(&self, timeout: Option<Duration>) -> bool {
        self.group.wait_available(timeout)
    }
}

impl Deref for Pool {
    type Target = Group;

    /// What every group can do: a pool does it with as many tasks at once as it has room for.
    fn deref(&self) -> &Group {
        &self.group
    }
}
