#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod cli;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;
use common::{Failure, stop};
use indicatif::{ProgressBar, ProgressStyle};

use model_comparison::at_rest::{self, Resting};
use model_comparison::cores::Cores;
use model_comparison::machine::Machine;
use model_comparison::report::Report;
use model_comparison::rounds;

use cli::Cli;

fn main() -> ExitCode {
    let cli = Cli::parse();
    common::program::exit_code(match cli.at_rest.as_slice() {
        [kind, count] => at_rest::answer(kind, count.parse().unwrap_or(0))
            .map_err(Failure::from)
            .and_then(|answer| say(&answer)),
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
    let (plan, mut left_out) = cli.plan();
    let servers = cli.choose(&mut left_out)?;
    let cores = Cores::of_this_machine().map_err(|errno| no_start(errno.into()))?;

    // 【2】一轮一轮地测：每一轮都轮流走遍所有服务端 / rounds: each visits every server under every load.
    let (mut cells, not_planned) = rounds::cells(&servers, &plan);
    left_out.extend(not_planned);
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
        .take_while(|_| !stop::requested())
        .collect();
    bar.finish_and_clear();

    // 【4】报告：说出测到的，也说出没测到的 / the report: also what failed and what was left out.
    let machine = Machine::here(cores.count);
    let report = Report { machine, plan, servers, cells, at_rest, left_out, rounds: whole };
    match cli.json {
        true => say(&report.to_json())?,
        false => say(&report.to_string().trim_end())?,
    }
    if let Some(folder) = &cli.report {
        report.write(folder)?;
        eprintln!("the page is {}", folder.join("index.html").display());
    }
    Ok(())
}

/// Whoever reads may have enough, as `head` has: that is no failure.
fn say(what: &impl std::fmt::Display) -> Result<(), Failure> {
    match writeln!(io::stdout(), "{what}") {
        Err(why) if why.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::new("cannot print", &why))
        }
        _ => Ok(()),
    }
}

/// Shown on a terminal only.
fn progress(steps: usize) -> ProgressBar {
    let style = ProgressStyle::with_template("[{bar:30}] {percent:>3}% {eta:>4} left  {msg}");
    let bar = ProgressBar::new(steps as u64);
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar
}
