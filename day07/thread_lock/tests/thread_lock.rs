//! The program from outside.

use serde_json::Value;

const PROGRAM: &str = env!("CARGO_BIN_EXE_thread_lock");

grade::full_marks!();

fn report(args: &[&str]) -> Value {
    let run = grade::run(PROGRAM, args);
    assert_eq!((run.code(), run.stderr.as_str()), (0, ""));
    serde_json::from_str(&run.stdout).expect("one JSON object and nothing else")
}

#[test]
fn it_prints_what_its_readme_says() {
    let run = grade::run(PROGRAM, &["--quick"]);
    assert_eq!((run.code(), run.stderr.as_str()), (0, ""));
    grade::readme::assert_matches(include_str!("../README.md"), &run.stdout);
}

#[test]
fn without_a_lock_updates_are_lost_and_with_one_never() {
    let report = report(&["--quick", "--json"]);
    let counted = |name: &str| {
        let counters = report["counters"].as_array().unwrap();
        let counter = counters.iter().find(|c| c["name"] == name).unwrap();
        (counter["value"].as_u64().unwrap(), counter["of"].as_u64().unwrap())
    };
    assert_eq!(counted("no lock, forced apart"), (1000, 2000), "one of two is lost, each time");
    let (value, of) = counted("no lock, left alone");
    assert!(value <= of);
    assert_eq!(counted("acquire and release"), (400_000, 400_000));
    assert_eq!(counted("with lock (a guard)"), (400_000, 400_000));
    assert_eq!(report["waiting"], "S", "who waits for a lock sleeps");
}

#[test]
fn however_many_threads_what_is_all_inside_the_lock_uses_one_core() {
    let report = report(&["--quick", "--json", "--threads", "4"]);
    let rows = report["held"].as_array().unwrap();
    let held: Vec<u64> = rows.iter().map(|row| row["held_percent"].as_u64().unwrap()).collect();
    assert_eq!(held, [0, 25, 50, 75, 100]);
    for row in rows {
        assert!(row["rounds"].as_u64().unwrap() > 0, "{row}");
        assert!(row["rounds_per_second"].as_f64().unwrap() > 0.0, "{row}");
    }
    // One computes; the others look once or twice at the lock and then sleep.
    let cpu = rows[4]["cpu_per_second"].as_f64().unwrap();
    assert!(cpu < 1.5, "{cpu}");
}

#[test]
fn a_usage_error_is_2() {
    for wrong in [["--wrong", ""], ["--threads", "0"], ["--threads", "x"], ["--threads", "-1"]] {
        assert_eq!(grade::run(PROGRAM, &wrong).code(), 2, "{wrong:?}");
    }
    assert_eq!(grade::run(PROGRAM, &["--help"]).code(), 0);
    assert_eq!(grade::run(PROGRAM, &["--version"]).code(), 0);
}
