//! Every kind of server as a program of its own, by the example `echo_kinds`.

use std::path::PathBuf;
use std::sync::OnceLock;

use grade::{Address, Result, Server, Signal, patience, workspace_example};

fn echo_kinds() -> PathBuf {
    static PATH: OnceLock<PathBuf> = OnceLock::new();
    PATH.get_or_init(|| workspace_example("socketserver", "echo_kinds")).clone()
}

/// Three clients are echoed, SIGTERM ends it with 0, and no child or socket file is left.
fn echoes_and_ends(kind: &str) -> Result {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("echo.sock");
    let unix = kind.contains("Unix");
    let address = if unix { path.to_str().unwrap_or_default() } else { "127.0.0.1:0" };
    let running = Server::new(echo_kinds()).args([kind, address]).start()?;
    let real = match running.address() {
        Address { inet: Some(inet), .. } => inet.to_string(),
        _ => format!("unix:{address}"),
    };
    running.wait_stdout(&format!("listening on {real}\n"))?;
    for text in ["one\n", "hello world\n", "three\n"] {
        let mut client = running.connect()?;
        client.send(text)?;
        client.expect(text)?;
        if !(kind.contains("UDP") || kind.contains("Datagram")) {
            client.expect_eof()?;
        }
    }
    running.wait_until("no child is left", || running.children().is_empty())?;
    running.signal(Signal::SIGTERM)?;
    let status = running.wait_exit(patience())?;
    running.check(status.code() == Some(0), format!("it ended with {status}"))?;
    running.check(!path.exists(), "the socket's file is still there")
}

macro_rules! kinds {
    ($($test:ident: $kind:literal;)+) => {$(
        #[test]
        fn $test() -> Result {
            echoes_and_ends($kind)
        }
    )+};
}

kinds! {
    tcp: "TCPServer";
    udp: "UDPServer";
    unix_stream: "UnixStreamServer";
    unix_datagram: "UnixDatagramServer";
    threading_tcp: "ThreadingTCPServer";
    threading_udp: "ThreadingUDPServer";
    threading_unix_stream: "ThreadingUnixStreamServer";
    threading_unix_datagram: "ThreadingUnixDatagramServer";
    forking_tcp: "ForkingTCPServer";
    forking_udp: "ForkingUDPServer";
    forking_unix_stream: "ForkingUnixStreamServer";
    forking_unix_datagram: "ForkingUnixDatagramServer";
}

#[test]
fn an_unknown_kind_is_an_error() {
    let output = grade::run(echo_kinds(), &["FunnyServer", "127.0.0.1:0"]);
    assert_eq!(output.code(), 1, "{output:?}");
    assert!(output.stderr.starts_with("error: there is no server called"), "{output:?}");
}
