//! The result for people: a line for each check, then what went wrong, step by step.

use std::fmt::Write;

use super::{Cause, Report, Status, Test, TestStatus};
use crate::messages::{self as say, Words};

/// A longer list of steps is shown by its beginning and its end.
const STEPS_SHOWN: usize = 16;
/// How many lines of what the program printed are shown.
const LINES_SHOWN: usize = 12;

/// What is written, in colour or not.
pub(crate) struct Table {
    words: Words,
    colour: bool,
    text: String,
}

#[derive(Clone, Copy)]
enum Colour {
    Bold = 1,
    Dim = 2,
    Red = 31,
    Green = 32,
    Yellow = 33,
    Cyan = 36,
}

pub(crate) fn write(reports: &[Report], words: Words, colour: bool) -> String {
    let mut table = Table { words, colour, text: String::new() };
    for (index, report) in reports.iter().enumerate() {
        if index > 0 {
            table.text.push('\n');
        }
        table.report(report);
    }
    if reports.len() > 1 {
        table.total(reports);
    }
    table.text
}

impl Table {
    fn report(&mut self, report: &Report) {
        let name = report.exercise.as_deref().unwrap_or("grade");
        let command = report.command.join(" ");
        let name = self.paint(Colour::Bold, name);
        self.line(format!(
            "{name} · {}",
            if command.is_empty() { &report.title } else { &command }
        ));
        let width = report.tests.iter().map(|test| test.id.len()).max().unwrap_or(0);
        for test in &report.tests {
            self.row(test, width);
        }
        for test in &report.tests {
            if let (TestStatus::Failed | TestStatus::Flaky | TestStatus::Error, Some(cause)) =
                (test.status, &test.cause)
            {
                self.details(test, cause, report);
            }
        }
        self.sum(report);
    }

    fn row(&mut self, test: &Test, width: usize) {
        let (mark, colour) = match test.status {
            TestStatus::Passed => ("✔", Colour::Green),
            TestStatus::Failed => ("✘", Colour::Red),
            TestStatus::Flaky => ("~", Colour::Yellow),
            TestStatus::Skipped => ("–", Colour::Dim),
            TestStatus::Error => ("!", Colour::Red),
        };
        let points = format!("{:>3}/{:<3}", test.score, test.max_score);
        let why = match (test.status, &test.cause) {
            (TestStatus::Skipped, Some(cause)) => {
                self.paint(Colour::Dim, &format!("  ({})", cause.rationale))
            }
            _ => String::new(),
        };
        let (mark, title) = (self.paint(colour, mark), &test.title);
        self.line(format!("  {mark} {points} {:width$}  {title}{why}", test.id));
    }

    fn details(&mut self, test: &Test, cause: &Cause, report: &Report) {
        self.text.push('\n');
        let id = self.paint(Colour::Red, &test.id);
        self.line(format!("✘ {id}: {}", test.title));
        if test.status == TestStatus::Flaky {
            let runs = self.words.of(say::RUNS_PASSED);
            let runs = runs.replacen("{}", &test.passed_runs.to_string(), 1);
            self.line(format!("  {}", runs.replacen("{}", &report.repeat.to_string(), 1)));
        }
        for line in cause.rationale.lines() {
            self.line(format!("  {line}"));
        }
        self.comparison(cause);
        self.steps(test);
        self.printed(test);
        if !cause.paste.is_empty() {
            let label = match cause.port {
                0 => self.words.of(say::TRY).to_owned(),
                port => self.words.of(say::TRY_ON_PORT).replace("{}", &port.to_string()),
            };
            let label = self.paint(Colour::Cyan, &label);
            self.line(format!("  {label}:\n    {}", cause.paste));
        }
        let told = cause.hints.len();
        for (index, hint) in cause.hints.iter().enumerate() {
            let label = format!("{} {}", self.words.of(say::HINT), index + 1);
            let label = self.paint(Colour::Yellow, &label);
            let more = self.words.of(say::MORE_HINTS).replace("{}", &(told + 1).to_string());
            let more =
                if index + 1 == told && told < 3 { format!("  ({more})") } else { String::new() };
            let more = self.paint(Colour::Dim, &more);
            self.line(format!("  {label}:  {hint}{more}"));
        }
    }

    fn comparison(&mut self, cause: &Cause) {
        let (Some(expected), Some(got)) = (&cause.expected, &cause.actual) else { return };
        // Chinese is twice as wide as it is long.
        let labels = [say::EXPECTED, say::GOT].map(|text| self.words.of(text));
        let width = labels.iter().map(|label| columns(label)).max().unwrap_or(0);
        for (label, value) in labels.into_iter().zip([expected, got]) {
            let blanks = " ".repeat(width - columns(label));
            self.line(format!("    {label}{blanks} {value}"));
        }
        if let (Some(column), Some(byte)) = (cause.column, cause.byte) {
            let blanks = " ".repeat(4 + width + 1 + column);
            let caret = self.paint(Colour::Red, "^");
            self.line(format!("{blanks}{caret} {} {byte}", self.words.of(say::FIRST_DIFFERENCE)));
        }
    }

    fn steps(&mut self, test: &Test) {
        let count = test.steps.len();
        if count == 0 {
            return;
        }
        self.line(format!("  {}:", self.words.of(say::STEPS)));
        let left_out = if count > STEPS_SHOWN + 1 { 3..count - STEPS_SHOWN + 4 } else { 0..0 };
        for (index, step) in test.steps.iter().enumerate() {
            if index == left_out.start && !left_out.is_empty() {
                self.line(format!(
                    "       … {} {}",
                    left_out.len(),
                    self.words.of(say::MORE_STEPS)
                ));
            }
            if !left_out.contains(&index) {
                self.line(format!("  {:4}. {step}", index + 1));
            }
        }
    }

    fn printed(&mut self, test: &Test) {
        for (name, text) in [("stdout", &test.log.stdout), ("stderr", &test.log.stderr)] {
            let lines: Vec<&str> = text.lines().collect();
            if lines.is_empty() {
                continue;
            }
            self.line(format!("  {} ({name}):", self.words.of(say::PRINTED)));
            for line in &lines[lines.len().saturating_sub(LINES_SHOWN)..] {
                self.line(format!("    | {}", printable(line)));
            }
        }
    }

    fn sum(&mut self, report: &Report) {
        if !report.tests.is_empty() {
            self.text.push('\n');
            let count = |status| report.tests.iter().filter(|test| test.status == status).count();
            let parts: Vec<String> = [
                (TestStatus::Failed, say::FAILED),
                (TestStatus::Flaky, say::FLAKY),
                (TestStatus::Skipped, say::SKIPPED_COUNT),
            ]
            .into_iter()
            .filter(|(status, _)| count(*status) > 0)
            .map(|(status, word)| format!("{} {}", count(status), self.words.of(word)))
            .collect();
            self.score(say::SCORE, report.score, report.max_score, &parts.join(", "));
        }
        let status = match report.status {
            Status::NotStarted => Some(say::NOT_STARTED),
            Status::Interrupted => Some(say::INTERRUPTED),
            Status::Error => Some(say::FAULT),
            Status::Passed | Status::Failed | Status::Usage => None,
        };
        let parts = [status.map(|text| self.words.of(text).to_owned()), report.message.clone()];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        if !parts.is_empty() {
            self.line(parts.join(": "));
        }
    }

    fn total(&mut self, reports: &[Report]) {
        self.text.push('\n');
        let width = reports.iter().filter_map(|r| r.exercise.as_ref()).map(String::len).max();
        for report in reports {
            let name = report.exercise.as_deref().unwrap_or_default();
            let colour = if report.score == report.max_score { Colour::Green } else { Colour::Red };
            let score = format!("{:>3}/{:<3}", report.score, report.max_score);
            let score = self.paint(colour, &score);
            self.line(format!("{name:0$}  {score} {1}", width.unwrap_or(0), report.title));
        }
        let sum = |of: fn(&Report) -> u32| reports.iter().map(of).sum();
        self.score(say::TOTAL, sum(|r| r.score), sum(|r| r.max_score), "");
    }

    fn score(&mut self, what: grade::spec::Text, score: u32, most: u32, rest: &str) {
        let percent = (100 * score).checked_div(most).unwrap_or(0);
        let colour = if score == most { Colour::Green } else { Colour::Red };
        let score = self.paint(colour, &format!("{score}/{most} ({percent}%)"));
        let line = format!("{} {score}   {rest}", self.words.of(what));
        self.line(line.trim_end().to_owned());
    }

    fn line(&mut self, line: String) {
        let _ = writeln!(self.text, "{line}");
    }

    fn paint(&self, colour: Colour, text: &str) -> String {
        if !self.colour || text.is_empty() {
            return text.to_owned();
        }
        format!("\x1b[{}m{text}\x1b[0m", colour as u8)
    }
}

/// How wide a text is on a terminal, for the few scripts that labels are written in.
fn columns(text: &str) -> usize {
    text.chars().map(|c| if c >= '\u{2e80}' { 2 } else { 1 }).sum()
}

/// A line that a program printed cannot move the cursor or change colours.
fn printable(line: &str) -> String {
    line.chars().map(|c| if c.is_control() && c != '\t' { '\u{fffd}' } else { c }).collect()
}
