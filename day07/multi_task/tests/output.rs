//! The program prints what its README says.

const PROGRAM: &str = env!("CARGO_BIN_EXE_multi_task");

grade::full_marks!();

#[test]
fn prints_what_the_readme_says() {
    let output = grade::run(PROGRAM, &[]);
    assert_eq!((output.code(), output.stderr.as_str()), (0, ""));
    grade::readme::assert_matches(include_str!("../README.md"), &output.stdout);
}

#[test]
fn help_version_and_usage_errors() {
    assert!(grade::run(PROGRAM, &["--help"]).stdout.contains("Usage: multi_task"));
    assert!(grade::run(PROGRAM, &["--version"]).stdout.starts_with("multi_task "));
    assert_eq!(grade::run(PROGRAM, &["--no-such-option"]).code(), 2);
}
