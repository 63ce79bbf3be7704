//! The clips of each track, sorted by where they start: what painting and the engine ask for.

use super::{Clip, ClipId, Model, TrackId};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Clips by track, kept up to date with the model change by change. Tracks without clips have no entry.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ClipIndex(Arc<BTreeMap<TrackId, Arc<Vec<Arc<Clip>>>>>);

impl ClipIndex {
    /// The index of a whole model.
    pub fn of(model: &Model) -> Self {
        let mut by_track: BTreeMap<TrackId, Vec<Arc<Clip>>> = BTreeMap::new();
        for clip in model.clips.values() {
            by_track.entry(clip.track).or_default().push(Arc::clone(clip));
        }
        let sorted = by_track.into_iter().map(|(track, mut clips)| {
            clips.sort_by_key(|clip| place(clip));
            (track, Arc::new(clips))
        });
        Self(Arc::new(sorted.collect()))
    }

    /// Follows one clip that was `before` and is `after`.
    pub fn follow(&mut self, before: Option<&Arc<Clip>>, after: Option<&Arc<Clip>>) {
        let index = Arc::make_mut(&mut self.0);
        if let Some(clip) = before
            && let Some(clips) = index.get_mut(&clip.track)
        {
            let clips = Arc::make_mut(clips);
            if let Ok(found) = clips.binary_search_by_key(&place(clip), |clip| place(clip)) {
                clips.remove(found);
            }
            if clips.is_empty() {
                index.remove(&clip.track);
            }
        }
        if let Some(clip) = after {
            let clips = Arc::make_mut(index.entry(clip.track).or_default());
            let (Ok(free) | Err(free)) = clips.binary_search_by_key(&place(clip), |clip| place(clip));
            clips.insert(free, Arc::clone(clip));
        }
    }

    /// The clips of a track, sorted by start.
    pub fn of_track(&self, track: TrackId) -> &[Arc<Clip>] {
        self.0.get(&track).map_or(&[], |clips| clips.as_slice())
    }

    /// The whole index.
    pub fn by_track(&self) -> Arc<BTreeMap<TrackId, Arc<Vec<Arc<Clip>>>>> {
        Arc::clone(&self.0)
    }
}

fn place(clip: &Clip) -> (i64, ClipId) {
    (clip.start_ticks, clip.id)
}
