//! Does the client have it already, and which part does it want? (RFC 9110 sections 13 and 14)

use std::ops::Range;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::bytes::{decimal, list};
use crate::request::Request;

/// The most parts of a file one answer is made of. More are an attack or a mistake: the whole file.
const PARTS: usize = 16;

/// What the conditions of a request come to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Send it.
    Send,
    /// 304: the client has it.
    NotModified,
    /// 412: it is not what the client wanted to change or read on.
    Failed,
}

/// What a Range field comes to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    All,
    /// 206: one part, or several.
    Parts(Vec<Range<u64>>),
    /// 416: none of them exists.
    Nothing,
}

/// The conditions in the order of RFC 9110 section 13.2.2, for GET and HEAD.
pub(crate) fn judge(request: &Request<'_>, etag: &str, modified: SystemTime) -> Verdict {
    let date = |name| request.header(name).and_then(|value| httpdate::parse_http_date(value).ok());
    if let Some(wanted) = request.field("if-match") {
        if !names(wanted, etag, false) {
            return Verdict::Failed;
        }
    } else if date("if-unmodified-since").is_some_and(|since| whole_seconds(modified) > since) {
        return Verdict::Failed;
    }
    if let Some(known) = request.field("if-none-match") {
        if names(known, etag, true) {
            return Verdict::NotModified;
        }
    } else if date("if-modified-since").is_some_and(|since| whole_seconds(modified) <= since) {
        return Verdict::NotModified;
    }
    Verdict::Send
}

/// Which bytes of `length` are wanted.
pub(crate) fn ranges(
    request: &Request<'_>,
    etag: &str,
    modified: SystemTime,
    length: u64,
) -> Wanted {
    let Some(field) = request.field("range") else {
        return Wanted::All;
    };
    if request.field("if-range").is_some_and(|known| !unchanged(known, etag, modified)) {
        return Wanted::All;
    }
    let Some(set) = field.strip_prefix(b"bytes=") else {
        return Wanted::All;
    };
    let (mut parts, mut total, mut count) = (Vec::new(), 0u64, 0);
    for spec in list(set) {
        count += 1;
        match part(spec, length) {
            // A range that is no range makes the field invalid, and an invalid one is ignored.
            None => return Wanted::All,
            Some(range) if range.is_empty() => {}
            Some(range) => {
                total = total.saturating_add(range.end - range.start);
                parts.push(range);
            }
        }
    }
    if count == 0 || count > PARTS || (parts.len() > 1 && total > length) {
        return Wanted::All;
    }
    if parts.is_empty() { Wanted::Nothing } else { Wanted::Parts(parts) }
}

/// `first-last`, `first-` or `-suffix`; empty if it lies beyond the end, `None` if it is no range.
fn part(spec: &[u8], length: u64) -> Option<Range<u64>> {
    let dash = spec.iter().position(|&b| b == b'-')?;
    match (&spec[..dash], &spec[dash + 1..]) {
        (b"", suffix) => {
            let suffix = clamped(suffix)?;
            Some(length.saturating_sub(suffix)..length)
        }
        (first, b"") => Some(clamped(first)?.min(length)..length),
        (first, last) => {
            let (first, last) = (clamped(first)?, clamped(last)?);
            (first <= last).then(|| first.min(length)..last.saturating_add(1).min(length))
        }
    }
}

/// A number that is too large to hold is as good as the largest.
fn clamped(digits: &[u8]) -> Option<u64> {
    let is_number = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    is_number.then(|| decimal(digits).unwrap_or(u64::MAX))
}

/// Whether a list of tags, or `*`, names this one.
fn names(field: &[u8], etag: &str, weak: bool) -> bool {
    field == b"*"
        || list(field).any(|tag| {
            let tag = if weak { tag.strip_prefix(b"W/").unwrap_or(tag) } else { tag };
            tag == etag.as_bytes()
        })
}

/// If-Range: the very tag, or the very date (section 13.1.5).
fn unchanged(known: &[u8], etag: &str, modified: SystemTime) -> bool {
    if known.starts_with(b"\"") {
        return known == etag.as_bytes();
    }
    let date =
        std::str::from_utf8(known).ok().and_then(|date| httpdate::parse_http_date(date).ok());
    date == Some(whole_seconds(modified))
}

/// Dates on the wire know no fractions of a second.
fn whole_seconds(time: SystemTime) -> SystemTime {
    let age = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    UNIX_EPOCH + Duration::from_secs(age.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_cut_to_what_is_there() {
        for (spec, range) in [
            ("0-4", Some(0..5)),
            ("6-", Some(6..12)),
            ("-6", Some(6..12)),
            ("-100", Some(0..12)),
            ("0-0", Some(0..1)),
            ("0-99999999999999999999999", Some(0..12)),
            ("11-11", Some(11..12)),
            ("100-200", Some(12..12)),
            ("-0", Some(12..12)),
            ("5-2", None),
            ("-", None),
            ("a-b", None),
            ("5", None),
            ("+1-2", None),
            ("1--2", None),
        ] {
            assert_eq!(part(spec.as_bytes(), 12), range, "{spec}");
        }
        assert_eq!(part(b"0-", 0), Some(0..0));
    }

    #[test]
    fn tags_compare_weakly_only_where_they_may() {
        assert!(names(b"*", "\"a\"", false));
        assert!(names(b"\"x\", \"a\"", "\"a\"", false));
        assert!(!names(b"W/\"a\"", "\"a\"", false));
        assert!(names(b"\"x\", W/\"a\"", "\"a\"", true));
        assert!(!names(b"a", "\"a\"", true));
    }
}
