//! From plane frames to what a person can read: decibels that decay, peaks that hold, counters. Pure.

use super::{ChannelMeter, LOWEST_SHOWN_DB, LoadView, TelemetryView};
use crate::model::ChannelId;
use loophole_wire::plane::{Header, Load, MeterValue, Position};
use std::collections::BTreeMap;
use std::sync::Arc;

const DECAY_DB_PER_SECOND: f64 = 24.0;
const HOLD_NANOS: u64 = 1_500_000_000;
const HISTORY_NANOS: u64 = 100_000_000;
const HISTORY_ENTRIES: usize = 600;
/// More channels than this in a frame are ignored: nobody has a mixer like that.
const CHANNELS_MAX: usize = 4_096;
const STREAMS_MAX: usize = 16;

/// What is remembered between frames.
#[derive(Debug)]
pub(crate) struct Aggregate {
    channels: BTreeMap<u32, Ballistics>,
    engine_rate: u32,
    project_rate: u32,
    position: Position,
    position_at_nanos: u64,
    load: Load,
    history: Arc<Vec<f32>>,
    history_at_nanos: u64,
    last_sequence: BTreeMap<u32, u32>,
    gaps: u64,
    published: u64,
    changed: Changed,
}

/// What is new since it was last asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Changed {
    /// Anything at all.
    pub(crate) any: bool,
    /// Something that moves on a screen: a window that sleeps should wake up for it.
    pub(crate) visible: bool,
}

#[derive(Clone, Copy, Debug)]
struct Ballistics {
    at_nanos: u64,
    peak_db: [f32; 2],
    hold_db: [f32; 2],
    hold_at_nanos: [u64; 2],
    rms_db: [f32; 2],
    clipped: bool,
}

impl Ballistics {
    fn silent(at_nanos: u64) -> Self {
        Self {
            at_nanos,
            peak_db: [f32::NEG_INFINITY; 2],
            hold_db: [f32::NEG_INFINITY; 2],
            hold_at_nanos: [at_nanos; 2],
            rms_db: [f32::NEG_INFINITY; 2],
            clipped: false,
        }
    }

    fn follow(&mut self, at_nanos: u64, value: &MeterValue) {
        let seconds = at_nanos.saturating_sub(self.at_nanos) as f64 * 1e-9;
        let decay_db = (seconds * DECAY_DB_PER_SECOND) as f32;
        for side in 0..2 {
            let now_db = decibels(value.peak[side]);
            self.peak_db[side] = floor(now_db.max(self.peak_db[side] - decay_db));
            let held_out = at_nanos.saturating_sub(self.hold_at_nanos[side]) >= HOLD_NANOS;
            if now_db >= self.hold_db[side] || held_out {
                self.hold_db[side] = self.peak_db[side];
                self.hold_at_nanos[side] = at_nanos;
            }
            self.rms_db[side] = decibels(value.rms[side]);
            self.clipped |= value.peak[side] > 1.0;
        }
        self.at_nanos = at_nanos;
    }

    /// Whether a meter that ends at [`LOWEST_SHOWN_DB`] shows the same: a reverb dies away for seconds below it.
    fn looks_like(&self, other: &Self) -> bool {
        let shown = |levels: &Self| {
            [levels.peak_db, levels.hold_db, levels.rms_db].map(|sides| sides.map(|db| db.max(LOWEST_SHOWN_DB)))
        };
        self.clipped == other.clipped && shown(self) == shown(other)
    }
}

impl Aggregate {
    pub(crate) fn new(project_rate: u32) -> Self {
        Self {
            channels: BTreeMap::new(),
            engine_rate: project_rate,
            project_rate,
            position: Position::default(),
            position_at_nanos: 0,
            load: Load::default(),
            history: Arc::default(),
            history_at_nanos: 0,
            last_sequence: BTreeMap::new(),
            gaps: 0,
            published: 0,
            changed: Changed::default(),
        }
    }

    /// The engine is gone: what it measured is no longer true. The position stays where it was.
    pub(crate) fn engine_lost(&mut self) {
        self.channels.clear();
        self.last_sequence.clear();
        self.load = Load::default();
        self.position.rolling = false;
        self.changed = Changed { any: true, visible: true };
    }

    /// At which rate the engine counts.
    pub(crate) fn set_engine_rate(&mut self, rate: u32) {
        self.engine_rate = rate.max(1);
    }

    /// At which rate the project counts.
    pub(crate) fn set_project_rate(&mut self, rate: u32) {
        self.project_rate = rate.max(1);
    }

    pub(crate) fn meters(&mut self, header: &Header, values: &[MeterValue]) {
        self.count_gaps(header);
        let mut followed = BTreeMap::new();
        for value in values.iter().take(CHANNELS_MAX) {
            let before = self.channels.get(&value.channel);
            let mut now = before.copied().unwrap_or_else(|| Ballistics::silent(header.time_nanos));
            now.follow(header.time_nanos, value);
            self.changed.visible |= before.is_none_or(|before| !now.looks_like(before));
            followed.insert(value.channel, now);
        }
        self.changed.visible |= followed.len() != self.channels.len();
        self.changed.any = true;
        self.channels = followed;
    }

    pub(crate) fn position(&mut self, header: &Header, position: Position) {
        self.count_gaps(header);
        if position.rolling && !self.position.rolling {
            self.channels.values_mut().for_each(|channel| channel.clipped = false);
        }
        let moved = (position.frames, position.rolling) != (self.position.frames, self.position.rolling);
        self.changed.visible |= moved;
        self.changed.any = true;
        self.position = position;
        self.position_at_nanos = header.time_nanos;
    }

    pub(crate) fn load(&mut self, header: &Header, load: Load) {
        self.count_gaps(header);
        self.changed.any = true;
        self.changed.visible |= (load.xruns, load.starved_frames) != (self.load.xruns, self.load.starved_frames);
        self.load = Load { dsp: share(load.dsp), peak: share(load.peak), ..load };
        if header.time_nanos.saturating_sub(self.history_at_nanos) >= HISTORY_NANOS
            || header.time_nanos < self.history_at_nanos
        {
            self.history_at_nanos = header.time_nanos;
            let history = Arc::make_mut(&mut self.history);
            if history.len() >= HISTORY_ENTRIES {
                history.remove(0);
            }
            history.push(self.load.dsp);
        }
    }

    /// The newest load, with counters that no window shows.
    pub(crate) fn newest_load(&self) -> &Load {
        &self.load
    }

    /// What is new since the last call.
    pub(crate) fn take_changed(&mut self) -> Changed {
        std::mem::take(&mut self.changed)
    }

    /// Of every channel, in the order of their numbers.
    pub(crate) fn levels(&self) -> Arc<Vec<ChannelMeter>> {
        Arc::new(self.channels.iter().map(|(number, channel)| meter_of(*number, channel)).collect())
    }

    /// The picture now.
    pub(crate) fn view(&mut self) -> TelemetryView {
        self.published += 1;
        TelemetryView {
            sequence: self.published,
            position_frames: convert(self.position.frames, self.engine_rate, self.project_rate),
            rolling: self.position.rolling,
            at_nanos: self.position_at_nanos,
            meters: self.levels(),
            load: LoadView {
                dsp: self.load.dsp,
                peak: self.load.peak,
                xruns: self.load.xruns,
                starved_frames: self.load.starved_frames,
                blocks: self.load.blocks,
                history: Arc::clone(&self.history),
            },
            gaps: self.gaps,
        }
    }

    fn count_gaps(&mut self, header: &Header) {
        if let Some(last) = self.last_sequence.get(&header.stream) {
            let step = header.sequence.wrapping_sub(*last);
            // A step back is a stream that began again, not a gap.
            if (2..u32::MAX / 2).contains(&step) {
                self.gaps += u64::from(step - 1);
            }
        } else if self.last_sequence.len() >= STREAMS_MAX {
            return;
        }
        self.last_sequence.insert(header.stream, header.sequence);
    }
}

fn meter_of(number: u32, channel: &Ballistics) -> ChannelMeter {
    ChannelMeter {
        channel: ChannelId(number),
        peak_db: channel.peak_db,
        hold_db: channel.hold_db,
        rms_db: channel.rms_db,
        clipped: channel.clipped,
    }
}

/// Below this, a meter shows nothing: then it can come to rest.
const FLOOR_DB: f32 = -144.0;

fn floor(db: f32) -> f32 {
    if db < FLOOR_DB { f32::NEG_INFINITY } else { db }
}

/// From linear to dB; what is no level (NaN, negative) is silence.
fn decibels(linear: f32) -> f32 {
    if linear > 0.0 { floor((20.0 * linear.min(1e6).log10()).min(120.0)) } else { f32::NEG_INFINITY }
}

fn share(load: f32) -> f32 {
    if load.is_finite() { load.clamp(0.0, 1_000.0) } else { 0.0 }
}

/// Frames at one rate as frames at another, rounded down.
fn convert(frames: i64, from: u32, to: u32) -> i64 {
    let converted = (i128::from(frames) * i128::from(to)).div_euclid(i128::from(from.max(1)));
    i64::try_from(converted).unwrap_or(if frames < 0 { i64::MIN } else { i64::MAX })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;

    fn header(sequence: u32, time_nanos: u64) -> Header {
        Header { flags: 0, stream: 1, sequence, time_nanos }
    }

    fn peak(channel: u32, linear: f32) -> MeterValue {
        MeterValue { channel, peak: [linear; 2], rms: [linear / 2.0; 2] }
    }

    #[test]
    fn a_peak_decays_and_is_held_for_a_while() {
        let mut aggregate = Aggregate::new(48_000);
        aggregate.meters(&header(0, SECOND), &[peak(3, 1.0)]);
        aggregate.meters(&header(1, SECOND + SECOND / 2), &[peak(3, 0.0)]);
        let view = aggregate.view();
        let meter = view.meters[0];
        assert_eq!(meter.channel, ChannelId(3));
        assert!((meter.peak_db[0] + 12.0).abs() < 0.01, "{meter:?}");
        assert_eq!((meter.hold_db[0], meter.rms_db[0]), (0.0, f32::NEG_INFINITY));
        aggregate.meters(&header(2, SECOND * 3), &[peak(3, 0.0)]);
        let meter = aggregate.view().meters[0];
        assert!((meter.hold_db[0] + 48.0).abs() < 0.01, "{meter:?}");
        // It comes to rest, and a window may sleep.
        aggregate.meters(&header(3, SECOND * 60), &[peak(3, 0.0)]);
        aggregate.meters(&header(4, SECOND * 90), &[peak(3, 0.0)]);
        assert!(aggregate.take_changed().visible);
        aggregate.meters(&header(5, SECOND * 91), &[peak(3, 0.0)]);
        assert_eq!(aggregate.take_changed(), Changed { any: true, visible: false });
    }

    #[test]
    fn clipping_is_kept_until_playing_starts_again() {
        let mut aggregate = Aggregate::new(48_000);
        let at = |frames, rolling| Position { frames, engine_frames: 0, rolling };
        aggregate.position(&header(0, 0), at(0, true));
        aggregate.meters(&header(1, 1), &[peak(1, 1.5)]);
        aggregate.meters(&header(2, 2), &[peak(1, 0.1)]);
        aggregate.position(&header(3, 3), at(10, false));
        assert!(aggregate.view().meters[0].clipped);
        aggregate.position(&header(4, 4), at(10, true));
        assert!(!aggregate.view().meters[0].clipped);
    }

    #[test]
    fn positions_are_told_at_the_rate_of_the_project() {
        let mut aggregate = Aggregate::new(48_000);
        aggregate.set_engine_rate(44_100);
        aggregate.position(&header(0, 5), Position { frames: 44_100, engine_frames: 0, rolling: true });
        let view = aggregate.view();
        assert_eq!((view.position_frames, view.at_nanos, view.rolling), (48_000, 5, true));
        assert_eq!(convert(-1, 44_100, 48_000), -2);
        assert_eq!(convert(i64::MAX, 1, 384_000), i64::MAX);
    }

    #[test]
    fn gaps_in_a_stream_are_counted_and_a_new_beginning_is_none() {
        let mut aggregate = Aggregate::new(48_000);
        for sequence in [0, 1, 5, 6, 0, 1, u32::MAX, 0] {
            aggregate.load(&header(sequence, 0), Load::default());
        }
        assert_eq!(aggregate.view().gaps, 3);
    }

    #[test]
    fn the_history_of_the_load_is_bounded_and_slow() {
        let mut aggregate = Aggregate::new(48_000);
        for step in 0..7_000_u32 {
            let load = Load { dsp: f32::NAN, ..Load::default() };
            aggregate.load(&header(step, SECOND + u64::from(step) * 16_666_667), load);
        }
        let view = aggregate.view();
        assert_eq!(view.load.history.len(), HISTORY_ENTRIES);
        assert_eq!(view.load.dsp, 0.0);
    }
}
