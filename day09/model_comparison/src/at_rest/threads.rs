//! Threads at rest, and a turn that goes around among them.

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::Instant;

use super::memory::Memory;
use super::{Cost, cost};

/// How often the turn goes around.
const LAPS: usize = 3;
/// Threads that have begun.
static BEGUN: AtomicUsize = AtomicUsize::new(0);

/// 排成一圈，每个只叫醒下一个 / a ring of threads, each of which wakes the next and sleeps again.
///
/// # Errors
///
/// The machine has no room for so many.
pub(super) fn ring(count: usize) -> Result<Cost, String> {
    let before = Memory::now();
    let start = Instant::now();
    let (first, mut here) = sync_channel(1);
    for number in 1..=count {
        let (there, next) = sync_channel(1);
        let turn = std::mem::replace(&mut here, next);
        // 圈里的线程随进程结束 / they end with the process.
        let begun = thread::Builder::new().spawn(move || pass_on(&turn, &there));
        begun.map_err(|why| {
            format!("no more than {} threads: {}", number - 1, common::reason(&why))
        })?;
    }
    while BEGUN.load(SeqCst) < count {
        thread::yield_now();
    }
    let create = start.elapsed();
    let memory = before.grown();
    let start = Instant::now();
    for _ in 0..LAPS {
        first.send(()).map_err(|gone| gone.to_string())?;
        here.recv().map_err(|gone| gone.to_string())?;
    }
    Ok(cost(count, memory, create, start.elapsed(), LAPS * count))
}

/// What each thread does: waits for its turn, and gives it to the next.
fn pass_on(turn: &Receiver<()>, next: &SyncSender<()>) {
    BEGUN.fetch_add(1, SeqCst);
    while turn.recv().is_ok() && next.send(()).is_ok() {}
}
