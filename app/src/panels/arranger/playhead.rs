//! The playhead: painted over ruler and lanes, followed by the view. Where it is, the session says.

use super::scene::Scene;
use eframe::egui::{Painter, Shape, Stroke, pos2};
use std::ops::Range;

/// Whether the page must be turned: the playhead was in view and has left it, or it jumped out of view.
pub(crate) fn leaves(view: &Range<f64>, before: f64, now: f64, jumped: bool) -> bool {
    !view.contains(&now) && (jumped || view.contains(&before))
}

pub(crate) fn paint(painter: &Painter, scene: &Scene<'_>, ticks: f64) {
    let x = scene.axis.x(ticks).round() + 0.5;
    if x < scene.lanes.left() || x > scene.lanes.right() {
        return;
    }
    let (top, colour) = (scene.ruler.bottom(), scene.look.playhead);
    painter.vline(x, top..=scene.lanes.bottom(), Stroke::new(1.0, colour));
    let flag = vec![pos2(x - 5.0, top - 9.0), pos2(x + 5.0, top - 9.0), pos2(x, top)];
    painter.add(Shape::convex_polygon(flag, colour, Stroke::NONE));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_turns_only_for_who_watches() {
        let view = 100.0..200.0;
        assert!(leaves(&view, 199.0, 201.0, false));
        assert!(!leaves(&view, 300.0, 301.0, false));
        assert!(leaves(&view, 300.0, 301.0, true));
        assert!(!leaves(&view, 300.0, 150.0, true));
    }
}
