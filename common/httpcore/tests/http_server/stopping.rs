//! Ctrl-C and SIGTERM: what was asked for is sent, and nothing else is waited for.

use grade::{Result, Running, Signal, patience};

use super::{Program, get, last};

/// A grace that no test waits for.
const LONG: &str = "600";

fn ended(server: &Running) -> Result {
    let status = server.wait_exit(patience())?;
    server.check(status.code() == Some(0), format!("it ended with {status}"))
}

pub(crate) fn idle_clients_do_not_hold_it_up(program: &Program) -> Result {
    for signal in [Signal::SIGINT, Signal::SIGTERM] {
        let server = program.with(&["--grace", LONG, "--quiet"]).start()?;
        let mut kept = server.connect()?;
        kept.send(get("/hello"))?;
        kept.receive_until("Hello World")?;
        let mut silent = server.connect()?;
        let mut half = server.connect()?;
        half.send("GET / HT")?;
        server.signal(signal)?;
        ended(&server)?;
        kept.expect_eof()?;
        silent.expect_closed()?;
        half.expect_closed()?;
    }
    Ok(())
}

pub(crate) fn a_download_is_finished(program: &Program) -> Result {
    const SIZE: usize = 64 << 20;
    let site = program.serve_zeros(SIZE as u64, &["--grace", LONG, "--quiet"])?;
    let mut client = site.server.connect()?;
    client.send(get("/big"))?;
    client.receive_until("\r\n\r\n")?;
    site.server.signal(Signal::SIGTERM)?;
    // Nobody is accepted any more from some moment on; what was begun goes on.
    let body = client.read_to_end()?;
    site.server.check(body.len() == SIZE, format!("{} of {SIZE} bytes came", body.len()))?;
    drop(client);
    ended(&site.server)
}

pub(crate) fn the_grace_time_ends(program: &Program) -> Result {
    let site = program.serve_zeros(1 << 30, &["--grace", "0.5", "--quiet"])?;
    let mut client = site.server.connect()?;
    client.send(last("/big"))?;
    client.receive_until("\r\n\r\n")?;
    site.server.signal(Signal::SIGINT)?;
    ended(&site.server)
}

pub(crate) fn a_second_signal_ends_it_at_once(program: &Program) -> Result {
    let site = program.serve_zeros(1 << 30, &["--grace", LONG, "--quiet"])?;
    let mut client = site.server.connect()?;
    client.send(last("/big"))?;
    client.receive_until("\r\n\r\n")?;
    site.server.signal(Signal::SIGINT)?;
    // Only when the first has been seen is the second one a second.
    site.server.wait_until("it has stopped listening", || site.server.connect().is_err())?;
    site.server.signal(Signal::SIGINT)?;
    site.server.wait_exit(patience()).map(drop)
}

pub(crate) fn the_port_is_free_at_once(program: &Program) -> Result {
    let server = program.with(&["--quiet"]).start()?;
    let port = server.port().to_string();
    let mut client = server.connect()?;
    client.send(get("/hello"))?;
    client.receive_until("Hello World")?;
    server.signal(Signal::SIGTERM)?;
    ended(&server)?;
    drop(client);
    grade::Server::new(program.path).args(["--port", &port, "--quiet"]).start()?.stop()
}
