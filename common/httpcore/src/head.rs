//! The head of a request, read line by line as its bytes arrive.
//!
//! Strict where leniency lets two readers of the same bytes disagree on where a request ends (request
//! smuggling): a line ends in CR LF and in nothing else, a name touches its colon, a length is said
//! once. A line is judged when it is complete, so that the verdict is the same however the bytes were
//! cut up on their way.

use memchr::memchr;

use crate::bytes::{HOST, Span, TARGET, TOKEN, VALUE, all, decimal, list};
use crate::fault::{Fault, Why};
use crate::scratch;
use crate::status::Method;

/// The longest line, its CR LF included.
pub(crate) const LINE_LIMIT: usize = 8 * 1024;
/// The longest head.
pub(crate) const HEAD_LIMIT: usize = 32 * 1024;
/// The most fields.
pub(crate) const FIELD_LIMIT: usize = 100;

/// A head, or the part of it that has arrived. Offsets count from its first byte.
#[derive(Debug, Default)]
pub(crate) struct Head {
    /// The start of the line that is not complete yet.
    line: usize,
    /// Up to here there is no LF that has not been dealt with.
    scanned: usize,
    /// Complete lines so far.
    lines: usize,
    /// Whether the request line is behind us.
    started: bool,
    pub(crate) request_line: Span,
    /// None: a word that is no method of ours.
    pub(crate) method: Option<Method>,
    /// The path as sent, `*`, or empty for an absolute URL that ends behind its host.
    pub(crate) path: Span,
    pub(crate) query: Option<Span>,
    /// The digit behind `HTTP/1.`, 1 for any larger.
    pub(crate) minor: u8,
    pub(crate) fields: Vec<(Span, Span)>,
    host: Option<Span>,
    pub(crate) length: Option<u64>,
    coding: Option<Coding>,
    /// `Connection` names `close`.
    pub(crate) close: bool,
    /// `Connection` names `keep-alive`.
    pub(crate) keep_alive: bool,
    pub(crate) expect: Expect,
}

/// What the transfer codings so far come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Coding {
    Chunked,
    /// Another before a final chunked.
    AnotherThenChunked,
    /// Another, and no chunked yet.
    Another,
}

/// What the client waits for before it sends the body.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Expect {
    #[default]
    Nothing,
    Continue,
    Unknown,
}

impl Head {
    /// Forgets everything.
    pub(crate) fn clear(&mut self) {
        scratch::put_fields(std::mem::take(&mut self.fields));
        *self = Self::default();
    }

    /// Whether a part of a head has been read.
    pub(crate) fn begun(&self) -> bool {
        self.scanned > 0
    }

    /// Goes on reading: `bytes` is everything since the first byte of the head, at each call the same
    /// and more. Answers the length of the head once its blank line is there.
    ///
    /// # Errors
    ///
    /// The first rule that a line breaks, in the order of the lines.
    pub(crate) fn read(&mut self, bytes: &[u8]) -> Result<Option<usize>, Fault> {
        if self.fields.capacity() == 0 && !bytes.is_empty() {
            self.fields = scratch::fields();
        }
        if self.line == 0 && bytes.first() == Some(&0x16) {
            return Err(Fault::whole(Why::Tls));
        }
        loop {
            let Some(lf) = memchr(b'\n', &bytes[self.scanned..]) else {
                self.scanned = bytes.len();
                self.check_length(bytes.len())?;
                return Ok(None);
            };
            let lf = self.scanned + lf;
            self.check_length(lf + 1)?;
            let start = self.line;
            self.lines += 1;
            self.line = lf + 1;
            self.scanned = lf + 1;
            let span = start..lf;
            let blame = |why| Fault { why, line: self.lines, span: span.clone() };
            let Some((b'\r', line)) = bytes[start..lf].split_last() else {
                return Err(blame(Why::BareLf));
            };
            let outcome = match (self.started, line.is_empty()) {
                // RFC 9112 section 2.2: blank lines before the request line are skipped.
                (false, true) => Ok(()),
                (false, false) => {
                    self.started = true;
                    self.request_line = Span::new(start..lf - 1);
                    self.read_request_line(line, start)
                }
                (true, false) => self.read_field(line, start),
                (true, true) => {
                    self.check_whole().map_err(Fault::whole)?;
                    return Ok(Some(lf + 1));
                }
            };
            outcome.map_err(|why| Fault { why, line: self.lines, span })?;
        }
    }

    /// The value of the first field of that name.
    pub(crate) fn field<'b>(&self, bytes: &'b [u8], name: &str) -> Option<&'b [u8]> {
        let named = |f: &&(Span, Span)| f.0.of(bytes).eq_ignore_ascii_case(name.as_bytes());
        self.fields.iter().find(named).map(|f| f.1.of(bytes))
    }

    pub(crate) fn is_chunked(&self) -> bool {
        self.coding.is_some()
    }

    /// Judged at the end of the line that has arrived, so at the same line in every split.
    fn check_length(&self, end: usize) -> Result<(), Fault> {
        let why = match (end - self.line > LINE_LIMIT, end > HEAD_LIMIT) {
            (false, false) => return Ok(()),
            (true, _) if !self.started => Why::TargetTooLong,
            _ => Why::HeadTooLarge,
        };
        Err(Fault {
            why,
            line: self.lines + 1,
            span: self.line..self.line + 60.min(end - self.line),
        })
    }

    fn read_request_line(&mut self, line: &[u8], start: usize) -> Result<(), Why> {
        if line.contains(&b'\r') {
            return Err(Why::BareCr);
        }
        let mut words = line.split(|&b| b == b' ');
        let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        if !all(method, &TOKEN) {
            return Err(Why::MethodSyntax);
        }
        if method.is_empty() || target.is_empty() {
            return Err(Why::RequestLine);
        }
        let version = words.next().ok_or(Why::NoVersion)?;
        if words.next().is_some() {
            return Err(Why::RequestLine);
        }
        self.minor = match version {
            [b'H', b'T', b'T', b'P', b'/', major, b'.', minor]
                if major.is_ascii_digit() && minor.is_ascii_digit() =>
            {
                if *major != b'1' {
                    return Err(Why::Version);
                }
                (minor - b'0').min(1)
            }
            _ => return Err(Why::VersionSyntax),
        };
        self.method = Method::from_bytes(method);
        self.read_target(target, method, start + method.len() + 1)
    }

    /// The four forms of RFC 9112 section 3.2.
    fn read_target(&mut self, target: &[u8], method: &[u8], at: usize) -> Result<(), Why> {
        if !all(target, &TARGET) || std::str::from_utf8(target).is_err() {
            return Err(Why::TargetByte);
        }
        let path = match target {
            [b'/', ..] => 0,
            b"*" if method == b"OPTIONS" => 0,
            _ if method == b"CONNECT" => 0,
            _ => absolute(target)?,
        };
        let mut path = path..target.len();
        if let Some(mark) = target[path.clone()].iter().position(|&b| b == b'?') {
            let mark = path.start + mark;
            self.query = Some(Span::new(at + mark + 1..at + target.len()));
            path.end = mark;
        }
        self.path = Span::new(at + path.start..at + path.end);
        Ok(())
    }

    fn read_field(&mut self, line: &[u8], start: usize) -> Result<(), Why> {
        if self.fields.len() == FIELD_LIMIT {
            return Err(Why::TooManyFields);
        }
        if matches!(line.first(), Some(b' ' | b'\t')) {
            return Err(Why::Fold);
        }
        let colon = line.iter().position(|&b| b == b':').ok_or(Why::NoColon)?;
        let (name, rest) = (&line[..colon], &line[colon + 1..]);
        if matches!(name.last(), Some(b' ' | b'\t')) {
            return Err(Why::BlankBeforeColon);
        }
        if name.is_empty() || !all(name, &TOKEN) {
            return Err(Why::FieldName);
        }
        if !all(rest, &VALUE) {
            return Err(if rest.contains(&b'\r') { Why::BareCr } else { Why::FieldValue });
        }
        let value = rest.trim_ascii();
        let at = start + colon + 1 + (rest.len() - rest.trim_ascii_start().len());
        let value_span = Span::new(at..at + value.len());
        self.fields.push((Span::new(start..start + colon), value_span));
        self.note(name, value, value_span)
    }

    /// Keeps what decides on framing and on the life of the connection.
    fn note(&mut self, name: &[u8], value: &[u8], span: Span) -> Result<(), Why> {
        let is = |word: &[u8]| name.eq_ignore_ascii_case(word);
        match name.len() {
            4 if is(b"host") => {
                if self.host.replace(span).is_some() {
                    return Err(Why::TwoHosts);
                }
                check_host(value)?;
            }
            6 if is(b"expect") => {
                let known = value.eq_ignore_ascii_case(b"100-continue");
                self.expect = if known { Expect::Continue } else { Expect::Unknown };
            }
            10 if is(b"connection") => {
                for member in list(value) {
                    self.close |= member.eq_ignore_ascii_case(b"close");
                    self.keep_alive |= member.eq_ignore_ascii_case(b"keep-alive");
                }
            }
            14 if is(b"content-length") => {
                let length = decimal(value).ok_or(Why::Length)?;
                if self.length.replace(length).is_some() {
                    return Err(Why::TwoLengths);
                }
            }
            17 if is(b"transfer-encoding") => {
                if list(value).next().is_none() {
                    return Err(Why::TransferEncoding);
                }
                for member in list(value) {
                    let chunked = member.eq_ignore_ascii_case(b"chunked");
                    self.coding = Some(match (self.coding, chunked) {
                        (None, true) => Coding::Chunked,
                        (None | Some(Coding::Another), false) => Coding::Another,
                        (Some(Coding::Another), true) => Coding::AnotherThenChunked,
                        (Some(Coding::Chunked | Coding::AnotherThenChunked), _) => {
                            return Err(Why::TransferEncoding);
                        }
                    });
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// What no line alone can break.
    fn check_whole(&self) -> Result<(), Why> {
        if self.minor >= 1 && self.host.is_none() {
            return Err(Why::NoHost);
        }
        match self.coding {
            None => Ok(()),
            Some(_) if self.length.is_some() => Err(Why::LengthAndChunked),
            Some(Coding::Another) => Err(Why::TransferEncoding),
            Some(_) if self.minor == 0 => Err(Why::TransferEncoding),
            Some(Coding::AnotherThenChunked) => Err(Why::Coding),
            Some(Coding::Chunked) => Ok(()),
        }
    }
}

/// Where the path starts in `http://host/path`.
fn absolute(target: &[u8]) -> Result<usize, Why> {
    let scheme = target.iter().position(|&b| b == b':').unwrap_or(0);
    let known = target[..scheme].eq_ignore_ascii_case(b"http")
        || target[..scheme].eq_ignore_ascii_case(b"https");
    let rest = target[scheme..].strip_prefix(b"://").filter(|_| known).ok_or(Why::TargetForm)?;
    let end = rest.iter().position(|&b| matches!(b, b'/' | b'?')).unwrap_or(rest.len());
    if end == 0 {
        return Err(Why::TargetForm);
    }
    check_host(&rest[..end])?;
    Ok(scheme + 3 + end)
}

/// `name`, `name:port`, `[v6]`, `[v6]:port`, or nothing (RFC 9112 section 3.2, RFC 9110 section 7.2).
fn check_host(value: &[u8]) -> Result<(), Why> {
    let (name, port) = if let Some(rest) = value.strip_prefix(b"[") {
        let end = rest.iter().position(|&b| b == b']').ok_or(Why::Host)?;
        let address = &rest[..end];
        if !address.iter().all(|b| b.is_ascii_hexdigit() || matches!(b, b':' | b'.')) {
            return Err(Why::Host);
        }
        (&b""[..], &rest[end + 1..])
    } else {
        value.split_at(value.iter().position(|&b| b == b':').unwrap_or(value.len()))
    };
    let port_fits = match port {
        [] => true,
        [b':', digits @ ..] => digits.iter().all(u8::is_ascii_digit) && digits.len() <= 5,
        _ => false,
    };
    let mut escapes = name.split(|&b| b == b'%').skip(1);
    let escapes_fit = escapes.all(|e| e.len() >= 2 && e[..2].iter().all(u8::is_ascii_hexdigit));
    if port_fits && escapes_fit && all(name, &HOST) { Ok(()) } else { Err(Why::Host) }
}
