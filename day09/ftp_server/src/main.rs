#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

use std::os::fd::AsFd;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;
use common::args::ServerArgs;
use common::{Failure, net, stop};
use ftp_server::settings::{FtpArgs, MAX_CLIENTS, Settings};
use ftp_server::{course, places::Places, session};
use socketserver::{BaseRequestHandler, Connection, ForkingMixIn, ForkingTcpServer};

/// An FTP server, one child process per client; anonymous clients may read.
#[derive(Parser)]
#[command(version, max_term_width = 100, mut_arg("max_clients", |a| a.help(MAX_CLIENTS)))]
struct Cli {
    #[command(flatten)]
    ftp: FtpArgs,
    #[command(flatten)]
    server: ServerArgs<2121>,
}

/// 【1】请求处理类，服务一个客户端：列表、下载、上传、退出 / one client, in a child process of its own. day09 L19
#[derive(Clone)]
struct Handler(Arc<Settings>);

impl BaseRequestHandler<Connection> for Handler {
    fn handle(&mut self, client: &mut Connection) -> socketserver::Result {
        let serve = if self.0.course { course::serve } else { session::serve };
        client.client().leaves_because(serve(client.as_fd(), &self.0)?);
        Ok(())
    }
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    common::program::run(cli.server.quiet, || serve(cli))
}

fn serve(mut cli: Cli) -> Result<(), Failure> {
    let settings = Settings::new(&cli.ftp, &cli.server)?;
    stop::on_signals().map_err(|why| Failure::new("cannot start", &why))?;
    stop::set_grace(cli.server.grace);
    // 【2】人满了不是让客户端等，而是回答 421 / one client too many does not wait: it is told.
    let places = Places::new(cli.server.max_clients.take(), cli.ftp.max_per_host);
    // 【3】每个客户端 fork 一个子进程；Python 的上限 40 在这里取消 / a child for each client.
    let server = ForkingTcpServer::builder(Handler(Arc::new(settings)))
        .mix_in(ForkingMixIn { max_children: usize::MAX, ..ForkingMixIn::default() })
        .server_args(&cli.server)
        .hooks(places)
        .bind(cli.server.address())
        .map_err(|why| Failure::cannot_listen(&cli.server.shown_address(), &why))?;
    let address = server.server_address();
    net::announce(address, &cli.ftp.client_command(address));
    let served = server.serve_forever(socketserver::POLL_INTERVAL);
    server.server_close();
    served.map_err(|why| Failure::new("cannot serve", &why))
}
