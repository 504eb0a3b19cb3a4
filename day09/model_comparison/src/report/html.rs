//! The page: one file that needs nothing else. Its text is in `page/page.html`; here are the charts
//! and whatever else depends on what was measured.

use std::fmt::Write as _;

use common::Failure;

use super::charts::{self, Bar};
use super::view::{Point, VIEWS, View};
use super::words::{self, Text};
use super::{Figure, Report};
use crate::at_rest::{Cost, Rest, Resting};
use crate::servers::Model;

const PAGE: &str = include_str!("page/page.html");

/// Text as HTML shows it.
pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

impl Report {
    /// One HTML page, in English and Chinese, for light and dark, that loads nothing else.
    ///
    /// # Errors
    ///
    /// A chart cannot be drawn.
    pub fn to_html(&self) -> Result<String, Failure> {
        let mut page = Page(PAGE.to_owned());
        page.fill("colors", charts::COLORS);
        page.fill("style", include_str!("page/page.css"));
        page.fill("script", include_str!("page/page.js"));
        page.fill("about", &self.about());
        page.fill("rule", &format!("<p>{}</p>", both(&words::rule_of_orders())));
        page.fill("failed", &self.failed());
        for model in Model::ALL {
            page.fill(&format!("mark-{}", model.name()), &charts::mark(model)?);
        }
        for view in VIEWS {
            page.fill(&view.id(), &self.panel(view)?);
        }
        page.fill("count", &words::thousands(self.plan.at_rest));
        page.fill("rest-kib", &self.bars(|cost| cost.kib)?);
        page.fill("rest-create", &self.bars(|cost| cost.create_ns / 1e3)?);
        page.fill("rest-switch", &self.bars(|cost| cost.switch_ns)?);
        Ok(page.0)
    }

    fn about(&self) -> String {
        let lines = words::about(self).into_iter().map(|line| {
            let class = if line.en.starts_with("warning") { " class=\"warning\"" } else { "" };
            format!("<li{class}>{}</li>", both(&text_of(&line, escape)))
        });
        format!("<ul class=\"about\">{}</ul>", lines.collect::<String>())
    }

    /// A chart, what its axes are, and behind a fold its numbers and the order of the servers.
    fn panel(&self, view: View) -> Result<String, Failure> {
        let title = format!("{}; {}", view.figure.heading(), words::load(view.kind).en);
        let Some(chart) = charts::chart(self, view, &title)? else {
            return Ok(nothing_measured());
        };
        let (unit, clients) = (both(&words::unit(view.figure)), both(&words::clients_axis()));
        let agreed = both(&text_of(&words::agreed(self, view), escape));
        let summary = both(&words::numbers());
        let besides = view.besides().map(|view| self.numbers(view)).unwrap_or_default();
        Ok(format!(
            "<p class=\"unit\">{unit}</p>\n{chart}\n<p class=\"clients\">{clients}</p>\n\
             <p class=\"agreed\">{agreed}</p>\n\
             <details><summary>{summary}</summary>{}{besides}{}</details>",
            self.numbers(view),
            self.orders(view)
        ))
    }

    fn numbers(&self, view: View) -> String {
        let digits = view.figure.digits();
        let heads = self.plan.clients.iter().map(|&count| words::thousands(count));
        let heads: String = heads.map(|count| format!("<th>{count}</th>")).collect();
        let mut rows = String::new();
        for server in &self.servers {
            let cells = self.plan.clients.iter().map(|&clients| {
                let text = match view.point(self, server.name, clients) {
                    Point::Whole(value) => format!("{value:.digits$}"),
                    Point::Partly(value) => format!("{value:.digits$}*"),
                    Point::Failed => both(&words::failed()),
                    Point::Absent => "–".to_owned(),
                };
                format!("<td>{text}</td>")
            });
            let cells: String = cells.collect();
            let _ = write!(rows, "<tr><th>{}</th>{cells}</tr>", server.name);
        }
        let clients = both(&words::clients_axis());
        let unit = both(&words::unit(view.figure));
        let mut notes: Vec<String> = self.partly(view).iter().map(|line| escape(line)).collect();
        if view.figure == Figure::Rate {
            notes.extend(words::load_bound(self, view.kind).iter().map(both));
        }
        let notes: String = notes.iter().map(|note| format!("<p>{note}</p>")).collect();
        format!(
            "<p>{unit}</p><div class=\"scroll\"><table><tr><th>{clients}</th>{heads}</tr>{rows}</table></div>{notes}"
        )
    }

    fn orders(&self, view: View) -> String {
        let lines = self.plan.clients.iter().map(|&clients| {
            let order = words::order(self, view, clients);
            let order =
                text_of(&order, |line| format!("{}: {}", words::thousands(clients), escape(line)));
            format!("<li>{}</li>", both(&order))
        });
        let lines: String = lines.collect();
        format!("<p>{}</p><ul class=\"orders\">{lines}</ul>", both(&words::orders()))
    }

    fn failed(&self) -> String {
        let left_out = self.left_out.iter().map(words::left_out);
        let lines: Vec<Text> = words::failures(self).into_iter().chain(left_out).collect();
        if lines.is_empty() {
            return format!("<p>{}</p>", both(&words::nothing_failed()));
        }
        let lines = lines.iter().map(|line| format!("<li>{}</li>", both(&text_of(line, escape))));
        format!("<ul class=\"notes\">{}</ul>", lines.collect::<String>())
    }

    fn bars(&self, figure: fn(&Cost) -> f64) -> Result<String, Failure> {
        if self.at_rest.is_empty() {
            return Ok(nothing_measured());
        }
        let bar = |rest: &Rest| Bar {
            name: rest.what.name(),
            model: if rest.what == Resting::Thread { Model::Thread } else { Model::Coroutine },
            value: rest.result.as_ref().ok().map(figure),
        };
        let bars: Vec<Bar> = self.at_rest.iter().map(bar).collect();
        charts::bars(&bars, "threads and coroutines at rest")
    }
}

fn nothing_measured() -> String {
    format!("<p class=\"warning\">{}</p>", both(&words::nothing_measured()))
}

/// The page while it is being filled.
struct Page(String);

impl Page {
    fn fill(&mut self, name: &str, text: &str) {
        self.0 = self.0.replace(&format!("{{{{{name}}}}}"), text);
    }
}

/// Both languages; the page shows one of them.
fn both(text: &Text) -> String {
    if text.en == text.zh {
        return text.en.clone();
    }
    format!("<span lang=\"en\">{}</span><span lang=\"zh\">{}</span>", text.en, text.zh)
}

fn text_of(text: &Text, change: impl Fn(&str) -> String) -> Text {
    Text { en: change(&text.en), zh: change(&text.zh) }
}

impl View {
    /// Its name in the page.
    pub fn id(self) -> String {
        let figure = match self.figure {
            Figure::Rate => "rate",
            Figure::P50 => "p50",
            Figure::P99 => "p99",
            Figure::Memory => "memory",
            Figure::TakenIn => "taken",
            Figure::Cpu => "cpu",
        };
        format!("{figure}-{}", self.kind.name())
    }
}
