//! What coroutine_gevent prints.

const PROGRAM: &str = env!("CARGO_BIN_EXE_coroutine_gevent");

grade::full_marks!();

#[test]
fn it_prints_what_its_readme_says() {
    let output = grade::run(PROGRAM, &[]);
    assert_eq!((output.code(), output.stderr.as_str()), (0, ""));
    grade::readme::assert_matches(include_str!("../README.md"), &output.stdout);
}
