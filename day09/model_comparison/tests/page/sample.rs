//! A report whose figures are made up: nothing is measured, nothing varies.

use std::time::Duration;

use model_comparison::at_rest::{Cost, Rest, Resting};
use model_comparison::load::Latency;
use model_comparison::machine::Machine;
use model_comparison::plan::{Kind, Plan};
use model_comparison::report::Report;
use model_comparison::rounds::{Cell, Figures, cells};
use model_comparison::servers::{LeftOut, Model, Server};

/// Nine servers at up to 10,000 clients; some fail there, some answer a part of their clients.
pub(crate) fn report() -> Report {
    let plan = Plan::full();
    let servers = Server::all();
    let (mut cells, left_out) = cells(&servers, &plan);
    for cell in &mut cells {
        let server = servers.iter().find(|server| server.name == cell.server).expect("a server");
        cell.rounds = (0..plan.rounds).map(|round| made_up(server, cell, round)).collect();
    }
    let rest = |what, kib, create_ns, switch_ns| Rest {
        what,
        result: Ok(Cost { count: 10_000, kib, create_ns, switch_ns }),
    };
    Report {
        machine: Machine {
            date: "Sat, 28 Nov 2026 12:00:00 GMT".to_owned(),
            processor: "a <made-up> processor".to_owned(),
            cores: 2,
            memory_gib: 8.0,
            linux: "6.18".to_owned(),
            debug_build: false,
        },
        rounds: plan.rounds,
        at_rest: vec![
            rest(Resting::Thread, 29.8, 24_000.0, 4_100.0),
            rest(Resting::Task, 4.7, 2_600.0, 155.0),
            Rest { what: Resting::Greenlet, result: Err("no room for more".to_owned()) },
        ],
        left_out: [vec![LeftOut { what: "a <tag>".to_owned(), why: "a & b".to_owned() }], left_out]
            .concat(),
        plan,
        servers,
        cells,
    }
}

/// One round: the curves have the shapes of real ones, and a little noise.
fn made_up(server: &Server, cell: &Cell, round: usize) -> Result<Figures, String> {
    let n = cell.clients as f64;
    if cell.clients == 10_000 && matches!(server.model, Model::Loop | Model::Select) {
        return Err("at client 5,120 of 10,000: no room to wait to be accepted".to_owned());
    }
    let slow = if server.is_python() { 2.0 } else { 1.0 };
    let (most, each) = match server.model {
        Model::Loop => (12_000.0, 0.02),
        Model::Select => (260_000.0, 0.6),
        Model::Fork => (130_000.0 / (1.0 + n / 5_000.0), 110.0),
        Model::Thread => (150_000.0 / (1.0 + n / 8_000.0), 32.0),
        Model::Coroutine => (220_000.0, 7.0),
    };
    let alone = matches!(server.model, Model::Loop);
    let serial = matches!(server.model, Model::Loop | Model::Select);
    let served = if alone { 1.0 } else { n };
    let rate = match cell.kind {
        Kind::Idle => 1_000.0,
        Kind::Echo => (served * 14_000.0).min(most / slow),
        Kind::Io => (if serial { 1.0 } else { served } * 100.0).min(most / slow),
        Kind::Cpu => match server.model {
            Model::Fork | Model::Thread => (served * 960.0).min(1_900.0),
            _ => 980.0,
        },
    };
    let rate = rate * (1.0 + 0.01 * round as f64);
    let p99 =
        Duration::from_secs_f64(if alone && n > 1.0 { 1.0 } else { 1.2 * n.min(rate) / rate });
    let base = if server.is_python() { 12_000.0 } else { 1_200.0 };
    Ok(Figures {
        rate,
        latency: Some(Latency { p50: p99 / 2, p90: p99, p99, max: p99 * 2, missing: 0.0 }),
        cpu_us: 1e6 / most * slow * (1.0 + 4.0 / n),
        memory_kib: base + n * each * slow,
        memory_each_kib: each,
        taken_in_us: (cell.kind == Kind::Idle).then_some(each * 2.0),
        taken_in_cpu_us: (cell.kind == Kind::Idle).then_some(10.0 + each * slow + 100.0 / n),
        answered: if alone { 1 } else { cell.clients },
        load_cpu: 0.9,
    })
}
