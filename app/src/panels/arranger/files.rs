//! Audio files that are dropped from outside: on a track, or below all of them.

use super::hand::Hand;
use super::scene::Scene;
use crate::action::Actions;
use eframe::egui::{Align2, Pos2, Rect, Stroke, StrokeKind, Ui};
use loophole_pulse::intent::{Intent, media};
use std::path::Path;

/// Where files would go.
struct Target {
    row: Option<usize>,
    start_ticks: i64,
}

/// Shows where files would go, and imports those that were let go.
pub(crate) fn files_ui(ui: &Ui, scene: &Scene<'_>, hand: &Hand, actions: &mut Actions) {
    if ui.input(|input| input.raw.hovered_files.is_empty() && input.raw.dropped_files.is_empty()) {
        return;
    }
    let pointer = ui.input(|input| input.pointer.latest_pos()).filter(|place| scene.lanes.contains(*place));
    let target = target(scene, hand, pointer);
    if ui.input(|input| input.raw.dropped_files.is_empty()) {
        return paint(ui, scene, &target);
    }
    // A project is for the window to open, and what falls elsewhere is for it to import.
    let is_project = |path: &Path| path.extension().is_some_and(|ending| ending == "loophole");
    let has_project = ui.input(|input| input.raw.dropped_files.iter().any(|file| is_project(file.path())));
    if pointer.is_none() || has_project {
        return;
    }
    let dropped = ui.input_mut(|input| std::mem::take(&mut input.raw.dropped_files));
    let paths = dropped.iter().map(|file| file.path().to_string_lossy().into_owned()).collect();
    let track_id = target.row.and_then(|row| scene.track(row)).map(|track| track.id);
    let place = Some(media::Place { track_id, start_ticks: target.start_ticks });
    actions.intent(Intent::MediaImport(media::Import { paths, place }));
}

/// Not every system tells where files are while they hover: then new tracks at the playhead.
fn target(scene: &Scene<'_>, hand: &Hand, pointer: Option<Pos2>) -> Target {
    match pointer {
        Some(place) => Target {
            row: scene.row_at(place.y),
            start_ticks: hand.snap.nearest(scene.axis.ticks(place.x), scene.map, &scene.axis),
        },
        None => Target { row: None, start_ticks: scene.playhead_ticks.max(0) },
    }
}

fn paint(ui: &Ui, scene: &Scene<'_>, target: &Target) {
    let (painter, look) = (ui.painter_at(scene.lanes), scene.look);
    let row = target.row.unwrap_or(scene.rows.len());
    let mut rect = scene.row_rect(row);
    if target.row.is_none() {
        rect = Rect::from_min_max(rect.min, rect.max.max(Pos2::new(rect.right(), rect.top() + 48.0)));
    }
    let x = scene.axis.x_near(target.start_ticks as f64);
    let rect = rect.with_min_x(x).intersect(scene.lanes);
    painter.rect(rect, 0.0, look.accent.gamma_multiply(0.2), Stroke::new(1.0, look.accent), StrokeKind::Inside);
    let name = target.row.and_then(|row| scene.track(row)).map_or("new tracks", |track| track.name.as_str());
    let text = format!("Import to {name} at {}", scene.place_text(target.start_ticks));
    painter.text(
        rect.left_center() + eframe::egui::vec2(8.0, 0.0),
        Align2::LEFT_CENTER,
        text,
        look.body.clone(),
        look.text,
    );
}
