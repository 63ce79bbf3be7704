//! The model: what the music is. Plain data with invariants; pure.

pub mod build;
pub mod check;
pub mod clips;
pub mod entities;
pub mod id;
pub mod made;
pub mod op;
pub mod routing;
pub mod timebase;
pub mod touched;

pub use build::*;
pub use check::Violation;
pub use clips::ClipIndex;
pub use entities::*;
pub use id::*;
pub use made::*;
pub use op::Op;
pub use timebase::{BarBeat, TempoMap};
pub use touched::Touched;

use std::collections::BTreeMap;
use std::sync::Arc;

/// A table of entities that is cheap to hand out: a snapshot is one more reference, a change copies only the table
/// of references, and only while somebody holds a snapshot.
pub type Table<K, V> = Arc<BTreeMap<K, Arc<V>>>;

/// Everything that is saved and undone.
///
/// Invariants (kept by `domains`, checked by `Model::check` in tests): ids that are named exist; `track_order` holds
/// each track once; exactly one master; the routing (outputs and sends) has no cycle; each channel has one fader, one
/// pan and one meter; the first tempo and signature marker stand at tick 0, the rest are sorted.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Model {
    pub name: String,
    /// In Hz; what `…_frames` of the timeline count at.
    pub sample_rate: u32,
    /// The next free number for an id of any kind.
    pub next_id: u32,
    pub track_order: Arc<Vec<TrackId>>,
    /// Buses in mixer order; the master is not one of them.
    pub bus_order: Arc<Vec<ChannelId>>,
    pub tracks: Table<TrackId, Track>,
    pub lanes: Table<LaneId, Lane>,
    pub clips: Table<ClipId, Clip>,
    pub channels: Table<ChannelId, Channel>,
    pub nodes: Table<NodeId, Node>,
    pub parameters: Table<ParameterId, Parameter>,
    pub media: Table<MediaId, Media>,
    pub tempo: Arc<Vec<TempoMarker>>,
    pub signatures: Arc<Vec<SignatureMarker>>,
    pub loop_region: LoopRegion,
}
