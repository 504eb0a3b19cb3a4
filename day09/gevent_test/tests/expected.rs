//! What gevent_test prints, and that its sleeps overlap.

const PROGRAM: &str = env!("CARGO_BIN_EXE_gevent_test");

grade::full_marks!();

#[test]
fn it_prints_what_its_readme_says() {
    let output = grade::run(PROGRAM, &[]);
    assert_eq!((output.code(), output.stderr.as_str()), (0, ""));
    grade::readme::assert_matches(include_str!("../README.md"), &output.stdout);
    assert_eq!(
        output.stdout,
        "Running foo 1 2\nRunning bar\nRunning foo again\nRunning bar again\n"
    );
}
