//! What every server of the workspace shares: its options, its listening socket, the way it stops.
//!
//! A server's `main` parses [`args`], opens a [`net::Listener`] and loops over the clients that come
//! out of it; [`program::run`] makes a failure one line and an exit code.

pub mod args;
pub mod folder;
pub mod measure;
pub mod net;
pub mod process;
pub mod program;
pub mod stop;
pub mod table;
pub mod text;

pub use program::{Failure, reason};

#[cfg(not(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64"))))]
compile_error!("this workspace runs on Linux, on x86_64 and aarch64 processors only");

#[cfg(panic = "abort")]
compile_error!("a panic must cost one client, not the server: build with panic = \"unwind\"");
