//! Deadlocks among the tasks of one thread, to see what is said of them: `stuck mutex`, `main`,
//! `channel`, `park` or `parking_lot`.

use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::Duration;

use gevent::{monkey, spawn};

fn main() {
    monkey::patch_all();
    let how = std::env::args().nth(1).unwrap_or_default();
    let worker: Box<dyn FnOnce()> = match how.as_str() {
        "mutex" | "main" => {
            // Each has what the other wants.
            let one = Arc::new(Mutex::new(()));
            let two = Arc::new(Mutex::new(()));
            let (other_one, other_two) = (Arc::clone(&one), Arc::clone(&two));
            let both = |first: Arc<Mutex<()>>, second: Arc<Mutex<()>>| {
                let _first = first.lock();
                thread::sleep(Duration::from_millis(1));
                let _second = second.lock();
            };
            let _ = spawn(move || both(one, two)).named("first");
            if how == "main" {
                return both(other_two, other_one);
            }
            Box::new(move || both(other_two, other_one))
        }
        "channel" => Box::new(|| {
            let (_sender, receiver) = mpsc::channel::<()>();
            let _ = receiver.recv();
        }),
        "park" => Box::new(thread::park),
        "parking_lot" => {
            let lock = Arc::new(parking_lot::Mutex::new(()));
            let other = Arc::clone(&lock);
            spawn(move || {
                let _guard = other.lock();
                thread::sleep(Duration::from_secs(1));
            });
            Box::new(move || drop(lock.lock()))
        }
        _ => return println!("usage: stuck mutex|main|channel|park|parking_lot"),
    };
    spawn(worker).named("worker").join(None);
}
