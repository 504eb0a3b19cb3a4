//! Where the memory of nodes comes from and goes to.

use std::cell::UnsafeCell;
use std::mem::MaybeUninit;
use std::ptr::NonNull;

use super::node::Node;

/// Memory of freed nodes of this thread, used again: making a greenlet then needs no allocation.
struct Spare {
    nodes: UnsafeCell<Vec<NonNull<Node>>>,
}

/// More spare nodes than this go back to the allocator.
const SPARE: usize = 256;

thread_local! {
    static SPARES: Spare = const { Spare { nodes: UnsafeCell::new(Vec::new()) } };
}

/// Memory for one node, which is nobody else's.
#[inline]
pub(super) fn allocate() -> NonNull<Node> {
    // SAFETY: the list is touched only here, in `give_back` and in `Spare::drop`; none of them calls
    // anything that could come back here.
    let spare = SPARES.try_with(|s| unsafe { (*s.nodes.get()).pop() });
    spare.ok().flatten().unwrap_or_else(|| {
        NonNull::from(Box::leak(Box::<MaybeUninit<Node>>::new(MaybeUninit::uninit()))).cast()
    })
}

/// Takes the memory of a node that has been dropped.
///
/// # Safety
/// It comes from [`allocate`], and nobody uses it any more.
#[inline]
pub(super) unsafe fn give_back(node: NonNull<Node>) {
    // SAFETY: the list is touched only here, in `allocate` and in `Spare::drop`; none of them calls
    // anything that could come back here.
    let kept = SPARES.try_with(|s| unsafe {
        let nodes = &mut *s.nodes.get();
        let room = nodes.len() < SPARE;
        if room {
            nodes.push(node);
        }
        room
    });
    if kept != Ok(true) {
        // SAFETY: `allocate` made it as a `Box<MaybeUninit<Node>>`.
        drop(unsafe { Box::from_raw(node.cast::<MaybeUninit<Node>>().as_ptr()) });
    }
}

impl Drop for Spare {
    fn drop(&mut self) {
        for node in self.nodes.get_mut().drain(..) {
            // SAFETY: `allocate` made it as a `Box<MaybeUninit<Node>>`, and it has been dropped.
            drop(unsafe { Box::from_raw(node.cast::<MaybeUninit<Node>>().as_ptr()) });
        }
    }
}
