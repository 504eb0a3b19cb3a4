#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod guest;

use std::os::fd::{AsFd, AsRawFd};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Parser;
use common::args::ServerArgs;
use common::net::Listener;
use common::{Failure, stop};
use httpcore::{Http, Limits, site};
use nix::errno::Errno;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::select::{FD_SETSIZE, FdSet, select};
use nix::sys::time::{TimeVal, TimeValLike};

use guest::{Guest, Waits};

/// An HTTP server for many browsers in one thread, on select(2).
#[derive(Parser)]
#[command(version, max_term_width = 100)]
struct Cli {
    #[command(flatten)]
    server: ServerArgs<8000>,

    /// Serve the files of this folder instead of the bundled pages
    #[arg(long, value_name = "DIR")]
    root: Option<PathBuf>,

    /// Do not list a folder that has no index.html
    #[arg(long, requires = "root")]
    no_listing: bool,

    /// The largest body of a request
    #[arg(long, value_name = "BYTES", default_value_t = 2 << 30, help_heading = "Rarely used")]
    max_body: u64,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    common::program::run(cli.server.quiet, || serve(&cli))
}

fn serve(cli: &Cli) -> Result<(), Failure> {
    respect_fd_setsize();
    let root = cli.root.as_deref().unwrap_or("".as_ref());
    let site = site::new(cli.root.as_deref(), !cli.no_listing)
        .map_err(|why| Failure::new(format!("cannot open {}", root.display()), &why))?;
    let mut limits = Limits { body: cli.max_body, ..Limits::default() };
    limits.idle = cli.server.idle_timeout.unwrap_or(limits.idle);
    let http = Http::with_limits(site, limits);
    let listener = Listener::bind(&cli.server, "the loop forgets it")?;
    let mut guests: Vec<Guest> = Vec::new();
    let mut buffer = vec![0; 64 * 1024];
    let mut end = None;
    loop {
        // 【1】把所有描述符交给 select，睡到其中任何一个就绪 / wait for any of them. day09 L13
        let limit = next_deadline(&guests, &listener, end);
        let (knocked, ready) = wait(&listener, &guests, limit, end.is_some())?;
        let (mut ready, now) = (ready.into_iter(), Instant::now());

        // 【2】浏览器就绪：收请求、发响应，都不等待 / a browser has sent, or can take, some bytes.
        // 【3】太久没有动静的，HTTP 核心会决定：回 408 或直接断开 / who is too slow is let go.
        guests.retain_mut(|guest| {
            let ready = ready.next().unwrap_or(false);
            (!ready && !guest.is_late(now)) || guest.go_on(&mut buffer, now)
        });

        // 【4】监听套接字就绪：接收新的浏览器 / new browsers, from now on in the set.
        while let Some(client) = knocked.then(|| listener.accept_now()).flatten() {
            guests.extend(Guest::begin(client, &http, now));
        }

        // 【5】Ctrl-C：不再接收，把正在发的发完 / accept nobody, finish the answers, end.
        if stop::requested() {
            if end.is_none() {
                listener.close();
                guests.retain_mut(|guest| guest.stop(&mut buffer, now));
            }
            if guests.is_empty() || now >= *end.get_or_insert(now + cli.server.grace) {
                return Ok(());
            }
        }
    }
}

/// The one place where this program sleeps; tells whether there may be somebody to accept, and of
/// each guest whether it can go on.
fn wait(
    listener: &Listener,
    guests: &[Guest],
    limit: Option<Duration>,
    stopping: bool,
) -> Result<(bool, Vec<bool>), Failure> {
    let socket = listener.watched();
    // The event of a stop stays readable: once it has been dealt with, it would end every wait at once.
    let stop = stop::event().filter(|_| !stopping);
    let (mut readable, mut writable, mut highest) = (FdSet::new(), FdSet::new(), -1);
    for fd in socket.iter().map(|socket| socket.as_fd()).chain(stop) {
        readable.insert(fd);
        highest = highest.max(fd.as_raw_fd());
    }
    for guest in guests {
        let (set, fd) = match guest.waits {
            Waits::ToRead => (&mut readable, guest.client.as_fd()),
            Waits::ToWrite => (&mut writable, guest.client.as_fd()),
        };
        set.insert(fd);
        highest = highest.max(fd.as_raw_fd());
    }
    let mut limit =
        limit.map(|d| TimeVal::microseconds(d.as_micros().try_into().unwrap_or(i64::MAX)));
    match select(highest + 1, &mut readable, &mut writable, None, &mut limit) {
        // select 改写集合，只留下就绪的 / select leaves the ready ones in the sets.
        Ok(_) => {
            let is_ready = |guest: &Guest| match guest.waits {
                Waits::ToRead => readable.contains(guest.client.as_fd()),
                Waits::ToWrite => writable.contains(guest.client.as_fd()),
            };
            // 没有监听的时候也去看看：可能有人刚离开 / not watched: someone may just have left.
            let knocked = socket.as_ref().is_none_or(|socket| readable.contains(socket.as_fd()));
            Ok((knocked, guests.iter().map(is_ready).collect()))
        }
        Err(Errno::EINTR) => Ok((true, Vec::new())),
        Err(errno) => Err(Failure::new("select failed", &errno.into())),
    }
}

/// How long select may sleep when nothing happens: until the next thing that time alone brings.
fn next_deadline(guests: &[Guest], listener: &Listener, end: Option<Instant>) -> Option<Duration> {
    let first = guests.iter().map(Guest::deadline).chain(end).min();
    let left = first.map(|at| at.saturating_duration_since(Instant::now()));
    [left, listener.retry_in()].into_iter().flatten().min()
}

/// select 的集合只有 1024 位：让内核在此之前就说“描述符用完了”。
///
/// A descriptor of 1,024 or more does not fit a select set: have the kernel say "out of descriptors"
/// before that, so that the listener's way of waiting for free ones serves here too.
fn respect_fd_setsize() {
    if let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE) {
        let _ = setrlimit(Resource::RLIMIT_NOFILE, soft.min(FD_SETSIZE as u64), hard);
    }
}
