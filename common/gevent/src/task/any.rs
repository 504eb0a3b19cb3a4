//! A task whatever its result is: the handle that lists and links deal in.

use std::any::Any;
use std::cell::Cell;
use std::fmt;
use std::rc::Rc;
use std::time::Duration;

use super::body::{self, Killed, Verdict};
use super::link::{Call, Link};
use super::{Task, spawn};
use crate::exception::Exception;
use crate::hub::{Alarm, Fiber, Interrupt, Payload, Stage, Woken, hub, interrupt, raise};

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
                Err(interrupt) => raise(interrupt),
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
            raise(interrupt);
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
