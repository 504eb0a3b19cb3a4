//! The text servers against clients that we did not write, our client against such a server.

use std::path::PathBuf;

use grade::{Result, Server, find_or_skip, patience, run, run_with_input, workspace_program};

const SERVERS: [&str; 4] = ["loop_server", "select_server", "fork_server", "thread_server"];

fn start(name: &str, args: &[&str]) -> Result<grade::Running> {
    Server::new(workspace_program(name)).args(["--port", "0"]).args(args).start()
}

/// `python3 -c script` with these arguments must end well; gives what it printed.
fn python(python: &PathBuf, script: &str, args: &[&str]) -> String {
    let output = run(python, &[&["-c", script], args].concat());
    assert!(output.status.success(), "{}\n{}", output.stdout, output.stderr);
    output.stdout
}

#[test]
fn nc_is_answered_and_sees_the_end() -> Result {
    let Some(nc) = find_or_skip("nc") else { return Ok(()) };
    for name in SERVERS {
        let server = start(name, &[])?;
        let port = server.port().to_string();
        // -N closes the sending half at the end of the input; nc ends when the server closes.
        let output = run_with_input(&nc, &["-N", "127.0.0.1", &port], "hello\n");
        assert_eq!((output.stdout.as_str(), output.code()), ("Thanks", 0), "{name}: {output:?}");
        server.stop()?;
    }
    Ok(())
}

#[test]
fn nc_gets_a_megabyte_back() -> Result {
    let Some(nc) = find_or_skip("nc") else { return Ok(()) };
    let text: String = (0..150_000).map(|n| format!("{n}\n")).collect();
    for name in SERVERS {
        let server = start(name, &["--echo", "--quiet"])?;
        let port = server.port().to_string();
        let output = run_with_input(&nc, &["-N", "127.0.0.1", &port], &text);
        assert!(output.stdout == text, "{name}: {} bytes of {}", output.stdout.len(), text.len());
        server.stop()?;
    }
    Ok(())
}

#[test]
fn pythons_sockets_are_answered() -> Result {
    const SCRIPT: &str = "
import socket, sys, threading
address = ('127.0.0.1', int(sys.argv[1]))
for n in range(3):
    with socket.create_connection(address, timeout=10) as s:
        for word in ('a', 'b', 'c'):
            s.sendall(word.encode())
            assert s.recv(1024) == b'Thanks'
        s.shutdown(socket.SHUT_WR)
        assert s.recv(1024) == b''
print('done')
";
    let Some(path) = find_or_skip("python3") else { return Ok(()) };
    for name in SERVERS {
        let server = start(name, &[])?;
        assert_eq!(python(&path, SCRIPT, &[&server.port().to_string()]), "done\n", "{name}");
        server.stop()?;
    }
    Ok(())
}

#[test]
fn pythons_threads_are_answered_at_the_same_time() -> Result {
    const SCRIPT: &str = "
import os, socket, sys, threading
address = ('127.0.0.1', int(sys.argv[1]))
all_connected, good = threading.Barrier(20, timeout=20), []
def client():
    with socket.create_connection(address, timeout=20) as s:
        all_connected.wait()
        for size in (1, 100, 70000):
            data = os.urandom(size)
            s.sendall(data)
            got = b''
            while len(got) < size:
                got += s.recv(65536)
            assert got == data
    good.append(1)
threads = [threading.Thread(target=client) for _ in range(20)]
for t in threads: t.start()
for t in threads: t.join()
print(len(good))
";
    let Some(path) = find_or_skip("python3") else { return Ok(()) };
    for name in &SERVERS[1..] {
        let server = start(name, &["--echo", "--quiet"])?;
        assert_eq!(python(&path, SCRIPT, &[&server.port().to_string()]), "20\n", "{name}");
        server.stop()?;
    }
    Ok(())
}

#[test]
fn our_client_talks_to_pythons_socketserver() -> Result {
    const SCRIPT: &str = "
import socketserver
class Upper(socketserver.StreamRequestHandler):
    def handle(self):
        for line in self.rfile:
            self.wfile.write(line.upper())
socketserver.ThreadingTCPServer.daemon_threads = True
socketserver.ThreadingTCPServer(('127.0.0.1', 0), Upper).serve_forever()
";
    let Some(path) = find_or_skip("python3") else { return Ok(()) };
    let server = Server::new(path).args(["-c", SCRIPT]).start()?;
    let port = server.port().to_string();
    let client = workspace_program("tcp_client");
    let output = run_with_input(&client, &["--port", &port], "hello\nworld\n");
    assert_eq!(output.stdout, "HELLO\nWORLD\n");
    assert_eq!((output.stderr.as_str(), output.code()), ("", 0));

    // At the keyboard, when the server dies.
    let mut client = Server::new(client).args(["--port", &port]).keyboard().spawn()?;
    client.type_in("one\n")?;
    client.wait_stdout("ONE\n")?;
    drop(server);
    assert_eq!(client.wait_exit(patience())?.code(), Some(1));
    client.check(client.stderr().starts_with("error: "), "no error line")
}

#[test]
fn our_client_at_a_terminal_prompts() -> Result {
    const SCRIPT: &str = r"
import os, pty, sys
pid, terminal = pty.fork()
if pid == 0:
    os.execv(sys.argv[1], sys.argv[1:])
seen = b''
def until(what):
    global seen
    while what not in seen:
        seen += os.read(terminal, 4096)
    seen = seen.split(what, 1)[1]
until(b'> ')
os.write(terminal, b'hello\n')
until(b'Thanks')
until(b'> ')
os.write(terminal, b'\x04')
print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
";
    let Some(path) = find_or_skip("python3") else { return Ok(()) };
    let server = start("thread_server", &[])?;
    let client = workspace_program("tcp_client");
    let args = [&client.to_string_lossy(), "--port", &server.port().to_string()];
    assert_eq!(python(&path, SCRIPT, &args), "0\n");
    server.stop()
}
