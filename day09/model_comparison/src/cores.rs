//! Who runs where: a program inherits the cores of the thread that starts it.

use nix::errno::Errno;
use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::unistd::Pid;

/// The cores that this program may use, dealt out.
#[derive(Debug, Clone)]
pub struct Cores {
    all: CpuSet,
    server: CpuSet,
    load: CpuSet,
    /// How many there are.
    pub count: usize,
}

impl Cores {
    /// The first is for the servers, the second for the load; if there is but one, they share it.
    ///
    /// # Errors
    ///
    /// The kernel does not tell which there are.
    pub fn of_this_machine() -> Result<Cores, Errno> {
        let all = sched_getaffinity(Pid::from_raw(0))?;
        let numbers: Vec<usize> =
            (0..CpuSet::count()).filter(|&core| all.is_set(core) == Ok(true)).collect();
        let only = |core: Option<&usize>| {
            let mut set = CpuSet::new();
            core.map_or(Ok(()), |&core| set.set(core)).map(|()| set)
        };
        Ok(Cores {
            all,
            server: only(numbers.first())?,
            load: only(numbers.get(1).or(numbers.first()))?,
            count: numbers.len(),
        })
    }

    /// Moves this thread, and what it will start, to the core of the servers.
    pub fn enter_server(&self) {
        enter(&self.server);
    }

    /// Moves this thread to the core of the load.
    pub fn enter_load(&self) {
        enter(&self.load);
    }

    /// Lets this thread, and what it will start, use every core.
    pub fn enter_all(&self) {
        enter(&self.all);
    }
}

/// Where the kernel refuses, all stay where they are: slower, and no less true.
fn enter(set: &CpuSet) {
    let _ = sched_setaffinity(Pid::from_raw(0), set);
}
