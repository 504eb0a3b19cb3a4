//! What gevent_test prints, and that its waits overlap where they should.

const PROGRAM: &str = env!("CARGO_BIN_EXE_gevent_test");

const INTERLEAVED: &str = "Running foo 1 2\nRunning bar\nRunning foo again\nRunning bar again\n";
const SERIAL: &str = "Running foo 1 2\nRunning foo again\nRunning bar\nRunning bar again\n";

grade::full_marks!();

#[test]
fn it_prints_what_its_readme_says() {
    let output = grade::run(PROGRAM, &[]);
    assert_eq!((output.code(), output.stderr.as_str()), (0, ""));
    grade::readme::assert_matches(include_str!("../README.md"), &output.stdout);
    assert_eq!(output.stdout, INTERLEAVED);
}

#[track_caller]
fn patched(what: &str, sleep: &str, socket: &str) {
    let output = grade::run(PROGRAM, &["--patch", what]);
    assert_eq!((output.code(), output.stderr.as_str()), (0, ""), "{what}");
    let expected = format!("std::thread::sleep\n{sleep}std::net::TcpStream\n{socket}");
    assert_eq!(output.stdout, expected, "--patch {what}");
}

#[test]
fn without_a_patch_std_blocks_everybody() {
    patched("none", SERIAL, SERIAL);
}

#[test]
fn what_is_patched_lets_the_other_task_run_and_nothing_else_does() {
    patched("socket", SERIAL, INTERLEAVED);
    patched("time", INTERLEAVED, SERIAL);
}

#[test]
fn with_all_of_it_patched_neither_waits_for_the_other() {
    patched("all", INTERLEAVED, INTERLEAVED);
}
