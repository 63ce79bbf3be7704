//! Payloads of the routing domain: buses, sends, outputs.

use crate::model::id::*;
use loophole_wire::decibels::WireValue;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where a send taps its channel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum SendMode {
    PreFader,
    #[default]
    PostFader,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CreateBus {
    #[serde(default)]
    pub name: Option<String>,
    /// `#rrggbb`.
    #[serde(default)]
    pub colour: Option<String>,
    /// None = the master.
    #[serde(default)]
    pub output_channel_id: Option<ChannelId>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeleteBus {
    pub channel_id: ChannelId,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SetChannelOutput {
    pub channel_id: ChannelId,
    /// None = goes nowhere.
    #[serde(default)]
    pub output_channel_id: Option<ChannelId>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AddSend {
    pub channel_id: ChannelId,
    pub target_channel_id: ChannelId,
    /// None = 0.
    #[serde(default)]
    pub gain_db: Option<WireValue>,
    /// None = post-fader.
    #[serde(default)]
    pub mode: Option<SendMode>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RemoveSend {
    pub send_id: NodeId,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SetSendLevel {
    pub send_id: NodeId,
    pub gain_db: WireValue,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SetSendMode {
    pub send_id: NodeId,
    pub mode: SendMode,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SetSendMuted {
    pub send_id: NodeId,
    pub muted: bool,
}
