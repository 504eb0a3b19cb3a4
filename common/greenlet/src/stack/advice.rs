//! Advice to the kernel about many stacks at once.

use std::ffi::{c_int, c_void};
use std::ptr::NonNull;

use nix::errno::Errno;
use nix::libc;

/// The same part of several neighbouring stacks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parts {
    /// The lowest one.
    pub(super) first: NonNull<c_void>,
    /// Bytes of each.
    pub(super) length: usize,
    /// Bytes from one to the next.
    pub(super) stride: usize,
    pub(super) count: usize,
}

impl Parts {
    /// Where each begins, the lowest first.
    pub(super) fn each(self) -> impl DoubleEndedIterator<Item = NonNull<c_void>> {
        let at = move |nth| self.first.as_ptr().wrapping_byte_add(nth * self.stride);
        (0..self.count).filter_map(move |nth| NonNull::new(at(nth)))
    }
}

/// Gives `advice` about each part, by a system call for each.
///
/// # Safety
/// As `madvise(2)` wants for this advice.
pub(super) unsafe fn one_by_one(parts: Parts, advice: c_int) -> nix::Result<()> {
    parts.each().try_for_each(|part| {
        // SAFETY: by our own contract.
        Errno::result(unsafe { libc::madvise(part.as_ptr(), parts.length, advice) }).map(drop)
    })
}

/// Gives `advice` about all parts in one system call; false where the kernel cannot (before Linux
/// 6.15), or has stopped half-way.
///
/// # Safety
/// As `madvise(2)` wants for this advice.
pub(super) unsafe fn all_at_once(parts: Parts, advice: c_int) -> bool {
    /// From `linux/pidfd.h`: this process, without a descriptor.
    const PIDFD_SELF: c_int = -10_000;
    let part = |at: NonNull<c_void>| libc::iovec { iov_base: at.as_ptr(), iov_len: parts.length };
    let iov: Vec<_> = parts.each().map(part).collect();
    // SAFETY: by our own contract; the list is as long as we say, and only read.
    let advised = unsafe {
        libc::syscall(libc::SYS_process_madvise, PIDFD_SELF, iov.as_ptr(), iov.len(), advice, 0)
    };
    usize::try_from(advised) == Ok(parts.count * parts.length)
}
