//! What a headless client is told of the messages at both seams.

use crate::trace::line::Line;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What is told from now on.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Tracing {
    /// The filter as it was understood; empty = all.
    pub filter: String,
}

/// Messages that pass the filter; never those that tell of messages.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Traced<'a> {
    pub messages: Vec<Line<'a>>,
    /// How many messages, of whatever kind, were gone before they could be told, since the event before.
    pub lost: u64,
}
