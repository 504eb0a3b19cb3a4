//! Listings: LIST as `ls -l` writes it, NLST the names alone, MLSD and MLST facts (RFC 3659, 7).

use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::time::SystemTime;

use common::folder::{Entry, Kind, Meta};

use crate::clock::Date;
use crate::path::on_one_line;

/// One line of LIST, with its CR LF.
///
/// The owner is `ftp`, as everywhere in FTP: who it is on this machine is nobody's business.
pub fn long(out: &mut Vec<u8>, name: &[u8], meta: &Meta, now: SystemTime) {
    let letter = match meta.kind {
        Kind::File => '-',
        Kind::Folder => 'd',
        Kind::Link => 'l',
        Kind::Other => 's',
    };
    let bits: String = (0..9)
        .map(|n| if meta.mode & (0o400 >> n) == 0 { '-' } else { ['r', 'w', 'x'][n % 3] })
        .collect();
    let date = Date::of(meta.modified).listed(meta.modified, now);
    let (links, len) = (meta.links, meta.len);
    line(out, format_args!("{letter}{bits} {links:3} ftp      ftp      {len:12} {date} "), name);
}

/// The names of a folder in the order of a listing.
pub fn sorted(mut entries: Vec<Entry>) -> Vec<Entry> {
    entries.sort_by(|a, b| a.name.cmp(&b.name));
    entries
}

/// All lines of LIST for the names of a folder.
pub fn long_all(entries: &[Entry], now: SystemTime) -> Vec<u8> {
    let mut out = Vec::new();
    for entry in entries {
        long(&mut out, entry.name.as_bytes(), &entry.meta, now);
    }
    out
}

/// All lines of NLST: the names, each after `prefix`.
pub fn names(prefix: &[u8], entries: &[Entry]) -> Vec<u8> {
    let mut out = Vec::new();
    for entry in entries {
        out.extend_from_slice(prefix);
        line(&mut out, format_args!(""), entry.name.as_bytes());
    }
    out
}

/// All lines of MLSD.
pub fn facts_all(facts: Facts, may_write: bool, entries: &[Entry]) -> Vec<u8> {
    let mut out = Vec::new();
    for entry in entries {
        let facts = facts.of(&entry.meta, may_write);
        line(&mut out, format_args!("{facts} "), entry.name.as_bytes());
    }
    out
}

fn line(out: &mut Vec<u8>, begin: std::fmt::Arguments<'_>, name: &[u8]) {
    // Writing to a Vec cannot fail.
    let _ = out.write_fmt(begin);
    out.extend(on_one_line(name));
    out.extend_from_slice(b"\r\n");
}

/// Which facts a client wants to hear; all at first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facts([bool; Facts::NAMES.len()]);

impl Facts {
    const NAMES: [&str; 6] = ["type", "size", "modify", "perm", "unique", "UNIX.mode"];

    /// Every fact that is known.
    pub const ALL: Facts = Facts([true; Facts::NAMES.len()]);

    /// Those that `OPTS MLST` names, separated by `;`; unknown ones are passed over.
    pub fn chosen(list: &[u8]) -> Facts {
        let wanted = |name: &str| {
            list.split(|&b| b == b';').any(|fact| fact.eq_ignore_ascii_case(name.as_bytes()))
        };
        Facts(Facts::NAMES.map(wanted))
    }

    /// The names of the chosen ones: `type;size;`.
    pub fn names(self) -> String {
        let chosen = Facts::NAMES.iter().zip(self.0).filter(|(_, on)| *on);
        chosen.map(|(name, _)| format!("{name};")).collect()
    }

    /// As FEAT tells them: all, a star behind each that is chosen.
    pub fn feature(self) -> String {
        let all = Facts::NAMES.iter().zip(self.0);
        all.map(|(name, on)| format!("{name}{};", if on { "*" } else { "" })).collect()
    }

    /// `type=file;size=12;modify=20231114221320;…`
    pub fn of(self, meta: &Meta, may_write: bool) -> String {
        let mut out = String::new();
        let mut fact = |index: usize, value: String| {
            if self.0[index] {
                out.push_str(&format!("{}={value};", Facts::NAMES[index]));
            }
        };
        let kind = match meta.kind {
            Kind::File => "file",
            Kind::Folder => "dir",
            Kind::Link => "OS.unix=symlink",
            Kind::Other => "OS.unix=other",
        };
        fact(0, kind.to_owned());
        if meta.kind == Kind::File {
            fact(1, meta.len.to_string());
        }
        fact(2, Date::of(meta.modified).stamp());
        fact(3, permissions(meta.kind, may_write).to_owned());
        fact(4, format!("{:x}g{:x}", meta.id.0, meta.id.1));
        fact(5, format!("{:04o}", meta.mode));
        out
    }
}

/// What may be done with it, a letter for each command (RFC 3659, 7.5.5).
fn permissions(kind: Kind, may_write: bool) -> &'static str {
    match (kind, may_write) {
        (Kind::File, false) => "r",
        (Kind::File, true) => "adfrw",
        (Kind::Folder, false) => "el",
        (Kind::Folder, true) => "cdeflmp",
        (_, false) => "",
        (_, true) => "df",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, UNIX_EPOCH};

    fn file(name: &str) -> Entry {
        let meta = Meta {
            kind: Kind::File,
            len: 12,
            modified: UNIX_EPOCH + Duration::from_secs(1_700_000_000),
            mode: 0o644,
            links: 1,
            owner: (0, 0),
            id: (0xfe, 0x1a),
        };
        Entry { name: name.into(), meta }
    }

    #[test]
    fn long_lines_are_those_of_ls() {
        let now = UNIX_EPOCH + Duration::from_secs(1_800_000_000);
        assert_eq!(
            String::from_utf8(long_all(&[file("hello.txt")], now)).unwrap(),
            "-rw-r--r--   1 ftp      ftp                12 Nov 14  2023 hello.txt\r\n"
        );
        let mut folder = file("sub");
        folder.meta = Meta { kind: Kind::Folder, mode: 0o1755, ..folder.meta };
        assert!(long_all(&[folder], now).starts_with(b"drwxr-xr-x "));
    }

    #[test]
    fn a_name_cannot_forge_a_line() {
        let evil = [file("a\r\ntype=file; b")];
        assert_eq!(names(b"", &evil), b"a??type=file; b\r\n");
        assert_eq!(facts_all(Facts::ALL, false, &evil).iter().filter(|&&b| b == b'\n').count(), 1);
    }

    #[test]
    fn facts_are_chosen() {
        let meta = file("x").meta;
        assert_eq!(
            Facts::ALL.of(&meta, true),
            "type=file;size=12;modify=20231114221320;perm=adfrw;unique=feg1a;UNIX.mode=0644;"
        );
        let few = Facts::chosen(b"SIZE;type;nonsense;");
        assert_eq!(
            (few.names().as_str(), few.of(&meta, false).as_str()),
            ("type;size;", "type=file;size=12;")
        );
        assert_eq!(few.feature(), "type*;size*;modify;perm;unique;UNIX.mode;");
        assert_eq!(Facts::chosen(b"").of(&meta, false), "");
    }
}
