//! Datagrams of every size, over UDP and Unix sockets, and the files of Unix sockets.

#![allow(clippy::unwrap_used, reason = "a test may")]

use std::fs;
use std::io::{self, ErrorKind, Read, Write};
use std::net::UdpSocket;
use std::os::unix::net;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use socketserver::*;

const LONG: Duration = Duration::from_secs(20);

/// Answers with the packet, or says that it was cut.
#[derive(Clone)]
struct Echo;

impl DatagramRequestHandler for Echo {
    fn handle(&mut self, request: &mut DatagramRequest) -> Result {
        if request.truncated {
            write!(request.wfile, "cut at ")?;
            let length = request.packet().len();
            return Ok(write!(request.wfile, "{length}")?);
        }
        io::copy(&mut request.rfile, &mut request.wfile)?;
        Ok(())
    }
}

impl StreamRequestHandler for Echo {
    fn handle(&mut self, request: &mut StreamRequest) -> Result {
        io::copy(&mut request.rfile, &mut request.wfile)?;
        Ok(())
    }
}

fn serving<M, T, H, R>(server: &Server<M, T, H>, test: impl FnOnce() -> R) -> R
where
    M: MixIn,
    T: Transport,
    H: BaseRequestHandler<T::Request> + Sync,
{
    struct ShutDown(ShutdownHandle);
    impl Drop for ShutDown {
        fn drop(&mut self) {
            self.0.shutdown();
        }
    }
    thread::scope(|scope| {
        scope.spawn(|| server.serve_forever(POLL_INTERVAL).unwrap());
        let _at_the_end = ShutDown(server.shutdown_handle());
        test()
    })
}

fn client<M, H>(server: &Server<M, Udp, H>) -> UdpSocket {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.connect(server.server_address().inet().unwrap()).unwrap();
    socket.set_read_timeout(Some(LONG)).unwrap();
    socket
}

fn answer(socket: &UdpSocket, packet: &[u8]) -> Vec<u8> {
    socket.send(packet).unwrap();
    let mut buffer = vec![0; 65_536];
    let n = socket.recv(&mut buffer).unwrap();
    buffer.truncate(n);
    buffer
}

#[test]
fn empty_one_byte_and_the_largest_come_back_whole() {
    fn check<M: MixIn + Default>() {
        let server = Server::<M, Udp, Echo>::builder(Echo).max_packet_size(65_507);
        let server = server.bind("127.0.0.1:0").unwrap();
        serving(&server, || {
            let client = client(&server);
            for length in [0, 1, 100, 8192, 8193, 65_507] {
                let packet: Vec<u8> = (0..length).map(|n| (n % 251) as u8).collect();
                assert!(answer(&client, &packet) == packet, "{length} bytes");
            }
        });
    }
    check::<Sequential>();
    check::<ThreadingMixIn>();
}

#[test]
fn a_longer_packet_is_cut_and_says_so() {
    let server = UdpServer::new("127.0.0.1:0", Echo).unwrap();
    serving(&server, || {
        let client = client(&server);
        assert_eq!(answer(&client, &[7; 8192]), [7; 8192], "Python's max_packet_size");
        assert_eq!(answer(&client, &[7; 8193]), b"cut at 8192");
        assert_eq!(answer(&client, b"after"), b"after", "the rest of the long one is gone");
    });
}

#[test]
fn each_sender_gets_its_own_answer() {
    let server = ThreadingUdpServer::new("127.0.0.1:0", Echo).unwrap();
    serving(&server, || {
        let clients: Vec<_> = (0..20).map(|_| client(&server)).collect();
        for (n, client) in clients.iter().enumerate() {
            client.send(format!("from {n}").as_bytes()).unwrap();
        }
        for (n, client) in clients.iter().enumerate().rev() {
            let mut buffer = [0; 100];
            let got = client.recv(&mut buffer).unwrap();
            assert_eq!(&buffer[..got], format!("from {n}").as_bytes());
        }
    });
}

#[test]
fn the_reply_is_sent_also_when_the_handler_failed() {
    #[derive(Clone)]
    struct Fails;
    impl DatagramRequestHandler for Fails {
        fn handle(&mut self, request: &mut DatagramRequest) -> Result {
            write!(request.wfile, "so far")?;
            Err("no further".into())
        }
    }
    #[derive(Clone)]
    struct Panics;
    impl DatagramRequestHandler for Panics {
        fn handle(&mut self, _: &mut DatagramRequest) -> Result {
            panic!("no further");
        }
    }
    let fails = UdpServer::new("127.0.0.1:0", Fails).unwrap();
    serving(&fails, || assert_eq!(answer(&client(&fails), b"?"), b"so far"));
    let panics = UdpServer::new("127.0.0.1:0", Panics).unwrap();
    serving(&panics, || {
        assert_eq!(answer(&client(&panics), b"?"), b"", "one datagram, although empty");
        assert_eq!(answer(&client(&panics), b"?"), b"", "the server goes on");
    });
}

#[test]
fn a_reply_that_is_too_long_is_an_error_of_that_request() {
    #[derive(Clone)]
    struct TooLong;
    impl DatagramRequestHandler for TooLong {
        fn handle(&mut self, request: &mut DatagramRequest) -> Result {
            request.wfile = vec![0; request.packet().len() * 70_000];
            Ok(())
        }
    }
    struct Told(Arc<Mutex<Vec<String>>>);
    impl Hooks<Udp> for Told {
        fn handle_error(&self, _: &Address, error: &HandlerError) {
            self.0.lock().unwrap().push(error.to_string());
        }
    }
    let told: Arc<Mutex<Vec<String>>> = Arc::default();
    let server = UdpServer::builder(TooLong).hooks(Told(Arc::clone(&told)));
    let server = server.bind("127.0.0.1:0").unwrap();
    let client = UdpSocket::bind("127.0.0.1:0").unwrap();
    client.connect(server.server_address().inet().unwrap()).unwrap();
    client.send(b"x").unwrap();
    assert_eq!(server.handle_request().unwrap(), Outcome::Handled);
    assert_eq!(told.lock().unwrap().len(), 1, "{told:?}");
    client.send(b"").unwrap();
    assert_eq!(server.handle_request().unwrap(), Outcome::Handled);
    assert_eq!(told.lock().unwrap().len(), 1, "{told:?}");
}

#[test]
fn a_flood_takes_no_more_threads_than_allowed() {
    #[derive(Clone)]
    struct Slow(Arc<AtomicUsize>, Arc<AtomicUsize>);
    impl DatagramRequestHandler for Slow {
        fn handle(&mut self, _: &mut DatagramRequest) -> Result {
            let now = self.0.fetch_add(1, SeqCst) + 1;
            self.1.fetch_max(now, SeqCst);
            thread::sleep(Duration::from_millis(2));
            self.0.fetch_sub(1, SeqCst);
            Ok(())
        }
    }
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let server = ThreadingUdpServer::builder(Slow(now, Arc::clone(&most))).max_requests(8);
    let server = server.bind("127.0.0.1:0").unwrap();
    serving(&server, || {
        let client = client(&server);
        for _ in 0..5000 {
            client.send(b"flood").unwrap();
            assert!(server.active_requests() <= 8);
        }
        // It still answers.
        let end = Instant::now() + LONG;
        client.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
        while client.recv(&mut [0]).is_err() {
            client.send(b"still there?").unwrap();
            assert!(Instant::now() < end, "it answers no more");
        }
    });
    assert!(most.load(SeqCst) <= 8, "{most:?} at once");
}

#[test]
fn a_bare_handler_sees_the_datagram_itself() {
    #[derive(Clone)]
    struct Bare;
    impl BaseRequestHandler<Datagram> for Bare {
        fn handle(&mut self, request: &mut Datagram) -> Result {
            request.reply(b"one")?;
            Ok(request.send_to(b"two", request.client_address())?)
        }
    }
    let server = UdpServer::new("127.0.0.1:0", Bare).unwrap();
    serving(&server, || {
        let client = client(&server);
        assert_eq!(answer(&client, b"?"), b"one");
        let mut buffer = [0; 10];
        assert_eq!(client.recv(&mut buffer).unwrap(), 3);
        assert_eq!(&buffer[..3], b"two");
    });
}

// ---- Unix sockets

fn unix_client(folder: &Path, server: &Path) -> net::UnixDatagram {
    let socket = net::UnixDatagram::bind(folder.join("client")).unwrap();
    socket.connect(server).unwrap();
    socket.set_read_timeout(Some(LONG)).unwrap();
    socket
}

#[test]
fn unix_datagrams_are_answered_at_the_senders_path() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("server");
    let server = ThreadingUnixDatagramServer::builder(Echo).max_packet_size(100_000);
    let server = server.bind(&path).unwrap();
    serving(&server, || {
        let client = unix_client(folder.path(), &path);
        for length in [0, 1, 100_000] {
            client.send(&vec![7; length]).unwrap();
            let mut buffer = vec![0; 100_001];
            assert_eq!(client.recv(&mut buffer).unwrap(), length);
        }
        // A sender without a name cannot be answered, and costs nobody anything.
        let nameless = net::UnixDatagram::unbound().unwrap();
        nameless.send_to(b"no answer, please", &path).unwrap();
        client.send(b"x").unwrap();
        assert_eq!(client.recv(&mut [0]).unwrap(), 1);
    });
}

#[test]
fn an_abstract_name_needs_no_file() {
    let name = format!("\0socketserver-test-{}", std::process::id());
    let server = ThreadingUnixStreamServer::new(name.as_str(), Echo).unwrap();
    assert!(matches!(server.server_address(), Address::Abstract(_)));
    serving(&server, || {
        use std::os::linux::net::SocketAddrExt;
        let address = net::SocketAddr::from_abstract_name(&name[1..]).unwrap();
        let mut client = net::UnixStream::connect_addr(&address).unwrap();
        client.write_all(b"hello").unwrap();
        client.shutdown(std::net::Shutdown::Write).unwrap();
        let mut text = String::new();
        client.read_to_string(&mut text).unwrap();
        assert_eq!(text, "hello");
    });
}

#[test]
fn python_leaves_the_file_and_so_does_this_unless_told_otherwise() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("server");
    drop(UnixStreamServer::new(&path, Echo).unwrap());
    assert!(path.exists());
    let again = UnixStreamServer::new(&path, Echo).unwrap_err();
    assert_eq!(again.kind(), ErrorKind::AddrInUse);

    // Nobody listens there any more: it is replaced, and removed at the end.
    let server = UnixStreamServer::builder(Echo).unlink_path(true).bind(&path).unwrap();
    assert!(net::UnixStream::connect(&path).is_ok());
    drop(server);
    assert!(!path.exists());
}

#[test]
fn a_live_socket_or_a_plain_file_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("server");
    let live = UnixStreamServer::new(&path, Echo).unwrap();
    for error in [
        UnixStreamServer::builder(Echo).unlink_path(true).bind(&path).unwrap_err(),
        UnixDatagramServer::builder(Echo).unlink_path(true).bind(&path).unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::AddrInUse);
    }
    assert!(net::UnixStream::connect(&path).is_ok(), "it is still there");
    drop(live);

    let file = folder.path().join("file");
    fs::write(&file, "precious").unwrap();
    let refused = UnixStreamServer::builder(Echo).unlink_path(true).bind(&file).unwrap_err();
    assert_eq!(refused.to_string(), "a file of that name exists");
    assert_eq!(fs::read_to_string(&file).unwrap(), "precious");
}

#[test]
fn a_file_that_another_server_has_made_since_is_not_removed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("server");
    let first = UnixStreamServer::builder(Echo).unlink_path(true).bind(&path).unwrap();
    fs::remove_file(&path).unwrap();
    let second = UnixStreamServer::builder(Echo).unlink_path(true).bind(&path).unwrap();
    drop(first);
    assert!(net::UnixStream::connect(&path).is_ok(), "the second one's is still there");
    drop(second);
    assert!(!path.exists());
}

#[test]
fn a_path_that_is_too_long_is_an_error() {
    let path = format!("/tmp/{}", "x".repeat(200));
    assert!(UnixStreamServer::new(path.as_str(), Echo).is_err());
    let error = UnixDatagramServer::new("/no/such/folder/sock", Echo).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
}
