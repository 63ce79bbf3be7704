//! Payloads of the node domain.

use crate::model::id::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What can be added by hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum AddableKind {
    Gain,
    TestTone,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Add {
    pub channel_id: ChannelId,
    pub kind: AddableKind,
    /// Place in the strip; none = before the pan.
    #[serde(default)]
    pub index: Option<u32>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Remove {
    pub node_id: NodeId,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SetBypass {
    pub node_id: NodeId,
    pub bypass: bool,
}
