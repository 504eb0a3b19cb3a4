//! What every program of the workspace answers on its command line, before it does anything.

#![allow(clippy::unwrap_used)] // clippy sees tests only in functions that a harness calls

use std::fs;
use std::path::Path;

use assert_cmd::Command;
use predicates::prelude::{PredicateBooleanExt, predicate};

/// The lines of a terminal window as it opens.
const SCREEN: usize = 24;

#[test]
fn help_is_one_screen_and_names_the_program() {
    for name in programs() {
        let run = program(&name).arg("--help").assert().success().stderr("");
        let help = String::from_utf8_lossy(&run.get_output().stdout).into_owned();
        assert!(help.contains(&format!("Usage: {name}")), "{name} --help:\n{help}");
        assert!(help.lines().count() <= SCREEN, "{name} --help is more than a screen:\n{help}");
        assert!(!help.starts_with("Usage"), "{name} --help does not say what it is:\n{help}");
    }
}

#[test]
fn version_is_one_line() {
    for name in programs() {
        let line = format!("{name} {}\n", env!("CARGO_PKG_VERSION"));
        program(&name).arg("--version").assert().success().stdout(line);
    }
}

#[test]
fn a_usage_error_exits_2_and_shows_the_way() {
    for name in programs() {
        program(&name)
            .arg("--no-such-option")
            .assert()
            .code(2)
            .stdout("")
            .stderr(predicate::str::starts_with("error: ").and(predicate::str::contains("--help")));
    }
}

fn program(name: &str) -> Command {
    Command::new(grade::workspace_program(name))
}

/// The name of every exercise: each is one program of that name.
fn programs() -> Vec<String> {
    let root = grade::workspace_root();
    let mut names = Vec::new();
    for day in ["day07", "day09"] {
        for entry in fs::read_dir(root.join(day)).unwrap().map(Result::unwrap) {
            if Path::is_file(&entry.path().join("src/main.rs")) {
                names.push(entry.file_name().to_string_lossy().into_owned());
            }
        }
    }
    assert!(names.len() > 5, "{names:?}");
    names
}
