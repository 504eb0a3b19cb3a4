//! The program from outside.

use serde_json::Value;

const PROGRAM: &str = env!("CARGO_BIN_EXE_process_thread");

grade::full_marks!();

#[test]
fn it_prints_what_its_readme_says() {
    let run = grade::run(PROGRAM, &["--quick"]);
    assert_eq!((run.code(), run.stderr.as_str()), (0, ""));
    grade::readme::assert_matches(include_str!("../README.md"), &run.stdout);
}

#[test]
fn a_child_has_a_copy_and_a_thread_shares() {
    let run = grade::run(PROGRAM, &["--quick", "--json"]);
    assert_eq!((run.code(), run.stderr.as_str()), (0, ""));
    let report: Value =
        serde_json::from_str(&run.stdout).expect("one JSON object and nothing else");
    let [main, child, thread] = ["main", "child", "thread"].map(|who| &report[who]);

    assert_eq!(
        (&report["counter"]["after_child"], &report["counter"]["after_thread"]),
        (&0.into(), &1.into())
    );
    assert_eq!(
        (&report["open"]["after_child"], &report["open"]["after_thread"]),
        (&true.into(), &false.into())
    );
    assert_eq!(child["parent"], main["pid"]);
    assert_eq!((&thread["pid"], &thread["parent"]), (&main["pid"], &main["parent"]));
    assert_ne!(child["pid"], main["pid"]);
    assert_ne!(thread["id"], main["id"]);
    assert_eq!((&main["id"], &child["id"]), (&main["pid"], &child["pid"]), "the first thread's");
    for what in ["function", "static", "heap"] {
        assert!(main[what].as_u64().unwrap() > 0);
        assert_eq!((&child[what], &thread[what]), (&main[what], &main[what]), "{what}");
    }
    assert_eq!(child["local"], main["local"]);
    assert_ne!(thread["local"], main["local"], "a stack of its own");

    let [process, thread] = [0, 1].map(|row| &report["creating"][row]);
    for one in [process, thread] {
        assert!(one["count"] == 50 && one["us_each"].as_f64().unwrap() > 0.0, "{one}");
    }
    let computing = report["computing"].as_array().unwrap();
    assert_eq!(computing.len(), 5);
    for (row, most) in computing.iter().zip([1.0, 2.0, 4.0, 2.0, 4.0]) {
        let cpu = row["cpu_per_second"].as_f64().unwrap();
        assert!(cpu > 0.0 && cpu <= most + 0.2, "a core each at most: {row}");
    }
}

#[test]
fn a_usage_error_is_2() {
    assert_eq!(grade::run(PROGRAM, &["--wrong"]).code(), 2);
    assert_eq!(grade::run(PROGRAM, &["--help"]).code(), 0);
    assert_eq!(grade::run(PROGRAM, &["--version"]).code(), 0);
}
