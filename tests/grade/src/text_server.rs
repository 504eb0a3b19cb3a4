//! The text servers' cases, written once: each function is one test of the program it is given.
//!
//! [`text_server_tests!`](crate::text_server_tests) makes a `#[test]` of each case that a program
//! lists. What holds for a program in any language is in [`replies`], [`churn`], [`model`] and
//! [`stopping`]; what only our own programs promise (options, the ready line, the log, the exit
//! codes) is in [`contract`] and [`options`]. The former are also the checks of [`spec`](crate::spec).

use crate::{Client, Result, Running};

pub mod churn;
pub mod contract;
pub mod model;
pub mod options;
pub mod replies;
pub mod stopping;

/// A client that is connected and has been answered once, by whatever word: which one it should be is
/// a matter of one check, and costs points once.
fn served(running: &Running) -> Result<Client> {
    let mut client = running.connect()?;
    ask(&mut client, "hello")?;
    Ok(client)
}

/// Sends this, and some answer must come.
fn ask(client: &mut Client, bytes: impl AsRef<[u8]>) -> Result {
    client.send(bytes)?;
    client.expect_something()
}

/// One `#[test]` per case: the program's path, or a [`Subject`](crate::Subject), then the cases by
/// the module they are in.
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
                    $crate::text_server::$module::$case(&$crate::Subject::from($program))
                }
            )+
        }
    )+};
}
