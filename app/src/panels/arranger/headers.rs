//! The tracks' names and switches, left of their lanes.

use super::hand::{Hand, Renaming};
use super::scene::Scene;
use crate::action::Actions;
use crate::panels::hardware;
use crate::widgets::FRAME;
use eframe::egui::text::{LayoutJob, TextWrapping};
use eframe::egui::text_selection::CCursorRange;
use eframe::egui::{
    Align2, Color32, CursorIcon, Key, Pos2, Rangef, Rect, Response, Role, Sense, Stroke, StrokeKind, TextEdit, Ui,
    UiBuilder, WidgetInfo, pos2, vec2,
};
use loophole_pulse::intent::{Intent, track};
use loophole_pulse::model::{Channel, Track};
use loophole_pulse::view::surfaces::surface_mapping::target::Flag;
use std::ops::Range;

/// How high a track may be, in points.
pub(crate) const HEIGHTS: Range<f32> = 24.0..320.0;
pub(crate) const USUAL_HEIGHT: f32 = 56.0;
const SWATCH: f32 = 6.0;
const METER_WIDTH: f32 = 9.0;
const SWITCH: f32 = 20.0;

pub(crate) fn headers_ui(ui: &mut Ui, scene: &Scene<'_>, hand: &mut Hand, actions: &mut Actions) {
    let mut ui = ui.new_child(UiBuilder::new().max_rect(scene.headers).id_salt("headers"));
    ui.shrink_clip_rect(scene.headers);
    ui.painter().rect_filled(scene.headers, 0.0, scene.look.empty);
    for row in scene.visible.clone() {
        let Some(entity) = scene.track(row) else { continue };
        let Some(channel) = scene.view.model.channels.get(&entity.channel) else { continue };
        header_ui(&mut ui, scene, row, entity, channel, hand, actions);
    }
}

fn header_ui(
    ui: &mut Ui,
    scene: &Scene<'_>,
    row: usize,
    entity: &Track,
    channel: &Channel,
    hand: &mut Hand,
    actions: &mut Actions,
) {
    let lane = scene.row_rect(row);
    let rect = Rect::from_x_y_ranges(scene.headers.x_range(), lane.y_range());
    let look = scene.look;
    let response = ui.interact(rect, ui.scope_id().with(("track", entity.id)), Sense::click());
    let picked = hand.track == Some(entity.id);
    response.widget_info(|| WidgetInfo::selected(Role::ListItem, true, picked, format!("Track {}", entity.name)));
    ui.painter().rect_filled(rect, 0.0, if picked { look.header_picked } else { look.header });
    let swatch = rect.with_max_x(rect.left() + SWATCH);
    ui.painter().rect_filled(swatch.with_max_y(rect.bottom() - 1.0), 0.0, look.of_track(entity.colour));
    ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, look.separator));
    if response.has_focus() {
        ui.painter().rect_stroke(rect.shrink(1.0), 0.0, Stroke::new(1.0, look.accent), StrokeKind::Inside);
    }
    if response.clicked() {
        hand.track = Some(entity.id);
    }
    if response.hovered() {
        actions.hint(format!("{}: click selects, double-click renames, right-click for more", entity.name));
    }
    meter(ui, scene, rect, channel);
    let end = switches_ui(ui, scene, rect, entity, channel, actions);
    name_ui(ui, scene, rect.with_max_x(end - 4.0), row, entity, hand, actions);
    if response.double_clicked() || (response.has_focus() && ui.input(|input| input.key_pressed(Key::F2))) {
        hand.rename(scene.view, entity.id);
    }
    response.context_menu(|ui| super::menu::track_menu_ui(ui, scene, row, entity, hand, actions));
    height_ui(ui, rect, entity, hand);
}

/// Mute and solo; tells where they begin.
fn switches_ui(
    ui: &mut Ui,
    scene: &Scene<'_>,
    rect: Rect,
    entity: &Track,
    channel: &Channel,
    actions: &mut Actions,
) -> f32 {
    let look = scene.look;
    let centre = if rect.height() < 44.0 { rect.center().y } else { rect.top() + 20.0 };
    let right = rect.right() - METER_WIDTH - 8.0;
    let at = |place: f32| {
        Rect::from_center_size(pos2(right - SWITCH * (place + 0.5) - 3.0 * place, centre), vec2(SWITCH, 18.0))
    };
    let flags = |mute, solo| {
        Intent::TrackSetFlags(track::SetFlags { track_id: entity.id, mute, solo, arm: None, monitor: None })
    };
    let mute = Switch { letter: "M", name: format!("Mute track {}", entity.name), on: channel.mute, colour: look.mute };
    let response = switch_ui(ui, scene, at(1.0), &mute);
    hardware::mappable_ui(ui, &response, &mute.name, &|| hardware::flag(channel.id, Flag::Mute), actions);
    if response.clicked() {
        actions.intent(flags(Some(!channel.mute), None));
    }
    let solo = Switch { letter: "S", name: format!("Solo track {}", entity.name), on: channel.solo, colour: look.solo };
    let response = switch_ui(ui, scene, at(0.0), &solo);
    hardware::mappable_ui(ui, &response, &solo.name, &|| hardware::flag(channel.id, Flag::Solo), actions);
    if response.clicked() {
        actions.intent(flags(None, Some(!channel.solo)));
    }
    at(1.0).left()
}

struct Switch {
    letter: &'static str,
    name: String,
    on: bool,
    colour: Color32,
}

fn switch_ui(ui: &mut Ui, scene: &Scene<'_>, rect: Rect, switch: &Switch) -> Response {
    let look = scene.look;
    let response = ui.interact(rect, ui.scope_id().with(&switch.name), Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, switch.on, &switch.name));
    let fill = if switch.on { switch.colour } else { look.control };
    let edge = if response.has_focus() || response.hovered() { look.accent } else { look.separator };
    ui.painter().rect(rect, 3.0, fill, Stroke::new(1.0, edge), StrokeKind::Inside);
    let text = if switch.on { look.text_on(fill) } else { look.text_weak };
    ui.painter().text(rect.center(), Align2::CENTER_CENTER, switch.letter, look.small.clone(), text);
    response.on_hover_text(switch.name.clone())
}

/// Left and right, from the bottom up.
fn meter(ui: &Ui, scene: &Scene<'_>, rect: Rect, channel: &Channel) {
    const LOWEST_DB: f32 = -54.0;
    let meters = &scene.telemetry.meters;
    let found = meters.binary_search_by_key(&channel.id, |meter| meter.channel).ok().and_then(|at| meters.get(at));
    let bottom = rect.bottom() - 5.0;
    let height = bottom - rect.top() - 4.0;
    for side in 0..2 {
        let left = rect.right() - METER_WIDTH - 2.0 + side as f32 * 5.0;
        let slot = Rect::from_min_max(pos2(left, bottom - height), pos2(left + 4.0, bottom));
        ui.painter().rect_filled(slot, 1.0, scene.look.meter_off);
        let Some(meter) = found else { continue };
        let peak = meter.peak_db.get(side).copied().unwrap_or(f32::NEG_INFINITY);
        let share = ((peak - LOWEST_DB) / -LOWEST_DB).clamp(0.0, 1.0);
        if share > 0.0 {
            let lit = slot.with_min_y(slot.bottom() - slot.height() * share);
            ui.painter().rect_filled(lit, 1.0, scene.look.meter(peak));
            ui.request_repaint_after(FRAME);
        }
    }
}

fn name_ui(
    ui: &mut Ui,
    scene: &Scene<'_>,
    rect: Rect,
    row: usize,
    entity: &Track,
    hand: &mut Hand,
    actions: &mut Actions,
) {
    let look = scene.look;
    let centre = if rect.height() < 44.0 { rect.center().y } else { rect.top() + 20.0 };
    let room = Rect::from_x_y_ranges(
        Rangef::new(rect.left() + SWATCH + 8.0, rect.right()),
        Rangef::point(centre).expand(10.0),
    );
    if let Some(renaming) = hand.renaming.as_mut().filter(|renaming| renaming.track == entity.id) {
        if let Some(done) = rename_ui(ui, room, entity, renaming) {
            hand.renaming = None;
            if let Some(name) = done {
                actions.intent(Intent::TrackRename(track::Rename { track_id: entity.id, name }));
            }
        }
        return;
    }
    let place: Pos2 = pos2(room.left(), centre);
    let number =
        ui.painter().text(place, Align2::LEFT_CENTER, format!("{}", row + 1), look.small.clone(), look.text_weak);
    let left = number.right().max(place.x + 16.0) + 4.0;
    let mut job = LayoutJob::simple_singleline(entity.name.clone(), look.body.clone(), look.text);
    job.wrap = TextWrapping::truncate_at_width((room.right() - left).max(0.0));
    let galley = ui.painter().layout_job(job);
    let place = Align2::LEFT_CENTER.anchor_size(pos2(left, centre), galley.size()).min;
    ui.painter().galley(place, galley, look.text);
}

/// The field; gives the new name, or none inside when it stays as it was.
fn rename_ui(ui: &mut Ui, room: Rect, entity: &Track, renaming: &mut Renaming) -> Option<Option<String>> {
    let edit = TextEdit::singleline(&mut renaming.text).id(ui.scope_id().with(("rename", entity.id)));
    let response = ui.put(room, edit).accessible_name(format!("Name of track {}", entity.name));
    if !renaming.focused {
        response.request_focus();
        // What one types takes the place of the old name.
        let mut state = TextEdit::load_state(ui, response.id).unwrap_or_default();
        state.cursor.set_char_range(Some(CCursorRange::select_all_str(&renaming.text)));
        TextEdit::store_state(ui, response.id, state);
        renaming.focused = true;
        return None;
    }
    if !response.lost_focus() {
        return None;
    }
    let cancelled = ui.input(|input| input.key_pressed(Key::Escape));
    let name = renaming.text.trim().to_owned();
    Some((!cancelled && !name.is_empty() && name != entity.name).then_some(name))
}

/// The lower edge makes a track higher or lower; double click: as usual.
fn height_ui(ui: &mut Ui, rect: Rect, entity: &Track, hand: &mut Hand) {
    let edge = rect.with_min_y(rect.bottom() - 4.0);
    let response = ui.interact(edge, ui.scope_id().with(("height", entity.id)), Sense::drag() | Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Splitter, true, format!("Height of track {}", entity.name)));
    if response.dragged() && response.drag_delta().y != 0.0 {
        let height = hand.heights.get(&entity.id).copied().unwrap_or(rect.height());
        hand.heights.insert(entity.id, (height + response.drag_delta().y).clamp(HEIGHTS.start, HEIGHTS.end));
    }
    if response.double_clicked() {
        hand.heights.remove(&entity.id);
    }
    response.on_hover_and_drag_cursor(CursorIcon::ResizeVertical);
}
