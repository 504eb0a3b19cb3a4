//! The options, and what they make of the server: text or pages, one process or several.

use std::net::TcpListener;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::parser::ValueSource;
use clap::{CommandFactory, FromArgMatches, Parser};
use common::Failure;
use common::args::ServerArgs;
use common::text::TextArgs;
use nix::sys::resource::{Resource, getrlimit, setrlimit};

use crate::{browse, workers};

/// A text server with one coroutine per client, all in one thread: answers `OK` to whatever it
/// receives.
#[derive(Parser)]
#[command(version, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) server: ServerArgs<8888>,
    #[command(flatten)]
    pub(crate) text: TextArgs,

    /// Leave std's blocking calls as they are, to see the second client wait for the first
    #[arg(long, conflicts_with = "http")]
    pub(crate) no_patch: bool,

    /// Serve web pages instead (port 8000): the files of this folder, or the bundled pages
    #[arg(long, value_name = "DIR", num_args = 0..=1, overrides_with = "http", conflicts_with_all = ["echo", "work"])]
    pub(crate) http: Option<Option<PathBuf>>,

    /// Do not list a folder that has no index.html
    #[arg(long, requires = "http")]
    pub(crate) no_listing: bool,

    /// The largest body of a request
    #[arg(long, value_name = "BYTES", default_value_t = 2 << 30, help_heading = "Rarely used")]
    pub(crate) max_body: u64,

    /// So many processes on one port, to use as many cores
    #[arg(long, value_name = "N", default_value = "1")]
    pub(crate) workers: NonZeroUsize,
}

/// Serves the clients of one listening socket, in one thread, until Ctrl-C.
pub(crate) type Serve = fn(&Cli, TcpListener) -> Result<(), Failure>;

impl Cli {
    /// The options; without `--port`, HTTP is served on 8000.
    pub(crate) fn parse_with_port() -> Cli {
        let matches = Cli::command().get_matches();
        let mut cli = Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
        let default = matches.value_source("port") != Some(ValueSource::CommandLine);
        if cli.http.is_some() && default {
            cli.server.port = 8000;
        }
        cli
    }

    /// Binds, and serves: text with `text`, or pages; here, or in several processes.
    pub(crate) fn serve_with(&self, text: Serve) -> Result<(), Failure> {
        allow_many_descriptors();
        let serve = if self.http.is_some() { browse::serve } else { text };
        match self.workers.get() {
            1 => {
                // Whoever reads the ready line may send a signal at once.
                common::stop::on_signals().map_err(|why| Failure::new("cannot start", &why))?;
                serve(self, self.bind()?)
            }
            // 协程用不上多核，多进程可以 / one thread is one core; N processes use N  day09 L102
            n => workers::run(self, n, serve),
        }
    }

    /// The listening socket, and the ready line.
    fn bind(&self) -> Result<TcpListener, Failure> {
        if self.http.is_none() {
            return common::net::bind_tcp(&self.server);
        }
        let ServerArgs { host, port, quiet, max_clients, idle_timeout, grace, backlog } =
            self.server.clone();
        let args =
            ServerArgs::<8000> { host, port, quiet, max_clients, idle_timeout, grace, backlog };
        common::net::bind_tcp(&args)
    }
}

/// 一个连接占一个描述符，默认上限常常只有 1024 / one descriptor each: raise the limit, often 1,024.
fn allow_many_descriptors() {
    if let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE)
        && soft < hard
        && let Err(errno) = setrlimit(Resource::RLIMIT_NOFILE, hard, hard)
    {
        log::warn!("{errno}: no more than {soft} descriptors, so fewer clients (ulimit -n)");
    }
}
