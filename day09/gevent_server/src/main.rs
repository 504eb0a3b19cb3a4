#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod browse;
mod guests;
mod options;
mod workers;

use std::io::{self, Read, Write};
use std::net::TcpListener;
use std::process::ExitCode;
use std::time::Duration;

use common::Failure;
use common::net::{Client, Listener};
use common::text::Service;
use gevent::monkey;
use options::Cli;

fn main() -> ExitCode {
    let cli = Cli::parse_with_port();
    common::program::run(cli.server.quiet, || cli.serve_with(serve))
}

fn serve(cli: &Cli, socket: TcpListener) -> Result<(), Failure> {
    // 【1】打补丁：此后标准库里的阻塞都变成协程切换 / std's own blocking switches tasks from here on.
    // day09 L140-149
    if !cli.no_patch {
        monkey::patch_all();
    }

    // 【2】普通的监听套接字，循环接收 / an ordinary socket; where accept would block, others run.
    let listener = Listener::over(socket, &cli.server, "its task ends")?;
    let service = cli.text.service("OK");
    for mut client in &listener {
        if cli.no_patch {
            client.ends_on_stop(); // 没有补丁，唯一的线程会卡在它身上 / the only thread will be stuck in it
        }
        // 【3】每来一个客户端，就生成一个协程为它服务 / a task for each, where thread_server has a thread.
        gevent::spawn(move || answer(client, service));
        // 让新协程先运行 / it has its first turn now.
        gevent::sleep(Duration::ZERO);
    }

    // Ctrl-C：不再接收，把已收到的处理完 / finish what is in flight, then end.
    listener.finish();
    Ok(())
}

/// Runs in the client's own task, and is thread_server's, word for word but for the buffer.
fn answer(mut client: Client, service: Service) -> io::Result<()> {
    // 缓冲区小，协程的栈就只占一两页 / a small buffer: with 10,000 clients its size counts.
    let mut buffer = [0; 1024];
    loop {
        // 没有数据时自动切换到别的协程 / no data yet: the other tasks run meanwhile.
        let n = client.read(&mut buffer)?;
        if n == 0 {
            // 【4】客户端退出，它的协程随之结束 / the client left: its task ends.
            return Ok(());
        }
        client.write_all(service.answer(&buffer[..n]))?;
    }
}
