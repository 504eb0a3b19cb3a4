//! One connected client, as a server sees it.

use std::io::{self, Read, Write};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::time::{Duration, Instant};

use log::{info, log_enabled};
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::poll::{PollFd, PollFlags, poll};
use nix::sys::socket::{MsgFlags, Shutdown, recv, send, setsockopt, shutdown, sockopt};
use nix::sys::time::TimeVal;

use super::guests::{Place, timeout};
use crate::process::Pid;
use crate::stop;

/// A connection to read from and write to, as `std::net::TcpStream` is, that knows how a server ends.
///
/// As there, `&Client` can be read and written too.
///
/// While it is waited for in a blocking `read` and the program is asked to stop, `read` gives 0 as if
/// the client had left; what the client had already sent is read, and can be answered, first. The
/// same happens when the client has been silent for the server's idle timeout.
///
/// Dropping it closes the connection, frees its place in the server and says so in the log.
#[derive(Debug)]
pub struct Client {
    // Dropped, and so closed, before the place: whoever takes the place needs the descriptor.
    connection: Arc<Connection>,
    place: Option<Place>,
    idle_timeout: Option<Duration>,
    blocking: bool,
    sole: bool,
    /// A time limit of the handler's own: to exceed it is its error, not the client's leave.
    strict: AtomicBool,
    /// It has sent something: in a stop it is given time to send the rest.
    heard: AtomicBool,
}

/// The part of a client that the thread that stops the server can reach.
#[derive(Debug)]
pub(super) struct Connection {
    socket: OwnedFd,
    /// Its own thread is about to wait, or waits, for the next bytes.
    waiting: AtomicBool,
}

/// How long a client that was busy when the stop came may be silent before it counts as done.
pub const PATIENCE: Duration = Duration::from_millis(200);

impl Client {
    pub(super) fn new(
        connection: Arc<Connection>,
        place: Place,
        idle_timeout: Option<Duration>,
    ) -> Client {
        Client {
            connection,
            place: Some(place),
            idle_timeout,
            blocking: true,
            sole: false,
            strict: AtomicBool::new(false),
            heard: AtomicBool::new(false),
        }
    }

    /// The client's address as text: `127.0.0.1:40312`.
    pub fn peer(&self) -> &str {
        self.place.as_ref().map_or("", |place| &place.peer)
    }

    /// This process has one thread, and that answers this client until it leaves: let a signal to
    /// stop reach it there. (Of other clients the thread that accepts takes care.)
    pub fn ends_on_stop(&mut self) {
        self.sole = true;
        stop::set_sole(Some(self.as_fd()));
    }

    /// The child process `pid` answers this client from now on: closes this process's copy of the
    /// connection. The client's place in the server is free when the child has ended.
    pub fn hand_over(mut self, pid: Pid) {
        if let Some(place) = self.place.take() {
            place.hand_over(pid);
        }
    }

    /// Ends the client's stay as dropping it does: for a child process, which ends by `_exit` and
    /// drops nothing.
    pub fn leave(&mut self) {
        self.settle();
        self.place = None;
    }

    /// Makes reads and writes give [`io::ErrorKind::WouldBlock`] instead of waiting, or wait again.
    ///
    /// # Errors
    ///
    /// Those of fcntl(2), on a descriptor that is none.
    pub fn set_nonblocking(&mut self, nonblocking: bool) -> io::Result<()> {
        let mut flags = OFlag::from_bits_retain(fcntl(self.as_fd(), FcntlArg::F_GETFL)?);
        flags.set(OFlag::O_NONBLOCK, nonblocking);
        fcntl(self.as_fd(), FcntlArg::F_SETFL(flags))?;
        self.blocking = !nonblocking;
        Ok(())
    }

    /// Lets a read or write fail with [`io::ErrorKind::TimedOut`] when it takes longer than `limit`;
    /// `None`: never. Either replaces the server's idle timeout.
    ///
    /// # Errors
    ///
    /// Those of setsockopt(2).
    pub fn set_timeout(&self, limit: Option<Duration>) -> io::Result<()> {
        self.strict.store(true, SeqCst);
        self.connection.set_timeout(limit.unwrap_or_default())
    }

    /// Remembers, for the log, why this client is let go.
    pub fn leaves_because(&self, why: impl Into<String>) {
        if let Some(place) = &self.place {
            let _ = place.why.set(why.into());
        }
    }

    /// As `read`, without a line in the log: for a protocol that has a log of its own.
    ///
    /// # Errors
    ///
    /// As `read`.
    pub fn receive(&self, buffer: &mut [u8]) -> io::Result<usize> {
        self.set_waiting(true);
        let received = loop {
            // The flag first, then the question: whoever stops the server does it the other way round.
            if self.blocking && stop::requested() && !self.has_more() {
                break Ok(0);
            }
            match recv(self.connection.socket.as_raw_fd(), buffer, MsgFlags::empty()) {
                // A time limit on the socket makes recv return where SA_RESTART would go on.
                Err(Errno::EINTR) => {}
                other => break other,
            }
        };
        self.set_waiting(false);
        match received {
            Err(Errno::EAGAIN) if self.strict.load(SeqCst) && self.blocking => {
                Err(io::ErrorKind::TimedOut.into())
            }
            Err(Errno::EAGAIN) if self.blocking => {
                let limit = self.idle_timeout.unwrap_or_default();
                self.leaves_because(format!("silent for {limit:?}, let go"));
                Ok(0)
            }
            Err(errno) => Err(self.failed(errno)),
            Ok(0) => Ok(0),
            Ok(n) => {
                self.heard.store(true, SeqCst);
                Ok(n)
            }
        }
    }

    fn set_waiting(&self, waiting: bool) {
        self.connection.waiting.store(waiting, SeqCst);
        if self.sole {
            stop::set_sole_waits(waiting);
        }
    }

    fn has_more(&self) -> bool {
        let patience = if self.heard.load(SeqCst) { PATIENCE } else { Duration::ZERO };
        let mut readable = [PollFd::new(self.as_fd(), PollFlags::POLLIN)];
        loop {
            match poll(&mut readable, timeout(Some(patience))) {
                Err(Errno::EINTR) => {}
                other => return other != Ok(0),
            }
        }
    }

    fn failed(&self, errno: Errno) -> io::Error {
        if errno != Errno::EAGAIN {
            self.leaves_because(crate::reason(&errno.into()));
        }
        errno.into()
    }

    fn settle(&mut self) {
        if self.sole {
            stop::set_sole(None);
        }
        let handed_over = self.place.is_none();
        if stop::requested() && self.blocking && !handed_over {
            self.part();
        }
    }

    /// Ends the connection of a program that stops so that nothing sent to the client is lost.
    ///
    /// Closing a socket with unread bytes in it tells the peer "reset", and a reset throws away what
    /// is still on its way to it. So: say that nothing more will come, then read until the client
    /// has nothing more to say either, or is silent.
    fn part(&self) {
        let _ = shutdown(self.connection.socket.as_raw_fd(), Shutdown::Write);
        let mut unread = [0; 4096];
        let end = Instant::now() + 5 * PATIENCE;
        while self.has_more() && Instant::now() < end {
            match recv(self.connection.socket.as_raw_fd(), &mut unread, MsgFlags::MSG_DONTWAIT) {
                Ok(1..) => {}
                _ => break,
            }
        }
    }
}

impl Read for Client {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        (&*self).read(buffer)
    }
}

impl Write for Client {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        (&*self).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Read for &Client {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.receive(buffer)?;
        if n > 0 && log_enabled!(log::Level::Info) {
            info!("{}: received {}", self.peer(), excerpt(&buffer[..n]));
        }
        Ok(n)
    }
}

impl Write for &Client {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        loop {
            match send(self.connection.socket.as_raw_fd(), bytes, MsgFlags::MSG_NOSIGNAL) {
                Ok(n) => return Ok(n),
                Err(Errno::EINTR) => {}
                Err(Errno::EAGAIN) if self.strict.load(SeqCst) && self.blocking => {
                    return Err(io::ErrorKind::TimedOut.into());
                }
                Err(Errno::EAGAIN) if self.blocking => {
                    let limit = self.idle_timeout.unwrap_or_default();
                    self.leaves_because(format!("took nothing for {limit:?}, let go"));
                    return Err(io::ErrorKind::TimedOut.into());
                }
                Err(errno) => return Err(self.failed(errno)),
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl AsFd for Client {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.connection.socket.as_fd()
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.settle();
    }
}

impl Connection {
    pub(super) fn new(socket: OwnedFd, idle_timeout: Option<Duration>) -> io::Result<Connection> {
        let connection = Connection { socket, waiting: AtomicBool::new(false) };
        if let Some(limit) = idle_timeout {
            connection.set_timeout(limit)?;
        }
        Ok(connection)
    }

    /// For reads and for writes; zero is no limit.
    fn set_timeout(&self, limit: Duration) -> io::Result<()> {
        let seconds = limit.as_secs().try_into().unwrap_or(i64::MAX);
        let limit = TimeVal::new(seconds, limit.subsec_micros().into());
        setsockopt(&self.socket, sockopt::ReceiveTimeout, &limit)?;
        Ok(setsockopt(&self.socket, sockopt::SendTimeout, &limit)?)
    }

    /// Ends a wait for the next bytes, if there is one: nothing more will be read after those that
    /// have arrived. A client that is being answered is left alone.
    pub(super) fn stop_waiting(&self) {
        if self.waiting.load(SeqCst) {
            let _ = shutdown(self.socket.as_raw_fd(), Shutdown::Read);
        }
    }
}

/// What the log shows of bytes received: at most 80, escaped, between quotes; the rest is counted.
pub fn excerpt(bytes: &[u8]) -> String {
    const LONGEST: usize = 80;
    let shown = &bytes[..bytes.len().min(LONGEST)];
    match bytes.len() - shown.len() {
        0 => format!("\"{}\"", shown.escape_ascii()),
        more => format!("\"{}\" and {more} bytes more", shown.escape_ascii()),
    }
}

#[cfg(test)]
mod tests {
    use super::excerpt;

    #[test]
    fn the_log_shows_eighty_bytes_escaped() {
        assert_eq!(excerpt(b"hi\r\n\x1b[2J\xff"), r#""hi\r\n\x1b[2J\xff""#);
        assert_eq!(excerpt(&[b'a'; 80]), format!("\"{}\"", "a".repeat(80)));
        assert_eq!(excerpt(&[b'a'; 100]), format!("\"{}\" and 20 bytes more", "a".repeat(80)));
    }
}
