//! Many threads beside as many coroutines, all at rest: what each takes, costs to create, to switch.
//!
//! Each kind is measured in a process of its own, which is this program once more: what the others
//! had allocated would be in its figures otherwise.

use std::cell::Cell;
use std::process::Command;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, OnceLock};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use greenlet::{Greenlet, getcurrent};
use serde_json::{Value, json};

use crate::servers::{Tree, kib};
use crate::stats::median;

/// What rests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resting {
    /// A thread that is parked.
    Thread,
    /// A task of `gevent`, which the hub wakes.
    Task,
    /// A bare `greenlet`, which somebody must switch to.
    Greenlet,
}

/// What each of them costs.
#[derive(Clone, Debug)]
pub struct Rest {
    /// What rests.
    pub what: Resting,
    /// How many there were, or why there could not be.
    pub result: Result<Cost, String>,
}

/// The cost of one.
#[derive(Clone, Copy, Debug)]
pub struct Cost {
    /// How many there were at once.
    pub count: u64,
    /// Memory in KiB, page tables and the kernel's stack included.
    pub kib: f64,
    /// To create it and see it begin, in nanoseconds.
    pub create_ns: f64,
    /// From one of them to the next, in nanoseconds.
    pub switch_ns: f64,
}

/// The hidden option by which this program calls itself.
pub const OPTION: &str = "--at-rest";

impl Resting {
    /// All of them, in the order of the report.
    pub const ALL: [Resting; 3] = [Resting::Thread, Resting::Task, Resting::Greenlet];

    /// Its name on the command line and in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Resting::Thread => "thread",
            Resting::Task => "gevent task",
            Resting::Greenlet => "greenlet",
        }
    }

    /// Measures so many, each time in a process of its own; gives the medians.
    pub fn measure(self, count: usize, times: usize) -> Rest {
        let costs: Result<Vec<Cost>, String> = (0..times).map(|_| self.ask(count)).collect();
        let result = costs.and_then(|costs| {
            let middle = |figure: fn(&Cost) -> f64| {
                let values: Vec<f64> = costs.iter().map(figure).collect();
                median(&values).ok_or("it was not measured")
            };
            Ok(Cost {
                count: costs.first().map_or(0, |cost| cost.count),
                kib: middle(|cost| cost.kib)?,
                create_ns: middle(|cost| cost.create_ns)?,
                switch_ns: middle(|cost| cost.switch_ns)?,
            })
        });
        Rest { what: self, result }
    }

    fn ask(self, count: usize) -> Result<Cost, String> {
        let failed = |error: std::io::Error| common::reason(&error);
        let this = std::env::current_exe().map_err(failed)?;
        let mut again = Command::new(this);
        let output =
            again.args([OPTION, self.name(), &count.to_string()]).output().map_err(failed)?;
        let answer: Value = serde_json::from_slice(&output.stdout).map_err(|_| {
            let said = String::from_utf8_lossy(&output.stderr);
            said.lines().last().unwrap_or("it ended without a word").to_owned()
        })?;
        let number = |name: &str| answer[name].as_f64().unwrap_or(f64::NAN);
        Ok(Cost {
            count: answer["count"].as_u64().unwrap_or(0),
            kib: number("kib"),
            create_ns: number("create_ns"),
            switch_ns: number("switch_ns"),
        })
    }
}

/// What the process that was called with [`OPTION`] does: measures, and gives one JSON object.
///
/// # Errors
///
/// No such kind, or no room for so many.
pub fn answer(kind: &str, count: usize) -> Result<Value, String> {
    let kind = Resting::ALL.into_iter().find(|known| known.name() == kind);
    let count = count.max(2);
    let cost = match kind.ok_or("no such kind")? {
        Resting::Thread => threads(count)?,
        Resting::Task => tasks(count),
        Resting::Greenlet => greenlets(count),
    };
    Ok(json!({
        "count": cost.count, "kib": cost.kib,
        "create_ns": cost.create_ns, "switch_ns": cost.switch_ns,
    }))
}

/// Turns that go around the whole ring.
const LAPS: usize = 3;

/// 线程：排成一圈，每个只叫醒下一个 / a ring of threads, each of which wakes the next.
fn threads(count: usize) -> Result<Cost, String> {
    let begun = Arc::new(AtomicUsize::new(0));
    let turn = Arc::new(AtomicUsize::new(usize::MAX));
    let over = Arc::new(AtomicBool::new(false));
    let ring: Arc<OnceLock<Vec<Thread>>> = Arc::default();
    let before = Memory::now();
    let start = Instant::now();
    let mut handles = Vec::with_capacity(count);
    for me in 0..count {
        let (begun, turn, over) = (Arc::clone(&begun), Arc::clone(&turn), Arc::clone(&over));
        let ring = Arc::clone(&ring);
        let body = move || {
            begun.fetch_add(1, SeqCst);
            loop {
                thread::park();
                if turn.load(SeqCst) % count == me && turn.load(SeqCst) != usize::MAX {
                    let next = turn.load(SeqCst) + 1;
                    turn.store(next, SeqCst);
                    if next < LAPS * count
                        && let Some(ring) = ring.get()
                    {
                        ring[next % count].unpark();
                    }
                }
                if over.load(SeqCst) {
                    return;
                }
            }
        };
        let handle = thread::Builder::new()
            .spawn(body)
            .map_err(|error| format!("no more than {me} threads: {}", common::reason(&error)));
        match handle {
            Ok(handle) => handles.push(handle),
            // 还睡着的线程随进程结束 / those that sleep end with the process.
            Err(why) => return Err(why),
        }
    }
    while begun.load(SeqCst) < count {
        thread::yield_now();
    }
    let create = start.elapsed();
    let memory = before.grown();
    let threads: Vec<Thread> = handles.iter().map(|handle| handle.thread().clone()).collect();
    let first = threads[0].clone();
    let _ = ring.set(threads);
    let start = Instant::now();
    turn.store(0, SeqCst);
    first.unpark();
    while turn.load(SeqCst) < LAPS * count {
        thread::sleep(Duration::from_micros(100));
    }
    let switch = start.elapsed();
    over.store(true, SeqCst);
    for handle in handles {
        handle.thread().unpark();
        let _ = handle.join();
    }
    Ok(cost(count, memory, create, switch, LAPS * count))
}

/// 协程：由 hub 轮流叫醒 / tasks that give way to one another, by way of the hub.
fn tasks(count: usize) -> Cost {
    const TURNS: usize = 20;
    let begun = Rc::new(Cell::new(0));
    let before = Memory::now();
    let start = Instant::now();
    let gate = Rc::new(gevent::event::Event::new());
    let tasks: Vec<_> = (0..count)
        .map(|_| {
            let (begun, gate) = (Rc::clone(&begun), Rc::clone(&gate));
            gevent::spawn(move || {
                begun.set(begun.get() + 1);
                let _ = gate.wait(None);
                for _ in 0..TURNS {
                    gevent::sleep(Duration::ZERO);
                }
            })
        })
        .collect();
    while begun.get() < count {
        gevent::sleep(Duration::ZERO);
    }
    let create = start.elapsed();
    let memory = before.grown();
    gate.set();
    gevent::sleep(Duration::ZERO); // 都过了门 / all are past the gate
    let start = Instant::now();
    gevent::joinall(&tasks, None);
    cost(count, memory, create, start.elapsed(), TURNS * count)
}

/// 赤裸的协程：主协程切过去，它切回来 / to each in turn and back: two switches.
fn greenlets(count: usize) -> Cost {
    const TURNS: usize = 20;
    let before = Memory::now();
    let start = Instant::now();
    let all: Vec<Greenlet<u64>> = (0..count)
        .map(|_| {
            let main = getcurrent();
            let g = Greenlet::new(move |mut n| {
                while n != u64::MAX {
                    n = main.switch(n);
                }
                n
            });
            g.switch(0);
            g
        })
        .collect();
    let create = start.elapsed();
    let memory = before.grown();
    let start = Instant::now();
    for turn in 0..TURNS {
        for g in &all {
            g.switch(turn as u64);
        }
    }
    let switch = start.elapsed();
    for g in &all {
        g.switch(u64::MAX);
    }
    cost(count, memory, create, switch, 2 * TURNS * count)
}

fn cost(count: usize, kib: u64, create: Duration, switch: Duration, switches: usize) -> Cost {
    Cost {
        count: count as u64,
        kib: kib as f64 / count as f64,
        create_ns: create.as_nanos() as f64 / count as f64,
        switch_ns: switch.as_nanos() as f64 / switches as f64,
    }
}

/// The memory of this process and, as far as the machine tells, of the kernel's stacks.
struct Memory {
    process: u64,
    kernel_stacks: u64,
}

impl Memory {
    fn now() -> Memory {
        let process = Tree::of(std::process::id().cast_signed()).memory_kib();
        let meminfo = std::path::Path::new("/proc/meminfo");
        Memory { process, kernel_stacks: kib(meminfo, "KernelStack:") }
    }

    /// KiB more than then.
    fn grown(&self) -> u64 {
        let now = Memory::now();
        now.process.saturating_sub(self.process)
            + now.kernel_stacks.saturating_sub(self.kernel_stacks)
    }
}
