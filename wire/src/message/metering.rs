//! Messages that open and close telemetry on the plane.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Open {
    pub stream: u32,
    /// Frames per second, 1 … 120.
    #[schemars(range(min = 1, max = 120))]
    pub rate_hz: u32,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Close {
    pub stream: u32,
}
