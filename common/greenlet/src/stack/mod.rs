//! Stacks: taken from arenas, guarded, used again.
//!
//! ```text
//!   an arena, one mapping:
//!   +-------+------------+-------+------------+-------+------------+----
//!   | guard |  stack 0   | guard |  stack 1   | guard |  stack 2   | ...
//!   +-------+------------+-------+------------+-------+------------+----
//!            <- grows        top of stack 0 ^
//! ```
//!
//! Each thread has its own pools, one for each size in use, so that taking and giving a stack needs
//! no lock. A stack that is given back stays warm for the next greenlet; when more of them wait
//! than are in use (and a few), the oldest give their memory back to the system and keep only their
//! addresses. Memory is not reserved, and never comes in huge pages: a suspended greenlet costs the
//! pages it has touched, mostly one.

mod advice;
mod guard;
mod overflow;

use std::cell::{Cell, RefCell};
use std::ffi::c_void;
use std::io;
use std::num::NonZero;
use std::ptr::NonNull;

use nix::errno::Errno;
use nix::libc::MADV_POPULATE_WRITE;
use nix::sys::mman::{MapFlags, MmapAdvise, ProtFlags, madvise, mmap_anonymous, munmap};

use advice::Parts;
pub(crate) use overflow::{Running, watch as watch_for_overflow};

/// Size of a stack that nobody asked to be larger, in bytes.
pub(crate) const DEFAULT_SIZE: usize = 64 * 1024;
/// The smallest stack: enough for a panic and its message.
const MIN_SIZE: usize = 16 * 1024;
/// No stack is larger than this; who wants more wants a thread.
const MAX_SIZE: usize = 1 << 30;
/// Idle stacks that stay warm however few are in use.
const WARM: usize = 64;
/// At most so many are made at once.
const BATCH: usize = 256;

/// A stack in use.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stack {
    /// One past the highest usable byte, page-aligned.
    pub(crate) top: NonNull<u8>,
    /// Usable bytes below `top`; the guard lies below them.
    pub(crate) size: usize,
}

/// Rounds a wished size to what `take` accepts: whole pages, within the limits.
pub(crate) fn round_size(size: usize) -> usize {
    size.clamp(MIN_SIZE, MAX_SIZE).next_multiple_of(page())
}

/// Takes a stack of `size` bytes (rounded before) from this thread's pool.
///
/// # Errors
/// When the system gives no more memory or mappings; the message says which limit it was.
#[cold]
pub(crate) fn take(size: usize) -> io::Result<Stack> {
    match POOLS.try_with(|p| p.take(size)) {
        Ok(stack) => stack,
        Err(_) => Err(io::Error::other("the thread is ending")),
    }
}

/// Takes a stack that is warm, if it is of the usual size and there is one: no error is possible.
#[inline(always)]
pub(crate) fn take_warm(size: usize) -> Option<Stack> {
    if size != DEFAULT_SIZE {
        return None;
    }
    POOLS.try_with(|p| p.default.take_warm()).ok().flatten()
}

/// Gives a stack back. Its contents may vanish from the next [`take`] or `give` on, not before.
#[inline]
pub(crate) fn give(stack: Stack) {
    // When the thread is ending its pools may be gone: the stack is leaked then.
    let _ = POOLS.try_with(|p| p.give(stack));
}

thread_local! {
    static POOLS: Pools = const { Pools { default: Pool::new(DEFAULT_SIZE), others: RefCell::new(Vec::new()) } };
}

/// The pools of one thread.
struct Pools {
    default: Pool,
    /// Pools of the other sizes in use, a handful.
    others: RefCell<Vec<Pool>>,
}

impl Pools {
    fn take(&self, size: usize) -> io::Result<Stack> {
        if size == DEFAULT_SIZE { self.default.take() } else { self.with_other(size, Pool::take) }
    }

    #[inline]
    fn give(&self, stack: Stack) {
        if stack.size == DEFAULT_SIZE {
            self.default.give(stack);
        } else {
            self.with_other(stack.size, |pool| pool.give(stack));
        }
    }

    #[cold]
    fn with_other<R>(&self, size: usize, f: impl FnOnce(&Pool) -> R) -> R {
        let mut others = self.others.borrow_mut();
        let at = others.iter().position(|p| p.size == size).unwrap_or_else(|| {
            others.push(Pool::new(size));
            others.len() - 1
        });
        f(&others[at])
    }
}

/// Stacks of one size, of one thread.
struct Pool {
    /// Usable bytes of each stack.
    size: usize,
    /// Stacks in use.
    live: Cell<usize>,
    /// Idle stacks, the last given on top. Has room for every stack there is, so `give` never
    /// allocates.
    idle: RefCell<Vec<NonNull<u8>>>,
    /// How many at the bottom of `idle` have given their memory back.
    cold: Cell<usize>,
    arenas: RefCell<Vec<Arena>>,
}

impl Pool {
    const fn new(size: usize) -> Pool {
        Pool {
            size,
            live: Cell::new(0),
            idle: RefCell::new(Vec::new()),
            cold: Cell::new(0),
            arenas: RefCell::new(Vec::new()),
        }
    }

    #[inline]
    fn take_warm(&self) -> Option<Stack> {
        let top = self.idle.borrow_mut().pop()?;
        self.live.set(self.live.get() + 1);
        Some(Stack { top, size: self.size })
    }

    fn take(&self) -> io::Result<Stack> {
        if let Some(stack) = self.take_warm() {
            return Ok(stack);
        }
        self.carve()?;
        self.take_warm().ok_or_else(|| io::Error::other("no stack was made"))
    }

    #[inline]
    fn give(&self, stack: Stack) {
        let live = self.live.get() - 1;
        self.live.set(live);
        let mut idle = self.idle.borrow_mut();
        if idle.len() < self.cold.get() {
            self.cold.set(idle.len());
        }
        if idle.len() - self.cold.get() > live + WARM {
            let keep = (live + WARM) / 2;
            let cold = idle.len() - keep;
            self.cool(&mut idle[..cold]);
            self.cold.set(cold);
        }
        idle.push(stack.top);
    }

    /// Gives back the memory of idle stacks, neighbours in one call.
    #[cold]
    fn cool(&self, idle: &mut [NonNull<u8>]) {
        idle.sort_unstable();
        let stride = self.size + guard::size();
        let mut rest = &*idle;
        while let Some(first) = rest.first() {
            let run = rest
                .iter()
                .enumerate()
                .take_while(|&(i, top)| top.addr().get() == first.addr().get() + i * stride)
                .count();
            let bottom = first.as_ptr().wrapping_sub(self.size).cast::<c_void>();
            let length = run * stride - guard::size();
            if let Some(bottom) = NonNull::new(bottom) {
                // SAFETY: all bytes from the lowest stack's bottom to the highest one's top are
                // idle stacks of this pool and guards between them (which survive this call).
                // A failure costs memory only.
                let _ = unsafe { madvise(bottom, length, MmapAdvise::MADV_DONTNEED) };
            }
            rest = &rest[run..];
        }
    }

    /// Makes more stacks, in the newest arena or in a new one: one, or an eighth of those in use,
    /// since what the kernel has to do for each costs half as much for many at once.
    #[cold]
    fn carve(&self) -> io::Result<()> {
        let stride = self.size + guard::size();
        let live = self.live.get();
        let mut arenas = self.arenas.borrow_mut();
        if arenas.last().is_none_or(|a| a.carved == a.capacity) {
            // 16, 32, … 1024 stacks, unless that is very much.
            let capacity = (16 << arenas.len().min(6)).min((256 << 20) / stride).max(1);
            arenas.push(Arena::map(capacity, stride)?);
        }
        let Some(arena) = arenas.last_mut() else { return Err(io::Error::other("no arena")) };
        // Where mappings can run out, each stack is asked for on its own.
        let batch = if guard::costs_mappings() { 1 } else { (live / 8).clamp(1, BATCH) };
        let count = batch.min(arena.capacity - arena.carved);
        let first = arena.base.map_addr(|a| a.saturating_add(arena.carved * stride));
        let part = |from, length| Parts {
            first: first.map_addr(|a| a.saturating_add(from)).cast(),
            length,
            stride,
            count,
        };
        guard::install(part(0, guard::size()))?;
        if count > 1 {
            // Memory for what each will use first, its highest page. Without it, that page faults.
            // SAFETY: the pages are of fresh stacks; they are made to exist and stay zero.
            unsafe { advice::all_at_once(part(stride - page(), page()), MADV_POPULATE_WRITE) };
        }
        arena.carved += count;
        let mut idle = self.idle.borrow_mut();
        let room = live + count;
        if idle.capacity() < room {
            let more = room.next_power_of_two().max(WARM) - idle.len();
            idle.reserve(more);
        }
        idle.extend(part(stride, 0).each().rev().map(NonNull::cast::<u8>)); // the lowest comes first
        Ok(())
    }
}

impl Drop for Pool {
    /// The thread ends: unmaps every arena whose stacks are all idle. A stack that still carries
    /// frames keeps its arena for ever, since somebody may hold addresses in it.
    fn drop(&mut self) {
        let idle = self.idle.get_mut();
        let stride = self.size + guard::size();
        for arena in self.arenas.get_mut() {
            let length = arena.capacity * stride;
            let low = arena.base.addr().get();
            let mine = |top: &&NonNull<u8>| (low + 1..=low + length).contains(&top.addr().get());
            if idle.iter().filter(mine).count() == arena.carved {
                // SAFETY: the mapping is this arena's alone, and no stack in it is in use.
                let _ = unsafe { munmap(arena.base.cast(), length) };
            }
        }
    }
}

/// One mapping, cut into stacks from its low end upward.
struct Arena {
    base: NonNull<u8>,
    /// How many stacks fit.
    capacity: usize,
    /// How many have been cut off.
    carved: usize,
}

impl Arena {
    fn map(capacity: usize, stride: usize) -> io::Result<Arena> {
        let length = NonZero::new(capacity * stride).ok_or_else(|| io::Error::other("empty"))?;
        let flags = MapFlags::MAP_PRIVATE | MapFlags::MAP_NORESERVE | MapFlags::MAP_STACK;
        let access = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
        // SAFETY: a new mapping at an address of the system's choice touches nothing that exists.
        let base = unsafe { mmap_anonymous(None, length, access, flags) }.map_err(explain)?;
        // SAFETY: the mapping is ours. Without this call one touched byte might cost 2 MiB; where
        // the kernel has no huge pages it fails, and nothing is lost.
        let _ = unsafe { madvise(base, length.get(), MmapAdvise::MADV_NOHUGEPAGE) };
        Ok(Arena { base: base.cast(), capacity, carved: 0 })
    }
}

/// Turns the system's answer into one that says which limit was met.
fn explain(errno: Errno) -> io::Error {
    if errno != Errno::ENOMEM {
        return errno.into();
    }
    let limit = std::fs::read_to_string("/proc/sys/vm/max_map_count").unwrap_or_default();
    let how = if guard::costs_mappings() {
        format!(
            "each stack takes two memory mappings on this kernel (guard pages by mprotect) and \
             vm.max_map_count allows {}: raise it (sysctl vm.max_map_count=N), or use Linux 6.13 or newer",
            limit.trim()
        )
    } else {
        format!(
            "out of address space or memory (ulimit -v, vm.overcommit_memory, vm.max_map_count = {})",
            limit.trim()
        )
    };
    io::Error::new(io::ErrorKind::OutOfMemory, how)
}

/// Size of a page, asked of the system once.
fn page() -> usize {
    use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
    static PAGE: AtomicUsize = AtomicUsize::new(0);
    match PAGE.load(Relaxed) {
        0 => {
            let asked = nix::unistd::sysconf(nix::unistd::SysconfVar::PAGE_SIZE);
            let page = asked.ok().flatten().and_then(|p| usize::try_from(p).ok()).unwrap_or(4096);
            PAGE.store(page, Relaxed);
            page
        }
        page => page,
    }
}

#[cfg(test)]
mod tests;
