//! What the hub gives turns to: tasks, and the thread's own code ("main").

use std::any::Any;
use std::cell::Cell;
use std::collections::VecDeque;
use std::fmt;
use std::rc::Rc;

use greenlet::{Greenlet, Peer};

use super::{Hub, TimerKey};
use crate::task::Links;
use crate::timeout::TimedOut;

/// What the switches of a hub's tree carry: nothing. What there is to say stands in the [`Core`].
#[derive(Debug)]
pub(crate) struct Turn;

/// Something with a stack, or about to have one, that the hub can give a turn to.
pub(crate) trait Fiber {
    fn core(&self) -> &Core;

    /// Goes on from where it waits, starts, or, if it has ended, tells those who asked to know.
    fn turn(self: Rc<Self>, hub: &'static Hub);

    /// It will never run: it was killed before it started.
    fn give_up(&self, payload: Payload);

    /// How it ended, if it has.
    fn verdict(&self) -> crate::task::Verdict;
}

pub(crate) type Payload = Box<dyn Any + Send>;

/// How far a fiber has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Made, and nobody has said `start`.
    Unstarted,
    /// Will start at its turn.
    Scheduled,
    /// Has a stack.
    Started,
    Done,
}

/// A fiber that is not in the hub's list.
pub(super) const NOWHERE: u32 = u32::MAX;

/// The part of a fiber that does not depend on what it computes.
#[repr(C)]
pub(crate) struct Core {
    // What waking it and giving it the turn touch comes first, so that it lies together.
    /// Its stack, while it does not run.
    pub(super) stack: Cell<Option<Greenlet<Turn>>>,
    /// Which of its waits this is: a [`Waker`] of an earlier one has no effect.
    wait: Cell<u32>,
    /// It waits, or is about to, and nobody has woken it yet.
    waiting: Cell<bool>,
    /// It was an interrupt that woke it.
    interrupted: Cell<bool>,
    /// It was the time limit of the wait itself that woke it.
    timed_out: Cell<bool>,
    /// A patched call has failed because of the first interrupt, which is still to be raised.
    announced: Cell<bool>,
    /// It waits for a lock of std, which knows no failure: an interrupt has to be raised later.
    pub(super) deaf: Cell<bool>,
    pub(crate) stage: Cell<Stage>,
    /// For [`LoopExit`](crate::LoopExit): what it waits for.
    pub(super) waits_for: Cell<&'static str>,
    rare: Cell<Option<Box<Rare>>>,
    /// Place in the hub's list of tasks that have waited.
    pub(super) place: Cell<u32>,
    /// Its links are to be called at its next turn.
    pub(crate) links_due: Cell<bool>,
    links: Cell<Links>,
    pub(crate) id: u64,
}

/// What few fibers have.
#[derive(Default)]
pub(crate) struct Rare {
    pub(crate) name: Option<Box<str>>,
    pub(crate) stack_size: Option<usize>,
    /// The timer of `spawn_later`.
    pub(crate) start: Option<TimerKey>,
    /// What is to be raised in it, one at each wait.
    interrupts: VecDeque<Interrupt>,
    /// Address of what was last raised without a word on standard error.
    pub(super) quiet: usize,
}

impl Core {
    pub(crate) fn new(id: u64, stage: Stage) -> Core {
        Core {
            stack: Cell::new(None),
            wait: Cell::new(0),
            waiting: Cell::new(false),
            interrupted: Cell::new(false),
            timed_out: Cell::new(false),
            announced: Cell::new(false),
            deaf: Cell::new(false),
            stage: Cell::new(stage),
            waits_for: Cell::new(""),
            rare: Cell::new(None),
            place: Cell::new(NOWHERE),
            links_due: Cell::new(false),
            links: Cell::default(),
            id,
        }
    }

    /// Shows `f` its stack, if it is suspended on one.
    pub(super) fn with_stack(&self, f: impl FnOnce(&Greenlet<Turn>)) {
        if let Some(stack) = self.stack.take() {
            f(&stack);
            self.stack.set(Some(stack));
        }
    }

    /// Changes its links. They are out of their place meanwhile, so `f` calls nobody.
    pub(crate) fn with_links<R>(&self, f: impl FnOnce(&mut Links) -> R) -> R {
        let mut links = self.links.take();
        let result = f(&mut links);
        self.links.set(links);
        result
    }

    /// All its links, to be told that it has ended.
    pub(crate) fn take_links(&self) -> Links {
        self.links.take()
    }

    pub(crate) fn with_rare<R>(&self, f: impl FnOnce(&mut Rare) -> R) -> R {
        let mut rare = self.rare.take().unwrap_or_default();
        let result = f(&mut rare);
        self.rare.set(Some(rare));
        result
    }

    /// As [`Core::with_rare`], if there is any of it.
    pub(super) fn if_rare<R>(&self, f: impl FnOnce(&mut Rare) -> R) -> Option<R> {
        let mut rare = self.rare.take()?;
        let result = f(&mut rare);
        self.rare.set(Some(rare));
        Some(result)
    }

    /// Its name, or `Task-7`.
    pub(crate) fn name(&self) -> String {
        let name = self.if_rare(|rare| rare.name.as_deref().map(str::to_owned)).flatten();
        name.unwrap_or_else(|| format!("Task-{}", self.id))
    }

    /// The first interrupt that waits to be raised, except one that was taken back.
    pub(super) fn next_interrupt(&self) -> Option<Interrupt> {
        self.announced.set(false);
        self.if_rare(|rare| rare.interrupts.pop_front()).flatten()
    }

    /// Where nothing may unwind: keeps an interrupt to be raised later, and has every patched call
    /// fail until then.
    pub(crate) fn announce(&self, interrupt: Interrupt) {
        self.with_rare(|rare| rare.interrupts.push_front(interrupt));
        self.announced.set(true);
    }

    /// Whether an interrupt has been announced and not been raised yet.
    #[inline]
    pub(crate) fn is_announced(&self) -> bool {
        self.announced.get()
    }

    /// The interrupt that has been announced, if any, to be raised now.
    pub(crate) fn take_announced(&self) -> Option<Interrupt> {
        if self.announced.get() { self.next_interrupt() } else { None }
    }

    /// Woken by an interrupt: which one.
    pub(super) fn woken_by(&self) -> Option<Interrupt> {
        if self.interrupted.replace(false) { self.next_interrupt() } else { None }
    }

    /// Whether the last wait was over because its time was.
    pub(super) fn take_timed_out(&self) -> bool {
        self.timed_out.replace(false)
    }

    /// Takes back a time limit that has passed and has not been raised yet.
    pub(crate) fn take_back(&self, timeout: u64) {
        if self.interrupted.get() {
            return; // too late: it is on its way
        }
        self.if_rare(|rare| {
            if rare.interrupts.front().is_some_and(|i| i.is_of(timeout)) {
                self.announced.set(false);
            }
            rare.interrupts.retain(|i| !i.is_of(timeout));
        });
    }

    /// Whether a time limit has passed and has not been raised yet.
    pub(crate) fn is_due(&self, timeout: u64) -> bool {
        let due = self.if_rare(|rare| rare.interrupts.iter().any(|i| i.is_of(timeout)));
        due.unwrap_or(false)
    }

    /// Whether `payload` was raised without a word on standard error, so that somebody must say it.
    pub(crate) fn is_quiet(&self, payload: &Payload) -> bool {
        self.if_rare(|rare| rare.quiet == address(payload)).unwrap_or(false)
    }
}

fn address(payload: &Payload) -> usize {
    std::ptr::from_ref(&**payload).addr()
}

/// Wakes one wait of one fiber, once: whoever comes second, or late, has no effect.
#[derive(Clone)]
pub(crate) struct Waker {
    fiber: Rc<dyn Fiber>,
    wait: u32,
}

impl Waker {
    /// Prepares a wait of `fiber`.
    pub(super) fn new(fiber: Rc<dyn Fiber>) -> Waker {
        let core = fiber.core();
        let wait = core.wait.get().wrapping_add(1);
        core.wait.set(wait);
        core.waiting.set(true);
        Waker { fiber, wait }
    }

    /// Puts the fiber at the end of the run queue; false if something else has woken it already.
    pub(crate) fn wake(self) -> bool {
        let core = self.fiber.core();
        let first = core.waiting.get() && core.wait.get() == self.wait;
        if first {
            core.waiting.set(false);
            super::hub().push(self.fiber);
        }
        first
    }

    /// Wakes the fiber because the time of its wait is over.
    pub(super) fn time_is_over(self) {
        let fiber = Rc::clone(&self.fiber);
        if self.wake() {
            fiber.core().timed_out.set(true);
        }
    }

    /// Whether the wait is still on.
    pub(crate) fn is_waiting(&self) -> bool {
        let core = self.fiber.core();
        core.waiting.get() && core.wait.get() == self.wait
    }
}

impl fmt::Debug for Waker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Waker({})", self.fiber.core().name())
    }
}

/// What ends a wait from outside.
pub(crate) enum Interrupt {
    /// `kill`: the task is to end.
    Exit,
    /// `kill_with`, or something for the main fiber.
    Throw(Payload),
    /// A time limit around the wait.
    TimedOut(TimedOut),
    /// The stack is being unwound by a panic: nothing can wait.
    Unwinding,
}

impl Interrupt {
    fn is_of(&self, timeout: u64) -> bool {
        matches!(self, Interrupt::TimedOut(error) if error.id() == timeout)
    }
}

/// Has `interrupt` raised in `fiber` where it waits, or at its next wait.
pub(crate) fn interrupt(fiber: &Rc<dyn Fiber>, interrupt: Interrupt) {
    let core = fiber.core();
    core.with_rare(|rare| rare.interrupts.push_back(interrupt));
    if core.waiting.replace(false) {
        core.interrupted.set(true);
        super::hub().push(Rc::clone(fiber));
    }
}

/// The code that was there before the hub: it has the thread's own stack.
pub(super) struct Main {
    pub(super) core: Core,
    pub(super) peer: Peer<Turn>,
}

impl Fiber for Main {
    fn core(&self) -> &Core {
        &self.core
    }

    fn turn(self: Rc<Self>, hub: &'static Hub) {
        let peer = self.peer.clone();
        hub.run_as(self, || _ = peer.switch(Turn));
    }

    fn give_up(&self, _: Payload) {}

    fn verdict(&self) -> crate::task::Verdict {
        crate::task::Verdict::Pending
    }
}
