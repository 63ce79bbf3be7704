//! Messages about rolling and where.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where the music is at a moment of the wall clock, so that a restarted engine resumes where it would be.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Anchor {
    /// On the timeline, in frames at the engine's rate.
    pub position_frames: i64,
    /// When the music was (or will be) there: nanoseconds since 1970-01-01T00:00:00Z.
    pub at_nanos: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Play {
    /// None = from where it stands.
    #[serde(default)]
    pub anchor: Option<Anchor>,
}

/// No fields.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Pause {}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Stop {
    pub position_frames: i64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Seek {
    pub position_frames: i64,
}

/// `end_frames` is the first frame after the loop. A loop shorter than 64 frames is refused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LoopRegion {
    pub enabled: bool,
    pub start_frames: i64,
    pub end_frames: i64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct State {
    pub rolling: bool,
    pub position_frames: i64,
    /// The block at whose top this became true: frames since the engine started.
    pub applied_at_frame: u64,
    pub loop_region: LoopRegion,
}
