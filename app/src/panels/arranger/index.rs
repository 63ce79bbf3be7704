//! The clips of a track, findable by time. Pure.

use loophole_pulse::model::{Clip, ClipId, TrackId};
use loophole_pulse::view::SessionView;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

/// One track's clips by start, with what makes overlapping ones findable.
#[derive(Clone, Debug, Default)]
pub(crate) struct TrackClips {
    clips: Arc<Vec<Arc<Clip>>>,
    /// The furthest end of clips `0..=i`: sorted, where the ends themselves need not be.
    furthest_end: Vec<i64>,
}

impl TrackClips {
    fn new(clips: Arc<Vec<Arc<Clip>>>) -> Self {
        let mut furthest = i64::MIN;
        let furthest_end = clips
            .iter()
            .map(|clip| {
                furthest = furthest.max(end_ticks(clip));
                furthest
            })
            .collect();
        Self { clips, furthest_end }
    }

    /// All that touch the range, and perhaps some that a longer one hides behind.
    pub(crate) fn within(&self, ticks: Range<f64>) -> &[Arc<Clip>] {
        let first = self.furthest_end.partition_point(|end| *end as f64 <= ticks.start);
        let end = self.clips.partition_point(|clip| (clip.start_ticks as f64) < ticks.end);
        self.clips.get(first..end).unwrap_or_default()
    }

    /// The clip that is painted on top at a place.
    pub(crate) fn at(&self, ticks: f64) -> Option<&Arc<Clip>> {
        let touching = self.within(ticks..ticks.next_up());
        touching.iter().rev().find(|clip| clip.start_ticks as f64 <= ticks && ticks < end_ticks(clip) as f64)
    }

    pub(crate) fn all(&self) -> &[Arc<Clip>] {
        &self.clips
    }

    fn end(&self) -> i64 {
        self.furthest_end.last().copied().unwrap_or_default()
    }
}

pub(crate) fn end_ticks(clip: &Clip) -> i64 {
    clip.start_ticks.saturating_add(clip.length_ticks)
}

/// Every track's clips; refreshed only where a track changed.
#[derive(Debug, Default)]
pub(crate) struct ClipIndex {
    revision: Option<u64>,
    tracks: BTreeMap<TrackId, TrackClips>,
    rows: BTreeMap<TrackId, usize>,
    end_ticks: i64,
}

impl ClipIndex {
    pub(crate) fn refresh(&mut self, view: &SessionView) {
        if self.revision == Some(view.revision) {
            return;
        }
        self.revision = Some(view.revision);
        self.tracks.retain(|track, _| view.clips_by_track.contains_key(track));
        for (track, clips) in view.clips_by_track.iter() {
            let known = self.tracks.entry(*track).or_default();
            if !Arc::ptr_eq(&known.clips, clips) {
                *known = TrackClips::new(Arc::clone(clips));
            }
        }
        self.rows = view.model.track_order.iter().enumerate().map(|(row, track)| (*track, row)).collect();
        self.end_ticks = self.tracks.values().map(TrackClips::end).max().unwrap_or_default();
    }

    pub(crate) fn of(&self, track: TrackId) -> Option<&TrackClips> {
        self.tracks.get(&track)
    }

    pub(crate) fn row_of(&self, track: TrackId) -> Option<usize> {
        self.rows.get(&track).copied()
    }

    /// Where the last clip ends.
    pub(crate) fn end_ticks(&self) -> i64 {
        self.end_ticks
    }

    /// The clips of some tracks that touch a range: what a rubber band catches.
    pub(crate) fn caught(&self, tracks: &[TrackId], ticks: Range<f64>) -> BTreeSet<ClipId> {
        let clips = tracks.iter().filter_map(|track| self.of(*track));
        let touching = clips.flat_map(|clips| clips.within(ticks.clone()));
        touching.filter(|clip| end_ticks(clip) as f64 > ticks.start).map(|clip| clip.id).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use loophole_pulse::model::{LaneId, MediaId};

    fn clip(id: u32, start_ticks: i64, length_ticks: i64) -> Arc<Clip> {
        Arc::new(Clip {
            id: ClipId(id),
            track: TrackId(1),
            lane: LaneId(1),
            name: format!("clip {id}"),
            media: MediaId(1),
            start_ticks,
            length_ticks,
            offset_frames: 0,
            looped: false,
            gain_db: 0.0,
        })
    }

    fn ids(clips: &[Arc<Clip>]) -> Vec<u32> {
        clips.iter().map(|clip| clip.id.0).collect()
    }

    #[test]
    fn what_is_in_view_is_found_without_looking_at_the_rest() {
        let track = TrackClips::new(Arc::new((0..100).map(|n| clip(n, i64::from(n) * 10, 10)).collect()));
        assert_eq!(ids(track.within(35.0..60.0)), [3, 4, 5]);
        assert_eq!(ids(track.within(40.0..40.1)), [4]);
        assert_eq!(ids(track.within(5_000.0..6_000.0)), [] as [u32; 0]);
        assert_eq!(track.at(39.0).map(|clip| clip.id), Some(ClipId(3)));
    }

    #[test]
    fn a_long_clip_under_short_ones_is_found_too() {
        let track = TrackClips::new(Arc::new(vec![clip(1, 0, 1_000), clip(2, 100, 50), clip(3, 400, 50)]));
        assert_eq!(ids(track.within(500.0..600.0)), [1, 2, 3]);
        assert_eq!(track.at(500.0).map(|clip| clip.id), Some(ClipId(1)));
        assert_eq!(track.at(420.0).map(|clip| clip.id), Some(ClipId(3)));
        assert_eq!(track.at(1_000.0), None);
    }
}
