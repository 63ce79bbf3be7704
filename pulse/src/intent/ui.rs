//! Payloads of the ui domain.

use crate::model::id::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SetContext {
    /// Name of the panel that has the focus.
    #[serde(default)]
    pub view: Option<String>,
    #[serde(default)]
    pub track_id: Option<TrackId>,
    #[serde(default)]
    pub clip_id: Option<ClipId>,
    #[serde(default)]
    pub parameter_id: Option<ParameterId>,
    #[serde(default)]
    pub bank: Option<u32>,
}
