//! Receiving: from bytes to requests, and their bodies to where they belong.

use std::mem;
use std::ops::ControlFlow;

use super::answer::guarded;
use super::{Answering, Connection, ENOUGH, LARGE, Sink, Stage, UNWANTED};
use crate::access::Access;
use crate::body::{Framing, Piece};
use crate::fault::{Fault, Why};
use crate::head::{Expect, Head};
use crate::path;
use crate::request::Request;
use crate::response::Response;
use crate::service::{Limits, Reply};
use crate::status::{Method, Status};

impl Connection {
    /// Goes on with the bytes that are held.
    pub(super) fn resume(&mut self) {
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
    pub(super) fn consume(&mut self, input: &[u8]) -> usize {
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
                            Ok(ControlFlow::Continue(())) => None,
                            Ok(ControlFlow::Break(response)) | Err(response) => Some(response),
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
}
