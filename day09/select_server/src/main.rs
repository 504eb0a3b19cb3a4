#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod talk;

use std::os::fd::AsFd;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Parser;
use common::args::ServerArgs;
use common::net::{Listener, PATIENCE};
use common::text::TextArgs;
use common::{Failure, stop};
use nix::errno::Errno;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::select::{FD_SETSIZE, FdSet, select};
use nix::sys::time::{TimeVal, TimeValLike};

use talk::Talk;

/// A text server for many clients in one thread: answers `Thanks` to whatever it receives.
#[derive(Parser)]
#[command(version, max_term_width = 100)]
struct Cli {
    #[command(flatten)]
    server: ServerArgs<8888>,
    #[command(flatten)]
    text: TextArgs,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    common::program::run(cli.server.quiet, || serve(&cli))
}

fn serve(cli: &Cli) -> Result<(), Failure> {
    respect_fd_setsize();
    let listener = Listener::bind(&cli.server, "the loop forgets it")?;
    let service = cli.text.service("Thanks");
    let mut talks: Vec<Talk> = Vec::new();
    let mut end = None;
    loop {
        // 【1】把关注的描述符交给 select，等其中任何一个就绪 / wait for any of them. day09 L13
        let limit = next_deadline(&talks, &listener, cli, end);
        let ready = wait(&listener, &talks, limit, end.is_some())?;

        // 【2】客户端套接字就绪：收、答，都不等待 / a client has sent, or can take, some bytes.
        let mut ready = ready.into_iter();
        talks.retain_mut(|talk| {
            !ready.next().unwrap_or(false) || talk.go_on(service).is_ok_and(|stays| stays)
        });

        // 【3】监听套接字就绪：接收新客户端，加入关注 / new clients: watched from now on.
        while let Some(client) = listener.accept_now() {
            talks.extend(Talk::begin(client));
        }

        // 【4】太久没有消息的客户端 / who has been silent for too long is let go.
        if let Some(limit) = cli.server.idle_timeout {
            talks.retain_mut(|talk| !talk.silent_for(limit));
        }

        // 【5】Ctrl-C：不再接收，把欠的发完 / accept nobody, send what is owed, end.
        if stop::requested() {
            listener.close();
            let end = *end.get_or_insert_with(|| Instant::now() + cli.server.grace);
            talks.retain(|talk| !talk.unsent.is_empty() || talk.heard.elapsed() < PATIENCE);
            if talks.is_empty() || Instant::now() >= end {
                return Ok(());
            }
        }
    }
}

/// The one place where this program sleeps; tells of each talk whether it can go on.
fn wait(
    listener: &Listener,
    talks: &[Talk],
    limit: Option<Duration>,
    stopping: bool,
) -> Result<Vec<bool>, Failure> {
    let socket = listener.watched();
    let (mut readable, mut writable) = (FdSet::new(), FdSet::new());
    // The event of a stop stays readable: once the loop has seen it, it would end every wait at once.
    let stop = stop::event().filter(|_| !stopping);
    for fd in socket.iter().map(|socket| socket.as_fd()).chain(stop) {
        readable.insert(fd);
    }
    for talk in talks {
        // 欠着没发完就先不读：内存有界 / while it owes, it does not read: memory stays bounded.
        let set = if talk.unsent.is_empty() { &mut readable } else { &mut writable };
        set.insert(talk.client.as_fd());
    }
    let mut limit =
        limit.map(|d| TimeVal::microseconds(d.as_micros().try_into().unwrap_or(i64::MAX)));
    match select(None, &mut readable, &mut writable, None, &mut limit) {
        // select 改写集合，只留下就绪的 / select leaves the ready ones in the sets.
        Ok(_) => Ok(talks
            .iter()
            .map(|talk| talk.client.as_fd())
            .map(|fd| readable.contains(fd) || writable.contains(fd))
            .collect()),
        Err(Errno::EINTR) => Ok(Vec::new()),
        Err(errno) => Err(Failure::new("select failed", &errno.into())),
    }
}

/// How long select may sleep when nothing happens: until the next thing that time alone brings.
fn next_deadline(
    talks: &[Talk],
    listener: &Listener,
    cli: &Cli,
    end: Option<Instant>,
) -> Option<Duration> {
    let silence = if end.is_some() { Some(PATIENCE) } else { cli.server.idle_timeout };
    let silent = silence.and_then(|limit| {
        talks.iter().map(|talk| limit.saturating_sub(talk.heard.elapsed())).min()
    });
    let end = end.map(|end| end.saturating_duration_since(Instant::now()));
    [silent, end, listener.retry_in()].into_iter().flatten().min()
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
