//! Sockets, servers, threads and signals, case by case.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod helpers;
mod limits;
mod others;
mod servers;
mod streams;

use std::cell::{Cell, RefCell};
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr};
use std::rc::Rc;
use std::time::{Duration, Instant};

use gevent::net::*;
use gevent::pool::Pool;
use gevent::server::*;
use gevent::*;

const NOW: Duration = Duration::ZERO;

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// Two ends of a TCP connection.
fn pair() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let connecting = spawn(move || TcpStream::connect(address).unwrap());
    let (accepted, _) = listener.accept().unwrap();
    (connecting.get(None).unwrap(), accepted)
}

fn read(mut stream: &TcpStream) -> io::Result<Vec<u8>> {
    let mut buffer = [0; 100];
    let n = stream.read(&mut buffer)?;
    Ok(buffer[..n].to_vec())
}
