//! `--timeline`: who ran when, as SVG.

const PROGRAM: &str = env!("CARGO_BIN_EXE_multi_task");

#[test]
fn draws_every_turn() {
    let file = std::env::temp_dir().join(format!("multi_task-{}.svg", std::process::id()));
    let output = grade::run(PROGRAM, &["--timeline", &file.to_string_lossy()]);
    assert_eq!(output.code(), 0);
    grade::readme::assert_matches(include_str!("../README.md"), &output.stdout);
    let svg = std::fs::read_to_string(&file).unwrap();
    std::fs::remove_file(&file).unwrap();
    assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"));
    // wash, cook and sweep had three turns each; busy one of four steps, then four; other two twice.
    assert_eq!(svg.matches("<rect ").count(), 9 + 1 + 2 + 4 + 2);
    for task in ["wash", "cook", "sweep", "busy", "other"] {
        assert_eq!(svg.matches(&format!(">{task}</text>")).count(), 1);
    }
    let four_steps = 4 * 28 - 2;
    assert!(svg.contains(&format!("width=\"{four_steps}\"")));
}

#[test]
fn a_file_that_cannot_be_written_is_an_error() {
    let output = grade::run(PROGRAM, &["--timeline", "/no/such/folder/x.svg"]);
    assert_eq!(output.code(), 1);
    let want = "error: cannot write the timeline to /no/such/folder/x.svg: ";
    assert!(output.stderr.starts_with(want), "{}", output.stderr);
}
