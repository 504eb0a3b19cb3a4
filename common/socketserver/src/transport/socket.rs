//! From an address to a bound socket.

use std::fs;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::sys::socket::{
    AddressFamily as Family, SockFlag, SockType, SockaddrLike, SockaddrStorage, UnixAddr, bind,
    connect, setsockopt, socket, sockopt,
};
use nix::unistd::{Pid, getpid};

use crate::{Address, AddressFamily};

/// What a socket is to be like, from [`Builder`](crate::Builder).
#[derive(Debug, Clone)]
pub struct SocketSettings {
    pub(crate) address_family: Option<AddressFamily>,
    pub(crate) allow_reuse_address: bool,
    pub(crate) allow_reuse_port: bool,
    pub(crate) request_queue_size: u16,
    pub(crate) max_packet_size: usize,
    pub(crate) unlink_path: bool,
}

/// Called with the new socket before it is bound.
pub(crate) type Before<'a> = &'a dyn Fn(BorrowedFd<'_>) -> io::Result<()>;

/// A socket bound to `address`, in the state that `extra` flags ask for.
pub(crate) fn bound(
    address: &Address,
    kind: SockType,
    extra: SockFlag,
    settings: &SocketSettings,
    before: Before<'_>,
) -> io::Result<OwnedFd> {
    let raw = raw(address)?;
    let family = raw.family().unwrap_or(Family::Unspec);
    let fd = socket(family, kind, SockFlag::SOCK_CLOEXEC | extra, None)?;
    if settings.allow_reuse_address {
        setsockopt(&fd, sockopt::ReuseAddr, &true)?;
    }
    if settings.allow_reuse_port {
        setsockopt(&fd, sockopt::ReusePort, &true)?;
    }
    before(fd.as_fd())?;
    match bind(fd.as_raw_fd(), &*raw) {
        Err(Errno::EADDRINUSE) if settings.unlink_path => {
            remove_stale(address, kind)?;
            bind(fd.as_raw_fd(), &*raw)?;
        }
        result => result?,
    }
    Ok(fd)
}

fn raw(address: &Address) -> io::Result<Box<dyn SockaddrLike>> {
    Ok(match address {
        Address::Inet(address) => Box::new(SockaddrStorage::from(*address)),
        Address::Path(path) => Box::new(UnixAddr::new(path)?),
        Address::Abstract(name) => Box::new(UnixAddr::new_abstract(name)?),
        Address::Unnamed => Box::new(UnixAddr::new_unnamed()),
    })
}

/// Removes the file of a Unix socket that no process has open any more.
fn remove_stale(address: &Address, kind: SockType) -> io::Result<()> {
    let in_use = || io::Error::from(Errno::EADDRINUSE);
    let Address::Path(path) = address else { return Err(in_use()) };
    if !fs::symlink_metadata(path)?.file_type().is_socket() {
        return Err(io::Error::new(io::ErrorKind::AlreadyExists, "a file of that name exists"));
    }
    let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
    let probe = socket(Family::Unix, kind, flags, None)?;
    match connect(probe.as_raw_fd(), &UnixAddr::new(path)?) {
        Err(Errno::ECONNREFUSED) => fs::remove_file(path),
        _ => Err(in_use()),
    }
}

/// Removes the file of a server's Unix socket when it is dropped, in the process that made it, and
/// only while it is still that file.
#[derive(Debug)]
pub(crate) struct PathGuard {
    path: PathBuf,
    file: (u64, u64),
    home: Pid,
}

impl PathGuard {
    pub(crate) fn of(path: &Path) -> io::Result<PathGuard> {
        Ok(PathGuard { path: path.to_owned(), file: identity(path)?, home: getpid() })
    }
}

impl Drop for PathGuard {
    fn drop(&mut self) {
        let same = identity(&self.path).is_ok_and(|file| file == self.file);
        if same && getpid() == self.home {
            let _ = fs::remove_file(&self.path);
        }
    }
}

fn identity(path: &Path) -> io::Result<(u64, u64)> {
    let file = fs::symlink_metadata(path)?;
    Ok((file.dev(), file.ino()))
}
