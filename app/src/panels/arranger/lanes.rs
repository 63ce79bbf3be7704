//! The area where the clips are: one interaction for all of it, with hit-testing of our own.

use super::clips::{self, ClipLook, Layers};
use super::drag::{BandDrag, Carried, Edge, MoveDrag, TrimDrag};
use super::geometry::TimeAxis;
use super::grid::Weight;
use super::hand::{Drag, Hand, Settling};
use super::index::end_ticks;
use super::scene::Scene;
use super::waveform::add_rect;
use crate::action::Actions;
use eframe::egui::{
    Align2, CursorIcon, Key, Mesh, Modifiers, Painter, PointerButton, Pos2, Rangef, Rect, Response, Role, Sense, Shape,
    Stroke, StrokeKind, Ui, WidgetInfo, vec2,
};
use loophole_pulse::model::{Clip, ClipId, TICKS_PER_QUARTER};
use loophole_pulse::view::MediaStatus;
use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

/// How near to an edge one trims instead of moving.
const EDGE: f32 = 6.0;
/// A narrower clip can only be moved.
const EDGES_FROM: f32 = 20.0;
/// How long a refused request is shown as if it had been done, in seconds.
const SETTLE_SECONDS: f64 = 0.5;

/// What is under a place.
struct Hit {
    clip: Arc<Clip>,
    row: usize,
    edge: Option<Edge>,
}

pub(crate) fn lanes_ui(ui: &mut Ui, scene: &Scene<'_>, hand: &mut Hand, actions: &mut Actions) -> Response {
    let response = ui.interact(scene.lanes, ui.scope_id().with("lanes"), Sense::click_and_drag());
    response.widget_info(|| WidgetInfo::labeled(Role::Canvas, true, "Timeline"));
    press(ui, &response, scene, hand);
    carry(ui, &response, scene, hand, actions);
    hover(ui, &response, scene, hand, actions);
    let painter = ui.painter_at(scene.lanes);
    paint_background(&painter, scene, hand);
    paint_clips(ui, &painter, scene, hand);
    paint_band(&painter, scene, hand);
    if let Some(text) = readout(scene, hand) {
        paint_readout(ui, &painter, scene, &text);
    }
    speak(ui, scene, hand);
    response
}

fn hit(scene: &Scene<'_>, place: Pos2) -> Option<Hit> {
    let row = scene.row_at(place.y)?;
    let clips = scene.index.of(scene.track(row)?.id)?;
    let clip = clips.at(scene.axis.ticks(place.x))?;
    let x = clips::clip_x(&scene.axis, clip.start_ticks, end_ticks(clip));
    let edge = if x.span() < EDGES_FROM {
        None
    } else if place.x - x.min < EDGE {
        Some(Edge::Start)
    } else if x.max - place.x < EDGE {
        Some(Edge::End)
    } else {
        None
    };
    Some(Hit { clip: Arc::clone(clip), row, edge })
}

/// Selects where the pointer goes down, and again where it was only a click.
fn press(ui: &Ui, response: &Response, scene: &Scene<'_>, hand: &mut Hand) {
    let (pressed, origin, modifiers) =
        ui.input(|input| (input.pointer.any_pressed(), input.pointer.interact_pos(), input.modifiers));
    let Some(place) = origin else { return };
    if pressed && response.is_pointer_button_down_on() {
        response.request_focus();
        let under = hit(scene, place);
        hand.track = scene.row_at(place.y).and_then(|row| scene.track(row)).map(|track| track.id);
        hand.pressed_ticks = hand.snap.nearest(scene.axis.ticks(place.x), scene.map, &scene.axis);
        if let Some(under) = under
            && !hand.selected.contains(&under.clip.id)
        {
            hand.pick(&under.clip, modifiers.shift);
        }
    }
    if response.secondary_clicked() {
        // A quick click is down and up within one frame.
        match hit(scene, place) {
            Some(under) if !hand.selected.contains(&under.clip.id) => hand.pick(&under.clip, false),
            Some(_) => {}
            None => hand.selected.clear(),
        }
    }
    if response.clicked() {
        match hit(scene, place) {
            Some(under) if !modifiers.shift => hand.pick(&under.clip, false),
            Some(_) => {}
            None if !modifiers.shift => hand.selected.clear(),
            None => {}
        }
    }
}

fn carry(ui: &Ui, response: &Response, scene: &Scene<'_>, hand: &mut Hand, actions: &mut Actions) {
    if response.drag_started_by(PointerButton::Primary)
        && let Some(origin) = ui.input(|input| input.pointer.press_origin())
    {
        hand.drag = begin(scene, hand, origin, ui.input(|input| input.modifiers.shift));
    }
    let carrying = matches!(hand.drag, Drag::Move(_) | Drag::Trim(_) | Drag::Band(_));
    if carrying && ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Escape)) {
        if let Drag::Band(band) = &hand.drag {
            hand.selected.clone_from(&band.kept);
        }
        hand.drag = Drag::None;
        ui.stop_dragging();
        return;
    }
    if response.dragged_by(PointerButton::Primary)
        && let Some(place) = response.interact_pointer_pos()
    {
        update(scene, hand, place, ui.input(|input| input.modifiers.shift));
    }
    if response.drag_stopped_by(PointerButton::Primary) {
        finish(scene, hand, actions, ui.time());
    }
}

fn begin(scene: &Scene<'_>, hand: &Hand, origin: Pos2, extend: bool) -> Drag {
    let ticks = scene.axis.ticks(origin.x);
    let Some(under) = hit(scene, origin) else {
        let from = (ticks, scene.y_in_rows(origin.y));
        let kept = if extend { hand.selected.clone() } else { BTreeSet::new() };
        return Drag::Band(BandDrag { from, to: from, kept });
    };
    if let Some(edge) = under.edge {
        let limits = trim_limits(scene, &under.clip);
        return Drag::Trim(TrimDrag::new(under.clip, edge, limits));
    }
    let carried = hand.picked(scene.view).filter_map(|clip| {
        let row = scene.row_of(clip.track)?;
        Some(Carried { clip: Arc::clone(clip), row })
    });
    Drag::Move(MoveDrag::new(carried.collect(), &under.clip, ticks, under.row))
}

/// As far as the media goes to both sides; a looped clip has no end.
fn trim_limits(scene: &Scene<'_>, clip: &Clip) -> Range<i64> {
    let Some(media) = scene.view.model.media.get(&clip.media) else { return 0..i64::MAX };
    let seconds = |frames: f64| frames / f64::from(media.sample_rate.max(1));
    let start_seconds = scene.map.ticks_to_seconds(clip.start_ticks);
    let before = scene.map.seconds_to_ticks(start_seconds - seconds(clip.offset_frames as f64));
    let left = media.frames as f64 - clip.offset_frames as f64;
    let after = scene.map.seconds_to_ticks(start_seconds + seconds(left));
    let end = if clip.looped || left <= 0.0 { i64::MAX } else { after };
    before.max(0)..end
}

/// Shift while dragging: without snapping.
fn update(scene: &Scene<'_>, hand: &mut Hand, place: Pos2, free: bool) {
    let ticks = scene.axis.ticks(place.x);
    let snap = if free { super::grid::Snap::Off } else { hand.snap };
    let snapped = |ticks: f64| snap.nearest(ticks, scene.map, &scene.axis);
    match &mut hand.drag {
        Drag::Move(drag) => drag.update(ticks, scene.row_near(place.y), scene.rows.len(), snapped),
        Drag::Trim(drag) => drag.update(ticks, snapped),
        Drag::Band(band) => {
            band.to = (ticks, scene.y_in_rows(place.y));
            let rows = scene.rows.visible(Rangef::new(band.from.1.min(band.to.1), band.from.1.max(band.to.1)));
            let tracks = scene.order().get(rows).unwrap_or_default();
            let caught = scene.index.caught(tracks, band.from.0.min(band.to.0)..band.from.0.max(band.to.0));
            hand.selected = band.kept.union(&caught).copied().collect();
        }
        Drag::None | Drag::Loop(_) => {}
    }
}

fn finish(scene: &Scene<'_>, hand: &mut Hand, actions: &mut Actions, now: f64) {
    let drag = std::mem::take(&mut hand.drag);
    let intent = match &drag {
        Drag::Move(drag) => drag.intent(scene.order()),
        Drag::Trim(drag) => drag.intent(),
        Drag::None | Drag::Band(_) | Drag::Loop(_) => None,
    };
    if let Some(intent) = intent {
        actions.intent(intent);
        hand.settling = Some(Settling { drag, revision: scene.view.revision, until: now + SETTLE_SECONDS });
    }
}

fn hover(ui: &Ui, response: &Response, scene: &Scene<'_>, hand: &Hand, actions: &mut Actions) {
    match &hand.drag {
        Drag::Move(_) => ui.set_cursor_icon(CursorIcon::Grabbing),
        Drag::Trim(_) => ui.set_cursor_icon(CursorIcon::ResizeHorizontal),
        Drag::Band(_) | Drag::Loop(_) => {}
        Drag::None => {
            let Some(place) = response.hover_pos() else { return };
            let Some(under) = hit(scene, place) else {
                actions.hint("Drag to select clips; Ctrl and the wheel zoom; audio files can be dropped here");
                return;
            };
            let what = if under.edge.is_some() { "drag to trim" } else { "drag to move, its edges to trim" };
            actions.hint(format!("{}: {what}; Shift for no snapping, Esc to cancel", under.clip.name));
            let icon = if under.edge.is_some() { CursorIcon::ResizeHorizontal } else { CursorIcon::Grab };
            ui.set_cursor_icon(icon);
            let media = scene.view.media.get(&under.clip.media).map(|media| &media.status);
            if let Some(MediaStatus::Missing(reason)) = media {
                response.clone().on_hover_text_at_pointer(format!("{}: {reason}", under.clip.name));
            }
        }
    }
}

fn paint_background(painter: &Painter, scene: &Scene<'_>, hand: &Hand) {
    let look = scene.look;
    let mut mesh = Mesh::default();
    let (x, y) = (scene.lanes.x_range(), scene.lanes.y_range());
    add_rect(&mut mesh, x, y, look.empty);
    for row in scene.visible.clone() {
        let rect = scene.row_rect(row);
        let picked = scene.track(row).is_some_and(|track| hand.track == Some(track.id));
        add_rect(&mut mesh, x, rect.y_range(), if picked { look.lane_picked } else { look.lane });
    }
    let rows_end = scene.row_rect(scene.rows.len()).top().min(y.max);
    for line in scene.lines {
        let colour = match line.weight {
            Weight::Bar => look.line_bar,
            Weight::Beat => look.line_beat,
            Weight::Part => look.line_part,
        };
        let left = scene.axis.x(line.ticks as f64).round();
        add_rect(&mut mesh, Rangef::new(left, left + 1.0), Rangef::new(y.min, rows_end), colour);
    }
    for row in scene.visible.clone() {
        let bottom = scene.row_rect(row).bottom();
        add_rect(&mut mesh, x, Rangef::new(bottom - 1.0, bottom), look.separator);
    }
    let region = scene.view.model.loop_region;
    if region.end_ticks > region.start_ticks && region.enabled {
        let x = Rangef::new(scene.axis.x_near(region.start_ticks as f64), scene.axis.x_near(region.end_ticks as f64));
        add_rect(&mut mesh, x, y, look.loop_region.gamma_multiply(0.07));
    }
    painter.add(Shape::mesh(mesh));
}

fn paint_clips(ui: &Ui, painter: &Painter, scene: &Scene<'_>, hand: &Hand) {
    let mut layers = Layers::default();
    let (drag, settled) = match &hand.settling {
        Some(settling) => (&settling.drag, true),
        None => (&hand.drag, false),
    };
    let away = away(drag, settled);
    for row in scene.visible.clone() {
        layers.add_row(scene, row, &hand.selected, &away);
    }
    layers.paint(ui, painter, scene.look);
    // What is carried lies on top of all others, their names too.
    let mut carried_layers = Layers::default();
    match drag {
        Drag::Move(drag) if drag.delta_ticks != 0 || drag.delta_rows != 0 => {
            for carried in &drag.carried {
                let (start, row) = (drag.start_of(carried), drag.row_of(carried));
                if scene.visible.contains(&row) {
                    let look = clip_look(scene, row, start, start + carried.clip.length_ticks, !settled);
                    carried_layers.add_clip(scene, &carried.clip, look);
                }
            }
        }
        Drag::Trim(drag) => {
            let row = scene.row_of(drag.clip.track).unwrap_or_default();
            let look = clip_look(scene, row, drag.start_ticks, drag.end_ticks, false);
            carried_layers.add_clip(scene, &drag.clip, look);
        }
        Drag::None | Drag::Move(_) | Drag::Band(_) | Drag::Loop(_) => {}
    }
    carried_layers.paint(ui, painter, scene.look);
}

/// The clips that must not be painted where the model has them.
fn away(drag: &Drag, settled: bool) -> BTreeSet<ClipId> {
    match drag {
        Drag::Move(drag) if settled => drag.carried.iter().map(|carried| carried.clip.id).collect(),
        Drag::Trim(drag) => BTreeSet::from([drag.clip.id]),
        Drag::None | Drag::Move(_) | Drag::Band(_) | Drag::Loop(_) => BTreeSet::new(),
    }
}

fn clip_look(scene: &Scene<'_>, row: usize, start_ticks: i64, end_ticks: i64, ghost: bool) -> ClipLook {
    let y = scene.row_rect(row).y_range();
    let x = clips::clip_x(&scene.axis, start_ticks, end_ticks);
    let colour = scene.track(row).map_or(scene.look.accent, |track| scene.colour_of(track));
    let rect = Rect::from_x_y_ranges(x, Rangef::new(y.min + 1.0, y.max - 1.0));
    ClipLook { rect, colour, selected: true, ghost }
}

fn paint_band(painter: &Painter, scene: &Scene<'_>, hand: &Hand) {
    let Drag::Band(band) = &hand.drag else { return };
    let place = |(ticks, y): (f64, f32)| Pos2::new(scene.axis.x_near(ticks), scene.lanes.top() + y - scene.scroll_y);
    let rect = Rect::from_two_pos(place(band.from), place(band.to));
    let (fill, line) = (scene.look.accent.gamma_multiply(0.12), Stroke::new(1.0, scene.look.accent));
    painter.rect(rect, 0.0, fill, line, StrokeKind::Inside);
}

/// What the hand does, in numbers.
fn readout(scene: &Scene<'_>, hand: &Hand) -> Option<String> {
    match &hand.drag {
        Drag::Move(drag) => {
            let moved = scene.length_text(drag.delta_ticks, drag.target_ticks());
            let sign = if drag.delta_ticks >= 0 { "+" } else { "" };
            Some(format!("{}   {sign}{moved}", scene.place_text(drag.target_ticks())))
        }
        Drag::Trim(drag) => {
            let edge = if drag.edge == Edge::Start { drag.start_ticks } else { drag.end_ticks };
            let length = scene.length_text(drag.end_ticks - drag.start_ticks, drag.start_ticks);
            Some(format!("{}   length {length}", scene.place_text(edge)))
        }
        Drag::Band(_) if hand.selected.len() == 1 => Some("1 clip".to_owned()),
        Drag::Band(_) => Some(format!("{} clips", hand.selected.len())),
        Drag::None | Drag::Loop(_) => None,
    }
}

/// A small plate beside the pointer, inside the lanes.
pub(crate) fn paint_readout(ui: &Ui, painter: &Painter, scene: &Scene<'_>, text: &str) {
    let Some(pointer) = ui.input(|input| input.pointer.latest_pos()) else { return };
    let galley = painter.layout_no_wrap(text.to_owned(), scene.look.small.clone(), scene.look.text);
    let size = galley.size() + vec2(12.0, 8.0);
    let room = painter.clip_rect().shrink(2.0);
    let wanted = pointer + vec2(14.0, -size.y - 6.0);
    let place = wanted.min(room.max - size).max(room.min);
    let plate = Rect::from_min_size(place, size);
    let line = Stroke::new(1.0, scene.look.separator);
    painter.rect(plate, 3.0, scene.look.plate, line, StrokeKind::Inside);
    painter.galley(Align2::CENTER_CENTER.anchor_size(plate.center(), galley.size()).min, galley, scene.look.text);
}

/// Names for who cannot see the selection: of the selected clips in view.
fn speak(ui: &Ui, scene: &Scene<'_>, hand: &Hand) {
    if hand.selected.is_empty() {
        return;
    }
    for row in scene.visible.clone() {
        let Some(clips) = scene.track(row).and_then(|track| scene.index.of(track.id)) else { continue };
        for clip in clips.within(scene.axis.visible()).iter().filter(|clip| hand.selected.contains(&clip.id)) {
            let x = clips::clip_x(&scene.axis, clip.start_ticks, end_ticks(clip));
            let rect = Rect::from_x_y_ranges(x, scene.row_rect(row).y_range()).intersect(scene.lanes);
            let node = ui.interact(rect, ui.scope_id().with(("clip", clip.id)), Sense::hover());
            node.widget_info(|| {
                WidgetInfo::selected(Role::ListItem, true, true, clips::spoken(scene, clip, clip.track))
            });
        }
    }
}

/// From the first start to the last end of what is selected.
pub(crate) fn selected_span(scene: &Scene<'_>, hand: &Hand) -> Option<(i64, i64)> {
    let start = hand.picked(scene.view).map(|clip| clip.start_ticks).min()?;
    let end = hand.picked(scene.view).map(|clip| end_ticks(clip)).max()?;
    Some((start, end.max(start + TICKS_PER_QUARTER / 64)))
}

/// How far to scroll, in points, while something is carried beyond an edge of the view.
pub(crate) fn scroll_at_edge(axis: &TimeAxis, hand: &Hand, pointer: Option<Pos2>) -> f32 {
    let carrying = matches!(hand.drag, Drag::Move(_) | Drag::Trim(_) | Drag::Band(_) | Drag::Loop(_));
    let Some(x) = pointer.filter(|_| carrying).map(|place| place.x) else { return 0.0 };
    let beyond = (x - (axis.left + axis.width)).max(0.0) + (x - axis.left).min(0.0);
    (beyond * 0.25).clamp(-24.0, 24.0)
}
