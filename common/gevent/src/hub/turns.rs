//! The loop: whose turn it is, and what there is to look at between turns.

use std::rc::Rc;
use std::time::{Duration, Instant};

use greenlet::Greenlet;

use super::fiber::NOWHERE;
use super::{Alarm, Core, Fiber, Hub, Interrupt, PATIENCE, Turn, Waker, interrupt};
use crate::exception::LoopExit;

/// Turns between two looks at timers and descriptors, at most.
const TURNS: u32 = 512;
/// Turns between two looks at the clock.
const TURNS_PER_CLOCK: u32 = 8;
/// Time between two looks at timers and descriptors, as far as the tasks' own turns allow it.
const INTERVAL: Duration = Duration::from_millis(5);

impl Hub {
    /// Gives `fiber` the turn; `resume` switches to its stack and returns when it is left.
    #[inline]
    pub(super) fn run_as(&self, fiber: Rc<dyn Fiber>, resume: impl FnOnce()) {
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

    pub(super) fn run(&'static self) -> Turn {
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
}
