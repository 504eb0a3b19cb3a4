//! Guards: the bytes below a stack that must fault when they are touched.
//!
//! Linux 6.13 can mark pages as guards inside a mapping (`MADV_GUARD_INSTALL`); the mark costs no
//! mapping of its own, so a million stacks fit. Before that, `mprotect` splits the mapping at each
//! guard, and the system's limit on mappings (`vm.max_map_count`, 65,530) allows about 32,000.
//!
//! `GREENLET_GUARD=mprotect` in the environment chooses the second way on any kernel.

use std::ffi::c_int;
use std::io;
use std::num::NonZero;
use std::sync::OnceLock;

use nix::sys::mman::{MapFlags, ProtFlags, mmap_anonymous, mprotect, munmap};

use super::advice::{self, Parts};

/// From `linux/mman.h`; the libc crate has no name for it yet.
const MADV_GUARD_INSTALL: c_int = 102;

/// At least 16 KiB: compiled Rust probes each page of a large frame, but a C function may step over
/// a single guard page and write behind it.
pub(super) fn size() -> usize {
    (16 * 1024_usize).next_multiple_of(super::page())
}

/// Whether each guard is a mapping of its own (the `mprotect` way).
pub(super) fn costs_mappings() -> bool {
    !*MARKS.get_or_init(probe)
}

/// Makes each of `guards`, [`size`] bytes, fault from now on.
///
/// # Errors
/// When the system refuses (too many mappings, out of memory).
pub(super) fn install(guards: Parts) -> io::Result<()> {
    if costs_mappings() {
        // SAFETY: the parts are the lowest of stack slots that nobody uses yet.
        guards.each().try_for_each(|at| unsafe { mprotect(at, size(), ProtFlags::PROT_NONE) })
    } else {
        mark(guards)
    }
    .map_err(super::explain)
}

/// Whether this kernel has guard marks; found out once, by trying.
static MARKS: OnceLock<bool> = OnceLock::new();

fn probe() -> bool {
    if std::env::var_os("GREENLET_GUARD").is_some_and(|v| v == "mprotect") {
        return false;
    }
    let Some(length) = NonZero::new(size()) else { return false };
    let access = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
    // SAFETY: a new mapping at an address of the system's choice touches nothing that exists.
    let Ok(test) = (unsafe { mmap_anonymous(None, length, access, MapFlags::MAP_PRIVATE) }) else {
        return false;
    };
    let marks = mark(Parts { first: test, length: size(), stride: 0, count: 1 }).is_ok();
    // SAFETY: the mapping was made three lines above and nobody else knows it.
    let _ = unsafe { munmap(test, length.get()) };
    marks
}

fn mark(guards: Parts) -> nix::Result<()> {
    // SAFETY: the parts are mapped and nobody uses them (fresh slots, or the test mapping above); an
    // older kernel answers EINVAL and does nothing.
    unsafe {
        if guards.count > 1 && advice::all_at_once(guards, MADV_GUARD_INSTALL) {
            return Ok(());
        }
        advice::one_by_one(guards, MADV_GUARD_INSTALL)
    }
}
