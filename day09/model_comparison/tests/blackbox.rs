//! The program from outside: short runs of a few servers.

use std::fs;
use std::sync::OnceLock;

use grade::{Output, run};
use serde_json::Value;

const PROGRAM: &str = env!("CARGO_BIN_EXE_model_comparison");

grade::full_marks!();

/// Few clients, little time.
const SHORT: [&str; 7] = ["--quick", "--rounds", "1", "--seconds", "0.05", "--clients", "1,8"];
const OURS: &str = "loop_server,select_server,fork_server,thread_server,gevent_server";

fn compare(args: &[&str]) -> Output {
    run(PROGRAM, &[&SHORT, args].concat())
}

/// One run of all of ours, for several tests: what it printed, and `report.json`.
fn ours() -> &'static (Output, Value) {
    static RUN: OnceLock<(Output, Value)> = OnceLock::new();
    RUN.get_or_init(|| {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().to_str().expect("a UTF-8 path");
        let output = compare(&["--servers", OURS, "--report", path]);
        assert_eq!(output.code(), 0, "{}", output.stderr);
        let text = fs::read_to_string(folder.path().join("report.json")).expect("report.json");
        (output, serde_json::from_str(&text).expect("JSON"))
    })
}

/// What one server did under one load; `None` if the machine was so busy that no answer came in time.
fn figures<'a>(report: &'a Value, server: &str, load: &str, clients: u64) -> Option<&'a Value> {
    let cells = report["cells"].as_array().expect("cells");
    let is_it = |cell: &&Value| {
        cell["server"] == server && cell["load"] == load && cell["clients"] == clients
    };
    let round = &cells.iter().find(is_it).expect("the cell")["rounds"][0];
    let why = round["failed"].as_str().unwrap_or_default();
    assert!(why.is_empty() || why.starts_with("no answer in"), "{server}, {load}: {why}");
    why.is_empty().then_some(round)
}

#[test]
fn it_prints_what_its_readme_says() {
    let stdout = &ours().0.stdout;
    grade::readme::assert_matches(include_str!("../README.md"), stdout);
    assert!(stdout.contains("* loop_server answered 1 of 8"), "{stdout}");
}

#[test]
fn every_model_answers_as_it_must() {
    let report = &ours().1;
    for server in OURS.split(',') {
        for load in ["idle", "echo", "io", "cpu"] {
            for clients in [1, 8] {
                let Some(round) = figures(report, server, load, clients) else { continue };
                // On a busy machine one or the other client waits for longer than is measured.
                let answered = round["answered_clients"].as_u64();
                match (server, clients) {
                    ("loop_server", _) | (_, 1) => assert_eq!(answered, Some(1), "{server} {load}"),
                    _ => assert!(answered >= Some(2), "{server} {load}: {round}"),
                }
                assert!(round["messages_per_second"].as_f64() > Some(0.0), "{server} {load}");
                assert!(round["memory_kib"].as_f64() > Some(100.0), "{server} {load}");
            }
        }
        // 10 ms for each answer: five in 50 ms, and one that was on its way.
        let waits = figures(report, server, "io", 1);
        let rate = waits.and_then(|round| round["messages_per_second"].as_f64());
        assert!(rate <= Some(121.0), "{server}: {rate:?}");
    }
    let left_out = report["left_out"].as_array().expect("left_out");
    assert!(left_out.iter().all(|one| one["what"].is_string() && one["why"].is_string()));
    let kinds: Vec<&Value> =
        report["at_rest"].as_array().expect("at_rest").iter().map(|one| &one["one"]).collect();
    assert_eq!(kinds, ["thread", "gevent task", "greenlet"]);
}

#[test]
fn one_round_claims_no_order() {
    let report = &ours().1;
    for order in report["orders"].as_array().expect("orders") {
        assert!(order["best_first"].as_array().is_some_and(|groups| groups.len() <= 1), "{order}");
    }
}

#[test]
fn an_unknown_server_is_named() {
    let output = compare(&["--servers", "thread_serve"]);
    assert_eq!((output.code(), output.stdout.as_str()), (1, ""));
    assert!(output.stderr.contains("error: no server \"thread_serve\" here (try loop_server,"));
}

#[test]
fn the_python_originals_answer_too() {
    if grade::find_or_skip("python3").is_none() {
        return;
    }
    let all = ["fork_server.py", "thread_server.py", "sock_server.py", "gevent_server.py"];
    let known = compare(&["--servers", "x"]).stderr;
    let here: Vec<&str> = all.into_iter().filter(|name| known.contains(name)).collect();
    if !here.contains(&"gevent_server.py") {
        grade::skip("python3 has no module gevent");
    }
    let output = compare(&["--json", "--servers", &here.join(",")]);
    assert_eq!(output.code(), 0, "{}", output.stderr);
    let report: Value =
        serde_json::from_str(&output.stdout).expect("one JSON object and nothing else");
    for server in here {
        for load in ["idle", "echo", "io", "cpu"] {
            let Some(round) = figures(&report, server, load, 1) else { continue };
            assert_eq!(round["answered_clients"], 1, "{server} {load}: {round}");
        }
        if let Some(round) = figures(&report, server, "io", 8) {
            assert!(round["answered_clients"].as_u64() >= Some(2), "{server}: {round}");
        }
    }
}
