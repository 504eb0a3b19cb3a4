//! The options, and what they ask for.

use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;
use common::Failure;

use model_comparison::machine;
use model_comparison::plan::Plan;
use model_comparison::servers::{self, LeftOut, Server};

/// Every model under one load, measured and drawn: loop, fork, threads, select, coroutines.
#[derive(Parser)]
#[command(version, max_term_width = 100)]
pub(crate) struct Cli {
    /// Under a minute: up to 100 clients, measured less exactly
    #[arg(long)]
    pub(crate) quick: bool,

    /// Print one JSON object and nothing else
    #[arg(long)]
    pub(crate) json: bool,

    /// Write a page with charts (index.html), its figures and a picture into this folder
    #[arg(long, value_name = "DIR")]
    pub(crate) report: Option<PathBuf>,

    /// Only these servers, such as thread_server,thread_server.py
    #[arg(long, value_name = "NAME,…", value_delimiter = ',', help_heading = "Rarely used")]
    pub(crate) servers: Vec<String>,

    /// Only these numbers of clients
    #[arg(long, value_name = "N,…", value_delimiter = ',', value_parser = clap::value_parser!(u32).range(1..=50_000), help_heading = "Rarely used")]
    pub(crate) clients: Vec<u32>,

    /// How often everything is measured
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000), help_heading = "Rarely used")]
    pub(crate) rounds: Option<u32>,

    /// How long one measurement lasts
    #[arg(long, value_name = "SECONDS", value_parser = common::args::positive_seconds, help_heading = "Rarely used")]
    pub(crate) seconds: Option<Duration>,

    #[arg(long, value_names = ["KIND", "N"], num_args = 2, hide = true)]
    pub(crate) at_rest: Vec<String>,
}

impl Cli {
    /// What the options ask for, as far as the machine allows.
    pub(crate) fn plan(&self) -> (Plan, Vec<LeftOut>) {
        let mut plan = if self.quick { Plan::quick() } else { Plan::full() };
        if !self.clients.is_empty() {
            plan.clients = self.clients.iter().map(|&count| count as usize).collect();
            plan.clients.sort_unstable();
            plan.clients.dedup();
        }
        plan.rounds = self.rounds.map_or(plan.rounds, |rounds| rounds as usize);
        plan.window = self.seconds.unwrap_or(plan.window);
        let left_out = machine::fit(&mut plan.clients);
        (plan, left_out)
    }

    /// The servers that the options ask for, as far as the machine has them.
    ///
    /// # Errors
    ///
    /// They do not build, or there is none of that name.
    pub(crate) fn choose(&self, left_out: &mut Vec<LeftOut>) -> Result<Vec<Server>, Failure> {
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
