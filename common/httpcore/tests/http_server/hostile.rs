//! Clients that are slow on purpose, that never end, that vanish.

use std::time::{Duration, Instant};

use grade::{Client, Result, Running};
use nix::sys::resource::{Resource, getrlimit, setrlimit};

use super::{Program, get, last, probe};

/// What a slow client sends each second, how it begins, and what it is told in the end.
const SLOW: [(&str, &[u8], &str); 3] = [
    ("GET /hello HTTP/1.1\r\nX: ", b"a", "HTTP/1.1 408 "),
    ("POST /count HTTP/1.1\r\nHost: l\r\nContent-Length: 1000\r\n\r\n", b"b", "HTTP/1.1 408 "),
    ("POST /count HTTP/1.1\r\nHost: l\r\nTransfer-Encoding: chunked\r\n\r\n", b"0", "HTTP/1.1 4"),
];

/// One byte a second in the head, in the body, in reading; nothing at all. While they hold on a fresh
/// client is answered, and each is let go at its time.
pub(crate) fn slow_clients_cost_nobody_else_anything(program: &Program) -> Result {
    let site = program.serve_zeros(1 << 30, &["--quiet"])?;
    let server = &site.server;
    probe(server)?;
    let before = settled(server)?;
    let mut slow = Vec::new();
    for (start, _, _) in SLOW {
        let mut client = server.connect()?;
        client.send(start)?;
        slow.push(client);
    }
    let mut reader = server.connect()?;
    reader.send(last("/big"))?;
    let mut idle = server.connect()?;
    let mut kept = server.connect()?;
    kept.send(get("/hello"))?;
    kept.receive_until("Hello World")?;

    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(16) {
        let turn = Instant::now();
        probe(server)?;
        for (client, (_, byte, _)) in slow.iter_mut().zip(SLOW) {
            // Once it has been let go, nobody takes the byte.
            let _ = client.send(byte);
        }
        std::thread::sleep(Duration::from_secs(1).saturating_sub(turn.elapsed()));
    }
    for (mut client, (start, _, told)) in slow.into_iter().zip(SLOW) {
        let answer = String::from_utf8_lossy(&read_what_there_is(&mut client)).into_owned();
        server.check(answer.starts_with(told), format!("{start:?} was told {answer:?}"))?;
    }
    idle.expect_eof()?;
    kept.expect_eof()?;
    // The file itself may be held open.
    server.wait_until("who does not read is let go", || server.descriptors() <= before + 1)?;
    drop(reader);
    probe(server)?;
    site.server.stop()
}

/// Everything up to the end, or to a reset.
fn read_what_there_is(client: &mut Client) -> Vec<u8> {
    let mut got = Vec::new();
    while let Ok(bytes) = client.receive(1 << 16) {
        if bytes.is_empty() {
            break;
        }
        got.extend(bytes);
    }
    got
}

pub(crate) fn a_thousand_idle_clients_delay_nobody(program: &Program) -> Result {
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE)?;
    if setrlimit(Resource::RLIMIT_NOFILE, soft.max(hard.min(4096)), hard).is_err() || hard < 4096 {
        grade::skip("more than 1,100 descriptors are not allowed here");
        return Ok(());
    }
    let server = program.with(&["--quiet"]).start()?;
    let mut idle = Vec::new();
    for number in 0..1000 {
        let mut client = server.connect()?;
        if number % 3 == 0 {
            client.send("GET / HT")?;
        }
        idle.push(client);
    }
    for _ in 0..3 {
        probe(&server)?;
    }
    drop(idle);
    probe(&server)?;
    server.stop()
}

pub(crate) fn a_head_without_end_is_cut_off(program: &Program) -> Result {
    let server = program.with(&["--quiet"]).start()?;
    for (line, status) in [("X: y\r\n", "431"), ("X: ", "431"), ("\r\n", "431")] {
        let mut client = server.connect()?;
        if line != "\r\n" {
            client.send("GET / HTTP/1.1\r\n")?;
        }
        // It stops taking them at some time, and says why.
        while client.send(line.repeat(1000)).is_ok() {
            if client.local_addr().is_err() {
                break;
            }
        }
        let answer = String::from_utf8_lossy(&read_what_there_is(&mut client)).into_owned();
        let told = answer.starts_with(&format!("HTTP/1.1 {status} ")) || answer.is_empty();
        server.check(told, format!("{line:?} was told {answer:?}"))?;
    }
    probe(&server)?;
    server.stop()
}

pub(crate) fn resets_leave_nothing_behind(program: &Program) -> Result {
    let site = program.serve_zeros(64 << 20, &["--quiet"])?;
    let server = &site.server;
    probe(server)?;
    let before = settled(server)?;
    for round in 0..100 {
        let mut client = server.connect()?;
        client.send(if round % 2 == 0 {
            last("/big")
        } else {
            "POST /count HTTP/1.1\r\nHo".into()
        })?;
        if round % 4 == 0 {
            client.receive(10)?;
        }
        client.reset()?;
    }
    probe(server)?;
    server.wait_until("all descriptors are given back", || server.descriptors() <= before + 2)?;
    site.server.stop()
}

/// The number of descriptors, once it stays the same.
fn settled(server: &Running) -> Result<usize> {
    let mut last = server.descriptors();
    let mut same = 0;
    server.wait_until("descriptors have settled", || {
        let now = server.descriptors();
        same = if now == last { same + 1 } else { 0 };
        last = now;
        same == 5
    })?;
    Ok(last)
}
