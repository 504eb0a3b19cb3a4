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

mod fiber;
mod limit;
mod poller;
mod remote;
mod timers;

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::os::fd::BorrowedFd;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use greenlet::{Greenlet, getcurrent};

pub(crate) use fiber::{Core, Fiber, Interrupt, Payload, Stage, Turn, Waker, interrupt};
pub(crate) use poller::{Direction, Source};
pub(crate) use remote::Mailbox;
pub(crate) use timers::{Alarm, TimerKey};

use crate::detector::Watched;
use crate::exception::LoopExit;
use crate::waitlist::Deadline;
use fiber::{Main, NOWHERE};
use poller::Poller;
use remote::Remote;
use timers::Timers;

/// Turns between two looks at timers and descriptors, at most.
const TURNS: u32 = 512;
/// Turns between two looks at the clock.
const TURNS_PER_CLOCK: u32 = 8;
/// Time between two looks at timers and descriptors, as far as the tasks' own turns allow it.
const INTERVAL: Duration = Duration::from_millis(5);
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

/// How a wait ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Woken {
    Called,
    TimedOut,
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

    /// Gives way: goes on when all who are ready now have had their turns.
    pub(crate) fn give_way(&'static self) {
        match self.give_way_or() {
            Ok(()) | Err(Interrupt::Unwinding) => {}
            Err(interrupt) => raise(interrupt),
        }
    }

    /// As [`Hub::give_way`], for who must not unwind.
    pub(crate) fn give_way_or(&'static self) -> Result<(), Interrupt> {
        let waker = self.waker()?;
        waker.wake();
        self.park("its turn").map(drop)
    }

    /// As [`Hub::give_way`], deaf to interrupts: for a fiber that has been told of one already.
    pub(crate) fn step_aside(&'static self) {
        Waker::new(self.current()).wake();
        let _ = self.park("its turn");
    }

    /// Waits until somebody uses the waker that `register` is given, or the time is over.
    ///
    /// An interrupt (`kill`, a `Timeout`) unwinds from here. In a destructor that runs while a panic
    /// unwinds the stack nothing can wait: there the time is over at once.
    pub(crate) fn wait(
        &'static self,
        what: &'static str,
        timeout: Option<Duration>,
        register: impl FnOnce(Waker),
    ) -> Woken {
        match self.wait_or(what, timeout, register) {
            Ok(woken) => woken,
            Err(Interrupt::Unwinding) => Woken::TimedOut,
            Err(interrupt) => raise(interrupt),
        }
    }

    /// As [`Hub::wait`], for who has to tidy up before an interrupt is raised.
    #[inline(always)]
    pub(crate) fn wait_or(
        &'static self,
        what: &'static str,
        timeout: Option<Duration>,
        register: impl FnOnce(Waker),
    ) -> Result<Woken, Interrupt> {
        let waker = self.waker()?;
        let timer = timeout.map(|after| self.arm(after, Alarm::Wake(waker.clone())));
        register(waker);
        let result = self.park(what);
        if let Some(timer) = timer {
            self.disarm(timer);
        }
        result
    }

    /// Prepares the current fiber's next wait. Nothing but [`Hub::park`] may follow.
    #[inline(always)]
    fn waker(&self) -> Result<Waker, Interrupt> {
        let current = self.current();
        if std::thread::panicking() {
            return Err(Interrupt::Unwinding);
        }
        if let Some(interrupt) = current.core().next_interrupt() {
            return Err(interrupt);
        }
        Ok(Waker::new(current))
    }

    /// Leaves the current fiber until its waker is used.
    #[inline(always)] // the fewer frames lie on a stack that waits, the fewer have to be fetched
    fn park(&'static self, what: &'static str) -> Result<Woken, Interrupt> {
        self.with_current(|core| core.waits_for.set(what));
        match self.loop_peer.get() {
            Some(hub) => hub.switch(Turn),
            None => unreachable!("a hub without a loop"),
        };
        self.with_current(|core| match core.woken_by() {
            Some(interrupt) => Err(interrupt),
            None if core.take_timed_out() => Ok(Woken::TimedOut),
            None => Ok(Woken::Called),
        })
    }

    /// Waits until a read or write of `fd` may succeed.
    ///
    /// # Errors
    /// The time is over (`TimedOut`), another task waits for the same, the descriptor was closed
    /// (EBADF) or cannot be watched.
    pub(crate) fn wait_ready(
        &'static self,
        source: &Rc<Source>,
        direction: Direction,
        fd: BorrowedFd<'_>,
        deadline: Deadline,
    ) -> Result<io::Result<()>, Interrupt> {
        if let Err(error) = self.poller.register(source, fd) {
            return Ok(Err(error));
        }
        if source.is_awaited(direction) {
            return Ok(Err(io::Error::other(crate::exception::CONCURRENT_USE)));
        }
        let what = match direction {
            Direction::Read => "something to read",
            Direction::Write => "room to write",
        };
        let counts = usize::from(!source.in_background.get());
        self.poller.waiters.set(self.poller.waiters.get() + counts);
        let limit = deadline.instant().map(|at| self.begin_limit(source, direction, at));
        let woken = self.wait_or(what, None, |waker| source.waiter(direction).set(Some(waker)));
        if let Some(deadline) = limit {
            self.end_limit(source, direction, deadline);
        }
        self.poller.waiters.set(self.poller.waiters.get() - counts);
        source.forget_stale(direction);
        Ok(match woken? {
            _ if source.closed.get() => Err(nix::errno::Errno::EBADF.into()),
            Woken::Called => Ok(()),
            Woken::TimedOut => Err(io::Error::new(io::ErrorKind::TimedOut, "timed out")),
        })
    }

    /// Has the kernel tell of the descriptor's changes from now on.
    ///
    /// # Errors
    /// It cannot be watched.
    pub(crate) fn watch(&self, source: &Rc<Source>, fd: BorrowedFd<'_>) -> io::Result<()> {
        self.poller.register(source, fd)
    }

    /// As [`Hub::wait_or`], for wakers that `register` puts at watched descriptors.
    pub(crate) fn wait_watched(
        &'static self,
        what: &'static str,
        timeout: Option<Duration>,
        register: impl FnOnce(Waker),
    ) -> Result<Woken, Interrupt> {
        self.poller.waiters.set(self.poller.waiters.get() + 1);
        let woken = self.wait_or(what, timeout, register);
        self.poller.waiters.set(self.poller.waiters.get() - 1);
        woken
    }

    /// Forgets a descriptor that is about to be closed; who waits for it gets EBADF.
    pub(crate) fn forget(&self, source: &Source, fd: BorrowedFd<'_>) {
        source.closed.set(true);
        self.poller.deregister(source, fd);
        for direction in [Direction::Read, Direction::Write] {
            self.forget_limit(source, direction);
            if let Some(waker) = source.waiter(direction).take() {
                waker.wake();
            }
        }
    }

    /// One more read or write has succeeded without waiting: after many, others get their turns.
    #[inline]
    pub(crate) fn spend(&'static self) {
        match self.patience.get() {
            0 => {
                self.patience.set(PATIENCE);
                if self.current.borrow().is_some() {
                    self.give_way();
                }
            }
            left => self.patience.set(left - 1),
        }
    }

    /// As [`Hub::spend`], for a fiber that must not unwind.
    #[inline]
    pub(crate) fn spend_or(&'static self) -> Result<(), Interrupt> {
        match self.patience.get() {
            0 => {
                self.patience.set(PATIENCE);
                self.give_way_or()
            }
            left => {
                self.patience.set(left - 1);
                Ok(())
            }
        }
    }

    /// Whether the next [`Hub::spend`] lets others run.
    #[inline]
    pub(crate) fn is_out_of_patience(&self) -> bool {
        self.patience.get() == 0
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

    /// Waits for that mail on behalf of a lock of std: as long as it takes, whatever interrupts come
    /// meanwhile (they are announced). False if the time was over.
    pub(crate) fn wait_for_lock(
        &'static self,
        number: u64,
        timeout: Option<Duration>,
    ) -> Result<Woken, Interrupt> {
        let current = self.current();
        let core = current.core();
        if std::thread::panicking() {
            return Err(Interrupt::Unwinding);
        }
        let waker = Waker::new(Rc::clone(&current));
        let timer = timeout.map(|after| self.arm(after, Alarm::Wake(waker.clone())));
        self.on_mail(number, Some(waker));
        self.at_locks.set(self.at_locks.get() + 1);
        core.deaf.set(true);
        let woken = self.park("a lock of std");
        core.deaf.set(false);
        self.at_locks.set(self.at_locks.get() - 1);
        self.on_mail(number, None);
        if let Some(timer) = timer {
            self.disarm(timer);
        }
        Ok(woken.unwrap_or_else(|interrupt| {
            core.announce(interrupt);
            Woken::Called
        }))
    }

    /// Gives `fiber` the turn; `resume` switches to its stack and returns when it is left.
    #[inline]
    fn run_as(&self, fiber: Rc<dyn Fiber>, resume: impl FnOnce()) {
        self.patience.set(PATIENCE);
        if self.is_watched.get() {
            self.tell_watcher(Some(&*fiber));
        }
        self.current.replace(Some(fiber));
        resume();
        self.current.replace(None);
        if self.is_watched.get() {
            self.tell_watcher(None);
        }
    }

    /// Gives the turn to a task that starts, on a stack of its own.
    ///
    /// # Errors
    /// No stack could be had.
    pub(crate) fn start(
        &'static self,
        fiber: &Rc<dyn Fiber>,
        body: impl FnOnce() + 'static,
    ) -> Result<(), greenlet::Error> {
        let body = |Turn| {
            body();
            Turn
        };
        let core = fiber.core();
        let stack = match core.if_rare(|rare| (rare.name.clone(), rare.stack_size)) {
            Some((name, stack_size)) => {
                let mut builder = Greenlet::builder();
                if let Some(name) = name {
                    builder = builder.name(name);
                }
                if let Some(bytes) = stack_size {
                    builder = builder.stack_size(bytes);
                }
                builder.run(body)
            }
            None => Greenlet::new(body),
        };
        let mut result = Ok(());
        self.run_as(Rc::clone(fiber), || result = stack.try_switch(Turn).map(drop));
        if result.is_ok() && !stack.dead() {
            core.stack.set(Some(stack));
            self.enroll(fiber);
        }
        result
    }

    /// Gives the turn to a task that waits no more.
    pub(crate) fn resume(&self, fiber: Rc<dyn Fiber>) {
        let Some(stack) = fiber.core().stack.take() else { return };
        let kept = Rc::clone(&fiber);
        self.run_as(fiber, || _ = stack.switch(Turn));
        if stack.dead() {
            self.strike_off(kept.core());
        } else {
            kept.core().stack.set(Some(stack));
        }
    }

    fn enroll(&self, fiber: &Rc<dyn Fiber>) {
        let mut live = self.live.borrow_mut();
        fiber.core().place.set(u32::try_from(live.len()).unwrap_or(NOWHERE));
        live.push(Rc::clone(fiber));
    }

    /// A task has ended.
    fn strike_off(&self, core: &Core) {
        let mut live = self.live.borrow_mut();
        let place = core.place.replace(NOWHERE);
        if (place as usize) < live.len() {
            live.swap_remove(place as usize);
            if let Some(moved) = live.get(place as usize) {
                moved.core().place.set(place);
            }
        }
    }

    fn run(&'static self) -> Turn {
        self.current.replace(None); // main, which has made the hub, is the first to wait
        loop {
            self.run_ready();
            self.look_outside();
        }
    }

    fn run_ready(&'static self) {
        let begin = Instant::now();
        let mut turns = 0;
        loop {
            let Some(next) = self.next_ready() else { return };
            next.turn(self);
            turns += 1;
            if turns % TURNS_PER_CLOCK == 0 && (turns >= TURNS || begin.elapsed() >= INTERVAL) {
                return;
            }
        }
    }

    /// The next whose turn it is. Of those who follow, the processor fetches what their turns begin
    /// with: with a thousand connections that is in no cache any more.
    fn next_ready(&self) -> Option<Rc<dyn Fiber>> {
        let mut queue = self.queue.borrow_mut();
        let next = queue.pop_front();
        if let Some(second) = queue.get(1) {
            second.core().with_stack(|stack| stack.fetch_block());
        }
        if let Some(first) = queue.front() {
            first.core().with_stack(|stack| stack.fetch_stack());
        }
        next
    }

    /// Looks at clock, descriptors and mail; waits for them if nobody is ready.
    fn look_outside(&'static self) {
        self.ring();
        let limit = if self.queue.borrow().is_empty() {
            if !self.something_may_happen() {
                return self.nothing_left();
            }
            self.timers.borrow().next_in()
        } else {
            Some(Duration::ZERO)
        };
        self.poller.look(limit);
        self.remote.look();
        self.ring();
    }

    /// Whether time, a descriptor or another thread may wake somebody.
    fn something_may_happen(&self) -> bool {
        let timers = self.timers.borrow().len() - self.idle_timers.get();
        let locks = self.at_locks.get();
        if timers + self.poller.waiters.get() + self.remote.expected.get() > locks {
            return true;
        }
        // A lock is held by another task, or by another thread if there is one.
        locks > 0 && crate::threadpool::other_threads() != Some(0)
    }

    /// Rings the alarms whose time has come.
    fn ring(&self) {
        if self.timers.borrow().len() == 0 {
            return;
        }
        let now = self.timers.borrow().now();
        loop {
            let Some(alarm) = self.timers.borrow_mut().due(now) else { return };
            match alarm {
                Alarm::Wake(waker) => waker.time_is_over(),
                Alarm::Start(fiber) => self.push(fiber),
                Alarm::Raise(fiber, error) => interrupt(&fiber, Interrupt::TimedOut(error)),
                Alarm::Limit(source, direction) => self.limit_rings(&source, direction, now),
            }
        }
    }

    /// Nobody is ready, and nothing could change that.
    #[cold]
    fn nothing_left(&self) {
        let joiners = self.joiners.take();
        let woken = joiners.into_iter().filter(Waker::is_waiting).map(Waker::wake).count();
        if woken > 0 {
            return;
        }
        let Some(main) = self.main.get() else { return };
        if main.core().deaf.get() {
            // Main cannot be told: it would wait for the lock again.
            eprintln!("error: {}", self.loop_exit());
            std::process::abort();
        }
        interrupt(main, Interrupt::Throw(Box::new(self.loop_exit())));
    }

    fn loop_exit(&self) -> LoopExit {
        let live = self.live.borrow();
        let waiting = self.main.get().into_iter().chain(live.iter()).map(|fiber| {
            let core = fiber.core();
            (core.name(), core.waits_for.get())
        });
        LoopExit::new(waiting.collect())
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
