//! Arrows between our crates, and what comes from outside.

use std::collections::{BTreeMap, BTreeSet};

use crate::house::{House, Package};

const PAGE: &str = "ARCHITECTURE.md";

/// The table `CRATE -> a, b` of ARCHITECTURE.md; `exercise` stands for all of them.
fn table(house: &House) -> BTreeMap<String, BTreeSet<String>> {
    let invariants = house.section(PAGE, "## Invariants");
    let lines = invariants.lines().filter_map(|line| line.split_once("->"));
    lines
        .map(|(from, to)| {
            let to =
                to.split(',').map(|name| name.trim().to_owned()).filter(|name| !name.is_empty());
            (from.trim().to_owned(), to.collect())
        })
        .collect()
}

pub(crate) fn arrows(house: &House) -> Vec<String> {
    let table = table(house);
    let mut complaints = Vec::new();
    let (mut used, mut rows) = (BTreeSet::new(), BTreeSet::new());
    for package in &house.packages {
        let row = if package.is_exercise() { "exercise" } else { &package.name };
        rows.insert(row);
        let Some(allowed) = table.get(row) else {
            complaints.push(format!("{PAGE}: add the line \"{row} ->\" to the arrows"));
            continue;
        };
        for dependency in package.dependencies.iter().filter(|dependency| dependency.ours) {
            let name = dependency.name.as_str();
            used.insert((row, name));
            let test = dependency.dev && (name == "grade" || package.name == "tests");
            if !allowed.contains(name) && !test {
                complaints.push(format!(
                    "{}/Cargo.toml: it may not use {name} ({PAGE} has \"{row} -> {}\")",
                    package.folder,
                    allowed.iter().cloned().collect::<Vec<_>>().join(", ")
                ));
            }
        }
    }
    for (from, to) in &table {
        if !rows.contains(from.as_str()) {
            complaints
                .push(format!("{PAGE}: there is no crate {from} for the arrow \"{from} ->\""));
        }
        for to in to.iter().filter(|to| !used.contains(&(from.as_str(), to.as_str()))) {
            complaints.push(format!("{PAGE}: nothing needs the arrow \"{from} -> {to}\""));
        }
    }
    complaints
}

/// A member's dependencies say `x.workspace = true` and nothing more; so do its version and lints.
pub(crate) fn inherited(house: &House) -> Vec<String> {
    let mut complaints = Vec::new();
    for package in &house.packages {
        let page = format!("{}/Cargo.toml", package.folder);
        let text = house.read(&page);
        for key in ["version", "edition", "rust-version", "license", "publish"] {
            if !text.contains(&format!("\n{key}.workspace = true\n")) {
                complaints.push(format!("{page}: write {key}.workspace = true"));
            }
        }
        if !text.contains("\n[lints]\nworkspace = true\n") {
            complaints.push(format!("{page}: write [lints] workspace = true"));
        }
        let mut section = "";
        for line in text.lines() {
            if line.starts_with('[') {
                section = line;
            } else if section.ends_with("dependencies]")
                && line.contains('=')
                && !line.ends_with(".workspace = true")
                && !line.starts_with('#')
            {
                complaints.push(format!("{page}: {line:?} should be NAME.workspace = true"));
            }
        }
    }
    complaints
}

/// Every crate from outside is in the table of reasons, and none is there that nobody uses.
pub(crate) fn reasons(house: &House) -> Vec<String> {
    let section = house.section(PAGE, "## Why each dependency");
    let named: BTreeSet<&str> = section
        .lines()
        .filter_map(|line| line.strip_prefix('|')?.split('|').next())
        .flat_map(|cell| cell.split('`').skip(1).step_by(2))
        .collect();
    let outside = |package: &Package| {
        let names = package.dependencies.iter().filter(|dependency| !dependency.ours);
        names.map(|dependency| dependency.name.clone()).collect::<Vec<_>>()
    };
    let used: BTreeSet<String> = house.packages.iter().flat_map(outside).collect();
    let mut complaints: Vec<String> = used
        .iter()
        .filter(|name| !named.contains(name.as_str()))
        .map(|name| format!("{PAGE}: \"## Why each dependency\" has no line for `{name}`"))
        .collect();
    complaints.extend(named.iter().filter(|name| !used.contains(**name)).map(|name| {
        format!("{PAGE}: \"## Why each dependency\" has `{name}`, which nothing uses")
    }));
    complaints
}
