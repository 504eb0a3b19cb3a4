//! What a switch, a greenlet and a suspended greenlet cost here; one JSON line each.
//!
//! ```console
//! $ cargo run --release -p greenlet --example measure_greenlet -- switch
//! {"ns_per_switch":1.42}
//! $ cargo run --release -p greenlet --example measure_greenlet -- create 10000000
//! {"ns_per_greenlet":12.1,"seconds":0.121}
//! $ cargo run --release -p greenlet --example measure_greenlet -- suspended 100000
//! {"seconds":0.14,"bytes_each":4398}
//! ```

use std::hint::black_box;
use std::process::ExitCode;
use std::time::Instant;

use greenlet::{Greenlet, getcurrent};

const USAGE: &str = "usage: measure_greenlet switch | create N | suspended N";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let number = |text: &String| text.parse::<u64>().ok().filter(|&n| n > 0);
    match (args.first().map(String::as_str), args.get(1).map(number)) {
        (Some("switch"), _) => switch(50_000_000),
        (Some("create"), Some(Some(n))) => create(n),
        (Some("suspended"), Some(Some(n))) => suspended(n),
        (Some("--help"), _) => println!("{USAGE}"),
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    }
    ExitCode::SUCCESS
}

/// `n` times there and back, a number with each switch.
fn switch(n: u64) {
    let main = getcurrent::<u64>();
    let g = Greenlet::new(move |mut i| {
        while i != u64::MAX {
            i = main.switch(i);
        }
        0
    });
    let start = Instant::now();
    let mut sum = 0;
    for i in 0..n {
        sum += g.switch(i);
    }
    let ns = start.elapsed().as_nanos() as f64;
    black_box(sum);
    g.switch(u64::MAX);
    println!("{{\"ns_per_switch\":{:.2}}}", ns / (2 * n) as f64);
}

/// `n` times: create, run to the end, drop; always on the same, recycled stack.
fn create(n: u64) {
    let start = Instant::now();
    for i in 0..n {
        let g = Greenlet::new(|i: u64| black_box(i) + 1);
        black_box(g.switch(i));
    }
    let seconds = start.elapsed().as_secs_f64();
    println!("{{\"ns_per_greenlet\":{:.2},\"seconds\":{seconds:.3}}}", seconds * 1e9 / n as f64);
}

/// `n` greenlets suspended at once, and the memory that they take, page tables included.
fn suspended(n: u64) {
    let mut all: Vec<Greenlet<u64>> = Vec::with_capacity(n as usize);
    let before = memory();
    let start = Instant::now();
    for i in 0..n {
        let main = getcurrent();
        let g = Greenlet::new(move |i| main.switch(i));
        g.switch(i);
        all.push(g);
    }
    let seconds = start.elapsed().as_secs_f64();
    let bytes = memory().saturating_sub(before) as f64 / n as f64;
    println!("{{\"seconds\":{seconds:.3},\"bytes_each\":{bytes:.0}}}");
    for g in &all {
        black_box(g.switch(0));
    }
    assert!(all.iter().all(|g| g.dead()));
}

/// Resident memory and page tables of this process, in bytes.
fn memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let field = |name: &str| {
        let line = status.lines().find(|l| l.starts_with(name))?;
        line.split_whitespace().nth(1)?.parse::<u64>().ok()
    };
    (field("VmRSS:").unwrap_or(0) + field("VmPTE:").unwrap_or(0)) * 1024
}
