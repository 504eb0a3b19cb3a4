//! The program `grade` from outside: its exit codes, its files, its options.

#![allow(clippy::unwrap_used, reason = "a test may")]

mod exit_codes;
mod fairness;
mod formats;
mod options;
mod support;
