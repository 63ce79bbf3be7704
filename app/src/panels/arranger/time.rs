//! Pulse's map of tempo and bars, kept until the markers change.

use loophole_pulse::model::{Model, SignatureMarker, TempoMap, TempoMarker};
use std::ops::Deref;
use std::sync::Arc;

#[derive(Debug)]
pub(crate) struct TimeMap {
    tempo: Arc<Vec<TempoMarker>>,
    signatures: Arc<Vec<SignatureMarker>>,
    sample_rate: u32,
    map: TempoMap,
}

impl Default for TimeMap {
    fn default() -> Self {
        Self::of(Arc::default(), Arc::default(), 48_000)
    }
}

impl TimeMap {
    fn of(tempo: Arc<Vec<TempoMarker>>, signatures: Arc<Vec<SignatureMarker>>, sample_rate: u32) -> Self {
        let map = TempoMap::of_markers(&tempo, &signatures, sample_rate);
        Self { tempo, signatures, sample_rate, map }
    }

    /// Looks at the model again; free when its markers are the same.
    pub(crate) fn refresh(&mut self, model: &Model) {
        let same = Arc::ptr_eq(&self.tempo, &model.tempo) && Arc::ptr_eq(&self.signatures, &model.signatures);
        if !same || self.sample_rate != model.sample_rate {
            *self = Self::of(Arc::clone(&model.tempo), Arc::clone(&model.signatures), model.sample_rate);
        }
    }

    /// Seconds are a straight line over ticks.
    pub(crate) fn has_one_tempo(&self) -> bool {
        self.tempo.len() <= 1
    }
}

impl Deref for TimeMap {
    type Target = TempoMap;

    fn deref(&self) -> &TempoMap {
        &self.map
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use loophole_pulse::model::MarkerId;

    pub(crate) fn map(bpm: f64, signatures: &[(i64, u8, u8)]) -> TimeMap {
        let signature = |(ticks, numerator, denominator): &(i64, u8, u8)| SignatureMarker {
            id: MarkerId(2),
            ticks: *ticks,
            numerator: *numerator,
            denominator: *denominator,
        };
        let tempo = vec![TempoMarker { id: MarkerId(1), ticks: 0, bpm }];
        TimeMap::of(Arc::new(tempo), Arc::new(signatures.iter().map(signature).collect()), 48_000)
    }
}
