//! The locks of std: `Mutex`, `RwLock`, `Condvar`, `Once` wait by `syscall(SYS_futex, …)`.
//!
//! A task that has to wait for such a lock is put on a list beside the kernel's, under the lock's
//! address, and others run. Whoever wakes a waiter of that address, from any thread, looks at the list
//! after the kernel's. Only std's own operation is taken (FUTEX_WAIT_BITSET | PRIVATE), and not where a
//! parked thread waits: std has one parker a thread, which two tasks cannot share. That, and what
//! parking_lot and crossbeam wait by, goes straight to the kernel.

use std::cell::{Cell, UnsafeCell};
use std::collections::HashMap;
use std::ffi::{c_int, c_long};
use std::hash::{BuildHasherDefault, DefaultHasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering::SeqCst};
use std::thread;
use std::time::Duration;

use nix::libc::{self, timespec};

use super::Parts;
use super::caller::{Refused, deaf_caller};
use super::raw::{self, Raw, duration, finish, sys};
use super::stuck;
use crate::hub::Mailbox;

/// What std waits by.
const WAIT: c_int = libc::FUTEX_WAIT_BITSET | libc::FUTEX_PRIVATE_FLAG;
/// What std wakes by.
const WAKE: c_int = libc::FUTEX_WAKE | libc::FUTEX_PRIVATE_FLAG;

thread_local! {
    /// Where this thread of std waits when it is parked.
    static PARKER: Cell<usize> = const { Cell::new(0) };
}

/// Stands for an address while that is being found out.
const SOUGHT: usize = 1;

/// Finds out where this thread waits when it is parked, by parking it for no time at all.
pub(super) fn find_parker() {
    if PARKER.get() > SOUGHT {
        return;
    }
    PARKER.set(SOUGHT);
    thread::park_timeout(Duration::ZERO);
    if PARKER.get() == SOUGHT {
        // It had been unparked before: that is not ours to use up.
        thread::park_timeout(Duration::ZERO);
        thread::current().unpark();
    }
}

/// Variadic in C; on both architectures the arguments come where those of a fixed list do.
#[unsafe(no_mangle)]
unsafe extern "C" fn syscall(
    number: c_long,
    a: usize,
    b: usize,
    c: usize,
    d: usize,
    e: usize,
    f: usize,
) -> c_long {
    // SAFETY: the caller's own arguments.
    let as_made = || unsafe { raw::call(number, [a, b, c, d, e, f]) };
    let operation = b as c_int;
    let result = if number != libc::SYS_futex {
        as_made()
    } else if operation == WAKE {
        woken_by_kernel(a, c, as_made())
    } else {
        let limit = d as *const timespec;
        // SAFETY: std's own time limit, null or good to read.
        wait(a, operation, c as u32, || unsafe { limit.as_ref() }, as_made)
    };
    finish(result) as c_long
}

fn wait<'a>(
    address: usize,
    operation: c_int,
    expected: u32,
    limit: impl Fn() -> Option<&'a timespec>,
    as_made: impl Fn() -> Raw,
) -> Raw {
    if operation == WAIT && PARKER.get() == SOUGHT {
        PARKER.set(address);
        return as_made();
    }
    let waits = [WAIT, libc::FUTEX_WAIT, libc::FUTEX_WAIT | libc::FUTEX_PRIVATE_FLAG];
    let call = if waits.contains(&operation) { deaf_caller(Parts::THREAD) } else { None };
    let Some(caller) = call else { return as_made() };
    if operation != WAIT || address == PARKER.get() {
        if limit().is_none() {
            stuck::if_alone(caller, "it is parked, or waits for a lock that gevent cannot see");
        }
        return as_made();
    }
    let left = limit().map(|&at| {
        let mut now = timespec { tv_sec: 0, tv_nsec: 0 };
        // SAFETY: `now` is ours.
        unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &raw mut now) };
        let passed = duration(now).unwrap_or_default();
        duration(at).unwrap_or_default().saturating_sub(passed)
    });
    WAITING.fetch_add(1, SeqCst);
    let enqueue = |number, mailbox| {
        LISTS.with(|lists| {
            // SAFETY: std's own futex, which it lends for the call.
            let value = unsafe { &*(address as *const AtomicU32) }.load(SeqCst);
            (value == expected).then(|| lists.add(address, number, mailbox))
        })
    };
    let dequeue = |ticket| LISTS.with(|lists| lists.remove(address, ticket));
    let waited = caller.wait_for_lock(address, left, enqueue, dequeue);
    WAITING.fetch_sub(1, SeqCst);
    match waited {
        Ok(()) => 0,
        Err(Refused::TimedOut) => -(libc::ETIMEDOUT as Raw),
        Err(Refused::Failed(error)) => error,
        Err(Refused::Plain) => {
            stuck::if_alone(caller, "it unwinds, and another task has the lock that it wants");
            as_made()
        }
    }
}

/// The kernel has woken so many; the tasks on our list are next.
fn woken_by_kernel(address: usize, most: usize, woken: Raw) -> Raw {
    if WAITING.load(SeqCst) == 0 || woken < 0 {
        return woken;
    }
    let left = (most as u32 as usize).saturating_sub(woken as usize);
    let tasks = LISTS.with(|lists| lists.take(address, left));
    let count = tasks.len();
    for task in tasks {
        task.mailbox.post(task.number);
    }
    woken + count as Raw
}

/// The thread of a task that waits at `address` ends, and the task with it.
pub(super) fn leave(address: usize, ticket: u64) {
    if !LISTS.with(|lists| lists.remove(address, ticket)) {
        // It had been called, and has not heard it: that call is the next one's.
        // SAFETY: to wake, the kernel needs no more of the futex than its address.
        let woken = unsafe { sys!(SYS_futex, address, WAKE, 1) };
        woken_by_kernel(address, 1, woken);
    }
    WAITING.fetch_sub(1, SeqCst);
}

/// How many tasks of all threads are on the lists, or about to be.
static WAITING: AtomicUsize = AtomicUsize::new(0);

static LISTS: Spinning = Spinning { taken: AtomicBool::new(false), lists: UnsafeCell::new(None) };

/// A task that waits for a lock.
struct Waiter {
    ticket: u64,
    /// What is posted to its hub to wake it.
    number: u64,
    mailbox: Arc<Mailbox>,
}

#[derive(Default)]
struct Lists {
    ticket: u64,
    by_address: HashMap<usize, Vec<Waiter>, BuildHasherDefault<DefaultHasher>>,
}

impl Lists {
    fn add(&mut self, address: usize, number: u64, mailbox: Arc<Mailbox>) -> u64 {
        self.ticket += 1;
        let waiter = Waiter { ticket: self.ticket, number, mailbox };
        self.by_address.entry(address).or_default().push(waiter);
        self.ticket
    }

    /// False if it is not there any more.
    fn remove(&mut self, address: usize, ticket: u64) -> bool {
        let Some(line) = self.by_address.get_mut(&address) else { return false };
        let before = line.len();
        line.retain(|waiter| waiter.ticket != ticket);
        let found = line.len() < before;
        if line.is_empty() {
            self.by_address.remove(&address);
        }
        found
    }

    /// The first of the line.
    fn take(&mut self, address: usize, most: usize) -> Vec<Waiter> {
        let Some(line) = self.by_address.get_mut(&address) else { return Vec::new() };
        let taken = line.drain(..most.min(line.len())).collect();
        if line.is_empty() {
            self.by_address.remove(&address);
        }
        taken
    }
}

/// A lock that waits by nothing that is hooked here.
struct Spinning {
    taken: AtomicBool,
    lists: UnsafeCell<Option<Lists>>,
}

// SAFETY: the lists are touched only by who has set `taken`.
unsafe impl Sync for Spinning {}

impl Spinning {
    fn with<R>(&self, f: impl FnOnce(&mut Lists) -> R) -> R {
        while self.taken.swap(true, SeqCst) {
            std::hint::spin_loop();
        }
        // SAFETY: `taken` was false, and is ours until it is false again; `f` neither waits nor panics.
        let result = f(unsafe { &mut *self.lists.get() }.get_or_insert_default());
        self.taken.store(false, SeqCst);
        result
    }
}
