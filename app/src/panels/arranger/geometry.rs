//! Where ticks and tracks are on the screen. Pure.

use eframe::egui::{Rangef, Rect, Vec2, emath::GuiRounding as _, pos2};
use std::ops::Range;

/// From ticks to pixels across, for one frame. The maths is in f64 so that hour ten is as sharp as second one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct TimeAxis {
    /// Where `first_ticks` is, in points.
    pub left: f32,
    pub width: f32,
    /// At the left edge.
    pub first_ticks: f64,
    pub points_per_tick: f64,
}

/// A quarter note never gets narrower or wider than this many points.
pub(crate) const POINTS_PER_QUARTER: Range<f64> = 0.02..4_000.0;

impl TimeAxis {
    pub(crate) fn x(&self, ticks: f64) -> f32 {
        self.left + ((ticks - self.first_ticks) * self.points_per_tick) as f32
    }

    /// As [`Self::x`], kept so near to the visible part that shapes stay paintable.
    pub(crate) fn x_near(&self, ticks: f64) -> f32 {
        self.x(ticks).clamp(self.left - 10.0, self.left + self.width + 10.0)
    }

    pub(crate) fn ticks(&self, x: f32) -> f64 {
        self.first_ticks + f64::from(x - self.left) / self.points_per_tick
    }

    pub(crate) fn ticks_of_width(&self, points: f32) -> f64 {
        f64::from(points) / self.points_per_tick
    }

    /// The ticks that can be seen.
    pub(crate) fn visible(&self) -> Range<f64> {
        self.first_ticks..self.first_ticks + self.ticks_of_width(self.width)
    }
}

/// What part of the timeline is shown; kept between frames.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Viewport {
    pub first_ticks: f64,
    pub points_per_tick: f64,
    /// How far the tracks are scrolled, in points.
    pub scroll_y: f32,
}

impl Viewport {
    pub(crate) fn axis(&self, lanes: Rect) -> TimeAxis {
        TimeAxis {
            left: lanes.left(),
            width: lanes.width(),
            first_ticks: self.first_ticks,
            points_per_tick: self.points_per_tick,
        }
    }

    /// Zooms so that what is at `x` (points from the left edge) stays there; `least` points per tick show enough.
    pub(crate) fn zoom_around(&mut self, x: f32, factor: f64, least: f64, ticks_per_quarter: f64) {
        let fixed = self.first_ticks + f64::from(x) / self.points_per_tick;
        let wanted = self.points_per_tick * factor;
        let end = POINTS_PER_QUARTER.end / ticks_per_quarter;
        let limits = (POINTS_PER_QUARTER.start / ticks_per_quarter).max(least.min(end))..end;
        self.points_per_tick = wanted.clamp(limits.start, limits.end);
        self.first_ticks = (fixed - f64::from(x) / self.points_per_tick).max(0.0);
    }

    /// Scrolls by points, no further than the content.
    pub(crate) fn scroll_by(&mut self, delta: Vec2, content: Content, size: Vec2) {
        let furthest = (content.ticks - f64::from(size.x) * 0.25 / self.points_per_tick).max(0.0);
        self.first_ticks = (self.first_ticks - f64::from(delta.x) / self.points_per_tick).clamp(0.0, furthest);
        self.scroll_y = (self.scroll_y - delta.y).clamp(0.0, (content.height - size.y).max(0.0));
    }

    /// Shows `ticks` in all of `width`.
    pub(crate) fn fit(&mut self, ticks: Range<f64>, width: f32, ticks_per_quarter: f64) {
        let length = (ticks.end - ticks.start).max(ticks_per_quarter);
        self.points_per_tick = (f64::from(width.max(1.0)) / length)
            .clamp(POINTS_PER_QUARTER.start / ticks_per_quarter, POINTS_PER_QUARTER.end / ticks_per_quarter);
        self.first_ticks = ticks.start.max(0.0);
    }
}

/// How much there is to scroll over.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Content {
    pub ticks: f64,
    pub height: f32,
}

impl Content {
    /// Zoomed out, the song still fills half of the view.
    pub(crate) fn least_points_per_tick(&self, width: f32) -> f64 {
        f64::from(width) * 0.5 / self.ticks.max(1.0)
    }
}

/// Tops of the tracks, for one frame: `tops[i]..tops[i + 1]` is track `i`, in points from the first track's top.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Rows {
    tops: Vec<f32>,
}

impl Rows {
    /// Refills in place: no allocation from frame to frame.
    pub(crate) fn fill(&mut self, heights: impl Iterator<Item = f32>) {
        self.tops.clear();
        self.tops.push(0.0);
        let mut top = 0.0;
        self.tops.extend(heights.map(|height| {
            top += height;
            top
        }));
    }

    pub(crate) fn len(&self) -> usize {
        self.tops.len().saturating_sub(1)
    }

    pub(crate) fn height(&self) -> f32 {
        self.tops.last().copied().unwrap_or_default()
    }

    pub(crate) fn range(&self, row: usize) -> Rangef {
        let top = self.tops.get(row).copied().unwrap_or_else(|| self.height());
        Rangef::new(top, self.tops.get(row + 1).copied().unwrap_or(top))
    }

    /// The row at `y`, or none below the last one.
    pub(crate) fn at(&self, y: f32) -> Option<usize> {
        let row = self.tops.partition_point(|top| *top <= y).checked_sub(1)?;
        (row < self.len()).then_some(row)
    }

    /// The rows that touch `y`.
    pub(crate) fn visible(&self, y: Rangef) -> Range<usize> {
        let first = self.tops.partition_point(|top| *top <= y.min).saturating_sub(1);
        let end = self.tops.partition_point(|top| *top < y.max).min(self.len());
        first.min(end)..end
    }

    /// Where a row is on the screen.
    pub(crate) fn rect(&self, row: usize, lanes: Rect, scroll_y: f32) -> Rect {
        let y = self.range(row);
        let top = (lanes.top() + y.min - scroll_y).round_ui();
        let bottom = (lanes.top() + y.max - scroll_y).round_ui();
        Rect::from_min_max(pos2(lanes.left(), top), pos2(lanes.right(), bottom))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use eframe::egui::vec2;

    const QUARTER: f64 = 20_160.0;

    fn lanes() -> Rect {
        Rect::from_min_size(pos2(100.0, 50.0), vec2(800.0, 400.0))
    }

    fn viewport() -> Viewport {
        Viewport { first_ticks: 0.0, points_per_tick: 20.0 / QUARTER, scroll_y: 0.0 }
    }

    #[test]
    fn a_place_far_away_is_still_exact_to_the_pixel() {
        let ten_hours = 36_000.0 * 2.0 * QUARTER;
        let axis = Viewport { first_ticks: ten_hours, points_per_tick: 1.0, scroll_y: 0.0 }.axis(lanes());
        assert_eq!(axis.x(ten_hours + 7.0), 107.0);
        assert_eq!(axis.ticks(107.0), ten_hours + 7.0);
    }

    #[test]
    fn what_is_under_the_pointer_stays_there_when_zooming() {
        let mut view = Viewport { first_ticks: 50.0 * QUARTER, ..viewport() };
        let before = view.axis(lanes()).ticks(400.0);
        view.zoom_around(300.0, 3.0, 0.0, QUARTER);
        assert!((view.axis(lanes()).ticks(400.0) - before).abs() < 1e-6);
        for _ in 0..100 {
            view.zoom_around(300.0, 3.0, 0.0, QUARTER);
        }
        assert!((view.points_per_tick * QUARTER - POINTS_PER_QUARTER.end).abs() < 1e-6);
        view.zoom_around(300.0, 1e-9, 3.0 / QUARTER, QUARTER);
        assert!((view.points_per_tick * QUARTER - 3.0).abs() < 1e-6);
    }

    #[test]
    fn scrolling_ends_where_the_content_does() {
        let mut view = viewport();
        let content = Content { ticks: 100.0 * QUARTER, height: 1_000.0 };
        view.scroll_by(vec2(-1e9, -1e9), content, vec2(800.0, 400.0));
        assert_eq!((view.first_ticks, view.scroll_y), (90.0 * QUARTER, 600.0));
        view.scroll_by(vec2(1e9, 1e9), content, vec2(800.0, 400.0));
        assert_eq!((view.first_ticks, view.scroll_y), (0.0, 0.0));
    }

    #[test]
    fn rows_are_found_by_place() {
        let mut rows = Rows::default();
        assert_eq!((rows.len(), rows.at(0.0)), (0, None));
        rows.fill([10.0, 20.0, 30.0].into_iter());
        assert_eq!(
            (rows.at(-1.0), rows.at(0.0), rows.at(9.9), rows.at(10.0), rows.at(60.0)),
            (None, Some(0), Some(0), Some(1), None)
        );
        assert_eq!(rows.visible(Rangef::new(0.0, 100.0)), 0..3);
        assert_eq!(rows.visible(Rangef::new(10.0, 30.0)), 1..2);
        assert_eq!(rows.visible(Rangef::new(70.0, 80.0)), 3..3);
        assert_eq!(rows.range(9), Rangef::new(60.0, 60.0));
    }
}
