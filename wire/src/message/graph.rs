//! Messages about the processing graph: channels of nodes, resolved by Pulse.

use crate::decibels::WireValue;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum ChannelRole {
    Track,
    Bus,
    Master,
}

/// A strip: nodes in order, then an output.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Channel {
    pub channel_id: u32,
    pub role: ChannelRole,
    /// Whose input it feeds; none for the master (it feeds the device) or a channel that goes nowhere.
    pub output: Option<u32>,
    /// In signal order.
    pub node_ids: Vec<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum NodeKind {
    /// Plays the regions of a lane; a source.
    LaneStream,
    /// Parameters: gainDb.
    Gain,
    /// Constant power. Parameters: pan.
    Pan,
    /// Parameters: gainDb, audible.
    Fader,
    /// Feeds another channel from where it stands. Parameters: gainDb, audible.
    Send,
    /// Measures; changes nothing.
    Meter,
    /// A sine; a source. Parameters: frequencyHz, gainDb.
    TestTone,
}

/// What a parameter does in its node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum ParameterRole {
    /// In dB, −inf … 24.
    GainDb,
    /// −1 (left) … 1 (right).
    Pan,
    /// 0 or 1: mute and solo of everybody, resolved.
    Audible,
    /// In Hz.
    FrequencyHz,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Parameter {
    pub parameter_id: u32,
    pub role: ParameterRole,
    pub value: WireValue,
    /// How long a change takes, in milliseconds, 0 … 1000.
    pub smoothing_millis: f32,
}

/// A stretch of a media file on the timeline. All positions in frames at the engine's rate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Region {
    pub region_id: u32,
    pub media_id: u32,
    /// On the timeline.
    pub start_frames: i64,
    pub length_frames: i64,
    /// In the media, resampled to the engine's rate.
    pub offset_frames: i64,
    pub gain_db: WireValue,
    /// The media repeats from `offset_frames` after this many frames; none = it plays once.
    pub loop_length_frames: Option<i64>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Node {
    pub node_id: u32,
    pub kind: NodeKind,
    /// A bypassed source is silent; a bypassed effect passes its input; a bypassed send sends nothing.
    pub bypass: bool,
    pub parameters: Vec<Parameter>,
    /// Of a lane stream.
    #[serde(default)]
    pub regions: Vec<Region>,
    /// Of a send: the channel it feeds.
    #[serde(default)]
    pub target: Option<u32>,
}

/// The whole graph.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Snapshot {
    /// Pulse's count; the reply says which one is live.
    pub version: u64,
    pub channels: Vec<Channel>,
    pub nodes: Vec<Node>,
}

/// A change of the graph: what is named is replaced whole or removed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Delta {
    pub version: u64,
    #[serde(default)]
    pub channels: Vec<Channel>,
    #[serde(default)]
    pub nodes: Vec<Node>,
    #[serde(default)]
    pub removed_channels: Vec<u32>,
    #[serde(default)]
    pub removed_nodes: Vec<u32>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct State {
    /// The version that is live.
    pub version: u64,
    pub channels: u32,
    pub nodes: u32,
    /// From receipt to ready for the audio thread, in microseconds.
    pub compile_micros: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NodeFault {
    pub node_id: u32,
    pub message: String,
}
