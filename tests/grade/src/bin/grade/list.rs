//! `--list`: the exercises, or the checks of one.

use std::fmt::Write;

use grade::spec::Spec;

use crate::messages::{self as say, Words};

pub(crate) fn exercises(specs: &[Spec], words: Words) -> String {
    let width = specs.iter().map(|spec| spec.name.len()).max().unwrap_or(0);
    let mut text = String::new();
    for spec in specs {
        let _ = writeln!(text, "{:width$}  {}", spec.name, words.of(spec.title));
    }
    text
}

pub(crate) fn checks(spec: &Spec, words: Words) -> String {
    let mut text = format!("{}: {}\n", spec.name, words.of(spec.title));
    let width = spec.checks.iter().map(|check| check.id.len()).max().unwrap_or(0);
    for check in &spec.checks {
        let (points, title) = (check.points, words.of(check.title));
        let _ =
            writeln!(text, "  {points:>3} {}  {:width$}  {title}", words.of(say::POINTS), check.id);
    }
    text
}
