//! What `process::fork_child` and `stop` promise, in a process with one thread.

#![allow(clippy::unwrap_used)] // clippy sees tests only in functions that a harness calls

use std::io::{Read, Write, pipe};
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use common::process::{self, Ended};
use common::{program, stop};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{SigSet, SigmaskHow, Signal, kill, raise, sigprocmask};
use nix::unistd::getpid;

const CASES: &[(&str, fn())] = &[
    ("the child's status is what the closure returns", status_is_returned),
    ("a child that is killed is told from one that ends", killed_is_told),
    ("a panic in the child ends it with one line and status 101", panic_is_one_line),
    ("reap gives None while the child runs", reap_does_not_wait),
    ("an ended child is found without asking for each", ended_child_is_found),
    ("a descriptor tells of one child's end", one_child_has_an_event),
    ("the child has the parent's signal mask", mask_is_restored),
    ("without a handler Ctrl-C ends the child", ctrl_c_is_default),
    ("a child dies with its parent, also with one that is killed", dies_with_its_parent),
    // From here on the handlers are installed: the order of the cases matters.
    ("an ended child is an event", ended_child_is_an_event),
    ("with a handler Ctrl-C is the parent's, and SIGTERM a request", child_stops_when_asked),
    ("a second SIGTERM ends the child at once", second_signal_is_at_once),
    ("the parent's own stop is an event that stays", stop_is_an_event),
];

fn main() {
    for (name, case) in CASES {
        print!("{name} ... ");
        case();
        println!("ok");
    }
    println!("test result: ok. {} passed; 0 failed", CASES.len());
}

fn status_is_returned() {
    for status in [0, 1, 7, 255] {
        let pid = process::fork_child(|| status).unwrap();
        assert_ne!(pid, getpid());
        assert_eq!(process::wait(pid).unwrap(), Ended::Exited(status));
    }
}

fn killed_is_told() {
    let pid = process::fork_child(sleep_for_ever).unwrap();
    kill(pid, Signal::SIGKILL).unwrap();
    assert_eq!(process::wait(pid).unwrap(), Ended::Killed(Signal::SIGKILL));
    assert!(process::wait(pid).is_err(), "it can be waited for once");
}

fn panic_is_one_line() {
    let (mut reader, writer) = pipe().unwrap();
    let pid = process::fork_child(move || {
        // A program's own hook, with its line sent here.
        nix::unistd::dup2_stderr(&writer).unwrap();
        drop(writer);
        let status = program::run(false, || panic!("no luck\nat all"));
        unreachable!("{status:?}");
    })
    .unwrap();
    assert_eq!(process::wait(pid).unwrap(), Ended::Exited(101));
    let mut said = String::new();
    reader.read_to_string(&mut said).unwrap();
    let first = said.lines().next().unwrap();
    assert!(first.starts_with("error: thread 'main' panicked at "), "{said}");
    assert!(first.ends_with(r"no luck\nat all"), "{said}");
}

fn reap_does_not_wait() {
    let pid = process::fork_child(sleep_for_ever).unwrap();
    assert_eq!(process::reap(pid), None);
    process::terminate(pid, true);
    let end = Instant::now() + Duration::from_secs(10);
    let ended = loop {
        match process::reap(pid) {
            None => assert!(Instant::now() < end, "it never ended"),
            Some(ended) => break ended,
        }
    };
    assert_eq!(ended, Ended::Killed(Signal::SIGKILL));
    assert_eq!(process::reap(pid), Some(Ended::Elsewhere), "it is no child any more");
}

fn ended_child_is_found() {
    let stays = process::fork_child(sleep_for_ever).unwrap();
    let ends = process::fork_child(|| 3).unwrap();
    let found = loop {
        if let Some(pid) = process::ended_children() {
            break pid;
        }
    };
    assert_eq!(found, ends);
    assert_eq!(process::reap(found), Some(Ended::Exited(3)));
    kill(stays, Signal::SIGKILL).unwrap();
    process::wait(stays).unwrap();
}

fn one_child_has_an_event() {
    let pid = process::fork_child(sleep_for_ever).unwrap();
    let event = process::ended_event(pid).unwrap();
    let mut events = [PollFd::new(event.as_fd(), PollFlags::POLLIN)];
    assert_eq!(poll(&mut events, PollTimeout::ZERO).unwrap(), 0, "it still runs");
    process::terminate(pid, true);
    assert_eq!(poll(&mut events, PollTimeout::from(10_000_u16)).unwrap(), 1);
    process::wait(pid).unwrap();
    assert!(process::ended_event(pid).is_err(), "it has been waited for");
}

fn mask_is_restored() {
    let blocked = || {
        let mut now = SigSet::empty();
        sigprocmask(SigmaskHow::SIG_BLOCK, None, Some(&mut now)).unwrap();
        now.iter().collect::<Vec<_>>()
    };
    let before = blocked();
    let pid = process::fork_child(|| i32::from(blocked() != before)).unwrap();
    assert_eq!(blocked(), before, "in the parent");
    assert_eq!(process::wait(pid).unwrap(), Ended::Exited(0), "in the child");
}

fn ctrl_c_is_default() {
    let pid = process::fork_child(|| {
        raise(Signal::SIGINT).unwrap();
        0
    })
    .unwrap();
    assert_eq!(process::wait(pid).unwrap(), Ended::Killed(Signal::SIGINT));
}

fn dies_with_its_parent() {
    let (mut reader, writer) = pipe().unwrap();
    let middle = process::fork_child(move || {
        let mut tell = writer.try_clone().unwrap();
        let grandchild = process::fork_child(sleep_for_ever).unwrap();
        writeln!(tell, "{grandchild}").unwrap();
        sleep_for_ever()
    })
    .unwrap();
    let mut line = Vec::new();
    while !line.ends_with(b"\n") {
        let mut byte = [0];
        reader.read_exact(&mut byte).unwrap();
        line.extend(byte);
    }
    kill(middle, Signal::SIGKILL).unwrap();
    process::wait(middle).unwrap();
    // The grandchild held the last writing end of the pipe.
    assert_eq!(reader.read(&mut [0]).unwrap(), 0, "it ended");
}

fn ended_child_is_an_event() {
    assert!(stop::event().is_none() && !stop::requested());
    stop::on_signals().unwrap();
    stop::on_signals().unwrap();
    assert!(!stop::children_seen());
    let pid = process::fork_child(|| 0).unwrap();
    process::wait(pid).unwrap();
    assert!(stop::children_seen());
    assert!(!stop::children_seen(), "seen once");
}

fn child_stops_when_asked() {
    let (mut reader, mut writer) = pipe().unwrap();
    let pid = process::fork_child(move || {
        raise(Signal::SIGINT).unwrap();
        assert!(!stop::requested(), "Ctrl-C is the parent's affair");
        raise(Signal::SIGTERM).unwrap();
        assert!(stop::requested());
        writer.write_all(b"x").unwrap();
        5
    })
    .unwrap();
    reader.read_exact(&mut [0]).unwrap();
    assert_eq!(process::wait(pid).unwrap(), Ended::Exited(5));
    assert!(!stop::requested(), "the child's count is its own");
}

fn second_signal_is_at_once() {
    let pid = process::fork_child(|| {
        raise(Signal::SIGTERM).unwrap();
        raise(Signal::SIGTERM).unwrap();
        0
    })
    .unwrap();
    assert_eq!(process::wait(pid).unwrap(), Ended::Exited(128 + Signal::SIGTERM as i32));
}

fn stop_is_an_event() {
    use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
    let event = stop::event().unwrap();
    let readable = |limit| {
        let mut fds = [PollFd::new(event, PollFlags::POLLIN)];
        poll(&mut fds, limit).unwrap() == 1
    };
    assert!(!readable(PollTimeout::ZERO));
    kill(getpid(), Signal::SIGINT).unwrap();
    assert!(stop::requested());
    assert!(readable(PollTimeout::ZERO) && readable(PollTimeout::ZERO));
}

fn sleep_for_ever() -> i32 {
    loop {
        std::thread::park();
    }
}
