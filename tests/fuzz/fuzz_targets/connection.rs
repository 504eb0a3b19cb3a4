//! Whatever a client sends, in whatever pieces: no panic, and the same answer as in one piece.
#![no_main]

#[path = "../../../common/httpcore/tests/drive/mod.rs"]
mod drive;

use std::sync::{Arc, LazyLock};
use std::time::Instant;

use httpcore::{Http, site};
use libfuzzer_sys::fuzz_target;

static HTTP: LazyLock<Arc<Http>> =
    LazyLock::new(|| Http::new(site::new(None, true).expect("no folder to open")));
static NOW: LazyLock<Instant> = LazyLock::new(Instant::now);

// The first two bytes say how the rest is cut up and how much of an answer is taken at once.
fuzz_target!(|data: &[u8]| {
    let [piece, most, input @ ..] = data else { return };
    let whole =
        drive::drive(&HTTP, [input].into_iter().filter(|i| !i.is_empty()), usize::MAX, *NOW);
    let pieces = input.chunks(usize::from(*piece).max(1));
    let split = drive::drive(&HTTP, pieces, usize::from(*most) + 1, *NOW);
    assert!(whole == split);
});
