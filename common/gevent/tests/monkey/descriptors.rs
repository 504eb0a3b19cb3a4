//! Numbers that are closed, used again, copied and shared while tasks wait for them.

use std::fs::File;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::{AsRawFd, IntoRawFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use nix::errno::Errno;
use nix::libc::EBADF;
use nix::sys::socket::{MsgFlags, recv};

use super::{Ticker, ms, patched};
use gevent::{joinall, sleep, spawn};

fn read_one(mut stream: &UnixStream) -> io::Result<u8> {
    let mut byte = [0];
    stream.read_exact(&mut byte)?;
    Ok(byte[0])
}

#[test]
fn close_ends_the_wait_of_another_and_the_number_is_free() {
    patched(|| {
        let (here, there) = UnixStream::pair().unwrap();
        let number = there.as_raw_fd();
        let shared = Arc::new(there);
        let reader = Arc::clone(&shared);
        let waiting = spawn(move || read_one(&reader).map_err(|error| error.raw_os_error()));
        sleep(ms(1));
        nix::unistd::close(number).unwrap(); // under its feet
        let (mut next, same_number) = UnixStream::pair().unwrap();
        let same_number = if next.as_raw_fd() == number {
            std::mem::replace(&mut next, same_number)
        } else {
            same_number
        };
        assert_eq!(same_number.as_raw_fd(), number, "the lowest free number is taken");
        let fresh = spawn(move || (read_one(&same_number).unwrap(), same_number.into_raw_fd()));
        sleep(ms(1));
        assert_eq!(waiting.get(None).unwrap(), Err(Some(EBADF)));
        drop(here); // news of the old one
        sleep(ms(1));
        assert!(!fresh.ready(), "the new one is woken by news of the old one");
        next.write_all(b"y").unwrap();
        assert_eq!(fresh.get(None).unwrap().0, b'y');
        // Its number is the new one's now.
        std::mem::forget(Arc::into_inner(shared));
    });
}

#[test]
fn dup2_over_a_descriptor_ends_the_wait_for_it() {
    patched(|| {
        let (_here, there) = UnixStream::pair().unwrap();
        let mut there = OwnedFd::from(there);
        let number = there.as_raw_fd();
        let read_number = move || recv(number, &mut [0], MsgFlags::empty());
        let waiting = spawn(read_number);
        sleep(ms(1));
        let (mut writer, reader) = UnixStream::pair().unwrap();
        nix::unistd::dup2(&reader, &mut there).unwrap();
        assert_eq!(waiting.get(None).unwrap(), Err(Errno::EBADF));
        // The same number reads from the new one.
        writer.write_all(b"z").unwrap();
        assert_eq!(read_number(), Ok(1));
    });
}

#[test]
fn a_thread_that_closes_and_opens_does_not_confuse_the_hub() {
    patched(|| {
        for _ in 0..100 {
            let (mut here, there) = UnixStream::pair().unwrap();
            there.set_read_timeout(Some(ms(1))).unwrap();
            assert_eq!(read_one(&there).unwrap_err().kind(), ErrorKind::WouldBlock); // now it is watched
            let (mut there, other) = thread::spawn(move || {
                drop(there);
                UnixStream::pair().unwrap()
            })
            .join()
            .unwrap();
            drop(here.write_all(b"x"));
            let reader = spawn(move || read_one(&other).unwrap());
            sleep(Duration::ZERO);
            there.write_all(b"y").unwrap();
            assert_eq!(reader.get(Some(Duration::from_secs(10))).unwrap(), b'y');
        }
    });
}

#[test]
fn copies_are_waited_for_each_in_its_own_right() {
    patched(|| {
        let (mut here, there) = UnixStream::pair().unwrap();
        let readers: Vec<_> = (0..5)
            .map(|_| there.try_clone().unwrap())
            .map(|copy| spawn(move || read_one(&copy).unwrap()))
            .collect();
        sleep(ms(1));
        here.write_all(b"abcde").unwrap();
        let mut got: Vec<u8> = readers.iter().map(|reader| reader.get(None).unwrap()).collect();
        got.sort_unstable();
        assert_eq!(got, b"abcde");
    });
}

#[test]
fn several_tasks_may_wait_for_one_descriptor() {
    patched(|| {
        let (mut here, there) = UnixStream::pair().unwrap();
        let there = Arc::new(there);
        let readers: Vec<_> = (0..5)
            .map(|_| Arc::clone(&there))
            .map(|shared| spawn(move || read_one(&shared).unwrap()))
            .collect();
        sleep(ms(1));
        readers[0].kill(None); // the one that the hub knows of
        readers[3].kill(None); // one behind it
        for byte in b"abc" {
            here.write_all(&[*byte]).unwrap();
            sleep(ms(1));
        }
        let got: Vec<u8> = [1, 2, 4].iter().map(|&n| readers[n].get(None).unwrap()).collect();
        assert_eq!(got, b"abc", "first come, first served");
    });
}

#[test]
fn several_tasks_may_accept_from_one_listener() {
    patched(|| {
        let listener = Arc::new(TcpListener::bind("127.0.0.1:0").unwrap());
        let address = listener.local_addr().unwrap();
        let acceptors: Vec<_> = (0..4)
            .map(|_| Arc::clone(&listener))
            .map(|listener| spawn(move || listener.accept().unwrap().1))
            .collect();
        sleep(ms(1));
        let clients: Vec<_> = (0..4).map(|_| TcpStream::connect(address).unwrap()).collect();
        assert_eq!(joinall(&acceptors, Some(Duration::from_secs(10))).len(), 4);
        drop(clients);
    });
}

#[test]
fn one_may_read_while_another_writes() {
    patched(|| {
        let (mut here, there) = UnixStream::pair().unwrap();
        let there = Arc::new(there);
        let (reads, writes) = (Arc::clone(&there), there);
        let reader = spawn(move || read_one(&reads).unwrap());
        let writer = spawn(move || (&*writes).write_all(&vec![7; 5_000_000]).unwrap());
        sleep(ms(5));
        assert!(!writer.ready(), "five megabytes fit in no socket buffer");
        here.write_all(b"x").unwrap();
        assert_eq!(reader.get(None).unwrap(), b'x');
        here.read_exact(&mut vec![0; 5_000_000]).unwrap();
        assert!(writer.join(Some(Duration::from_secs(10))));
    });
}

#[test]
fn files_and_devices_are_read_as_ever() {
    patched(|| {
        let ticker = Ticker::start();
        let mut text = String::new();
        File::open("Cargo.toml").unwrap().read_to_string(&mut text).unwrap();
        assert!(text.contains("gevent"));
        let mut zeroes = [1; 100];
        File::open("/dev/zero").unwrap().read_exact(&mut zeroes).unwrap();
        assert_eq!(zeroes, [0; 100]);
        let mut temporary = tempfile::tempfile().unwrap();
        temporary.write_all(&[7; 100_000]).unwrap();
        File::create("/dev/null").unwrap().write_all(b"gone").unwrap();
        assert_eq!(ticker.turns(), 1, "none of that waits");
    });
}
