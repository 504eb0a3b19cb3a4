//! tcp_client from outside, against a server that each test plays itself.

#![allow(clippy::unwrap_used, reason = "a test may")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::process::ExitStatusExt;
use std::thread::{self, JoinHandle};

use grade::{Output, Result, Running, Server, Signal, patience, run, run_with_input, wait_until};

const PROGRAM: &str = env!("CARGO_BIN_EXE_tcp_client");

grade::full_marks!();

/// Plays a server for one client, on a thread; gives its port.
fn serve(talk: impl FnOnce(TcpStream) + Send + 'static) -> (String, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    (port, thread::spawn(move || talk(listener.accept().unwrap().0)))
}

/// Answers each line with `<line>`, without a newline, and ends when the client does.
fn angle_brackets(mut client: TcpStream) {
    for line in BufReader::new(client.try_clone().unwrap()).lines() {
        client.write_all(format!("<{}>", line.unwrap()).as_bytes()).unwrap();
    }
}

fn is_one_error_line(output: &Output, start: &str) {
    assert_eq!(output.code(), 1, "{output:?}");
    assert!(output.stderr.starts_with(start), "{output:?}");
    assert_eq!(output.stderr.lines().count(), 1, "{output:?}");
}

#[test]
fn lines_from_a_pipe_are_sent_and_their_answers_printed() {
    let (port, server) = serve(angle_brackets);
    let output = run_with_input(PROGRAM, &["--port", &port], "one\ntwo\n最后\n");
    assert_eq!(output.stdout, "<one>\n<two>\n<最后>\n");
    assert_eq!((output.stderr.as_str(), output.code()), ("", 0));
    server.join().unwrap();
}

#[test]
fn a_last_line_without_its_newline_is_sent_too() {
    let (port, server) = serve(|mut client| {
        let mut text = [0; 4];
        client.read_exact(&mut text).unwrap();
        client.write_all(&text).unwrap();
        assert_eq!(client.read(&mut text).unwrap(), 0, "the end of the input is told");
        client.write_all(b"bye").unwrap();
    });
    let output = run_with_input(PROGRAM, &["--port", &port], "last");
    assert_eq!((output.stdout.as_str(), output.code()), ("last\nbye\n", 0));
    server.join().unwrap();
}

#[test]
fn an_empty_input_is_no_failure() {
    let (port, server) = serve(angle_brackets);
    let output = run(PROGRAM, &["--port", &port]);
    assert_eq!((output.stdout.as_str(), output.stderr.as_str(), output.code()), ("", "", 0));
    server.join().unwrap();
}

#[test]
fn an_answer_is_printed_as_it_is() {
    let (port, server) = serve(|mut client| {
        client.read_exact(&mut [0; 2]).unwrap();
        client.write_all(b"two\nlines\n").unwrap();
    });
    let output = run_with_input(PROGRAM, &["--port", &port], "x\n");
    assert_eq!(output.stdout, "two\nlines\n");
    server.join().unwrap();
}

#[test]
fn a_long_line_arrives_whole() {
    let (port, server) = serve(|mut client| {
        let mut line = String::new();
        BufReader::new(client.try_clone().unwrap()).read_line(&mut line).unwrap();
        client.write_all(format!("{} bytes", line.len()).as_bytes()).unwrap();
    });
    let output = run_with_input(PROGRAM, &["--port", &port], format!("{}\n", "x".repeat(300_000)));
    assert_eq!(output.stdout, "300001 bytes\n");
    server.join().unwrap();
}

#[test]
fn an_absent_server_is_one_clear_line() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let output = run_with_input(PROGRAM, &["--port", &port.to_string()], "x\n");
    let start = format!("error: cannot connect to 127.0.0.1:{port}: Connection refused (");
    is_one_error_line(&output, &start);
    assert_eq!(output.stdout, "");
}

#[test]
fn an_unknown_name_is_one_clear_line() {
    let output = run(PROGRAM, &["--host", "no-such-host.invalid"]);
    is_one_error_line(&output, "error: cannot connect to no-such-host.invalid:8888: ");
}

#[test]
fn a_server_that_leaves_between_two_lines_is_one_clear_line() {
    let (port, server) = serve(|mut client| {
        client.read_exact(&mut [0; 2]).unwrap();
        client.write_all(b"Thanks").unwrap();
    });
    let output = run_with_input(PROGRAM, &["--port", &port], "a\nb\nc\n");
    assert_eq!(output.stdout, "Thanks\n");
    is_one_error_line(&output, "error: ");
    assert!(output.stderr.contains(&format!("127.0.0.1:{port}")), "{output:?}");
    server.join().unwrap();
}

#[test]
fn a_server_that_leaves_while_one_thinks_is_noticed_at_once() -> Result {
    let (port, server) = serve(drop);
    let client = typing(&["--port", &port])?;
    assert_eq!(client.wait_exit(patience())?.code(), Some(1));
    client.check(
        client.stderr() == format!("error: the server at 127.0.0.1:{port} closed the connection\n"),
        "the line is another",
    )?;
    server.join().unwrap();
    Ok(())
}

#[test]
fn what_the_server_says_unasked_is_printed_when_it_comes() -> Result {
    let (port, server) = serve(|mut client| {
        client.write_all(b"welcome\n").unwrap();
        client.read_exact(&mut [0; 3]).unwrap();
        client.write_all(b"hello").unwrap();
        client.read_to_end(&mut Vec::new()).unwrap();
    });
    let mut client = typing(&["--port", &port])?;
    client.wait_stdout("welcome\n")?;
    client.type_in("hi\n")?;
    client.wait_stdout("hello\n")?;
    client.close_input();
    assert_eq!(client.wait_exit(patience())?.code(), Some(0));
    server.join().unwrap();
    Ok(())
}

#[test]
fn ctrl_c_ends_it_as_usual() -> Result {
    let (port, server) = serve(angle_brackets);
    let mut client = typing(&["--port", &port])?;
    client.type_in("hi\n")?;
    client.wait_stdout("<hi>\n")?;
    client.signal(Signal::SIGINT)?;
    let status = client.wait_exit(patience())?;
    assert_eq!(status.signal(), Some(Signal::SIGINT as i32), "{status}");
    wait_until("the server sees it leave", || server.is_finished())
}

#[test]
fn it_speaks_ipv6() {
    let Ok(listener) = TcpListener::bind("[::1]:0") else { return };
    let port = listener.local_addr().unwrap().port().to_string();
    let server = thread::spawn(move || angle_brackets(listener.accept().unwrap().0));
    let output = run_with_input(PROGRAM, &["--host", "::1", "--port", &port], "six\n");
    assert_eq!((output.stdout.as_str(), output.code()), ("<six>\n", 0));
    server.join().unwrap();
}

#[test]
fn usage_errors_exit_2_and_help_0() {
    for args in [&["--port", "eighty"][..], &["--port", "65536"], &["stray"], &["--echo"]] {
        let output = run(PROGRAM, args);
        assert_eq!(output.code(), 2, "{args:?}: {output:?}");
        assert!(output.stderr.starts_with("error: ") && output.stdout.is_empty(), "{output:?}");
    }
    let help = run(PROGRAM, &["--help"]);
    assert_eq!(help.code(), 0);
    for part in ["--host", "127.0.0.1", "--port", "8888", "--help", "--version"] {
        assert!(help.stdout.contains(part), "{part}: {}", help.stdout);
    }
    assert!(run(PROGRAM, &["--version"]).stdout.starts_with("tcp_client "));
}

#[test]
fn the_readme_shows_what_is_printed() -> Result {
    let thread_server = Server::new(grade::workspace_program("thread_server"));
    let server = thread_server.args(["--port", "0", "--quiet"]).start()?;
    let output = run_with_input(PROGRAM, &["--port", &server.port().to_string()], "a\nb\n");
    grade::readme::assert_matches(include_str!("../README.md"), &output.stdout);
    assert_eq!((output.stderr.as_str(), output.code()), ("", 0));
    server.stop()
}

/// A client at whose keyboard somebody sits.
fn typing(args: &[&str]) -> Result<Running> {
    Server::new(PROGRAM).args(args).keyboard().spawn()
}
