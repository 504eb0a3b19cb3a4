//! What is gevent_server's own: very many clients, several processes.

use std::collections::HashSet;

use grade::{Client, Result, Running, Server, Signal, patience};

const PROGRAM: &str = env!("CARGO_BIN_EXE_gevent_server");

fn start(args: &[&str]) -> Result<Running> {
    Server::new(PROGRAM).args(["--port", "0", "--quiet"]).args(args).start()
}

/// So many clients at once, each of which is answered, all of them by one thread.
fn clients_at_once(count: usize) -> Result {
    let server = start(&["--echo"])?;
    let mut clients: Vec<Client> = Vec::new();
    for _ in 0..count {
        clients.push(server.connect()?);
    }
    for (n, client) in clients.iter_mut().enumerate() {
        client.send(format!("client {n}"))?;
    }
    for (n, client) in clients.iter_mut().enumerate() {
        client.expect(format!("client {n}"))?;
    }
    server.check(server.threads() == 1, format!("it has {} threads", server.threads()))?;
    // Idle clients, however many, do not hold up the end.
    server.stop()
}

#[test]
fn five_hundred_clients_at_once() -> Result {
    clients_at_once(500)
}

#[test]
#[ignore = "heavy: ten thousand connections, and as many descriptors on both sides"]
fn ten_thousand_clients_at_once() -> Result {
    use nix::sys::resource::{Resource, getrlimit, setrlimit};
    let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE)?;
    if hard < 10_100 {
        grade::skip("no more than this many descriptors are allowed here");
        return Ok(());
    }
    setrlimit(Resource::RLIMIT_NOFILE, hard, hard)?;
    clients_at_once(10_000)
}

#[test]
fn workers_share_one_port() -> Result {
    let server = start(&["--workers", "2"])?;
    let single = server.children().iter().all(|child| child.threads == 1);
    server.check(server.children().len() == 2 && single, "two processes of one thread each")?;
    let mut clients = Vec::new();
    for _ in 0..40 {
        let mut client = server.connect()?;
        client.send("hello")?;
        client.expect("OK")?;
        clients.push(client);
    }
    let open = |pid| {
        let files = std::fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten();
        files.filter_map(|file| std::fs::read_link(file.path()).ok()).collect::<HashSet<_>>()
    };
    // With 40 clients, that one process has them all happens once in 2^39 times.
    let least = server.children().iter().map(|child| open(child.pid).len()).min();
    server.check(least > Some(8), format!("one process has only {least:?} descriptors"))?;
    server.signal(Signal::SIGTERM)?;
    let status = server.wait_exit(patience())?;
    server.check(status.code() == Some(0), format!("it ended with {status}"))?;
    for client in &mut clients {
        client.expect_eof()?;
    }
    server.wait_until("no process is left", || server.processes().is_empty())
}

#[test]
fn a_worker_that_dies_ends_the_server() -> Result {
    let server = start(&["--workers", "2"])?;
    let child = server.children()[0].pid;
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(child), Signal::SIGKILL)?;
    let status = server.wait_exit(patience())?;
    server.check(status.code() == Some(1), format!("it ended with {status}"))?;
    server.wait_stderr("error: a worker was killed by SIGKILL")?;
    server.wait_until("no process is left", || server.processes().is_empty())
}

#[test]
fn without_enough_descriptors_it_says_so_and_serves_on() -> Result {
    let Some(prlimit) = grade::find_or_skip("prlimit") else { return Ok(()) };
    let server =
        Server::new(prlimit).args(["--nofile=40:40", PROGRAM, "--port", "0", "--echo"]).start()?;
    let mut clients = Vec::new();
    for _ in 0..50 {
        clients.push(server.connect()?);
    }
    server.wait_stderr("no room for more than")?;
    let mut first = clients.remove(0);
    first.send("still here")?;
    first.expect("still here")?;
    drop(clients);
    server.wait_until("there is room again", || {
        let mut client = server.connect().ok();
        client
            .as_mut()
            .is_some_and(|client| client.send("new").is_ok() && client.expect("new").is_ok())
    })?;
    server.stop()
}

#[test]
fn without_the_patch_the_second_client_waits_for_the_first() -> Result {
    let server = start(&["--no-patch"])?;
    let (mut first, mut second) = (server.connect()?, server.connect()?);
    first.send("hello")?;
    first.expect("OK")?;
    second.send("hello")?;
    second.expect_silence()?;
    first.send("again")?;
    first.expect("OK")?;
    drop(first);
    second.expect("OK")?;
    server.stop()
}
