//! HTTP/1.1 without sockets: requests, responses, and a connection that is fed bytes and asked what to do.
//!
//! One thread with `select`, a thread for each browser, a coroutine for each browser: the protocol is
//! the same in all of them, so it stands here once. A [`Connection`] knows no socket, no clock and no
//! concurrency model; whoever owns the socket, the *driver*, asks it for the next [`Step`] and does it:
//!
//! ```text
//!   driver (owns the socket)                 Connection (owns the protocol)
//!   ------------------------                 ------------------------------
//!   read  --- feed(bytes, now) ----------->  Head -> Service::respond -> Response
//!   write <-- step(): Send, SendFile ------  what is owed, in order
//!         --- sent(n, now) --------------->
//!   timer --- expire(now) ---------------->  408, or let go
//!   stop  --- stop() --------------------->  answer what was asked, nothing more
//! ```
//!
//! # A driver that waits: a thread or a coroutine for each browser
//!
//! ```
//! use std::io::{Read, Write};
//! use std::net::TcpStream;
//! use std::os::unix::fs::FileExt;
//! use std::sync::Arc;
//! use std::time::Instant;
//! use httpcore::{Connection, Http, Step};
//!
//! fn serve(http: &Arc<Http>, mut stream: TcpStream) -> std::io::Result<()> {
//!     let peer = stream.peer_addr()?.to_string();
//!     let mut connection = Connection::new(http, peer, Instant::now());
//!     let mut buffer = [0; 16 * 1024];
//!     loop {
//!         let sent = match connection.step() {
//!             Step::Receive => {
//!                 let left = connection.deadline().saturating_duration_since(Instant::now());
//!                 stream.set_read_timeout(Some(left.max(std::time::Duration::from_millis(1))))?;
//!                 match stream.read(&mut buffer) {
//!                     Ok(n) => connection.feed(&buffer[..n], Instant::now()),
//!                     Err(_) => connection.expire(Instant::now()),
//!                 }
//!                 continue;
//!             }
//!             Step::Send { bytes, .. } => stream.write(bytes)?,
//!             // Or sendfile(2): the crate leaves that to the driver.
//!             Step::SendFile { file, offset, length } => {
//!                 let file = std::fs::File::from(file.try_clone_to_owned()?);
//!                 let most = buffer.len().min(usize::try_from(length).unwrap_or(usize::MAX));
//!                 let n = file.read_at(&mut buffer[..most], offset)?;
//!                 stream.write(&buffer[..n])?
//!             }
//!             Step::HalfClose => {
//!                 stream.shutdown(std::net::Shutdown::Write)?;
//!                 continue;
//!             }
//!             Step::Close => return Ok(()),
//!         };
//!         connection.sent(sent as u64, Instant::now());
//!     }
//! }
//! # // The sketch is run as well: it answers one request.
//! # let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
//! # let mut client = TcpStream::connect(listener.local_addr()?)?;
//! # client.write_all(b"GET /hello HTTP/1.0\r\n\r\n")?;
//! # client.shutdown(std::net::Shutdown::Write)?;
//! # serve(&Http::new(httpcore::site::new(None, true)?), listener.accept()?.0)?;
//! # let mut answer = String::new();
//! # client.read_to_string(&mut answer)?;
//! # assert!(answer.ends_with("Hello World"), "{answer}");
//! # std::io::Result::Ok(())
//! ```
//!
//! # A driver that never waits: one thread with `select`, `poll` or `epoll`
//!
//! ```
//! use std::io::{ErrorKind, Read, Write};
//! use std::time::Instant;
//! use httpcore::{Connection, Step};
//!
//! /// One turn of one browser. `Ok(Some(true))`: wait until it can be written to; `Some(false)`: until
//! /// it has sent something; `None`: close it. The wait also ends at the connection's deadline, and
//! /// then `expire` is called before the next turn.
//! fn turn<S: Read + Write>(connection: &mut Connection, socket: &mut S) -> std::io::Result<Option<bool>> {
//!     let (now, mut buffer, mut received) = (Instant::now(), [0; 4096], false);
//!     loop {
//!         let (done, writing) = match connection.step() {
//!             Step::Receive if received => return Ok(Some(false)), // the others have their turn
//!             Step::Receive => (socket.read(&mut buffer), false),
//!             Step::Send { bytes, .. } => (socket.write(bytes), true),
//!             Step::HalfClose => continue,                         // shutdown(2)
//!             Step::SendFile { .. } | Step::Close => return Ok(None), // sendfile(2), close(2)
//!         };
//!         match done {
//!             Ok(n) if writing => connection.sent(n as u64, now),
//!             Ok(n) => {
//!                 connection.feed(&buffer[..n], now);
//!                 received = true;
//!             }
//!             Err(e) if e.kind() == ErrorKind::WouldBlock => return Ok(Some(writing)),
//!             Err(e) => return Err(e),
//!         }
//!     }
//! }
//! # let http = httpcore::Http::new(httpcore::site::routes());
//! # let mut connection = Connection::new(&http, "client", Instant::now());
//! # struct Pipe(&'static [u8], Vec<u8>);
//! # impl Read for Pipe {
//! #     fn read(&mut self, b: &mut [u8]) -> std::io::Result<usize> { self.0.read(b) }
//! # }
//! # impl Write for Pipe {
//! #     fn write(&mut self, b: &[u8]) -> std::io::Result<usize> { self.1.write(b) }
//! #     fn flush(&mut self) -> std::io::Result<()> { Ok(()) }
//! # }
//! # let mut pipe = Pipe(b"GET /hello HTTP/1.1\r\nHost: l\r\n\r\n", Vec::new());
//! # assert_eq!(turn(&mut connection, &mut pipe)?, Some(false));
//! # assert!(pipe.1.ends_with(b"Hello World"));
//! # std::io::Result::Ok(())
//! ```
//!
//! # Who answers
//!
//! A [`Service`]: a [`Router`] with routes of one's own, [`Files`] from a folder, the bundled
//! [`site`], or a function from a [`Request`] to a [`Response`]. Routes win over files.
//!
//! # What the connection sees to
//!
//! Framing, keep-alive, pipelining (one answer after the other), `Expect: 100-continue`, bodies of any
//! size in bounded memory, the [`Limits`] of time and size, and refusals that name the rule that was
//! broken ([`Fault`]). It follows RFC 9110 and RFC 9112, and where those allow leniency that has led
//! to request smuggling it is strict.
//!
//! # What it does not do
//!
//! HTTP/2, TLS, compression on the fly (files compressed beforehand are used), proxying, WebSocket,
//! `multipart/form-data`.

#![forbid(unsafe_code)]

mod access;
mod body;
mod bytes;
mod conditional;
mod connection;
mod date;
mod fault;
mod files;
mod head;
mod listing;
mod mime;
mod open;
mod path;
mod request;
mod response;
mod router;
mod scratch;
mod service;
pub mod site;
mod status;

pub use connection::{Connection, Http, Step};
pub use fault::{Fault, Why};
pub use files::Files;
pub use request::Request;
pub use response::Response;
pub use router::{COLLECTED, Router};
pub use service::{Limits, Reply, Service, Upload};
pub use status::{Method, Status};
