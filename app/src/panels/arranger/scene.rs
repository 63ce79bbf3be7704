//! One frame of the arranger: what there is and where it is. Nothing in it changes while it is painted.

use super::geometry::{Rows, TimeAxis};
use super::grid::Line;
use super::index::ClipIndex;
use super::look::Look;
use super::time::TimeMap;
use eframe::egui::{Color32, Rect};
use loophole_pulse::model::{Track, TrackId};
use loophole_pulse::telemetry::TelemetryView;
use loophole_pulse::view::SessionView;
use std::ops::Range;

pub(crate) struct Scene<'a> {
    pub view: &'a SessionView,
    pub telemetry: &'a TelemetryView,
    pub map: &'a TimeMap,
    pub index: &'a ClipIndex,
    pub rows: &'a Rows,
    pub lines: &'a [Line],
    pub look: &'a Look,
    pub axis: TimeAxis,
    /// Where clips are painted.
    pub lanes: Rect,
    /// Left of the lanes.
    pub headers: Rect,
    /// Above the lanes.
    pub ruler: Rect,
    pub scroll_y: f32,
    /// The rows that can be seen.
    pub visible: Range<usize>,
    pub playhead_ticks: i64,
    /// Some channel is solo: the others are silent.
    pub any_solo: bool,
}

impl Scene<'_> {
    pub(crate) fn order(&self) -> &[TrackId] {
        &self.view.model.track_order
    }

    pub(crate) fn track(&self, row: usize) -> Option<&Track> {
        let id = self.order().get(row)?;
        self.view.model.tracks.get(id).map(|track| &**track)
    }

    /// What its clips are painted in: weaker where nothing of it is heard.
    pub(crate) fn colour_of(&self, track: &Track) -> Color32 {
        let colour = self.look.of_track(track.colour);
        let channel = self.view.model.channels.get(&track.channel);
        let heard = channel.is_none_or(|channel| !channel.mute && (channel.solo || !self.any_solo));
        if heard { colour } else { self.look.silenced(colour) }
    }

    pub(crate) fn row_of(&self, track: TrackId) -> Option<usize> {
        self.index.row_of(track)
    }

    /// Of a lane; a header has the same top and bottom.
    pub(crate) fn row_rect(&self, row: usize) -> Rect {
        self.rows.rect(row, self.lanes, self.scroll_y)
    }

    /// From a place on the screen to one that scrolls with the tracks.
    pub(crate) fn y_in_rows(&self, y: f32) -> f32 {
        y - self.lanes.top() + self.scroll_y
    }

    pub(crate) fn row_at(&self, y: f32) -> Option<usize> {
        self.rows.at(self.y_in_rows(y))
    }

    /// The row at `y`, or the first or last one.
    pub(crate) fn row_near(&self, y: f32) -> usize {
        let last = self.rows.len().saturating_sub(1);
        if self.y_in_rows(y) < 0.0 { 0 } else { self.row_at(y).unwrap_or(last) }
    }

    /// `17.2.480`: bar, beat, and 960ths of a quarter note.
    pub(crate) fn place_text(&self, ticks: i64) -> String {
        let place = self.map.bar_beat_tick(ticks.max(0));
        let fine = place.tick * 960 / loophole_pulse::model::TICKS_PER_QUARTER;
        format!("{}.{}.{fine:03}", place.bar, place.beat)
    }

    /// `2.1.000`: so many bars, beats and 960ths, counted in the signature at `near_ticks`.
    pub(crate) fn length_text(&self, ticks: i64, near_ticks: i64) -> String {
        let bar = super::grid::Bar::at(self.map, near_ticks);
        let (sign, ticks) = (if ticks < 0 { "-" } else { "" }, ticks.abs());
        let (bars, rest) = (ticks / bar.ticks().max(1), ticks % bar.ticks().max(1));
        let (beats, rest) = (rest / bar.beat_ticks.max(1), rest % bar.beat_ticks.max(1));
        format!("{sign}{bars}.{beats}.{:03}", rest * 960 / loophole_pulse::model::TICKS_PER_QUARTER)
    }
}
