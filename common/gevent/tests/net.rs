//! Sockets, servers, threads and signals, case by case.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::cell::{Cell, RefCell};
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr};
use std::rc::Rc;
use std::time::{Duration, Instant};

use gevent::net::*;
use gevent::pool::Pool;
use gevent::server::*;
use gevent::*;

const NOW: Duration = Duration::ZERO;

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// Two ends of a TCP connection.
fn pair() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let connecting = spawn(move || TcpStream::connect(address).unwrap());
    let (accepted, _) = listener.accept().unwrap();
    (connecting.get(None).unwrap(), accepted)
}

fn read(mut stream: &TcpStream) -> io::Result<Vec<u8>> {
    let mut buffer = [0; 100];
    let n = stream.read(&mut buffer)?;
    Ok(buffer[..n].to_vec())
}

mod streams {
    use super::*;

    #[test]
    fn a_reader_waits_while_others_run() {
        let (mut here, there) = pair();
        let reader = spawn(move || read(&there).unwrap());
        sleep(ms(1));
        assert!(!reader.ready());
        here.write_all(b"hello").unwrap();
        assert_eq!(reader.get(None).unwrap(), b"hello");
    }

    #[test]
    fn a_second_reader_is_an_error_and_the_first_gets_the_byte() {
        let (mut here, there) = pair();
        let other = there.clone();
        let first = spawn(move || read(&other).unwrap());
        sleep(NOW);
        let error = read(&there).unwrap_err();
        assert!(error.to_string().contains("another task already waits"), "{error}");
        here.write_all(b"x").unwrap();
        assert_eq!(first.get(None).unwrap(), b"x");
    }

    #[test]
    fn one_may_read_while_another_writes() {
        let (mut here, there) = pair();
        let (mut writes, reads) = (there.clone(), there);
        let bytes = vec![7; 5_000_000];
        let reader = spawn(move || read(&reads).unwrap());
        let writer = spawn(move || writes.write_all(&bytes).unwrap());
        sleep(ms(5));
        assert!(!writer.ready(), "five megabytes fit in no socket buffer");
        here.write_all(b"x").unwrap();
        assert_eq!(reader.get(None).unwrap(), b"x");
        let mut all = vec![0; 5_000_000];
        here.read_exact(&mut all).unwrap();
        assert!(writer.join(None) && all.iter().all(|&byte| byte == 7));
    }

    #[test]
    fn close_ends_the_wait_of_another() {
        let (here, there) = pair();
        let other = there.clone();
        let reader = spawn(move || read(&other).map_err(|error| error.raw_os_error()));
        sleep(NOW);
        there.close();
        assert_eq!(reader.get(None).unwrap(), Err(Some(nix::libc::EBADF)));
        assert!(read(&there).is_err());
        assert_eq!(read(&here).unwrap(), b""); // and the peer learns of it
    }

    #[test]
    fn a_killed_reader_leaves_the_socket_usable() {
        let (mut here, there) = pair();
        let other = there.clone();
        let reader = spawn(move || read(&other));
        sleep(NOW);
        reader.kill(None);
        here.write_all(b"again").unwrap();
        assert_eq!(read(&there).unwrap(), b"again");
    }

    #[test]
    fn a_number_that_is_used_again_is_not_woken_by_old_news() {
        for _ in 0..20 {
            let (here, there) = pair();
            let reader = spawn(move || read(&there));
            sleep(NOW);
            drop(here); // its news come after the close
            reader.kill_nowait();
            let (mut here, there) = pair();
            let fresh = spawn(move || read(&there).unwrap());
            sleep(NOW);
            here.write_all(b"y").unwrap();
            assert_eq!(fresh.get(None).unwrap(), b"y");
        }
    }

    #[test]
    fn time_limits_for_reads_and_for_everything() {
        let (_here, there) = pair();
        there.set_read_timeout(Some(ms(5)));
        let begin = Instant::now();
        assert_eq!(read(&there).unwrap_err().kind(), ErrorKind::TimedOut);
        assert!(begin.elapsed() >= ms(5));
        there.set_read_timeout(None);
        assert!(with_timeout(Some(ms(5)), || read(&there)).is_err());
        there.set_read_timeout(Some(Duration::from_secs(1000)));
        let other = there.clone();
        let reader = spawn(move || read(&other).unwrap_err().kind());
        sleep(NOW);
        there.cancel_read();
        assert_eq!(reader.get(None).unwrap(), ErrorKind::ConnectionAborted);
    }

    #[test]
    fn the_end_of_what_the_peer_sends_is_not_missed() {
        let (mut here, mut there) = pair();
        let reader = spawn(move || {
            let mut all = Vec::new();
            there.read_to_end(&mut all).unwrap();
            all
        });
        sleep(NOW);
        here.write_all(b"last words").unwrap();
        here.shutdown(Shutdown::Write).unwrap();
        assert_eq!(reader.get(None).unwrap(), b"last words");
    }

    #[test]
    fn a_reset_is_an_error_of_that_one_only() {
        let (here, mut there) = pair();
        there.write_all(b"unread").unwrap();
        sleep(ms(1));
        drop(here); // with unread bytes: a reset
        let error = loop {
            if let Err(error) = read(&there) {
                break error;
            }
        };
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    }

    #[test]
    fn refused_and_unknown_are_errors() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        drop(listener);
        let error = TcpStream::connect(address).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
        assert!(TcpStream::connect("no port").is_err());
    }

    #[test]
    fn many_talk_at_once_and_a_greedy_one_starves_nobody() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let server = StreamServer::new(listener, |mut client, _| {
            let mut buffer = [0; 1000];
            while let Ok(n @ 1..) = client.read(&mut buffer) {
                client.write_all(&buffer[..n]).unwrap();
            }
        });
        server.start();
        let clients: Vec<_> = (0..100_u8)
            .map(|n| {
                spawn(move || {
                    let mut client = TcpStream::connect(address).unwrap();
                    for round in 0..20 {
                        let message = [n, round];
                        client.write_all(&message).unwrap();
                        let mut answer = [0; 2];
                        client.read_exact(&mut answer).unwrap();
                        assert_eq!(answer, message);
                    }
                })
            })
            .collect();
        let done = joinall(&clients, None);
        assert!(done.iter().all(|task| task.successful()));
        server.stop(Some(ms(100)));
    }

    #[test]
    fn a_connection_that_never_blocks_lets_others_run() {
        let (mut here, there) = pair();
        here.write_all(&[1; 10_000]).unwrap();
        sleep(ms(5));
        let ticks = Rc::new(Cell::new(0));
        let counts = ticks.clone();
        let ticker = spawn(move || {
            loop {
                counts.set(counts.get() + 1);
                sleep(NOW);
            }
        });
        let mut byte = [0];
        for _ in 0..10_000 {
            (&there).read_exact(&mut byte).unwrap();
        }
        assert!(ticks.get() > 10, "{}", ticks.get());
        ticker.kill(None);
    }
}

/// The alarm of a read's time limit outlives the read.
mod limits {
    use super::*;

    const LONG: Option<Duration> = Some(Duration::from_secs(1000));

    /// Two ends; the second has waited for a byte under a limit of so long.
    fn waited(limit: Option<Duration>) -> (TcpStream, TcpStream) {
        let (here, there) = pair();
        there.set_read_timeout(limit);
        let mut sender = here.clone();
        spawn(move || sender.write_all(b"x").unwrap());
        assert_eq!(read(&there).unwrap(), b"x");
        (here, there)
    }

    #[test]
    fn each_read_has_all_of_its_time() {
        let (_here, there) = waited(Some(ms(50)));
        sleep(ms(30));
        let begin = Instant::now();
        assert_eq!(read(&there).unwrap_err().kind(), ErrorKind::TimedOut);
        assert!(begin.elapsed() >= ms(50), "{:?}", begin.elapsed());
    }

    #[test]
    fn a_shorter_limit_counts_at_once() {
        let (_here, there) = waited(LONG);
        for _ in 0..2 {
            there.set_read_timeout(Some(ms(5)));
            assert_eq!(read(&there).unwrap_err().kind(), ErrorKind::TimedOut);
        }
    }

    #[test]
    fn a_limit_that_nobody_waits_under_keeps_no_hub_busy() {
        let (_here, there) = waited(LONG);
        assert!(hub().join(None));
        assert!(catch(|| event::Event::new().wait(None)).unwrap_err().is::<LoopExit>());
        there.close();
        assert!(hub().join(None));

        let (_here, there) = waited(Some(ms(5)));
        sleep(ms(10)); // it rings, and nobody hears it
        assert!(hub().join(None));
        let nap = spawn(|| sleep(ms(20)));
        assert!(hub().join(None), "and later timers count");
        assert!(nap.ready());
        drop(there);
    }

    #[test]
    fn who_was_woken_and_outrun_does_not_take_the_limit_away() {
        let (mut here, there) = pair();
        there.set_read_timeout(LONG);
        let (slow, fast) = (there.clone(), there);
        let slow = spawn(move || read(&slow).map_err(|error| error.to_string()));
        sleep(NOW);
        let fast = spawn(move || {
            here.write_all(b"x").unwrap();
            // While the first one waits, a second reader is an error; once it is woken, it is not.
            while read(&fast).is_err() {
                sleep(NOW);
            }
            fast.set_read_timeout(Some(ms(5)));
            read(&fast).unwrap_err().kind()
        });
        assert_eq!(fast.get(Some(Duration::from_secs(60))).unwrap(), ErrorKind::TimedOut);
        assert!(slow.get(None).unwrap().unwrap_err().contains("another task already waits"));
    }
}

mod others {
    use super::*;

    #[test]
    fn datagrams() {
        let server = UdpSocket::bind("127.0.0.1:0").unwrap();
        let address = server.local_addr().unwrap();
        let answers = server.clone();
        let server = DatagramServer::new(server, move |bytes, from| {
            answers.send_to(bytes, from).unwrap();
        });
        server.start();
        let client = UdpSocket::bind("127.0.0.1:0").unwrap();
        client.connect(address).unwrap();
        let mut buffer = [0; 100];
        for message in [&b"one"[..], b"", b"three"] {
            client.send(message).unwrap();
            let n = client.recv(&mut buffer).unwrap();
            assert_eq!(&buffer[..n], message);
        }
        client.set_read_timeout(Some(ms(1)));
        assert_eq!(client.recv(&mut buffer).unwrap_err().kind(), ErrorKind::TimedOut);
        server.stop();
    }

    #[test]
    fn unix_sockets() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("socket");
        let listener = UnixListener::bind(&path).unwrap();
        let client = spawn(move || {
            let mut client = UnixStream::connect(path).unwrap();
            client.write_all(b"hello").unwrap();
            client.shutdown(Shutdown::Write).unwrap();
        });
        let (mut stream, _) = listener.accept().unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        assert_eq!(text, "hello");
        client.join(None);
        let (mut one, mut two) = UnixStream::pair().unwrap();
        one.write_all(b"x").unwrap();
        two.read_exact(&mut [0]).unwrap();
    }

    #[test]
    fn a_pipe_is_waited_for_and_a_regular_file_cannot_be() {
        use std::os::fd::AsFd;
        let (reader, mut writer) = io::pipe().unwrap();
        assert_eq!(wait_read(reader.as_fd(), Some(ms(1))).unwrap_err().kind(), ErrorKind::TimedOut);
        writer.write_all(b"x").unwrap();
        wait_read(reader.as_fd(), None).unwrap();
        wait_read(reader.as_fd(), None).unwrap();
        let file = std::fs::File::open("/proc/self/exe").unwrap();
        assert!(wait_read(file.as_fd(), None).is_err());
    }

    #[test]
    fn literal_addresses_need_no_look_up_and_names_block_nobody() {
        assert_eq!(lookup("[::1]", 5).unwrap(), ["[::1]:5".parse::<SocketAddr>().unwrap()]);
        let ticks = Rc::new(Cell::new(0));
        let counts = ticks.clone();
        let ticker = spawn(move || {
            loop {
                counts.set(counts.get() + 1);
                sleep(ms(1));
            }
        });
        let found = lookup("localhost", 80).unwrap();
        assert!(found.iter().all(|address| address.ip().is_loopback() && address.port() == 80));
        assert!(ticks.get() > 0);
        ticker.kill(None);
    }
}

mod servers {
    use super::*;

    /// Connects and keeps the connection.
    fn connect(address: SocketAddr) -> TcpStream {
        TcpStream::connect(address).unwrap()
    }

    #[test]
    fn a_handler_that_fails_costs_its_client_only() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let server = StreamServer::new(listener, |mut client, _| {
            let request = read(&client).unwrap();
            assert!(request != b"bad", "a bad request");
            client.write_all(b"good").unwrap();
        });
        server.start();
        let (mut bad, mut good) = (connect(address), connect(address));
        bad.write_all(b"bad").unwrap();
        good.write_all(b"ok?").unwrap();
        assert_eq!(read(&bad).unwrap(), b"");
        assert_eq!(read(&good).unwrap(), b"good");
        server.stop(None);
        assert!(TcpStream::connect(address).is_err());
    }

    #[test]
    fn with_a_pool_of_one_the_second_waits_for_the_first() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let diary = Rc::new(RefCell::new(Vec::new()));
        let notes = diary.clone();
        let server = StreamServer::with_pool(listener, &Pool::new(1), move |client, _| {
            let name = read(&client).unwrap();
            notes.borrow_mut().push(format!("{} begins", String::from_utf8_lossy(&name)));
            sleep(ms(10));
            notes.borrow_mut().push(format!("{} ends", String::from_utf8_lossy(&name)));
        });
        server.start();
        let (mut one, mut two) = (connect(address), connect(address));
        one.write_all(b"one").unwrap();
        two.write_all(b"two").unwrap();
        assert_eq!(read(&two).unwrap(), b"");
        assert_eq!(*diary.borrow(), ["one begins", "one ends", "two begins", "two ends"]);
        server.stop(Some(NOW));
    }

    #[test]
    fn stop_leaves_handlers_alone_or_kills_them_in_time() {
        for (timeout, expected) in [(None, "done"), (Some(ms(5)), "")] {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let address = listener.local_addr().unwrap();
            let server = StreamServer::new(listener, |mut client, _| {
                sleep(ms(100));
                client.write_all(b"done").unwrap();
            });
            server.start();
            let client = connect(address);
            sleep(ms(5));
            let begin = Instant::now();
            server.stop(timeout);
            assert!(begin.elapsed() < ms(95));
            assert_eq!(read(&client).unwrap(), expected.as_bytes());
        }
    }

    #[test]
    fn serve_forever_ends_when_stopped() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = StreamServer::new(listener, |_, _| ());
        let other = server.clone();
        spawn_later(ms(5), move || other.stop(None));
        server.serve_forever();
    }
}

mod helpers {
    use super::*;

    #[test]
    fn others_run_while_a_thread_works() {
        let ticks = Rc::new(Cell::new(0));
        let counts = ticks.clone();
        let ticker = spawn(move || {
            loop {
                counts.set(counts.get() + 1);
                sleep(ms(1));
            }
        });
        let here = std::thread::current().id();
        let there = threadpool::apply(|| {
            std::thread::sleep(ms(20));
            std::thread::current().id()
        });
        assert_ne!(there.unwrap(), here);
        assert!(ticks.get() > 2);
        ticker.kill(None);
        let error = threadpool::apply(|| panic!("on purpose")).unwrap_err();
        assert_eq!(error.to_string(), "on purpose");
    }

    #[test]
    fn more_jobs_than_threads_all_get_done_and_a_killed_waiter_is_forgotten() {
        let pool = threadpool::ThreadPool::new(2);
        let jobs: Vec<_> = (0..20_u64)
            .map(|n| {
                pool.spawn(move || {
                    std::thread::sleep(ms(1));
                    n
                })
            })
            .collect();
        sleep(NOW);
        jobs[3].kill(None);
        let sum: u64 = jobs.iter().filter_map(|job| job.take(None).ok()?.ok()).sum();
        assert_eq!(sum, 190 - 3);
        assert!(hub().join(None)); // no number is still expected
    }

    #[test]
    fn a_signal_runs_its_handler_in_a_task_that_may_wait() {
        use nix::sys::signal::{Signal, raise};
        let seen = Rc::new(Cell::new(0));
        let counts = seen.clone();
        let handler = signal(Signal::SIGUSR1, move || {
            sleep(ms(1));
            counts.set(counts.get() + 1);
        })
        .unwrap();
        sleep(NOW);
        for expected in 1..=2 {
            raise(Signal::SIGUSR1).unwrap();
            while seen.get() < expected {
                sleep(ms(1));
            }
        }
        assert!(hub().join(None), "it waits for no signal");
        drop(handler);
        sleep(NOW);
    }

    #[test]
    fn fork_is_refused_where_there_is_a_hub() {
        hub();
        let error = common::process::fork_child(|| 0).unwrap_err();
        assert!(error.to_string().starts_with("this thread has a gevent hub"), "{error}");
    }
}
