//! The pages of the days show lines that the programs print: here they are printed.

use std::collections::BTreeMap;

use grade::{run, workspace_program, workspace_root};

/// Programs that run to their end and print the same each time, but for numbers in tables.
const DEMOS: [&str; 9] = [
    "coroutine_gevent",
    "coroutine_greenlet",
    "coroutine_yield",
    "gevent_test",
    "greenlet_test",
    "multi_task",
    "process_thread",
    "thread_basics",
    "thread_event",
];

/// What a page shows of a program: consecutive lines of one fence.
struct Shown {
    page: String,
    program: String,
    lines: Vec<String>,
}

#[test]
fn the_pages_of_the_days_show_what_the_programs_print() {
    let shown: Vec<Shown> = ["day07", "day09"].into_iter().flat_map(read).collect();
    let mut printed: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for name in DEMOS {
        assert!(shown.iter().any(|one| one.program == name), "no page shows lines of {name}");
        let output = run(workspace_program(name), &[]);
        printed
            .insert(name, output.stdout.lines().map(|line| line.trim_end().to_owned()).collect());
    }
    let mut complaints = Vec::new();
    for Shown { page, program, lines } in &shown {
        let Some(printed) = printed.get(program.as_str()) else { continue };
        let mut rest = printed.iter();
        for line in lines {
            if !rest.any(|other| other == line) {
                complaints.push(format!("{page}: {program} does not print {line:?} (there)"));
                break;
            }
        }
    }
    assert!(complaints.is_empty(), "\n\n{}\n", complaints.join("\n"));
}

/// The fences of a page, each with the program that was named last.
fn read(day: &str) -> Vec<Shown> {
    let page = format!("{day}/README.md");
    let text = std::fs::read_to_string(workspace_root().join(&page)).expect("the page");
    let mut shown: Vec<Shown> = Vec::new();
    let (mut program, mut inside) = (String::new(), false);
    for line in text.lines() {
        if line.starts_with("```") {
            inside = !inside;
            if inside {
                shown.push(Shown {
                    page: page.clone(),
                    program: program.clone(),
                    lines: Vec::new(),
                });
            }
        } else if let Some(name) = program_in(line) {
            program = name;
            if let (true, Some(fence)) = (inside, shown.last_mut()) {
                fence.program.clone_from(&program);
            }
        } else if let (true, Some(fence)) = (inside, shown.last_mut()) {
            fence.lines.push(line.trim_end().to_owned());
        }
    }
    shown
}

/// The NAME of the last `-p NAME` on a line.
fn program_in(line: &str) -> Option<String> {
    let after = line.rsplit_once("-p ")?.1;
    let name = after.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).next()?;
    Some(name.to_owned())
}
