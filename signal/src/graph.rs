//! The processing graph: what Pulse sent is verified, compiled to a flat schedule, and run by the audio thread.

pub mod compile;
pub mod lane;
pub mod schedule;
pub mod verify;

pub use compile::{Layout, Slot, compile};
pub use schedule::Graph;
pub use verify::GraphError;

/// More channels than this in one graph are refused.
pub const MAXIMUM_CHANNELS: usize = 4_096;

/// More nodes than this in one graph are refused.
pub const MAXIMUM_NODES: usize = 65_536;
