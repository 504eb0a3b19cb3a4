//! std's locks among tasks, and between tasks and threads.

use std::process::Command;
use std::sync::{Arc, Condvar, Mutex, RwLock, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use super::{Ticker, ms, patched};
use gevent::{GetError, joinall, spawn};

#[test]
fn a_mutex_held_by_a_task_that_sleeps_is_waited_for() {
    patched(|| {
        let mutex = Arc::new(Mutex::new(Vec::new()));
        let tasks: Vec<_> = (0..5)
            .map(|n| {
                let mutex = Arc::clone(&mutex);
                spawn(move || {
                    let mut order = mutex.lock().unwrap();
                    thread::sleep(ms(5));
                    order.push(n);
                })
            })
            .collect();
        assert_eq!(joinall(&tasks, None).len(), 5);
        let order = mutex.lock().unwrap();
        assert_eq!((order[0], order.len()), (0, 5));
    });
}

#[test]
fn a_mutex_held_by_a_thread_keeps_one_task_waiting_and_no_other() {
    patched(|| {
        let ticker = Ticker::start();
        let mutex = Arc::new(Mutex::new(0));
        let (locked, is_locked) = mpsc::channel();
        let (go, goes) = mpsc::channel();
        let other = Arc::clone(&mutex);
        let thread = thread::spawn(move || {
            let mut value = other.lock().unwrap();
            locked.send(()).unwrap();
            goes.recv().unwrap();
            *value = 7;
        });
        is_locked.recv().unwrap();
        spawn(move || {
            (0..10).for_each(|_| gevent::sleep(ms(1)));
            go.send(()).unwrap();
        });
        let before = ticker.turns();
        assert_eq!(*mutex.lock().unwrap(), 7);
        assert!(ticker.turns() > before + 3);
        thread.join().unwrap();
    });
}

/// Threads and tasks fight over one lock; nobody is forgotten.
#[test]
fn no_wake_up_is_lost() {
    patched(|| {
        let state = Arc::new((Mutex::new(0_u32), Condvar::new()));
        let add = |state: &(Mutex<u32>, Condvar)| {
            for _ in 0..300 {
                let mut count = state.0.lock().unwrap();
                thread::yield_now();
                *count += 1;
                state.1.notify_all();
            }
        };
        let threads = [(); 2].map(|()| {
            let state = Arc::clone(&state);
            thread::spawn(move || add(&state))
        });
        let tasks = [(); 5].map(|()| {
            let state = Arc::clone(&state);
            spawn(move || add(&state))
        });
        let mut count = state.0.lock().unwrap();
        while *count < 7 * 300 {
            count = state.1.wait(count).unwrap();
        }
        drop(count);
        joinall(&tasks, None);
        for thread in threads {
            thread.join().unwrap();
        }
    });
}

#[test]
fn a_condition_has_its_time_limit() {
    patched(|| {
        let ticker = Ticker::start();
        let (mutex, condition) = (Mutex::new(()), Condvar::new());
        let begin = Instant::now();
        let (_guard, result) = condition.wait_timeout(mutex.lock().unwrap(), ms(30)).unwrap();
        assert!(result.timed_out() && begin.elapsed() >= ms(30) && ticker.turns() > 3);
    });
}

#[test]
fn readers_and_writers() {
    patched(|| {
        let lock = Arc::new(RwLock::new(0));
        let writers = [(); 4].map(|()| {
            let lock = Arc::clone(&lock);
            spawn(move || {
                let mut value = lock.write().unwrap();
                let before = *value;
                thread::sleep(ms(2));
                *value = before + 1;
            })
        });
        let readers = [(); 4].map(|()| {
            let lock = Arc::clone(&lock);
            spawn(move || {
                let value = lock.read().unwrap();
                let before = *value;
                thread::sleep(ms(2));
                assert_eq!(*value, before);
            })
        });
        joinall(&writers, None);
        assert_eq!(joinall(&readers, None).len(), 4);
        assert_eq!(*lock.read().unwrap(), 4);
    });
}

#[test]
fn a_kill_waits_for_the_lock_and_strikes_then() {
    patched(|| {
        let mutex = Arc::new(Mutex::new(()));
        let guard = mutex.lock().unwrap();
        let other = Arc::clone(&mutex);
        let task = spawn(move || {
            let _guard = other.lock().unwrap();
            gevent::sleep(Duration::ZERO);
            unreachable!("it was killed");
        });
        gevent::sleep(ms(1));
        task.kill_nowait();
        gevent::sleep(ms(5));
        assert!(!task.ready());
        drop(guard);
        assert!(task.join(Some(Duration::from_secs(10))));
        assert!(matches!(task.get(None), Err(GetError::Killed)));
    });
}

/// What `examples/stuck.rs` does for this argument, and how it ends.
fn stuck(how: &str) -> (bool, String) {
    let program = grade::workspace_example("gevent", "stuck");
    let output = Command::new(program).arg(how).output().unwrap();
    (output.status.success(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn deadlocks_of_one_thread_are_said() {
    for (how, what) in [
        ("mutex", "waits for a lock of std"),
        ("main", "main waits for a lock of std"),
        ("channel", "worker would wait for ever"),
        ("park", "worker would wait for ever"),
        ("parking_lot", "worker would wait for ever"),
    ] {
        let (success, stderr) = stuck(how);
        assert!(!success && stderr.contains(what), "{how}: {stderr}");
    }
}
