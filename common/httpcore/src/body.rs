//! Where the body of a request ends: after a length said before, or after the last chunk.

use crate::bytes::{TOKEN, VALUE};
use crate::fault::Why;

/// The longest size line with its extensions, and the longest trailer section.
const OVERHEAD_LIMIT: u32 = 8 * 1024;

/// Takes a body apart as its bytes arrive.
#[derive(Debug)]
pub(crate) enum Framing {
    /// So many bytes are still to come.
    Length(u64),
    /// RFC 9112 section 7.1.
    Chunked(Chunked),
}

/// The next piece of a body.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Piece<'a> {
    Data(&'a [u8]),
    /// Everything given is used up and the body goes on.
    More,
    End,
}

#[derive(Debug)]
pub(crate) struct Chunked {
    at: At,
    /// What is left of the chunk.
    left: u64,
    /// Bytes of the size line, or of the trailers.
    overhead: u32,
}

/// What the next byte belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum At {
    /// The size; whether a digit has been seen.
    Size(bool),
    Extension,
    SizeLf,
    Data,
    DataCr,
    DataLf,
    /// A trailer field.
    Trailer(Line),
    /// Behind the CR of a trailer line; whether the line was empty.
    TrailerLf(bool),
    End,
}

/// How far a trailer line has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Line {
    Empty,
    Name,
    Value,
}

impl Framing {
    pub(crate) fn chunked() -> Self {
        Self::Chunked(Chunked { at: At::Size(false), left: 0, overhead: 0 })
    }

    /// Bytes that are known to come, if any are.
    pub(crate) fn announced(&self) -> Option<u64> {
        match self {
            Self::Length(left) => Some(*left),
            Self::Chunked(_) => None,
        }
    }

    /// The next piece, and how many bytes of `input` it used up.
    pub(crate) fn next<'a>(&mut self, input: &'a [u8]) -> Result<(usize, Piece<'a>), Why> {
        match self {
            Self::Length(0) => Ok((0, Piece::End)),
            Self::Length(_) if input.is_empty() => Ok((0, Piece::More)),
            Self::Length(left) => Ok(take(left, input)),
            Self::Chunked(chunked) => chunked.next(input),
        }
    }
}

impl Chunked {
    fn next<'a>(&mut self, input: &'a [u8]) -> Result<(usize, Piece<'a>), Why> {
        for (used, &byte) in input.iter().enumerate() {
            match self.at {
                At::Data => {
                    let (taken, piece) = take(&mut self.left, &input[used..]);
                    if self.left == 0 {
                        self.at = At::DataCr;
                    }
                    return Ok((used + taken, piece));
                }
                At::End => return Ok((used, Piece::End)),
                _ => self.at = self.step(byte)?,
            }
        }
        let piece = if self.at == At::End { Piece::End } else { Piece::More };
        Ok((input.len(), piece))
    }

    /// Everything but data, byte by byte.
    fn step(&mut self, byte: u8) -> Result<At, Why> {
        self.overhead += 1;
        if self.overhead > OVERHEAD_LIMIT {
            return Err(Why::ChunkTooLarge);
        }
        Ok(match (self.at, byte) {
            (At::Size(true), b';') => At::Extension,
            (At::Size(true), b'\r') | (At::Extension, b'\r') => At::SizeLf,
            (At::Size(_), _) => {
                let digit = char::from(byte).to_digit(16).ok_or(Why::ChunkSize)?;
                let shifted = self.left.checked_mul(16).ok_or(Why::ChunkSize)?;
                self.left = shifted + u64::from(digit);
                At::Size(true)
            }
            (At::Extension, _) if VALUE[usize::from(byte)] => At::Extension,
            (At::SizeLf, b'\n') => {
                self.overhead = 0;
                if self.left == 0 { At::Trailer(Line::Empty) } else { At::Data }
            }
            (At::DataCr, b'\r') => At::DataLf,
            (At::DataLf, b'\n') => {
                self.overhead = 0;
                At::Size(false)
            }
            (At::DataCr | At::DataLf, _) => return Err(Why::ChunkEnd),
            (At::Trailer(Line::Empty), b'\r') => At::TrailerLf(true),
            (At::Trailer(Line::Value), b'\r') => At::TrailerLf(false),
            (At::Trailer(Line::Name), b'\r') => return Err(Why::NoColon),
            (At::Trailer(Line::Name), b':') => At::Trailer(Line::Value),
            (At::Trailer(Line::Value), _) if VALUE[usize::from(byte)] => At::Trailer(Line::Value),
            (At::Trailer(Line::Empty | Line::Name), _) if TOKEN[usize::from(byte)] => {
                At::Trailer(Line::Name)
            }
            (At::TrailerLf(true), b'\n') => At::End,
            (At::TrailerLf(false), b'\n') => At::Trailer(Line::Empty),
            (At::Trailer(_), b'\n') => return Err(Why::BareLf),
            (At::Trailer(Line::Empty | Line::Name), _) => return Err(Why::FieldName),
            (At::Trailer(Line::Value) | At::TrailerLf(_), _) => return Err(Why::FieldValue),
            _ => return Err(Why::ChunkSize),
        })
    }
}

fn take<'a>(left: &mut u64, input: &'a [u8]) -> (usize, Piece<'a>) {
    let taken = usize::try_from(*left).unwrap_or(usize::MAX).min(input.len());
    *left -= taken as u64;
    (taken, Piece::Data(&input[..taken]))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The data, how many bytes were used, and whether the end was seen.
    fn run(mut framing: Framing, input: &[u8], step: usize) -> Result<(Vec<u8>, usize, bool), Why> {
        let (mut data, mut used) = (Vec::new(), 0);
        for piece in input.chunks(step) {
            let mut at = 0;
            loop {
                let (n, piece_out) = framing.next(&piece[at..])?;
                (at, used) = (at + n, used + n);
                match piece_out {
                    Piece::Data(bytes) => data.extend_from_slice(bytes),
                    Piece::More => break,
                    Piece::End => return Ok((data, used, true)),
                }
            }
        }
        Ok((data, used, false))
    }

    #[test]
    fn a_body_ends_where_it_says_in_every_split() {
        let body = b"5;x=\"y\"\r\nhello\r\nA\r\n0123456789\r\n0\r\nX-T: 1\r\n\r\nGET /";
        for step in 1..=body.len() {
            let (data, used, end) = run(Framing::chunked(), body, step).unwrap();
            assert_eq!(
                (data.as_slice(), used, end),
                (&b"hello0123456789"[..], body.len() - 5, true)
            );
            let (data, used, end) = run(Framing::Length(7), body, step).unwrap();
            assert_eq!((data.as_slice(), used, end), (&body[..7], 7, true));
        }
        assert!(!run(Framing::chunked(), b"5\r\nhel", 2).unwrap().2);
    }

    #[test]
    fn a_chunk_that_two_readers_could_read_in_two_ways_is_refused() {
        for (body, why) in [
            (&b"zz\r\n"[..], Why::ChunkSize),
            (b"0x5\r\n", Why::ChunkSize),
            (b"+5\r\n", Why::ChunkSize),
            (b"-5\r\n", Why::ChunkSize),
            (b"\r\n", Why::ChunkSize),
            (b"5 \r\n", Why::ChunkSize),
            (b"5\n", Why::ChunkSize),
            (b";x\r\n", Why::ChunkSize),
            (b"FFFFFFFFFFFFFFFFF\r\n", Why::ChunkSize),
            (b"5;a\nb\r\n", Why::ChunkSize),
            (b"2\r\nabX", Why::ChunkEnd),
            (b"2\r\nab\n", Why::ChunkEnd),
            (b"2\r\nab\rX", Why::ChunkEnd),
            (b"0\r\nX: y\n\r\n", Why::BareLf),
            (b"0\r\nX:\0\r\n", Why::FieldValue),
            (b"0\r\nX \r\n", Why::FieldName),
            (b"0\r\nX\r\n", Why::NoColon),
            (b"0\r\n\rX", Why::FieldValue),
        ] {
            for step in 1..=body.len() {
                assert_eq!(
                    run(Framing::chunked(), body, step),
                    Err(why),
                    "{}",
                    body.escape_ascii()
                );
            }
        }
        let long = [b"5;".as_slice(), &[b'x'; 9000]].concat();
        assert_eq!(run(Framing::chunked(), &long, 100), Err(Why::ChunkTooLarge));
        let long = [b"0\r\n".as_slice(), &b"X: y\r\n".repeat(2000)].concat();
        assert_eq!(run(Framing::chunked(), &long, 100), Err(Why::ChunkTooLarge));
    }
}
