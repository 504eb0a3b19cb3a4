//! The command line.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Parser, ValueEnum};

/// Grades a program from outside: ours, or anyone's, in any language.
#[derive(Clone, Debug, Parser)]
#[command(
    version,
    max_term_width = 100,
    override_usage = "grade [OPTIONS] EXERCISE...\n       grade [OPTIONS] EXERCISE -- COMMAND [ARG...]\n       grade [OPTIONS] --all\n       grade doctor",
    after_help = "\
In COMMAND, {port} stands for the port to listen on and {dir} for a folder with the exercise's
files; both are in its environment too, as PORT and DIR. A port written into the program is all
right where the machine allows a private network (`grade doctor` tells).

Exit status: 0 full marks, 1 points lost, 2 usage, 3 the program did not start (or build),
4 the grader's own fault, 130 interrupted."
)]
pub(crate) struct Cli {
    /// What is graded, `thread_server` for instance; `doctor` tells what this machine allows
    #[arg(value_name = "EXERCISE", required_unless_present_any = ["all", "list"])]
    pub(crate) exercises: Vec<String>,

    /// The submission; without it our own program is built and graded
    #[arg(last = true, value_name = "COMMAND")]
    pub(crate) command: Vec<String>,

    /// Grade every exercise
    #[arg(long, conflicts_with_all = ["exercises", "command"])]
    pub(crate) all: bool,

    /// List the exercises, or the checks of those named
    #[arg(long)]
    pub(crate) list: bool,

    /// Only the checks whose id contains this, and those they need
    #[arg(long, value_name = "ID")]
    pub(crate) only: Vec<String>,

    /// How much to say about a lost check: 1 where to look, 2 which call, 3 which line of ours
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u8).range(0..=3))]
    pub(crate) hint: u8,

    /// Run this by the shell before the clock starts; if it fails, the program did not start
    #[arg(long, value_name = "COMMAND")]
    pub(crate) build: Option<String>,

    /// Time for all checks together; those not done by then are failed
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub(crate) deadline: Option<Duration>,

    /// Grade so many times; a check counts as its worst run
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) repeat: u32,

    /// Wait so many times as long for everything, on a slow machine
    #[arg(long, value_name = "FACTOR", default_value_t = 1.0, value_parser = factor)]
    pub(crate) slow: f64,

    /// The language of titles and hints [default: from LANG]
    #[arg(long, value_name = "LANG")]
    pub(crate) lang: Option<Lang>,

    /// Write the result as JSON; - is standard output, the table then goes to standard error
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,

    /// Write the result as JUnit's XML; - is standard output
    #[arg(long, value_name = "FILE")]
    pub(crate) junit: Option<PathBuf>,

    /// So many checks at a time [default: twice the cores]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..), help_heading = "Rarely used")]
    pub(crate) jobs: Option<u16>,

    /// Do not use a private network, even if the machine allows one
    #[arg(long, help_heading = "Rarely used")]
    pub(crate) shared_network: bool,
}

/// The languages of what people read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Lang {
    En,
    Zh,
}

impl Lang {
    /// As `LC_ALL`, `LC_MESSAGES` and `LANG` say, the first that is set.
    pub(crate) fn of_the_environment() -> Self {
        let set = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
        let value = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().find_map(set);
        if value.is_some_and(|value| value.starts_with("zh")) { Self::Zh } else { Self::En }
    }
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().ok().filter(|&x: &f64| x > 0.0);
    seconds
        .and_then(|x| Duration::try_from_secs_f64(x).ok())
        .ok_or_else(|| "a number of seconds above 0, such as 60 or 0.5".to_owned())
}

fn factor(text: &str) -> Result<f64, String> {
    let factor = text.parse().ok().filter(|x| (1.0..=1000.0).contains(x));
    factor.ok_or_else(|| "a number from 1 to 1000".to_owned())
}
