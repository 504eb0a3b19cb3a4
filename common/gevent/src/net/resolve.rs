//! Name look-ups, on a thread: the C library waits in its own way.

use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};

/// What can be connected to or bound: addresses at once, names after a look-up.
pub trait ToAddresses {
    /// The addresses, one at least.
    ///
    /// # Errors
    /// The name is unknown, or no name.
    fn to_addresses(&self) -> io::Result<Vec<SocketAddr>>;
}

impl ToAddresses for SocketAddr {
    fn to_addresses(&self) -> io::Result<Vec<SocketAddr>> {
        Ok(vec![*self])
    }
}

impl ToAddresses for (IpAddr, u16) {
    fn to_addresses(&self) -> io::Result<Vec<SocketAddr>> {
        Ok(vec![SocketAddr::from(*self)])
    }
}

impl ToAddresses for (&str, u16) {
    fn to_addresses(&self) -> io::Result<Vec<SocketAddr>> {
        lookup(self.0, self.1)
    }
}

impl ToAddresses for &str {
    fn to_addresses(&self) -> io::Result<Vec<SocketAddr>> {
        if let Ok(address) = self.parse() {
            return Ok(vec![address]);
        }
        let parts = self.rsplit_once(':').and_then(|(host, port)| Some((host, port.parse().ok()?)));
        let (host, port) = parts.ok_or_else(|| {
            io::Error::new(io::ErrorKind::InvalidInput, format!("no HOST:PORT: {self}"))
        })?;
        lookup(host, port)
    }
}

impl<A: ToAddresses> ToAddresses for &A {
    fn to_addresses(&self) -> io::Result<Vec<SocketAddr>> {
        A::to_addresses(self)
    }
}

/// The addresses of a host. A literal address needs no look-up; a name is asked for on a thread, and
/// other tasks run meanwhile.
///
/// # Errors
/// The name is unknown.
pub fn lookup(host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
    let literal = host.strip_prefix('[').and_then(|h| h.strip_suffix(']')).unwrap_or(host);
    if let Ok(ip) = literal.parse::<IpAddr>() {
        return Ok(vec![SocketAddr::from((ip, port))]);
    }
    let host = host.to_owned();
    let ask = move || (host.as_str(), port).to_socket_addrs().map(Vec::from_iter);
    crate::threadpool::apply(ask).map_err(|error| io::Error::other(error.to_string()))?
}
