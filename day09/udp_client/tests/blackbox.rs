//! udp_client from outside, against a server that each test plays itself.

#![allow(clippy::unwrap_used, reason = "a test may")]

use std::net::UdpSocket;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use grade::{Output, Result, Server, patience, run, run_with_input};

const PROGRAM: &str = env!("CARGO_BIN_EXE_udp_client");

grade::full_marks!();

/// Plays a server, on a thread, until so many datagrams have come; gives its port.
fn serve(
    count: usize,
    mut answer: impl FnMut(&UdpSocket, &[u8], std::net::SocketAddr) + Send + 'static,
) -> (String, JoinHandle<()>) {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(patience())).unwrap();
    let port = socket.local_addr().unwrap().port().to_string();
    let serving = thread::spawn(move || {
        let mut buffer = vec![0; 65_536];
        for _ in 0..count {
            let (n, sender) = socket.recv_from(&mut buffer).unwrap();
            answer(&socket, &buffer[..n], sender);
        }
    });
    (port, serving)
}

/// Answers with `<message>`.
fn angle_brackets(socket: &UdpSocket, message: &[u8], sender: std::net::SocketAddr) {
    socket.send_to(&[b"<", message, b">"].concat(), sender).unwrap();
}

fn is_one_error_line(output: &Output, start: &str) {
    assert_eq!(output.code(), 1, "{output:?}");
    assert!(output.stderr.starts_with(start), "{output:?}");
    assert_eq!(output.stderr.lines().count(), 1, "{output:?}");
}

#[test]
fn each_line_is_a_datagram_without_its_newline() {
    let (port, server) = serve(4, angle_brackets);
    let output = run_with_input(PROGRAM, &["--port", &port], "one\n\n最后\nno newline");
    assert_eq!(output.stdout, "<one>\n<>\n<最后>\n<no newline>\n");
    assert_eq!((output.stderr.as_str(), output.code()), ("", 0));
    server.join().unwrap();
}

#[test]
fn an_answer_is_printed_whole_and_as_it_is() {
    let (port, server) = serve(3, |socket, message, sender| {
        let answer = match message {
            b"long" => vec![b'x'; 60_000],
            b"empty" => Vec::new(),
            _ => b"two\nlines\n".to_vec(),
        };
        socket.send_to(&answer, sender).unwrap();
    });
    let output = run_with_input(PROGRAM, &["--port", &port], "long\nempty\nlines\n");
    assert_eq!(output.stdout, format!("{}\n\ntwo\nlines\n", "x".repeat(60_000)));
    assert_eq!(output.code(), 0);
    server.join().unwrap();
}

#[test]
fn a_lost_answer_is_told_and_the_next_line_is_sent() {
    let (port, server) = serve(3, |socket, message, sender| {
        if message != b"lost" {
            angle_brackets(socket, message, sender);
        }
    });
    let args = ["--port", &port, "--timeout", "0.2"];
    let output = run_with_input(PROGRAM, &args, "one\nlost\ntwo\n");
    assert_eq!(output.stdout, "<one>\n<two>\n");
    let told = format!(
        "no answer from 127.0.0.1:{port} in 200ms: a datagram may have been lost\n\
         error: 1 of 3 answers did not come\n"
    );
    assert_eq!((output.stderr.as_str(), output.code()), (told.as_str(), 1));
    server.join().unwrap();
}

#[test]
fn a_late_answer_is_not_taken_for_the_next_ones() {
    let mut late = None;
    let (port, server) = serve(2, move |socket, message, sender| match late.take() {
        None => late = Some(message.to_vec()),
        Some(first) => {
            // The first one's answer comes after its time, and before the second one's.
            angle_brackets(socket, &first, sender);
            angle_brackets(socket, message, sender);
        }
    });
    let mut client =
        Server::new(PROGRAM).args(["--port", &port, "--timeout", "1"]).keyboard().spawn().unwrap();
    client.type_in("one\n").unwrap();
    client.wait_stderr("no answer").unwrap();
    client.type_in("two\n").unwrap();
    // It cannot know better: what comes within the time is the answer. But nothing stays behind.
    client.wait_stdout("<one>\n").unwrap();
    client.close_input();
    client.wait_exit(patience()).unwrap();
    server.join().unwrap();
}

#[test]
fn what_came_between_two_lines_is_thrown_away() -> Result {
    let (port, server) = serve(2, |socket, message, sender| {
        angle_brackets(socket, message, sender);
        angle_brackets(socket, b"twice", sender);
    });
    let mut client = Server::new(PROGRAM).args(["--port", &port]).keyboard().spawn()?;
    client.type_in("one\n")?;
    client.wait_stdout("<one>\n")?;
    thread::sleep(Duration::from_millis(100));
    client.type_in("two\n")?;
    client.wait_stdout("<two>\n")?;
    client.close_input();
    let status = client.wait_exit(patience())?;
    assert_eq!((status.code(), client.stdout().as_str()), (Some(0), "<one>\n<two>\n"));
    server.join().unwrap();
    Ok(())
}

#[test]
fn a_port_where_nobody_listens_is_one_clear_line() {
    let free = UdpSocket::bind("127.0.0.1:0").unwrap();
    let port = free.local_addr().unwrap().port();
    drop(free);
    let output = run_with_input(PROGRAM, &["--port", &port.to_string()], "hello\n");
    let start = format!("error: cannot reach 127.0.0.1:{port}: Connection refused (is the server");
    is_one_error_line(&output, &start);
}

#[test]
fn a_line_too_long_for_a_datagram_is_one_clear_line() {
    let (port, server) = serve(0, angle_brackets);
    let output = run_with_input(PROGRAM, &["--port", &port], "x".repeat(65_508));
    is_one_error_line(&output, &format!("error: cannot reach 127.0.0.1:{port}: Message too long"));
    server.join().unwrap();
}

#[test]
fn a_name_that_nobody_has_is_one_clear_line() {
    let output = run(PROGRAM, &["--host", "no-such-host.invalid"]);
    is_one_error_line(&output, "error: cannot reach no-such-host.invalid:8888: ");
}

#[test]
fn an_empty_input_is_no_failure() {
    let output = run(PROGRAM, &["--port", "1"]);
    assert_eq!((output.stdout.as_str(), output.stderr.as_str(), output.code()), ("", "", 0));
}

#[test]
fn ipv6_is_reached_with_or_without_brackets() {
    let Ok(socket) = UdpSocket::bind("[::1]:0") else {
        grade::skip("this machine has no IPv6");
        return;
    };
    let port = socket.local_addr().unwrap().port().to_string();
    let server = thread::spawn(move || {
        for _ in 0..2 {
            let (n, sender) = socket.recv_from(&mut [0; 10]).unwrap();
            socket.send_to(&vec![b'x'; n], sender).unwrap();
        }
    });
    for host in ["::1", "[::1]"] {
        let output = run_with_input(PROGRAM, &["--host", host, "--port", &port], "ab\n");
        assert_eq!((output.stdout.as_str(), output.code()), ("xx\n", 0), "{output:?}");
    }
    server.join().unwrap();
}

#[test]
fn a_usage_error_exits_2() {
    for args in [&["--timeout", "0"][..], &["--timeout", "soon"], &["--port", "x"], &["stray"]] {
        assert_eq!(run(PROGRAM, args).code(), 2, "{args:?}");
    }
}
