//! The program `grade` from outside: its exit codes, its files, its options.

mod exit_codes;
mod formats;
mod options;
mod support;
