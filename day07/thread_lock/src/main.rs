#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod counter;
mod held;
mod waiting;

use std::process::ExitCode;

use clap::Parser;
use serde_json::{Value, json};
use threading::ThreadError;

/// A lost update, the lock that prevents it, and what it costs to hold a lock for long.
#[derive(Parser)]
#[command(version, max_term_width = 100)]
struct Cli {
    /// Print one JSON object and nothing else
    #[arg(long)]
    json: bool,
    /// Measure for a shorter time, less exactly
    #[arg(long)]
    quick: bool,
    /// Threads of the measurement
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..=64))]
    threads: u16,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let result = lesson(&cli).map(|report| {
        if cli.json {
            println!("{report}");
        }
    });
    common::program::exit_code(result.map_err(|error| error.to_string().into()))
}

fn lesson(cli: &Cli) -> Result<Value, ThreadError> {
    let say = |line: String| {
        if !cli.json {
            println!("{line}");
        }
    };
    let mut counters = Vec::new();
    let mut count = |name: &str, counted: counter::Counted| {
        let counter::Counted { of, value } = counted;
        counters.push(json!({ "name": name, "of": of, "value": value }));
        format!("{:26} {value} of {of}, lost {}", format!("{name}:"), of - value)
    };

    // 【1】临界区没有保护：两个线程都读到旧值，再先后写回，一次加法就丢了
    // two threads read the same old value, and one addition is lost, each time. day07 L37
    say(count("no lock, forced apart", counter::broken_by_force(1000)?));
    // 放任不管，丢多少就看运气 / left alone, how many are lost is a matter of luck.
    say(count("no lock, left alone", counter::broken(200_000)?));

    // 【2】同样的加法，前后加上 acquire 和 release / the same between acquire and release. day07 L43
    say(count("acquire and release", counter::mended(200_000)?));

    // 【3】with lock：离开作用域自动解锁 / the guard releases at the end of its scope. day07 L49
    say(count("with lock (a guard)", counter::guarded(200_000)?));

    // 【4】加锁失败的线程进入睡眠，解锁后才醒来 / who cannot have it sleeps until it is free. day07 L44
    let state = waiting::show(&say)?;

    // 【5】锁占用的时间越短，CPU 利用率越高 / the shorter it is held, the better the processors
    // are used: each round takes as long, more and more of it inside the lock. day07 L54
    let table = held::measure(u32::from(cli.threads), cli.quick)?;
    say(format!("\n{} threads, each round is {:?} of computing:\n", cli.threads, held::ROUND));
    say(table.to_string().trim_end().into());
    Ok(json!({ "counters": counters, "waiting": state, "held": table.to_json() }))
}
