//! The fixture itself, on small programs in Python and shell.

use std::time::Duration;

use grade::proc::{self, Process};
use grade::{Result, Server, Signal, Transport, find_or_skip, patience, wait_until};

/// Echoes what each client sends, one thread a client.
const ECHO: &str = r#"
import socketserver, sys
class Echo(socketserver.BaseRequestHandler):
    def handle(self):
        while data := self.request.recv(65536):
            self.request.sendall(data)
socketserver.ThreadingTCPServer.daemon_threads = True
server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Echo)
print("a line of output", flush=True)
print("a line of log", file=sys.stderr, flush=True)
server.serve_forever()
"#;

/// `python3 -c script`, or `None` with a word on standard error.
fn python(script: &str) -> Option<Server> {
    Some(Server::new(find_or_skip("python3")?).args(["-c", script]))
}

fn shell(script: &str) -> Server {
    Server::new("/bin/sh").args(["-c", script])
}

fn gone(pid: i32) -> bool {
    Process::of(pid).is_none_or(|process| process.is_zombie())
}

#[test]
fn a_program_is_started_found_talked_to_and_stopped() -> Result {
    let Some(program) = python(ECHO) else {
        return Ok(());
    };
    let server = program.start()?;
    assert_eq!(server.address().transport, Transport::Tcp);
    server.wait_stdout("a line of output\n")?;
    server.wait_stderr("a line of log\n")?;
    assert_eq!(server.stdout(), "a line of output\n");

    let threads = server.threads();
    let mut client = server.connect()?;
    client.send("hello")?;
    client.expect("hel")?;
    client.expect("lo")?;
    client.expect_silence()?;
    assert_eq!(server.threads(), threads + 1);
    client.send("a line\nmore")?;
    assert_eq!(client.receive_until("\n")?, b"a line\n");
    assert_eq!(client.receive(100)?, b"more");
    client.half_close()?;
    client.expect_eof()?;
    server.wait_until("its thread has ended", || server.threads() == threads)?;

    server.signal(Signal::SIGINT)?;
    let status = server.wait_exit(patience())?;
    assert_eq!(status.code(), None, "Python dies of SIGINT by itself: {status}");
    assert!(server.stderr().contains("KeyboardInterrupt"));
    assert_eq!((server.threads(), server.descriptors()), (0, 0));
    assert!(server.signal(Signal::SIGINT).is_err());
    Ok(())
}

#[test]
fn many_bytes_go_both_ways_at_once() -> Result {
    let Some(program) = python(ECHO) else {
        return Ok(());
    };
    let server = program.start()?;
    let bytes = grade::random_bytes(1, 5_000_000);
    assert!(server.connect()?.exchange(&bytes)? == bytes);
    let mut deaf = server.connect()?;
    let (here, there, more) = (deaf.local_addr()?, server.addr(), bytes.repeat(12));
    let mut sent = 0;
    wait_until("both ends have bytes that nobody takes", || {
        sent += deaf.send_until_full(&more[sent..]).unwrap_or(0);
        let unsent = proc::tcp_queues(here, there).map_or(0, |(unsent, _)| unsent);
        let unread = proc::tcp_queues(there, here).map_or(0, |(_, unread)| unread);
        (1..sent).contains(&unsent) && (1..sent).contains(&unread)
    })?;
    assert!((100_000..more.len()).contains(&sent), "{sent}");
    deaf.reset()?;
    let mut next = server.connect()?;
    next.send("still there")?;
    next.expect("still there")?;
    server.stop()
}

#[test]
fn a_failed_step_shows_the_steps_the_byte_and_the_log() -> Result {
    let Some(program) = python(ECHO) else {
        return Ok(());
    };
    let server = program.start()?;
    server.wait_stderr("a line of log")?;
    let mut client = server.connect()?;
    client.send("Thamks\n")?;
    let report = format!("{:?}", client.expect("Thanks\n").unwrap_err());
    for part in [
        "client 1: other bytes came",
        "expected \"Thanks\\n\" (7 bytes)",
        "got      \"Thamks\\n\" (7 bytes)",
        "the first difference is byte 3",
        "   1. started ",
        "   2. it listens on 127.0.0.1:",
        "client 1 sends \"Thamks\\n\"",
        "    | a line of log",
    ] {
        assert!(report.contains(part), "{part:?} is not in:\n{report}");
    }
    let report = client.expect_eof_within_reason();
    assert!(report.contains("it is still open"), "{report}");
    Ok(())
}

/// Not the whole patience: the failure of a wait is seen in a second.
trait Impatient {
    fn expect_eof_within_reason(&mut self) -> String;
}

impl Impatient for grade::Client {
    fn expect_eof_within_reason(&mut self) -> String {
        match self.expect_silence() {
            Ok(()) => self.failure("it is still open").to_string(),
            Err(failure) => failure.to_string(),
        }
    }
}

#[test]
fn a_program_that_ends_at_once_is_reported_with_its_log() {
    let report = shell("echo out of luck >&2; exit 3").start().unwrap_err().to_string();
    assert!(report.contains("looks like the program has terminated"), "{report}");
    assert!(report.contains("exit status: 3"), "{report}");
    assert!(report.contains("    | out of luck"), "{report}");
}

#[test]
fn a_program_that_is_not_there_is_reported() {
    let report = Server::new("/nowhere/at/all").start().unwrap_err().to_string();
    assert!(report.contains("cannot start /nowhere/at/all: No such file"), "{report}");
}

#[test]
fn a_socket_of_a_child_counts() -> Result {
    let Some(python) = find_or_skip("python3") else {
        return Ok(());
    };
    let server = shell(r#""$0" -c "$1" & wait"#).arg(python).arg(ECHO).start()?;
    let mut client = server.connect()?;
    client.send("x")?;
    client.expect("x")?;
    assert_eq!(server.children().len(), 1);
    let child = server.children()[0].pid;
    drop(server);
    wait_until("the child is gone too", || gone(child))
}

#[test]
fn datagrams_go_both_ways() -> Result {
    const UDP: &str = "
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(('127.0.0.1', 0))
while True:
    data, peer = s.recvfrom(65536)
    s.sendto(data.upper(), peer)
";
    let Some(program) = python(UDP) else {
        return Ok(());
    };
    let server = program.start()?;
    assert_eq!(server.address().transport, Transport::Udp);
    let mut client = server.connect()?;
    client.send("one")?;
    client.send("two")?;
    client.expect("ONE")?;
    client.expect("TWO")?;
    server.stop()
}

#[test]
fn unix_sockets_are_found_by_their_file() -> Result {
    const UNIX: &str = "
import socket, sys
s = socket.socket(socket.AF_UNIX, getattr(socket, sys.argv[2]))
s.bind(sys.argv[1])
if sys.argv[2] == 'SOCK_STREAM':
    s.listen()
    s, peer = s.accept()
    s.sendall(s.recv(100).upper())
else:
    data, peer = s.recvfrom(100)
    s.sendto(data.upper(), peer)
";
    for (kind, transport) in
        [("SOCK_STREAM", Transport::UnixStream), ("SOCK_DGRAM", Transport::UnixDatagram)]
    {
        let path = std::env::temp_dir().join(format!("grade-{kind}-{}", std::process::id()));
        let Some(program) = python(UNIX) else {
            return Ok(());
        };
        let server = program.arg(&path).arg(kind).start()?;
        assert_eq!(server.address().transport, transport);
        let mut client = server.connect()?;
        client.send("hello")?;
        client.expect("HELLO")?;
        assert!(server.wait_exit(patience())?.success());
        std::fs::remove_file(path)?;
    }
    Ok(())
}

#[test]
fn the_limit_of_descriptors_is_the_programs() -> Result {
    let program = shell("ulimit -n; ulimit -Hn").limit_descriptors(24).spawn()?;
    assert!(program.wait_exit(patience())?.success());
    assert_eq!(program.stdout(), "24\n24\n");
    Ok(())
}

#[test]
fn a_keyboard_types() -> Result {
    let mut program =
        shell("read line; echo \"got $line\"; cat").keyboard().env("X", "1").spawn()?;
    program.type_in("hello\n")?;
    program.wait_stdout("got hello\n")?;
    program.type_in("rest")?;
    program.close_input();
    assert!(program.wait_exit(patience())?.success());
    assert_eq!(program.stdout(), "got hello\nrest");
    assert!(program.type_in("more").is_err());
    Ok(())
}

#[test]
fn the_whole_group_ends_with_the_test_even_by_a_panic() -> Result {
    let program =
        shell("trap '' TERM INT HUP; sleep 600 & sleep 600 & echo ready; wait").spawn()?;
    program.wait_stdout("ready")?;
    let all: Vec<i32> = program.processes().iter().map(|process| process.pid).collect();
    assert_eq!(all.len(), 3);
    let panicked = std::thread::spawn(move || {
        let _program = program;
        std::panic::resume_unwind(Box::new("a test that panics"));
    });
    assert!(panicked.join().is_err());
    wait_until("all three are gone", || all.iter().all(|&pid| gone(pid)))
}

#[test]
fn a_program_that_does_not_stop_is_a_failure() -> Result {
    let program = shell("trap '' TERM; echo ready; while :; do sleep 1; done").spawn()?;
    program.wait_stdout("ready")?;
    program.signal(Signal::SIGTERM)?;
    let report = program.wait_exit(Duration::from_millis(200)).unwrap_err().to_string();
    assert!(report.contains("it still runs after 200ms"), "{report}");
    assert!(report.contains("sent SIGTERM"), "{report}");
    Ok(())
}

#[test]
fn zombies_and_processor_time_are_seen() -> Result {
    const ZOMBIE: &str = "
import os, time
if os.fork() == 0:
    end = time.process_time() + 0.3
    while time.process_time() < end: pass
    os._exit(0)
print('ready', flush=True)
time.sleep(600)
";
    let Some(program) = python(ZOMBIE) else {
        return Ok(());
    };
    let program = program.spawn()?;
    program.wait_stdout("ready")?;
    program.wait_until("the child is a zombie", || {
        program.children().iter().any(Process::is_zombie)
    })?;
    assert_eq!(program.processes().len(), 1);
    assert!(program.cpu_time() >= Duration::from_millis(250), "{:?}", program.cpu_time());
    Ok(())
}

#[test]
fn run_gives_all_that_was_printed() {
    let output = grade::run_with_input("/bin/sh", &["-c", "cat; echo log >&2; kill -9 $$"], "in");
    assert_eq!(
        (output.stdout.as_str(), output.stderr.as_str(), output.code()),
        ("in", "log\n", -1)
    );
    let output = grade::run("/bin/cat", &[]);
    assert_eq!((output.stdout.as_str(), output.code()), ("", 0));
}

#[test]
fn programs_end_with_a_test_process_that_is_killed() -> Result {
    let this = Server::new(std::env::current_exe()?).env(LEAVE, "1");
    let test = this.args(["--exact", "leaves_a_program_behind", "--nocapture"]).spawn()?;
    test.wait_stdout("started \n")?;
    let printed = test.stdout();
    let pid = printed.split_whitespace().rev().nth(1).and_then(|word| word.parse().ok());
    let pid = pid.ok_or_else(|| test.failure(format!("no process id in {printed:?}")))?;
    assert!(!gone(pid));
    test.signal(Signal::SIGKILL)?;
    test.wait_exit(patience())?;
    wait_until("the program is gone too", || gone(pid))
}

/// Set where the test below runs in a process of its own, that is killed.
const LEAVE: &str = "GRADE_TEST_LEAVE_A_PROGRAM";

#[test]
fn leaves_a_program_behind() -> Result {
    if std::env::var_os(LEAVE).is_none() {
        return Ok(());
    }
    // Some that have ended already are between the first and the last.
    let program = shell("sleep 600").spawn()?;
    for _ in 0..3 {
        shell("exit").spawn()?.wait_exit(patience())?;
    }
    println!("{} started ", program.pid());
    std::thread::sleep(Duration::from_secs(600));
    Ok(())
}
