//! What the audio thread tells all the time: newest wins, by a triple buffer, and nothing that was not heard is lost.

use crate::graph::MAXIMUM_CHANNELS;
use loophole_wire::plane::MeterValue;
use std::time::Duration;

/// A picture of the audio thread.
#[derive(Clone, Debug)]
pub struct Telemetry {
    /// Counts pictures.
    pub sequence: u64,
    /// When it was taken: nanoseconds since 1970-01-01T00:00:00Z.
    pub at_nanos: u64,
    /// On the timeline.
    pub position: i64,
    pub rolling: bool,
    /// Since the engine started.
    pub engine_frames: u64,
    pub blocks: u64,
    /// Mean and worst share of the time that there is.
    pub load: f32,
    pub peak_load: f32,
    pub xruns: u32,
    pub parameter_sets: u64,
    pub largest_callback_frames: u32,
    meter_count: usize,
    meters: Box<[MeterValue]>,
}

impl Default for Telemetry {
    fn default() -> Self {
        Self {
            sequence: 0,
            at_nanos: 0,
            position: 0,
            rolling: false,
            engine_frames: 0,
            blocks: 0,
            load: 0.0,
            peak_load: 0.0,
            xruns: 0,
            parameter_sets: 0,
            largest_callback_frames: 0,
            meter_count: 0,
            meters: vec![MeterValue::default(); MAXIMUM_CHANNELS].into_boxed_slice(),
        }
    }
}

impl Telemetry {
    /// Levels since somebody last listened.
    pub fn meters(&self) -> &[MeterValue] {
        self.meters.get(..self.meter_count).unwrap_or_default()
    }

    /// Writes levels where they belong.
    pub(super) fn write_meters(&mut self, write: impl FnOnce(&mut [MeterValue]) -> usize) {
        self.meter_count = write(&mut self.meters);
    }
}

/// Time spent of the time that there was.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Load {
    busy: Duration,
    available: Duration,
    peak: f32,
}

impl Load {
    pub(super) fn add(&mut self, busy: Duration, available: Duration) {
        self.busy += busy;
        self.available += available;
        self.peak = self.peak.max(share(busy, available));
    }

    pub(super) fn merge(&mut self, other: &Load) {
        self.busy += other.busy;
        self.available += other.available;
        self.peak = self.peak.max(other.peak);
    }

    pub(super) fn mean(&self) -> f32 {
        share(self.busy, self.available)
    }

    pub(super) fn peak(&self) -> f32 {
        self.peak
    }
}

fn share(busy: Duration, available: Duration) -> f32 {
    if available.is_zero() { 0.0 } else { busy.as_secs_f32() / available.as_secs_f32() }
}
