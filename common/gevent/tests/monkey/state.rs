//! What a program can see of its descriptors is what it has set itself.

use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use nix::fcntl::{FcntlArg, OFlag, fcntl};

use super::{Ticker, lets_others_run, ms, patched};
use gevent::{sleep, spawn};

fn is_nonblocking(fd: impl AsFd) -> bool {
    OFlag::from_bits_retain(fcntl(fd, FcntlArg::F_GETFL).unwrap()).contains(OFlag::O_NONBLOCK)
}

#[test]
fn a_blocking_socket_stays_a_blocking_socket() {
    patched(|| {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let client = spawn(move || TcpStream::connect(address).unwrap());
        let (mut accepted, _) = listener.accept().unwrap();
        let mut client = client.take(None).unwrap();
        let reader = spawn(move || {
            let mut byte = [0];
            accepted.read_exact(&mut byte).unwrap();
            accepted
        });
        sleep(ms(1));
        client.write_all(b"x").unwrap();
        let accepted = reader.take(None).unwrap();
        for socket in [listener.as_fd(), client.as_fd(), accepted.as_fd()] {
            assert!(!is_nonblocking(socket));
        }
    });
}

#[test]
fn a_non_blocking_socket_says_so_and_can_be_changed_back() {
    patched(|| {
        let ticker = Ticker::start();
        let (mut here, mut there) = UnixStream::pair().unwrap();
        for _ in 0..3 {
            there.set_nonblocking(true).unwrap();
            let before = ticker.turns();
            assert_eq!(there.read(&mut [0; 1]).unwrap_err().kind(), ErrorKind::WouldBlock);
            assert_eq!(ticker.turns(), before, "it has waited");
            there.set_nonblocking(false).unwrap();
            let reader = spawn(move || (there.read(&mut [0; 10]).unwrap(), there));
            sleep(ms(1));
            here.write_all(b"x").unwrap();
            there = reader.take(None).unwrap().1;
        }
    });
}

#[test]
fn a_copy_may_change_the_mode_of_both() {
    patched(|| {
        let _ticker = Ticker::start();
        let (_here, mut there) = UnixStream::pair().unwrap();
        there.set_read_timeout(Some(ms(5))).unwrap();
        assert!(there.read(&mut [0; 1]).is_err()); // its mode is known by now
        let copy = there.try_clone().unwrap();
        for _ in 0..3 {
            copy.set_nonblocking(true).unwrap();
            let begin = Instant::now();
            assert_eq!(there.read(&mut [0; 1]).unwrap_err().kind(), ErrorKind::WouldBlock);
            assert!(begin.elapsed() < ms(5), "it has waited for its time limit");
            copy.set_nonblocking(false).unwrap();
            let begin = Instant::now();
            assert_eq!(there.read(&mut [0; 1]).unwrap_err().kind(), ErrorKind::WouldBlock);
            assert!(begin.elapsed() >= ms(5), "it has not waited");
        }
    });
}

#[test]
fn time_limits_are_those_that_were_set_last() {
    patched(|| {
        let (mut here, mut there) = UnixStream::pair().unwrap();
        for limit in [100, 20, 60] {
            there.set_read_timeout(Some(ms(limit))).unwrap();
            assert_eq!(there.read_timeout().unwrap(), Some(ms(limit)));
            let begin = Instant::now();
            let error = lets_others_run("TcpStream::read with a limit", "recv", || {
                there.read(&mut [0; 1]).unwrap_err()
            });
            assert_eq!(error.raw_os_error(), Some(nix::libc::EAGAIN));
            assert!(begin.elapsed() >= ms(limit));
        }
        there.set_read_timeout(None).unwrap();
        let reader = spawn(move || there.read(&mut [0; 1]).unwrap());
        sleep(ms(80));
        assert!(!reader.ready());
        here.write_all(b"x").unwrap();
        assert_eq!(reader.get(None).unwrap(), 1);
    });
}

#[test]
fn a_write_has_its_time_limit_and_may_be_short() {
    patched(|| {
        let (mut here, _there) = UnixStream::pair().unwrap();
        here.set_write_timeout(Some(ms(20))).unwrap();
        let bytes = vec![0; 5_000_000];
        let sent = here.write(&bytes).unwrap();
        assert!((1..bytes.len()).contains(&sent), "{sent}");
        let error = lets_others_run("UnixStream::write", "send", || {
            loop {
                if let Err(error) = here.write(&bytes) {
                    break error;
                }
            }
        });
        assert_eq!(error.kind(), ErrorKind::WouldBlock);
    });
}

#[test]
fn errors_are_the_kernels() {
    patched(|| {
        let _ticker = Ticker::start();
        let unused = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        assert_eq!(TcpStream::connect(unused).unwrap_err().kind(), ErrorKind::ConnectionRefused);
        let refused = TcpStream::connect_timeout(&unused, Duration::from_secs(5)).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
        let (mut here, there) = UnixStream::pair().unwrap();
        drop(there);
        assert_eq!(here.read(&mut [0; 1]).unwrap(), 0);
        assert_eq!(here.write(b"x").unwrap_err().kind(), ErrorKind::BrokenPipe);
        let missing = UnixStream::connect("/no/such/socket").unwrap_err();
        assert_eq!(missing.kind(), ErrorKind::NotFound);
    });
}

#[test]
fn a_reset_reaches_who_waits() {
    patched(|| {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (mut accepted, _) = listener.accept().unwrap();
        let reader = spawn(move || accepted.read(&mut [0; 1]).map_err(|error| error.kind()));
        sleep(ms(1));
        let at_once = nix::libc::linger { l_onoff: 1, l_linger: 0 };
        nix::sys::socket::setsockopt(&client, nix::sys::socket::sockopt::Linger, &at_once).unwrap();
        drop(client);
        assert_eq!(reader.get(None).unwrap(), Err(ErrorKind::ConnectionReset));
    });
}
