//! Starts a program, waits until it accepts, talks to it, records each step, stops it.
//!
//! It is the one fixture of all tests here, and it judges programs in any language: it looks from
//! outside only (sockets, `/proc`, exit codes, what is printed), depends on no crate of this
//! workspace and knows no ready line.
//!
//! ```no_run
//! # fn main() -> grade::Result {
//! let server = grade::Server::new("target/debug/thread_server").args(["--port", "0"]).start()?;
//! let mut client = server.connect()?;
//! client.send("hello")?;
//! client.expect("Thanks")?;
//! client.half_close()?;
//! client.expect_eof()?;
//! server.signal(grade::Signal::SIGINT)?;
//! assert_eq!(server.wait_exit(grade::patience())?.code(), Some(0));
//! # Ok(())
//! # }
//! ```
//!
//! A step that fails is a [`Failure`]; it prints all the steps that led to it, so a test function
//! returns [`Result`] and ends each call with `?`. Whatever happens, [`Running`] ends the whole
//! process group when it is dropped.
//!
//! The homework grader stands on it: a [`Subject`] is a program to be judged, a [`spec::Spec`] what is
//! asked of it, [`grading`] goes through the checks; the program `grade` adds the command line, a
//! process for each check, and the reports.
//!
//! ```text
//! Server -- start() --> Running -- connect() --> Client
//!                          |                       |
//!                          +------- Trace ---------+      the numbered steps, for Failure
//! ```

#![forbid(unsafe_code)]

pub mod any_server;
pub mod clients;
pub mod demo;
pub mod ftp;
pub mod ftp_server;
pub mod grading;
pub mod http_server;
pub mod proc;
pub mod readme;
pub mod spec;
pub mod text_server;

mod births;
mod bytes;
mod capture;
mod client;
mod failure;
mod guard;
mod limits;
mod ready;
mod run;
mod running;
mod server;
mod socket;
mod subject;
mod wait;
mod workspace;

pub use bytes::{Comparison, escape, random_bytes};
pub use client::Client;
pub use failure::{Failure, Result, Step};
pub use limits::Limits;
pub use nix::sys::signal::Signal;
pub use ready::{Address, Transport, listening};
pub use run::{Output, run, run_with_input};
pub use running::Running;
pub use server::Server;
pub use subject::{Files, Subject};
pub use wait::{patience, wait_until};
pub use workspace::{
    cargo_build, find, find_or_skip, skip, workspace_example, workspace_program, workspace_root,
};
