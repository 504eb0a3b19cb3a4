#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

use std::io::{self, BufRead, ErrorKind, IsTerminal, Write};
use std::net::{SocketAddr, ToSocketAddrs, UdpSocket};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Parser;
use common::Failure;
use common::args::{ClientArgs, positive_seconds};

/// Sends each line typed to a UDP server and prints the answer; ends on end of input (Ctrl-D).
#[derive(Parser)]
#[command(version, max_term_width = 100)]
struct Cli {
    #[command(flatten)]
    server: ClientArgs<8888>,
    /// Longest wait for an answer
    #[arg(long, value_name = "SECONDS", value_parser = positive_seconds, default_value = "2")]
    timeout: Duration,
}

fn main() -> ExitCode {
    common::program::exit_code(talk(&Cli::parse()))
}

fn talk(cli: &Cli) -> Result<(), Failure> {
    let name = cli.server.shown_address();
    let cannot_reach = |why: io::Error| cannot_reach(&name, &why);

    // 【1】创建数据报套接字。connect 不发送任何东西：只是记下对方，别人的数据报不收。
    // A datagram socket; `connect` sends nothing, it only notes whom to talk to.
    let server = open(cli.server.address()).map_err(cannot_reach)?;
    let mut lines = io::stdin().lock();
    let (mut line, mut sent, mut lost) = (Vec::new(), 0, 0);
    loop {
        prompt();
        // 【2】等一行输入 / wait for a line; without its newline it is the message.
        line.clear();
        let n = lines.read_until(b'\n', &mut line);
        if n.map_err(|why| Failure::new("cannot read the input", &why))? == 0 {
            break;
        }
        let message = line.strip_suffix(b"\n").unwrap_or(&line);

        // 【3】发送一个数据报：要么整个到达，要么丢失 / it arrives whole or not at all.
        throw_away_late_answers(&server);
        server.send(message).map_err(cannot_reach)?;
        sent += 1;
        // 【4】等待回答，【5】但不会永远等下去 / wait for the answer, but not for ever.
        match answer(&server, cli.timeout).map_err(cannot_reach)? {
            Some(answer) => print(&answer).map_err(|why| Failure::new("cannot print", &why))?,
            None => {
                lost += 1;
                let limit = cli.timeout;
                eprintln!("no answer from {name} in {limit:?}: a datagram may have been lost");
            }
        }
    }
    match lost {
        0 => Ok(()),
        _ => Err(Failure::from(format!("{lost} of {sent} answers did not come"))),
    }
}

/// A socket that talks to the first address that the name stands for.
fn open(address: (&str, u16)) -> io::Result<UdpSocket> {
    let server = address.to_socket_addrs()?.next().ok_or(ErrorKind::AddrNotAvailable)?;
    let here: SocketAddr = if server.is_ipv4() { ([0; 4], 0).into() } else { ([0; 16], 0).into() };
    let socket = UdpSocket::bind(here)?;
    socket.connect(server)?;
    Ok(socket)
}

/// The next datagram, whole; `None` if there is none within the limit.
fn answer(server: &UdpSocket, limit: Duration) -> io::Result<Option<Vec<u8>>> {
    let end = Instant::now() + limit.min(Duration::from_secs(1 << 32));
    // 数据报最长 65507 字节，放不下的部分会丢失 / what does not fit of a datagram is lost.
    let mut buffer = vec![0; 65_536];
    loop {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(None);
        }
        server.set_read_timeout(Some(left.max(Duration::from_micros(1))))?;
        match server.recv(&mut buffer) {
            Ok(n) => {
                buffer.truncate(n);
                return Ok(Some(buffer));
            }
            Err(why) if matches!(why.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => {}
            Err(why) => return Err(why),
        }
    }
}

/// What came after its time would be taken for the answer to the next line.
fn throw_away_late_answers(server: &UdpSocket) {
    if server.set_nonblocking(true).is_ok() {
        while server.recv(&mut [0]).is_ok() {}
        let _ = server.set_nonblocking(false);
    }
}

fn print(answer: &[u8]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(answer)?;
    if !answer.ends_with(b"\n") {
        out.write_all(b"\n")?;
    }
    out.flush()
}

fn cannot_reach(name: &str, why: &io::Error) -> Failure {
    let way_out = match why.kind() {
        ErrorKind::ConnectionRefused => " (is the server running? is it on this port?)",
        _ => "",
    };
    Failure::from(format!("cannot reach {name}: {}{way_out}", common::reason(why)))
}

/// Only for a person: in a pipe the answers stand alone.
fn prompt() {
    if io::stdin().is_terminal() && io::stdout().is_terminal() {
        print!("> ");
        let _ = io::stdout().flush();
    }
}
