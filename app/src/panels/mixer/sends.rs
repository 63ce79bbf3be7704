//! The sends of a strip: level, before or behind the fader, mute; adding and removing.

use super::touch::{ask, heard};
use super::{control_id, name_of, routes};
use crate::action::Actions;
use crate::panels::hardware;
use crate::panels::refusal::refusal_ui;
use crate::state::Session;
use crate::theme;
use crate::widgets::dial::Dial;
use crate::widgets::knob::{KnobLook, knob_ui};
use crate::widgets::scale::{Scale, decibels_text, parse_decibels};
use crate::widgets::toggle::{Face, Lit, toggle_ui};
use eframe::egui::{self, Button, Id, Popup, RichText, ScrollArea, Ui, vec2};
use egui_material_icons::icons;
use loophole_pulse::intent::{Intent, routing};
use loophole_pulse::model::{Channel, ChannelRole, Node, NodeKind};
use std::sync::Arc;

/// Height of one send in a strip.
pub(super) const ROW: f32 = 24.0;
const POPUP_WIDTH: f32 = 300.0;

/// A send, and whether it taps before the fader.
pub(super) struct Send {
    node: Arc<Node>,
    pre_fader: bool,
    /// What it feeds.
    name: String,
}

/// The sends of a channel, in signal order.
pub(super) fn sends_of(session: &Session, channel: &Channel) -> Vec<Send> {
    let model = &session.view().model;
    let mut behind_fader = false;
    let mut sends = Vec::new();
    for node in channel.nodes.iter().filter_map(|node| model.nodes.get(node)) {
        behind_fader |= node.kind == NodeKind::Fader;
        if node.kind == NodeKind::Send {
            let target = node.target.and_then(|target| model.channels.get(&target));
            let name = target.map_or("Nowhere", |target| name_of(target)).to_owned();
            sends.push(Send { node: Arc::clone(node), pre_fader: !behind_fader, name });
        }
    }
    sends
}

/// One button that says how many there are, and opens them all.
pub(super) fn sends_button_ui(
    ui: &mut Ui,
    session: &Session,
    channel: &Channel,
    sends: &[Send],
    actions: &mut Actions,
) {
    let text = match sends.len() {
        0 => "No sends".to_owned(),
        1 => "1 send".to_owned(),
        many => format!("{many} sends"),
    };
    let size = vec2(ui.available_width(), 20.0);
    let ink = if sends.is_empty() { theme::tokens(ui).text_weak } else { theme::tokens(ui).text };
    let button = ui.add_sized(size, Button::new(RichText::new(text).small().color(ink)));
    let button = button.accessible_name(format!("Sends of {}", name_of(channel)));
    if button.contains_pointer() {
        actions.hint(format!("What {} also feeds. Click to see, add and remove sends", name_of(channel)));
    }
    popup(&button).show(|ui| {
        ui.set_width(POPUP_WIDTH);
        ui.label(RichText::new(format!("Sends of {}", name_of(channel))).strong());
        for send in sends {
            row_ui(ui, session, channel, send, true, actions);
        }
        if sends.is_empty() {
            ui.label(RichText::new("None yet. A send feeds a bus beside the output, for example a reverb.").weak());
        }
        ui.separator();
        targets_ui(ui, session, channel, actions);
    });
    refusal_ui(ui, session, control_id("add send", channel.id), button.rect, "Adding a send", actions);
}

/// The list itself, this high.
pub(super) fn sends_list_ui(
    ui: &mut Ui,
    session: &Session,
    channel: &Channel,
    sends: &[Send],
    height: f32,
    actions: &mut Actions,
) {
    let width = ui.available_width();
    ui.allocate_ui(vec2(width, height), |ui| {
        ui.set_min_height(height);
        ui.spacing_mut().item_spacing.y = 2.0;
        ScrollArea::vertical().id_salt("sends").auto_shrink([false, false]).max_height(height - ROW).show(ui, |ui| {
            for send in sends {
                row_ui(ui, session, channel, send, false, actions);
            }
        });
        let add = Button::new((icons::ICON_ADD.rich_text(), RichText::new("Send").small())).frame_when_inactive(false);
        let button =
            ui.add_sized(vec2(width, 20.0), add).accessible_name(format!("Add a send to {}", name_of(channel)));
        popup(&button).show(|ui| targets_ui(ui, session, channel, actions));
        refusal_ui(ui, session, control_id("add send", channel.id), button.rect, "Adding a send", actions);
    });
}

fn popup(button: &egui::Response) -> Popup<'_> {
    Popup::menu(button).close_behavior(egui::PopupCloseBehavior::CloseOnClickOutside)
}

fn targets_ui(ui: &mut Ui, session: &Session, channel: &Channel, actions: &mut Actions) {
    let mut targets = routes::targets(&session.view().model, channel.id);
    // What the master gets, it gets by the output.
    targets.retain(|target| target.role == ChannelRole::Bus);
    if targets.is_empty() {
        ui.label(RichText::new("There is no bus to send to. Add one with Ctrl+B.").weak());
    }
    for target in targets {
        if ui.button(format!("Send to {}", name_of(&target))).clicked() {
            let add =
                routing::AddSend { channel_id: channel.id, target_channel_id: target.id, gain_db: None, mode: None };
            actions.intent_from(control_id("add send", channel.id), Intent::RoutingAddSend(add));
            ui.close();
        }
    }
}

fn row_ui(ui: &mut Ui, session: &Session, channel: &Channel, send: &Send, wide: bool, actions: &mut Actions) {
    let tokens = theme::tokens(ui);
    let from = name_of(channel);
    let name = format!("Send {from} to {}", send.name);
    let send_id = send.node.id;
    ui.push_id((send_id, wide), |ui| {
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 3.0;
            let source = level_ui(ui, session, send, &name, actions);
            let switches = if wide { 132.0 } else { 38.0 };
            let room = vec2((ui.available_width() - switches).max(12.0), 20.0);
            let ink = if send.node.muted { tokens.text_weak } else { tokens.text };
            let label = egui::Label::new(RichText::new(&send.name).small().color(ink)).truncate().selectable(false);
            ui.allocate_ui_with_layout(room, egui::Layout::left_to_right(egui::Align::Center), |ui| {
                ui.set_min_size(room);
                ui.add(label.sense(egui::Sense::click())).on_hover_text(&name)
            })
            .inner
            .context_menu(|ui| remove_ui(ui, send, source, actions));
            if wide {
                let level = send.node.parameters.first().and_then(|level| heard(session, *level)).unwrap_or(0.0);
                let text = RichText::new(decibels_text(level)).small().monospace();
                ui.add_sized(vec2(58.0, 20.0), egui::Label::new(text));
            }
            let lit = |on| if on { Lit::On } else { Lit::Off };
            let small = vec2(16.0, 18.0);
            let pre = toggle_ui(
                ui,
                &format!("{name} before the fader"),
                Face::Letter("P"),
                lit(send.pre_fader),
                tokens.accent,
                small,
            );
            let says = if send.pre_fader { "Taps before the fader" } else { "Taps behind the fader" };
            if pre.on_hover_text(says).clicked() {
                let mode = if send.pre_fader { routing::SendMode::PostFader } else { routing::SendMode::PreFader };
                actions.intent_from(source, Intent::RoutingSetSendMode(routing::SetSendMode { send_id, mode }));
            }
            let mute = toggle_ui(
                ui,
                &format!("Mute {}", name.to_lowercase()),
                Face::Letter("M"),
                lit(send.node.muted),
                tokens.mute,
                small,
            );
            if mute.on_hover_text("Mutes this send").clicked() {
                let muted = routing::SetSendMuted { send_id, muted: !send.node.muted };
                actions.intent_from(source, Intent::RoutingSetSendMuted(muted));
            }
            if wide {
                remove_ui(ui, send, source, actions);
            }
        });
    });
}

fn remove_ui(ui: &mut Ui, send: &Send, source: Id, actions: &mut Actions) {
    let button = Button::new(icons::ICON_DELETE.rich_text()).small().frame_when_inactive(false);
    let response = ui.add(button).accessible_name(format!("Remove the send to {}", send.name));
    if response.on_hover_text("Removes this send").clicked() {
        let remove = routing::RemoveSend { send_id: send.node.id };
        actions.intent_from(source, Intent::RoutingRemoveSend(remove));
        ui.close();
    }
}

/// The level knob; gives back the source of what the row asks.
fn level_ui(ui: &mut Ui, session: &Session, send: &Send, name: &str, actions: &mut Actions) -> Id {
    let source = Id::unique("loophole.mixer.send").with(send.node.id);
    let model = &session.view().model;
    let parameter = send.node.parameters.first().and_then(|level| model.parameters.get(level));
    let Some(parameter) = parameter else { return source };
    let dial = Dial {
        name,
        value: heard(session, parameter.id).unwrap_or(parameter.value),
        default: parameter.default,
        scale: Scale::Decibels { max: parameter.max },
        step: 1.0,
        travel: 120.0,
        to_text: decibels_text,
        parse: parse_decibels,
    };
    let look = KnobLook { diameter: theme::KNOB_SMALL, bipolar: false, colour: theme::tokens(ui).accent };
    let (response, held) = knob_ui(ui, &dial, look);
    let send_id = send.node.id;
    let set = |value: f64| Intent::RoutingSetSendLevel(routing::SetSendLevel { send_id, gain_db: value.into() });
    ask(&held, source, parameter.id, set, actions);
    let text = format!("{name}: {}", decibels_text(held.value));
    if response.contains_pointer() {
        actions.hint(format!("{text}. Drag; Shift is fine; double-click resets; Ctrl-click types"));
    }
    let rect = response.rect;
    hardware::mappable_ui(ui, &response, name, &|| hardware::parameter(parameter.id), actions);
    response.on_hover_text(text);
    refusal_ui(ui, session, source, rect, name, actions);
    source
}
