#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

use std::io::{self, Read, Write};
use std::process::ExitCode;

use clap::Parser;
use common::Failure;
use common::args::ServerArgs;
use common::net::{Client, Listener};
use common::process;
use common::text::{Service, TextArgs};

/// A text server with one child process per client: answers `Thanks` to whatever it receives.
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
    // 【1】创建监听套接字 / create the listening socket.
    let listener = Listener::bind(&cli.server, "its process ends")?;
    let service = cli.text.service("Thanks");

    // 【2】循环接收客户端连接 / accept one client after another.
    // 子进程一结束，循环就会回收它，不留僵尸 / the loop also reaps each child as it ends.
    for mut client in &listener {
        // 【3】fork：父子进程从这一行分开 / from this line on there are two processes. day09 L17
        let forked = process::fork_child(|| {
            // 【4】子进程不需要监听套接字 / the child accepts nobody: it closes the listener,
            // or the port would stay taken while it lives.
            listener.close();
            client.ends_on_stop();
            // 【5】子进程只为这一个客户端服务，客户端退出则子进程结束 / it answers this one client.
            let answered = answer(&mut client, service);
            // 子进程以 _exit 结束，不会自动析构 / it ends by _exit: nothing is dropped by itself.
            client.leave();
            answered.map_or(1, |()| 0)
        });
        match forked {
            // 【6】父进程关闭自己的那份连接，回去接收下一个 / the parent closes its copy of the
            // connection, or the client would never see the end of it.
            Ok(pid) => client.hand_over(pid),
            Err(error) => log::error!("no process for this client: {}", common::reason(&error)),
        }
    }

    // Ctrl-C：不再接收，等子进程处理完 / the children finish what is in flight, then all is over.
    listener.finish();
    Ok(())
}

fn answer(client: &mut Client, service: Service) -> io::Result<()> {
    let mut buffer = [0; 16 * 1024];
    loop {
        let n = client.read(&mut buffer)?;
        if n == 0 {
            return Ok(());
        }
        client.write_all(service.answer(&buffer[..n]))?;
    }
}
