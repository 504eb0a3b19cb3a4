//! Datagram sockets.

use std::io::{self, IoSliceMut};
use std::net::UdpSocket;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use common::net::{Guests, excerpt};
use log::{info, log_enabled};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{MsgFlags, SockFlag, SockType, SockaddrStorage, recvmsg};

use super::socket::{Before, SocketSettings, bound};
use crate::{Address, Datagram};

/// One datagram as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packet {
    /// Its bytes, at most `max_packet_size`.
    pub bytes: Vec<u8>,
    /// It was longer, and is cut.
    pub truncated: bool,
}

/// A bound socket that datagrams come to, and go out of.
#[derive(Debug)]
pub(super) struct Datagrams {
    socket: Arc<DatagramSocket>,
    /// One byte longer than the longest packet, which tells one that is cut; a request keeps only as
    /// much as its own is long.
    buffer: Mutex<Vec<u8>>,
}

/// The socket itself, which every request in progress keeps open.
#[derive(Debug)]
pub(crate) enum DatagramSocket {
    Inet(UdpSocket),
    Unix(net::UnixDatagram),
}

impl Datagrams {
    /// Nothing else would limit them: a datagram takes no descriptor.
    pub(super) const MAX_REQUESTS: usize = 1000;
    pub(super) const ONLY_ACCEPTS: bool = false;

    pub(super) fn bind(
        address: &Address,
        settings: &SocketSettings,
        before: Before<'_>,
    ) -> io::Result<Datagrams> {
        // It blocks: an answer waits for room in the queue it goes to. Only receiving never waits.
        let fd = bound(address, SockType::Datagram, SockFlag::empty(), settings, before)?;
        let socket = match address {
            Address::Inet(_) => DatagramSocket::Inet(fd.into()),
            _ => DatagramSocket::Unix(fd.into()),
        };
        socket.limit_waiting()?;
        let buffer = Mutex::new(vec![0; settings.max_packet_size.saturating_add(1)]);
        Ok(Datagrams { socket: Arc::new(socket), buffer })
    }

    pub(super) fn activate(&self) -> io::Result<()> {
        Ok(())
    }

    pub(super) fn local_address(&self) -> io::Result<Address> {
        match &*self.socket {
            DatagramSocket::Inet(socket) => Ok(socket.local_addr()?.into()),
            DatagramSocket::Unix(socket) => Ok(socket.local_addr()?.into()),
        }
    }

    pub(super) fn get_request(&self) -> io::Result<(Packet, Address)> {
        let mut buffer = self.buffer.lock().unwrap_or_else(PoisonError::into_inner);
        let (count, sender) = self.socket.receive(&mut buffer)?;
        let most = buffer.len() - 1;
        let bytes = buffer[..count.min(most)].to_vec();
        Ok((Packet { bytes, truncated: count > most }, sender))
    }

    pub(super) fn admit(
        &self,
        packet: Packet,
        address: Address,
        guests: &Arc<Guests>,
    ) -> io::Result<Datagram> {
        if log_enabled!(log::Level::Info) {
            let cut = if packet.truncated { " (cut)" } else { "" };
            info!("{address}: received {}{cut}", excerpt(&packet.bytes));
        }
        let socket = Arc::clone(&self.socket);
        Ok(Datagram::new((packet.bytes, packet.truncated), socket, address, guests.visit()))
    }
}

impl AsFd for Datagrams {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match &*self.socket {
            DatagramSocket::Inet(socket) => socket.as_fd(),
            DatagramSocket::Unix(socket) => socket.as_fd(),
        }
    }
}

impl DatagramSocket {
    /// The length of the next datagram, of which the buffer may hold a part, and its sender; never
    /// waits.
    fn receive(&self, buffer: &mut [u8]) -> io::Result<(usize, Address)> {
        match self {
            DatagramSocket::Inet(socket) => {
                let mut parts = [IoSliceMut::new(buffer)];
                let flags = MsgFlags::MSG_DONTWAIT;
                let received =
                    recvmsg::<SockaddrStorage>(socket.as_raw_fd(), &mut parts, None, flags)?;
                let sender = received.address.as_ref().map_or(Address::Unnamed, Address::of_inet);
                Ok((received.bytes, sender))
            }
            // nix does not understand a sender without a name; std does, but knows no MSG_DONTWAIT.
            DatagramSocket::Unix(socket) => {
                let mut events = [PollFd::new(socket.as_fd(), PollFlags::POLLIN)];
                if poll(&mut events, PollTimeout::ZERO)? == 0 {
                    return Err(io::ErrorKind::WouldBlock.into());
                }
                let (count, sender) = socket.recv_from(buffer)?;
                Ok((count, sender.into()))
            }
        }
    }

    pub(crate) fn send_to(&self, bytes: &[u8], address: &Address) -> io::Result<()> {
        loop {
            let sent = match (self, address) {
                (DatagramSocket::Inet(socket), Address::Inet(address)) => {
                    socket.send_to(bytes, address)
                }
                (DatagramSocket::Unix(socket), Address::Path(path)) => socket.send_to(bytes, path),
                (DatagramSocket::Unix(socket), Address::Abstract(name)) => {
                    let address = net::SocketAddr::from_abstract_name(name)?;
                    socket.send_to_addr(bytes, &address)
                }
                _ => return Err(io::Error::other(format!("cannot send a datagram to {address}"))),
            };
            match sent {
                Ok(_) => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    return Err(io::Error::other(format!("{address} does not take its answer")));
                }
                Err(error) => return Err(error),
            }
        }
    }

    fn limit_waiting(&self) -> io::Result<()> {
        let limit = Some(Duration::from_secs(1));
        match self {
            DatagramSocket::Inet(socket) => socket.set_write_timeout(limit),
            DatagramSocket::Unix(socket) => {
                socket.set_write_timeout(limit)?;
                // Should another thread serve too, and take what poll has seen.
                socket.set_read_timeout(Some(Duration::from_millis(1)))
            }
        }
    }
}
