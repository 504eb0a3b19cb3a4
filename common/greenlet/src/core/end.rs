//! What happens when the last owner of a greenlet goes.

use super::context;
use super::flag;
use super::message::Message;
use super::node::{Node, Role};
use super::refs::{NodePtr, NodeRef};
use super::run::discard;
use super::transfer::hop;
use crate::unwind;

/// The last handle of `node` was dropped: whatever it holds is released, by unwinding if need be.
pub(crate) fn last_owner_gone<T: 'static>(node: &NodeRef) {
    if node.has(flag::DEAD) {
        discard(node); // a function given to a dead greenlet
    } else if node.has(flag::UNSTARTED) {
        node.clear(flag::UNSTARTED);
        node.set(flag::DEAD);
        discard(node);
    } else if node.has(flag::WAITING) || context::is_running(NodePtr::of(node)) {
        node.set(flag::ORPHAN);
    } else if !context::ending() && !node.has(flag::DYING) {
        unwind_stack::<T>(NodePtr::of(node));
    }
}

/// Raises `GreenletExit` in a suspended greenlet and waits for its end.
fn unwind_stack<T: 'static>(node: NodePtr) {
    let _kept = node.counted();
    node.set(flag::DYING);
    if let Some(waiter) = context::running_in(node.root()) {
        raise_until_dead::<T>(node, waiter);
        return;
    }
    // Its tree is not running on this stack, so there is nobody whom it could come back to: it moves
    // to a tree of its own for the rest of its life, with us at the top.
    let caller = Node::create(Role::Caller, node.type_id, None, 0);
    let entered = context::enter(&caller);
    let old = node.set_root(caller.clone());
    raise_until_dead::<T>(node, NodePtr::of(&caller));
    drop(node.set_root(old));
    drop(entered);
    caller.set(flag::DEAD);
}

/// `waiter` is the running node of `node`'s tree: us.
fn raise_until_dead<T: 'static>(node: NodePtr, waiter: NodePtr) {
    let outer = node.return_to.replace(waiter.as_ptr());
    let waits_already = waiter.has(flag::WAITING);
    waiter.set(flag::WAITING);
    while !node.has(flag::DEAD) {
        // SAFETY: `node` is neither dead, unstarted nor running, so it is suspended; `waiter` runs.
        match unsafe { hop::<T>(waiter, node, Message::Kill) } {
            Message::Throw(payload) => unwind::report(&node, &payload),
            // What it returned is nobody's. Or somebody else has switched to us, because it
            // switched away in a cleanup: then it is told again, and may not do so.
            Message::Value(_) | Message::Exit(_) | Message::Kill => {}
        }
        node.clear(flag::CLEANUP);
        node.set(flag::LAST);
    }
    if !waits_already {
        waiter.clear(flag::WAITING);
    }
    node.return_to.set(outer);
}
