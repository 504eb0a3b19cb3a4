//! A folder as a wall: names are looked up beneath it, and nothing leads out.
//!
//! A server that joins a client's path to its root and opens the result has lost before it started:
//! `..`, an absolute path or a symbolic link names any file of the machine, and a check made before
//! the open can be outrun by a rename. A [`Folder`] holds the root open and asks the kernel for the
//! whole walk at once (`openat2` with `RESOLVE_BENEATH`, Linux 5.6): a link inside the folder is
//! followed, one that leaves it is refused. Where the kernel has no `openat2`, each component is
//! opened in turn with `O_NOFOLLOW`, and every link is refused.
//!
//! Names are relative to the folder; a leading `/` means the folder itself. `..` is refused: only the
//! protocol knows what it means there (HTTP resolves it in the URL, FTP in its current directory).
//!
//! ```
//! use std::{fs, io::{ErrorKind, Read}};
//!
//! let dir = tempfile::tempdir()?;
//! fs::write(dir.path().join("hello.txt"), "hello")?;
//! std::os::unix::fs::symlink("/etc/passwd", dir.path().join("way-out"))?;
//!
//! let folder = common::folder::Folder::new(dir.path())?;
//! let (mut file, meta) = folder.open("/hello.txt")?;
//! let mut text = String::new();
//! file.read_to_string(&mut text)?;
//! assert_eq!((text.as_str(), meta.len), ("hello", 5));
//! assert_eq!(folder.open("way-out").unwrap_err().kind(), ErrorKind::PermissionDenied);
//! assert_eq!(folder.open("../hello.txt").unwrap_err().kind(), ErrorKind::PermissionDenied);
//! # Ok::<(), std::io::Error>(())
//! ```

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};
use std::time::{Duration, SystemTime};

use nix::dir::Dir;
use nix::errno::Errno;
use nix::fcntl::{AtFlags, OFlag, OpenHow, ResolveFlag, open, openat, openat2, renameat};
use nix::sys::stat::{FileStat, Mode, SFlag, fstat, fstatat, mkdirat};
use nix::unistd::{UnlinkatFlags, unlinkat};

/// An open folder, beneath which names are looked up.
#[derive(Debug)]
pub struct Folder {
    root: OwnedFd,
    /// Whether the kernel answered `openat2`; asked once, when the folder is opened.
    openat2: bool,
}

/// What a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A regular file.
    File,
    /// A folder.
    Folder,
    /// A link that cannot be followed here: it leads out, to nothing, or in a circle.
    Link,
    /// A pipe, a socket or a device.
    Other,
}

/// The facts about a file or folder that servers speak of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Meta {
    /// What it is.
    pub kind: Kind,
    /// Its length in bytes.
    pub len: u64,
    /// When its content last changed.
    pub modified: SystemTime,
    /// The permission bits, without the file type.
    pub mode: u32,
    /// How many names it has.
    pub links: u64,
    /// Its owner's user and group number.
    pub owner: (u32, u32),
    /// Device and inode number: together they tell one file from another.
    pub id: (u64, u64),
}

/// One name in a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The name, any bytes but `/` and NUL.
    pub name: OsString,
    /// What it stands for; of what a link leads to, if it leads to something in the folder.
    pub meta: Meta,
}

/// How a file is opened for writing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Write {
    /// Make it, or empty it if it exists.
    Replace,
    /// Make it; an existing one is an error.
    New,
    /// Make it, or write behind what it holds.
    Append,
    /// Open an existing one, or make it, and leave what it holds.
    Update,
}

impl Folder {
    /// Opens `path`, which the user of the program chose and which may be a link.
    ///
    /// # Errors
    ///
    /// What the system says, for example that there is no such folder.
    pub fn new(path: impl AsRef<Path>) -> io::Result<Self> {
        let root = open(path.as_ref(), folder_flags(), Mode::empty())?;
        let openat2 = beneath(root.as_fd(), Path::new("."), folder_flags(), Mode::empty()).is_ok();
        Ok(Self { root, openat2 })
    }

    /// Opens a file or folder for reading. Never waits: a pipe without a writer opens too, so look
    /// at [`Meta::kind`] before reading.
    ///
    /// # Errors
    ///
    /// `PermissionDenied` for a name that leads out of the folder; otherwise what the system says.
    pub fn open(&self, name: impl AsRef<Path>) -> io::Result<(File, Meta)> {
        let flags = OFlag::O_RDONLY | OFlag::O_NONBLOCK | OFlag::O_NOCTTY | OFlag::O_CLOEXEC;
        let fd = self.look_up(&inside(name.as_ref())?, flags, Mode::empty())?;
        let meta = fstat(&fd)?.into();
        Ok((fd.into(), meta))
    }

    /// Opens a file for writing; a new one gets the mode `rw-r--r--` less the umask.
    ///
    /// # Errors
    ///
    /// As [`Folder::open`]; and `AlreadyExists` with [`Write::New`].
    pub fn write(&self, name: impl AsRef<Path>, how: Write) -> io::Result<File> {
        let how = match how {
            Write::Replace => OFlag::O_CREAT | OFlag::O_TRUNC,
            Write::New => OFlag::O_CREAT | OFlag::O_EXCL,
            Write::Append => OFlag::O_CREAT | OFlag::O_APPEND,
            Write::Update => OFlag::O_CREAT,
        };
        let flags = how | OFlag::O_WRONLY | OFlag::O_NONBLOCK | OFlag::O_NOCTTY | OFlag::O_CLOEXEC;
        let mode = Mode::from_bits_truncate(0o644);
        Ok(self.look_up(&inside(name.as_ref())?, flags, mode)?.into())
    }

    /// What a name stands for, without opening it.
    ///
    /// # Errors
    ///
    /// As [`Folder::open`].
    pub fn metadata(&self, name: impl AsRef<Path>) -> io::Result<Meta> {
        let flags = OFlag::O_PATH | OFlag::O_CLOEXEC;
        let fd = self.look_up(&inside(name.as_ref())?, flags, Mode::empty())?;
        Ok(fstat(&fd)?.into())
    }

    /// The names in a folder, in no order, without `.` and `..`.
    ///
    /// # Errors
    ///
    /// As [`Folder::open`]; and `NotADirectory`.
    pub fn list(&self, name: impl AsRef<Path>) -> io::Result<Vec<Entry>> {
        let path = inside(name.as_ref())?;
        let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
        let mut dir = Dir::from_fd(self.look_up(&path, flags, Mode::empty())?)?;
        let mut names = Vec::new();
        for entry in dir.iter() {
            let entry = entry?;
            let name = entry.file_name().to_bytes();
            if name != b"." && name != b".." {
                names.push(OsStr::from_bytes(name).to_owned());
            }
        }
        let mut entries = Vec::with_capacity(names.len());
        for name in names {
            // A name that has gone since is no error: the listing is of what is there.
            let Ok(stat) = fstatat(&dir, name.as_os_str(), AtFlags::AT_SYMLINK_NOFOLLOW) else {
                continue;
            };
            let mut meta = Meta::from(stat);
            if meta.kind == Kind::Link {
                meta = self.metadata(path.join(&name)).unwrap_or(meta);
            }
            entries.push(Entry { name, meta });
        }
        Ok(entries)
    }

    /// Makes a folder, mode `rwxr-xr-x` less the umask.
    ///
    /// # Errors
    ///
    /// As [`Folder::open`]; and `AlreadyExists`.
    pub fn create_folder(&self, name: impl AsRef<Path>) -> io::Result<()> {
        let (parent, name) = self.parent(name.as_ref())?;
        Ok(mkdirat(&parent, name.as_os_str(), Mode::from_bits_truncate(0o755))?)
    }

    /// Removes a file, or a link (not what it leads to).
    ///
    /// # Errors
    ///
    /// As [`Folder::open`]; and `IsADirectory`.
    pub fn remove_file(&self, name: impl AsRef<Path>) -> io::Result<()> {
        let (parent, name) = self.parent(name.as_ref())?;
        Ok(unlinkat(&parent, name.as_os_str(), UnlinkatFlags::NoRemoveDir)?)
    }

    /// Removes an empty folder.
    ///
    /// # Errors
    ///
    /// As [`Folder::open`]; and `DirectoryNotEmpty`.
    pub fn remove_folder(&self, name: impl AsRef<Path>) -> io::Result<()> {
        let (parent, name) = self.parent(name.as_ref())?;
        Ok(unlinkat(&parent, name.as_os_str(), UnlinkatFlags::RemoveDir)?)
    }

    /// Renames a file, folder or link; a file of the new name is replaced, as POSIX has it.
    ///
    /// # Errors
    ///
    /// As [`Folder::open`].
    pub fn rename(&self, from: impl AsRef<Path>, to: impl AsRef<Path>) -> io::Result<()> {
        let (old_parent, old) = self.parent(from.as_ref())?;
        let (new_parent, new) = self.parent(to.as_ref())?;
        Ok(renameat(&old_parent, old.as_os_str(), &new_parent, new.as_os_str())?)
    }

    /// Opens the folder that holds `name`, and says what `name` is called in it.
    fn parent(&self, name: &Path) -> io::Result<(OwnedFd, OsString)> {
        let path = inside(name)?;
        // The folder itself has no name in it: file_name of `.` is None.
        let last = path.file_name().ok_or(Errno::EBUSY)?.to_owned();
        let parent = match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        Ok((self.look_up(parent, folder_flags(), Mode::empty())?, last))
    }

    fn look_up(&self, path: &Path, flags: OFlag, mode: Mode) -> io::Result<OwnedFd> {
        if self.openat2 {
            beneath(self.root.as_fd(), path, flags, mode)
        } else {
            walk(self.root.as_fd(), path, flags, mode)
        }
    }
}

impl From<FileStat> for Meta {
    fn from(stat: FileStat) -> Self {
        let kind = match SFlag::from_bits_truncate(stat.st_mode) & SFlag::S_IFMT {
            SFlag::S_IFREG => Kind::File,
            SFlag::S_IFDIR => Kind::Folder,
            SFlag::S_IFLNK => Kind::Link,
            _ => Kind::Other,
        };
        let nanos = Duration::from_nanos(u64::try_from(stat.st_mtime_nsec).unwrap_or(0));
        let seconds = Duration::from_secs(stat.st_mtime.unsigned_abs());
        let modified = match stat.st_mtime {
            0.. => SystemTime::UNIX_EPOCH + seconds + nanos,
            _ => SystemTime::UNIX_EPOCH - seconds + nanos,
        };
        Self {
            kind,
            len: u64::try_from(stat.st_size).unwrap_or(0),
            modified,
            mode: stat.st_mode & 0o7777,
            #[allow(clippy::unnecessary_cast, reason = "it is a u32 on aarch64")]
            links: stat.st_nlink as u64,
            owner: (stat.st_uid, stat.st_gid),
            id: (stat.st_dev, stat.st_ino),
        }
    }
}

fn folder_flags() -> OFlag {
    OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC
}

/// The path relative to the folder: no leading `/`, no `.`, never empty, and no `..`.
fn inside(name: &Path) -> io::Result<PathBuf> {
    let mut path = PathBuf::new();
    for component in name.components() {
        match component {
            Component::Normal(name) => path.push(name),
            Component::RootDir | Component::CurDir | Component::Prefix(_) => {}
            Component::ParentDir => return Err(leads_out()),
        }
    }
    if path.as_os_str().is_empty() {
        path.push(".");
    }
    Ok(path)
}

fn leads_out() -> io::Error {
    io::Error::new(io::ErrorKind::PermissionDenied, "the name leads out of the folder")
}

/// The kernel's own walk: see openat2(2).
fn beneath(root: BorrowedFd<'_>, path: &Path, flags: OFlag, mode: Mode) -> io::Result<OwnedFd> {
    // openat2 refuses a mode where nothing is made.
    let mode = if flags.contains(OFlag::O_CREAT) { mode } else { Mode::empty() };
    let how = OpenHow::new()
        .flags(flags)
        .mode(mode)
        .resolve(ResolveFlag::RESOLVE_BENEATH | ResolveFlag::RESOLVE_NO_MAGICLINKS);
    for _ in 0..16 {
        match openat2(root, path, how) {
            // A rename somewhere on the machine came in between, and the kernel could not be sure.
            Err(Errno::EAGAIN | Errno::EINTR) => {}
            Err(Errno::EXDEV) => return Err(leads_out()),
            other => return Ok(other?),
        }
    }
    Err(Errno::EAGAIN.into())
}

/// The same walk by hand, for a kernel without openat2: no component may be a link.
fn walk(root: BorrowedFd<'_>, path: &Path, flags: OFlag, mode: Mode) -> io::Result<OwnedFd> {
    let mut held: Option<OwnedFd> = None;
    let mut components = path.iter().peekable();
    while let Some(name) = components.next() {
        let here = held.as_ref().map_or(root, AsFd::as_fd);
        let flags = if components.peek().is_some() { folder_flags() } else { flags };
        let next = openat(here, name, flags | OFlag::O_NOFOLLOW, mode)?;
        if Meta::from(fstat(&next)?).kind == Kind::Link {
            // O_PATH with O_NOFOLLOW opens the link itself.
            return Err(Errno::ELOOP.into());
        }
        held = Some(next);
    }
    held.ok_or_else(|| Errno::ENOENT.into())
}

#[cfg(test)]
#[path = "folder_tests.rs"]
mod tests;
