//! The machine that is measured, in words for the report; and its limits.

use std::fs;
use std::path::Path;
use std::time::SystemTime;

use nix::sys::resource::{Resource, getrlimit, setrlimit};

use crate::servers::{LeftOut, kib};

/// What the figures depend on.
#[derive(Clone, Debug)]
pub struct Machine {
    /// The day and time of the measurement.
    pub date: String,
    /// The processor's name.
    pub processor: String,
    /// How many cores this program may use.
    pub cores: usize,
    /// GiB of memory.
    pub memory_gib: f64,
    /// The kernel's release.
    pub linux: String,
    /// A debug build: its figures say little.
    pub debug_build: bool,
}

impl Machine {
    /// This one, now.
    pub fn here(cores: usize) -> Machine {
        let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
        let cpuinfo = read("/proc/cpuinfo");
        let model = cpuinfo.lines().find_map(|line| line.strip_prefix("model name"));
        let model = model.and_then(|rest| Some(rest.split_once(':')?.1.trim()));
        Machine {
            date: httpdate::fmt_http_date(SystemTime::now()),
            processor: model.unwrap_or(std::env::consts::ARCH).to_owned(),
            cores,
            memory_gib: kib(Path::new("/proc/meminfo"), "MemTotal:") as f64 / f64::from(1 << 20),
            linux: read("/proc/sys/kernel/osrelease").trim().to_owned(),
            debug_build: cfg!(debug_assertions),
        }
    }
}

/// Descriptors that a program needs beside those of its clients.
const SPARE: u64 = 64;

/// Raises the limit of open files as far as it goes, for this program and those it will start, and
/// takes out the numbers of clients that are beyond it.
pub fn fit(clients: &mut Vec<usize>) -> Vec<LeftOut> {
    let Ok((_, hard)) = getrlimit(Resource::RLIMIT_NOFILE) else { return Vec::new() };
    let _ = setrlimit(Resource::RLIMIT_NOFILE, hard, hard);
    let beyond = |count: &usize| *count as u64 + SPARE > hard;
    let left_out = clients.iter().copied().filter(beyond).map(|count| LeftOut {
        what: format!("{count} clients"),
        why: format!("a process of this machine may open {hard} files (ulimit -Hn)"),
    });
    let left_out = left_out.collect();
    clients.retain(|count| !beyond(count));
    left_out
}
