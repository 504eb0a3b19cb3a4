//! The switch on AArch64, AAPCS64.
//!
//! A suspended stack, the caller's frame above it:
//!
//! ```text
//!            ~  the caller's frame          ~
//!            +------------------------------+
//!            | (empty: sp stays 16-aligned) |
//!            | x29, the frame pointer       |
//!            | x19                          |
//!   sp  ->   | resume address (label 2)     |
//!            +------------------------------+
//! ```
//!
//! As on x86_64, every register is declared lost, so that the compiler saves what is alive here
//! and nothing else; `x19` and `x29` are the two that it keeps to itself.

use super::{Word, asm, naked_asm};

/// Leaves the running stack, writes its stack pointer to `*from`, and goes on at `*to`.
///
/// The two may be the same: then it comes straight back, with its own word and tag, because `*to` is
/// read after `*from` was written.
///
/// `word` and `tag` travel in registers. What it returns are the word and the tag of whoever
/// switches back here.
///
/// # Safety
/// `*to` is what an earlier `switch` wrote to its `*from`, or what `prepare` returned; it has not
/// been used since, and its stack is alive. `from` is writable.
#[inline(always)]
pub(crate) unsafe fn switch(
    from: *mut *mut u8,
    to: *const *mut u8,
    mut word: Word,
    mut tag: usize,
) -> (Word, usize) {
    // SAFETY: the stack that is left holds what its resume address needs (picture above), and all
    // registers are declared lost. The one that is entered was left the same way, by the contract.
    unsafe {
        asm!(
            // What the compiler does not save for us, and where to go on later.
            "adr x9, 2f",
            "sub sp, sp, #32",
            "stp x9, x19, [sp]",
            "str x29, [sp, #16]",
            // Change stacks; `sp` is never stored or moved but through a general register.
            "mov x10, sp",
            "str x10, [x2]",
            "ldr x10, [x3]",
            "mov sp, x10",
            // Go on there: at label 2 of another `switch`, or in `trampoline`.
            "ldr x9, [sp]",
            "br x9",
            // Somebody came back. `hint #36` is `bti j`: a jump may land here.
            "2:",
            "hint #36",
            "ldp x9, x19, [sp]",
            "ldr x29, [sp, #16]",
            "add sp, sp, #32",
            in("x2") from,
            in("x3") to,
            inout("x1") word,
            inout("x4") tag,
            lateout("x20") _, lateout("x21") _, lateout("x22") _, lateout("x23") _,
            lateout("x24") _, lateout("x25") _, lateout("x26") _, lateout("x27") _,
            lateout("x28") _,
            clobber_abi("C"),
        );
    }
    (word, tag)
}

/// Has the processor fetch the line of memory at `at`, which need not exist.
#[inline(always)]
pub(crate) fn fetch(at: *const u8) {
    // SAFETY: a hint: it neither reads nor faults.
    unsafe {
        asm!("prfm pldl1keep, [{at}]", at = in(reg) at, options(nostack, preserves_flags, readonly))
    }
}

/// The first code on a fresh stack, entered by a `switch` to what `prepare` returned.
///
/// It has no caller: the unwinder is told so (`x30` undefined), and so is whoever follows frame
/// pointers (`x29` is 0). What the entry function returns is where to go.
#[unsafe(naked)]
pub(super) unsafe extern "C" fn trampoline() {
    naked_asm!(
        ".cfi_startproc",
        ".cfi_undefined x30",
        ".cfi_undefined x29",
        "hint #36",
        // On entry: sp -> [trampoline][argument][entry][0], x1 = the word.
        "ldp x0, x9, [sp, #8]",
        "add sp, sp, #32",
        "mov x29, #0",
        "blr x9",
        // x0 = stack pointer | tag, x1 = the word: go there for good.
        "and x4, x0, #7",
        "and x0, x0, #-8",
        "mov sp, x0",
        "ldr x9, [sp]",
        "br x9",
        ".cfi_endproc",
    )
}
