//! The access log: one line an answer, in the common log format.

use std::time::Instant;

use log::{Level, info, log_enabled};

use crate::date;
use crate::head::Head;
use crate::status::Status;

/// A line that is written when its answer has been sent, or given up.
#[derive(Debug)]
pub(crate) struct Access {
    peer: String,
    request: String,
    status: Status,
    date: String,
    /// Bytes sent since `begin`, and how many of them are not of the body.
    pub(crate) sent: u64,
    before: u64,
}

impl Access {
    /// The line of this request, if anyone wants to read it.
    pub(crate) fn of(peer: &str, head: &Head, bytes: &[u8]) -> Option<Self> {
        log_enabled!(Level::Info).then(|| Self {
            peer: peer.rsplit_once(':').map_or(peer, |(host, _)| host).to_owned(),
            request: bytes
                .get(head.request_line.range())
                .unwrap_or_default()
                .escape_ascii()
                .to_string(),
            status: Status(0),
            date: String::new(),
            sent: 0,
            before: 0,
        })
    }

    /// The answer is about to go out, behind `before` bytes that are not of its body.
    pub(crate) fn begin(&mut self, status: Status, now: Instant, before: u64) {
        self.status = status;
        self.date = date::with(now, |clock| clock.log.clone());
        self.sent = 0;
        self.before = before;
    }
}

impl Drop for Access {
    fn drop(&mut self) {
        // A client that left before it was answered has no line, as with other servers.
        if self.status != Status(0) {
            let Self { peer, request, status, date, sent, before } = self;
            let body = sent.saturating_sub(*before);
            info!("{peer} - - [{date}] \"{request}\" {} {body}", status.0);
        }
    }
}
