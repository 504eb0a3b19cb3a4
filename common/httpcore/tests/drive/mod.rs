//! A driver without a socket: what a connection would send to a client that sends these pieces.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::sync::Arc;
use std::time::Instant;

use httpcore::{Connection, Http, Step};

/// What came out of a connection.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) sent: Vec<u8>,
    /// It closed, or its sending half.
    pub(crate) closed: bool,
}

/// Feeds the pieces one by one (an empty one is the client's end), and takes at most `most` bytes of
/// each step.
pub(crate) fn drive<'a>(
    http: &Arc<Http>,
    pieces: impl IntoIterator<Item = &'a [u8]>,
    most: usize,
    now: Instant,
) -> Outcome {
    let mut connection = Connection::new(http, "127.0.0.1:1", now);
    let mut outcome = Outcome::default();
    let mut pieces = pieces.into_iter();
    loop {
        let count = match connection.step() {
            Step::Receive => match pieces.next() {
                Some(piece) => {
                    connection.feed(piece, now);
                    continue;
                }
                None => return outcome,
            },
            Step::Send { bytes, .. } => {
                assert!(!outcome.closed, "bytes behind the end");
                let bytes = &bytes[..bytes.len().min(most)];
                outcome.sent.extend_from_slice(bytes);
                bytes.len()
            }
            Step::SendFile { file, offset, length } => {
                assert!(!outcome.closed, "bytes behind the end");
                let file = File::from(file.try_clone_to_owned().unwrap());
                let mut bytes = vec![0; most.min(usize::try_from(length).unwrap())];
                let count = file.read_at(&mut bytes, offset).unwrap();
                outcome.sent.extend_from_slice(&bytes[..count]);
                count
            }
            Step::HalfClose => {
                outcome.closed = true;
                continue;
            }
            Step::Close => return Outcome { closed: true, ..outcome },
        };
        connection.sent(count as u64, now);
    }
}
