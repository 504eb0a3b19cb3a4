//! Each class beside the cases that CPython's own tests check: `CASES.md` has the table.

#![allow(clippy::unwrap_used)] // in what the tests share too

#[macro_use]
mod support;

mod barrier;
mod cases;
mod condition;
mod event;
mod lock;
mod rlock;
mod semaphore;
mod thread;
mod timer;
