//! `spawn` and the handles of tasks.

mod any;
mod body;
mod link;

use std::any::Any;
use std::fmt;
use std::rc::Rc;
use std::time::Duration;

pub use any::{AnyTask, AsTask, LinkId};
pub(crate) use body::Verdict;
pub use link::Notice;
pub(crate) use link::{Link, Links};

use crate::event::AsyncResult;
use crate::exception::{Exception, GetError};
use crate::hub::{Fiber, Stage, hub};
use crate::timeout::TimedOut;
use body::{Body, Typed};

/// Starts a task that runs `f`: at the spawner's next wait, after those who are ready already.
///
/// ```
/// let task = gevent::spawn(|| 6 * 7);
/// assert!(!task.ready()); // nobody has waited yet
/// assert_eq!(task.get(None).unwrap(), 42);
/// ```
pub fn spawn<R: 'static>(f: impl FnOnce() -> R + 'static) -> Task<R> {
    let body = Rc::new(Body::new(f, Stage::Scheduled));
    hub().push(Rc::clone(&body) as Rc<dyn Fiber>);
    Task { body }
}

/// Starts a task after some time.
pub fn spawn_later<R: 'static>(after: Duration, f: impl FnOnce() -> R + 'static) -> Task<R> {
    let task = Task::new(f);
    task.start_later(after);
    task
}

/// A task with a result of type `R`: Python's `Greenlet` object.
///
/// A handle is one of several names of the task and owns nothing: drop it, and the task goes on.
/// All that does not depend on `R` is at [`AnyTask`], and can be used here as well.
pub struct Task<R: 'static> {
    body: Rc<dyn Typed<R>>,
}

impl<R: 'static> Task<R> {
    /// Makes a task without starting it.
    pub fn new(f: impl FnOnce() -> R + 'static) -> Task<R> {
        Task { body: Rc::new(Body::new(f, Stage::Unstarted)) }
    }

    /// Gives it a name, for messages; without one it is called `Task-7`.
    #[must_use]
    pub fn named(self, name: impl Into<Box<str>>) -> Task<R> {
        self.body.core().with_rare(|rare| rare.name = Some(name.into()));
        self
    }

    /// Gives it a stack of so many bytes instead of 64 KiB, if it has not started.
    #[must_use]
    pub fn stack_size(self, bytes: usize) -> Task<R> {
        self.body.core().with_rare(|rare| rare.stack_size = Some(bytes));
        self
    }

    /// Waits for the end; gives the result, to everyone who asks. Python's `get()`.
    ///
    /// # Errors
    /// It did not end in time (and goes on), died of a panic, or was killed.
    pub fn get(&self, timeout: Option<Duration>) -> Result<R, GetError>
    where
        R: Clone,
    {
        self.any().join(timeout);
        self.body.outcome().borrow().get()
    }

    /// As [`Task::get`] without waiting. Python's `get(block=False)`.
    ///
    /// # Errors
    /// As [`Task::get`].
    pub fn try_get(&self) -> Result<R, GetError>
    where
        R: Clone,
    {
        self.body.outcome().borrow().get()
    }

    /// As [`Task::get`], but the result is moved out: only one can have it.
    ///
    /// # Errors
    /// As [`Task::get`], and somebody else has it already.
    pub fn take(&self, timeout: Option<Duration>) -> Result<R, GetError> {
        self.any().join(timeout);
        self.body.outcome().borrow_mut().take()
    }

    /// The result, if it has ended well.
    #[must_use]
    pub fn value(&self) -> Option<R>
    where
        R: Clone,
    {
        self.try_get().ok()
    }

    /// Gives the result to `to` when it ends: `link(AsyncResult)`.
    pub fn link_result(&self, to: &AsyncResult<R>)
    where
        R: Clone,
    {
        let (task, to) = (self.clone(), to.clone());
        self.any().rawlink(move |_| match task.try_get() {
            Ok(value) => to.set(value),
            Err(GetError::Failed(exception)) => to.set_exception(exception),
            Err(_) => to.set_exception(Exception::from_value("the task was killed")),
        });
    }

    /// The same task without its result's type, for lists of several kinds.
    #[must_use]
    pub fn any(&self) -> AnyTask {
        AnyTask::of(Rc::clone(&self.body) as Rc<dyn Fiber>)
    }
}

/// What every task has, whatever its result is.
macro_rules! delegate {
    ($($(#[$doc:meta])* $name:ident($($arg:ident: $type:ty),*) $(-> $result:ty)?;)*) => {
        impl<R: 'static> Task<R> {$(
            $(#[$doc])*
            pub fn $name(&self, $($arg: $type),*) $(-> $result)? {
                self.any().$name($($arg),*)
            }
        )*}
    };
}

delegate! {
    /// See [`AnyTask::start`].
    start();
    /// See [`AnyTask::start_later`].
    start_later(after: Duration);
    /// See [`AnyTask::join`].
    join(timeout: Option<Duration>) -> bool;
    /// See [`AnyTask::kill`].
    kill(timeout: Option<Duration>) -> bool;
    /// See [`AnyTask::kill_nowait`].
    kill_nowait();
    /// See [`AnyTask::kill_with`].
    kill_with(error: impl Any + Send, timeout: Option<Duration>) -> bool;
    /// See [`AnyTask::kill_with_nowait`].
    kill_with_nowait(error: impl Any + Send);
    /// See [`AnyTask::ready`].
    ready() -> bool;
    /// See [`AnyTask::started`].
    started() -> bool;
    /// See [`AnyTask::dead`].
    dead() -> bool;
    /// See [`AnyTask::successful`].
    successful() -> bool;
    /// See [`AnyTask::killed`].
    killed() -> bool;
    /// See [`AnyTask::exception`].
    exception() -> Option<Exception>;
    /// See [`AnyTask::name`].
    name() -> String;
    /// See [`AnyTask::id`].
    id() -> u64;
    /// See [`AnyTask::link`].
    link(f: impl FnOnce(AnyTask) + 'static) -> LinkId;
    /// See [`AnyTask::link_value`].
    link_value(f: impl FnOnce(AnyTask) + 'static) -> LinkId;
    /// See [`AnyTask::link_exception`].
    link_exception(f: impl FnOnce(AnyTask) + 'static) -> LinkId;
    /// See [`AnyTask::rawlink`].
    rawlink(f: impl FnOnce(AnyTask) + 'static) -> LinkId;
    /// See [`AnyTask::unlink`].
    unlink(link: LinkId);
}

impl<R: 'static> Clone for Task<R> {
    fn clone(&self) -> Task<R> {
        Task { body: Rc::clone(&self.body) }
    }
}

impl<R: 'static> fmt::Debug for Task<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.any().fmt(f)
    }
}

/// The task that runs; in main, one that stands for main.
///
/// # Panics
/// In a `rawlink`: there no task runs.
#[must_use]
pub fn getcurrent() -> AnyTask {
    AnyTask::of(hub().current())
}

/// Waits for so long; the others run meanwhile. `sleep(Duration::ZERO)` only gives way to those who
/// are ready now.
pub fn sleep(time: Duration) {
    if time.is_zero() {
        hub().give_way();
    } else {
        hub().wait("its time", Some(time), drop);
    }
}

/// Stands for a time limit that was met, in errors of `std::io`.
impl From<TimedOut> for std::io::Error {
    fn from(error: TimedOut) -> std::io::Error {
        std::io::Error::new(std::io::ErrorKind::TimedOut, error)
    }
}
