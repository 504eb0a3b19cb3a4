//! From the path on the wire to the path that is meant.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, PercentEncode, percent_encode};

use crate::fault::Why;

/// What stays as it is in one segment of a path (RFC 3986 `pchar`).
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'!')
    .remove(b'$')
    .remove(b'(')
    .remove(b')')
    .remove(b'*')
    .remove(b'+')
    .remove(b',')
    .remove(b';')
    .remove(b'=')
    .remove(b':')
    .remove(b'@');

/// A name as one segment of a path, every other byte written `%XX`.
pub(crate) fn encode(name: &[u8]) -> PercentEncode<'_> {
    percent_encode(name, SEGMENT)
}

/// The path meant by `raw`: `%XX` decoded once, empty segments and `.` dropped, `..` resolved. It
/// starts with `/` and ends with one if a folder was meant. Most paths mean themselves and come back
/// as they are; `room` holds the others.
///
/// # Errors
///
/// A bad escape, an escaped `/` or NUL (no file has such a name), or a way above the root.
pub(crate) fn resolve<'a>(raw: &'a [u8], room: &'a mut Vec<u8>) -> Result<&'a [u8], Why> {
    let mut before = 0;
    let plain = raw.iter().all(|&b| {
        let odd = b == b'%' || (before == b'/' && (b == b'/' || b == b'.'));
        before = b;
        !odd
    });
    match raw {
        [] => return Ok(b"/"),
        b"*" => return Ok(raw),
        _ if plain => return Ok(raw),
        _ => {}
    }
    room.clear();
    let mut folder = false;
    for raw in raw[1..].split(|&b| b == b'/') {
        let start = room.len();
        room.push(b'/');
        decode(raw, room)?;
        let segment = &room[start + 1..];
        folder = matches!(segment, b"" | b"." | b"..");
        if segment == b".." {
            room.truncate(start);
            let parent = room.iter().rposition(|&b| b == b'/').ok_or(Why::AboveRoot)?;
            room.truncate(parent);
        } else if folder {
            room.truncate(start);
        } else if segment.contains(&b'/') {
            return Err(Why::PercentSlash);
        } else if segment.contains(&0) {
            return Err(Why::PercentNul);
        }
    }
    if folder || room.is_empty() {
        room.push(b'/');
    }
    Ok(room)
}

/// Appends `raw` with each `%XX` as the byte it stands for.
fn decode(raw: &[u8], out: &mut Vec<u8>) -> Result<(), Why> {
    let mut rest = raw;
    while let Some(at) = rest.iter().position(|&b| b == b'%') {
        out.extend_from_slice(&rest[..at]);
        let digit = |i: usize| rest.get(at + i).and_then(|&b| char::from(b).to_digit(16));
        let (Some(high), Some(low)) = (digit(1), digit(2)) else {
            return Err(Why::Percent);
        };
        out.push((high * 16 + low) as u8);
        rest = &rest[at + 3..];
    }
    out.extend_from_slice(rest);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_means_what_its_segments_come_to() {
        for (raw, meant) in [
            ("/", "/"),
            ("", "/"),
            ("/a", "/a"),
            ("/a/", "/a/"),
            ("/a//b", "/a/b"),
            ("//a", "/a"),
            ("//", "/"),
            ("/.", "/"),
            ("/a/.", "/a/"),
            ("/a/..", "/"),
            ("/a/b/..", "/a/"),
            ("/a/../b", "/b"),
            ("/a/%2e%2E/b", "/b"),
            ("/.hidden", "/.hidden"),
            ("/...", "/..."),
            ("/a%20b", "/a b"),
            ("/%C3%BC", "/ü"),
            ("/%252e", "/%2e"),
            ("/a+b", "/a+b"),
            ("*", "*"),
        ] {
            let mut room = Vec::new();
            assert_eq!(resolve(raw.as_bytes(), &mut room), Ok(meant.as_bytes()), "{raw}");
        }
    }

    #[test]
    fn what_no_file_can_be_called_is_refused() {
        for (raw, why) in [
            ("/%", Why::Percent),
            ("/%2", Why::Percent),
            ("/%zz", Why::Percent),
            ("/%+1", Why::Percent),
            ("/%00", Why::PercentNul),
            ("/a%2fb", Why::PercentSlash),
            ("/..%2fx", Why::PercentSlash),
            ("/..", Why::AboveRoot),
            ("/../a", Why::AboveRoot),
            ("/a/../../b", Why::AboveRoot),
            ("/%2e%2e/a", Why::AboveRoot),
            ("//../a", Why::AboveRoot),
        ] {
            assert_eq!(resolve(raw.as_bytes(), &mut Vec::new()), Err(why), "{raw}");
        }
    }

    #[test]
    fn a_name_goes_there_and_back() {
        let name: Vec<u8> = (1..=255).filter(|&b| b != b'/').collect();
        let raw = format!("/{}", encode(&name));
        assert_eq!(&resolve(raw.as_bytes(), &mut Vec::new()).unwrap()[1..], name);
    }
}
