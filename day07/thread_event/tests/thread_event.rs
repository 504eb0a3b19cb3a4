//! The program from outside.

const PROGRAM: &str = env!("CARGO_BIN_EXE_thread_event");

grade::full_marks!();

#[test]
fn it_prints_what_its_readme_says() {
    let run = grade::run(PROGRAM, &[]);
    assert_eq!((run.code(), run.stderr.as_str()), (0, ""));
    grade::readme::assert_matches(include_str!("../README.md"), &run.stdout);
}

#[test]
fn a_usage_error_is_2() {
    assert_eq!(grade::run(PROGRAM, &["--wrong"]).code(), 2);
    assert_eq!(grade::run(PROGRAM, &["--help"]).code(), 0);
    assert_eq!(grade::run(PROGRAM, &["--version"]).code(), 0);
}
