//! Where a server is, and where a request came from.

use std::fmt;
use std::net::{SocketAddr, SocketAddrV4, SocketAddrV6};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net;
use std::path::{Path, PathBuf};

use nix::sys::socket::SockaddrStorage;

/// Where a server is, or where a request came from.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Address {
    /// An address and port of TCP or UDP.
    Inet(SocketAddr),
    /// The path of a Unix socket.
    Path(PathBuf),
    /// The name of a Unix socket that has no file.
    Abstract(Vec<u8>),
    /// A Unix socket without a name: a client usually has none, and then cannot be sent a datagram.
    Unnamed,
}

/// Which of a name's addresses a server is to take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AddressFamily {
    /// IPv4.
    Inet,
    /// IPv6.
    Inet6,
}

impl Address {
    /// The address and port, unless it is a Unix socket's.
    pub fn inet(&self) -> Option<SocketAddr> {
        match self {
            Address::Inet(address) => Some(*address),
            _ => None,
        }
    }

    /// The path of a Unix socket that has one.
    pub fn path(&self) -> Option<&Path> {
        match self {
            Address::Path(path) => Some(path),
            _ => None,
        }
    }

    pub(crate) fn is_of(&self, family: AddressFamily) -> bool {
        match self {
            Address::Inet(address) => address.is_ipv6() == (family == AddressFamily::Inet6),
            _ => false,
        }
    }

    /// A path; after a leading NUL, as in Python, an abstract name.
    pub(crate) fn of_path(path: &Path) -> Address {
        match path.as_os_str().as_bytes() {
            [0, name @ ..] => Address::Abstract(name.to_vec()),
            _ => Address::Path(path.to_owned()),
        }
    }

    pub(crate) fn of_inet(raw: &SockaddrStorage) -> Address {
        let v4 = raw.as_sockaddr_in().map(|address| SocketAddrV4::from(*address).into());
        let v6 = || raw.as_sockaddr_in6().map(|address| SocketAddrV6::from(*address).into());
        v4.or_else(v6).map_or(Address::Unnamed, Address::Inet)
    }
}

impl From<SocketAddr> for Address {
    fn from(address: SocketAddr) -> Address {
        Address::Inet(address)
    }
}

impl From<net::SocketAddr> for Address {
    fn from(address: net::SocketAddr) -> Address {
        if let Some(name) = address.as_abstract_name() {
            return Address::Abstract(name.to_vec());
        }
        address.as_pathname().map_or(Address::Unnamed, |path| Address::Path(path.into()))
    }
}

impl fmt::Display for Address {
    /// `127.0.0.1:8888`, `[::1]:8888`, `unix:/path`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Address::Inet(address) => address.fmt(f),
            Address::Path(path) => write!(f, "unix:{}", path.display()),
            Address::Abstract(name) => write!(f, "unix:@{}", name.escape_ascii()),
            Address::Unnamed => f.write_str("unix client"),
        }
    }
}
