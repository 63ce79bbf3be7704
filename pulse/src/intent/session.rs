//! Payloads of the session domain: engine and project as a whole.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// No fields.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Status {}

/// No fields.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RestartEngine {}
