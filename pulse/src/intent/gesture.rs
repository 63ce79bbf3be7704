//! Payloads of the gesture domain: moves as plane frames.

use crate::model::id::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CreateStream {
    /// What the stream may move; `target` in its plane frames is the number of the id: `p12` is 12.
    pub parameter_ids: Vec<ParameterId>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DestroyStream {
    pub stream: u32,
    /// Back to the values before the stream.
    #[serde(default)]
    pub cancel: bool,
}
