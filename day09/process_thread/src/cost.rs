//! What a process and a thread cost, and what they bring.

use std::error::Error;
use std::hint::black_box;

use common::measure::Stopwatch;
use common::process;
use common::table::Table;
use threading::Thread;

/// Creates and ends so many, one after another.
pub(crate) fn of_creating(count: u32) -> Result<Table, Box<dyn Error>> {
    let mut table = Table::new().text("one").number("count", 0).bar("us_each", 1);
    let watch = Stopwatch::start();
    for _ in 0..count {
        process::wait(process::fork_child(|| 0)?)?;
    }
    let processes = watch.stop();
    let watch = Stopwatch::start();
    for _ in 0..count {
        let t = Thread::new(|| ());
        t.start()?;
        t.join(None)?;
    }
    let threads = watch.stop();
    for (one, took) in [("process", processes), ("thread", threads)] {
        let each = took.wall.as_secs_f64() * 1e6 / f64::from(count);
        table.row([one.into(), count.into(), each.into()]);
    }
    Ok(table)
}

/// The same computation by one, then spread over 2 and 4 of each kind.
pub(crate) fn of_computing(numbers: u32) -> Result<Table, Box<dyn Error>> {
    let mut table = Table::new()
        .text("computed_by")
        .number("wall_ms", 0)
        .number("cpu_per_second", 2)
        .bar("speed_up", 2);
    let mut alone = None;
    let kinds: [(&str, u32, Spread); 5] = [
        ("1 process, 1 thread", 1, over_threads),
        ("2 threads", 2, over_threads),
        ("4 threads", 4, over_threads),
        ("2 processes", 2, over_processes),
        ("4 processes", 4, over_processes),
    ];
    for (name, parts, spread) in kinds {
        let watch = Stopwatch::start();
        spread(parts, numbers)?;
        let took = watch.stop();
        let wall = took.wall.as_secs_f64();
        table.row([
            name.into(),
            (wall * 1000.0).into(),
            took.cpu_per_second().into(),
            (*alone.get_or_insert(wall) / wall).into(),
        ]);
    }
    Ok(table)
}

/// Computes with so many processes or threads, for so many numbers in all.
type Spread = fn(u32, u32) -> Result<(), Box<dyn Error>>;

fn over_threads(parts: u32, numbers: u32) -> Result<(), Box<dyn Error>> {
    let part = |part| {
        Thread::new(move || {
            black_box(count_primes(part, parts, numbers));
        })
    };
    let threads: Vec<Thread> = (0..parts).map(part).collect();
    threads.iter().try_for_each(Thread::start)?;
    for t in &threads {
        t.join(None)?;
    }
    Ok(())
}

fn over_processes(parts: u32, numbers: u32) -> Result<(), Box<dyn Error>> {
    let fork = |part| {
        process::fork_child(|| {
            black_box(count_primes(part, parts, numbers));
            0
        })
    };
    let children = (0..parts).map(fork).collect::<Result<Vec<_>, _>>()?;
    for pid in children {
        process::wait(pid)?;
    }
    Ok(())
}

/// Counts the primes among every `of`-th of the first odd numbers.
fn count_primes(first: u32, of: u32, numbers: u32) -> usize {
    let is_prime = |n: u32| n > 1 && (2..).take_while(|d| d * d <= n).all(|d| !n.is_multiple_of(d));
    (first..numbers).step_by(of as usize).filter(|k| is_prime(2 * k + 1)).count()
}
