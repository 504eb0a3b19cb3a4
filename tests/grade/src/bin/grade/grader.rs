//! One exercise: build the program, let a worker look at each check, put the report together.

use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use grade::grading::{Judged, Verdict, in_order};
use grade::spec::{Check, Spec};
use grade::{Failure, patience};

use crate::alarm::{Alarm, Cause};
use crate::args::Cli;
use crate::fence;
use crate::messages::{self as say, Words};
use crate::report::{Environment, Program, Report, Status, Test};
use crate::worker::{self, Job};

/// A check may take as long as so many waits that are each in vain.
const WAITS: u32 = 20;

/// What is the same for every exercise of one run.
#[derive(Debug)]
pub(crate) struct Grader<'a> {
    pub(crate) cli: &'a Cli,
    pub(crate) words: Words,
    pub(crate) alarm: &'a Alarm,
    pub(crate) private_network: bool,
}

impl Grader<'_> {
    /// Never fails: whatever goes wrong is in the report.
    pub(crate) fn grade(&self, spec: &Spec) -> Report {
        let begin = Instant::now();
        let environment = Environment::here(self.private_network);
        let name = Some(spec.name.to_owned());
        let mut report = Report::without_tests(name, Status::Passed, String::new(), environment);
        report.title = self.words.of(spec.title).to_owned();
        report.message = None;
        report.repeat = self.cli.repeat;
        match self.command(spec) {
            Ok(command) => {
                report.command = command;
                self.checks(spec, &mut report);
            }
            Err(why) => {
                report.command.clone_from(&self.cli.command);
                report.lost(&self.program(spec, &self.cli.command), Status::NotStarted, &why);
            }
        }
        if self.alarm.cause() == Some(Cause::Interrupted) {
            report.status = Status::Interrupted;
        }
        report.seconds = begin.elapsed().as_secs_f64();
        report
    }

    fn program<'a>(&self, spec: &'a Spec, command: &'a [String]) -> Program<'a> {
        Program { spec, command, words: self.words }
    }

    /// The submission, or our own program, built.
    fn command(&self, spec: &Spec) -> Result<Vec<String>, String> {
        if let Some(build) = &self.cli.build {
            self.run(Command::new("/bin/sh").args(["-c", build]))?;
        }
        if !self.cli.command.is_empty() {
            return Ok(self.cli.command.clone());
        }
        let folder = target_folder().ok_or("the grader is not in a target folder of cargo")?;
        self.run(&mut grade::cargo_build(&folder, &["-p", spec.name]))?;
        let command = spec.our_command(folder.join(spec.name)).into_iter();
        Ok(command.map(|word| word.to_string_lossy().into_owned()).collect())
    }

    /// Runs a build to its end; what it prints is shown as it comes.
    fn run(&self, command: &mut Command) -> Result<(), String> {
        let shown = format!("{command:?}").replace('"', "");
        // What is meant for the person goes where standard output is not the result's.
        let output = command.stdin(Stdio::null()).stdout(std::io::stderr()).spawn();
        let mut child = output.map_err(|why| format!("cannot run {shown}: {why}"))?;
        self.alarm.add(child.id(), Duration::from_secs(3600));
        let status = loop {
            match child.try_wait() {
                Ok(Some(status)) => break status,
                Ok(None) => std::thread::sleep(Duration::from_millis(10)),
                Err(why) => return Err(format!("cannot wait for {shown}: {why}")),
            }
        };
        self.alarm.remove(child.id());
        if status.success() { Ok(()) } else { Err(format!("{shown} failed ({status})")) }
    }

    fn checks(&self, spec: &Spec, report: &mut Report) {
        let checks = self.selected(spec);
        let mut runs: Vec<Vec<Judged>> = vec![Vec::new(); checks.len()];
        let progress = Progress::new(checks.len() * self.cli.repeat as usize);
        let command = resolved(&report.command);
        for _ in 0..self.cli.repeat {
            let judge = |check: &Check| self.judge(spec, check, &command);
            let judged =
                in_order(&checks, self.jobs(&report.command), judge, |_, _| progress.step());
            for (all, one) in runs.iter_mut().zip(judged) {
                all.push(one);
            }
        }
        progress.end();
        let tests = checks.iter().zip(&runs);
        let program = self.program(spec, &report.command);
        report.tests = tests.map(|(check, runs)| Test::new(check, runs, &program)).collect();
        report.sum_up();
    }

    /// Those that were asked for, and what they need, in the order of the spec.
    fn selected(&self, spec: &Spec) -> Vec<Check> {
        let asked = |id: &str| {
            self.cli.only.is_empty() || self.cli.only.iter().any(|part| id.contains(part.as_str()))
        };
        let ids = spec.checks.iter().map(|check| check.id);
        let mut wanted: Vec<&str> = ids.filter(|id| asked(id)).collect();
        // Backwards, so that what is needed by what is needed is found too.
        for check in spec.checks.iter().rev() {
            if wanted.contains(&check.id) {
                wanted.extend(&check.needs);
            }
        }
        spec.checks.iter().filter(|check| wanted.contains(&check.id)).cloned().collect()
    }

    /// Programs that share the machine's ports, and cannot be told which to use, take turns.
    fn jobs(&self, command: &[String]) -> usize {
        let told_the_port = command.iter().any(|word| word.contains("{port}"));
        if !self.private_network && !told_the_port {
            return 1;
        }
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        self.cli.jobs.map_or(2 * cores, usize::from)
    }

    /// Has a worker look at one check.
    fn judge(&self, spec: &Spec, check: &Check, command: &[String]) -> Judged {
        let begin = Instant::now();
        if self.alarm.cause().is_none() {
            let job = Job {
                exercise: spec.name.to_owned(),
                check: check.id.to_owned(),
                command: command.to_vec(),
                private_network: self.private_network,
            };
            let judged =
                self.ask_a_worker(&job).unwrap_or_else(|why| worker::fault(why.to_string()));
            if self.alarm.cause().is_none() {
                return judged;
            }
        }
        let verdict = match self.alarm.cause() {
            Some(Cause::Deadline) => {
                let failure = Box::new(Failure::new(self.words.of(say::TIME_IS_UP)));
                Verdict::Failed { earned: 0, failure }
            }
            _ => Verdict::Fault { why: self.words.of(say::INTERRUPTED).to_owned() },
        };
        Judged { verdict, time: begin.elapsed() }
    }

    fn ask_a_worker(&self, job: &Job) -> std::io::Result<Judged> {
        let mut child = Command::new(std::env::current_exe()?)
            .arg(worker::FLAG)
            .env("GRADE_SLOW", self.cli.slow.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        self.alarm.add(child.id(), patience().mul_f64(self.cli.slow) * WAITS);
        let asked = child.stdin.take().map(|mut stdin| stdin.write_all(&serde_json::to_vec(job)?));
        let mut answer = Vec::new();
        if let Some(mut stdout) = child.stdout.take() {
            std::io::Read::read_to_end(&mut stdout, &mut answer)?;
        }
        self.alarm.remove(child.id());
        let status = child.wait()?;
        fence::take_down(child.id());
        asked.transpose()?;
        serde_json::from_slice(&answer).map_err(|_| {
            let check = &job.check;
            std::io::Error::other(format!(
                "the worker for {check} ended without a verdict ({status})"
            ))
        })
    }
}

/// The command with the interpreter itself: a script in its place starts processes of its own, which
/// would be counted as the submission's.
fn resolved(command: &[String]) -> Vec<String> {
    let mut command = command.to_vec();
    if let Some(first) = command.first_mut().filter(|first| *first == "python3")
        && let Some(path) = grade::find(first)
    {
        *first = path.to_string_lossy().into_owned();
    }
    command
}

/// `target/debug`, or where else the grader itself was built.
fn target_folder() -> Option<PathBuf> {
    Some(std::env::current_exe().ok()?.parent()?.to_owned())
}

/// How many checks are done, on a terminal only.
struct Progress {
    all: usize,
    done: AtomicUsize,
    shown: bool,
    // One line at a time.
    line: Mutex<()>,
}

impl Progress {
    fn new(all: usize) -> Self {
        let shown = std::io::stderr().is_terminal();
        Self { all, done: AtomicUsize::new(0), shown, line: Mutex::new(()) }
    }

    fn step(&self) {
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        if self.shown {
            let _one = self.line.lock();
            eprint!("\r{done}/{}", self.all);
        }
    }

    fn end(&self) {
        if self.shown {
            eprint!("\r\x1b[K");
        }
    }
}
