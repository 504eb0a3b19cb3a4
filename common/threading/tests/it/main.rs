//! Each class beside the cases that CPython's own tests check: `CASES.md` has the table.

#[macro_use]
mod support;

mod barrier;
mod condition;
mod event;
mod lock;
mod rlock;
mod semaphore;
mod thread;
mod timer;
