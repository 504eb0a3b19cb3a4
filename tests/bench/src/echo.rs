//! Echo servers, one after the other in each round, under the same load.

use std::str::FromStr;

use grade::{Failure, Result, Server};

use crate::load::Load;
use crate::{cores, median, table};

/// What is measured, and how often: `[--seconds S] [--rounds N] [--connections C]`.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// The load of each server in each round.
    pub load: Load,
    /// How often each server has its turn.
    pub rounds: usize,
}

impl Options {
    /// Those of the command line; 100 connections, 5 rounds of 2 s without them.
    pub fn from_args() -> Result<Options> {
        let load = Load { connections: 100, seconds: 2.0, bytes: 64 };
        let mut options = Options { load, rounds: 5 };
        let mut args = std::env::args().skip(1);
        while let Some(name) = args.next() {
            let value = args.next().unwrap_or_default();
            match name.as_str() {
                "--seconds" => options.load.seconds = number(&name, &value)?,
                "--rounds" => options.rounds = number(&name, &value)?,
                "--connections" => options.load.connections = number(&name, &value)?,
                _ => return Err(Failure::new(format!("error: unknown option {name}"))),
            }
        }
        Ok(options)
    }

    /// Measures the servers, and prints the table; ratios are to the first.
    pub fn compare(&self, servers: &[(String, Server)]) -> Result {
        let mut measures: Vec<Vec<Measure>> = servers.iter().map(|_| Vec::new()).collect();
        for _ in 0..self.rounds {
            for ((_, server), measures) in servers.iter().zip(&mut measures) {
                measures.push(one(server, &self.load)?);
            }
        }
        report(servers, &measures, &self.load, self.rounds);
        Ok(())
    }
}

fn number<T: FromStr>(name: &str, value: &str) -> Result<T> {
    value.parse().map_err(|_| Failure::new(format!("error: {name} {value:?} is no number")))
}

/// What one round of one server gave.
struct Measure {
    rate: f64,
    cpu_us: f64,
    served: usize,
}

fn one(server: &Server, load: &Load) -> Result<Measure> {
    cores::move_to(cores::SERVER)?;
    let running = server.clone().start()?;
    cores::move_to(cores::LOAD)?;
    let count = load.run(running.addr(), || running.cpu_time())?;
    Ok(Measure {
        rate: count.messages as f64 / count.seconds,
        cpu_us: count.cpu.as_secs_f64() * 1e6 / count.messages.max(1) as f64,
        served: count.served,
    })
}

fn report(servers: &[(String, Server)], measures: &[Vec<Measure>], load: &Load, rounds: usize) {
    let of = |measures: &[Measure], field: fn(&Measure) -> f64| {
        median(measures.iter().map(field).collect())
    };
    let limit = (of(&measures[0], |m| m.rate), of(&measures[0], |m| m.cpu_us));
    let rows: Vec<Vec<String>> = servers
        .iter()
        .zip(measures)
        .map(|((name, _), measures)| {
            let (rate, cpu_us) = (of(measures, |m| m.rate), of(measures, |m| m.cpu_us));
            vec![
                name.clone(),
                table::thousands(rate),
                format!("{:.2}", rate / limit.0),
                format!("{cpu_us:.1}"),
                format!("{:.2}", cpu_us / limit.1),
                format!("{:.0} of {}", of(measures, |m| m.served as f64), load.connections),
            ]
        })
        .collect();
    let title = format!(
        "echo, {} bytes, {} connections, one message on its way on each; server on one core, load on another;\nmedian of {rounds} interleaved rounds of {} s",
        load.bytes, load.connections, load.seconds
    );
    let heads =
        ["server", "messages/s", "to first", "CPU us/message", "to first", "clients served"];
    table::print(&title, &heads, &rows);
}
