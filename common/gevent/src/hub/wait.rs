//! Leaving the turn, and getting it back.

use std::rc::Rc;
use std::time::Duration;

use super::{Alarm, Hub, Interrupt, Turn, Waker, raise};

/// How a wait ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Woken {
    Called,
    TimedOut,
}

impl Hub {
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
}
