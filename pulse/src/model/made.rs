//! What an edit made, as its answer names it.

use super::id::*;
use schemars::JsonSchema;
use serde::Serialize;

/// What an edit made; its fields stand beside `changed` in the answer.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Made {
    #[default]
    Nothing,
    Track(TrackMade),
    Clip(ClipMade),
    Node(NodeMade),
    Bus(BusMade),
    Send(SendMade),
    Media(MediaMade),
    Step(Stepped),
}

#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TrackMade {
    pub track_id: TrackId,
    /// Of the track's strip.
    pub channel_id: ChannelId,
}

#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ClipMade {
    pub clip_id: ClipId,
}

#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NodeMade {
    pub node_id: NodeId,
}

#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct BusMade {
    pub channel_id: ChannelId,
}

#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SendMade {
    pub send_id: NodeId,
}

#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MediaMade {
    /// In the order of the files that were named; what was in the project already is among them.
    pub media_ids: Vec<MediaId>,
    /// Only when clips were wanted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clip_ids: Option<Vec<ClipId>>,
    /// Tracks that were made for the clips; only when clips were wanted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub track_ids: Option<Vec<TrackId>>,
    pub failed: Vec<NotImported>,
}

/// A file that was not imported.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NotImported {
    /// As it was named.
    pub path: String,
    /// Why not, for a person.
    pub reason: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Stepped {
    /// What was taken back or done again, as the undo list calls it.
    pub label: String,
}
