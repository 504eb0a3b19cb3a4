//! What is best seen from outside: `extremes stdout` (with a slow reader of what it prints), `killed`,
//! `overflow`, `sleepers N`.

use std::cell::Cell;
use std::rc::Rc;
use std::thread;
use std::time::{Duration, Instant};

use gevent::{joinall, monkey, spawn};

fn main() {
    monkey::patch_all();
    let mut args = std::env::args().skip(1);
    let how = args.next().unwrap_or_default();
    let count = args.next().and_then(|text| text.parse().ok()).unwrap_or(0);
    match how.as_str() {
        "stdout" => stdout(),
        "killed" => killed(),
        "overflow" => overflow(),
        "sleepers" => sleepers(count),
        _ => println!("usage: extremes stdout | killed | overflow | sleepers N"),
    }
}

/// Two tasks print more than a pipe holds.
fn stdout() {
    let tasks = ["one", "two"].map(|name| {
        spawn(move || {
            for n in 0..5000 {
                println!("{name} {n:050}");
                thread::sleep(Duration::ZERO);
            }
        })
    });
    assert_eq!(joinall(&tasks, None).len(), 2);
}

/// A task that has been killed prints: its calls fail, but not these.
fn killed() {
    let chatter = |name: &'static str| {
        spawn(move || {
            thread::sleep(Duration::from_millis(5));
            for n in 0..1000 {
                println!("{name} {n:050}");
                thread::sleep(Duration::ZERO);
            }
        })
    };
    let tasks = [chatter("one"), chatter("two")];
    gevent::sleep(Duration::ZERO);
    tasks[0].kill_nowait();
    assert_eq!(joinall(&tasks, None).len(), 2);
}

/// A task fills its stack; its neighbours would be the next to be overwritten.
fn overflow() {
    #[allow(unconditional_recursion)]
    fn deeper(n: u64) -> u64 {
        let frame = std::hint::black_box([n; 64]);
        thread::sleep(Duration::ZERO);
        deeper(n + 1) + std::hint::black_box(frame)[(n % 64) as usize]
    }
    for n in 0..10 {
        spawn(move || thread::sleep(Duration::from_secs(n)));
    }
    let task = spawn(|| std::hint::black_box(deeper(0))).named("digger");
    for n in 0..10 {
        spawn(move || thread::sleep(Duration::from_secs(n)));
    }
    task.join(None);
}

/// So many tasks, all of them asleep at once.
fn sleepers(count: usize) {
    let awake = Rc::new(Cell::new(0));
    let begin = Instant::now();
    let tasks: Vec<_> = (0..count)
        .map(|_| {
            let awake = Rc::clone(&awake);
            spawn(move || {
                awake.set(awake.get() + 1);
                // Until all the others sleep, too.
                thread::sleep(Duration::from_secs(10).saturating_sub(begin.elapsed()));
                awake.set(awake.get() - 1);
            })
        })
        .collect();
    gevent::sleep(Duration::ZERO);
    println!("{} asleep", awake.get());
    assert_eq!(joinall(&tasks, None).len(), count);
    println!("{} asleep", awake.get());
}
