//! Numbers that change all the time: positions, meters, load. Newest wins.

pub(crate) mod aggregate;

use crate::model::ChannelId;
use std::sync::Arc;

/// The lowest level that a meter or a fader on a screen has a place for, in dB full scale.
pub const LOWEST_SHOWN_DB: f32 = -72.0;

/// The newest numbers, for a window.
#[derive(Clone, Debug, Default)]
pub struct TelemetryView {
    /// Counts every update.
    pub sequence: u64,
    /// On the timeline at the project's sample rate, at `at_nanos`.
    pub position_frames: i64,
    pub rolling: bool,
    /// When the position was measured: nanoseconds since 1970-01-01T00:00:00Z.
    pub at_nanos: u64,
    /// Sorted by channel.
    pub meters: Arc<Vec<ChannelMeter>>,
    pub load: LoadView,
    /// Telemetry frames that the engine sent and that never came in, since the program started.
    pub gaps: u64,
}

/// Levels of one channel, in dB full scale.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ChannelMeter {
    pub channel: ChannelId,
    /// Decays at 24 dB per second after a peak.
    pub peak_db: [f32; 2],
    /// Highest peak of the last 1.5 s.
    pub hold_db: [f32; 2],
    pub rms_db: [f32; 2],
    /// It went over 0 dB since the last start of playing.
    pub clipped: bool,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct LoadView {
    /// Share of the time that the audio thread has, 0 … 1.
    pub dsp: f32,
    pub peak: f32,
    pub xruns: u32,
    pub starved_frames: u32,
    pub blocks: u64,
    /// Values of `dsp` at about 10 Hz, oldest first, at most 600.
    pub history: Arc<Vec<f32>>,
}
