#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

use std::io::Write;
use std::os::fd::AsFd;
use std::process::ExitCode;

use clap::Parser;
use common::Failure;
use common::args::ServerArgs;
use common::net::Listener;
use common::process;
use ftp_server::places::Places;
use ftp_server::settings::{FtpArgs, Settings};
use ftp_server::{course, session};

/// An FTP server, one child process per client; anonymous clients may read.
#[derive(Parser)]
#[command(version, max_term_width = 100)]
#[command(mut_arg("max_clients", |a| a.help("Answer 421 while this many are connected")))]
#[command(mut_arg("idle_timeout", |a| a.help("Let go of a client silent for so long [default: 300]")))]
struct Cli {
    #[command(flatten)]
    ftp: FtpArgs,
    #[command(flatten)]
    server: ServerArgs<2121>,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    common::program::run(cli.server.quiet, || serve(cli))
}

fn serve(mut cli: Cli) -> Result<(), Failure> {
    let settings = Settings::new(&cli.ftp, &cli.server)?;
    let mut places = Places::new(cli.server.max_clients.take(), cli.ftp.max_per_host);
    let serve = if cli.ftp.course { course::serve } else { session::serve };

    // 【1】创建监听套接字 / create the listening socket.
    let listener = Listener::bind(&cli.server, "turned away")?;
    // 【2】循环接收客户端连接；人满了就告诉它 / accept; tell a client for whom there is no place.
    for mut client in &listener {
        let ip = client.peer().parse().map(|a: std::net::SocketAddr| a.ip().to_canonical());
        let place = match ip.map(|ip| places.take(ip)) {
            Ok(Ok(place)) => place,
            Ok(Err(reply)) => {
                let _ = client.write_all(&reply.bytes());
                continue;
            }
            Err(_) => continue,
        };
        // 【3】fork：每个客户端一个子进程 / one child process for each client. day09 L19
        let forked = process::fork_child(|| {
            listener.close();
            // 【4】子进程处理列表、下载、上传、退出 / list, download, upload, quit.
            serve(client.as_fd(), &settings).map_or(1, |()| 0)
        });
        // 【5】父进程回去接收下一个 / the parent goes on with the next.
        drop(place);
        match forked {
            Ok(pid) => client.hand_over(pid),
            Err(why) => log::error!("no process for this client: {}", common::reason(&why)),
        }
    }
    listener.finish();
    Ok(())
}
