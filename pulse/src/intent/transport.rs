//! Payloads of the transport domain.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// No fields.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Play {}

/// No fields.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Pause {}

/// No fields.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Stop {}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Seek {
    #[serde(default)]
    pub position_ticks: Option<i64>,
    /// At the project's sample rate. Exactly one of the two.
    #[serde(default)]
    pub position_frames: Option<i64>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SetLoopRegion {
    pub start_ticks: i64,
    /// Behind the start.
    pub end_ticks: i64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SetLoopEnabled {
    pub enabled: bool,
}
