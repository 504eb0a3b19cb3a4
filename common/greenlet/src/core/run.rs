//! The life of a greenlet's stack: what lies at its top, how it begins, how it ends.
//!
//! ```text
//!   top of the stack ->  +------------------------+
//!                        | colour: 0 to 896 bytes |  so that not all stacks use the same cache sets
//!                        | Base<T>                |
//!                        +------------------------+  <- 16-byte aligned
//!                        | what `prepare` wrote   |
//!                        | frame of `entry`       |
//!                        | frames of the body     |
//! ```

use std::cell::UnsafeCell;
use std::mem::MaybeUninit;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::NonNull;

use super::context;
use super::flag;
use super::message::{Message, Payload, Slot, VALUE, decode, encode_into};
use super::node::Node;
use super::refs::{NodePtr, NodeRef};
use super::transfer::route;
use crate::arch::{self, Departure, Word};
use crate::error::Error;
use crate::stack::{self, Stack};
use crate::unwind::{self, GreenletExit};

/// Where a closure waits until its greenlet runs: itself if it is small, otherwise its box.
pub(crate) type Room = MaybeUninit<[usize; 4]>;

/// What can be done with the closure in a [`Room`].
#[derive(Debug)]
pub(crate) struct RunTable {
    entry: arch::Entry,
    discard: unsafe fn(*mut Room),
}

/// Kept on the greenlet's own stack, which is touched anyway.
pub(super) struct Base<T> {
    /// The value that its `GreenletExit` stands for.
    pub(super) exit: Option<T>,
    /// Where it wanted to go, and with what, when it turned out that nobody owns it any more.
    pub(super) deferred: Option<(NodeRef, Message<T>)>,
    /// How often it has caught an unwind that it must not survive.
    pub(super) swallowed: u32,
    /// Its last message.
    last: MaybeUninit<Slot<T>>,
}

/// Gives `node` the function to run.
pub(crate) fn set_run<T: 'static, F: FnOnce(T) -> T + 'static>(node: &Node, f: F) {
    discard(node);
    first_run(node, f);
}

/// As [`set_run`], for a node that was made just now.
#[inline]
pub(crate) fn first_run<T: 'static, F: FnOnce(T) -> T + 'static>(node: &Node, f: F) {
    const { assert!(size_of::<T>() <= 4096, "box a transfer type of more than 4 KiB") };
    const { assert!(align_of::<T>() <= 4096, "a transfer type's alignment is at most a page") };
    // SAFETY: the room is empty, and as large as `put` needs.
    unsafe { put(node.room.get(), f) };
    let table = &const { RunTable { entry: entry::<F, T>, discard: discard_in::<F> } };
    node.run.set(Some(table));
}

/// Drops the closure, if it is still there.
pub(crate) fn discard(node: &Node) {
    if let Some(table) = node.run.take() {
        // SAFETY: the table was there, so the closure is; it is gone for everybody else now.
        unsafe { (table.discard)(node.room.get()) };
    }
}

const fn fits<F>() -> bool {
    size_of::<F>() <= size_of::<Room>() && align_of::<F>() <= align_of::<Room>()
}

/// # Safety
/// `room` is writable.
unsafe fn put<F>(room: *mut Room, f: F) {
    // SAFETY: checked that it fits; a box always does.
    unsafe {
        if fits::<F>() {
            room.cast::<F>().write(f);
        } else {
            room.cast::<Box<F>>().write(Box::new(f));
        }
    }
}

/// # Safety
/// `room` holds an `F` that [`put`] wrote; it is taken once.
unsafe fn take<F>(room: *mut Room) -> F {
    // SAFETY: it lies where `put` wrote it.
    unsafe { if fits::<F>() { room.cast::<F>().read() } else { *room.cast::<Box<F>>().read() } }
}

/// # Safety
/// As [`take`].
unsafe fn discard_in<F>(room: *mut Room) {
    // SAFETY: by the contract.
    drop(unsafe { take::<F>(room) });
}

/// Address of the [`Base`] on a stack.
fn base_on<T>(stack: Stack) -> *mut Base<T> {
    let top = stack.top.as_ptr();
    // Strides are an odd multiple of 16 KiB, so these three bits differ between neighbours.
    let colour = ((top.addr() >> 14) & 7) * 128;
    let at = top.wrapping_sub(colour + size_of::<Base<T>>());
    at.map_addr(|a| a & !(align_of::<Base<T>>().max(16) - 1)).cast()
}

/// The [`Base`] of a node that has a stack.
pub(super) fn base<T>(node: &Node) -> Option<NonNull<UnsafeCell<Base<T>>>> {
    node.stack().and_then(|stack| NonNull::new(base_on::<T>(stack).cast()))
}

/// Changes the [`Base`] of a node that has a stack.
pub(super) fn with_base<T, R>(node: &Node, f: impl FnOnce(&mut Base<T>) -> R) -> Option<R> {
    // SAFETY: `start` wrote it, for the same `T` (that of the node's tree), and it lives as long as
    // the stack. `f` is a few lines of this crate that do not come back here.
    base::<T>(node).map(|base| f(unsafe { &mut *base.as_ref().get() }))
}

/// Gives an unstarted node its stack, ready to be switched to.
#[inline(always)]
pub(super) fn start<T>(node: NodePtr) -> Result<(), Error> {
    let Some(table) = node.run.get() else { return Err(Error::NoRun) };
    let size = node.stack_size.get();
    let stack = match stack::take_warm(size) {
        Some(stack) => stack,
        None => stack::take(size).map_err(Error::NoStack)?,
    };
    node.run.set(None);
    node.set_stack(Some(stack));
    let base = base_on::<T>(stack);
    // SAFETY: a fresh stack has room for the base (a transfer type is small) and is nobody else's.
    unsafe {
        let last = MaybeUninit::uninit();
        base.write(Base { exit: None, deferred: None, swallowed: 0, last });
        node.sp.set(arch::prepare(base.cast(), node.as_ptr().cast(), table.entry));
    }
    node.begin();
    node.keep(1); // the stack's reference; `leave` takes it back
    Ok(())
}

/// The first function on every stack: calls the body, and says where to go when it has ended.
///
/// # Safety
/// Called by `trampoline` only: `node` runs, its room holds an `F`, `word` carries a `T`.
unsafe extern "C" fn entry<F: FnOnce(T) -> T, T: 'static>(
    node: *const (),
    word: Word,
) -> Departure {
    // SAFETY: not null, and the stack that we are on keeps it.
    let node = unsafe { NodePtr::new_unchecked(node.cast()) };
    // SAFETY: `start` left the closure to us, and a stack is entered with a value only.
    let (f, first) = unsafe { (take::<F>(node.room.get()), decode::<T>(word)) };
    let result = catch_unwind(AssertUnwindSafe(move || f(first)));
    match (result, plain_heir(node)) {
        // SAFETY: the body has ended, and the parent waits in a `switch` of the same tree. The slot
        // is on this stack, which nobody can take before the parent has moved the value out.
        (Ok(value), Some(parent)) => unsafe {
            let word = encode_into(&mut (*base_of_running::<T>(node)).last, value);
            leave(node, parent, word, VALUE)
        },
        (result, _) => {
            let (heir, message) = end(node, result);
            // SAFETY: as above; `end` found an heir that is suspended.
            unsafe {
                let (word, tag) = message.send(&mut (*base_of_running::<T>(node)).last);
                leave(node, heir, word, tag)
            }
        }
    }
}

/// The parent, if nothing at all is special about this end.
#[inline]
fn plain_heir(node: NodePtr) -> Option<NodePtr> {
    let parent = node.parent()?;
    let plain = parent.plain_origin() == Some(node)
        && node.is_plain()
        && parent.is_plain()
        && !node.has_locals();
    plain.then_some(parent)
}

/// Finds out who gets the result and what it is, whatever has happened.
#[cold]
fn end<T: 'static>(node: NodePtr, result: Result<T, Payload>) -> (NodePtr, Message<T>) {
    if let Some(locals) = node.locals.take()
        && let Err(payload) = catch_unwind(AssertUnwindSafe(|| drop(locals)))
    {
        unwind::report(&node, &payload);
    }
    context::end_roots_on(node);
    node.set(flag::DEAD);
    let (exit, deferred) =
        with_base::<T, _>(&node, |b| (b.exit.take(), b.deferred.take())).unwrap_or_default();
    let mut message = match result {
        Ok(value) => Message::Value(value),
        Err(payload) if payload.is::<GreenletExit>() => match exit {
            Some(value) => Message::Value(value),
            None if node.has(flag::DYING) => Message::Kill,
            None => Message::Throw(payload),
        },
        Err(payload) => Message::Throw(payload),
    };
    let mut heir = node.heir().map(NodePtr::counted);
    if let Some((target, wanted)) = deferred {
        if let Message::Throw(payload) = &message {
            unwind::report(&node, payload);
        }
        (heir, message) = (Some(target), wanted);
    }
    while let Some(to) = heir {
        match route(NodePtr::of(&node), NodePtr::of(&to), message) {
            Ok(found) => return found,
            Err((error, at)) => {
                // The next ancestor learns of it, as of any panic.
                message = Message::Throw(unwind::raised(&error));
                heir = at.parent().map(NodePtr::counted);
            }
        }
    }
    // A running node has a live ancestor: its tree's root lives in the frame that started it all.
    eprintln!("greenlet: no parent is left to take the result of greenlet {}", node.id);
    std::process::abort()
}

/// The [`Base`] of a node that runs on its own stack.
fn base_of_running<T>(node: NodePtr) -> *mut Base<T> {
    let Some(stack) = node.stack() else { std::process::abort() };
    base_on(stack)
}

/// Gives everything back and tells `trampoline` where to go.
///
/// # Safety
/// `node` runs on its own stack and nothing of its body is left there; `heir` is suspended, of the
/// same tree.
#[inline(always)]
unsafe fn leave(node: NodePtr, heir: NodePtr, word: Word, tag: usize) -> Departure {
    heir.resume_current();
    node.finish();
    if let Some(stack) = node.stack() {
        node.set_stack(None);
        stack::give(stack);
    }
    let sp_and_tag = heir.sp.get().expose_provenance() | tag;
    // SAFETY: `start` kept this reference.
    unsafe { node.release(1) };
    Departure { sp_and_tag, word }
}
