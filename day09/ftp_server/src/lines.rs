//! Bytes of the control connection into lines: a pure function of what has arrived.
//!
//! A line ends with CR LF (RFC 959, 4.1 and 5.3). Two things make it more than a split:
//!
//! - Someone who types into `nc` ends lines with LF alone, and RFC 3659 (2.2) lets a file name contain
//!   LF. So a bare LF belongs to the line if the CR LF that ends it has arrived too, and ends the line
//!   otherwise; once it has ended one, it does so for the rest of the connection.
//! - The bytes are a Telnet stream: IAC (255) begins a Telnet command, which is no part of the line
//!   (old clients send two of them before `ABOR`); IAC IAC stands for the byte 255, CR NUL for CR.

/// The longest line that is kept: a path of 4096 bytes, each of them doubled.
pub const LONGEST: usize = 8192;

const IAC: u8 = 255;
/// WILL, WONT, DO, DONT: followed by the option they speak of.
const WITH_OPTION: std::ops::RangeInclusive<u8> = 251..=254;

/// What has arrived and is not yet answered.
#[derive(Debug, Default)]
pub struct Lines {
    /// Starts at the beginning of a line, or within an overlong one.
    waiting: Vec<u8>,
    /// The present line was longer than [`LONGEST`]: its beginning has been thrown away.
    overlong: bool,
    /// This client ends its lines with LF alone.
    by_lf: bool,
}

/// One line, without its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    /// All of it.
    Whole(Vec<u8>),
    /// It was longer than [`LONGEST`].
    TooLong,
}

impl Lines {
    /// Adds what has arrived.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.waiting.extend_from_slice(bytes);
        if self.waiting.len() > LONGEST && self.end().is_none() {
            self.overlong = true;
            // A CR may be the first half of the end.
            let keep = usize::from(self.waiting.ends_with(b"\r"));
            self.waiting.drain(..self.waiting.len() - keep);
        }
    }

    /// Whether a good deal waits already: time to stop reading until it has been answered.
    pub fn full(&self) -> bool {
        self.waiting.len() > LONGEST
    }

    /// The next line that has arrived whole.
    pub fn take(&mut self) -> Option<Line> {
        let (len, with_end) = self.end()?;
        self.by_lf |= with_end - len == 1;
        let line = plain(&self.waiting[..len]);
        self.waiting.drain(..with_end);
        let too_long = std::mem::take(&mut self.overlong) || len > LONGEST;
        Some(if too_long { Line::TooLong } else { Line::Whole(line) })
    }

    /// Takes the first line that is one of these words, from among those that wait behind others:
    /// what may be said while a file is under way (RFC 959, 4.1.3: ABOR, STAT, QUIT).
    pub fn take_urgent(&mut self, word: &str) -> bool {
        let mut from = 0;
        while let Some((len, with_end)) = self.end_after(from) {
            if plain(&self.waiting[from..len]).trim_ascii().eq_ignore_ascii_case(word.as_bytes()) {
                self.waiting.drain(from..with_end);
                return true;
            }
            from = with_end;
        }
        false
    }

    /// Whether one of the lines that wait is `word`.
    pub fn has(&self, word: &str) -> bool {
        let mut from = 0;
        while let Some((len, with_end)) = self.end_after(from) {
            if plain(&self.waiting[from..len]).trim_ascii().eq_ignore_ascii_case(word.as_bytes()) {
                return true;
            }
            from = with_end;
        }
        false
    }

    fn end(&self) -> Option<(usize, usize)> {
        self.end_after(0)
    }

    /// Where the line that begins at `from` ends, without and with its end.
    fn end_after(&self, from: usize) -> Option<(usize, usize)> {
        let bytes = &self.waiting[from..];
        let lf = bytes.iter().position(|&b| b == b'\n')?;
        let crlf = bytes.windows(2).position(|pair| pair == b"\r\n");
        match crlf {
            Some(cr) if cr < lf || (!self.by_lf && cr <= LONGEST) => {
                Some((from + cr, from + cr + 2))
            }
            _ => Some((from + lf, from + lf + 1)),
        }
    }
}

/// The line without its Telnet commands and escapes.
fn plain(line: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(line.len());
    let mut bytes = line.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        match byte {
            IAC => match bytes.next() {
                Some(IAC) => out.push(IAC),
                Some(command) if WITH_OPTION.contains(&command) => drop(bytes.next()),
                _ => {}
            },
            b'\r' => {
                out.push(b'\r');
                bytes.next_if_eq(&0);
            }
            _ => out.push(byte),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(segments: &[&[u8]]) -> Vec<Line> {
        let mut lines = Lines::default();
        let mut out = Vec::new();
        for segment in segments {
            lines.feed(segment);
            out.extend(std::iter::from_fn(|| lines.take()));
        }
        out
    }

    fn whole(line: &[u8]) -> Line {
        Line::Whole(line.to_vec())
    }

    #[test]
    fn lines_end_with_cr_lf_however_they_are_cut() {
        assert_eq!(all(&[b"NOOP\r\nSYST\r\n"]), [whole(b"NOOP"), whole(b"SYST")]);
        assert_eq!(
            all(&[b"NO", b"OP\r", b"\nSYST", b"\r\n", b"Q"]),
            [whole(b"NOOP"), whole(b"SYST")]
        );
        assert_eq!(all(&[b"\r\n"]), [whole(b"")]);
    }

    #[test]
    fn a_bare_lf_ends_a_line_unless_its_cr_lf_is_there() {
        assert_eq!(all(&[b"NOOP\n"]), [whole(b"NOOP")]);
        assert_eq!(all(&[b"RETR a\nb\r\n"]), [whole(b"RETR a\nb")]);
        assert_eq!(
            all(&[b"USER a\nPASS b\n", b"SYST\nNOOP\r\n"]),
            [whole(b"USER a"), whole(b"PASS b"), whole(b"SYST"), whole(b"NOOP")]
        );
    }

    #[test]
    fn telnet_commands_are_no_part_of_a_line() {
        assert_eq!(all(&[b"\xff\xf4\xff\xf2ABOR\r\n"]), [whole(b"ABOR")]);
        assert_eq!(all(&[b"\xff\xfd\x06NOOP\r\n"]), [whole(b"NOOP")]);
        assert_eq!(all(&[b"RETR \xff\xff\r\0x\r\n"]), [whole(b"RETR \xff\rx")]);
        assert_eq!(all(&[b"\xff\r\n\xff\xff\r\n"]), [whole(b""), whole(b"\xff")]);
    }

    #[test]
    fn an_endless_line_takes_no_memory_and_is_reported_once() {
        let mut lines = Lines::default();
        for _ in 0..1000 {
            lines.feed(&[b'x'; 1000]);
            assert!(lines.waiting.len() <= LONGEST + 1000);
            assert_eq!(lines.take(), None);
        }
        lines.feed(b"\r");
        lines.feed(b"\nNOOP\r\n");
        assert_eq!(lines.take(), Some(Line::TooLong));
        assert_eq!(lines.take(), Some(whole(b"NOOP")));
        assert_eq!(lines.take(), None);
    }

    #[test]
    fn an_urgent_line_is_taken_past_the_others() {
        let mut lines = Lines::default();
        lines.feed(b"NOOP\r\n\xff\xf4\xff\xf2abor\r\nSYST\r\nAB");
        assert!(lines.has("NOOP") && lines.has("SYST") && !lines.has("AB"));
        assert!(lines.take_urgent("ABOR"));
        assert!(!lines.take_urgent("ABOR"));
        assert_eq!(lines.take(), Some(whole(b"NOOP")));
        assert_eq!(lines.take(), Some(whole(b"SYST")));
        assert_eq!(lines.take(), None);
    }
}
