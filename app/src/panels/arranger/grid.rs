//! Bars, beats and what clips snap to. Pure.

use super::geometry::TimeAxis;
use super::time::TimeMap;
use loophole_pulse::model::TICKS_PER_QUARTER;

/// What places are drawn to while dragging.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Snap {
    Off,
    /// The finest lines that can be seen.
    #[default]
    Grid,
    Beat,
    Bar,
}

impl Snap {
    pub(crate) const ALL: [Snap; 4] = [Self::Bar, Self::Beat, Self::Grid, Self::Off];

    pub(crate) const fn label(self) -> &'static str {
        match self {
            Self::Off => "Off",
            Self::Grid => "Grid",
            Self::Beat => "Beat",
            Self::Bar => "Bar",
        }
    }

    /// The nearest place to snap to; never before the start.
    pub(crate) fn nearest(self, ticks: f64, map: &TimeMap, axis: &TimeAxis) -> i64 {
        let ticks = ticks.max(0.0);
        let bar = Bar::at(map, ticks as i64);
        let within = ticks - bar.start_ticks as f64;
        match self {
            Self::Off => ticks.round() as i64,
            Self::Bar => bar.start_ticks + nearest_multiple(within, bar.ticks()),
            Self::Beat => bar.start_ticks + nearest_multiple(within, bar.beat_ticks).min(bar.ticks()),
            Self::Grid => match Step::finest(&bar, axis, GRID_POINTS) {
                Step::Bars(bars) => {
                    let first = map.bar_start_ticks((bar.number - 1) / bars * bars + 1);
                    first + nearest_multiple(ticks - first as f64, bar.ticks() * bars)
                }
                Step::Ticks(step) => bar.start_ticks + nearest_multiple(within, step).min(bar.ticks()),
            },
        }
    }

    /// How far one nudge goes.
    pub(crate) fn step_ticks(self, ticks: i64, map: &TimeMap, axis: &TimeAxis) -> i64 {
        let bar = Bar::at(map, ticks);
        match self {
            Self::Off => (axis.ticks_of_width(1.0).round() as i64).max(1),
            Self::Bar => bar.ticks(),
            Self::Beat => bar.beat_ticks,
            Self::Grid => match Step::finest(&bar, axis, GRID_POINTS) {
                Step::Bars(bars) => bar.ticks() * bars,
                Step::Ticks(step) => step,
            },
        }
    }
}

/// Grid lines are this far apart or further.
const GRID_POINTS: f64 = 12.0;
/// Labels of the ruler need more.
const LABEL_POINTS: f64 = 52.0;

fn nearest_multiple(ticks: f64, step: i64) -> i64 {
    (ticks / step as f64).round() as i64 * step
}

/// One bar of the timeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Bar {
    /// From 1.
    pub number: i64,
    pub start_ticks: i64,
    pub beats: i64,
    pub beat_ticks: i64,
}

impl Bar {
    pub(crate) fn at(map: &TimeMap, ticks: i64) -> Self {
        Self::numbered(map, map.bar_beat_tick(ticks.max(0)).bar)
    }

    pub(crate) fn numbered(map: &TimeMap, number: i64) -> Self {
        let (start_ticks, end_ticks) = (map.bar_start_ticks(number), map.bar_start_ticks(number + 1));
        let beat_ticks = map.beat_ticks(start_ticks).max(1);
        Self { number, start_ticks, beats: ((end_ticks - start_ticks) / beat_ticks).max(1), beat_ticks }
    }

    pub(crate) fn ticks(&self) -> i64 {
        self.beats * self.beat_ticks
    }
}

/// A distance between lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Bars(i64),
    /// Divides a beat, or is one.
    Ticks(i64),
}

impl Step {
    /// The finest of: beat / 16 … beat, 1, 2, 4 … bars, whose lines are `points` apart.
    fn finest(bar: &Bar, axis: &TimeAxis, points: f64) -> Self {
        let wide = |ticks: i64| ticks as f64 * axis.points_per_tick >= points;
        for part in [16, 8, 4, 2, 1] {
            if bar.beat_ticks % part == 0 && wide(bar.beat_ticks / part) {
                return Self::Ticks(bar.beat_ticks / part);
            }
        }
        let mut bars = 1;
        while !wide(bar.ticks() * bars) && bars < 1 << 20 {
            bars *= 2;
        }
        Self::Bars(bars)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Weight {
    Bar,
    Beat,
    Part,
}

/// One line of the grid.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Line {
    pub ticks: i64,
    pub weight: Weight,
    pub label: Option<String>,
}

/// The lines that can be seen, from left to right, into `lines`.
pub(crate) fn lines(map: &TimeMap, axis: &TimeAxis, lines: &mut Vec<Line>) {
    lines.clear();
    let visible = axis.visible();
    let mut bar = Bar::at(map, visible.start as i64);
    let stride = match Step::finest(&bar, axis, GRID_POINTS) {
        Step::Bars(bars) => bars,
        Step::Ticks(_) => 1,
    };
    bar = Bar::numbered(map, (bar.number - 1) / stride * stride + 1);
    while (bar.start_ticks as f64) < visible.end && lines.len() < 4_000 {
        bar_lines(&bar, axis, lines);
        bar = Bar::numbered(map, bar.number + stride);
    }
}

fn bar_lines(bar: &Bar, axis: &TimeAxis, lines: &mut Vec<Line>) {
    let (line, label) = (Step::finest(bar, axis, GRID_POINTS), Step::finest(bar, axis, LABEL_POINTS));
    let every = match label {
        Step::Bars(bars) => bars,
        Step::Ticks(_) => 1,
    };
    let labelled = (bar.number - 1) % every == 0;
    let text = labelled.then(|| bar.number.to_string());
    lines.push(Line { ticks: bar.start_ticks, weight: Weight::Bar, label: text });
    let Step::Ticks(step) = line else { return };
    for offset in (step..bar.ticks()).step_by(step.max(1) as usize) {
        let (beat, part) = (offset / bar.beat_ticks + 1, offset % bar.beat_ticks);
        let labelled = matches!(label, Step::Ticks(step) if offset % step == 0);
        lines.push(Line {
            ticks: bar.start_ticks + offset,
            weight: if part == 0 { Weight::Beat } else { Weight::Part },
            label: labelled.then(|| match part {
                0 => format!("{}.{beat}", bar.number),
                part => format!("{}.{beat}.{:03}", bar.number, part * 960 / TICKS_PER_QUARTER),
            }),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::super::time::tests::map;
    use super::*;

    const QUARTER: i64 = 20_160;
    const BAR: i64 = QUARTER * 4;

    fn axis(points_per_quarter: f64) -> TimeAxis {
        TimeAxis { left: 0.0, width: 800.0, first_ticks: 0.0, points_per_tick: points_per_quarter / QUARTER as f64 }
    }

    #[test]
    fn places_are_drawn_to_what_was_chosen() {
        let map = map(120.0, &[(0, 4, 4), (2 * BAR, 3, 4)]);
        let near = |snap: Snap, quarters: f64| {
            snap.nearest(quarters * QUARTER as f64, &map, &axis(50.0)) as f64 / QUARTER as f64
        };
        assert_eq!((near(Snap::Bar, 1.9), near(Snap::Bar, 2.1), near(Snap::Bar, 9.6)), (0.0, 4.0, 11.0));
        assert_eq!((near(Snap::Beat, 1.4), near(Snap::Beat, 3.7), near(Snap::Beat, -5.0)), (1.0, 4.0, 0.0));
        // At 50 points to the quarter, sixteenths are 12.5 points apart.
        assert_eq!((near(Snap::Grid, 1.1), near(Snap::Grid, 1.2)), (1.0, 1.25));
        assert!((near(Snap::Off, 1.1) - 1.1).abs() < 1e-4);
    }

    #[test]
    fn from_afar_the_grid_is_of_bars() {
        let map = map(120.0, &[(0, 4, 4)]);
        let near = |bars: f64| Snap::Grid.nearest(bars * BAR as f64, &map, &axis(1.0)) / BAR;
        assert_eq!((near(1.0), near(2.1), near(5.9), near(6.1)), (0, 4, 4, 8));
    }

    #[test]
    fn lines_are_neither_crowded_nor_missing() {
        let map = map(120.0, &[(0, 4, 4), (2 * BAR, 3, 8)]);
        for points in [0.02, 0.5, 3.0, 13.0, 60.0, 900.0] {
            let (axis, mut found) = (axis(points), Vec::new());
            lines(&map, &axis, &mut found);
            assert!((2..200).contains(&found.len()), "{} lines at {points}", found.len());
            assert!(found.is_sorted_by_key(|line| line.ticks));
            let labels: Vec<f32> =
                found.iter().filter(|line| line.label.is_some()).map(|line| axis.x(line.ticks as f64)).collect();
            assert!(labels.windows(2).all(|pair| pair[1] - pair[0] > 18.0), "{labels:?} at {points}");
        }
    }
}
