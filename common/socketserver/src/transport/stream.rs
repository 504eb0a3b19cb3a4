//! Listening sockets.

use std::io;
use std::net::TcpListener;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixListener;
use std::sync::Arc;

use common::net::{Guests, listen_again};
use nix::sys::socket::{SockFlag, SockType};

use super::socket::{Before, SocketSettings, bound};
use crate::{Address, Connection};

/// A bound socket that accepts connections once it is activated.
#[derive(Debug)]
pub(super) struct Streams {
    socket: Socket,
    request_queue_size: u16,
}

#[derive(Debug)]
enum Socket {
    Inet(TcpListener),
    Unix(UnixListener),
}

impl Streams {
    /// The number of descriptors is limit enough.
    pub(super) const MAX_REQUESTS: usize = usize::MAX;
    pub(super) const ONLY_ACCEPTS: bool = true;

    pub(super) fn bind(
        address: &Address,
        settings: &SocketSettings,
        before: Before<'_>,
    ) -> io::Result<Streams> {
        let fd = bound(address, SockType::Stream, SockFlag::SOCK_NONBLOCK, settings, before)?;
        let socket = match address {
            Address::Inet(_) => Socket::Inet(fd.into()),
            _ => Socket::Unix(fd.into()),
        };
        Ok(Streams { socket, request_queue_size: settings.request_queue_size })
    }

    pub(super) fn activate(&self) -> io::Result<()> {
        listen_again(self, self.request_queue_size)
    }

    pub(super) fn local_address(&self) -> io::Result<Address> {
        match &self.socket {
            Socket::Inet(socket) => Ok(socket.local_addr()?.into()),
            Socket::Unix(socket) => Ok(socket.local_addr()?.into()),
        }
    }

    pub(super) fn get_request(&self) -> io::Result<(OwnedFd, Address)> {
        match &self.socket {
            Socket::Inet(socket) => {
                socket.accept().map(|(stream, peer)| (stream.into(), peer.into()))
            }
            Socket::Unix(socket) => {
                socket.accept().map(|(stream, peer)| (stream.into(), peer.into()))
            }
        }
    }

    pub(super) fn admit(
        &self,
        stream: OwnedFd,
        address: Address,
        guests: &Arc<Guests>,
    ) -> io::Result<Connection> {
        Ok(Connection::new(guests.admit(stream, address.to_string())?, address))
    }
}

impl AsFd for Streams {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match &self.socket {
            Socket::Inet(socket) => socket.as_fd(),
            Socket::Unix(socket) => socket.as_fd(),
        }
    }
}
