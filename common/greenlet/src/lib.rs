#![doc = include_str!("../README.md")]

#[cfg(not(all(
    target_os = "linux",
    target_pointer_width = "64",
    any(target_arch = "x86_64", target_arch = "aarch64")
)))]
compile_error!(
    "greenlet runs on Linux on x86_64 and aarch64 only: its stacks and switches are made for these"
);

#[cfg(panic = "abort")]
compile_error!("greenlet needs panic = \"unwind\": a greenlet that is dropped is unwound");

// The switch, its stacks and the core over both are where `unsafe` is allowed: a stack pointer is
// changed by hand, and values cross from one stack to another as raw words.
#[allow(unsafe_code)]
mod arch;
#[allow(unsafe_code)]
mod core;
#[allow(unsafe_code)]
mod stack;

mod error;
mod generator;
mod greenlet;
mod local;
mod trace;
mod unwind;

pub use crate::error::Error;
pub use crate::generator::{Generator, GeneratorError, Yielder};
pub use crate::greenlet::{Builder, Greenlet, Peer, getcurrent};
pub use crate::local::Local;
pub use crate::trace::{Event, Traced, Tracer, settrace};
pub use crate::unwind::{GreenletExit, catch, exit, finally, text_of, unwinding};
