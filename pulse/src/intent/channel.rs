//! Payloads of the channel domain.

use crate::model::id::*;
use loophole_wire::decibels::WireValue;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SetGain {
    pub channel_id: ChannelId,
    /// −inf … 6.
    pub gain_db: WireValue,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SetPan {
    pub channel_id: ChannelId,
    /// −1 (left) … 1 (right).
    pub pan: f64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SetFlags {
    pub channel_id: ChannelId,
    #[serde(default)]
    pub mute: Option<bool>,
    #[serde(default)]
    pub solo: Option<bool>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Rename {
    pub channel_id: ChannelId,
    pub name: String,
}
