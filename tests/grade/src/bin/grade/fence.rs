//! A number of processes that a submission cannot get beyond, where the system can set one.
//!
//! The grader watches for too many of them in any case, but a program that forks without end has made
//! thousands before anybody else has a turn.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use grade::Limits;
use nix::sys::resource::{Resource, setrlimit};

/// For the worker itself, its threads, and so that the watch sees that there are too many.
const ROOM: usize = 64;

/// Puts this process, and all it starts from now on, behind the fence of its own number.
pub(crate) fn around_this_process() {
    let most = Limits::default().processes + ROOM;
    for fence in fences(std::process::id()) {
        if enter(&fence, most).is_ok() {
            return;
        }
        let _ = fs::remove_dir(&fence);
    }
}

/// The same by a limit of the user's; to be called in a user namespace of its own, where only the
/// processes in it count. Root, and whoever was root outside, may have more all the same.
pub(crate) fn by_a_limit_of_the_user() {
    let most = (Limits::default().processes + ROOM) as u64;
    let _ = setrlimit(Resource::RLIMIT_NPROC, most, most);
}

/// Takes down the fence of a process that has ended.
pub(crate) fn take_down(process: u32) {
    for fence in fences(process) {
        let _ = fs::remove_dir(fence);
    }
}

/// Takes down those of workers that were killed, now that nobody is behind them any more.
pub(crate) fn take_down_the_forsaken() {
    for fence in fences(0) {
        let beside = fence.parent().and_then(|folder| fs::read_dir(folder).ok());
        for entry in beside.into_iter().flatten().flatten() {
            let name = entry.file_name();
            let process = name.to_str().and_then(|name| name.strip_prefix("grade-"));
            if process.is_some_and(|number| !Path::new("/proc").join(number).exists()) {
                // Refused while a process is in it.
                let _ = fs::remove_dir(entry.path());
            }
        }
    }
}

/// Where a control group for this process could be: beneath our own, in version 1 and version 2.
fn fences(process: u32) -> Vec<PathBuf> {
    let text = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let groups = text.lines().filter_map(|line| {
        let (controllers, path) = line.split_once(':')?.1.split_once(':')?;
        let mount = match controllers {
            "pids" => "/sys/fs/cgroup/pids",
            "" => "/sys/fs/cgroup",
            _ => return None,
        };
        let name = format!("grade-{process}");
        Some(Path::new(mount).join(path.trim_start_matches('/')).join(name))
    });
    groups.collect()
}

fn enter(fence: &Path, most: usize) -> io::Result<()> {
    fs::create_dir(fence)?;
    // Without the controller there is no such file, and none is made.
    if !fence.join("pids.max").is_file() {
        return Err(io::ErrorKind::NotFound.into());
    }
    fs::write(fence.join("pids.max"), most.to_string())?;
    fs::write(fence.join("cgroup.procs"), "0")
}
