#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

use std::io::{self, Read, Write};
use std::process::ExitCode;

use clap::Parser;
use common::Failure;
use common::args::ServerArgs;
use common::net::{Client, Listener};
use common::text::{Service, TextArgs};

/// A text server for one client at a time: answers `Thanks` to whatever it receives.
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
    let listener = Listener::bind(&cli.server, "the next one's turn")?;
    let service = cli.text.service("Thanks");

    // 【2】循环接收客户端连接 / accept one client after another. day09 L12
    for mut client in &listener {
        client.ends_on_stop();
        // 【3】在这里一直服务到它离开 / stay with this client until it leaves. Meanwhile the kernel
        // completes the next one's connection and keeps its bytes, but nobody reads them: it waits.
        let _why_is_in_the_log = answer(&mut client, service);
        // 【4】它离开之后，才轮到下一个 / only now is it the next one's turn.
    }

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
