//! Tempo and signature.

use super::Edit;
use crate::bus::validate::unknown;
use crate::core::codes::{Code, reject};
use crate::event::Rejection;
use crate::intent::timebase::{UpdateSignatureMarker, UpdateTempoMarker};
use crate::model::check::is_signature;
use crate::model::*;
use std::sync::Arc;

pub(crate) fn update_tempo(model: &Model, ask: &UpdateTempoMarker) -> Edit {
    if !(10.0..=999.0).contains(&ask.bpm) {
        let message = format!("{} is no tempo; use 10 to 999 quarter notes per minute", ask.bpm);
        return Err(reject(Code::TimebaseBadTempo, message));
    }
    // As fine as the timebase counts, so that what is shown is what is played.
    let bpm = (ask.bpm * 1e6).round() / 1e6;
    let mut markers = model.tempo.to_vec();
    let id = ask.marker_id.or(markers.first().map(|marker| marker.id));
    wanted(markers.iter_mut().find(|marker| Some(marker.id) == id), ask.marker_id)?.bpm = bpm;
    Ok(Change::of(model).with(Op::Tempo(Arc::new(markers))).labelled(format!("Set tempo to {bpm}")))
}

pub(crate) fn update_signature(model: &Model, ask: &UpdateSignatureMarker) -> Edit {
    let (numerator, denominator) = (ask.numerator, ask.denominator);
    if !is_signature(numerator, denominator) {
        let message = format!("{numerator}/{denominator} is no signature; use 1 to 64 over 1, 2, 4, 8, 16, 32 or 64");
        return Err(reject(Code::TimebaseBadSignature, message));
    }
    let mut markers = model.signatures.to_vec();
    let id = ask.marker_id.or(markers.first().map(|marker| marker.id));
    let marker = wanted(markers.iter_mut().find(|marker| Some(marker.id) == id), ask.marker_id)?;
    (marker.numerator, marker.denominator) = (numerator, denominator);
    let label = format!("Set signature to {numerator}/{denominator}");
    Ok(Change::of(model).with(Op::Signatures(Arc::new(markers))).labelled(label))
}

fn wanted<T>(found: Option<&mut T>, id: Option<MarkerId>) -> Result<&mut T, Rejection> {
    found.ok_or_else(|| unknown(id.unwrap_or(MarkerId(0)), "marker"))
}
