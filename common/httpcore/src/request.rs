//! A request as a handler sees it.

use std::borrow::Cow;
use std::time::Instant;

use percent_encoding::percent_decode;

use crate::head::Head;
use crate::status::Method;

/// A request: its head, and its body where the handler asked for it whole.
///
/// It borrows from the connection and lives as long as the call it is given to.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    pub(crate) head: &'a Head,
    /// The bytes that the head's offsets point into.
    pub(crate) bytes: &'a [u8],
    pub(crate) method: Method,
    pub(crate) path: &'a [u8],
    /// None as long as it has not been asked for.
    pub(crate) body: Option<&'a [u8]>,
    pub(crate) peer: &'a str,
    pub(crate) now: Instant,
}

impl<'a> Request<'a> {
    /// What is to be done.
    #[must_use]
    pub fn method(&self) -> Method {
        self.method
    }

    /// The path that is meant: `%XX` decoded, `.` and `..` resolved, without the query. Bytes that
    /// are not UTF-8 are shown as U+FFFD.
    #[must_use]
    pub fn path(&self) -> Cow<'a, str> {
        String::from_utf8_lossy(self.path)
    }

    /// The same as bytes, which is what a file's name is made of.
    #[must_use]
    pub fn path_bytes(&self) -> &'a [u8] {
        self.path
    }

    /// What stands behind the `?`, as sent.
    #[must_use]
    pub fn query_string(&self) -> Option<&'a [u8]> {
        self.head.query.map(|span| span.of(self.bytes))
    }

    /// The decoded value of `name` in the query: `/hello?name=Li+Lei` has the name `Li Lei`.
    #[must_use]
    pub fn query(&self, name: &str) -> Option<String> {
        pairs(self.query_string()?).find(|(key, _)| key == name).map(|(_, value)| value)
    }

    /// The value of the first field called `name`, in any case. None if it is not UTF-8.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&'a str> {
        std::str::from_utf8(self.field(name)?).ok()
    }

    /// All fields in their order; a name is ASCII, a value any bytes but control bytes.
    pub fn headers(&self) -> impl Iterator<Item = (Cow<'a, str>, &'a [u8])> {
        let bytes = self.bytes;
        self.head
            .fields
            .iter()
            .map(move |(name, value)| (String::from_utf8_lossy(name.of(bytes)), value.of(bytes)))
    }

    /// Whether the whole body is here: a [`Service`](crate::Service) that needs it and is asked
    /// without it answers [`Reply::Collect`](crate::Reply::Collect).
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.body.is_some()
    }

    /// The body, where the route collects it; empty otherwise.
    #[must_use]
    pub fn body(&self) -> &'a [u8] {
        self.body.unwrap_or_default()
    }

    /// The fields of a form that the browser sent as `application/x-www-form-urlencoded`, in their
    /// order; nothing if the body is of another type.
    pub fn form(&self) -> impl Iterator<Item = (String, String)> + use<'a> {
        let kind = self.header("content-type").unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim();
        let is_form = kind.eq_ignore_ascii_case("application/x-www-form-urlencoded");
        pairs(if is_form { self.body() } else { b"" })
    }

    /// Who asks, as the server names its clients: `127.0.0.1:40000`.
    #[must_use]
    pub fn peer(&self) -> &'a str {
        self.peer
    }

    pub(crate) fn field(&self, name: &str) -> Option<&'a [u8]> {
        self.head.field(self.bytes, name)
    }
}

/// `a=1&b=x+y`, decoded (WHATWG URL standard, section 5.1).
fn pairs(encoded: &[u8]) -> impl Iterator<Item = (String, String)> {
    encoded.split(|&b| b == b'&').filter(|pair| !pair.is_empty()).map(|pair| {
        let split = pair.iter().position(|&b| b == b'=');
        let (name, value) = split.map_or((pair, &b""[..]), |at| (&pair[..at], &pair[at + 1..]));
        (decode(name), decode(value))
    })
}

fn decode(encoded: &[u8]) -> String {
    let spaced: Vec<u8> = encoded.iter().map(|&b| if b == b'+' { b' ' } else { b }).collect();
    percent_decode(&spaced).decode_utf8_lossy().into_owned()
}
