//! What a project is made of. Units are in the names: ticks are musical (20,160 to the quarter note), frames are audio.

use super::id::*;
use schemars::JsonSchema;
use serde::Serialize;

/// Ticks to the quarter note.
pub const TICKS_PER_QUARTER: i64 = 20_160;

/// An sRGB colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Colour(pub [u8; 3]);

#[derive(Clone, Debug, PartialEq)]
pub struct Track {
    pub id: TrackId,
    pub name: String,
    pub colour: Colour,
    pub channel: ChannelId,
    pub lanes: Vec<LaneId>,
}

/// A lane of a track; its clips play through one lane-stream node.
#[derive(Clone, Debug, PartialEq)]
pub struct Lane {
    pub id: LaneId,
    pub track: TrackId,
    pub name: String,
    pub node: NodeId,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Clip {
    pub id: ClipId,
    pub track: TrackId,
    pub lane: LaneId,
    pub name: String,
    pub media: MediaId,
    pub start_ticks: i64,
    /// At least 1.
    pub length_ticks: i64,
    /// Where in the media the clip begins, in frames of the media's own rate; 0 or more.
    pub offset_frames: i64,
    /// The media repeats (from `offset_frames` to its end) for as long as the clip lasts.
    pub looped: bool,
    /// −inf … 24.
    pub gain_db: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum ChannelRole {
    Track,
    Bus,
    Master,
}

/// A strip of the mixer: nodes in signal order, then an output.
#[derive(Clone, Debug, PartialEq)]
pub struct Channel {
    pub id: ChannelId,
    pub role: ChannelRole,
    pub name: String,
    pub colour: Colour,
    /// None: the master, or goes nowhere.
    pub output: Option<ChannelId>,
    pub nodes: Vec<NodeId>,
    pub mute: bool,
    pub solo: bool,
    pub arm: bool,
    pub monitor: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum NodeKind {
    LaneStream,
    Gain,
    Pan,
    Fader,
    Send,
    Meter,
    TestTone,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    pub id: NodeId,
    pub channel: ChannelId,
    pub kind: NodeKind,
    pub name: String,
    pub bypass: bool,
    pub parameters: Vec<ParameterId>,
    /// Of a send: what it feeds.
    pub target: Option<ChannelId>,
    /// Of a send: it is silent.
    pub muted: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParameterRole {
    GainDb,
    Pan,
    FrequencyHz,
}

/// A number that a hand may move.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    pub id: ParameterId,
    pub node: NodeId,
    pub role: ParameterRole,
    pub name: String,
    /// `dB`, `Hz`, or empty.
    pub unit: &'static str,
    pub min: f64,
    pub max: f64,
    pub default: f64,
    /// In its own unit; −inf is allowed where `min` is −inf.
    pub value: f64,
}

/// A file in the project's `media/` folder.
#[derive(Clone, Debug, PartialEq)]
pub struct Media {
    pub id: MediaId,
    /// Relative to the project folder, with `/`.
    pub path: String,
    pub name: String,
    /// Length in frames at `sample_rate`.
    pub frames: u64,
    /// In Hz.
    pub sample_rate: u32,
    pub channels: u16,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TempoMarker {
    #[serde(rename = "markerId")]
    pub id: MarkerId,
    pub ticks: i64,
    /// Quarter notes per minute, 10 … 999.
    pub bpm: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SignatureMarker {
    #[serde(rename = "markerId")]
    pub id: MarkerId,
    pub ticks: i64,
    pub numerator: u8,
    /// A power of two, 1 … 64.
    pub denominator: u8,
}

/// The loop of the transport; part of the project, so it is saved and undone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LoopRegion {
    pub enabled: bool,
    pub start_ticks: i64,
    pub end_ticks: i64,
}
