//! A README's *Expected output* against what the program printed.

use std::fmt::Write;

/// The heading whose first fence is compared.
const HEADING: &str = "## Expected output";
/// Stands for what varies.
const VARIES: &str = "…";

/// Compares line by line what a program printed with the first fence below `## Expected output`.
///
/// A README line that ends in ` …` is compared only up to there; a line that is only `…` stands for
/// any number of lines, none included. Blanks at the end of a line do not count.
///
/// # Panics
///
/// They differ, or the README has no such fence.
///
/// ```
/// let readme = "# demo\n\n## Expected output\n\n```text\nbegin\n…\ntook …\n```\n";
/// grade::readme::assert_matches(readme, "begin\nstep 1\nstep 2\ntook 3 ms\n");
/// ```
#[track_caller]
pub fn assert_matches(readme: &str, stdout: &str) {
    let Some(expected) = expected_output(readme) else {
        panic!("the README has no fence below \"{HEADING}\"");
    };
    if let Err(report) = compare(&expected, stdout) {
        panic!("{report}");
    }
}

/// The lines of the first fence below `## Expected output`; `None` if there is none.
pub fn expected_output(readme: &str) -> Option<String> {
    let mut lines = readme.lines().skip_while(|line| line.trim_end() != HEADING).skip(1);
    let fence = lines
        .by_ref()
        .take_while(|line| !line.starts_with("## "))
        .find(|l| l.starts_with("```"))?;
    let ticks = &fence[..fence.len() - fence.trim_start_matches('`').len()];
    let mut text = String::new();
    for line in lines {
        if line.trim_end() == ticks {
            return Some(text);
        }
        let _ = writeln!(text, "{line}");
    }
    None
}

fn compare(expected: &str, got: &str) -> Result<(), String> {
    let patterns: Vec<&str> = expected.lines().collect();
    let lines: Vec<&str> = got.lines().collect();
    let mut furthest = (0, 0);
    if matches(&patterns, &lines, &mut furthest) {
        return Ok(());
    }
    let (pattern, line) = furthest;
    let ruler = "-".repeat(60);
    let mut text = String::from("the output is not what the README says\n");
    let _ = writeln!(
        text,
        "{ruler} expected\n{}\n{ruler} got\n{}\n{ruler}",
        expected.trim_end(),
        got.trim_end()
    );
    let show = |all: &[&str], index: usize| match all.get(index) {
        Some(line) => format!("{line:?}"),
        None => "the end".to_owned(),
    };
    let _ = writeln!(text, "first difference, line {} of the output:", line + 1);
    let _ = writeln!(text, "  expected {}", show(&patterns, pattern));
    let _ = write!(text, "  got      {}", show(&lines, line));
    Err(text)
}

/// The wildcard match of shells, over lines: a `…` line first takes none, and one more each time the
/// rest does not fit. `furthest` tells how far pattern and lines agreed at best.
fn matches(patterns: &[&str], lines: &[&str], furthest: &mut (usize, usize)) -> bool {
    let (mut pattern, mut line) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    loop {
        if pattern > furthest.0 {
            *furthest = (pattern, line);
        }
        if patterns.get(pattern).is_some_and(|p| p.trim() == VARIES) {
            pattern += 1;
            retry = Some((pattern, line));
        } else if pattern == patterns.len() && line == lines.len() {
            return true;
        } else if line < lines.len()
            && patterns.get(pattern).is_some_and(|p| line_matches(p, lines[line]))
        {
            pattern += 1;
            line += 1;
        } else {
            match retry {
                Some((after, taken)) if taken < lines.len() => {
                    retry = Some((after, taken + 1));
                    (pattern, line) = (after, taken + 1);
                }
                _ => return false,
            }
        }
    }
}

fn line_matches(pattern: &str, line: &str) -> bool {
    let pattern = pattern.trim_end();
    match pattern.strip_suffix(VARIES) {
        Some(start) if start.ends_with(' ') => line.starts_with(start.trim_end()),
        _ => pattern == line.trim_end(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fits(expected: &str, got: &str) -> bool {
        compare(expected, got).is_ok()
    }

    #[test]
    fn lines_are_compared_as_they_stand() {
        assert!(fits("a\nb\n", "a\nb\n"));
        assert!(!fits("a\nb\n", "a\n"));
        assert!(!fits("a\n", "a\nb\n"));
        assert!(!fits("a\n", "a b\n"));
        assert!(fits("", ""));
    }

    #[test]
    fn what_varies_is_left_out() {
        assert!(fits("took …", "took 3 ms"));
        assert!(!fits("took …", "tok 3 ms"));
        assert!(fits("a\n…\nz", "a\nz"));
        assert!(fits("a\n…\nz", "a\nb\nz\nz"));
        assert!(fits("…\nm\n…\nz", "a\nm\nm\ny\nz"));
        assert!(!fits("a\n…\nz", "a\nb\n"));
        assert!(fits("…", ""));
        // No blank before it: a character like any other.
        assert!(!fits("wait…", "wait for it"));
    }

    #[test]
    fn the_report_names_the_first_line_that_differs() {
        let report = compare("a\n…\nm\nn\n", "a\nx\nm\nX\n").unwrap_err();
        assert!(report.contains("line 4 of the output"), "{report}");
        assert!(report.contains("expected \"n\"") && report.contains("got      \"X\""), "{report}");
    }

    #[test]
    fn the_fence_below_the_heading_is_taken() {
        let readme = "```text\nno\n```\n## Expected output\nwords\n\n```text\nyes\n```\n## Next\n";
        assert_eq!(expected_output(readme).as_deref(), Some("yes\n"));
        assert_eq!(expected_output("## Expected output\n## Next\n```text\nno\n```\n"), None);
        assert_eq!(expected_output("## Expected output\n```text\nunclosed\n"), None);
    }
}
