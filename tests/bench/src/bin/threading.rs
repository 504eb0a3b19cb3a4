//! `threading::Lock` and `Event` beside std's, parking_lot's and CPython's.
//!
//! Each round measures everything once, in turn; a figure is the median of the rounds. "2 threads"
//! is the wall time per `acquire` + `release` while two threads do nothing else.

use std::process::Command;
use std::sync::{Barrier, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use bench::{median, table};

const ROUNDS: usize = 15;
const COUNT: u32 = 1_000_000;
const WAKES: usize = 300;

type Pair<'a> = &'a (dyn Fn() + Sync);
type Wake = fn() -> f64;

fn main() {
    let ours = threading::Lock::new();
    let std_mutex = Mutex::new(());
    let parking = parking_lot::Mutex::new(());
    let acquire_release: Pair<'_> = &|| {
        for _ in 0..COUNT {
            ours.acquire();
            ours.release().expect("held");
        }
    };
    let std_lock: Pair<'_> = &|| (0..COUNT).for_each(|_| drop(std_mutex.lock()));
    let parking_lock: Pair<'_> = &|| (0..COUNT).for_each(|_| drop(parking.lock()));
    let locks: [(&str, Pair<'_>, Wake); 3] = [
        ("threading", acquire_release, wake_ours),
        ("parking_lot", parking_lock, wake_parking_lot),
        ("std", std_lock, wake_std),
    ];

    // For each lock and CPython: 1 thread, 2, 4, the wake-up.
    let mut figures = vec![[const { Vec::new() }; 4]; locks.len() + 1];
    for round in 0..ROUNDS {
        // Another begins each time: who comes after CPython finds the processors as it left them.
        for turn in 0..locks.len() {
            let index = (round + turn) % locks.len();
            let (row, (_, lock, wake)) = (&mut figures[index], &locks[index]);
            for (figure, threads) in row.iter_mut().zip([1, 2, 4]) {
                figure.push(contended(threads, *lock));
            }
            row[3].push(wake());
        }
        for (figure, value) in figures[locks.len()].iter_mut().zip(cpython()) {
            figure.push(value);
        }
    }

    let names = locks.iter().map(|lock| lock.0).chain(["CPython"]);
    let rows: Vec<Vec<String>> = names
        .zip(figures)
        .map(|(name, [one, two, four, wake])| {
            let ns = [one, two, four].map(|figure| format!("{:.1}", median(figure)));
            let us = format!("{:.1}", median(wake) / 1000.0);
            [name.to_owned()].into_iter().chain(ns).chain([us]).collect()
        })
        .collect();
    let heads = ["", "1 thread, ns", "2 threads, ns", "4 threads, ns", "set to wake, us"];
    table::print("acquire + release, and Event", &heads, &rows);
}

/// Nanoseconds for each of the pairs that `threads` threads do at the same time.
fn contended(threads: u32, pairs: Pair<'_>) -> f64 {
    let start = Barrier::new(threads as usize + 1);
    let begin = thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                start.wait();
                pairs();
            });
        }
        start.wait();
        Instant::now()
    });
    begin.elapsed().as_nanos() as f64 / f64::from(threads * COUNT)
}

/// The median time from `set` in one thread to the return of `wait` in another that slept.
fn wake(set: impl Fn(), wait: impl Fn() + Sync) -> f64 {
    let (begin, took) = (Mutex::new(Instant::now()), Mutex::new(Vec::new()));
    let turn = Barrier::new(2);
    thread::scope(|scope| {
        scope.spawn(|| {
            for _ in 0..WAKES {
                wait();
                let woken = Instant::now();
                let begin = *begin.lock().expect("nobody panics");
                took.lock().expect("nobody panics").push((woken - begin).as_nanos() as f64);
                turn.wait();
            }
        });
        for _ in 0..WAKES {
            thread::sleep(Duration::from_micros(300)); // by then it sleeps
            let mut now = begin.lock().expect("nobody panics");
            *now = Instant::now();
            drop(now);
            set();
            turn.wait();
        }
    });
    median(took.into_inner().expect("nobody panics"))
}

fn wake_ours() -> f64 {
    let event = threading::Event::new();
    let wait = || {
        assert!(event.wait(None));
        event.clear();
    };
    wake(|| event.set(), wait)
}

fn wake_std() -> f64 {
    let (flag, changed) = (Mutex::new(false), Condvar::new());
    let set = || {
        *flag.lock().expect("nobody panics") = true;
        changed.notify_all();
    };
    let wait = || {
        let guard = flag.lock().expect("nobody panics");
        *changed.wait_while(guard, |set| !*set).expect("nobody panics") = false;
    };
    wake(set, wait)
}

fn wake_parking_lot() -> f64 {
    let (flag, changed) = (parking_lot::Mutex::new(false), parking_lot::Condvar::new());
    let set = || {
        *flag.lock() = true;
        changed.notify_all();
    };
    let wait = || {
        let mut guard = flag.lock();
        changed.wait_while(&mut guard, |set| !*set);
        *guard = false;
    };
    wake(set, wait)
}

/// The same of CPython; nothing where there is none.
fn cpython() -> Vec<f64> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/peers/threading_lock.py");
    let output = Command::new("python3").args([script, "1", "2", "4", "wake"]).output();
    let text = output.map(|o| String::from_utf8_lossy(&o.stdout).into_owned()).unwrap_or_default();
    text.lines().filter_map(|line| line.parse().ok()).collect()
}
