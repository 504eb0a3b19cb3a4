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

/// What a page shows of a program: the lines of one fence.
struct Shown {
    page: String,
    /// Its name, and its arguments.
    command: Vec<String>,
    lines: Vec<String>,
}

#[test]
fn the_pages_of_the_days_show_what_the_programs_print() {
    let shown: Vec<Shown> = ["day07", "day09"].into_iter().flat_map(read).collect();
    for name in DEMOS {
        assert!(shown.iter().any(|one| one.command[0] == name), "no page shows lines of {name}");
    }
    let mut printed: BTreeMap<&[String], Vec<String>> = BTreeMap::new();
    let demos = shown.iter().filter(|one| DEMOS.contains(&one.command[0].as_str()));
    for Shown { command, .. } in demos {
        printed.entry(command).or_insert_with(|| {
            let args: Vec<&str> = command[1..].iter().map(String::as_str).collect();
            let output = run(workspace_program(&command[0]), &args);
            output.stdout.lines().map(|line| line.trim_end().to_owned()).collect()
        });
    }
    let mut complaints = Vec::new();
    for Shown { page, command, lines } in &shown {
        let Some(printed) = printed.get(command.as_slice()) else { continue };
        let mut rest = printed.iter();
        for line in lines {
            if !rest.any(|other| other == line) {
                complaints.push(format!("{page}: {command:?} does not print {line:?} there"));
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
    let (mut command, mut inside) = (vec![String::new()], false);
    for line in text.lines() {
        if line.starts_with("```") {
            inside = !inside;
            if inside {
                shown.push(Shown {
                    page: page.clone(),
                    command: command.clone(),
                    lines: Vec::new(),
                });
            }
        } else if let Some(named) = command_in(line) {
            command = named;
            if let (true, Some(fence)) = (inside, shown.last_mut()) {
                fence.command.clone_from(&command);
            }
        } else if let (true, Some(fence)) = (inside, shown.last_mut()) {
            fence.lines.push(line.trim_end().to_owned());
        }
    }
    shown
}

/// The last `-p NAME -- ARGUMENTS` on a line, up to the backtick that ends it.
fn command_in(line: &str) -> Option<Vec<String>> {
    let after = line.rsplit_once("-p ")?.1.split('`').next()?;
    let words = after.split_whitespace().filter(|word| *word != "--");
    Some(words.map(str::to_owned).collect())
}
