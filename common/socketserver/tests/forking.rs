//! What CPython's test_socketserver checks of the forking servers, and what forking promises beside
//! it, in a process with one thread. The clients are child processes.

#![allow(clippy::unwrap_used)] // clippy sees tests only in functions that a harness calls

use std::fs;
use std::io::{BufRead, Read, Write, pipe};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};

use common::process::{self, Ended, Pid, fork_child};
use common::stop;
use nix::sys::signal::{Signal, kill};
use nix::unistd::getpid;
use socketserver::*;

const CASES: &[(&str, fn())] = &[
    ("a failed bind costs no descriptor", failed_bind_leaks_nothing),
    ("three clients are echoed, and a foreign child is not reaped", foreign_child_stays),
    ("an error, a panic and an exit end the child only", children_fail_alone),
    ("a child runs none of its parent's destructors", no_destructor_runs_twice),
    ("a child holds its own client only", child_holds_its_client_only),
    ("at most max_children at once, and shutdown even then", no_more_than_max_children),
    ("children are reaped while it serves", reaped_while_serving),
    ("children that other code has reaped are forgotten", reaped_elsewhere),
    ("server_close waits for the children, unless told not to", close_waits),
    ("handle_request times out, and reaps", timeout_reaps),
    ("a child that is killed costs its client only", killed_child),
    // From here on there is a signal handler: the order of the cases matters.
    ("a big write is not cut short by signals", big_write_and_signals),
    ("the program's stop ends serve_forever and lets idle clients go", stop_ends_it),
];

fn main() {
    for (name, case) in CASES {
        print!("{name} ... ");
        case();
        assert!(process::ended_children().is_none(), "a zombie is left");
        println!("ok");
    }
    println!("test result: ok. {} passed; 0 failed", CASES.len());
}

/// Answers a line as the line says.
#[derive(Clone)]
struct Obeys;

impl StreamRequestHandler for Obeys {
    fn handle(&mut self, request: &mut StreamRequest) -> Result {
        let mut line = String::new();
        request.rfile.read_line(&mut line)?;
        match line.trim_end() {
            "fail" => Err("as told".into()),
            "panic" => panic!("as told"),
            "exit" => std::process::exit(7),
            "pid" => Ok(write!(request.wfile, "{}", getpid())?),
            "descriptors" => {
                let links = fs::read_dir("/proc/self/fd")?.flatten();
                let links = links.filter_map(|entry| fs::read_link(entry.path()).ok());
                let sockets =
                    links.filter(|to| to.to_string_lossy().starts_with("socket:")).count();
                Ok(write!(request.wfile, "{sockets}")?)
            }
            "wait" => {
                // Until the client leaves.
                request.rfile.read_line(&mut line)?;
                Ok(())
            }
            _ => Ok(request.wfile.write_all(line.as_bytes())?),
        }
    }
}

type Forking = ForkingTcpServer<Obeys>;

fn server() -> Forking {
    Forking::new("127.0.0.1:0", Obeys).unwrap()
}

fn ask(at: SocketAddr, line: &str) -> String {
    let mut client = TcpStream::connect(at).unwrap();
    client.write_all(format!("{line}\n").as_bytes()).unwrap();
    let mut answer = String::new();
    // A reset is an answer too: of a child that ended without one.
    let _ = client.read_to_string(&mut answer);
    answer
}

/// Serves while `client` runs in a child process; when that ends, so does serving.
fn serving(server: &Forking, client: impl FnOnce(SocketAddr)) {
    let (mut reader, writer) = pipe().unwrap();
    let at = server.server_address().inet().unwrap();
    let child = fork_child(|| {
        client(at);
        drop(writer);
        0
    })
    .unwrap();
    let handle = server.shutdown_handle();
    // A thread only waits and never holds a lock that a child could need.
    let waiter = thread::spawn(move || {
        let _ = reader.read(&mut [0]);
        handle.shutdown();
    });
    server.serve_forever(Duration::from_millis(10)).unwrap();
    waiter.join().unwrap();
    assert_eq!(process::wait(child).unwrap(), Ended::Exited(0), "the client's assertions");
}

fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(20);
    while !holds() {
        assert!(Instant::now() < end, "waited in vain until {what}");
        thread::sleep(Duration::from_millis(2));
    }
}

fn sleeper() -> Pid {
    fork_child(|| {
        thread::sleep(Duration::from_secs(600));
        0
    })
    .unwrap()
}

fn failed_bind_leaks_nothing() {
    let first = server();
    let at = first.server_address().inet().unwrap();
    let count = || fs::read_dir("/proc/self/fd").unwrap().count();
    let before = count();
    for _ in 0..1024 {
        Forking::new(at, Obeys).unwrap_err();
    }
    assert_eq!(count(), before);
}

fn foreign_child_stays() {
    let ended = fork_child(|| 72).unwrap();
    let runs = sleeper();
    let server = server();
    serving(&server, |at| {
        for _ in 0..3 {
            assert_eq!(ask(at, "hello world"), "hello world\n");
        }
    });
    server.server_close();
    assert_eq!(process::wait(ended).unwrap(), Ended::Exited(72), "it is still there to be reaped");
    process::terminate(runs, true);
    assert_eq!(process::wait(runs).unwrap(), Ended::Killed(Signal::SIGKILL));
}

fn children_fail_alone() {
    let server = server();
    serving(&server, |at| {
        for how in ["fail", "panic", "exit"] {
            assert_eq!(ask(at, how), "");
            assert_eq!(ask(at, "after that"), "after that\n");
        }
        assert_ne!(ask(at, "pid"), ask(at, "pid"), "a process each");
    });
    until("all children have ended", || server.active_requests() == 0);
}

fn no_destructor_runs_twice() {
    struct Says<W: Write>(W);
    impl<W: Write> Drop for Says<W> {
        fn drop(&mut self) {
            let _ = self.0.write_all(b"x");
        }
    }
    let (mut reader, writer) = pipe().unwrap();
    let says = Says(writer);
    let server = server();
    serving(&server, |at| {
        for how in ["one", "fail", "panic"] {
            ask(at, how);
        }
    });
    server.server_close();
    drop(says);
    let mut said = String::new();
    reader.read_to_string(&mut said).unwrap();
    assert_eq!(said, "x", "the parent's own, once");
}

fn child_holds_its_client_only() {
    let server = server();
    serving(&server, |at| {
        let waiting = TcpStream::connect(at).unwrap();
        (&waiting).write_all(b"wait\n").unwrap();
        for _ in 0..3 {
            assert_eq!(ask(at, "descriptors"), "1");
        }
    });
}

fn no_more_than_max_children() {
    let mix_in = ForkingMixIn { max_children: 2, ..ForkingMixIn::default() };
    let server = Forking::builder(Obeys).mix_in(mix_in).bind("127.0.0.1:0").unwrap();
    serving(&server, |at| {
        let mut waiting: Vec<_> = (0..2).map(|_| TcpStream::connect(at).unwrap()).collect();
        for client in &mut waiting {
            client.write_all(b"wait\n").unwrap();
        }
        let mut third = TcpStream::connect(at).unwrap();
        third.write_all(b"third\n").unwrap();
        third.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
        assert!(third.read(&mut [0]).is_err(), "it waits");
        waiting.pop();
        third.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let mut answer = String::new();
        third.read_to_string(&mut answer).unwrap();
        assert_eq!(answer, "third\n");
        // Full again when serving ends.
        let mut last = TcpStream::connect(at).unwrap();
        last.write_all(b"wait\n").unwrap();
        thread::sleep(Duration::from_millis(100));
    });
}

fn reaped_while_serving() {
    let server = server();
    serving(&server, |at| {
        for _ in 0..30 {
            ask(at, "hello");
        }
        let parent = nix::unistd::getppid().as_raw();
        let zombies = || {
            let children = fs::read_to_string(format!("/proc/{parent}/task/{parent}/children"));
            let of =
                |pid: &str| fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
            children.unwrap().split_whitespace().filter(|pid| of(pid).contains(") Z ")).count()
        };
        until("no zombie is left", || zombies() == 0);
    });
}

fn reaped_elsewhere() {
    let server = server();
    let at = server.server_address().inet().unwrap();
    let mut client = TcpStream::connect(at).unwrap();
    server.handle_request().unwrap();
    client.write_all(b"x\n").unwrap();
    // As other code of the program may: waits for whatever child there is.
    nix::sys::wait::wait().unwrap();
    server.server_close();
}

fn close_waits() {
    for block_on_close in [true, false] {
        let mix_in = ForkingMixIn { block_on_close, ..ForkingMixIn::default() };
        let server = Forking::builder(Obeys).mix_in(mix_in).bind("127.0.0.1:0").unwrap();
        let mut client = TcpStream::connect(server.server_address().inet().unwrap()).unwrap();
        client.write_all(b"wait\n").unwrap();
        server.handle_request().unwrap();
        assert_eq!(server.active_requests(), 1);
        let (sender, closed) = channel();
        let closing = thread::spawn(move || {
            server.server_close();
            sender.send(()).unwrap();
        });
        if block_on_close {
            assert!(closed.recv_timeout(Duration::from_millis(200)).is_err(), "it waits");
        } else {
            closed.recv_timeout(Duration::from_secs(20)).expect("it does not wait");
        }
        // The child has inherited this end of the connection: closing it here would not do.
        client.shutdown(Shutdown::Both).unwrap();
        closing.join().unwrap();
        if !block_on_close {
            // Nobody else does.
            nix::sys::wait::wait().unwrap();
        }
    }
}

fn timeout_reaps() {
    let server = Forking::builder(Obeys).timeout(Duration::from_millis(100));
    let server = server.bind("127.0.0.1:0").unwrap();
    let at = server.server_address().inet().unwrap();
    let client = fork_child(|| i32::from(ask(at, "x") != "x\n")).unwrap();
    assert_eq!(server.handle_request().unwrap(), Outcome::Handled);
    assert_eq!(process::wait(client).unwrap(), Ended::Exited(0));
    until("the child has ended", || process::ended_children().is_some());
    assert_eq!(server.handle_request().unwrap(), Outcome::TimedOut);
    assert!(process::ended_children().is_none(), "it is reaped");
}

fn killed_child() {
    let server = server();
    serving(&server, |at| {
        let mut client = TcpStream::connect(at).unwrap();
        client.write_all(b"wait\n").unwrap();
        let parent = nix::unistd::getppid().as_raw();
        let children = || {
            let list = fs::read_to_string(format!("/proc/{parent}/task/{parent}/children"));
            let list = list.unwrap();
            let pids = list.split_whitespace().map(|pid| pid.parse().unwrap());
            pids.filter(|&pid: &i32| pid != getpid().as_raw()).collect::<Vec<i32>>()
        };
        until("there is a child", || !children().is_empty());
        kill(Pid::from_raw(children()[0]), Signal::SIGKILL).unwrap();
        assert_eq!(client.read(&mut [0]).unwrap_or(0), 0);
        assert_eq!(ask(at, "go on"), "go on\n");
    });
}

fn big_write_and_signals() {
    const SIZE: usize = 16 << 20;
    #[derive(Clone)]
    struct Big;
    impl StreamRequestHandler for Big {
        fn handle(&mut self, request: &mut StreamRequest) -> Result {
            Ok(request.wfile.write_all(&vec![7; SIZE])?)
        }
    }
    stop::on_signals().unwrap();
    let server = TcpServer::new("127.0.0.1:0", Big).unwrap();
    let at = server.server_address().inet().unwrap();
    let parent = getpid();
    let client = fork_child(|| {
        let mut client = TcpStream::connect(at).unwrap();
        client.read_exact(&mut [0; 100]).unwrap();
        // The server is in the middle of a send now, which has no room.
        for _ in 0..20 {
            thread::sleep(Duration::from_millis(5));
            kill(parent, Signal::SIGCHLD).unwrap();
        }
        let mut rest = Vec::new();
        client.read_to_end(&mut rest).unwrap();
        i32::from(rest.len() + 100 != SIZE)
    })
    .unwrap();
    server.handle_request().unwrap();
    drop(server);
    assert_eq!(process::wait(client).unwrap(), Ended::Exited(0), "it got every byte");
}

fn stop_ends_it() {
    let server = server();
    let at = server.server_address().inet().unwrap();
    let parent = getpid();
    let client = fork_child(|| {
        assert_eq!(ask(at, "hello"), "hello\n");
        let mut idle = TcpStream::connect(at).unwrap();
        idle.write_all(b"wait\n").unwrap();
        assert_eq!(ask(at, "hello again"), "hello again\n");
        kill(parent, Signal::SIGTERM).unwrap();
        // At once, although it says nothing; the grace time is five seconds.
        idle.set_read_timeout(Some(Duration::from_secs(4))).unwrap();
        i32::from(idle.read(&mut [0]).ok() != Some(0))
    })
    .unwrap();
    server.serve_forever(POLL_INTERVAL).unwrap();
    server.server_close();
    assert_eq!(process::wait(client).unwrap(), Ended::Exited(0));
}
