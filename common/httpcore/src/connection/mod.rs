//! A connection as a state machine: fed bytes, asked for the next step.
//!
//! ```text
//!            feed                        respond                     step
//! driver ----------> Head / Body ----------------------> out, parts ------> driver
//!   ^     (consume)        |            (answer)                              |
//!   +----------------------+--------------------- sent -----------------------+
//! ```
//!
//! Requests are answered one after the other. While an answer is owed, nothing more is taken in: the
//! driver is told to send, not to receive, so that a client that asks and never reads costs what it
//! has been sent last and no more.

mod answer;
mod receive;

use std::collections::VecDeque;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::access::Access;
use crate::body::Framing;
use crate::fault::{Fault, Why};
use crate::head::Head;
use crate::response::Part;
use crate::service::{Limits, Service, Upload};

/// No request is begun while more than this is waiting to be sent.
const ENOUGH: usize = 32 * 1024;
/// An unwanted body up to this size is read to its end, so that the connection can go on.
const UNWANTED: u64 = 256 * 1024;
/// After the last answer, how long and how much is still read, so that the client sees the answer
/// and not a reset (RFC 9112 section 9.6).
const LINGER: Duration = Duration::from_secs(2);
/// A piece of a file or a body this large is sent on its own, not copied to the head.
const LARGE: usize = 16 * 1024;

/// What all connections of a server share.
pub struct Http {
    service: Box<dyn Service>,
    limits: Limits,
}

/// What the driver is to do next.
#[derive(Debug)]
pub enum Step<'a> {
    /// Send some or all of these, then say so with [`Connection::sent`]. If `more`, something to send
    /// follows: with `MSG_MORE` both can share a packet.
    Send {
        /// Never empty.
        bytes: &'a [u8],
        /// Whether the next step is to send, too.
        more: bool,
    },
    /// Send some or all of this part of a file, as with `sendfile`; then [`Connection::sent`].
    /// A file that ends early: [`Connection::sent`] with 0.
    SendFile {
        /// The open file; use offsets, its own position belongs to nobody.
        file: BorrowedFd<'a>,
        /// Where to begin.
        offset: u64,
        /// How much, never 0.
        length: u64,
    },
    /// Wait for bytes, at most until [`Connection::deadline`], and [`Connection::feed`] them.
    Receive,
    /// Nothing more will be sent: shut down the sending half, and go on.
    HalfClose,
    /// Done: close.
    Close,
}

/// One client's connection. See the crate's documentation for how it is driven.
pub struct Connection {
    http: Arc<Http>,
    peer: String,
    /// Bytes received and not used yet: the part behind `used`.
    held: Vec<u8>,
    used: usize,
    head: Head,
    /// The head of a request whose body is being collected.
    kept: Vec<u8>,
    stage: Stage,
    /// Bytes owed: the part behind `out_sent`; and what is owed after them.
    out: Vec<u8>,
    out_sent: usize,
    parts: VecDeque<Part>,
    /// The connection ends once what is owed has been sent.
    last: bool,
    /// The client has closed its sending half.
    ended: bool,
    /// Where a path is resolved if it has to be.
    room: Vec<u8>,
    /// The time of the last call.
    now: Instant,
    /// When waiting for bytes is over.
    receive_by: Instant,
    /// When waiting for the client to take what it is owed is over.
    send_by: Instant,
    /// Bytes of a body since `receive_by` was moved.
    progress: u64,
    /// The log's line about the answer that is being sent.
    access: Option<Access>,
}

/// What the next byte received belongs to.
enum Stage {
    Head,
    Body(Framing, Sink, Answering),
    /// The sending half is closed (`true`) or about to be (`false`).
    Linger(bool),
    Closed,
}

/// Where a body goes.
enum Sink {
    Drop(u64),
    Collect(Vec<u8>, usize),
    Upload(Box<dyn Upload>),
}

/// What of a request the answer depends on.
#[derive(Clone, Copy)]
struct Answering {
    /// HEAD: no body.
    headless: bool,
    minor: u8,
    /// The client wants the connection to go on.
    keep: bool,
    /// Bytes of the body so far.
    received: u64,
}

impl Http {
    /// A server that answers with `service`.
    pub fn new(service: impl Service + 'static) -> Arc<Self> {
        Self::with_limits(service, Limits::default())
    }

    /// The same with limits other than the usual ones.
    pub fn with_limits(service: impl Service + 'static, limits: Limits) -> Arc<Self> {
        Arc::new(Self { service: Box::new(service), limits })
    }
}

impl Connection {
    /// A new connection; `peer` names the client to handlers and in the log.
    #[must_use]
    pub fn new(http: &Arc<Http>, peer: impl Into<String>, now: Instant) -> Self {
        Self {
            peer: peer.into(),
            held: Vec::new(),
            used: 0,
            head: Head::default(),
            kept: Vec::new(),
            room: Vec::new(),
            stage: Stage::Head,
            out: Vec::new(),
            out_sent: 0,
            parts: VecDeque::new(),
            last: false,
            ended: false,
            now,
            receive_by: now + http.limits.idle,
            send_by: now,
            progress: 0,
            access: None,
            http: Arc::clone(http),
        }
    }

    /// Takes bytes that the client sent; none mean that it will send no more.
    pub fn feed(&mut self, bytes: &[u8], now: Instant) {
        self.now = now;
        if bytes.is_empty() {
            self.ended = true;
        }
        if self.used == self.held.len() {
            // The usual case: a whole request, read where the driver received it.
            let used = self.consume(bytes);
            self.held.clear();
            self.held.extend_from_slice(&bytes[used..]);
            self.used = 0;
        } else {
            self.held.extend_from_slice(bytes);
            self.resume();
        }
        // One that goes on sending after its last answer would keep its driver reading for ever.
        if matches!(self.stage, Stage::Linger(true)) && now >= self.receive_by {
            self.stage = Stage::Closed;
        }
    }

    /// So many bytes of the last step have been sent. 0: it could not be sent, and never will be.
    pub fn sent(&mut self, count: u64, now: Instant) {
        self.now = now;
        if count == 0 {
            return self.abort();
        }
        self.send_by = now + self.http.limits.stall;
        if let Some(access) = &mut self.access {
            access.sent += count;
        }
        if self.out_sent < self.out.len() {
            self.out_sent +=
                usize::try_from(count).unwrap_or(usize::MAX).min(self.out.len() - self.out_sent);
        } else if let Some(Part::File(_, range)) = self.parts.front_mut() {
            range.start = range.start.saturating_add(count).min(range.end);
        }
        if !self.owes() {
            // The client's turn: its time starts when it has its answer.
            let limits = &self.http.limits;
            self.receive_by = now + if self.head.begun() { limits.head } else { limits.idle };
        }
    }

    /// What to do next.
    pub fn step(&mut self) -> Step<'_> {
        self.advance();
        if self.out_sent < self.out.len() {
            // Not where the next piece is still to be made: it may take its time.
            let more = matches!(self.parts.front(), Some(Part::File(..) | Part::Bytes(_)));
            return Step::Send { bytes: &self.out[self.out_sent..], more };
        }
        if let Some(Part::File(file, range)) = self.parts.front() {
            let (offset, length) = (range.start, range.end - range.start);
            return match &file.content {
                Some(content) => Step::Send {
                    bytes: &content[range.start as usize..range.end as usize],
                    more: self.parts.len() > 1,
                },
                None => Step::SendFile { file: file.file.as_fd(), offset, length },
            };
        }
        match self.stage {
            Stage::Closed => Step::Close,
            Stage::Linger(false) => {
                self.stage = Stage::Linger(true);
                self.receive_by = self.now + LINGER;
                Step::HalfClose
            }
            _ => Step::Receive,
        }
    }

    /// Until when the driver waits for the step it was told; then it calls [`Connection::expire`].
    #[must_use]
    pub fn deadline(&self) -> Instant {
        if self.owes() { self.send_by } else { self.receive_by }
    }

    /// The deadline may have passed: if it has, the client is told, where that makes sense, and let go.
    pub fn expire(&mut self, now: Instant) {
        self.now = now;
        if now < self.deadline() {
            return;
        }
        let waits_for_request = matches!(self.stage, Stage::Head) && self.held.is_empty();
        match self.stage {
            _ if self.owes() => self.abort(),
            Stage::Head | Stage::Body(..) if !waits_for_request => {
                self.refuse(Fault::whole(Why::Timeout), &[]);
            }
            _ => self.stage = Stage::Closed,
        }
    }

    /// The program stops: the request at hand is answered, and no other.
    pub fn stop(&mut self) {
        self.last = true;
        if matches!(self.stage, Stage::Head) && !self.owes() {
            self.stage = Stage::Closed;
        }
    }

    /// Whether something is owed to the client.
    fn owes(&self) -> bool {
        self.out_sent < self.out.len() || !self.parts.is_empty()
    }
}

impl std::fmt::Debug for Http {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Http").field("limits", &self.limits).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connection")
            .field("peer", &self.peer)
            .field("held", &(self.held.len() - self.used))
            .field("owed", &(self.out.len() - self.out_sent))
            .field("last", &self.last)
            .finish_non_exhaustive()
    }
}
