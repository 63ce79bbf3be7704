//! One message in full, and what it answers or is answered by.

use super::compose::spec_of;
use super::conversation::conversation_ui;
use super::log::{Log, Message, Place};
use super::{table, text};
use crate::theme;
use crate::widgets::json_tree::json_tree_ui;
use eframe::egui::{Grid, Label, RichText, ScrollArea, TextStyle, Ui};
use loophole_pulse::intent::Intent;
use loophole_pulse::trace::{Kind, Party, TraceEntry};
use serde_json::value::RawValue;
use serde_json::{Value, json};

/// A longer payload is cut where it stands as text.
const RAW_CHARACTERS: usize = 20_000;

/// What was parsed of the selected message, once.
#[derive(Debug, Default)]
pub(crate) struct DetailState {
    parsed: Option<Parsed>,
    raw: bool,
}

#[derive(Debug)]
struct Parsed {
    place: Place,
    value: Value,
    partner: Option<(Place, Value)>,
}

/// What somebody wants who reads a message.
#[derive(Debug)]
pub(crate) enum Wish {
    /// See another one.
    Show(Place),
    /// Change this payload and send it.
    Edit(Value),
}

pub(crate) fn detail_ui(ui: &mut Ui, log: &Log, place: Place, state: &mut DetailState) -> Option<Wish> {
    let Some(message) = log.get(place) else {
        ui.weak("This message is no longer held.");
        return None;
    };
    let partner = message.partner.and_then(|at| Some((at, log.get(at)?)));
    let known = state.parsed.as_ref().map(|parsed| (parsed.place, parsed.partner.as_ref().map(|(at, _)| *at)));
    if known != Some((place, partner.map(|(at, _)| at))) {
        let partner = partner.map(|(at, partner)| (at, value_of(&partner.entry)));
        state.parsed = Some(Parsed { place, value: value_of(&message.entry), partner });
    }
    let parsed = state.parsed.as_ref()?;
    let mut wish = head_ui(ui, message, &parsed.value, &mut state.raw);
    ScrollArea::both().id_salt("detail").auto_shrink(false).show(ui, |ui| {
        facts_ui(ui, message);
        payload_ui(ui, "Payload", message, &parsed.value, state.raw);
        if let (Some((at, partner)), Some((_, value))) = (partner, &parsed.partner) {
            ui.add_space(theme::SPACE_2);
            let title = if at > place { "Reply" } else { "Command" };
            if ui.button(format!("Go to the {}", title.to_lowercase())).clicked() {
                wish = Some(Wish::Show(at));
            }
            payload_ui(ui, title, partner, value, state.raw);
        }
        if let Some(other) = conversation_ui(ui, log, place) {
            wish = Some(Wish::Show(other));
        }
    });
    wish
}

fn head_ui(ui: &mut Ui, message: &Message, value: &Value, raw: &mut bool) -> Option<Wish> {
    let entry = &message.entry;
    let name = format!("{}.{}", entry.domain, entry.name);
    ui.label(RichText::new(name).strong().color(theme::tokens(ui).domain(&entry.domain)));
    let mut wish = None;
    let command =
        spec_of(&entry.domain, &entry.name).filter(|_| entry.kind == Kind::Command && entry.to == Party::Pulse);
    ui.horizontal_wrapped(|ui| {
        ui.menu_button("Copy", |ui| {
            if ui.button("As JSON").clicked() {
                ui.copy_text(as_json(entry));
            }
            if ui.button("Payload alone").clicked() {
                ui.copy_text(serde_json::to_string_pretty(value).unwrap_or_default());
            }
            if command.is_some() && ui.button("As Python").clicked() {
                ui.copy_text(as_python(entry, value));
            }
        });
        if command.is_some() && ui.button("Edit and send again").clicked() {
            wish = Some(Wish::Edit(value.clone()));
        }
        ui.checkbox(raw, "Raw text");
    });
    let fault = command.and_then(|_| {
        let payload = RawValue::from_string(entry.body.payload_text().into_owned()).ok()?;
        Intent::parse(&entry.domain, &entry.name, &payload).err()
    });
    if let Some(fault) = fault {
        let text = RichText::new(fault.to_string()).color(theme::tokens(ui).error);
        ui.add(Label::new(text).wrap().selectable(true));
    }
    wish
}

fn facts_ui(ui: &mut Ui, message: &Message) {
    let entry = &message.entry;
    let facts = [
        ("Number", text::count(entry.number)),
        ("Time (UTC)", text::clock(entry.at_nanos)),
        ("Link", text::link(entry.link)),
        ("Direction", text::direction(entry)),
        ("Kind", entry.class().name().to_owned()),
        ("Id", entry.id.to_string()),
        ("Answers", entry.cid.as_deref().unwrap_or_default().to_owned()),
        ("Latency", message.latency_nanos.map(text::duration).unwrap_or_default()),
        ("Size", text::size(table::size_of(message))),
    ];
    Grid::new("facts").num_columns(2).show(ui, |ui| {
        for (name, fact) in facts.into_iter().filter(|(_, fact)| !fact.is_empty()) {
            ui.weak(name);
            ui.add(Label::new(fact).selectable(true));
            ui.end_row();
        }
    });
}

fn payload_ui(ui: &mut Ui, title: &str, message: &Message, value: &Value, raw: bool) {
    ui.add_space(theme::SPACE_2);
    ui.label(RichText::new(title).strong());
    if raw {
        let text = message.entry.body.payload_text();
        let shown = text.char_indices().nth(RAW_CHARACTERS).and_then(|(end, _)| text.get(..end)).unwrap_or(&text);
        let shown_text = RichText::new(shown).text_style(TextStyle::Monospace);
        ui.add(Label::new(shown_text).wrap().selectable(true));
        if shown.len() < text.len() {
            ui.weak(format!("{} more; a copy has all of it.", text::size(text.len() - shown.len())));
        }
    } else {
        json_tree_ui(ui, title, value);
    }
}

fn value_of(entry: &TraceEntry) -> Value {
    let text = entry.body.payload_text();
    serde_json::from_str(&text).unwrap_or_else(|_| Value::String(text.into_owned()))
}

/// The message as it would stand on the wire, as far as it is known.
fn as_json(entry: &TraceEntry) -> String {
    let whole = json!({
        "id": &*entry.id,
        "cid": entry.cid.as_deref(),
        "origin": entry.from.name(),
        "target": entry.to.name(),
        "domain": &*entry.domain,
        "kind": entry.class().name(),
        "name": &*entry.name,
        "payload": value_of(entry),
    });
    serde_json::to_string_pretty(&whole).unwrap_or_default()
}

/// A call for the client of the protocol page: `request` sends a command and waits for its answer.
fn as_python(entry: &TraceEntry, value: &Value) -> String {
    let quoted = Value::String(value.to_string()).to_string();
    format!("request({:?}, {:?}, json.loads({quoted}))", &*entry.domain, &*entry.name)
}
