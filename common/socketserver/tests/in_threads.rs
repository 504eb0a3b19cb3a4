//! What CPython's test_socketserver checks of the servers that use no fork, and what Python promises
//! beside it. The servers run in threads of the test.

#![allow(clippy::unwrap_used, reason = "a test may")]

use std::io::{self, BufRead, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::socket::{getsockopt, sockopt};
use socketserver::*;

const LONG: Duration = Duration::from_secs(20);
const SHORT: Duration = Duration::from_millis(10);

/// Answers a line with the same line.
#[derive(Clone)]
struct Echo;

impl StreamRequestHandler for Echo {
    fn handle(&mut self, request: &mut StreamRequest) -> Result {
        let mut line = Vec::new();
        request.rfile.read_until(b'\n', &mut line)?;
        Ok(request.wfile.write_all(&line)?)
    }
}

/// A handler made of a closure.
#[derive(Clone)]
struct Does<F>(F);

impl<F> StreamRequestHandler for Does<F>
where
    F: FnMut(&mut StreamRequest) -> Result + Clone + Send + 'static,
{
    fn handle(&mut self, request: &mut StreamRequest) -> Result {
        self.0(request)
    }
}

fn does<F>(f: F) -> Does<F>
where
    F: FnMut(&mut StreamRequest) -> Result + Clone + Send + 'static,
{
    Does(f)
}

fn connect<M, T, H, K>(server: &Server<M, T, H, K>) -> TcpStream {
    let client = TcpStream::connect(address(server)).unwrap();
    client.set_read_timeout(Some(LONG)).unwrap();
    client
}

fn address<M, T, H, K>(server: &Server<M, T, H, K>) -> SocketAddr {
    server.server_address().inet().unwrap()
}

fn read_all(mut client: impl Read) -> String {
    let mut text = String::new();
    client.read_to_string(&mut text).unwrap();
    text
}

/// Serves in a thread while `test` runs, then shuts down; also if the test fails.
fn serving<M, T, H, K, R>(server: &Server<M, T, H, K>, test: impl FnOnce() -> R) -> R
where
    M: MixIn,
    T: Transport,
    H: BaseRequestHandler<T::Request> + Sync,
    K: Hooks<T>,
{
    struct ShutDown(ShutdownHandle);
    impl Drop for ShutDown {
        fn drop(&mut self) {
            self.0.shutdown();
        }
    }
    thread::scope(|scope| {
        scope.spawn(|| server.serve_forever(SHORT).unwrap());
        let _at_the_end = ShutDown(server.shutdown_handle());
        test()
    })
}

/// Writes down what the hooks are told.
#[derive(Clone, Default)]
struct Told(Arc<Mutex<Vec<String>>>);

impl Told {
    fn note(&self, what: impl Into<String>) {
        self.0.lock().unwrap().push(what.into());
    }

    fn all(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

impl Hooks<Tcp> for Told {
    fn handle_error(&self, _: &Address, error: &HandlerError) {
        self.note(format!("error: {error}"));
    }

    fn handle_timeout(&self) {
        self.note("timeout");
    }
}

// ---- CPython's test_socketserver

#[test]
fn three_clients_are_echoed_by_every_mix_in() {
    fn check<M: MixIn + Default>() {
        let server = Server::<M, Tcp, Echo>::new("127.0.0.1:0", Echo).unwrap();
        serving(&server, || {
            for _ in 0..3 {
                let mut client = connect(&server);
                client.write_all(b"hello world\n").unwrap();
                assert_eq!(read_all(client), "hello world\n");
            }
        });
        let at = address(&server);
        server.server_close();
        assert!(TcpStream::connect(at).is_err(), "it is closed");
    }
    check::<Sequential>();
    check::<ThreadingMixIn>();
}

#[test]
fn shutdown_always_succeeds_however_early() {
    let servers: Vec<_> = (0..20).map(|_| TcpServer::new("127.0.0.1:0", Echo).unwrap()).collect();
    thread::scope(|scope| {
        for server in &servers {
            scope.spawn(|| server.serve_forever(SHORT).unwrap());
            server.shutdown();
        }
    });
    // All have ended, or the scope would not have.
}

#[test]
fn it_can_be_closed_without_having_served() {
    let server = ThreadingTcpServer::new("127.0.0.1:0", Echo).unwrap();
    let at = address(&server);
    server.server_close();
    assert!(TcpListener::bind(at).is_ok());
}

#[test]
fn dropping_it_closes_it() {
    let at = {
        let server = TcpServer::new("127.0.0.1:0", Echo).unwrap();
        address(&server)
    };
    assert!(TcpListener::bind(at).is_ok());
}

#[test]
fn an_error_of_the_handler_is_told_and_the_server_goes_on() {
    fn check<M: MixIn + Default>() {
        let told = Told::default();
        let handler = does(|request| {
            let mut line = String::new();
            request.rfile.read_line(&mut line)?;
            let number: u32 = line.trim().parse()?;
            Ok(write!(request.wfile, "{number}")?)
        });
        let server = Server::<M, Tcp, _>::builder(handler).hooks(told.clone());
        let server = server.bind("127.0.0.1:0").unwrap();
        serving(&server, || {
            for (sent, answer) in [("x\n", ""), ("7\n", "7"), ("\n", ""), ("8\n", "8")] {
                let mut client = connect(&server);
                client.write_all(sent.as_bytes()).unwrap();
                assert_eq!(read_all(client), answer);
            }
        });
        server.server_close();
        let all = told.all();
        assert_eq!(all.len(), 2, "{all:?}");
        assert!(all[0].contains("invalid digit") || all[1].contains("invalid digit"), "{all:?}");
    }
    check::<Sequential>();
    check::<ThreadingMixIn>();
}

#[test]
fn a_panic_of_the_handler_is_told_and_the_server_goes_on() {
    fn check<M: MixIn + Default>() {
        let told = Told::default();
        let handler = does(|request| {
            let mut line = String::new();
            request.rfile.read_line(&mut line)?;
            assert_eq!(line, "good\n", "bad line");
            Ok(request.wfile.write_all(b"well")?)
        });
        let server = Server::<M, Tcp, _>::builder(handler).hooks(told.clone());
        let server = server.bind("127.0.0.1:0").unwrap();
        serving(&server, || {
            for (sent, answer) in [("bad\n", ""), ("good\n", "well")] {
                let mut client = connect(&server);
                client.write_all(sent.as_bytes()).unwrap();
                assert_eq!(read_all(client), answer);
            }
        });
        server.server_close();
        assert_eq!(told.all().len(), 1);
        assert!(told.all()[0].contains("panicked") && told.all()[0].contains("bad line"));
    }
    check::<Sequential>();
    check::<ThreadingMixIn>();
}

#[test]
fn the_writer_is_the_connection_itself() {
    let (sender, receiver) = channel();
    let handler = does(move |request| {
        let writer = request.wfile.get_ref().as_fd().as_raw_fd();
        sender.send(writer == request.connection().as_fd().as_raw_fd())?;
        Ok(())
    });
    let server = TcpServer::new("127.0.0.1:0", handler).unwrap();
    drop(connect(&server));
    assert_eq!(server.handle_request().unwrap(), Outcome::Handled);
    assert!(receiver.recv().unwrap());
}

#[test]
fn the_writer_sends_at_once_unless_it_has_a_buffer() {
    #[derive(Clone)]
    struct Buffered(usize);
    impl StreamRequestHandler for Buffered {
        fn wbufsize(&self) -> usize {
            self.0
        }
        fn handle(&mut self, request: &mut StreamRequest) -> Result {
            request.wfile.write_all(b"first")?;
            // The client tells whether it has seen something before it spoke.
            let mut line = String::new();
            request.rfile.read_line(&mut line)?;
            Ok(request.wfile.write_all(b" last")?)
        }
    }
    for (size, at_once) in [(0, true), (100, false)] {
        let server = ThreadingTcpServer::new("127.0.0.1:0", Buffered(size)).unwrap();
        serving(&server, || {
            let mut client = connect(&server);
            if at_once {
                let mut first = [0; 5];
                client.read_exact(&mut first).unwrap();
                assert_eq!(&first, b"first");
            } else {
                client.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
                let early = client.read(&mut [0]).unwrap_err();
                assert_eq!(early.kind(), ErrorKind::WouldBlock);
                client.set_read_timeout(Some(LONG)).unwrap();
            }
            client.write_all(b"go on\n").unwrap();
            assert!(read_all(client).ends_with(" last"), "the buffer is flushed at the end");
        });
    }
}

#[test]
fn a_request_that_is_not_wanted_is_closed_unanswered() {
    struct Nobody;
    impl Hooks<Tcp> for Nobody {
        fn verify_request(&self, _: &OwnedFd, _: &Address) -> bool {
            false
        }
    }
    let handler = does(|_| panic!("no handler for who is not wanted"));
    let server = TcpServer::builder(handler).hooks(Nobody).bind("127.0.0.1:0").unwrap();
    let client = connect(&server);
    assert_eq!(server.handle_request().unwrap(), Outcome::Refused);
    assert_eq!(read_all(client), "");
}

#[test]
fn nothing_is_kept_of_requests_that_are_over() {
    let server = ThreadingTcpServer::new("127.0.0.1:0", Echo).unwrap();
    for _ in 0..10 {
        let client = connect(&server);
        server.handle_request().unwrap();
        drop(client);
    }
    let end = Instant::now() + LONG;
    while server.active_requests() > 0 {
        assert!(Instant::now() < end, "{} requests are kept", server.active_requests());
        thread::yield_now();
    }
}

// ---- the end

#[test]
fn shutdown_before_serve_forever_ends_the_next_one() {
    let server = TcpServer::new("127.0.0.1:0", Echo).unwrap();
    server.shutdown();
    server.serve_forever(LONG).unwrap();
    // It counts once: now it serves again.
    serving(&server, || {
        let mut client = connect(&server);
        client.write_all(b"again\n").unwrap();
        assert_eq!(read_all(client), "again\n");
    });
}

#[test]
fn shutdown_does_not_wait_for_the_poll_interval_nor_for_clients() {
    let server = ThreadingTcpServer::new("127.0.0.1:0", Echo).unwrap();
    let mut client = connect(&server);
    thread::scope(|scope| {
        let loop_ = scope.spawn(|| server.serve_forever(Duration::from_secs(3600)));
        let end = Instant::now() + LONG;
        while server.active_requests() == 0 {
            assert!(Instant::now() < end, "the client is never served");
            thread::yield_now();
        }
        server.shutdown();
        loop_.join().unwrap().unwrap();
    });
    client.write_all(b"still there?\n").unwrap();
    let mut answer = String::new();
    client.read_to_string(&mut answer).unwrap();
    assert_eq!(answer, "still there?\n", "a request in progress goes on");
}

#[test]
fn a_handler_may_shut_its_own_server_down() {
    let handle: Arc<Mutex<Option<ShutdownHandle>>> = Arc::default();
    let inner = Arc::clone(&handle);
    let handler = does(move |_| {
        inner.lock().unwrap().as_ref().ok_or("not set")?.shutdown();
        Ok(())
    });
    let server = TcpServer::new("127.0.0.1:0", handler).unwrap();
    *handle.lock().unwrap() = Some(server.shutdown_handle());
    let client = connect(&server);
    server.serve_forever(LONG).unwrap();
    assert_eq!(read_all(client), "");
}

#[test]
fn a_panic_of_a_hook_ends_the_loop_and_blocks_nobody() {
    struct Bad;
    impl Hooks<Tcp> for Bad {
        fn service_actions(&self) {
            panic!("bad hook");
        }
    }
    let server = TcpServer::builder(Echo).hooks(Bad).bind("127.0.0.1:0").unwrap();
    thread::scope(|scope| {
        let loop_ = scope.spawn(|| server.serve_forever(SHORT));
        assert!(loop_.join().is_err());
    });
    server.shutdown();
}

#[test]
fn server_close_waits_for_threads_unless_told_not_to() {
    for (mix_in, waits) in [
        (ThreadingMixIn::default(), true),
        (ThreadingMixIn { block_on_close: false, ..ThreadingMixIn::default() }, false),
        (ThreadingMixIn { daemon_threads: true, ..ThreadingMixIn::default() }, false),
    ] {
        let server = ThreadingTcpServer::builder(Echo).mix_in(mix_in).bind("127.0.0.1:0").unwrap();
        let mut client = connect(&server);
        server.handle_request().unwrap();
        let (sender, closed) = channel();
        thread::spawn(move || {
            server.server_close();
            sender.send(()).unwrap();
        });
        if waits {
            assert!(closed.recv_timeout(Duration::from_millis(200)).is_err(), "{mix_in:?}");
        } else {
            closed.recv_timeout(LONG).expect("it does not wait");
        }
        client.write_all(b"x\n").unwrap();
        assert_eq!(read_all(client), "x\n");
        if waits {
            closed.recv_timeout(LONG).expect("it waits no longer");
        }
    }
}

#[test]
fn a_server_dropped_in_the_middle_frees_its_port_first() {
    let server = ThreadingTcpServer::new("127.0.0.1:0", Echo).unwrap();
    let at = address(&server);
    let mut client = connect(&server);
    server.handle_request().unwrap();
    let dropping = thread::spawn(move || drop(server));
    let end = Instant::now() + LONG;
    while TcpStream::connect(at).is_ok() {
        assert!(Instant::now() < end, "the port is still open");
        thread::yield_now();
    }
    client.write_all(b"x\n").unwrap();
    assert_eq!(read_all(client), "x\n");
    dropping.join().unwrap();
}

// ---- handle_request

#[test]
fn handle_request_waits_no_longer_than_its_timeout() {
    let told = Told::default();
    let server = TcpServer::builder(Echo).hooks(told.clone()).timeout(SHORT);
    let server = server.bind("127.0.0.1:0").unwrap();
    assert_eq!(server.handle_request().unwrap(), Outcome::TimedOut);
    assert_eq!(told.all(), ["timeout"]);
    let mut client = connect(&server);
    client.write_all(b"now\n").unwrap();
    assert_eq!(server.handle_request().unwrap(), Outcome::Handled);
    assert_eq!(read_all(client), "now\n");
}

#[test]
fn its_descriptor_tells_when_a_request_is_there() {
    use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
    let server = TcpServer::new("127.0.0.1:0", Echo).unwrap();
    assert_eq!(server.fileno(), server.as_fd().as_raw_fd());
    let ready = |limit: u16| {
        let mut events = [PollFd::new(server.as_fd(), PollFlags::POLLIN)];
        poll(&mut events, PollTimeout::from(limit)).unwrap()
    };
    assert_eq!(ready(0), 0);
    let _client = connect(&server);
    assert_eq!(ready(20_000), 1);
}

// ---- the handler

/// Notes which of its methods are called; fails in the one it is told to.
#[derive(Clone)]
struct Steps {
    sender: Sender<&'static str>,
    fails_in: &'static str,
}

impl Steps {
    fn step(&self, name: &'static str) -> Result {
        self.sender.send(name)?;
        match name == self.fails_in {
            true => Err("as told".into()),
            false => Ok(()),
        }
    }
}

impl StreamRequestHandler for Steps {
    fn setup(&mut self, _: &mut StreamRequest) -> Result {
        self.step("setup")
    }
    fn handle(&mut self, _: &mut StreamRequest) -> Result {
        self.step("handle")
    }
    fn finish(&mut self, _: &mut StreamRequest) -> Result {
        self.step("finish")
    }
}

#[test]
fn finish_comes_after_handle_also_when_that_failed() {
    for (fails_in, expected) in [
        ("", vec!["setup", "handle", "finish"]),
        ("handle", vec!["setup", "handle", "finish"]),
        ("setup", vec!["setup"]),
    ] {
        let (sender, steps) = channel();
        let told = Told::default();
        let handler = Steps { sender, fails_in };
        let server = TcpServer::builder(handler).hooks(told.clone()).bind("127.0.0.1:0").unwrap();
        let client = connect(&server);
        server.handle_request().unwrap();
        drop(server);
        assert_eq!(steps.iter().collect::<Vec<_>>(), expected);
        assert_eq!(told.all().len(), usize::from(!fails_in.is_empty()));
        assert_eq!(read_all(client), "");
    }
}

#[test]
fn a_handlers_timeout_is_an_error_of_its_read() {
    #[derive(Clone)]
    struct Impatient;
    impl StreamRequestHandler for Impatient {
        fn timeout(&self) -> Option<Duration> {
            Some(Duration::from_millis(50))
        }
        fn handle(&mut self, request: &mut StreamRequest) -> Result {
            let kind = request.rfile.read_line(&mut String::new()).map_err(|e| e.kind());
            Ok(write!(request.wfile, "{kind:?}")?)
        }
    }
    let server = TcpServer::new("127.0.0.1:0", Impatient).unwrap();
    let client = connect(&server);
    server.handle_request().unwrap();
    assert_eq!(read_all(client), "Err(TimedOut)");
}

#[test]
fn nagles_algorithm_is_off_only_if_asked_for() {
    #[derive(Clone)]
    struct Quick(bool);
    impl StreamRequestHandler for Quick {
        fn disable_nagle_algorithm(&self) -> bool {
            self.0
        }
        fn handle(&mut self, request: &mut StreamRequest) -> Result {
            let on = getsockopt(request.connection(), sockopt::TcpNoDelay)?;
            Ok(write!(request.wfile, "{on}")?)
        }
    }
    for asked in [false, true] {
        let server = TcpServer::new("127.0.0.1:0", Quick(asked)).unwrap();
        let client = connect(&server);
        server.handle_request().unwrap();
        assert_eq!(read_all(client), asked.to_string());
    }
}

#[test]
fn each_request_has_a_handler_of_its_own_and_they_share_what_is_shared() {
    let shared = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&shared);
    let mut own = 0;
    let handler = does(move |request| {
        own += 1;
        let all = counter.fetch_add(1, SeqCst) + 1;
        Ok(write!(request.wfile, "{own} {all}")?)
    });
    let server = TcpServer::new("127.0.0.1:0", handler).unwrap();
    for n in 1..=3 {
        let client = connect(&server);
        server.handle_request().unwrap();
        assert_eq!(read_all(client), format!("1 {n}"));
    }
}

#[test]
fn who_keeps_the_connection_does_not_keep_the_client_waiting() {
    let kept: Arc<Mutex<Vec<Connection>>> = Arc::default();
    let keeper = Arc::clone(&kept);
    let handler = does(move |request| {
        keeper.lock().map_err(|e| e.to_string())?.push(request.connection().clone());
        Ok(())
    });
    let server = TcpServer::builder(handler).mix_in(Sequential).bind("127.0.0.1:0").unwrap();
    let client = connect(&server);
    server.handle_request().unwrap();
    assert_eq!(read_all(client), "", "the request is over");
    kept.lock().unwrap().clear();
}

// ---- what a subclass may change

#[test]
fn an_address_in_use_is_an_error_and_reuse_is_an_option() {
    let first = TcpServer::new("127.0.0.1:0", Echo).unwrap();
    let again = TcpServer::new(address(&first), Echo).unwrap_err();
    assert_eq!(again.kind(), ErrorKind::AddrInUse);
    assert!(!getsockopt(&first, sockopt::ReuseAddr).unwrap(), "Python's default");

    let builder = || TcpServer::builder(Echo).allow_reuse_port(true).allow_reuse_address(true);
    let one = builder().bind("127.0.0.1:0").unwrap();
    assert!(getsockopt(&one, sockopt::ReuseAddr).unwrap());
    let two = builder().bind(address(&one)).unwrap();
    assert_eq!(address(&one), address(&two), "two servers of one port");
}

#[test]
fn the_queue_is_as_long_as_asked_for() {
    let connected = |size: u16| {
        let server = TcpServer::builder(Echo).request_queue_size(size).bind("127.0.0.1:0").unwrap();
        let mut clients = Vec::new();
        for _ in 0..40 {
            match TcpStream::connect_timeout(&address(&server), Duration::from_millis(300)) {
                Ok(client) => clients.push(client),
                Err(_) => break,
            }
        }
        clients.len()
    };
    assert_eq!(connected(50), 40);
    assert!(connected(5) < 10, "Python's default of 5 lets about six wait");
}

#[test]
fn the_address_family_chooses_among_a_names_addresses() {
    let both = ["127.0.0.1:0".parse().unwrap(), "[::1]:0".parse::<SocketAddr>().unwrap()];
    let inet = TcpServer::builder(Echo).address_family(AddressFamily::Inet).bind(&both[..]);
    assert!(address(&inet.unwrap()).is_ipv4());
    if TcpListener::bind("[::1]:0").is_err() {
        eprintln!("skipped: this machine has no IPv6");
        return;
    }
    let inet6 = TcpServer::builder(Echo).address_family(AddressFamily::Inet6).bind(&both[..]);
    let inet6 = inet6.unwrap();
    assert!(address(&inet6).is_ipv6());
    serving(&inet6, || {
        let mut client = connect(&inet6);
        client.write_all(b"six\n").unwrap();
        assert_eq!(read_all(client), "six\n");
    });
    let none = TcpServer::builder(Echo).address_family(AddressFamily::Inet6).bind("127.0.0.1:0");
    assert_eq!(none.unwrap_err().kind(), ErrorKind::AddrNotAvailable);
}

#[test]
fn at_most_so_many_requests_are_in_progress() {
    let server = ThreadingTcpServer::builder(Echo).max_requests(2).bind("127.0.0.1:0").unwrap();
    serving(&server, || {
        let mut clients: Vec<_> = (0..3).map(|_| connect(&server)).collect();
        let third = clients.pop().unwrap();
        for client in &mut clients {
            client.write_all(b"half").unwrap();
        }
        (&third).write_all(b"third\n").unwrap();
        third.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
        assert!((&third).read(&mut [0]).is_err(), "it waits");
        third.set_read_timeout(Some(LONG)).unwrap();
        drop(clients.pop());
        assert_eq!(read_all(third), "third\n");
    });
}

#[test]
fn every_hook_is_called_in_its_place() {
    struct All(Told);
    impl Hooks<Tcp> for All {
        fn server_bind(&self, socket: BorrowedFd<'_>) -> io::Result<()> {
            self.0.note("bind");
            nix::sys::socket::setsockopt(&socket, sockopt::KeepAlive, &true)?;
            Ok(())
        }
        fn server_activate(&self, transport: &Tcp) -> io::Result<()> {
            self.0.note("activate");
            transport.activate()
        }
        fn get_request(&self, transport: &Tcp) -> io::Result<(OwnedFd, Address)> {
            let request = transport.get_request()?;
            self.0.note("get");
            Ok(request)
        }
        fn verify_request(&self, _: &OwnedFd, _: &Address) -> bool {
            self.0.note("verify");
            true
        }
        fn process_request(&self, mix_in: &dyn MixIn, job: Job) -> io::Result<()> {
            self.0.note("process");
            mix_in.process_request(job)
        }
        fn service_actions(&self) {
            self.0.note("service");
        }
    }
    let told = Told::default();
    let server = TcpServer::builder(Echo).hooks(All(told.clone())).bind("127.0.0.1:0").unwrap();
    assert!(getsockopt(&server, sockopt::KeepAlive).unwrap());
    serving(&server, || {
        let mut client = connect(&server);
        client.write_all(b"x\n").unwrap();
        read_all(client);
        let end = Instant::now() + LONG;
        let services = || told.all().iter().filter(|what| *what == "service").count();
        while services() < 5 {
            assert!(Instant::now() < end, "service_actions is not called again and again");
            thread::yield_now();
        }
    });
    let mut all = told.all();
    all.retain(|what| what != "service");
    assert_eq!(all, ["bind", "activate", "get", "verify", "process"]);
}

#[test]
fn a_request_that_nobody_takes_is_told_and_closed() {
    #[derive(Debug, Default)]
    struct Unwilling;
    impl MixIn for Unwilling {
        fn process_request(&self, _: Job) -> io::Result<()> {
            Err(io::Error::other("no thread to be had"))
        }
    }
    let told = Told::default();
    let server = Server::<Unwilling, Tcp, _>::builder(Echo).hooks(told.clone());
    let server = server.bind("127.0.0.1:0").unwrap();
    let client = connect(&server);
    server.handle_request().unwrap();
    assert_eq!(read_all(client), "");
    assert_eq!(told.all(), ["error: No thread to be had"]);
}

#[test]
fn an_error_of_get_request_is_paused_for_and_not_fatal() {
    struct Full(AtomicUsize);
    impl Hooks<Tcp> for Full {
        fn get_request(&self, transport: &Tcp) -> io::Result<(OwnedFd, Address)> {
            match self.0.fetch_add(1, SeqCst) {
                0..3 => Err(nix::errno::Errno::EMFILE.into()),
                _ => transport.get_request(),
            }
        }
    }
    let hooks = Full(AtomicUsize::new(0));
    let server = TcpServer::builder(Echo).hooks(hooks).bind("127.0.0.1:0").unwrap();
    let begin = Instant::now();
    serving(&server, || {
        let mut client = connect(&server);
        client.write_all(b"x\n").unwrap();
        assert_eq!(read_all(client), "x\n");
    });
    assert!(begin.elapsed() >= Duration::from_millis(60), "10 + 20 + 40 ms, no busy loop");
}
