//! What scripts rely on: the ready line, the exit codes, the errors, the log.

use std::net::TcpListener;
use std::path::Path;

use grade::{Result, Signal, patience, run, workspace_root};

use super::{Program, last, probe};

pub(crate) fn the_ready_line_is_all_of_stdout(program: &Program) -> Result {
    let server = program.with(&[]).start()?;
    let line = format!("listening on 127.0.0.1:{}\n", server.port());
    server.wait_stdout(&line)?;
    probe(&server)?;
    server.signal(Signal::SIGTERM)?;
    server.wait_exit(patience())?;
    server.check(server.stdout() == line, format!("standard output is {:?}", server.stdout()))
}

pub(crate) fn the_readme_shows_what_is_printed(program: &Program) -> Result {
    let name = Path::new(program.path).file_name().unwrap_or_default();
    let days =
        ["day07", "day09"].map(|day| workspace_root().join(day).join(name).join("README.md"));
    let page = days.iter().find(|page| page.is_file()).expect("a README");
    let server = program.with(&[]).start()?;
    server.wait_stdout("\n")?;
    let printed = server.stdout().replace(&server.port().to_string(), "8000");
    grade::readme::assert_matches(&std::fs::read_to_string(page)?, &printed);
    server.stop()
}

pub(crate) fn help_and_version(program: &Program) -> Result {
    let help = run(program.path, &["--help"]);
    for part in [
        "--host",
        "127.0.0.1",
        "--port",
        "8000",
        "--quiet",
        "--help",
        "--version",
        "--root",
        "--no-listing",
        "--max-body",
        "--max-clients",
        "--idle-timeout",
        "--grace",
        "--backlog",
    ] {
        assert!(help.stdout.contains(part), "--help has no {part}: {help:?}");
    }
    assert!(help.code() == 0 && help.stderr.is_empty(), "{help:?}");
    assert!(
        help.stdout.lines().count() <= 50 && help.stdout.lines().all(|line| line.len() <= 120),
        "{help:?}"
    );
    let version = run(program.path, &["--version"]);
    assert!(version.code() == 0 && version.stdout.split_whitespace().count() == 2, "{version:?}");
    Ok(())
}

pub(crate) fn a_usage_error_exits_2(program: &Program) -> Result {
    let bad: [&[&str]; 6] = [
        &["--no-such-option"],
        &["stray"],
        &["--port", "65536"],
        &["--max-body", "-1"],
        &["--root"],
        &["--max-clients", "0"],
    ];
    for args in bad {
        let output = run(program.path, args);
        let told = output.stderr.starts_with("error: ") && output.stdout.is_empty();
        assert!(output.code() == 2 && told, "{args:?}: {output:?}");
    }
    Ok(())
}

pub(crate) fn failures_are_one_clear_line(program: &Program) -> Result {
    let taken = TcpListener::bind("127.0.0.1:0")?;
    let addr = taken.local_addr()?;
    let output = run(program.path, &["--port", &addr.port().to_string()]);
    let line = format!(
        "error: cannot listen on {addr}: Address in use (another server running? try --port 0)\n"
    );
    assert_eq!((output.stderr.as_str(), output.code()), (line.as_str(), 1), "{output:?}");
    let output = run(program.path, &["--port", "0", "--root", "/no/such/folder"]);
    let line = "error: cannot open /no/such/folder: No such file or directory\n";
    assert_eq!((output.stderr.as_str(), output.code()), (line, 1), "{output:?}");
    Ok(())
}

pub(crate) fn quiet_is_quiet(program: &Program) -> Result {
    let server = program.with(&["--quiet"]).start()?;
    probe(&server)?;
    let mut client = server.connect()?;
    client.send(last("/nothing"))?;
    client.read_to_end()?;
    server.signal(Signal::SIGINT)?;
    server.wait_exit(patience())?;
    server.check(server.stderr().is_empty(), "it is not quiet")
}

pub(crate) fn ipv6_has_brackets(program: &Program) -> Result {
    if TcpListener::bind("[::1]:0").is_err() {
        grade::skip("this machine has no IPv6");
        return Ok(());
    }
    let server = program.with(&["--host", "::1"]).start()?;
    server.wait_stdout(&format!("listening on [::1]:{}\n", server.port()))?;
    probe(&server)?;
    server.stop()
}
