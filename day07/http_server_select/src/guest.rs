//! One browser of the loop: does what its connection says, and never waits for it.

use std::os::fd::{AsFd, AsRawFd};
use std::sync::Arc;
use std::time::Instant;

use common::net::Client;
use httpcore::{Connection, Http, Step};
use nix::errno::Errno;
use nix::libc;
use nix::sys::sendfile::sendfile64;
use nix::sys::socket::{MsgFlags, Shutdown, recv, send, shutdown};

/// A browser's connection and what it waits for.
pub(crate) struct Guest {
    pub(crate) client: Client,
    pub(crate) waits: Waits,
    connection: Connection,
}

/// Which of select's sets it belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Waits {
    ToRead,
    ToWrite,
}

/// As much of a file goes out in one turn, so that a fast download leaves the others theirs.
const TURN: u64 = 1 << 20;

impl Guest {
    /// `None`: its connection is broken already.
    pub(crate) fn begin(mut client: Client, http: &Arc<Http>, now: Instant) -> Option<Self> {
        client.set_nonblocking(true).ok()?;
        let connection = Connection::new(http, client.peer(), now);
        Some(Self { client, waits: Waits::ToRead, connection })
    }

    /// Until when it may wait.
    pub(crate) fn deadline(&self) -> Instant {
        self.connection.deadline()
    }

    /// Whether it has waited too long; its connection is told.
    pub(crate) fn is_late(&mut self, now: Instant) -> bool {
        let late = now >= self.deadline();
        if late {
            self.connection.expire(now);
        }
        late
    }

    /// The program stops; false if this connection owes nothing and can be closed at once.
    pub(crate) fn stop(&mut self, buffer: &mut [u8], now: Instant) -> bool {
        self.connection.stop();
        self.go_on(buffer, now)
    }

    /// One turn: receives once, and answers until the socket takes no more. False: close it.
    ///
    /// All guests share one buffer: what a connection wants to keep of it, it copies.
    pub(crate) fn go_on(&mut self, buffer: &mut [u8], now: Instant) -> bool {
        let mut received = self.waits == Waits::ToWrite;
        let socket = self.client.as_fd().as_raw_fd();
        loop {
            let step = self.connection.step();
            self.waits = if let Step::Receive = step { Waits::ToRead } else { Waits::ToWrite };
            let sent = match step {
                Step::Receive if received => return true,
                Step::Receive => recv(socket, buffer, MsgFlags::empty()).map(|n| {
                    received = true;
                    self.connection.feed(&buffer[..n], now);
                    true
                }),
                Step::Send { bytes, more } => {
                    let more = if more { libc::MSG_MORE } else { 0 };
                    let flags = MsgFlags::MSG_NOSIGNAL | MsgFlags::from_bits_retain(more);
                    send(socket, bytes, flags).map(|n| {
                        self.connection.sent(n as u64, now);
                        true
                    })
                }
                Step::SendFile { file, offset, length } => {
                    let (mut at, count) = (offset as i64, length.min(TURN) as usize);
                    sendfile64(self.client.as_fd(), file, Some(&mut at), count).map(|n| {
                        self.connection.sent(n as u64, now);
                        n as u64 == length
                    })
                }
                Step::HalfClose => shutdown(socket, Shutdown::Write).map(|()| true),
                Step::Close => return false,
            };
            match sent {
                Ok(true) | Err(Errno::EINTR) => {}
                // 这一轮到此为止 / that was its turn.
                Ok(false) | Err(Errno::EAGAIN) => return true,
                // 对方已断开，只影响这一个连接 / the client is gone: this connection ends, no other.
                Err(_) => return false,
            }
        }
    }
}
