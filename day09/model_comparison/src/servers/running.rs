//! A server that runs: its address, its processes, its end.

use std::fs::File;
use std::io::Read;
use std::net::SocketAddr;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::FileExt;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::memfd::{MFdFlags, memfd_create};

use super::processes::Tree;

/// How long a server may take to begin, and the kernel to end it.
const PATIENCE: Duration = Duration::from_secs(10);

/// A server that accepts clients. Dropping it ends it, and all that it has started.
#[derive(Debug)]
pub struct Running {
    child: Child,
    address: SocketAddr,
    /// What it says on standard error.
    said: File,
}

impl Running {
    pub(super) fn start(mut command: Command) -> Result<Running, String> {
        let cannot = |why: &std::io::Error| format!("cannot start: {}", common::reason(why));
        let said = memfd_create("stderr", MFdFlags::MFD_CLOEXEC)
            .map(|fd: OwnedFd| File::from(fd))
            .map_err(|errno| cannot(&errno.into()))?;
        let its_end = said.try_clone().map_err(|why| cannot(&why))?;
        command.env("RUST_LOG", "warn").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(its_end);
        let child = command.spawn().map_err(|why| cannot(&why))?;
        let address = SocketAddr::from(([0; 4], 0));
        let mut running = Running { child, address, said };
        running.address =
            running.ready().ok_or_else(|| running.why("it did not begin to listen"))?;
        Ok(running)
    }

    /// Where it accepts clients.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its processes now.
    pub fn processes(&self) -> Tree {
        Tree::of(self.child.id().cast_signed())
    }

    /// What went wrong, and in the server's own last words why.
    pub fn why(&self, what: &str) -> String {
        match self.last_words() {
            Some(words) => format!("{what} ({words})"),
            None => what.to_owned(),
        }
    }

    /// The last line that it wrote on standard error.
    fn last_words(&self) -> Option<String> {
        const TAIL: u64 = 4096;
        let length = self.said.metadata().ok()?.len();
        let mut bytes = vec![0; TAIL.min(length) as usize];
        self.said.read_exact_at(&mut bytes, length.saturating_sub(TAIL)).ok()?;
        let text = String::from_utf8_lossy(&bytes);
        let line = text.lines().rfind(|line| !line.trim().is_empty())?;
        Some(line.trim().chars().filter(|c| !c.is_control()).take(160).collect())
    }

    /// Waits for the line `listening on HOST:PORT`.
    fn ready(&mut self) -> Option<SocketAddr> {
        let end = Instant::now() + PATIENCE;
        let stdout = self.child.stdout.as_mut()?;
        let mut line = Vec::new();
        while !line.contains(&b'\n') {
            let left = end.saturating_duration_since(Instant::now());
            let mut fds = [PollFd::new(stdout.as_fd(), PollFlags::POLLIN)];
            match poll(&mut fds, PollTimeout::try_from(left).unwrap_or(PollTimeout::MAX)) {
                Ok(0) => return None,
                Ok(_) => {}
                Err(nix::errno::Errno::EINTR) => continue,
                Err(_) => return None,
            }
            let mut bytes = [0; 128];
            match stdout.read(&mut bytes) {
                Ok(0) | Err(_) => return None,
                Ok(count) => line.extend_from_slice(&bytes[..count]),
            }
        }
        let line = String::from_utf8(line).ok()?;
        line.lines().next()?.strip_prefix("listening on ")?.parse().ok()
    }
}

impl Drop for Running {
    /// Without ceremony: its clients are gone, and how it would end by itself is not measured.
    fn drop(&mut self) {
        let processes = self.processes();
        let _ = self.child.kill();
        let _ = self.child.wait();
        // 父进程先走了，它的子进程可能还在 / whoever outlives the first of them is ended too.
        processes.kill();
        let end = Instant::now() + PATIENCE;
        while !processes.is_gone() && Instant::now() < end {
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Result<Running, String> {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        Running::start(command)
    }

    #[test]
    fn one_that_does_not_begin_to_listen_says_why() {
        let died = shell("echo 'error: no luck' >&2; exit 1").unwrap_err();
        assert_eq!(died, "it did not begin to listen (error: no luck)");
        assert_eq!(shell("echo hello").unwrap_err(), "it did not begin to listen");
        let missing = Running::start(Command::new("/no/such/program")).unwrap_err();
        assert_eq!(missing, "cannot start: No such file or directory");
    }

    #[test]
    fn one_that_is_dropped_ends_with_all_it_has_started() {
        let running = shell("sleep 60 & echo listening on 127.0.0.1:9; wait").unwrap();
        assert_eq!(running.address(), SocketAddr::from(([127, 0, 0, 1], 9)));
        let processes = running.processes();
        drop(running);
        assert!(processes.is_gone());
    }
}
