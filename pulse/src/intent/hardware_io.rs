//! Payloads of the hardwareIo domain.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// No fields.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ListDevices {}

/// No fields.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RefreshDevices {}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SetActiveDevices {
    /// `auto`, `silent`, or a host's name; none = unchanged.
    #[serde(default)]
    pub host: Option<String>,
    /// A device id of that host; none = the host's default.
    #[serde(default)]
    pub device: Option<String>,
    /// None = unchanged.
    #[serde(default)]
    pub osc: Option<OscEndpoint>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OscEndpoint {
    pub enabled: bool,
    /// 127.0.0.1 keeps it off the network; 0.0.0.0 opens it.
    pub address: String,
    pub port: u16,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SetStreamConfiguration {
    /// In Hz; none = the project's.
    #[serde(default)]
    pub sample_rate: Option<u32>,
    /// 16 … 8192; none = 128.
    #[serde(default)]
    pub buffer_frames: Option<u32>,
}
