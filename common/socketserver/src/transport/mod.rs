//! The sockets a server can have: TCP, UDP, and their kin of the Unix family.

mod datagram;
mod socket;
mod stream;

use std::fmt;
use std::io;
use std::net::ToSocketAddrs;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::path::Path;
use std::sync::Arc;

use common::net::Guests;

pub(crate) use datagram::DatagramSocket;
pub use datagram::Packet;
pub(crate) use socket::{PathGuard, SocketSettings};

use crate::handler::{Connection, Datagram, Request};
use crate::{Address, AddressFamily};
use datagram::Datagrams;
use socket::Before;
use stream::Streams;

/// A kind of socket: [`Tcp`], [`Udp`], [`UnixStream`] or [`UnixDatagram`], and no other.
pub trait Transport: sealed::Socket + AsFd + fmt::Debug + Send + Sync + 'static {
    /// What arrives: the descriptor of an accepted connection, or a [`Packet`].
    type Incoming: Send + 'static;
    /// What a handler gets: a [`Connection`], or a [`Datagram`].
    type Request: Request;

    /// Makes the bound socket accept, if that is needed.
    ///
    /// # Errors
    ///
    /// Those of listen(2).
    fn activate(&self) -> io::Result<()>;

    /// The next connection or packet, without waiting, and where it comes from.
    ///
    /// # Errors
    ///
    /// `WouldBlock` if there is none; those of accept(2) or recvmsg(2).
    fn get_request(&self) -> io::Result<(Self::Incoming, Address)>;
}

/// An address of type `A` can be bound: `("127.0.0.1", 8888)` and its like for TCP and UDP, a path
/// for Unix sockets (with a leading NUL: an abstract name).
pub trait BindTo<A>: Transport {
    /// The addresses that `address` may mean, best first.
    ///
    /// # Errors
    ///
    /// The name is not known.
    fn addresses(address: A) -> io::Result<Vec<Address>>;
}

mod sealed {
    use super::*;

    /// What the crate does with a transport, and nobody else.
    pub trait Socket: Sized {
        /// Most requests in progress at once, unless the builder says otherwise.
        const MAX_REQUESTS: usize;

        fn bind(
            address: &Address,
            settings: &SocketSettings,
            before: Before<'_>,
        ) -> io::Result<Self>;

        fn local_address(&self) -> io::Result<Address>;

        /// The descriptor that only accepts: a child process has no use for it.
        fn listener(&self) -> Option<RawFd>;

        fn admit(
            &self,
            incoming: <Self as Transport>::Incoming,
            address: Address,
            guests: &Arc<Guests>,
        ) -> io::Result<<Self as Transport>::Request>
        where
            Self: Transport;
    }
}

/// Stream sockets of the internet.
#[derive(Debug)]
pub struct Tcp(Streams);

/// Datagram sockets of the internet.
#[derive(Debug)]
pub struct Udp(Datagrams);

/// Stream sockets of the Unix family, which have a path.
#[derive(Debug)]
pub struct UnixStream(Streams);

/// Datagram sockets of the Unix family, which have a path.
#[derive(Debug)]
pub struct UnixDatagram(Datagrams);

macro_rules! transport {
    ($name:ident($inner:ident): $incoming:ty => $request:ty) => {
        impl Transport for $name {
            type Incoming = $incoming;
            type Request = $request;

            fn activate(&self) -> io::Result<()> {
                self.0.activate()
            }

            fn get_request(&self) -> io::Result<($incoming, Address)> {
                self.0.get_request()
            }
        }

        impl sealed::Socket for $name {
            const MAX_REQUESTS: usize = $inner::MAX_REQUESTS;

            fn bind(
                address: &Address,
                settings: &SocketSettings,
                before: Before<'_>,
            ) -> io::Result<Self> {
                Ok($name($inner::bind(address, settings, before)?))
            }

            fn local_address(&self) -> io::Result<Address> {
                self.0.local_address()
            }

            fn listener(&self) -> Option<RawFd> {
                $inner::ONLY_ACCEPTS.then(|| self.as_fd().as_raw_fd())
            }

            fn admit(
                &self,
                incoming: $incoming,
                address: Address,
                guests: &Arc<Guests>,
            ) -> io::Result<$request> {
                self.0.admit(incoming, address, guests)
            }
        }

        impl AsFd for $name {
            fn as_fd(&self) -> BorrowedFd<'_> {
                self.0.as_fd()
            }
        }
    };
}

transport!(Tcp(Streams): OwnedFd => Connection);
transport!(Udp(Datagrams): Packet => Datagram);
transport!(UnixStream(Streams): OwnedFd => Connection);
transport!(UnixDatagram(Datagrams): Packet => Datagram);

impl<A: ToSocketAddrs> BindTo<A> for Tcp {
    fn addresses(address: A) -> io::Result<Vec<Address>> {
        Ok(address.to_socket_addrs()?.map(Address::Inet).collect())
    }
}

impl<A: ToSocketAddrs> BindTo<A> for Udp {
    fn addresses(address: A) -> io::Result<Vec<Address>> {
        Ok(address.to_socket_addrs()?.map(Address::Inet).collect())
    }
}

impl<A: AsRef<Path>> BindTo<A> for UnixStream {
    fn addresses(address: A) -> io::Result<Vec<Address>> {
        Ok(vec![Address::of_path(address.as_ref())])
    }
}

impl<A: AsRef<Path>> BindTo<A> for UnixDatagram {
    fn addresses(address: A) -> io::Result<Vec<Address>> {
        Ok(vec![Address::of_path(address.as_ref())])
    }
}

/// Binds to the first of the addresses that can be had.
pub(crate) fn bind_first<T: Transport>(
    addresses: &[Address],
    settings: &SocketSettings,
    before: Before<'_>,
) -> io::Result<T> {
    let fits = |address: &&Address| match settings.address_family {
        Some(family) => address.is_of(family),
        None => true,
    };
    let mut refused = no_address(settings.address_family);
    for address in addresses.iter().filter(fits) {
        match T::bind(address, settings, before) {
            Ok(transport) => return Ok(transport),
            Err(error) => refused = error,
        }
    }
    Err(refused)
}

fn no_address(family: Option<AddressFamily>) -> io::Error {
    let text = match family {
        Some(AddressFamily::Inet) => "no such IPv4 address",
        Some(AddressFamily::Inet6) => "no such IPv6 address",
        None => "no such address",
    };
    io::Error::new(io::ErrorKind::AddrNotAvailable, text)
}
