//! Threads, locks and events in the words of Python's module `threading`.
//!
//! # The names of the notes
//!
//! | the notes write | here |
//! |---|---|
//! | `t = threading.Thread(target=f, args=(1,))` | [`Thread::new`]`(move \|\| f(1))` |
//! | `Thread(target=f, name="x")` | [`Thread::named`]`("x", f)` |
//! | `t.start()` 启动线程 | [`t.start()?`](Thread::start) |
//! | `t.join([timeout])` 回收线程资源 | [`t.join(None)?`](Thread::join), `t.join(Some(duration))?` |
//! | `t.name`, `t.getName()`, `t.setName(s)` | [`t.name()`](Thread::name), [`t.set_name(s)`](Thread::set_name) |
//! | `t.is_alive()` | [`t.is_alive()`](Thread::is_alive) |
//! | `class MyThread(Thread)` with `run` | `impl `[`Run`]` for MyThread`, then `Thread::new(MyThread { … })` |
//! | `lock = threading.Lock()` | `static LOCK: `[`Lock`]` = Lock::new();` |
//! | `lock.acquire()` 上锁, `lock.release()` 解锁 | [`lock.acquire()`](Lock::acquire), [`lock.release()?`](Lock::release) |
//! | `with lock:` | `let _guard = `[`lock.guard()`](Lock::guard)`;` |
//! | `event = threading.Event()` | [`Event::new()`] |
//! | `event.wait([timeout])` | [`event.wait(None)`](Event::wait), `event.wait(Some(duration))` |
//! | `event.set()`, `event.clear()`, `event.is_set()` | the same |
//!
//! ```
//! use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
//! use threading::{Lock, Thread};
//!
//! static LOCK: Lock = Lock::new();
//! static COUNT: AtomicU32 = AtomicU32::new(0);
//!
//! fn add() {
//!     for _ in 0..1000 {
//!         let _guard = LOCK.guard(); // with lock:
//!         COUNT.store(COUNT.load(Relaxed) + 1, Relaxed);
//!     }
//! }
//!
//! # fn main() -> Result<(), threading::ThreadError> {
//! let threads = [Thread::new(add), Thread::new(add)];
//! for t in &threads {
//!     t.start()?;
//! }
//! for t in &threads {
//!     t.join(None)?;
//! }
//! assert_eq!(COUNT.load(Relaxed), 2000);
//! # Ok(())
//! # }
//! ```
//!
//! # The rest of the module
//!
//! [`RLock`], [`Condition`], [`Semaphore`], [`BoundedSemaphore`], [`Barrier`], [`Timer`];
//! [`current_thread`], [`main_thread`], [`enumerate`], [`active_count`], [`get_ident`];
//! [`excepthook()`] and [`set_excepthook`]; [`shutdown`], which is what Python does when a program
//! ends. Python's `threading.local` is std's [`thread_local!`].
//!
//! # Different from `std`
//!
//! * A [`Lock`] holds no data and anyone may release it: nothing but care ties it to what it
//!   protects. That is the lesson of the notes; [`std::sync::Mutex<T>`] is the better tool.
//! * A [`Thread`] is an object before it runs, has a name that can change, can be joined many times,
//!   by many threads and with a timeout; [`std::thread::spawn`] gives one handle to join once.
//! * When `main` returns, `std` ends every other thread. Python first waits for those that are no
//!   daemons. Here that is asked for: `let _wait = `[`shutdown_guard()`]`;` as `main`'s first line.
//! * A panic in a [`Thread`] is one line on standard error, written by [`excepthook()`] and only
//!   if nobody caught it, instead of the report of the panic hook; [`Thread::join`] returns it.
//!
//! # Different from Python
//!
//! * Threads run truly side by side: there is no GIL (`thread_gil` builds one, to compare).
//! * What Python raises is returned: [`ThreadError`], [`LockError`], [`BrokenBarrierError`].
//! * Times are [`Duration`](std::time::Duration)s, so a negative or a nonsensical timeout cannot be
//!   written; one too far away to have a date means "for ever". `acquire(False)` is
//!   [`try_acquire`](Lock::try_acquire), `acquire(timeout=…)` is
//!   [`acquire_timeout`](Lock::acquire_timeout), so that the two cannot be mixed up either.
//! * A target's arguments are what its closure captured; there is no `args`, no `kwargs`.
//! * [`Thread::join`] says whether the thread has ended; Python leaves that to `is_alive`.
//! * A thread not made here has a [`Thread`] only while it lives, and what it starts is no daemon;
//!   Python keeps its "Dummy" for ever, and hands down that a dummy is one.
//! * [`Condition::wait`] that times out while it is being notified says `true`: in Python that
//!   notification is lost.
//! * Who has passed a [`Barrier`] has passed: in Python an `abort` just after that can still turn it
//!   into an error for those who have not woken up yet.
//! * `ident` is a small number never used twice; the kernel's is [`Thread::native_id`].
//!
//! # How it is made
//!
//! [`Lock`] and [`Event`] are one atomic word each, with a room to sleep in for those who must wait;
//! the rest stands on these two and on `parking_lot`. `tests/model.rs` has a model checker go
//! through every interleaving of the two. Source followed: CPython 3.11 `Lib/threading.py`; the
//! tests are after its `lock_tests.py` and `test_threading.py`.
//!
//! # How fast it is
//!
//! `README.md` beside this crate has a table: as fast as `parking_lot`, on which it stands.

#[cfg(panic = "abort")]
compile_error!(
    "`threading` reports a panic to whoever joins the thread: it needs panic = \"unwind\""
);

mod barrier;
mod condition;
mod error;
mod event;
mod excepthook;
mod lock;
mod registry;
mod rlock;
mod semaphore;
mod sync;
mod thread;
mod timer;

pub use barrier::Barrier;
pub use condition::{CondLock, Condition, ConditionGuard};
pub use error::{BrokenBarrierError, LockError, ThreadError};
pub use event::Event;
pub use excepthook::{ExceptHookArgs, excepthook, reset_excepthook, set_excepthook};
pub use lock::{Lock, LockGuard};
pub use registry::{
    ShutdownGuard, active_count, current_thread, enumerate, get_ident, main_thread, shutdown,
    shutdown_guard,
};
pub use rlock::{RLock, RLockGuard};
pub use semaphore::{BoundedSemaphore, BoundedSemaphoreGuard, Semaphore, SemaphoreGuard};
pub use thread::{Run, Thread};
pub use timer::Timer;
