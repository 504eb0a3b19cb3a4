//! `--http`: the same tasks, but what they say is HTTP. The protocol stands in `httpcore`, which
//! knows no socket; here is what moves its bytes.

use std::cell::RefCell;
use std::io::{self, ErrorKind, Read};
use std::net::{Shutdown, TcpListener};
use std::os::fd::AsRawFd;
use std::sync::Arc;
use std::time::Instant;

use clap::parser::ValueSource;
use clap::{CommandFactory, FromArgMatches};
use common::args::ServerArgs;
use common::{Failure, stop};
use httpcore::{Connection, Http, Limits, Step, site};
use nix::libc;
use nix::sys::sendfile::sendfile64;
use nix::sys::socket::{MsgFlags, send};

use crate::Cli;
use crate::guests::Guest;

/// As much is received at once.
const ROOM: usize = 64 * 1024;
/// As much of a file goes out before others get their turns.
const TURN: u64 = 1 << 20;

thread_local! {
    /// All connections share one buffer: it is only used between two waits.
    static BUFFER: RefCell<Vec<u8>> = RefCell::new(vec![0; ROOM]);
}

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

    /// The listening socket, and the ready line.
    pub(crate) fn bind(&self) -> Result<TcpListener, Failure> {
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

/// What `--http` serves; `None` without that option.
pub(crate) fn site(cli: &Cli) -> Result<Option<Arc<Http>>, Failure> {
    let Some(root) = &cli.http else { return Ok(None) };
    let shown = root.as_deref().unwrap_or("".as_ref()).display();
    let site = site::new(root.as_deref(), !cli.no_listing)
        .map_err(|why| Failure::new(format!("cannot open {shown}"), &why))?;
    let mut limits = Limits { body: cli.max_body, ..Limits::default() };
    limits.idle = cli.server.idle_timeout.unwrap_or(limits.idle);
    Ok(Some(Http::with_limits(site, limits)))
}

/// Answers one browser until it leaves, or is let go: does what its connection says.
pub(crate) fn answer(http: &Arc<Http>, client: &Guest) -> io::Result<()> {
    let mut now = Instant::now();
    let mut connection = Connection::new(http, client.peer(), now);
    let stream = client.stream();
    loop {
        if stop::requested() {
            connection.stop();
        }
        let left = connection.deadline().saturating_duration_since(now);
        let done = match connection.step() {
            Step::Receive => {
                stream.set_read_timeout(Some(left));
                receive(client, &mut connection, &mut now)
            }
            Step::Send { bytes, more } => {
                let more = if more { libc::MSG_MORE } else { 0 };
                let flags = MsgFlags::MSG_NOSIGNAL | MsgFlags::from_bits_retain(more);
                stream.set_write_timeout(Some(left));
                stream.write_with(|s| Ok(send(s.as_raw_fd(), bytes, flags)?)).map(|n| {
                    now = Instant::now();
                    connection.sent(n as u64, now);
                })
            }
            Step::SendFile { file, offset, length } => {
                let count = length.min(TURN) as usize;
                stream.set_write_timeout(Some(left));
                let sent = stream.write_with(|s| {
                    let mut at = offset as i64;
                    Ok(sendfile64(s, file, Some(&mut at), count)?)
                });
                sent.map(|n| {
                    now = Instant::now();
                    connection.sent(n as u64, now);
                    gevent::sleep(std::time::Duration::ZERO);
                })
            }
            Step::HalfClose => stream.shutdown(Shutdown::Write),
            Step::Close => return Ok(()),
        };
        match done {
            Err(error) if error.kind() == ErrorKind::TimedOut => {
                now = Instant::now();
                connection.expire(now);
            }
            // The stop came while it waited: the connection is told at the top.
            Err(error) if error.kind() == ErrorKind::ConnectionAborted && stop::requested() => {}
            other => other?,
        }
    }
}

/// Waits for bytes and feeds them to the connection, which copies what it wants to keep.
fn receive(client: &Guest, connection: &mut Connection, now: &mut Instant) -> io::Result<()> {
    let read = |mut stream: &std::net::TcpStream| {
        BUFFER.with_borrow_mut(|buffer| {
            let n = stream.read(buffer)?;
            *now = Instant::now();
            connection.feed(&buffer[..n], *now);
            Ok(n)
        })
    };
    client.stream().read_with(ROOM, read).map(drop)
}
