//! The table of raw requests against the core, in every split of the input.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod cases;
mod drive;

use std::sync::Arc;
use std::time::Instant;

use cases::table::TABLE;
use cases::{Act, acts, judge, make_tree};
use drive::{Outcome, drive};
use httpcore::{Http, site};

fn server() -> (tempfile::TempDir, Arc<Http>) {
    let dir = tempfile::tempdir().unwrap();
    let root = make_tree(dir.path());
    let http = Http::new(site::new(Some(&root), true).unwrap());
    (dir, http)
}

/// The pieces that result if the bytes of a case are cut at these places.
fn cut(acts: &[Act], places: &[usize]) -> Vec<Vec<u8>> {
    let mut pieces = Vec::new();
    for act in acts {
        match act {
            Act::HalfClose => pieces.push(Vec::new()),
            Act::Send(bytes) => {
                let mut start = 0;
                for &place in places.iter().chain([&bytes.len()]) {
                    if place > start && place <= bytes.len() {
                        pieces.push(bytes[start..place].to_vec());
                        start = place;
                    }
                }
            }
        }
    }
    pieces
}

fn run(http: &Arc<Http>, acts: &[Act], places: &[usize], most: usize, now: Instant) -> Outcome {
    let pieces = cut(acts, places);
    drive(http, pieces.iter().map(Vec::as_slice), most, now)
}

#[test]
fn every_case_is_answered_as_the_table_says() {
    let (_dir, http) = server();
    let now = Instant::now();
    let wrong: Vec<_> = TABLE
        .iter()
        .filter_map(|row| {
            let outcome = run(&http, &acts(row.2), &[], usize::MAX, now);
            judge(row, &outcome.sent, outcome.closed).err()
        })
        .collect();
    assert!(wrong.is_empty(), "{} of {} cases:\n{}", wrong.len(), TABLE.len(), wrong.join("\n"));
}

#[test]
fn no_split_of_the_input_changes_an_answer() {
    let (_dir, http) = server();
    let now = Instant::now();
    for row in TABLE {
        let acts = acts(row.2);
        let Act::Send(bytes) = &acts[0] else { panic!("{}", row.0) };
        let whole = run(&http, &acts, &[], usize::MAX, now);
        let same = |places: &[usize], most| {
            let split = run(&http, &acts, places, most, now);
            assert_eq!(split.closed, whole.closed, "{} {} cut at {places:?}", row.0, row.1);
            assert!(
                split.sent == whole.sent,
                "{} {} cut at {places:?}:\n{}\n{}",
                row.0,
                row.1,
                split.sent.escape_ascii(),
                whole.sent.escape_ascii()
            );
        };
        let every: Vec<usize> = (1..bytes.len()).collect();
        same(&every, 1000);
        same(&[], 7);
        if bytes.len() < 1000 {
            // Every place to cut in two.
            every.iter().for_each(|&place| same(&[place], usize::MAX));
        }
        let mut random = Random(row.0.bytes().fold(7, |n, b| n * 31 + u64::from(b)));
        for _ in 0..20 {
            let mut places: Vec<_> = (0..3).map(|_| random.below(bytes.len() + 1)).collect();
            places.sort_unstable();
            same(&places, 1 + random.below(5000));
        }
    }
}

/// Numbers that look random and are the same in each run (splitmix64).
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % end as u64).unwrap()
    }
}
