//! A kill, or a time limit, in each patched call: the call fails with ECANCELED, no descriptor is left
//! open, the task ends, the others go on.

use std::cell::Cell;
use std::fs::read_dir;
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream, ToSocketAddrs, UdpSocket};
use std::os::unix::net::UnixStream;
use std::process::Command;
use std::rc::Rc;
use std::thread;
use std::time::{Duration, Instant};

use nix::libc::ECANCELED;

use super::{Ticker, full_listener, ms, patched};
use gevent::{GetError, Timeout, spawn, with_timeout};

/// A wait that would last for minutes; what it returns is the error number.
type Wait = fn() -> Option<i32>;

fn code<T>(result: io::Result<T>) -> Option<i32> {
    result.err().and_then(|error| error.raw_os_error())
}

/// Fills a connection of which nobody reads.
fn write_to_nobody() -> Option<i32> {
    let (mut here, _there) = UnixStream::pair().unwrap();
    code(here.write_all(&[0; 10_000_000]))
}

const WAITS: [(&str, Wait); 9] = [
    ("accept", || code(TcpListener::bind("127.0.0.1:0").unwrap().accept())),
    ("connect", || {
        let (listener, _queue) = full_listener();
        code(TcpStream::connect(listener.local_addr().unwrap()))
    }),
    ("connect_timeout", || {
        let (listener, _queue) = full_listener();
        code(TcpStream::connect_timeout(&listener.local_addr().unwrap(), Duration::from_secs(100)))
    }),
    ("read", || code(UnixStream::pair().unwrap().0.read(&mut [0; 10]))),
    ("recv_from", || code(UdpSocket::bind("127.0.0.1:0").unwrap().recv_from(&mut [0; 10]))),
    ("read of a pipe", || {
        let (mut reader, _writer) = io::pipe().unwrap();
        code(reader.read(&mut [0; 10]))
    }),
    ("write", write_to_nobody),
    ("wait", || {
        let mut child = Command::new("sleep").arg("100").spawn().unwrap();
        let result = code(child.wait());
        let pid = nix::unistd::Pid::from_raw(child.id() as i32);
        nix::sys::signal::kill(pid, nix::sys::signal::SIGKILL).unwrap();
        result
    }),
    ("sleep", || {
        let begin = Instant::now();
        thread::sleep(Duration::from_secs(100));
        (begin.elapsed() < Duration::from_secs(50)).then_some(ECANCELED)
    }),
];

/// Descriptors that are open now.
fn open() -> usize {
    read_dir("/proc/self/fd").unwrap().count()
}

/// Runs alone in its process: it counts descriptors.
#[test]
fn each_wait_can_be_killed() {
    if !alone("interrupts::each_wait_can_be_killed") {
        return;
    }
    patched(|| {
        let ticker = Ticker::start();
        // The hub's own descriptors are there from the first wait on.
        let (here, _there) = UnixStream::pair().unwrap();
        here.set_read_timeout(Some(ms(1))).unwrap();
        assert!((&here).read(&mut [0; 1]).is_err());
        let before = open();
        for (name, wait) in WAITS {
            let (tell, told) = (Rc::new(Cell::new(None)), ms(300));
            let heard = Rc::clone(&tell);
            let task = spawn(move || {
                heard.set(wait());
                gevent::sleep(Duration::ZERO); // here it is raised
                unreachable!("it was killed");
            });
            gevent::sleep(told);
            assert!(!task.ready(), "{name} does not wait");
            let ticks = ticker.turns();
            task.kill(None);
            assert_eq!(tell.get(), Some(ECANCELED), "{name}");
            assert!(
                matches!(task.get(None), Err(GetError::Killed)),
                "{name}: {:?}",
                task.get(None)
            );
            gevent::sleep(ms(5));
            assert!(ticker.turns() > ticks, "{name}: the others do not go on");
            assert_eq!(open(), before, "{name} leaves a descriptor open");
        }
    });
}

#[test]
fn each_wait_can_be_timed_out() {
    patched(|| {
        let _ticker = Ticker::start();
        for (name, wait) in WAITS {
            let begin = Instant::now();
            let result = with_timeout(Some(ms(300)), wait);
            assert_eq!(result.unwrap_err().limit(), ms(300), "{name}");
            assert!(begin.elapsed() < Duration::from_secs(20), "{name}");
        }
    });
}

/// Runs this test again, in a process of its own; true in that one.
pub(super) fn alone(name: &str) -> bool {
    if std::env::var_os("ALONE").is_some() {
        return true;
    }
    let me = std::env::current_exe().unwrap();
    let output = Command::new(me).args(["--exact", name]).env("ALONE", "1").output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    false
}

#[test]
fn a_name_lookup_can_be_killed() {
    patched(|| {
        let ticker = Ticker::start();
        // All threads of the pool are busy, so the look-up has to wait for one.
        let pool = (0..10).map(|_| spawn(|| gevent::threadpool::apply(|| thread::sleep(ms(300)))));
        let pool: Vec<_> = pool.collect();
        gevent::sleep(ms(10));
        let task = spawn(|| "localhost:80".to_socket_addrs().map(drop).unwrap_err().raw_os_error());
        gevent::sleep(ms(10));
        assert!(!task.ready());
        task.kill(None);
        assert!(matches!(task.get(None), Err(GetError::Killed)));
        assert!(pool.iter().all(|task| !task.ready()), "it waited for the threads");
        gevent::joinall(&pool, None);
        assert!(ticker.turns() > 3);
    });
}

#[test]
fn every_later_call_fails_at_once_and_the_end_of_the_task_is_a_kill() {
    patched(|| {
        let (mut here, mut there) = UnixStream::pair().unwrap();
        let task = spawn(move || {
            let first = there.read(&mut [0; 1]).unwrap_err().raw_os_error();
            here.write_all(b"x").unwrap_err(); // it would not even have to wait
            thread::sleep(Duration::from_secs(100));
            first
        });
        gevent::sleep(ms(5));
        task.kill(None);
        assert!(matches!(task.get(None), Err(GetError::Killed)));
    });
}

#[test]
fn who_panics_on_the_error_has_been_killed_all_the_same() {
    patched(|| {
        let task = spawn(|| UnixStream::pair().unwrap().0.read(&mut [0; 1]).unwrap());
        gevent::sleep(ms(5));
        task.kill(None);
        assert!(matches!(task.get(None), Err(GetError::Killed)));
    });
}

#[test]
fn a_kill_that_comes_before_the_call_strikes_when_it_would_wait() {
    patched(|| {
        let (mut here, mut there) = UnixStream::pair().unwrap();
        let task = spawn(move || {
            gevent::getcurrent().kill_nowait();
            here.write_all(b"through").unwrap(); // does not wait
            assert_eq!(there.read(&mut [0; 10]).unwrap(), 7); // nor does this
            there.read(&mut [0; 10]).unwrap_err().raw_os_error()
        });
        task.join(None);
        assert!(matches!(task.get(None), Err(GetError::Killed)));
    });
}

#[test]
fn limits_are_told_from_each_other() {
    patched(|| {
        let outer = Timeout::new(Some(ms(20)));
        let error = outer
            .run(|| {
                // The inner one is longer: it is the outer one that is met, and it passes through.
                let inner =
                    with_timeout(Some(ms(500)), || UnixStream::pair().unwrap().0.read(&mut [0; 1]));
                unreachable!("{inner:?}")
            })
            .unwrap_err();
        assert!(outer.raised(&error));
        // And nothing is left of it.
        let (mut here, mut there) = UnixStream::pair().unwrap();
        here.write_all(b"x").unwrap();
        assert_eq!(there.read(&mut [0; 2]).unwrap(), 1);
        thread::sleep(ms(1));
    });
}

#[test]
fn a_limit_that_is_taken_back_in_time_is_forgotten() {
    patched(|| {
        let limit = Timeout::new(Some(ms(10)));
        limit.start();
        let (mut here, mut there) = UnixStream::pair().unwrap();
        assert_eq!(there.read(&mut [0; 1]).unwrap_err().raw_os_error(), Some(ECANCELED));
        limit.cancel();
        here.write_all(b"x").unwrap();
        assert_eq!(there.read(&mut [0; 1]).unwrap(), 1);
    });
}

/// Reads when it is dropped; says how much, and how many turns a ticker had meanwhile.
struct Goodbye {
    from: UnixStream,
    turns: Rc<Cell<u32>>,
    tell: Rc<Cell<Option<(usize, u32)>>>,
}

impl Drop for Goodbye {
    fn drop(&mut self) {
        let before = self.turns.get();
        let read = self.from.read(&mut [0; 10]).unwrap();
        self.tell.set(Some((read, self.turns.get() - before)));
    }
}

#[test]
fn while_a_task_unwinds_its_calls_really_block() {
    patched(|| {
        let ticker = Ticker::start();
        let (mut here, there) = UnixStream::pair().unwrap();
        let (told, turns) = (Rc::default(), Rc::clone(&ticker.turns));
        let goodbye = Goodbye { from: there, turns, tell: Rc::clone(&told) };
        let task = spawn(move || {
            let _goodbye = goodbye;
            gevent::sleep(Duration::from_secs(100));
        });
        gevent::sleep(ms(5));
        task.kill_nowait();
        let helper = thread::spawn(move || {
            thread::sleep(ms(50));
            here.write_all(b"bye").unwrap();
            here
        });
        task.join(None);
        assert_eq!(told.get(), Some((3, 0)));
        helper.join().unwrap();
    });
}
