//! The homework of the last day: processes, threads and the network summed up, in figures.

use serde_json::Value;

use super::{Check, Spec, Text};
use crate::demo;
use crate::{Result, Subject};

const MAIN: &str = "day09/model_comparison/src/main.rs";
const MODELS: [&str; 5] =
    ["loop_server", "select_server", "fork_server", "thread_server", "gevent_server"];

pub(super) fn model_comparison() -> Spec {
    let checks = vec![
        Check::new("starts", 20, demo::it_runs_to_its_end)
            .title("it measures, prints something, and ends by itself", "完成测量、有输出，并自己结束")
            .place(
                "start it by hand: does it end, and with which exit code?",
                "手动运行：它会结束吗？退出码是多少？",
            )
            .call("stop each server once it is measured", "每个服务端测完之后就停掉它")
            .line(MAIN, "fn main()"),
        Check::new("json", 30, one_object)
            .needs(&["starts"])
            .title("prints one JSON object and nothing else", "只打印一个 JSON 对象")
            .place("progress and warnings belong on standard error", "进度和警告应写到标准错误")
            .call("json.dump(report, sys.stdout)", "json.dump(report, sys.stdout)")
            .line(MAIN, "json"),
        Check::new("models", 50, every_model_has_its_figures)
            .needs(&["json"])
            .title(
                "`cells` has each of the five models: server, clients, and messages_per_second above 0 in its rounds",
                "`cells` 中五种模型都有：server、clients，以及 rounds 里大于 0 的 messages_per_second",
            )
            .place(
                "loop, select, fork, thread and gevent under the same clients",
                "循环、select、fork、线程、gevent，在同样的客户端之下",
            )
            .call(
                "cells.append({'server': name, 'clients': n, 'rounds': [{'messages_per_second': rate}]})",
                "cells.append({'server': name, 'clients': n, 'rounds': [{'messages_per_second': rate}]})",
            )
            .line(MAIN, "【1】"),
    ];
    Spec {
        name: "model_comparison",
        title: Text {
            en: "every model under one load, measured: a JSON report",
            zh: "同样的负载下测量每种模型：一份 JSON 报告",
        },
        port: 0,
        ours: &[
            "--json",
            "--quick",
            "--rounds=1",
            "--seconds=0.02",
            "--clients=1,8",
            "--servers=loop_server,select_server,fork_server,thread_server,gevent_server",
        ],
        reply: "",
        files: None,
        inside: false,
        at_once: true,
        checks: checks.into_iter().map(|check| check.paste("{command}; echo $?")).collect(),
    }
}

/// Standard output is one JSON object.
fn one_object(subject: &Subject) -> Result {
    report(subject).map(drop)
}

/// Each model has a cell whose rounds say how many messages it answered in a second.
fn every_model_has_its_figures(subject: &Subject) -> Result {
    let (run, report) = report(subject)?;
    let cells = report["cells"].as_array().map_or(&[][..], Vec::as_slice);
    for (part, model) in (1..).zip(MODELS) {
        let measured = cells.iter().filter(|cell| cell["server"] == model).any(|cell| {
            let rounds = cell["rounds"].as_array().map_or(&[][..], Vec::as_slice);
            let rate = |round: &Value| round["messages_per_second"].as_f64();
            cell["clients"].is_u64() && rounds.iter().any(|round| rate(round) > Some(0.0))
        });
        run.check(measured, format!("`cells` has no figure for {model}"))?;
        subject.reached(part, MODELS.len() as u32);
    }
    Ok(())
}

fn report(subject: &Subject) -> Result<(demo::Run, Value)> {
    let run = demo::run(subject)?;
    match serde_json::from_str::<Value>(&run.stdout()) {
        Ok(report) if report.is_object() => Ok((run, report)),
        Ok(_) => Err(run.failure("standard output is JSON, but no object")),
        Err(why) => Err(run.failure(format!("standard output is no JSON object: {why}"))),
    }
}
