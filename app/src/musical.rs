//! Bars, beats, ticks, frames and clock time: how a place in the music is said.

use loophole_pulse::model::{Model, SignatureMarker, TICKS_PER_QUARTER, TempoMarker};

/// What the third number of a place counts.
const SHOWN_PER_QUARTER: i64 = 960;

/// Ticks of one bar under a signature.
pub fn ticks_per_bar(signature: &SignatureMarker) -> i64 {
    ticks_per_beat(signature) * i64::from(signature.numerator.max(1))
}

/// Ticks of one beat under a signature.
pub fn ticks_per_beat(signature: &SignatureMarker) -> i64 {
    (TICKS_PER_QUARTER * 4 / i64::from(signature.denominator.max(1))).max(1)
}

/// Frames of the timeline at a tick.
pub fn frames_at(model: &Model, ticks: i64) -> i64 {
    let rate = f64::from(model.sample_rate);
    let mut frames = 0.0;
    for (marker, end) in stretches(&model.tempo) {
        let upto = end.map_or(ticks, |end| end.min(ticks));
        frames += (upto - marker.ticks) as f64 * frames_per_tick(marker, rate);
        if end.is_none_or(|end| ticks < end) {
            break;
        }
    }
    frames.round() as i64
}

/// The tick at a frame of the timeline.
pub fn ticks_at(model: &Model, frames: i64) -> i64 {
    let rate = f64::from(model.sample_rate);
    let mut left = frames as f64;
    let mut ticks = 0.0;
    for (marker, end) in stretches(&model.tempo) {
        let per_tick = frames_per_tick(marker, rate);
        let length = end.map(|end| (end - marker.ticks) as f64 * per_tick);
        ticks = marker.ticks as f64 + left / per_tick;
        match length {
            Some(length) if left >= length => left -= length,
            _ => break,
        }
    }
    ticks.round() as i64
}

/// `003.2.240`: bar and beat from 1, and the 960th part of a quarter note.
pub fn bars_text(model: &Model, ticks: i64) -> String {
    let (bar, beat, rest) = bar_beat_rest(&model.signatures, ticks.max(0));
    format!("{:03}.{}.{:03}", bar, beat, rest * SHOWN_PER_QUARTER / TICKS_PER_QUARTER)
}

/// `00:04.512`; from an hour on `1:00:04.512`.
pub fn clock_text(model: &Model, frames: i64) -> String {
    let millis = frames.max(0) as i128 * 1000 / i128::from(model.sample_rate.max(1));
    let (seconds, millis) = (millis / 1000, millis % 1000);
    let (minutes, seconds) = (seconds / 60, seconds % 60);
    if minutes >= 60 {
        format!("{}:{:02}:{seconds:02}.{millis:03}", minutes / 60, minutes % 60)
    } else {
        format!("{minutes:02}:{seconds:02}.{millis:03}")
    }
}

/// What a person types for a place: `5`, `5.2` or `5.2.240` in bars, `1:23.5` in time. In ticks.
pub fn parse_place(model: &Model, text: &str) -> Option<i64> {
    let text = text.trim();
    if let Some((minutes, seconds)) = text.rsplit_once(':') {
        let minutes = match minutes.split_once(':') {
            Some((hours, minutes)) => hours.parse::<u32>().ok()? as f64 * 60.0 + minutes.parse::<u32>().ok()? as f64,
            None => f64::from(minutes.parse::<u32>().ok()?),
        };
        let seconds: f64 = seconds.replace(',', ".").parse().ok().filter(|value| (0.0..60.0).contains(value))?;
        return Some(ticks_at(model, ((minutes * 60.0 + seconds) * f64::from(model.sample_rate)) as i64));
    }
    let mut parts = text.split('.').map(str::parse::<u32>);
    let bar = i64::from(parts.next()?.ok()?).max(1);
    let beat = i64::from(parts.next().unwrap_or(Ok(1)).ok()?).max(1);
    let rest = i64::from(parts.next().unwrap_or(Ok(0)).ok()?);
    if parts.next().is_some() {
        return None;
    }
    let (start, signature) = bar_start(&model.signatures, bar)?;
    Some(start + (beat - 1) * ticks_per_beat(signature) + rest * TICKS_PER_QUARTER / SHOWN_PER_QUARTER)
}

/// Where a bar (from 1) begins, and which signature it has.
fn bar_start(signatures: &[SignatureMarker], bar: i64) -> Option<(i64, &SignatureMarker)> {
    let mut bars_before = 0;
    for (index, signature) in signatures.iter().enumerate() {
        let per_bar = ticks_per_bar(signature);
        let bars_here = signatures.get(index + 1).map(|next| (next.ticks - signature.ticks + per_bar - 1) / per_bar);
        match bars_here {
            Some(here) if bar > bars_before + here => bars_before += here,
            _ => return Some((signature.ticks + (bar - 1 - bars_before) * per_bar, signature)),
        }
    }
    None
}

fn bar_beat_rest(signatures: &[SignatureMarker], ticks: i64) -> (i64, i64, i64) {
    let mut bars_before = 0;
    for (index, signature) in signatures.iter().enumerate() {
        let next = signatures.get(index + 1).map(|next| next.ticks);
        let per_bar = ticks_per_bar(signature);
        if let Some(next) = next
            && ticks >= next
        {
            // A signature that begins inside a bar ends that bar.
            bars_before += (next - signature.ticks + per_bar - 1) / per_bar;
            continue;
        }
        let inside = ticks - signature.ticks;
        let per_beat = ticks_per_beat(signature);
        return (bars_before + inside / per_bar + 1, inside % per_bar / per_beat + 1, inside % per_bar % per_beat);
    }
    let per_bar = TICKS_PER_QUARTER * 4;
    (ticks / per_bar + 1, ticks % per_bar / TICKS_PER_QUARTER + 1, ticks % TICKS_PER_QUARTER)
}

fn stretches(tempo: &[TempoMarker]) -> impl Iterator<Item = (&TempoMarker, Option<i64>)> {
    tempo.iter().enumerate().map(|(index, marker)| (marker, tempo.get(index + 1).map(|next| next.ticks)))
}

fn frames_per_tick(marker: &TempoMarker, rate: f64) -> f64 {
    60.0 / marker.bpm.clamp(1.0, 10_000.0) * rate / TICKS_PER_QUARTER as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use loophole_pulse::model::MarkerId;
    use std::sync::Arc;

    fn model() -> Model {
        let tempo = |ticks, bpm| TempoMarker { id: MarkerId(1), ticks, bpm };
        let signature =
            |ticks, numerator, denominator| SignatureMarker { id: MarkerId(2), ticks, numerator, denominator };
        let bar = TICKS_PER_QUARTER * 4;
        Model {
            sample_rate: 48_000,
            tempo: Arc::new(vec![tempo(0, 120.0), tempo(2 * bar, 60.0)]),
            signatures: Arc::new(vec![signature(0, 4, 4), signature(2 * bar, 6, 8)]),
            ..Model::default()
        }
    }

    #[test]
    fn places_are_said_in_bars_and_in_time() {
        let model = model();
        let q = TICKS_PER_QUARTER;
        let check = |ticks, bars: &str, clock: &str| {
            let frames = frames_at(&model, ticks);
            assert_eq!(bars_text(&model, ticks), bars);
            assert_eq!(clock_text(&model, frames), clock);
            assert_eq!(ticks_at(&model, frames), ticks);
            assert_eq!(parse_place(&model, bars), Some(ticks));
        };
        for text in ["", "x", "1.2.3.4", "-1", "1:99", "9999999999999"] {
            assert_eq!(parse_place(&model, text), None, "{text}");
        }
        assert_eq!(parse_place(&model, "2"), Some(4 * q));
        assert_eq!(parse_place(&model, "1:00,5"), Some(ticks_at(&model, 60 * 48_000 + 24_000)));
        check(0, "001.1.000", "00:00.000");
        check(5 * q + q / 4, "002.2.240", "00:02.625");
        check(8 * q, "003.1.000", "00:04.000");
        // Six eighths make three quarters, at 60 a minute.
        check(8 * q + 3 * q, "004.1.000", "00:07.000");
        check(8 * q + 3600 * q, "1203.1.000", "1:00:04.000");
    }
}
