//! A connected socket whose every wait has an end.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream, UdpSocket};
use std::os::fd::{AsFd, AsRawFd, OwnedFd, RawFd};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Instant;

use nix::errno::Errno;
use nix::libc::linger;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{self, AddressFamily, MsgFlags, SockFlag, SockType, SockaddrIn, UnixAddr};
use nix::sys::socket::{setsockopt, sockopt};

use crate::{Address, Transport, patience};

/// A socket of any [`Transport`], connected. Nothing here waits but [`Socket::wait`].
#[derive(Debug)]
pub(crate) struct Socket {
    fd: OwnedFd,
    transport: Transport,
}

impl Socket {
    pub(crate) fn connect(address: &Address) -> io::Result<Self> {
        let nowhere = || io::Error::other("no address");
        let fd = match address.transport {
            Transport::Tcp => tcp(reachable(address.inet.ok_or_else(nowhere)?))?,
            Transport::Udp => udp(reachable(address.inet.ok_or_else(nowhere)?))?,
            Transport::UnixStream => {
                UnixStream::connect(address.path.as_ref().ok_or_else(nowhere)?)?.into()
            }
            Transport::UnixDatagram => unix_datagram(address.path.as_ref().ok_or_else(nowhere)?)?,
        };
        Ok(Self { fd, transport: address.transport })
    }

    /// A TCP connection with the smallest buffers and segments, so that few bytes fill it.
    pub(crate) fn connect_narrow(address: &Address) -> io::Result<Self> {
        let Some(SocketAddr::V4(to)) = address.inet.map(reachable) else {
            return Self::connect(address);
        };
        let fd =
            socket::socket(AddressFamily::Inet, SockType::Stream, SockFlag::SOCK_CLOEXEC, None)?;
        setsockopt(&fd, sockopt::RcvBuf, &4096)?;
        setsockopt(&fd, sockopt::TcpMaxSeg, &536)?;
        socket::connect(fd.as_raw_fd(), &SockaddrIn::from(to))?;
        Ok(Self { fd, transport: address.transport })
    }

    /// Where the other end sees this one; `None` for a unix socket.
    pub(crate) fn local_addr(&self) -> io::Result<Option<SocketAddr>> {
        let name: socket::SockaddrStorage = socket::getsockname(self.raw())?;
        let four = name.as_sockaddr_in().map(|a| SocketAddr::from((a.ip(), a.port())));
        let six = name.as_sockaddr_in6().map(|a| SocketAddr::from((a.ip(), a.port())));
        Ok(four.or(six))
    }

    /// Sends what goes at once; `None` if nothing does.
    pub(crate) fn send(&self, bytes: &[u8]) -> io::Result<Option<usize>> {
        let flags = MsgFlags::MSG_DONTWAIT | MsgFlags::MSG_NOSIGNAL;
        match socket::send(self.raw(), bytes, flags) {
            Ok(count) => Ok(Some(count)),
            Err(Errno::EAGAIN | Errno::EINTR) => Ok(None),
            Err(e) => Err(e.into()),
        }
    }

    /// Receives what is there, at most so many bytes; `None` if nothing is. Empty is the end.
    pub(crate) fn receive(&self, most: usize) -> io::Result<Option<Vec<u8>>> {
        // What does not fit of a datagram is lost, so there is room for the longest.
        let mut buffer = vec![0; if self.transport.is_stream() { most.max(1) } else { 65536 }];
        match socket::recv(self.raw(), &mut buffer, MsgFlags::MSG_DONTWAIT) {
            Ok(count) => {
                buffer.truncate(count);
                Ok(Some(buffer))
            }
            Err(Errno::EAGAIN | Errno::EINTR) => Ok(None),
            Err(e) => Err(e.into()),
        }
    }

    /// The next byte, which stays where it is; `None` at the end, and when time is up.
    pub(crate) fn peek(&self, end: Instant) -> io::Result<Option<u8>> {
        let mut buffer = [0];
        self.wait(PollFlags::POLLIN, end)?;
        match socket::recv(self.raw(), &mut buffer, MsgFlags::MSG_DONTWAIT | MsgFlags::MSG_PEEK) {
            Ok(1) => Ok(Some(buffer[0])),
            Ok(_) | Err(Errno::EAGAIN | Errno::EINTR) => Ok(None),
            Err(e) => Err(e.into()),
        }
    }

    /// As [`Socket::receive`], and waits for it; `None` when time is up.
    pub(crate) fn receive_before(&self, most: usize, end: Instant) -> io::Result<Option<Vec<u8>>> {
        loop {
            if let Some(bytes) = self.receive(most)? {
                return Ok(Some(bytes));
            }
            if !self.wait(PollFlags::POLLIN, end)? {
                return Ok(None);
            }
        }
    }

    /// Waits until one of these things is possible; false when time is up.
    pub(crate) fn wait(&self, what: PollFlags, end: Instant) -> io::Result<bool> {
        loop {
            let left = end.saturating_duration_since(Instant::now());
            // Up to the next millisecond, so that the last wait is not a busy one.
            let left = PollTimeout::try_from(left.as_millis() + 1).unwrap_or(PollTimeout::MAX);
            match poll(&mut [PollFd::new(self.fd.as_fd(), what)], left) {
                Ok(count) if count > 0 => return Ok(true),
                Ok(_) if Instant::now() >= end => return Ok(false),
                Ok(_) | Err(Errno::EINTR) => {}
                Err(e) => return Err(e.into()),
            }
        }
    }

    pub(crate) fn close_sending_half(&self) -> io::Result<()> {
        Ok(socket::shutdown(self.raw(), socket::Shutdown::Write)?)
    }

    /// Makes closing it a reset (RST).
    pub(crate) fn linger_not(&self) -> io::Result<()> {
        Ok(setsockopt(&self.fd, sockopt::Linger, &linger { l_onoff: 1, l_linger: 0 })?)
    }

    fn raw(&self) -> RawFd {
        self.fd.as_raw_fd()
    }
}

impl From<TcpStream> for Socket {
    fn from(stream: TcpStream) -> Self {
        Self { fd: stream.into(), transport: Transport::Tcp }
    }
}

fn tcp(to: SocketAddr) -> io::Result<OwnedFd> {
    let stream = TcpStream::connect_timeout(&to, patience())?;
    stream.set_nodelay(true)?;
    Ok(stream.into())
}

fn udp(to: SocketAddr) -> io::Result<OwnedFd> {
    let socket = UdpSocket::bind(if to.is_ipv4() { "127.0.0.1:0" } else { "[::1]:0" })?;
    socket.connect(to)?;
    Ok(socket.into())
}

/// A name of its own, chosen by the kernel, so that it can be answered (`unix(7)`, autobind).
fn unix_datagram(path: &Path) -> io::Result<OwnedFd> {
    let fd = socket::socket(AddressFamily::Unix, SockType::Datagram, SockFlag::SOCK_CLOEXEC, None)?;
    socket::bind(fd.as_raw_fd(), &UnixAddr::new_unnamed())?;
    socket::connect(fd.as_raw_fd(), &UnixAddr::new(path)?)?;
    Ok(fd)
}

/// Every address of the machine is reached by the loopback one.
fn reachable(addr: SocketAddr) -> SocketAddr {
    let ip = match addr.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, addr.port())
}
