//! The checks of one exercise in their order: each after those it needs, several at a time.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::spec::{self, Check};
use crate::{Failure, Result, Subject};

/// What came of one check.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub enum Verdict {
    /// It holds.
    Passed,
    /// It does not, or not wholly.
    Failed {
        /// The points for the part that does.
        earned: u32,
        /// What does not.
        failure: Box<Failure>,
    },
    /// It was not looked at, because a check that it needs has failed.
    Skipped {
        /// That check.
        base: String,
    },
    /// It was not looked at, because the grader could not.
    Fault {
        /// Why not.
        why: String,
    },
}

impl Verdict {
    /// The points it is worth, of so many.
    pub fn earned(&self, points: u32) -> u32 {
        match self {
            Self::Passed => points,
            Self::Failed { earned, .. } => *earned,
            Self::Skipped { .. } | Self::Fault { .. } => 0,
        }
    }

    /// Whether what needs this check can be looked at: it holds, at least in part.
    fn carries(&self) -> bool {
        match self {
            Self::Passed => true,
            Self::Failed { earned, .. } => *earned > 0,
            Self::Skipped { .. } | Self::Fault { .. } => false,
        }
    }
}

/// A verdict, and how long it took to come to.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Judged {
    /// What came of it.
    #[serde(flatten)]
    pub verdict: Verdict,
    /// From the start of the check to its end.
    pub time: Duration,
}

/// Looks at one check of a program, here and now.
pub fn judge(subject: &Subject, check: &Check) -> Judged {
    let begin = Instant::now();
    subject.reached(0, 1);
    let verdict = match (check.run)(subject) {
        Ok(()) => Verdict::Passed,
        Err(failure) => {
            let earned = subject.earned(check.points);
            Verdict::Failed { earned, failure: Box::new(failure) }
        }
    };
    Judged { verdict, time: begin.elapsed() }
}

/// Runs `judge` on each check once those it needs are passed, on up to `jobs` at a time.
///
/// `tell` hears of each as it is decided. What comes back is in the order of the checks. A need that
/// is not among the checks counts as passed.
pub fn in_order(
    checks: &[Check],
    jobs: usize,
    judge: impl Fn(&Check) -> Judged + Sync,
    tell: impl Fn(&Check, &Judged) + Sync,
) -> Vec<Judged> {
    let table = (Mutex::new(Table::of(checks)), Condvar::new());
    std::thread::scope(|scope| {
        for _ in 0..jobs.max(1) {
            scope.spawn(|| {
                let (table, changed) = &table;
                let mut open = table.lock().unwrap_or_else(PoisonError::into_inner);
                while !open.all_begun() {
                    let Some((index, base)) = open.next() else {
                        open = changed.wait(open).unwrap_or_else(PoisonError::into_inner);
                        continue;
                    };
                    open.begun[index] = true;
                    let judged = match base {
                        Some(base) => {
                            Judged { verdict: Verdict::Skipped { base }, time: Duration::ZERO }
                        }
                        None => {
                            drop(open);
                            let judged = judge(&checks[index]);
                            open = table.lock().unwrap_or_else(PoisonError::into_inner);
                            judged
                        }
                    };
                    tell(&checks[index], &judged);
                    open.done[index] = Some(judged);
                    changed.notify_all();
                }
            });
        }
    });
    let table = table.0.into_inner().unwrap_or_else(PoisonError::into_inner);
    table.done.into_iter().flatten().collect()
}

/// Which checks have begun and which are decided.
struct Table<'a> {
    checks: &'a [Check],
    place: HashMap<&'static str, usize>,
    begun: Vec<bool>,
    done: Vec<Option<Judged>>,
}

impl<'a> Table<'a> {
    fn of(checks: &'a [Check]) -> Self {
        let place = checks.iter().enumerate().map(|(index, check)| (check.id, index)).collect();
        Self { checks, place, begun: vec![false; checks.len()], done: vec![None; checks.len()] }
    }

    fn all_begun(&self) -> bool {
        self.begun.iter().all(|&begun| begun)
    }

    /// The first check that can begin, and the failed one for which it is skipped.
    fn next(&self) -> Option<(usize, Option<String>)> {
        (0..self.checks.len()).filter(|&index| !self.begun[index]).find_map(|index| {
            let needs = self.checks[index].needs.iter().filter_map(|id| self.place.get(id));
            let needs: Vec<_> =
                needs.map(|&base| self.done[base].as_ref().map(|j| (base, j))).collect();
            let failed = needs.iter().flatten().find(|(_, judged)| !judged.verdict.carries());
            match failed {
                Some(&(base, _)) => Some((index, Some(self.checks[base].id.to_owned()))),
                None => needs.iter().all(Option::is_some).then_some((index, None)),
            }
        })
    }
}

/// Fails unless a program of ours passes every check of its exercise.
///
/// # Errors
///
/// Those that it does not, one after the other.
///
/// # Panics
///
/// There is no exercise of that name.
pub fn full_marks(name: &str, program: impl AsRef<Path>, args: &[&str]) -> Result {
    let spec = spec::find(name).unwrap_or_else(|| panic!("there is no grading spec for {name}"));
    let mut command = spec.our_command(program);
    command.extend(args.iter().map(Into::into));
    // Each check has a subject of its own: it counts how far that check has come.
    let judge_one = |check: &Check| judge(&spec.subject(&command), check);
    let judged = in_order(&spec.checks, 4, judge_one, |_, _| {});
    let lost =
        spec.checks.iter().zip(&judged).filter_map(|(check, judged)| match &judged.verdict {
            Verdict::Passed => None,
            Verdict::Failed { failure, .. } => Some(format!("{}: {failure}", check.id)),
            Verdict::Skipped { base } => Some(format!("{}: skipped, it needs {base}", check.id)),
            Verdict::Fault { why } => Some(format!("{}: {why}", check.id)),
        });
    let lost: Vec<String> = lost.collect();
    if lost.is_empty() { Ok(()) } else { Err(lost.join("\n\n").into()) }
}

/// A test that the program of this package gets full marks, with these arguments beside the usual.
///
/// ```ignore
/// grade::full_marks!();
/// ```
#[macro_export]
macro_rules! full_marks {
    ($($arg:expr),* $(,)?) => {
        #[test]
        fn gets_full_marks() -> $crate::Result {
            let program = env!(concat!("CARGO_BIN_EXE_", env!("CARGO_PKG_NAME")));
            $crate::grading::full_marks(env!("CARGO_PKG_NAME"), program, &[$($arg),*])
        }
    };
}
