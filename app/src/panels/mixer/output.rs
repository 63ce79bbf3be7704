//! What a strip feeds.

use super::{control_id, name_of, routes};
use crate::action::Actions;
use crate::panels::refusal::refusal_ui;
use crate::state::Session;
use crate::theme;
use eframe::egui::{Button, Popup, RichText, Ui, vec2};
use egui_material_icons::icons;
use loophole_pulse::intent::{Intent, routing};
use loophole_pulse::model::{Channel, ChannelRole};

/// Shows the chooser; the master has none.
pub(super) fn output_ui(ui: &mut Ui, session: &Session, channel: &Channel, actions: &mut Actions) {
    let model = &session.view().model;
    let size = vec2(ui.available_width(), 20.0);
    if channel.role == ChannelRole::Master {
        ui.add_sized(size, eframe::egui::Label::new(RichText::new("Output").small().weak()).selectable(false));
        return;
    }
    let fed = channel.output.and_then(|output| model.channels.get(&output));
    let text = fed.map_or("Nowhere", |fed| name_of(fed));
    let source = control_id("output", channel.id);
    let arrow = icons::ICON_ARROW_RIGHT_ALT.rich_text().size(theme::TEXT_BODY);
    let button = ui.add_sized(size, Button::new((arrow, RichText::new(text).small())).truncate());
    let button = button.accessible_name(format!("Output of {}", name_of(channel)));
    if button.contains_pointer() {
        actions.hint(format!("{} feeds {text}. Click to choose", name_of(channel)));
    }
    Popup::menu(&button).show(|ui| {
        let mut choose = |ui: &mut Ui, text: &str, target| {
            if ui.selectable_label(channel.output == target, text).clicked() {
                let output = routing::SetChannelOutput { channel_id: channel.id, output_channel_id: target };
                actions.intent_from(source, Intent::RoutingSetChannelOutput(output));
            }
        };
        for target in routes::targets(model, channel.id) {
            choose(ui, name_of(&target), Some(target.id));
        }
        choose(ui, "Nowhere", None);
    });
    refusal_ui(ui, session, source, button.rect, "Output", actions);
}
