//! What is said when a thread ends by a panic that nobody caught.

use std::any::Any;
use std::backtrace::{Backtrace, BacktraceStatus};
use std::cell::{Cell, RefCell};
use std::fmt::Write as _;
use std::panic::{self, AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Once};

use parking_lot::Mutex;

use crate::thread::Thread;

/// What an except hook is told.
#[derive(Debug)]
#[non_exhaustive]
pub struct ExceptHookArgs<'a> {
    /// The thread that ends.
    pub thread: &'a Thread,
    /// What the panic said.
    pub message: &'a str,
    /// Where it was, as `file:line:column`, if known.
    pub location: Option<&'a str>,
    /// How it came there, if `RUST_BACKTRACE` asks for it.
    pub backtrace: Option<&'a str>,
}

type Hook = Arc<dyn Fn(&ExceptHookArgs<'_>) + Send + Sync>;

static HOOK: Mutex<Option<Hook>> = Mutex::new(None);

/// Writes one line to standard error, and the backtrace if asked for: the hook that is in force
/// until [`set_excepthook`] (Python: `threading.__excepthook__`).
pub fn excepthook(args: &ExceptHookArgs<'_>) {
    let mut report = format!("Exception in thread {}: panicked", args.thread.name());
    if let Some(location) = args.location {
        let _ = write!(report, " at {location}");
    }
    let _ = write!(report, ": {}", args.message.replace('\n', "\\n"));
    if let Some(backtrace) = args.backtrace {
        let _ = write!(report, "\n{}", backtrace.trim_end());
    }
    eprintln!("{report}");
}

/// From now on calls this instead of [`excepthook`] (Python: assigning `threading.excepthook`).
///
/// It runs in the thread that ends, before anyone who joins it is told.
pub fn set_excepthook(hook: impl Fn(&ExceptHookArgs<'_>) + Send + Sync + 'static) {
    *HOOK.lock() = Some(Arc::new(hook));
}

/// From now on calls [`excepthook`] again.
pub fn reset_excepthook() {
    *HOOK.lock() = None;
}

/// A panic as the panic hook saw it, kept until it is known whether somebody catches it.
struct Seen {
    message: String,
    location: Option<String>,
    backtrace: Option<String>,
}

thread_local! {
    /// Whether this thread is one of ours.
    static OURS: Cell<bool> = const { Cell::new(false) };
    static SEEN: RefCell<Option<Seen>> = const { RefCell::new(None) };
}

/// Makes panics of this thread silent until [`report`] speaks of them.
pub(crate) fn take_over() {
    OURS.set(true);
}

/// Puts a panic hook before the one in force; for threads that are not ours nothing changes.
pub(crate) fn install() {
    static ONCE: Once = Once::new();
    if std::thread::panicking() {
        return; // std allows no change of the hook now; the next start will do it
    }
    ONCE.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            let first = OURS.get() && SEEN.with_borrow(Option::is_none);
            if !first {
                // A second panic may be one in a destructor while the first unwinds: then the
                // process aborts right after this, and this is the last chance to say why.
                before(info);
            }
            if OURS.get() {
                let backtrace = Backtrace::capture();
                let asked_for = backtrace.status() == BacktraceStatus::Captured;
                SEEN.replace(Some(Seen {
                    message: text(info.payload()),
                    location: info.location().map(ToString::to_string),
                    backtrace: asked_for.then(|| backtrace.to_string()),
                }));
            }
        }));
    });
}

/// Calls the hook for a panic that has just ended `thread`; returns what the panic said.
pub(crate) fn report(thread: &Thread, payload: &(dyn Any + Send)) -> String {
    let message = text(payload);
    // Not seen, or another seen: somebody replaced our panic hook, or raised without calling it.
    let seen = SEEN.take().filter(|seen| seen.message == message);
    let args = ExceptHookArgs {
        thread,
        message: &message,
        location: seen.as_ref().and_then(|seen| seen.location.as_deref()),
        backtrace: seen.as_ref().and_then(|seen| seen.backtrace.as_deref()),
    };
    let hook = HOOK.lock().clone();
    let called = catch_unwind(AssertUnwindSafe(|| match &hook {
        Some(hook) => hook(&args),
        None => excepthook(&args),
    }));
    if let Err(payload) = called {
        eprintln!("Exception in threading.excepthook: {}", text(&*payload));
    }
    message
}

/// What a panic said, if it said it in text.
fn text(payload: &(dyn Any + Send)) -> String {
    let str = payload.downcast_ref::<&str>().copied();
    let string = || payload.downcast_ref::<String>().map(String::as_str);
    str.or_else(string).unwrap_or("(a value that is no text)").to_owned()
}
