//! 0, 1, 2, 3, 4, 130: and a result in every one of these cases.

use std::time::Duration;

use grade::{Result, Server, Signal, patience, wait_until};

use crate::support::{GRADE, Results, ids, shell};

/// A server that answers, but with the wrong word.
const WRONG_REPLY: &str = "
import os, socketserver
class Handler(socketserver.BaseRequestHandler):
    def handle(self):
        while self.request.recv(1024):
            self.request.send(b'Thank')
socketserver.ThreadingTCPServer.daemon_threads = True
socketserver.ThreadingTCPServer.allow_reuse_address = True
socketserver.ThreadingTCPServer(('127.0.0.1', int(os.environ['PORT'])), Handler).serve_forever()
";

#[test]
fn full_marks_are_0() {
    let results = Results::new();
    let output = results.grade(&["thread_server"]);
    assert_eq!(output.code(), 0, "{}{}", output.stdout, output.stderr);
    assert!(output.stdout.ends_with("score 100/100 (100%)\n"), "{}", output.stdout);
    results.say("passed");
}

#[test]
fn points_lost_are_1() {
    let Some(python) = grade::find_or_skip("python3") else { return };
    let results = Results::new();
    let python = python.to_string_lossy().into_owned();
    let output = results.grade(&["thread_server", "--", &python, "-c", WRONG_REPLY]);
    assert_eq!(output.code(), 1, "{}", output.stdout);
    results.say("failed");
    assert_eq!(ids(&results.read(), "failed"), ["reply"]);
}

#[test]
fn usage_is_2() {
    for args in [
        &["no_such_exercise"][..],
        &["thread_server", "--repeat", "0"],
        &["thread_server", "--hint", "4"],
        &["thread_server", "--deadline", "0"],
        &["thread_server", "--slow", "0.5"],
        &["thread_server", "--lang", "fr"],
        &["thread_server", "--only", "no-such-check"],
        &["thread_server", "loop_server", "--", "x"],
        &["--no-such-option"],
        &[],
    ] {
        let results = Results::new();
        let output = results.grade(args);
        assert_eq!(output.code(), 2, "{args:?}: {}{}", output.stdout, output.stderr);
        assert!(output.stderr.starts_with("error: ") && output.stdout.is_empty(), "{args:?}");
        results.say("usage");
    }
}

#[test]
fn what_does_not_start_is_3() {
    for (script, why) in [
        ("echo no luck >&2; exit 3", "terminated (exit status: 3)"),
        ("exec /no/such/program", "terminated (exit status: 127)"),
    ] {
        let results = Results::new();
        let output = results.grade(&[&["thread_server"], &shell(script)[..]].concat());
        assert_eq!(output.code(), 3, "{}", output.stdout);
        results.say("not_started");
        let report = results.read();
        assert_eq!(ids(&report, "failed"), ["starts"]);
        assert_eq!(report["score"], 0);
        let rationale = report["tests"][0]["cause"]["rationale"].as_str().unwrap();
        assert!(rationale.contains(why), "{rationale}");
    }
    let results = Results::new();
    assert_eq!(results.grade(&["thread_server", "--", "/no/such/program"]).code(), 3);
    results.say("not_started");
}

#[test]
fn what_does_not_build_is_3_with_every_check_an_error() {
    let results = Results::new();
    let build = ["thread_server", "--build", "echo does not compile; exit 1", "--", "true"];
    let output = results.grade(&build);
    assert_eq!(output.code(), 3, "{}", output.stdout);
    assert!(output.stderr.contains("does not compile"), "{}", output.stderr);
    results.say("not_started");
    let report = results.read();
    assert_eq!(ids(&report, "error").len(), report["tests"].as_array().unwrap().len());
    assert_eq!((&report["score"], &report["max_score"]), (&0.into(), &100.into()));
}

#[test]
fn the_graders_own_fault_is_4() {
    // Whoever kills the worker gets no points, and the teacher is told that nobody has looked.
    let results = Results::new();
    let output = results.grade(&[&["thread_server"], &shell("kill -9 $PPID")[..]].concat());
    assert_eq!(output.code(), 4, "{}", output.stdout);
    results.say("error");
    assert_eq!(results.read()["score"], 0);

    let output = grade::run(GRADE, &["--list", "--json", "x"]);
    assert_eq!(output.code(), 0);
    let output = grade::run(
        GRADE,
        &["thread_server", "--only", "starts", "--json", "/proc/no/file", "--", "/bin/sleep", "0"],
    );
    assert_eq!(output.code(), 4, "{}", output.stderr);
    assert!(output.stderr.contains("cannot write /proc/no/file"), "{}", output.stderr);
}

#[test]
fn interrupted_is_130_and_nothing_is_left() -> Result {
    // A number nobody else sleeps for.
    const SLEEP: &str = "sleep 86417 & sleep 86417";
    let sleepers = || {
        let all = grade::proc::Process::all().into_iter();
        let line = |pid| std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        all.filter(|process| line(process.pid) == b"sleep\x0086417\x00").count()
    };
    for signal in [Signal::SIGINT, Signal::SIGTERM] {
        let results = Results::new();
        let grader = Server::new(GRADE)
            .args(results.options())
            .arg("thread_server")
            .args(shell(SLEEP))
            .spawn()?;
        grader.wait_until("the submission runs", || sleepers() == 2)?;
        grader.signal(signal)?;
        assert_eq!(grader.wait_exit(patience())?.code(), Some(130));
        wait_until("nothing of the submission is left", || sleepers() == 0)?;
        results.say("interrupted");
    }
    Ok(())
}

#[test]
fn the_deadline_fails_what_is_not_done() {
    let results = Results::new();
    let args = ["thread_server", "--deadline", "1.5"];
    let output = results.grade(&[&args[..], &shell("sleep 600")].concat());
    assert_eq!(output.code(), 3, "{}", output.stdout);
    results.say("not_started");
    let report = results.read();
    assert_eq!(ids(&report, "failed"), ["starts"]);
    assert_eq!(report["tests"][0]["cause"]["rationale"], "time is up (--deadline)");
    let seconds = Duration::from_secs_f64(report["seconds"].as_f64().unwrap());
    assert!(seconds < patience(), "{seconds:?}");
}
