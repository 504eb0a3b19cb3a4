#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

use std::sync::mpsc;
use std::time::{Duration, Instant};

use gevent::{BlockingDetector, joinall, sleep, spawn};

/// Tasks: spawn, joinall, get, sleep, and one that never gives way
#[derive(clap::Parser)]
#[command(version)]
struct Args {}

/// 让出控制权，不睡眠 / give way without sleeping.
const ZERO: Duration = Duration::ZERO;

// 【1】将协程事件封装为任务函数 / what a task does is a function  day07 L190
fn add(a: i32, b: i32) -> i32 {
    sleep(Duration::from_millis(60));
    a + b
}

fn greet(name: &str) -> String {
    sleep(Duration::from_millis(20));
    format!("hello {name}")
}

fn long() -> bool {
    sleep(Duration::from_secs(3600));
    true
}

fn main() {
    let Args {} = clap::Parser::parse();

    println!("-- three steps");
    // 【2】用 spawn 生成协程对象 / make the task objects; nothing runs yet  day07 L191
    let sum = spawn(|| add(1, 2)).named("sum");
    let greeting = spawn(|| greet("gevent")).named("greeting");
    let long = spawn(long).named("long");
    println!("started: {}, ready: {}", sum.started(), sum.ready());

    // 【3】用 joinall 运行并等待，最多等这么久 / run them, wait at most so long  day07 L192
    let tasks = [sum.any(), greeting.any(), long.any()];
    let done = joinall(&tasks, Some(Duration::from_millis(500)));
    // 返回在超时之前结束的，先结束的在前 / those that ended in time, in the order of their ends  day07 L184
    for task in &done {
        println!("ended in time: {}", task.name());
    }
    for task in tasks.iter().filter(|task| !task.ready()) {
        println!("still running: {}", task.name());
    }

    println!("-- get");
    // 各任务的结果类型可以不同 / results of different types  day07 L185
    println!("sum: {:?}", sum.get(None));
    println!("greeting: {:?}", greeting.get(None));
    println!("long: {:?}", long.get(Some(ZERO)));
    long.kill(None);
    println!("long, killed: {:?}", long.get(None));

    println!("-- sleep(0)");
    // sleep(0) 只让出，不等待：轮流执行 / only gives way: they take turns  day07 L195
    let tasks = [1, 2].map(|n| {
        spawn(move || {
            println!("{n}A");
            sleep(ZERO);
            println!("{n}B");
        })
    });
    joinall(&tasks, None);

    println!("-- a task that never gives way");
    starve();
}

/// 死循环式的任务让别人无法运行；检测器会指出是谁 / nobody else runs, and the detector names it.
fn starve() {
    let limit = Duration::from_millis(100);
    let (send, reports) = mpsc::channel();
    let detector = BlockingDetector::start(limit, move |report| drop(send.send(report)));
    let begin = Instant::now();
    let victim = spawn(move || {
        sleep(Duration::from_millis(10));
        begin.elapsed()
    });
    let greedy = spawn(move || while begin.elapsed() < 3 * limit {}).named("greedy");
    joinall(&[victim.any(), greedy.any()], None);
    let slept = victim.get(None).unwrap_or_default();
    println!("a sleep of 10 ms took {slept:?}");
    println!("longer than 300 ms: {}", slept >= 3 * limit);
    drop(detector);
    if let Ok(report) = reports.try_recv() {
        println!("detector: {report}");
    }
}
