//! The four text servers beside Python's and beside a bare epoll loop: messages per second and the
//! server's processor time per message. `text_servers [--seconds S] [--rounds N] [--connections C]`

use std::str::FromStr;

use bench::load::Load;
use bench::{cores, median, programs, table};
use grade::{Failure, Result, Server};

/// What one round of one server gave.
struct Measure {
    rate: f64,
    cpu_us: f64,
    served: usize,
}

const OURS: [&str; 4] = ["loop_server", "select_server", "fork_server", "thread_server"];

fn main() -> Result {
    let mut load = Load { connections: 100, seconds: 2.0, bytes: 64 };
    let mut rounds = 5;
    let mut args = std::env::args().skip(1);
    while let Some(name) = args.next() {
        let value = args.next().unwrap_or_default();
        match name.as_str() {
            "--seconds" => load.seconds = number(&name, &value)?,
            "--rounds" => rounds = number(&name, &value)?,
            "--connections" => load.connections = number(&name, &value)?,
            _ => return Err(Failure::new(format!("error: unknown option {name}"))),
        }
    }
    programs::build(&OURS)?;
    let mut servers = vec![("bare epoll loop".to_owned(), programs::beside("epoll_limit")?)];
    for name in OURS {
        servers.push((
            name.to_owned(),
            programs::ours(name).args(["--port", "0", "--echo", "--quiet"]),
        ));
    }
    for (name, file) in [
        ("Python ThreadingTCPServer", "thread_server.py"),
        ("Python ForkingTCPServer", "fork_server.py"),
    ] {
        servers.extend(programs::python(file).map(|server| (name.to_owned(), server)));
    }

    let mut measures: Vec<Vec<Measure>> = servers.iter().map(|_| Vec::new()).collect();
    for _ in 0..rounds {
        for ((_, server), measures) in servers.iter().zip(&mut measures) {
            measures.push(one(server, &load)?);
        }
    }
    report(&servers, &measures, &load, rounds);
    Ok(())
}

fn number<T: FromStr>(name: &str, value: &str) -> Result<T> {
    value.parse().map_err(|_| Failure::new(format!("error: {name} {value:?} is no number")))
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
        ["server", "messages/s", "to epoll", "CPU us/message", "to epoll", "clients served"];
    table::print(&title, &heads, &rows);
}
