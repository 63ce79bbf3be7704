//! The context menus of the timeline and of the track headers.

use super::hand::Hand;
use super::lanes;
use super::ruler;
use super::scene::Scene;
use crate::action::{Actions, Command};
use crate::theme;
use eframe::egui::{Button, DragValue, RichText, Ui};
use loophole_pulse::intent::{Intent, clip, track, transport};
use loophole_pulse::model::{Clip, Track, TrackId};
use std::sync::Arc;

/// Gain of a clip, in dB; below the lowest it is silent.
const GAIN_DB: std::ops::RangeInclusive<f64> = -60.0..=24.0;

/// Ten hues that can be told apart, for tracks.
const COLOURS: [(&str, [u8; 3]); 10] = theme::TRACK_COLOURS;

pub(crate) fn timeline_menu_ui(ui: &mut Ui, scene: &Scene<'_>, hand: &mut Hand, actions: &mut Actions) {
    let picked: Vec<Arc<Clip>> = hand.picked(scene.view).cloned().collect();
    if !picked.is_empty() {
        clip_items_ui(ui, scene, hand, &picked, actions);
        ui.separator();
    }
    if ui.button("Go here").clicked() {
        ruler::seek(hand.pressed_ticks, actions);
    }
    if ui.button("Import audio…").clicked() {
        actions.command(Command::ImportAudio);
    }
    if ui.button("Add audio track").clicked() {
        actions.command(Command::AddTrack);
    }
    if ui.add(Button::new("Select all clips").shortcut_text("Ctrl+A")).clicked() {
        hand.selected = scene.view.model.clips.keys().copied().collect();
    }
}

fn clip_items_ui(ui: &mut Ui, scene: &Scene<'_>, hand: &Hand, picked: &[Arc<Clip>], actions: &mut Actions) {
    let text = match picked {
        [one] => one.name.clone(),
        several => format!("{} clips", several.len()),
    };
    ui.label(RichText::new(text).color(scene.look.text_weak));
    let mut looped = picked.iter().all(|clip| clip.looped);
    if ui.checkbox(&mut looped, "Repeat the audio").clicked() {
        for clip in picked.iter().filter(|clip| clip.looped != looped) {
            actions.intent(Intent::ClipSetLooping(clip::SetLooping { clip_id: clip.id, looped }));
        }
    }
    if let [one] = picked {
        gain_ui(ui, one, actions);
    }
    if ui.button("Loop over the selection").clicked() {
        ruler::set_loop(scene, lanes::selected_span(scene, hand), actions);
    }
    if ui.add(Button::new("Delete").shortcut_text("Del")).clicked() {
        actions.command(Command::DeleteSelection);
    }
}

fn gain_ui(ui: &mut Ui, clip: &Clip, actions: &mut Actions) {
    ui.horizontal(|ui| {
        ui.label("Gain");
        let mut gain_db = clip.gain_db.max(*GAIN_DB.start());
        let field = DragValue::new(&mut gain_db).range(GAIN_DB).speed(0.1).fixed_decimals(1).suffix(" dB");
        let response = ui.add(field.update_while_editing(false)).accessible_name(format!("Gain of clip {}", clip.name));
        if response.changed() {
            let gain_db = if gain_db <= *GAIN_DB.start() { f64::NEG_INFINITY } else { gain_db };
            actions.intent(Intent::ClipSetGain(clip::SetGain { clip_id: clip.id, gain_db: gain_db.into() }));
        }
    });
}

pub(crate) fn ruler_menu_ui(ui: &mut Ui, scene: &Scene<'_>, hand: &Hand, actions: &mut Actions) {
    let region = scene.view.model.loop_region;
    let mut enabled = region.enabled;
    let there_is_one = region.end_ticks > region.start_ticks;
    if ui.add_enabled(there_is_one, eframe::egui::Checkbox::new(&mut enabled, "Loop")).clicked() {
        actions.intent(Intent::TransportSetLoopEnabled(transport::SetLoopEnabled { enabled }));
    }
    let span = lanes::selected_span(scene, hand);
    if ui.add_enabled(span.is_some(), Button::new("Loop over the selection")).clicked() {
        ruler::set_loop(scene, span, actions);
    }
    if ui.button("Go to the start").clicked() {
        actions.command(Command::ToStart);
    }
}

pub(crate) fn track_menu_ui(
    ui: &mut Ui,
    scene: &Scene<'_>,
    row: usize,
    entity: &Track,
    hand: &mut Hand,
    actions: &mut Actions,
) {
    if ui.add(Button::new("Rename…").shortcut_text("F2")).clicked() {
        hand.rename(scene.view, entity.id);
    }
    ui.menu_button("Colour", |ui| colours_ui(ui, scene, entity.id, actions));
    if ui.button("Duplicate").clicked() {
        actions.intent(Intent::TrackDuplicate(track::Duplicate { track_id: entity.id }));
    }
    let to = |index: usize| Intent::TrackMove(track::Move { track_id: entity.id, index: index as u32 });
    if ui.add_enabled(row > 0, Button::new("Move up")).clicked() {
        actions.intent(to(row.saturating_sub(1)));
    }
    if ui.add_enabled(row + 1 < scene.rows.len(), Button::new("Move down")).clicked() {
        actions.intent(to(row + 1));
    }
    if ui.add_enabled(hand.heights.contains_key(&entity.id), Button::new("Usual height")).clicked() {
        hand.heights.remove(&entity.id);
    }
    ui.separator();
    if ui.button("Delete track").clicked() {
        actions.intent(Intent::TrackDelete(track::Delete { track_ids: vec![entity.id] }));
    }
}

fn colours_ui(ui: &mut Ui, scene: &Scene<'_>, track_id: TrackId, actions: &mut Actions) {
    for (name, rgb) in COLOURS {
        let colour = scene.look.of_track(loophole_pulse::model::Colour(rgb));
        let text = RichText::new(name).color(scene.look.text_on(colour));
        if ui.add(Button::new(text).fill(colour).min_size(eframe::egui::vec2(96.0, 0.0))).clicked() {
            let [r, g, b] = rgb;
            let colour = format!("#{r:02x}{g:02x}{b:02x}");
            actions.intent(Intent::TrackSetColour(track::SetColour { track_id, colour }));
        }
    }
}
