//! Who links `gevent` has its functions in place of the C library's, all of them; who does not has none.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::fs::{read_dir, read_to_string};
use std::path::{Path, PathBuf};
use std::process::Command;

use grade::{find_or_skip, workspace_program, workspace_root};

/// The names that `gevent::monkey` takes over.
fn taken_over() -> BTreeSet<String> {
    let folder = workspace_root().join("common/gevent/src/monkey");
    let texts = read_dir(folder).unwrap().map(|file| read_to_string(file.unwrap().path()).unwrap());
    texts.flat_map(|text| names(&text)).collect()
}

/// The functions of one file that follow the line `#[unsafe(no_mangle)]`.
fn names(text: &str) -> Vec<String> {
    let after = text.split("#[unsafe(no_mangle)]").skip(1);
    let name = |text: &str| Some(text.split_once("fn ")?.1.split_once('(')?.0.to_owned());
    after.map(|text| name(text).unwrap()).collect()
}

/// What of these a program defines itself.
fn defined(nm: &Path, program: &Path, of: &BTreeSet<String>) -> BTreeSet<String> {
    let output = Command::new(nm).args(["--defined-only", "-P"]).arg(program).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines = String::from_utf8(output.stdout).unwrap();
    let names = lines.lines().filter_map(|line| line.split(' ').next());
    names.filter(|name| of.contains(*name)).map(str::to_owned).collect()
}

/// Every exercise, and whether it links `gevent`.
fn exercises() -> Vec<(String, bool)> {
    let days = ["day07", "day09"].map(|day| read_dir(workspace_root().join(day)).unwrap());
    let folders = days.into_iter().flatten().map(|entry| entry.unwrap().path());
    let manifest = |folder: PathBuf| {
        let text = read_to_string(folder.join("Cargo.toml")).ok()?;
        let name = folder.file_name()?.to_str()?.to_owned();
        Some((name, text.contains("\ngevent.workspace = true\n")))
    };
    folders.filter_map(manifest).collect()
}

#[test]
fn only_programs_that_link_gevent_have_its_functions() {
    let Some(nm) = find_or_skip("nm") else { return };
    let all = taken_over();
    assert!(all.contains("recv") && all.contains("clock_nanosleep") && all.len() > 30, "{all:?}");
    let exercises = exercises();
    assert!(exercises.contains(&("gevent_server".into(), true)), "{exercises:?}");
    assert!(exercises.contains(&("thread_server".into(), false)), "{exercises:?}");
    for (name, links_gevent) in exercises {
        let expected = if links_gevent { all.clone() } else { BTreeSet::new() };
        assert_eq!(defined(&nm, &workspace_program(&name), &all), expected, "{name}");
    }
}
