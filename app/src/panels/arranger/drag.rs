//! What a hand does to clips until it lets go. Pure: places in, places out.

use loophole_pulse::intent::{Intent, clip};
use loophole_pulse::model::{Clip, ClipId, TrackId};
use std::ops::Range;
use std::sync::Arc;

/// A clip that is carried, with the row of its track.
#[derive(Clone, Debug)]
pub(crate) struct Carried {
    pub clip: Arc<Clip>,
    pub row: usize,
}

/// Clips on their way to another time or track.
#[derive(Clone, Debug)]
pub(crate) struct MoveDrag {
    pub carried: Vec<Carried>,
    /// The one under the pointer: it snaps, the others keep their distance.
    grabbed_start: i64,
    pressed_ticks: f64,
    pressed_row: usize,
    pub delta_ticks: i64,
    pub delta_rows: isize,
}

impl MoveDrag {
    pub(crate) fn new(carried: Vec<Carried>, grabbed: &Clip, pressed_ticks: f64, pressed_row: usize) -> Self {
        let grabbed_start = grabbed.start_ticks;
        Self { carried, grabbed_start, pressed_ticks, pressed_row, delta_ticks: 0, delta_rows: 0 }
    }

    /// Follows the pointer, no clip further than the start of the timeline or the first and last track.
    pub(crate) fn update(&mut self, ticks: f64, row: usize, row_count: usize, snap: impl Fn(f64) -> i64) {
        let moved = ticks - self.pressed_ticks;
        let target = snap(self.grabbed_start as f64 + moved);
        let earliest = self.carried.iter().map(|carried| carried.clip.start_ticks).min().unwrap_or_default();
        self.delta_ticks = (target - self.grabbed_start).max(-earliest);
        let rows = self.carried.iter().map(|carried| carried.row);
        let up = rows.clone().min().unwrap_or_default() as isize;
        let down = row_count.saturating_sub(1 + rows.max().unwrap_or_default()) as isize;
        self.delta_rows = (row as isize - self.pressed_row as isize).clamp(-up, down.max(-up));
    }

    pub(crate) fn row_of(&self, carried: &Carried) -> usize {
        carried.row.saturating_add_signed(self.delta_rows)
    }

    pub(crate) fn start_of(&self, carried: &Carried) -> i64 {
        carried.clip.start_ticks + self.delta_ticks
    }

    /// Where the grabbed clip would begin.
    pub(crate) fn target_ticks(&self) -> i64 {
        self.grabbed_start + self.delta_ticks
    }

    pub(crate) fn intent(&self, order: &[TrackId]) -> Option<Intent> {
        if self.delta_ticks == 0 && self.delta_rows == 0 {
            return None;
        }
        let moves = self.carried.iter().map(|carried| {
            let track = order.get(self.row_of(carried)).copied();
            clip::ClipMove {
                clip_id: carried.clip.id,
                start_ticks: self.start_of(carried),
                track_id: track.filter(|track| *track != carried.clip.track),
            }
        });
        Some(Intent::ClipMove(clip::Move { moves: moves.collect() }))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Edge {
    Start,
    End,
}

/// An edge of a clip on its way.
#[derive(Clone, Debug)]
pub(crate) struct TrimDrag {
    pub clip: Arc<Clip>,
    pub edge: Edge,
    /// As far as the media goes.
    limits: Range<i64>,
    pub start_ticks: i64,
    pub end_ticks: i64,
}

impl TrimDrag {
    pub(crate) fn new(clip: Arc<Clip>, edge: Edge, limits: Range<i64>) -> Self {
        let (start_ticks, end_ticks) = (clip.start_ticks, clip.start_ticks + clip.length_ticks);
        Self { clip, edge, limits, start_ticks, end_ticks }
    }

    pub(crate) fn update(&mut self, ticks: f64, snap: impl Fn(f64) -> i64) {
        let (start, end) = (self.clip.start_ticks, self.clip.start_ticks + self.clip.length_ticks);
        match self.edge {
            Edge::Start => self.start_ticks = snap(ticks).max(self.limits.start.max(0)).min(end - 1),
            Edge::End => self.end_ticks = snap(ticks).min(self.limits.end.max(end)).max(start + 1),
        }
    }

    pub(crate) fn intent(&self) -> Option<Intent> {
        let (start_ticks, length_ticks) = (self.start_ticks, self.end_ticks - self.start_ticks);
        let changed = start_ticks != self.clip.start_ticks || length_ticks != self.clip.length_ticks;
        changed.then(|| Intent::ClipResize(clip::Resize { clip_id: self.clip.id, start_ticks, length_ticks }))
    }
}

/// The loop region on its way.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct LoopDrag {
    /// The end that stays, or none when the whole region moves.
    fixed: Option<i64>,
    /// Of the region as it was grabbed.
    grabbed: (i64, i64),
    pressed_ticks: f64,
    pub start_ticks: i64,
    pub end_ticks: i64,
}

impl LoopDrag {
    /// A new region from where the pointer went down.
    pub(crate) fn draw(from: i64) -> Self {
        Self {
            fixed: Some(from),
            grabbed: (from, from),
            pressed_ticks: from as f64,
            start_ticks: from,
            end_ticks: from,
        }
    }

    /// One edge of the region there is; `fixed` is the other.
    pub(crate) fn edge(region: (i64, i64), fixed: i64) -> Self {
        let (start_ticks, end_ticks) = region;
        Self { fixed: Some(fixed), grabbed: region, pressed_ticks: fixed as f64, start_ticks, end_ticks }
    }

    /// The whole region.
    pub(crate) fn whole(region: (i64, i64), pressed_ticks: f64) -> Self {
        let (start_ticks, end_ticks) = region;
        Self { fixed: None, grabbed: region, pressed_ticks, start_ticks, end_ticks }
    }

    pub(crate) fn update(&mut self, ticks: f64, snap: impl Fn(f64) -> i64) {
        match self.fixed {
            Some(fixed) => {
                let moving = snap(ticks).max(0);
                (self.start_ticks, self.end_ticks) = (fixed.min(moving), fixed.max(moving));
            }
            None => {
                let (start, end) = self.grabbed;
                self.start_ticks = snap(start as f64 + ticks - self.pressed_ticks).max(0);
                self.end_ticks = self.start_ticks + (end - start);
            }
        }
    }

    /// What was drawn, if it is longer than nothing.
    pub(crate) fn region(&self) -> Option<(i64, i64)> {
        (self.end_ticks > self.start_ticks).then_some((self.start_ticks, self.end_ticks))
    }
}

/// A rubber band: from where the pointer went down to where it is. Vertical places count from the first track's top.
#[derive(Clone, Debug)]
pub(crate) struct BandDrag {
    pub from: (f64, f32),
    pub to: (f64, f32),
    /// Selected before, and kept with Shift.
    pub kept: std::collections::BTreeSet<ClipId>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use loophole_pulse::model::{LaneId, MediaId};

    fn clip(id: u32, track: u32, start_ticks: i64, length_ticks: i64) -> Arc<Clip> {
        Arc::new(Clip {
            id: ClipId(id),
            track: TrackId(track),
            lane: LaneId(track),
            name: "a".into(),
            media: MediaId(1),
            start_ticks,
            length_ticks,
            offset_frames: 0,
            looped: false,
            gain_db: 0.0,
        })
    }

    fn to_tens(ticks: f64) -> i64 {
        (ticks / 10.0).round() as i64 * 10
    }

    fn two_clips() -> MoveDrag {
        let (first, second) = (clip(1, 1, 20, 30), clip(2, 2, 103, 30));
        let carried = vec![Carried { clip: first, row: 0 }, Carried { clip: Arc::clone(&second), row: 1 }];
        MoveDrag::new(carried, &second, 110.0, 1)
    }

    #[test]
    fn the_grabbed_clip_snaps_and_the_others_keep_their_distance() {
        let mut drag = two_clips();
        drag.update(161.0, 2, 4, to_tens);
        assert_eq!((drag.target_ticks(), drag.delta_ticks, drag.delta_rows), (150, 47, 1));
        let order: Vec<TrackId> = (1..=4).map(TrackId).collect();
        let Some(Intent::ClipMove(intent)) = drag.intent(&order) else { panic!("moved") };
        let places: Vec<_> = intent.moves.iter().map(|one| (one.clip_id.0, one.start_ticks, one.track_id)).collect();
        assert_eq!(places, [(1, 67, Some(TrackId(2))), (2, 150, Some(TrackId(3)))]);
    }

    #[test]
    fn nothing_leaves_the_timeline() {
        let mut drag = two_clips();
        drag.update(-1_000.0, 0, 2, to_tens);
        assert_eq!((drag.delta_ticks, drag.delta_rows), (-20, 0));
        drag.update(110.0, 9, 3, to_tens);
        assert_eq!((drag.delta_ticks, drag.delta_rows), (-3, 1));
        drag.update(113.0, 1, 2, |ticks| ticks as i64);
        drag.update(110.0, 1, 2, |ticks| ticks as i64);
        assert!(drag.intent(&[TrackId(1), TrackId(2)]).is_none());
    }

    #[test]
    fn an_edge_goes_as_far_as_the_media() {
        let mut drag = TrimDrag::new(clip(1, 1, 100, 50), Edge::End, 80..170);
        drag.update(161.0, to_tens);
        assert_eq!((drag.start_ticks, drag.end_ticks), (100, 160));
        drag.update(1_000.0, to_tens);
        assert_eq!(drag.end_ticks, 170);
        drag.update(0.0, to_tens);
        assert_eq!(drag.end_ticks, 101);
        let mut drag = TrimDrag::new(clip(1, 1, 100, 50), Edge::Start, 80..170);
        drag.update(1.0, to_tens);
        assert_eq!((drag.start_ticks, drag.end_ticks), (80, 150));
        drag.update(200.0, to_tens);
        assert_eq!(drag.start_ticks, 149);
    }

    #[test]
    fn a_loop_region_is_drawn_either_way_round() {
        let mut drag = LoopDrag::draw(100);
        assert_eq!(drag.region(), None);
        drag.update(52.0, to_tens);
        assert_eq!(drag.region(), Some((50, 100)));
        let mut drag = LoopDrag::edge((50, 100), 50);
        drag.update(131.0, to_tens);
        assert_eq!(drag.region(), Some((50, 130)));
        let mut drag = LoopDrag::whole((50, 100), 60.0);
        drag.update(0.0, to_tens);
        assert_eq!(drag.region(), Some((0, 50)));
    }
}
