//! The AArch64 switch without std: stock rustc has no std for that processor here, so this crate
//! brings the few lines of `core` that the file needs, and includes it as it is.
//!
//! Built with `RUSTC_BOOTSTRAP=1` (for `no_core`) by `run.sh`; `harness.c` drives it.
#![feature(auto_traits, decl_macro, lang_items, no_core, rustc_attrs)]
#![allow(internal_features, stable_features, dead_code, unused)]
#![no_core]
#![no_std]

#[lang = "pointee_sized"]
pub trait PointeeSized {}
#[lang = "meta_sized"]
pub trait MetaSized: PointeeSized {}
#[lang = "sized"]
pub trait Sized: MetaSized {}
#[lang = "copy"]
pub trait Copy {}
impl Copy for usize {}
impl Copy for u64 {}
impl<T> Copy for *mut T {}
impl<T> Copy for *const T {}
#[lang = "freeze"]
unsafe auto trait Freeze {}

#[rustc_builtin_macro]
pub macro asm("assembly template", $(operands,)* $(options($(option),*))?) {}
#[rustc_builtin_macro]
pub macro naked_asm("assembly template", $(operands,)* $(options($(option),*))?) {}

/// In the crate this is `MaybeUninit<u64>`.
pub type Word = u64;

#[path = "../../src/arch/aarch64.rs"]
mod aarch64;

/// For C: the switch; the answer's tag goes to `*tag`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn greenlet_switch(
    from: *mut *mut u8,
    to: *const *mut u8,
    word: u64,
    tag: *mut usize,
) -> u64 {
    let (word, answer) = unsafe { aarch64::switch(from, to, word, *tag) };
    unsafe { *tag = answer };
    word
}

/// For C: where a fresh stack begins.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn greenlet_trampoline() -> *const u8 {
    aarch64::trampoline as unsafe extern "C" fn() as *const u8
}
