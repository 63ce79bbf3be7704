//! Payloads of the client domain: who is connected and what it hears.

use super::Capability;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Hello {
    /// What the client is called, the same each time; 1 … 64 bytes.
    pub client_id: String,
    /// Which one of them, new each time it starts.
    pub instance_id: String,
    /// From the ready line, or from the file that it names.
    pub token: String,
    #[serde(default)]
    pub client_version: Option<String>,
    /// What the client wants to be able to do; none = everything.
    #[serde(default)]
    pub capabilities: Option<Vec<Capability>>,
    /// The protocol version the client speaks; another one than ours is refused.
    #[serde(default)]
    pub protocol: Option<u32>,
}

/// No fields.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Goodbye {}

/// No fields.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Heartbeat {}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Subscribe {
    /// Names of domains, or `*` for all but metering.
    pub domains: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Unsubscribe {
    pub domains: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UpdateCapabilities {
    pub capabilities: Vec<Capability>,
}
