//! A client: what it sends, what it must get, each step with a bounded wait.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, Shutdown, SocketAddr, TcpStream, UdpSocket};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::libc;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{
    self, AddressFamily, MsgFlags, SockFlag, SockType, UnixAddr, setsockopt, sockopt,
};

use crate::bytes::{compare, shorten};
use crate::failure::Trace;
use crate::{Address, Failure, Result, Transport, patience};

/// As long as one can wait to see that nothing happens.
const A_MOMENT: Duration = Duration::from_millis(200);

/// A connection to the program; over UDP and unix datagrams one message is one datagram.
///
/// Each method is one step of the list that a [`Failure`] shows, and waits at most [`patience`].
#[derive(Debug)]
pub struct Client {
    socket: OwnedFd,
    transport: Transport,
    name: String,
    trace: Trace,
}

impl Client {
    pub(crate) fn connect(address: &Address, number: usize, trace: Trace) -> Result<Self> {
        let name = format!("client {number}");
        trace.step(format!("{name} connects to {address}"));
        let socket =
            open(address).map_err(|e| trace.failure(format!("{name} cannot connect: {e}")))?;
        Ok(Self { socket, transport: address.transport, name, trace })
    }

    /// The address that the program sees this client at.
    ///
    /// # Errors
    ///
    /// It is connected to a unix socket.
    pub fn local_addr(&self) -> Result<SocketAddr> {
        let name: socket::SockaddrStorage = socket::getsockname(self.socket.as_raw_fd())?;
        let four = name.as_sockaddr_in().map(|a| SocketAddr::from((a.ip(), a.port())));
        let six = name.as_sockaddr_in6().map(|a| SocketAddr::from((a.ip(), a.port())));
        four.or(six).ok_or_else(|| self.trace.failure("a unix socket has no such address"))
    }

    /// Sends all these bytes.
    ///
    /// # Errors
    ///
    /// The program has closed the connection, or takes no more for [`patience`].
    pub fn send(&mut self, bytes: impl AsRef<[u8]>) -> Result {
        let mut left = bytes.as_ref();
        self.step(format!("sends {}", shorten(left)));
        let end = Instant::now() + patience();
        loop {
            let count = self.send_some(left).map_err(|e| self.fail(format!("cannot send: {e}")))?;
            left = &left[count.unwrap_or(0)..];
            if left.is_empty() {
                return Ok(());
            }
            if !self.wait_for(PollFlags::POLLOUT, end)? {
                let left = left.len();
                return Err(
                    self.fail(format!("{left} bytes could not be sent in {:?}", patience()))
                );
            }
        }
    }

    /// Sends from these bytes until the program takes no more; gives how many went.
    ///
    /// No more means that for a fifth of a second nothing could be sent.
    ///
    /// # Errors
    ///
    /// The program has closed the connection.
    pub fn send_until_full(&mut self, bytes: impl AsRef<[u8]>) -> Result<usize> {
        self.step("sends until the program takes no more");
        let (bytes, mut sent) = (bytes.as_ref(), 0);
        while sent < bytes.len() {
            match self
                .send_some(&bytes[sent..])
                .map_err(|e| self.fail(format!("cannot send: {e}")))?
            {
                Some(count) => sent += count,
                None if self.wait_for(PollFlags::POLLOUT, Instant::now() + A_MOMENT)? => {}
                None => break,
            }
        }
        self.trace.outcome(&format!("{sent} bytes"));
        Ok(sent)
    }

    /// Sends all these bytes while it reads, closes the sending half, gives all that came back.
    ///
    /// # Errors
    ///
    /// The connection breaks, or nothing moves either way for [`patience`].
    pub fn exchange(&mut self, bytes: impl AsRef<[u8]>) -> Result<Vec<u8>> {
        let mut left = bytes.as_ref();
        self.step(format!("sends {}, reading at the same time", shorten(left)));
        let mut got = Vec::new();
        let mut closed = false;
        loop {
            if left.is_empty() && !closed {
                self.shutdown(Shutdown::Write)?;
                closed = true;
            }
            let wanted =
                if closed { PollFlags::POLLIN } else { PollFlags::POLLIN | PollFlags::POLLOUT };
            if !self.wait_for(wanted, Instant::now() + patience())? {
                return Err(self.fail(format!(
                    "nothing moved for {:?}: {} bytes left to send, {} received",
                    patience(),
                    left.len(),
                    got.len()
                )));
            }
            if !left.is_empty() {
                let sent =
                    self.send_some(left).map_err(|e| self.fail(format!("cannot send: {e}")))?;
                left = &left[sent.unwrap_or(0)..];
            }
            match self.receive_some(65536) {
                Ok(None) => {}
                Ok(Some(bytes)) if bytes.is_empty() => {
                    self.trace.outcome(&format!("{} bytes came back", got.len()));
                    return Ok(got);
                }
                Ok(Some(bytes)) => got.extend(bytes),
                Err(e) => {
                    return Err(
                        self.fail(format!("cannot receive: {e} (after {} bytes)", got.len()))
                    );
                }
            }
        }
    }

    /// The next bytes must be these; what comes after them stays unread.
    ///
    /// # Errors
    ///
    /// Other bytes come, the program closes the connection, or time is up.
    pub fn expect(&mut self, bytes: impl AsRef<[u8]>) -> Result {
        let expected = bytes.as_ref();
        self.step(format!("expects {}", shorten(expected)));
        let end = Instant::now() + patience();
        let mut got = Vec::new();
        while got.len() < expected.len() {
            let some = self.receive_before(expected.len() - got.len(), end);
            match some {
                Ok(Some(bytes)) if bytes.is_empty() => {
                    return Err(self.differs("the program closed the connection", expected, &got));
                }
                Ok(Some(bytes)) => got.extend(bytes),
                Ok(None) => {
                    return Err(self.differs(
                        &format!("time is up ({:?})", patience()),
                        expected,
                        &got,
                    ));
                }
                Err(e) => return Err(self.differs(&e.to_string(), expected, &got)),
            }
            if !expected.starts_with(&got) {
                return Err(self.differs("other bytes came", expected, &got));
            }
        }
        Ok(())
    }

    /// The program must close the connection, and send nothing before.
    ///
    /// # Errors
    ///
    /// Bytes come, the connection is reset, or time is up.
    pub fn expect_eof(&mut self) -> Result {
        self.step("expects the end of the connection");
        match self.receive_before(65536, Instant::now() + patience()) {
            Ok(Some(bytes)) if bytes.is_empty() => Ok(()),
            Ok(Some(bytes)) => Err(self.fail(format!("bytes came instead: {}", shorten(&bytes)))),
            Ok(None) => Err(self.fail(format!("it is still open after {:?}", patience()))),
            Err(e) => Err(self.fail(format!("it ended with an error: {e}"))),
        }
    }

    /// The connection must end, orderly or by a reset, whatever comes before.
    ///
    /// # Errors
    ///
    /// It is still open after [`patience`].
    pub fn expect_closed(&mut self) -> Result {
        self.step("expects the end of the connection, one way or another");
        let end = Instant::now() + patience();
        loop {
            match self.receive_before(65536, end) {
                Ok(Some(bytes)) if bytes.is_empty() => return Ok(()),
                Ok(Some(_)) => {}
                Ok(None) => {
                    return Err(self.fail(format!("it is still open after {:?}", patience())));
                }
                Err(_) => return Ok(()),
            }
        }
    }

    /// Nothing must come for a fifth of a second: as long as one can wait to see that somebody waits.
    ///
    /// # Errors
    ///
    /// Bytes come, or the end of the connection.
    pub fn expect_silence(&mut self) -> Result {
        self.step("expects nothing yet");
        match self.receive_before(65536, Instant::now() + A_MOMENT) {
            Ok(None) => Ok(()),
            Ok(Some(bytes)) if bytes.is_empty() => {
                Err(self.fail("the program closed the connection"))
            }
            Ok(Some(bytes)) => Err(self.fail(format!("bytes came: {}", shorten(&bytes)))),
            Err(e) => Err(self.fail(e.to_string())),
        }
    }

    /// Whatever comes next, at most `most` bytes; empty at the end of the connection.
    ///
    /// # Errors
    ///
    /// The connection is reset, or nothing comes within [`patience`].
    pub fn receive(&mut self, most: usize) -> Result<Vec<u8>> {
        self.step("receives");
        match self.receive_before(most, Instant::now() + patience()) {
            Ok(Some(bytes)) => {
                self.trace.outcome(&shorten(&bytes));
                Ok(bytes)
            }
            Ok(None) => Err(self.fail(format!("nothing came within {:?}", patience()))),
            Err(e) => Err(self.fail(e.to_string())),
        }
    }

    /// All bytes up to and with `mark`, such as `\n` or `\r\n\r\n`; what comes after stays unread.
    ///
    /// # Errors
    ///
    /// The connection ends without it, or time is up.
    pub fn receive_until(&mut self, mark: impl AsRef<[u8]>) -> Result<Vec<u8>> {
        let mark = mark.as_ref();
        self.step(format!("receives up to {}", shorten(mark)));
        let end = Instant::now() + patience();
        let mut got = Vec::new();
        while !got.ends_with(mark) {
            match self.receive_before(1, end) {
                Ok(Some(bytes)) if bytes.is_empty() => {
                    return Err(self.fail(format!("the connection ended after {}", shorten(&got))));
                }
                Ok(Some(bytes)) => got.extend(bytes),
                Ok(None) => {
                    return Err(self.fail(format!(
                        "time is up ({:?}) after {}",
                        patience(),
                        shorten(&got)
                    )));
                }
                Err(e) => return Err(self.fail(format!("{e} after {}", shorten(&got)))),
            }
        }
        self.trace.outcome(&shorten(&got));
        Ok(got)
    }

    /// All bytes to the end of the connection.
    ///
    /// # Errors
    ///
    /// The connection is reset, or nothing comes for [`patience`].
    pub fn read_to_end(&mut self) -> Result<Vec<u8>> {
        self.step("reads to the end");
        let mut got = Vec::new();
        loop {
            match self.receive_before(65536, Instant::now() + patience()) {
                Ok(Some(bytes)) if bytes.is_empty() => break,
                Ok(Some(bytes)) => got.extend(bytes),
                Ok(None) => {
                    return Err(self.fail(format!(
                        "still open after {:?} and {}",
                        patience(),
                        shorten(&got)
                    )));
                }
                Err(e) => return Err(self.fail(format!("{e} after {}", shorten(&got)))),
            }
        }
        self.trace.outcome(&shorten(&got));
        Ok(got)
    }

    /// Closes the sending half: the program sees the end, and may still answer.
    ///
    /// # Errors
    ///
    /// The connection is gone.
    pub fn half_close(&mut self) -> Result {
        self.step("closes its sending half");
        self.shutdown(Shutdown::Write)
    }

    /// Leaves by a reset (RST): the program's next read or write fails.
    ///
    /// # Errors
    ///
    /// It is no TCP connection.
    pub fn reset(self) -> Result {
        self.step("resets the connection");
        let linger = libc::linger { l_onoff: 1, l_linger: 0 };
        setsockopt(&self.socket, sockopt::Linger, &linger).map_err(|e| self.fail(e.to_string()))
    }

    /// Leaves; the same as dropping it, and noted.
    pub fn close(self) {
        self.step("leaves");
    }

    /// A failure with all the steps until now.
    pub fn failure(&self, what: impl std::fmt::Display) -> Failure {
        self.fail(what)
    }

    fn shutdown(&self, how: Shutdown) -> Result {
        let how = match how {
            Shutdown::Write => socket::Shutdown::Write,
            Shutdown::Read => socket::Shutdown::Read,
            Shutdown::Both => socket::Shutdown::Both,
        };
        socket::shutdown(self.socket.as_raw_fd(), how)
            .map_err(|e| self.fail(format!("cannot close: {e}")))
    }

    /// Waits until something can be read, or time is up (`None`). Empty is the end.
    fn receive_before(&self, most: usize, end: Instant) -> io::Result<Option<Vec<u8>>> {
        loop {
            if let Some(bytes) = self.receive_some(most)? {
                return Ok(Some(bytes));
            }
            if !self.wait_readiness(PollFlags::POLLIN, end)? {
                return Ok(None);
            }
        }
    }

    fn receive_some(&self, most: usize) -> io::Result<Option<Vec<u8>>> {
        // What does not fit of a datagram is lost, so there is room for the longest.
        let mut buffer = vec![0; if self.transport.is_stream() { most.max(1) } else { 65536 }];
        match socket::recv(self.socket.as_raw_fd(), &mut buffer, MsgFlags::MSG_DONTWAIT) {
            Ok(count) => {
                buffer.truncate(count);
                Ok(Some(buffer))
            }
            Err(Errno::EAGAIN | Errno::EINTR) => Ok(None),
            Err(e) => Err(e.into()),
        }
    }

    fn send_some(&self, bytes: &[u8]) -> io::Result<Option<usize>> {
        match socket::send(
            self.socket.as_raw_fd(),
            bytes,
            MsgFlags::MSG_DONTWAIT | MsgFlags::MSG_NOSIGNAL,
        ) {
            Ok(count) => Ok(Some(count)),
            Err(Errno::EAGAIN | Errno::EINTR) => Ok(None),
            Err(e) => Err(e.into()),
        }
    }

    fn wait_for(&self, what: PollFlags, end: Instant) -> Result<bool> {
        self.wait_readiness(what, end).map_err(|e| self.fail(e.to_string()))
    }

    fn wait_readiness(&self, what: PollFlags, end: Instant) -> io::Result<bool> {
        loop {
            let left = end.saturating_duration_since(Instant::now());
            // Up to the next millisecond, so that the last wait is not a busy one.
            let left = PollTimeout::try_from(left.as_millis() + 1).unwrap_or(PollTimeout::MAX);
            match poll(&mut [PollFd::new(self.socket.as_fd(), what)], left) {
                Ok(count) if count > 0 => return Ok(true),
                Ok(_) if Instant::now() >= end => return Ok(false),
                Ok(_) | Err(Errno::EINTR) => {}
                Err(e) => return Err(e.into()),
            }
        }
    }

    fn step(&self, what: impl AsRef<str>) {
        self.trace.step(format!("{} {}", self.name, what.as_ref()));
    }

    fn fail(&self, what: impl std::fmt::Display) -> Failure {
        self.trace.failure(format!("{}: {what}", self.name))
    }

    fn differs(&self, why: &str, expected: &[u8], got: &[u8]) -> Failure {
        self.fail(format!("{why}\n{}", compare(expected, got)))
    }
}

fn open(address: &Address) -> io::Result<OwnedFd> {
    let nowhere = || io::Error::other("no address");
    match address.transport {
        Transport::Tcp => {
            let to = reachable(address.inet.ok_or_else(nowhere)?);
            let stream = TcpStream::connect_timeout(&to, patience())?;
            stream.set_nodelay(true)?;
            Ok(stream.into())
        }
        Transport::Udp => {
            let to = reachable(address.inet.ok_or_else(nowhere)?);
            let socket = UdpSocket::bind(if to.is_ipv4() { "127.0.0.1:0" } else { "[::1]:0" })?;
            socket.connect(to)?;
            Ok(socket.into())
        }
        Transport::UnixStream => {
            Ok(UnixStream::connect(address.path.as_ref().ok_or_else(nowhere)?)?.into())
        }
        Transport::UnixDatagram => unix_datagram(address.path.as_ref().ok_or_else(nowhere)?),
    }
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
