#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

use std::error::Error;
use std::fs;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use threading::{Event, Run, Thread, current_thread};

/// Threads: made, started, named, joined; and a thread class of one's own.
#[derive(Parser)]
#[command(version)]
struct Cli {}

fn main() -> ExitCode {
    let Cli {} = Cli::parse();
    let result = function().and_then(|()| class());
    common::program::exit_code(result.map_err(|error| error.to_string().into()))
}

/// 主线程说可以了，`cook` 才结束 / `cook` goes on until main says so.
static ENOUGH: Event = Event::new();

/// 线程要执行的函数 / what the thread does.
fn cook() {
    let _ = ENOUGH.wait(None);
}

fn function() -> Result<(), Box<dyn Error>> {
    println!("main runs in {}  threads: {}", current_thread().name(), threads());

    // 【1】创建线程对象：此时什么都还没有运行 / make the object: nothing runs yet. day07 L15
    let t = Thread::new(cook);
    println!("t = Thread::new(cook)   name: {}, alive: {}", t.name(), t.is_alive());

    // 【2】启动：从这一行起多了一条执行流程 / from this line on something else runs too. day07 L20
    t.start()?;
    println!("t.start()               alive: {}, threads: {}", t.is_alive(), threads());

    // 【3】改名字，运行中也可以 / its name can change while it runs. day07 L24
    t.set_name("cook of the day");
    println!("t.set_name(…)           name: {}", t.name());

    // 【4】等待，但最多 0.1 秒：它还没结束 / wait, but not for ever: it has not ended. day07 L21
    let ended = t.join(Some(Duration::from_millis(100)))?;
    println!("t.join(0.1 s)           ended: {ended}, alive: {}", t.is_alive());

    // 【5】等到结束；它的栈还给系统 / wait for its end: the system has its stack back. day07 L21
    ENOUGH.set();
    let ended = t.join(None)?;
    while threads() > 1 {
        std::thread::yield_now(); // 内核稍后才除名 / the kernel takes a moment to strike it off
    }
    println!(
        "t.join()                ended: {ended}, alive: {}, threads: {}",
        t.is_alive(),
        threads()
    );

    // 【6】一个线程对象只能启动一次 / a thread object runs once.
    if let Err(error) = t.start() {
        println!("t.start() again         error: {error}");
    }
    Ok(())
}

/// 【7】自己的线程类 / a thread class of one's own: its fields are what `__init__` would set,
/// and `run` is what it does. day07 L29
struct MyThread {
    guest: &'static str,
    dish: &'static str,
}

impl Run for MyThread {
    fn run(self) {
        println!("{}: {} eats {}", current_thread().name(), self.guest, self.dish);
    }
}

fn class() -> Result<(), Box<dyn Error>> {
    let guests = [("Ann", "noodles"), ("Bo", "rice")];
    for (guest, dish) in guests {
        let t = Thread::named(format!("table of {guest}"), MyThread { guest, dish });
        t.start()?;
        t.join(None)?; // 【8】逐个等待，输出才有次序 / one after the other, so that the lines are too
    }
    println!("all have eaten");
    Ok(())
}

/// How many threads the kernel counts in this process.
fn threads() -> usize {
    fs::read_dir("/proc/self/task").map_or(0, Iterator::count)
}
