//! What `gevent::monkey` promises, case by case. Each test runs in a thread of its own, which it
//! patches, and which is then a hub's.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod canaries;
mod copies;
mod descriptors;
mod hazards;
mod interrupts;
mod locks;
mod plain;
mod rows;
mod sharing;
mod state;
mod stress;

use std::cell::Cell;
use std::net::{TcpListener, TcpStream};
use std::rc::Rc;
use std::time::Duration;

use gevent::{Task, monkey, spawn};

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// A task that counts its turns: as long as the others wait in the hub, it has many.
struct Ticker {
    turns: Rc<Cell<u32>>,
    task: Task<()>,
}

impl Ticker {
    fn start() -> Ticker {
        let turns = Rc::new(Cell::new(0));
        let counter = Rc::clone(&turns);
        let task = spawn(move || {
            loop {
                counter.set(counter.get() + 1);
                gevent::sleep(ms(1));
            }
        });
        gevent::sleep(Duration::ZERO);
        Ticker { turns, task }
    }

    /// How many it has had.
    fn turns(&self) -> u32 {
        self.turns.get()
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.task.kill_nowait();
    }
}

/// Runs `call` while a ticker ticks, and says which std call no longer reaches which function if it
/// does not tick meanwhile.
#[track_caller]
fn lets_others_run<R>(std_call: &str, hook: &str, call: impl FnOnce() -> R) -> R {
    let ticker = Ticker::start();
    let before = ticker.turns();
    let result = call();
    let turns = ticker.turns() - before;
    assert!(
        turns >= 3,
        "{std_call} does not reach `{hook}` (common/gevent/src/monkey): another task had {turns} turns \
         while it waited"
    );
    result
}

/// Runs `body` in a patched thread of its own.
fn patched<R: Send + 'static>(body: impl FnOnce() -> R + Send + 'static) -> R {
    monkey::patch_all();
    body()
}

/// So long is a wait in these tests: enough for a ticker.
const WHILE: Duration = Duration::from_millis(30);

/// A listener whose queue is full answers nobody who wants to connect.
fn full_listener() -> (TcpListener, Vec<TcpStream>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    common::net::listen_again(&listener, 1).unwrap();
    let address = listener.local_addr().unwrap();
    let mut queue = Vec::new();
    while let Ok(one) = TcpStream::connect_timeout(&address, ms(50)) {
        queue.push(one);
    }
    (listener, queue)
}
