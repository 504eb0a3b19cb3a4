//! The result of grading one exercise: what the table, the JSON and the XML are all made from.
//!
//! It knows verdicts and texts, and nothing of programs or processes.

use std::path::Path;

use grade::grading::{Judged, Verdict};
use grade::spec::{Check, Spec};
use grade::{Failure, Step};
use serde::Serialize;

use crate::messages::{self, Words};

pub(crate) mod json;
pub(crate) mod junit;
pub(crate) mod table;

/// One exercise, graded; its fields are those of `report.schema.json`.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    pub(crate) version: u32,
    /// `None` if it did not come to an exercise.
    pub(crate) exercise: Option<String>,
    pub(crate) title: String,
    pub(crate) command: Vec<String>,
    pub(crate) status: Status,
    /// What went wrong, if that is no matter of a check.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) message: Option<String>,
    pub(crate) score: u32,
    pub(crate) max_score: u32,
    pub(crate) seconds: f64,
    pub(crate) repeat: u32,
    pub(crate) environment: Environment,
    pub(crate) tests: Vec<Test>,
}

/// How it ended. The exit status of the grader is that of its worst report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Status {
    Passed,
    Failed,
    Usage,
    NotStarted,
    Error,
    Interrupted,
}

/// Where it was graded.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Environment {
    pub(crate) os: String,
    pub(crate) cores: usize,
    /// `private` or `shared`.
    pub(crate) network: &'static str,
    pub(crate) grader: &'static str,
}

/// One check.
#[derive(Debug, Serialize)]
pub(crate) struct Test {
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) status: TestStatus,
    pub(crate) score: u32,
    pub(crate) max_score: u32,
    pub(crate) seconds: f64,
    /// The ids of the checks that it needs.
    pub(crate) after: Vec<String>,
    /// In how many of the runs it was passed.
    pub(crate) passed_runs: u32,
    pub(crate) steps: Vec<Step>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) cause: Option<Cause>,
    pub(crate) log: Log,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum TestStatus {
    Passed,
    Failed,
    Skipped,
    /// Passed in some runs and not in others.
    Flaky,
    /// The grader could not look.
    Error,
}

/// Why points were lost, and what to do about it.
#[derive(Debug, Serialize)]
pub(crate) struct Cause {
    pub(crate) rationale: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) expected: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) actual: Option<String>,
    /// How many characters from their left the two differ.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) column: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) byte: Option<usize>,
    /// The command to paste into a terminal, while the program runs on this port.
    pub(crate) paste: String,
    pub(crate) port: u16,
    /// As many as were asked for.
    pub(crate) hints: Vec<String>,
}

/// The end of what the program printed.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Log {
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// What is graded, as what, and in which words.
pub(crate) struct Program<'a> {
    pub(crate) spec: &'a Spec,
    pub(crate) command: &'a [String],
    pub(crate) words: Words,
}

impl Program<'_> {
    fn paste(&self, command: &str) -> String {
        let port = self.spec.port.to_string();
        let command = command.replace("{port}", &port).replace("{program}", self.name());
        command.replace("{command}", &self.command.join(" "))
    }

    /// The name of its file, by which `pgrep -f` finds it.
    fn name(&self) -> &str {
        let files = self.command.iter().rev().filter(|word| Path::new(word).is_file());
        let word = files.chain(self.command.first()).next();
        word.and_then(|word| Path::new(word).file_name()?.to_str()).unwrap_or(self.spec.name)
    }
}

impl Status {
    pub(crate) fn exit_code(self) -> u8 {
        match self {
            Self::Passed => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::NotStarted => 3,
            Self::Error => 4,
            Self::Interrupted => 130,
        }
    }
}

impl Environment {
    pub(crate) fn here(private_network: bool) -> Self {
        let os = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
        Self {
            os: format!("Linux {} {}", os.trim(), std::env::consts::ARCH),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            network: if private_network { "private" } else { "shared" },
            grader: env!("CARGO_PKG_VERSION"),
        }
    }
}

impl Report {
    /// A report on something that never came to a check.
    pub(crate) fn without_tests(
        exercise: Option<String>,
        status: Status,
        message: String,
        environment: Environment,
    ) -> Self {
        Self {
            version: 1,
            exercise,
            title: String::new(),
            command: Vec::new(),
            status,
            message: Some(message),
            score: 0,
            max_score: 0,
            seconds: 0.0,
            repeat: 1,
            environment,
            tests: Vec::new(),
        }
    }

    /// Adds up the points, and says how it ended. The first check is that the program starts.
    pub(crate) fn sum_up(&mut self) {
        self.score = self.tests.iter().map(|test| test.score).sum();
        self.max_score = self.tests.iter().map(|test| test.max_score).sum();
        let first = self.tests.first();
        let any = |status| self.tests.iter().any(|test| test.status == status);
        self.status = if any(TestStatus::Error) {
            Status::Error
        } else if first.is_some_and(|test| test.id == "starts" && test.score == 0) {
            Status::NotStarted
        } else if self.score < self.max_score || any(TestStatus::Flaky) {
            Status::Failed
        } else {
            Status::Passed
        };
    }

    /// Ids and titles only, each check failed for one reason that is none of theirs.
    pub(crate) fn lost(&mut self, program: &Program<'_>, status: Status, why: &str) {
        let fault = |check: &Check| Test::new(check, &[fault(why)], program);
        self.tests = program.spec.checks.iter().map(fault).collect();
        self.sum_up();
        (self.status, self.message) = (status, Some(why.to_owned()));
    }
}

fn fault(why: &str) -> Judged {
    let verdict = Verdict::Fault { why: why.to_owned() };
    Judged { verdict, time: std::time::Duration::ZERO }
}

impl Test {
    /// One check, from its verdicts in all runs: it counts as the worst of them.
    pub(crate) fn new(check: &Check, runs: &[Judged], program: &Program<'_>) -> Self {
        let words = program.words;
        let points = check.points;
        let worst = runs.iter().min_by_key(|judged| rank(&judged.verdict, points));
        let passed = runs.iter().filter(|run| matches!(run.verdict, Verdict::Passed)).count();
        let mut test = Self {
            id: check.id.to_owned(),
            title: words.of(check.title).to_owned(),
            status: TestStatus::Passed,
            score: worst.map_or(0, |judged| judged.verdict.earned(points)),
            max_score: points,
            seconds: runs.iter().map(|run| run.time.as_secs_f64()).sum(),
            after: check.needs.iter().map(|&id| id.to_owned()).collect(),
            passed_runs: passed as u32,
            steps: Vec::new(),
            cause: None,
            log: Log::default(),
        };
        let some = passed > 0;
        match worst.map(|judged| &judged.verdict) {
            Some(Verdict::Passed) => {}
            Some(Verdict::Failed { failure, .. }) => {
                test.status = if some { TestStatus::Flaky } else { TestStatus::Failed };
                test.steps = failure.steps.clone();
                test.log = Log { stdout: failure.stdout.clone(), stderr: failure.stderr.clone() };
                test.cause = Some(Cause::of(failure, check, program));
            }
            Some(Verdict::Skipped { base }) => {
                test.status = if some { TestStatus::Flaky } else { TestStatus::Skipped };
                test.cause = Some(Cause::plain(words.needs(base)));
            }
            Some(Verdict::Fault { why }) => {
                test.status = TestStatus::Error;
                test.cause = Some(Cause::plain(why.clone()));
            }
            None => test.status = TestStatus::Error,
        }
        test
    }
}

/// Less is worse.
fn rank(verdict: &Verdict, points: u32) -> (u8, u32) {
    match verdict {
        Verdict::Fault { .. } => (0, 0),
        Verdict::Skipped { .. } => (2, 0),
        Verdict::Failed { earned, .. } => (1, *earned),
        Verdict::Passed => (3, points),
    }
}

impl Cause {
    fn plain(rationale: String) -> Self {
        Self {
            rationale,
            expected: None,
            actual: None,
            column: None,
            byte: None,
            paste: String::new(),
            port: 0,
            hints: Vec::new(),
        }
    }

    fn of(failure: &Failure, check: &Check, program: &Program<'_>) -> Self {
        let comparison = failure.comparison.as_deref();
        Self {
            expected: comparison.map(|both| both.expected.clone()),
            actual: comparison.map(|both| both.got.clone()),
            column: comparison.map(|both| both.column),
            byte: comparison.map(|both| both.byte),
            paste: program.paste(check.paste),
            port: program.spec.port,
            hints: messages::hints(check, program.words),
            ..Self::plain(failure.what.clone())
        }
    }
}
