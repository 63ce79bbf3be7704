//! The selected element, or the selected mapping with all of its glue.

use super::edit::{self, Change};
use super::{SurfacesPanelState, conflicts, drawing, glue, play, words};
use crate::state::Session;
use crate::theme;
use eframe::egui::{Align, Button, CollapsingHeader, Frame, Label, Layout, Margin, RichText, ScrollArea, Ui, vec2};
use egui_material_icons::icons;
use loophole_pulse::view::surfaces::{Interaction, LiveElement, LiveInput, Mapping, MappingView, SurfaceView};

/// A mapping that is being changed, before it is asked for.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    device: u32,
    mapping: Mapping,
    /// As it was when the draft began: when Pulse has another one, the draft is dropped.
    was: Mapping,
}

/// What is asked for: a changed mapping, and whether others can be in its way.
pub(super) type Changed = Option<(Change, Box<Mapping>)>;

/// Shows the mapping that is selected, else the element.
pub(super) fn inspector_ui(
    ui: &mut Ui,
    session: &Session,
    device: &SurfaceView,
    state: &mut SurfacesPanelState,
) -> Changed {
    let chosen = state.mapping.as_deref();
    let row = device.mappings.iter().find(|row| Some(row.mapping.id.as_str()) == chosen);
    let mut changed = None;
    ScrollArea::vertical().id_salt("inspector").auto_shrink(false).show(ui, |ui| {
        if let Some(row) = row {
            changed = mapping_ui(ui, session, device, row, state);
        } else if let Some(id) = state.element.clone() {
            element_ui(ui, device, &id, state);
        }
    });
    changed
}

fn close_ui(ui: &mut Ui, text: &str, name: &str) -> bool {
    let mut closed = false;
    let row = vec2(ui.available_width(), 22.0);
    ui.allocate_ui_with_layout(row, Layout::right_to_left(Align::Center), |ui| {
        let close = Button::new(icons::ICON_CLOSE.rich_text()).frame_when_inactive(false);
        closed = ui.add(close).accessible_name(name).clicked();
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
            ui.add(Label::new(RichText::new(text).strong()).truncate());
        });
    });
    closed
}

fn element_ui(ui: &mut Ui, device: &SurfaceView, id: &str, state: &mut SurfacesPanelState) {
    let Some(at) = device.elements.iter().position(|element| element.id == id) else { return };
    let Some(element) = device.elements.get(at) else { return };
    let nothing = LiveElement::default();
    let live = device.live.get(at).unwrap_or(&nothing);
    if close_ui(ui, &element.name, "Close the element") {
        state.element = None;
    }
    ui.horizontal_wrapped(|ui| {
        ui.label(icons::ICON_ARROW_FORWARD.rich_text());
        ui.label(drawing::controls(live));
    });
    for line in drawing::facts(element, live) {
        ui.weak(line);
    }
    ui.add_space(theme::SPACE_2);
    ui.label(RichText::new("Mappings").small().weak());
    let mut any = false;
    for row in device.mappings.iter().filter(|row| row.mapping.element == id) {
        any = true;
        let icon = if row.active { icons::ICON_RADIO_BUTTON_CHECKED } else { icons::ICON_RADIO_BUTTON_UNCHECKED };
        let button = Button::new((icon.rich_text(), RichText::new(&row.target).small())).truncate();
        let button = ui.add(button.frame_when_inactive(false));
        if button.accessible_name(format!("Open mapping {} to {}", row.source, row.target)).clicked() {
            state.mapping = Some(row.mapping.id.clone());
        }
    }
    if !any {
        ui.weak("None yet.");
    }
}

fn mapping_ui(
    ui: &mut Ui,
    session: &Session,
    device: &SurfaceView,
    row: &MappingView,
    state: &mut SurfacesPanelState,
) -> Changed {
    let tokens = theme::tokens(ui);
    let title = if row.mapping.name.is_empty() { &row.source } else { &row.mapping.name };
    if close_ui(ui, title, "Close the mapping") {
        state.mapping = None;
        return None;
    }
    let sign = words::scope(row.scope, tokens);
    ui.horizontal_wrapped(|ui| {
        ui.label(RichText::from(sign.icon).color(sign.colour));
        ui.label(RichText::new(words::scope_detail(row.scope)).small().color(tokens.text_weak));
    });
    now_ui(ui, row);
    ui.add_space(theme::SPACE_1);
    let mut draft = match state.draft.take() {
        Some(draft) if draft.device == device.device && draft.was == row.mapping => draft,
        _ => Draft { device: device.device, mapping: row.mapping.clone(), was: row.mapping.clone() },
    };
    let mut changed = None;
    ui.push_id(&row.mapping.id, |ui| {
        changed = parts_ui(ui, session, device, row);
        let input = input_of(device, &row.mapping);
        let relative = device.elements.iter().find(|element| element.id == row.mapping.element);
        let relative = relative.is_some_and(|element| play::is_relative(element, row.mapping.interaction));
        let error = session.rejection(conflicts::save_source()).map(|rejection| rejection.message.as_str());
        let error = error.filter(|_| draft.mapping.glue.transform != row.mapping.glue.transform);
        let shown = CollapsingHeader::new("How")
            .default_open(true)
            .show(ui, |ui| glue::glue_ui(ui, &mut draft.mapping.glue, input, relative, error));
        if shown.body_returned == Some(true) && draft.mapping != row.mapping && changed.is_none() {
            changed = Some((Change::Harmless, Box::new(draft.mapping.clone())));
        }
    });
    state.draft = Some(draft).filter(|draft| draft.mapping != draft.was);
    changed
}

fn now_ui(ui: &mut Ui, row: &MappingView) {
    let tokens = theme::tokens(ui);
    let (icon, text, ink) = match &row.target_now {
        Ok(now) if row.active => (icons::ICON_ARROW_FORWARD, now.clone(), tokens.text),
        Ok(now) => (icons::ICON_PAUSE, format!("{now} (not active now)"), tokens.text_weak),
        Err(why) => (icons::ICON_DO_NOT_DISTURB_ON, why.clone(), tokens.warning),
    };
    let frame = Frame::new().fill(tokens.sunken).corner_radius(theme::RADIUS).inner_margin(Margin::symmetric(6, 3));
    frame.show(ui, |ui| {
        ui.horizontal(|ui| {
            ui.label(icon.rich_text().color(ink));
            ui.add(Label::new(RichText::new(text).color(ink)).truncate());
        });
    });
}

/// Element, target and condition.
fn parts_ui(ui: &mut Ui, session: &Session, device: &SurfaceView, row: &MappingView) -> Changed {
    let mut changed = None;
    CollapsingHeader::new("What").default_open(true).show(ui, |ui| {
        if let Some(mapping) = edit::source_ui(ui, device, &row.mapping) {
            changed = Some((Change::Activation, Box::new(mapping)));
        }
        if let Some(target) = edit::target_ui(ui, &session.view().model, &row.mapping.target, 0) {
            changed = Some((Change::Harmless, Box::new(Mapping { target, ..row.mapping.clone() })));
        }
        if let Some(when) = edit::when_ui(ui, device, &row.mapping.when) {
            changed = Some((Change::Activation, Box::new(Mapping { when, ..row.mapping.clone() })));
        }
    });
    changed
}

/// Where the hand has the element of a mapping now; presses are all or nothing.
fn input_of(device: &SurfaceView, mapping: &Mapping) -> Option<f64> {
    let at = device.elements.iter().position(|element| element.id == mapping.element)?;
    match device.live.get(at)?.input.get(&mapping.interaction)? {
        (LiveInput::Place(place), _) => Some(*place),
        (LiveInput::Pressed(on), _) if mapping.interaction == Interaction::Press => Some(f64::from(u8::from(*on))),
        (LiveInput::Turned(_) | LiveInput::Pressed(_), _) => None,
    }
}
