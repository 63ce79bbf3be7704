//! The closed lists of everything that can happen to the core, and of everything it can want done outside.

use crate::event::{ModelEvent, Rejection, Reply, Ticket};
use crate::intent::{Intent, Origin};
use crate::jobs::{Job, JobOutcome};
use crate::telemetry::ChannelMeter;
use crate::view::ClientView;
use loophole_wire::ErrorBody;
use loophole_wire::message::{EngineCommand, EngineEvent};
use loophole_wire::plane::{DeviceInput, DeviceOutput, GestureValue};
use std::sync::Arc;

/// Everything that can happen to the core.
#[derive(Clone, Debug)]
pub enum Inbound {
    /// Somebody asks. Exactly one `Outbound::Answer` follows, perhaps later.
    Intent {
        origin: Origin,
        ticket: Ticket,
        intent: Intent,
    },
    /// A gesture frame from a client (or the window) on a stream opened by `gesture.createStream`.
    GestureFrame {
        origin: Origin,
        stream: u32,
        values: Vec<GestureValue>,
    },
    /// A headless client came or went.
    ClientJoined(ClientView),
    ClientLeft {
        connection: u32,
    },
    /// The engine's process is there and has shaken hands. `safe`: it died too often, run it in safe mode.
    EngineConnected {
        pid: u32,
        safe: bool,
        restarts: u32,
    },
    /// The engine died or hangs; a restart follows by itself.
    EngineLost {
        reason: String,
    },
    /// The engine cannot be started at all, or was stopped for good.
    EngineStopped {
        reason: String,
    },
    /// From the engine; `ticket` when it answers an `Outbound::Engine` that had one.
    EngineEvent {
        ticket: Option<u64>,
        event: EngineEvent,
    },
    /// The engine refused an `Outbound::Engine`.
    EngineRefused {
        ticket: Option<u64>,
        domain: String,
        name: String,
        error: ErrorBody,
    },
    /// From telemetry: where the engine is on the timeline (frames at the engine's rate), and when it was there.
    EnginePosition {
        position_frames: i64,
        rolling: bool,
        at_nanos: u64,
    },
    /// What devices said, in order.
    DeviceInput {
        records: Vec<DeviceInput>,
    },
    /// What simulated devices were told, in order.
    DeviceEcho {
        records: Vec<DeviceInput>,
    },
    /// Levels of all channels, for meters on devices: at most 30 times a second, while the core wants them.
    Meters {
        meters: Arc<Vec<ChannelMeter>>,
    },
    /// A job has ended.
    JobEnded {
        job: u64,
        outcome: JobOutcome,
    },
    /// Time passes; comes at least four times a second.
    Tick,
}

/// Everything that the core can want done outside.
#[derive(Clone, Debug)]
pub enum Outbound {
    /// The one answer to an intent.
    Answer {
        origin: Origin,
        ticket: Ticket,
        domain: &'static str,
        name: &'static str,
        outcome: Result<Reply, Rejection>,
    },
    /// To the window and to every client that subscribed to its domain. Never `ModelEvent::Answered`.
    Event(ModelEvent),
    /// To the engine. Dropped when the engine is not connected: the rebuild sends everything again.
    Engine { ticket: Option<u64>, command: EngineCommand },
    /// To the engine's plane.
    EngineGesture { stream: u32, values: Vec<GestureValue> },
    /// To devices, by the engine's plane.
    DeviceOutput { records: Vec<DeviceOutput> },
    /// Work that touches files; its end comes back as `Inbound::JobEnded`.
    Job { job: u64, work: Job },
    /// End the engine's process and start it again; leave safe mode.
    RestartEngine,
    /// The view has changed: publish it.
    ViewChanged,
}
