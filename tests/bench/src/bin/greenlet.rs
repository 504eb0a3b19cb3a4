//! greenlet beside corosensei, in one process, in turn: a switch, and create + run + drop.
//!
//! ```console
//! $ cargo run --release --manifest-path tests/bench/Cargo.toml --bin greenlet
//! ```
//!
//! Both carry a `u64` each way on a recycled stack of 64 KiB. A figure is the median of the rounds,
//! the ratio the median of the rounds' ratios; rounds are short, so that the least is undisturbed.

use std::hint::black_box;
use std::time::Instant;

use bench::table;
use corosensei::stack::DefaultStack;
use corosensei::{Coroutine, CoroutineResult, Yielder};
use greenlet::{Greenlet, getcurrent};

const ROUNDS: usize = 301;
const SWITCHES: u64 = 200_000;
const CREATED: u64 = 50_000;

fn main() {
    let mut rows = Vec::new();
    for (what, ours, theirs) in [
        ("switch", switch_greenlet as fn() -> f64, switch_corosensei as fn() -> f64),
        ("create, run, drop", create_greenlet, create_corosensei),
    ] {
        let (mut mine, mut peer) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            mine.push(ours());
            peer.push(theirs());
        }
        let ratios = mine.iter().zip(&peer).map(|(a, b)| a / b).collect();
        let least = |v: &[f64]| v.iter().copied().fold(f64::INFINITY, f64::min);
        rows.push(vec![
            what.to_owned(),
            format!("{:.2}", bench::median(mine.clone())),
            format!("{:.2}", bench::median(peer.clone())),
            format!("{:.2}", bench::median(ratios)),
            format!("{:.2}", least(&mine) / least(&peer)),
        ]);
    }
    let heads = ["", "greenlet ns", "corosensei ns", "ratio", "ratio of the least"];
    table::print("greenlet beside corosensei", &heads, &rows);
}

/// Nanoseconds for one of `n`.
fn timed(n: u64, f: impl FnOnce()) -> f64 {
    let start = Instant::now();
    f();
    start.elapsed().as_nanos() as f64 / n as f64
}

fn switch_greenlet() -> f64 {
    let main = getcurrent::<u64>();
    let g = Greenlet::new(move |mut i| {
        while i != u64::MAX {
            i = main.switch(i);
        }
        0
    });
    let ns = timed(2 * SWITCHES, || {
        let mut sum = 0;
        for i in 0..SWITCHES {
            sum += g.switch(i);
        }
        black_box(sum);
    });
    g.switch(u64::MAX);
    ns
}

fn switch_corosensei() -> f64 {
    let mut c = Coroutine::new(|y: &Yielder<u64, u64>, mut i: u64| -> u64 {
        while i != u64::MAX {
            i = y.suspend(i);
        }
        0
    });
    let ns = timed(2 * SWITCHES, || {
        let mut sum = 0;
        for i in 0..SWITCHES {
            if let CoroutineResult::Yield(v) = c.resume(i) {
                sum += v;
            }
        }
        black_box(sum);
    });
    c.resume(u64::MAX);
    ns
}

fn create_greenlet() -> f64 {
    timed(CREATED, || {
        for i in 0..CREATED {
            let g = Greenlet::new(|i: u64| black_box(i) + 1);
            black_box(g.switch(i));
        }
    })
}

fn create_corosensei() -> f64 {
    let mut stack = DefaultStack::new(64 * 1024).ok();
    timed(CREATED, || {
        for i in 0..CREATED {
            let Some(free) = stack.take() else { return };
            let mut c =
                Coroutine::with_stack(free, |_: &Yielder<u64, ()>, i: u64| black_box(i) + 1);
            black_box(c.resume(i).as_return());
            stack = Some(c.into_stack());
        }
    })
}
