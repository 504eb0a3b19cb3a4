//! Where a patched call meets threads, signals, panics and the ends of things.

use std::cell::{Cell, RefCell};
use std::ffi::CString;
use std::fs::File;
use std::io::{IoSlice, Read, Write};
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;
use std::rc::Rc;
use std::sync::atomic::{AtomicI32, Ordering::SeqCst};
use std::sync::{Arc, Barrier, Mutex, mpsc};
use std::thread;
use std::time::Duration;

use gevent::{joinall, spawn};
use greenlet::{Generator, Greenlet};
use nix::libc;
use nix::sys::eventfd::EventFd;
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};
use nix::sys::socket::{ControlMessage, MsgFlags, sendmsg};

use super::interrupts::alone;
use super::{Ticker, ms, patched};

const LONG: Option<Duration> = Some(Duration::from_secs(10));

/// The one that is gone must not be the one that is woken.
#[test]
fn a_thread_that_ends_while_its_task_waits_for_a_lock_is_not_waited_for() {
    patched(|| {
        let mutex = Arc::new(Mutex::new(()));
        let (other, third) = (Arc::clone(&mutex), Arc::clone(&mutex));
        let guard = mutex.lock().unwrap();
        thread::spawn(|| {
            patched(move || {
                spawn(move || drop(other.lock()));
                gevent::sleep(ms(1));
            });
        })
        .join()
        .unwrap();
        let task = spawn(move || drop(third.lock().unwrap()));
        gevent::sleep(ms(1));
        drop(guard);
        assert!(task.join(LONG), "nobody woke it");
    });
}

#[test]
fn a_killed_task_that_ignores_its_errors_leaves_the_others_their_turns() {
    patched(|| {
        let over = Rc::new(Cell::new(false));
        let end = Rc::clone(&over);
        let stubborn = spawn(move || {
            while !end.get() {
                thread::sleep(ms(1));
            }
        });
        gevent::sleep(ms(2));
        stubborn.kill_nowait();
        gevent::sleep(ms(10));
        over.set(true);
        assert!(stubborn.join(LONG));
    });
}

/// A read of a Unix socket stops where a descriptor was sent along: it is short, and there is more.
#[test]
fn a_short_read_of_a_unix_socket_may_leave_something() {
    patched(|| {
        let (mut here, mut there) = UnixStream::pair().unwrap();
        let reader = spawn(move || {
            let mut all = Vec::new();
            let mut buffer = [0; 20];
            while all.len() < 11 {
                let n = there.read(&mut buffer).unwrap();
                all.extend_from_slice(&buffer[..n]);
            }
            all
        });
        gevent::sleep(ms(2));
        here.write_all(b"one").unwrap();
        let fds = [0];
        let along = [ControlMessage::ScmRights(&fds)];
        let text = [IoSlice::new(b"two")];
        sendmsg::<()>(here.as_raw_fd(), &text, &along, MsgFlags::empty(), None).unwrap();
        here.write_all(b"three").unwrap();
        assert!(reader.join(LONG), "it waits for what is there");
        assert_eq!(reader.get(None).unwrap(), b"onetwothree");
    });
}

/// So does one of a TCP socket, at the urgent byte.
#[test]
fn a_short_read_of_a_connection_may_leave_something() {
    patched(|| {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let mut here = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (mut there, _) = listener.accept().unwrap();
        let reader = spawn(move || {
            let mut all = Vec::new();
            let mut buffer = [0; 20];
            while all.len() < 8 {
                let n = there.read(&mut buffer).unwrap();
                all.extend_from_slice(&buffer[..n]);
            }
            all
        });
        gevent::sleep(ms(2));
        here.write_all(b"one").unwrap();
        nix::sys::socket::send(here.as_raw_fd(), b"!", MsgFlags::MSG_OOB).unwrap();
        here.write_all(b"three").unwrap();
        assert!(reader.join(LONG), "it waits for what is there");
        assert_eq!(reader.get(None).unwrap(), b"onethree");
    });
}

#[test]
fn a_panic_poisons_the_lock_that_its_task_holds_and_no_other() {
    patched(|| {
        let held = Arc::new(Mutex::new(()));
        let others = Arc::new(Mutex::new(()));
        let (one, two) = (Arc::clone(&held), Arc::clone(&others));
        let other = spawn(move || {
            let _guard = two.lock().unwrap();
            thread::sleep(ms(10));
        });
        let waiting = Arc::clone(&held);
        let panicking = spawn(move || {
            let _guard = one.lock().unwrap();
            thread::sleep(ms(5));
            panic!("on purpose");
        });
        let waiting = spawn(move || waiting.lock().is_err());
        joinall(&[other.any(), panicking.any(), waiting.clone().any()], LONG);
        assert!(waiting.get(LONG).unwrap(), "it is poisoned, and whoever waits is told");
        assert!(held.is_poisoned() && !others.is_poisoned());
    });
}

#[test]
fn a_generator_within_a_task_may_wait() {
    patched(|| {
        let ticker = Ticker::start();
        let (mut here, mut there) = UnixStream::pair().unwrap();
        let task = spawn(move || {
            let lines = Generator::<u8>::new(move |yielder| {
                let mut byte = [0];
                while there.read(&mut byte).unwrap() == 1 {
                    thread::sleep(ms(2));
                    yielder.give(byte[0]);
                }
            });
            lines.collect::<Vec<_>>()
        });
        for n in 0..3 {
            thread::sleep(ms(3));
            here.write_all(&[n]).unwrap();
        }
        drop(here);
        assert!(task.join(LONG));
        assert_eq!(task.get(None).unwrap(), [0, 1, 2]);
        assert!(ticker.turns() > 3);
    });
}

#[test]
fn a_greenlet_within_a_task_may_wait() {
    patched(|| {
        let ticker = Ticker::start();
        let task = spawn(move || {
            let inner = Greenlet::<u32>::new(|n| {
                (0..10).for_each(|_| thread::sleep(ms(1)));
                n + 1
            });
            inner.switch(1)
        });
        let other = spawn(|| thread::sleep(ms(10)));
        assert!(other.join(LONG) && task.join(LONG));
        assert_eq!(task.get(None).unwrap(), 2);
        assert!(ticker.turns() > 3);
    });
}

#[test]
fn a_child_prepared_by_code_of_ours_sees_plain_calls() {
    patched(|| {
        let ticker = Ticker::start();
        let (mut reader, writer) = std::io::pipe().unwrap();
        let (go, mut goes) = std::io::pipe().unwrap();
        spawn(move || {
            (0..10).for_each(|_| thread::sleep(ms(1)));
            goes.write_all(b"!").unwrap();
        });
        let mut command = Command::new("true");
        let prepare = move || {
            thread::sleep(ms(1));
            (&go).read_exact(&mut [0])?;
            (&writer).write_all(b"from the child")?;
            Ok(())
        };
        // SAFETY: between fork and exec it only makes system calls.
        #[allow(unsafe_code, reason = "pre_exec makes std fork instead of posix_spawn")]
        unsafe {
            command.pre_exec(prepare);
        }
        assert!(command.status().unwrap().success());
        drop(command);
        let mut text = String::new();
        reader.read_to_string(&mut text).unwrap();
        assert_eq!(text, "from the child");
        assert!(ticker.turns() > 3);
    });
}

static BELL: AtomicI32 = AtomicI32::new(-1);

extern "C" fn ring(_: libc::c_int) {
    let one = 1_u64.to_ne_bytes();
    // SAFETY: the eight bytes that an eventfd is given, which are good to read.
    #[allow(unsafe_code, reason = "all that a handler may do")]
    unsafe {
        libc::write(BELL.load(SeqCst), one.as_ptr().cast(), 8);
    }
}

/// It finds the hub, its lists and the task's own calls half done.
#[test]
fn a_signal_handler_may_write_at_any_moment() {
    const SIGNALS: u64 = 20_000;
    patched(|| {
        let bell = Rc::new(EventFd::from_value(0).unwrap());
        BELL.store(bell.as_fd().as_raw_fd(), SeqCst);
        let action =
            SigAction::new(SigHandler::Handler(ring), SaFlags::SA_RESTART, SigSet::empty());
        // SAFETY: the handler makes one system call and nothing else.
        #[allow(unsafe_code, reason = "a handler is what is tested")]
        let me = unsafe {
            sigaction(Signal::SIGUSR1, &action).unwrap();
            libc::pthread_self()
        };
        let sender = thread::spawn(move || {
            for _ in 0..SIGNALS {
                // SAFETY: that thread waits for this one.
                #[allow(unsafe_code, reason = "a signal for one thread")]
                unsafe {
                    libc::pthread_kill(me, libc::SIGUSR1);
                }
                std::hint::black_box([(); 100].map(|()| std::hint::spin_loop()));
            }
        });
        let over = Rc::new(Cell::new(false));
        let talk = |over: Rc<Cell<bool>>| {
            let (mut here, mut there) = UnixStream::pair().unwrap();
            let lock = Arc::new(Mutex::new(0));
            spawn(move || {
                while !over.get() {
                    here.write_all(b"to and fro").unwrap();
                    there.read_exact(&mut [0; 10]).unwrap();
                    *lock.lock().unwrap() += 1;
                    thread::yield_now();
                }
            })
        };
        let tasks: Vec<_> = (0..10).map(|_| talk(Rc::clone(&over))).collect();
        // A signal that comes while one is pending is not counted.
        while !sender.is_finished() {
            thread::sleep(ms(1));
        }
        sender.join().unwrap();
        assert!((1..=SIGNALS).contains(&bell.read().unwrap()));
        over.set(true);
        assert_eq!(joinall(&tasks, LONG).len(), 10);
    });
}

/// Runs in a process of its own, in which nothing has been done for the first time yet.
#[test]
fn threads_may_begin_at_the_same_time() {
    if !alone("hazards::threads_may_begin_at_the_same_time") {
        return;
    }
    let start = Arc::new(Barrier::new(20));
    let threads: Vec<_> = (0..20)
        .map(|_| {
            let start = Arc::clone(&start);
            thread::spawn(move || {
                start.wait();
                patched(|| assert!(spawn(|| thread::sleep(ms(1))).join(LONG)));
            })
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
}

/// Reads, sleeps and locks when its thread ends.
struct Last(RefCell<UnixStream>, mpsc::Sender<u8>);

impl Drop for Last {
    fn drop(&mut self) {
        let mut byte = [0];
        thread::sleep(ms(1));
        self.0.get_mut().read_exact(&mut byte).unwrap();
        let lock = Mutex::new(());
        drop(lock.lock());
        self.1.send(byte[0]).unwrap();
    }
}

/// In either order of the thread's destructors, theirs and the hub's.
#[test]
fn the_last_calls_of_a_thread_are_plain() {
    thread_local! { static LAST: RefCell<Option<Last>> = const { RefCell::new(None) } }
    for early in [true, false] {
        let (mut here, there) = UnixStream::pair().unwrap();
        let (tell, told) = mpsc::channel();
        let thread = thread::spawn(move || {
            let keep = |there| LAST.set(Some(Last(RefCell::new(there), tell)));
            let (_near, far) = UnixStream::pair().unwrap();
            let wait = || {
                spawn(move || (&far).read(&mut [0]));
                spawn(|| thread::sleep(Duration::from_secs(100)));
                gevent::sleep(ms(1));
            };
            if early {
                keep(there);
                patched(wait);
            } else {
                patched(wait);
                keep(there);
            }
        });
        thread::sleep(ms(5));
        here.write_all(&[7]).unwrap();
        assert_eq!(told.recv_timeout(Duration::from_secs(10)).unwrap(), 7);
        thread.join().unwrap();
    }
}

/// Tells when something is created in this folder.
#[allow(unsafe_code, reason = "inotify, which is no feature of nix here")]
fn watch(folder: &Path) -> File {
    let folder = CString::new(folder.as_os_str().as_bytes()).unwrap();
    // SAFETY: a string that ends with a zero; the descriptor is new, and nobody else's.
    unsafe {
        let fd = OwnedFd::from_raw_fd(libc::inotify_init());
        assert!(libc::inotify_add_watch(fd.as_raw_fd(), folder.as_ptr(), libc::IN_CREATE) >= 0);
        fd.into()
    }
}

#[test]
fn devices_and_files() {
    patched(|| {
        let ticker = Ticker::start();
        let mut zeroes = [1; 100];
        File::open("/dev/zero").unwrap().read_exact(&mut zeroes).unwrap();
        assert_eq!(zeroes, [0; 100]);
        File::create("/dev/null").unwrap().write_all(&zeroes).unwrap();

        let event = Rc::new(EventFd::from_value(0).unwrap());
        let other = Rc::clone(&event);
        spawn(move || {
            thread::sleep(ms(5));
            other.write(3).unwrap();
        });
        assert_eq!(event.read().unwrap(), 3);

        let timer = nix::sys::timerfd::TimerFd::new(
            nix::sys::timerfd::ClockId::CLOCK_MONOTONIC,
            nix::sys::timerfd::TimerFlags::empty(),
        )
        .unwrap();
        let after = nix::sys::timerfd::Expiration::OneShot(ms(5).into());
        timer.set(after, nix::sys::timerfd::TimerSetTimeFlags::empty()).unwrap();
        timer.wait().unwrap();

        let folder = tempfile::tempdir().unwrap();
        let mut watch = watch(folder.path());
        let path = folder.path().join("new");
        spawn(move || {
            thread::sleep(ms(5));
            std::fs::write(path, "text").unwrap();
        });
        assert!(watch.read(&mut [0; 1000]).unwrap() > 0);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        assert_eq!(std::fs::read_to_string(folder.path().join("new")).unwrap(), "text");
        assert!(ticker.turns() > 2);
    });
}
