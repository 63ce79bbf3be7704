//! What a person does in the arranger: what is selected, what is carried, what is being renamed.

use super::drag::{BandDrag, LoopDrag, MoveDrag, TrimDrag};
use super::grid::Snap;
use loophole_pulse::model::{Clip, ClipId, TrackId};
use loophole_pulse::view::SessionView;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What the pointer carries.
#[derive(Debug, Default)]
pub(crate) enum Drag {
    #[default]
    None,
    Move(MoveDrag),
    Trim(TrimDrag),
    Band(BandDrag),
    Loop(LoopDrag),
}

/// What was let go and is shown where it will be, until the model says so too.
#[derive(Debug)]
pub(crate) struct Settling {
    pub drag: Drag,
    /// Of the model when the request was made.
    pub revision: u64,
    /// Seconds of the window's clock; a refused request must not be shown for ever.
    pub until: f64,
}

#[derive(Debug)]
pub(crate) struct Renaming {
    pub track: TrackId,
    pub text: String,
    /// The field has had the focus; without it any more, the name is done.
    pub focused: bool,
}

#[derive(Debug, Default)]
pub(crate) struct Hand {
    pub snap: Snap,
    pub selected: BTreeSet<ClipId>,
    pub track: Option<TrackId>,
    pub drag: Drag,
    pub settling: Option<Settling>,
    /// Where the pointer went down last: what a context menu is about.
    pub pressed_ticks: i64,
    pub renaming: Option<Renaming>,
    /// Of tracks that a person made higher or lower.
    pub heights: BTreeMap<TrackId, f32>,
}

impl Hand {
    /// Forgets what is no longer there.
    pub(crate) fn refresh(&mut self, view: &SessionView, now: f64) {
        self.selected.retain(|clip| view.model.clips.contains_key(clip));
        self.track = self.track.filter(|track| view.model.tracks.contains_key(track));
        self.heights.retain(|track, _| view.model.tracks.contains_key(track));
        if self.renaming.as_ref().is_some_and(|renaming| !view.model.tracks.contains_key(&renaming.track)) {
            self.renaming = None;
        }
        if self.settling.as_ref().is_some_and(|settling| view.revision != settling.revision || now > settling.until) {
            self.settling = None;
        }
    }

    /// A click or press on a clip: alone, or with Shift added to or taken from the others.
    pub(crate) fn pick(&mut self, clip: &Clip, extend: bool) {
        self.track = Some(clip.track);
        if !extend {
            self.selected = BTreeSet::from([clip.id]);
        } else if !self.selected.remove(&clip.id) {
            self.selected.insert(clip.id);
        }
    }

    /// The selected clips that there are.
    pub(crate) fn picked<'a>(&'a self, view: &'a SessionView) -> impl Iterator<Item = &'a Arc<Clip>> {
        self.selected.iter().filter_map(|clip| view.model.clips.get(clip))
    }

    pub(crate) fn rename(&mut self, view: &SessionView, track: TrackId) {
        if let Some(entity) = view.model.tracks.get(&track) {
            self.renaming = Some(Renaming { track, text: entity.name.clone(), focused: false });
        }
    }
}
