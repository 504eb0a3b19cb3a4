//! What the options do.

use grade::{Result, run};

use crate::support::{GRADE, Results, ids, shell};

#[test]
fn list_names_the_exercises_and_the_checks_of_one() {
    let output = run(GRADE, &["--list"]);
    assert_eq!(output.code(), 0);
    for spec in grade::spec::all() {
        let named = |line: &&str| line.split_whitespace().next() == Some(spec.name);
        let line = output.stdout.lines().find(named);
        assert!(line.is_some_and(|line| line.ends_with(spec.title.en)), "{}", spec.name);
    }
    let output = run(GRADE, &["--list", "fork_server", "--lang", "zh"]);
    let checks = output.stdout.lines().filter(|line| line.contains("分  ")).count();
    assert_eq!(checks, grade::spec::find("fork_server").unwrap().checks.len());
    assert!(output.stdout.contains("no-zombies"));
}

#[test]
fn only_runs_a_check_and_what_it_needs() {
    let results = Results::new();
    let output = results.grade(&["thread_server", "--only", "quick"]);
    assert_eq!(output.code(), 0, "{}", output.stdout);
    assert_eq!(ids(&results.read(), "passed"), ["starts", "answers", "half-close", "quick-writes"]);
}

#[test]
fn hints_are_told_one_by_one_and_in_both_languages() {
    let lost = |args: &[&str]| run(GRADE, &[&["thread_server"], args, &shell("exit 0")].concat());
    let none = lost(&["--hint", "0"]).stdout;
    assert!(!none.contains("hint"), "{none}");
    let one = lost(&["--lang", "en"]).stdout;
    assert!(
        one.contains("hint 1:") && !one.contains("hint 2:") && one.contains("--hint 2 says more")
    );
    let all = lost(&["--hint", "3", "--lang", "zh"]).stdout;
    assert!(all.contains("提示 3:") && !all.contains("可看更多"), "{all}");
    assert!(all.contains("common/src/net/listener.rs:"), "{all}");
    assert!(all.contains("启动并开始监听") && all.contains("得分 0/100"), "{all}");
}

#[test]
fn the_language_is_that_of_the_environment() -> Result {
    for (lang, word) in [("zh_CN.UTF-8", "得分"), ("en_GB.UTF-8", "score"), ("C", "score")] {
        let grader = grade::Server::new(GRADE)
            .args(["thread_server"])
            .args(shell("exit 0"))
            .env("LC_ALL", "")
            .env("LC_MESSAGES", "")
            .env("LANG", lang)
            .spawn()?;
        grader.wait_exit(grade::patience())?;
        assert!(grader.stdout().contains(word), "{lang}: {}", grader.stdout());
    }
    Ok(())
}

#[test]
fn build_runs_before_and_in_the_same_folder() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("built");
    let build = format!("touch {}", file.display());
    let script = format!("test -e {} && exit 7", file.display());
    let results = Results::new();
    results.grade(&[&["thread_server", "--build", &build], &shell(&script)[..]].concat());
    let rationale = results.read()["tests"][0]["cause"]["rationale"].to_string();
    assert!(rationale.contains("exit status: 7"), "{rationale}");
}

#[test]
fn repeat_finds_what_is_passed_only_sometimes() {
    let Some(python) = grade::find_or_skip("python3") else { return };
    // Every second start has a server that answers.
    const SOMETIMES: &str = "
import os, socket, sys
try: os.remove(sys.argv[1])
except FileNotFoundError: open(sys.argv[1], 'w').close(); sys.exit('not today')
s = socket.create_server(('127.0.0.1', int(os.environ['PORT'])))
while True: s.accept()
";
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("flag").to_string_lossy().into_owned();
    let results = Results::new();
    let python = python.to_string_lossy().into_owned();
    let args = ["thread_server", "--only", "starts", "--repeat", "4", "--", &python];
    let output = results.grade(&[&args[..], &["-c", SOMETIMES, &file]].concat());
    let report = results.read();
    let test = &report["tests"][0];
    assert_eq!(test["status"], "flaky", "{test:#}");
    assert_eq!((&test["passed_runs"], &test["score"]), (&2.into(), &0.into()));
    assert!(output.stdout.contains("passed in 2 runs of 4"), "{}", output.stdout);
}

#[test]
fn no_colour_in_a_file_and_none_that_was_not_asked_for() {
    let output =
        run(GRADE, &[&["thread_server"], &shell("printf '\\033[31mred' >&2")[..]].concat());
    assert!(!output.stdout.contains('\x1b'), "{}", output.stdout);
}

#[test]
fn the_doctor_says_what_the_machine_allows() {
    let output = run(GRADE, &["doctor"]);
    for id in ["private-network", "ports", "proc", "python3", "cargo", "descriptors"] {
        assert!(output.stdout.contains(id), "{id}: {}", output.stdout);
    }
    let all_well = !output.stdout.contains('✘');
    assert_eq!(output.code(), i32::from(!all_well), "{}", output.stdout);
    let json = run(GRADE, &["doctor", "--json", "-"]);
    let findings: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(findings.as_array().unwrap().len(), 6);
    assert_eq!(json.code(), output.code());
}

#[test]
fn without_a_private_network_the_port_is_told_or_checks_take_turns() {
    let results = Results::new();
    let output = results.grade(&["select_server", "--shared-network"]);
    assert_eq!(output.code(), 0, "{}", output.stdout);
    assert_eq!(results.read()["environment"]["network"], "shared");
}
