//! The crate socketserver and Python's module of that name: Python's clients at our servers, our
//! clients at Python's servers, and both kinds of server before the same clients.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use grade::{
    Address, Result, Running, Server, Signal, find_or_skip, patience, run, run_with_input,
    workspace_example, workspace_program,
};

const KINDS: [&str; 12] = [
    "TCPServer",
    "UDPServer",
    "UnixStreamServer",
    "UnixDatagramServer",
    "ThreadingTCPServer",
    "ThreadingUDPServer",
    "ThreadingUnixStreamServer",
    "ThreadingUnixDatagramServer",
    "ForkingTCPServer",
    "ForkingUDPServer",
    "ForkingUnixStreamServer",
    "ForkingUnixDatagramServer",
];

/// Python's own server of that kind: echoes one line a connection, or one datagram.
const SERVER: &str = r#"
import socketserver as s, sys
class ForkingUnixStreamServer(s.ForkingMixIn, s.UnixStreamServer): pass
class ForkingUnixDatagramServer(s.ForkingMixIn, s.UnixDatagramServer): pass
kind, at = sys.argv[1:]
base = globals().get(kind) or getattr(s, kind)
datagram = 'UDP' in kind or 'Datagram' in kind
class Echo(s.DatagramRequestHandler if datagram else s.StreamRequestHandler):
    def handle(self):
        self.wfile.write(self.rfile.read() if datagram else self.rfile.readline())
class Server(base):
    max_packet_size = 65535
    def handle_error(self, request, client_address): pass
Server(at if 'Unix' in kind else ('127.0.0.1', 0), Echo).serve_forever(0.05)
"#;

/// What a client sees, line by line: the same for every server of one family.
const CLIENT: &str = r#"
import os, socket, sys, tempfile
kind, at = sys.argv[1:]
unix, datagram = 'Unix' in kind, 'UDP' in kind or 'Datagram' in kind
family = socket.AF_UNIX if unix else socket.AF_INET
address = at if unix else ('127.0.0.1', int(at))
def client():
    c = socket.socket(family, socket.SOCK_DGRAM if datagram else socket.SOCK_STREAM)
    c.settimeout(20)
    if unix and datagram:
        c.bind(tempfile.mktemp(dir=os.path.dirname(at)))
    if not datagram:
        c.connect(address)
    return c
def all(c):
    data = b''
    try:
        while more := c.recv(65536):
            data += more
    except ConnectionResetError:
        pass
    return data
if datagram:
    with client() as c:
        for packet in (b'', b'x', b'hello world\n', bytes(range(256)), b'y' * 8193, b'z' * 65507):
            c.sendto(packet, address)
            answer, sender = c.recvfrom(65536)
            print(len(packet), answer == packet, sender == address)
    with client() as a, client() as b:
        a.sendto(b'from a', address); b.sendto(b'from b', address)
        print(b.recv(100), a.recv(100))
else:
    for text in (b'hello world\n', b'\n', bytes(range(11, 256)) + b'\n', b'a' * 1000000 + b'\n'):
        with client() as c:
            c.sendall(text)
            print(len(text), all(c) == text)
    with client() as c:
        c.sendall(b'no newline'); c.shutdown(socket.SHUT_WR)
        print(all(c))
    with client() as c:
        c.shutdown(socket.SHUT_WR)
        print(all(c))
    with client() as c:
        for byte in b'in pieces\n':
            c.sendall(bytes([byte]))
        print(all(c))
    client().close()
    with client() as c:
        c.sendall(b'still there?\n')
        print(all(c))
"#;

/// The argument by which `CLIENT` finds the server.
fn place(address: &Address) -> String {
    match (&address.inet, &address.path) {
        (Some(inet), _) => inet.port().to_string(),
        (None, path) => path.as_deref().unwrap_or(Path::new("")).display().to_string(),
    }
}

fn ours(kind: &str, folder: &Path) -> Result<Running> {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    let program = PROGRAM.get_or_init(|| workspace_example("socketserver", "echo_kinds"));
    let at = folder.join("ours").display().to_string();
    let at = if kind.contains("Unix") { at } else { "127.0.0.1:0".to_owned() };
    Server::new(program).args([kind, &at]).start()
}

fn pythons(python: &Path, kind: &str, folder: &Path) -> Result<Running> {
    let at = folder.join("pythons");
    Server::new(python).args(["-c", SERVER, kind]).arg(at).start()
}

#[test]
fn pythons_clients_see_no_difference_between_pythons_servers_and_ours() -> Result {
    let Some(python) = find_or_skip("python3") else { return Ok(()) };
    for kind in KINDS {
        let folder = tempfile::tempdir()?;
        let ours = ours(kind, folder.path())?;
        let pythons = pythons(&python, kind, folder.path())?;
        let [one, other] = [&ours, &pythons].map(|server| {
            let output = run(&python, &["-c", CLIENT, kind, &place(server.address())]);
            assert_eq!(output.code(), 0, "{kind}: {output:?}");
            output.stdout
        });
        assert!(!one.contains("False"), "{kind}:\n{one}");
        assert_eq!(one, other, "{kind}: ours, Python's");
        ours.wait_until("no child is left", || ours.children().is_empty())?;
        ours.signal(Signal::SIGTERM)?;
        let status = ours.wait_exit(patience())?;
        ours.check(status.code() == Some(0), format!("it ended with {status}"))?;
        // Python's dies of the signal, and its children with it.
        drop(pythons);
    }
    Ok(())
}

#[test]
fn our_clients_talk_with_pythons_servers() -> Result {
    let Some(python) = find_or_skip("python3") else { return Ok(()) };
    for kind in KINDS {
        let folder = tempfile::tempdir()?;
        let server = pythons(&python, kind, folder.path())?;
        let stream = !kind.contains("UDP") && !kind.contains("Datagram");
        for text in ["hello world\n", "again\n"] {
            let mut client = server.connect()?;
            client.send(text)?;
            client.expect(text)?;
            if stream {
                client.expect_eof()?;
            }
        }
        if kind.contains("Unix") {
            continue;
        }
        let program = workspace_program(if stream { "tcp_client" } else { "udp_client" });
        // One line: a stream server of this test ends the connection after it.
        let output =
            run_with_input(program, &["--port", &server.port().to_string()], "from a program\n");
        assert_eq!(output.stdout, "from a program\n", "{kind}: {output:?}");
    }
    Ok(())
}
