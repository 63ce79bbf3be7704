//! Payloads of the surface domain.

use crate::view::surfaces::{Interaction, Mapping, MappingScope, Target};
use loophole_surfaces::element::Element;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// No fields.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct List {}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Adopt {
    pub device: u32,
    /// A profile for it; none = as recognised.
    #[serde(default)]
    pub profile_id: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Ignore {
    pub device: u32,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Rename {
    pub device: u32,
    /// 1 … 80 characters; empty = the model's name again.
    pub name: String,
}

/// Which of the known boxes this one is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SettleTie {
    pub device: u32,
    /// As listed; none = a new one.
    #[serde(default)]
    pub known: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LearnBegin {
    /// Listen only to this device.
    #[serde(default)]
    pub device: Option<u32>,
    /// What the control will control; none = only name the control.
    #[serde(default)]
    pub target: Option<Target>,
    /// Go on with the next control after each one.
    #[serde(default)]
    pub batch: bool,
    /// Where the mapping is kept; none = with the person's mappings for the model.
    #[serde(default)]
    pub scope: Option<MappingScope>,
}

/// No fields.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LearnCancel {}

/// What to do with a learned mapping whose element is in use.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LearnConfirm {
    /// Take the others out of the way; else both stay.
    pub replace: bool,
}

/// Who would be in the way of a mapping.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CheckMapping {
    pub device: u32,
    pub mapping: Box<Mapping>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AddMapping {
    pub device: u32,
    /// With an empty id, one is made.
    pub mapping: Box<Mapping>,
    /// Where it is kept: `user`, `machine` or `project`; none = `user`.
    #[serde(default)]
    pub scope: Option<MappingScope>,
    /// Elements that the device's layout does not have yet.
    #[serde(default)]
    pub elements: Vec<Element>,
    /// Mappings that go away with it.
    #[serde(default)]
    pub replace: Vec<String>,
}

/// Changes a mapping; one of the factory is covered by a copy of the person's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UpdateMapping {
    pub device: u32,
    pub mapping: Box<Mapping>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RemoveMapping {
    pub device: u32,
    pub mapping_ids: Vec<String>,
}

/// Lets only one mapping of a device work, to try it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SoloMapping {
    pub device: u32,
    /// None = all work again.
    #[serde(default)]
    pub mapping_id: Option<String>,
}

/// No fields.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UndoMapping {}

/// No fields.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RedoMapping {}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SetPage {
    pub device: u32,
    pub page: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SetBank {
    pub device: u32,
    /// The first track of the bank; counts from 0.
    pub first: u32,
}

/// Adds a profile or a mapping set of the person's, from the text of its file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ImportProfile {
    /// TOML; at most 1 MiB.
    pub text: String,
}

/// Gives what a device has as the text of a file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExportProfile {
    pub device: u32,
    /// Only the person's own mappings; else the whole profile with them.
    #[serde(default)]
    pub only_own: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Lint {
    /// TOML of a profile or mapping set.
    pub text: String,
}

/// Puts a device on the screen that behaves as the real one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Simulate {
    pub profile_id: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SimulateEnd {
    pub device: u32,
}

/// What a hand does with a simulated device.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SimulateInput {
    pub device: u32,
    pub element: String,
    pub interaction: Interaction,
    /// A place 0 … 1, steps (of an encoder), or 1 and 0 for pressed and let go.
    pub value: f64,
}

/// Traces every event of the surfaces, or stops doing so.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Monitor {
    pub on: bool,
}
