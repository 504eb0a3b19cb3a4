//! What a submission may do to the machine, and to its mark.

use grade::{Result, wait_until};

use crate::support::{Results, shell};

#[test]
fn what_it_leaves_behind_is_ended() -> Result {
    // Out of its group, out of its session, and nobody's child any more.
    const LEAVES: &str = "setsid sh -c 'sleep 86419 & sleep 86419 &' & sleep 86419 & sleep 0.3";
    let sleepers = || {
        let all = grade::proc::Process::all().into_iter();
        let line = |pid| std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        all.filter(|process| line(process.pid) == b"sleep\x0086419\x00").count()
    };
    let results = Results::new();
    let args = ["thread_server", "--only", "starts"];
    assert_eq!(results.grade(&[&args[..], &shell(LEAVES)].concat()).code(), 3);
    wait_until("nothing of it is left", || sleepers() == 0)
}

#[test]
fn it_has_no_privileges_and_no_network_but_its_own() {
    const LOOKS: &str = "grep CapEff /proc/self/status >&2; wc -l < /proc/net/route >&2; exit 1";
    let results = Results::new();
    results.grade(&[&["thread_server", "--only", "starts"], &shell(LOOKS)[..]].concat());
    let report = results.read();
    if report["environment"]["network"] != "private" {
        grade::skip("this machine has no private network");
        return;
    }
    let printed = report["tests"][0]["log"]["stderr"].as_str().unwrap();
    // Of the table of routes, the heading only.
    assert_eq!(printed, "CapEff:\t0000000000000000\n1\n");
}

#[test]
fn its_verdict_cannot_be_written_by_itself() {
    const FORGES: &str = r#"
        echo '{"verdict":"passed","time":{"secs":0,"nanos":0}}' > /proc/$PPID/fd/1
        exit 1"#;
    let results = Results::new();
    let output =
        results.grade(&[&["thread_server", "--only", "starts"], &shell(FORGES)[..]].concat());
    assert_eq!(output.code(), 3, "{}", output.stdout);
    assert_eq!(results.read()["score"], 0);
}
