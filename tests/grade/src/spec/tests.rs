//! What every spec promises.

use std::collections::HashSet;

use super::*;

fn each_check(mut look: impl FnMut(&Spec, &Check)) {
    for spec in all() {
        for check in &spec.checks {
            look(&spec, check);
        }
    }
}

#[test]
fn each_is_worth_a_hundred_points() {
    for spec in all() {
        let points: u32 = spec.checks.iter().map(|check| check.points).sum();
        assert_eq!(points, 100, "{}", spec.name);
    }
}

#[test]
fn ids_are_lower_case_words_and_each_once() {
    let mut seen = HashSet::new();
    each_check(|spec, check| {
        assert!(seen.insert((spec.name, check.id)), "{} {}", spec.name, check.id);
        let word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        assert!(check.id.chars().all(word), "{}", check.id);
    });
}

#[test]
fn what_a_check_needs_stands_before_it() {
    for spec in all() {
        let mut before = HashSet::new();
        for check in &spec.checks {
            for base in &check.needs {
                assert!(before.contains(base), "{}: {} needs {base}", spec.name, check.id);
            }
            before.insert(check.id);
        }
    }
}

#[test]
fn every_text_is_there_in_both_languages() {
    let chinese = |text: &str| text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
    each_check(|spec, check| {
        for text in [check.title, check.place, check.call] {
            // A line of code is the same in both.
            let whole = !text.en.is_empty()
                && !chinese(text.en)
                && (chinese(text.zh) || text.zh == text.en);
            assert!(whole, "{} {}: {text:?}", spec.name, check.id);
        }
    });
    for spec in all() {
        assert!(chinese(spec.title.zh) && !spec.title.en.is_empty(), "{}", spec.name);
    }
}

#[test]
fn every_line_of_ours_is_where_the_last_hint_says() {
    let mut missing = Vec::new();
    each_check(|spec, check| {
        if check.line.read().is_none() {
            missing.push(format!("{} {}: {:?}", spec.name, check.id, check.line));
        }
    });
    assert!(missing.is_empty(), "no such line of ours:\n{}", missing.join("\n"));
}
