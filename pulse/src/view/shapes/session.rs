//! What is told of the session: engine, warnings, work in the background.

use super::project::Project;
use crate::view::{EngineView, Severity, TaskView};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The state of engine and project.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Status<'a> {
    pub engine: &'a EngineView,
    pub project: Project,
}

/// Something that a person should know.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Warning<'a> {
    pub severity: Severity,
    /// From the list of error codes.
    pub code: &'a str,
    pub message: &'a str,
}

/// Everything that is being done in the background now.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Tasks<'a> {
    pub tasks: &'a [TaskView],
}

/// How much of everything there is.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StateSummary {
    /// Counts every change of the model.
    pub revision: u64,
    pub tracks: usize,
    pub lanes: usize,
    pub clips: usize,
    pub channels: usize,
    pub nodes: usize,
    pub parameters: usize,
    pub media: usize,
    /// Entries that undo would take back.
    pub undo: usize,
    /// Entries that redo would do again.
    pub redo: usize,
    /// Headless clients that are connected.
    pub clients: usize,
    /// Parameters that a hand holds.
    pub gestures: usize,
    /// Values of plane frames that could not be used.
    pub ignored_gesture_values: u64,
    /// OSC messages that mean nothing here.
    pub osc_ignored: u64,
    /// Of everything that would be saved: 16 hexadecimal digits.
    pub model_hash: String,
    /// What the engine counted; only where there can be an engine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub engine: Option<EngineCounters>,
}

/// What the engine counted since it started.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct EngineCounters {
    pub parameter_sets: u64,
    /// Blocks that the audio thread made.
    pub blocks: u64,
    /// Blocks that came too late.
    pub xruns: u32,
    /// Frames of media that were not there in time.
    pub starved_frames: u32,
}
