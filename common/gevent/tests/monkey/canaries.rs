//! One canary for each call of std that waits: if it no longer sings, std calls something else.

use std::fs::File;
use std::io::{IoSlice, IoSliceMut, Read, Write, pipe};
use std::net::{TcpListener, TcpStream, ToSocketAddrs, UdpSocket};
use std::os::unix::net::{UnixDatagram, UnixListener, UnixStream};
use std::process::{Command, Stdio};
use std::sync::{Arc, Barrier, Condvar, Mutex, Once, RwLock, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use super::{WHILE, full_listener, lets_others_run, ms, patched};
use gevent::spawn;

/// A while in ten steps: on a busy machine, one step may take as long as another task's every turn.
fn in_steps(mut step: impl FnMut(Duration)) {
    (0..10).for_each(|_| step(WHILE / 10));
}

/// Does `later` after a while, in a task.
fn meanwhile(later: impl FnOnce() + 'static) {
    spawn(move || {
        in_steps(gevent::sleep);
        later();
    });
}

fn tcp_pair() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let here = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    (here, listener.accept().unwrap().0)
}

#[test]
fn tcp_accept() {
    patched(|| {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        meanwhile(move || drop(TcpStream::connect(address)));
        lets_others_run("TcpListener::accept", "accept4", || listener.accept().unwrap());
    });
}

#[test]
fn tcp_incoming() {
    patched(|| {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        meanwhile(move || drop(TcpStream::connect(address)));
        lets_others_run("TcpListener::incoming", "accept4", || {
            listener.incoming().next().unwrap().unwrap()
        });
    });
}

#[test]
fn tcp_connect() {
    patched(|| {
        let (listener, _queue) = full_listener();
        let address = listener.local_addr().unwrap();
        meanwhile(move || {
            while let Ok((one, _)) = listener.accept() {
                spawn(move || (gevent::sleep(ms(3000)), drop(one)));
            }
        });
        // The kernel tries again after a second.
        lets_others_run("TcpStream::connect", "connect", || TcpStream::connect(address).unwrap());
    });
}

#[test]
fn tcp_connect_timeout() {
    patched(|| {
        let (listener, _queue) = full_listener();
        let address = listener.local_addr().unwrap();
        let error = lets_others_run("TcpStream::connect_timeout", "poll", || {
            TcpStream::connect_timeout(&address, WHILE).unwrap_err()
        });
        assert_eq!(error.kind(), std::io::ErrorKind::TimedOut);
    });
}

#[test]
fn tcp_read_peek_and_read_vectored() {
    patched(|| {
        let (mut here, mut there) = tcp_pair();
        let mut other = there.try_clone().unwrap();
        let mut buffer = [0; 10];
        let say = |text: &'static [u8]| {
            let mut here = here.try_clone().unwrap();
            meanwhile(move || here.write_all(text).unwrap());
        };
        say(b"one");
        assert_eq!(
            lets_others_run("TcpStream::peek", "recv", || there.peek(&mut buffer)).unwrap(),
            3
        );
        assert_eq!(there.read(&mut buffer).unwrap(), 3);
        say(b"two");
        assert_eq!(
            lets_others_run("TcpStream::read", "recv", || there.read(&mut buffer)).unwrap(),
            3
        );
        say(b"three");
        let mut parts = [IoSliceMut::new(&mut buffer)];
        let read = lets_others_run("TcpStream::read_vectored", "readv", || {
            other.read_vectored(&mut parts)
        });
        assert_eq!(read.unwrap(), 5);
        here.flush().unwrap();
    });
}

/// More than any connection holds of what nobody has read yet.
const MUCH: usize = 20_000_000;

#[test]
fn tcp_write_and_write_vectored() {
    patched(|| {
        let (mut here, mut there) = tcp_pair();
        let mut reader = there.try_clone().unwrap();
        meanwhile(move || reader.read_exact(&mut vec![0; MUCH]).unwrap());
        lets_others_run("TcpStream::write", "send", || here.write_all(&vec![1; MUCH]).unwrap());
        meanwhile(move || there.read_exact(&mut vec![0; MUCH]).unwrap());
        let part = vec![2; 50_000];
        lets_others_run("TcpStream::write_vectored", "writev", || {
            let mut left = MUCH;
            while left > 0 {
                let parts = [IoSlice::new(b""), IoSlice::new(&part[..left.min(part.len())])];
                left -= here.write_vectored(&parts).unwrap();
            }
        });
    });
}

#[test]
fn unix_streams() {
    patched(|| {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("socket");
        let listener = UnixListener::bind(&path).unwrap();
        let connecting = path.clone();
        meanwhile(move || drop(UnixStream::connect(connecting).unwrap()));
        lets_others_run("UnixListener::accept", "accept4", || listener.accept().unwrap());

        let (mut here, mut there) = UnixStream::pair().unwrap();
        meanwhile(move || here.write_all(b"hello").unwrap());
        let mut buffer = [0; 10];
        lets_others_run("UnixStream::read", "recv", || there.read(&mut buffer).unwrap());
    });
}

#[test]
fn unix_connect_to_a_full_queue() {
    patched(|| {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("socket");
        let listener = UnixListener::bind(&path).unwrap();
        common::net::listen_again(&listener, 0).unwrap();
        let _first = UnixStream::connect(&path).unwrap();
        meanwhile(move || drop((listener.accept().unwrap(), listener.accept().unwrap())));
        lets_others_run("UnixStream::connect", "connect", || UnixStream::connect(&path).unwrap());
    });
}

#[test]
fn datagrams() {
    patched(|| {
        let (one, two) =
            (UdpSocket::bind("127.0.0.1:0").unwrap(), UdpSocket::bind("127.0.0.1:0").unwrap());
        let (to_one, to_two) = (one.local_addr().unwrap(), two.local_addr().unwrap());
        one.connect(to_two).unwrap();
        let two = Arc::new(two);
        let mut buffer = [0; 10];
        let answer = |text: &'static [u8]| {
            let two = Arc::clone(&two);
            meanwhile(move || assert_eq!(two.send_to(text, to_one).unwrap(), 1));
        };
        answer(b"a");
        lets_others_run("UdpSocket::recv", "recv", || one.recv(&mut buffer).unwrap());
        answer(b"b");
        lets_others_run("UdpSocket::recv_from", "recvfrom", || one.recv_from(&mut buffer).unwrap());
        answer(b"c");
        lets_others_run("UdpSocket::peek_from", "recvfrom", || one.peek_from(&mut buffer).unwrap());
    });
}

#[test]
fn unix_datagrams() {
    patched(|| {
        let (one, two) = UnixDatagram::pair().unwrap();
        one.set_nonblocking(true).unwrap();
        while one.send(&[0; 1000]).is_ok() {}
        one.set_nonblocking(false).unwrap();
        let two = Arc::new(two);
        let reader = Arc::clone(&two);
        meanwhile(move || assert_eq!(reader.recv(&mut [0; 2000]).unwrap(), 1000));
        lets_others_run("UnixDatagram::send", "write", || one.send(b"x").unwrap());
        two.set_nonblocking(true).unwrap();
        while two.recv(&mut [0; 2000]).is_ok() {}
        two.set_nonblocking(false).unwrap();
        meanwhile(move || assert_eq!(one.send(b"y").unwrap(), 1));
        lets_others_run("UnixDatagram::recv", "recv", || two.recv(&mut [0; 10]).unwrap());
    });
}

#[test]
fn unix_datagrams_to_a_full_receiver_by_name() {
    patched(|| {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("socket");
        let receiver = UnixDatagram::bind(&path).unwrap();
        let sender = UnixDatagram::unbound().unwrap();
        sender.set_nonblocking(true).unwrap();
        while sender.send_to(&[0; 1000], &path).is_ok() {}
        sender.set_nonblocking(false).unwrap();
        meanwhile(move || {
            for _ in 0..3 {
                receiver.recv(&mut [0; 2000]).unwrap();
            }
            spawn(move || (gevent::sleep(ms(2000)), drop(receiver)));
        });
        lets_others_run("UnixDatagram::send_to", "sendto", || sender.send_to(b"x", &path).unwrap());
    });
}

#[test]
fn sleeps() {
    patched(|| {
        lets_others_run("thread::sleep", "clock_nanosleep", || in_steps(thread::sleep));
        // sleep_until is not stable; its form of the call is.
        lets_others_run("nanosleep", "nanosleep", || {
            in_steps(|step| {
                nix::time::clock_nanosleep(
                    nix::time::ClockId::CLOCK_MONOTONIC,
                    nix::time::ClockNanosleepFlags::empty(),
                    &step.into(),
                )
                .unwrap();
            });
        });
    });
}

#[test]
fn yield_now() {
    patched(|| {
        lets_others_run("thread::yield_now", "sched_yield", || {
            in_steps(|step| {
                let end = Instant::now() + step;
                while Instant::now() < end {
                    thread::yield_now();
                }
            });
        });
    });
}

#[test]
fn name_lookups() {
    patched(|| {
        // However long it takes, it is a thread of the pool that waits.
        gevent::sleep(Duration::ZERO);
        let before = thread_names();
        "localhost:80".to_socket_addrs().unwrap().next().unwrap();
        assert!(
            before < thread_names(),
            "to_socket_addrs does not reach `getaddrinfo` (common/gevent/src/monkey/dns.rs)"
        );
    });
}

/// How many threads of pools there are in this process.
fn thread_names() -> usize {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap().flatten();
    let names = tasks.filter_map(|task| std::fs::read_to_string(task.path().join("comm")).ok());
    names.filter(|name| name.starts_with("gevent threadpo")).count()
}

#[test]
fn pipes() {
    patched(|| {
        let (mut reader, mut writer) = pipe().unwrap();
        let mut second = writer.try_clone().unwrap();
        meanwhile(move || second.write_all(b"hello").unwrap());
        lets_others_run("PipeReader::read", "read", || reader.read(&mut [0; 10]).unwrap());
        let bytes = vec![7; 200_000];
        let copy = bytes.clone();
        meanwhile(move || {
            let mut all = vec![0; 200_000];
            reader.read_exact(&mut all).unwrap();
            assert!(all == copy);
        });
        lets_others_run("PipeWriter::write", "write", || writer.write_all(&bytes).unwrap());
    });
}

#[test]
fn child_processes() {
    patched(|| {
        let sleeping = || {
            let mut command = Command::new("sleep");
            command.arg("0.2").stdin(Stdio::null());
            command
        };
        lets_others_run("Command::output", "poll", || sleeping().output().unwrap());
        lets_others_run("Command::status", "waitpid", || sleeping().status().unwrap());
        let mut child = sleeping().spawn().unwrap();
        lets_others_run("Child::wait", "waitpid", || child.wait().unwrap());
    });
}

#[test]
fn threads_and_file_locks() {
    patched(|| {
        let (go, goes) = mpsc::channel();
        let thread = thread::spawn(move || goes.recv().unwrap());
        meanwhile(move || go.send(()).unwrap());
        lets_others_run("JoinHandle::join", "pthread_join", || thread.join().unwrap());
        let folder = tempfile::tempdir().unwrap();
        let open = || File::create(folder.path().join("lock")).unwrap();
        let (one, two) = (open(), open());
        one.lock().unwrap();
        meanwhile(move || one.unlock().unwrap());
        lets_others_run("File::lock", "flock", || two.lock().unwrap());
    });
}

#[test]
fn locks_of_std() {
    patched(|| {
        let mutex = Arc::new(Mutex::new(()));
        let other = Arc::clone(&mutex);
        spawn(move || {
            let _guard = other.lock().unwrap();
            in_steps(gevent::sleep);
        });
        gevent::sleep(Duration::ZERO);
        lets_others_run("Mutex::lock", "syscall(SYS_futex)", || drop(mutex.lock().unwrap()));

        let rwlock = Arc::new(RwLock::new(()));
        let other = Arc::clone(&rwlock);
        spawn(move || {
            let _guard = other.write().unwrap();
            in_steps(gevent::sleep);
        });
        gevent::sleep(Duration::ZERO);
        lets_others_run("RwLock::read", "syscall(SYS_futex)", || drop(rwlock.read().unwrap()));

        let condition = Arc::new((Mutex::new(false), Condvar::new()));
        let other = Arc::clone(&condition);
        meanwhile(move || {
            *other.0.lock().unwrap() = true;
            other.1.notify_one();
        });
        lets_others_run("Condvar::wait", "syscall(SYS_futex)", || {
            let guard = condition.0.lock().unwrap();
            drop(condition.1.wait_while(guard, |set| !*set).unwrap());
        });

        let barrier = Arc::new(Barrier::new(2));
        let other = Arc::clone(&barrier);
        meanwhile(move || _ = other.wait());
        lets_others_run("Barrier::wait", "syscall(SYS_futex)", || barrier.wait());

        static ONCE: Once = Once::new();
        spawn(|| ONCE.call_once(|| in_steps(gevent::sleep)));
        gevent::sleep(Duration::ZERO);
        lets_others_run("Once::call_once", "syscall(SYS_futex)", || ONCE.call_once(|| {}));
    });
}
