//! `CASES.md` names tests that exist.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::Path;

/// The text of all Rust files in a folder and below.
fn sources(folder: &Path) -> String {
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let texts = paths.map(|path| match path.is_dir() {
        true => sources(&path),
        false => fs::read_to_string(path).unwrap(),
    });
    texts.collect()
}

#[test]
fn every_case_of_the_table_exists() {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests"));
    let (sources, table) = (sources(folder), fs::read_to_string(folder.join("CASES.md")).unwrap());
    let ours = table.lines().filter_map(|line| line.strip_prefix("| ")?.split(" | ").nth(1));
    let is_a_test = |name: &&str| name.contains('_') && !name.contains(['/', ':']);
    let names: Vec<_> =
        ours.flat_map(|cell| cell.split('`').skip(1).step_by(2)).filter(is_a_test).collect();
    assert!(names.len() > 80, "the table has been read");
    let missing: Vec<_> =
        names.into_iter().filter(|name| !sources.contains(&format!("fn {name}("))).collect();
    assert!(missing.is_empty(), "no test is called {missing:?}");
}
