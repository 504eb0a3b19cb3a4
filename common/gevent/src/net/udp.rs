//! `UdpSocket`.

use std::io;
use std::net::SocketAddr;
use std::rc::Rc;

use super::io::{Cooperative, common_methods};
use super::resolve::ToAddresses;

/// A UDP socket. Clones are the same socket.
#[derive(Clone, Debug)]
pub struct UdpSocket {
    io: Rc<Cooperative<std::net::UdpSocket>>,
}

impl UdpSocket {
    /// At the first of these addresses that can be had.
    ///
    /// # Errors
    /// None can; the name is unknown.
    pub fn bind(address: impl ToAddresses) -> io::Result<UdpSocket> {
        let addresses = address.to_addresses()?;
        UdpSocket::from_std(std::net::UdpSocket::bind(&addresses[..])?)
    }

    /// Takes a socket.
    ///
    /// # Errors
    /// It cannot be made non-blocking.
    pub fn from_std(socket: std::net::UdpSocket) -> io::Result<UdpSocket> {
        socket.set_nonblocking(true)?;
        Ok(UdpSocket { io: Rc::new(Cooperative::new(socket)) })
    }

    /// Waits for a datagram; gives its length and its sender.
    ///
    /// # Errors
    /// Those of recvfrom(2); the socket was closed.
    pub fn recv_from(&self, buffer: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.io.reading(|socket| socket.recv_from(buffer))
    }

    /// Sends a datagram.
    ///
    /// # Errors
    /// Those of sendto(2).
    pub fn send_to(&self, bytes: &[u8], to: SocketAddr) -> io::Result<usize> {
        self.io.writing(|socket| socket.send_to(bytes, to))
    }

    /// From now on only with this peer.
    ///
    /// # Errors
    /// Those of connect(2).
    pub fn connect(&self, to: impl ToAddresses) -> io::Result<()> {
        self.io.inner()?.connect(&to.to_addresses()?[..])
    }

    /// Waits for a datagram of the peer.
    ///
    /// # Errors
    /// Those of recv(2); the socket was closed.
    pub fn recv(&self, buffer: &mut [u8]) -> io::Result<usize> {
        self.io.reading(|socket| socket.recv(buffer))
    }

    /// Sends a datagram to the peer.
    ///
    /// # Errors
    /// Those of send(2).
    pub fn send(&self, bytes: &[u8]) -> io::Result<usize> {
        self.io.writing(|socket| socket.send(bytes))
    }

    /// Its own address.
    ///
    /// # Errors
    /// It was closed.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.io.inner()?.local_addr()
    }
}

type Inner = std::net::UdpSocket;
common_methods!(UdpSocket);
