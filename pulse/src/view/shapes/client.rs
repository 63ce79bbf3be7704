//! What a headless client is told about its connection.

use crate::intent::Capability;
use schemars::JsonSchema;
use serde::Serialize;

/// The answer to a hello.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Greeting<'a> {
    /// The same for all clients of one run of the program.
    pub session_id: &'a str,
    /// The version of the protocol that is spoken.
    pub protocol: u32,
    /// Of the program.
    pub version: &'a str,
    /// Whether the client may do everything that the capability `manage` allows.
    pub is_manager: bool,
    /// The number of the connection: as `origin`, the client is `client:` and this number.
    pub connection: u32,
}

/// Which domains the connection hears of now.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Domains<'a> {
    pub domains: Vec<&'a str>,
}

/// What the connection may do now.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Capabilities {
    pub capabilities: Vec<Capability>,
}

/// A sign of life that wants one back.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Heartbeat {
    /// How many meters the connection missed because it read too slowly.
    pub telemetry_dropped: u64,
}
