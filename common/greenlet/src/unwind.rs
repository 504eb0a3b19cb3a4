//! Python's `try`, in the forms that greenlets need: `catch`, `finally`, `exit`.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use crate::core::{self, Message, Node, Payload, Role, flag};

/// What ends a greenlet without being an error: its parent gets a value, not a panic.
///
/// Raised by [`Peer::kill`](crate::Peer::kill), by [`exit`] and in a greenlet whose
/// last handle is dropped. It is a panic payload: [`catch`] it and ask `payload.is::<GreenletExit>()`.
#[derive(Debug)]
pub struct GreenletExit(());

impl GreenletExit {
    pub(crate) fn new() -> GreenletExit {
        GreenletExit(())
    }
}

/// Runs `body`; a panic in it, or what was thrown into it, is returned. Python's `try: … except`.
///
/// This is [`catch_unwind`] without the question whether the captured variables are unwind-safe,
/// which in a coroutine is asked at every line and has the same answer: look at what you share.
///
/// ```
/// let caught = greenlet::catch(|| panic!("no luck")).unwrap_err();
/// assert_eq!(greenlet::text_of(&*caught), Some("no luck"));
/// ```
///
/// # Errors
/// The payload of the panic.
pub fn catch<R>(body: impl FnOnce() -> R) -> Result<R, Box<dyn Any + Send>> {
    catch_unwind(AssertUnwindSafe(body))
}

/// The text of a panic, if its payload is one.
#[must_use]
pub fn text_of(payload: &(dyn Any + Send)) -> Option<&str> {
    let text = payload.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| payload.downcast_ref::<&str>().copied())
}

/// Runs `body`, then `cleanup` however `body` ended, then goes on as `body` did. Python's
/// `try: … finally`.
///
/// A destructor does the same, except for one thing: while a panic unwinds the stack, nothing may
/// switch ([`Error::Unwinding`](crate::Error::Unwinding)). `cleanup` runs when the unwinding of
/// `body` is over, so it may.
///
/// ```
/// use greenlet::{Greenlet, finally, getcurrent};
///
/// let g = Greenlet::new(|()| {
///     let main = getcurrent::<()>().parent().unwrap();
///     finally(|| main.switch(()), || main.switch(())) // killed at the first, switches at the second
/// });
/// g.switch(());
/// g.kill(()); // comes back from the cleanup
/// assert!(!g.dead());
/// g.switch(()); // the cleanup ends, and so does g
/// assert!(g.dead());
/// ```
///
/// # Panics
/// If `body` or `cleanup` does.
pub fn finally<R>(body: impl FnOnce() -> R, cleanup: impl FnOnce()) -> R {
    let result = catch(body);
    let guard = CleanupFlag::set();
    cleanup();
    drop(guard);
    result.unwrap_or_else(|payload| resume_unwind(payload))
}

/// Whether a panic, or a `GreenletExit`, is unwinding the current stack right now.
///
/// Exact for the running greenlet, since none is ever suspended in this state.
#[must_use]
pub fn unwinding() -> bool {
    std::thread::panicking()
}

/// Lets the greenlets that run switch although they are dying.
struct CleanupFlag;

impl CleanupFlag {
    fn set() -> CleanupFlag {
        for node in core::chain() {
            if matches!(node.role, Role::Greenlet | Role::Generator) && !node.has(flag::LAST) {
                node.set(flag::CLEANUP);
            }
        }
        CleanupFlag
    }
}

impl Drop for CleanupFlag {
    fn drop(&mut self) {
        core::chain().for_each(|node| node.clear(flag::CLEANUP));
    }
}

/// Ends the current greenlet: its parent gets `value`.
///
/// # Panics
/// Always: this is how the stack is unwound. Without a greenlet for values of type `T` around it,
/// the panic reaches whoever called.
pub fn exit<T: 'static>(value: T) -> ! {
    match core::running_with::<T>() {
        Some(node) => {
            core::raise(node, Message::Exit(value));
            unreachable!("an exit has no value")
        }
        None => panic!("exit outside of a greenlet"),
    }
}

/// Says on standard error that a panic was lost, because it happened while its greenlet was dropped.
pub(crate) fn report(node: &Node, payload: &Payload) {
    if payload.is::<GreenletExit>() {
        return;
    }
    let text = text_of(&**payload).unwrap_or("a payload that is no text");
    node.with_name(|name| {
        eprintln!(
            "greenlet: ignored a panic in greenlet {} {name} while it was dropped: {text}",
            node.id
        );
    });
}

/// The payload of a panic with this message, after the panic hook has seen it.
pub(crate) fn raised(error: &crate::Error) -> Payload {
    match catch(|| panic!("{error}")) {
        Err(payload) => payload,
        Ok(never) => never,
    }
}
