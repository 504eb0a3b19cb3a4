//! A program that runs to its end by itself.

use std::path::Path;
use std::process::ExitStatus;

use crate::{Result, Server, patience};

/// What a program left behind.
#[derive(Clone, Debug)]
pub struct Output {
    /// How it ended.
    pub status: ExitStatus,
    /// All that it printed on standard output.
    pub stdout: String,
    /// All that it printed on standard error.
    pub stderr: String,
}

impl Output {
    /// The exit code; -1 if a signal ended it.
    pub fn code(&self) -> i32 {
        self.status.code().unwrap_or(-1)
    }
}

/// Runs a program to its end, with an empty standard input.
///
/// # Panics
///
/// It cannot be started, or still runs after six times [`patience`]; it is then ended with its group.
///
/// ```
/// let output = grade::run("/bin/sh", &["-c", "echo hello; exit 3"]);
/// assert_eq!((output.code(), output.stdout.as_str()), (3, "hello\n"));
/// ```
#[track_caller]
pub fn run(program: impl AsRef<Path>, args: &[&str]) -> Output {
    run_with_input(program, args, b"")
}

/// Runs a program to its end, with these bytes as its standard input.
///
/// # Panics
///
/// As [`run`] does.
#[track_caller]
pub fn run_with_input(program: impl AsRef<Path>, args: &[&str], input: impl AsRef<[u8]>) -> Output {
    match to_end(Server::new(program).args(args), input.as_ref()) {
        Ok(output) => output,
        Err(failure) => panic!("{failure}"),
    }
}

fn to_end(program: Server, input: &[u8]) -> Result<Output> {
    let mut running = program.keyboard().spawn()?;
    // A program may end before it has read all: that is no failure here.
    if !input.is_empty() {
        let _ = running.type_in(input);
    }
    running.close_input();
    let status = running.wait_exit(patience() * 6)?;
    Ok(Output { status, stdout: running.stdout(), stderr: running.stderr() })
}
