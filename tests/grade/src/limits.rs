//! Ends a program that takes more than its share of the machine.
//!
//! Looked at from outside, because limits of the system do not: `RLIMIT_NPROC` does not bind root, and
//! `RLIMIT_AS` kills honest programs that merely reserve memory.

use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::{Pid, SysconfVar, sysconf};

use crate::proc::{self, Process};

/// Between two looks at the program and all it has started.
const INTERVAL: Duration = Duration::from_millis(50);
/// Between two looks at how many processes the machine has: one short file tells. A program that
/// forks without end makes some thousands in the time of the other interval, and then nobody else
/// has a turn for seconds.
const GLANCE: Duration = Duration::from_millis(2);

/// What a program and all it starts may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of memory that it does not share.
    pub memory: u64,
    /// Processes, zombies included.
    pub processes: usize,
}

impl Default for Limits {
    /// 1 GiB and 300 processes: several times what any exercise needs.
    fn default() -> Self {
        Self { memory: 1 << 30, processes: 300 }
    }
}

/// Looks at a program until it is dropped, or ends it.
#[derive(Debug)]
pub(crate) struct Watch {
    over: Arc<AtomicBool>,
}

impl Watch {
    /// Begins to look; if the program is ended, `why` says why.
    pub(crate) fn over(pid: i32, limits: Limits, why: Arc<OnceLock<String>>) -> Self {
        let over = Arc::new(AtomicBool::new(false));
        let done = Arc::clone(&over);
        thread::spawn(move || {
            let mut usual = tasks_of_the_machine();
            let mut last = Instant::now();
            while !done.load(Ordering::Relaxed) {
                thread::sleep(GLANCE);
                let many = tasks_of_the_machine() > usual + limits.processes / 2;
                if !many && last.elapsed() < INTERVAL {
                    continue;
                }
                let tree = proc::tree(pid);
                if let Some(broken) = limits.broken_by(&tree) {
                    let _ = why.set(format!("the grader has ended the program: {broken}"));
                    end(pid);
                    return;
                }
                if many {
                    // They are not of this program, or it may have them.
                    usual = tasks_of_the_machine();
                }
                last = Instant::now();
            }
        });
        Self { over }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
    }
}

impl Limits {
    fn broken_by(&self, tree: &[Process]) -> Option<String> {
        if tree.len() > self.processes {
            return Some(format!("it had {} processes of {}", tree.len(), self.processes));
        }
        let memory: u64 = tree.iter().map(|process| own_memory(process.pid)).sum();
        let mib = |bytes: u64| bytes >> 20;
        (memory > self.memory)
            .then(|| format!("it had {} MiB of memory of {}", mib(memory), mib(self.memory)))
    }
}

/// Ends a program with its group and all it has started, also what left the group.
pub(crate) fn end(pid: i32) {
    // One that is killed may have started another before: until a look finds nobody.
    for _ in 0..100 {
        let _ = killpg(Pid::from_raw(pid), Signal::SIGKILL);
        let tree = proc::tree(pid);
        let mut living = tree.iter().filter(|process| !process.is_zombie()).peekable();
        if living.peek().is_none() {
            return;
        }
        for process in living {
            let _ = kill(Pid::from_raw(process.pid), Signal::SIGKILL);
        }
    }
}

/// All threads and processes there are: the fourth field of `/proc/loadavg`, `12/345`.
fn tasks_of_the_machine() -> usize {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let field = text.split_whitespace().nth(3).and_then(|field| field.split('/').nth(1));
    field.and_then(|number| number.parse().ok()).unwrap_or(0)
}

/// Resident pages that no file and no other process stands behind (`proc_pid_statm(5)`).
fn own_memory(pid: i32) -> u64 {
    let text = fs::read_to_string(format!("/proc/{pid}/statm")).unwrap_or_default();
    let mut pages = text.split_whitespace().skip(1).map_while(|word| word.parse::<u64>().ok());
    let (resident, shared) = (pages.next().unwrap_or(0), pages.next().unwrap_or(0));
    let page = sysconf(SysconfVar::PAGE_SIZE).ok().flatten().unwrap_or(4096);
    resident.saturating_sub(shared) * page as u64
}
