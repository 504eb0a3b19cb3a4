//! Sockets that let others run where they would wait: `TcpListener`, `TcpStream`, `UdpSocket`, Unix
//! sockets, name look-ups.
//!
//! The names and the signatures are those of `std::net`. What differs: a socket belongs to the hub of
//! its thread; a clone is another name for the same socket, not a second descriptor; two tasks may
//! use one socket, one to read and one to write; and a time limit gives `TimedOut`.

mod io;
mod resolve;
mod tcp;
mod udp;
mod unix;

pub use io::{Cooperative, wait_read, wait_write};
pub use resolve::{ToAddresses, lookup};
pub use tcp::{TcpListener, TcpStream};
pub use udp::UdpSocket;
pub use unix::{UnixListener, UnixStream};
