//! `--http`: the same tasks, but what they say is HTTP. The protocol stands in `httpcore`, which
//! knows no socket; here is what moves its bytes.

use std::cell::RefCell;
use std::io::{self, ErrorKind, Read};
use std::net::{Shutdown, TcpListener};
use std::os::fd::AsRawFd;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use common::{Failure, stop};
use gevent::net::wait_read;
use gevent::pool::Pool;
use gevent::server::StreamServer;
use httpcore::{Connection, Http, Limits, Step, site};
use nix::libc;
use nix::sys::sendfile::sendfile64;
use nix::sys::socket::{MsgFlags, send};

use crate::guests::{Guest, Guests};
use crate::options::Cli;

/// As much is received at once.
const ROOM: usize = 64 * 1024;
/// As much of a file goes out before others get their turns.
const TURN: u64 = 1 << 20;

thread_local! {
    /// All connections share one buffer: it is only used between two waits.
    static BUFFER: RefCell<Vec<u8>> = RefCell::new(vec![0; ROOM]);
}

/// Serves pages to the browsers of one listening socket, in one thread, until Ctrl-C.
pub(crate) fn serve(cli: &Cli, socket: TcpListener) -> Result<(), Failure> {
    let start = |why: io::Error| Failure::new("cannot start", &why);
    stop::on_signals().map_err(start)?;
    stop::set_grace(cli.server.grace);
    let listener = gevent::net::TcpListener::from_std(socket).map_err(start)?;
    let guests = Guests::new();
    let (here, http) = (Rc::clone(&guests), site(cli)?);
    let handle = move |stream, peer| {
        // Why each ended is in the log line of its leaving.
        let _ = answer(&http, &here.admit(stream, peer));
    };
    let server = match cli.server.max_clients {
        Some(n) => StreamServer::with_pool(listener, &Pool::new(n.get()), handle),
        None => StreamServer::new(listener, handle),
    };
    guests.tell_when_one_leaves(&server);

    server.start();
    if let Some(stop) = stop::event() {
        wait_read(stop, None).map_err(start)?;
    }
    server.close();
    guests.see_off(server.handlers(), cli.server.grace);
    Ok(())
}

fn site(cli: &Cli) -> Result<Arc<Http>, Failure> {
    let root = cli.http.as_ref().and_then(Option::as_deref);
    let shown = root.unwrap_or("".as_ref()).display();
    let site = site::new(root, !cli.no_listing)
        .map_err(|why| Failure::new(format!("cannot open {shown}"), &why))?;
    let mut limits = Limits { body: cli.max_body, ..Limits::default() };
    limits.idle = cli.server.idle_timeout.unwrap_or(limits.idle);
    Ok(Http::with_limits(site, limits))
}

/// Answers one browser until it leaves, or is let go: does what its connection says.
fn answer(http: &Arc<Http>, client: &Guest) -> io::Result<()> {
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
