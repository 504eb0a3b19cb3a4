//! What went wrong, and the steps that led there.

use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use nix::errno::Errno;
use serde::{Deserialize, Serialize};

use crate::bytes::{Comparison, compare};
use crate::capture::Capture;

/// What a test function returns.
pub type Result<T = ()> = std::result::Result<T, Failure>;

/// How much of what the program printed a failure keeps.
const TAIL: usize = 2000;

/// A check that did not hold: what, after which steps, and what the program had printed.
///
/// `Debug` prints the same text as `Display`, because that is what a test that returns `Err` shows.
#[derive(Clone, Serialize, Deserialize)]
pub struct Failure {
    /// What did not hold, in one sentence.
    pub what: String,
    /// What was expected and what came, where bytes or lines were compared.
    pub comparison: Option<Box<Comparison>>,
    /// What was done before, in order; the last one failed.
    pub steps: Vec<Step>,
    /// The end of the program's standard output.
    pub stdout: String,
    /// The end of the program's standard error.
    pub stderr: String,
}

/// One thing that was done to the program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// What was done, written down before it was.
    pub action: String,
    /// How it went, if that says more than that it went well.
    pub outcome: Option<String>,
}

/// The numbered steps of one run of a program; clones share them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Trace {
    steps: Arc<Mutex<Vec<Step>>>,
    /// Set when the program was ended because it took too much.
    ended: Arc<OnceLock<String>>,
    stdout: Capture,
    stderr: Capture,
}

impl Failure {
    /// A failure without steps, for what goes wrong before or beside a program.
    pub fn new(what: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            comparison: None,
            steps: Vec::new(),
            stdout: String::new(),
            stderr: String::new(),
        }
    }

    /// Adds what was expected and what came instead.
    #[must_use]
    pub fn compared(mut self, expected: impl AsRef<[u8]>, got: impl AsRef<[u8]>) -> Self {
        self.comparison = Some(Box::new(compare(expected.as_ref(), got.as_ref())));
        self
    }
}

impl Trace {
    pub(crate) fn new(stdout: Capture, stderr: Capture) -> Self {
        Self { stdout, stderr, ..Self::default() }
    }

    /// Where to say why the program was ended, if it was.
    pub(crate) fn why_ended(&self) -> Arc<OnceLock<String>> {
        Arc::clone(&self.ended)
    }

    /// Records what is about to be done, so that a step that never ends is on the list too.
    pub(crate) fn step(&self, what: impl Into<String>) {
        self.lock().push(Step { action: what.into(), outcome: None });
    }

    /// Adds to the last step how it went.
    pub(crate) fn outcome(&self, what: &str) {
        if let Some(last) = self.lock().last_mut() {
            last.outcome = Some(what.to_owned());
        }
    }

    /// The failure of the last step.
    pub(crate) fn failure(&self, what: impl fmt::Display) -> Failure {
        Failure {
            what: self.ended.get().cloned().unwrap_or_else(|| what.to_string()),
            comparison: None,
            steps: self.lock().clone(),
            stdout: tail(&self.stdout.text(), TAIL).to_owned(),
            stderr: tail(&self.stderr.text(), TAIL).to_owned(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Step>> {
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

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.outcome {
            Some(outcome) => write!(f, "{}: {outcome}", self.action),
            None => f.write_str(&self.action),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)?;
        if let Some(comparison) = &self.comparison {
            write!(f, "\n{comparison}")?;
        }
        if self.steps.is_empty() {
            return Ok(());
        }
        f.write_str("\n\nfailed after these steps:\n")?;
        for (index, step) in self.steps.iter().enumerate() {
            writeln!(f, "{:4}. {step}", index + 1)?;
        }
        if self.stderr.is_empty() {
            return f.write_str("the program printed nothing on standard error\n");
        }
        f.write_str("the program's standard error ended with:\n")?;
        self.stderr.lines().try_for_each(|line| writeln!(f, "    | {line}"))
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
        Self::new(text)
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
