//! Many threads beside as many coroutines, all at rest: what each takes, costs to create, to switch.
//!
//! Each kind is measured in a process of its own, which is this program once more: what the others
//! had allocated would be in its figures otherwise.

mod coroutines;
mod memory;
mod threads;

use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};

use crate::stats::median;

/// What rests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resting {
    /// A thread that sleeps.
    Thread,
    /// A task of `gevent`, which the hub wakes.
    Task,
    /// A bare `greenlet`, which somebody must switch to.
    Greenlet,
}

/// What each of them costs.
#[derive(Clone, Debug)]
pub struct Rest {
    /// What rests.
    pub what: Resting,
    /// How many there were, or why there could not be.
    pub result: Result<Cost, String>,
}

/// The cost of one.
#[derive(Clone, Copy, Debug)]
pub struct Cost {
    /// How many there were at once.
    pub count: u64,
    /// Memory in KiB, page tables and the kernel's stack included.
    pub kib: f64,
    /// To create it and see it begin, in nanoseconds.
    pub create_ns: f64,
    /// From one of them to the next, in nanoseconds.
    pub switch_ns: f64,
}

/// The hidden option by which this program calls itself.
pub const OPTION: &str = "--at-rest";

impl Resting {
    /// All of them, in the order of the report.
    pub const ALL: [Resting; 3] = [Resting::Thread, Resting::Task, Resting::Greenlet];

    /// Its name on the command line and in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Resting::Thread => "thread",
            Resting::Task => "gevent task",
            Resting::Greenlet => "greenlet",
        }
    }

    /// Measures so many, each time in a process of its own; gives the medians.
    pub fn measure(self, count: usize, times: usize) -> Rest {
        let costs: Result<Vec<Cost>, String> = (0..times).map(|_| self.ask(count)).collect();
        let result = costs.and_then(|costs| {
            let middle = |figure: fn(&Cost) -> f64| {
                let values: Vec<f64> = costs.iter().map(figure).collect();
                median(&values).ok_or("it was not measured")
            };
            Ok(Cost {
                count: costs.first().map_or(0, |cost| cost.count),
                kib: middle(|cost| cost.kib)?,
                create_ns: middle(|cost| cost.create_ns)?,
                switch_ns: middle(|cost| cost.switch_ns)?,
            })
        });
        Rest { what: self, result }
    }

    fn ask(self, count: usize) -> Result<Cost, String> {
        let failed = |error: std::io::Error| common::reason(&error);
        let this = std::env::current_exe().map_err(failed)?;
        let mut again = Command::new(this);
        let output =
            again.args([OPTION, self.name(), &count.to_string()]).output().map_err(failed)?;
        let answer: Value = serde_json::from_slice(&output.stdout).map_err(|_| {
            let said = String::from_utf8_lossy(&output.stderr);
            said.lines().last().unwrap_or("it ended without a word").to_owned()
        })?;
        let number = |name: &str| answer[name].as_f64().unwrap_or(f64::NAN);
        Ok(Cost {
            count: answer["count"].as_u64().unwrap_or(0),
            kib: number("kib"),
            create_ns: number("create_ns"),
            switch_ns: number("switch_ns"),
        })
    }
}

/// What the process that was called with [`OPTION`] does: measures, and gives one JSON object.
///
/// # Errors
///
/// No such kind, or no room for so many.
pub fn answer(kind: &str, count: usize) -> Result<Value, String> {
    let kind = Resting::ALL.into_iter().find(|known| known.name() == kind);
    let count = count.max(2);
    let cost = match kind.ok_or("no such kind")? {
        Resting::Thread => threads::ring(count)?,
        Resting::Task => coroutines::tasks(count),
        Resting::Greenlet => coroutines::greenlets(count),
    };
    Ok(json!({
        "count": cost.count, "kib": cost.kib,
        "create_ns": cost.create_ns, "switch_ns": cost.switch_ns,
    }))
}

fn cost(count: usize, kib: u64, create: Duration, switch: Duration, switches: usize) -> Cost {
    Cost {
        count: count as u64,
        kib: kib as f64 / count as f64,
        create_ns: create.as_nanos() as f64 / count as f64,
        switch_ns: switch.as_nanos() as f64 / switches as f64,
    }
}
