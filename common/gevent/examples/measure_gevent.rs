//! What spawning and sleeping cost here; one JSON line each.
//!
//! ```console
//! $ cargo run --release -p gevent --example measure_gevent -- spawn 1000000
//! {"seconds":0.1205}
//! $ cargo run --release -p gevent --example measure_gevent -- sleep 100000 1000
//! {"seconds":1.1420}
//! ```

use std::process::ExitCode;
use std::time::{Duration, Instant};

use gevent::{Task, joinall, sleep, spawn};

const USAGE: &str = "usage: measure_gevent spawn N | sleep N MS";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let number = |at: usize| args.get(at).and_then(|text| text.parse::<u64>().ok());
    let start = Instant::now();
    match (args.first().map(String::as_str), number(1), number(2)) {
        (Some("spawn"), Some(n), None) => all((0..n).map(|_| spawn(|| 1)).collect()),
        (Some("sleep"), Some(n), Some(ms)) => {
            let time = Duration::from_millis(ms);
            all((0..n).map(|_| spawn(move || sleep(time))).collect());
        }
        (Some("--help"), ..) => {
            println!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    }
    println!("{{\"seconds\":{:.4}}}", start.elapsed().as_secs_f64());
    ExitCode::SUCCESS
}

fn all<R>(tasks: Vec<Task<R>>) {
    assert_eq!(joinall(&tasks, None).len(), tasks.len());
}
