//! The parts of a mapping that say what: element, target, condition. Each gives back the changed part.

use super::words;
use crate::theme;
use eframe::egui::{Checkbox, ComboBox, DragValue, Grid, RichText, ScrollArea, TextEdit, Ui};
use loophole_pulse::intent::Intent;
use loophole_pulse::model::{ChannelRole, Model};
use loophole_pulse::view::surfaces::surface_mapping::target::{Flag, TransportAction};
use loophole_pulse::view::surfaces::surface_mapping::{Selector, When};
use loophole_pulse::view::surfaces::{Mapping, SurfaceView, Target};

/// Whether a change can stand in the way of another mapping.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    Harmless,
    /// Element, interaction or condition: others may use them already.
    Activation,
}

const FIELD: f32 = 200.0;
const LIST: f32 = 300.0;
/// Steps in a sequence of targets.
const MOST_STEPS: usize = 16;

fn grid(ui: &mut Ui, salt: &str, content: impl FnOnce(&mut Ui)) {
    Grid::new(salt).num_columns(2).spacing([theme::SPACE_2, theme::SPACE_1]).show(ui, content);
}

fn label(ui: &mut Ui, text: &str) {
    ui.label(RichText::new(text).small().weak());
}

/// Text that counts when it is left, not with every letter.
pub(super) fn text_ui(ui: &mut Ui, name: &str, text: &str, hint: &str, width: f32) -> Option<String> {
    typed_ui(ui, name, text, hint, width).0
}

/// The same, with what stands in the field now.
pub(super) fn typed_ui(ui: &mut Ui, name: &str, text: &str, hint: &str, width: f32) -> (Option<String>, String) {
    let id = ui.scope_id().with(("text", name));
    let mut draft: String = ui.data(|data| data.get_temp(id)).unwrap_or_else(|| text.to_owned());
    let field = ui.add(TextEdit::singleline(&mut draft).hint_text(hint).desired_width(width)).accessible_name(name);
    let (left, typing) = (field.lost_focus(), field.has_focus());
    ui.data_mut(|data| {
        if typing {
            data.insert_temp(id, draft.clone());
        } else {
            data.remove::<String>(id);
        }
    });
    let counts = left && draft != text && !ui.input(|input| input.key_pressed(eframe::egui::Key::Escape));
    (counts.then(|| draft.clone()), draft)
}

/// Which element, and what is done with it.
pub(super) fn source_ui(ui: &mut Ui, device: &SurfaceView, mapping: &Mapping) -> Option<Mapping> {
    let mut changed = mapping.clone();
    let element = device.elements.iter().find(|element| element.id == mapping.element);
    grid(ui, "source", |ui| {
        label(ui, "Element");
        let name = element.map_or(mapping.element.as_str(), |element| &element.name);
        let combo = ComboBox::from_id_salt("element").width(FIELD).height(LIST).selected_text(name);
        let shown = combo.show_ui(ui, |ui| {
            for one in device.elements.iter().filter(|one| !one.input.is_empty()) {
                if ui.selectable_label(one.id == mapping.element, &one.name).clicked() {
                    changed.element = one.id.clone();
                    if let Some(first) = one.input.keys().next()
                        && !one.input.contains_key(&changed.interaction)
                    {
                        changed.interaction = *first;
                    }
                }
            }
        });
        shown.response.accessible_name("Element of the mapping");
        ui.end_row();
        label(ui, "Hand");
        ui.horizontal(|ui| {
            for interaction in words::INTERACTIONS {
                let has = element.is_some_and(|element| element.input.contains_key(&interaction));
                if (has || interaction == mapping.interaction)
                    && ui.selectable_label(interaction == mapping.interaction, interaction.name()).clicked()
                {
                    changed.interaction = interaction;
                }
            }
        });
        ui.end_row();
    });
    (changed != *mapping).then_some(changed)
}

/// Context, page and modifiers.
pub(super) fn when_ui(ui: &mut Ui, device: &SurfaceView, when: &When) -> Option<When> {
    let mut changed = when.clone();
    grid(ui, "when", |ui| {
        label(ui, "Looking at");
        let text = when.context.map_or("Anything", words::context);
        let combo = ComboBox::from_id_salt("context").width(FIELD).selected_text(text);
        let shown = combo.show_ui(ui, |ui| {
            ui.selectable_value(&mut changed.context, None, "Anything");
            for context in words::CONTEXTS {
                ui.selectable_value(&mut changed.context, Some(context), words::context(context));
            }
        });
        shown.response.accessible_name("Active while looking at");
        ui.end_row();
        label(ui, "Page");
        page_ui(ui, device, &mut changed);
        ui.end_row();
        label(ui, "Modifiers");
        modifiers_ui(ui, device, &mut changed);
        ui.end_row();
    });
    (changed != *when).then_some(changed)
}

fn page_ui(ui: &mut Ui, device: &SurfaceView, changed: &mut When) {
    let text = changed.page.clone().unwrap_or_else(|| "Every page".to_owned());
    let combo = ComboBox::from_id_salt("page").width(120.0).selected_text(text);
    ui.horizontal(|ui| {
        let shown = combo.show_ui(ui, |ui| {
            ui.selectable_value(&mut changed.page, None, "Every page");
            for page in &device.pages {
                ui.selectable_value(&mut changed.page, Some(page.clone()), page);
            }
        });
        shown.response.accessible_name("Active on page");
        if let Some(page) = text_ui(ui, "New page", "", "new page", 70.0)
            && !page.trim().is_empty()
        {
            changed.page = Some(page.trim().to_owned());
        }
    });
}

fn modifiers_ui(ui: &mut Ui, device: &SurfaceView, changed: &mut When) {
    let of_mappings = device.mappings.iter().filter_map(|row| match &row.mapping.target {
        Target::Modifier { name } => Some(name.clone()),
        _ => None,
    });
    let mut names: Vec<String> = of_mappings.chain(changed.modifiers.keys().cloned()).collect();
    names.sort();
    names.dedup();
    ui.vertical(|ui| {
        if names.is_empty() {
            ui.weak("None. Map a button to “Modifier” first.");
        }
        for name in names {
            ui.horizontal(|ui| {
                ui.label(&name);
                let now = changed.modifiers.get(&name).copied();
                for (state, text) in [(None, "either"), (Some(true), "held"), (Some(false), "not held")] {
                    let choice = ui.selectable_label(now == state, text).accessible_name(format!("{name} {text}"));
                    if choice.clicked() {
                        match state {
                            Some(held) => changed.modifiers.insert(name.clone(), held),
                            None => changed.modifiers.remove(&name),
                        };
                    }
                }
            });
        }
    });
}

/// The kinds of target, in groups of what people look for.
fn kinds() -> Vec<(&'static str, Target)> {
    let of = || Selector::Bank { index: 0 };
    let text = String::new;
    vec![
        ("Volume", Target::Gain { of: of() }),
        ("Pan", Target::Pan { of: of() }),
        ("Send level", Target::SendLevel { of: of(), send: 0 }),
        ("Mute, solo, arm, monitor", Target::Flag { of: of(), flag: Flag::Mute }),
        ("Select a track", Target::Select { of: of() }),
        ("Parameter touched last", Target::LastTouched),
        ("Parameter by its id", Target::Parameter { parameter_id: text() }),
        ("Parameter by its place", Target::NodeParameter { of: Selector::Focused, node: 0, parameter: 0 }),
        ("Transport", Target::Transport { action: TransportAction::TogglePlay }),
        ("Bank left or right", Target::Bank { by: 8 }),
        ("Go to a page", Target::Page { page: text() }),
        ("Next or previous page", Target::PageBy { by: 1 }),
        ("Modifier", Target::Modifier { name: "shift".to_owned() }),
        ("Undo", Target::Undo),
        ("Redo", Target::Redo),
        ("Any command", Target::Intent { name: text(), payload: serde_json::Map::new() }),
        ("Send MIDI to the device", Target::SendMidi { bytes: text() }),
        ("Send OSC", Target::SendOsc { address: text() }),
        ("Several, in order", Target::Macro { steps: Vec::new() }),
        ("Show a name", Target::Name { of: of() }),
        ("Show a meter", Target::Meter { of: of() }),
        ("Show the position", Target::Position),
    ]
}

fn kind_text(target: &Target) -> &'static str {
    let same = |other: &Target| std::mem::discriminant(other) == std::mem::discriminant(target);
    kinds().into_iter().find(|(_, kind)| same(kind)).map_or("", |(text, _)| text)
}

/// What is controlled. `depth` counts sequences within sequences.
pub(super) fn target_ui(ui: &mut Ui, model: &Model, target: &Target, depth: usize) -> Option<Target> {
    let mut changed = target.clone();
    ui.push_id(("target", depth), |ui| {
        grid(ui, "target", |ui| {
            label(ui, "Target");
            let combo = ComboBox::from_id_salt("kind").width(FIELD).height(LIST).selected_text(kind_text(target));
            let shown = combo.show_ui(ui, |ui| {
                for (text, kind) in kinds() {
                    let nested = depth > 0 && matches!(kind, Target::Macro { .. });
                    let is_now = text == kind_text(target);
                    if !nested && ui.selectable_label(is_now, text).clicked() && !is_now {
                        changed = keep_selector(target, kind);
                    }
                }
            });
            shown.response.accessible_name("Kind of target");
            ui.end_row();
            fields_ui(ui, model, &mut changed);
        });
        if let Target::Macro { steps } = &mut changed {
            steps_ui(ui, model, steps, depth);
        }
    });
    (changed != *target).then_some(changed)
}

/// Another kind of target for the same channel.
fn keep_selector(old: &Target, mut new: Target) -> Target {
    let mut old = old.clone();
    if let (Some(old), Some(new)) = (selector_of(&mut old), selector_of(&mut new)) {
        *new = old.clone();
    }
    new
}

fn selector_of(target: &mut Target) -> Option<&mut Selector> {
    match target {
        Target::Gain { of }
        | Target::Pan { of }
        | Target::SendLevel { of, .. }
        | Target::NodeParameter { of, .. }
        | Target::Flag { of, .. }
        | Target::Select { of }
        | Target::Name { of }
        | Target::Meter { of } => Some(of),
        Target::Parameter { .. }
        | Target::LastTouched
        | Target::Transport { .. }
        | Target::Bank { .. }
        | Target::Page { .. }
        | Target::PageBy { .. }
        | Target::Modifier { .. }
        | Target::Undo
        | Target::Redo
        | Target::Intent { .. }
        | Target::SendMidi { .. }
        | Target::SendOsc { .. }
        | Target::Macro { .. }
        | Target::Position => None,
    }
}

fn fields_ui(ui: &mut Ui, model: &Model, target: &mut Target) {
    if let Some(of) = selector_of(target) {
        label(ui, "Of");
        selector_ui(ui, model, of);
        ui.end_row();
    }
    match target {
        Target::SendLevel { send, .. } => counted(ui, "Send", send),
        Target::NodeParameter { node, parameter, .. } => {
            counted(ui, "Device", node);
            counted(ui, "Parameter", parameter);
        }
        Target::Flag { flag, .. } => {
            label(ui, "Switch");
            ui.horizontal(|ui| {
                for one in words::FLAGS {
                    ui.selectable_value(flag, one, words::flag(one));
                }
            });
            ui.end_row();
        }
        Target::Transport { action } => {
            label(ui, "Action");
            let combo = ComboBox::from_id_salt("action").width(FIELD).height(LIST);
            let shown = combo.selected_text(words::transport_action(*action)).show_ui(ui, |ui| {
                for one in words::TRANSPORT_ACTIONS {
                    ui.selectable_value(action, one, words::transport_action(one));
                }
            });
            shown.response.accessible_name("Transport action");
            ui.end_row();
        }
        Target::Bank { by } | Target::PageBy { by } => {
            label(ui, "By");
            ui.add(DragValue::new(by).range(-1_000..=1_000)).accessible_name("By how many");
            ui.end_row();
        }
        Target::Parameter { parameter_id } => field(ui, "Parameter", parameter_id, "p12"),
        Target::Page { page } => field(ui, "Page", page, "Mix"),
        Target::Modifier { name } => field(ui, "Name", name, "shift"),
        Target::SendMidi { bytes } => field(ui, "Bytes", bytes, "B0 07 vv"),
        Target::SendOsc { address } => field(ui, "Address", address, "/cue/go"),
        Target::Intent { name, payload } => intent_ui(ui, name, payload),
        Target::Gain { .. }
        | Target::Pan { .. }
        | Target::Select { .. }
        | Target::Name { .. }
        | Target::Meter { .. }
        | Target::LastTouched
        | Target::Undo
        | Target::Redo
        | Target::Macro { .. }
        | Target::Position => {}
    }
}

fn field(ui: &mut Ui, name: &str, text: &mut String, hint: &str) {
    label(ui, name);
    if let Some(new) = text_ui(ui, &format!("{name} of the target"), text, hint, FIELD) {
        *text = new;
    }
    ui.end_row();
}

/// People count from one.
fn counted(ui: &mut Ui, name: &str, number: &mut u16) {
    label(ui, name);
    let mut shown = number.saturating_add(1);
    let field = DragValue::new(&mut shown).range(1..=1_000);
    let field = ui.add(field).accessible_name(format!("{name} of the target"));
    if field.changed() {
        *number = shown.saturating_sub(1);
    }
    ui.end_row();
}

fn selector_ui(ui: &mut Ui, model: &Model, of: &mut Selector) {
    let name = |id: &str| {
        let channel = model.channels.values().find(|channel| channel.id.to_string() == id);
        let track = || {
            let track = model.tracks.values().find(|track| track.id.to_string() == id)?;
            Some(track.name.clone())
        };
        channel.map(|channel| channel.name.clone()).or_else(track).unwrap_or_else(|| format!("{id} (gone)"))
    };
    let text = match &*of {
        Selector::Id { id } => name(id),
        _ => {
            let text = of.to_string();
            text.chars()
                .next()
                .map_or(String::new(), |first| first.to_uppercase().chain(text.chars().skip(1)).collect())
        }
    };
    ui.horizontal(|ui| {
        let width =
            if matches!(of, Selector::Bank { .. } | Selector::AfterSelected { .. }) { FIELD - 64.0 } else { FIELD };
        let combo = ComboBox::from_id_salt("selector").width(width).height(LIST).selected_text(text);
        let shown = combo.show_ui(ui, |ui| {
            for (text, selector) in [
                ("A track of the bank", Selector::Bank { index: 0 }),
                ("The selected track", Selector::Selected),
                ("The track after the selected one", Selector::AfterSelected { steps: 1 }),
                ("What has the focus", Selector::Focused),
                ("The master", Selector::Master),
            ] {
                let same = std::mem::discriminant(&selector) == std::mem::discriminant(of);
                if ui.selectable_label(same, text).clicked() && !same {
                    *of = selector;
                }
            }
            ui.separator();
            for channel in model.channels.values().filter(|channel| channel.role != ChannelRole::Master) {
                let id = channel.id.to_string();
                let now = matches!(of, Selector::Id { id: known } if *known == id);
                if ui.selectable_label(now, &channel.name).clicked() {
                    *of = Selector::Id { id };
                }
            }
        });
        shown.response.accessible_name("Channel of the target");
        if let Selector::Bank { index } = of {
            let mut place = index.saturating_add(1);
            let field = DragValue::new(&mut place).range(1..=1_000).speed(0.05);
            if ui.add(field).accessible_name("Place in the bank").changed() {
                *index = place.saturating_sub(1);
            }
        }
        if let Selector::AfterSelected { steps } = of {
            ui.add(DragValue::new(steps).range(-1_000..=1_000).speed(0.05))
                .accessible_name("Tracks after the selected one");
        }
    });
}

fn intent_ui(ui: &mut Ui, name: &mut String, payload: &mut serde_json::Map<String, serde_json::Value>) {
    label(ui, "Command");
    let spec = Intent::SPECS.iter().find(|spec| format!("{}.{}", spec.domain, spec.name) == *name);
    let combo = ComboBox::from_id_salt("intent").width(FIELD).height(LIST);
    let shown = combo.selected_text(spec.map_or(name.as_str(), |spec| spec.title)).show_ui(ui, |ui| {
        ScrollArea::vertical().show(ui, |ui| {
            for spec in Intent::SPECS {
                let full = format!("{}.{}", spec.domain, spec.name);
                if ui.selectable_label(full == *name, spec.title).on_hover_text(&full).clicked() {
                    *name = full;
                    payload.clear();
                }
            }
        });
    });
    shown.response.accessible_name("Command to run");
    ui.end_row();
    label(ui, "Payload");
    let text = serde_json::to_string(payload).unwrap_or_default();
    ui.vertical(|ui| {
        let id = ui.scope_id().with("payload error");
        if let Some(new) = text_ui(ui, "Payload of the command", &text, r#"{"value":"{value}"}"#, FIELD) {
            match serde_json::from_str(&new) {
                Ok(read) => {
                    *payload = read;
                    ui.data_mut(|data| data.remove::<String>(id));
                }
                Err(error) => {
                    ui.data_mut(|data| data.insert_temp(id, error.to_string()));
                }
            }
        }
        if let Some(error) = ui.data(|data| data.get_temp::<String>(id)) {
            ui.label(RichText::new(format!("This is no JSON object: {error}")).small().color(theme::tokens(ui).error));
        }
    });
    ui.end_row();
}

fn steps_ui(ui: &mut Ui, model: &Model, steps: &mut Vec<Target>, depth: usize) {
    let mut removed = None;
    for (at, step) in steps.iter_mut().enumerate() {
        ui.push_id(("step", at), |ui| {
            ui.separator();
            ui.horizontal_top(|ui| {
                ui.weak(format!("{}.", at + 1));
                ui.vertical(|ui| {
                    if let Some(new) = target_ui(ui, model, step, depth + 1) {
                        *step = new;
                    }
                });
                if ui.small_button("Remove").accessible_name(format!("Remove step {}", at + 1)).clicked() {
                    removed = Some(at);
                }
            });
        });
    }
    if let Some(at) = removed {
        steps.remove(at);
    }
    if steps.len() < MOST_STEPS && ui.button("Add a step").clicked() {
        steps.push(Target::Transport { action: TransportAction::TogglePlay });
    }
}

/// A box to tick with a name.
pub(super) fn tick(ui: &mut Ui, on: &mut bool, text: &str) -> bool {
    ui.add(Checkbox::new(on, text)).changed()
}
