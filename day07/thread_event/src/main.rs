#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

use std::process::ExitCode;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use clap::Parser;
use threading::{Event, Semaphore, Thread, ThreadError};

/// An event: one thread says that something is so, others wait until it is.
#[derive(Parser)]
#[command(version)]
struct Cli {}

/// 【1】创建事件：开始时为 false / an event is false at first. day07 L60
static EVENT: Event = Event::new();

fn main() -> ExitCode {
    let Cli {} = Cli::parse();
    println!("Event::new()      is_set: {}", EVENT.is_set());

    // 【2】set 之后，wait 立即返回 true / after `set` nobody waits. day07 L67
    EVENT.set();
    println!("event.set()       is_set: {}", EVENT.is_set());
    println!("event.wait()      {}, at once", EVENT.wait(None));

    // 【3】clear 之后，wait 又会睡眠，这里最多睡 0.1 秒 / after `clear` to wait is to sleep again,
    // here for at most 0.1 s: false says that the time was up. day07 L70
    EVENT.clear();
    println!("event.clear()     is_set: {}", EVENT.is_set());
    let start = Instant::now();
    let set = EVENT.wait(Some(Duration::from_millis(100)));
    let waited = start.elapsed() >= Duration::from_millis(100);
    println!("event.wait(0.1 s) {set}, and 0.1 s have passed: {waited}");

    common::program::exit_code(several_waiters().map_err(|error| error.to_string().into()))
}

fn several_waiters() -> Result<(), ThreadError> {
    // 【4】三个线程等待同一个事件 / three threads wait for one event. day07 L64
    static ARRIVED: Semaphore = Semaphore::new(0);
    let (results, collected) = mpsc::channel();
    let waiter = |name: &'static str| {
        let results = results.clone();
        Thread::named(name, move || {
            ARRIVED.release();
            let set = EVENT.wait(None);
            let _ = results.send((name, set));
        })
    };
    let waiters = ["A", "B", "C"].map(waiter);
    for t in &waiters {
        t.start()?;
    }
    for _ in &waiters {
        ARRIVED.acquire();
    }
    println!("A, B and C wait   answers so far: {}", collected.try_iter().count());

    // 【5】一次 set 唤醒全部；紧接着的 clear 不会让谁再睡过去 / one `set` wakes them all. Were there a
    // `clear` right after it, who slept before the `set` would still return true. day07 L68
    EVENT.set();
    for t in &waiters {
        t.join(None)?;
    }
    let mut answers: Vec<_> = collected.try_iter().collect();
    answers.sort(); // 醒来的次序不定 / they wake in no particular order
    for (name, set) in answers {
        println!("event.set()       {name} wakes: {set}");
    }
    Ok(())
}
