//! Messages about the engine as a whole.

use crate::message::hardware::AudioConfig;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use serde_json::Value;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Handshake {
    pub protocol: u32,
    /// The line that the parent wrote on stdin.
    pub token: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HandshakeReply {
    pub protocol: u32,
    pub version: String,
    pub pid: u32,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Configure {
    /// What the project would like to run at, in Hz; the device has the last word.
    #[schemars(range(min = 8000, max = 384_000))]
    pub preferred_sample_rate: u32,
    /// Where decoded media and peaks may be kept; none = only in memory.
    #[serde(default)]
    pub cache_folder: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Start {
    pub audio: AudioConfig,
}

/// No fields.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Stop {}

/// No fields.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Ping {}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Pong {
    /// Signal's clock: nanoseconds since 1970-01-01T00:00:00Z.
    pub at_nanos: u64,
}

/// No fields.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Sync {}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Synced {
    /// The block at whose top all earlier commands had been applied: frames since the engine started.
    pub applied_at_frame: u64,
    pub graph_version: u64,
}

/// No fields.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Panic {}

/// No fields.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Shutdown {}

/// No fields.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Done {}

/// What the audio thread runs on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Device {
    /// `silent`, `alsa`, `jack`, `pulseaudio`, …
    pub host: String,
    pub name: String,
    /// In Hz.
    pub sample_rate: u32,
    /// Frames per callback as asked for; the device may vary.
    pub buffer_frames: u32,
    pub output_channels: u16,
    /// True for the silent clock: nobody hears it.
    pub silent: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct State {
    pub running: bool,
    /// What runs now; none while stopped.
    pub device: Option<Device>,
    /// What was asked for.
    pub wanted: AudioConfig,
    /// Why `device` is not what was asked for, for a person; none when it is.
    pub reason: Option<String>,
    /// Output latency in frames, as far as the device says.
    pub latency_frames: u32,
    pub graph_version: u64,
    /// From the start of the process to the first audio block, in microseconds; none before it.
    pub first_block_micros: Option<u64>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConfigResolved {
    pub device: Device,
    /// Positions sent from now on count at this rate, in Hz. When it differs from before, all positions must be sent again.
    pub sample_rate: u32,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Warning {
    /// `domain.reason`.
    pub code: String,
    pub message: String,
    #[serde(default)]
    pub details: Value,
}
