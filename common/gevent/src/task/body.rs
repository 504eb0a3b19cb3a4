//! The life of a task: one allocation that holds its function, then its result.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use greenlet::GreenletExit;

use super::link::Links;
use crate::exception::{Exception, GetError, SystemExit};
use crate::hub::{Core, Fiber, Hub, Interrupt, Payload, Stage, hub, interrupt};

/// How a task ended, for those who do not know the type of its result.
#[derive(Clone, Debug)]
pub(crate) enum Verdict {
    Pending,
    Value,
    Killed,
    Failed(Exception),
}

/// What has become of a task's result.
#[derive(Debug)]
pub(crate) enum Outcome<R> {
    Pending,
    Value(R),
    /// Somebody owns the value now.
    Taken,
    Killed,
    Failed(Exception),
}

impl<R> Outcome<R> {
    pub(super) fn get(&self) -> Result<R, GetError>
    where
        R: Clone,
    {
        match self {
            Outcome::Value(value) => Ok(value.clone()),
            other => Err(other.error()),
        }
    }

    pub(super) fn take(&mut self) -> Result<R, GetError> {
        if !matches!(self, Outcome::Value(_)) {
            return Err(self.error());
        }
        match std::mem::replace(self, Outcome::Taken) {
            Outcome::Value(value) => Ok(value),
            other => Err(other.error()),
        }
    }

    fn error(&self) -> GetError {
        match self {
            Outcome::Pending => GetError::TimedOut,
            Outcome::Killed => GetError::Killed,
            Outcome::Failed(exception) => GetError::Failed(exception.clone()),
            Outcome::Value(_) | Outcome::Taken => GetError::Taken,
        }
    }
}

/// A fiber with a result of type `R`.
pub(super) trait Typed<R>: Fiber {
    fn outcome(&self) -> &RefCell<Outcome<R>>;
}

#[repr(C)] // what a turn touches lies together: the counts of the `Rc`, the core
pub(super) struct Body<F, R> {
    core: Core,
    run: Cell<Option<F>>,
    outcome: RefCell<Outcome<R>>,
}

impl<F: FnOnce() -> R + 'static, R: 'static> Body<F, R> {
    pub(super) fn new(run: F, stage: Stage) -> Body<F, R> {
        Body {
            core: Core::new(hub().next_id(), stage),
            run: Cell::new(Some(run)),
            outcome: RefCell::new(Outcome::Pending),
        }
    }

    /// All that happens on the task's own stack.
    fn live(self: Rc<Self>) {
        if let Some(run) = self.run.take() {
            let mut end = greenlet::catch(run);
            // Told of a kill by a patched call that failed, it ends of the kill, however it took it.
            if self.core.is_announced() {
                end = greenlet::catch(|| {
                    hub().raise_announced();
                    unreachable!("what is announced is raised")
                });
            }
            let outcome = match end {
                Ok(value) => Outcome::Value(value),
                Err(payload) => self.died_of(payload),
            };
            self.conclude(outcome);
        }
    }

    #[cold]
    fn died_of(&self, payload: Payload) -> Outcome<R> {
        if payload.is::<GreenletExit>() {
            return Outcome::Killed;
        }
        let quiet = self.core.is_quiet(&payload);
        let exit = payload.downcast_ref::<SystemExit>().copied();
        let exception = Exception::new(payload);
        match (exit, hub().main()) {
            (Some(exit), Some(main)) => interrupt(main, Interrupt::Throw(Box::new(exit))),
            // The panic hook has told of every other panic.
            _ if quiet => eprintln!("{} failed: {exception}", self.core.name()),
            _ => {}
        }
        Outcome::Failed(exception)
    }

    fn conclude(self: Rc<Self>, outcome: Outcome<R>) {
        self.outcome.replace(outcome);
        ended(self);
    }
}

impl<F: FnOnce() -> R + 'static, R: 'static> Fiber for Body<F, R> {
    fn core(&self) -> &Core {
        &self.core
    }

    fn turn(self: Rc<Self>, hub: &'static Hub) {
        match self.core.stage.get() {
            Stage::Unstarted => {}
            Stage::Scheduled => {
                self.core.stage.set(Stage::Started);
                let me = Rc::clone(&self);
                let fiber: Rc<dyn Fiber> = Rc::clone(&self) as Rc<dyn Fiber>;
                if let Err(error) = hub.start(&fiber, move || me.live()) {
                    eprintln!("{} failed: {error}", self.core.name());
                    self.give_up(Box::new(error.to_string()));
                }
            }
            Stage::Started => hub.resume(self),
            Stage::Done => tell_links(&self.core),
        }
    }

    fn give_up(&self, payload: Payload) {
        drop(self.run.take());
        let killed = payload.is::<Killed>();
        let outcome =
            if killed { Outcome::Killed } else { Outcome::Failed(Exception::new(payload)) };
        self.outcome.replace(outcome);
    }

    fn verdict(&self) -> Verdict {
        match &*self.outcome.borrow() {
            Outcome::Pending => Verdict::Pending,
            Outcome::Value(_) | Outcome::Taken => Verdict::Value,
            Outcome::Killed => Verdict::Killed,
            Outcome::Failed(exception) => Verdict::Failed(exception.clone()),
        }
    }
}

impl<F: FnOnce() -> R + 'static, R: 'static> Typed<R> for Body<F, R> {
    fn outcome(&self) -> &RefCell<Outcome<R>> {
        &self.outcome
    }
}

/// Stands for `GreenletExit` where there is no stack to raise it on.
pub(super) struct Killed;

/// The task has ended: tells those who wait at once, and functions of the user's from the hub.
pub(super) fn ended(fiber: Rc<dyn Fiber>) {
    let core = fiber.core();
    core.stage.set(Stage::Done);
    if core.with_links(|links| links.has_calls()) {
        links_are_due(fiber);
    } else {
        core.take_links().for_each(super::Link::fire);
    }
}

/// Has the links of a task that has ended called at the next turn.
pub(super) fn links_are_due(fiber: Rc<dyn Fiber>) {
    if !fiber.core().links_due.replace(true) {
        hub().push(fiber);
    }
}

/// One after another, since each may take back those that follow.
fn tell_links(core: &Core) {
    core.links_due.set(false);
    for _ in 0..core.with_links(|links| links.len()) {
        let Some(link) = core.with_links(Links::take_first) else { return };
        // What goes wrong in one (the panic hook tells of it) is nothing to the next.
        let _ = greenlet::catch(|| link.fire());
    }
}
