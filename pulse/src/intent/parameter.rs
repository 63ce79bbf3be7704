//! Payloads of the parameter domain.

use crate::model::id::*;
use loophole_wire::decibels::WireValue;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One parameter, or many in `values`; exactly one of the two ways.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SetValue {
    #[serde(default)]
    pub parameter_id: Option<ParameterId>,
    /// In the parameter's unit.
    #[serde(default)]
    pub value: Option<WireValue>,
    /// 0 … 1 of its range, instead of `value`.
    #[serde(default)]
    pub normalised: Option<f64>,
    /// Many at once, instead of the one above.
    #[serde(default)]
    pub values: Vec<ParameterValue>,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ParameterValue {
    pub parameter_id: ParameterId,
    pub value: WireValue,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct BeginGesture {
    pub parameter_id: ParameterId,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UpdateGesture {
    pub parameter_id: ParameterId,
    pub value: WireValue,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct EndGesture {
    pub parameter_id: ParameterId,
    /// Back to the value before the gesture.
    #[serde(default)]
    pub cancel: bool,
}
