//! What is measured: which load, how many clients, how long, how often.

use std::time::Duration;

/// The clients of every full run.
pub const CLIENTS: [usize; 5] = [1, 10, 100, 1_000, 10_000];

/// What the clients do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// All are connected, and few of them have anything to say: so many messages a second in all.
    Idle,
    /// Each sends its next message as soon as it has its answer; to answer costs the server nothing.
    Echo,
    /// The same, and each answer waits, as for a disk.
    Io,
    /// The same, and each answer is computed.
    Cpu,
}

impl Kind {
    /// All of them, in the order of the report.
    pub const ALL: [Kind; 4] = [Kind::Idle, Kind::Echo, Kind::Io, Kind::Cpu];

    /// Its name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Idle => "idle",
            Kind::Echo => "echo",
            Kind::Io => "io",
            Kind::Cpu => "cpu",
        }
    }

    /// What the server's option `--work` says.
    pub fn work(self) -> Option<&'static str> {
        match self {
            Kind::Idle | Kind::Echo => None,
            Kind::Io => Some("io:10"),
            Kind::Cpu => Some("cpu:1"),
        }
    }
}

/// Everything that can be chosen.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The numbers of clients, ascending.
    pub clients: Vec<usize>,
    /// How often everything is measured; a figure is the median.
    pub rounds: usize,
    /// How long one measurement lasts, connecting and warming up not counted.
    pub window: Duration,
    /// How long the clients talk before that.
    pub warm_up: Duration,
    /// How long the clients that have had no answer yet are waited for, counted from the last who got one.
    pub settle: Duration,
    /// After so long nothing more is measured.
    pub budget: Option<Duration>,
    /// Messages a second of all idle clients together.
    pub idle_rate: u32,
    /// How long a server may take to make room for one more client.
    pub patience: Duration,
    /// How long one answer to each client may take a core that computes them, at most.
    pub longest_turn: Duration,
    /// How many threads, and how many coroutines, are put to rest side by side.
    pub at_rest: usize,
}

impl Plan {
    /// Half an hour: everything.
    pub fn full() -> Plan {
        Plan {
            clients: CLIENTS.to_vec(),
            rounds: 5,
            window: Duration::from_millis(500),
            warm_up: Duration::from_millis(200),
            settle: Duration::from_secs(1),
            budget: None,
            idle_rate: 1_000,
            patience: Duration::from_secs(3),
            longest_turn: Duration::from_secs(1),
            at_rest: 10_000,
        }
    }

    /// Under a minute: few clients, and three rounds as far as there is time for them.
    pub fn quick() -> Plan {
        Plan {
            clients: vec![1, 10, 100],
            rounds: 3,
            window: Duration::from_millis(60),
            warm_up: Duration::from_millis(20),
            settle: Duration::from_millis(300),
            budget: Some(Duration::from_secs(50)),
            patience: Duration::from_secs(1),
            longest_turn: Duration::from_millis(10),
            at_rest: 1_000,
            ..Plan::full()
        }
    }

    /// Why a load is not measured, if it is not: the clients would wait for their turn, and nothing else
    /// would be seen.
    pub fn leaves_out(&self, kind: Kind, clients: usize) -> Option<String> {
        let turn = Duration::from_millis(clients as u64);
        (kind == Kind::Cpu && turn > self.longest_turn)
            .then(|| format!("with 1 ms of computing for each, a turn takes {turn:?} of a core"))
    }
}
