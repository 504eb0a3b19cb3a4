//! `Thread`: something to run beside the rest.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use parking_lot::Mutex;

use crate::error::ThreadError;
use crate::event::Event;
use crate::{excepthook, registry};

/// What a thread runs: any closure, or a type of one's own, as a class derived from Python's
/// `Thread` that overrides `run`.
///
/// ```
/// struct Download {
///     url: &'static str,
/// }
///
/// impl threading::Run for Download {
///     fn run(self) {
///         println!("{}: {}", threading::current_thread().name(), self.url);
///     }
/// }
///
/// let t = threading::Thread::new(Download { url: "/index.html" });
/// t.start()?;
/// t.join(None)?;
/// # Ok::<(), threading::ThreadError>(())
/// ```
pub trait Run: Send + 'static {
    /// The thread's work, in the new thread.
    fn run(self);
}

impl<F: FnOnce() + Send + 'static> Run for F {
    fn run(self) {
        self();
    }
}

/// A thread: first an object, then running, then ended (Python: `threading.Thread`).
///
/// It is a handle: clones are the same thread, and dropping them all ends nothing.
#[derive(Clone)]
pub struct Thread {
    inner: Arc<Inner>,
}

struct Inner {
    kind: Kind,
    /// Given at the start; 0 before.
    ident: AtomicU64,
    name: Mutex<String>,
    daemon: AtomicBool,
    /// What to run; taken by the thread itself.
    target: Mutex<Option<Box<dyn FnOnce() + Send>>>,
    /// Held while the thread is being started and while it is being joined.
    system: Mutex<Option<std::thread::JoinHandle<()>>>,
    native_id: OnceLock<u64>,
    /// Set when the work is done and reported.
    ended: Event,
    /// How it ended, if by a panic.
    panic: OnceLock<ThreadError>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Made by [`Thread::new`].
    Ours,
    /// The one that `main` runs in.
    Main,
    /// Made by somebody else, and seen here because it asked for [`crate::current_thread`].
    Dummy,
}

impl Thread {
    /// A thread that will run `target`, not started yet. Its name is `Thread-1`, or `Thread-1 (f)`
    /// if the target is a function `f`; the number grows.
    pub fn new(target: impl Run) -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(1);
        let n = COUNT.fetch_add(1, Relaxed);
        let name = match function_name(&target) {
            Some(function) => format!("Thread-{n} ({function})"),
            None => format!("Thread-{n}"),
        };
        Self::named(name, target)
    }

    /// A thread with a name of one's own.
    pub fn named(name: impl Into<String>, target: impl Run) -> Self {
        let thread = Self::make(Kind::Ours, name.into());
        thread.inner.daemon.store(registry::current_is_daemon(), Relaxed);
        *thread.inner.target.lock() = Some(Box::new(move || target.run()));
        thread
    }

    /// Starts the thread.
    ///
    /// # Errors
    ///
    /// [`ThreadError::StartedTwice`]: a thread runs once. [`ThreadError::CannotStart`] if the system
    /// has no room; then it can be tried again.
    pub fn start(&self) -> Result<(), ThreadError> {
        let inner = &self.inner;
        // Held to the end: who joins now will find the handle there.
        let mut system = inner.system.lock();
        if inner.kind != Kind::Ours || inner.ident.load(Relaxed) != 0 {
            return Err(ThreadError::StartedTwice);
        }
        excepthook::install();
        let ident = registry::new_ident();
        inner.ident.store(ident, Relaxed);
        registry::enter(ident, self.clone());
        let thread = self.clone();
        // The system's name for it is for debuggers; it can hold no zero byte.
        let builder = std::thread::Builder::new().name(self.name().replace('\0', ""));
        match builder.spawn(move || thread.bootstrap(ident)) {
            Ok(handle) => {
                *system = Some(handle);
                Ok(())
            }
            Err(e) => {
                registry::leave(ident);
                inner.ident.store(0, Relaxed);
                Err(ThreadError::CannotStart { reason: e.to_string() })
            }
        }
    }

    /// Waits until the thread has ended, for at most `timeout`; says whether it has. Then the
    /// system has its stack back.
    ///
    /// # Errors
    ///
    /// [`ThreadError::Panicked`] if the thread ended by a panic, to each who joins it;
    /// [`ThreadError::NotStarted`]; [`ThreadError::JoinCurrent`] for a thread that joins itself;
    /// [`ThreadError::JoinDummy`].
    pub fn join(&self, timeout: Option<Duration>) -> Result<bool, ThreadError> {
        let inner = &self.inner;
        if inner.kind == Kind::Dummy {
            return Err(ThreadError::JoinDummy);
        }
        if inner.ident.load(Relaxed) == 0 {
            return Err(ThreadError::NotStarted);
        }
        if inner.ident.load(Relaxed) == registry::get_ident() {
            return Err(ThreadError::JoinCurrent);
        }
        if !inner.ended.wait(timeout) {
            return Ok(false);
        }
        // What is left of it now are its thread-locals. Who comes second waits here for the first.
        let mut system = inner.system.lock();
        if let Some(handle) = system.take() {
            let _ = handle.join(); // its panic was caught and kept
        }
        match inner.panic.get() {
            Some(panic) => Err(panic.clone()),
            None => Ok(true),
        }
    }

    /// Its name.
    pub fn name(&self) -> String {
        self.inner.name.lock().clone()
    }

    /// Gives it another name, at any time; names need not differ.
    pub fn set_name(&self, name: impl Into<String>) {
        *self.inner.name.lock() = name.into();
    }

    /// Whether it has been started and has not ended.
    pub fn is_alive(&self) -> bool {
        self.inner.ident.load(Relaxed) != 0 && !self.inner.ended.is_set()
    }

    /// A number no other thread of this process ever has; none before the start.
    pub fn ident(&self) -> Option<u64> {
        Some(self.inner.ident.load(Relaxed)).filter(|&ident| ident != 0)
    }

    /// The kernel's number for it, as in `/proc/self/task`; none before the start.
    pub fn native_id(&self) -> Option<u64> {
        match self.inner.kind {
            // Asked anew: after a fork the main thread is another.
            Kind::Main => Some(u64::from(std::process::id())),
            _ => self.ident().map(|_| *self.inner.native_id.wait()),
        }
    }

    /// Whether [`shutdown`](crate::shutdown) will not wait for it.
    pub fn daemon(&self) -> bool {
        self.inner.daemon.load(Relaxed)
    }

    /// Says whether [`shutdown`](crate::shutdown) shall not wait for it. At first it is as for the
    /// thread that made it, and the main thread is no daemon.
    ///
    /// # Errors
    ///
    /// [`ThreadError::DaemonOfActive`] once it has been started.
    pub fn set_daemon(&self, daemon: bool) -> Result<(), ThreadError> {
        let _not_while_it_starts = self.inner.system.lock();
        if self.inner.ident.load(Relaxed) != 0 {
            return Err(ThreadError::DaemonOfActive);
        }
        self.inner.daemon.store(daemon, Relaxed);
        Ok(())
    }

    /// The thread that `main` runs in.
    pub(crate) fn main(ident: u64) -> Self {
        let main = Self::make(Kind::Main, "MainThread".into());
        main.inner.ident.store(ident, Relaxed);
        main
    }

    /// The calling thread, made by somebody else.
    pub(crate) fn dummy(ident: u64) -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(1);
        let name = format!("Dummy-{}", COUNT.fetch_add(1, Relaxed));
        let dummy = Self::make(Kind::Dummy, name);
        dummy.inner.ident.store(ident, Relaxed);
        dummy.inner.daemon.store(true, Relaxed);
        let _ = dummy.inner.native_id.set(registry::kernel_ident());
        dummy
    }

    pub(crate) fn is_dummy(&self) -> bool {
        self.inner.kind == Kind::Dummy
    }

    /// Notes that it is no more.
    pub(crate) fn end(&self) {
        registry::leave(self.inner.ident.load(Relaxed));
        self.inner.ended.set();
    }

    fn make(kind: Kind, name: String) -> Self {
        let inner = Inner {
            kind,
            ident: AtomicU64::new(0),
            name: Mutex::new(name),
            daemon: AtomicBool::new(false),
            target: Mutex::new(None),
            system: Mutex::new(None),
            native_id: OnceLock::new(),
            ended: Event::new(),
            panic: OnceLock::new(),
        };
        Thread { inner: Arc::new(inner) }
    }

    /// The new thread's life from its first line to its last.
    fn bootstrap(self, ident: u64) {
        excepthook::take_over();
        registry::be(ident, self.clone());
        let _ = self.inner.native_id.set(registry::kernel_ident());
        let target = self.inner.target.lock().take();
        let run = || target.map(|run| run());
        if let Err(payload) = catch_unwind(AssertUnwindSafe(run)) {
            let message = excepthook::report(&self, &*payload);
            let _ = self.inner.panic.set(ThreadError::Panicked { thread: self.name(), message });
            // A destructor of the payload's that panics must not keep the joiners waiting.
            let _ = catch_unwind(AssertUnwindSafe(|| drop(payload)));
        }
        self.end();
    }
}

impl PartialEq for Thread {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.inner, &other.inner)
    }
}

impl Eq for Thread {}

impl fmt::Debug for Thread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match self.ident() {
            None => "initial",
            Some(_) if self.is_alive() => "started",
            Some(_) => "stopped",
        };
        write!(f, "<Thread({}, {state}", self.name())?;
        if self.daemon() {
            f.write_str(" daemon")?;
        }
        if let Some(ident) = self.ident() {
            write!(f, " {ident}")?;
        }
        f.write_str(")>")
    }
}

/// The name of the target if it is a function's; closures and types of one's own have none.
fn function_name<T: Run>(_: &T) -> Option<&'static str> {
    // A function's type is named like the function; its size is 0, as is that of some closures.
    let path = std::any::type_name::<T>();
    let name = path.rsplit("::").next()?;
    let plain = name.starts_with(|c: char| c.is_lowercase() || c == '_')
        && name.chars().all(|c| c.is_alphanumeric() || c == '_');
    (plain && size_of::<T>() == 0).then_some(name)
}
