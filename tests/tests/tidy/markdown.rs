//! Pages: tags of fences, and the two languages of the index.

use std::collections::BTreeSet;

use crate::house::House;

/// The tags in use; a new one is added here once it is known to be shown well.
const TAGS: [&str; 13] = [
    "console",
    "text",
    "python",
    "rust",
    "rust,ignore",
    "rust,no_run",
    "rust,compile_fail",
    "toml",
    "json",
    "sh",
    "http",
    "c",
    "make",
];

pub(crate) fn fences(house: &House) -> Vec<String> {
    let mut complaints = Vec::new();
    for page in house.files(".md") {
        let text = house.read(&page);
        let mut open: Option<&str> = None;
        for (number, line) in text.lines().enumerate() {
            let line = line.trim_start();
            let ticks = &line[..line.len() - line.trim_start_matches('`').len()];
            let tag = &line[ticks.len()..];
            if ticks.len() < 3 {
                continue;
            }
            match open {
                Some(fence) if tag.is_empty() && ticks.len() >= fence.len() => open = None,
                Some(_) => {}
                None => {
                    open = Some(ticks);
                    // An example that must not compile may name the error it expects.
                    let kind = tag.rsplit_once(",E").map_or(tag, |(kind, _code)| kind);
                    if !TAGS.contains(&kind) {
                        complaints.push(format!(
                            "{page}:{}: the fence has the tag {tag:?}, not one of {TAGS:?}",
                            number + 1
                        ));
                    }
                }
            }
        }
        if open.is_some() {
            complaints.push(format!("{page}: the last fence is not closed"));
        }
    }
    complaints
}

/// The same sections, links and commands in both; only the words differ.
pub(crate) fn translations(house: &House) -> Vec<String> {
    let (english, chinese) = ("README.md", "README.zh-CN.md");
    let mut complaints = Vec::new();
    let both = |find: &dyn Fn(&str) -> BTreeSet<String>| {
        (find(&house.read(english)), find(&house.read(chinese)))
    };
    let commands = |text: &str| -> BTreeSet<String> {
        let lines = text.lines().filter_map(|line| line.strip_prefix("$ "));
        lines.map(|line| line.split(" #").next().unwrap_or(line).trim().to_owned()).collect()
    };
    let links = |text: &str| -> BTreeSet<String> {
        let targets = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        targets.filter(|target| !target.starts_with("README")).map(str::to_owned).collect()
    };
    let options = |text: &str| -> BTreeSet<String> {
        let rows = text.lines().filter(|line| line.starts_with('|'));
        let words =
            rows.flat_map(|row| row.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-')));
        words.filter(|word| word.starts_with("--")).map(str::to_owned).collect()
    };
    for (what, (ours, theirs)) in [
        ("the command", both(&commands)),
        ("the link to", both(&links)),
        ("the option", both(&options)),
    ] {
        for missing in ours.difference(&theirs) {
            complaints.push(format!("{chinese}: {what} {missing} of {english} is missing"));
        }
        for missing in theirs.difference(&ours) {
            complaints.push(format!("{english}: {what} {missing} of {chinese} is missing"));
        }
    }
    complaints
}
