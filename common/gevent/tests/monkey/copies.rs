//! `io::copy` under back-pressure: the reader is slower than the writer, and everybody else goes on.

use std::fs::File;
use std::io::{self, Read, Write, pipe};
use std::net::{TcpListener, TcpStream};

use gevent::{Task, spawn};
use nix::sys::socket::{setsockopt, sockopt};

use super::{Ticker, ms, patched};

const SIZE: usize = 10_000_000;

/// No two neighbouring pieces of it are equal.
fn bytes() -> Vec<u8> {
    (0..SIZE).map(|n| (n % 251) as u8).collect()
}

/// A connection that holds little of what nobody has read yet.
fn narrow_pair() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    setsockopt(&listener, sockopt::RcvBuf, &16_384).unwrap();
    let here = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    setsockopt(&here, sockopt::SndBuf, &16_384).unwrap();
    (here, listener.accept().unwrap().0)
}

/// Writes all the bytes and says goodbye.
fn pour(mut into: impl Write + 'static) {
    spawn(move || into.write_all(&bytes()).unwrap());
}

/// Reads to the end, with a pause now and then.
fn sip(mut from: TcpStream) -> Task<Vec<u8>> {
    spawn(move || {
        gevent::sleep(ms(20));
        let mut all = Vec::with_capacity(SIZE);
        let mut buffer = vec![0; 200_000];
        loop {
            match from.read(&mut buffer).unwrap() {
                0 => return all,
                n => all.extend_from_slice(&buffer[..n]),
            }
            if all.len() % 50 == 0 {
                gevent::sleep(ms(1));
            }
        }
    })
}

/// Copies until the end of `from`; all arrives at the other end of `to`, while a ticker ticks.
#[track_caller]
fn arrives(mut from: impl Read, mut to: TcpStream, at: TcpStream) {
    let ticker = Ticker::start();
    let reader = sip(at);
    assert_eq!(io::copy(&mut from, &mut to).unwrap(), SIZE as u64);
    assert!(ticker.turns() > 10, "{} turns", ticker.turns());
    drop(to);
    assert!(reader.get(None).unwrap() == bytes(), "the bytes are not those that were sent");
}

/// std would do it by splice(2).
#[test]
fn from_a_pipe() {
    patched(|| {
        let (reader, writer) = pipe().unwrap();
        pour(writer);
        let (to, at) = narrow_pair();
        arrives(reader, to, at);
    });
}

#[test]
fn to_a_pipe() {
    patched(|| {
        let (mut reader, mut writer) = pipe().unwrap();
        let (to, mut from) = narrow_pair();
        pour(to);
        let ticker = Ticker::start();
        let all = spawn(move || {
            let mut all = Vec::new();
            gevent::sleep(ms(20));
            reader.read_to_end(&mut all).map(|_| all).unwrap()
        });
        assert_eq!(io::copy(&mut from, &mut writer).unwrap(), SIZE as u64);
        drop(writer);
        assert!(all.get(None).unwrap() == bytes() && ticker.turns() > 10);
    });
}

#[test]
fn from_a_file() {
    patched(|| {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        std::fs::write(&path, bytes()).unwrap();
        let (to, at) = narrow_pair();
        arrives(File::open(path).unwrap(), to, at);
    });
}

#[test]
fn from_a_connection() {
    patched(|| {
        let (source, from) = narrow_pair();
        pour(source);
        let (to, at) = narrow_pair();
        arrives(from, to, at);
    });
}

#[test]
fn by_sendfile() {
    patched(|| {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        std::fs::write(&path, bytes()).unwrap();
        let file = File::open(path).unwrap();
        let ticker = Ticker::start();
        let (to, at) = narrow_pair();
        let reader = sip(at);
        let mut sent = 0;
        while sent < SIZE {
            let n = nix::sys::sendfile::sendfile(&to, &file, None, SIZE - sent).unwrap();
            assert!(n > 0);
            sent += n;
        }
        drop(to);
        assert!(reader.get(None).unwrap() == bytes() && ticker.turns() > 10);
    });
}
