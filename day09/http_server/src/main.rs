#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

use std::path::PathBuf;
use std::process::ExitCode;
use std::thread;

use clap::Parser;
use common::args::ServerArgs;
use common::{Failure, net, stop};
use http_server::{HttpServer, Limits, Response, site};

/// HTTPServer 2.0: pages from a folder, simple data for the rest, a thread for each browser.
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
    #[arg(long, value_name = "BYTES", default_value_t = Limits::default().body, help_heading = "Rarely used")]
    max_body: u64,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    common::program::run(cli.server.quiet, || serve(&cli))
}

fn serve(cli: &Cli) -> Result<(), Failure> {
    stop::on_signals().map_err(|why| Failure::new("cannot start", &why))?;
    stop::set_grace(cli.server.grace);
    let cannot_listen = |why| Failure::cannot_listen(&cli.server.shown_address(), &why);

    // 网页来自文件夹；没有给出 --root 就用自带的网站 / pages from a folder, or the bundled site.
    let pages = site::new(cli.root.as_deref(), !cli.no_listing).map_err(|why| {
        let root = cli.root.as_deref().unwrap_or_else(|| "".as_ref());
        Failure::new(format!("cannot open {}", root.display()), &why)
    })?;

    // 【升级 3】封装成类，交给用户使用：地址和内容由用户传入。 day09 L78
    // A class handed to the user, who passes in the address and what to serve.
    let mut limits = Limits { body: cli.max_body, ..Limits::default() };
    limits.idle = cli.server.idle_timeout.unwrap_or(limits.idle);
    let server = HttpServer::with_router(cli.server.address(), pages)
        .map_err(cannot_listen)?
        .limits(limits)
        // 【升级 2】请求的不是网页：返回一些简单内容。 day09 L77
        // Not a page but simple data: a function of your own. Each browser has its own thread.
        .get("/thread", |request| {
            let thread = thread::current();
            Response::text(format!("{} is answered by {:?}\n", request.peer(), thread.id()))
        });

    // 【技术点 1】【技术点 2】tcp 套接字，多线程并发。 day09 L82-83
    // A TCP socket; ThreadingTcpServer starts a thread for each client.
    let server = server.bind(|tcp| tcp.server_args(&cli.server)).map_err(cannot_listen)?;
    let url = format!("curl -i http://{}/hello", server.server_address());
    net::announce(server.server_address(), &url);

    // 接收、解析、组织数据、发送，直到 Ctrl-C：见 src/browser.rs。 day09 L69-73
    // Receive, parse, assemble, answer, until Ctrl-C: see src/browser.rs.
    server.serve_forever().map_err(|why| Failure::new("cannot serve", &why))
}
