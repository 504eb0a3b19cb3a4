//! Every sentence of the report, in both languages.

use super::Report;
use super::view::{Figure, View};
use crate::plan::Kind;
use crate::rounds::Cell;
use crate::servers::LeftOut;
use crate::stats::{MARGIN, ROUNDS, median};

/// The same in English and in Chinese.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Text {
    pub(super) en: String,
    pub(super) zh: String,
}

pub(super) fn text(en: impl Into<String>, zh: impl Into<String>) -> Text {
    Text { en: en.into(), zh: zh.into() }
}

/// What was measured, and where: a few lines.
pub(super) fn about(report: &Report) -> Vec<Text> {
    let (machine, plan) = (&report.machine, &report.plan);
    let ms = plan.window.as_millis();
    let mut lines = vec![text(
        format!(
            "{}, {} cores, {:.0} GiB, Linux {}; {}",
            machine.processor, machine.cores, machine.memory_gib, machine.linux, machine.date
        ),
        format!(
            "{}，{} 个核，{:.0} GiB 内存，Linux {}；{}",
            machine.processor, machine.cores, machine.memory_gib, machine.linux, machine.date
        ),
    )];
    let (en, zh) = match machine.cores {
        1 => ("server and load share the one core", "服务端与负载共用唯一的核"),
        _ => ("server on one core, load on another", "服务端在一个核，负载在另一个核"),
    };
    let (whole, planned) = (report.rounds, plan.rounds);
    lines.push(text(
        format!("{en}; medians of {planned} rounds of {ms} ms, the servers in turn"),
        format!("{zh}；{planned} 轮的中位数，每次 {ms} 毫秒，各服务端轮流"),
    ));
    if whole < planned {
        lines.push(text(
            format!("ended before its time: {whole} rounds of {planned} are whole, and this is what was done by then"),
            format!("提前结束：{planned} 轮里完整的有 {whole} 轮，以下是到那时为止的结果"),
        ));
    }
    if whole < ROUNDS {
        lines.push(text(
            format!("warning: fewer than {ROUNDS} rounds are a sketch, from which no order can be claimed"),
            format!("注意：不到 {ROUNDS} 轮只是个草稿，看不出先后"),
        ));
    }
    if machine.debug_build {
        lines.push(text(
            "warning: a debug build; for figures worth a look: cargo run --release -p model_comparison",
            "注意：这是调试构建；要看像样的数字，请用 cargo run --release -p model_comparison",
        ));
    }
    lines
}

/// What the clients do.
pub(super) fn load(kind: Kind) -> Text {
    match kind {
        Kind::Idle => text(
            "idle clients, 1,000 messages a second among them all",
            "空闲的客户端，所有人加起来每秒一千条消息",
        ),
        Kind::Echo => {
            text("busy clients, nothing to do for an answer", "忙碌的客户端，回答不用做什么")
        }
        Kind::Io => text(
            "busy clients, each answer waits 10 ms (I/O-bound)",
            "忙碌的客户端，每个回答先等 10 毫秒（I/O 密集）",
        ),
        Kind::Cpu => text(
            "busy clients, each answer takes 1 ms of computing (CPU-bound); the server may use all cores",
            "忙碌的客户端，每个回答先计算 1 毫秒（CPU 密集）；服务端可以用所有的核",
        ),
    }
}

/// What an answer takes, as a short heading.
pub(super) fn answer(kind: Kind) -> Text {
    match kind {
        Kind::Idle => text("Few speak", "大多不说话"),
        Kind::Echo => text("An answer costs nothing", "回答不用做什么"),
        Kind::Io => text("Each answer waits 10 ms", "每个回答等待 10 毫秒"),
        Kind::Cpu => text("Each answer computes for 1 ms", "每个回答计算 1 毫秒"),
    }
}

/// The order that the rounds agree on, or that there is none.
pub(super) fn order(report: &Report, view: View, clients: usize) -> Text {
    let groups = view.order(report, clients);
    if groups.len() < 2 {
        return text("the rounds show none", "各轮看不出来");
    }
    let groups: Vec<String> = groups.iter().map(|group| group.join(", ")).collect();
    let line = groups.join(" > ");
    text(line.clone(), line)
}

/// The order at the most clients of which the rounds show one, in a sentence.
pub(super) fn agreed(report: &Report, view: View) -> Text {
    let shown = |clients: &&usize| view.order(report, **clients).len() > 1;
    let Some(&clients) = report.plan.clients.iter().rev().find(shown) else {
        return text("The rounds agree on no order.", "各轮没有一致的先后。");
    };
    let (order, clients) = (order(report, view, clients), thousands(clients));
    text(
        format!("At {clients} clients all rounds agree, best first: {}", order.en),
        format!("{clients} 个客户端时各轮一致，好的在前：{}", order.zh),
    )
}

/// When an order is claimed.
pub(super) fn rule_of_orders() -> Text {
    let percent = (MARGIN - 1.0) * 100.0;
    text(
        format!(
            "\"a > b\" is said only where there were at least {ROUNDS} rounds, and the worst of a was still {percent:.0} % better than the best of b; between commas no order is claimed"
        ),
        format!(
            "只有至少 {ROUNDS} 轮、而且 a 最差的一轮仍比 b 最好的一轮好 {percent:.0}% 时，才写“a > b”；逗号之间不分先后"
        ),
    )
}

/// The unit of a chart's other axis.
pub(super) fn unit(figure: Figure) -> Text {
    match figure {
        Figure::Rate => text("↑ messages per second", "↑ 每秒消息数"),
        Figure::P50 => text("↑ milliseconds (half of the answers)", "↑ 毫秒（一半的回答）"),
        Figure::P99 => text("↑ milliseconds (99 of 100 answers)", "↑ 毫秒（100 个回答中的 99 个）"),
        Figure::Memory => text("↑ MiB", "↑ MiB"),
        Figure::TakenIn => text("↑ microseconds for each client", "↑ 每个客户端，微秒"),
        Figure::Cpu => text("↑ microseconds for each message", "↑ 每条消息，微秒"),
    }
}

pub(super) fn clients_axis() -> Text {
    text("clients →", "客户端数 →")
}

pub(super) fn numbers() -> Text {
    text("The numbers, and the order on which the rounds agree", "数字，以及各轮一致的先后")
}

pub(super) fn orders() -> Text {
    text("Order, best first, by clients:", "先后（好的在前），按客户端数：")
}

pub(super) fn failed() -> Text {
    text("failed", "失败")
}

pub(super) fn nothing_failed() -> Text {
    text("Nothing failed, and nothing was left out.", "没有失败，也没有遗漏。")
}

pub(super) fn nothing_measured() -> Text {
    text("Nothing was measured here.", "这里没有测到任何数据。")
}

/// With commas: `10,000`.
pub(super) fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let groups = digits.as_bytes().rchunks(3).rev();
    let groups: Vec<&str> = groups.filter_map(|group| std::str::from_utf8(group).ok()).collect();
    groups.join(",")
}

/// The loads whose own core was used up: there the load is measured, and not the server. Empty if none.
pub(super) fn load_bound(report: &Report, kind: Kind) -> Vec<Text> {
    let bound = |cell: &&Cell| {
        let used = median(&cell.series(|figures| Some(figures.load_cpu)));
        cell.kind == kind && used.is_some_and(|used| used > 0.95)
    };
    let cells = report.cells.iter().filter(bound);
    let names: Vec<String> =
        cells.map(|cell| format!("{} {}", cell.server, thousands(cell.clients))).collect();
    if names.is_empty() {
        return Vec::new();
    }
    let names = names.join(", ");
    vec![text(
        format!("the load used up its own core, so the server could do more: {names}"),
        format!("负载自己的核已用满，服务端还能更快：{names}"),
    )]
}

/// One line for each way in which a server failed, with all the loads under which it did.
pub(super) fn failures(report: &Report) -> Vec<Text> {
    let mut groups: Vec<(&Cell, &str, Vec<&str>)> = Vec::new();
    for cell in &report.cells {
        let Some(why) = cell.failure() else { continue };
        let same = groups.iter_mut().find(|(other, reason, _)| {
            (other.server, other.clients, *reason) == (cell.server, cell.clients, why)
        });
        match same {
            Some((_, _, loads)) => loads.push(cell.kind.name()),
            None => groups.push((cell, why, vec![cell.kind.name()])),
        }
    }
    let lines = groups.into_iter().map(|(cell, why, loads)| {
        let failed = cell.rounds.iter().filter(|round| round.is_err()).count();
        let (rounds, clients) = (cell.rounds.len(), thousands(cell.clients));
        let (server, loads) = (cell.server, loads.join(", "));
        text(
            format!("{server}, {clients} clients ({loads}; {failed} of {rounds} rounds): {why}"),
            format!("{server}，{clients} 个客户端（{loads}；{rounds} 轮中 {failed} 轮）：{why}"),
        )
    });
    let rests = report.at_rest.iter().filter_map(|rest| {
        let (what, why) = (rest.what.name(), rest.result.as_ref().err()?);
        Some(text(format!("{what} at rest: {why}"), format!("{what}，休息时：{why}")))
    });
    lines.chain(rests).collect()
}

/// What was not measured, and why.
pub(super) fn left_out(one: &LeftOut) -> Text {
    let LeftOut { what, why } = one;
    text(format!("left out: {what}: {why}"), format!("没有测：{what}：{why}"))
}
