//! What every HTTP server of the workspace promises, written once: each function is one test of the
//! program it is given. A package includes this file and lists its program:
//!
//! ```text
//! #[path = "../../../common/httpcore/tests/http_server/mod.rs"]
//! mod http_server;
//!
//! http_server::tests!(Program { path: env!("CARGO_BIN_EXE_http_server"), always: &[], root: |dir| vec!["--root".into(), dir.into()] });
//! ```

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../cases/mod.rs"]
pub(crate) mod cases;
pub(crate) mod contract;
pub(crate) mod hostile;
pub(crate) mod requests;
pub(crate) mod stopping;

use std::ffi::OsString;
use std::fs::File;
use std::path::Path;

use grade::{Result, Running, Server};

/// An HTTP server that is to be tested.
pub(crate) struct Program {
    pub(crate) path: &'static str,
    /// What makes an HTTP server of it.
    pub(crate) always: &'static [&'static str],
    /// The arguments that make it serve a folder.
    pub(crate) root: fn(&Path) -> Vec<OsString>,
}

/// A running server and the folder that it serves.
pub(crate) struct Site {
    pub(crate) server: Running,
    pub(crate) folder: tempfile::TempDir,
}

impl Program {
    /// On any free port, with these further arguments, not yet started.
    pub(crate) fn with(&self, args: &[&str]) -> Server {
        Server::new(self.path).args(self.always).args(["--port", "0"]).args(args)
    }

    /// Serving the tree of the raw cases.
    pub(crate) fn serve_tree(&self, args: &[&str]) -> Result<Site> {
        let folder = tempfile::tempdir()?;
        let root = cases::make_tree(folder.path());
        let server = self.with(args).args((self.root)(&root)).start()?;
        Ok(Site { server, folder })
    }

    /// Serving one file `big` of that many zeros, which take no room on the disk.
    pub(crate) fn serve_zeros(&self, length: u64, args: &[&str]) -> Result<Site> {
        let folder = tempfile::tempdir()?;
        File::create(folder.path().join("big"))?.set_len(length)?;
        let server = self.with(args).args((self.root)(folder.path())).start()?;
        Ok(Site { server, folder })
    }
}

/// A GET that ends the connection.
pub(crate) fn last(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: l\r\nConnection: close\r\n\r\n")
}

/// A GET that keeps the connection.
pub(crate) fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: l\r\n\r\n")
}

/// A fresh client asks for something simple and gets it.
pub(crate) fn probe(server: &Running) -> Result {
    let mut client = server.connect()?;
    client.send(last("/hello"))?;
    let answer = client.read_to_end()?;
    server.check(answer.ends_with(b"\r\n\r\nHello World"), "a fresh client is not answered")
}

/// The most memory that the process has had, in bytes.
pub(crate) fn peak(server: &Running) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.pid())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
}

/// One `#[test]` for each case.
macro_rules! tests {
    ($program:expr) => {
        $crate::http_server::tests! { @each $program;
            requests: raw_cases, a_body_of_any_size_is_counted, pipelined_requests_take_bounded_memory,
                clients_are_answered_in_any_order, the_bundled_site_has_one_of_each_class,
                the_log_has_a_line_for_each_answer, a_change_is_seen_within_a_second,
                a_large_file_arrives_whole;
            hostile: slow_clients_cost_nobody_else_anything, a_thousand_idle_clients_delay_nobody,
                a_head_without_end_is_cut_off, resets_leave_nothing_behind;
            stopping: idle_clients_do_not_hold_it_up, a_download_is_finished, the_grace_time_ends,
                a_second_signal_ends_it_at_once, the_port_is_free_at_once;
            contract: the_ready_line_is_all_of_stdout, the_readme_shows_what_is_printed,
                help_and_version, a_usage_error_exits_2, failures_are_one_clear_line, quiet_is_quiet,
                ipv6_has_brackets;
        }
    };
    (@each $program:expr; $($module:ident: $($case:ident),*;)*) => {
        $($(
            #[test]
            fn $case() -> grade::Result {
                $crate::http_server::$module::$case(&$program)
            }
        )*)*
    };
}
pub(crate) use tests;
