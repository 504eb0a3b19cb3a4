#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod browse;
mod guests;
mod workers;

use std::io::{self, Read, Write};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::ExitCode;
use std::rc::Rc;

use clap::Parser;
use common::args::ServerArgs;
use common::text::{Service, TextArgs, Work};
use common::{Failure, stop};
use gevent::net::{TcpListener, wait_read};
use gevent::pool::Pool;
use gevent::server::StreamServer;
use nix::sys::resource::{Resource, getrlimit, setrlimit};

use guests::{Guest, Guests};

/// A text server with one coroutine per client, all in one thread: answers `OK` to whatever it
/// receives.
#[derive(Parser)]
#[command(version, max_term_width = 100)]
struct Cli {
    #[command(flatten)]
    server: ServerArgs<8888>,
    #[command(flatten)]
    text: TextArgs,

    /// Serve web pages instead (port 8000): the files of this folder, or the bundled pages
    #[arg(long, value_name = "DIR", num_args = 0..=1, overrides_with = "http", conflicts_with_all = ["echo", "work"])]
    http: Option<Option<PathBuf>>,

    /// Do not list a folder that has no index.html
    #[arg(long, requires = "http")]
    no_listing: bool,

    /// The largest body of a request
    #[arg(long, value_name = "BYTES", default_value_t = 2 << 30, help_heading = "Rarely used")]
    max_body: u64,

    /// So many processes on one port, to use as many cores
    #[arg(long, value_name = "N", default_value = "1")]
    workers: NonZeroUsize,
}

fn main() -> ExitCode {
    let cli = Cli::parse_with_port();
    common::program::run(cli.server.quiet, || {
        allow_many_descriptors();
        match cli.workers.get() {
            1 => serve(&cli, cli.bind()?),
            // 协程用不上多核，多进程可以 / one thread is one core; N processes use N  day09 L102
            n => workers::run(&cli, n),
        }
    })
}

/// Serves the clients of one listening socket, in one thread, until Ctrl-C.
fn serve(cli: &Cli, socket: std::net::TcpListener) -> Result<(), Failure> {
    let start = |why: io::Error| Failure::new("cannot start", &why);
    stop::on_signals().map_err(start)?;
    stop::set_grace(cli.server.grace);
    let listener = TcpListener::from_std(socket).map_err(start)?;
    let guests = Guests::new(cli.server.idle_timeout);

    // 【1】每来一个客户端，就生成一个协程为它服务 / a task for each client.
    let (text, here, http) = (cli.text, Rc::clone(&guests), browse::site(cli)?);
    let handle = move |stream, peer| {
        let client = here.admit(stream, peer);
        // 各自到结束为止，原因写在日志里 / why each ended is in the log line of its leaving.
        let _ = match &http {
            Some(http) => browse::answer(http, &client),
            None => answer(client, text),
        };
    };
    let server = match cli.server.max_clients {
        Some(n) => StreamServer::with_pool(listener, &Pool::new(n.get()), handle),
        None => StreamServer::new(listener, handle),
    };
    guests.tell_when_one_leaves(&server);

    // 【2】开始接收；主协程只等 Ctrl-C / accept in the background; main waits for Ctrl-C only.
    server.start();
    if let Some(stop) = stop::event() {
        wait_read(stop, None).map_err(start)?;
    }

    // Ctrl-C：不再接收，把已收到的处理完 / finish what is in flight, then end.
    server.close();
    guests.see_off(server.handlers(), cli.server.grace);
    Ok(())
}

/// Runs in the client's own task.
fn answer(mut client: Guest, text: TextArgs) -> io::Result<()> {
    let service = TextArgs { work: None, ..text }.service("OK");
    // 缓冲区小，协程的栈就只占一两页 / a small buffer: with 10,000 clients its size counts.
    let mut buffer = [0; 1024];
    loop {
        // 【3】没有数据时自动切换到别的协程 / no data yet: the other tasks run meanwhile.
        let n = client.read(&mut buffer)?;
        if n == 0 {
            // 【4】客户端退出，它的协程随之结束 / the client left: its task ends.
            client.part();
            return Ok(());
        }
        work(text.work);
        client.write_all(Service::answer(&service, &buffer[..n]))?;
    }
}

/// 等待可以让给别人，计算不能 / waiting lets others run; computing does not.  day09 L149
fn work(work: Option<Work>) {
    match work {
        Some(Work::Io(time)) => gevent::sleep(time),
        Some(computing) => computing.perform(),
        None => {}
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
