//! A child process that reports back.

use std::io::{self, Read, Write};

use common::process::{self, Ended};
use serde_json::Value;

/// Runs `f` in a child process and gives back what it returns.
///
/// The child cannot just put its result into a variable of ours: it would be its own copy of the
/// variable. So it writes it into a pipe, and ends.
pub(crate) fn in_a_child(f: impl FnOnce() -> Value) -> io::Result<Value> {
    let (mut ours, mut theirs) = io::pipe()?;
    let pid = process::fork_child(|| {
        let report = f().to_string();
        theirs.write_all(report.as_bytes()).map_or(1, |()| 0)
    })?;
    drop(theirs); // 否则读不到结尾 / or the end would never come: we could still write
    let mut report = String::new();
    ours.read_to_string(&mut report)?;
    match process::wait(pid)? {
        Ended::Exited(0) => Ok(serde_json::from_str(&report)?),
        ended => Err(io::Error::other(format!("the child {ended}"))),
    }
}
