//! Four threads with fifty tasks each, and two that are not patched, over the same locks of std: nobody
//! is forgotten, nobody sees another's work half done.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Condvar, Mutex, RwLock};
use std::thread;

use gevent::{joinall, spawn};

use super::{ms, patched};

const THREADS: u64 = 4;
const TASKS: u64 = 50;
const PLAIN_THREADS: u64 = 2;

/// Each of them runs `rounds` rounds of `round`.
fn all<S: Send + Sync + 'static>(state: &Arc<S>, rounds: u64, round: fn(&S, u64)) {
    let patched_thread = |_| {
        let state = Arc::clone(state);
        thread::spawn(move || {
            patched(move || {
                let task = |_| {
                    let state = Arc::clone(&state);
                    spawn(move || (0..rounds).for_each(|n| round(&state, n)))
                };
                let tasks: Vec<_> = (0..TASKS).map(task).collect();
                assert_eq!(joinall(&tasks, None).len() as u64, TASKS);
                tasks.iter().for_each(|task| task.get(None).unwrap());
            });
        })
    };
    let plain_thread = |_| {
        let state = Arc::clone(state);
        thread::spawn(move || (0..rounds).for_each(|n| round(&state, n)))
    };
    let mut threads: Vec<_> = (0..THREADS).map(patched_thread).collect();
    threads.extend((0..PLAIN_THREADS).map(plain_thread));
    threads.into_iter().for_each(|thread| thread.join().unwrap());
}

const EVERYBODY: u64 = THREADS * TASKS + PLAIN_THREADS;

/// Waits now and then in the middle of it, in one of three ways.
fn dawdle(n: u64) {
    match n % 16 {
        3 => thread::yield_now(),
        7 => thread::sleep(ms(0)),
        11 => thread::sleep(std::time::Duration::from_micros(10)),
        _ => {}
    }
}

fn mutex(rounds: u64) {
    let count = Arc::new(Mutex::new(0));
    all(&count, rounds, |count, n| {
        let mut guard = count.lock().unwrap();
        let before = *guard;
        dawdle(n);
        *guard = before + 1;
    });
    assert_eq!(*count.lock().unwrap(), EVERYBODY * rounds);
}

fn rwlock(rounds: u64) {
    let pair = Arc::new(RwLock::new((0, 0)));
    all(&pair, rounds, |pair, n| {
        if n % 4 == 0 {
            let mut pair = pair.write().unwrap();
            pair.0 += 1;
            dawdle(n / 4);
            pair.1 += 1;
        } else {
            let pair = pair.read().unwrap();
            let first = pair.0;
            dawdle(n);
            assert_eq!((pair.0, pair.1), (first, first));
        }
    });
    let expected = EVERYBODY * rounds.div_ceil(4);
    assert_eq!(*pair.read().unwrap(), (expected, expected));
}

/// A queue with room for three.
#[derive(Default)]
struct Queue {
    items: Mutex<VecDeque<u64>>,
    has_room: Condvar,
    has_items: Condvar,
    sum: AtomicU64,
}

fn condition(rounds: u64) {
    let queue = Arc::new(Queue::default());
    // Who has put something in takes something out, so that it comes to nothing in the end.
    all(&queue, rounds, |queue, n| {
        let items = queue.items.lock().unwrap();
        let mut items = queue.has_room.wait_while(items, |items| items.len() >= 3).unwrap();
        items.push_back(n);
        dawdle(n);
        drop(items);
        queue.has_items.notify_one();
        let items = queue.items.lock().unwrap();
        let mut items = queue.has_items.wait_while(items, |items| items.is_empty()).unwrap();
        queue.sum.fetch_add(items.pop_front().unwrap(), SeqCst);
        drop(items);
        queue.has_room.notify_one();
    });
    assert!(queue.items.lock().unwrap().is_empty());
    assert_eq!(queue.sum.load(SeqCst), EVERYBODY * rounds * (rounds - 1) / 2);
}

/// As many wait with a time limit as without: who gives up must not take a call with it.
fn condition_with_limits(rounds: u64) {
    let queue = Arc::new(Queue::default());
    all(&queue, rounds, |queue, n| {
        queue.items.lock().unwrap().push_back(n);
        queue.has_items.notify_one();
        let mut items = queue.items.lock().unwrap();
        while items.is_empty() {
            let limit = std::time::Duration::from_micros(n % 50);
            items = match n % 2 {
                0 => queue.has_items.wait(items).unwrap(),
                _ => queue.has_items.wait_timeout(items, limit).unwrap().0,
            };
        }
        dawdle(n);
        queue.sum.fetch_add(items.pop_front().unwrap(), SeqCst);
    });
    assert_eq!(queue.sum.load(SeqCst), EVERYBODY * rounds * (rounds - 1) / 2);
}

#[test]
fn locks_and_conditions() {
    mutex(20);
    rwlock(20);
    condition(20);
    condition_with_limits(20);
}

#[test]
#[ignore = "heavy: two hundred tasks, a thousand rounds each"]
fn locks_and_conditions_for_long() {
    mutex(1000);
    rwlock(1000);
    condition(1000);
    condition_with_limits(1000);
}
