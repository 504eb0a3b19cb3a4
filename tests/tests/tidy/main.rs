//! Holds the house together: each failure is one line that names the file to edit.

mod dependencies;
mod exercises;
mod house;
mod markdown;
mod source;

use house::House;

/// Fails with all the complaints at once.
#[track_caller]
fn none(complaints: Vec<String>) {
    assert!(complaints.is_empty(), "\n\n{}\n", complaints.join("\n"));
}

#[test]
fn every_exercise_is_a_member_with_one_program_of_its_name() {
    none(exercises::members(&House::here()));
}

#[test]
fn every_exercise_has_its_rows_in_the_indexes() {
    none(exercises::rows(&House::here()));
}

#[test]
fn every_main_is_short_and_says_what_it_forbids() {
    none(exercises::mains(&House::here()));
}

#[test]
fn every_exercise_has_tests() {
    none(exercises::tests(&House::here()));
}

#[test]
fn every_exercise_has_a_grading_spec() {
    none(exercises::specs(&House::here()));
}

#[test]
fn every_readme_has_its_sections() {
    none(exercises::readmes(&House::here()));
}

#[test]
fn every_fence_has_a_tag() {
    none(markdown::fences(&House::here()));
}

#[test]
fn the_two_index_pages_are_the_same_page() {
    none(markdown::translations(&House::here()));
}

#[test]
fn arrows_between_crates_are_those_of_the_architecture() {
    none(dependencies::arrows(&House::here()));
}

#[test]
fn versions_stand_in_the_root_manifest_only() {
    none(dependencies::inherited(&House::here()));
}

#[test]
fn every_dependency_has_its_reason() {
    none(dependencies::reasons(&House::here()));
}

#[test]
fn unsafe_stands_only_where_the_architecture_says() {
    none(source::unsafe_code(&House::here()));
}

#[test]
fn ignored_tests_are_heavy_ones() {
    none(source::ignored(&House::here()));
}
