//! The processes of a server, as `/proc` shows them: their time and their memory.

use std::collections::HashSet;
use std::fs;
use std::path::Path;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::time::{clock_getcpuclockid, clock_gettime};
use nix::unistd::{Pid, SysconfVar, sysconf};

/// A process, and when it was started: ids are used again, the two together are not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Process {
    pid: i32,
    parent: i32,
    started: u64,
    /// It has ended, and nobody has waited for it yet.
    zombie: bool,
    /// Time of its children that have ended and were waited for, in clock ticks.
    children: u64,
}

impl Process {
    fn of(pid: i32) -> Option<Process> {
        let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // The name, in parentheses, may itself hold parentheses and blanks.
        let fields: Vec<&str> = text.get(text.rfind(')')? + 1..)?.split_whitespace().collect();
        let number = |index: usize| fields.get(index)?.parse::<u64>().ok();
        Some(Process {
            pid,
            zombie: fields.first() == Some(&"Z"),
            parent: i32::try_from(number(1)?).ok()?,
            children: number(13)? + number(14)?,
            started: number(19)?,
        })
    }

    fn is_there(&self) -> bool {
        Process::of(self.pid).is_some_and(|now| now.started == self.started && !now.zombie)
    }
}

/// A process and all that it has started, as they were when they were looked for.
#[derive(Clone, Debug)]
pub struct Tree(Vec<Process>);

impl Tree {
    /// The process of that id and its children, their children …
    pub fn of(root: i32) -> Tree {
        let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
        let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
        let all: Vec<Process> = pids.filter_map(Process::of).collect();
        let mut members = HashSet::from([root]);
        loop {
            let before = members.len();
            members.extend(
                all.iter()
                    .filter(|p| members.contains(&p.parent))
                    .map(|p| p.pid)
                    .collect::<Vec<_>>(),
            );
            if members.len() == before {
                break;
            }
        }
        Tree(all.into_iter().filter(|p| members.contains(&p.pid)).collect())
    }

    /// Processor time until now, also of children that have ended and were waited for.
    pub fn cpu(&self) -> Duration {
        self.0.iter().map(|process| cpu(process.pid) + waited_for(process.pid)).sum()
    }

    /// Memory in KiB: pages that several processes share are dealt out among them, and the page
    /// tables of each are counted. What the kernel keeps for sockets and threads is not in it.
    pub fn memory_kib(&self) -> u64 {
        let of = |process: &Process| {
            let folder = format!("/proc/{}", process.pid);
            kib(Path::new(&folder).join("smaps_rollup").as_path(), "Pss:")
                + kib(Path::new(&folder).join("status").as_path(), "VmPTE:")
        };
        self.0.iter().map(of).sum()
    }

    /// Ends what is still there.
    pub fn kill(&self) {
        for process in self.0.iter().filter(|process| process.is_there()) {
            let _ = kill(Pid::from_raw(process.pid), Signal::SIGKILL);
        }
    }

    /// Whether none of them is there any more.
    pub fn is_gone(&self) -> bool {
        !self.0.iter().any(Process::is_there)
    }
}

/// All threads of a process, those that have ended too.
fn cpu(pid: i32) -> Duration {
    let clock = clock_getcpuclockid(Pid::from_raw(pid));
    clock.and_then(clock_gettime).map_or(Duration::ZERO, Duration::from)
}

fn waited_for(pid: i32) -> Duration {
    let per_second = match sysconf(SysconfVar::CLK_TCK) {
        Ok(Some(ticks)) if ticks > 0 => ticks as f64,
        _ => 100.0,
    };
    let ticks = Process::of(pid).map_or(0, |process| process.children);
    Duration::from_secs_f64(ticks as f64 / per_second)
}

/// The number on the line that begins so; 0 if there is none.
pub(crate) fn kib(file: &Path, field: &str) -> u64 {
    let text = fs::read_to_string(file).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(field));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_child_belongs_to_the_tree_and_its_memory_counts() {
        let me = std::process::id() as i32;
        let alone = Tree::of(me);
        assert!(alone.memory_kib() > 100 && alone.cpu() > Duration::ZERO);
        let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        let both = Tree::of(me);
        assert!(both.0.iter().any(|process| process.pid == child.id() as i32));
        let only = Tree::of(child.id() as i32);
        only.kill();
        child.wait().unwrap();
        assert!(only.is_gone() && !both.is_gone());
    }
}
