//! The primitive changes of a model, each with an exact inverse.

use super::*;

/// One primitive change. Whole entities are put (`Some`) or removed (`None`).
#[derive(Clone, Debug, PartialEq)]
pub enum Op {
    Name(String),
    TrackOrder(Arc<Vec<TrackId>>),
    BusOrder(Arc<Vec<ChannelId>>),
    Track(TrackId, Option<Arc<Track>>),
    Lane(LaneId, Option<Arc<Lane>>),
    Clip(ClipId, Option<Arc<Clip>>),
    Channel(ChannelId, Option<Arc<Channel>>),
    Node(NodeId, Option<Arc<Node>>),
    Parameter(ParameterId, Option<Arc<Parameter>>),
    /// Only the value of a parameter; nothing when there is no such parameter.
    Value(ParameterId, f64),
    Media(MediaId, Option<Arc<Media>>),
    Tempo(Arc<Vec<TempoMarker>>),
    Signatures(Arc<Vec<SignatureMarker>>),
    LoopRange {
        start_ticks: i64,
        end_ticks: i64,
    },
    LoopEnabled(bool),
}

impl Op {
    pub fn track(track: Track) -> Self {
        Self::Track(track.id, Some(Arc::new(track)))
    }
    pub fn lane(lane: Lane) -> Self {
        Self::Lane(lane.id, Some(Arc::new(lane)))
    }
    pub fn clip(clip: Clip) -> Self {
        Self::Clip(clip.id, Some(Arc::new(clip)))
    }
    pub fn channel(channel: Channel) -> Self {
        Self::Channel(channel.id, Some(Arc::new(channel)))
    }
    pub fn node(node: Node) -> Self {
        Self::Node(node.id, Some(Arc::new(node)))
    }
    pub fn parameter(parameter: Parameter) -> Self {
        Self::Parameter(parameter.id, Some(Arc::new(parameter)))
    }
    pub fn media(media: Media) -> Self {
        Self::Media(media.id, Some(Arc::new(media)))
    }
}

impl Model {
    /// Applies an op; the answer takes it back. None when the op changes nothing.
    pub fn apply(&mut self, op: Op) -> Option<Op> {
        let inverse = match op {
            Op::Name(name) => Op::Name(replace(&mut self.name, name)?),
            Op::TrackOrder(order) => Op::TrackOrder(replace(&mut self.track_order, order)?),
            Op::BusOrder(order) => Op::BusOrder(replace(&mut self.bus_order, order)?),
            Op::Track(id, track) => Op::Track(id, put(&mut self.tracks, id, track)?),
            Op::Lane(id, lane) => Op::Lane(id, put(&mut self.lanes, id, lane)?),
            Op::Clip(id, clip) => Op::Clip(id, put(&mut self.clips, id, clip)?),
            Op::Channel(id, channel) => Op::Channel(id, put(&mut self.channels, id, channel)?),
            Op::Node(id, node) => Op::Node(id, put(&mut self.nodes, id, node)?),
            Op::Parameter(id, parameter) => Op::Parameter(id, put(&mut self.parameters, id, parameter)?),
            Op::Value(id, value) => Op::Value(id, set_value(&mut self.parameters, id, value)?),
            Op::Media(id, media) => Op::Media(id, put(&mut self.media, id, media)?),
            Op::Tempo(markers) => Op::Tempo(replace(&mut self.tempo, markers)?),
            Op::Signatures(markers) => Op::Signatures(replace(&mut self.signatures, markers)?),
            Op::LoopRange { start_ticks, end_ticks } => {
                let range = &mut self.loop_region;
                let before = (range.start_ticks, range.end_ticks);
                if before == (start_ticks, end_ticks) {
                    return None;
                }
                (range.start_ticks, range.end_ticks) = (start_ticks, end_ticks);
                Op::LoopRange { start_ticks: before.0, end_ticks: before.1 }
            }
            Op::LoopEnabled(enabled) => Op::LoopEnabled(replace(&mut self.loop_region.enabled, enabled)?),
        };
        Some(inverse)
    }
}

fn replace<T: PartialEq>(place: &mut T, value: T) -> Option<T> {
    if *place == value { None } else { Some(std::mem::replace(place, value)) }
}

fn put<K: Ord + Clone, V: PartialEq>(table: &mut Table<K, V>, id: K, value: Option<Arc<V>>) -> Option<Option<Arc<V>>> {
    if table.get(&id) == value.as_ref() {
        return None;
    }
    let table = Arc::make_mut(table);
    Some(match value {
        Some(value) => table.insert(id, value),
        None => table.remove(&id),
    })
}

fn set_value(table: &mut Table<ParameterId, Parameter>, id: ParameterId, value: f64) -> Option<f64> {
    if table.get(&id).is_none_or(|parameter| parameter.value == value) {
        return None;
    }
    let parameter = Arc::make_mut(table).get_mut(&id)?;
    Some(std::mem::replace(&mut Arc::make_mut(parameter).value, value))
}
