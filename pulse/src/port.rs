//! The trait at both seams: send commands, drain events, read the newest telemetry.

use crate::event::{ModelEvent, Ticket};
use crate::intent::Intent;
use crate::telemetry::TelemetryView;
use crate::view::SessionView;
use std::sync::Arc;

/// Why a command could not be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    #[error("the queue is full; try again in a moment")]
    Full,
    #[error("the other side has ended")]
    Closed,
}

/// One side of a seam, as the side above sees it. Object-safe.
pub trait EnginePort: Send {
    type Command;
    type Event;
    type Telemetry;

    /// Sends a command; the ticket comes back with its answer. Never blocks.
    ///
    /// # Errors
    /// The queue is full, or the other side is gone.
    fn send(&mut self, command: Self::Command) -> Result<Ticket, SendError>;

    /// Moves what came since the last call to the end of `events`. Never blocks.
    fn drain(&mut self, events: &mut Vec<Self::Event>);

    /// The newest telemetry. Never blocks.
    fn telemetry(&mut self) -> &Self::Telemetry;
}

/// The upper seam as a window holds it.
pub trait PulsePort: EnginePort<Command = Intent, Event = ModelEvent, Telemetry = TelemetryView> {
    /// The newest picture of the model. Never blocks.
    fn view(&mut self) -> Arc<SessionView>;
}
