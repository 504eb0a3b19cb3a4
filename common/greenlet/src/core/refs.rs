//! References to nodes: counted ones, and pointers whose target somebody else counts.

use std::ops::Deref;
use std::ptr::NonNull;

use super::node::Node;
use super::spare;

/// A counted reference to a node: keeps the block, not the stack.
#[derive(Debug)]
pub(crate) struct NodeRef(NonNull<Node>);

impl NodeRef {
    /// # Safety
    /// A reference to `node` was counted for this one.
    #[inline]
    pub(super) unsafe fn counted_before(node: NonNull<Node>) -> NodeRef {
        NodeRef(node)
    }

    #[inline]
    pub(super) fn into_raw(self) -> *const Node {
        let raw = self.0.as_ptr();
        std::mem::forget(self);
        raw
    }
}

impl Deref for NodeRef {
    type Target = Node;

    #[inline(always)]
    fn deref(&self) -> &Node {
        // SAFETY: this reference is counted, so the node has not been freed.
        unsafe { self.0.as_ref() }
    }
}

impl Clone for NodeRef {
    #[inline]
    fn clone(&self) -> NodeRef {
        NodePtr(self.0).keep(1);
        NodeRef(self.0)
    }
}

impl Drop for NodeRef {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: this reference was counted, and it is gone now.
        unsafe { NodePtr(self.0).release(1) };
    }
}

/// A node that somebody else keeps for as long as this pointer is used.
///
/// Made only of nodes with a counted reference elsewhere: of the node that runs (its stack counts),
/// of a node's root and parent (the node counts them), and of a [`NodeRef`] at hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NodePtr(NonNull<Node>);

impl NodePtr {
    #[inline(always)]
    pub(crate) fn of(node: &Node) -> NodePtr {
        NodePtr(NonNull::from(node))
    }

    #[inline(always)]
    pub(crate) fn from_raw(raw: *const Node) -> Option<NodePtr> {
        NonNull::new(raw.cast_mut()).map(NodePtr)
    }

    /// # Safety
    /// `raw` is not null.
    #[inline(always)]
    pub(crate) unsafe fn new_unchecked(raw: *const Node) -> NodePtr {
        // SAFETY: by this function's own contract.
        NodePtr(unsafe { NonNull::new_unchecked(raw.cast_mut()) })
    }

    #[inline(always)]
    pub(crate) fn as_ptr(self) -> *const Node {
        self.0.as_ptr()
    }

    /// So many references more, which [`NodePtr::release`] takes back.
    #[inline]
    pub(crate) fn keep(self, more: u32) {
        let refs = self.refs.get().checked_add(more);
        self.refs.set(refs.unwrap_or_else(|| std::process::abort()));
    }

    /// Takes back references that [`NodePtr::keep`] counted.
    ///
    /// # Safety
    /// There was such a `keep`, and nobody else takes them back.
    #[inline]
    pub(crate) unsafe fn release(self, fewer: u32) {
        let refs = self.refs.get() - fewer;
        self.refs.set(refs);
        if refs == 0 {
            free(self.0);
        }
    }

    #[inline]
    pub(crate) fn counted(self) -> NodeRef {
        self.keep(1);
        NodeRef(self.0)
    }

    /// Whether only one reference is left.
    #[inline]
    pub(crate) fn is_last(self) -> bool {
        self.refs.get() == 1
    }
}

impl Deref for NodePtr {
    type Target = Node;

    #[inline(always)]
    fn deref(&self) -> &Node {
        // SAFETY: by the invariant of the type, somebody keeps the node.
        unsafe { self.0.as_ref() }
    }
}

/// The last reference is gone: drops the node, and the references that it counted.
#[inline]
fn free(node: NonNull<Node>) {
    // SAFETY: nobody else looks at the node any more.
    let this = unsafe { node.as_ref() };
    let (parent, root) = (this.parent(), this.root());
    // SAFETY: as above; dropping it frees its name and its locals. Its closure is gone: it was
    // called, or dropped with the last handle. The memory came from `allocate`.
    unsafe {
        node.drop_in_place();
        spare::give_back(node);
    }
    let above = |other: &NodePtr| other.0 != node;
    match (parent.filter(above), Some(root).filter(above)) {
        // SAFETY: `create` counted both, or `set_parent` and `set_root` did.
        (Some(parent), Some(root)) if parent == root => unsafe { root.release(2) },
        // SAFETY: as above, each once.
        (parent, root) => unsafe {
            parent.inspect(|p| p.release(1));
            root.inspect(|r| r.release(1));
        },
    }
}
