//! Paths as the client sees them: `/` is the served folder, and `..` stops there.
//!
//! This is spelling only. That nothing leads out is not decided here but by the kernel, when
//! [`Folder`](common::folder::Folder) looks the result up.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

/// The absolute path that `name` means in the folder `here`.
///
/// ```
/// use std::path::Path;
/// use ftp_server::path::resolve;
///
/// let here = Path::new("/sub/deep");
/// assert_eq!(resolve(here, "../x".as_ref()), Path::new("/sub/x"));
/// assert_eq!(resolve(here, "/../../etc/./passwd".as_ref()), Path::new("/etc/passwd"));
/// ```
pub fn resolve(here: &Path, name: &OsStr) -> PathBuf {
    let mut path = PathBuf::from("/");
    for part in here.join(name).components() {
        match part {
            Component::Normal(part) => path.push(part),
            Component::ParentDir => drop(path.pop()),
            _ => {}
        }
    }
    path
}

/// The path between quotes, a quote within it doubled (RFC 959, appendix II).
///
/// ```
/// assert_eq!(ftp_server::path::quoted("/a\"b".as_ref()), b"\"/a\"\"b\"");
/// ```
pub fn quoted(path: &Path) -> Vec<u8> {
    let mut out = vec![b'"'];
    for &byte in path.as_os_str().as_bytes() {
        if byte == b'"' {
            out.push(b'"');
        }
        out.push(byte);
    }
    out.push(b'"');
    out
}

/// The name with a `?` for each CR and LF, which in a listing or a reply would begin a line of its
/// own, made up by whoever named the file.
pub fn on_one_line(name: &[u8]) -> Vec<u8> {
    name.iter().map(|&byte| if matches!(byte, b'\r' | b'\n') { b'?' } else { byte }).collect()
}
