#![doc = include_str!("../README.md")]
//!
//! # The rooms of this crate
//!
//! Data flows one way, from the bytes of a command to the reply:
//!
//! | room | what is in it |
//! |---|---|
//! | [`settings`] | the options, and what a session goes by |
//! | [`places`] | how many clients there may be |
//! | [`session`] | one client, a state machine; a room each for logging in, files, transfers |
//! | [`control`] | the control connection: every wait of a session |
//! | [`lines`], [`command`] | bytes into lines, a line into a command: pure |
//! | [`reply`], [`listing`], [`clock`], [`path`] | what is said, and how it is written: pure |
//! | [`auth`] | who may do what |
//! | [`data`], [`transfer`], [`ascii`] | the second connection, and a file over it |
//! | [`upload`] | a file that is not whole yet |
//! | [`course`] | the course's own protocol, beside all this |
//!
//! Left out: TLS (it would be another `stream` in [`control`] and [`data`]), MODE B and C, ACCT.

#![forbid(unsafe_code)]

pub mod ascii;
pub mod auth;
pub mod clock;
pub mod command;
pub mod control;
pub mod course;
pub mod data;
pub mod lines;
pub mod listing;
pub mod path;
pub mod places;
pub mod reply;
pub mod session;
pub mod settings;
pub mod transfer;
pub mod upload;
