//! Messages about media files.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Open {
    pub media_id: u32,
    /// Absolute path.
    pub path: String,
    /// Where the peaks pyramid is kept; it is made when it is missing or older than the file. None = no peaks.
    #[serde(default)]
    pub peaks_path: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Close {
    pub media_id: u32,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Prefetch {
    /// On the timeline, in frames at the engine's rate.
    pub position_frames: i64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Peaks {
    pub media_id: u32,
}

/// What is known of a media file; the reply to `open`, and sent again when the peaks are ready.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct State {
    pub media_id: u32,
    /// Length in frames at the file's own rate.
    pub frames: u64,
    /// Of the file, in Hz.
    pub sample_rate: u32,
    pub channels: u16,
    /// `WAV`, `AIFF`, `FLAC`, `MP3`, `Ogg Vorbis`.
    pub format: String,
    /// True when the file at `peaks_path` is complete.
    pub peaks_ready: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Missing {
    pub media_id: u32,
    pub path: String,
    /// Why, and what to do.
    pub reason: String,
}
