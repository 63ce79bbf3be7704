//! Payloads of the track domain.

use crate::model::id::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Create {
    #[serde(default)]
    pub name: Option<String>,
    /// `#rrggbb`.
    #[serde(default)]
    pub colour: Option<String>,
    /// Place in the list; none = last.
    #[serde(default)]
    pub index: Option<u32>,
    /// What its channel feeds; none = the master.
    #[serde(default)]
    pub output_channel_id: Option<ChannelId>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Delete {
    pub track_ids: Vec<TrackId>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Duplicate {
    pub track_id: TrackId,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Move {
    pub track_id: TrackId,
    /// Place in the list afterwards.
    pub index: u32,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Rename {
    pub track_id: TrackId,
    /// 1 … 200 bytes.
    pub name: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SetColour {
    pub track_id: TrackId,
    /// `#rrggbb`.
    pub colour: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SetFlags {
    pub track_id: TrackId,
    #[serde(default)]
    pub mute: Option<bool>,
    #[serde(default)]
    pub solo: Option<bool>,
    #[serde(default)]
    pub arm: Option<bool>,
    #[serde(default)]
    pub monitor: Option<bool>,
}
