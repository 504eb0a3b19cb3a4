//! Programs that print and end: what they print, in which order, and what they do meanwhile.
//!
//! A *pattern* is a piece of a line, blanks and capital letters aside; `…` in it stands for anything.

use std::time::{Duration, Instant};

use crate::births::Births;
use crate::{Failure, Result, Running, Subject, patience};

/// Whoever prints more than this is ended.
const FLOOD: usize = 8 << 20;

/// A program that has run to its end.
#[derive(Debug)]
pub struct Run {
    /// Not running any more: for its failures.
    program: Running,
    /// How many threads it had beside its first.
    pub threads: usize,
    /// How many child processes it had.
    pub children: usize,
}

/// Runs a program to its end, with an empty standard input, and looks at it all the time.
///
/// # Errors
///
/// It cannot be started, does not end within six times [`patience`], or floods its output.
pub fn run(subject: &Subject) -> Result<Run> {
    let mut program = subject.with(&[]).held().spawn()?;
    let mut births = Births::of(program.pid());
    program.release()?;
    program.note("let it run to its end");
    let (begin, mut threads, mut children) = (Instant::now(), 0, 0);
    while program.exit_status()?.is_none() {
        match &mut births {
            Some(births) => {
                births.look();
                (threads, children) = (births.threads, births.children);
            }
            // All that one can do then is to look often.
            None => {
                threads = threads.max(program.threads().saturating_sub(1));
                children = children.max(program.children().len());
            }
        }
        program.check(program.printed() < FLOOD, "it prints without end")?;
        let limit = patience() * 6;
        program.check(begin.elapsed() < limit, format!("it still runs after {limit:?}"))?;
        std::thread::sleep(Duration::from_micros(500));
    }
    program.wait_output();
    Ok(Run { program, threads, children })
}

impl Run {
    /// Each line that was printed, without the blanks around it.
    pub fn lines(&self) -> Vec<String> {
        self.program.stdout().lines().map(|line| line.trim().to_owned()).collect()
    }

    /// All that was printed on standard output.
    pub fn stdout(&self) -> String {
        self.program.stdout()
    }

    /// A failure with the steps and what was printed.
    pub fn failure(&self, what: impl std::fmt::Display) -> Failure {
        self.program.failure(what)
    }

    /// `Ok` if the condition holds.
    ///
    /// # Errors
    ///
    /// It does not.
    pub fn check(&self, condition: bool, what: impl std::fmt::Display) -> Result {
        self.program.check(condition, what)
    }

    /// These patterns match lines in this order; other lines may stand between.
    ///
    /// # Errors
    ///
    /// One does not.
    pub fn in_order(&self, patterns: &[&str]) -> Result {
        let lines = self.lines();
        let mut from = 0;
        for (index, pattern) in patterns.iter().enumerate() {
            match lines[from..].iter().position(|line| matches(pattern, line)) {
                Some(at) => from += at + 1,
                None => return Err(self.missing(patterns, index, lines.get(from))),
            }
        }
        Ok(())
    }

    fn missing(&self, patterns: &[&str], index: usize, next: Option<&String>) -> Failure {
        let pattern = patterns[index];
        let place = match index.checked_sub(1).map(|before| patterns[before]) {
            Some(before) => format!("after the line with \"{before}\""),
            None => "at all".to_owned(),
        };
        self.failure(format!("there is no line with \"{pattern}\" {place}"))
            .compared(pattern, next.map_or("", String::as_str))
    }
}

/// It can be started, prints something and ends by itself, without an error.
///
/// # Errors
///
/// It does not.
pub fn it_runs_to_its_end(subject: &Subject) -> Result {
    let run = run(subject)?;
    run.check(run.program.printed() > 0, "it printed nothing")?;
    subject.reached(1, 2);
    let status = run.program.exit_status()?.unwrap_or_default();
    run.check(status.success(), format!("it ended with {status}"))
}

/// It prints lines with these patterns in this order.
///
/// # Errors
///
/// It does not.
pub fn prints(subject: &Subject, patterns: &[&str]) -> Result {
    run(subject)?.in_order(patterns)
}

/// It prints these lines and no others.
///
/// # Errors
///
/// It prints another, or one of them more than once.
pub fn prints_nothing_else(subject: &Subject, lines: &[&str]) -> Result {
    let run = run(subject)?;
    let mut left = lines.to_vec();
    for line in run.lines().iter().filter(|line| !line.is_empty()) {
        let Some(at) = left.iter().position(|expected| same(expected, line)) else {
            return Err(run.failure(format!("\"{line}\" is too many")));
        };
        left.remove(at);
    }
    Ok(())
}

/// It has had a second thread while it ran.
///
/// # Errors
///
/// None was seen.
pub fn it_has_threads(subject: &Subject) -> Result {
    let run = run(subject)?;
    run.check(run.threads > 0, "it never had a second thread while it ran")
}

/// It has had a child process and a second thread while it ran.
///
/// # Errors
///
/// One of them was never seen.
pub fn it_has_children_and_threads(subject: &Subject) -> Result {
    let run = run(subject)?;
    run.check(run.children > 0, "it never had a child process while it ran")?;
    subject.reached(1, 2);
    run.check(run.threads > 0, "it never had a second thread while it ran")
}

/// It never has a second thread or a child process.
///
/// # Errors
///
/// It has had one.
pub fn it_has_one_thread(subject: &Subject) -> Result {
    let run = run(subject)?;
    run.check(run.threads == 0, format!("it had {} threads more", run.threads))?;
    run.check(run.children == 0, format!("it had {} child processes", run.children))
}

fn matches(pattern: &str, line: &str) -> bool {
    let (pattern, line) = (plain(pattern), plain(line));
    let mut rest = line.as_str();
    pattern.split('…').all(|piece| match rest.find(piece) {
        Some(at) => {
            rest = &rest[at + piece.len()..];
            true
        }
        None => false,
    })
}

fn same(expected: &str, line: &str) -> bool {
    plain(expected) == plain(line)
}

/// Without blanks and capitals: `True` is `true`, and `a,b` is `a, b`.
fn plain(text: &str) -> String {
    text.split_whitespace().collect::<String>().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_a_piece_of_a_line_with_gaps() {
        assert!(matches("alive: false", "name: Thread-1,  alive: False"));
        assert!(matches("send(10…15", "send(10.0): 15.0"));
        assert!(!matches("send(10…15", "15, send(10.0)"));
        assert!(!matches("alive: true", "alive: false"));
    }

    #[test]
    fn each_birth_is_counted_and_those_before_an_exec_are_not() -> Result {
        let shell = |script: &str| run(&Subject::of(["/bin/sh", "-c", script]));
        assert_eq!(shell("/bin/true; /bin/true; echo")?.children, 2);
        assert_eq!(shell("/bin/true; exec /bin/echo")?.children, 0);
        Ok(())
    }

    #[test]
    fn the_order_counts_and_other_lines_do_not() -> Result {
        let echo = |text: &str| run(&Subject::of(["/bin/echo", "-e", text]));
        echo("12\\nx\\n56\\n34\\n78")?.in_order(&["12", "56", "34", "78"])?;
        let failure = echo("12\\n34\\n56\\n78")?.in_order(&["12", "56", "34", "78"]).unwrap_err();
        assert!(failure.what.contains("\"34\" after the line with \"56\""), "{failure}");
        Ok(())
    }
}
