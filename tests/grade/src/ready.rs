//! Where a program listens, found in `/proc/PID/net` and the descriptors of its process tree.

use std::collections::HashSet;
use std::fmt;
use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;

use crate::proc::{self, Process};

/// The state `0A` of `/proc/net/tcp`: listening.
const TCP_LISTEN: &str = "0A";
/// The state `07` of `/proc/net/udp`: bound, not connected.
const UDP_BOUND: &str = "07";

/// A socket that accepts: what kind, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// How to talk to it.
    pub transport: Transport,
    /// Where it is; `None` for a unix socket.
    pub inet: Option<SocketAddr>,
    /// The file of a unix socket.
    pub path: Option<PathBuf>,
}

/// The kinds of sockets that are understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// A listening TCP socket.
    Tcp,
    /// A bound UDP socket.
    Udp,
    /// A listening unix stream socket.
    UnixStream,
    /// A bound unix datagram socket.
    UnixDatagram,
}

impl Transport {
    /// Whether bytes flow without bounds between messages.
    pub fn is_stream(self) -> bool {
        matches!(self, Self::Tcp | Self::UnixStream)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.inet, &self.path, self.transport) {
            (Some(addr), _, Transport::Udp) => write!(f, "udp:{addr}"),
            (Some(addr), ..) => write!(f, "{addr}"),
            (_, Some(path), _) => write!(f, "unix:{}", path.display()),
            (None, None, _) => f.write_str("nowhere"),
        }
    }
}

/// The accepting socket that this one process holds; TCP before the others.
pub fn listening(pid: i32) -> Option<Address> {
    let inodes: HashSet<String> = proc::descriptors(pid)
        .into_iter()
        .filter_map(|(_, to)| Some(to.strip_prefix("socket:[")?.strip_suffix(']')?.to_owned()))
        .collect();
    if inodes.is_empty() {
        return None;
    }
    let read =
        |name: &str| fs::read_to_string(format!("/proc/{pid}/net/{name}")).unwrap_or_default();
    let inet = |transport, name: &str, state: &str| {
        let table = read(name);
        table.lines().skip(1).find_map(|line| inet_line(line, state, &inodes)).map(|addr| Address {
            transport,
            inet: Some(addr),
            path: None,
        })
    };
    inet(Transport::Tcp, "tcp", TCP_LISTEN)
        .or_else(|| inet(Transport::Tcp, "tcp6", TCP_LISTEN))
        .or_else(|| read("unix").lines().skip(1).find_map(|line| unix_line(line, &inodes)))
        .or_else(|| inet(Transport::Udp, "udp", UDP_BOUND))
        .or_else(|| inet(Transport::Udp, "udp6", UDP_BOUND))
}

/// The first accepting socket of the process or of what it has started; TCP before the others.
pub(crate) fn find(pid: i32) -> Option<Address> {
    // Most programs listen themselves; only for the others is the whole of /proc read.
    listening(pid).or_else(|| {
        proc::tree(pid).into_iter().filter(|p| p.pid != pid).find_map(|p| listening(p.pid))
    })
}

/// Whether somebody accepts on this port, for a program whose descriptors may not be seen.
pub(crate) fn by_connecting(pid: i32, port: Option<u16>) -> Option<Address> {
    let lives = Process::of(pid).is_some_and(|process| !process.is_zombie());
    if !lives || !proc::descriptors(pid).is_empty() {
        return None;
    }
    let inet = SocketAddr::from(([127, 0, 0, 1], port?));
    std::net::TcpStream::connect(inet).ok()?;
    Some(Address { transport: Transport::Tcp, inet: Some(inet), path: None })
}

/// `sl local_address rem_address st tx:rx tr:when retrnsmt uid timeout inode …`
fn inet_line(line: &str, state: &str, inodes: &HashSet<String>) -> Option<SocketAddr> {
    let fields: Vec<&str> = line.split_whitespace().collect();
    if *fields.get(3)? != state || !inodes.contains(*fields.get(9)?) {
        return None;
    }
    proc::socket_addr(fields.get(1)?).filter(|addr| addr.port() != 0)
}

/// `Num RefCount Protocol Flags Type St Inode Path`
fn unix_line(line: &str, inodes: &HashSet<String>) -> Option<Address> {
    let fields: Vec<&str> = line.split_whitespace().collect();
    let path = fields.get(7).filter(|path| path.starts_with('/'))?;
    if !inodes.contains(*fields.get(6)?) {
        return None;
    }
    let transport = match (*fields.get(3)?, *fields.get(4)?) {
        ("00010000", "0001") => Transport::UnixStream,
        (_, "0002") => Transport::UnixDatagram,
        _ => return None,
    };
    Some(Address { transport, inet: None, path: Some(PathBuf::from(path)) })
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, UdpSocket};
    use std::os::unix::net::UnixListener;

    use super::*;

    fn mine(transport: Transport) -> Vec<Address> {
        // Tests share the process, so look for each socket by its own inode.
        let pid = std::process::id() as i32;
        proc::descriptors(pid)
            .into_iter()
            .filter_map(|(_, to)| {
                let inode = to.strip_prefix("socket:[")?.strip_suffix(']')?.to_owned();
                one_of(pid, &HashSet::from([inode]))
            })
            .filter(|address| address.transport == transport)
            .collect()
    }

    fn one_of(pid: i32, inodes: &HashSet<String>) -> Option<Address> {
        let read = |name: &str| fs::read_to_string(format!("/proc/{pid}/net/{name}")).unwrap();
        for (transport, name, state) in [
            (Transport::Tcp, "tcp", TCP_LISTEN),
            (Transport::Tcp, "tcp6", TCP_LISTEN),
            (Transport::Udp, "udp", UDP_BOUND),
        ] {
            if let Some(addr) = read(name).lines().skip(1).find_map(|l| inet_line(l, state, inodes))
            {
                return Some(Address { transport, inet: Some(addr), path: None });
            }
        }
        read("unix").lines().skip(1).find_map(|line| unix_line(line, inodes))
    }

    #[test]
    fn a_tcp_listener_is_found_and_a_bound_udp_socket_too() {
        let four = TcpListener::bind("127.0.0.1:0").unwrap();
        let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
        let found = mine(Transport::Tcp);
        assert!(found.iter().any(|a| a.inet == four.local_addr().ok()), "{found:?}");
        let found = mine(Transport::Udp);
        assert!(found.iter().any(|a| a.inet == udp.local_addr().ok()), "{found:?}");
        if let Ok(six) = TcpListener::bind("[::1]:0") {
            let found = mine(Transport::Tcp);
            assert!(found.iter().any(|a| a.inet == six.local_addr().ok()), "{found:?}");
        }
    }

    #[test]
    fn a_unix_listener_is_found_by_its_file() {
        let path = std::env::temp_dir().join(format!("grade-ready-{}", std::process::id()));
        let _ = fs::remove_file(&path);
        let _listener = UnixListener::bind(&path).unwrap();
        let found = mine(Transport::UnixStream);
        fs::remove_file(&path).unwrap();
        assert!(found.iter().any(|a| a.path.as_ref() == Some(&path)), "{found:?}");
    }
}
