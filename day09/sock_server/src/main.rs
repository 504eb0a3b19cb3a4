#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

use std::io::{BufRead, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use common::args::ServerArgs;
use common::text::{Service, TextArgs};
use common::{Failure, net, stop};
use socketserver::*;

/// A text server by socketserver: answers `OK` to whatever it receives, over TCP, in threads.
#[derive(Parser)]
#[command(version, max_term_width = 100)]
struct Cli {
    #[command(flatten)]
    server: ServerArgs<8888>,
    #[command(flatten)]
    text: TextArgs,
    /// Serve streams (default)
    #[arg(long, conflicts_with = "udp")]
    tcp: bool,
    /// Serve datagrams
    #[arg(long)]
    udp: bool,
    /// Listen on a Unix socket instead of host and port
    #[arg(long, value_name = "PATH", conflicts_with_all = ["host", "port"])]
    unix: Option<PathBuf>,
    /// A thread for each request (default)
    #[arg(long, group = "concurrency")]
    threading: bool,
    /// A child process for each request
    #[arg(long, group = "concurrency")]
    forking: bool,
    /// One request after another
    #[arg(long, group = "concurrency")]
    sequential: bool,
}

// 【1】创建服务器类：选 ThreadingMixIn 和 Tcp，就得到多线程的 tcp 服务器。 day09 L57
// The server class: threads and TCP, chosen by type. ThreadingTcpServer<Handler> is the same.
type Server = socketserver::Server<ThreadingMixIn, Tcp, Handler>;

// 【2】创建请求处理类，重写 handle。 day09 L58
// The handler class: only `handle` must be written. Each request is answered by a clone of its own.
#[derive(Clone)]
struct Handler(Service);

/// 处理流式套接字请求 / a connection: one answer to each chunk, until the client leaves.
impl StreamRequestHandler for Handler {
    fn handle(&mut self, request: &mut StreamRequest) -> Result {
        loop {
            let received = request.rfile.fill_buf()?;
            if received.is_empty() {
                return Ok(());
            }
            request.wfile.write_all(self.0.answer(received))?;
            let n = received.len();
            request.rfile.consume(n);
        }
    }

    fn disable_nagle_algorithm(&self) -> bool {
        true
    }
}

/// 处理数据报套接字请求 / a datagram: what is in `wfile` at the end is the reply.
impl DatagramRequestHandler for Handler {
    fn handle(&mut self, request: &mut DatagramRequest) -> Result {
        let answer = self.0.answer(request.rfile.get_ref());
        Ok(request.wfile.write_all(answer)?)
    }
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    common::program::run(cli.server.quiet, || serve(&cli))
}

fn serve(cli: &Cli) -> Served {
    stop::on_signals().map_err(|why| Failure::new("cannot start", &why))?;
    stop::set_grace(cli.server.grace);
    let h = Handler(cli.text.service("OK"));
    let how = match (cli.forking, cli.sequential) {
        (true, _) => How::Forks,
        (_, true) => How::OneByOne,
        _ => How::Threads,
    };
    // Python 默认最多 40 个子进程 / the 41st client would wait; here --max-clients decides.
    let many = ForkingMixIn { max_children: usize::MAX, ..ForkingMixIn::default() };
    let inet = cli.server.address();

    // 【3】实例化服务器对象，绑定地址和请求处理类；换一个类，就换一种并发。 day09 L59
    // The server object gets its address and handler. Another class: another way to be concurrent.
    match (how, &cli.unix, cli.udp) {
        (How::Threads, None, false) => run(cli, Server::builder(h), inet),
        (How::Threads, None, true) => run(cli, ThreadingUdpServer::builder(h), inet),
        (How::Threads, Some(at), false) => run(cli, ThreadingUnixStreamServer::builder(h), at),
        (How::Threads, Some(at), true) => run(cli, ThreadingUnixDatagramServer::builder(h), at),
        (How::Forks, None, false) => run(cli, ForkingTcpServer::builder(h).mix_in(many), inet),
        (How::Forks, None, true) => run(cli, ForkingUdpServer::builder(h), inet),
        (How::Forks, Some(at), false) => {
            run(cli, ForkingUnixStreamServer::builder(h).mix_in(many), at)
        }
        (How::Forks, Some(at), true) => run(cli, ForkingUnixDatagramServer::builder(h), at),
        (How::OneByOne, None, false) => run(cli, TcpServer::builder(h), inet),
        (How::OneByOne, None, true) => run(cli, UdpServer::builder(h), inet),
        (How::OneByOne, Some(at), false) => run(cli, UnixStreamServer::builder(h), at),
        (How::OneByOne, Some(at), true) => run(cli, UnixDatagramServer::builder(h), at),
    }
}

enum How {
    Threads,
    Forks,
    OneByOne,
}

type Served = std::result::Result<(), Failure>;

fn run<M, T, A>(cli: &Cli, class: Builder<M, T, Handler>, address: A) -> Served
where
    M: MixIn,
    T: BindTo<A>,
    Handler: BaseRequestHandler<T::Request>,
{
    let class = class.server_args(&cli.server).max_packet_size(65_535).unlink_path(true);
    let server = class.bind(address).map_err(|why| match &cli.unix {
        Some(path) => Failure::new(format!("cannot listen on unix:{}", path.display()), &why),
        None => Failure::cannot_listen(&cli.server.shown_address(), &why),
    })?;
    let nc = if cli.udp { "nc -u" } else { "nc" };
    let client = match server.server_address() {
        Address::Inet(at) => format!("{nc} {} {}", at.ip(), at.port()),
        at => format!("{nc} -U {}", at.path().unwrap_or(Path::new("PATH")).display()),
    };
    net::announce(server.server_address(), &client);

    // 【4】启动服务，直到 Ctrl-C。 day09 L60 / serve, until Ctrl-C.
    let served = server.serve_forever(POLL_INTERVAL);
    server.server_close();
    served.map_err(|why| Failure::new("cannot serve", &why))
}
