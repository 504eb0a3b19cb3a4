//! Answering: from a response to the bytes, files and pieces that are owed.

use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::{Answering, Connection, LARGE, Sink, Stage};
use crate::access::Access;
use crate::fault::Fault;
use crate::response::{Body, Part, Response};
use crate::scratch;
use crate::status::Status;

impl Connection {
    /// Brings up the next thing to send, and takes in more of what is held once nothing is owed.
    pub(super) fn advance(&mut self) {
        loop {
            if self.out_sent < self.out.len() {
                return;
            }
            scratch::put_bytes(mem::take(&mut self.out));
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
                    if self.used == self.held.len() || matches!(self.stage, Stage::Closed) {
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

    pub(super) fn abort(&mut self) {
        self.stage = Stage::Closed;
        self.parts.clear();
        self.out.clear();
        self.out_sent = 0;
    }

    /// Queues an answer.
    pub(super) fn answer(&mut self, response: Response, answering: Answering) {
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
        if self.out.capacity() == 0 {
            self.out = scratch::bytes();
        }
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
    pub(super) fn refuse(&mut self, fault: Fault, head: &[u8]) {
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

    pub(super) fn page(&self, fault: &Fault, head: &[u8]) -> Response {
        Response::text(fault.page(head)).status(fault.why.status())
    }
}

/// Calls a handler; one that panics costs its client a 500 and nobody else anything.
pub(super) fn guarded<T>(handler: impl FnOnce() -> T) -> Result<T, Response> {
    // A handler's own state is its own to keep whole; ours is not touched while it runs.
    catch_unwind(AssertUnwindSafe(handler)).map_err(|_| Response::error(Status(500)))
}
