//! Runs the grader, and reads what it wrote.

use std::path::{Path, PathBuf};

use grade::{Output, run};
use serde_json::Value;
use tempfile::TempDir;

pub(crate) const GRADE: &str = env!("CARGO_BIN_EXE_grade");

/// A folder for the results of one run.
pub(crate) struct Results {
    folder: TempDir,
}

impl Results {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn json(&self) -> PathBuf {
        self.folder.path().join("grade.json")
    }

    pub(crate) fn junit(&self) -> PathBuf {
        self.folder.path().join("grade.xml")
    }

    /// The options that have both files written.
    pub(crate) fn options(&self) -> Vec<String> {
        let text = |path: &Path| path.to_string_lossy().into_owned();
        vec!["--json".into(), text(&self.json()), "--junit".into(), text(&self.junit())]
    }

    /// Grades with these arguments after the options for both files.
    pub(crate) fn grade(&self, args: &[&str]) -> Output {
        let options = self.options();
        let all: Vec<&str> =
            options.iter().map(String::as_str).chain(args.iter().copied()).collect();
        run(GRADE, &all)
    }

    pub(crate) fn read(&self) -> Value {
        serde_json::from_str(&std::fs::read_to_string(self.json()).unwrap()).unwrap()
    }

    /// Both files are there, and say that it ended so.
    #[track_caller]
    pub(crate) fn say(&self, status: &str) {
        let report = self.read();
        assert_eq!(report["status"], status, "{report:#}");
        assert!(std::fs::read_to_string(self.junit()).unwrap().contains("<testsuite "));
        let others = std::fs::read_dir(self.folder.path()).unwrap().count();
        assert_eq!(others, 2, "a temporary file is left");
    }
}

/// The ids of the checks that ended so, in order.
pub(crate) fn ids(report: &Value, status: &str) -> Vec<String> {
    let tests = report["tests"].as_array().unwrap().iter();
    let such = tests.filter(|test| test["status"] == status);
    such.map(|test| test["id"].as_str().unwrap().to_owned()).collect()
}

/// A submission in shell.
pub(crate) fn shell(script: &str) -> [&str; 4] {
    ["--", "/bin/sh", "-c", script]
}
