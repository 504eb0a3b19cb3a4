//! The switch: the short way, nearly always taken, and the long one.

use std::mem::{ManuallyDrop, MaybeUninit};
use std::panic::resume_unwind;
use std::thread::panicking;

use super::context;
use super::flag;
use super::message::{Message, VALUE, decode, encode};
use super::refs::{NodePtr, NodeRef};
use super::run::{discard, start, with_base};
use crate::arch::{self, Word};
use crate::error::Error;
use crate::trace;
use crate::unwind::GreenletExit;

/// How many times a greenlet that nobody owns may catch its unwinding and try to switch before it is
/// given up, with its stack.
const PATIENCE: u32 = 1000;

/// Has the processor fetch the line of the node that a switch uses.
#[inline]
pub(crate) fn fetch_block(node: &NodeRef) {
    arch::fetch(NodePtr::of(node).as_ptr().cast());
}

/// Has the processor fetch the part of a suspended stack that is used next.
#[inline]
pub(crate) fn fetch_stack(node: &NodeRef) {
    /// The frames between the switch and what has waited, more or less.
    const USED_NEXT: usize = 640;
    let sp = node.sp.get();
    (0..USED_NEXT).step_by(arch::LINE).for_each(|at| arch::fetch(sp.wrapping_add(at)));
}

/// Switches to `to` with a value; returns the one that somebody sends back.
///
/// # Panics
/// With what was thrown here, and with the text of an [`Error`] if the switch is impossible.
#[inline]
pub(crate) fn switch<T: 'static>(to: &NodeRef, value: T) -> T {
    let Some(from) = to.plain_origin().filter(|_| !panicking()) else {
        return switch_long(NodePtr::of(to), value);
    };
    to.run_plainly();
    let value = ManuallyDrop::new(value);
    // SAFETY: `to` is suspended in a `switch` with values of type `T`; `value` stays in this frame
    // until it has been received there. Whoever comes back sends a message for `T`.
    unsafe {
        let (word, tag) = arch::switch(from.sp.as_ptr(), to.sp.as_ptr(), encode(&value), VALUE);
        if tag != VALUE {
            return receive_special(word, tag);
        }
        decode(word)
    }
}

/// # Safety
/// As [`Message::receive`].
#[cold]
#[inline(never)]
unsafe fn receive_special<T: 'static>(word: Word, tag: usize) -> T {
    // SAFETY: by our own contract.
    unsafe { accept(context::innermost(), Message::receive(word, tag)) }
}

#[inline(never)]
fn switch_long<T: 'static>(to: NodePtr, value: T) -> T {
    try_switch(to, value).unwrap_or_else(|error| panic!("{error}"))
}

/// As [`switch`], for a target that may have to be started, or may not be reached.
///
/// # Errors
/// When the switch is impossible; `value` is dropped.
///
/// # Panics
/// With what was thrown here.
#[inline]
pub(crate) fn try_switch<T: 'static>(to: NodePtr, value: T) -> Result<T, Error> {
    let from = to.plain_origin_of_start().filter(|_| !panicking());
    if let Some(from) = from
        && start::<T>(to).is_ok()
    {
        to.run_plainly();
        let value = ManuallyDrop::new(value);
        // SAFETY: as in `switch`; `start` has made `to` what a switch can enter.
        return Ok(unsafe {
            let (word, tag) = arch::switch(from.sp.as_ptr(), to.sp.as_ptr(), encode(&value), VALUE);
            if tag == VALUE { decode(word) } else { receive_special(word, tag) }
        });
    }
    send(to, Message::Value(value))
}

/// Sends any message to `to`; returns the value that comes back.
///
/// # Errors
/// When the switch is impossible; nothing has happened then.
///
/// # Panics
/// With what was thrown here.
pub(crate) fn send<T: 'static>(to: NodePtr, message: Message<T>) -> Result<T, Error> {
    if panicking() {
        return Err(Error::Unwinding);
    }
    context::tidy();
    let from = context::running_in(to.root()).ok_or(Error::OtherTree)?;
    if from.has(flag::DEAD) {
        return Err(Error::Finished);
    }
    if from.has(flag::ORPHAN | flag::DYING) && !from.has(flag::CLEANUP) {
        leave_for_good(from, to, message);
    }
    let (to, message) = route(from, to, message).map_err(|(error, _)| error)?;
    if to == from {
        return Ok(accept(from, message));
    }
    // SAFETY: `route` found a suspended node of this tree, and `from` is its running one.
    Ok(accept(from, unsafe { hop(from, to, message) }))
}

/// Leaves `from` for `to`; returns the next message for `from`.
///
/// # Safety
/// `from` is the running node of its tree, `to` a suspended one of the same tree.
pub(super) unsafe fn hop<T>(from: NodePtr, to: NodePtr, message: Message<T>) -> Message<T> {
    let innermost = context::innermost();
    if innermost != from {
        from.inner.set(innermost.as_ptr());
        from.set(flag::NESTED);
    }
    to.make_current();
    let mut slot = MaybeUninit::uninit();
    // SAFETY: `to` is suspended (our contract); the slot is in this frame, and stays.
    unsafe {
        let (word, tag) = message.send(&mut slot);
        let (word, tag) = arch::switch(from.sp.as_ptr(), to.sp.as_ptr(), word, tag);
        Message::receive(word, tag)
    }
}

/// What a message does to the greenlet that it reaches.
#[cold]
pub(crate) fn accept<T: 'static>(node: NodePtr, message: Message<T>) -> T {
    match message {
        Message::Value(value) => return value,
        Message::Throw(payload) => resume_unwind(payload),
        Message::Exit(value) => {
            // A root has no base: there the value is dropped, and `GreenletExit` goes up like any
            // other panic.
            if with_base(&node, |base| base.exit = Some(value)).is_some() {
                node.set(flag::EXITING);
            }
        }
        Message::Kill => {}
    }
    resume_unwind(Box::new(GreenletExit::new()))
}

/// A message on its way, and the node that stopped it.
type Lost = (Error, NodePtr);

/// Finds out where a message for `to` really goes, starts that one if need be, and tells the
/// tracer. A dead greenlet passes it on to its parent; one that has not started passes on what it
/// could only die of.
pub(super) fn route<T: 'static>(
    from: NodePtr,
    to: NodePtr,
    message: Message<T>,
) -> Result<(NodePtr, Message<T>), Lost> {
    let (to, message) = resolve(to, message)?;
    if !context::tracing() {
        return Ok((to, message));
    }
    let (kept, message) = (to.counted(), trace::tell(from, to, message));
    // The tracer is the user's: it may have switched, killed, started anything.
    resolve(NodePtr::of(&kept), message)
}

#[inline]
fn resolve<T: 'static>(
    mut to: NodePtr,
    mut message: Message<T>,
) -> Result<(NodePtr, Message<T>), Lost> {
    loop {
        if to.has(flag::DEAD) {
            if let Message::Exit(value) = message {
                message = Message::Value(value);
            }
            to = to.heir().ok_or((Error::OtherTree, to))?;
        } else if !to.has(flag::UNSTARTED) {
            return Ok((to, message));
        } else if let Message::Value(_) = message {
            start::<T>(to).map_err(|error| (error, to))?;
        } else {
            to = die_unstarted(to)?;
        }
    }
}

/// An unstarted greenlet dies of what was thrown into it: its function never runs.
#[cold]
fn die_unstarted(node: NodePtr) -> Result<NodePtr, Lost> {
    if node.run.get().is_none() {
        return Err((Error::NoRun, node));
    }
    let _kept = node.counted();
    node.clear(flag::UNSTARTED);
    node.set(flag::DEAD);
    discard(&node);
    Ok(node)
}

/// The running greenlet has no owner: instead of being suspended, it ends, and what it wanted to
/// send goes its way when it has.
#[cold]
fn leave_for_good<T: 'static>(from: NodePtr, to: NodePtr, message: Message<T>) -> ! {
    let first = !from.has(flag::DYING);
    from.set(flag::DYING);
    let swallowed = with_base(&from, |base| {
        if first {
            base.deferred = Some((to.counted(), message));
        }
        base.swallowed += 1;
        base.swallowed
    });
    if swallowed.is_some_and(|n| n > PATIENCE) {
        abandon::<T>(from);
    }
    resume_unwind(Box::new(GreenletExit::new()))
}

/// Gives up a greenlet that catches every unwind: its stack is leaked as it is.
fn abandon<T: 'static>(node: NodePtr) -> ! {
    node.with_name(|name| {
        eprintln!(
            "greenlet: GreenletExit did not end greenlet {} {name}; its stack is leaked",
            node.id
        )
    });
    let deferred = with_base::<T, _>(&node, |base| base.deferred.take()).flatten();
    let (to, message) = match deferred {
        Some((to, message)) => (Some(to), message),
        None => (node.heir().map(NodePtr::counted), Message::Kill),
    };
    node.set(flag::DEAD);
    if let Some(to) = to
        && let Ok((to, message)) = route(node, NodePtr::of(&to), message)
    {
        // SAFETY: `route` found a suspended node of this tree, and `node` is its running one.
        unsafe { hop(node, to, message) };
    }
    eprintln!("greenlet: an abandoned greenlet was resumed");
    std::process::abort()
}
