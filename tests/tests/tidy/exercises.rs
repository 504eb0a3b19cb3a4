//! An exercise is a member, has one program, a README, tests, and its rows in the indexes.

use std::fs;

use crate::house::House;

/// The headings of an exercise's README, in this order; others may stand between them.
const SECTIONS: [&str; 6] = [
    "## What it shows",
    "## Run",
    "## Try",
    "## Expected output",
    "## The same in Python",
    "## Exercises",
];

/// A README longer than this is no longer read in one sitting.
const README_LINES: usize = 100;

/// A `main.rs` longer than this is no longer read in one sitting.
const MAIN_LINES: usize = 150;

pub(crate) fn members(house: &House) -> Vec<String> {
    let mut complaints = Vec::new();
    for day in ["day07", "day09"] {
        // A day without an exercise has no folder yet.
        for entry in fs::read_dir(house.root.join(day)).into_iter().flatten().flatten() {
            let folder = format!("{day}/{}", entry.file_name().to_string_lossy());
            if entry.path().is_dir() && !house.packages.iter().any(|p| p.folder == folder) {
                complaints.push(format!("Cargo.toml: add \"{folder}\" to the members"));
            }
        }
    }
    for package in house.exercises() {
        let (name, folder) = (&package.name, &package.folder);
        if !folder.ends_with(&format!("/{name}")) {
            complaints
                .push(format!("{folder}/Cargo.toml: name the package like its folder, not {name}"));
        }
        if package.bins != [name.clone()] {
            complaints
                .push(format!("{folder}: it has the programs {:?}, not just {name}", package.bins));
        }
    }
    complaints
}

/// A row in both languages of the index, the command in both halves of the day's page.
pub(crate) fn rows(house: &House) -> Vec<String> {
    let mut complaints = Vec::new();
    for package in house.exercises() {
        let (name, folder) = (&package.name, &package.folder);
        let link = format!("({folder}/README.md)");
        for page in ["README.md", "README.zh-CN.md"] {
            let text = house.read(page);
            if !text.lines().any(|line| line.starts_with('|') && line.contains(&link)) {
                complaints.push(format!("{page}: add a row with [`{name}`]{link}"));
            }
        }
        let page = format!("{}/README.md", folder.split('/').next().unwrap_or_default());
        let text = house.read(&page);
        let (chinese, english) = text.split_once("\n---\n").unwrap_or((&text, ""));
        for (half, language) in [(chinese, "Chinese"), (english, "English")] {
            let words: Vec<&str> =
                half.split(|c: char| !(c.is_ascii_alphanumeric() || "-_".contains(c))).collect();
            if !words.windows(2).any(|pair| pair == ["-p", name.as_str()]) {
                complaints.push(format!(
                    "{page}: its {language} half (they are parted by a line ---) has no `cargo run -p {name}`"
                ));
            }
        }
    }
    complaints
}

pub(crate) fn mains(house: &House) -> Vec<String> {
    let mut complaints = Vec::new();
    for package in house.exercises() {
        let page = format!("{}/src/main.rs", package.folder);
        let text = house.read(&page);
        let lines = text.lines().count();
        if !(1..=MAIN_LINES).contains(&lines) {
            complaints.push(format!("{page}: {lines} lines; keep the lesson within {MAIN_LINES}"));
        }
        for line in ["#![doc = include_str!(\"../README.md\")]", "#![forbid(unsafe_code)]"] {
            if !text.lines().any(|other| other == line) {
                complaints.push(format!("{page}: add the line {line}"));
            }
        }
    }
    complaints
}

pub(crate) fn tests(house: &House) -> Vec<String> {
    let untested = house.exercises().filter(|package| {
        let folder = format!("{}/tests/", package.folder);
        !house.files(".rs").iter().any(|file| file.starts_with(&folder))
    });
    untested.map(|package| format!("{}/tests: add a black-box test", package.folder)).collect()
}

/// What is homework has a spec, and a test that our own program gets full marks.
pub(crate) fn specs(house: &House) -> Vec<String> {
    let mut complaints = Vec::new();
    for package in house.exercises() {
        let (name, folder) = (&package.name, &package.folder);
        if grade::spec::find(name).is_none() {
            complaints.push(format!("tests/grade/src/spec: add a spec for {name}"));
        }
        let tests = format!("{folder}/tests/");
        let graded = house.files(".rs").iter().any(|file| {
            file.starts_with(&tests) && house.read(file).contains("grade::full_marks!(")
        });
        if !graded {
            complaints.push(format!("{folder}/tests: let one have the line grade::full_marks!();"));
        }
    }
    complaints
}

pub(crate) fn readmes(house: &House) -> Vec<String> {
    let mut complaints = Vec::new();
    for package in house.exercises() {
        let (name, page) = (&package.name, format!("{}/README.md", package.folder));
        let text = house.read(&page);
        if text.lines().next() != Some(&format!("# {name}")) {
            complaints.push(format!("{page}: begin it with \"# {name}\""));
        }
        let head: String = text.lines().take_while(|line| !line.starts_with("## ")).collect();
        if !head.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c)) {
            complaints
                .push(format!("{page}: say in Chinese, before the first section, what it is"));
        }
        let mut headings = text.lines().filter(|line| line.starts_with("## "));
        for section in SECTIONS {
            if !headings.any(|heading| heading == section) {
                complaints.push(format!("{page}: \"{section}\" is missing or out of order"));
                break;
            }
        }
        let run = house.section(&page, "## Run");
        if !run.lines().any(|line| {
            line.contains("cargo run") && line.ends_with(name.as_str())
                || line.contains(&format!("-p {name} "))
        }) {
            complaints.push(format!("{page}: let \"## Run\" say cargo run -p {name}"));
        }
        if grade::readme::expected_output(&text).is_none() {
            complaints.push(format!("{page}: \"## Expected output\" needs a fence"));
        }
        let lines = text.lines().count();
        if lines > README_LINES {
            complaints.push(format!("{page}: {lines} lines; keep it within {README_LINES}"));
        }
    }
    complaints
}
