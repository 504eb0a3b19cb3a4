#![doc = include_str!("../README.md")]
//!
//! ## An echo server
//!
//! A server that answers each line with the same line, in a thread for each client:
//!
//! ```
//! use std::io::{BufRead, Write};
//! use socketserver::{POLL_INTERVAL, Result, StreamRequest, StreamRequestHandler, ThreadingTcpServer};
//!
//! #[derive(Clone)]
//! struct Echo;
//!
//! impl StreamRequestHandler for Echo {
//!     fn handle(&mut self, request: &mut StreamRequest) -> Result {
//!         let mut line = Vec::new();
//!         request.rfile.read_until(b'\n', &mut line)?;
//!         Ok(request.wfile.write_all(&line)?)
//!     }
//! }
//!
//! let server = ThreadingTcpServer::new("127.0.0.1:0", Echo)?;
//! # let address = server.server_address().inet().unwrap();
//! # std::thread::scope(|scope| {
//! #     scope.spawn(|| server.serve_forever(POLL_INTERVAL));
//! #     let mut client = std::net::TcpStream::connect(address).unwrap();
//! #     client.write_all(b"hello\n").unwrap();
//! #     let mut answer = String::new();
//! #     std::io::Read::read_to_string(&mut client, &mut answer).unwrap();
//! #     assert_eq!(answer, "hello\n");
//! #     server.shutdown();
//! # });
//! # if false {
//! server.serve_forever(POLL_INTERVAL)?;
//! # }
//! # std::io::Result::Ok(())
//! ```
//!
//! ## From Python to Rust
//!
//! A subclass overrides methods and attributes of a class. Rust has no subclasses, so each kind of
//! thing that may vary is a type parameter of [`Server`]`<M, T, H, K>`:
//!
//! ```text
//! class Server(ThreadingMixIn, TCPServer):       M: MixIn      how requests are answered at once
//!     max_packet_size = ...                      T: Transport  Tcp, Udp, UnixStream, UnixDatagram
//!     def verify_request(self, ...): ...         H: handler    cloned for each request
//! Server(address, Handler)                       K: Hooks      the methods overridden, if any
//! ```
//!
//! Where Python makes an instance of the handler class for each request, the handler given here is
//! cloned for each, so its fields are each request's own; what requests share stands in an `Arc`.
//! `server.shutdown()` wakes the loop at once, and does not wait for the next poll.
//!
//! ## One's own concurrency type
//!
//! A mix-in decides where [`Job::finish_request`] runs, and nothing else. Here, in one of a few
//! threads that are there from the start:
//!
//! ```
//! use std::sync::{Arc, Mutex, mpsc};
//! use std::{io, thread};
//! use socketserver::{Job, MixIn};
//!
//! #[derive(Debug)]
//! struct Pool(mpsc::Sender<Job>);
//!
//! impl Default for Pool {
//!     fn default() -> Pool {
//!         let (sender, jobs) = mpsc::channel::<Job>();
//!         let jobs = Arc::new(Mutex::new(jobs));
//!         for _ in 0..4 {
//!             let jobs = Arc::clone(&jobs);
//!             thread::spawn(move || {
//!                 loop {
//!                     let next = jobs.lock().unwrap().recv();
//!                     let Ok(job) = next else { return };
//!                     job.finish_request();
//!                 }
//!             });
//!         }
//!         Pool(sender)
//!     }
//! }
//!
//! impl MixIn for Pool {
//!     fn process_request(&self, job: Job) -> io::Result<()> {
//!         self.0.send(job).map_err(|_| io::Error::other("the pool has ended"))
//!     }
//! }
//!
//! type PoolTcpServer<H> = socketserver::Server<Pool, socketserver::Tcp, H>;
//! # use std::io::{Read, Write};
//! # #[derive(Clone)]
//! # struct Hello;
//! # impl socketserver::StreamRequestHandler for Hello {
//! #     fn handle(&mut self, request: &mut socketserver::StreamRequest) -> socketserver::Result {
//! #         Ok(request.wfile.write_all(b"hello")?)
//! #     }
//! # }
//! # let server = PoolTcpServer::new("127.0.0.1:0", Hello)?;
//! # let address = server.server_address().inet().unwrap();
//! # thread::scope(|scope| {
//! #     scope.spawn(|| server.serve_forever(socketserver::POLL_INTERVAL));
//! #     for _ in 0..10 {
//! #         let mut answer = String::new();
//! #         std::net::TcpStream::connect(address)?.read_to_string(&mut answer)?;
//! #         assert_eq!(answer, "hello");
//! #     }
//! #     server.shutdown();
//! #     io::Result::Ok(())
//! # })?;
//! # io::Result::Ok(())
//! ```
//!
//! ## Errors and panics
//!
//! A handler that returns an error or panics ends its own request: [`Hooks::handle_error`] is told,
//! the connection is closed, the server goes on. (`std::process::exit` in a handler ends the process,
//! as `sys.exit()` does in Python outside threads: the program, or the child that answers the request.)
//!
//! ## The end
//!
//! [`Server::shutdown`] ends `serve_forever`, and [`Server::server_close`] (dropping the server is the
//! same) gives the address back and waits for the requests in progress. In a program that has called
//! [`common::stop::on_signals`], SIGINT and SIGTERM end `serve_forever` too; the requests in progress
//! then have the [grace time](Builder::grace): a client that is merely connected is let go at once.
//!
//! ## Where it differs from Python 3.11
//!
//! - `shutdown` before `serve_forever` does not block: the next `serve_forever` returns at once.
//!   Called by the serving thread itself it does not wait either, where Python deadlocks.
//! - A connection that cannot be accepted for lack of descriptors is waited for, without a busy loop.
//! - At `max_children` the server goes on with everything else than accepting, and never reaps
//!   children that are not its own.
//! - Datagrams in progress are at most [1000](Builder::max_requests) unless told otherwise; further
//!   ones wait in the kernel's queue and are lost when that is full. Python starts a thread for each.
//! - A [Unix socket's path](Builder::unlink_path) can be replaced and removed; Python leaves it behind.
//! - All threads end with the process: `daemon_threads` only decides whether `server_close` waits.

#![forbid(unsafe_code)]

mod address;
mod builder;
mod handler;
mod hooks;
mod job;
mod mix_in;
mod server;
mod shutdown;
mod transport;

use std::error::Error;
use std::time::Duration;

pub use address::{Address, AddressFamily};
pub use builder::Builder;
pub use handler::{
    BaseRequestHandler, Connection, Datagram, DatagramRequest, DatagramRequestHandler,
    StreamRequest, StreamRequestHandler,
};
pub use hooks::{HandlerError, Hooks, Plain};
pub use job::Job;
pub use mix_in::{ForkingMixIn, MixIn, Sequential, ThreadingMixIn};
pub use server::{Outcome, Server};
pub use shutdown::ShutdownHandle;
pub use transport::{BindTo, Packet, Tcp, Transport, Udp, UnixDatagram, UnixStream};

/// What a handler's methods return; `?` takes any error there is.
pub type Result = std::result::Result<(), Box<dyn Error + Send + Sync>>;

/// The usual argument of [`Server::serve_forever`]: half a second.
///
/// Only [`Hooks::service_actions`] depends on it; new requests and `shutdown` are noticed at once.
pub const POLL_INTERVAL: Duration = Duration::from_millis(500);

/// Answers one TCP client after another.
pub type TcpServer<H, K = Plain> = Server<Sequential, Tcp, H, K>;
/// Answers one UDP datagram after another.
pub type UdpServer<H, K = Plain> = Server<Sequential, Udp, H, K>;
/// Answers one client of a Unix stream socket after another.
pub type UnixStreamServer<H, K = Plain> = Server<Sequential, UnixStream, H, K>;
/// Answers one datagram of a Unix socket after another.
pub type UnixDatagramServer<H, K = Plain> = Server<Sequential, UnixDatagram, H, K>;

/// Answers each TCP client in a thread of its own.
pub type ThreadingTcpServer<H, K = Plain> = Server<ThreadingMixIn, Tcp, H, K>;
/// Answers each UDP datagram in a thread of its own.
pub type ThreadingUdpServer<H, K = Plain> = Server<ThreadingMixIn, Udp, H, K>;
/// Answers each client of a Unix stream socket in a thread of its own.
pub type ThreadingUnixStreamServer<H, K = Plain> = Server<ThreadingMixIn, UnixStream, H, K>;
/// Answers each datagram of a Unix socket in a thread of its own.
pub type ThreadingUnixDatagramServer<H, K = Plain> = Server<ThreadingMixIn, UnixDatagram, H, K>;

/// Answers each TCP client in a child process of its own.
pub type ForkingTcpServer<H, K = Plain> = Server<ForkingMixIn, Tcp, H, K>;
/// Answers each UDP datagram in a child process of its own.
pub type ForkingUdpServer<H, K = Plain> = Server<ForkingMixIn, Udp, H, K>;
/// Answers each client of a Unix stream socket in a child process of its own.
pub type ForkingUnixStreamServer<H, K = Plain> = Server<ForkingMixIn, UnixStream, H, K>;
/// Answers each datagram of a Unix socket in a child process of its own.
pub type ForkingUnixDatagramServer<H, K = Plain> = Server<ForkingMixIn, UnixDatagram, H, K>;
