//! The charts, as SVG: lines by the number of clients, and bars.
//!
//! They hold names and numbers only, so they serve both languages, and their colours are names of CSS
//! variables, so they serve light and dark. plotters writes colours as numbers: each variable has a
//! number of its own here, which is replaced in what it wrote.

mod axis;
mod bars;
mod labels;
mod lines;
mod marks;

use common::Failure;
use plotters::style::RGBColor;

use super::Report;
use super::view::View;
use crate::servers::Model;

/// The size of a chart, in points of its own: shown smaller, it stays sharp.
pub(super) const WIDTH: u32 = 720;
/// As [`WIDTH`].
pub(super) const HEIGHT: u32 = 584;
/// The height of a letter.
const LETTER: f64 = 25.0;

/// Text, axes.
const INK: RGBColor = RGBColor(1, 0, 0);
/// The lines of the grid.
const FAINT: RGBColor = RGBColor(2, 0, 0);
/// What is behind.
const PAPER: RGBColor = RGBColor(3, 0, 0);

/// The colour of a model; the same for its Python original, which is dashed.
fn color(model: Model) -> RGBColor {
    match model {
        Model::Loop => RGBColor(11, 0, 0),
        Model::Select => RGBColor(12, 0, 0),
        Model::Fork => RGBColor(13, 0, 0),
        Model::Thread => RGBColor(14, 0, 0),
        Model::Coroutine => RGBColor(15, 0, 0),
    }
}

/// Each number, and the variable that stands in its place in the end.
fn variables() -> impl Iterator<Item = (RGBColor, &'static str)> {
    let models = Model::ALL.map(|model| (color(model), model.name()));
    [(INK, "ink"), (FAINT, "faint"), (PAPER, "paper")].into_iter().chain(models)
}

/// The variables' values, light and dark; also part of the page.
pub(super) const COLORS: &str = include_str!("page/colors.css");

/// The chart of a view, its `title` for those who cannot see it; `None` if there is no value to draw.
///
/// # Errors
///
/// plotters cannot draw it.
pub(super) fn chart(report: &Report, view: View, title: &str) -> Result<Option<String>, Failure> {
    let drawn = lines::draw(report, view).map_err(cannot_draw)?;
    Ok(drawn.map(|svg| finish(&svg, title)))
}

pub(super) use bars::Bar;

/// The chart of a few values side by side.
///
/// # Errors
///
/// plotters cannot draw it.
pub(super) fn bars(values: &[Bar], title: &str) -> Result<String, Failure> {
    bars::draw(values).map(|svg| finish(&svg, title)).map_err(cannot_draw)
}

/// The mark of a model alone, as the charts have it.
///
/// # Errors
///
/// plotters cannot draw it.
pub(super) fn mark(model: Model) -> Result<String, Failure> {
    marks::alone(model).map(|svg| finish(&svg, "")).map_err(cannot_draw)
}

fn cannot_draw(error: Box<dyn std::error::Error>) -> Failure {
    Failure::from(format!("cannot draw a chart: {error}"))
}

/// What plotters wrote, with names for colours, of no size of its own, and with a title.
fn finish(svg: &str, title: &str) -> String {
    let mut svg = svg.to_owned();
    for (RGBColor(r, g, b), name) in variables() {
        svg = svg.replace(&format!("\"#{r:02X}{g:02X}{b:02X}\""), &format!("\"var(--{name})\""));
    }
    let body = svg.split_once('>').map_or("", |(_, body)| body);
    let title = match title {
        "" => String::new(),
        title => format!("<title>{}</title>", super::html::escape(title)),
    };
    let view_box = svg.split_once("viewBox=\"").and_then(|(_, rest)| rest.split('"').next());
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"{}\" role=\"img\" class=\"chart\">\
         {title}{body}",
        view_box.unwrap_or_default()
    )
}
