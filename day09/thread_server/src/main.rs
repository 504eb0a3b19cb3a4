#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

use std::io::{self, Read, Write};
use std::process::ExitCode;
use std::thread;

use clap::Parser;
use common::Failure;
use common::args::ServerArgs;
use common::net::{Client, Listener};
use common::text::{Service, TextArgs};

/// A text server with one thread per client: answers `Thanks` to whatever it receives.
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
    // 【1】创建监听套接字 / create the listening socket. day09 L27
    let listener = Listener::bind(&cli.server, "its thread ends")?;
    let service = cli.text.service("Thanks");

    // 【2】循环接收客户端连接 / accept one client after another. day09 L28
    for client in &listener {
        // 【3】每来一个客户端，就创建一个线程为它服务 / a thread for each. day09 L29
        let thread = thread::Builder::new().name(format!("client {}", client.peer()));
        if let Err(error) = thread.spawn(move || answer(client, service)) {
            // 线程创建失败只影响这一个客户端 / no thread to be had costs this client only:
            // the closure, and with it the client, is dropped.
            log::error!("no thread for this client: {}", common::reason(&error));
        }
        // 【4】主线程不等待，立即回去接收下一个连接 / the main thread accepts on. day09 L30
    }

    // Ctrl-C：不再接收，把已收到的处理完 / finish what is in flight, then end.
    listener.finish();
    Ok(())
}

/// Runs in the client's own thread; why it ended is in the log line of its leaving.
fn answer(mut client: Client, service: Service) -> io::Result<()> {
    let mut buffer = [0; 16 * 1024];
    loop {
        // 没有数据时只有本线程阻塞 / waiting for bytes, only this thread sleeps.
        let n = client.read(&mut buffer)?;
        if n == 0 {
            // 【5】客户端退出，对应的线程随之结束 / the client left: its thread ends. day09 L31
            return Ok(());
        }
        client.write_all(service.answer(&buffer[..n]))?;
    }
}
