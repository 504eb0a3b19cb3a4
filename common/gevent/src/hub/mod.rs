//! The hub: whose turn it is, and who waits for what. One per thread, made at first use.
//!
//! ```text
//!   main (the thread's own stack)      task 1      task 2      task 3
//!        \                                |           |          /
//!         `-------------.   .------------'           '---. .---'
//!                        the hub, a greenlet with a loop:
//!                          1. turns for all in the run queue, first come, first served
//!                          2. timers whose time has come       } put their tasks
//!                          3. descriptors that have changed    } into the run queue
//! ```
//!
//! Whoever has to wait leaves word who is to wake it (a [`Waker`] in some list) and switches to the
//! hub. Step 1 is interrupted every few milliseconds for a look at 2 and 3, so that tasks that do
//! nothing but give way keep nobody from being woken.

mod descriptors;
mod fiber;
mod limit;
mod poller;
mod remote;
mod timers;
mod turns;
mod wait;

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use greenlet::{Greenlet, getcurrent};

pub(crate) use fiber::{Core, Fiber, Interrupt, Payload, Stage, Turn, Waker, interrupt};
pub(crate) use poller::{Direction, Source};
pub(crate) use remote::Mailbox;
pub(crate) use timers::{Alarm, TimerKey};
pub(crate) use wait::Woken;

use crate::detector::Watched;
use crate::exception::LoopExit;
use fiber::Main;
use poller::Poller;
use remote::Remote;
use timers::Timers;

/// Reads and writes that succeed at once, after which a task gives way.
const PATIENCE: u32 = 128;

/// The loop of this thread that gives everybody their turns. See [`hub()`].
pub struct Hub {
    queue: RefCell<VecDeque<Rc<dyn Fiber>>>,
    timers: RefCell<Timers>,
    poller: Poller,
    remote: Remote,
    /// Whose turn it is; `None` while the hub itself runs.
    current: RefCell<Option<Rc<dyn Fiber>>>,
    main: OnceCell<Rc<dyn Fiber>>,
    /// The greenlet of the loop.
    looper: Cell<Option<Greenlet<Turn>>>,
    loop_peer: OnceCell<greenlet::Peer<Turn>>,
    /// Tasks that have waited and have not ended.
    live: RefCell<Vec<Rc<dyn Fiber>>>,
    /// Who waits in [`Hub::join`].
    joiners: RefCell<Vec<Waker>>,
    /// Timers of theirs: they count for nothing when it comes to whether the hub is idle.
    idle_timers: Cell<usize>,
    /// How many tasks wait for a lock of std.
    at_locks: Cell<usize>,
    next_id: Cell<u64>,
    /// Reads and writes left to the current fiber in this turn.
    patience: Cell<u32>,
    watched: RefCell<Option<Arc<Watched>>>,
    is_watched: Cell<bool>,
}

thread_local! {
    static HUB: Cell<Option<&'static Hub>> = const { Cell::new(None) };
    static END: End = const { End };
}

/// The hub of this thread.
///
/// It is made at first use, and what runs then is its main fiber. When the thread ends, tasks that
/// have not ended stay where they are, for ever: their destructors do not run.
#[inline]
pub fn hub() -> &'static Hub {
    HUB.get().unwrap_or_else(Hub::make)
}

/// Whether this thread has a hub already; asking makes none.
#[must_use]
pub fn has_hub() -> bool {
    HUB.get().is_some()
}

/// The hub of this thread, if it has one.
#[inline]
pub(crate) fn existing() -> Option<&'static Hub> {
    HUB.get()
}

impl Hub {
    /// Waits until there is nothing left that could wake anybody: everybody has ended, or waits for
    /// something that cannot happen. False if `timeout` was over first.
    pub fn join(&'static self, timeout: Option<Duration>) -> bool {
        let own_timers = usize::from(timeout.is_some());
        self.idle_timers.set(self.idle_timers.get() + own_timers);
        let register = |waker| self.joiners.borrow_mut().push(waker);
        let woken = self.wait_or("the hub to be idle", timeout, register);
        self.idle_timers.set(self.idle_timers.get() - own_timers);
        self.joiners.borrow_mut().retain(Waker::is_waiting);
        match woken {
            Ok(woken) => woken == Woken::Called,
            Err(Interrupt::Unwinding) => false,
            Err(interrupt) => raise(interrupt),
        }
    }

    /// How many tasks have started and have to wait for something.
    #[must_use]
    pub fn tasks(&self) -> usize {
        self.live.borrow().len()
    }

    #[cold]
    fn make() -> &'static Hub {
        let hub: &'static Hub = Box::leak(Box::new(Hub {
            queue: RefCell::default(),
            timers: RefCell::new(Timers::new()),
            poller: Poller::new(),
            remote: Remote::default(),
            current: RefCell::new(None),
            main: OnceCell::new(),
            looper: Cell::new(None),
            loop_peer: OnceCell::new(),
            live: RefCell::default(),
            joiners: RefCell::default(),
            idle_timers: Cell::new(0),
            at_locks: Cell::new(0),
            next_id: Cell::new(1),
            patience: Cell::new(PATIENCE),
            watched: RefCell::new(None),
            is_watched: Cell::new(false),
        }));
        let core = Core::new(0, Stage::Started);
        core.with_rare(|rare| rare.name = Some("main".into()));
        let main: Rc<dyn Fiber> = Rc::new(Main { core, peer: getcurrent::<Turn>() });
        hub.current.replace(Some(Rc::clone(&main)));
        let _ = hub.main.set(main);
        // Links run on this stack, and they are the user's code.
        let looper = Greenlet::builder().name("hub").stack_size(256 * 1024).run(|Turn| hub.run());
        let _ = hub.loop_peer.set(looper.peer());
        hub.looper.set(Some(looper));
        HUB.set(Some(hub));
        common::process::object_to_forks(|| has_hub().then_some(NO_FORK));
        let _ = END.try_with(|_| ());
        hub
    }

    pub(crate) fn next_id(&self) -> u64 {
        self.next_id.replace(self.next_id.get() + 1)
    }

    /// Whose turn it is.
    ///
    /// # Panics
    /// In a link: those run in the hub itself, which must not wait.
    pub(crate) fn current(&self) -> Rc<dyn Fiber> {
        match &*self.current.borrow() {
            Some(fiber) => Rc::clone(fiber),
            None => panic!("{BLOCKING_SWITCH_OUT}"),
        }
    }

    fn with_current<R>(&self, f: impl FnOnce(&Core) -> R) -> R {
        match &*self.current.borrow() {
            Some(fiber) => f(fiber.core()),
            None => panic!("{BLOCKING_SWITCH_OUT}"),
        }
    }

    /// As [`Hub::current`], `None` in a link.
    pub(crate) fn try_current(&self) -> Option<Rc<dyn Fiber>> {
        self.current.borrow().clone()
    }

    pub(crate) fn main(&self) -> Option<&Rc<dyn Fiber>> {
        self.main.get()
    }

    /// Puts a fiber at the end of the run queue.
    #[inline]
    pub(crate) fn push(&self, fiber: Rc<dyn Fiber>) {
        self.queue.borrow_mut().push_back(fiber);
    }

    pub(crate) fn arm(&self, after: Duration, alarm: Alarm) -> TimerKey {
        self.timers.borrow_mut().arm(after, alarm)
    }

    pub(crate) fn disarm(&self, key: TimerKey) -> bool {
        self.timers.borrow_mut().disarm(key)
    }

    pub(crate) fn is_armed(&self, key: TimerKey) -> bool {
        self.timers.borrow().is_armed(key)
    }

    /// What `f` says of the fiber whose turn it is; `None` in the hub itself.
    #[inline]
    pub(crate) fn of_current<R>(&self, f: impl FnOnce(&Core) -> R) -> Option<R> {
        self.current.try_borrow().ok()?.as_ref().map(|fiber| f(fiber.core()))
    }

    /// Raises what a patched call could only announce.
    pub(crate) fn raise_announced(&self) {
        if let Some(interrupt) = self.of_current(Core::take_announced).flatten() {
            raise(interrupt);
        }
    }

    /// A number for something another thread will do, and where it posts it when it has.
    pub(crate) fn expect_mail(&self) -> io::Result<(u64, Arc<Mailbox>)> {
        self.remote.expect(&self.poller)
    }

    /// That will not happen.
    pub(crate) fn mail_is_off(&self, number: u64) {
        self.remote.call_off(number);
    }

    /// Who is to be woken by that mail.
    pub(crate) fn on_mail(&self, number: u64, waker: Option<Waker>) {
        self.remote.set_waiter(number, waker);
    }

    /// Lets a detector look on, or no longer.
    pub(crate) fn set_watched(&self, watched: Option<Arc<Watched>>) {
        self.is_watched.set(watched.is_some());
        *self.watched.borrow_mut() = watched;
        if let Some(current) = self.try_current() {
            self.tell_watcher(Some(&*current));
        }
    }

    #[cold]
    fn tell_watcher(&self, fiber: Option<&dyn Fiber>) {
        if let Some(watched) = &*self.watched.borrow() {
            watched.turn(fiber.map(|fiber| fiber.core().name()));
        }
    }
}

impl fmt::Debug for Hub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hub")
            .field("ready", &self.queue.borrow().len())
            .field("tasks", &self.live.borrow().len())
            .finish_non_exhaustive()
    }
}

const NO_FORK: &str =
    "this thread has a gevent hub, which cannot be in two processes: fork before its first use";

const BLOCKING_SWITCH_OUT: &str =
    "a link runs in the hub, which must not wait (start a task for it)";

/// Unwinds from where the current fiber waits.
pub(crate) fn raise(interrupt: Interrupt) -> ! {
    let payload: Payload = match interrupt {
        Interrupt::Exit => greenlet::exit(Turn),
        Interrupt::TimedOut(error) => Box::new(error),
        Interrupt::Throw(payload) => match payload.downcast::<LoopExit>() {
            Ok(loop_exit) => loop_exit.announced(),
            Err(payload) => payload,
        },
        Interrupt::Unwinding => unreachable!("nothing is raised while a panic unwinds"),
    };
    if let Some(current) = hub().try_current() {
        let quiet = std::ptr::from_ref(&*payload).addr();
        current.core().with_rare(|rare| rare.quiet = quiet);
    }
    std::panic::resume_unwind(payload)
}

/// Takes leave of the thread's hub.
struct End;

impl Drop for End {
    fn drop(&mut self) {
        let Some(hub) = HUB.take() else { return };
        let forgotten = (
            hub.queue.take(),
            hub.timers.borrow_mut().clear(),
            hub.live.take(),
            hub.joiners.take(),
        );
        // What is suspended stays as it is: its destructors would run on a thread that has no hub.
        let suspended = !forgotten.2.is_empty();
        if suspended {
            std::mem::forget(forgotten);
        }
        if let Some(looper) = hub.looper.take()
            && suspended
        {
            std::mem::forget(looper);
        }
        hub.poller.close();
    }
}
