//! What is told of the transport and of hands on parameters.

use crate::model::{LoopRegion, ParameterId};
use loophole_wire::decibels::WireValue;
use schemars::JsonSchema;
use serde::Serialize;

/// What the transport does. While it plays, the moving position is in `metering.state`.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Transport {
    /// Counts every change of the model.
    pub revision: u64,
    /// As asked for.
    pub state: Rolling,
    /// 20,160 to the quarter note.
    pub position_ticks: i64,
    /// At the project's sample rate.
    pub position_frames: i64,
    /// Quarter notes per minute at the position.
    pub bpm: f64,
    #[serde(rename = "loop")]
    pub loop_region: LoopRegion,
    /// The audio thread does what `state` says.
    pub confirmed_by_engine: bool,
}

/// Whether it plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Rolling {
    Playing,
    Stopped,
}

/// A parameter that a hand holds.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Held {
    pub parameter_id: ParameterId,
    /// As it is heard, in the parameter's own unit.
    pub value: WireValue,
}

/// A stream of moves that is open.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Stream {
    /// What its plane frames carry as `stream`.
    pub stream: u32,
}
