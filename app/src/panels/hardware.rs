//! From a control of the window to hardware: the entry in its context menu, and what it is for a mapping.

pub mod learn;
mod names;

use crate::action::Actions;
use eframe::egui::{Button, Id, Rect, Response, Ui};
use egui_material_icons::icons;
use loophole_pulse::intent::{Intent, surface};
use loophole_pulse::model::{ChannelId, ParameterId};
use loophole_pulse::view::surfaces::Target;
use loophole_pulse::view::surfaces::surface_mapping::Selector;
use loophole_pulse::view::surfaces::surface_mapping::target::{Flag, TransportAction};

/// A control that was laid out in this frame.
#[derive(Clone, Debug, PartialEq)]
pub struct Control {
    pub id: Id,
    /// What of it is in view.
    pub rect: Rect,
    pub target: Target,
    /// Its accessible name.
    pub name: String,
}

/// Where refusals of a learn come back to.
pub(crate) fn learn_source() -> Id {
    Id::unique("loophole.learn")
}

/// Lets a control be mapped, by a context menu of its own or by pointing at it.
pub(crate) fn mappable_ui(
    ui: &Ui,
    response: &Response,
    name: &str,
    target: &dyn Fn() -> Target,
    actions: &mut Actions,
) {
    note(ui, response, name, target, actions);
    response.context_menu(|ui| map_item_ui(ui, name, target, actions));
}

/// Says where a control stands, for who points at it or wants to read the name of its hardware.
pub(crate) fn note(ui: &Ui, response: &Response, name: &str, target: &dyn Fn() -> Target, actions: &mut Actions) {
    if !actions.wants_controls {
        return;
    }
    let rect = response.rect.intersect(ui.clip_rect());
    if rect.is_positive() {
        actions.controls.push(Control { id: response.id, rect, target: target(), name: name.to_owned() });
    }
}

/// The entry of a context menu.
pub(crate) fn map_item_ui(ui: &mut Ui, name: &str, target: &dyn Fn() -> Target, actions: &mut Actions) {
    let button = Button::new((icons::ICON_SETTINGS_INPUT_COMPONENT.rich_text(), "Map to hardware…"));
    let tip = format!("Move a control of your hardware, and it moves “{name}” from then on.");
    if ui.add(button).accessible_name("Map to hardware…").on_hover_text(tip).clicked() {
        begin(target(), false, actions);
        ui.close();
    }
}

/// Begins to learn a control for a target.
fn begin(target: Target, batch: bool, actions: &mut Actions) {
    let begin = surface::LearnBegin { target: Some(target), batch, ..Default::default() };
    actions.intent_from(learn_source(), Intent::SurfaceLearnBegin(begin));
}

/// A channel by its id: renames do no harm.
fn of(channel: ChannelId) -> Selector {
    Selector::Id { id: channel.to_string() }
}

pub(crate) fn gain(channel: ChannelId) -> Target {
    Target::Gain { of: of(channel) }
}

pub(crate) fn pan(channel: ChannelId) -> Target {
    Target::Pan { of: of(channel) }
}

pub(crate) fn flag(channel: ChannelId, flag: Flag) -> Target {
    Target::Flag { of: of(channel), flag }
}

pub(crate) fn select(channel: ChannelId) -> Target {
    Target::Select { of: of(channel) }
}

pub(crate) fn parameter(parameter: ParameterId) -> Target {
    Target::Parameter { parameter_id: parameter.to_string() }
}

pub(crate) fn transport(action: TransportAction) -> Target {
    Target::Transport { action }
}
