//! The program from outside: short runs of a few servers.

use grade::{Output, run};
use serde_json::Value;

const PROGRAM: &str = env!("CARGO_BIN_EXE_model_comparison");

grade::full_marks!();

/// Few clients, little time, ours only.
const SHORT: [&str; 7] = ["--quick", "--rounds", "1", "--seconds", "0.02", "--clients", "1,8"];
const OURS: &str = "loop_server,select_server,fork_server,thread_server,gevent_server";

fn compare(args: &[&str]) -> Output {
    run(PROGRAM, &[&SHORT, args].concat())
}

fn json(output: &Output) -> Value {
    assert_eq!(output.code(), 0, "{}", output.stderr);
    serde_json::from_str(&output.stdout).expect("one JSON object and nothing else")
}

/// The rounds of one server under one load.
fn rounds<'a>(report: &'a Value, server: &str, load: &str, clients: u64) -> &'a [Value] {
    let cells = report["cells"].as_array().expect("cells");
    let is_it = |cell: &&Value| {
        cell["server"] == server && cell["load"] == load && cell["clients"] == clients
    };
    let cell = cells.iter().find(is_it).expect("the cell");
    cell["rounds"].as_array().expect("rounds")
}

#[test]
fn it_prints_what_its_readme_says() {
    let output = compare(&["--servers", OURS]);
    assert_eq!(output.code(), 0, "{}", output.stderr);
    grade::readme::assert_matches(include_str!("../README.md"), &output.stdout);
    assert!(output.stdout.contains("* loop_server answered 1 of 8"), "{}", output.stdout);
}

#[test]
fn every_model_answers_as_it_must() {
    let report = json(&compare(&["--servers", OURS, "--json"]));
    for server in OURS.split(',') {
        for load in ["idle", "echo", "io", "cpu"] {
            for clients in [1, 8] {
                let [round] = rounds(&report, server, load, clients) else { panic!("one round") };
                let answered = if server == "loop_server" { 1 } else { clients };
                assert_eq!(round["answered_clients"], answered, "{server} {load}: {round}");
                assert!(round["messages_per_second"].as_f64() > Some(0.0), "{server} {load}");
                assert!(round["memory_kib"].as_f64() > Some(100.0), "{server} {load}");
            }
        }
        // 10 ms for each answer: two in 20 ms, and one that was on its way.
        let rate = &rounds(&report, server, "io", 1)[0]["messages_per_second"];
        assert!(rate.as_f64() <= Some(151.0), "{server}: {rate}");
    }
    let left_out = report["left_out"].as_array().expect("left_out");
    assert!(left_out.iter().all(|one| one["what"].is_string() && one["why"].is_string()));
    let kinds: Vec<&Value> =
        report["at_rest"].as_array().expect("at_rest").iter().map(|one| &one["one"]).collect();
    assert_eq!(kinds, ["thread", "gevent task", "greenlet"]);
}

#[test]
fn one_round_claims_no_order() {
    let report = json(&compare(&["--servers", "select_server,loop_server", "--json"]));
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
    let report = json(&compare(&["--json", "--servers", &here.join(",")]));
    for server in here {
        for load in ["idle", "echo", "io", "cpu"] {
            let [round] = rounds(&report, server, load, 1) else { panic!("one round") };
            assert_eq!(round["answered_clients"], 1, "{server} {load}: {round}");
        }
        let [round] = rounds(&report, server, "io", 8) else { panic!("one round") };
        assert_eq!(round["answered_clients"], 8, "{server}: {round}");
    }
}
