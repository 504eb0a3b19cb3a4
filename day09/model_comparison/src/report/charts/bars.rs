//! A few values, a bar for each.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::marks::Drawn;
use super::{INK, LETTER, axis};
use crate::servers::Model;

/// One of them.
pub(in super::super) struct Bar {
    pub(in super::super) name: &'static str,
    pub(in super::super) model: Model,
    /// `None`: failed.
    pub(in super::super) value: Option<f64>,
}

/// The height of a bar and its name.
const ROW: i32 = 100;
/// The longest bar.
const LONGEST: f64 = 480.0;
/// The size of the chart, but for its height.
const WIDTH: u32 = 600;

pub(super) fn draw(values: &[Bar]) -> Drawn<String> {
    let mut svg = String::new();
    {
        let height = ROW as u32 * values.len() as u32 + 10;
        let area = SVGBackend::with_string(&mut svg, (WIDTH, height)).into_drawing_area();
        let greatest = values.iter().filter_map(|bar| bar.value).fold(f64::MIN_POSITIVE, f64::max);
        for (row, bar) in (0..).zip(values) {
            let top = row * ROW + 8;
            let left = Pos::new(HPos::Left, VPos::Center);
            let style = ("sans-serif", LETTER * 1.24).into_font().color(&INK).pos(left);
            area.draw(&Text::new(bar.name, (8, top + 18), style.clone()))?;
            let length = (bar.value.unwrap_or(0.0) / greatest * LONGEST).max(3.0) as i32;
            let ends = [(8, top + 38), (8 + length, top + 80)];
            area.draw(&Rectangle::new(ends, super::color(bar.model).filled()))?;
            let value = bar.value.map_or("failed".to_owned(), axis::short);
            area.draw(&Text::new(value, (22 + length, top + 59), style))?;
        }
        area.present()?;
    }
    Ok(svg)
}
