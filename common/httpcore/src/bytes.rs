//! Which bytes may stand where, as tables made at compile time; and small helpers on byte strings.

use std::ops::Range;

macro_rules! table {
    ($allowed:pat) => {{
        let mut table = [false; 256];
        let mut byte = 0;
        while byte < 256 {
            table[byte] = matches!(byte as u8, $allowed);
            byte += 1;
        }
        table
    }};
}

/// `token` of RFC 9110 section 5.6.2: names of methods and of fields.
pub(crate) const TOKEN: [bool; 256] = table!(
    b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'!' | b'#'..=b'\'' | b'*' | b'+' | b'-' | b'.' | b'^'..=b'`' | b'|' | b'~'
);

/// A field's value: visible bytes, blank, tab and the high half (RFC 9110 section 5.5).
pub(crate) const VALUE: [bool; 256] = table!(b'\t' | 0x20..=0x7e | 0x80..=0xff);

/// A target: what is visible but `#`, which never travels; and the high half, since curl sends UTF-8
/// as typed.
pub(crate) const TARGET: [bool; 256] = table!(b'!' | b'"' | b'$'..=0x7e | 0x80..=0xff);

/// The name part of Host: `reg-name` of RFC 3986 section 3.2.2.
pub(crate) const HOST: [bool; 256] = table!(
    b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'%' | b'!' | b'$'
    | b'&'..=b',' | b';' | b'='
);

/// A part of a byte string, kept as offsets so that it outlives a move of the bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Span {
    start: u32,
    end: u32,
}

impl Span {
    /// From offsets in a head, which is never longer than [`crate::head::HEAD_LIMIT`].
    pub(crate) fn new(range: Range<usize>) -> Self {
        Self { start: range.start as u32, end: range.end as u32 }
    }

    pub(crate) fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }

    pub(crate) fn of(self, bytes: &[u8]) -> &[u8] {
        &bytes[self.range()]
    }
}

pub(crate) fn all(bytes: &[u8], table: &[bool; 256]) -> bool {
    bytes.iter().all(|&b| table[usize::from(b)])
}

/// The members of a comma-separated list, blanks trimmed, empty ones left out (RFC 9110 section 5.6.1).
pub(crate) fn list(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    value.split(|&b| b == b',').map(<[u8]>::trim_ascii).filter(|member| !member.is_empty())
}

/// Digits only, no sign, no overflow.
pub(crate) fn decimal(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0u64, |n, &b| {
        let digit = char::from(b).to_digit(10)?;
        n.checked_mul(10)?.checked_add(u64::from(digit))
    })
}

/// Appends `n` in decimal.
pub(crate) fn push_decimal(out: &mut Vec<u8>, mut n: u64) {
    let mut digits = [0; 20];
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + (n % 10) as u8;
        n /= 10;
        if n == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[at..]);
}
