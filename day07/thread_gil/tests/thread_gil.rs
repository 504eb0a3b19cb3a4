//! The program from outside.

use serde_json::Value;

const PROGRAM: &str = env!("CARGO_BIN_EXE_thread_gil");

grade::full_marks!();

#[test]
fn it_prints_what_its_readme_says() {
    let run = grade::run(PROGRAM, &["--quick"]);
    assert_eq!((run.code(), run.stderr.as_str()), (0, ""));
    grade::readme::assert_matches(include_str!("../README.md"), &run.stdout);
}

#[test]
fn with_the_lock_never_more_than_one_processor_is_used() {
    let run = grade::run(PROGRAM, &["--quick", "--json", "--interval", "1"]);
    assert_eq!((run.code(), run.stderr.as_str()), (0, ""));
    let report: Value =
        serde_json::from_str(&run.stdout).expect("one JSON object and nothing else");
    let rows = report["gil"].as_array().unwrap();
    let number = |row: &Value, column: &str| row[column].as_f64().unwrap();
    assert_eq!(rows.len(), 9);
    for row in rows {
        let (threads, cpu) = (number(row, "threads"), number(row, "cpu_per_second"));
        assert!(number(row, "wall_ms") > 0.0 && number(row, "speed_up") > 0.0, "{row}");
        match row["work"].as_str().unwrap() {
            "CPU, with the GIL" => assert!(cpu <= 1.1, "one at a time: {row}"),
            "CPU, no GIL" => {
                assert!(cpu <= threads + 0.1, "{row}");
                assert_eq!(number(row, "drop_requests"), 0.0, "{row}");
            }
            // Eight answers of 10 ms each: no wait is cut short, and to wait is not to compute.
            "I/O, GIL let go" => {
                assert!(number(row, "wall_ms") >= 80.0 / threads, "{row}");
                assert!(cpu < 0.5, "{row}");
            }
            other => panic!("{other}"),
        }
        if threads == 1.0 {
            assert_eq!(
                (number(row, "drop_requests"), number(row, "speed_up")),
                (0.0, 1.0),
                "{row}"
            );
        }
    }
    // However the work is shared out, all of it is done.
    for result in report["results"].as_array().unwrap() {
        let io = result["work"].as_str().unwrap().starts_with("I/O");
        assert_eq!(result["result"], if io { 8 } else { 7_836 }, "{result}");
    }
}

#[test]
fn a_usage_error_is_2() {
    for wrong in [["--wrong", ""], ["--interval", "0"], ["--interval", "x"]] {
        assert_eq!(grade::run(PROGRAM, &wrong).code(), 2, "{wrong:?}");
    }
    assert_eq!(grade::run(PROGRAM, &["--help"]).code(), 0);
    assert_eq!(grade::run(PROGRAM, &["--version"]).code(), 0);
}
