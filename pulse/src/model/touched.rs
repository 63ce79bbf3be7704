//! Which parts of a model a list of ops was about.

use super::*;
use std::collections::BTreeSet;

/// What a change touched; the entities themselves are in the models before and after.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Touched {
    pub name: bool,
    pub track_order: bool,
    pub bus_order: bool,
    pub tempo: bool,
    pub signatures: bool,
    pub loop_region: bool,
    pub tracks: BTreeSet<TrackId>,
    pub lanes: BTreeSet<LaneId>,
    pub clips: BTreeSet<ClipId>,
    pub channels: BTreeSet<ChannelId>,
    pub nodes: BTreeSet<NodeId>,
    pub parameters: BTreeSet<ParameterId>,
    pub media: BTreeSet<MediaId>,
}

impl Touched {
    /// Remembers what an op that had an effect was about.
    pub fn note(&mut self, op: &Op) {
        match op {
            Op::Name(_) => self.name = true,
            Op::TrackOrder(_) => self.track_order = true,
            Op::BusOrder(_) => self.bus_order = true,
            Op::Track(id, _) => self.tracks.extend([*id]),
            Op::Lane(id, _) => self.lanes.extend([*id]),
            Op::Clip(id, _) => self.clips.extend([*id]),
            Op::Channel(id, _) => self.channels.extend([*id]),
            Op::Node(id, _) => self.nodes.extend([*id]),
            Op::Parameter(id, _) | Op::Value(id, _) => self.parameters.extend([*id]),
            Op::Media(id, _) => self.media.extend([*id]),
            Op::Tempo(_) => self.tempo = true,
            Op::Signatures(_) => self.signatures = true,
            Op::LoopRange { .. } | Op::LoopEnabled(_) => self.loop_region = true,
        }
    }
}
