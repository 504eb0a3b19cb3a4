#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

use std::fs::File;
use std::io::{self, BufRead, BufReader, IsTerminal, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::os::fd::AsFd;
use std::process::ExitCode;

use clap::Parser;
use common::Failure;
use common::args::ClientArgs;
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

/// Sends each line typed to a TCP server and prints the answer; ends on end of input (Ctrl-D).
#[derive(Parser)]
#[command(version, max_term_width = 100)]
struct Cli {
    #[command(flatten)]
    server: ClientArgs<8888>,
}

fn main() -> ExitCode {
    common::program::exit_code(talk(&Cli::parse()))
}

fn talk(cli: &Cli) -> Result<(), Failure> {
    let name = cli.server.shown_address();
    let lost = |why: io::Error| Failure::new(format!("lost the server at {name}"), &why);
    let left = || Failure::from(format!("the server at {name} closed the connection"));

    // 【1】创建套接字，连接服务端 / connect.
    let mut server = TcpStream::connect(cli.server.address())
        .map_err(|why| Failure::cannot_connect(&name, &why))?;
    // std 的 Stdin 不让人看它的缓冲区 / a reader of our own, whose buffer can be looked into.
    let input = io::stdin().as_fd().try_clone_to_owned();
    let mut lines =
        BufReader::new(File::from(input.map_err(|why| Failure::new("no input", &why))?));
    let mut line = Vec::new();
    loop {
        prompt();
        // 【2】等一行输入；服务端此时离开也能知道 / wait for a line, or for the server to leave.
        if lines.buffer().is_empty() && server_speaks_first(&server).map_err(lost)? {
            if print_answer(&mut server).map_err(lost)? == 0 {
                return Err(left());
            }
            continue;
        }
        line.clear();
        if lines
            .read_until(b'\n', &mut line)
            .map_err(|why| Failure::new("cannot read the input", &why))?
            == 0
        {
            break;
        }
        // 【3】发送，【4】等待并打印回答 / send it, then wait for the answer and print it.
        server.write_all(&line).map_err(lost)?;
        if print_answer(&mut server).map_err(lost)? == 0 {
            return Err(left());
        }
    }
    // 【5】输入结束：告诉服务端不再发送，收完剩下的回答 / say so, and take what is still to come.
    server.shutdown(Shutdown::Write).map_err(lost)?;
    while print_answer(&mut server).map_err(lost)? > 0 {}
    Ok(())
}

/// Whether bytes (or the end of them) come from the server before anything comes from the input.
fn server_speaks_first(server: &TcpStream) -> io::Result<bool> {
    let input = io::stdin();
    let mut events = [
        PollFd::new(server.as_fd(), PollFlags::POLLIN),
        PollFd::new(input.as_fd(), PollFlags::POLLIN),
    ];
    loop {
        match poll(&mut events, PollTimeout::NONE) {
            Ok(_) => return Ok(events[0].any().unwrap_or(false)),
            Err(Errno::EINTR) => {}
            Err(errno) => return Err(errno.into()),
        }
    }
}

/// Prints what one `read` brings, on lines of its own; 0 means that the server has left.
fn print_answer(server: &mut TcpStream) -> io::Result<usize> {
    let mut buffer = [0; 16 * 1024];
    let n = server.read(&mut buffer)?;
    let answer = &buffer[..n];
    let mut out = io::stdout().lock();
    out.write_all(answer)?;
    if !answer.is_empty() && !answer.ends_with(b"\n") {
        out.write_all(b"\n")?;
    }
    out.flush()?;
    Ok(n)
}

/// Only for a person: in a pipe the answers stand alone.
fn prompt() {
    if io::stdin().is_terminal() && io::stdout().is_terminal() {
        print!("> ");
        let _ = io::stdout().flush();
    }
}
