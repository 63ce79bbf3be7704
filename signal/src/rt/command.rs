//! The closed lists of what the audio thread is told and what it reports.

use crate::graph::Schedule;
use crate::media::stream::StreamBundle;
use loophole_wire::message::transport::Anchor;

/// What the audio thread is told, at the top of a block.
#[derive(Debug)]
pub(crate) enum RtCommand {
    /// Takes a new graph; what it shares with the old one keeps its state.
    SwapSchedule { ticket: u64, schedule: Box<Schedule> },
    /// Takes fresh lanes.
    SwapStreams(Box<StreamBundle>),
    Play { ticket: u64, anchor: Option<Anchor> },
    /// Fades out and stands.
    Pause { ticket: u64 },
    /// Fades out, stands, and forgets all fades and meters.
    Panic { ticket: u64 },
    /// Reported when all that came before it has been applied.
    Barrier { ticket: u64 },
}

/// What the audio thread reports.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum RtReport {
    /// The command with this ticket is in force.
    Applied { ticket: u64, state: RtState },
    /// A block took longer than it lasts.
    Late { at_frame: u64, over_micros: u64 },
}

/// Where the audio thread is.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct RtState {
    /// Frames since the engine started, at the top of the block.
    pub(crate) engine_frames: u64,
    pub(crate) position: i64,
    pub(crate) rolling: bool,
    pub(crate) graph_version: u64,
}

/// What the audio thread is done with: freed on another thread.
#[derive(Debug)]
#[expect(dead_code, reason = "only held, to be dropped elsewhere")]
pub(crate) enum Trash {
    Schedule(Box<Schedule>),
    Streams(Box<StreamBundle>),
    Lane(crate::media::stream::LaneReader),
}
