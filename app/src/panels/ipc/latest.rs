//! The newest value of everything that was told: what a person who turns a knob wants to see.

use super::filter::Filter;
use super::log::{Log, Message};
use super::text;
use crate::state::now_nanos;
use crate::theme;
use eframe::egui::{Align, Color32, Grid, Label, Layout, RichText, ScrollArea, Ui, vec2};
use loophole_pulse::trace::{Body, Link, TraceEntry};
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::Duration;

/// More things than this are not told apart: the oldest goes.
const VALUES_MAX: usize = 2_000;
/// A longer value is cut.
const VALUE_CHARACTERS: usize = 160;
/// A longer payload is not looked into: it is no value.
const READ_BYTES: usize = 64 * 1024;
/// What is older stands in the background.
const FRESH_SECONDS: f32 = 5.0;
/// What a payload may say it is about, in the order of what tells most.
const SUBJECTS: [&str; 12] = [
    "parameterId",
    "nodeId",
    "clipId",
    "laneId",
    "channelId",
    "trackId",
    "element",
    "device",
    "port",
    "markerId",
    "code",
    "id",
];

/// What a value is of: message, subject, link and direction.
type Key = (String, String, String);

#[derive(Debug)]
struct Newest {
    at_nanos: u64,
    link: Link,
    value: String,
    /// How often it was told.
    count: u64,
}

/// What the view keeps between frames.
#[derive(Debug, Default)]
pub(crate) struct LatestState {
    values: BTreeMap<Key, Newest>,
    taken_to: u64,
    filter: Option<Filter>,
}

impl LatestState {
    /// Takes over what is new in the log; from the start again when the filter is another one.
    fn follow(&mut self, log: &Log) {
        if self.filter.as_ref() != Some(log.filter()) {
            *self = Self { filter: Some(log.filter().clone()), ..Self::default() };
        }
        let values = &mut self.values;
        self.taken_to = log.passing_from(self.taken_to, |message| take(values, message));
        while values.len() > VALUES_MAX {
            let oldest = values.iter().min_by_key(|(_, newest)| newest.at_nanos).map(|(key, _)| key.clone());
            let Some(oldest) = oldest else { break };
            values.remove(&oldest);
        }
    }
}

fn take(values: &mut BTreeMap<Key, Newest>, message: &Message) {
    let entry = &message.entry;
    let (subject, value) = subject_and_value(entry);
    let key = (format!("{}.{}", entry.domain, entry.name), subject, text::direction(entry));
    let newest = values.entry(key).or_insert(Newest { at_nanos: 0, link: entry.link, value: String::new(), count: 0 });
    newest.count += 1;
    if entry.at_nanos >= newest.at_nanos {
        *newest = Newest { at_nanos: entry.at_nanos, link: entry.link, value, count: newest.count };
    }
}

/// What a message is about, and what else it says.
fn subject_and_value(entry: &TraceEntry) -> (String, String) {
    if let Body::Plane { kind, stream, sequence, count } = &entry.body {
        return (format!("{kind} {stream}"), format!("{count} values, frame {sequence}"));
    }
    let text = entry.body.payload_text();
    if text.len() > READ_BYTES {
        return (String::new(), cut(&text));
    }
    let Ok(Value::Object(mut payload)) = serde_json::from_str(&text) else { return (String::new(), cut(&text)) };
    let subject = SUBJECTS.into_iter().find_map(|key| Some(format!("{key} {}", bare(&payload.remove(key)?))));
    let said: Vec<String> = payload.iter().map(|(key, value)| format!("{key} {}", bare(value))).collect();
    (subject.unwrap_or_default(), cut(&said.join(", ")))
}

fn bare(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(VALUE_CHARACTERS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

pub(crate) fn latest_ui(ui: &mut Ui, log: &Log, state: &mut LatestState) {
    state.follow(log);
    if state.values.is_empty() {
        ui.centered_and_justified(|ui| ui.weak("Nothing was told yet that passes the filter."));
        return;
    }
    let (now, tokens) = (now_nanos(), theme::tokens(ui));
    let age = |newest: &Newest| now.saturating_sub(newest.at_nanos) as f32 / 1e9;
    if state.values.values().any(|newest| age(newest) < FRESH_SECONDS) {
        ui.request_repaint_after(Duration::from_millis(250));
    }
    ScrollArea::both().id_salt("latest").auto_shrink(false).show(ui, |ui| {
        let grid = Grid::new("latest").num_columns(6).striped(true).spacing(vec2(theme::SPACE_4, 2.0));
        grid.show(ui, |ui| {
            for heading in ["Age", "Times", "Link", "Message", "Of", "Value"] {
                ui.label(RichText::new(heading).small().color(tokens.text_weak));
            }
            ui.end_row();
            for ((name, subject, direction), newest) in &state.values {
                let share = 1.0 - (age(newest) / FRESH_SECONDS).min(1.0);
                let fading = |colour: Color32| tokens.text_weak.lerp_to_gamma(colour, share);
                let small = |text: String| RichText::new(text).small().color(fading(tokens.text));
                let number = |ui: &mut Ui, text: String| {
                    ui.with_layout(Layout::right_to_left(Align::Center), |ui| ui.label(small(text).monospace()));
                };
                number(ui, text::duration(now.saturating_sub(newest.at_nanos)));
                number(ui, text::count(newest.count));
                ui.label(small(text::link(newest.link))).on_hover_text(direction);
                let domain = name.split('.').next().unwrap_or_default();
                ui.label(RichText::new(name).color(fading(tokens.domain(domain))));
                ui.label(small(subject.clone()));
                ui.add(Label::new(small(newest.value.clone()).monospace()).extend().selectable(true));
                ui.end_row();
            }
        });
    });
}

#[cfg(test)]
mod tests {
    use super::super::log::tests::entry;
    use super::*;

    fn told(log: &mut Log, number: u64, domain: &str, name: &str, payload: &str) {
        log.absorb([TraceEntry { number, at_nanos: number, ..entry(domain, name, payload) }], number + 1);
    }

    #[test]
    fn each_subject_has_its_newest_value() {
        let (mut log, mut state) = (Log::default(), LatestState::default());
        told(&mut log, 0, "parameter", "set", r#"{"parameterId":"p1","value":0.1}"#);
        told(&mut log, 1, "parameter", "set", r#"{"parameterId":"p2","value":0.2}"#);
        state.follow(&log);
        told(&mut log, 2, "parameter", "set", r#"{"parameterId":"p1","value":0.9}"#);
        told(&mut log, 3, "transport", "seek", "[1]");
        state.follow(&log);
        let seen: Vec<_> = state.values.iter().map(|((_, of, _), new)| (&**of, &*new.value, new.count)).collect();
        assert_eq!(seen, [("parameterId p1", "value 0.9", 2), ("parameterId p2", "value 0.2", 1), ("", "[1]", 1)]);
        log.set_filter(&"transport".parse().unwrap(), true);
        state.follow(&log);
        assert_eq!(state.values.len(), 1);
    }

    #[test]
    fn things_are_bounded_and_values_are_cut() {
        let (mut log, mut state) = (Log::default(), LatestState::default());
        for number in 0..3_000 {
            told(
                &mut log,
                number,
                "clip",
                "move",
                &format!(r#"{{"clipId":"c{number}","name":"{}"}}"#, "ä".repeat(500)),
            );
        }
        state.follow(&log);
        assert_eq!(state.values.len(), VALUES_MAX);
        assert!(state.values.values().all(|newest| newest.value.chars().count() == VALUE_CHARACTERS + 1));
    }
}
