//! The switch itself: one file per processor, the same four names in each.
//!
//! - [`switch`] leaves one stack and goes on where another one stopped;
//! - `trampoline` is where a fresh stack begins, and the last frame of every backtrace taken on it;
//! - [`fetch`] asks for a line of memory ahead of time;
//! - [`prepare`] (here, since it is the same for all) lays out a fresh stack so that `switch` can
//!   enter it as if it had been suspended before.
//!
//! What is *not* switched: the floating-point control words (rounding mode, MXCSR, x87 control
//! word, FPCR). The C ABI lets a function expect them unchanged, so they belong to the thread, not
//! to a greenlet; who alters one puts it back before it switches.

use core::arch::{asm, naked_asm};
use core::mem::MaybeUninit;

#[cfg(target_arch = "aarch64")]
mod aarch64;
#[cfg(target_arch = "aarch64")]
use aarch64::trampoline;
#[cfg(target_arch = "aarch64")]
pub(crate) use aarch64::{fetch, switch};

#[cfg(target_arch = "x86_64")]
mod x86_64;
#[cfg(target_arch = "x86_64")]
use x86_64::trampoline;
#[cfg(target_arch = "x86_64")]
pub(crate) use x86_64::{fetch, switch};

/// Bytes of a line of the cache.
pub(crate) const LINE: usize = 64;

/// What travels in a register with each switch: a small value itself, or the address of a large
/// one. `MaybeUninit`, because a value may have padding.
pub(crate) type Word = MaybeUninit<u64>;

/// Where a finished greenlet goes: returned by its [`Entry`], acted on by `trampoline`.
#[repr(C)]
pub(crate) struct Departure {
    /// Stack pointer to go on from, with the tag in its three low bits.
    pub(crate) sp_and_tag: usize,
    /// The word to take along.
    pub(crate) word: Word,
}

/// The first function on a fresh stack: what `prepare` was given, the word of the first switch.
pub(crate) type Entry = unsafe extern "C" fn(*const (), Word) -> Departure;

/// Lays out a fresh stack below `top`: the first `switch` to the result calls `entry(argument, word)`.
///
/// ```text
/// top (16-byte aligned) ->  +-------------+
///                           | 0           |
///                           | entry       |   the same shape as a suspended stack (see `switch`),
///                           | argument    |   so that entering needs no case of its own
/// result ->                 | trampoline  |   <- resume address
///                           +-------------+
/// ```
///
/// # Safety
/// The 32 bytes below `top` are writable and nobody else's; `top` is 16-byte aligned.
pub(crate) unsafe fn prepare(top: *mut u8, argument: *const (), entry: Entry) -> *mut u8 {
    let frame = top.wrapping_sub(32).cast::<usize>();
    // SAFETY: `frame` is the 32 bytes that the caller vouches for, aligned as `top` is.
    unsafe {
        frame.write(trampoline as *const () as usize);
        frame.add(1).write(argument as usize);
        frame.add(2).write(entry as *const () as usize);
        frame.add(3).write(0);
    }
    frame.cast()
}

// `trampoline` finds both halves in the first two result registers.
const _: () = assert!(size_of::<Departure>() == 16 && size_of::<Word>() == 8);
