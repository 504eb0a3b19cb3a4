#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod timeline;

use std::cell::Cell;
use std::collections::VecDeque;
use std::path::PathBuf;
use std::process::ExitCode;
use std::rc::Rc;

use clap::Parser;
use greenlet::Generator;
use timeline::Turn;

/// Several tasks taken in turn by a hand-written scheduler over generators
#[derive(Parser)]
#[command(version)]
struct Args {
    /// Draw who ran when into this file
    #[arg(long, value_name = "FILE.svg")]
    timeline: Option<PathBuf>,
}

/// 任务就是生成器：每次 yield 让出一次 / a task is a generator: each yield lets the others run.
type Task = (&'static str, Generator<()>);

/// 调度器：轮流叫醒每个任务 / the scheduler: wakes each task in turn.
#[derive(Default)]
struct Scheduler {
    ready: VecDeque<Task>,
    clock: Rc<Cell<u32>>,
    turns: Vec<Turn>,
}

impl Scheduler {
    fn add(&mut self, task: Task) {
        self.ready.push_back(task);
    }

    fn run(&mut self) {
        while let Some((name, mut task)) = self.ready.pop_front() {
            let from = self.clock.get();
            let alive = task.next().is_some(); // 从上次停下的地方继续 / on from where it stopped  day07 L105
            let to = self.clock.get();
            if to > from {
                self.turns.push(Turn { task: name, from, to });
            }
            if alive {
                self.ready.push_back((name, task)); // 排到队尾 / to the end of the queue
            }
        }
    }

    /// 一个有 `steps` 步的任务，`polite` 则每步之后让出 / a task of so many steps; a polite one yields after each.
    fn steps(&self, name: &'static str, steps: u32, polite: bool) -> Task {
        let clock = Rc::clone(&self.clock);
        let task = Generator::new(move |co| {
            for step in 1..=steps {
                println!("   {name} {step}");
                clock.set(clock.get() + 1);
                if polite {
                    co.give(());
                }
            }
        });
        (name, task)
    }
}

fn main() -> ExitCode {
    let args = Args::parse();
    let mut scheduler = Scheduler::default();

    // 【1】轮流执行，各自从停下的地方继续 / in turn, each from where it stopped  day07 L84
    println!("1. in turn");
    for name in ["wash", "cook", "sweep"] {
        let task = scheduler.steps(name, 3, true);
        scheduler.add(task);
    }
    scheduler.run();

    // 【2】无需互斥：只在 yield 处切换，两次 yield 之间不会被打断 / no lock needed: they switch at yields only  day07 L113
    println!("2. two tasks add 1000 each to one counter, without a lock");
    println!("   yield after the sum:                {}", count(&mut scheduler, false));
    println!("   yield between reading and writing:  {}", count(&mut scheduler, true));

    // 【3】一个不让出的任务，其它的只能等 / one that never yields makes the others wait  day07 L116
    for polite in [false, true] {
        println!("{}", if polite { "4. it yields" } else { "3. a busy task that never yields" });
        for task in [scheduler.steps("busy", 4, polite), scheduler.steps("other", 2, true)] {
            scheduler.add(task);
        }
        scheduler.run();
    }

    if let Some(file) = args.timeline
        && let Err(error) = std::fs::write(&file, timeline::svg(&scheduler.turns))
    {
        eprintln!("error: cannot write the timeline to {}: {error}", file.display());
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

/// 两个任务各加一千次 / two tasks, a thousand additions each.
fn count(scheduler: &mut Scheduler, yield_inside: bool) -> u32 {
    let counter = Rc::new(Cell::new(0));
    for name in ["left", "right"] {
        let counter = Rc::clone(&counter);
        let adder = Generator::new(move |co| {
            for _ in 0..1000 {
                let old = counter.get();
                if yield_inside {
                    co.give(()); // 另一个任务也读到同一个 old / the other one reads the same
                }
                counter.set(old + 1);
                if !yield_inside {
                    co.give(());
                }
            }
        });
        scheduler.add((name, adder));
    }
    scheduler.run();
    counter.get()
}
