//! Messages with counters.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Subscribe {
    /// Events per second, 0 (none) … 10.
    pub rate_hz: u32,
}

/// No fields.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Snapshot {}

/// Counters since the engine started.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Performance {
    pub dsp_load: f32,
    pub peak_load: f32,
    pub blocks: u64,
    pub xruns: u32,
    pub late_blocks: u32,
    pub starved_frames: u64,
    pub parameter_sets: u64,
    /// Times that the watchdog found the device silent and left it.
    pub watchdog_trips: u32,
    /// Largest callback seen, in frames.
    pub largest_callback_frames: u32,
    /// Streams that read from disk.
    pub streams: u32,
    /// Bytes of decoded media in memory.
    pub media_bytes: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Xrun {
    /// Since the engine started.
    pub count: u32,
    /// Frames since the engine started.
    pub at_frame: u64,
    /// How much the block was over its time, in microseconds.
    pub over_micros: u64,
}
