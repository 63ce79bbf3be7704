//! A profile and its mapping set while they are made: elements by what they send, mappings by what they are on.

use super::report::{Entry, Format, Outcome, Report};
use super::{FileKind, Imported, ImportedFile};
use crate::element::{Element, ElementKind, FeedbackKind, Interaction};
use crate::mapping::{Glue, Mapping, Target, When};
use crate::output::Output;
use crate::profile::{DeviceClass, Match, SCHEMA, Transport};
use crate::source::Source;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// A file may have so many elements at the most, and so many mappings; the loaders take as many.
const MAX_ENTRIES: usize = 4_096;
/// Targets of one control.
const MAX_STEPS: usize = 16;

/// A control of the source.
pub(crate) struct Control {
    pub(crate) name: String,
    pub(crate) kind: ElementKind,
    pub(crate) interaction: Interaction,
    pub(crate) source: Source,
}

/// What a control of the source does.
pub(crate) struct Binding {
    pub(crate) target: Target,
    pub(crate) glue: Glue,
}

struct Drafted<T> {
    line: u32,
    /// What stands in the source.
    what: String,
    value: T,
}

/// Of the whole source.
pub(crate) struct Head {
    pub(crate) format: Format,
    /// Stands before the id, so that it never is one of ours.
    pub(crate) prefix: &'static str,
    pub(crate) title: String,
    pub(crate) vendor: String,
    /// What the MIDI port is called, as far as the source knows; empty = it does not.
    pub(crate) port: String,
    pub(crate) class: Option<DeviceClass>,
    /// Where the facts come from.
    pub(crate) fact: String,
}

#[derive(Default)]
pub(crate) struct Draft {
    elements: Vec<Drafted<Element>>,
    ids: BTreeSet<String>,
    /// Which element a source belongs to.
    claims: BTreeMap<Source, usize>,
    mappings: Vec<Drafted<Mapping>>,
    /// Mappings by what they are on.
    by_input: BTreeMap<(String, Interaction), Vec<usize>>,
    entries: Vec<Entry>,
    pub(crate) notes: Vec<String>,
}

impl Draft {
    /// Says what became of a line.
    pub(crate) fn tell(&mut self, line: u32, what: &str, outcome: Outcome) {
        self.entries.push(Entry { line, what: short(what), outcome });
    }

    /// The element that sends this, an old one or a new one.
    ///
    /// # Errors
    /// Why there is none, for a person.
    pub(crate) fn element(&mut self, line: u32, what: &str, control: Control) -> Result<String, String> {
        let claims = claims(&control.source);
        if let Some(place) = claims.iter().find_map(|claim| self.claims.get(claim)).copied() {
            let there = &self.elements[place];
            if there.value.input.get(&control.interaction) == Some(&control.source) {
                return Ok(there.value.id.clone());
            }
            if there.value.input.is_empty() {
                let id = there.value.id.clone();
                self.elements[place].value.input.insert(control.interaction, control.source);
                self.elements[place].value.kind = control.kind;
                return Ok(id);
            }
            return Err(format!("line {} reads the same message as another kind of control", there.line));
        }
        let id = self.free_id(&id_of(&control.source));
        let place = self.add(line, what, &id, &control.name, control.kind)?;
        self.elements[place].value.input.insert(control.interaction, control.source);
        for claim in claims {
            self.claims.insert(claim, place);
        }
        Ok(id)
    }

    /// Lets the element that sends `source` show something; without one, a new element only shows.
    ///
    /// # Errors
    /// Why it does not, for a person.
    pub(crate) fn shows(
        &mut self,
        line: u32,
        what: &str,
        name: &str,
        source: &Source,
        shown: (FeedbackKind, Output),
    ) -> Result<String, String> {
        let (kind, output) = shown;
        let known = claims(source).iter().find_map(|claim| self.claims.get(claim)).copied();
        let place = match known {
            Some(place) => place,
            None => {
                let id = self.free_id(&id_of(source));
                let place = self.add(line, what, &id, name, ElementKind::Display)?;
                for claim in claims(source) {
                    self.claims.insert(claim, place);
                }
                place
            }
        };
        let there = &mut self.elements[place];
        match there.value.feedback.get(&kind) {
            Some(before) if *before != output => Err("another line lights it with other values".to_owned()),
            _ => {
                there.value.feedback.insert(kind, output);
                Ok(there.value.id.clone())
            }
        }
    }

    /// The element that a message belongs to.
    pub(crate) fn owner(&self, source: &Source) -> Option<String> {
        let place = claims(source).iter().find_map(|claim| self.claims.get(claim)).copied()?;
        Some(self.elements[place].value.id.clone())
    }

    fn add(&mut self, line: u32, what: &str, id: &str, name: &str, kind: ElementKind) -> Result<usize, String> {
        if self.elements.len() >= MAX_ENTRIES {
            return Err(format!("a profile has at most {MAX_ENTRIES} elements"));
        }
        let element = Element {
            id: id.to_owned(),
            name: clean(name, id),
            kind,
            at: None,
            size: None,
            input: BTreeMap::new(),
            feedback: BTreeMap::new(),
        };
        self.ids.insert(id.to_owned());
        self.elements.push(Drafted { line, what: short(what), value: element });
        Ok(self.elements.len() - 1)
    }

    fn free_id(&self, wanted: &str) -> String {
        let mut id = wanted.to_owned();
        let mut next = 2_u32;
        while self.ids.contains(&id) {
            id = format!("{wanted}.{next}");
            next += 1;
        }
        id
    }

    /// Maps an element; a second target of the same control becomes a step of a macro.
    ///
    /// # Errors
    /// Why it is not mapped, for a person.
    pub(crate) fn bind(
        &mut self,
        line: u32,
        what: &str,
        element: &str,
        interaction: Interaction,
        binding: Binding,
    ) -> Result<(), String> {
        let Binding { target, glue } = binding;
        let before = self.by_input.entry((element.to_owned(), interaction)).or_default();
        for place in before.iter().copied() {
            let Some(there) = self.mappings.get_mut(place) else { continue };
            let (there_line, mapping) = (there.line, &mut there.value);
            if mapping.glue.button != glue.button {
                continue;
            }
            let known: &[Target] = match &mapping.target {
                Target::Macro { steps } => steps,
                one => std::slice::from_ref(one),
            };
            if known.contains(&target) {
                return Err(format!("it says again what line {there_line} says"));
            }
            if mapping.glue != glue {
                return Err(format!("line {there_line} uses this control in another way"));
            }
            if known.len() >= MAX_STEPS {
                return Err(format!("more than {MAX_STEPS} targets of one control"));
            }
            let steps = known.iter().cloned().chain([target]).collect();
            mapping.target = Target::Macro { steps };
            there.what.push_str(&format!("; line {line}: {}", short(what)));
            return Ok(());
        }
        if self.mappings.len() >= MAX_ENTRIES {
            return Err(format!("a mapping set has at most {MAX_ENTRIES} mappings"));
        }
        let id = match before.len() {
            0 => format!("on-{element}"),
            more => format!("on-{element}.{}", more + 1),
        };
        before.push(self.mappings.len());
        let mapping = Mapping {
            id,
            name: String::new(),
            enabled: true,
            element: element.to_owned(),
            interaction,
            when: When::default(),
            glue,
            target,
            feedback: None,
        };
        self.mappings.push(Drafted { line, what: short(what), value: mapping });
        Ok(())
    }

    /// The files, and the report.
    pub(crate) fn finish(mut self, head: Head) -> Imported {
        let id = format!("{}-{}", head.prefix, slug(&head.title));
        let title = clean(&head.title, &id);
        let mut files = Vec::new();
        let names = port_globs(&head.port);
        if !self.elements.is_empty() {
            self.notes.push(match names.first() {
                Some(glob) => format!(
                    "the source does not say what its MIDI port is called: the profile is for ports like '{glob}'; \
                     correct match.names if yours is called otherwise"
                ),
                None => "the source does not say what its MIDI port is called: write its name into match.names, or \
                         choose the profile for your device by hand"
                    .to_owned(),
            });
            files.push(ImportedFile {
                kind: FileKind::Profile,
                id: id.clone(),
                text: self.profile(&id, &title, &head, names),
            });
        }
        if !self.mappings.is_empty() {
            files.push(ImportedFile {
                kind: FileKind::MappingSet,
                id: id.clone(),
                text: self.mapping_set(&id, &title, head.format),
            });
        }
        Imported { files, report: Report::new(head.format, title, self.entries, self.notes) }
    }

    fn profile(&self, id: &str, title: &str, head: &Head, names: Vec<String>) -> String {
        let faders = self.elements.iter().filter(|drafted| drafted.value.kind == ElementKind::Fader).count();
        let guess = if faders >= 4 { DeviceClass::Mixer } else { DeviceClass::Generic };
        let matching = Match { transport: Transport::Midi, names, ..Match::default() };
        let mut text = String::new();
        line(&mut text, format_args!("# Imported: {} {}.", head.format, one_line(title)));
        line(&mut text, format_args!("schema = {SCHEMA}"));
        key(&mut text, "id", &id);
        key(&mut text, "name", &title);
        key(&mut text, "vendor", &clean(&head.vendor, "unknown"));
        key(&mut text, "class", &head.class.unwrap_or(guess));
        key(&mut text, "facts", &[clean(&head.fact, "imported")]);
        key(&mut text, "match", &matching);
        for drafted in &self.elements {
            let element = &drafted.value;
            line(&mut text, format_args!("\n# Line {}: {}", drafted.line, one_line(&drafted.what)));
            line(&mut text, format_args!("[[element]]"));
            key(&mut text, "id", &element.id);
            key(&mut text, "name", &element.name);
            key(&mut text, "kind", &element.kind);
            for (interaction, source) in &element.input {
                key(&mut text, &format!("input.{}", word(interaction)), source);
            }
            for (kind, output) in &element.feedback {
                key(&mut text, &format!("feedback.{}", word(kind)), output);
            }
        }
        text
    }

    fn mapping_set(&self, id: &str, title: &str, format: Format) -> String {
        let mut text = String::new();
        line(&mut text, format_args!("# Imported: {format} {}.", one_line(title)));
        line(&mut text, format_args!("schema = {SCHEMA}"));
        key(&mut text, "id", &id);
        key(&mut text, "name", &title);
        key(&mut text, "profile", &id);
        for drafted in &self.mappings {
            let mapping = &drafted.value;
            line(&mut text, format_args!("\n# Line {}: {}", drafted.line, one_line(&drafted.what)));
            line(&mut text, format_args!("[[mapping]]"));
            key(&mut text, "id", &mapping.id);
            key(&mut text, "element", &mapping.element);
            key(&mut text, "interaction", &mapping.interaction);
            if !mapping.glue.is_plain()
                && let Some(glue) = unusual(&mapping.glue)
            {
                line(&mut text, format_args!("glue = {glue}"));
            }
            key(&mut text, "target", &mapping.target);
        }
        text
    }
}

fn line(text: &mut String, what: std::fmt::Arguments<'_>) {
    text.push_str(&format!("{what}\n"));
}

/// `name = value` on one line.
fn key(text: &mut String, name: &str, value: &impl Serialize) {
    if let Ok(value) = toml::Value::try_from(value) {
        line(text, format_args!("{name} = {value}"));
    }
}

/// A word of ours: the name of a variant.
fn word(variant: &impl Serialize) -> String {
    match toml::Value::try_from(variant) {
        Ok(toml::Value::String(word)) => word,
        _ => String::new(),
    }
}

/// What of a glue is not as usual.
fn unusual(glue: &Glue) -> Option<toml::Value> {
    let toml::Value::Table(mut table) = toml::Value::try_from(glue).ok()? else { return None };
    if let Ok(toml::Value::Table(usual)) = toml::Value::try_from(Glue::default()) {
        table.retain(|key, value| usual.get(key) != Some(value));
    }
    Some(toml::Value::Table(table))
}

/// What on the wire belongs to a source: no two elements may have one of these.
fn claims(source: &Source) -> Vec<Source> {
    let cc = |channel: u8, number: u8| Source::Cc { channel, number, relative: None };
    match *source {
        Source::Cc { channel, number, .. } => vec![cc(channel, number)],
        Source::Cc14 { channel, msb, lsb } => vec![cc(channel, msb), cc(channel, lsb)],
        Source::Nrpn { channel, number, .. } => vec![Source::Nrpn { channel, number, bits: 7 }],
        Source::Rpn { channel, number, .. } => vec![Source::Rpn { channel, number, bits: 7 }],
        ref other => vec![other.clone()],
    }
}

/// `cc-1-20`: kind, channel, number.
fn id_of(source: &Source) -> String {
    match source {
        Source::Note { channel, number } => format!("note-{channel}-{number}"),
        Source::Cc { channel, number, .. } => format!("cc-{channel}-{number}"),
        Source::Cc14 { channel, msb, .. } => format!("cc-{channel}-{msb}"),
        Source::Nrpn { channel, number, .. } => format!("nrpn-{channel}-{number}"),
        Source::Rpn { channel, number, .. } => format!("rpn-{channel}-{number}"),
        Source::PitchBend { channel } => format!("pitch-bend-{channel}"),
        Source::PolyPressure { channel, number } => format!("poly-pressure-{channel}-{number}"),
        Source::ChannelPressure { channel } => format!("channel-pressure-{channel}"),
        Source::Program { channel, number: Some(number) } => format!("program-{channel}-{number}"),
        Source::Program { channel, number: None } => format!("program-{channel}"),
        Source::Sysex { .. } => "sysex".to_owned(),
        Source::Realtime { .. } => "realtime".to_owned(),
        _ => "control".to_owned(),
    }
}

/// `CC 20, channel 1`: a name where the source has none.
pub(crate) fn name_of(source: &Source) -> String {
    match source {
        Source::Note { channel, number } => format!("Note {number}, channel {channel}"),
        Source::Cc { channel, number, .. } => format!("CC {number}, channel {channel}"),
        Source::Cc14 { channel, msb, lsb } => format!("CC {msb} and {lsb}, channel {channel}"),
        Source::Nrpn { channel, number, .. } => format!("NRPN {number}, channel {channel}"),
        Source::Rpn { channel, number, .. } => format!("RPN {number}, channel {channel}"),
        Source::PitchBend { channel } => format!("Pitch bend, channel {channel}"),
        Source::PolyPressure { channel, number } => format!("Pressure of note {number}, channel {channel}"),
        Source::ChannelPressure { channel } => format!("Channel pressure, channel {channel}"),
        Source::Program { channel, number: Some(number) } => format!("Program {number}, channel {channel}"),
        Source::Program { channel, number: None } => format!("Program, channel {channel}"),
        Source::Realtime { message } => format!("{message:?}"),
        _ => "System exclusive".to_owned(),
    }
}

/// A target in words, for the report.
pub(crate) fn target_word(target: &Target) -> String {
    match target {
        Target::Transport { action } => format!("transport {}", word(action)),
        Target::Flag { of, flag } => format!("{} of {}", word(flag), of),
        Target::Gain { of } => format!("gain of {of}"),
        Target::Pan { of } => format!("pan of {of}"),
        Target::SendLevel { of, send } => format!("send {} of {}", u32::from(*send) + 1, of),
        Target::NodeParameter { of, node, parameter } => {
            format!("parameter {} of node {} of {}", u32::from(*parameter) + 1, u32::from(*node) + 1, of)
        }
        Target::Select { of } => format!("select {of}"),
        Target::Bank { by } => format!("bank by {by}"),
        Target::Intent { name, .. } => name.clone(),
        Target::Undo => "undo".to_owned(),
        Target::Redo => "redo".to_owned(),
        other => format!("{other:?}").to_lowercase(),
    }
}

/// Small letters, digits and single `-`.
pub(crate) fn slug(text: &str) -> String {
    let mut slug = String::new();
    for letter in text.chars().flat_map(char::to_lowercase).take(96) {
        if letter.is_ascii_lowercase() || letter.is_ascii_digit() {
            slug.push(letter);
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    let slug = slug.trim_end_matches('-');
    if slug.is_empty() { "unnamed".to_owned() } else { slug.to_owned() }
}

/// A name that a profile may have; `instead` when nothing is left of it.
fn clean(text: &str, instead: &str) -> String {
    let words: Vec<&str> =
        text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|w| !w.is_empty()).collect();
    let mut name = words.join(" ").replace(['{', '}'], "");
    if name.len() > 120 {
        let end = (0..=117).rev().find(|end| name.is_char_boundary(*end)).unwrap_or(0);
        name.truncate(end);
        name.push('…');
    }
    if name.trim().is_empty() { instead.to_owned() } else { name }
}

/// At most so much of the source, on one line.
fn short(text: &str) -> String {
    let line = one_line(text);
    if line.chars().count() <= 100 { line } else { line.chars().take(99).chain(['…']).collect() }
}

fn one_line(text: &str) -> String {
    text.split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

/// Words that no port has in its name: what follows them speaks of the file.
const NOT_OF_A_PORT: &[&str] =
    &["with", "by", "via", "mode", "eq", "preset", "factory", "default", "mapping", "controller", "midi", "w/master"];

/// What ports of this device may be called, as far as a title says it.
fn port_globs(title: &str) -> Vec<String> {
    let lower = title.to_lowercase();
    let head = lower.split(['(', ':', '[', '*', '?', '\n']).next().unwrap_or_default();
    let words: Vec<&str> = head
        .split_whitespace()
        .take_while(|word| !NOT_OF_A_PORT.contains(word) && !word.starts_with('-'))
        .take(6)
        .collect();
    let model = words.get(1..).filter(|rest| !rest.is_empty()).unwrap_or(&words).join(" ");
    let letters = model.chars().filter(|c| c.is_alphanumeric()).count();
    if letters >= 4 && model.len() <= 64 && !model.chars().any(char::is_control) {
        vec![format!("*{model}*")]
    } else {
        Vec::new()
    }
}
