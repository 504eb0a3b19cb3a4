//! How requests are answered at once: what Python's mix-in classes decide.

mod forking;
mod threading;

use std::fmt;
use std::io;
use std::time::Duration;

pub use forking::ForkingMixIn;
pub use threading::ThreadingMixIn;

use crate::Job;

/// Decides where a request is answered: right here, in a thread, in a process, or elsewhere.
///
/// The [crate's documentation](crate#ones-own-concurrency-type) writes one.
pub trait MixIn: fmt::Debug + Send + Sync + 'static {
    /// Has the job run, with [`Job::finish_request`], and returns as soon as the server may take the
    /// next request.
    ///
    /// # Errors
    ///
    /// It could not be handed out; the job is dropped, which closes its connection.
    fn process_request(&self, job: Job) -> io::Result<()>;

    /// How many requests may be in progress at once, if there is a limit: while there are so many,
    /// the server takes no further one.
    fn max_requests(&self) -> Option<usize> {
        None
    }

    /// Whether `server_close` waits for the requests in progress. Python's attribute of that name.
    fn block_on_close(&self) -> bool {
        true
    }

    /// How long `handle_request` waits, unless the server says otherwise.
    fn timeout(&self) -> Option<Duration> {
        None
    }

    /// What it means, in the log, that a client has left.
    fn leaving(&self) -> &'static str {
        "its request ends"
    }
}

/// No mix-in: one request at a time, in the thread that serves. The next client waits.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sequential;

impl MixIn for Sequential {
    fn process_request(&self, job: Job) -> io::Result<()> {
        job.alone().finish_request();
        Ok(())
    }

    fn leaving(&self) -> &'static str {
        "the next one's turn"
    }
}
