//! A folder as a page: folders first, sizes and dates, the way back at the top; no script.

use std::ffi::OsStr;
use std::fmt::Write;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use common::folder::{Entry, Folder, Kind};

use crate::{date, path};

/// A folder with more names than this is shown in part.
const SHOWN: usize = 5_000;
const STYLE: &str = include_str!("../pages/listing.css");

/// The page of the folder `name`, which is empty or ends with `/`.
///
/// # Errors
///
/// It is no folder, or cannot be read.
pub(crate) fn page(folder: &Folder, name: &[u8]) -> io::Result<String> {
    let mut entries = folder.list(path_of(name))?;
    // What cannot be followed cannot be opened either; hidden names stay hidden, as in `ls`.
    entries.retain(|e| {
        matches!(e.meta.kind, Kind::File | Kind::Folder) && !e.name.as_bytes().starts_with(b".")
    });
    entries.sort_by(|a, b| {
        let folder_first = |e: &Entry| e.meta.kind != Kind::Folder;
        folder_first(a).cmp(&folder_first(b)).then_with(|| a.name.cmp(&b.name))
    });
    let shown_name = Escaped(name);
    let mut page = format!(
        "<!doctype html>\n<html lang=\"zh\">\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>/{shown_name}</title>\n\
         <link rel=\"icon\" href=\"data:,\">\n<style>\n{STYLE}</style>\n<h1>{}</h1>\n",
        Way(name)
    );
    if entries.is_empty() {
        page.push_str("<p class=\"empty\">空文件夹 · an empty folder</p>\n");
        return Ok(page);
    }
    page.push_str(
        "<table>\n<thead><tr><th>名字 Name<th class=\"size\">大小 Size<th>修改时间 Modified (UTC)</thead>\n<tbody>\n",
    );
    for entry in entries.iter().take(SHOWN) {
        row(&mut page, entry);
    }
    page.push_str("</tbody>\n</table>\n");
    let (files, all) =
        (entries.iter().filter(|e| e.meta.kind == Kind::File).count(), entries.len());
    let folders = all - files;
    let plural = |n| if n == 1 { "" } else { "s" };
    let _ = writeln!(
        page,
        "<p>{folders} 个文件夹，{files} 个文件 · {folders} folder{}, {files} file{}</p>",
        plural(folders),
        plural(files)
    );
    if all > SHOWN {
        let _ = writeln!(page, "<p>只显示前 {SHOWN} 个 · the first {SHOWN} of {all} are shown");
    }
    Ok(page)
}

/// A part of a request's path as a name in the folder.
pub(crate) fn path_of(name: &[u8]) -> &Path {
    Path::new(OsStr::from_bytes(name))
}

fn row(page: &mut String, entry: &Entry) {
    let name = entry.name.as_bytes();
    let (slash, class) =
        if entry.meta.kind == Kind::Folder { ("/", "folder") } else { ("", "file") };
    let size = if entry.meta.kind == Kind::Folder { String::new() } else { size(entry.meta.len) };
    let time = date::short(entry.meta.modified);
    // "./" keeps a name with a colon from being read as a scheme.
    let _ = writeln!(
        page,
        "<tr><td class=\"{class}\"><a href=\"./{}{slash}\">{}{slash}</a><td class=\"size\">{size}<td>{time}",
        path::encode(name),
        Escaped(name),
    );
}

/// `0 B`, `999 B`, `1.0 KiB`, `3.4 GiB`.
fn size(bytes: u64) -> String {
    if bytes < 1000 {
        return format!("{bytes} B");
    }
    let mut size = bytes as f64 / 1024.0;
    let mut units = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"].into_iter();
    let mut unit = units.next().unwrap_or_default();
    while size >= 999.95 {
        let Some(next) = units.next() else { break };
        (size, unit) = (size / 1024.0, next);
    }
    format!("{size:.1} {unit}")
}

/// The way from the root to the folder, each step a link.
struct Way<'a>(&'a [u8]);

impl std::fmt::Display for Way<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("<a href=\"/\">⌂</a> <i>/</i> ")?;
        let mut href = String::from("/");
        for segment in self.0.split(|&b| b == b'/').filter(|s| !s.is_empty()) {
            let _ = write!(href, "{}/", path::encode(segment));
            write!(f, "<a href=\"{href}\">{}</a> <i>/</i> ", Escaped(segment))?;
        }
        Ok(())
    }
}

/// Any bytes as text of a page.
struct Escaped<'a>(&'a [u8]);

impl std::fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for c in String::from_utf8_lossy(self.0).chars() {
            match c {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                c if c.is_control() => f.write_char('\u{fffd}')?,
                c => f.write_char(c)?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_short() {
        for (bytes, text) in [
            (0, "0 B"),
            (999, "999 B"),
            (1000, "1.0 KiB"),
            (1024, "1.0 KiB"),
            (1536, "1.5 KiB"),
            (1_048_576, "1.0 MiB"),
            (1_023_990, "1.0 MiB"),
            (3 << 30, "3.0 GiB"),
            (u64::MAX, "16.0 EiB"),
        ] {
            assert_eq!(size(bytes), text, "{bytes}");
        }
    }

    #[test]
    fn no_name_can_write_html() {
        assert_eq!(
            Escaped(b"<b>&\"'\n\xff").to_string(),
            "&lt;b&gt;&amp;&quot;&#39;\u{fffd}\u{fffd}"
        );
        let way = Way("a b/<x>/".as_bytes()).to_string();
        assert!(way.contains("<a href=\"/a%20b/%3Cx%3E/\">&lt;x&gt;</a>"), "{way}");
    }
}
