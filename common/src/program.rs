//! The frame of a program: its log, its last line if it fails, its exit code.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::fmt;
use std::io::{self, Write};
use std::panic::{self, PanicHookInfo};
use std::process::ExitCode;
use std::thread;

use log::{Level, LevelFilter, error};

/// Why a program cannot go on, in one line: what failed, why, and the way out where there is one.
#[derive(Debug)]
pub struct Failure(String);

impl Failure {
    /// `WHAT: WHY`.
    pub fn new(what: impl fmt::Display, why: &io::Error) -> Failure {
        Failure(format!("{what}: {}", reason(why)))
    }

    /// `cannot listen on ADDRESS: WHY (the way out)`.
    pub fn cannot_listen(address: &impl fmt::Display, why: &io::Error) -> Failure {
        let way_out = match why.kind() {
            io::ErrorKind::AddrInUse => " (another server running? try --port 0)",
            io::ErrorKind::PermissionDenied => " (ports below 1024 are the administrator's)",
            io::ErrorKind::AddrNotAvailable => " (not an address of this machine)",
            _ => "",
        };
        Failure(format!("cannot listen on {address}: {}{way_out}", reason(why)))
    }

    /// `cannot connect to ADDRESS: WHY (the way out)`.
    pub fn cannot_connect(address: &impl fmt::Display, why: &io::Error) -> Failure {
        let way_out = match why.kind() {
            io::ErrorKind::ConnectionRefused => " (is the server running? is it on this port?)",
            _ => "",
        };
        Failure(format!("cannot connect to {address}: {}{way_out}", reason(why)))
    }
}

impl From<String> for Failure {
    fn from(line: String) -> Failure {
        Failure(line)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Runs a server: logs to standard error (`quiet`: errors only), and turns what `main` returns into
/// an exit code: 0, or 1 after one line `error: …`.
///
/// The environment variable `RUST_LOG` chooses how much is logged. A panic, in whichever thread, is
/// one line in the log; with `RUST_BACKTRACE=1` its backtrace follows.
pub fn run(quiet: bool, main: impl FnOnce() -> Result<(), Failure>) -> ExitCode {
    start_log(quiet);
    panic::set_hook(Box::new(log_panic));
    exit_code(main())
}

/// As [`run`] without a log: for clients and demos.
pub fn exit_code(result: Result<(), Failure>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            let _ = writeln!(io::stderr(), "error: {failure}");
            ExitCode::FAILURE
        }
    }
}

/// The reason alone, without the number that `io::Error` adds: "Address in use".
pub fn reason(error: &io::Error) -> String {
    if error.kind() == io::ErrorKind::AddrInUse {
        return "Address in use".to_owned();
    }
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn start_log(quiet: bool) {
    let mut builder = env_logger::Builder::new();
    builder.filter_level(LevelFilter::Info).parse_default_env();
    if quiet {
        builder.filter_level(LevelFilter::Error);
    }
    builder.format(|line, record| match record.level() {
        Level::Error => writeln!(line, "error: {}", record.args()),
        Level::Warn => writeln!(line, "warning: {}", record.args()),
        _ => writeln!(line, "{}", record.args()),
    });
    // Fails only where a log is set up already, as in a test: then that one serves.
    let _ = builder.try_init();
}

fn log_panic(info: &PanicHookInfo<'_>) {
    let thread = thread::current();
    let name = thread.name().unwrap_or("unnamed").to_owned();
    let message = info.payload_as_str().unwrap_or("(no message)").escape_debug().to_string();
    let place = info.location().map(|place| format!(" at {place}")).unwrap_or_default();
    let backtrace = Backtrace::capture();
    if backtrace.status() == BacktraceStatus::Captured {
        error!("thread '{name}' panicked{place}: {message}\n{backtrace}");
    } else {
        error!("thread '{name}' panicked{place}: {message}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nix::errno::Errno;

    #[test]
    fn a_failure_says_what_and_why_without_numbers() {
        let in_use = Failure::cannot_listen(&"127.0.0.1:8888", &Errno::EADDRINUSE.into());
        assert_eq!(
            in_use.to_string(),
            "cannot listen on 127.0.0.1:8888: Address in use (another server running? try --port 0)"
        );
        assert_eq!(reason(&Errno::EMFILE.into()), "Too many open files");
        assert_eq!(reason(&Errno::ENOENT.into()), "No such file or directory");
        assert_eq!(reason(&io::Error::other("no such host")), "No such host");
    }
}
