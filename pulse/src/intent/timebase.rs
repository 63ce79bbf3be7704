//! Payloads of the timebase domain: tempo and signature.

use crate::model::id::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UpdateTempoMarker {
    #[serde(default)]
    pub marker_id: Option<MarkerId>,
    /// Quarter notes per minute, 10 … 999.
    pub bpm: f64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UpdateSignatureMarker {
    #[serde(default)]
    pub marker_id: Option<MarkerId>,
    /// 1 … 64.
    pub numerator: u8,
    /// 1, 2, 4, 8, 16, 32 or 64.
    pub denominator: u8,
}
