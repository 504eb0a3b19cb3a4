//! `CASES.md` names tests that exist.

use std::fs;

#[test]
fn every_case_of_the_table_exists() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests");
    let mut sources = fs::read_to_string(format!("{folder}/program.rs")).unwrap();
    for entry in fs::read_dir(format!("{folder}/it")).unwrap() {
        sources += &fs::read_to_string(entry.unwrap().path()).unwrap();
    }
    let table = fs::read_to_string(format!("{folder}/CASES.md")).unwrap();
    let ours = table.lines().filter_map(|line| line.strip_prefix("| ")?.split(" | ").nth(1));
    let (mut cases, mut missing) = (0, Vec::new());
    for cell in ours {
        for (mark, found) in [('`', "fn {}("), ('"', "(\"{}\", ")] {
            for name in cell.split(mark).skip(1).step_by(2) {
                cases += 1;
                if !sources.contains(&found.replace("{}", name)) {
                    missing.push(name);
                }
            }
        }
    }
    assert!(cases > 80, "the table has been read");
    assert!(missing.is_empty(), "no test is called {missing:?}");
}
