//! Payloads of the clip domain.

use crate::model::id::*;
use loophole_wire::decibels::WireValue;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Create {
    pub track_id: TrackId,
    pub media_id: MediaId,
    pub start_ticks: i64,
    /// None = as long as the media.
    #[serde(default)]
    pub length_ticks: Option<i64>,
    /// In frames of the media's own rate; none = 0.
    #[serde(default)]
    pub offset_frames: Option<i64>,
    #[serde(default)]
    pub looped: bool,
    #[serde(default)]
    pub gain_db: Option<WireValue>,
    #[serde(default)]
    pub name: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Delete {
    pub clip_ids: Vec<ClipId>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Move {
    pub moves: Vec<ClipMove>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ClipMove {
    pub clip_id: ClipId,
    pub start_ticks: i64,
    /// None = stays on its track.
    #[serde(default)]
    pub track_id: Option<TrackId>,
}

/// Where the clip begins and how long it lasts afterwards; what sounds at a place of the timeline stays the same.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Resize {
    pub clip_id: ClipId,
    pub start_ticks: i64,
    /// At least 1.
    pub length_ticks: i64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SetGain {
    pub clip_id: ClipId,
    pub gain_db: WireValue,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SetLooping {
    pub clip_id: ClipId,
    pub looped: bool,
}
