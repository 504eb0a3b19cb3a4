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

use std::collections::VecDeque;
use std::mem;
use std::os::fd::{AsFd, BorrowedFd};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::access::Access;
use crate::body::{Framing, Piece};
use crate::fault::{Fault, Why};
use crate::head::{Expect, Head};
use crate::path;
use crate::request::Request;
use crate::response::{Body, Part, Response};
use crate::service::{Limits, Reply, Service, Upload};
use crate::status::{Method, Status};

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
    room: Vec<u8>,
    stage: Stage,
    out: Vec<u8>,
    out_sent: usize,
    parts: VecDeque<Part>,
    /// The connection ends once what is owed has been sent.
    last: bool,
    /// The client has closed its sending half.
    ended: bool,
    now: Instant,
    /// When waiting for bytes is over.
    receive_by: Instant,
    /// When waiting for the client to take what it is owed is over.
    send_by: Instant,
    /// Bytes of a body since `receive_by` was moved.
    progress: u64,
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
    /// Bytes of the body are still to come.
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

    fn abort(&mut self) {
        self.stage = Stage::Closed;
        self.parts.clear();
        self.out.clear();
        self.out_sent = 0;
    }

    /// Whether something is owed to the client.
    fn owes(&self) -> bool {
        self.out_sent < self.out.len() || !self.parts.is_empty()
    }

    /// Brings up the next thing to send, and takes in more of what is held once nothing is owed.
    fn advance(&mut self) {
        loop {
            if self.out_sent < self.out.len() {
                return;
            }
            self.out.clear();
            self.out_sent = 0;
            match self.parts.front_mut() {
                Some(Part::File(_, range)) if range.is_empty() => drop(self.parts.pop_front()),
                Some(Part::File(..)) => return,
                Some(Part::Bytes(bytes)) => {
                    self.out = mem::take(bytes);
                    self.parts.pop_front();
                }
                Some(Part::Stream(stream, chunked)) => {
                    let chunked = *chunked;
                    match guarded(|| stream.next()) {
                        Ok(piece) => self.next_piece(piece, chunked),
                        // The status is long gone: an end cut short tells the client.
                        Err(_) => self.abort(),
                    }
                }
                None => {
                    self.answered();
                    if self.used == self.held.len() || !self.wants_input() {
                        return;
                    }
                    let before = (self.used, self.held.len());
                    self.resume();
                    if !self.owes() && before == (self.used, self.held.len()) {
                        return;
                    }
                }
            }
        }
    }

    /// Everything owed has been sent.
    fn answered(&mut self) {
        self.access = None;
        if self.last && matches!(self.stage, Stage::Head) {
            self.stage = Stage::Linger(false);
        }
        // Without a client that could still be sending there is nobody to linger for.
        if self.ended && matches!(self.stage, Stage::Linger(_)) {
            self.stage = Stage::Closed;
        }
    }

    fn wants_input(&self) -> bool {
        !matches!(self.stage, Stage::Closed)
    }

    fn next_piece(&mut self, piece: Option<Vec<u8>>, chunked: bool) {
        match piece {
            Some(piece) if piece.is_empty() => {}
            Some(piece) if chunked => {
                self.out.extend_from_slice(format!("{:x}\r\n", piece.len()).as_bytes());
                self.out.extend_from_slice(&piece);
                self.out.extend_from_slice(b"\r\n");
            }
            Some(piece) => self.out = piece,
            None => {
                self.parts.pop_front();
                if chunked {
                    self.out.extend_from_slice(b"0\r\n\r\n");
                }
            }
        }
    }

    /// Goes on with the bytes that are held.
    fn resume(&mut self) {
        let held = mem::take(&mut self.held);
        let used = self.used + self.consume(&held[self.used..]);
        self.held = held;
        if used == self.held.len() {
            self.held.clear();
            self.used = 0;
        } else if used > LARGE {
            self.held.drain(..used);
            self.used = 0;
        } else {
            self.used = used;
        }
    }

    /// Uses up what it can of `input`, which starts at the first byte not used yet.
    fn consume(&mut self, input: &[u8]) -> usize {
        let mut used = 0;
        loop {
            let rest = &input[used..];
            let more = match self.stage {
                Stage::Head => self.take_head(rest),
                Stage::Body(..) => self.take_body(rest),
                // What comes after the last answer is read and dropped.
                Stage::Linger(_) | Stage::Closed => Some(rest.len()).filter(|&n| n > 0),
            };
            match more {
                Some(count) => used += count,
                None => break,
            }
        }
        if self.ended {
            self.take_end(&input[used..]);
        }
        used
    }

    /// The client sends no more: what is not complete never will be.
    fn take_end(&mut self, rest: &[u8]) {
        match self.stage {
            Stage::Body(..) => self.refuse(Fault::whole(Why::BodyCutShort), &[]),
            _ if self.owes() => self.last |= rest.is_empty(),
            _ => self.stage = Stage::Closed,
        }
    }

    /// Reads a head; `None` if nothing more can be done with what is there.
    fn take_head(&mut self, input: &[u8]) -> Option<usize> {
        if self.last || !self.parts.is_empty() || self.out.len() > ENOUGH {
            return None;
        }
        let fresh = !self.head.begun();
        match self.head.read(input) {
            Err(fault) => {
                self.refuse(fault, input);
                Some(input.len())
            }
            Ok(None) => {
                if input.is_empty() {
                    self.receive_by = self.now + self.http.limits.idle;
                } else if fresh {
                    self.receive_by = self.now + self.http.limits.head;
                }
                None
            }
            Ok(Some(length)) => {
                self.begin(&input[..length]);
                self.head.clear();
                Some(length)
            }
        }
    }

    /// A head is complete: asks the service what becomes of the request.
    fn begin(&mut self, bytes: &[u8]) {
        let head = &self.head;
        let answering = Answering {
            headless: head.method == Some(Method::Head),
            minor: head.minor,
            keep: !head.close && (head.minor >= 1 || head.keep_alive),
            received: 0,
        };
        self.access = Access::of(&self.peer, head, bytes);
        let framing = match head.length {
            _ if head.is_chunked() => Framing::chunked(),
            length => Framing::Length(length.unwrap_or(0)),
        };
        let reply = match self.judge(&framing, bytes) {
            Ok(reply) => reply,
            Err(why) => Reply::Ready(self.page(&Fault::whole(why), &[])),
        };
        self.take_reply(reply, framing, answering, bytes);
    }

    /// What the service says, or why it is not asked.
    fn judge(&mut self, framing: &Framing, bytes: &[u8]) -> Result<Reply, Why> {
        let method = self.head.method.ok_or(Why::UnknownMethod)?;
        if framing.announced().is_some_and(|length| length > self.http.limits.body) {
            return Err(Why::BodyTooLarge);
        }
        if self.head.expect == Expect::Unknown {
            return Err(Why::Expectation);
        }
        let path = path::resolve(self.head.path.of(bytes), &mut self.room)?;
        let request = Request {
            head: &self.head,
            bytes,
            method,
            path,
            body: None,
            peer: &self.peer,
            now: self.now,
        };
        Ok(guarded(|| self.http.service.respond(&request)).unwrap_or_else(Reply::from))
    }

    fn take_reply(&mut self, reply: Reply, framing: Framing, answering: Answering, bytes: &[u8]) {
        let empty = framing.announced() == Some(0);
        // The client waits for a word before it sends its body (RFC 9110 section 10.1.1).
        let waits = self.head.expect == Expect::Continue && answering.minor >= 1 && !empty;
        let sink = match reply {
            Reply::Ready(response) => {
                let too_much = framing.announced().is_some_and(|left| left > UNWANTED);
                let keep = answering.keep && !waits && !too_much;
                self.answer(response, Answering { keep, ..answering });
                if empty || !keep {
                    return;
                }
                Sink::Drop(UNWANTED)
            }
            Reply::Collect(limit) => {
                if framing.announced().is_some_and(|length| length > limit as u64) {
                    let page = self.page(&Fault::whole(Why::BodyTooLarge), &[]);
                    return self.answer(page, Answering { keep: false, ..answering });
                }
                self.kept.clear();
                self.kept.extend_from_slice(bytes);
                Sink::Collect(Vec::new(), limit)
            }
            Reply::Upload(upload) => Sink::Upload(upload),
        };
        if waits {
            self.out.extend_from_slice(b"HTTP/1.1 100 Continue\r\n\r\n");
        }
        self.receive_by = self.now + self.http.limits.stall;
        self.progress = 0;
        self.stage = Stage::Body(framing, sink, answering);
    }

    /// Reads some of a body; `None` if nothing more can be done with what is there.
    fn take_body(&mut self, input: &[u8]) -> Option<usize> {
        let Stage::Body(framing, sink, answering) = &mut self.stage else {
            return None;
        };
        let (used, piece) = match framing.next(input) {
            Ok(next) => next,
            Err(why) => {
                self.refuse(Fault::whole(why), &[]);
                return Some(input.len());
            }
        };
        self.progress += used as u64;
        if self.progress >= Limits::PROGRESS {
            self.progress = 0;
            self.receive_by = self.now + self.http.limits.stall;
        }
        match piece {
            Piece::More => return Some(used).filter(|&used| used > 0),
            Piece::End => {
                self.body_ends();
                return Some(used);
            }
            Piece::Data(bytes) => {
                answering.received += bytes.len() as u64;
                let too_large = answering.received > self.http.limits.body
                    || matches!(sink, Sink::Collect(_, limit) if answering.received > *limit as u64);
                if too_large {
                    self.refuse(Fault::whole(Why::BodyTooLarge), &[]);
                    return Some(input.len());
                }
                let answering = *answering;
                match sink {
                    Sink::Drop(left) => match left.checked_sub(bytes.len() as u64) {
                        Some(rest) => *left = rest,
                        None => {
                            self.last = true;
                            self.stage = Stage::Head;
                        }
                    },
                    Sink::Collect(body, _) => body.extend_from_slice(bytes),
                    Sink::Upload(upload) => {
                        let verdict = guarded(|| upload.data(bytes));
                        let response = match verdict {
                            Ok(std::ops::ControlFlow::Continue(())) => None,
                            Ok(std::ops::ControlFlow::Break(response)) | Err(response) => {
                                Some(response)
                            }
                        };
                        if let Some(response) = response {
                            self.stage = Stage::Head;
                            self.answer(response, Answering { keep: false, ..answering });
                        }
                    }
                }
            }
        }
        Some(used)
    }

    /// The body is complete.
    fn body_ends(&mut self) {
        let Stage::Body(_, sink, answering) = mem::replace(&mut self.stage, Stage::Head) else {
            return;
        };
        let response = match sink {
            Sink::Drop(_) => return,
            Sink::Upload(mut upload) => guarded(|| upload.done()).unwrap_or_else(|page| page),
            Sink::Collect(body, _) => {
                let kept = mem::take(&mut self.kept);
                let response = self.respond_to_whole(&kept, &body);
                self.kept = kept;
                response
            }
        };
        self.answer(response, answering);
    }

    /// Asks the service again, now with the body.
    fn respond_to_whole(&mut self, bytes: &[u8], body: &[u8]) -> Response {
        let mut head = Head::default();
        let read = head.read(bytes);
        debug_assert!(matches!(read, Ok(Some(length)) if length == bytes.len()));
        let (Some(method), Ok(path)) =
            (head.method, path::resolve(head.path.of(bytes), &mut self.room))
        else {
            return Response::error(Status(500));
        };
        let (peer, now) = (self.peer.as_str(), self.now);
        let request = Request { head: &head, bytes, method, path, body: Some(body), peer, now };
        match guarded(|| self.http.service.respond(&request)) {
            Ok(Reply::Ready(response)) | Err(response) => response,
            // A service that asks for what it has been given.
            Ok(Reply::Collect(_) | Reply::Upload(_)) => Response::error(Status(500)),
        }
    }

    /// Queues an answer.
    fn answer(&mut self, response: Response, answering: Answering) {
        if !self.owes() {
            self.send_by = self.now + self.http.limits.stall;
        }
        let stream = matches!(response.body, Body::Stream(_));
        let chunked = stream && answering.minor >= 1;
        let keep = answering.keep && !self.last && (chunked || !stream);
        let connection: &[u8] = match (keep, answering.minor) {
            (true, 0) => b"Connection: keep-alive\r\n",
            (true, _) => b"",
            (false, _) => b"Connection: close\r\n",
        };
        self.last |= !keep;
        response.write_head(&mut self.out, self.now, connection, chunked);
        if let Some(access) = &mut self.access {
            // What is queued so far is not of the body.
            access.begin(response.status, self.now, (self.out.len() - self.out_sent) as u64);
        }
        if !answering.headless && !response.status.is_bodiless() {
            self.queue(response.body, chunked);
        }
        if self.parts.is_empty()
            && let Some(mut access) = self.access.take()
        {
            access.sent = (self.out.len() - self.out_sent) as u64;
        }
    }

    fn queue(&mut self, body: Body, chunked: bool) {
        match body {
            Body::Static(bytes) => self.out.extend_from_slice(bytes),
            Body::Owned(bytes) if bytes.len() < LARGE => self.out.extend_from_slice(&bytes),
            Body::Owned(bytes) => self.parts.push_back(Part::Bytes(bytes)),
            Body::Parts(parts, _) => self.parts.extend(parts),
            Body::File(file, range) => match &file.content {
                Some(content) if range.end - range.start < LARGE as u64 => {
                    self.out.extend_from_slice(&content[range.start as usize..range.end as usize]);
                }
                _ => self.parts.push_back(Part::File(file, range)),
            },
            Body::Stream(stream) => self.parts.push_back(Part::Stream(stream, chunked)),
        }
    }

    /// Answers a fault; what follows it cannot be trusted, so the connection ends.
    fn refuse(&mut self, fault: Fault, head: &[u8]) {
        let cut = matches!(self.stage, Stage::Body(_, Sink::Drop(_), _));
        self.stage = Stage::Head;
        self.last = true;
        if cut {
            // It has been answered already.
            return;
        }
        if self.access.is_none() {
            self.access = Access::of(&self.peer, &self.head, head);
        }
        let page = self.page(&fault, head);
        self.answer(page, Answering { headless: false, minor: 1, keep: false, received: 0 });
    }

    fn page(&self, fault: &Fault, head: &[u8]) -> Response {
        Response::text(fault.page(head)).status(fault.why.status())
    }
}

/// Calls a handler; one that panics costs its client a 500 and nobody else anything.
fn guarded<T>(handler: impl FnOnce() -> T) -> Result<T, Response> {
    // A handler's own state is its own to keep whole; ours is not touched while it runs.
    catch_unwind(AssertUnwindSafe(handler)).map_err(|_| Response::error(Status(500)))
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
