//! What runs on this thread: a chain of nodes, the innermost first.
//!
//! Each tree has its own root, and a root runs on the stack of whatever was running when it was
//! made, its *host*. So `main`, a greenlet of main's tree, the root of a tree that was made inside
//! that greenlet, and a greenlet of that tree can all be "running" at once, each on top of the next:
//!
//! ```text
//!   innermost -> greenlet of tree B      <- its instructions are executed
//!                  `- root of tree B, lives on the stack of
//!                greenlet of tree A
//!                  `- root of tree A, lives on the stack of
//!                the thread
//! ```
//!
//! Of each tree in the chain exactly one node is running; a switch inside tree A leaves everything
//! above it in the picture as it is, and takes it up again with the greenlet that it sits on.

use std::any::TypeId;
use std::cell::Cell;
use std::ptr;

use super::flag;
use super::node::{Node, Role};
use super::refs::{NodePtr, NodeRef};
use crate::stack::{self, Running};

thread_local! {
    /// The top of the innermost tree; its `running` is the innermost node. No destructor, so it can
    /// be read at any time, in a signal handler too.
    static TREE: Cell<*const Node> = const { Cell::new(ptr::null()) };
    /// Whether `settrace` has set a tracer.
    static TRACING: Cell<bool> = const { Cell::new(false) };
    /// Whether the thread is ending: no stack is unwound any more.
    static ENDING: Cell<bool> = const { Cell::new(false) };
    /// Frees the thread's own node when the thread ends.
    static END: End = const { End };
}

/// The innermost node; makes the thread's own one at first use.
#[inline]
pub(crate) fn innermost() -> NodePtr {
    NodePtr::from_raw(TREE.get()).unwrap_or_else(first).running()
}

#[cold]
fn first() -> NodePtr {
    let thread = Node::create(Role::Thread, const { &TypeId::of::<Node>() }, None, 0);
    let this = NodePtr::of(&thread);
    std::mem::forget(thread); // `End` takes this reference back
    TREE.set(this.as_ptr());
    let _ = END.try_with(|_| ());
    stack::watch_for_overflow(running);
    this
}

/// Makes `node`, which belongs on top of what runs, the innermost.
#[inline]
fn set_current(node: NodePtr) {
    let root = node.root();
    if TREE.get() != root.as_ptr()
        && let Some(old) = NodePtr::from_raw(TREE.replace(root.as_ptr()))
    {
        old.close();
    }
    root.set_running(node, !TRACING.get());
}

impl NodePtr {
    /// This node, suspended until now, goes on: makes current what runs on its stack.
    #[inline]
    pub(super) fn resume_current(self) {
        if self.plain_origin().is_some() {
            self.run_plainly(); // the same tree, still innermost, and nothing is traced
        } else {
            self.make_current();
        }
    }

    /// As [`NodePtr::resume_current`], the long way.
    pub(super) fn make_current(self) {
        if self.has(flag::NESTED) {
            self.clear(flag::NESTED);
            self.root().set_running(self, false);
            set_current(NodePtr::from_raw(self.inner.get()).unwrap_or(self));
        } else {
            set_current(self);
        }
    }
}

pub(crate) fn set_tracing(on: bool) {
    TRACING.set(on);
    set_current(innermost());
}

#[inline]
pub(super) fn tracing() -> bool {
    TRACING.get()
}

pub(super) fn ending() -> bool {
    ENDING.get()
}

/// The node on whose stack `node` lives, or that waits for it: the next one outward in the chain.
fn outward(node: NodePtr) -> Option<NodePtr> {
    NodePtr::from_raw(node.root().host.get())
}

/// The running node of the tree with this root, if that tree is in the chain.
pub(super) fn running_in(root: NodePtr) -> Option<NodePtr> {
    chain().find(|n| n.root() == root)
}

/// The running node of the innermost tree with values of type `T`.
#[inline]
pub(crate) fn running_with<T: 'static>() -> Option<NodePtr> {
    if let Some(tree) = NodePtr::from_raw(TREE.get())
        && *tree.type_id == TypeId::of::<T>()
    {
        return Some(tree.running());
    }
    chain().find(|n| *n.root().type_id == TypeId::of::<T>() && n.role != Role::Thread)
}

/// Whether `node` runs, innermost or with something on top of it.
pub(super) fn is_running(node: NodePtr) -> bool {
    chain().any(|n| n == node)
}

#[inline]
pub(crate) fn chain() -> impl Iterator<Item = NodePtr> {
    std::iter::successors(Some(innermost()), |&n| outward(n))
}

/// The root of a new tree for `T`, on top of what runs now.
#[cold]
pub(crate) fn new_root<T: 'static>() -> NodePtr {
    tidy();
    let host = innermost();
    let root = Node::create(Role::Root, const { &TypeId::of::<T>() }, None, 0);
    let this = NodePtr::of(&root);
    this.host.set(host.as_ptr());
    std::mem::forget(root); // the chain's reference; `tidy` or `end_roots_on` takes it back
    set_current(this);
    this
}

/// Takes roots off the chain that no greenlet belongs to any more.
pub(super) fn tidy() {
    let mut top = innermost();
    while top.role == Role::Root && top.is_last() {
        top = take_off(top);
    }
}

/// `node` is about to finish: the trees that it is the root of have no root any more.
pub(super) fn end_roots_on(node: NodePtr) {
    let mut top = innermost();
    while top != node {
        top.set(flag::DEAD);
        top = take_off(top);
    }
}

/// Takes the innermost node, a root, off the chain; returns the next one.
fn take_off(root: NodePtr) -> NodePtr {
    let Some(host) = NodePtr::from_raw(root.host.replace(ptr::null())) else {
        // Only the thread's own node has no host, and it is no root that could be taken off.
        std::process::abort()
    };
    set_current(host);
    // SAFETY: `new_root` left this reference to the chain, and the root is no longer in it.
    unsafe { root.release(1) };
    host
}

/// Puts `caller` on top of what runs now, until the returned guard is dropped.
#[inline]
pub(crate) fn enter(caller: &NodeRef) -> Entered<'_> {
    let host = innermost();
    caller.host.set(host.as_ptr());
    set_current(NodePtr::of(caller));
    Entered { caller }
}

/// See [`enter`].
#[derive(Debug)]
pub(crate) struct Entered<'a> {
    caller: &'a NodeRef,
}

impl Drop for Entered<'_> {
    #[inline]
    fn drop(&mut self) {
        if let Some(host) = NodePtr::from_raw(self.caller.host.replace(ptr::null())) {
            set_current(host);
        }
    }
}

/// The greenlet whose code runs, for what belongs to a greenlet (`Local`): a generator shares with
/// its caller, a root with its host; outside all greenlets it is the thread's own node.
pub(crate) fn owner() -> NodePtr {
    let mut node = innermost();
    while !matches!(node.role, Role::Greenlet | Role::Thread) {
        let Some(next) = outward(node) else { break };
        node = next;
    }
    node
}

/// What the overflow handler wants to know. Safe in a signal handler: it only reads.
fn running(_: &()) -> Option<Running<'_>> {
    let mut node = NodePtr::from_raw(TREE.get())?.running();
    loop {
        if let Some(stack) = node.stack() {
            let name = node.with_name(ptr::from_ref::<str>);
            // SAFETY: the node runs, so it is alive, and nothing changes its name while a signal
            // handler runs on its thread.
            return Some(Running { stack, id: node.id, name: unsafe { &*name } });
        }
        node = outward(node)?;
    }
}

/// Frees the thread's own node when the thread ends, unless greenlets are left.
struct End;

impl Drop for End {
    fn drop(&mut self) {
        ENDING.set(true);
        let Some(top) = NodePtr::from_raw(TREE.get()) else { return };
        let mut top = top.running();
        while top.role == Role::Root && top.is_last() {
            top = take_off(top);
        }
        if top.role == Role::Thread && top.is_last() {
            TREE.set(ptr::null());
            // SAFETY: `innermost` left this reference for us.
            unsafe { top.release(1) };
        }
    }
}
