//! What happens when it is interrupted, and when a server cannot take its clients.

use grade::{Result, Running, Server, Signal, patience, proc, run};
use serde_json::Value;

const PROGRAM: &str = env!("CARGO_BIN_EXE_model_comparison");

#[test]
fn a_signal_has_it_write_what_is_done_and_leave_nobody_behind() -> Result {
    interrupted(|running| running.signal(Signal::SIGTERM))
}

/// As a terminal does: the servers get it too.
#[test]
fn so_does_ctrl_c_for_the_whole_group() -> Result {
    interrupted(|running| running.signal_group(Signal::SIGINT))
}

fn interrupted(interrupt: fn(&Running) -> Result) -> Result {
    let folder = tempfile::tempdir()?;
    let report = folder.path().join("report");
    let args = ["--json", "--rounds", "1000", "--seconds", "0.02", "--clients", "1,2"];
    let running = Server::new(PROGRAM)
        .args(args)
        .args(["--servers", "fork_server,thread_server", "--report"])
        .arg(&report)
        .spawn()?;
    // One of the servers is there: it measures. (Before that it runs cargo.)
    let is_server = |p: &proc::Process| {
        let name = std::fs::read_to_string(format!("/proc/{}/comm", p.pid)).unwrap_or_default();
        name.trim() == "thread_server"
    };
    let end = std::time::Instant::now() + patience() * 6;
    while !running.processes().iter().any(is_server) {
        running.check(std::time::Instant::now() < end, "no server was started")?;
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    interrupt(&running)?;
    let status = running.wait_exit(patience() * 2)?;
    running.check(status.code() == Some(0), format!("{status}: {}", running.stderr()))?;
    let group = running.pid();
    running.check(
        !proc::Process::all().iter().any(|p| p.group == group && !p.is_zombie()),
        "a process is left behind",
    )?;

    let text = running.stdout();
    let json: Value = serde_json::from_str(&text).expect("one JSON object");
    assert!(json["whole_rounds"].as_u64() < Some(1000), "{}", json["whole_rounds"]);
    let cells = json["cells"].as_array().expect("cells");
    assert!(cells.iter().any(|cell| cell["rounds"].as_array().is_some_and(|r| !r.is_empty())));
    for name in ["index.html", "report.json"] {
        assert!(report.join(name).is_file(), "{name}");
    }
    assert!(std::fs::read_to_string(report.join("index.html"))?.contains("ended before its time"));
    Ok(())
}

/// A queue of 4,096 and the client that is served: the 4,098th finds no room.
#[test]
fn a_server_that_cannot_take_its_clients_has_failed_for_a_reason() {
    let args = ["--json", "--quick", "--rounds", "1", "--seconds", "0.02"];
    let output =
        run(PROGRAM, &[&args[..], &["--servers", "loop_server", "--clients", "4200"]].concat());
    assert_eq!(output.code(), 0, "{}", output.stderr);
    let report: Value = serde_json::from_str(&output.stdout).expect("one JSON object");
    let left_out = report["left_out"].to_string();
    let cells = report["cells"].as_array().expect("cells");
    for kind in ["idle", "echo", "io"] {
        let Some(cell) = cells.iter().find(|cell| cell["load"] == kind) else {
            assert!(left_out.contains("may open"), "neither measured nor left out: {left_out}");
            continue;
        };
        let why = cell["rounds"][0]["failed"].as_str().expect("it failed");
        assert!(why.contains(" of 4200: no room to wait to be accepted"), "{why}");
    }
    assert!(left_out.contains("4200 clients, cpu"), "{left_out}");
}
