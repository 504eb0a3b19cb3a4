//! The control connection: commands come, replies go, and it is never out of sight.
//!
//! Every wait of a session is made here or through [`Control::wait_with`], so that wherever it
//! stands it learns that the client has left, that it said ABOR, or that the program is to stop.

use std::io::{self, Write};
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::time::{Duration, Instant};

use common::stop;
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{MsgFlags, recv, setsockopt, sockopt};

use crate::lines::{Line, Lines};
use crate::reply::Reply;

/// How long a client may take to fetch a reply.
const REPLY_LIMIT: Duration = Duration::from_secs(30);

/// One client's control connection.
///
/// (A control connection under TLS would be this room with another `stream`.)
#[derive(Debug)]
pub struct Control {
    stream: TcpStream,
    lines: Lines,
    peer: SocketAddr,
    local: SocketAddr,
    idle_limit: Duration,
    /// How long what is under way may last after the program has been asked to stop.
    grace: Duration,
    /// When that is over; `None`: it has not been asked.
    last_moment: Option<Instant>,
    /// The client sends no more.
    closed: bool,
}

/// What came of waiting for the next command.
#[derive(Debug)]
pub enum Next {
    /// A line.
    Line(Line),
    /// The client has left.
    Left,
    /// It has been silent for too long.
    Idle,
    /// The program is to stop, and what had been asked is answered.
    Stop,
}

/// What ended a wait for something else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interruption {
    /// The client says ABOR.
    Abort,
    /// The client has left.
    Left,
    /// The time is over.
    Timeout,
    /// The program is to stop, and its grace time is over.
    Stop,
}

impl Control {
    /// Speaks with the client connected to `socket`, whose copy it keeps. Who says nothing for
    /// `idle_limit` is let go; what is under way when the program is asked to stop gets `grace`.
    ///
    /// # Errors
    ///
    /// The client has gone already, or no descriptor is left.
    pub fn new(
        socket: BorrowedFd<'_>,
        idle_limit: Duration,
        grace: Duration,
    ) -> io::Result<Control> {
        let stream = TcpStream::from(socket.try_clone_to_owned()?);
        stream.set_write_timeout(Some(REPLY_LIMIT))?;
        stream.set_nodelay(true)?;
        // ABOR may come as urgent data, which would otherwise be taken out of the stream.
        setsockopt(&stream, sockopt::OobInline, &true)?;
        let canonical = |a: SocketAddr| SocketAddr::new(a.ip().to_canonical(), a.port());
        let (peer, local) = (canonical(stream.peer_addr()?), canonical(stream.local_addr()?));
        // The parent kills what is left when the grace time is over: be done, and tidy, before.
        let grace = grace * 9 / 10;
        let (lines, last_moment, closed) = (Lines::default(), None, false);
        Ok(Control { stream, lines, peer, local, idle_limit, grace, last_moment, closed })
    }

    /// The client's address.
    pub fn peer(&self) -> SocketAddr {
        self.peer
    }

    /// The address of this machine that the client has connected to.
    pub fn local_ip(&self) -> IpAddr {
        self.local.ip()
    }

    /// The limit of `--idle-timeout`.
    pub fn idle_limit(&self) -> Duration {
        self.idle_limit
    }

    /// Says something to the client.
    ///
    /// # Errors
    ///
    /// It has left, or fetches nothing.
    pub fn reply(&mut self, reply: &Reply) -> io::Result<()> {
        self.stream.write_all(&reply.bytes())
    }

    /// Waits for the next command.
    pub fn wait(&mut self) -> Next {
        let end = Instant::now() + self.idle_limit;
        loop {
            if let Some(line) = self.lines.take() {
                return Next::Line(line);
            }
            if self.closed {
                return Next::Left;
            }
            // First the question, then the last look: what came before the stop is answered.
            let stop = stop::requested();
            let some = self.read();
            if some {
                continue;
            }
            if stop {
                return Next::Stop;
            }
            if Instant::now() >= end {
                return Next::Idle;
            }
            self.poll(None, end, true);
        }
    }

    /// Waits until `other` is ready for `events`, but no longer than until `end`.
    ///
    /// # Errors
    ///
    /// What came first: see [`Interruption`].
    pub fn wait_with(
        &mut self,
        other: BorrowedFd<'_>,
        events: PollFlags,
        end: Instant,
    ) -> Result<(), Interruption> {
        loop {
            self.judge()?;
            // The stop is seen once: then a time is set for it, and only that is waited for.
            let (until, for_stop) = self.last_moment.map_or((end, true), |l| (l.min(end), false));
            let ready = self.poll(Some(PollFd::new(other, events)), until, for_stop);
            if ready.client {
                self.interruption()?;
            }
            if ready.other {
                return Ok(());
            }
            if Instant::now() >= end {
                return Err(Interruption::Timeout);
            }
        }
    }

    /// Whether the client wants what is under way to end; never waits.
    ///
    /// # Errors
    ///
    /// It does: see [`Interruption`].
    pub fn interruption(&mut self) -> Result<(), Interruption> {
        while !self.lines.full() && self.read() {}
        self.judge()
    }

    /// The same of what has been read already.
    fn judge(&mut self) -> Result<(), Interruption> {
        if self.lines.take_urgent("ABOR") {
            return Err(Interruption::Abort);
        }
        // Who sends all its commands, QUIT the last, and closes its half, still wants its files.
        if self.closed && !self.lines.has("QUIT") {
            return Err(Interruption::Left);
        }
        if stop::requested() {
            let grace = self.grace;
            let last_moment = *self.last_moment.get_or_insert_with(|| Instant::now() + grace);
            if Instant::now() >= last_moment {
                return Err(Interruption::Stop);
            }
        }
        Ok(())
    }

    /// Lets time pass, less if the client leaves or the program is to stop.
    pub fn pause(&mut self, time: Duration) {
        let end = Instant::now() + time;
        while Instant::now() < end && !stop::requested() && self.interruption().is_ok() {
            self.poll(None, end, true);
        }
    }

    /// Says goodbye so that the client gets it: closing with bytes unread would reset the connection.
    pub fn close(&mut self) {
        let _ = self.stream.shutdown(std::net::Shutdown::Write);
        let mut unread = [0; 4096];
        while let Ok(1..) = recv(self.stream.as_raw_fd(), &mut unread, MsgFlags::MSG_DONTWAIT) {}
    }

    /// Takes what has arrived; whether there was something new, be it the end.
    fn read(&mut self) -> bool {
        if self.closed {
            return false;
        }
        let mut buffer = [0; 4096];
        match recv(self.stream.as_raw_fd(), &mut buffer, MsgFlags::MSG_DONTWAIT) {
            Ok(0) => self.closed = true,
            Ok(n) => self.lines.feed(&buffer[..n]),
            Err(Errno::EAGAIN | Errno::EINTR) => return false,
            Err(_) => self.closed = true,
        }
        true
    }

    /// Waits for the client, for `other`, for the stop if asked for; says which of the two is ready.
    fn poll(&self, other: Option<PollFd<'_>>, end: Instant, for_stop: bool) -> Ready {
        let reads = !self.closed && !self.lines.full();
        let client = reads.then(|| PollFd::new(self.stream.as_fd(), PollFlags::POLLIN));
        let stop = stop::event().filter(|_| for_stop);
        let stop = stop.map(|event| PollFd::new(event, PollFlags::POLLIN));
        let (has_other, has_client) = (other.is_some(), client.is_some());
        let mut all: Vec<PollFd<'_>> = [other, client, stop].into_iter().flatten().collect();
        let left = end.saturating_duration_since(Instant::now());
        if poll(&mut all, timeout(left)).is_err() {
            return Ready::default();
        }
        let mut ready = all.iter().map(|fd| fd.any().unwrap_or(true));
        let other = has_other && ready.next() == Some(true);
        Ready { other, client: has_client && ready.next() == Some(true) }
    }
}

/// What a wait was ended by, if not by the time or the stop.
#[derive(Default)]
struct Ready {
    other: bool,
    client: bool,
}

impl AsFd for Control {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }
}

/// Whole milliseconds, rounded up, as poll(2) wants them.
fn timeout(left: Duration) -> PollTimeout {
    PollTimeout::try_from(left.as_nanos().div_ceil(1_000_000)).unwrap_or(PollTimeout::MAX)
}
