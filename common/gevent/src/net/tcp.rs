//! `TcpListener` and `TcpStream`.

use std::io;
use std::net::{Shutdown, SocketAddr};
use std::os::fd::{AsRawFd, OwnedFd};
use std::rc::Rc;
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::socket::{
    AddressFamily, SockFlag, SockType, SockaddrStorage, connect, getsockopt, socket, sockopt,
};

use super::io::{Cooperative, common_methods, stream_io};
use super::resolve::ToAddresses;

/// A listening TCP socket. Clones are the same socket.
#[derive(Clone, Debug)]
pub struct TcpListener {
    io: Rc<Cooperative<std::net::TcpListener>>,
}

impl TcpListener {
    /// Listens at the first of these addresses that can be had.
    ///
    /// # Errors
    /// None can; the name is unknown.
    pub fn bind(address: impl ToAddresses) -> io::Result<TcpListener> {
        let addresses = address.to_addresses()?;
        TcpListener::from_std(std::net::TcpListener::bind(&addresses[..])?)
    }

    /// Takes a socket that listens already.
    ///
    /// # Errors
    /// It cannot be made non-blocking.
    pub fn from_std(socket: std::net::TcpListener) -> io::Result<TcpListener> {
        socket.set_nonblocking(true)?;
        Ok(TcpListener { io: Rc::new(Cooperative::new(socket)) })
    }

    /// Waits for the next client.
    ///
    /// # Errors
    /// Those of accept(2); the socket was closed.
    pub fn accept(&self) -> io::Result<(TcpStream, SocketAddr)> {
        let (stream, peer) = self.io.reading(std::net::TcpListener::accept)?;
        Ok((TcpStream::from_std(stream)?, peer))
    }

    /// Its own address.
    ///
    /// # Errors
    /// It was closed.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.io.inner()?.local_addr()
    }
}

/// A TCP connection. Clones are the same connection.
#[derive(Clone, Debug)]
pub struct TcpStream {
    io: Rc<Cooperative<std::net::TcpStream>>,
}

impl TcpStream {
    /// Connects to the first of these addresses that answers.
    ///
    /// # Errors
    /// That of the last one tried; the name is unknown.
    pub fn connect(address: impl ToAddresses) -> io::Result<TcpStream> {
        let mut result = Err(io::ErrorKind::InvalidInput.into());
        for address in address.to_addresses()? {
            result = TcpStream::connect_to(address, None);
            if result.is_ok() {
                break;
            }
        }
        result
    }

    /// Connects to one address, and waits at most so long.
    ///
    /// # Errors
    /// It did not answer in time, or refused.
    pub fn connect_timeout(address: &SocketAddr, limit: Duration) -> io::Result<TcpStream> {
        TcpStream::connect_to(*address, Some(limit))
    }

    fn connect_to(address: SocketAddr, limit: Option<Duration>) -> io::Result<TcpStream> {
        let family = if address.is_ipv4() { AddressFamily::Inet } else { AddressFamily::Inet6 };
        let flags = SockFlag::SOCK_NONBLOCK | SockFlag::SOCK_CLOEXEC;
        let fd: OwnedFd = socket(family, SockType::Stream, flags, None)?;
        let begun = connect(fd.as_raw_fd(), &SockaddrStorage::from(address));
        let stream =
            TcpStream { io: Rc::new(Cooperative::new(std::net::TcpStream::from(fd)).of_tcp()) };
        match begun {
            Ok(()) => return Ok(stream),
            Err(Errno::EINPROGRESS) => {}
            Err(errno) => return Err(errno.into()),
        }
        stream.io.wait_writable(limit)?;
        match getsockopt(&*stream.io.inner()?, sockopt::SocketError)? {
            0 => Ok(stream),
            error => Err(io::Error::from_raw_os_error(error)),
        }
    }

    /// Takes a connected socket.
    ///
    /// # Errors
    /// It cannot be made non-blocking.
    pub fn from_std(socket: std::net::TcpStream) -> io::Result<TcpStream> {
        socket.set_nonblocking(true)?;
        Ok(TcpStream { io: Rc::new(Cooperative::new(socket).of_tcp()) })
    }

    /// Runs a read of one's own on the socket, waiting for data whenever it would block. It asks for
    /// `room` bytes, and says how many it got.
    ///
    /// # Errors
    /// Those of `op`, and those of waiting.
    #[inline]
    pub fn read_with(
        &self,
        room: usize,
        op: impl FnMut(&std::net::TcpStream) -> io::Result<usize>,
    ) -> io::Result<usize> {
        self.io.read_stream(room, op)
    }

    /// Runs a write of one's own on the socket (`sendfile`, say), waiting for room whenever it would
    /// block.
    ///
    /// # Errors
    /// Those of `op`, and those of waiting.
    #[inline]
    pub fn write_with<R>(
        &self,
        op: impl FnMut(&std::net::TcpStream) -> io::Result<R>,
    ) -> io::Result<R> {
        self.io.writing(op)
    }

    /// The task that waits to read gets the error `ConnectionAborted`, and may read again.
    pub fn cancel_read(&self) {
        self.io.cancel_read();
    }

    /// Ends one direction, or both.
    ///
    /// # Errors
    /// It is not connected any more.
    pub fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        self.io.inner()?.shutdown(how)
    }

    /// Sends small answers at once.
    ///
    /// # Errors
    /// It is not connected any more.
    pub fn set_nodelay(&self, nodelay: bool) -> io::Result<()> {
        self.io.inner()?.set_nodelay(nodelay)
    }

    /// The other end's address.
    ///
    /// # Errors
    /// It is not connected any more.
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.io.inner()?.peer_addr()
    }

    /// Its own address.
    ///
    /// # Errors
    /// It was closed.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.io.inner()?.local_addr()
    }
}

stream_io!(TcpStream);

mod listener {
    use super::TcpListener;
    use crate::net::io::common_methods;
    type Inner = std::net::TcpListener;
    common_methods!(TcpListener);
}

type Inner = std::net::TcpStream;
common_methods!(TcpStream);
