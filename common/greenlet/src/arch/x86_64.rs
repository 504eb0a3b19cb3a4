//! The switch on x86_64, System V ABI.
//!
//! A suspended stack looks like this; everything above it belongs to the function that called
//! `switch`, and to its callers:
//!
//! ```text
//!            ~  the caller's frame          ~
//!            +------------------------------+
//!            | rbp                          |
//!            | rbx                          |
//!   sp  ->   | resume address (label 2)     |
//!            +------------------------------+
//! ```
//!
//! Only three words: the block tells the compiler that *every* register is lost, so the compiler
//! itself saves those that are alive at this place, and no others. Only `rbx` and `rbp` have to be
//! saved by hand, because the compiler keeps them to itself and does not take them as lost.
//!
//! A function that pushes six registers and leaves with `ret` would be shorter to explain and five
//! times as slow: the processor predicts each `ret` to go back to the `call` that it saw last, and
//! here that is wrong every time. A jump has no such memory, and its target is the same nearly
//! every time.

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
            "lea rax, [rip + 2f]",
            "push rbp",
            "push rbx",
            "push rax",
            // Change stacks. From here on `rsp` points into the other one; it never points
            // anywhere else, for a signal can arrive between any two instructions.
            "mov [{from}], rsp",
            "mov rsp, [{to}]",
            // Go on there: at label 2 of another `switch`, or in `trampoline`.
            "pop rax",
            "jmp rax",
            // Somebody came back. `rsi` and `rdx` are theirs.
            "2:",
            "pop rbx",
            "pop rbp",
            from = in(reg) from,
            to = in(reg) to,
            inout("rsi") word,
            inout("rdx") tag,
            out("rax") _,
            lateout("r12") _, lateout("r13") _, lateout("r14") _, lateout("r15") _,
            clobber_abi("sysv64"),
        );
    }
    (word, tag)
}

/// Has the processor fetch the line of memory at `at`, which need not exist.
#[inline(always)]
pub(crate) fn fetch(at: *const u8) {
    // SAFETY: a hint: it neither reads nor faults.
    unsafe {
        asm!("prefetcht0 [{at}]", at = in(reg) at, options(nostack, preserves_flags, readonly))
    }
}

/// The first code on a fresh stack, entered by a `switch` to what `prepare` returned.
///
/// It has no caller: the unwinder is told so (`rip` undefined), and so is whoever follows frame
/// pointers (`rbp` is 0). It calls the entry function by `call`, and that one ends with `ret`, so
/// calls and returns stay paired for the processor; what it returns is where to go.
#[unsafe(naked)]
pub(super) unsafe extern "C" fn trampoline() {
    naked_asm!(
        ".cfi_startproc",
        ".cfi_undefined rip",
        ".cfi_undefined rbp",
        // On entry: rsp -> [argument][entry][0], rsi = the word.
        "pop rdi",
        "pop rax",
        "xor ebp, ebp",
        // 8 bytes up to a multiple of 16, as the ABI wants before a call.
        "push rbp",
        "call rax",
        // rax = stack pointer | tag, rdx = the word: go there for good.
        "mov rsi, rdx",
        "mov edx, eax",
        "and edx, 7",
        "and rax, -8",
        "mov rsp, rax",
        "pop rax",
        "jmp rax",
        ".cfi_endproc",
    )
}
