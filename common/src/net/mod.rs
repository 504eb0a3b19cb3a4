//! A listening socket whose clients come out of a `for` loop, and the clients themselves.
//!
//! ```no_run
//! use std::io::{Read, Write};
//!
//! use common::args::ServerArgs;
//! use common::net::Listener;
//!
//! fn serve(args: &ServerArgs<8888>) -> Result<(), common::Failure> {
//!     let listener = Listener::bind(args, "the next one's turn")?;
//!     for mut client in &listener {
//!         client.ends_on_stop();
//!         let mut buffer = [0; 4096];
//!         while let Ok(n @ 1..) = client.read(&mut buffer) {
//!             let _ = client.write_all(&buffer[..n]);
//!         }
//!     }
//!     listener.finish();
//!     Ok(())
//! }
//! ```
//!
//! The loop is the caller's, and so is what it does with a client: answer it here, in a thread or in
//! a child process. Inside the iterator is what every such loop must get right: it waits, without
//! spinning, while the process is out of descriptors or has as many clients as it may; it passes over
//! connections that died in the queue; and it ends when the program is asked to stop, after the last
//! client that had already connected.

mod accept;
mod client;
mod guests;
mod listener;

pub use accept::{Backoff, Refused};
pub use client::{Client, PATIENCE, excerpt};
pub use guests::{Guests, Visit, timeout as poll_timeout};
pub use listener::{Listener, announce, bind_tcp, listen_again};
