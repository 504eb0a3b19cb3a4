//! What happens when a stack is too small: one line that names the greenlet, then abort.
//!
//! A touched guard raises SIGSEGV. The handler runs on the thread's alternate signal stack (there
//! is no room on the other one), so it must do with what is safe in a signal handler: it reads a
//! thread-local pointer, fills a buffer on its own stack, calls `write` and `abort`. Any other fault
//! goes to whoever handled SIGSEGV before us, which in a Rust program is std.

use std::cell::Cell;
use std::ffi::{c_int, c_void};
use std::io::Write as _;
use std::sync::{Once, OnceLock};

use nix::libc;
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};

use super::{Stack, guard};

/// What the handler has to know of the greenlet that runs on this thread.
#[derive(Debug)]
pub(crate) struct Running<'a> {
    pub(crate) stack: Stack,
    pub(crate) id: u64,
    /// Empty for a greenlet without a name.
    pub(crate) name: &'a str,
}

/// Installs the handler, once in a process, and sees to it that this thread has an alternate stack.
/// `who` tells what runs on the current thread; it must be safe to call in a signal handler.
pub(crate) fn watch(who: for<'a> fn(&'a ()) -> Option<Running<'a>>) {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let _ = WHO.set(who);
        let flags = SaFlags::SA_SIGINFO | SaFlags::SA_ONSTACK | SaFlags::SA_NODEFER;
        let action = SigAction::new(SigHandler::SigAction(on_fault), flags, SigSet::empty());
        // SAFETY: `on_fault` does only what a signal handler may do (see the head of this file).
        if let Ok(old) = unsafe { sigaction(Signal::SIGSEGV, &action) } {
            let _ = BEFORE.set(old);
        }
    });
    ALTERNATE.with(|ready| {
        if !ready.replace(true) {
            alternate_stack();
        }
    });
}

type Who = for<'a> fn(&'a ()) -> Option<Running<'a>>;

static WHO: OnceLock<Who> = OnceLock::new();
static BEFORE: OnceLock<SigAction> = OnceLock::new();

thread_local! {
    /// Whether this thread has been looked after.
    static ALTERNATE: Cell<bool> = const { Cell::new(false) };
}

/// Gives this thread an alternate signal stack if it has none: std's own threads have one, a thread
/// made by C has not.
fn alternate_stack() {
    // SAFETY: the two calls read and set this thread's alternate stack; the memory that is set is
    // leaked, so it outlives the thread.
    unsafe {
        let mut old: libc::stack_t = std::mem::zeroed();
        if libc::sigaltstack(std::ptr::null(), &raw mut old) != 0
            || old.ss_flags & libc::SS_DISABLE == 0
        {
            return;
        }
        let memory = Vec::<u8>::leak(vec![0; 64 * 1024]);
        let new =
            libc::stack_t { ss_sp: memory.as_mut_ptr().cast(), ss_flags: 0, ss_size: memory.len() };
        libc::sigaltstack(&raw const new, std::ptr::null_mut());
    }
}

extern "C" fn on_fault(signal: c_int, info: *mut libc::siginfo_t, context: *mut c_void) {
    // SAFETY: the kernel passes a valid `siginfo_t` to a SA_SIGINFO handler; for SIGSEGV it has an
    // address.
    let fault = unsafe { (*info).si_addr() }.addr();
    if let Some(running) = WHO.get().and_then(|who| who(&())) {
        let bottom = running.stack.top.addr().get() - running.stack.size;
        if (bottom - guard::size()..bottom).contains(&fault) {
            report(&running);
        }
    }
    pass_on(signal, info, context);
}

fn report(running: &Running<'_>) -> ! {
    let mut line = [0; 512];
    let mut rest = &mut line[..];
    let kib = running.stack.size / 1024;
    let name = running.name;
    let cut = name.floor_char_boundary(200);
    let _ = if name.is_empty() {
        write!(rest, "greenlet {} has overflowed its stack of {kib} KiB", running.id)
    } else {
        write!(rest, "greenlet '{}' has overflowed its stack of {kib} KiB", &name[..cut])
    };
    let _ = rest.write(b" (Builder::stack_size gives it a larger one)\n");
    let length = 512 - rest.len();
    // SAFETY: `write` and `abort` are async-signal-safe; the buffer holds `length` bytes.
    unsafe {
        libc::write(2, line.as_ptr().cast(), length);
        libc::abort()
    }
}

/// A fault that is not ours: the handler before us decides.
fn pass_on(signal: c_int, info: *mut libc::siginfo_t, context: *mut c_void) {
    match BEFORE.get().map(SigAction::handler) {
        Some(SigHandler::SigAction(before)) => before(signal, info, context),
        Some(SigHandler::Handler(before)) => before(signal),
        Some(SigHandler::SigIgn | SigHandler::SigDfl) | None => {
            // Back to the default; the instruction faults again when we return, and that ends
            // the process.
            let default = SigAction::new(SigHandler::SigDfl, SaFlags::empty(), SigSet::empty());
            // SAFETY: the default action is always a valid one.
            let _ = unsafe { sigaction(Signal::SIGSEGV, &default) };
        }
    }
}
