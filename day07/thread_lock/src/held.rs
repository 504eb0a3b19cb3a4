//! What it costs to hold a lock for long.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use common::measure::Stopwatch;
use common::table::Table;
use common::text::Work;
use threading::{Lock, Thread, ThreadError};

/// How long each round of each thread computes, inside the lock and outside together.
pub(crate) const ROUND: Duration = Duration::from_micros(200);

/// Lets `threads` threads do rounds for a while, with more and more of each round inside the lock.
pub(crate) fn measure(threads: u32, quick: bool) -> Result<Table, ThreadError> {
    let time = Duration::from_millis(if quick { 50 } else { 400 });
    let mut table = Table::new()
        .number("held_percent", 0)
        .number("cpu_per_second", 2)
        .number("rounds", 0)
        .bar("rounds_per_second", 0);
    for percent in [0, 25, 50, 75, 100] {
        let shared = Arc::new(Shared::default());
        let workers: Vec<Thread> = (0..threads)
            .map(|_| {
                let shared = Arc::clone(&shared);
                Thread::new(move || shared.rounds_until_stopped(percent))
            })
            .collect();
        let watch = Stopwatch::start();
        workers.iter().try_for_each(Thread::start)?;
        std::thread::sleep(time);
        shared.stop.store(true, Relaxed);
        for t in &workers {
            t.join(None)?;
        }
        let took = watch.stop();
        let rounds = shared.rounds.load(Relaxed);
        table.row([
            percent.into(),
            took.cpu_per_second().into(),
            rounds.into(),
            (rounds as f64 / took.wall.as_secs_f64()).into(),
        ]);
    }
    Ok(table)
}

#[derive(Default)]
struct Shared {
    lock: Lock,
    rounds: AtomicU64,
    stop: AtomicBool,
}

impl Shared {
    fn rounds_until_stopped(&self, percent: u32) {
        let inside = ROUND * percent / 100;
        // 至少一轮：机器再忙，表里也有数 / one round at least, however late this thread comes to run.
        loop {
            let guard = self.lock.guard();
            Work::Cpu(inside).perform();
            self.rounds.store(self.rounds.load(Relaxed) + 1, Relaxed); // 锁保护着它 / the lock protects it
            drop(guard);
            Work::Cpu(ROUND - inside).perform();
            if self.stop.load(Relaxed) {
                return;
            }
        }
    }
}
