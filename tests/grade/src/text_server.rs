//! The text servers' cases, written once: each function is one test of the program it is given.
//!
//! [`text_server_tests!`](crate::text_server_tests) makes a `#[test]` of each case that a program
//! lists. What holds for a program in any language is in [`replies`], [`churn`], [`model`] and
//! [`stopping`]; what only our own programs promise (options, the ready line, the log, the exit
//! codes) is in [`contract`] and [`options`].

use std::path::{Path, PathBuf};

use crate::{Result, Running, Server};

pub mod churn;
pub mod contract;
pub mod model;
pub mod options;
pub mod replies;
pub mod stopping;

/// A text server that is to be tested.
#[derive(Clone, Debug)]
pub struct TextServer {
    program: PathBuf,
    reply: String,
    args: Vec<String>,
}

impl TextServer {
    /// The program at `path`, which answers `Thanks`.
    pub fn new(path: impl AsRef<Path>) -> Self {
        Self { program: path.as_ref().to_owned(), reply: "Thanks".to_owned(), args: Vec::new() }
    }

    /// Answers this instead.
    #[must_use]
    pub fn replies(mut self, reply: &str) -> Self {
        reply.clone_into(&mut self.reply);
        self
    }

    /// Starts with this argument too, always.
    #[must_use]
    pub fn always(mut self, arg: &str) -> Self {
        self.args.push(arg.to_owned());
        self
    }

    /// The program's path.
    pub fn program(&self) -> &Path {
        &self.program
    }

    /// What it answers.
    pub fn reply(&self) -> &str {
        &self.reply
    }

    /// The program on any free port with these further arguments, not yet started.
    pub fn with(&self, args: &[&str]) -> Server {
        self.on_port("0").args(args)
    }

    /// The program on this port, not yet started.
    pub fn on_port(&self, port: &str) -> Server {
        Server::new(&self.program).args(["--port", port]).args(&self.args)
    }

    /// Starts the program on any free port with these further arguments.
    ///
    /// # Errors
    ///
    /// As [`Server::start`].
    pub fn start(&self, args: &[&str]) -> Result<Running> {
        self.with(args).start()
    }
}

impl<P: AsRef<Path>> From<P> for TextServer {
    fn from(program: P) -> Self {
        Self::new(program)
    }
}

/// Looks until five looks in a row give the same: what is still being tidied up is tidied up.
fn settled(running: &Running, look: impl Fn() -> usize) -> Result<usize> {
    let (mut last, mut same) = (look(), 0);
    running.wait_until("things have settled", || {
        let now = look();
        same = if now == last { same + 1 } else { 0 };
        last = now;
        same == 5
    })?;
    Ok(last)
}

/// One `#[test]` per case: the program's path, or a [`TextServer`], then the cases by the module they
/// are in.
///
/// ```
/// grade::text_server_tests! {
///     "target/debug/thread_server";
///     replies: each_chunk_is_answered, echo_gives_back_the_bytes;
///     stopping: an_idle_client_does_not_hold_up_sigint;
/// }
/// ```
#[macro_export]
macro_rules! text_server_tests {
    ($program:expr; $($module:ident: $($case:ident),+ $(,)?;)+) => {$(
        mod $module {
            $(
                #[test]
                fn $case() -> $crate::Result {
                    $crate::text_server::$module::$case(&$crate::text_server::TextServer::from($program))
                }
            )+
        }
    )+};
}
