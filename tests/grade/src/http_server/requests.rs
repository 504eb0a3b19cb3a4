//! Requests in pieces, and several on one connection.

use super::{INDEX, answer, request};
use crate::{Result, Subject};

/// A request that comes in three pieces is one request.
///
/// # Errors
///
/// It is answered too early, or not as one.
pub fn a_request_may_come_in_pieces(subject: &Subject) -> Result {
    let running = subject.start(&[])?;
    let mut client = running.connect()?;
    for piece in ["GET / HT", "TP/1.1\r\nHost: local"] {
        client.send(piece)?;
        client.expect_silence()?;
    }
    client.send("host\r\nConnection: close\r\n\r\n")?;
    let answer = answer(&mut client)?;
    let whole = answer.status == 200 && answer.body == INDEX;
    running.check(whole, format!("the answer is {:?}", answer.head))
}

/// HTTP 1.1: a second request on the same connection is answered too.
///
/// # Errors
///
/// The connection is closed, or the length not announced.
pub fn a_connection_is_kept(subject: &Subject) -> Result {
    let running = subject.start(&[])?;
    let mut client = running.connect()?;
    for (part, last) in (1..).zip([false, true]) {
        client.send(request("GET", "/", last))?;
        let answer = answer(&mut client)?;
        let whole = answer.status == 200 && answer.body == INDEX;
        running.check(whole, format!("answer {part} is {:?}", answer.head))?;
    }
    client.expect_eof()
}
