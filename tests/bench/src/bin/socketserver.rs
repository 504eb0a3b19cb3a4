//! `sock_server`, which is the crate socketserver, beside Python's classes and beside the servers
//! written by hand: connections per second, messages per second, processor time for each.
//! `socketserver [--seconds S] [--rounds N]`

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use bench::load::Load;
use bench::{cores, median, programs, table};
use grade::{Failure, Result, Server};

/// A way of being concurrent: our options, Python's classes, and the program written by hand.
struct Kind {
    options: &'static str,
    tcp: &'static str,
    udp: &'static str,
    by_hand: &'static str,
    /// Messages: connections at once. One at a time is all that a sequential server answers.
    connections: usize,
}

const KINDS: [Kind; 3] = [
    Kind {
        options: "--sequential",
        tcp: "TCPServer",
        udp: "UDPServer",
        by_hand: "loop_server",
        connections: 1,
    },
    Kind {
        options: "--threading",
        tcp: "ThreadingTCPServer",
        udp: "ThreadingUDPServer",
        by_hand: "thread_server",
        connections: 50,
    },
    Kind {
        options: "--forking",
        tcp: "ForkingTCPServer",
        udp: "ForkingUDPServer",
        by_hand: "fork_server",
        connections: 50,
    },
];

/// What is done again and again.
#[derive(Clone, Copy, PartialEq)]
enum What {
    /// Connect, one message, close.
    Connections,
    /// Messages on connections that stay.
    Messages,
    Datagrams,
}

#[derive(Clone, Copy)]
struct Measure {
    rate: f64,
    cpu_us: f64,
}

fn main() -> Result {
    let (mut seconds, mut rounds) = (1.0, 7);
    let mut args = std::env::args().skip(1);
    while let Some(name) = args.next() {
        let value = args.next().unwrap_or_default();
        let number = || Failure::new(format!("error: {name} {value:?} is no number"));
        match name.as_str() {
            "--seconds" => seconds = value.parse().map_err(|_| number())?,
            "--rounds" => rounds = value.parse().map_err(|_| number())?,
            _ => return Err(Failure::new(format!("error: unknown option {name}"))),
        }
    }
    programs::build(&["sock_server", "loop_server", "thread_server", "fork_server"])?;
    if grade::find_or_skip("python3").is_none() {
        return Ok(());
    }
    for (what, title) in [
        (What::Connections, "connections: connect, one message of 64 bytes, close; 4 clients"),
        (
            What::Messages,
            "messages of 64 bytes, one on its way on each of 50 connections (sequential: 1)",
        ),
        (What::Datagrams, "datagrams of 64 bytes, one on its way from each of 4 sockets"),
    ] {
        let mut rows = Vec::new();
        for kind in &KINDS {
            rows.extend(one_kind(kind, what, seconds, rounds)?);
        }
        let title = format!("{title};\nmedian of {rounds} interleaved rounds of {seconds} s");
        table::print(&title, &["server", "per second", "to ours", "CPU us each", "to ours"], &rows);
    }
    Ok(())
}

/// The rows of ours, Python's and the one written by hand, measured in turn.
fn one_kind(kind: &Kind, what: What, seconds: f64, rounds: usize) -> Result<Vec<Vec<String>>> {
    let base = ["--port", "0", "--echo", "--quiet"];
    let ours = programs::ours("sock_server").args(base).arg(kind.options);
    let (ours, class) = match what {
        What::Datagrams => (ours.arg("--udp"), kind.udp),
        _ => (ours, kind.tcp),
    };
    let mut servers = vec![(format!("sock_server {}", kind.options), ours)];
    let python = programs::python("socketserver_kinds.py").map(|python| python.arg(class));
    servers.extend(python.map(|python| (format!("Python {class}"), python)));
    if what != What::Datagrams {
        servers.push((kind.by_hand.to_owned(), programs::ours(kind.by_hand).args(base)));
    }
    let mut measures = vec![Vec::new(); servers.len()];
    for round in 0..rounds {
        // Each in turn is the first of a round: who follows whom shall not matter.
        for place in 0..servers.len() {
            let index = (round + place) % servers.len();
            measures[index].push(one(&servers[index].1, kind, what, seconds)?);
        }
    }
    let medians: Vec<Measure> = measures
        .iter()
        .map(|all: &Vec<Measure>| Measure {
            rate: median(all.iter().map(|m| m.rate).collect()),
            cpu_us: median(all.iter().map(|m| m.cpu_us).collect()),
        })
        .collect();
    let rows = servers.iter().zip(&medians).map(|((name, _), m)| {
        vec![
            name.clone(),
            table::thousands(m.rate),
            format!("{:.2}", m.rate / medians[0].rate),
            format!("{:.1}", m.cpu_us),
            format!("{:.2}", m.cpu_us / medians[0].cpu_us),
        ]
    });
    Ok(rows.collect())
}

fn one(server: &Server, kind: &Kind, what: What, seconds: f64) -> Result<Measure> {
    cores::move_to(cores::SERVER)?;
    let running = server.clone().start()?;
    cores::move_to(cores::LOAD)?;
    let address = running.addr();
    let (mut before, mut used) = (Duration::ZERO, None);
    let mut begin = || before = running.cpu_time();
    let (count, seconds) = match what {
        What::Messages => {
            let load = Load { connections: kind.connections, seconds, bytes: 64 };
            let count = load.run(address, || running.cpu_time())?;
            used = Some(count.cpu);
            (count.messages, count.seconds)
        }
        What::Connections => repeat(seconds, &mut begin, || connection(address))?,
        What::Datagrams => repeat(seconds, &mut begin, || {
            let socket = UdpSocket::bind("127.0.0.1:0")?;
            socket.connect(address)?;
            socket.set_read_timeout(Some(Duration::from_secs(1)))?;
            for _ in 0..50 {
                socket.send(&[b'x'; 64])?;
                socket.recv(&mut [0; 64])?;
            }
            Ok(50)
        })?,
    };
    let used = used.unwrap_or_else(|| running.cpu_time().saturating_sub(before));
    Ok(Measure {
        rate: count as f64 / seconds,
        cpu_us: used.as_secs_f64() * 1e6 / count.max(1) as f64,
    })
}

/// Four clients, each doing it again and again; how often it was done, and in how many seconds.
fn repeat(
    seconds: f64,
    begin: &mut impl FnMut(),
    again: impl Fn() -> io::Result<u64> + Sync,
) -> io::Result<(u64, f64)> {
    let (count, over) = (AtomicU64::new(0), AtomicBool::new(false));
    thread::scope(|scope| {
        let client = || -> io::Result<()> {
            while !over.load(Relaxed) {
                count.fetch_add(again()?, Relaxed);
            }
            Ok(())
        };
        let clients: Vec<_> = (0..4).map(|_| scope.spawn(client)).collect();
        thread::sleep(Duration::from_secs_f64(seconds / 10.0));
        begin();
        let (since, before) = (Instant::now(), count.load(Relaxed));
        thread::sleep(Duration::from_secs_f64(seconds));
        let done = (count.load(Relaxed) - before, since.elapsed().as_secs_f64());
        over.store(true, Relaxed);
        for client in clients {
            client.join().map_err(|_| io::Error::other("a client panicked"))??;
        }
        Ok(done)
    })
}

fn connection(address: SocketAddr) -> io::Result<u64> {
    let mut client = TcpStream::connect(address)?;
    client.write_all(&[b'x'; 64])?;
    client.read_exact(&mut [0; 64])?;
    Ok(1)
}
