//! Counts the threads and child processes that a program starts, however briefly each lives.
//!
//! `/proc` shows who is there when one looks; a thread that lives for a tenth of a millisecond is
//! missed. So the kernel is asked to stop the program for a moment at each birth (`ptrace(2)`).

use nix::libc;
use nix::sys::ptrace::{self, Options};
use nix::sys::signal::Signal;
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid, waitpid};
use nix::unistd::Pid;

/// What a program has started since it became what it is: an `exec` begins the count again, so that
/// what a script in front of it starts does not count.
#[derive(Debug)]
pub(crate) struct Births {
    program: Pid,
    /// Born, and stopped before their first step until they are let go.
    newborn: Vec<Pid>,
    pub(crate) threads: usize,
    pub(crate) children: usize,
}

impl Births {
    /// Counts from now on; `None` if the system does not allow it. To be called, and looked at, by the
    /// thread that started the program.
    pub(crate) fn of(pid: i32) -> Option<Self> {
        let program = Pid::from_raw(pid);
        let births = Options::PTRACE_O_TRACECLONE
            | Options::PTRACE_O_TRACEFORK
            | Options::PTRACE_O_TRACEVFORK
            | Options::PTRACE_O_TRACEEXEC;
        ptrace::seize(program, births).ok()?;
        Some(Self { program, newborn: Vec::new(), threads: 0, children: 0 })
    }

    /// Lets go on whoever has been stopped; to be called again and again.
    pub(crate) fn look(&mut self) {
        while let Some(stop) = stopped(self.program) {
            self.go_on(stop);
        }
        self.newborn.retain(|&pid| match stopped(pid) {
            Some(_) => ptrace::detach(pid, None).is_err(),
            None => true,
        });
    }

    fn go_on(&mut self, stop: WaitStatus) {
        let mut signal = None;
        match stop {
            WaitStatus::PtraceEvent(_, _, libc::PTRACE_EVENT_EXEC) => {
                (self.threads, self.children) = (0, 0);
            }
            WaitStatus::PtraceEvent(_, _, event) if event != libc::PTRACE_EVENT_STOP => {
                match event {
                    libc::PTRACE_EVENT_CLONE => self.threads += 1,
                    _ => self.children += 1,
                }
                if let Ok(born) = ptrace::getevent(self.program) {
                    self.newborn.push(Pid::from_raw(born as i32));
                }
            }
            WaitStatus::Stopped(_, which) if which != Signal::SIGTRAP => signal = Some(which),
            _ => {}
        }
        // It may have been killed meanwhile.
        let _ = ptrace::cont(self.program, signal);
    }
}

/// How it is stopped, if it is; its end is left for whoever waits for that.
fn stopped(pid: Pid) -> Option<WaitStatus> {
    let now = WaitPidFlag::WNOHANG | WaitPidFlag::__WALL;
    let all = now | WaitPidFlag::WSTOPPED | WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT;
    match waitid(Id::Pid(pid), all) {
        Ok(WaitStatus::Stopped(..) | WaitStatus::PtraceEvent(..)) => waitpid(pid, Some(now)).ok(),
        _ => None,
    }
}
