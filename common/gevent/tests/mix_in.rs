//! `GeventMixIn`: socketserver's servers with a task for each request.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::time::Duration;

use gevent::{GeventMixIn, hub, joinall, monkey, spawn};
use socketserver::*;

type TcpServer<H> = Server<GeventMixIn, Tcp, H>;

const ANY_PORT: &str = "127.0.0.1:0";

/// Echoes line by line, fails at `fail`, and answers `who` with the name of its task.
#[derive(Clone)]
struct Lines;

impl StreamRequestHandler for Lines {
    fn handle(&mut self, request: &mut StreamRequest) -> Result {
        let mut line = String::new();
        while request.rfile.read_line(&mut line)? > 0 {
            assert!(line != "fail\n", "on purpose");
            if line == "who\n" {
                line = gevent::getcurrent().name() + "\n";
            }
            request.wfile.write_all(line.as_bytes())?;
            request.wfile.flush()?;
            line.clear();
        }
        Ok(())
    }
}

/// One who talks line by line.
struct Talker(BufReader<TcpStream>);

impl Talker {
    fn new(to: SocketAddr) -> Talker {
        Talker(BufReader::new(TcpStream::connect(to).unwrap()))
    }

    fn asks(&mut self, line: &str) -> String {
        self.0.get_mut().write_all(format!("{line}\n").as_bytes()).unwrap();
        let mut answer = String::new();
        self.0.read_line(&mut answer).unwrap();
        answer
    }
}

/// Serves while `clients` runs as a task beside it; then the server is shut down and closed.
fn serving<R: 'static>(
    server: TcpServer<impl StreamRequestHandler>,
    clients: impl FnOnce(SocketAddr) -> R + 'static,
) -> R {
    let address = server.server_address().inet().unwrap();
    let shutdown = server.shutdown_handle();
    let clients = spawn(move || {
        let result = clients(address);
        shutdown.shutdown();
        result
    });
    server.serve_forever(Duration::from_secs(60)).unwrap();
    server.server_close();
    clients.take(None).unwrap()
}

#[test]
fn clients_are_answered_at_once_in_one_thread() {
    monkey::patch_all();
    serving(TcpServer::new(ANY_PORT, Lines).unwrap(), |address| {
        let (mut one, mut two) = (Talker::new(address), Talker::new(address));
        for text in ["a", "b"] {
            assert_eq!(two.asks(text), format!("{text}\n"));
            assert_eq!(one.asks(text), format!("{text}\n"));
        }
        let itself = one.0.get_ref().local_addr().unwrap();
        assert_eq!(one.asks("who"), format!("client {itself}\n"));
    });
}

#[test]
fn one_that_panics_costs_its_client_only() {
    monkey::patch_all();
    serving(TcpServer::new(ANY_PORT, Lines).unwrap(), |address| {
        let (mut bad, mut good) = (Talker::new(address), Talker::new(address));
        assert_eq!(bad.asks("fail"), "");
        assert_eq!(good.asks("still here"), "still here\n");
    });
}

#[test]
fn no_more_at_once_than_max_tasks() {
    monkey::patch_all();
    let mix_in = GeventMixIn { max_tasks: Some(2), ..GeventMixIn::default() };
    let server = TcpServer::builder(Lines).mix_in(mix_in).bind(ANY_PORT).unwrap();
    serving(server, |address| {
        let mut here = [Talker::new(address), Talker::new(address)];
        here.iter_mut().for_each(|client| assert_eq!(client.asks("x"), "x\n"));
        let third = spawn(move || Talker::new(address).asks("at last"));
        gevent::sleep(Duration::from_millis(20));
        assert!(!third.ready());
        drop(here);
        assert_eq!(third.get(None).unwrap(), "at last\n");
    });
}

#[test]
fn closing_waits_for_the_tasks() {
    #[derive(Clone)]
    struct Slow(Arc<AtomicBool>);

    impl StreamRequestHandler for Slow {
        fn handle(&mut self, request: &mut StreamRequest) -> Result {
            std::thread::sleep(Duration::from_millis(30)); // patched
            self.0.store(true, SeqCst);
            Ok(request.wfile.write_all(b"done")?)
        }
    }

    let done = Arc::new(AtomicBool::new(false));
    monkey::patch_all();
    let client = serving(TcpServer::new(ANY_PORT, Slow(Arc::clone(&done))).unwrap(), |address| {
        let client = TcpStream::connect(address).unwrap();
        gevent::sleep(Duration::from_millis(5));
        client
    });
    assert!(done.load(SeqCst));
    let mut answer = String::new();
    { client }.read_to_string(&mut answer).unwrap();
    assert_eq!(answer, "done");
    assert!(hub().join(None));
}

#[test]
fn datagrams_too() {
    #[derive(Clone)]
    struct Shout;

    impl DatagramRequestHandler for Shout {
        fn handle(&mut self, request: &mut DatagramRequest) -> Result {
            std::thread::sleep(Duration::from_millis(20));
            let loud = request.rfile.get_ref().to_ascii_uppercase();
            Ok(request.wfile.write_all(&loud)?)
        }
    }

    monkey::patch_all();
    let server = Server::<GeventMixIn, Udp, _>::new(ANY_PORT, Shout).unwrap();
    let address = server.server_address().inet().unwrap();
    let shutdown = server.shutdown_handle();
    let ask = move |text: &'static str| {
        let socket = UdpSocket::bind(ANY_PORT).unwrap();
        socket.send_to(text.as_bytes(), address).unwrap();
        let mut answer = [0; 10];
        let n = socket.recv(&mut answer).unwrap();
        answer[..n].to_vec()
    };
    let clients = spawn(move || {
        let begin = std::time::Instant::now();
        let tasks: Vec<_> = ["a", "b", "c", "d"].map(|text| spawn(move || ask(text))).into();
        assert_eq!(joinall(&tasks, None).len(), 4);
        assert_eq!(tasks[3].get(None).unwrap(), b"D");
        shutdown.shutdown();
        begin.elapsed()
    });
    server.serve_forever(POLL_INTERVAL).unwrap();
    assert!(clients.get(None).unwrap() >= Duration::from_millis(20));
}

#[test]
fn without_a_patch_one_is_answered_after_another() {
    let server = TcpServer::new(ANY_PORT, Lines).unwrap();
    let address = server.server_address().inet().unwrap();
    let clients = std::thread::spawn(move || {
        ["one", "two"].map(|text| {
            let mut client = Talker::new(address);
            client.asks(text) + &client.asks("who")
        })
    });
    for _ in 0..2 {
        assert_eq!(server.handle_request().unwrap(), Outcome::Handled);
    }
    let answers = clients.join().unwrap();
    assert!(answers[1].starts_with("two\nclient 127.0.0.1:"));
}
