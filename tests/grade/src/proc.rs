//! Processes as `/proc` shows them: their states, threads, descriptors and time.

use std::collections::HashSet;
use std::fs;
use std::net::SocketAddr;
use std::time::Duration;

use nix::time::{clock_getcpuclockid, clock_gettime};
use nix::unistd::{Pid, SysconfVar, sysconf};

/// One process, as it was when it was looked at (`proc_pid_stat(5)`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Process {
    /// Its id.
    pub pid: i32,
    /// The id of its parent.
    pub parent: i32,
    /// The id of its process group.
    pub group: i32,
    /// `R` running, `S` sleeping, `D` waiting for a disk, `T` stopped, `Z` zombie.
    pub state: char,
    /// The number of its threads.
    pub threads: usize,
    /// User and system time of its children that were waited for, in steps of 10 ms.
    pub children_cpu: Duration,
}

impl Process {
    /// Looks at one process; `None` if there is none of that id.
    pub fn of(pid: i32) -> Option<Self> {
        let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // The name, in parentheses, may itself hold parentheses and blanks.
        let fields: Vec<&str> = text.get(text.rfind(')')? + 1..)?.split_whitespace().collect();
        let number = |index: usize| fields.get(index)?.parse::<i64>().ok();
        let ticks = number(13)? + number(14)?;
        Some(Self {
            pid,
            state: fields.first()?.chars().next()?,
            parent: i32::try_from(number(1)?).ok()?,
            group: i32::try_from(number(2)?).ok()?,
            threads: usize::try_from(number(17)?).ok()?,
            children_cpu: Duration::from_secs_f64(ticks as f64 / ticks_per_second()),
        })
    }

    /// Every process of the machine.
    pub fn all() -> Vec<Self> {
        let Ok(entries) = fs::read_dir("/proc") else {
            return Vec::new();
        };
        entries
            .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
            .filter_map(Self::of)
            .collect()
    }

    /// Processor time of all its threads until now, also of those that have ended.
    pub fn cpu(&self) -> Duration {
        let clock = clock_getcpuclockid(Pid::from_raw(self.pid));
        clock.and_then(clock_gettime).map_or(Duration::ZERO, Duration::from)
    }

    /// Whether each of its threads sleeps, waiting for something to happen.
    ///
    /// A thread that could run, but has no processor at the moment, does not count as sleeping.
    pub fn sleeps(&self) -> bool {
        let tasks = fs::read_dir(format!("/proc/{}/task", self.pid));
        tasks.is_ok_and(|mut tasks| {
            tasks.all(|task| {
                let stat = task.and_then(|task| fs::read_to_string(task.path().join("stat")));
                stat.is_ok_and(|stat| state(&stat) == Some('S'))
            })
        })
    }

    /// Whether it has ended and nobody has waited for it yet.
    pub fn is_zombie(&self) -> bool {
        self.state == 'Z'
    }
}

/// The processes begun by `root`, its own process group included: `root` first, if it is there.
pub fn tree(root: i32) -> Vec<Process> {
    let all = Process::all();
    let mut members = HashSet::from([root]);
    members.extend(all.iter().filter(|p| p.group == root).map(|p| p.pid));
    loop {
        let before = members.len();
        members.extend(
            all.iter().filter(|p| members.contains(&p.parent)).map(|p| p.pid).collect::<Vec<_>>(),
        );
        if members.len() == before {
            break;
        }
    }
    let mut tree: Vec<_> = all.into_iter().filter(|p| members.contains(&p.pid)).collect();
    tree.sort_by_key(|p| (p.pid != root, p.pid));
    tree
}

/// The state in the text of a `stat` file. (The name before it may itself hold parentheses.)
fn state(stat: &str) -> Option<char> {
    stat.get(stat.rfind(')')? + 1..)?.trim_start().chars().next()
}

/// The open descriptors of a process and what each leads to; none if it is gone.
pub fn descriptors(pid: i32) -> Vec<(i32, String)> {
    let Ok(entries) = fs::read_dir(format!("/proc/{pid}/fd")) else {
        return Vec::new();
    };
    entries
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let number = entry.file_name().to_str()?.parse().ok()?;
            Some((number, fs::read_link(entry.path()).ok()?.to_string_lossy().into_owned()))
        })
        .collect()
}

/// Bytes that wait at one end of a TCP connection: not yet taken by the other end, not yet read here.
///
/// `None` if there is no such connection. The ends of one on this machine are two, each with its
/// own queues.
pub fn tcp_queues(local: SocketAddr, remote: SocketAddr) -> Option<(usize, usize)> {
    let table =
        fs::read_to_string(if local.is_ipv4() { "/proc/net/tcp" } else { "/proc/net/tcp6" })
            .ok()?;
    table.lines().skip(1).find_map(|line| {
        let mut fields = line.split_whitespace().skip(1);
        let ends = (socket_addr(fields.next()?)?, socket_addr(fields.next()?)?);
        let (unsent, unread) = fields.nth(1)?.split_once(':')?;
        let number = |hex| usize::from_str_radix(hex, 16).ok();
        (ends == (local, remote)).then_some((number(unsent)?, number(unread)?))
    })
}

/// `0100007F:22B8`: each eight digits are 32 bits in the order of this machine's memory.
pub(crate) fn socket_addr(text: &str) -> Option<SocketAddr> {
    let (host, port) = text.split_once(':')?;
    let word =
        |from: usize| Some(u32::from_str_radix(host.get(from..from + 8)?, 16).ok()?.to_ne_bytes());
    let port = u16::from_str_radix(port, 16).ok()?;
    if host.len() == 8 {
        return Some(SocketAddr::from((word(0)?, port)));
    }
    let mut octets = [0; 16];
    for (index, four) in octets.chunks_exact_mut(4).enumerate() {
        four.copy_from_slice(&word(index * 8)?);
    }
    Some(SocketAddr::from((octets, port)))
}

fn ticks_per_second() -> f64 {
    match sysconf(SysconfVar::CLK_TCK) {
        Ok(Some(ticks)) if ticks > 0 => ticks as f64,
        _ => 100.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_sees_itself() {
        let pid = std::process::id() as i32;
        let me = Process::of(pid).unwrap();
        assert!(me.threads >= 2, "the harness and this test: {me:?}");
        assert!(!me.is_zombie());
        assert!(descriptors(pid).len() >= 3);
        assert_eq!(tree(pid)[0].pid, pid);
    }

    #[test]
    fn nobody_has_that_id() {
        assert_eq!(Process::of(i32::MAX), None);
        assert!(descriptors(i32::MAX).is_empty());
    }
}
