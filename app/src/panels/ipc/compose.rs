//! Any command of the registry, written by hand or taken from the list, checked while one types, and sent.

use crate::action::Actions;
use crate::state::Session;
use crate::theme;
use crate::widgets::fuzzy;
use crate::widgets::json_tree::json_tree_ui;
use eframe::egui::{
    Button, FontId, Id, Key, KeyboardShortcut, Label, Modifiers, RichText, ScrollArea, TextEdit, Ui, vec2,
};
use egui_material_icons::icons;
use loophole_pulse::intent::{Intent, IntentSpec};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

const SEND: KeyboardShortcut = KeyboardShortcut::new(Modifiers::COMMAND, Key::Enter);
const LIST_WIDTH: f32 = 250.0;
const FIELD_ROWS: usize = 8;
/// Schemas refer to themselves; a first payload need not be deeper.
const DEPTH_MAX: usize = 6;

/// A command that somebody wants to keep.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
struct Favourite {
    domain: String,
    name: String,
    payload: String,
}

/// What is being written; kept between runs.
#[derive(Debug, Default, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub(crate) struct ComposeState {
    domain: String,
    name: String,
    payload: String,
    favourites: Vec<Favourite>,
    #[serde(skip)]
    search: String,
}

impl ComposeState {
    /// A command to change and to send again; false when it is none of the registry.
    pub(crate) fn take(&mut self, domain: &str, name: &str, payload: &Value) -> bool {
        let known = spec_of(domain, name).is_some();
        if known {
            (self.domain, self.name) = (domain.to_owned(), name.to_owned());
            self.payload = serde_json::to_string_pretty(payload).unwrap_or_default();
        }
        known
    }

    /// The intent as it stands, or what is wrong with it.
    fn intent(&self) -> Result<Intent, String> {
        let payload = if self.payload.trim().is_empty() { "{}" } else { &self.payload };
        let payload =
            RawValue::from_string(payload.to_owned()).map_err(|error| format!("This is no JSON: {error}."))?;
        Intent::parse(&self.domain, &self.name, &payload).map_err(|error| error.to_string())
    }
}

pub(crate) fn spec_of(domain: &str, name: &str) -> Option<&'static IntentSpec> {
    Intent::SPECS.iter().find(|spec| spec.domain == domain && spec.name == name)
}

fn source() -> Id {
    Id::unique("ipc.compose")
}

pub(crate) fn compose_ui(ui: &mut Ui, session: &Session, state: &mut ComposeState, actions: &mut Actions) {
    ui.horizontal_top(|ui| {
        ui.add_space(theme::SPACE_2);
        ui.vertical(|ui| {
            ui.set_width(LIST_WIDTH);
            list_ui(ui, state);
        });
        ui.separator();
        ui.vertical(|ui| {
            ScrollArea::vertical().id_salt("compose").auto_shrink(false).show(ui, |ui| {
                command_ui(ui, session, state, actions);
            });
        });
    });
}

fn list_ui(ui: &mut Ui, state: &mut ComposeState) {
    let hint = TextEdit::singleline(&mut state.search).hint_text("Search a command").desired_width(LIST_WIDTH - 8.0);
    ui.add(hint).accessible_name("Search a command");
    ScrollArea::vertical().id_salt("commands").auto_shrink(false).show(ui, |ui| {
        let mut gone = None;
        for (at, favourite) in state.favourites.iter().enumerate() {
            let name = format!("{}.{}", favourite.domain, favourite.name);
            ui.horizontal(|ui| {
                let star = Button::new(RichText::from(icons::ICON_STAR)).frame_when_inactive(false);
                if ui.add(star).on_hover_text("Keep it no longer").clicked() {
                    gone = Some(at);
                }
                let text = Button::selectable(false, RichText::new(&name)).truncate();
                let chosen =
                    ui.add(text).accessible_name(format!("Favourite {name}")).on_hover_text(&favourite.payload);
                if chosen.clicked() {
                    (state.domain, state.name) = (favourite.domain.clone(), favourite.name.clone());
                    state.payload.clone_from(&favourite.payload);
                }
            });
        }
        if let Some(at) = gone {
            state.favourites.remove(at);
        }
        if !state.favourites.is_empty() {
            ui.separator();
        }
        for spec in found(&state.search) {
            let name = format!("{}.{}", spec.domain, spec.name);
            let is_now = spec.domain == state.domain && spec.name == state.name;
            let text = RichText::new(&name).color(theme::tokens(ui).domain(spec.domain));
            if ui.add(Button::selectable(is_now, text).truncate()).on_hover_text(spec.doc).clicked() && !is_now {
                state.take(spec.domain, spec.name, &first_payload(spec));
            }
        }
    });
}

/// The commands that a text means, the best first; all of them without one.
fn found(search: &str) -> Vec<&'static IntentSpec> {
    if search.trim().is_empty() {
        return Intent::SPECS.iter().collect();
    }
    let score = |spec: &&'static IntentSpec| {
        let name = fuzzy::score(search, &format!("{}.{}", spec.domain, spec.name));
        let title = fuzzy::score(search, spec.title);
        Some((name.max(title)?, *spec))
    };
    let mut found: Vec<_> = Intent::SPECS.iter().filter_map(|spec| score(&spec)).collect();
    found.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
    found.into_iter().map(|(_, spec)| spec).collect()
}

fn command_ui(ui: &mut Ui, session: &Session, state: &mut ComposeState, actions: &mut Actions) {
    let Some(spec) = spec_of(&state.domain, &state.name) else {
        ui.add_space(theme::SPACE_4);
        ui.weak("Choose a command on the left, or “Edit and send again” beside a message.");
        return;
    };
    let tokens = theme::tokens(ui);
    ui.label(RichText::new(format!("{}.{}", spec.domain, spec.name)).strong().color(tokens.domain(spec.domain)));
    ui.add(Label::new(RichText::new(spec.doc).color(tokens.text_weak)).wrap());
    ui.add_space(theme::SPACE_1);
    let field = TextEdit::multiline(&mut state.payload).code_editor().desired_rows(FIELD_ROWS);
    ui.add(field.desired_width(f32::INFINITY).font(FontId::monospace(theme::TEXT_SMALL)))
        .accessible_name("Payload of the command");
    let intent = state.intent();
    if let Err(wrong) = &intent {
        ui.add(Label::new(RichText::new(wrong).color(tokens.error)).wrap());
    }
    ui.horizontal(|ui| {
        let send = Button::new((RichText::from(icons::ICON_SEND), "Send")).min_size(vec2(72.0, 0.0));
        let send = ui.add_enabled(intent.is_ok(), send).accessible_name("Send the command");
        let send = send.on_hover_text(format!("Sends it as the window does ({})", ui.format_shortcut(&SEND)));
        let pressed = send.clicked() || ui.input_mut(|input| input.consume_shortcut(&SEND));
        if let Ok(intent) = &intent
            && pressed
        {
            actions.intent_from(source(), intent.clone());
        }
        let kept = Favourite { domain: state.domain.clone(), name: state.name.clone(), payload: state.payload.clone() };
        let is_kept = state.favourites.contains(&kept);
        let keep = Button::new((RichText::from(icons::ICON_STAR), "Keep"));
        if ui.add_enabled(!is_kept, keep).on_hover_text("Keeps it in the list on the left").clicked() {
            state.favourites.push(kept);
        }
        if ui.button("Empty payload").on_hover_text("Writes the fields that must be there").clicked() {
            state.take(spec.domain, spec.name, &first_payload(spec));
        }
    });
    answer_ui(ui, session);
}

fn answer_ui(ui: &mut Ui, session: &Session) {
    let tokens = theme::tokens(ui);
    ui.add_space(theme::SPACE_2);
    if session.is_pending(source()) {
        ui.horizontal(|ui| {
            ui.spinner();
            ui.weak("Sent; no answer yet.");
        });
    } else if let Some(rejection) = session.rejection(source()) {
        ui.label(RichText::new(&rejection.code).strong().color(tokens.error));
        ui.add(Label::new(&rejection.message).wrap().selectable(true));
        if !rejection.details.is_null() {
            json_tree_ui(ui, "details", &rejection.details);
        }
    } else if let Some(reply) = session.reply(source()) {
        ui.label(RichText::new(format!("Done; revision {}", reply.revision)).strong().color(tokens.ok));
        match reply.payload.value() {
            Value::Object(fields) if fields.is_empty() => {}
            payload => json_tree_ui(ui, "answer", &payload),
        }
    }
}

/// The fields that must be there, each with the least that its type can be.
fn first_payload(spec: &IntentSpec) -> Value {
    let schema = (spec.schema)();
    match least(schema.as_value(), schema.as_value(), 0) {
        fields @ Value::Object(_) => fields,
        _ => Value::Object(Map::new()),
    }
}

fn least(schema: &Value, root: &Value, depth: usize) -> Value {
    if depth > DEPTH_MAX {
        return Value::Null;
    }
    let part = |key: &str| schema.get(key);
    if let Some(name) = part("$ref").and_then(Value::as_str) {
        let target = name.strip_prefix('#').and_then(|pointer| root.pointer(pointer));
        return target.map_or(Value::Null, |target| least(target, root, depth + 1));
    }
    if let Some(fixed) = part("const").or_else(|| part("default")).or_else(|| part("enum")?.get(0)) {
        return fixed.clone();
    }
    let first = ["oneOf", "anyOf", "allOf"].into_iter().find_map(|key| part(key)?.get(0));
    let mut value = first.map_or(Value::Null, |first| least(first, root, depth + 1));
    let kind = part("type").map(|kind| kind.get(0).unwrap_or(kind));
    match kind.and_then(Value::as_str) {
        Some("object") => {
            let required = part("required").and_then(Value::as_array).into_iter().flatten();
            let mut fields = value.as_object().cloned().unwrap_or_else(Map::new);
            for name in required.filter_map(Value::as_str) {
                let field = part("properties").and_then(|all| all.get(name));
                fields.insert(name.to_owned(), field.map_or(Value::Null, |field| least(field, root, depth + 1)));
            }
            value = fields.into();
        }
        Some("array") => value = Value::Array(Vec::new()),
        Some("string") => value = "".into(),
        Some("boolean") => value = false.into(),
        Some("integer") => value = part("minimum").and_then(Value::as_i64).unwrap_or(0).into(),
        Some("number") => value = part("minimum").and_then(Value::as_f64).unwrap_or(0.0).into(),
        _ => {}
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_first_payload_has_the_required_fields() {
        assert_eq!(
            first_payload(spec_of("transport", "seek").unwrap()),
            json!({}),
            "one of two fields: both may be left out"
        );
        let rename = first_payload(spec_of("track", "rename").unwrap());
        assert_eq!(rename.as_object().unwrap().keys().collect::<Vec<_>>(), ["name", "trackId"]);
    }

    #[test]
    fn what_is_written_is_checked() {
        let mut state = ComposeState::default();
        assert!(!state.take("no", "command", &json!({})));
        assert!(state.take("transport", "seek", &json!({"positionTicks": 960})));
        assert!(state.intent().is_ok());
        state.payload = "{".to_owned();
        assert!(state.intent().unwrap_err().starts_with("This is no JSON"));
        state.payload = r#"{"positionTicks":"soon"}"#.to_owned();
        assert!(state.intent().unwrap_err().contains("positionTicks"));
        state.payload = " ".to_owned();
        assert!(state.intent().is_ok(), "nothing is an empty payload");
    }

    #[test]
    fn commands_are_found_by_name_and_title() {
        assert_eq!(found("").len(), Intent::SPECS.len());
        assert_eq!(found("transport.seek")[0].name, "seek");
        assert!(found("zzzzqq").is_empty());
    }
}
