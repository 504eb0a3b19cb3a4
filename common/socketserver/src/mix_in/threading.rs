//! A thread for each request.

use std::io;
use std::thread;

use super::MixIn;
use crate::Job;

/// Answers each request in a thread of its own.
///
/// A thread ends with its request; nothing is kept of it.
#[derive(Debug, Clone, Copy)]
pub struct ThreadingMixIn {
    /// `server_close` does not wait for the threads. (Python's other meaning of it, that the program
    /// does not wait for them either, holds of every thread in Rust.) Python's default: false.
    pub daemon_threads: bool,
    /// `server_close` waits for the threads that are no daemons. Python's default: true.
    pub block_on_close: bool,
}

impl Default for ThreadingMixIn {
    fn default() -> ThreadingMixIn {
        ThreadingMixIn { daemon_threads: false, block_on_close: true }
    }
}

impl MixIn for ThreadingMixIn {
    fn process_request(&self, job: Job) -> io::Result<()> {
        let thread = thread::Builder::new().name(format!("client {}", job.client_address()));
        match thread.spawn(move || job.finish_request()) {
            Ok(_) => Ok(()),
            Err(error) => {
                let why = common::reason(&error);
                Err(io::Error::new(error.kind(), format!("no thread for this request: {why}")))
            }
        }
    }

    fn block_on_close(&self) -> bool {
        self.block_on_close && !self.daemon_threads
    }

    fn leaving(&self) -> &'static str {
        "its thread ends"
    }
}
