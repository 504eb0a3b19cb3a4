//! The report as one JSON object: every round, nothing rounded.

use serde_json::{Value, json};

use super::Report;
use super::view::VIEWS;
use crate::at_rest::Rest;
use crate::rounds::{Cell, Figures};

impl Report {
    /// Everything: the figures of each round, what failed, what was left out, which orders hold.
    pub fn to_json(&self) -> Value {
        json!({
            "machine": {
                "date": self.machine.date,
                "processor": self.machine.processor,
                "cores": self.machine.cores,
                "memory_gib": self.machine.memory_gib,
                "linux": self.machine.linux,
                "debug_build": self.machine.debug_build,
            },
            "plan": {
                "clients": self.plan.clients,
                "rounds": self.plan.rounds,
                "seconds": self.plan.window.as_secs_f64(),
                "idle_messages_per_second": self.plan.idle_rate,
            },
            "whole_rounds": self.rounds,
            "cells": self.cells.iter().map(cell).collect::<Value>(),
            "orders": self.all_orders(),
            "at_rest": self.at_rest.iter().map(at_rest).collect::<Value>(),
            "left_out": self.left_out.iter()
                .map(|left_out| json!({ "what": left_out.what, "why": left_out.why }))
                .collect::<Value>(),
        })
    }

    fn all_orders(&self) -> Value {
        let all = VIEWS.iter().flat_map(|view| {
            self.plan.clients.iter().map(|&clients| {
                json!({
                    "figure": view.figure.heading(),
                    "load": view.kind.name(),
                    "clients": clients,
                    "best_first": view.order(self, clients),
                })
            })
        });
        all.collect()
    }
}

fn cell(cell: &Cell) -> Value {
    let round = |round: &Result<Figures, String>| match round {
        Ok(figures) => figures_of(figures),
        Err(why) => json!({ "failed": why }),
    };
    json!({
        "server": cell.server,
        "load": cell.kind.name(),
        "clients": cell.clients,
        "rounds": cell.rounds.iter().map(round).collect::<Value>(),
    })
}

fn figures_of(figures: &Figures) -> Value {
    let ms = |time: std::time::Duration| time.as_secs_f64() * 1e3;
    json!({
        "messages_per_second": figures.rate,
        "answered_clients": figures.answered,
        "latency_ms": figures.latency.map(|latency| json!({
            "p50": ms(latency.p50),
            "p90": ms(latency.p90),
            "p99": ms(latency.p99),
            "max": ms(latency.max),
            "missing": latency.missing,
        })),
        "cpu_us_per_message": figures.cpu_us,
        "memory_kib": figures.memory_kib,
        "memory_kib_per_client": figures.memory_each_kib,
        "taken_in_us_per_client": figures.taken_in_us,
        "taken_in_cpu_us_per_client": figures.taken_in_cpu_us,
        "load_cpu": figures.load_cpu,
    })
}

fn at_rest(rest: &Rest) -> Value {
    match &rest.result {
        Ok(cost) => json!({
            "one": rest.what.name(),
            "count": cost.count,
            "kib": cost.kib,
            "create_ns": cost.create_ns,
            "switch_ns": cost.switch_ns,
        }),
        Err(why) => json!({ "one": rest.what.name(), "failed": why }),
    }
}
