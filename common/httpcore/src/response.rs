//! An answer, from the handler to the bytes on the wire.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;
use std::time::Instant;

use crate::bytes::{TOKEN, VALUE, all, push_decimal};
use crate::date;
use crate::open::Opened;
use crate::status::Status;

/// What a handler answers. The connection adds Date, Content-Length and, where it must, Connection.
///
/// ```
/// use httpcore::{Response, Status};
///
/// let page = Response::html("<h1>你好</h1>").header("Cache-Control", "no-store");
/// let gone = Response::text("not any more\n").status(Status(410));
/// let moved = Response::redirect(Status(301), "/new");
/// # let _ = (page, gone, moved);
/// ```
#[derive(Debug)]
pub struct Response {
    pub(crate) status: Status,
    pub(crate) kind: Option<Cow<'static, str>>,
    fields: Vec<(Cow<'static, str>, Cow<'static, str>)>,
    /// Field lines that were put together earlier, CR LF included.
    pub(crate) prepared: Option<Arc<[u8]>>,
    pub(crate) body: Body,
}

/// The bytes behind the head.
pub(crate) enum Body {
    Static(&'static [u8]),
    Owned(Vec<u8>),
    /// Parts of open files with bytes between, and their length in all.
    Parts(VecDeque<Part>, u64),
    /// Part of one open file: the usual case, without a queue.
    File(Arc<Opened>, Range<u64>),
    Stream(Stream),
}

/// Pieces of a body whose length nobody knows yet.
pub(crate) type Stream = Box<dyn Iterator<Item = Vec<u8>> + Send>;

/// What is sent after the bytes at hand.
pub(crate) enum Part {
    Bytes(Vec<u8>),
    File(Arc<Opened>, Range<u64>),
    /// Whether each piece becomes a chunk (HTTP/1.1), or the connection's end ends the body.
    Stream(Stream, bool),
}

impl Response {
    /// An answer without a body.
    #[must_use]
    pub fn new(status: Status) -> Self {
        Self { status, kind: None, fields: Vec::new(), prepared: None, body: Body::Static(b"") }
    }

    /// Plain text, UTF-8.
    #[must_use]
    pub fn text(text: impl Into<Cow<'static, str>>) -> Self {
        Self::bytes("text/plain; charset=utf-8", into_bytes(text.into()))
    }

    /// A page, UTF-8.
    #[must_use]
    pub fn html(page: impl Into<Cow<'static, str>>) -> Self {
        Self::bytes("text/html; charset=utf-8", into_bytes(page.into()))
    }

    /// Bytes of any type.
    #[must_use]
    pub fn bytes(kind: impl Into<Cow<'static, str>>, bytes: impl Into<Cow<'static, [u8]>>) -> Self {
        let body = match bytes.into() {
            Cow::Borrowed(bytes) => Body::Static(bytes),
            Cow::Owned(bytes) => Body::Owned(bytes),
        };
        Self { kind: Some(kind.into()), body, ..Self::new(Status(200)) }
    }

    /// A body made piece by piece, each asked for when the one before it has been sent. Whoever runs
    /// the connection waits while a piece is being made.
    #[must_use]
    pub fn stream<I>(kind: impl Into<Cow<'static, str>>, pieces: I) -> Self
    where
        I: IntoIterator<Item = Vec<u8>>,
        I::IntoIter: Send + 'static,
    {
        let body = Body::Stream(Box::new(pieces.into_iter()));
        Self { kind: Some(kind.into()), body, ..Self::new(Status(200)) }
    }

    /// Sends the client elsewhere; `status` is 301, 302, 303, 307 or 308.
    #[must_use]
    pub fn redirect(status: Status, location: impl Into<Cow<'static, str>>) -> Self {
        let location = location.into();
        Self::text(format!("{} {}: {location}\n", status.0, status.reason()))
            .status(status)
            .header("Location", location)
    }

    /// A page that says no more than its status.
    #[must_use]
    pub fn error(status: Status) -> Self {
        Self::text(format!("{} {}\n", status.0, status.reason())).status(status)
    }

    /// The same with another status.
    #[must_use]
    pub fn status(mut self, status: Status) -> Self {
        self.status = status;
        self
    }

    /// The same with one field more. Control bytes in the value, which could end the line and start
    /// another, become blanks.
    ///
    /// # Panics
    ///
    /// If the name is no token: that is a slip in the program, not in what it was given.
    #[must_use]
    pub fn header(
        mut self,
        name: impl Into<Cow<'static, str>>,
        value: impl Into<Cow<'static, str>>,
    ) -> Self {
        let (name, mut value) = (name.into(), value.into());
        assert!(!name.is_empty() && all(name.as_bytes(), &TOKEN), "{name:?} is no field name");
        if !all(value.as_bytes(), &VALUE) {
            value = Cow::Owned(value.replace(|c: char| c.is_ascii_control(), " "));
        }
        self.fields.push((name, value));
        self
    }

    /// The bytes of the body, if its length is known.
    pub(crate) fn length(&self) -> Option<u64> {
        match &self.body {
            Body::Static(bytes) => Some(bytes.len() as u64),
            Body::Owned(bytes) => Some(bytes.len() as u64),
            Body::Parts(_, length) => Some(*length),
            Body::File(_, range) => Some(range.end - range.start),
            Body::Stream(_) => None,
        }
    }

    /// Appends the head: status line, Date, the fields, and `framing`, which ends it.
    pub(crate) fn write_head(
        &self,
        out: &mut Vec<u8>,
        now: Instant,
        connection: &[u8],
        chunked: bool,
    ) {
        match self.status.line() {
            Some(line) => out.extend_from_slice(line),
            None => {
                out.extend_from_slice(b"HTTP/1.1 ");
                push_decimal(out, self.status.0.into());
                out.push(b' ');
                out.extend_from_slice(self.status.reason().as_bytes());
                out.extend_from_slice(b"\r\n");
            }
        }
        let mut field = |name: &[u8], value: &[u8]| {
            for part in [name, b": ", value, b"\r\n"] {
                out.extend_from_slice(part);
            }
        };
        date::with(now, |clock| field(b"Date", clock.http.as_bytes()));
        if let Some(kind) = &self.kind {
            field(b"Content-Type", kind.as_bytes());
        }
        for (name, value) in &self.fields {
            field(name.as_bytes(), value.as_bytes());
        }
        if let Some(prepared) = &self.prepared {
            out.extend_from_slice(prepared);
        }
        out.extend_from_slice(connection);
        if self.status.is_bodiless() {
            // Neither length nor coding: RFC 9110 section 8.6, RFC 9112 section 6.1.
        } else if chunked {
            out.extend_from_slice(b"Transfer-Encoding: chunked\r\n");
        } else if let Some(length) = self.length() {
            out.extend_from_slice(b"Content-Length: ");
            push_decimal(out, length);
            out.extend_from_slice(b"\r\n");
        }
        out.extend_from_slice(b"\r\n");
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Static(bytes) => write!(f, "{} bytes", bytes.len()),
            Self::Owned(bytes) => write!(f, "{} bytes", bytes.len()),
            Self::Parts(_, length) => write!(f, "{length} bytes in parts"),
            Self::File(_, range) => write!(f, "bytes {range:?} of a file"),
            Self::Stream(_) => f.write_str("a stream"),
        }
    }
}

impl fmt::Debug for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bytes(bytes) => write!(f, "{} bytes", bytes.len()),
            Self::File(_, range) => write!(f, "bytes {range:?} of a file"),
            Self::Stream(..) => f.write_str("a stream"),
        }
    }
}

fn into_bytes(text: Cow<'static, str>) -> Cow<'static, [u8]> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
        Cow::Owned(text) => Cow::Owned(text.into_bytes()),
    }
}
