//! Reads and writes that wait in the hub.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::io::{self, ErrorKind, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::rc::Rc;
use std::time::Duration;

use nix::errno::Errno;

use crate::hub::{Direction, Interrupt, Source, hub, raise};
use crate::waitlist::Deadline;

/// A non-blocking descriptor whose user waits in the hub.
///
/// Each call is tried at once; only if it would block does the task wait. This is what all sockets
/// of this module are made of, and what makes others of: a pipe, a terminal, a device.
pub struct Cooperative<S: AsFd> {
    /// `None` once closed. Counted, so that it outlives the call that a task is in.
    inner: RefCell<Option<Rc<S>>>,
    source: Rc<Source>,
    read_timeout: Cell<Option<Duration>>,
    write_timeout: Cell<Option<Duration>>,
    /// Who waits to read is to stop waiting.
    cancelled: Cell<bool>,
}

impl<S: AsFd> Cooperative<S> {
    /// Takes a descriptor that has been made non-blocking.
    #[must_use]
    pub fn new(inner: S) -> Cooperative<S> {
        Cooperative {
            inner: RefCell::new(Some(Rc::new(inner))),
            source: Source::new(),
            read_timeout: Cell::new(None),
            write_timeout: Cell::new(None),
            cancelled: Cell::new(false),
        }
    }

    /// Who waits for it does not keep the hub from being idle.
    pub(crate) fn in_background(self) -> Cooperative<S> {
        self.source.in_background.set(true);
        self
    }

    /// The thing itself, to ask or set what needs no waiting.
    ///
    /// # Errors
    /// It was closed (EBADF).
    pub fn inner(&self) -> io::Result<Rc<S>> {
        self.inner.borrow().clone().ok_or_else(|| Errno::EBADF.into())
    }

    /// Closes it now; who waits for it gets EBADF.
    pub fn close(&self) {
        if let Some(inner) = self.inner.take()
            && crate::hub::has_hub()
        {
            hub().forget(&self.source, inner.as_fd());
        }
    }

    /// The task that waits to read gets the error `ConnectionAborted`, and may read again.
    pub fn cancel_read(&self) {
        if let Some(waker) = self.source.waiter(Direction::Read).take() {
            self.cancelled.set(waker.wake());
        }
    }

    /// How long a read may wait. `None`: as long as it takes.
    pub fn set_read_timeout(&self, limit: Option<Duration>) {
        self.read_timeout.set(limit);
    }

    /// How long a write may wait.
    pub fn set_write_timeout(&self, limit: Option<Duration>) {
        self.write_timeout.set(limit);
    }

    /// Runs `op` until it is through, waiting for something to read whenever it would block.
    ///
    /// # Errors
    /// Those of `op`, and those of waiting: the time is over, another task waits, it was closed.
    #[inline]
    pub fn reading<R>(&self, op: impl FnMut(&S) -> io::Result<R>) -> io::Result<R> {
        self.run(Direction::Read, self.read_timeout.get(), op)
    }

    /// The same with room to write.
    ///
    /// # Errors
    /// As [`Cooperative::reading`].
    #[inline]
    pub fn writing<R>(&self, op: impl FnMut(&S) -> io::Result<R>) -> io::Result<R> {
        self.run(Direction::Write, self.write_timeout.get(), op)
    }

    /// Says that this is a TCP socket.
    pub(super) fn of_tcp(self) -> Cooperative<S> {
        self.source.short_read_empties.set(true);
        self
    }

    /// Reads with `op` into a buffer of `room` bytes. If a read that leaves room has emptied the stream,
    /// the next one need not ask.
    #[inline]
    pub(crate) fn read_stream(
        &self,
        room: usize,
        op: impl FnMut(&S) -> io::Result<usize>,
    ) -> io::Result<usize> {
        let n = self.reading(op)?;
        if n > 0 && n < room && self.source.short_read_empties.get() {
            self.source.ready(Direction::Read).set(false);
        }
        Ok(n)
    }

    /// Waits until a connection that has been begun is made, or has failed.
    pub(super) fn wait_writable(&self, limit: Option<Duration>) -> io::Result<()> {
        self.source.ready(Direction::Write).set(false);
        self.wait(Direction::Write, Deadline::after(limit), &*self.inner()?)
    }

    #[inline]
    fn run<R>(
        &self,
        direction: Direction,
        limit: Option<Duration>,
        mut op: impl FnMut(&S) -> io::Result<R>,
    ) -> io::Result<R> {
        // Before there is anything that could get lost: this may be where a kill strikes.
        hub().spend();
        let inner = self.inner()?;
        let ready = self.source.ready(direction);
        let mut deadline = None;
        loop {
            if ready.get() {
                match op(&inner) {
                    Err(error) if error.kind() == ErrorKind::WouldBlock => ready.set(false),
                    Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                    result => return result,
                }
            }
            let deadline = *deadline.get_or_insert_with(|| Deadline::after(limit));
            self.wait(direction, deadline, &*inner)?;
        }
    }

    fn wait(&self, direction: Direction, deadline: Deadline, fd: &S) -> io::Result<()> {
        match hub().wait_ready(&self.source, direction, fd.as_fd(), deadline) {
            Ok(Ok(())) if self.cancelled.take() => Err(ErrorKind::ConnectionAborted.into()),
            Ok(result) => result,
            Err(Interrupt::Unwinding) => Err(ErrorKind::WouldBlock.into()),
            Err(interrupt) => raise(interrupt),
        }
    }
}

impl<S: AsFd> Read for &Cooperative<S>
where
    for<'a> &'a S: Read,
{
    #[inline]
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.read_stream(buffer.len(), |mut s| s.read(buffer))
    }

    fn read_vectored(&mut self, buffers: &mut [io::IoSliceMut<'_>]) -> io::Result<usize> {
        self.reading(|mut s| s.read_vectored(buffers))
    }
}

impl<S: AsFd> Write for &Cooperative<S>
where
    for<'a> &'a S: Write,
{
    #[inline]
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.writing(|mut s| s.write(bytes))
    }

    fn write_vectored(&mut self, buffers: &[io::IoSlice<'_>]) -> io::Result<usize> {
        self.writing(|mut s| s.write_vectored(buffers))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<S: AsFd> Drop for Cooperative<S> {
    fn drop(&mut self) {
        self.close();
    }
}

impl<S: AsFd + fmt::Debug> fmt::Debug for Cooperative<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.inner.borrow() {
            Some(inner) => inner.fmt(f),
            None => f.write_str("closed"),
        }
    }
}

/// Waits until any descriptor is readable; it is left as it is.
///
/// # Errors
/// The time is over, or it cannot be waited for (a regular file: EPERM).
pub fn wait_read(fd: BorrowedFd<'_>, limit: Option<Duration>) -> io::Result<()> {
    wait_once(fd, Direction::Read, limit)
}

/// Waits until any descriptor is writable; it is left as it is.
///
/// # Errors
/// As [`wait_read`].
pub fn wait_write(fd: BorrowedFd<'_>, limit: Option<Duration>) -> io::Result<()> {
    wait_once(fd, Direction::Write, limit)
}

fn wait_once(fd: BorrowedFd<'_>, direction: Direction, limit: Option<Duration>) -> io::Result<()> {
    // Closing a copy closes nothing of the caller's, and the copy can be watched in its own right.
    Cooperative::new(fd.try_clone_to_owned()?).wait_for(direction, limit)
}

impl<S: AsFd> Cooperative<S> {
    fn wait_for(&self, direction: Direction, limit: Option<Duration>) -> io::Result<()> {
        self.source.ready(direction).set(false);
        self.wait(direction, Deadline::after(limit), &*self.inner()?)
    }
}

/// The methods that all sockets have.
macro_rules! common_methods {
    ($socket:ident) => {
        impl $socket {
            /// Closes it now; who waits for it gets EBADF.
            pub fn close(&self) {
                self.io.close();
            }

            /// How long a read may wait before it gives `TimedOut`. `None`: as long as it takes.
            pub fn set_read_timeout(&self, limit: Option<std::time::Duration>) {
                self.io.set_read_timeout(limit);
            }

            /// How long a write may wait before it gives `TimedOut`. `None`: as long as it takes.
            pub fn set_write_timeout(&self, limit: Option<std::time::Duration>) {
                self.io.set_write_timeout(limit);
            }

            /// The socket itself, to ask or set what needs no waiting.
            ///
            /// # Errors
            /// It was closed (EBADF).
            pub fn inner(&self) -> std::io::Result<std::rc::Rc<Inner>> {
                self.io.inner()
            }
        }
    };
}

/// `Read` and `Write` of a stream, shared or not.
macro_rules! stream_io {
    ($stream:ty) => {
        impl std::io::Read for &$stream {
            #[inline]
            fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
                std::io::Read::read(&mut &*self.io, buffer)
            }

            fn read_vectored(
                &mut self,
                buffers: &mut [std::io::IoSliceMut<'_>],
            ) -> std::io::Result<usize> {
                std::io::Read::read_vectored(&mut &*self.io, buffers)
            }
        }

        impl std::io::Write for &$stream {
            #[inline]
            fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
                std::io::Write::write(&mut &*self.io, bytes)
            }

            fn write_vectored(
                &mut self,
                buffers: &[std::io::IoSlice<'_>],
            ) -> std::io::Result<usize> {
                std::io::Write::write_vectored(&mut &*self.io, buffers)
            }

            fn flush(&mut self) -> std::io::Result<()> {
                Ok(())
            }
        }

        impl std::io::Read for $stream {
            #[inline]
            fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
                std::io::Read::read(&mut &*self, buffer)
            }
        }

        impl std::io::Write for $stream {
            #[inline]
            fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
                std::io::Write::write(&mut &*self, bytes)
            }

            fn flush(&mut self) -> std::io::Result<()> {
                Ok(())
            }
        }
    };
}

pub(super) use {common_methods, stream_io};
