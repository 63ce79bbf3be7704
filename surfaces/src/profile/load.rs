//! Reads a profile file: text in, a profile or what is wrong with it out.

use super::finding::{Checked, Fault, Notes, Span, quoted};
use super::lint;
use super::read::{self, At, decode, need, optional, span_of};
use super::shape::{PROFILE, unknown_keys};
use super::{DeviceClass, ElementEntry, Handshake, Heartbeat, Match, Message, Quirks, expand};
use crate::element::{Element, ElementKind, FeedbackKind, Interaction};
use crate::mapping::{Mapping, MappingEntry};
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use toml_edit::TableLike;

/// `[[element]]` stands in a file so often at the most, and `[[mapping]]` so often.
pub const MAX_ENTRIES: usize = 4_096;
/// After `repeat`, a file has so many elements at the most, and so many mappings.
pub const MAX_EXPANDED: usize = 8_192;

/// A profile, read and checked, with every element and mapping that `repeat` stands for.
#[derive(Clone, Debug, PartialEq)]
pub struct Profile {
    pub id: String,
    pub name: String,
    pub vendor: String,
    pub class: DeviceClass,
    /// Where the facts come from.
    pub facts: Vec<String>,
    pub matching: Match,
    pub quirks: Quirks,
    pub handshake: Option<Handshake>,
    pub startup: Vec<Message>,
    pub shutdown: Vec<Message>,
    pub heartbeat: Option<Heartbeat>,
    pub elements: Vec<Element>,
    pub mappings: Vec<Mapping>,
}

impl Profile {
    pub fn element(&self, id: &str) -> Option<&Element> {
        self.elements.iter().find(|element| element.id == id)
    }
}

/// Reads a profile. Never panics, whatever the text is.
pub fn load_profile(text: &str) -> Checked<Profile> {
    let mut notes = Notes::new(text);
    let profile = read::parse(text, &mut notes).and_then(|document| {
        let root = At { table: document.as_table(), span: 0..0, what: "this file" };
        profile(&root, &mut notes)
    });
    notes.finish(profile)
}

fn profile(root: &At<'_>, notes: &mut Notes<'_>) -> Option<Profile> {
    if !read::schema_is_known(root, notes) {
        return None;
    }
    unknown_keys(&PROFILE, root.table, &root.span, notes);
    let id: Option<String> = need(root, "id", notes);
    let name = need(root, "name", notes);
    let vendor = need(root, "vendor", notes);
    let class = need(root, "class", notes);
    let facts: Option<Vec<String>> = need(root, "facts", notes);
    let matching = need(root, "match", notes);
    let quirks = optional_or_default(root, "quirks", notes);
    let handshake: Option<Handshake> = optional(root, "handshake", notes);
    let startup = messages(root, "startup", notes);
    let shutdown = messages(root, "shutdown", notes);
    let heartbeat: Option<Heartbeat> = optional(root, "heartbeat", notes);
    let elements = elements(root, notes);
    let mappings = mappings(root, notes);

    if let Some(id) = &id {
        lint::file_id(id, &span_of(root, "id"), notes);
    }
    if facts.as_ref().is_some_and(Vec::is_empty) {
        let fault = Fault::new("no facts: nobody can check this profile", "name manual and section");
        notes.warning(&span_of(root, "facts"), fault);
    }
    if let Some(matching) = &matching {
        lint::matching(matching, &span_of(root, "match"), notes);
        let transport = matching.transport;
        if let Some(handshake) = handshake {
            lint::handshake(handshake, transport, &span_of(root, "handshake"), notes);
        }
        for (key, list) in [("startup", &startup), ("shutdown", &shutdown)] {
            lint::messages(list, transport, &span_of(root, key), notes);
        }
        if let Some(beat) = &heartbeat {
            lint::heartbeat(beat, transport, &span_of(root, "heartbeat"), notes);
        }
    }
    lint::quirks(&quirks, &span_of(root, "quirks"), notes);
    lint::elements(&elements, notes);
    lint::mappings(&mappings, &lint::by_id(elements.iter().map(|located| &located.value)), true, notes);

    Some(Profile {
        id: id?,
        name: name?,
        vendor: vendor?,
        class: class?,
        facts: facts?,
        matching: matching?,
        quirks,
        handshake,
        startup,
        shutdown,
        heartbeat,
        elements: elements.into_iter().map(|located| located.value).collect(),
        mappings: mappings.into_iter().map(|located| located.value).collect(),
    })
}

/// A value with its place in the file; `keys` are the places of its parts.
pub(crate) struct Located<T> {
    pub(crate) value: T,
    pub(crate) span: Span,
    pub(crate) keys: BTreeMap<&'static str, Span>,
    /// Which copy of its entry; 0 for the first.
    pub(crate) copy: usize,
}

impl<T> Located<T> {
    /// Where a part stands; where the whole begins if it is not there.
    pub(crate) fn at(&self, key: &str) -> &Span {
        self.keys.get(key).unwrap_or(&self.span)
    }
}

fn optional_or_default<T: DeserializeOwned + Default>(at: &At<'_>, key: &str, notes: &mut Notes<'_>) -> T {
    optional(at, key, notes).unwrap_or_default()
}

fn messages(root: &At<'_>, key: &str, notes: &mut Notes<'_>) -> Vec<Message> {
    optional_or_default(root, key, notes)
}

/// All elements of a file, expanded.
pub(crate) fn elements(root: &At<'_>, notes: &mut Notes<'_>) -> Vec<Located<Element>> {
    let mut all = Vec::new();
    for at in read::tables(root, "element", "this element", MAX_ENTRIES, notes) {
        let Some(entry) = element_entry(&at, notes) else { continue };
        let keys = spans(&at, &["id", "name", "kind", "at", "input", "feedback", "repeat"]);
        match expand::elements(&entry) {
            Ok(many) => add(&mut all, many, &at.span, &keys, notes),
            Err(fault) => notes.error(&span_of(&at, "repeat"), fault),
        }
    }
    all
}

/// All mappings of a file, expanded.
pub(crate) fn mappings(root: &At<'_>, notes: &mut Notes<'_>) -> Vec<Located<Mapping>> {
    let mut all = Vec::new();
    for at in read::tables(root, "mapping", "this mapping", MAX_ENTRIES, notes) {
        let Some(entry) = mapping_entry(&at, notes) else { continue };
        let keys = spans(&at, &["id", "element", "interaction", "when", "glue", "target", "feedback", "repeat"]);
        match expand::mappings(&entry) {
            Ok(many) => add(&mut all, many, &at.span, &keys, notes),
            Err(fault) => notes.error(&span_of(&at, "repeat"), fault),
        }
    }
    all
}

fn spans(at: &At<'_>, keys: &[&'static str]) -> BTreeMap<&'static str, Span> {
    keys.iter().filter(|key| at.table.contains_key(key)).map(|key| (*key, span_of(at, key))).collect()
}

fn add<T>(
    all: &mut Vec<Located<T>>,
    many: Vec<T>,
    span: &Span,
    keys: &BTreeMap<&'static str, Span>,
    notes: &mut Notes<'_>,
) {
    if all.len() + many.len() > MAX_EXPANDED {
        notes.error(
            span,
            Fault::new(format!("more than {MAX_EXPANDED} after repeat"), "repeat less, or split the file"),
        );
        return;
    }
    all.extend(many.into_iter().enumerate().map(|(copy, value)| Located {
        value,
        span: span.clone(),
        keys: keys.clone(),
        copy,
    }));
}

/// One `[[element]]` as it stands; each part is read by itself, so that an error has its place.
pub(crate) fn element_entry(at: &At<'_>, notes: &mut Notes<'_>) -> Option<ElementEntry> {
    let id = need(at, "id", notes);
    let name = need(at, "name", notes);
    let kind = need::<ElementKind>(at, "kind", notes);
    let place = optional(at, "at", notes);
    let size = optional(at, "size", notes);
    let input = by_key::<Interaction, _>(at, "input", notes);
    let feedback = by_key::<FeedbackKind, _>(at, "feedback", notes);
    let repeat = optional(at, "repeat", notes);
    let element = Element { id: id?, name: name?, kind: kind?, at: place, size, input: input?, feedback: feedback? };
    Some(ElementEntry { element, repeat })
}

/// A table whose keys are words of ours.
fn by_key<K: DeserializeOwned + Ord, V: DeserializeOwned>(
    at: &At<'_>,
    key: &str,
    notes: &mut Notes<'_>,
) -> Option<BTreeMap<K, V>> {
    let Some(item) = at.table.get(key) else { return Some(BTreeMap::new()) };
    let place = span_of(at, key);
    let Some(table) = item.as_table_like() else {
        let fault = Fault::new(format!("{} is not a table", quoted(key)), format!("write {key}.… = {{ type = … }}"));
        notes.error(&place, fault);
        return None;
    };
    let inner = At { table, span: place.clone(), what: at.what };
    let mut found = BTreeMap::new();
    let mut right = true;
    for (word, item) in table.iter() {
        let span = span_of(&inner, word);
        let word_span = key_span(table, word).unwrap_or_else(|| place.clone());
        let name = decode::<K>(&toml_edit::value(word), &word_span, &quoted(key), notes);
        let value = decode::<V>(item, &span, &format!("{key}.{}", quoted(word)), notes);
        match (name, value) {
            (Some(name), Some(value)) => {
                found.insert(name, value);
            }
            _ => right = false,
        }
    }
    right.then_some(found)
}

fn key_span(table: &dyn TableLike, key: &str) -> Option<Span> {
    table.get_key_value(key).and_then(|(key, _)| key.span())
}

/// One `[[mapping]]` as it stands.
pub(crate) fn mapping_entry(at: &At<'_>, notes: &mut Notes<'_>) -> Option<MappingEntry> {
    let id = need(at, "id", notes);
    let name = optional_or_default(at, "name", notes);
    let enabled = if at.table.contains_key("enabled") { need(at, "enabled", notes) } else { Some(true) };
    let element = need(at, "element", notes);
    let interaction = need(at, "interaction", notes);
    let when = optional_or_default(at, "when", notes);
    let glue = optional_or_default(at, "glue", notes);
    let target = need(at, "target", notes);
    let feedback = optional(at, "feedback", notes);
    let repeat = optional(at, "repeat", notes);
    let mapping = Mapping {
        id: id?,
        name,
        enabled: enabled?,
        element: element?,
        interaction: interaction?,
        when,
        glue,
        target: target?,
        feedback,
    };
    Some(MappingEntry { mapping, repeat })
}
