#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use common::{Failure, stop};
use indicatif::{ProgressBar, ProgressStyle};

use model_comparison::at_rest::{self, Resting};
use model_comparison::cores::Cores;
use model_comparison::machine::{self, Machine};
use model_comparison::plan::Plan;
use model_comparison::report::Report;
use model_comparison::rounds;
use model_comparison::servers::{self, LeftOut, Server};

/// Every model under one load, measured and drawn: loop, fork, threads, select, coroutines.
#[derive(Parser)]
#[command(version, max_term_width = 100)]
struct Cli {
    /// Under a minute: up to 100 clients, measured less exactly
    #[arg(long)]
    quick: bool,

    /// Print one JSON object and nothing else
    #[arg(long)]
    json: bool,

    /// Write a page with charts (index.html), its figures and a picture into this folder
    #[arg(long, value_name = "DIR")]
    report: Option<PathBuf>,

    /// Only these servers, such as thread_server,thread_server.py
    #[arg(long, value_name = "NAME,…", value_delimiter = ',', help_heading = "Rarely used")]
    servers: Vec<String>,

    /// Only these numbers of clients
    #[arg(long, value_name = "N,…", value_delimiter = ',', value_parser = clap::value_parser!(u32).range(1..=50_000), help_heading = "Rarely used")]
    clients: Vec<u32>,

    /// How often everything is measured
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000), help_heading = "Rarely used")]
    rounds: Option<u32>,

    /// How long one measurement lasts
    #[arg(long, value_name = "SECONDS", value_parser = common::args::positive_seconds, help_heading = "Rarely used")]
    seconds: Option<Duration>,

    #[arg(long, value_names = ["KIND", "N"], num_args = 2, hide = true)]
    at_rest: Vec<String>,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    common::program::exit_code(match cli.at_rest.as_slice() {
        [kind, count] => at_rest::answer(kind, count.parse().unwrap_or(0))
            .map(|answer| println!("{answer}"))
            .map_err(Failure::from),
        _ => compare(&cli),
    })
}

fn compare(cli: &Cli) -> Result<(), Failure> {
    if cfg!(debug_assertions) {
        eprintln!("warning: a debug build; for figures worth a look, cargo run --release");
    }
    let no_start = |why: std::io::Error| Failure::new("cannot start", &why);
    stop::on_signals().map_err(no_start)?;

    // 【1】要比较的服务端：我们的，和 Python 原来的 / who is compared: ours, and the Python originals.
    let (mut plan, mut left_out) = cli.plan();
    let servers = cli.choose(&mut left_out)?;
    let cores = Cores::of_this_machine().map_err(|errno| no_start(errno.into()))?;
    plan.clients.sort_unstable();

    // 【2】一轮一轮地测：每一轮都轮流走遍所有服务端 / rounds: each visits every server under every load.
    let (mut cells, pointless) = rounds::cells(&servers, &plan);
    left_out.extend(pointless);
    let bar = progress(cells.len() * plan.rounds);
    let whole = rounds::run(&mut cells, &servers, &plan, &cores, |cell| {
        bar.inc(1);
        bar.set_message(format!("{}, {} clients, {}", cell.server, cell.clients, cell.kind.name()));
    });

    // 【3】一万个线程，旁边一万个协程，都在休息 / threads beside coroutines, all at rest.
    bar.set_message("threads and coroutines at rest");
    let at_rest = Resting::ALL
        .into_iter()
        .take_while(|_| !stop::requested())
        .map(|what| what.measure(plan.at_rest, plan.rounds.min(3)))
        .collect();
    bar.finish_and_clear();

    // 【4】报告：说出测到的，也说出没测到的 / the report: also what failed and what was left out.
    let machine = Machine::here(cores.count);
    let report = Report { machine, plan, servers, cells, at_rest, left_out, rounds: whole };
    match cli.json {
        true => println!("{}", report.to_json()),
        false => print!("{report}"),
    }
    if let Some(folder) = &cli.report {
        report.write(folder)?;
        eprintln!("the page is {}", folder.join("index.html").display());
    }
    Ok(())
}

impl Cli {
    /// What the options ask for, as far as the machine allows.
    fn plan(&self) -> (Plan, Vec<LeftOut>) {
        let mut plan = if self.quick { Plan::quick() } else { Plan::full() };
        if !self.clients.is_empty() {
            plan.clients = self.clients.iter().map(|&count| count as usize).collect();
        }
        plan.rounds = self.rounds.map_or(plan.rounds, |rounds| rounds as usize);
        plan.window = self.seconds.unwrap_or(plan.window);
        let left_out = machine::fit(&mut plan.clients);
        (plan, left_out)
    }

    fn choose(&self, left_out: &mut Vec<LeftOut>) -> Result<Vec<Server>, Failure> {
        let mut all = servers::build()?;
        let (python, missing) = servers::python();
        all.extend(python);
        left_out.extend(missing);
        if let Some(unknown) =
            self.servers.iter().find(|name| !all.iter().any(|server| server.name == name.as_str()))
        {
            let known: Vec<&str> = all.iter().map(|server| server.name).collect();
            return Err(format!("no server {unknown:?} here (try {})", known.join(", ")).into());
        }
        if !self.servers.is_empty() {
            all.retain(|server| self.servers.iter().any(|name| name == server.name));
        } else if self.quick {
            left_out.extend(servers::without_twins(&mut all));
        }
        Ok(all)
    }
}

/// Shown on a terminal only.
fn progress(steps: usize) -> ProgressBar {
    let style = ProgressStyle::with_template("[{bar:30}] {percent:>3}% {eta:>4} left  {msg}");
    let bar = ProgressBar::new(steps as u64);
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar
}
