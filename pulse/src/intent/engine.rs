//! Payloads of the engine domain.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// No fields.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Panic {}
