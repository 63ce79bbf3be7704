//! Time and bars of the timeline between whole ticks, as drawing needs them. Pure.

use crate::musical::{ticks_per_bar, ticks_per_beat};
use loophole_pulse::model::{MarkerId, Model, SignatureMarker, TICKS_PER_QUARTER, TempoMarker};
use std::sync::Arc;

/// Tempo and signatures with their sums, so that a lookup costs a binary search.
#[derive(Clone, Debug, Default)]
pub(crate) struct TimeMap {
    tempo: Arc<Vec<TempoMarker>>,
    signatures: Arc<Vec<SignatureMarker>>,
    stretches: Vec<Stretch>,
    meters: Vec<Meter>,
}

#[derive(Clone, Copy, Debug)]
struct Stretch {
    ticks: f64,
    seconds: f64,
    seconds_per_tick: f64,
}

#[derive(Clone, Copy, Debug)]
struct Meter {
    first_bar: i64,
    signature: SignatureMarker,
}

/// Bar and beat count from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub bar: i64,
    pub beat: i64,
    pub tick: i64,
}

/// What a timeline without markers is in.
const COMMON: SignatureMarker = SignatureMarker { id: MarkerId(0), ticks: 0, numerator: 4, denominator: 4 };

impl TimeMap {
    /// Looks at the model again; free when its markers are the same.
    pub(crate) fn refresh(&mut self, model: &Model) {
        let same = Arc::ptr_eq(&self.tempo, &model.tempo) && Arc::ptr_eq(&self.signatures, &model.signatures);
        if same && !self.stretches.is_empty() {
            return;
        }
        self.tempo = Arc::clone(&model.tempo);
        self.signatures = Arc::clone(&model.signatures);
        self.stretches = stretches(&model.tempo);
        self.meters = meters(&model.signatures);
    }

    pub(crate) fn has_one_tempo(&self) -> bool {
        self.stretches.len() == 1
    }

    pub(crate) fn seconds_at(&self, ticks: f64) -> f64 {
        let after = self.stretches.partition_point(|stretch| stretch.ticks <= ticks);
        let Some(stretch) = self.stretches.get(after.saturating_sub(1)) else { return 0.0 };
        stretch.seconds + (ticks - stretch.ticks) * stretch.seconds_per_tick
    }

    pub(crate) fn ticks_at_seconds(&self, seconds: f64) -> f64 {
        let after = self.stretches.partition_point(|stretch| stretch.seconds <= seconds);
        let Some(stretch) = self.stretches.get(after.saturating_sub(1)) else { return 0.0 };
        stretch.ticks + (seconds - stretch.seconds) / stretch.seconds_per_tick
    }

    pub(crate) fn place(&self, ticks: i64) -> Place {
        let ticks = ticks.max(0);
        let after = self.meters.partition_point(|meter| meter.signature.ticks <= ticks);
        let meter = self.meter(after.saturating_sub(1));
        let inside = ticks - meter.signature.ticks;
        let (per_bar, per_beat) = (ticks_per_bar(&meter.signature), ticks_per_beat(&meter.signature));
        Place {
            bar: meter.first_bar + inside / per_bar,
            beat: inside % per_bar / per_beat + 1,
            tick: inside % per_bar % per_beat,
        }
    }

    pub(crate) fn bar_start_ticks(&self, bar: i64) -> i64 {
        let meter = self.meter_of_bar(bar);
        meter.signature.ticks + (bar - meter.first_bar) * ticks_per_bar(&meter.signature)
    }

    pub(crate) fn signature_of_bar(&self, bar: i64) -> SignatureMarker {
        self.meter_of_bar(bar).signature
    }

    fn meter_of_bar(&self, bar: i64) -> Meter {
        self.meter(self.meters.partition_point(|meter| meter.first_bar <= bar).saturating_sub(1))
    }

    fn meter(&self, index: usize) -> Meter {
        self.meters.get(index).copied().unwrap_or(Meter { first_bar: 1, signature: COMMON })
    }
}

fn stretches(tempo: &[TempoMarker]) -> Vec<Stretch> {
    let mut list: Vec<Stretch> = Vec::with_capacity(tempo.len().max(1));
    for marker in tempo {
        let ticks = marker.ticks as f64;
        let seconds = list.last().map_or(0.0, |last| last.seconds + (ticks - last.ticks) * last.seconds_per_tick);
        let seconds_per_tick = 60.0 / marker.bpm.clamp(1.0, 10_000.0) / TICKS_PER_QUARTER as f64;
        list.push(Stretch { ticks, seconds, seconds_per_tick });
    }
    if list.is_empty() {
        list.push(Stretch { ticks: 0.0, seconds: 0.0, seconds_per_tick: 0.5 / TICKS_PER_QUARTER as f64 });
    }
    list
}

fn meters(signatures: &[SignatureMarker]) -> Vec<Meter> {
    let mut list: Vec<Meter> = Vec::with_capacity(signatures.len());
    for signature in signatures {
        // A signature that begins inside a bar ends that bar.
        let bars_since = |last: &Meter| {
            let per_bar = ticks_per_bar(&last.signature);
            (signature.ticks - last.signature.ticks + per_bar - 1) / per_bar
        };
        let first_bar = list.last().map_or(1, |last| last.first_bar + bars_since(last));
        list.push(Meter { first_bar, signature: *signature });
    }
    list
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn map(tempo: &[(i64, f64)], signatures: &[(i64, u8, u8)]) -> TimeMap {
        let marker = |(ticks, bpm): &(i64, f64)| TempoMarker { id: MarkerId(1), ticks: *ticks, bpm: *bpm };
        let signature = |(ticks, numerator, denominator): &(i64, u8, u8)| SignatureMarker {
            id: MarkerId(2),
            ticks: *ticks,
            numerator: *numerator,
            denominator: *denominator,
        };
        let model = Model {
            tempo: Arc::new(tempo.iter().map(marker).collect()),
            signatures: Arc::new(signatures.iter().map(signature).collect()),
            ..Model::default()
        };
        let mut map = TimeMap::default();
        map.refresh(&model);
        map
    }

    const QUARTER: i64 = TICKS_PER_QUARTER;
    const BAR: i64 = QUARTER * 4;

    #[test]
    fn time_and_ticks_are_each_other_s_inverse_over_tempo_changes() {
        let map = map(&[(0, 120.0), (2 * BAR, 60.0)], &[(0, 4, 4)]);
        for (ticks, seconds) in [(0, 0.0), (BAR, 2.0), (2 * BAR, 4.0), (3 * BAR, 8.0)] {
            assert_eq!(map.seconds_at(ticks as f64), seconds);
            assert!((map.ticks_at_seconds(seconds) - ticks as f64).abs() < 1e-6);
        }
        assert_eq!(map.seconds_at(-BAR as f64), -2.0);
    }

    #[test]
    fn bars_follow_the_signatures() {
        let map = map(&[(0, 120.0)], &[(0, 4, 4), (2 * BAR, 6, 8)]);
        assert_eq!(map.place(5 * QUARTER + 7), Place { bar: 2, beat: 2, tick: 7 });
        assert_eq!(map.place(2 * BAR + 3 * QUARTER), Place { bar: 4, beat: 1, tick: 0 });
        assert_eq!((map.bar_start_ticks(2), map.bar_start_ticks(4)), (BAR, 2 * BAR + 3 * QUARTER));
        assert_eq!(map.signature_of_bar(2).numerator, 4);
        assert_eq!(map.signature_of_bar(3).numerator, 6);
    }
}
