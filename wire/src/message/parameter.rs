//! Messages that set parameters.

use crate::decibels::WireValue;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Set {
    pub values: Vec<ParameterValue>,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ParameterValue {
    pub parameter_id: u32,
    /// In the parameter's own unit.
    pub value: WireValue,
}
