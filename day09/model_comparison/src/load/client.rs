//! One client: its connection, and the messages that it waits for.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use super::MESSAGE;

#[derive(Debug)]
pub(super) struct Client {
    stream: TcpStream,
    /// When each message was sent, or was due, whose answer has not come; the oldest first.
    pub(super) due: VecDeque<Instant>,
    /// Bytes of the oldest answer that have come already.
    got: usize,
    /// How long each answer took.
    pub(super) took: Vec<Duration>,
    /// An answer has come, now or earlier.
    pub(super) answered: bool,
}

impl Client {
    pub(super) fn new(stream: TcpStream) -> Client {
        Client { stream, due: VecDeque::new(), got: 0, took: Vec::new(), answered: false }
    }

    /// Answers that have not come.
    pub(super) fn waiting(&self) -> usize {
        self.due.len()
    }

    pub(super) fn send(&mut self, due: Instant) -> io::Result<()> {
        match self.stream.write(&[b'x'; MESSAGE]) {
            Ok(MESSAGE) => self.due.push_back(due),
            Ok(_) => return Err(io::Error::other("the server takes no more bytes")),
            Err(e) if e.kind() == ErrorKind::WouldBlock => {
                return Err(io::Error::other("the server takes no more bytes"));
            }
            Err(e) => return Err(e),
        }
        Ok(())
    }

    /// Takes what has come; the time now if that completed an answer.
    pub(super) fn receive(&mut self) -> io::Result<Option<Instant>> {
        let mut buffer = [0; 4096];
        match self.stream.read(&mut buffer) {
            Ok(0) => return Err(io::Error::other("closed by the server")),
            Ok(count) => self.got += count,
            Err(e) if e.kind() == ErrorKind::WouldBlock => return Ok(None),
            Err(e) => return Err(e),
        }
        let now = Instant::now();
        let whole = self.got / MESSAGE;
        self.got %= MESSAGE;
        for due in self.due.drain(..whole.min(self.due.len())) {
            self.took.push(now.saturating_duration_since(due));
        }
        self.answered |= whole > 0;
        Ok((whole > 0).then_some(now))
    }
}
