//! What stands in the source files themselves.

use std::collections::BTreeSet;

use crate::house::House;

pub(crate) fn unsafe_code(house: &House) -> Vec<String> {
    let page = "ARCHITECTURE.md";
    let invariants = house.section(page, "## Invariants");
    let allowed: BTreeSet<&str> = invariants
        .lines()
        .map(str::trim)
        .filter(|line| line.ends_with(".rs") && !line.contains(' '))
        .collect();
    let mut complaints = Vec::new();
    for file in files(house) {
        let found = house.read(&file).lines().position(has_unsafe);
        match found {
            Some(line) if !allowed.contains(file.as_str()) => complaints.push(format!(
                "{file}:{}: unsafe does not belong here ({page} lists where it does)",
                line + 1
            )),
            None if allowed.contains(file.as_str()) => {
                complaints.push(format!(
                    "{page}: {file} has no unsafe any more, strike it from the list"
                ));
            }
            _ => {}
        }
    }
    for file in allowed.iter().filter(|file| !house.root.join(file).is_file()) {
        complaints.push(format!("{page}: there is no {file} that could hold unsafe"));
    }
    complaints
}

/// `#[ignore]` is for what takes minutes or gigabytes, and says so.
pub(crate) fn ignored(house: &House) -> Vec<String> {
    let mut complaints = Vec::new();
    for file in files(house) {
        for (number, line) in house.read(&file).lines().enumerate() {
            let line = line.trim_start();
            if line.starts_with("#[ignore") && !line.starts_with("#[ignore = \"heavy: ") {
                complaints.push(format!("{file}:{}: write #[ignore = \"heavy: why\"]", number + 1));
            }
        }
    }
    complaints
}

/// The Rust files of the workspace, without the benches' own.
fn files(house: &House) -> impl Iterator<Item = String> {
    let all = house.files(".rs").into_iter();
    all.filter(|file| !file.starts_with("tests/bench/") && !file.starts_with("tests/fuzz/"))
}

/// The word in code: not in a comment, not in a string, not a part of `unsafe_code`.
fn has_unsafe(line: &str) -> bool {
    let line = line.replace("\\\"", "");
    let code = line.split("//").next().unwrap_or_default();
    let mut outside = true;
    let bare: String = code
        .chars()
        .filter(|&c| {
            outside ^= c == '"';
            outside
        })
        .collect();
    bare.split(|c: char| !(c.is_alphanumeric() || c == '_')).any(|word| word == "unsafe")
}

#[test]
fn the_word_is_found_in_code_only() {
    assert!(has_unsafe("    let x = unsafe { f() };"));
    assert!(has_unsafe("pub unsafe fn f() {"));
    assert!(!has_unsafe("// unsafe"));
    assert!(!has_unsafe("#![forbid(unsafe_code)]"));
    assert!(!has_unsafe("let word = \"unsafe\";"));
}
