//! The views of the report: one figure under one load, by the number of clients.

use super::Report;
use crate::plan::Kind;
use crate::rounds::{Cell, Figures};
use crate::stats::{groups, median, range};

/// One of the figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Figure {
    /// Answers a second.
    Rate,
    /// Half of the answers came within so many milliseconds.
    P50,
    /// 99 of 100 answers came within so many milliseconds.
    P99,
    /// MiB of all processes of the server.
    Memory,
    /// Microseconds of the server's processor time to take in a client.
    TakenIn,
    /// Microseconds of the server's processor time for a message.
    Cpu,
}

impl Figure {
    /// Its name and unit, as a heading of the table.
    pub fn heading(self) -> &'static str {
        match self {
            Figure::Rate => "messages per second",
            Figure::P50 => "milliseconds within which half of the answers came",
            Figure::P99 => "milliseconds within which 99 of 100 answers came",
            Figure::Memory => "memory of the server, MiB",
            Figure::TakenIn => "processor time to take in a client, microseconds",
            Figure::Cpu => "processor time for a message, microseconds",
        }
    }

    /// Digits after the point.
    pub fn digits(self) -> usize {
        match self {
            Figure::Rate => 0,
            Figure::P50 | Figure::P99 => 2,
            Figure::Memory | Figure::TakenIn | Figure::Cpu => 1,
        }
    }

    /// Whether more is better.
    pub fn more_is_better(self) -> bool {
        self == Figure::Rate
    }

    /// Its value in one round; `None` if it was not measured, or would say nothing.
    pub fn of(self, figures: &Figures) -> Option<f64> {
        match self {
            Figure::Rate => Some(figures.rate),
            Figure::P50 => Some(figures.latency?.p50.as_secs_f64() * 1e3),
            Figure::P99 => Some(figures.latency?.p99.as_secs_f64() * 1e3),
            Figure::Memory => Some(figures.memory_kib / 1024.0),
            Figure::TakenIn => figures.taken_in_cpu_us,
            Figure::Cpu => Some(figures.cpu_us),
        }
    }
}

/// A figure under a load: a matrix of the table, a panel of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct View {
    /// What is shown.
    pub figure: Figure,
    /// Under which load.
    pub kind: Kind,
}

/// Those of the report, in its order.
pub const VIEWS: [View; 10] = [
    View { figure: Figure::Rate, kind: Kind::Echo },
    View { figure: Figure::Rate, kind: Kind::Io },
    View { figure: Figure::Rate, kind: Kind::Cpu },
    View { figure: Figure::P99, kind: Kind::Idle },
    View { figure: Figure::P99, kind: Kind::Echo },
    View { figure: Figure::P99, kind: Kind::Io },
    View { figure: Figure::Memory, kind: Kind::Idle },
    View { figure: Figure::TakenIn, kind: Kind::Idle },
    View { figure: Figure::Cpu, kind: Kind::Echo },
    View { figure: Figure::Cpu, kind: Kind::Idle },
];

/// What a view shows of one server at one number of clients.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Point {
    /// It was not measured.
    Absent,
    /// It failed in every round.
    Failed,
    /// The median of the rounds; some clients had no answer.
    Partly(f64),
    /// The median of the rounds.
    Whole(f64),
}

impl View {
    /// What its numbers, though not its chart, say besides.
    pub fn besides(self) -> Option<View> {
        (self.figure == Figure::P99).then_some(View { figure: Figure::P50, ..self })
    }

    /// What one server shows.
    pub fn point(self, report: &Report, server: &str, clients: usize) -> Point {
        let Some(cell) = report.cell(server, self.kind, clients) else { return Point::Absent };
        let value = median(&cell.series(|figures| self.figure.of(figures)));
        match (value, cell.answered()) {
            (Some(value), Some(answered)) if answered < clients => Point::Partly(value),
            (Some(value), _) => Point::Whole(value),
            (None, _) if cell.rounds.iter().any(Result::is_err) => Point::Failed,
            (None, _) => Point::Absent,
        }
    }

    /// The least and the greatest of the rounds.
    pub fn range(self, report: &Report, server: &str, clients: usize) -> Option<(f64, f64)> {
        let cell = report.cell(server, self.kind, clients)?;
        range(&cell.series(|figures| self.figure.of(figures)))
    }

    /// Groups of servers, the best first, as far as the rounds agree on their order. Whoever failed
    /// once or left a client without an answer has no place in it.
    pub fn order(self, report: &Report, clients: usize) -> Vec<Vec<&'static str>> {
        let sound = |cell: &&Cell| {
            cell.clients == clients
                && cell.kind == self.kind
                && cell.failure().is_none()
                && cell.answered() == Some(clients)
        };
        let cells: Vec<&Cell> = report.cells.iter().filter(sound).collect();
        let better = |value: f64| if self.figure.more_is_better() { value } else { 1.0 / value };
        let series: Vec<Vec<f64>> = cells
            .iter()
            .map(|cell| cell.series(|figures| self.figure.of(figures).map(better)))
            .collect();
        let series: Vec<&[f64]> = series.iter().map(Vec::as_slice).collect();
        let names =
            |group: Vec<usize>| group.into_iter().map(|index| cells[index].server).collect();
        groups(&series).into_iter().map(names).collect()
    }
}
