//! Which threads there are, which one this is, and waiting for them at the end.

use std::cell::{Cell, OnceCell};
use std::collections::BTreeMap;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use parking_lot::Mutex;

use crate::thread::Thread;

/// The main thread's ident; all others are greater.
const MAIN: u64 = 1;

/// All threads that are alive but the main one, by ident, that is, in the order of their starts.
static ACTIVE: Mutex<BTreeMap<u64, Thread>> = Mutex::new(BTreeMap::new());

thread_local! {
    /// This thread's ident, 0 if it has not been asked for. Without a destructor, so that locks can
    /// be used in the destructors of other thread-locals.
    static IDENT: Cell<u64> = const { Cell::new(0) };
    static CURRENT: Current = const { Current(OnceCell::new()) };
}

/// The thread's own handle.
struct Current(OnceCell<Thread>);

impl Drop for Current {
    fn drop(&mut self) {
        // The others say so themselves, before they tell who joins them.
        if let Some(dummy) = self.0.get().filter(|thread| thread.is_dummy()) {
            dummy.end();
        }
    }
}

/// The thread that calls this; one not made here is given a handle for as long as it lives.
pub fn current_thread() -> Thread {
    let known = CURRENT.try_with(|current| current.0.get_or_init(adopt).clone());
    // After the destructors of its thread-locals it is listed no more, but it can still ask.
    known.unwrap_or_else(|_| Thread::dummy(get_ident()))
}

/// The thread that `main` runs in; its name is `MainThread` at first.
pub fn main_thread() -> Thread {
    static THREAD: OnceLock<Thread> = OnceLock::new();
    THREAD.get_or_init(|| Thread::main(MAIN)).clone()
}

/// All threads that are alive: the main thread, then the others in the order of their starts.
pub fn enumerate() -> Vec<Thread> {
    let mut threads = vec![main_thread()];
    threads.extend(ACTIVE.lock().values().cloned());
    threads
}

/// How many threads are alive, as many as [`enumerate`] lists.
pub fn active_count() -> usize {
    1 + ACTIVE.lock().len()
}

/// The calling thread's [`ident`](Thread::ident): not 0, and no other thread's ever.
#[inline]
pub fn get_ident() -> u64 {
    match IDENT.get() {
        0 => first_ident(),
        ident => ident,
    }
}

/// Waits until all threads have ended that are no daemons, also those that they start meanwhile.
///
/// Python does so when a program ends; in Rust `main` must ask for it, here or by [`shutdown_guard`].
pub fn shutdown() {
    let me = get_ident();
    let waits_for = |thread: &&Thread| !thread.daemon() && thread.ident() != Some(me);
    loop {
        let next = ACTIVE.lock().values().find(waits_for).cloned();
        let Some(thread) = next else { return };
        let _ = thread.join(None); // a panic was reported when it happened
    }
}

/// Calls [`shutdown`] when the guard is dropped, be it by `?` or a panic: for `main`'s first line.
///
/// ```
/// let _wait = threading::shutdown_guard();
/// let t = threading::Thread::new(|| println!("printed, though nobody joins"));
/// t.start()?;
/// # Ok::<(), threading::ThreadError>(())
/// ```
pub fn shutdown_guard() -> ShutdownGuard {
    ShutdownGuard(())
}

/// Waits for all threads that are no daemons when dropped; from [`shutdown_guard`].
#[derive(Debug)]
#[must_use = "it waits when it is dropped: `let _wait = shutdown_guard();`"]
pub struct ShutdownGuard(());

impl Drop for ShutdownGuard {
    fn drop(&mut self) {
        shutdown();
    }
}

/// An ident for a thread about to start.
pub(crate) fn new_ident() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(MAIN + 1);
    NEXT.fetch_add(1, Relaxed)
}

/// The kernel's number for the calling thread.
pub(crate) fn kernel_ident() -> u64 {
    nix::unistd::gettid().as_raw().unsigned_abs().into()
}

/// Lists a thread as alive.
pub(crate) fn enter(ident: u64, thread: Thread) {
    ACTIVE.lock().insert(ident, thread);
}

/// Lists it no more.
pub(crate) fn leave(ident: u64) {
    let gone = ACTIVE.lock().remove(&ident);
    drop(gone); // outside the lock: it may be the last handle
}

/// Makes the calling thread be that one.
pub(crate) fn be(ident: u64, thread: Thread) {
    IDENT.set(ident);
    CURRENT.with(|current| {
        let _ = current.0.set(thread);
    });
}

/// Whether what the calling thread makes is a daemon unless it says otherwise.
pub(crate) fn current_is_daemon() -> bool {
    let inherits = |thread: &Thread| !thread.is_dummy() && thread.daemon();
    CURRENT.try_with(|current| current.0.get().is_some_and(inherits)).unwrap_or(false)
}

/// The handle of a thread that was not made here.
fn adopt() -> Thread {
    match get_ident() {
        MAIN => main_thread(),
        ident => {
            let dummy = Thread::dummy(ident);
            enter(ident, dummy.clone());
            dummy
        }
    }
}

#[cold]
fn first_ident() -> u64 {
    let is_main = kernel_ident() == u64::from(std::process::id());
    IDENT.set(if is_main { MAIN } else { new_ident() });
    IDENT.get()
}
