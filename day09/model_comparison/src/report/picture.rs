//! The picture for a README: messages per second where answers wait, and where they compute.

use common::Failure;

use super::charts::{COLORS, HEIGHT, WIDTH, chart};
use super::html::escape;
use super::view::{Figure, View};
use super::{Report, words};
use crate::plan::Kind;

/// The room for the headings above the charts.
const HEAD: u32 = 96;
/// The height of a line below them.
const LINE: u32 = 34;
/// From one chart to the next.
const GAP: u32 = 36;

impl Report {
    /// Draws it, for light and for dark surroundings; `None` if nothing was measured that is in it.
    ///
    /// # Errors
    ///
    /// plotters cannot draw it.
    pub fn to_picture(&self) -> Result<Option<String>, Failure> {
        let mut panels = String::new();
        let mut count = 0;
        for kind in [Kind::Io, Kind::Cpu] {
            let view = View { figure: Figure::Rate, kind };
            let Some(svg) = chart(self, view, view.figure.heading())? else { continue };
            let left = GAP + count * (WIDTH + GAP);
            let place =
                format!("<svg x=\"{left}\" y=\"{HEAD}\" width=\"{WIDTH}\" height=\"{HEIGHT}\" ");
            let heading = words::answer(kind);
            panels += &format!(
                "<text class=\"head\" x=\"{left}\" y=\"46\">{}</text>\n\
                 <text class=\"foot\" x=\"{left}\" y=\"80\">{} · ↑ messages/s, clients →</text>\n{}\n",
                heading.en,
                heading.zh,
                svg.replacen("<svg ", &place, 1)
            );
            count += 1;
        }
        if count == 0 {
            return Ok(None);
        }
        let lines = words::about(self);
        let foot = lines.iter().zip(1..).map(|(line, number)| {
            let y = HEAD + HEIGHT + number * LINE;
            format!("<text class=\"foot\" x=\"{GAP}\" y=\"{y}\">{}</text>\n", escape(&line.en))
        });
        let (width, foot): (u32, String) = (GAP + count * (WIDTH + GAP), foot.collect());
        let height = HEAD + HEIGHT + (lines.len() as u32 + 1) * LINE;
        Ok(Some(format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\">\n\
             <title>messages per second, by the number of clients</title>\n\
             <style>{COLORS}text{{font-family:sans-serif}}.head,.foot{{fill:var(--ink)}}\
             .head{{font-size:30px;font-weight:600}}.foot{{font-size:22px;fill:var(--soft)}}</style>\n\
             <rect width=\"100%\" height=\"100%\" fill=\"var(--paper)\"/>\n{panels}{foot}</svg>\n"
        )))
    }
}
