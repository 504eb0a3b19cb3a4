//! One figure of all servers, by the number of clients: both axes by factors.

use plotters::element::DashedPathElement;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::super::Report;
use super::super::view::{Point, View};
use super::marks::{Area, Drawn, cross, mark};
use super::{FAINT, HEIGHT, INK, LETTER, WIDTH, axis, labels};
use crate::servers::Server;

/// Where the curves are: left, top, right, bottom.
const PLOT: (i32, i32, i32, i32) = (82, 16, 474, 500);
/// The height of the crosses of those that failed.
const FAILED: i32 = 524;
/// The height of the numbers of clients.
const NUMBERS: i32 = 562;

/// What one server shows, on the paper.
struct Curve<'a> {
    server: &'a Server,
    points: Vec<(i32, i32, bool)>,
    /// From the least to the greatest round at each point.
    ranges: Vec<[(i32, i32); 2]>,
    failed: Vec<i32>,
}

pub(super) fn draw(report: &Report, view: View) -> Drawn<Option<String>> {
    let clients: Vec<f64> = report.plan.clients.iter().map(|&count| count as f64).collect();
    let ranges = report.servers.iter().flat_map(|server| {
        report.plan.clients.iter().filter_map(|&count| view.range(report, server.name, count))
    });
    let values: Vec<f64> = ranges.flat_map(|(least, greatest)| [least, greatest]).collect();
    let (Some((heights, ticks)), Some(ends)) = (axis::around(&values), ends(&clients)) else {
        return Ok(None);
    };
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, (WIDTH, HEIGHT)).into_drawing_area();
        let scale = Scale::new(ends, heights);
        grid(&area, &scale, &clients, &ticks)?;
        let curves: Vec<Curve<'_>> =
            report.servers.iter().map(|server| curve(report, view, server, &scale)).collect();
        for curve in &curves {
            line(&area, curve)?;
        }
        for curve in &curves {
            for &(x, y, hollow) in &curve.points {
                mark(&area, curve.server.model, (x, y), hollow)?;
            }
        }
        crosses(&area, &curves)?;
        names(&area, &curves)?;
        area.present()?;
    }
    Ok(Some(svg))
}

fn value(point: Point) -> Option<f64> {
    match point {
        Point::Whole(value) | Point::Partly(value) if value > 0.0 => Some(value),
        _ => None,
    }
}

fn ends(clients: &[f64]) -> Option<(f64, f64)> {
    let (first, last) = (*clients.first()?, *clients.last()?);
    Some((first * 0.8, last * 1.12))
}

/// From values to places on the paper.
struct Scale {
    axes: Cartesian2d<LogCoord<f64>, LogCoord<f64>>,
    /// The lowest value that has a place.
    least: f64,
}

impl Scale {
    fn new((left, right): (f64, f64), (low, high): (f64, f64)) -> Scale {
        let (x, y) = ((left..right).log_scale(), (low..high).log_scale());
        let axes = Cartesian2d::new(x, y, (PLOT.0..PLOT.2, PLOT.3..PLOT.1));
        Scale { axes, least: low }
    }

    fn place(&self, clients: f64, value: f64) -> (i32, i32) {
        use plotters::coord::CoordTranslate;
        self.axes.translate(&(clients, value))
    }
}

fn letters(at: Pos) -> TextStyle<'static> {
    ("sans-serif", LETTER * 1.24).into_font().color(&INK).pos(at)
}

fn grid(area: &Area<'_>, scale: &Scale, clients: &[f64], ticks: &[f64]) -> Drawn {
    for &tick in ticks {
        let (_, y) = scale.place(clients[0], tick);
        area.draw(&PathElement::new([(PLOT.0, y), (PLOT.2, y)], FAINT.stroke_width(2)))?;
        let style = letters(Pos::new(HPos::Right, VPos::Center));
        area.draw(&Text::new(axis::short(tick), (PLOT.0 - 12, y), style))?;
    }
    for &count in clients {
        let (x, _) = scale.place(count, ticks[0]);
        area.draw(&PathElement::new([(x, PLOT.1), (x, PLOT.3)], FAINT.stroke_width(2)))?;
        let style = letters(Pos::new(HPos::Center, VPos::Center));
        area.draw(&Text::new(axis::short(count), (x, NUMBERS), style))?;
    }
    Ok(())
}

fn curve<'a>(report: &Report, view: View, server: &'a Server, scale: &Scale) -> Curve<'a> {
    let (mut points, mut ranges, mut failed) = (Vec::new(), Vec::new(), Vec::new());
    for &count in &report.plan.clients {
        let point = view.point(report, server.name, count);
        match value(point) {
            Some(value) => {
                let (x, y) = scale.place(count as f64, value);
                points.push((x, y, matches!(point, Point::Partly(_))));
                if let Some((least, greatest)) = view.range(report, server.name, count) {
                    let ends = [least.max(scale.least), greatest];
                    ranges.push(ends.map(|value| scale.place(count as f64, value)));
                }
            }
            None if point == Point::Failed => failed.push(scale.place(count as f64, 1.0).0),
            None => {}
        }
    }
    Curve { server, points, ranges, failed }
}

fn line(area: &Area<'_>, curve: &Curve<'_>) -> Drawn {
    let thin = super::color(curve.server.model).stroke_width(2);
    for range in &curve.ranges {
        area.draw(&PathElement::new(*range, thin))?;
    }
    let style = super::color(curve.server.model).stroke_width(4);
    let points = curve.points.iter().map(|&(x, y, _)| (x, y));
    match curve.server.is_python() {
        true => area.draw(&DashedPathElement::new(points, 10, 8, style))?,
        false => area.draw(&PathElement::new(points.collect::<Vec<_>>(), style))?,
    }
    Ok(())
}

/// Below the curves, so that nobody takes it for a value.
fn crosses(area: &Area<'_>, curves: &[Curve<'_>]) -> Drawn {
    let mut taken: Vec<(i32, i32)> = Vec::new();
    for curve in curves {
        for &x in &curve.failed {
            let before = taken.iter().filter(|(other, _)| *other == x).count() as i32;
            taken.push((x, before));
            cross(area, curve.server.model, (x + before * 22, FAILED))?;
        }
    }
    Ok(())
}

/// The name of each beside the end of its curve, none above another.
fn names(area: &Area<'_>, curves: &[Curve<'_>]) -> Drawn {
    let ends = curves.iter().filter_map(|curve| Some((curve.server, curve.points.last()?)));
    let ends: Vec<_> = ends.collect();
    let wishes: Vec<i32> = ends.iter().map(|(_, (_, y, _))| *y).collect();
    let gap = (LETTER * 1.1) as i32;
    let heights = labels::spread(&wishes, gap, PLOT.1 + 8, PLOT.3 - 4);
    for ((server, (x, y, _)), height) in ends.into_iter().zip(heights) {
        let color = super::color(server.model);
        let way = [(x + 12, *y), (x + 26, height)];
        area.draw(&PathElement::new(way, color.stroke_width(2)))?;
        let style = ("sans-serif", LETTER * 1.24).into_font().color(&color);
        let style = style.pos(Pos::new(HPos::Left, VPos::Center));
        area.draw(&Text::new(server.name, (x + 30, height), style))?;
    }
    Ok(())
}
