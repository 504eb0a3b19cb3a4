#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod gil;
mod work;

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use clap::Parser;
use common::measure::Stopwatch;
use common::table::Table;
use serde_json::{Value, json};
use threading::{Thread, ThreadError};

use gil::Gil;

/// A global interpreter lock: CPU work by several threads, with it and without; and I/O work.
#[derive(Parser)]
#[command(version, max_term_width = 100)]
struct Cli {
    /// Print one JSON object and nothing else
    #[arg(long)]
    json: bool,
    /// Less work, measured less exactly
    #[arg(long)]
    quick: bool,
    /// How long a waiting thread waits before it asks for the lock, in milliseconds
    #[arg(long, value_name = "MS", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=1000))]
    interval: u32,
}

/// One thread's share of the work: which of how many it is, and the lock.
type Share = fn(u32, u32, &Job) -> u64;

/// What all threads of a measurement have in common.
struct Job {
    gil: Gil,
    /// Odd numbers to look at.
    numbers: u32,
    /// Answers to wait for.
    answers: u32,
}

/// 【1】有锁的计算：执行每一步都要拿着锁 / computing as Python does: the lock is held at each step,
/// and passed on when another thread asks. day07 L77
fn with_gil(first: u32, of: u32, job: &Job) -> u64 {
    let numbers = (first..job.numbers).step_by(of as usize);
    job.gil.hold(|| work::compute(numbers, || job.gil.between_instructions()))
}

/// 【2】没有锁的计算：每个线程一个核 / the same without it: a core for each thread. day07 L13
fn without_gil(first: u32, of: u32, job: &Job) -> u64 {
    work::compute((first..job.numbers).step_by(of as usize), || ())
}

/// 【3】等待时放开锁：别人可以运行 / waiting: the lock is let go around each wait, so the waits of
/// all threads pass at the same time.
fn waiting(first: u32, of: u32, job: &Job) -> u64 {
    let times = (first..job.answers).step_by(of as usize).len() as u32;
    job.gil.hold(|| work::wait_for_answers(times, |wait| job.gil.allow_threads(wait)))
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let result = measure(&cli).map(|(table, results)| match cli.json {
        true => println!("{}", json!({ "results": results, "gil": table.to_json() })),
        false => print!("{table}"),
    });
    common::program::exit_code(result.map_err(|error| error.to_string().into()))
}

/// The table, and what each row's threads have counted together.
fn measure(cli: &Cli) -> Result<(Table, Vec<Value>), ThreadError> {
    let (numbers, answers) = if cli.quick { (40_000, 8) } else { (300_000, 40) };
    let mut table = Table::new()
        .text("work")
        .number("threads", 0)
        .number("wall_ms", 0)
        .number("cpu_per_second", 2)
        .number("drop_requests", 0)
        .bar("speed_up", 2);
    let mut results = Vec::new();
    let kinds: [(&str, Share); 3] = [
        ("CPU, with the GIL", with_gil),
        ("CPU, no GIL", without_gil),
        ("I/O, GIL let go", waiting),
    ];
    for (name, share) in kinds {
        let mut alone = None;
        for threads in [1, 2, 4] {
            let interval = Duration::from_millis(cli.interval.into());
            let job = Arc::new(Job { gil: Gil::new(interval), numbers, answers });
            let watch = Stopwatch::start();
            let result = run(threads, share, &job)?;
            let took = watch.stop();
            let wall = took.wall.as_secs_f64();
            table.row([
                name.into(),
                threads.into(),
                (wall * 1000.0).into(),
                took.cpu_per_second().into(),
                job.gil.requested_drops().into(),
                (*alone.get_or_insert(wall) / wall).into(),
            ]);
            results.push(json!({ "work": name, "threads": threads, "result": result }));
        }
    }
    Ok((table, results))
}

/// 【4】同样多的工作，分给几个线程 / the same work in all, spread over so many threads.
fn run(threads: u32, share: Share, job: &Arc<Job>) -> Result<u64, ThreadError> {
    let sum = Arc::new(AtomicU64::new(0));
    let workers: Vec<Thread> = (0..threads)
        .map(|first| {
            let (job, sum) = (Arc::clone(job), Arc::clone(&sum));
            Thread::new(move || {
                sum.fetch_add(share(first, threads, &job), Relaxed);
            })
        })
        .collect();
    workers.iter().try_for_each(Thread::start)?;
    for t in &workers {
        t.join(None)?;
    }
    Ok(sum.load(Relaxed))
}
