//! The block of numbers that the audio thread publishes; newest wins.

use crate::session::MAX_CHANNELS;

/// Levels of one channel.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Level {
    pub(crate) channel: u32,
    pub(crate) peak: [f32; 2],
    pub(crate) rms: [f32; 2],
}

/// All that changes all the time.
#[derive(Clone, Debug)]
pub(crate) struct Numbers {
    /// Counts publications.
    pub(crate) sequence: u64,
    pub(crate) engine_frames: u64,
    pub(crate) position: i64,
    pub(crate) rolling: bool,
    /// When the block began: nanoseconds since 1970-01-01T00:00:00Z.
    pub(crate) at_nanos: u64,
    /// Mean and worst share of the time that a block lasts, since the last publication.
    pub(crate) load: f32,
    pub(crate) peak_load: f32,
    pub(crate) blocks: u64,
    pub(crate) late_blocks: u32,
    pub(crate) parameter_sets: u64,
    pub(crate) largest_callback_frames: u32,
    /// The first `count` are used.
    pub(crate) count: usize,
    pub(crate) levels: Vec<Level>,
}

impl Numbers {
    pub(crate) fn new() -> Self {
        Self {
            sequence: 0,
            engine_frames: 0,
            position: 0,
            rolling: false,
            at_nanos: 0,
            load: 0.0,
            peak_load: 0.0,
            blocks: 0,
            late_blocks: 0,
            parameter_sets: 0,
            largest_callback_frames: 0,
            count: 0,
            levels: vec![Level::default(); MAX_CHANNELS],
        }
    }
}
