//! Programs that are known to be wrong, and what each must lose: exactly that.
//!
//! `wrong/` has one mistake in each file; `course/` are solutions as the course writes them, with their
//! port written in, which pass what they truly do.

#![allow(clippy::unwrap_used, reason = "a test may")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

use grade::{find, skip};
use serde_json::Value;

mod table;

use table::{Animal, COURSE, WRONG};

/// How many are graded at a time: most of the time each waits.
const AT_A_TIME: usize = 5;

fn zoo() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/zoo")
}

/// Those that are found out at once; the others make the grader wait in vain, for ten seconds each.
const QUICK: [&str; 6] = [
    "prints_only.sh",
    "prints_a_verdict.sh",
    "exits_at_once.sh",
    "answers_once.rs",
    "eats_memory.py",
    "threads_for_greenlets.py",
];

#[test]
fn quick_ones_lose_exactly_what_they_do_wrong() {
    all_of("wrong", WRONG.iter().filter(|animal| QUICK.contains(&animal.file)));
}

#[test]
#[ignore = "heavy: two minutes, most of it waiting in vain"]
fn each_wrong_program_loses_exactly_what_it_does_wrong() {
    all_of("wrong", WRONG.iter());
}

#[test]
#[ignore = "heavy: a minute, most of it waiting in vain"]
fn the_courses_own_solutions_pass_what_they_truly_do() {
    if !has_a_private_network() {
        skip("their ports are written in, and this machine has no private network");
        return;
    }
    all_of("course", COURSE.iter());
}

#[test]
fn every_file_is_in_the_table() {
    for (folder, table) in [("wrong", WRONG), ("course", COURSE)] {
        let names = |file: std::fs::DirEntry| file.file_name().to_string_lossy().into_owned();
        let files = std::fs::read_dir(zoo().join(folder)).unwrap();
        let files: BTreeSet<String> = files.map(|file| names(file.unwrap())).collect();
        let listed: BTreeSet<String> = table.iter().map(|animal| animal.file.to_owned()).collect();
        assert_eq!(files, listed, "{folder}");
    }
}

/// Grades them all and fails with all that is not as the table says.
#[track_caller]
fn all_of<'a>(folder: &str, animals: impl Iterator<Item = &'a Animal> + Send) {
    let queue = Mutex::new(animals);
    let wrong = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..AT_A_TIME {
            scope.spawn(|| {
                loop {
                    let next = queue.lock().unwrap().next();
                    let Some(animal) = next else { break };
                    wrong.lock().unwrap().extend(grade_one(folder, animal));
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "\n\n{}\n", wrong.join("\n\n"));
}

/// What is not as it should be.
fn grade_one(folder: &str, animal: &Animal) -> Option<String> {
    let file = zoo().join(folder).join(animal.file);
    let results = tempfile::tempdir().unwrap();
    let json = results.path().join("grade.json");
    let built = results.path().join("built");
    let mut grader = Command::new(env!("CARGO_BIN_EXE_grade"));
    grader.arg(animal.exercise).arg("--json").arg(&json);
    match file.extension().and_then(|ending| ending.to_str()) {
        Some("rs") => {
            let build = format!("rustc -o {} {}", built.display(), file.display());
            grader.args(["--build", &build, "--"]).arg(&built)
        }
        Some("sh") => grader.args(["--", "/bin/sh"]).arg(&file),
        _ => {
            let python = find("python3").filter(|python| has_modules(python, animal.modules));
            let Some(python) = python else {
                skip(&format!("{} needs python3 with {:?}", animal.file, animal.modules));
                return None;
            };
            grader.arg("--").arg(python).arg(&file)
        }
    };
    let output = grader.output().unwrap();
    let report: Value = serde_json::from_slice(&std::fs::read(json).unwrap()).unwrap();
    let ids = |status: &str| -> Vec<&str> {
        let tests = report["tests"].as_array().unwrap().iter();
        let such = tests.filter(|test| test["status"] == status);
        such.map(|test| test["id"].as_str().unwrap()).collect()
    };
    let score = report["score"].as_u64().unwrap();
    let as_told = ids("failed") == animal.loses
        && ids("error").is_empty()
        && score == animal.score
        // Who does not get beyond a base is not looked at further; nobody else is skipped.
        && ids("skipped").len() == animal.skipped;
    let table = String::from_utf8_lossy(&output.stdout);
    (!as_told).then(|| {
        format!(
            "{} is worth {score}, not {}; lost {:?}, not {:?}; skipped {:?}, not {}\n{table}",
            animal.file,
            animal.score,
            ids("failed"),
            animal.loses,
            ids("skipped"),
            animal.skipped
        )
    })
}

fn has_modules(python: &Path, modules: &[&str]) -> bool {
    modules.is_empty() || {
        let import = format!("import {}", modules.join(", "));
        Command::new(python).args(["-c", &import]).output().is_ok_and(|o| o.status.success())
    }
}

fn has_a_private_network() -> bool {
    let doctor = grade::run(env!("CARGO_BIN_EXE_grade"), &["doctor", "--json", "-"]);
    let findings: Value = serde_json::from_str(&doctor.stdout).unwrap();
    findings.as_array().unwrap().iter().any(|f| f["id"] == "private-network" && f["ok"] == true)
}
