//! A process for each check: a network of its own, and whatever the submission leaves behind is found.
//!
//! The grader starts itself with [`FLAG`], writes a [`Job`] into its standard input and reads a
//! [`Judged`] from its standard output. So a check that panics, or a submission that brings it down,
//! costs that check only.

use std::io::{self, Read, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use grade::grading::{self, Judged, Verdict};
use grade::proc::Process;
use grade::spec;
use nix::sys::prctl;
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, waitpid};
use nix::unistd::Pid;
use serde::{Deserialize, Serialize};

use crate::{fence, network};

/// The argument that makes a worker of the grader.
pub(crate) const FLAG: &str = "--judge-one-check";

/// What a worker is to look at.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Job {
    pub(crate) exercise: String,
    pub(crate) check: String,
    pub(crate) command: Vec<String>,
    pub(crate) private_network: bool,
}

/// What the grader does when it is started with [`FLAG`].
pub(crate) fn main() -> ExitCode {
    let judged = job().map_or_else(fault, |job| {
        // A panic is the grader's fault, and is told as such.
        catch_unwind(AssertUnwindSafe(|| work(&job)))
            .unwrap_or_else(|_| fault(format!("the check {} panicked", job.check)))
    });
    end_orphans();
    match serde_json::to_vec(&judged).map(|text| io::stdout().write_all(&text)) {
        Ok(Ok(())) => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}

fn job() -> Result<Job, String> {
    let mut text = String::new();
    io::stdin().read_to_string(&mut text).map_err(|e| e.to_string())?;
    serde_json::from_str(&text).map_err(|e| e.to_string())
}

fn work(job: &Job) -> Judged {
    // Before the network: in it, control groups are nothing that we may touch.
    fence::around_this_process();
    if job.private_network {
        if let Err(why) = network::enter() {
            return fault(format!("no private network: {why}"));
        }
        fence::by_a_limit_of_the_user();
    }
    heed_signals();
    // Children of children come to us when their parents end, and a setuid program helps nobody.
    let _ = prctl::set_child_subreaper(true);
    let _ = prctl::set_no_new_privs();
    // A submission of the same user cannot write a verdict of its own into our descriptors.
    let _ = prctl::set_dumpable(false);
    let spec = spec::find(&job.exercise);
    let Some((spec, check)) = spec.as_ref().and_then(|s| Some((s, s.check(&job.check)?))) else {
        return fault(format!("there is no check {} of {}", job.check, job.exercise));
    };
    let subject = spec.subject(&job.command).on_its_own_port(job.private_network);
    grading::judge(&subject, check)
}

/// A signal that is ignored here would be ignored by the submission too, as after `nohup` or `&` in a
/// script; one that has a handler here has none there.
fn heed_signals() {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
    for signal in [SIGHUP, SIGINT, SIGQUIT, SIGTERM] {
        let _ = signal_hook::flag::register(signal, Arc::default());
    }
}

pub(crate) fn fault(why: String) -> Judged {
    Judged { verdict: Verdict::Fault { why }, time: Duration::ZERO }
}

/// Kills and waits for every process that has become a child of this one, until none is left.
pub(crate) fn end_orphans() {
    let here = std::process::id() as i32;
    for _ in 0..1000 {
        let children = Process::all().into_iter().filter(|process| process.parent == here);
        let children: Vec<_> = children.map(|process| Pid::from_raw(process.pid)).collect();
        if children.is_empty() {
            return;
        }
        for child in children {
            let _ = kill(child, Signal::SIGKILL);
            let _ = waitpid(child, Some(WaitPidFlag::WNOHANG));
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}
