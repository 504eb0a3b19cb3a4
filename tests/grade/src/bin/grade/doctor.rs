//! `grade doctor`: what this machine allows, and what follows from it.

use std::fmt::Write;
use std::net::TcpListener;
use std::process::{Command, Stdio};

use grade::spec::Text;
use nix::sys::resource::{Resource, getrlimit};
use serde::Serialize;

use crate::messages::Words;

/// The argument with which the grader tries whether it may have a network of its own.
pub(crate) const TRY_NETWORK: &str = "--try-private-network";

/// One thing that was looked at.
#[derive(Debug, Serialize)]
pub(crate) struct Finding {
    pub(crate) id: &'static str,
    pub(crate) ok: bool,
    /// What was found.
    pub(crate) found: String,
    /// What follows from it.
    pub(crate) so: &'static str,
}

/// Everything; the grader works without some of it, only less well.
pub(crate) fn examine(words: Words) -> Vec<Finding> {
    let private = private_network();
    let python = answer("python3", &["--version"]);
    let cargo = answer("cargo", &["--version"]);
    let (descriptors, _) = getrlimit(Resource::RLIMIT_NOFILE).unwrap_or((0, 0));
    let taken: Vec<String> =
        [8888, 8000, 2121].iter().filter(|&&port| taken(port)).map(u16::to_string).collect();
    let sockets = !grade::proc::descriptors(std::process::id() as i32).is_empty();
    let finding = |id, ok, found: String, well: Text, badly: Text| Finding {
        id,
        ok,
        found,
        so: words.of(if ok { well } else { badly }),
    };
    let text = |en, zh| Text { en, zh };
    let yes_or_no = |ok: bool| if ok { "yes" } else { "no" }.to_owned();
    vec![
        finding(
            "private-network",
            private,
            yes_or_no(private),
            text(
                "a port written into a program is all right, and checks run side by side, unprivileged",
                "程序里写死的端口没有关系，检查可以并行，程序没有特权",
            ),
            text(
                "a program with its port written in is graded on the real port, one check at a time",
                "写死端口的程序只能在真实端口上逐个检查",
            ),
        ),
        finding(
            "ports",
            private || taken.is_empty(),
            if taken.is_empty() {
                "8888, 8000, 2121 free".into()
            } else {
                taken.join(", ") + " in use"
            },
            text("the course's ports can be listened on", "课程的端口可以使用"),
            text(
                "stop what listens there, or pass {port} to the program",
                "停掉占用端口的程序，或把 {port} 传给程序",
            ),
        ),
        finding(
            "proc",
            sockets,
            yes_or_no(sockets),
            text(
                "sockets, threads and children of a program can be seen",
                "可以看到程序的套接字、线程和子进程",
            ),
            text("the model of a program cannot be seen in /proc", "无法通过 /proc 看到程序的模型"),
        ),
        finding(
            "python3",
            python.is_some(),
            python.unwrap_or_else(|| "-".into()),
            text("submissions in Python can run", "可以运行 Python 作业"),
            text("submissions in Python cannot run", "无法运行 Python 作业"),
        ),
        finding(
            "cargo",
            cargo.is_some(),
            cargo.unwrap_or_else(|| "-".into()),
            text("our own programs can be built", "可以构建我们自己的程序"),
            text("only submissions can be graded", "只能给作业评分"),
        ),
        finding(
            "descriptors",
            descriptors >= 256,
            descriptors.to_string(),
            text("enough for every check", "足够所有检查使用"),
            text("raise it: ulimit -n 1024", "请提高上限：ulimit -n 1024"),
        ),
    ]
}

pub(crate) fn table(findings: &[Finding]) -> String {
    let mut text = String::new();
    for Finding { id, ok, found, so } in findings {
        let mark = if *ok { "✔" } else { "✘" };
        let _ = writeln!(text, "{mark} {id:16} {found}\n    {so}");
    }
    text
}

/// Whether a process of the grader may have a network of its own: tried, not guessed.
pub(crate) fn private_network() -> bool {
    let this = std::env::current_exe().map(Command::new);
    this.and_then(|mut this| this.arg(TRY_NETWORK).stderr(Stdio::null()).status())
        .is_ok_and(|status| status.success())
}

fn taken(port: u16) -> bool {
    TcpListener::bind(("0.0.0.0", port)).is_err()
}

fn answer(program: &str, args: &[&str]) -> Option<String> {
    let output = Command::new(program).args(args).stdin(Stdio::null()).output().ok()?;
    let first = String::from_utf8_lossy(&output.stdout).lines().next()?.to_owned();
    output.status.success().then_some(first)
}
