//! Connecting: from several addresses of this machine, so that its ports do not run out.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, TcpStream};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::path::Path;
use std::time::Duration;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{
    AddressFamily, SockFlag, SockType, SockaddrStorage, bind, connect, setsockopt, socket, sockopt,
};

use crate::servers::kib;

/// Clients that share one address of 127.0.0.0/8: a port each, of some 28,000.
const PER_ADDRESS: usize = 5_000;

/// A machine that is out of memory ends some program; ours stops before that: when so many KiB are
/// left, or an eighth of all.
const FREE_KIB: u64 = 1 << 20;

/// A connection for the client of that number, which does not block.
///
/// # Errors
///
/// In words: who refuses, or what the machine lacks.
pub(super) fn dial(
    server: SocketAddr,
    index: usize,
    patience: Duration,
) -> Result<TcpStream, String> {
    if index.is_multiple_of(64) && memory_is_short() {
        return Err("this machine is nearly out of memory".to_owned());
    }
    try_dial(server, index, patience).map_err(|error| match error.kind() {
        io::ErrorKind::TimedOut => "no room to wait to be accepted".to_owned(),
        _ => format!("cannot connect: {}", common::reason(&error)),
    })
}

fn try_dial(server: SocketAddr, index: usize, patience: Duration) -> io::Result<TcpStream> {
    let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
    let fd: OwnedFd = socket(AddressFamily::Inet, SockType::Stream, flags, None)?;
    setsockopt(&fd, sockopt::IpBindAddressNoPort, &true)?;
    let source = SocketAddrV4::new(Ipv4Addr::new(127, 0, 0, source(index)), 0);
    bind(fd.as_raw_fd(), &SockaddrStorage::from(source))?;
    match connect(fd.as_raw_fd(), &SockaddrStorage::from(server)) {
        Err(Errno::EINPROGRESS) => {
            let mut fds = [PollFd::new(fd.as_fd(), PollFlags::POLLOUT)];
            let limit = PollTimeout::try_from(patience).unwrap_or(PollTimeout::MAX);
            if poll(&mut fds, limit)? == 0 {
                return Err(io::ErrorKind::TimedOut.into());
            }
        }
        done => done?,
    }
    let stream = TcpStream::from(fd);
    stream.take_error()?.map_or(Ok(()), Err)?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// The last number of the address that this client connects from: 1, 2, 3 …
fn source(index: usize) -> u8 {
    (1 + index / PER_ADDRESS % 250) as u8
}

fn memory_is_short() -> bool {
    let meminfo = Path::new("/proc/meminfo");
    kib(meminfo, "MemAvailable:") < FREE_KIB.min(kib(meminfo, "MemTotal:") / 8)
}
