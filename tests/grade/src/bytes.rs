//! Bytes as a person can read them.

use std::fmt::{self, Write};

use serde::{Deserialize, Serialize};

/// How many bytes of a message a report shows.
const SHOWN: usize = 120;

/// The bytes between quotes, with `\r`, `\n`, `\"` and `\x00` for what does not print.
///
/// ```
/// assert_eq!(grade::escape(b"ok\r\n\x00"), r#""ok\r\n\x00""#);
/// ```
pub fn escape(bytes: &[u8]) -> String {
    let mut out = String::from("\"");
    for &byte in bytes {
        push_escaped(&mut out, byte);
    }
    out.push('"');
    out
}

/// So many bytes without a pattern, the same ones for the same seed (SplitMix64).
pub fn random_bytes(seed: u64, count: usize) -> Vec<u8> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let x = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        x ^ (x >> 31)
    };
    let mut bytes: Vec<u8> = (0..count.div_ceil(8)).flat_map(|_| next().to_le_bytes()).collect();
    bytes.truncate(count);
    bytes
}

/// [`escape`], with only the beginning of a long message and its length.
pub(crate) fn shorten(bytes: &[u8]) -> String {
    match bytes.len() {
        0..=SHOWN => escape(bytes),
        len => format!("{}… ({len} bytes)", escape(&bytes[..SHOWN])),
    }
}

/// What was expected and what came, around the first byte that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Comparison {
    /// The bytes that were expected, as a person can read them.
    pub expected: String,
    /// The bytes that came.
    pub got: String,
    /// How far from the left the first difference is in both.
    pub column: usize,
    /// Which byte of the whole message that is.
    pub byte: usize,
}

/// `got` may be longer than `expected`: the first byte too many is then the one pointed at.
pub(crate) fn compare(expected: &[u8], got: &[u8]) -> Comparison {
    let byte = expected.iter().zip(got).take_while(|(a, b)| a == b).count();
    let from = byte.saturating_sub(SHOWN / 2);
    let dots = if from == 0 { "" } else { "…" };
    let window = |all: &[u8]| {
        let end = all.len().min(byte + SHOWN / 2);
        let rest = if end < all.len() { "…" } else { "" };
        format!("{dots}{}{rest} ({} bytes)", escape(&all[from.min(end)..end]), all.len())
    };
    let before = expected.get(from..byte).unwrap_or_default();
    let column = escape(before).chars().count() - 1 + dots.chars().count();
    Comparison { expected: window(expected), got: window(got), column, byte }
}

/// Three lines: expected, got, and a caret under the first byte that differs.
impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { expected, got, column, byte } = self;
        writeln!(f, "  expected {expected}")?;
        writeln!(f, "  got      {got}")?;
        write!(f, "           {:column$}^ the first difference is byte {byte}", "")
    }
}

fn push_escaped(out: &mut String, byte: u8) {
    match byte {
        b'\n' => out.push_str("\\n"),
        b'\r' => out.push_str("\\r"),
        b'\t' => out.push_str("\\t"),
        b'"' => out.push_str("\\\""),
        b'\\' => out.push_str("\\\\"),
        b' '..=b'~' => out.push(char::from(byte)),
        _ => {
            let _ = write!(out, "\\x{byte:02x}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_caret_stands_under_the_first_different_byte() {
        let text = compare(b"a\nbc", b"a\nbX").to_string();
        let lines: Vec<&str> = text.lines().collect();
        let caret = lines[2].find('^').unwrap();
        assert_eq!(&lines[0][caret..caret + 1], "c");
        assert_eq!(&lines[1][caret..caret + 1], "X");
        assert!(lines[2].ends_with("byte 3"));
    }

    #[test]
    fn a_late_difference_is_shown_with_its_surroundings_only() {
        let (mut a, mut b) = (vec![b'x'; 5000], vec![b'x'; 5000]);
        a[4000] = b'1';
        b[4000] = b'2';
        let text = compare(&a, &b).to_string();
        assert!(text.len() < 600, "{text}");
        assert!(text.contains("byte 4000"));
        let lines: Vec<Vec<char>> = text.lines().map(|l| l.chars().collect()).collect();
        let caret = lines[2].iter().position(|&c| c == '^').unwrap();
        assert_eq!((lines[0][caret], lines[1][caret]), ('1', '2'));
    }

    #[test]
    fn a_message_that_is_too_short_differs_at_its_end() {
        assert!(compare(b"Thanks", b"Than").to_string().ends_with("byte 4"));
    }
}
