//! What every program of the workspace does: the ready line, errors, stopping.

use std::io::Read;

use grade::{Result, Server, Signal, patience, run};

use crate::ftp::{Ftp, Site};

fn program() -> &'static str {
    env!("CARGO_BIN_EXE_ftp_server")
}

#[test]
fn the_readme_shows_what_is_printed() -> Result {
    let server = Server::new(program()).args(["--port", "0"]).start()?;
    let address = server.addr();
    // The default: the bundled folder, anonymous, read-only.
    let mut ftp = Ftp::anonymous(&server)?;
    assert!(!ftp.get("hello.txt")?.is_empty());
    server.signal(Signal::SIGINT)?;
    assert_eq!(server.wait_exit(patience())?.code(), Some(0));
    assert_eq!(server.stdout(), format!("listening on {address}\n"));
    grade::readme::assert_matches(
        include_str!("../../README.md"),
        &server.stdout().replace(&address.port().to_string(), "2121"),
    );
    Ok(())
}

#[test]
fn idle_clients_are_told_and_let_go_at_once() -> Result {
    for signal in [Signal::SIGINT, Signal::SIGTERM] {
        let site = Site::start(&["--grace", "600"])?;
        let mut silent = Ftp::connect(&site.server)?;
        let mut logged_in = site.log_in()?;
        let mut waiting = site.log_in()?;
        waiting.passive_address()?;
        site.server.signal_group(signal)?;
        for ftp in [&mut silent, &mut logged_in, &mut waiting] {
            ftp.expect("421")?;
            ftp.control.expect_eof()?;
        }
        assert_eq!(site.server.wait_exit(patience())?.code(), Some(0));
    }
    Ok(())
}

#[test]
fn transfers_in_flight_are_finished() -> Result {
    let site = Site::start(&["--grace", "600"])?;
    let bytes = grade::random_bytes(2, 1_000_000).repeat(20);
    site.put("big", &bytes)?;
    let (mut down, mut up) = (site.log_in()?, site.log_in()?);
    let mut data = down.passive()?;
    down.run("RETR big", "150")?;
    let mut got = vec![0; 1000];
    data.read_exact(&mut got)?;
    let mut updata = up.passive()?;
    up.run("STOR up", "150")?;
    std::io::Write::write_all(&mut updata, &bytes[..1000])?;

    site.server.signal(Signal::SIGTERM)?;
    site.server.wait_until("nobody is accepted", || site.server.connect().is_err())?;
    data.read_to_end(&mut got)?;
    assert!(got == bytes);
    down.expect("226")?;
    down.expect("421")?;
    std::io::Write::write_all(&mut updata, &bytes[1000..])?;
    drop(updata);
    up.expect("226")?;
    up.expect("421")?;
    assert_eq!(site.server.wait_exit(patience())?.code(), Some(0));
    assert!(std::fs::read(site.home().join("up"))? == bytes);
    Ok(())
}

#[test]
fn the_grace_time_ends_and_no_half_file_is_left() -> Result {
    let site = Site::start(&["--grace", "0.5"])?;
    site.put("f", "old")?;
    let mut ftp = site.log_in()?;
    let mut data = ftp.passive()?;
    ftp.run("STOR f", "150")?;
    std::io::Write::write_all(&mut data, b"half")?;
    site.server.signal(Signal::SIGTERM)?;
    ftp.expect("426")?;
    ftp.expect("421")?;
    assert_eq!(site.server.wait_exit(patience())?.code(), Some(0));
    assert_eq!(site.names(), ["f"]);
    Ok(())
}

#[test]
fn a_second_signal_ends_it_at_once() -> Result {
    let site = Site::start(&["--grace", "600"])?;
    let mut ftp = site.log_in()?;
    let _data = ftp.passive()?;
    ftp.run("STOR f", "150")?;
    let child = site.server.children()[0].pid;
    site.server.signal(Signal::SIGTERM)?;
    site.server.wait_until("it stops", || site.server.connect().is_err())?;
    site.server.signal(Signal::SIGTERM)?;
    assert_ne!(site.server.wait_exit(patience())?.code(), Some(0));
    grade::wait_until("its child is gone", || {
        grade::proc::Process::of(child).is_none_or(|child| child.is_zombie())
    })
}

#[test]
fn failures_are_one_line_and_usage_errors_exit_2() -> Result {
    let taken = std::net::TcpListener::bind("127.0.0.1:0")?;
    let port = taken.local_addr()?.port().to_string();
    for (args, says) in [
        (&["--port", &port][..], "error: cannot listen on 127.0.0.1:"),
        (&["--host", "192.0.2.1"], "error: cannot listen on 192.0.2.1:2121: "),
        (&["--root", "/no/such/folder"], "error: cannot serve /no/such/folder: "),
        (&["--user", "ann"], "error: no password for --user (give"),
        (&["--user", "ann", "--password-file", "/no/such"], "error: cannot read /no/such: "),
    ] {
        let output = run(program(), args);
        assert_eq!((output.code(), output.stdout.as_str()), (1, ""), "{args:?}");
        assert!(output.stderr.starts_with(says), "{}", output.stderr);
        assert_eq!(output.stderr.lines().count(), 1, "{}", output.stderr);
    }
    for args in [&["--passive-ports", "5-1"][..], &["--port", "x"], &["--password-file", "x"]] {
        assert_eq!(run(program(), args).code(), 2, "{args:?}");
    }
    assert_eq!(run(program(), &["--help"]).code(), 0);
    assert_eq!(run(program(), &["--version"]).stdout, "ftp_server 0.1.0\n");
    Ok(())
}

#[test]
fn the_log_tells_what_happened_but_no_password() -> Result {
    let site = Site::start(&[])?;
    site.put("f", "x")?;
    let mut ftp = site.log_in()?;
    ftp.get("f")?;
    ftp.run("QUIT", "221")?;
    for line in [
        ": connected (1 here)",
        "received \"USER ann\"",
        "logged in as \"ann\"",
        "\"/f\"",
        ": left, its process ends",
    ] {
        site.server.wait_stderr(line)?;
    }
    assert!(!site.server.stderr().contains("secret"), "{}", site.server.stderr());
    site.server.stop()?;

    let quiet = Site::start(&["--quiet"])?;
    quiet.log_in()?.run("QUIT", "221")?;
    quiet.server.signal(Signal::SIGTERM)?;
    quiet.server.wait_exit(patience())?;
    assert_eq!(quiet.server.stderr(), "");
    Ok(())
}

#[test]
fn the_password_may_stand_in_a_file() -> Result {
    let dir = tempfile::tempdir()?;
    std::fs::write(dir.path().join("pw"), "in a file\nsecond line\n")?;
    let server = Server::new(program())
        .args(["--port", "0", "--user", "bob", "--password-file"])
        .arg(dir.path().join("pw"))
        .start()?;
    let mut ftp = Ftp::connect(&server)?;
    ftp.run("USER bob", "331")?;
    ftp.run("PASS in a file", "230")?;
    server.stop()
}

#[test]
fn an_idle_client_is_let_go() -> Result {
    let site = Site::start(&["--idle-timeout", "0.3"])?;
    let mut ftp = Ftp::connect(&site.server)?;
    ftp.expect("421")?;
    ftp.control.expect_eof()?;
    // A data connection that stands still, and one that nobody makes.
    let mut ftp = site.log_in()?;
    let _data = ftp.passive()?;
    ftp.run("STOR f", "150")?;
    ftp.expect("426")?;
    ftp.passive_address()?;
    ftp.run("STOR f", "425")?;
    assert_eq!(site.names(), [""; 0]);
    site.server.stop()
}
