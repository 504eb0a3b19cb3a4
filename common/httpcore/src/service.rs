//! Between the protocol and what a server has to say: who answers a request, and how a body is taken.

use std::fmt;
use std::ops::ControlFlow;
use std::time::Duration;

use crate::request::Request;
use crate::response::Response;

/// Answers requests. A [`Router`](crate::Router), a [`Files`](crate::Files), or one of your own.
///
/// It is asked when the head is there and nothing of the body; see [`Reply`].
pub trait Service: Send + Sync {
    /// The answer to one request.
    fn respond(&self, request: &Request<'_>) -> Reply;
}

impl<F> Service for F
where
    F: Fn(&Request<'_>) -> Response + Send + Sync,
{
    fn respond(&self, request: &Request<'_>) -> Reply {
        Reply::Ready(self(request))
    }
}

/// What becomes of a request once its head is known.
pub enum Reply {
    /// The answer. A body that is still to come is read and dropped.
    Ready(Response),
    /// Ask again when the whole body is there, at most this many bytes of it.
    Collect(usize),
    /// Hand the body over piece by piece, whatever its size.
    Upload(Box<dyn Upload>),
}

/// Takes a body as it arrives.
pub trait Upload: Send {
    /// The next bytes. `Break` ends the upload with that answer, and the connection with it, since
    /// what the client goes on sending is no request.
    fn data(&mut self, bytes: &[u8]) -> ControlFlow<Response>;

    /// The body is complete: the answer.
    fn done(&mut self) -> Response;
}

impl From<Response> for Reply {
    fn from(response: Response) -> Self {
        Self::Ready(response)
    }
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ready(response) => f.debug_tuple("Ready").field(response).finish(),
            Self::Collect(limit) => f.debug_tuple("Collect").field(limit).finish(),
            Self::Upload(_) => f.write_str("Upload"),
        }
    }
}

/// How long the server waits and how much it takes.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// From the first byte of a head to its last: 10 s. Over all bytes, so that one byte a second
    /// does not hold the server for ever.
    pub head: Duration,
    /// Between requests: 15 s.
    pub idle: Duration,
    /// A body that brings less than [`Limits::PROGRESS`] bytes in this time is given up, and so is a
    /// client that takes nothing of its answer: 15 s.
    pub stall: Duration,
    /// The largest body: 2 GiB.
    pub body: u64,
}

impl Limits {
    /// What counts as progress of a body in [`Limits::stall`], in bytes.
    pub const PROGRESS: u64 = 512;
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            head: Duration::from_secs(10),
            idle: Duration::from_secs(15),
            stall: Duration::from_secs(15),
            body: 2 << 30,
        }
    }
}
