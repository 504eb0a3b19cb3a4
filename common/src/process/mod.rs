//! Child processes and signals: `fork`, `waitpid`, `sigaction`, and the only `unsafe` of this crate.
//!
//! ```standalone_crate
//! use common::process::{self, Ended};
//!
//! let pid = process::fork_child(|| 7)?;
//! assert_eq!(process::wait(pid)?, Ended::Exited(7));
//! # std::io::Result::Ok(())
//! ```

mod fork;
mod signals;

pub use fork::{
    Ended, Pid, ended_children, ended_event, fork_child, object_to_forks, reap, terminate, wait,
};
pub(crate) use signals::{catch, caught, end_after};
