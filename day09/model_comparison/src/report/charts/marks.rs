//! A shape for each model: who cannot tell the colours apart tells these.

use plotters::coord::Shift;
use plotters::prelude::*;

use crate::servers::Model;

/// Where something is drawn.
pub(super) type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
/// Whatever plotters says it cannot do.
pub(super) type Drawn<T = ()> = Result<T, Box<dyn std::error::Error>>;

/// Draws a model's mark; hollow where some clients had no answer.
pub(super) fn mark(area: &Area<'_>, model: Model, at: (i32, i32), hollow: bool) -> Drawn {
    let shape: Vec<(i32, i32)> = outline(model).iter().map(|(x, y)| (at.0 + x, at.1 + y)).collect();
    let color = super::color(model);
    let inside = if hollow { super::PAPER } else { color };
    area.draw(&Polygon::new(shape.clone(), inside.filled()))?;
    let closed = shape.iter().chain(shape.first()).copied().collect::<Vec<_>>();
    area.draw(&PathElement::new(closed, color.stroke_width(3)))?;
    Ok(())
}

/// A picture of the mark alone.
pub(super) fn alone(model: Model) -> Drawn<String> {
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, (24, 24)).into_drawing_area();
        mark(&area, model, (12, 12), false)?;
        area.present()?;
    }
    Ok(svg)
}

/// Draws a cross: failed.
pub(super) fn cross(area: &Area<'_>, model: Model, (x, y): (i32, i32)) -> Drawn {
    let style = super::color(model).stroke_width(5);
    for down in [7, -7] {
        area.draw(&PathElement::new([(x - 7, y - down), (x + 7, y + down)], style))?;
    }
    Ok(())
}

fn outline(model: Model) -> &'static [(i32, i32)] {
    match model {
        Model::Loop => &[(-8, -7), (8, -7), (0, 8)],
        Model::Select => &[(-7, -7), (7, -7), (7, 7), (-7, 7)],
        Model::Fork => &[(-8, 7), (8, 7), (0, -8)],
        Model::Thread => &[(0, -10), (9, 0), (0, 10), (-9, 0)],
        Model::Coroutine => {
            &[(-8, 3), (-8, -3), (-3, -8), (3, -8), (8, -3), (8, 3), (3, 8), (-3, 8)]
        }
    }
}
