//! A child process for each request.

use std::io;
use std::time::Duration;

use common::process::fork_child;

use super::MixIn;
use crate::Job;

/// Answers each request in a child process of its own.
///
/// The child is a copy of the server at this moment: what its handler changes in memory is gone with
/// it. It never returns into the server's loop; it ends without running the destructors or the
/// at-exit code of its parent, and dies with it. The server reaps its children while it serves, at
/// the latest one `poll_interval` after they end.
///
/// # Threads
///
/// Use it in a program that has one thread when it serves. Of a parent with several, the child has
/// only the one that called fork: a lock that another thread held stays locked in the child for ever,
/// so a handler may hang at its first `println!`. (Waiting for SIGTERM needs no second thread:
/// [`common::stop::on_signals`] has `serve_forever` end by itself.)
#[derive(Debug, Clone, Copy)]
pub struct ForkingMixIn {
    /// As many children there may be at once; further clients wait. Python's default: 40.
    pub max_children: usize,
    /// `server_close` waits until all children have ended. Python's default: true.
    pub block_on_close: bool,
    /// How long `handle_request` waits, unless the server says otherwise. Python's default: 300 s.
    pub timeout: Option<Duration>,
}

impl Default for ForkingMixIn {
    fn default() -> ForkingMixIn {
        ForkingMixIn {
            max_children: 40,
            block_on_close: true,
            timeout: Some(Duration::from_secs(300)),
        }
    }
}

impl MixIn for ForkingMixIn {
    fn process_request(&self, job: Job) -> io::Result<()> {
        let mut job = Some(job);
        let child = fork_child(|| job.take().map_or(1, Job::finish_in_child));
        let child = child.map_err(|error| {
            let why = common::reason(&error);
            io::Error::new(error.kind(), format!("no process for this request: {why}"))
        })?;
        if let Some(job) = job {
            job.hand_over(child);
        }
        Ok(())
    }

    fn max_requests(&self) -> Option<usize> {
        Some(self.max_children)
    }

    fn block_on_close(&self) -> bool {
        self.block_on_close
    }

    fn timeout(&self) -> Option<Duration> {
        self.timeout
    }

    fn leaving(&self) -> &'static str {
        "its process ends"
    }
}
