//! What went wrong, and the steps that led there.

use std::fmt::{self, Write};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use nix::errno::Errno;

use crate::capture::Capture;

/// What a test function returns.
pub type Result<T = ()> = std::result::Result<T, Failure>;

/// How much of the program's standard error a report shows.
const STDERR_TAIL: usize = 2000;

/// A check that did not hold: what, after which steps, and the end of the program's standard error.
///
/// `Debug` prints the same text as `Display`, because that is what a test that returns `Err` shows.
#[derive(Clone)]
pub struct Failure {
    text: String,
}

/// The numbered steps of one run of a program; clones share them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Trace {
    steps: Arc<Mutex<Vec<String>>>,
    stderr: Capture,
}

impl Failure {
    /// A failure without steps, for what goes wrong before or beside a program.
    pub fn new(what: impl Into<String>) -> Self {
        Self { text: what.into() }
    }
}

impl Trace {
    pub(crate) fn new(stderr: Capture) -> Self {
        Self { steps: Arc::default(), stderr }
    }

    /// Records what is about to be done, so that a step that never ends is on the list too.
    pub(crate) fn step(&self, what: impl Into<String>) {
        self.lock().push(what.into());
    }

    /// Adds to the last step how it went.
    pub(crate) fn outcome(&self, what: &str) {
        if let Some(last) = self.lock().last_mut() {
            last.push_str(": ");
            last.push_str(what);
        }
    }

    /// The failure of the last step.
    pub(crate) fn failure(&self, what: impl fmt::Display) -> Failure {
        let mut text = format!("{what}\n\nfailed after these steps:\n");
        for (index, step) in self.lock().iter().enumerate() {
            let _ = writeln!(text, "{:4}. {step}", index + 1);
        }
        let stderr = self.stderr.text();
        match tail(&stderr, STDERR_TAIL) {
            "" => text.push_str("the program printed nothing on standard error\n"),
            tail => {
                text.push_str("the program's standard error ended with:\n");
                for line in tail.lines() {
                    let _ = writeln!(text, "    | {line}");
                }
            }
        }
        Failure { text }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<String>> {
        self.steps.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The last `limit` bytes or a little less, beginning at a line.
fn tail(text: &str, limit: usize) -> &str {
    let Some(cut) = text.len().checked_sub(limit) else {
        return text;
    };
    let from = text[text.ceil_char_boundary(cut)..]
        .find('\n')
        .map_or(cut, |at| text.ceil_char_boundary(cut) + at + 1);
    &text[text.ceil_char_boundary(from)..]
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl std::error::Error for Failure {}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::new(error.to_string())
    }
}

impl From<Errno> for Failure {
    fn from(error: Errno) -> Self {
        Self::new(error.to_string())
    }
}

impl From<String> for Failure {
    fn from(text: String) -> Self {
        Self { text }
    }
}

impl From<&str> for Failure {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tail_is_whole_lines() {
        assert_eq!(tail("one\ntwo\nthree\n", 9), "three\n");
        assert_eq!(tail("one", 9), "one");
        assert_eq!(tail("", 9), "");
    }

    #[test]
    fn a_failure_lists_the_steps() {
        let trace = Trace::default();
        trace.step("looked");
        trace.outcome("found");
        trace.step("asked");
        let text = format!("{:?}", trace.failure("no answer"));
        assert!(text.starts_with("no answer\n\nfailed after these steps:\n"), "{text}");
        assert!(text.contains("   1. looked: found\n   2. asked\n"), "{text}");
    }
}
