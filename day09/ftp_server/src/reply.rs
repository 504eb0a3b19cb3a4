//! What the server says on the control connection: three digits and a text (RFC 959, 4.2).

use std::io;

use crate::path::on_one_line;

/// One reply, of one line or several.
///
/// ```
/// use ftp_server::reply::Reply;
///
/// assert_eq!(Reply::new(200, "Fine").bytes(), b"200 Fine\r\n");
/// let features = Reply::new(211, "Features").line("UTF8").end("End");
/// assert_eq!(features.bytes(), b"211-Features\r\n UTF8\r\n211 End\r\n");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    code: u16,
    first: Vec<u8>,
    /// Between the first and the last line; each is written with a space before it, so that none
    /// can be taken for the last.
    middle: Vec<Vec<u8>>,
    /// `None`: the first line is the last.
    last: Option<Vec<u8>>,
}

impl Reply {
    /// A reply of one line; a line end within the text becomes `?`.
    pub fn new(code: u16, text: impl AsRef<[u8]>) -> Reply {
        Reply { code, first: on_one_line(text.as_ref()), middle: Vec::new(), last: None }
    }

    /// What to say of an operation on a file that failed, and why.
    pub fn failed(why: &io::Error) -> Reply {
        use io::ErrorKind as K;
        let code = match why.kind() {
            K::StorageFull => 452,
            K::FileTooLarge | K::QuotaExceeded => 552,
            K::Interrupted | K::OutOfMemory => 450,
            _ => 550,
        };
        Reply::new(code, common::reason(why))
    }

    /// Adds a line between the first and the last.
    #[must_use]
    pub fn line(mut self, text: impl AsRef<[u8]>) -> Reply {
        self.middle.push(on_one_line(text.as_ref()));
        self
    }

    /// Ends a reply of several lines.
    #[must_use]
    pub fn end(mut self, text: &str) -> Reply {
        self.last = Some(text.into());
        self
    }

    /// The three digits.
    pub fn code(&self) -> u16 {
        self.code
    }

    /// As it is sent: CR LF after each line, and the byte 255 doubled, as Telnet wants it.
    pub fn bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        let mut line = |begin: &str, text: &[u8]| {
            out.extend_from_slice(begin.as_bytes());
            for &byte in text {
                out.extend(std::iter::repeat_n(byte, if byte == 255 { 2 } else { 1 }));
            }
            out.extend_from_slice(b"\r\n");
        };
        let code = self.code;
        match &self.last {
            None => line(&format!("{code} "), &self.first),
            Some(last) => {
                line(&format!("{code}-"), &self.first);
                for text in &self.middle {
                    line(" ", text);
                }
                line(&format!("{code} "), last);
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_can_forge_a_line() {
        let reply = Reply::new(257, "\"/a\r\n230 you are in\"");
        assert_eq!(reply.bytes(), b"257 \"/a??230 you are in\"\r\n");
        let reply = Reply::new(213, "x").line("f\n213 y").end("z");
        assert_eq!(reply.bytes(), b"213-x\r\n f?213 y\r\n213 z\r\n");
        assert_eq!(Reply::new(550, b"\xff").bytes(), b"550 \xff\xff\r\n");
    }

    #[test]
    fn errors_have_their_codes() {
        let code = |kind: io::ErrorKind| Reply::failed(&kind.into()).code();
        assert_eq!(code(io::ErrorKind::NotFound), 550);
        assert_eq!(code(io::ErrorKind::StorageFull), 452);
        assert_eq!(code(io::ErrorKind::QuotaExceeded), 552);
    }
}
