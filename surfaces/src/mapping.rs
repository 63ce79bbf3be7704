//! Mappings as data: source → glue → target, when they are active, and how they stand in a file. Evaluation is Pulse's.

pub mod glue;
pub mod load;
pub mod rewrite;
pub mod target;

pub use glue::Glue;
pub use target::{Selector, Target};

use crate::element::{FeedbackKind, Interaction, Repeat};
use crate::profile::ElementEntry;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A mapping set file: of a person, a machine or a project.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MappingSetFile {
    pub schema: u32,
    pub id: String,
    pub name: String,
    /// The profile whose elements it names; none = only its own `element`s.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<String>,
    /// Elements that no profile has: learned ones.
    #[serde(default, rename = "element", skip_serializing_if = "Vec::is_empty")]
    pub elements: Vec<ElementEntry>,
    #[serde(default, rename = "mapping")]
    pub mappings: Vec<MappingEntry>,
}

/// A mapping in a file: one, or with `repeat` many.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MappingEntry {
    #[serde(flatten)]
    pub mapping: Mapping,
    /// `{n}` in id, name, element, page and names is the copy's number. Per copy one index of the target grows by one: that of the
    /// bank; without a bank, the send or the node's parameter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repeat: Option<Repeat>,
}

/// Source → glue → target, and what is shown of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Mapping {
    /// Stable within its set.
    pub id: String,
    /// For people; empty = made from source and target.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub enabled: bool,
    pub element: String,
    pub interaction: Interaction,
    #[serde(default, skip_serializing_if = "When::is_always")]
    pub when: When,
    #[serde(default, skip_serializing_if = "Glue::is_plain")]
    pub glue: Glue,
    pub target: Target,
    /// What of the element shows the target's value; none = all that it has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub feedback: Option<Vec<FeedbackKind>>,
}

/// When a mapping is active: all that is given must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct When {
    /// What the person looks at; none = everywhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context: Option<Context>,
    /// A page of the surface.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page: Option<String>,
    /// Modifiers by name, and whether each must be held or must not.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub modifiers: BTreeMap<String, bool>,
}

impl When {
    pub fn is_always(&self) -> bool {
        *self == Self::default()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Context {
    Arranger,
    Mixer,
    Plugin,
    ClipEditor,
    Launcher,
}

fn yes() -> bool {
    true
}
fn is_yes(on: &bool) -> bool {
    *on
}
