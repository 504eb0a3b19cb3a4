//! Several tasks, one descriptor.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::thread;
use std::time::Duration;

use gevent::{Task, joinall, spawn};

use super::{ms, patched};

/// So long nothing here has to wait.
const LONG: Option<Duration> = Some(Duration::from_secs(10));

/// Tasks that each read one byte of `from`, in this order.
fn readers(from: &Arc<UnixStream>, count: u8) -> Vec<Task<Option<u8>>> {
    let read = |_| {
        let from = Arc::clone(from);
        spawn(move || {
            let mut byte = [0];
            (&*from).read_exact(&mut byte).ok().map(|()| byte[0])
        })
    };
    let tasks = (0..count).map(read).collect();
    gevent::sleep(ms(2));
    tasks
}

fn got(tasks: &[Task<Option<u8>>]) -> Vec<u8> {
    assert_eq!(joinall(tasks, LONG).len(), tasks.len(), "some were never woken");
    tasks.iter().map(|task| task.get(None).unwrap().unwrap()).collect()
}

#[test]
fn one_message_is_enough_for_all_who_wait() {
    patched(|| {
        let (mut here, there) = UnixStream::pair().unwrap();
        let tasks = readers(&Arc::new(there), 5);
        here.write_all(&[0, 1, 2, 3, 4]).unwrap();
        assert_eq!(got(&tasks), [0, 1, 2, 3, 4]);
    });
}

#[test]
fn each_message_wakes_the_next() {
    patched(|| {
        let (mut here, there) = UnixStream::pair().unwrap();
        let tasks = readers(&Arc::new(there), 4);
        for n in 0..4 {
            here.write_all(&[n]).unwrap();
            gevent::sleep(ms(2));
        }
        assert_eq!(got(&tasks), [0, 1, 2, 3]);
    });
}

/// Whoever is first, second or last in the line ends for a reason of its own.
#[test]
fn a_kill_of_any_of_them_keeps_no_other_waiting() {
    patched(|| {
        for killed in 0..4 {
            for before in [true, false] {
                let (mut here, there) = UnixStream::pair().unwrap();
                let there = Arc::new(there);
                let mut tasks = readers(&there, 4);
                if before {
                    tasks[killed].kill_nowait();
                    here.write_all(&[0, 1, 2]).unwrap();
                } else {
                    here.write_all(&[0, 1, 2]).unwrap();
                    tasks[killed].kill_nowait();
                }
                let dead = tasks.remove(killed);
                assert_eq!(got(&tasks), [0, 1, 2], "the one killed was number {killed}");
                assert!(dead.join(LONG));
            }
        }
    });
}

#[test]
fn a_time_limit_of_the_first_keeps_no_other_waiting() {
    patched(|| {
        let (mut here, there) = UnixStream::pair().unwrap();
        let there = Arc::new(there);
        let first = Arc::clone(&there);
        let first =
            spawn(move || gevent::with_timeout(Some(ms(10)), || (&*first).read(&mut [0]).ok()));
        gevent::sleep(ms(1));
        let tasks = readers(&there, 3);
        assert!(first.get(LONG).unwrap().is_err());
        here.write_all(&[0, 1, 2]).unwrap();
        assert_eq!(got(&tasks), [0, 1, 2]);
    });
}

/// Each client wakes both, and only one can have it: the other must not block its whole thread.
#[test]
fn two_threads_may_accept_from_one_listener() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let turns = [(); 8].map(|()| Arc::new(AtomicU32::new(0)));
    for turns in &turns {
        let (listener, turns) = (listener.try_clone().unwrap(), Arc::clone(turns));
        thread::spawn(move || {
            patched(move || {
                let served = spawn(move || {
                    for client in listener.incoming() {
                        client.unwrap().write_all(b"!").unwrap();
                    }
                });
                while !served.ready() {
                    turns.fetch_add(1, SeqCst);
                    thread::sleep(ms(1));
                }
            });
        });
    }
    for _ in 0..2000 {
        TcpStream::connect(address).unwrap().read_exact(&mut [0]).unwrap();
    }
    for turns in &turns {
        let before = turns.load(SeqCst);
        grade::wait_until("its other tasks go on", || turns.load(SeqCst) > before + 3).unwrap();
    }
}
