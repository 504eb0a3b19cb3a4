//! Where an upload goes: beside its name until it is whole, or into the file that it continues.

use std::fs::File;
use std::io::{self, ErrorKind, Seek, SeekFrom};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use common::folder::{Folder, Kind, Write};

/// A file that is being received. Dropped before [`Upload::keep`], it leaves nothing new behind.
#[derive(Debug)]
pub struct Upload<'f> {
    folder: &'f Folder,
    file: File,
    /// What to remove if it does not become whole; `None` if it continues a file.
    temporary: Option<PathBuf>,
    path: PathBuf,
}

impl<'f> Upload<'f> {
    /// Will replace the file at `path`, or be a new one, when it is whole.
    ///
    /// # Errors
    ///
    /// There is no such folder, or `path` is a folder or a write-protected file.
    pub fn replacing(folder: &'f Folder, path: &Path) -> io::Result<Upload<'f>> {
        let mode = replaceable(folder, path)?;
        let temporary = path.with_file_name(temporary_name());
        let file = folder.write(&temporary, Write::New)?;
        let upload = Upload { folder, file, temporary: Some(temporary), path: path.to_owned() };
        if let Some(mode) = mode {
            upload.file.set_permissions(PermissionsExt::from_mode(mode))?;
        }
        Ok(upload)
    }

    /// Writes into the file at `path` from `offset` on (RFC 3659, 5: REST, then STOR).
    ///
    /// # Errors
    ///
    /// As [`Upload::replacing`]; and the file is shorter.
    pub fn continuing(folder: &'f Folder, path: &Path, offset: u64) -> io::Result<Upload<'f>> {
        replaceable(folder, path)?;
        let mut file = folder.write(path, Write::Update)?;
        if file.metadata()?.len() < offset {
            return Err(io::Error::new(ErrorKind::InvalidInput, "the file is not that long"));
        }
        file.seek(SeekFrom::Start(offset))?;
        Ok(Upload { folder, file, temporary: None, path: path.to_owned() })
    }

    /// Writes behind what the file at `path` holds, or makes it.
    ///
    /// # Errors
    ///
    /// As [`Upload::replacing`].
    pub fn appending(folder: &'f Folder, path: &Path) -> io::Result<Upload<'f>> {
        replaceable(folder, path)?;
        let file = folder.write(path, Write::Append)?;
        Ok(Upload { folder, file, temporary: None, path: path.to_owned() })
    }

    /// Takes a name in the folder `here` that nobody else has.
    ///
    /// # Errors
    ///
    /// What the system says of the folder.
    pub fn unique(folder: &'f Folder, here: &Path) -> io::Result<Upload<'f>> {
        for n in 1..10_000 {
            let path = here.join(format!("upload.{n}"));
            match folder.write(&path, Write::New) {
                Ok(file) => {
                    return Ok(Upload { folder, file, temporary: Some(path.clone()), path });
                }
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
        Err(ErrorKind::AlreadyExists.into())
    }

    /// The path it will have.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where to write.
    pub fn file(&mut self) -> &mut File {
        &mut self.file
    }

    /// It is whole: gives it its name.
    ///
    /// # Errors
    ///
    /// What the system says of the name.
    pub fn keep(mut self) -> io::Result<()> {
        if let Some(temporary) = &self.temporary
            && *temporary != self.path
        {
            self.folder.rename(temporary, &self.path)?;
        }
        self.temporary = None;
        Ok(())
    }
}

impl Drop for Upload<'_> {
    fn drop(&mut self) {
        if let Some(temporary) = &self.temporary
            && let Err(error) = self.folder.remove_file(temporary)
        {
            log::warn!("half a file is left: {}: {error}", temporary.display());
        }
    }
}

/// Whether this is the name of an upload under way, which a listing leaves out.
pub fn is_temporary(name: impl AsRef<Path>) -> bool {
    let name = name.as_ref().as_os_str().as_bytes();
    name.starts_with(b".upload-") && name.ends_with(b".part")
}

/// Short, whatever the name will be: that may have all the 255 bytes that a name can have.
fn temporary_name() -> String {
    use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
    static NEXT: AtomicU64 = AtomicU64::new(0);
    format!(".upload-{}-{}.part", std::process::id(), NEXT.fetch_add(1, Relaxed))
}

/// The permissions of the file that is to be replaced; `None` if there is none.
fn replaceable(folder: &Folder, path: &Path) -> io::Result<Option<u32>> {
    let refuse = |why: &str| Err(io::Error::new(ErrorKind::PermissionDenied, why));
    match folder.metadata(path) {
        Ok(meta) if meta.kind == Kind::Folder => refuse("it is a folder"),
        Ok(meta) if meta.kind != Kind::File => refuse("it is no file"),
        Ok(meta) if meta.mode & 0o200 == 0 => refuse("it is write-protected"),
        Ok(meta) => Ok(Some(meta.mode)),
        Err(error) => match error.kind() {
            // A link that leads out, or to nothing, is replaced; what it names is not touched.
            ErrorKind::NotFound | ErrorKind::PermissionDenied => Ok(None),
            _ => Err(error),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::io::Write as _;

    fn names(dir: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(dir)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn half_a_file_never_replaces_a_whole_one() {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::new(dir.path()).unwrap();
        fs::write(dir.path().join("f"), "old").unwrap();
        fs::set_permissions(dir.path().join("f"), PermissionsExt::from_mode(0o640)).unwrap();

        let mut upload = Upload::replacing(&folder, Path::new("/f")).unwrap();
        upload.file().write_all(b"ne").unwrap();
        assert!(names(dir.path()).iter().any(is_temporary));
        drop(upload);
        assert_eq!(names(dir.path()), ["f"]);
        assert_eq!(fs::read(dir.path().join("f")).unwrap(), b"old");

        let mut upload = Upload::replacing(&folder, Path::new("/f")).unwrap();
        upload.file().write_all(b"new").unwrap();
        upload.keep().unwrap();
        assert_eq!(names(dir.path()), ["f"]);
        assert_eq!(fs::read(dir.path().join("f")).unwrap(), b"new");
        let mode = fs::metadata(dir.path().join("f")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o640);
    }

    #[test]
    fn what_is_continued_is_kept() {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::new(dir.path()).unwrap();
        fs::write(dir.path().join("f"), "0123456789").unwrap();
        let mut upload = Upload::continuing(&folder, Path::new("/f"), 4).unwrap();
        upload.file().write_all(b"xx").unwrap();
        drop(upload);
        let mut upload = Upload::appending(&folder, Path::new("/f")).unwrap();
        upload.file().write_all(b"end").unwrap();
        drop(upload);
        assert_eq!(fs::read(dir.path().join("f")).unwrap(), b"0123xx6789end");
        assert!(Upload::continuing(&folder, Path::new("/f"), 14).is_err());
    }

    #[test]
    fn folders_and_protected_files_are_not_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::new(dir.path()).unwrap();
        fs::create_dir(dir.path().join("sub")).unwrap();
        fs::write(dir.path().join("f"), "x").unwrap();
        fs::set_permissions(dir.path().join("f"), PermissionsExt::from_mode(0o444)).unwrap();
        for path in ["/sub", "/f", "/nowhere/f", "/"] {
            assert!(Upload::replacing(&folder, Path::new(path)).is_err(), "{path}");
            assert!(Upload::appending(&folder, Path::new(path)).is_err(), "{path}");
        }
        assert_eq!(names(dir.path()), ["f", "sub"]);
    }

    #[test]
    fn unique_names_are_new() {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::new(dir.path()).unwrap();
        Upload::unique(&folder, Path::new("/")).unwrap().keep().unwrap();
        Upload::unique(&folder, Path::new("/")).unwrap().keep().unwrap();
        drop(Upload::unique(&folder, Path::new("/")).unwrap());
        assert_eq!(names(dir.path()), ["upload.1", "upload.2"]);
    }
}
