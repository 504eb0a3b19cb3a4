//! The control block of a greenlet, and who keeps it.
//!
//! Two counts, because two things end at different times. `handles` counts the owners: when the
//! last [`Greenlet`](crate::Greenlet) goes, the stack is unwound. `refs` counts everything that may
//! still name the block (owners, peers, children, a stack that carries frames): when it reaches
//! zero, the block is freed. So a parent link or `getcurrent()` keeps the block, never the stack.

use std::any::TypeId;
use std::cell::{Cell, UnsafeCell};
use std::fmt;
use std::mem::MaybeUninit;
use std::ptr::{self, NonNull};

use super::refs::{NodePtr, NodeRef};
use super::run::{Room, RunTable};
use super::spare;
use crate::local::Locals;
use crate::stack::{self, Stack};

/// What is special about a node. Without any of these it is suspended in `switch`, or running.
pub(crate) mod flag {
    /// Has not run yet.
    pub(crate) const UNSTARTED: u32 = 1;
    /// Has finished, or can never run (again).
    pub(crate) const DEAD: u32 = 2;
    /// Was left while a tree inside it was running; `Node::inner` tells where to go on.
    pub(crate) const NESTED: u32 = 4;
    /// Running, and nobody owns it any more: it ends at its next switch.
    pub(crate) const ORPHAN: u32 = 8;
    /// Being unwound because nobody owns it.
    pub(crate) const DYING: u32 = 16;
    /// In the cleanup of a `finally`, where even a dying greenlet may switch.
    pub(crate) const CLEANUP: u32 = 32;
    /// No more switches, not even in a cleanup.
    pub(crate) const LAST: u32 = 64;
    /// `Base::exit` holds a value.
    pub(crate) const EXITING: u32 = 128;
    /// Suspended in a `drop`, waiting for the end of another: it counts as running.
    pub(crate) const WAITING: u32 = 256;

    /// What forbids the short way from a node, and to a node.
    pub(crate) const NO_WAY_OUT: u32 = DEAD | ORPHAN | DYING;
    pub(crate) const NO_WAY_IN: u32 = UNSTARTED | DEAD | NESTED;
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// What ran on this thread before its first greenlet.
    Thread,
    /// The top of a tree: whatever was running when its first greenlet was made.
    Root,
    /// Stands for whoever waits for a generator, or drops a greenlet of a tree it is not in.
    Caller,
    Greenlet,
    Generator,
}

#[repr(C)]
pub(crate) struct Node {
    // What a switch touches comes first, so that it lies in one cache line.
    /// Stack pointer where it was left. Stale while it runs.
    pub(crate) sp: Cell<*mut u8>,
    /// Where the short way to this node begins: the `running` of its tree, or [`CLOSED`].
    gate: Cell<*const Cell<*const Node>>,
    flags: Cell<u32>,
    pub(super) refs: Cell<u32>,
    /// The tree it belongs to, as the tree's top. Counted, unless it is the node itself.
    root: Cell<*const Node>,
    /// Where its result goes. Counted; null for the top of a tree.
    parent: Cell<*const Node>,

    /// Of the top of a tree: the node of the tree that runs, if a switch from it may take the short
    /// way. Otherwise null, and `shut` has it.
    running: Cell<*const Node>,
    shut: Cell<*const Node>,
    /// With `NESTED`: what to make current when it is resumed.
    pub(crate) inner: Cell<*const Node>,
    /// Of a `Root` or `Caller` that is in use: the node on whose stack it lives.
    pub(crate) host: Cell<*const Node>,
    /// Overrides `parent` while somebody drops the greenlet and waits for its end.
    pub(crate) return_to: Cell<*const Node>,
    /// Top of its stack while it has one; for a stack of its own only.
    top: Cell<*mut u8>,
    /// Usable bytes of its stack, wished or had.
    pub(crate) stack_size: Cell<usize>,
    pub(crate) handles: Cell<u32>,
    pub(crate) role: Role,
    /// The value type of its tree.
    pub(crate) type_id: &'static TypeId,
    pub(crate) id: u64,
    name: Cell<Option<Box<str>>>,
    pub(crate) locals: Cell<Option<Box<Locals>>>,
    /// What to run; `None` before it was given and after it was started.
    pub(crate) run: Cell<Option<&'static RunTable>>,
    /// The closure that `run` knows how to call.
    pub(crate) room: UnsafeCell<Room>,
}

/// The gate of nodes that the short way does not lead to.
struct Closed(Cell<*const Node>);

// SAFETY: nobody ever writes to it (`run_plainly` follows a gate that held a node).
unsafe impl Sync for Closed {}

static CLOSED: Closed = Closed(Cell::new(ptr::null()));

impl Node {
    /// Makes a node with one reference. `root` is `None` for the top of a tree.
    #[inline]
    pub(crate) fn create(
        role: Role,
        type_id: &'static TypeId,
        parent: Option<NodePtr>,
        flags: u32,
    ) -> NodeRef {
        let (parent, root) = match parent {
            Some(parent) => {
                let root = parent.root();
                if root == parent {
                    root.keep(2);
                } else {
                    parent.keep(1);
                    root.keep(1);
                }
                (parent.as_ptr(), root.as_ptr())
            }
            None => (ptr::null(), ptr::null()),
        };
        let at = spare::allocate();
        let node = Node {
            sp: Cell::new(ptr::null_mut()),
            gate: Cell::new(ptr::null()),
            flags: Cell::new(flags),
            refs: Cell::new(1),
            root: Cell::new(if root.is_null() { at.as_ptr() } else { root }),
            parent: Cell::new(parent),
            running: Cell::new(ptr::null()),
            shut: Cell::new(ptr::null()),
            inner: Cell::new(ptr::null()),
            host: Cell::new(ptr::null()),
            return_to: Cell::new(ptr::null()),
            top: Cell::new(ptr::null_mut()),
            stack_size: Cell::new(stack::DEFAULT_SIZE),
            handles: Cell::new(0),
            role,
            type_id,
            id: next_id(),
            name: Cell::new(None),
            locals: Cell::new(None),
            run: Cell::new(None),
            room: UnsafeCell::new(MaybeUninit::uninit()),
        };
        // SAFETY: `allocate` returned memory for one node that nobody else uses.
        unsafe { at.write(node) };
        // SAFETY: `refs` counts this one.
        let node = unsafe { NodeRef::counted_before(at) };
        node.set_flags(flags);
        node
    }

    #[inline(always)]
    pub(crate) fn has(&self, any_of: u32) -> bool {
        self.flags.get() & any_of != 0
    }

    #[inline]
    pub(crate) fn set(&self, flags: u32) {
        self.set_flags(self.flags.get() | flags);
    }

    #[inline]
    pub(crate) fn clear(&self, flags: u32) {
        self.set_flags(self.flags.get() & !flags);
    }

    #[inline]
    fn set_flags(&self, flags: u32) {
        self.flags.set(flags);
        let root = self.root();
        let open = flags & flag::NO_WAY_IN == 0;
        self.gate.set(if open { &raw const root.running } else { &raw const CLOSED.0 });
        if flags & flag::NO_WAY_OUT != 0 && ptr::eq(root.running.get(), self) {
            root.set_running(NodePtr::of(self), false);
        }
    }

    /// It has its stack and can be switched to: clears `UNSTARTED`, its only flag.
    #[inline]
    pub(crate) fn begin(&self) {
        self.flags.set(0);
        self.gate.set(&raw const self.root().running);
    }

    /// It has ended, and somebody else runs already: sets `DEAD`.
    #[inline]
    pub(crate) fn finish(&self) {
        self.flags.set(self.flags.get() | flag::DEAD);
        self.gate.set(&raw const CLOSED.0);
    }

    /// Whether nothing at all is special.
    #[inline]
    pub(crate) fn is_plain(&self) -> bool {
        self.flags.get() == 0
    }

    /// The node to switch from, if a switch to this one may take the short way: the two are of one
    /// tree, that tree is innermost, and nothing is asked of either. This is all that is read at
    /// every switch, so it is one word of this node and one of its root.
    #[inline(always)]
    pub(crate) fn plain_origin(&self) -> Option<NodePtr> {
        // SAFETY: the gate is `CLOSED` or belongs to the root, which this node keeps.
        NodePtr::from_raw(unsafe { (*self.gate.get()).get() })
    }

    /// As [`Node::plain_origin`], for a node that is to be started.
    #[inline]
    pub(crate) fn plain_origin_of_start(&self) -> Option<NodePtr> {
        let origin = NodePtr::from_raw(self.root().running.get());
        origin.filter(|_| self.flags.get() == flag::UNSTARTED)
    }

    /// After [`Node::plain_origin`]: this node runs now.
    #[inline(always)]
    pub(crate) fn run_plainly(&self) {
        // SAFETY: as in `plain_origin`, and there was an origin, so it is not `CLOSED`.
        unsafe { (*self.gate.get()).set(self) };
    }

    /// Of the top of a tree: notes which node of it runs, and whether a switch from there may take
    /// the short way.
    #[inline]
    pub(crate) fn set_running(&self, node: NodePtr, open: bool) {
        let open = open && !node.has(flag::NO_WAY_OUT);
        self.running.set(if open { node.as_ptr() } else { ptr::null() });
        self.shut.set(node.as_ptr());
    }

    /// Of the top of a tree: the node of it that runs, or would if the tree did.
    #[inline]
    pub(crate) fn running(&self) -> NodePtr {
        let running = NodePtr::from_raw(self.running.get());
        let shut = || NodePtr::from_raw(self.shut.get());
        running.or_else(shut).unwrap_or(NodePtr::of(self))
    }

    /// Of the top of a tree: no switch in it takes the short way any more.
    #[inline]
    pub(crate) fn close(&self) {
        self.set_running(self.running(), false);
    }

    #[inline(always)]
    pub(crate) fn root(&self) -> NodePtr {
        // SAFETY: never null after `create`; counted by this node, or it is this node.
        unsafe { NodePtr::new_unchecked(self.root.get()) }
    }

    #[inline]
    pub(crate) fn parent(&self) -> Option<NodePtr> {
        NodePtr::from_raw(self.parent.get())
    }

    /// Where its result goes: the parent, or whoever waits for its end.
    #[inline]
    pub(crate) fn heir(&self) -> Option<NodePtr> {
        NodePtr::from_raw(self.return_to.get()).or_else(|| self.parent())
    }

    pub(crate) fn set_parent(&self, parent: NodeRef) {
        let old = self.parent.replace(parent.into_raw());
        if let Some(old) = NodePtr::from_raw(old) {
            // SAFETY: `into_raw` kept this reference.
            unsafe { old.release(1) };
        }
    }

    /// Moves the node under another root; returns the reference to the old one.
    pub(crate) fn set_root(&self, root: NodeRef) -> NodeRef {
        let old = self.root.replace(root.into_raw());
        self.set_flags(self.flags.get());
        // SAFETY: never null; a node that is moved is not its own root, so the old root was counted.
        unsafe { NodeRef::counted_before(NonNull::new_unchecked(old.cast_mut())) }
    }

    #[inline(always)]
    pub(crate) fn stack(&self) -> Option<Stack> {
        let top = NonNull::new(self.top.get())?;
        Some(Stack { top, size: self.stack_size.get() })
    }

    #[inline]
    pub(crate) fn set_stack(&self, stack: Option<Stack>) {
        self.top.set(stack.map_or(ptr::null_mut(), |s| s.top.as_ptr()));
    }

    /// The name, empty if it has none. For reading at once, not for keeping.
    pub(crate) fn with_name<R>(&self, f: impl FnOnce(&str) -> R) -> R {
        // SAFETY: `set_name` is the only writer; it does not run during `f`, which (in this crate)
        // only copies the text.
        f(unsafe { &*self.name.as_ptr() }.as_deref().unwrap_or(""))
    }

    #[inline]
    pub(crate) fn has_locals(&self) -> bool {
        // SAFETY: only looks whether there is something; nobody changes it meanwhile.
        unsafe { &*self.locals.as_ptr() }.is_some()
    }

    pub(crate) fn set_name(&self, name: Box<str>) {
        self.name.set(Some(name));
    }
}

impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Node({:?} {}, flags {})", self.role, self.id, self.flags.get())
    }
}

#[inline]
fn next_id() -> u64 {
    thread_local! { static NEXT: Cell<u64> = const { Cell::new(0) } }
    NEXT.replace(NEXT.get() + 1)
}
