//! The mixer: a strip for each track and bus, the master beside them.

mod output;
mod routes;
mod sends;
mod strip;
mod touch;

use crate::action::{Actions, Command};
use crate::state::Session;
use crate::theme;
use eframe::egui::{self, Id, Mesh, Rect, ScrollArea, Shape, Ui, UiBuilder, Vec2, pos2, vec2};
use egui_material_icons::icons;
use loophole_pulse::model::{Channel, ChannelId, ChannelRole, Model, TrackId};
use std::sync::Arc;
use strip::{Strip, strip_ui};

/// What the mixer keeps between frames.
#[derive(Debug, Default, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct MixerPanelState {
    /// The name under the cursor, while somebody renames a channel.
    #[serde(skip)]
    renaming: Option<(ChannelId, String)>,
}

/// Lower, and the strips scroll.
const LEAST_HEIGHT: f32 = 214.0;
/// Below the strips: the master has none, and stands as high as the others.
const SCROLL_BAR: f32 = 8.0;
const ADD_WIDTH: f32 = 40.0;

/// Shows the mixer.
pub fn mixer_ui(ui: &mut Ui, session: &Session, state: &mut MixerPanelState, actions: &mut Actions) {
    let model = Arc::clone(&session.view().model);
    let strips = strips(&model);
    let area = ui.available_rect_before_wrap();
    let master_width = theme::STRIP_WIDTH + theme::SPACE_2;
    let master_area = area.with_min_x((area.right() - master_width).max(area.left()));
    let height = (area.height() - SCROLL_BAR).max(LEAST_HEIGHT);
    let others_area = area.with_max_x(master_area.left());
    others_ui(ui, others_area, height, session, &strips, state, actions);
    if let Some(master) = model.channels.values().find(|channel| channel.role == ChannelRole::Master) {
        let tokens = theme::tokens(ui);
        ui.painter().rect_filled(master_area, 0.0, tokens.background);
        let mut child = ui.new_child(UiBuilder::new().max_rect(master_area).id_salt("master"));
        child.shrink_clip_rect(master_area);
        ScrollArea::vertical().id_salt("master").show(&mut child, |ui| {
            let size = vec2(theme::STRIP_WIDTH, height);
            let rect = Rect::from_min_size(ui.cursor().min + vec2(theme::SPACE_2, 0.0), size);
            let mut meters = Mesh::default();
            ui.allocate_rect(rect, egui::Sense::hover());
            let strip = Strip { channel: Arc::clone(master), track: None };
            one_ui(ui, rect, session, &strip, state, &mut meters, actions);
            ui.painter().add(Shape::mesh(meters));
        });
    }
    ui.advance_cursor_after_rect(area);
}

/// Tracks in their order, then buses in theirs.
fn strips(model: &Model) -> Vec<Strip> {
    let of = |channel: ChannelId, track: Option<TrackId>| {
        model.channels.get(&channel).map(|channel| Strip { channel: Arc::clone(channel), track })
    };
    let tracks = model.track_order.iter().filter_map(|track| of(model.tracks.get(track)?.channel, Some(*track)));
    tracks.chain(model.bus_order.iter().filter_map(|bus| of(*bus, None))).collect()
}

fn others_ui(
    ui: &mut Ui,
    area: Rect,
    height: f32,
    session: &Session,
    strips: &[Strip],
    state: &mut MixerPanelState,
    actions: &mut Actions,
) {
    let mut child = ui.new_child(UiBuilder::new().max_rect(area).id_salt("strips"));
    child.shrink_clip_rect(area);
    ScrollArea::both().id_salt("strips").auto_shrink([false, false]).show_viewport(&mut child, |ui, viewport| {
        let origin = ui.max_rect().min;
        let width = theme::STRIP_WIDTH * strips.len() as f32 + ADD_WIDTH;
        ui.set_min_size(vec2(width, height));
        let mut meters = Mesh::default();
        // Strips out of view are not laid out; one more on each side, so that Tab finds the next one.
        let first = ((viewport.left() / theme::STRIP_WIDTH).floor() as usize).saturating_sub(1);
        let last = (viewport.right() / theme::STRIP_WIDTH).ceil() as usize + 1;
        for (index, strip) in strips.iter().enumerate().take(last).skip(first) {
            let min = pos2(origin.x + theme::STRIP_WIDTH * index as f32, origin.y);
            let rect = Rect::from_min_size(min, vec2(theme::STRIP_WIDTH, height));
            one_ui(ui, rect, session, strip, state, &mut meters, actions);
        }
        ui.painter().add(Shape::mesh(meters));
        let min = pos2(origin.x + theme::STRIP_WIDTH * strips.len() as f32, origin.y);
        add_ui(ui, Rect::from_min_size(min, vec2(ADD_WIDTH, height)), actions);
    });
    if strips.is_empty() {
        empty_ui(ui, area);
    }
}

fn one_ui(
    ui: &mut Ui,
    rect: Rect,
    session: &Session,
    strip: &Strip,
    state: &mut MixerPanelState,
    meters: &mut Mesh,
    actions: &mut Actions,
) {
    let inner = rect.shrink2(vec2(2.0, 3.0));
    let builder = UiBuilder::new().max_rect(inner).id_salt(("strip", strip.channel.id));
    ui.scope_builder(builder, |ui| strip_ui(ui, inner, session, strip, &mut state.renaming, meters, actions));
}

fn add_ui(ui: &mut Ui, rect: Rect, actions: &mut Actions) {
    let builder = UiBuilder::new().max_rect(rect.shrink2(vec2(6.0, 6.0))).id_salt("add");
    ui.scope_builder(builder, |ui| {
        ui.vertical_centered(|ui| {
            let add = egui::Button::new(icons::ICON_ADD.rich_text().size(theme::TEXT_ICON)).min_size(Vec2::splat(28.0));
            let response = ui.add(add).accessible_name("Add a strip");
            egui::Popup::menu(&response).show(|ui| {
                for command in [Command::AddTrack, Command::AddBus] {
                    if ui.button(command.text()).on_hover_text(command.spec().tooltip).clicked() {
                        actions.command(command);
                    }
                }
            });
            if response.on_hover_text("Adds a track or a bus").contains_pointer() {
                actions.hint("Adds a track or a bus");
            }
        });
    });
}

fn empty_ui(ui: &mut Ui, area: Rect) {
    let text = "No tracks yet. Drop audio files into the window, or press + to add a track.";
    let builder = UiBuilder::new().max_rect(area.shrink(theme::SPACE_4 * 3.0)).id_salt("empty");
    ui.scope_builder(builder, |ui| ui.label(egui::RichText::new(text).weak()));
}

/// An id of a control of a strip: the same wherever the strip stands.
fn control_id(what: &'static str, channel: ChannelId) -> Id {
    Id::unique("loophole.mixer").with((what, channel))
}

/// What a channel is called on buttons and in accessible names.
fn name_of(channel: &Channel) -> &str {
    if channel.name.is_empty() { "(no name)" } else { &channel.name }
}
