//! Whole quick runs: a minute each.

use std::time::Instant;

use grade::run;
use serde_json::Value;

const PROGRAM: &str = env!("CARGO_BIN_EXE_model_comparison");

fn quick() -> Value {
    let start = Instant::now();
    let output = run(PROGRAM, &["--quick", "--json"]);
    assert_eq!(output.code(), 0, "{}", output.stderr);
    assert!(start.elapsed().as_secs() < 60, "it took {:?}", start.elapsed());
    serde_json::from_str(&output.stdout).expect("one JSON object and nothing else")
}

/// Each `a > b` that the report claims, and its opposite.
fn claims(report: &Value) -> Vec<(String, String)> {
    let mut claims = Vec::new();
    for order in report["orders"].as_array().expect("orders") {
        let view = format!("{} {} {}", order["figure"], order["load"], order["clients"]);
        let groups = order["best_first"].as_array().expect("groups");
        for (place, better) in groups.iter().enumerate() {
            for worse in &groups[place + 1..] {
                for a in better.as_array().into_iter().flatten() {
                    for b in worse.as_array().into_iter().flatten() {
                        claims.push((format!("{view}: {a} > {b}"), format!("{view}: {b} > {a}")));
                    }
                }
            }
        }
    }
    claims
}

#[test]
#[ignore = "heavy: two quick runs, two minutes"]
fn a_quick_run_ends_in_a_minute_and_another_does_not_contradict_it() {
    let [first, second] = [quick(), quick()].map(|report| claims(&report));
    let contradicted: Vec<&String> = first
        .iter()
        .filter(|(_, opposite)| second.iter().any(|(claim, _)| claim == opposite))
        .map(|(claim, _)| claim)
        .collect();
    assert!(contradicted.is_empty(), "{contradicted:#?}");
}
