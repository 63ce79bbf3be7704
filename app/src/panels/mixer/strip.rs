//! One strip: name, sends, pan, fader, meter, mute, solo, output.

use super::output::output_ui;
use super::sends::{ROW, Send, sends_button_ui, sends_list_ui, sends_of};
use super::touch::{ask, heard};
use super::{control_id, name_of};
use crate::action::{Actions, Command};
use crate::panels::hardware;
use crate::panels::refusal::refusal_ui;
use crate::state::{Selection, Session};
use crate::theme;
use crate::widgets::FRAME;
use crate::widgets::dial::Dial;
use crate::widgets::fader::{FADER_WIDTH, fader_ui, rail_of};
use crate::widgets::knob::{KnobLook, knob_ui};
use crate::widgets::meter::{Levels, SILENT, add_meter};
use crate::widgets::scale::{LOWEST_DB, Scale, decibels_text, pan_text, parse_decibels, parse_pan};
use crate::widgets::toggle::{Face, Lit, toggle_ui};
use eframe::egui::{
    self, Align2, Color32, FontId, Key, Mesh, Rect, RichText, Role, Sense, Stroke, StrokeKind, TextEdit, Ui, UiBuilder,
    WidgetInfo, pos2, vec2,
};
use loophole_pulse::intent::{Intent, channel, routing, track};
use loophole_pulse::model::{Channel, ChannelId, ChannelRole, NodeKind, Parameter, TrackId};
use loophole_pulse::view::surfaces::surface_mapping::target::Flag;
use std::sync::Arc;

/// A channel, and the track that it belongs to.
pub(super) struct Strip {
    pub(super) channel: Arc<Channel>,
    pub(super) track: Option<TrackId>,
}

const NAME: f32 = 26.0;
const METER: f32 = 13.0;
const SWITCH: egui::Vec2 = vec2(20.0, 20.0);
const GAP: f32 = 4.0;
const VALUES: f32 = 14.0;
const SENDS_BUTTON: f32 = 20.0;
/// All but fader and sends.
const FIXED: f32 = NAME + theme::KNOB + VALUES + 20.0 + GAP * 4.0;
const FADER_LEAST: f32 = 84.0;
/// The fader wants this much before sends are spread out.
const FADER_GOOD: f32 = 150.0;

pub(super) fn strip_ui(
    ui: &mut Ui,
    rect: Rect,
    session: &Session,
    strip: &Strip,
    renaming: &mut Option<(ChannelId, String)>,
    meters: &mut Mesh,
    actions: &mut Actions,
) {
    let tokens = theme::tokens(ui);
    let channel = &strip.channel;
    let colour = tokens.own_colour(channel.colour.0);
    let selected = strip.track.is_some() && session.selection().track == strip.track;
    let fill = if selected { tokens.control } else { tokens.raised };
    let edge = if selected { tokens.accent } else { fill };
    ui.painter().rect(rect, theme::RADIUS, fill, Stroke::new(1.0, edge), StrokeKind::Inside);
    name_ui(ui, rect, session, strip, colour, renaming, actions);
    let body = Rect::from_min_max(pos2(rect.left() + 4.0, rect.top() + NAME + GAP), rect.max - vec2(4.0, 4.0));
    ui.scope_builder(UiBuilder::new().max_rect(body).id_salt("body"), |ui| {
        ui.spacing_mut().item_spacing = vec2(GAP, GAP);
        ui.spacing_mut().button_padding = vec2(4.0, 1.0);
        ui.spacing_mut().interact_size.y = 20.0;
        let sends = sends_of(session, channel);
        let spare = rect.height() - FIXED - 8.0;
        let used = sends_ui(ui, session, channel, &sends, spare, actions);
        pan_ui(ui, session, channel, colour, actions);
        let height = (spare - used).max(FADER_LEAST);
        level_ui(ui, session, strip, colour, height, meters, actions);
        output_ui(ui, session, channel, actions);
    });
}

/// Gives back how much height the sends took.
fn sends_ui(
    ui: &mut Ui,
    session: &Session,
    channel: &Channel,
    sends: &[Send],
    spare: f32,
    actions: &mut Actions,
) -> f32 {
    // All strips alike, so that their faders stand on one line.
    let room = (spare - FADER_GOOD).min(ROW * 4.0);
    let spread = room >= ROW * 2.0 + GAP;
    let height = if spread { room } else { SENDS_BUTTON };
    if channel.role == ChannelRole::Master {
        ui.allocate_space(vec2(ui.available_width(), height));
    } else if spread {
        sends_list_ui(ui, session, channel, sends, height, actions);
    } else {
        sends_button_ui(ui, session, channel, sends, actions);
    }
    height + GAP
}

fn name_ui(
    ui: &mut Ui,
    rect: Rect,
    session: &Session,
    strip: &Strip,
    colour: Color32,
    renaming: &mut Option<(ChannelId, String)>,
    actions: &mut Actions,
) {
    let tokens = theme::tokens(ui);
    let channel = &strip.channel;
    let plate = Rect::from_min_size(rect.min, vec2(rect.width(), NAME));
    let source = control_id("name", channel.id);
    if rename_ui(ui, plate, strip, source, renaming, actions) {
        return;
    }
    let response = ui.interact(plate, source, Sense::click());
    let kind = match channel.role {
        ChannelRole::Track => "Track",
        ChannelRole::Bus => "Bus",
        ChannelRole::Master => "Master",
    };
    let selected = strip.track.is_some() && session.selection().track == strip.track;
    let label = format!("{kind} strip {}", name_of(channel));
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, selected, &label));
    let top = egui::CornerRadius { nw: theme::RADIUS, ne: theme::RADIUS, sw: 0, se: 0 };
    ui.painter().rect_filled(plate, top, colour);
    let font = FontId::proportional(theme::TEXT_BODY);
    let ink = tokens.text_on(colour);
    let galley = fit(ui, name_of(channel), font, ink, plate.width() - 12.0);
    ui.painter().galley(plate.center() - galley.size() * 0.5, galley, ink);
    if response.has_focus() {
        ui.painter().rect_stroke(plate, theme::RADIUS, Stroke::new(2.0, tokens.text), StrokeKind::Inside);
    }
    if response.contains_pointer() {
        actions.hint(format!("{label}: click selects, double-click renames, right-click for more"));
    }
    if response.clicked()
        && let Some(track) = strip.track
    {
        actions.select(Selection::of_track(track));
    }
    if response.double_clicked() || (response.has_focus() && ui.input(|input| input.key_pressed(Key::F2))) {
        *renaming = Some((channel.id, channel.name.clone()));
    }
    refusal_ui(ui, session, source, plate, name_of(channel), actions);
    let target = || hardware::select(channel.id);
    hardware::note(ui, &response, &label, &target, actions);
    response.context_menu(|ui| {
        menu_ui(ui, strip, source, renaming, actions);
        if strip.track.is_some() {
            ui.separator();
            hardware::map_item_ui(ui, &label, &target, actions);
        }
    });
}

fn fit(ui: &Ui, text: &str, font: FontId, ink: Color32, width: f32) -> Arc<egui::Galley> {
    let mut job = egui::text::LayoutJob::simple_singleline(text.to_owned(), font, ink);
    job.wrap = egui::text::TextWrapping::truncate_at_width(width);
    ui.painter().layout_job(job)
}

/// True while the name is being typed.
fn rename_ui(
    ui: &mut Ui,
    plate: Rect,
    strip: &Strip,
    source: egui::Id,
    renaming: &mut Option<(ChannelId, String)>,
    actions: &mut Actions,
) -> bool {
    let Some((_, text)) = renaming.as_mut().filter(|(channel, _)| *channel == strip.channel.id) else { return false };
    let id = source.with("rename");
    let was_there = ui.data_mut(|data| std::mem::replace(data.get_temp_mut_or_default::<bool>(id), true));
    let edit = TextEdit::singleline(text).id(id.with("edit")).margin(vec2(4.0, 4.0));
    let response = ui.put(plate, edit).accessible_name(format!("New name of {}", name_of(&strip.channel)));
    if !was_there {
        response.request_focus();
        return true;
    }
    if !response.lost_focus() {
        return true;
    }
    let name = text.trim().to_owned();
    if !ui.input(|input| input.key_pressed(Key::Escape)) && !name.is_empty() && name != strip.channel.name {
        let intent = match strip.track {
            Some(track_id) => Intent::TrackRename(track::Rename { track_id, name }),
            None => Intent::ChannelRename(channel::Rename { channel_id: strip.channel.id, name }),
        };
        actions.intent_from(source, intent);
    }
    *renaming = None;
    ui.data_mut(|data| data.remove::<bool>(id));
    true
}

fn menu_ui(
    ui: &mut Ui,
    strip: &Strip,
    source: egui::Id,
    renaming: &mut Option<(ChannelId, String)>,
    actions: &mut Actions,
) {
    if ui.button("Rename").clicked() {
        *renaming = Some((strip.channel.id, strip.channel.name.clone()));
    }
    match (strip.track, strip.channel.role) {
        (Some(track_id), _) => {
            if ui.button("Duplicate track").clicked() {
                actions.intent_from(source, Intent::TrackDuplicate(track::Duplicate { track_id }));
            }
            if ui.button("Delete track").clicked() {
                actions.intent_from(source, Intent::TrackDelete(track::Delete { track_ids: vec![track_id] }));
            }
        }
        (None, ChannelRole::Bus) => {
            if ui.button("Delete bus").clicked() {
                let delete = routing::DeleteBus { channel_id: strip.channel.id };
                actions.intent_from(source, Intent::RoutingDeleteBus(delete));
            }
        }
        (None, ChannelRole::Track | ChannelRole::Master) => {}
    }
    ui.separator();
    for command in [Command::AddTrack, Command::AddBus] {
        if ui.button(command.text()).clicked() {
            actions.command(command);
        }
    }
}

/// The first parameter of the channel's node of this kind.
fn parameter_of(session: &Session, channel: &Channel, kind: NodeKind) -> Option<Arc<Parameter>> {
    let model = &session.view().model;
    let node = channel.nodes.iter().filter_map(|node| model.nodes.get(node)).find(|node| node.kind == kind)?;
    model.parameters.get(node.parameters.first()?).cloned()
}

fn pan_ui(ui: &mut Ui, session: &Session, channel: &Channel, colour: Color32, actions: &mut Actions) {
    let Some(parameter) = parameter_of(session, channel, NodeKind::Pan) else {
        ui.allocate_space(vec2(theme::KNOB, theme::KNOB));
        return;
    };
    let name = format!("Pan {}", name_of(channel));
    let dial = Dial {
        name: &name,
        value: heard(session, parameter.id).unwrap_or(parameter.value),
        default: parameter.default,
        scale: Scale::Linear { min: parameter.min, max: parameter.max },
        step: 0.05,
        travel: 160.0,
        to_text: pan_text,
        parse: parse_pan,
    };
    let source = control_id("pan", channel.id);
    let channel_id = channel.id;
    ui.horizontal(|ui| {
        let look = KnobLook { diameter: theme::KNOB, bipolar: true, colour };
        let (response, held) = knob_ui(ui, &dial, look);
        let set = |pan: f64| Intent::ChannelSetPan(channel::SetPan { channel_id, pan });
        ask(&held, source, parameter.id, set, actions);
        if response.contains_pointer() {
            actions.hint(format!("{name}. Drag; Shift is fine; double-click centres; Ctrl-click types"));
        }
        hardware::mappable_ui(ui, &response, &name, &|| hardware::pan(channel_id), actions);
        ui.label(RichText::new(pan_text(held.value)).small());
        refusal_ui(ui, session, source, response.rect, &name, actions);
    });
}

fn level_ui(
    ui: &mut Ui,
    session: &Session,
    strip: &Strip,
    colour: Color32,
    height: f32,
    meters: &mut Mesh,
    actions: &mut Actions,
) {
    let channel = &strip.channel;
    let levels = levels_of(session, channel.id);
    let Some(parameter) = parameter_of(session, channel, NodeKind::Fader) else { return };
    let name = format!("Gain {}", name_of(channel));
    let scale = Scale::Decibels { max: parameter.max };
    let value = heard(session, parameter.id).unwrap_or(parameter.value);
    let (default, source) = (parameter.default, control_id("gain", channel.id));
    let dial = Dial {
        name: &name,
        value,
        default,
        scale,
        step: 0.5,
        travel: 1.0,
        to_text: decibels_text,
        parse: parse_decibels,
    };
    let mut shown = value;
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = 3.0;
        let (response, held) = fader_ui(ui, &dial, height, colour);
        shown = held.value;
        let channel_id = channel.id;
        let set = |db: f64| Intent::ChannelSetGain(channel::SetGain { channel_id, gain_db: db.into() });
        ask(&held, source, parameter.id, set, actions);
        if response.contains_pointer() {
            actions.hint(format!("{name}. Drag; Shift is fine; double-click is 0 dB; Ctrl-click types; wheel steps"));
        }
        hardware::mappable_ui(ui, &response, &name, &|| hardware::gain(channel_id), actions);
        refusal_ui(ui, session, source, response.rect, &name, actions);
        let rail = rail_of(response.rect);
        let left = response.rect.left() + FADER_WIDTH + 3.0;
        let bars = Rect::from_x_y_ranges(left..=left + METER, rail.y_range());
        add_meter(meters, bars, &levels, scale, theme::tokens(ui));
        if !levels.is_silent() {
            ui.request_repaint_after(FRAME);
        }
        ui.add_space(METER);
        ui.vertical(|ui| switches_ui(ui, session, strip, actions));
    });
    values_ui(ui, shown, &levels);
}

fn levels_of(session: &Session, channel: ChannelId) -> Levels {
    let meters = &session.telemetry().meters;
    let found = meters.binary_search_by_key(&channel, |meter| meter.channel).ok().and_then(|index| meters.get(index));
    found.map_or(SILENT, |meter| Levels {
        peak_db: meter.peak_db,
        hold_db: meter.hold_db,
        rms_db: meter.rms_db,
        clipped: meter.clipped,
    })
}

fn switches_ui(ui: &mut Ui, session: &Session, strip: &Strip, actions: &mut Actions) {
    let tokens = theme::tokens(ui);
    let channel = &strip.channel;
    let lit = |on| if on { Lit::On } else { Lit::Off };
    ui.add_space(9.0);
    let flags = |mute, solo| Intent::ChannelSetFlags(channel::SetFlags { channel_id: channel.id, mute, solo });
    let name = format!("Mute {}", name_of(channel));
    let mute = toggle_ui(ui, &name, Face::Letter("M"), lit(channel.mute), tokens.mute, SWITCH);
    let source = control_id("flags", channel.id);
    if mute.clicked() {
        actions.intent_from(source, flags(Some(!channel.mute), None));
    }
    refusal_ui(ui, session, source, mute.rect, &name, actions);
    hardware::mappable_ui(ui, &mute, &name, &|| hardware::flag(channel.id, Flag::Mute), actions);
    if mute.on_hover_text(&name).contains_pointer() {
        actions.hint(name);
    }
    if channel.role != ChannelRole::Master {
        let name = format!("Solo {}", name_of(channel));
        let solo = toggle_ui(ui, &name, Face::Letter("S"), lit(channel.solo), tokens.solo, SWITCH);
        if solo.clicked() {
            actions.intent_from(source, flags(None, Some(!channel.solo)));
        }
        hardware::mappable_ui(ui, &solo, &name, &|| hardware::flag(channel.id, Flag::Solo), actions);
        if solo.on_hover_text(&name).contains_pointer() {
            actions.hint(name);
        }
    }
}

/// The fader's value at the left, the highest peak of late at the right.
fn values_ui(ui: &mut Ui, gain_db: f64, levels: &Levels) {
    let tokens = theme::tokens(ui);
    let (_, rect) = ui.allocate_space(vec2(ui.available_width(), VALUES));
    let font = FontId::proportional(theme::TEXT_SMALL);
    ui.painter().text(rect.left_center(), Align2::LEFT_CENTER, decibels_text(gain_db), font.clone(), tokens.text);
    let hold = levels.hold_db[0].max(levels.hold_db[1]);
    if f64::from(hold) > LOWEST_DB {
        let ink = if levels.clipped { tokens.error } else { tokens.text_weak };
        ui.painter().text(rect.right_center(), Align2::RIGHT_CENTER, format!("{hold:.1}"), font, ink);
    }
}
