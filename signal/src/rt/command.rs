//! What goes to the audio thread and what comes back: closed lists, by bounded rings.

use crate::graph::Graph;
use crate::media::stream::{LaneReader, StreamBundle};
use loophole_wire::message::transport::LoopRegion;

/// Parameter values in one command.
pub const BATCH: usize = 28;

/// Values for places in the newest graph.
#[derive(Clone, Copy, Debug, Default)]
pub struct SetBatch {
    pub count: u32,
    /// How many sets this stands for: those that a newer one made superfluous count too.
    pub sets: u32,
    pub values: [(u32, f32); BATCH],
}

impl SetBatch {
    /// False when it is full.
    pub fn push(&mut self, slot: u32, target: f32) -> bool {
        let Some(place) = self.values.get_mut(self.count as usize) else { return false };
        *place = (slot, target);
        self.count += 1;
        true
    }

    pub fn has_room_for(&self, count: usize) -> bool {
        self.count as usize + count <= BATCH
    }

    pub fn values(&self) -> &[(u32, f32)] {
        self.values.get(..self.count as usize).unwrap_or_default()
    }
}

/// A place in the order of commands that somebody waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Barrier(pub u64);

/// What the audio thread is told, in order. Tickets come back in reports.
#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "values lie in the ring itself: boxing them would allocate for each batch"
)]
pub enum RtCommand {
    /// Takes over with a crossfade.
    SwapGraph(Box<Graph>),
    /// The graph that runs is also this version (only regions changed).
    GraphVersion {
        version: u64,
        ticket: u64,
    },
    Set(SetBatch),
    Play {
        ticket: u64,
    },
    Pause {
        ticket: u64,
    },
    /// Fresh lanes; with a time, rolling begins with them so that the music is at their position at that time.
    Streams {
        bundle: Box<StreamBundle>,
        start_at_nanos: Option<u64>,
    },
    Barrier(Barrier),
    Panic {
        ticket: u64,
    },
}

impl RtCommand {
    /// Who waits for it; 0 = nobody.
    pub fn ticket(&self) -> u64 {
        match self {
            Self::SwapGraph(graph) => graph.ticket,
            Self::GraphVersion { ticket, .. }
            | Self::Play { ticket }
            | Self::Pause { ticket }
            | Self::Panic { ticket } => *ticket,
            Self::Set(_) => 0,
            Self::Streams { bundle, .. } => bundle.ticket,
            Self::Barrier(Barrier(ticket)) => *ticket,
        }
    }
}

/// Rolling begins as soon as possible.
pub const AT_ONCE: u64 = 0;

/// What the audio thread tells.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum RtReport {
    /// A command was applied, and this is how things stand.
    Applied(Applied),
    /// A graph took over.
    Swapped(Applied),
    /// The place for which these lanes were made will not come, because nothing rolls: make others.
    Deferred { ticket: u64 },
    /// A callback took longer than its sound lasts.
    Xrun { count: u32, at_frame: u64, over_micros: u64 },
    /// A node gives samples that are no numbers; they were silenced.
    NotANumber { node_id: u32 },
}

/// How things stood at the top of a block.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Applied {
    pub ticket: u64,
    /// Frames since the engine started.
    pub at_frame: u64,
    pub graph_version: u64,
    pub rolling: bool,
    pub position: i64,
    pub loop_region: LoopRegion,
}

/// What the audio thread is done with.
#[derive(Debug)]
pub enum Trash {
    Graph(Box<Graph>),
    Bundle(Box<StreamBundle>),
    Reader(LaneReader),
}
