//! What a window sees: a cheap, immutable picture of the model and of what surrounds it.

pub mod shapes;
pub mod surfaces;

use crate::intent::Origin;
use crate::model::{Clip, MediaId, Model, NodeId, ParameterId, TrackId};
pub use loophole_wire::message::engine::Device;
pub use loophole_wire::message::hardware::{
    AudioConfig, AudioDevice, AudioHost, AudioHostInfo, Devices, HidDevice, MidiPort, OscEndpoint,
};
pub use loophole_wire::peaks::{FULL_SCALE, PeakEntry, PeaksFile, PeaksLevel};
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

/// One picture. Cloning costs a handful of reference counts.
#[derive(Clone, Debug)]
pub struct SessionView {
    /// Counts every change of the model.
    pub revision: u64,
    pub model: Arc<Model>,
    /// Clips of each track, sorted by start.
    pub clips_by_track: Arc<BTreeMap<TrackId, Arc<Vec<Arc<Clip>>>>>,
    pub project: ProjectView,
    pub transport: TransportView,
    pub engine: EngineView,
    pub history: HistoryView,
    pub media: Arc<BTreeMap<MediaId, MediaView>>,
    /// Parameters that a hand holds now, with their momentary values; these are heard, the model's are not.
    pub gestures: Arc<BTreeMap<ParameterId, GestureView>>,
    pub devices: Arc<Devices>,
    pub osc: OscView,
    pub surfaces: surfaces::SurfacesView,
    /// Headless clients that are connected now.
    pub clients: Arc<Vec<ClientView>>,
    /// What the session wants a person to know; newest last, at most 100.
    pub notices: Arc<Vec<Notice>>,
    /// Work in the background, for example imports.
    pub tasks: Arc<Vec<TaskView>>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct ProjectView {
    /// Random, made once per project.
    pub id: String,
    pub name: String,
    /// None until it was saved for the first time.
    pub path: Option<PathBuf>,
    pub dirty: bool,
}

/// What was asked of the transport, and what the engine confirmed.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct TransportView {
    pub asked_playing: bool,
    /// None while the engine has not answered the last request.
    pub confirmed_playing: Option<bool>,
    /// Where the transport stood or was sent last; while it plays, telemetry has the moving position.
    pub position_ticks: i64,
    /// The same at the project's sample rate.
    pub position_frames: i64,
    /// Where play began.
    pub started_at_ticks: i64,
    /// Counts every jump, so that a window can tell a jump from playing on.
    pub jumps: u32,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum EngineState {
    #[default]
    Starting,
    Running,
    /// Died or hangs; comes back by itself.
    Lost,
    Restarting,
    /// Died too often: runs on the silent clock with the last added node bypassed, until somebody retries.
    Safe,
    Stopped,
}

impl EngineState {
    /// As on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Running => "running",
            Self::Lost => "lost",
            Self::Restarting => "restarting",
            Self::Safe => "safe",
            Self::Stopped => "stopped",
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct EngineView {
    pub state: EngineState,
    pub pid: Option<u32>,
    /// Restarts since the program started.
    pub restarts: u32,
    /// Why it was lost, or is in safe mode, for a person.
    pub reason: Option<String>,
    /// How long the last outage lasted, in milliseconds.
    pub last_outage_millis: Option<f64>,
    pub device: Option<loophole_wire::message::engine::Device>,
    /// Why the device is not the wanted one.
    pub device_reason: Option<String>,
    pub wanted: AudioConfig,
    pub latency_frames: u32,
    pub graph_version: u64,
    /// Bypassed by safe mode.
    #[serde(rename = "suspectNodeId")]
    pub suspect: Option<NodeId>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HistoryView {
    /// What undo would take back, newest last.
    pub undo: Arc<Vec<HistoryEntry>>,
    /// What redo would do again, next last.
    pub redo: Arc<Vec<HistoryEntry>>,
}

#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HistoryEntry {
    pub label: String,
    pub origin: Origin,
}

#[derive(Clone, Debug, Default)]
pub struct MediaView {
    pub status: MediaStatus,
    pub peaks: Option<Arc<PeaksFile>>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum MediaStatus {
    /// The engine has not answered yet.
    #[default]
    Opening,
    Ready,
    /// With the reason, for a person.
    Missing(String),
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GestureView {
    pub value: f64,
    pub origin: Origin,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OscView {
    pub enabled: bool,
    pub address: String,
    pub port: u16,
    /// Where it really listens, or none with the reason in `error`.
    pub listening: Option<String>,
    pub error: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientView {
    pub connection: u32,
    pub client_id: String,
    pub address: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Severity {
    Info,
    Warning,
    Error,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Notice {
    /// Counts up; a window shows a toast for those it has not seen.
    pub number: u64,
    pub severity: Severity,
    /// `domain.reason`.
    pub code: String,
    pub message: String,
    /// Nanoseconds since 1970-01-01T00:00:00Z.
    pub at_nanos: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TaskView {
    pub number: u64,
    pub title: String,
    /// 0 … 1; none = unknown.
    pub progress: Option<f32>,
}
