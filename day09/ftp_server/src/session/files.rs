//! Folders and names: CWD, MKD, RMD, DELE, RNFR, RNTO, SIZE, MDTM, MFMT, SITE CHMOD.

use std::ffi::OsStr;
use std::fs::{File, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use common::folder::{Folder, Kind, Write};

use super::Session;
use crate::clock::Date;
use crate::command::Type;
use crate::path::quoted;
use crate::reply::Reply;

impl Session<'_> {
    pub(super) fn change_folder(&mut self, name: &OsStr) -> Reply {
        let path = self.path(name);
        match self.settings.folder.metadata(&path) {
            Ok(meta) if meta.kind == Kind::Folder => {
                self.here = path;
                Reply::new(250, [&quoted(&self.here)[..], b" is the current folder"].concat())
            }
            Ok(_) => Reply::new(550, "Not a folder"),
            Err(error) => Reply::failed(&error),
        }
    }

    pub(super) fn make_folder(&mut self, name: &OsStr) -> Reply {
        let path = self.path(name);
        match self.settings.folder.create_folder(&path) {
            Ok(()) => Reply::new(257, [&quoted(&path)[..], b" made"].concat()),
            Err(error) => Reply::failed(&error),
        }
    }

    pub(super) fn remove_folder(&mut self, name: &OsStr) -> Reply {
        self.done(self.settings.folder.remove_folder(self.path(name)), "Removed")
    }

    pub(super) fn remove_file(&mut self, name: &OsStr) -> Reply {
        self.done(self.settings.folder.remove_file(self.path(name)), "Removed")
    }

    pub(super) fn rename_from(&mut self, name: &OsStr) -> Reply {
        let path = self.path(name);
        if path == Path::new("/") {
            return Reply::new(550, "Not this one");
        }
        // A link that leads out can still be renamed: ask for the name, not for what it leads to.
        match self.settings.folder.metadata(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Reply::failed(&error),
            _ => {
                self.renamed = Some(path);
                Reply::new(350, "And the new name?")
            }
        }
    }

    pub(super) fn rename_to(&mut self, from: Option<PathBuf>, name: &OsStr) -> Reply {
        let Some(from) = from else {
            return Reply::new(503, "Say RNFR first");
        };
        self.done(self.settings.folder.rename(from, self.path(name)), "Renamed")
    }

    /// The number of bytes that a transfer would send: in TYPE A that is known only after sending
    /// them, so there is no answer (RFC 3659, 4).
    pub(super) fn size(&mut self, name: &OsStr) -> Reply {
        if self.kind == Type::Ascii {
            return Reply::new(550, "Only in TYPE I");
        }
        match self.settings.folder.metadata(self.path(name)) {
            Ok(meta) if meta.kind == Kind::File => Reply::new(213, meta.len.to_string()),
            Ok(_) => Reply::new(550, "Not a file"),
            Err(error) => Reply::failed(&error),
        }
    }

    pub(super) fn modified(&mut self, name: &OsStr) -> Reply {
        match self.settings.folder.metadata(self.path(name)) {
            Ok(meta) => Reply::new(213, Date::of(meta.modified).stamp()),
            Err(error) => Reply::failed(&error),
        }
    }

    pub(super) fn set_modified(&mut self, time: SystemTime, name: &OsStr) -> Reply {
        let path = self.path(name);
        let set = open(&self.settings.folder, &path).and_then(|file| file.set_modified(time));
        let text = format!("Modify={}; ", Date::of(time).stamp());
        match set {
            Ok(()) => {
                Reply::new(213, [text.as_bytes(), path.as_os_str().as_encoded_bytes()].concat())
            }
            Err(error) => Reply::failed(&error),
        }
    }

    pub(super) fn set_mode(&mut self, mode: u32, name: &OsStr) -> Reply {
        let mode = Permissions::from_mode(mode & 0o777);
        let file = open(&self.settings.folder, &self.path(name));
        match file.and_then(|file| file.set_permissions(mode)) {
            Ok(()) => Reply::new(200, "Changed"),
            Err(error) => Reply::failed(&error),
        }
    }

    fn done(&self, result: io::Result<()>, text: &str) -> Reply {
        match result {
            Ok(()) => Reply::new(250, text),
            Err(error) => Reply::failed(&error),
        }
    }
}

/// A file or folder, in whichever way it may be opened: its content is not touched.
fn open(folder: &Folder, path: &Path) -> io::Result<File> {
    match folder.open(path) {
        Ok((file, _)) => Ok(file),
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            folder.metadata(path)?;
            folder.write(path, Write::Update)
        }
        Err(error) => Err(error),
    }
}
