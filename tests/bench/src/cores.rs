//! Cores: a program inherits that of the thread that starts it.

use std::io;

use nix::sched::{CpuSet, sched_setaffinity};
use nix::unistd::Pid;

/// The core of the servers.
pub const SERVER: usize = 0;
/// The core of the load.
pub const LOAD: usize = 1;

/// Moves the calling thread to one core; on a machine with one core only, everything shares it.
pub fn move_to(core: usize) -> io::Result<()> {
    let mut set = CpuSet::new();
    set.set(core)?;
    match sched_setaffinity(Pid::from_raw(0), &set) {
        Err(nix::errno::Errno::EINVAL) if core != 0 => move_to(0),
        done => Ok(done?),
    }
}
