//! Where the results go.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Writes to standard output, if the path is `-`, or the whole file at once: whoever reads it sees
/// the old one or the new one, and never half of it.
///
/// # Errors
///
/// It cannot be written; the message names the file.
pub(crate) fn write(path: &Path, text: &str) -> io::Result<()> {
    if is_stdout(path) {
        let mut stdout = io::stdout();
        return stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
    }
    replace(path, text).map_err(|why| {
        io::Error::new(why.kind(), format!("cannot write {}: {why}", path.display()))
    })
}

pub(crate) fn is_stdout(path: &Path) -> bool {
    path == Path::new("-")
}

fn replace(path: &Path, text: &str) -> io::Result<()> {
    // A device or a pipe is written to; to put a file in its place would be a surprise.
    if path.metadata().is_ok_and(|meta| !meta.is_file()) {
        return std::fs::write(path, text);
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.map_or_else(|| PathBuf::from("."), Path::to_owned);
    std::fs::create_dir_all(&folder)?;
    let mut file = tempfile::Builder::new()
        .prefix(".grade-")
        .permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644))
        .tempfile_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}
