//! The rounds: each visits every server under every load in turn, because machines are noisy.

use std::time::{Duration, Instant};

use common::stop;

use crate::cores::Cores;
use crate::load::{Broken, Crowd, Latency, Pace};
use crate::plan::{Kind, Plan};
use crate::servers::{LeftOut, Server};

/// What one server did under one load, round after round.
#[derive(Clone, Debug)]
pub struct Cell {
    /// The server's name.
    pub server: &'static str,
    /// What its clients did.
    pub kind: Kind,
    /// How many clients there were.
    pub clients: usize,
    /// The figures of each round, or why there are none.
    pub rounds: Vec<Result<Figures, String>>,
}

/// What was measured once.
#[derive(Clone, Copy, Debug)]
pub struct Figures {
    /// Answers a second.
    pub rate: f64,
    /// How long answers took.
    pub latency: Option<Latency>,
    /// Processor time of the server for each message, in microseconds.
    pub cpu_us: f64,
    /// The server's memory, in KiB.
    pub memory_kib: f64,
    /// The share of it that came with the clients, for each.
    pub memory_each_kib: f64,
    /// From connecting the first client until each has an answer, for each, in microseconds; idle
    /// clients only.
    pub taken_in_us: Option<f64>,
    /// Processor time of the server for each client meanwhile, in microseconds.
    pub taken_in_cpu_us: Option<f64>,
    /// Clients that have had an answer by the end.
    pub answered: usize,
    /// The share of its core that the load used.
    pub load_cpu: f64,
}

/// What is to be measured, in the order of one round.
pub fn cells(servers: &[Server], plan: &Plan) -> (Vec<Cell>, Vec<LeftOut>) {
    let (mut cells, mut left_out) = (Vec::new(), Vec::new());
    for kind in Kind::ALL {
        for &clients in &plan.clients {
            if let Some(why) = plan.leaves_out(kind, clients) {
                let what = format!("{clients} clients, {}", kind.name());
                left_out.push(LeftOut { what, why });
                continue;
            }
            let cell =
                |server: &Server| Cell { server: server.name, kind, clients, rounds: Vec::new() };
            cells.extend(servers.iter().map(cell));
        }
    }
    (cells, left_out)
}

/// Measures until all is done, the time is up, or Ctrl-C; `progress` is told of each step.
/// Gives how many whole rounds there were.
pub fn run(
    cells: &mut [Cell],
    servers: &[Server],
    plan: &Plan,
    cores: &Cores,
    progress: impl Fn(&Cell),
) -> usize {
    let begin = Instant::now();
    for round in 0..plan.rounds {
        for cell in cells.iter_mut() {
            progress(cell);
            let Some(server) = servers.iter().find(|server| server.name == cell.server) else {
                continue;
            };
            if hopeless(cell) {
                continue;
            }
            let result = measure(server, cell.kind, cell.clients, plan, cores);
            if stop::requested() {
                return round;
            }
            cell.rounds.push(result);
            if plan.budget.is_some_and(|budget| begin.elapsed() > budget) {
                return round;
            }
        }
    }
    plan.rounds
}

/// It failed twice and never did otherwise: a third time would only cost time.
fn hopeless(cell: &Cell) -> bool {
    cell.rounds.len() >= 2 && cell.rounds.iter().all(Result::is_err)
}

fn measure(
    server: &Server,
    kind: Kind,
    clients: usize,
    plan: &Plan,
    cores: &Cores,
) -> Result<Figures, String> {
    // 计算型：服务器可以用所有的核，看谁用得上 / computing: on all cores, to see who can use them.
    match kind {
        Kind::Cpu => cores.enter_all(),
        _ => cores.enter_server(),
    }
    let running = server.start(kind.work());
    cores.enter_load();
    let running = running?;
    let alone = running.processes();
    let (cpu_alone, memory_alone) = (alone.cpu(), alone.memory_kib());

    let broken = |error: Broken| running.why(&error.to_string());
    let mut crowd = Crowd::connect(running.address(), clients, plan.patience).map_err(broken)?;
    let pace = match kind {
        Kind::Idle => Pace::Calm(plan.idle_rate),
        _ => Pace::Busy,
    };
    let taken_in = match kind {
        Kind::Idle => Some(crowd.greet(plan.settle).map_err(broken)?),
        _ => {
            crowd.warm_up(pace, plan.warm_up, plan.settle).map_err(broken)?;
            None
        }
    };
    // 没有全部接纳，平均就没有意义 / a mean over clients of whom some still wait would flatter.
    let taken_in = taken_in.filter(|_| crowd.answered() == clients);
    let processes = running.processes();
    let before = processes.cpu();
    let tally = crowd.talk(pace, plan.window).map_err(broken)?;
    let cpu = processes.cpu().saturating_sub(before);
    if tally.messages == 0 {
        return Err(running.why(&format!("no answer in {:?}", plan.window)));
    }
    let memory = processes.memory_kib();

    let us_each = |time: Duration| time.as_secs_f64() * 1e6 / clients as f64;
    Ok(Figures {
        rate: tally.messages as f64 / tally.seconds,
        latency: tally.latency,
        cpu_us: cpu.as_secs_f64() * 1e6 / tally.messages as f64,
        memory_kib: memory as f64,
        memory_each_kib: memory.saturating_sub(memory_alone) as f64 / clients as f64,
        taken_in_us: taken_in.map(us_each),
        taken_in_cpu_us: taken_in.map(|_| us_each(before.saturating_sub(cpu_alone))),
        answered: tally.answered,
        load_cpu: tally.load_cpu,
    })
}

impl Cell {
    /// What went well.
    pub fn good(&self) -> impl Iterator<Item = &Figures> {
        self.rounds.iter().flatten()
    }

    /// One figure of each round that went well.
    pub fn series(&self, figure: impl Fn(&Figures) -> Option<f64>) -> Vec<f64> {
        self.good().filter_map(figure).collect()
    }

    /// Why it failed, if ever it did.
    pub fn failure(&self) -> Option<&str> {
        self.rounds.iter().find_map(|round| round.as_ref().err()).map(String::as_str)
    }

    /// The least number of clients that were answered in a round that went well.
    pub fn answered(&self) -> Option<usize> {
        self.good().map(|figures| figures.answered).min()
    }
}
