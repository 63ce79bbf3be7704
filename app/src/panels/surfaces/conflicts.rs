//! Who stands in the way of a mapping, before it is saved; the person chooses.

use crate::action::Actions;
use crate::state::Session;
use crate::theme;
use eframe::egui::{Align2, Button, Id, Key, Label, Modifiers, RichText, Ui, Window};
use egui_material_icons::icons;
use loophole_pulse::intent::{Intent, surface};
use loophole_pulse::view::surfaces::{Mapping, MappingScope};
use serde_json::Value;

/// A mapping that is checked before it is saved.
#[derive(Clone, Debug)]
pub(super) struct Check {
    device: u32,
    mapping: Mapping,
    /// Else an old one is changed.
    is_new: bool,
    /// Pulse was asked: not before the frame has ended.
    is_asked: bool,
}

/// One that stands in the way, as a person reads it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct InTheWay {
    pub id: String,
    pub description: String,
    /// It can be taken out of the way.
    pub replaceable: bool,
    pub factory: bool,
}

/// What a person chose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Choice {
    Replace,
    KeepBoth,
    Cancel,
}

/// Where refusals of a mapping that is checked or saved come back to.
pub(super) fn save_source() -> Id {
    Id::unique("loophole.surfaces.save")
}

/// Asks who would be in the way; what follows is done by [`check_ui`].
pub(super) fn begin(device: u32, mapping: Mapping, is_new: bool, actions: &mut Actions) -> Check {
    let ask = surface::CheckMapping { device, mapping: Box::new(mapping.clone()) };
    actions.intent_from(save_source(), Intent::SurfaceCheckMapping(ask));
    Check { device, mapping, is_new, is_asked: false }
}

/// Saves when nobody is in the way, else asks; none when it is over.
pub(super) fn check_ui(ui: &Ui, session: &Session, check: Check, actions: &mut Actions) -> Option<Check> {
    if !check.is_asked {
        return Some(Check { is_asked: true, ..check });
    }
    if session.is_pending(save_source()) {
        return Some(check);
    }
    let found = session.reply(save_source()).map(|reply| read(&reply.payload.value()))?;
    if found.is_empty() {
        save(&check, Vec::new(), actions);
        return None;
    }
    match window_ui(ui, &found) {
        None => Some(check),
        Some(Choice::Cancel) => None,
        Some(Choice::KeepBoth) => {
            save(&check, Vec::new(), actions);
            None
        }
        Some(Choice::Replace) => {
            let replace = found.into_iter().filter(|one| one.replaceable).map(|one| one.id).collect();
            save(&check, replace, actions);
            None
        }
    }
}

fn save(check: &Check, replace: Vec<String>, actions: &mut Actions) {
    let (device, mapping) = (check.device, check.mapping.clone());
    if check.is_new {
        let add =
            surface::AddMapping { device, mapping: Box::new(mapping), scope: None, elements: Vec::new(), replace };
        return actions.intent_from(save_source(), Intent::SurfaceAddMapping(add));
    }
    if !replace.is_empty() {
        let remove = surface::RemoveMapping { device, mapping_ids: replace };
        actions.intent_from(save_source(), Intent::SurfaceRemoveMapping(remove));
    }
    actions.intent_from(
        save_source(),
        Intent::SurfaceUpdateMapping(surface::UpdateMapping { device, mapping: Box::new(mapping) }),
    );
}

/// The answer to `surface.checkMapping`.
fn read(payload: &Value) -> Vec<InTheWay> {
    let list = payload.get("conflicts").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let one = |conflict: &Value| {
        let text = |name: &str| conflict.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        InTheWay {
            id: text("mappingId"),
            description: text("description"),
            replaceable: conflict.get("replaceable").and_then(Value::as_bool).unwrap_or(false),
            factory: text("scope") == "factory",
        }
    };
    list.iter().map(one).collect()
}

impl From<&loophole_pulse::view::surfaces::ConflictView> for InTheWay {
    fn from(conflict: &loophole_pulse::view::surfaces::ConflictView) -> Self {
        Self {
            id: conflict.mapping_id.clone(),
            description: conflict.description.clone(),
            replaceable: conflict.replaceable,
            factory: conflict.scope == MappingScope::Factory,
        }
    }
}

fn window_ui(ui: &Ui, found: &[InTheWay]) -> Option<Choice> {
    let mut choice = None;
    let window = Window::new("This control is in use").id(Id::unique("loophole.surfaces.conflict"));
    window.collapsible(false).resizable(false).anchor(Align2::CENTER_CENTER, [0.0, 0.0]).show(ui, |ui| {
        ui.set_width(420.0);
        ui.label("Nothing is saved yet. Already mapped to it:");
        choice = report_ui(ui, found);
    });
    if ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Escape)) {
        choice = Some(Choice::Cancel);
    }
    choice
}

/// The list, and the three ways out.
pub(crate) fn report_ui(ui: &mut Ui, found: &[InTheWay]) -> Option<Choice> {
    let tokens = theme::tokens(ui);
    let mut choice = None;
    for one in found {
        ui.horizontal_top(|ui| {
            ui.label(icons::ICON_WARNING.rich_text().color(tokens.warning));
            ui.vertical(|ui| {
                ui.add(Label::new(&one.description).wrap());
                if one.factory {
                    ui.weak("It comes with the profile: the new mapping covers it.");
                }
            });
        });
    }
    ui.add_space(theme::SPACE_2);
    ui.horizontal(|ui| {
        let can = found.iter().any(|one| one.replaceable);
        let replace = ui.add_enabled(can, Button::new(RichText::new("Replace").strong()));
        if replace.on_hover_text("Takes the others out of the way; undo brings them back.").clicked() {
            choice = Some(Choice::Replace);
        }
        let both = ui.add(Button::new("Keep both"));
        if both.on_hover_text("One control moves both.").clicked() {
            choice = Some(Choice::KeepBoth);
        }
        if ui.button("Cancel").accessible_name("Cancel the mapping").clicked() {
            choice = Some(Choice::Cancel);
        }
    });
    choice
}

#[cfg(test)]
mod tests {
    use super::*;
    use loophole_pulse::view::surfaces::ConflictView;
    use serde_json::json;

    #[test]
    fn the_answer_is_read_as_it_is_written() {
        let conflict = ConflictView {
            mapping_id: "m1".into(),
            scope: MappingScope::User,
            description: "Fader 1 moves the volume of track 1".into(),
            replaceable: true,
        };
        let payload = json!({ "conflicts": [conflict] });
        assert_eq!(read(&payload), [InTheWay::from(&conflict)]);
        assert_eq!(read(&json!({})), []);
        assert_eq!(read(&json!({ "conflicts": [7] })).len(), 1);
    }
}
