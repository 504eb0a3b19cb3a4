//! The program prints what its README says.

const PROGRAM: &str = env!("CARGO_BIN_EXE_coroutine_yield");

grade::full_marks!();

#[test]
fn prints_what_the_readme_says() {
    let output = grade::run(PROGRAM, &[]);
    assert_eq!((output.code(), output.stderr.as_str()), (0, ""));
    grade::readme::assert_matches(include_str!("../README.md"), &output.stdout);
}

#[test]
fn help_version_and_usage_errors() {
    assert!(grade::run(PROGRAM, &["--help"]).stdout.contains("Usage: coroutine_yield"));
    assert!(grade::run(PROGRAM, &["--version"]).stdout.starts_with("coroutine_yield "));
    assert_eq!(grade::run(PROGRAM, &["--no-such-option"]).code(), 2);
}
