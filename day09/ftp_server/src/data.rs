//! The second connection, on which files travel: the server listens for it, or makes it.
//!
//! This is what the course's own protocol lacks. A data connection carries one file and nothing else,
//! so the end of the connection is the end of the file, and no byte of a file can be mistaken for a
//! mark; commands and replies have their own.
//!
//! Two old attacks are shut out here (RFC 2577): a *bounce*, where a client has the server connect to
//! somebody else's port, and the *theft* of a passive port, where somebody else connects first. Data
//! goes to and comes from the client's own address only.

use std::io;
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream};
use std::ops::RangeInclusive;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::poll::PollFlags;
use nix::sys::socket::{
    AddressFamily, SockFlag, SockType, SockaddrStorage, bind, connect, getsockopt, socket, sockopt,
};

use crate::control::{Control, Interruption};
use crate::reply::Reply;

/// How long the other side may take to connect.
pub const CONNECT_LIMIT: Duration = Duration::from_secs(20);

/// How the next data connection comes about.
#[derive(Debug, Default)]
pub enum Plan {
    /// Nobody has said.
    #[default]
    None,
    /// The client connects to this socket (PASV, EPSV).
    Passive(TcpListener),
    /// The server connects to this address (PORT, EPRT).
    Active(SocketAddr),
}

/// Why there is no data connection.
#[derive(Debug)]
pub enum NoData {
    /// What to tell the client.
    Tell(Reply),
    /// It left while it was waited for.
    Left,
    /// It said ABOR while it was waited for.
    Aborted,
}

impl Plan {
    /// Listens on a port for one connection, and gives its number.
    ///
    /// # Errors
    ///
    /// No port of the range is free, or no descriptor.
    pub fn listen(
        control: &Control,
        ports: Option<&RangeInclusive<u16>>,
    ) -> io::Result<(Plan, u16)> {
        let listener = match ports {
            None => TcpListener::bind((control.local_ip(), 0))?,
            Some(ports) => bind_within(control.local_ip(), ports)?,
        };
        listener.set_nonblocking(true)?;
        let port = listener.local_addr()?.port();
        Ok((Plan::Passive(listener), port))
    }

    /// Connects to `address` when the time comes.
    ///
    /// # Errors
    ///
    /// The reply to an address that is not the client's own, or a port that belongs to a service.
    pub fn connect(control: &Control, mut address: SocketAddr) -> Result<Plan, Reply> {
        // lftp says `::` for "where I am" (and the kernel, asked to connect there, would take it
        // for this machine).
        if address.ip().is_unspecified() {
            address.set_ip(control.peer().ip());
        }
        if address.ip().to_canonical() != control.peer().ip() {
            return Err(Reply::new(504, "Only to your own address"));
        }
        if address.port() < 1024 {
            return Err(Reply::new(504, "Only to a port above 1023"));
        }
        Ok(Plan::Active(address))
    }

    /// The connection, which neither reads nor writes wait for. A plan serves once.
    ///
    /// # Errors
    ///
    /// See [`NoData`].
    pub fn open(&mut self, control: &mut Control) -> Result<TcpStream, NoData> {
        let end = Instant::now() + CONNECT_LIMIT.min(control.idle_limit());
        let opened = match std::mem::take(self) {
            Plan::None => {
                return Err(NoData::Tell(Reply::new(425, "Say PASV, EPSV or PORT first")));
            }
            Plan::Passive(listener) => accept(&listener, control, end),
            Plan::Active(address) => call(address, control, end),
        };
        let stream = opened?;
        stream.set_nonblocking(true).map_err(cannot)?;
        Ok(stream)
    }
}

/// A port of the range, from a place in it that differs from time to time.
fn bind_within(ip: IpAddr, ports: &RangeInclusive<u16>) -> io::Result<TcpListener> {
    let count = u32::from(*ports.end()) - u32::from(*ports.start()) + 1;
    let clock = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let start = clock.map_or(0, |now| now.subsec_nanos()) ^ std::process::id();
    let mut last = io::Error::from(io::ErrorKind::AddrInUse);
    for n in 0..count {
        let offset = start.wrapping_add(n) % count;
        let port = *ports.start() + u16::try_from(offset).unwrap_or(0);
        match TcpListener::bind((ip, port)) {
            Ok(listener) => return Ok(listener),
            Err(error) => last = error,
        }
    }
    Err(last)
}

fn accept(
    listener: &TcpListener,
    control: &mut Control,
    end: Instant,
) -> Result<TcpStream, NoData> {
    loop {
        match listener.accept() {
            Ok((stream, from)) if from.ip().to_canonical() == control.peer().ip() => {
                return Ok(stream);
            }
            Ok((_, from)) => {
                let to = control.peer();
                log::warn!("{to}: a data connection from {from} refused, not its own address");
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                control.wait_with(listener.as_fd(), PollFlags::POLLIN, end).map_err(interrupted)?;
            }
            Err(error) => return Err(cannot(error)),
        }
    }
}

/// Connects from the address that the client knows, as its firewall expects.
fn call(to: SocketAddr, control: &mut Control, end: Instant) -> Result<TcpStream, NoData> {
    let family = if to.is_ipv4() { AddressFamily::Inet } else { AddressFamily::Inet6 };
    let flags = SockFlag::SOCK_NONBLOCK | SockFlag::SOCK_CLOEXEC;
    let system = |errno: Errno| cannot(errno.into());
    let data: OwnedFd = socket(family, SockType::Stream, flags, None).map_err(system)?;
    let from = SocketAddr::new(control.local_ip(), 0);
    bind(data.as_raw_fd(), &SockaddrStorage::from(from)).map_err(system)?;
    match connect(data.as_raw_fd(), &SockaddrStorage::from(to)) {
        Ok(()) => {}
        Err(Errno::EINPROGRESS) => {
            control.wait_with(data.as_fd(), PollFlags::POLLOUT, end).map_err(interrupted)?;
            match getsockopt(&data, sockopt::SocketError).map_err(system)? {
                0 => {}
                error => return Err(system(Errno::from_raw(error))),
            }
        }
        Err(errno) => return Err(system(errno)),
    }
    Ok(TcpStream::from(data))
}

fn cannot(error: io::Error) -> NoData {
    NoData::Tell(Reply::new(425, format!("No data connection: {}", common::reason(&error))))
}

fn interrupted(why: Interruption) -> NoData {
    match why {
        Interruption::Abort => NoData::Aborted,
        Interruption::Left => NoData::Left,
        Interruption::Timeout => NoData::Tell(Reply::new(425, "No data connection in time")),
        Interruption::Stop => NoData::Tell(Reply::new(425, "The server stops")),
    }
}
