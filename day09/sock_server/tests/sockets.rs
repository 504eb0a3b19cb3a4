//! sock_server's other sockets: datagrams, and the Unix family.

use std::fs;
use std::net::UdpSocket;
use std::path::Path;
use std::time::Duration;

use grade::{Result, Server, Signal, patience};

const PROGRAM: &str = env!("CARGO_BIN_EXE_sock_server");
const WAYS: [&str; 3] = ["--threading", "--forking", "--sequential"];

fn start(args: &[&str]) -> Result<grade::Running> {
    Server::new(PROGRAM).args(args).start()
}

fn ends_well(running: &grade::Running) -> Result {
    running.signal(Signal::SIGTERM)?;
    let status = running.wait_exit(patience())?;
    running.check(status.code() == Some(0), format!("it ended with {status}"))?;
    running.wait_until("no process is left", || running.processes().is_empty())
}

#[test]
fn each_datagram_gets_one_ok() -> Result {
    for way in WAYS {
        let running = start(&["--port", "0", "--udp", way])?;
        running.wait_stdout(&format!("listening on 127.0.0.1:{}\n", running.port()))?;
        let mut client = running.connect()?;
        for text in ["hello", "a line\n", ""] {
            client.send(text)?;
            client.expect("OK")?;
        }
        client.expect_silence()?;
        running.wait_stderr("received \"hello\"")?;
        running.wait_until("no child is left", || running.children().is_empty())?;
        ends_well(&running)?;
    }
    Ok(())
}

#[test]
fn echo_gives_back_datagrams_of_every_size() -> Result {
    for way in WAYS {
        let running = start(&["--port", "0", "--udp", "--echo", "--quiet", way])?;
        let mut client = running.connect()?;
        for length in [1, 8193, 65_507] {
            let bytes = grade::random_bytes(length as u64, length);
            client.send(&bytes)?;
            client.expect(&bytes)?;
        }
        ends_well(&running)?;
    }
    Ok(())
}

#[test]
fn a_datagram_in_work_is_still_answered_at_the_end() -> Result {
    for way in WAYS {
        let running = start(&["--port", "0", "--udp", "--work", "io:500", way])?;
        let mut client = running.connect()?;
        client.send("hello")?;
        running.wait_stderr("received")?;
        running.signal(Signal::SIGTERM)?;
        client.expect("OK")?;
        let status = running.wait_exit(patience())?;
        running.check(status.code() == Some(0), format!("it ended with {status}"))?;
    }
    Ok(())
}

#[test]
fn a_flood_of_datagrams_does_not_fill_the_memory() -> Result {
    let running = start(&["--port", "0", "--udp", "--quiet", "--work", "io:20"])?;
    let client = UdpSocket::bind("127.0.0.1:0")?;
    client.connect(running.addr())?;
    for _ in 0..30_000 {
        client.send(&[b'x'; 1000])?;
    }
    let threads = running.threads();
    running.check(threads <= 1001, format!("it has {threads} threads"))?;
    let status = fs::read_to_string(format!("/proc/{}/status", running.pid()))?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib: u64 = peak.and_then(|p| p.split_whitespace().next()?.parse().ok()).unwrap_or(0);
    running.check((1..100_000).contains(&kib), format!("it took {kib} KiB of memory"))?;
    client.set_read_timeout(Some(Duration::from_millis(500)))?;
    running.wait_until("it answers again", || {
        client.send(b"still there?").is_ok() && client.recv(&mut [0; 10]).is_ok()
    })?;
    ends_well(&running)
}

#[test]
fn a_unix_socket_is_replaced_when_stale_and_removed_at_the_end() -> Result {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("sock");
    let at = path.to_str().unwrap_or_default();
    for way in WAYS {
        // What a server that was killed leaves behind.
        let killed = start(&["--unix", at, way])?;
        killed.signal(Signal::SIGKILL)?;
        killed.wait_exit(patience())?;
        assert!(path.exists());

        let running = start(&["--unix", at, way])?;
        running.wait_stdout(&format!("listening on unix:{at}\n"))?;
        let mut idle = running.connect()?;
        if way != "--sequential" {
            let mut client = running.connect()?;
            client.send("hello")?;
            client.expect("OK")?;
            client.half_close()?;
            client.expect_eof()?;
        }
        ends_well(&running)?;
        idle.expect_closed()?;
        assert!(!path.exists(), "{way}: the file is removed");
    }
    Ok(())
}

#[test]
fn unix_datagrams_are_answered() -> Result {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("sock");
    for way in WAYS {
        let running = start(&["--unix", path.to_str().unwrap_or_default(), "--udp", way])?;
        let mut client = running.connect()?;
        client.send("hello")?;
        client.expect("OK")?;
        ends_well(&running)?;
        assert!(!path.exists(), "{way}: the file is removed");
    }
    Ok(())
}

#[test]
fn a_live_socket_or_a_plain_file_is_one_clear_line() -> Result {
    let folder = tempfile::tempdir()?;
    let refused = |path: &Path, why: &str| {
        let output = grade::run(PROGRAM, &["--unix", path.to_str().unwrap_or_default()]);
        assert_eq!(
            output.stderr,
            format!("error: cannot listen on unix:{}: {why}\n", path.display())
        );
        assert_eq!(output.code(), 1);
    };
    let path = folder.path().join("sock");
    let running = start(&["--unix", path.to_str().unwrap_or_default()])?;
    refused(&path, "Address in use");
    let mut client = running.connect()?;
    client.send("still there?")?;
    client.expect("OK")?;
    let file = folder.path().join("file");
    fs::write(&file, "precious")?;
    refused(&file, "A file of that name exists");
    refused(&folder.path().join("no/such/folder"), "No such file or directory");
    ends_well(&running)
}

#[test]
fn what_does_not_fit_together_exits_2() {
    let bad: [&[&str]; 4] = [
        &["--tcp", "--udp"],
        &["--threading", "--forking"],
        &["--unix", "/tmp/x", "--port", "1"],
        &["--unix"],
    ];
    for args in bad {
        let output = grade::run(PROGRAM, args);
        assert_eq!(output.code(), 2, "{args:?}: {output:?}");
    }
}
