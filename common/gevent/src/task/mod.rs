//! `spawn` and the handles of tasks.

mod body;
mod link;

use std::any::Any;
use std::cell::Cell;
use std::fmt;
use std::rc::Rc;
use std::time::Duration;

pub(crate) use body::Verdict;
pub use link::Notice;
pub(crate) use link::{Link, Links};

use crate::event::AsyncResult;
use crate::exception::{Exception, GetError};
use crate::hub::{Alarm, Fiber, Interrupt, Payload, Stage, Woken, hub, interrupt};
use crate::timeout::TimedOut;
use body::{Body, Killed, Typed};
use link::Call;

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
        AnyTask { fiber: Rc::clone(&self.body) as Rc<dyn Fiber> }
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

/// A task of which the type of the result does not matter.
#[derive(Clone)]
pub struct AnyTask {
    fiber: Rc<dyn Fiber>,
}

/// Names a link, to take it back with [`AnyTask::unlink`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkId(u64);

impl AnyTask {
    pub(crate) fn of(fiber: Rc<dyn Fiber>) -> AnyTask {
        AnyTask { fiber }
    }

    pub(crate) fn fiber(&self) -> &Rc<dyn Fiber> {
        &self.fiber
    }

    pub(crate) fn verdict(&self) -> Verdict {
        self.fiber.verdict()
    }

    /// Starts it, if it has been neither started nor killed.
    pub fn start(&self) {
        let stage = &self.fiber.core().stage;
        if stage.get() == Stage::Unstarted {
            stage.set(Stage::Scheduled);
            hub().push(Rc::clone(&self.fiber));
        }
    }

    /// Starts it after some time.
    pub fn start_later(&self, after: Duration) {
        let core = self.fiber.core();
        if core.stage.get() == Stage::Unstarted {
            core.stage.set(Stage::Scheduled);
            let timer = hub().arm(after, Alarm::Start(Rc::clone(&self.fiber)));
            core.with_rare(|rare| rare.start = Some(timer));
        }
    }

    /// Waits for its end, however it ends; false if that was not in time (it goes on then).
    pub fn join(&self, timeout: Option<Duration>) -> bool {
        if !self.dead() || self.fiber.core().links_due.get() {
            let core = self.fiber.core();
            let woken = hub().wait_or("the end of a task", timeout, |waker| {
                core.with_links(|links| links.push(Link::Wake(waker)));
            });
            if !matches!(woken, Ok(Woken::Called)) {
                drop(core.with_links(|links| links.take_out(Link::is_stale)));
            }
            match woken {
                Ok(_) | Err(Interrupt::Unwinding) => {}
                Err(interrupt) => crate::hub::raise(interrupt),
            }
        }
        self.dead()
    }

    /// Raises `GreenletExit` where it waits, and waits for its end; false if that was not in time.
    ///
    /// A task that catches it goes on. One that has not started never will. A task that kills itself
    /// ends at this line.
    pub fn kill(&self, timeout: Option<Duration>) -> bool {
        self.end_with(Interrupt::Exit, timeout)
    }

    /// As [`AnyTask::kill`] without waiting: nothing happens until the caller waits for something.
    pub fn kill_nowait(&self) {
        self.strike(Interrupt::Exit);
    }

    /// As [`AnyTask::kill`], but with an error: the task dies of that.
    pub fn kill_with(&self, error: impl Any + Send, timeout: Option<Duration>) -> bool {
        self.end_with(Interrupt::Throw(Box::new(error)), timeout)
    }

    /// As [`AnyTask::kill_with`] without waiting.
    pub fn kill_with_nowait(&self, error: impl Any + Send) {
        self.strike(Interrupt::Throw(Box::new(error)));
    }

    fn end_with(&self, interrupt: Interrupt, timeout: Option<Duration>) -> bool {
        let itself = hub().try_current().is_some_and(|current| Rc::ptr_eq(&current, &self.fiber));
        if itself && !std::thread::panicking() {
            crate::hub::raise(interrupt);
        }
        self.strike(interrupt);
        self.join(timeout)
    }

    fn strike(&self, how: Interrupt) {
        let core = self.fiber.core();
        match core.stage.get() {
            Stage::Done => {}
            Stage::Started => interrupt(&self.fiber, how),
            Stage::Unstarted | Stage::Scheduled => {
                let payload: Payload = match how {
                    Interrupt::Throw(payload) => payload,
                    _ => Box::new(Killed),
                };
                if let Some(timer) = core.with_rare(|rare| rare.start.take()) {
                    hub().disarm(timer);
                }
                self.fiber.give_up(payload);
                body::ended(Rc::clone(&self.fiber));
            }
        }
    }

    /// Whether it has ended, in whatever way.
    #[must_use]
    pub fn ready(&self) -> bool {
        self.dead()
    }

    /// Whether it has ended, in whatever way.
    #[must_use]
    pub fn dead(&self) -> bool {
        self.fiber.core().stage.get() == Stage::Done
    }

    /// Whether it was started and has not ended.
    #[must_use]
    pub fn started(&self) -> bool {
        matches!(self.fiber.core().stage.get(), Stage::Scheduled | Stage::Started)
    }

    /// Whether it has ended without an error. (As in Python, to be killed is no error.)
    #[must_use]
    pub fn successful(&self) -> bool {
        matches!(self.verdict(), Verdict::Value | Verdict::Killed)
    }

    /// Whether it was killed.
    #[must_use]
    pub fn killed(&self) -> bool {
        matches!(self.verdict(), Verdict::Killed)
    }

    /// What it died of.
    #[must_use]
    pub fn exception(&self) -> Option<Exception> {
        if let Verdict::Failed(exception) = self.verdict() { Some(exception) } else { None }
    }

    /// Its name, or `Task-7`.
    #[must_use]
    pub fn name(&self) -> String {
        self.fiber.core().name()
    }

    /// A number of its own among the tasks of this thread: Python's `minimal_ident`.
    #[must_use]
    pub fn id(&self) -> u64 {
        self.fiber.core().id
    }

    /// Starts a task that runs `f` when this one has ended.
    pub fn link(&self, f: impl FnOnce(AnyTask) + 'static) -> LinkId {
        self.rawlink(move |task| drop(spawn(move || f(task))))
    }

    /// As [`AnyTask::link`], if it ends without an error.
    pub fn link_value(&self, f: impl FnOnce(AnyTask) + 'static) -> LinkId {
        self.rawlink(move |task| {
            if task.successful() {
                drop(spawn(move || f(task)));
            }
        })
    }

    /// As [`AnyTask::link`], if it dies of an error.
    pub fn link_exception(&self, f: impl FnOnce(AnyTask) + 'static) -> LinkId {
        self.rawlink(move |task| {
            if !task.successful() {
                drop(spawn(move || f(task)));
            }
        })
    }

    /// Calls `f` in the hub when it has ended: quick, but `f` must not wait for anything.
    ///
    /// Links are called in the order they were made in; if the task has ended already, at the next
    /// turn.
    pub fn rawlink(&self, f: impl FnOnce(AnyTask) + 'static) -> LinkId {
        thread_local! { static NEXT: Cell<u64> = const { Cell::new(0) } }
        let id = NEXT.replace(NEXT.get() + 1);
        let task = self.clone();
        let call = Box::new(Call { id, function: Box::new(move || f(task)) });
        self.fiber.core().with_links(|links| links.push(Link::Call(call)));
        if self.dead() {
            body::links_are_due(Rc::clone(&self.fiber));
        }
        LinkId(id)
    }

    /// Takes a link back, if it has not been called.
    pub fn unlink(&self, link: LinkId) {
        let is_it = |l: &Link| matches!(l, Link::Call(call) if call.id == link.0);
        drop(self.fiber.core().with_links(|links| links.take_out(is_it)));
    }
}

impl PartialEq for AnyTask {
    /// Whether both are the same task.
    fn eq(&self, other: &AnyTask) -> bool {
        Rc::ptr_eq(&self.fiber, &other.fiber)
    }
}

impl Eq for AnyTask {}

impl fmt::Debug for AnyTask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match self.fiber.core().stage.get() {
            Stage::Unstarted => "not started",
            Stage::Scheduled => "about to start",
            Stage::Started => "running",
            Stage::Done => match self.verdict() {
                Verdict::Failed(_) => "failed",
                Verdict::Killed => "killed",
                _ => "done",
            },
        };
        write!(f, "{} ({state})", self.name())
    }
}

impl<R: 'static> From<Task<R>> for AnyTask {
    fn from(task: Task<R>) -> AnyTask {
        task.any()
    }
}

/// What can be named in [`joinall`](crate::joinall): a [`Task`], an [`AnyTask`], a reference to one.
pub trait AsTask: Clone {
    /// The task.
    fn as_task(&self) -> AnyTask;
}

impl<R: 'static> AsTask for Task<R> {
    fn as_task(&self) -> AnyTask {
        self.any()
    }
}

impl AsTask for AnyTask {
    fn as_task(&self) -> AnyTask {
        self.clone()
    }
}

impl<T: AsTask> AsTask for &T {
    fn as_task(&self) -> AnyTask {
        T::as_task(self)
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
