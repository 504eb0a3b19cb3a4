//! The page and the picture, of a report that is made up; Chromium opens them.

mod sample;

use std::path::Path;

use grade::{Server, find_or_skip, patience};
use model_comparison::report::VIEWS;

#[test]
fn write_it() {
    sample::report().write(Path::new("/tmp/sample")).expect("the report");
    let _ = VIEWS;
    let _ = (find_or_skip("chromium"), patience());
    let _ = Server::new("x");
}
