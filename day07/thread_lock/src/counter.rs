//! The same counter four times: broken twice, mended twice.
//!
//! To add one is three steps: read, add, write. Python's `count += 1` is no different, and there too
//! another thread can come in between.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use threading::{Barrier, Lock, Thread, ThreadError};

/// What two threads together have counted, and what they should have.
pub(crate) struct Counted {
    pub(crate) of: u64,
    pub(crate) value: u64,
}

/// ⚠ Broken, and always so: a barrier holds both threads between the reading and the writing.
pub(crate) fn broken_by_force(times: u64) -> Result<Counted, ThreadError> {
    let both = Barrier::new(2);
    two_threads(times, move |count| {
        let old = count.load(Relaxed);
        let _ = both.wait(None); // 两个线程都已读完 / both have read
        count.store(old + 1, Relaxed);
        let _ = both.wait(None); // 两个线程都已写完 / both have written
    })
}

/// ⚠ Broken, now and then: the other thread may come in between by chance.
pub(crate) fn broken(times: u64) -> Result<Counted, ThreadError> {
    two_threads(times, |count| {
        let old = count.load(Relaxed);
        count.store(old + 1, Relaxed);
    })
}

/// Mended: who holds the lock is alone between the reading and the writing.
pub(crate) fn mended(times: u64) -> Result<Counted, ThreadError> {
    let lock = Lock::new();
    two_threads(times, move |count| {
        lock.acquire();
        let old = count.load(Relaxed);
        count.store(old + 1, Relaxed);
        lock.release().expect("acquired three lines above");
    })
}

/// Mended, and `release` cannot be forgotten, not even by a panic.
pub(crate) fn guarded(times: u64) -> Result<Counted, ThreadError> {
    let lock = Lock::new();
    two_threads(times, move |count| {
        let _guard = lock.guard();
        let old = count.load(Relaxed);
        count.store(old + 1, Relaxed);
    })
}

fn two_threads(
    times: u64,
    add_one: impl Fn(&AtomicU64) + Send + Sync + 'static,
) -> Result<Counted, ThreadError> {
    let shared = Arc::new((AtomicU64::new(0), add_one));
    let threads = [(); 2].map(|()| {
        let shared = Arc::clone(&shared);
        Thread::new(move || {
            let (count, add_one) = &*shared;
            (0..times).for_each(|_| add_one(count));
        })
    });
    threads.iter().try_for_each(Thread::start)?;
    for t in &threads {
        t.join(None)?;
    }
    Ok(Counted { of: 2 * times, value: shared.0.load(Relaxed) })
}
