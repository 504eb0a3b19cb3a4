//! What scripts rely on: the ready line, the exit codes, the errors, the log.

use std::net::TcpListener;

use crate::{Output, Result, Server, Subject, find_or_skip, patience, run, skip, workspace_root};

/// Exactly one line on standard output, where it listens, and nothing after it.
///
/// # Errors
///
/// There is another.
pub fn the_ready_line_is_all_of_stdout(server: &Subject) -> Result {
    let running = server.start(&[])?;
    let line = format!("listening on 127.0.0.1:{}\n", running.port());
    running.wait_stdout(&line)?;
    let mut client = running.connect()?;
    client.send("hello")?;
    client.expect(server.reply())?;
    client.close();
    running.signal(crate::Signal::SIGTERM)?;
    running.wait_exit(patience())?;
    running.check(running.stdout() == line, format!("standard output is {:?}", running.stdout()))
}

/// *Expected output* of its README is what it prints, but for the port.
///
/// # Errors
///
/// It is not.
pub fn the_readme_shows_what_is_printed(server: &Subject) -> Result {
    let name = server.program().file_name().unwrap_or_default();
    let page = |day: &str| workspace_root().join(day).join(name).join("README.md");
    let read = |day| std::fs::read_to_string(page(day));
    let readme = read("day09").or_else(|_| read("day07"))?;
    let running = server.start(&[])?;
    running.wait_stdout("\n")?;
    let printed = running.stdout().replace(&running.port().to_string(), "8888");
    crate::readme::assert_matches(&readme, &printed);
    running.stop()
}

/// `--host ::1` listens there and says so in brackets.
///
/// # Errors
///
/// It does not.
pub fn ipv6_has_brackets(server: &Subject) -> Result {
    if TcpListener::bind("[::1]:0").is_err() {
        skip("this machine has no IPv6");
        return Ok(());
    }
    let running = server.start(&["--host", "::1"])?;
    running.wait_stdout(&format!("listening on [::1]:{}\n", running.port()))?;
    let mut client = running.connect()?;
    client.send("hello")?;
    client.expect(server.reply())?;
    running.wait_stderr("[::1]:")?;
    running.stop()
}

/// `--help` is one screen that names every option and its default, `--version` one line.
///
/// # Errors
///
/// Something is missing.
pub fn help_and_version(server: &Subject) -> Result {
    let help = run(server.program(), &["--help"]);
    let mut parts = vec!["--host", "127.0.0.1", "--port", "8888", "--quiet", "--help", "--version"];
    parts.extend(["--echo", "--work", "--idle-timeout", "--grace", "--backlog"]);
    for part in parts {
        check(help.stdout.contains(part), format!("--help has no {part}"), &help)?;
    }
    check(help.code() == 0 && help.stderr.is_empty(), "--help failed", &help)?;
    let (lines, width) = (help.stdout.lines().count(), help.stdout.lines().map(str::len).max());
    check(lines <= 50, format!("--help has {lines} lines"), &help)?;
    check(width.is_some_and(|width| width <= 120), format!("--help is {width:?} wide"), &help)?;
    let version = run(server.program(), &["--version"]);
    let words = version.stdout.split_whitespace().count();
    check(version.code() == 0 && words == 2, "--version is no name and number", &version)
}

/// What is no option, no port or no work exits 2, on standard error, and never listens.
///
/// # Errors
///
/// It does not.
pub fn a_usage_error_exits_2(server: &Subject) -> Result {
    let bad: [&[&str]; 10] = [
        &["--no-such-option"],
        &["stray"],
        &["--port", "65536"],
        &["--port", "-1"],
        &["--port", "eighty"],
        &["--port"],
        &["--work", "sleep:5"],
        &["--grace", "soon"],
        &["--idle-timeout", "-3"],
        &["--max-clients", "0"],
    ];
    for args in bad {
        let output = run(server.program(), args);
        check(
            output.code() == 2,
            format!("{args:?} exited {} instead of 2", output.code()),
            &output,
        )?;
        check(output.stdout.is_empty(), format!("{args:?} printed on standard output"), &output)?;
        check(
            output.stderr.starts_with("error: "),
            format!("{args:?} is no error: line"),
            &output,
        )?;
    }
    Ok(())
}

/// A port in use is one line that says what, why and the way out, and exit 1.
///
/// # Errors
///
/// It is not.
pub fn a_port_in_use_is_one_clear_line(server: &Subject) -> Result {
    let taken = TcpListener::bind("127.0.0.1:0")?;
    let addr = taken.local_addr()?;
    let output = run(server.program(), &["--port", &addr.port().to_string()]);
    let line = format!(
        "error: cannot listen on {addr}: Address in use (another server running? try --port 0)\n"
    );
    check(output.stderr == line, format!("standard error should be {line:?}"), &output)?;
    check(output.code() == 1, "it should exit 1", &output)?;
    check(output.stdout.is_empty(), "it printed on standard output", &output)
}

/// An address of another machine is one line too, and exit 1.
///
/// # Errors
///
/// It is not.
pub fn a_foreign_address_is_one_clear_line(server: &Subject) -> Result {
    // Set apart for documentation (RFC 5737): no machine has it.
    let output = run(server.program(), &["--host", "192.0.2.1", "--port", "0"]);
    let start = "error: cannot listen on 192.0.2.1:0: ";
    check(output.stderr.starts_with(start), format!("it should start with {start:?}"), &output)?;
    check(output.stderr.lines().count() == 1, "it should be one line", &output)?;
    check(output.code() == 1, "it should exit 1", &output)
}

/// The log has a line each for connected, received and left, with the client's address.
///
/// # Errors
///
/// It has not.
pub fn the_log_tells_what_happened(server: &Subject) -> Result {
    let running = server.start(&[])?;
    let mut client = running.connect()?;
    let peer = client.local_addr()?.to_string();
    client.send("\u{1b}[31ma \"line\"\r\n")?;
    client.expect(server.reply())?;
    client.send("x".repeat(200))?;
    client.expect(server.reply())?;
    client.half_close()?;
    client.expect_eof()?;
    running.wait_stderr("left, ")?;
    running.signal(crate::Signal::SIGTERM)?;
    running.wait_exit(patience())?;

    let log = running.stderr();
    let of = |word: &str| log.lines().filter(|line| line.contains(word)).collect::<Vec<_>>();
    for (word, count) in [("connected", 1), ("received", 2), ("left, ", 1)] {
        let lines = of(word);
        let named = lines.iter().all(|line| line.contains(&peer));
        running.check(
            lines.len() == count && named,
            format!("lines with {word:?}: {lines:?}, not {count} of {peer}"),
        )?;
    }
    let plain = log.chars().all(|c| c == '\n' || !c.is_control());
    running.check(plain, format!("the log has control characters: {log:?}"))?;
    running.check(
        of("received")[0].contains("a ") && of("received")[0].contains("\\r\\n"),
        "the text is not shown escaped",
    )?;
    let xs = of("received")[1].matches('x').count();
    running.check((70..=90).contains(&xs), format!("200 bytes are shown by {xs} instead of 80"))
}

/// `--quiet` and `RUST_LOG=off` silence the log, not the ready line.
///
/// # Errors
///
/// They do not.
pub fn quiet_is_quiet(server: &Subject) -> Result {
    let quiet = server.with(&["--quiet"]);
    let off = server.with(&[]).env("RUST_LOG", "off");
    for program in [quiet, off] {
        let running = program.start()?;
        running.wait_stdout("listening on ")?;
        let mut client = running.connect()?;
        client.send("hello")?;
        client.expect(server.reply())?;
        client.half_close()?;
        client.expect_eof()?;
        running.signal(crate::Signal::SIGINT)?;
        running.wait_exit(patience())?;
        running.check(running.stderr().is_empty(), "it is not quiet")?;
    }
    Ok(())
}

/// Whoever read its output has gone (`thread_server 2>&1 | head -n 1`): it serves all the same.
///
/// # Errors
///
/// It does not.
pub fn a_reader_of_the_log_that_leaves_does_not_end_it(server: &Subject) -> Result {
    let pipe = r#"{ "$0" "$@" 2>&1; echo "ended with $?" >&2; } | head -n 1; sleep 600"#;
    let running = Server::new("/bin/sh")
        .args(["-c", pipe])
        .arg(server.program())
        .args(server.arguments())
        .start()?;
    running.wait_stdout("listening on ")?;
    for _ in 0..5 {
        let mut client = running.connect()?;
        client.send("hello")?;
        client.expect(server.reply())?;
    }
    running.check(running.stderr().is_empty(), "it has ended")
}

/// On a terminal, and only there, it hints what to try next.
///
/// # Errors
///
/// It does not.
pub fn a_terminal_gets_a_hint(server: &Subject) -> Result {
    /// Runs a program with a terminal as its standard error, and prints what the terminal shows.
    const TERMINAL: &str = "
import os, pty, subprocess, sys
master, slave = pty.openpty()
child = subprocess.Popen(sys.argv[1:], stderr=slave, stdin=subprocess.DEVNULL)
os.close(slave)
try:
    while data := os.read(master, 4096):
        os.write(2, data)
except OSError:
    pass
child.wait()
";
    let Some(python) = find_or_skip("python3") else {
        return Ok(());
    };
    let running = Server::new(python)
        .args(["-c", TERMINAL])
        .arg(server.program())
        .args(server.arguments())
        .start()?;
    running.wait_stderr("Ctrl-C")?;
    let plain = server.start(&[])?;
    let mut client = plain.connect()?;
    client.send("hello")?;
    client.expect(server.reply())?;
    plain.wait_stderr("received")?;
    let first = plain.stderr().lines().next().unwrap_or_default().to_owned();
    plain.check(
        first.contains("connected"),
        format!("without a terminal the log begins with {first:?}"),
    )
}

/// A failure with the whole output.
fn check(holds: bool, what: impl std::fmt::Display, output: &Output) -> Result {
    if holds {
        return Ok(());
    }
    let Output { status, stdout, stderr } = output;
    Err(format!("{what}\n{status}\n---- stdout\n{stdout}---- stderr\n{stderr}----").into())
}
