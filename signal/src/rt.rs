//! The real-time side: one processor that obeys a ring of commands, and the halves that other threads hold.
//!
//! Nothing below here allocates, frees, locks, logs or does I/O while it processes. What the audio thread is done with
//! goes back by a ring and is freed elsewhere.

pub mod command;
mod denormals;
mod processor;
pub mod telemetry;
mod transport;
mod waiting;

#[cfg(test)]
mod tests;

pub use command::{Applied, Barrier, RtCommand, RtReport, SetBatch, Trash};
pub use processor::AudioProcessor;
pub use telemetry::Telemetry;

use crate::media::stream::RollClock;
use rtrb::{Consumer, Producer, RingBuffer};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

/// Commands that may wait for the audio thread.
const COMMANDS: usize = 4_096;

/// Reports and trash that may wait for the thread that takes them.
const RETURNS: usize = 1_024;

/// Reads the wall clock: nanoseconds since 1970-01-01T00:00:00Z. Real-time safe (on Linux it is no system call).
pub type WallClock = fn() -> u64;

/// What other threads hold of a processor.
pub struct Handles {
    pub commands: Producer<RtCommand>,
    pub reports: Consumer<RtReport>,
    pub trash: Consumer<Trash>,
    pub telemetry: triple_buffer::Output<Telemetry>,
}

/// Nanoseconds since 1970-01-01T00:00:00Z: the [`WallClock`] of the world.
pub fn unix_nanos() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

/// A processor with an empty graph, and its handles.
pub fn processor(sample_rate: u32, clock: Arc<RollClock>, wall_clock: WallClock) -> (AudioProcessor, Handles) {
    let (commands, obeyed) = RingBuffer::new(COMMANDS);
    let (reporting, reports) = RingBuffer::new(RETURNS);
    let (discarding, trash) = RingBuffer::new(RETURNS);
    let (telling, telemetry) = triple_buffer::triple_buffer(&Telemetry::default());
    let returns = processor::Returns { reports: reporting, trash: discarding };
    let processor = AudioProcessor::new(sample_rate, clock, wall_clock, obeyed, returns, telling);
    (processor, Handles { commands, reports, trash, telemetry })
}
