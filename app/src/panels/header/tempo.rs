//! Tempo and signature at the start, to read and to change.

use crate::action::Actions;
use crate::panels::refusal::refusal_ui;
use crate::state::Session;
use eframe::egui::{self, DragValue, Id, Popup, Ui};
use loophole_pulse::intent::{Intent, timebase};

/// What is under the hand: an undo entry comes at its end.
#[derive(Debug, Default)]
pub(super) struct TempoState {
    bpm: Option<f64>,
    beats: Option<u8>,
}

const COMMON: [(u8, u8); 8] = [(2, 4), (3, 4), (4, 4), (5, 4), (6, 8), (7, 8), (9, 8), (12, 8)];
const UNITS: [u8; 7] = [1, 2, 4, 8, 16, 32, 64];

pub(super) fn tempo_ui(ui: &mut Ui, session: &Session, state: &mut TempoState, actions: &mut Actions) {
    bpm_ui(ui, session, state, actions);
    signature_ui(ui, session, state, actions);
}

fn bpm_ui(ui: &mut Ui, session: &Session, state: &mut TempoState, actions: &mut Actions) {
    let Some(now) = session.view().model.tempo.first().map(|marker| marker.bpm) else { return };
    let source = Id::unique("loophole.header.tempo");
    let mut bpm = state.bpm.unwrap_or(now);
    let drag = DragValue::new(&mut bpm).range(10.0..=999.0).speed(0.25).fixed_decimals(2).suffix(" bpm");
    let response = ui.add_sized([84.0, 26.0], drag.update_while_editing(false)).accessible_name("Tempo");
    let dragging = response.dragged();
    if response.changed() {
        state.bpm = Some(bpm);
    }
    if let (Some(bpm), false) = (state.bpm, dragging) {
        state.bpm = None;
        if bpm != now {
            let change = timebase::UpdateTempoMarker { marker_id: None, bpm: (bpm * 100.0).round() / 100.0 };
            actions.intent_from(source, Intent::TimebaseUpdateTempoMarker(change));
        }
    }
    if response.hovered() {
        actions.hint("Tempo in quarter notes per minute: drag, or click to type");
    }
    refusal_ui(ui, session, source, response.rect, "Tempo", actions);
}

fn signature_ui(ui: &mut Ui, session: &Session, state: &mut TempoState, actions: &mut Actions) {
    let Some(now) = session.view().model.signatures.first().copied() else { return };
    let source = Id::unique("loophole.header.signature");
    let text = format!("{}/{}", now.numerator, now.denominator);
    let button = ui.add_sized([44.0, 26.0], egui::Button::new(&text));
    let button = button.accessible_name(format!("Signature {text}"));
    if button.hovered() {
        actions.hint("Beats of a bar, and what a beat is: click to change");
    }
    let mut asked = None;
    Popup::menu(&button).close_behavior(egui::PopupCloseBehavior::CloseOnClickOutside).show(|ui| {
        ui.set_min_width(160.0);
        for (numerator, denominator) in COMMON {
            let chosen = (numerator, denominator) == (now.numerator, now.denominator);
            if ui.selectable_label(chosen, format!("{numerator}/{denominator}")).clicked() {
                asked = Some((numerator, denominator));
                ui.close();
            }
        }
        ui.separator();
        ui.horizontal(|ui| {
            let mut beats = state.beats.unwrap_or(now.numerator);
            let response = ui.add(DragValue::new(&mut beats).range(1..=64).speed(0.1).update_while_editing(false));
            let response = response.accessible_name("Beats of a bar");
            if response.changed() {
                state.beats = Some(beats);
            }
            if let (Some(beats), false) = (state.beats, response.dragged()) {
                state.beats = None;
                asked = Some((beats, now.denominator));
            }
            ui.label("/");
            for unit in UNITS {
                let response = ui.selectable_label(unit == now.denominator, unit.to_string());
                if response.accessible_name(format!("A beat is 1/{unit}")).clicked() {
                    asked = Some((now.numerator, unit));
                }
            }
        });
    });
    if let Some((numerator, denominator)) = asked.filter(|asked| *asked != (now.numerator, now.denominator)) {
        let change = timebase::UpdateSignatureMarker { marker_id: None, numerator, denominator };
        actions.intent_from(source, Intent::TimebaseUpdateSignatureMarker(change));
    }
    refusal_ui(ui, session, source, button.rect, "Signature", actions);
}
