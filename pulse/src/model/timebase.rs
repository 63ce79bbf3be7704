//! Between ticks, seconds, frames, and bars and beats. Integers throughout: nothing accumulates.

use super::{Model, SignatureMarker, TICKS_PER_QUARTER, TempoMarker};

/// Femtoseconds: fine enough that the error of a marker's place is far below a frame's millionth.
const FEMTOS_PER_SECOND: i128 = 1_000_000_000_000_000;
const MICROS_PER_UNIT: f64 = 1e6;
/// Positions beyond this many ticks are held back here, so that nothing overflows.
const TICKS_BOUND: i64 = 1 << 42;

/// Converts between musical and audio positions at one sample rate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TempoMap {
    /// In Hz.
    sample_rate: i128,
    tempo: Vec<TempoStretch>,
    signatures: Vec<SignatureStretch>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct TempoStretch {
    ticks: i128,
    femtos: i128,
    /// Millionths of a quarter note per minute.
    micro_bpm: i128,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct SignatureStretch {
    ticks: i64,
    /// The number of the bar that begins there, from 1.
    bar: i64,
    beat_ticks: i64,
    bar_ticks: i64,
}

/// A place as a musician says it. All but `tick` count from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BarBeat {
    pub bar: i64,
    pub beat: i64,
    pub tick: i64,
}

impl TempoMap {
    /// The map of a model; `sample_rate` in Hz is the one that frames are counted at.
    pub fn new(model: &Model, sample_rate: u32) -> Self {
        Self::of_markers(&model.tempo, &model.signatures, sample_rate)
    }

    /// The map of two sorted lists of markers; where they are empty, 120 bpm and 4/4.
    pub fn of_markers(tempo: &[TempoMarker], signatures: &[SignatureMarker], sample_rate: u32) -> Self {
        let mut map = Self {
            sample_rate: i128::from(sample_rate.max(1)),
            tempo: vec![TempoStretch { ticks: 0, femtos: 0, micro_bpm: 120_000_000 }],
            signatures: vec![SignatureStretch::new(0, 1, 4, 4)],
        };
        for marker in tempo {
            map.add_tempo(marker);
        }
        for marker in signatures {
            map.add_signature(marker);
        }
        map
    }

    /// Frames of the timeline at a tick, rounded to the nearest.
    pub fn ticks_to_frames(&self, ticks: i64) -> i64 {
        saturate(divide_rounded(self.femtos_at(bound(ticks)) * self.sample_rate, FEMTOS_PER_SECOND))
    }

    /// The tick nearest to a frame of the timeline.
    pub fn frames_to_ticks(&self, frames: i64) -> i64 {
        // 2^53 frames are 5,000 years at 48 kHz.
        let frames = i128::from(frames.clamp(-(1 << 53), 1 << 53));
        let femtos = divide_rounded(frames * FEMTOS_PER_SECOND, self.sample_rate);
        let place = self.tempo.partition_point(|stretch| stretch.femtos <= femtos).saturating_sub(1);
        let Some(stretch) = self.tempo.get(place) else { return 0 };
        // Whole seconds and the rest apart: the product of a long time with everything else would not fit.
        let since = femtos - stretch.femtos;
        let (seconds, rest) = (since.div_euclid(FEMTOS_PER_SECOND), since.rem_euclid(FEMTOS_PER_SECOND));
        let micro_ticks_per_minute = stretch.micro_bpm * i128::from(TICKS_PER_QUARTER);
        let micro_ticks = seconds * micro_ticks_per_minute;
        let (whole, left) = (micro_ticks.div_euclid(60_000_000), micro_ticks.rem_euclid(60_000_000));
        let part = left * FEMTOS_PER_SECOND + rest * micro_ticks_per_minute;
        saturate(stretch.ticks + whole + divide_rounded(part, 60_000_000 * FEMTOS_PER_SECOND))
    }

    /// Seconds of the timeline at a tick.
    pub fn ticks_to_seconds(&self, ticks: i64) -> f64 {
        self.femtos_at(bound(ticks)) as f64 / FEMTOS_PER_SECOND as f64
    }

    /// The tick nearest to a time in seconds; 0 for what is no number.
    pub fn seconds_to_ticks(&self, seconds: f64) -> i64 {
        if !seconds.is_finite() {
            return 0;
        }
        self.frames_to_ticks((seconds * self.sample_rate as f64).round() as i64)
    }

    /// Quarter notes per minute at a tick.
    pub fn bpm_at(&self, ticks: i64) -> f64 {
        self.tempo_at(i128::from(ticks)).micro_bpm as f64 / MICROS_PER_UNIT
    }

    /// Bar and beat (from 1) and ticks into the beat. Before the start, bars count down: 0, −1, …
    pub fn bar_beat_tick(&self, ticks: i64) -> BarBeat {
        let ticks = bound(ticks);
        let place = self.signatures.partition_point(|stretch| stretch.ticks <= ticks).saturating_sub(1);
        let Some(stretch) = self.signatures.get(place) else { return BarBeat { bar: 1, beat: 1, tick: 0 } };
        let since = ticks - stretch.ticks;
        let (bars, in_bar) = (since.div_euclid(stretch.bar_ticks), since.rem_euclid(stretch.bar_ticks));
        BarBeat { bar: stretch.bar + bars, beat: 1 + in_bar / stretch.beat_ticks, tick: in_bar % stretch.beat_ticks }
    }

    /// Where a bar begins; bar 1 at tick 0.
    pub fn bar_start_ticks(&self, bar: i64) -> i64 {
        let place = self.signatures.partition_point(|stretch| stretch.bar <= bar).saturating_sub(1);
        let Some(stretch) = self.signatures.get(place) else { return 0 };
        let bars = bar.clamp(-TICKS_BOUND, TICKS_BOUND) - stretch.bar;
        bound(stretch.ticks.saturating_add(bars.saturating_mul(stretch.bar_ticks)))
    }

    /// Ticks of a beat at a place.
    pub fn beat_ticks(&self, ticks: i64) -> i64 {
        let place = self.signatures.partition_point(|stretch| stretch.ticks <= ticks).saturating_sub(1);
        self.signatures.get(place).map_or(TICKS_PER_QUARTER, |stretch| stretch.beat_ticks)
    }

    fn tempo_at(&self, ticks: i128) -> TempoStretch {
        let place = self.tempo.partition_point(|stretch| stretch.ticks <= ticks).saturating_sub(1);
        self.tempo.get(place).copied().unwrap_or(TempoStretch { ticks: 0, femtos: 0, micro_bpm: 120_000_000 })
    }

    fn femtos_at(&self, ticks: i64) -> i128 {
        let stretch = self.tempo_at(i128::from(ticks));
        let since = i128::from(ticks) - stretch.ticks;
        // One tick lasts 60 / (bpm × 20,160) seconds.
        let numerator = since * 60_000_000 * FEMTOS_PER_SECOND;
        stretch.femtos + divide_rounded(numerator, stretch.micro_bpm * i128::from(TICKS_PER_QUARTER))
    }

    fn add_tempo(&mut self, marker: &TempoMarker) {
        let ticks = bound(marker.ticks).max(0);
        let bpm = if marker.bpm.is_finite() { marker.bpm.clamp(1.0, 10_000.0) } else { 120.0 };
        let stretch = TempoStretch {
            ticks: i128::from(ticks),
            femtos: self.femtos_at(ticks),
            micro_bpm: (bpm * MICROS_PER_UNIT).round() as i128,
        };
        self.tempo.retain(|earlier| earlier.ticks < stretch.ticks);
        self.tempo.push(stretch);
    }

    fn add_signature(&mut self, marker: &SignatureMarker) {
        let ticks = bound(marker.ticks).max(0);
        // A marker inside a bar cuts it short: the next bar begins at the marker.
        let bar = match self.signatures.last() {
            Some(last) if ticks > last.ticks => {
                let since = ticks - last.ticks;
                last.bar + since / last.bar_ticks + i64::from(since % last.bar_ticks != 0)
            }
            _ => 1,
        };
        self.signatures.retain(|earlier| earlier.ticks < ticks);
        self.signatures.push(SignatureStretch::new(ticks, bar, marker.numerator, marker.denominator));
    }
}

impl SignatureStretch {
    fn new(ticks: i64, bar: i64, numerator: u8, denominator: u8) -> Self {
        let beat_ticks = (4 * TICKS_PER_QUARTER / i64::from(denominator.max(1))).max(1);
        Self { ticks, bar, beat_ticks, bar_ticks: beat_ticks * i64::from(numerator.max(1)) }
    }
}

fn bound(ticks: i64) -> i64 {
    ticks.clamp(-TICKS_BOUND, TICKS_BOUND)
}

fn saturate(value: i128) -> i64 {
    i64::try_from(value).unwrap_or(if value < 0 { i64::MIN } else { i64::MAX })
}

/// To the nearest, halves up; `divisor` is positive.
fn divide_rounded(value: i128, divisor: i128) -> i128 {
    (value + divisor / 2).div_euclid(divisor)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::MarkerId;
    use proptest::prelude::*;

    fn map(tempo: &[(i64, f64)], signatures: &[(i64, u8, u8)], rate: u32) -> TempoMap {
        let tempo: Vec<_> = tempo.iter().map(|&(ticks, bpm)| TempoMarker { id: MarkerId(1), ticks, bpm }).collect();
        let signatures: Vec<_> = signatures
            .iter()
            .map(|&(ticks, numerator, denominator)| SignatureMarker { id: MarkerId(1), ticks, numerator, denominator })
            .collect();
        TempoMap::of_markers(&tempo, &signatures, rate)
    }

    #[test]
    fn a_constant_tempo_is_exact() {
        let map = map(&[(0, 120.0)], &[], 48_000);
        assert_eq!(map.ticks_to_frames(TICKS_PER_QUARTER), 24_000);
        // A thousand hours later not one frame is lost.
        let quarters = 7_200_000;
        assert_eq!(map.ticks_to_frames(quarters * TICKS_PER_QUARTER), quarters * 24_000);
        assert_eq!(map.frames_to_ticks(quarters * 24_000), quarters * TICKS_PER_QUARTER);
        assert_eq!(map.ticks_to_seconds(2 * TICKS_PER_QUARTER), 1.0);
        assert_eq!(map.seconds_to_ticks(1.0), 2 * TICKS_PER_QUARTER);
    }

    #[test]
    fn a_tempo_change_joins_without_a_gap() {
        let bar = 4 * TICKS_PER_QUARTER;
        let map = map(&[(0, 120.0), (bar, 60.0)], &[], 44_100);
        assert_eq!(map.ticks_to_frames(bar), 88_200);
        assert_eq!(map.ticks_to_frames(2 * bar), 88_200 + 176_400);
        assert_eq!(map.frames_to_ticks(88_200 + 44_100), bar + TICKS_PER_QUARTER);
        assert_eq!((map.bpm_at(bar - 1), map.bpm_at(bar)), (120.0, 60.0));
    }

    #[test]
    fn bars_and_beats_follow_the_signature() {
        let three = 8 * TICKS_PER_QUARTER;
        let map = map(&[], &[(0, 4, 4), (three, 6, 8)], 48_000);
        let at = |ticks| {
            let BarBeat { bar, beat, tick } = map.bar_beat_tick(ticks);
            (bar, beat, tick)
        };
        assert_eq!(at(0), (1, 1, 0));
        assert_eq!(at(TICKS_PER_QUARTER + 5), (1, 2, 5));
        assert_eq!(at(three), (3, 1, 0));
        assert_eq!(at(three + 5 * TICKS_PER_QUARTER / 2), (3, 6, 0));
        assert_eq!(at(three + 3 * TICKS_PER_QUARTER), (4, 1, 0));
        assert_eq!(at(-1), (0, 4, TICKS_PER_QUARTER - 1));
        assert_eq!(
            [1, 2, 3, 4].map(|bar| map.bar_start_ticks(bar)),
            [0, three / 2, three, three + 3 * TICKS_PER_QUARTER]
        );
    }

    #[test]
    fn absurd_numbers_do_not_overflow() {
        let map = map(&[(0, 10.0), (1 << 40, 999.0)], &[(0, 64, 1)], 384_000);
        for extreme in [i64::MIN, -1, i64::MAX] {
            let _all = (
                map.ticks_to_frames(extreme),
                map.frames_to_ticks(extreme),
                map.bar_beat_tick(extreme),
                map.bar_start_ticks(extreme),
            );
        }
        assert_eq!(map.seconds_to_ticks(f64::NAN), 0);
    }

    proptest! {
        #[test]
        fn there_and_back_is_the_same_place(
            ticks in 0_i64..1 << 40, rate in 8_000_u32..384_000, first in 10.0..999.0, second in 10.0..999.0, at in 1_i64..1 << 40,
        ) {
            let map = map(&[(0, first), (at, second)], &[], rate);
            let frames = map.ticks_to_frames(ticks);
            // Back to the nearest tick, and to the same frame from there, where ticks are shorter than frames.
            prop_assert!((map.ticks_to_frames(map.frames_to_ticks(frames)) - frames).abs() <= 1 + i64::from(rate) / 6_000);
            let seconds = map.ticks_to_seconds(ticks);
            prop_assert!((frames as f64 - seconds * f64::from(rate)).abs() <= 0.5 + frames as f64 * 1e-12);
            let place = map.bar_beat_tick(ticks);
            prop_assert!(map.bar_start_ticks(place.bar) <= ticks && ticks < map.bar_start_ticks(place.bar + 1));
            prop_assert!(map.ticks_to_frames(ticks + 1) >= frames);
        }
    }
}
