//! What the keyboard does while the timeline has the focus.

use super::hand::Hand;
use super::index::end_ticks;
use super::lanes;
use super::ruler;
use super::scene::Scene;
use crate::action::Actions;
use eframe::egui::{EventFilter, Key, Modifiers, Response, Ui};
use loophole_pulse::intent::{Intent, clip};
use loophole_pulse::model::Clip;
use std::sync::Arc;

/// What the timeline's own keys do, for the sheet of shortcuts: what, and how.
pub const KEYS: &[(&str, &str)] = &[
    ("Walk through clips", "arrow keys; Shift selects more"),
    ("Move selected clips", "Alt and arrow keys, by a step of the snap or a track"),
    ("Move the playhead", "Ctrl and left or right, by a step of the snap"),
    ("Select all clips", "Ctrl+A"),
    ("Loop over the selection", "L"),
    ("Rename the track", "Enter"),
    ("Zoom the timeline", "Ctrl and the wheel, or pinch"),
    ("Drag without snapping", "Shift"),
];

pub(crate) fn keys_ui(ui: &Ui, response: &Response, scene: &Scene<'_>, hand: &mut Hand, actions: &mut Actions) {
    if !response.has_focus() {
        return;
    }
    let filter = EventFilter { horizontal_arrows: true, vertical_arrows: true, escape: true, tab: false };
    ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, filter));
    let pressed = |modifiers, key| ui.input_mut(|input| input.consume_key(modifiers, key));
    if pressed(Modifiers::COMMAND, Key::A) {
        hand.selected = scene.view.model.clips.keys().copied().collect();
    }
    if pressed(Modifiers::NONE, Key::Escape) {
        hand.selected.clear();
    }
    if pressed(Modifiers::NONE, Key::Enter)
        && let Some(track) = hand.track
    {
        hand.rename(scene.view, track);
    }
    if pressed(Modifiers::NONE, Key::L) {
        ruler::set_loop(scene, lanes::selected_span(scene, hand), actions);
    }
    for (key, steps) in [(Key::ArrowLeft, -1), (Key::ArrowRight, 1)] {
        if pressed(Modifiers::COMMAND, key) {
            let ticks = scene.playhead_ticks;
            let step = hand.snap.step_ticks(ticks, scene.map, &scene.axis);
            // From between two steps, to the next one.
            ruler::seek(hand.snap.nearest((ticks + steps * step) as f64, scene.map, &scene.axis), actions);
        }
    }
    for (key, steps, rows) in
        [(Key::ArrowLeft, -1, 0), (Key::ArrowRight, 1, 0), (Key::ArrowUp, 0, -1), (Key::ArrowDown, 0, 1)]
    {
        if pressed(Modifiers::ALT, key) {
            nudge(scene, hand, actions, steps, rows);
        } else if pressed(Modifiers::SHIFT, key) {
            walk(scene, hand, steps as isize, rows, true);
        } else if pressed(Modifiers::NONE, key) {
            walk(scene, hand, steps as isize, rows, false);
        }
    }
}

/// Alt and arrows: one step of the snap, or one track.
fn nudge(scene: &Scene<'_>, hand: &Hand, actions: &mut Actions, steps: i64, rows: isize) {
    let picked: Vec<&Arc<Clip>> = hand.picked(scene.view).collect();
    let Some(first) = picked.iter().map(|clip| clip.start_ticks).min() else { return };
    let step = hand.snap.step_ticks(first, scene.map, &scene.axis);
    let delta = (step * steps).max(-first);
    let stays = |clip: &&Arc<Clip>| {
        let row = scene.row_of(clip.track).and_then(|row| row.checked_add_signed(rows));
        row.is_none_or(|row| row >= scene.rows.len())
    };
    if (delta == 0 && rows == 0) || (rows != 0 && picked.iter().any(stays)) {
        return;
    }
    let moves = picked.iter().map(|one| {
        let row = scene.row_of(one.track).and_then(|row| row.checked_add_signed(rows));
        let track = row.and_then(|row| scene.order().get(row)).copied();
        clip::ClipMove {
            clip_id: one.id,
            start_ticks: one.start_ticks + delta,
            track_id: track.filter(|track| *track != one.track),
        }
    });
    actions.intent(Intent::ClipMove(clip::Move { moves: moves.collect() }));
}

/// Arrows: to the neighbouring clip, or the nearest one of the next track that has any.
fn walk(scene: &Scene<'_>, hand: &mut Hand, steps: isize, rows: isize, extend: bool) {
    let from = hand.picked(scene.view).max_by_key(|clip| clip.start_ticks).cloned();
    let Some(from) = from else {
        let row = hand.track.and_then(|track| scene.row_of(track)).unwrap_or_default();
        let row = row.saturating_add_signed(rows).min(scene.rows.len().saturating_sub(1));
        let Some(track) = scene.track(row) else { return };
        hand.track = Some(track.id);
        if steps != 0
            && let Some(clip) = scene.index.of(track.id).and_then(|clips| clips.all().first())
        {
            hand.pick(clip, extend);
        }
        return;
    };
    let Some(row) = scene.row_of(from.track) else { return };
    let target = if rows == 0 { beside(scene, row, &from, steps) } else { above_or_below(scene, row, &from, rows) };
    if let Some(target) = target {
        if extend {
            hand.selected.insert(target.id);
            hand.track = Some(target.track);
        } else {
            hand.pick(&target, false);
        }
    }
}

fn beside(scene: &Scene<'_>, row: usize, from: &Clip, steps: isize) -> Option<Arc<Clip>> {
    let clips = scene.index.of(scene.track(row)?.id)?.all();
    let at = clips.iter().position(|clip| clip.id == from.id)?;
    clips.get(at.checked_add_signed(steps)?).cloned()
}

fn above_or_below(scene: &Scene<'_>, row: usize, from: &Clip, rows: isize) -> Option<Arc<Clip>> {
    let middle = from.start_ticks + from.length_ticks / 2;
    let mut row = row.checked_add_signed(rows)?;
    while let Some(track) = scene.track(row) {
        let clips = scene.index.of(track.id).map(|clips| clips.all()).unwrap_or_default();
        let distance = |clip: &&Arc<Clip>| (clip.start_ticks - middle).max(middle - end_ticks(clip)).max(0);
        if let Some(nearest) = clips.iter().min_by_key(distance) {
            return Some(Arc::clone(nearest));
        }
        row = row.checked_add_signed(rows)?;
    }
    None
}
