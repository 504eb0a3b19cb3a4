//! The report on a terminal.

use std::fmt;

use common::table::Table;
use serde_json::Value;

use super::view::{Figure, Point, VIEWS, View};
use super::{Report, words};

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in words::about(self) {
            writeln!(f, "{}", line.en)?;
        }
        writeln!(f, "{}", words::rule_of_orders().en)?;
        for view in VIEWS.into_iter().flat_map(|view| [view.besides(), Some(view)]).flatten() {
            let (figure, load) = (view.figure.heading(), words::load(view.kind).en);
            writeln!(f, "\n{figure}; {load}\n\n{}", self.table(view))?;
            for line in self.partly(view) {
                writeln!(f, "{line}")?;
            }
            if view.figure == Figure::Rate {
                for line in words::load_bound(self, view.kind) {
                    writeln!(f, "{}", line.en)?;
                }
            }
            for &clients in &self.plan.clients {
                writeln!(f, "order, {clients} clients: {}", words::order(self, view, clients).en)?;
            }
        }
        writeln!(f, "\nthreads and coroutines at rest\n\n{}", self.at_rest_table())?;
        for failure in words::failures(self) {
            writeln!(f, "failed: {}", failure.en)?;
        }
        for left_out in &self.left_out {
            writeln!(f, "{}", words::left_out(left_out).en)?;
        }
        Ok(())
    }
}

impl Report {
    fn table(&self, view: View) -> Table {
        let digits = view.figure.digits();
        let mut table = Table::new().text("clients");
        for (place, clients) in self.plan.clients.iter().enumerate() {
            table = match place + 1 == self.plan.clients.len() {
                true => table.bar(clients.to_string(), digits),
                false => table.number(clients.to_string(), digits),
            };
        }
        for server in &self.servers {
            let cell = |&clients: &usize| match view.point(self, server.name, clients) {
                Point::Whole(value) => Value::from(value),
                Point::Partly(value) => format!("{value:.digits$}*").into(),
                Point::Failed => "failed".into(),
                Point::Absent => "-".into(),
            };
            let name = [Value::from(server.name)];
            table.row(name.into_iter().chain(self.plan.clients.iter().map(cell)));
        }
        table
    }

    /// What the stars stand for.
    pub(super) fn partly(&self, view: View) -> Vec<String> {
        let cells = self.cells.iter().filter(|cell| cell.kind == view.kind);
        let partly = cells.filter_map(|cell| {
            let answered = cell.answered().filter(|&answered| answered < cell.clients)?;
            Some(format!("{} answered {answered} of {}", cell.server, cell.clients))
        });
        let partly: Vec<String> = partly.collect();
        if partly.is_empty() { Vec::new() } else { vec![format!("* {}", partly.join("; "))] }
    }

    fn at_rest_table(&self) -> Table {
        let mut table = Table::new()
            .text("one")
            .number("count", 0)
            .number("create_us", 2)
            .number("switch_ns", 0)
            .bar("KiB", 1);
        for rest in &self.at_rest {
            table.row(match &rest.result {
                Ok(cost) => [
                    rest.what.name().into(),
                    cost.count.into(),
                    (cost.create_ns / 1000.0).into(),
                    cost.switch_ns.into(),
                    cost.kib.into(),
                ],
                Err(_) => {
                    let failed = || Value::from("failed");
                    [rest.what.name().into(), "-".into(), failed(), failed(), failed()]
                }
            });
        }
        table
    }
}
