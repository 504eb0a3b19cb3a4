//! Coroutines at rest, and turns among them: tasks of `gevent`, and bare greenlets.

use std::cell::Cell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use greenlet::{Greenlet, getcurrent};

use super::memory::Memory;
use super::{Cost, cost};

/// 协程：由 hub 轮流叫醒 / tasks that give way to one another, by way of the hub.
pub(super) fn tasks(count: usize) -> Cost {
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
pub(super) fn greenlets(count: usize) -> Cost {
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
