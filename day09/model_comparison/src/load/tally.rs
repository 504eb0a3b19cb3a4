//! What came back.

use std::time::{Duration, Instant};

use common::measure::Took;

use super::{Pace, client::Client};
use crate::stats::{Weighted, percentile};

/// What one measurement counted.
#[derive(Clone, Copy, Debug)]
pub struct Tally {
    /// Whole answers.
    pub messages: usize,
    /// In which time.
    pub seconds: f64,
    /// Clients that have been answered, in this time or before.
    pub answered: usize,
    /// How long answers took; `None` without a message.
    pub latency: Option<Latency>,
    /// The share of its core that the load itself used: near 1, it is the load that is measured.
    pub load_cpu: f64,
}

/// How long answers took.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Latency {
    /// Half of them came within this.
    pub p50: Duration,
    /// Nine of ten.
    pub p90: Duration,
    /// 99 of 100.
    pub p99: Duration,
    /// All of them.
    pub max: Duration,
    /// The share of answers that had not come at the end: whatever lies in it took longer than it says.
    pub missing: f64,
}

impl Tally {
    pub(super) fn of(clients: &[Client], pace: Pace, end: Instant, took: Took) -> Tally {
        Tally {
            messages: clients.iter().map(|client| client.took.len()).sum(),
            seconds: took.wall.as_secs_f64(),
            answered: clients.iter().filter(|client| client.answered).count(),
            latency: latency(clients, pace, end),
            load_cpu: took.cpu_per_second(),
        }
    }
}

fn latency(clients: &[Client], pace: Pace, end: Instant) -> Option<Latency> {
    let mut samples = Vec::new();
    let (mut missing, mut total) = (0.0, 0.0);
    for client in clients {
        let slowest = client.took.iter().max();
        // 还没等到的：已经比最慢的还久，才算数 / one that is on its way as usual says nothing yet.
        let overdue = client.due.iter().map(|&due| end.saturating_duration_since(due));
        let overdue: Vec<Duration> = overdue.filter(|waited| Some(waited) > slowest).collect();
        let count = client.took.len() + overdue.len();
        // 忙碌时每个客户端一样重 / else the one client that is served would speak for all.
        let weight = match pace {
            Pace::Busy => 1.0 / count.max(1) as f64,
            Pace::Calm(_) => 1.0,
        };
        missing += weight * overdue.len() as f64;
        total += weight * count as f64;
        let all = client.took.iter().copied().chain(overdue);
        samples.extend(all.map(|value| Weighted { value, weight }));
    }
    Some(Latency {
        p50: percentile(&mut samples, 0.5)?,
        p90: percentile(&mut samples, 0.9)?,
        p99: percentile(&mut samples, 0.99)?,
        max: percentile(&mut samples, 1.0)?,
        missing: missing / total,
    })
}
