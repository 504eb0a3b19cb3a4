//! Waiting for descriptors, and giving way where there is no need to wait.

use std::io;
use std::os::fd::BorrowedFd;
use std::rc::Rc;
use std::time::Duration;

use super::{Direction, Hub, Interrupt, PATIENCE, Source, Waker, Woken};
use crate::waitlist::Deadline;

impl Hub {
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
}
