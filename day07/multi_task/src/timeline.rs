//! Who ran when, as a picture: one row for each task, one bar for each turn.

use std::fmt::Write as _;

/// A turn: who, from when to when (in steps of work).
pub(crate) struct Turn {
    pub(crate) task: &'static str,
    pub(crate) from: u32,
    pub(crate) to: u32,
}

const STEP: u32 = 28;
const ROW: u32 = 26;
const LEFT: u32 = 90;
const COLORS: [&str; 6] = ["#4477aa", "#ee6677", "#228833", "#ccbb44", "#66ccee", "#aa3377"];

/// Draws the turns as SVG.
pub(crate) fn svg(turns: &[Turn]) -> String {
    let mut tasks: Vec<&str> = Vec::new();
    for turn in turns {
        if !tasks.contains(&turn.task) {
            tasks.push(turn.task);
        }
    }
    let end = turns.iter().map(|t| t.to).max().unwrap_or(0);
    let (width, height) = (LEFT + end * STEP + 10, tasks.len() as u32 * ROW + 30);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         font-family=\"sans-serif\" font-size=\"12\">\n"
    );
    for (row, (task, color)) in (0..).zip(tasks.iter().zip(COLORS.iter().cycle())) {
        let y = row * ROW + 8;
        let _ = writeln!(out, "<text x=\"6\" y=\"{}\">{task}</text>", y + 13);
        for turn in turns.iter().filter(|t| t.task == *task) {
            let (x, w) = (LEFT + turn.from * STEP, (turn.to - turn.from) * STEP - 2);
            let _ = writeln!(
                out,
                "<rect x=\"{x}\" y=\"{y}\" width=\"{w}\" height=\"18\" fill=\"{color}\"/>"
            );
        }
    }
    let _ = writeln!(
        out,
        "<text x=\"{LEFT}\" y=\"{}\">steps of work, one after the other</text>",
        height - 8
    );
    out + "</svg>\n"
}
