//! Changes a mapping set or profile file, and keeps its comments and the keys that nobody here knows.

use super::MappingEntry;
use crate::profile::ElementEntry;
use crate::profile::finding::{Finding, Notes};
use crate::profile::read;
use crate::profile::shape;
use serde::{Deserialize, Serialize};
use toml_edit::{ArrayOfTables, DocumentMut, Item, Key, Table, Value};

/// Why a file was not changed; it is as it was.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RewriteError {
    #[error("there is no {what} with the id `{id}` in the file")]
    NotThere { what: &'static str, id: String },
    #[error("`{id}` is one copy of `{entry}`, which stands once in the file for many; change that one")]
    OneOfMany { id: String, entry: String },
    #[error("`{what}` is written as a list in the file; write [[{what}]] for each to have it changed here")]
    Inline { what: &'static str },
    #[error("it cannot be written as TOML: {reason}")]
    Unwritable { reason: String },
}

/// What became of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    Added,
    Replaced,
}

const MAPPING: &str = "mapping";
const ELEMENT: &str = "element";

/// A file that is being changed.
#[derive(Clone, Debug)]
pub struct Rewrite {
    document: DocumentMut,
}

impl Rewrite {
    /// The text as it is; it must be TOML, and needs not be right beyond that.
    pub fn open(text: &str) -> Result<Self, Vec<Finding>> {
        let mut notes = Notes::new(text);
        let document = read::parse(text, &mut notes);
        let checked = notes.finish(document);
        checked.into_result().map(|document| Self { document: document.into_mut() })
    }

    /// The file's text with all changes.
    pub fn text(&self) -> String {
        self.document.to_string()
    }

    /// Replaces the mapping with this id, or adds it at the end.
    pub fn set_mapping(&mut self, entry: &MappingEntry) -> Result<Written, RewriteError> {
        self.set(MAPPING, &entry.mapping.id, table_of(entry)?)
    }

    /// Replaces the element with this id, or adds it at the end.
    pub fn set_element(&mut self, entry: &ElementEntry) -> Result<Written, RewriteError> {
        self.set(ELEMENT, &entry.element.id, table_of(entry)?)
    }

    /// Removes a mapping; its comments stay.
    pub fn remove_mapping(&mut self, id: &str) -> Result<(), RewriteError> {
        self.remove(MAPPING, id)
    }

    /// Removes an element; its comments stay.
    pub fn remove_element(&mut self, id: &str) -> Result<(), RewriteError> {
        self.remove(ELEMENT, id)
    }

    /// Switches a mapping on or off.
    pub fn set_enabled(&mut self, id: &str, enabled: bool) -> Result<(), RewriteError> {
        let at = self.find(MAPPING, id)?;
        let Some(table) = self.tables(MAPPING)?.get_mut(at) else { return Err(not_there(MAPPING, id)) };
        if enabled {
            let saved = take(table, "enabled");
            comment_above(table, &saved);
        } else {
            put(table, "enabled", Value::from(false));
        }
        Ok(())
    }

    fn set(&mut self, what: &'static str, id: &str, new: Table) -> Result<Written, RewriteError> {
        match self.find(what, id) {
            Ok(at) => {
                if let Some(old) = self.tables(what)?.get_mut(at) {
                    merge(what, old, new);
                }
                Ok(Written::Replaced)
            }
            Err(RewriteError::NotThere { .. }) => {
                let mut new = new;
                new.decor_mut().set_prefix("\n");
                self.tables(what)?.push(new);
                Ok(Written::Added)
            }
            Err(error) => Err(error),
        }
    }

    fn remove(&mut self, what: &'static str, id: &str) -> Result<(), RewriteError> {
        let at = self.find(what, id)?;
        let tables = self.tables(what)?;
        let removed = tables.remove(at);
        let saved = comments(&rendered(&Key::new(what), Item::Table(removed)));
        match tables.get_mut(at) {
            Some(next) => comment_above(next, &saved),
            None => {
                let rest = self.document.trailing().as_str().unwrap_or_default().to_owned();
                let lines: String = saved.iter().map(|line| format!("{line}\n")).collect();
                let gap = if lines.is_empty() || rest.starts_with('\n') { "" } else { "\n" };
                self.document.set_trailing(format!("{gap}{lines}{rest}"));
            }
        }
        Ok(())
    }

    fn tables(&mut self, what: &'static str) -> Result<&mut ArrayOfTables, RewriteError> {
        let item = self.document.as_table_mut().entry(what).or_insert(Item::ArrayOfTables(ArrayOfTables::new()));
        item.as_array_of_tables_mut().ok_or(RewriteError::Inline { what })
    }

    fn find(&self, what: &'static str, id: &str) -> Result<usize, RewriteError> {
        let tables = match self.document.get(what) {
            None => return Err(not_there(what, id)),
            Some(item) => item.as_array_of_tables().ok_or(RewriteError::Inline { what })?,
        };
        let ids = || tables.iter().map(|table| table.get("id").and_then(Item::as_str).unwrap_or_default());
        if let Some(at) = ids().position(|found| found == id) {
            return Ok(at);
        }
        match ids().find(|entry| is_copy(entry, id)) {
            Some(entry) => Err(RewriteError::OneOfMany { id: id.to_owned(), entry: entry.to_owned() }),
            None => Err(not_there(what, id)),
        }
    }
}

fn not_there(what: &'static str, id: &str) -> RewriteError {
    RewriteError::NotThere { what, id: id.to_owned() }
}

/// Whether `fader-3` comes from `fader-{n}`.
fn is_copy(entry: &str, id: &str) -> bool {
    let Some((before, after)) = entry.split_once("{n}") else { return false };
    let number = id.strip_prefix(before).and_then(|rest| rest.strip_suffix(after));
    number.is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
}

/// An entry as a table with plain values, as people write it.
fn table_of<T: Serialize>(entry: &T) -> Result<Table, RewriteError> {
    let document =
        toml_edit::ser::to_document(entry).map_err(|error| RewriteError::Unwritable { reason: error.to_string() })?;
    let mut table = Table::new();
    for (key, item) in document.as_table() {
        if let Ok(mut value) = item.clone().into_value() {
            if ["at", "size", "repeat"].contains(&key) {
                shorten(&mut value);
            }
            table.insert(key, Item::Value(value));
        }
    }
    Ok(table)
}

/// Places are 32-bit numbers: 0.8, not 0.800000011920929.
fn shorten(value: &mut Value) {
    match value {
        Value::Float(float) => {
            let number = *float.value() as f32;
            if let Ok(short) = number.to_string().parse::<f64>() {
                *value = Value::from(short);
            }
        }
        Value::Array(values) => values.iter_mut().for_each(shorten),
        Value::InlineTable(table) => table.iter_mut().for_each(|(_, value)| shorten(value)),
        _ => {}
    }
}

/// Makes the old table say what the new one says: what is equal stays as it is written, and so do unknown keys.
fn merge(what: &str, old: &mut Table, mut new: Table) {
    let known = shape::keys_of(what);
    let mut saved = Vec::new();
    for key in known {
        match new.remove(key).and_then(|item| item.into_value().ok()) {
            Some(value) => saved.extend(put(old, key, value)),
            None => saved.extend(take(old, key)),
        }
    }
    comment_above(old, &saved);
}

/// Sets a value; gives back comments that had to go from their place.
fn put(table: &mut Table, key: &str, mut value: Value) -> Vec<String> {
    let Some(old) = table.get_mut(key) else {
        table.insert(key, Item::Value(value));
        return Vec::new();
    };
    if same(old, &value) {
        return Vec::new();
    }
    if let Item::Value(before) = old {
        let decor = before.decor().clone();
        let mut bare = before.clone();
        bare.decor_mut().clear();
        let inner = comments(&bare.to_string());
        *value.decor_mut() = decor;
        *before = value;
        return inner;
    }
    let saved = take(table, key);
    table.insert(key, Item::Value(value));
    saved
}

/// Removes a key; gives back the comments around and in it.
fn take(table: &mut Table, key: &str) -> Vec<String> {
    let Some((key, item)) = table.remove_entry(key) else { return Vec::new() };
    comments(&rendered(&key, item))
}

/// A key and what it holds, as a text of its own: with everything around it and in the tables below it.
fn rendered(key: &Key, item: Item) -> String {
    let mut document = DocumentMut::new();
    document.as_table_mut().insert_formatted(key, item);
    document.to_string()
}

fn same(old: &Item, new: &Value) -> bool {
    let plain = |item: Item| {
        let value = item.into_value().ok()?;
        toml::Value::deserialize(serde::de::IntoDeserializer::into_deserializer(value)).ok()
    };
    let old = plain(old.clone());
    old.is_some() && old == plain(Item::Value(new.clone()))
}

fn prefix(table: &Table) -> String {
    table.decor().prefix().and_then(|prefix| prefix.as_str()).unwrap_or_default().to_owned()
}

fn comment_above(table: &mut Table, saved: &[String]) {
    if saved.is_empty() {
        return;
    }
    let before = prefix(table);
    let lines: String = saved.iter().map(|line| format!("{line}\n")).collect();
    let gap = if before.is_empty() || before.ends_with('\n') { "" } else { "\n" };
    let lead = if before.is_empty() { "\n" } else { "" };
    table.decor_mut().set_prefix(format!("{lead}{before}{gap}{lines}"));
}

/// Every comment of a TOML text, without the line's end.
pub fn comments(text: &str) -> Vec<String> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            quote @ (b'"' | b'\'') => at = read::end_of_string(bytes, at, quote),
            b'#' => {
                let length = bytes[at..].iter().take_while(|byte| **byte != b'\n').count();
                found.push(String::from_utf8_lossy(&bytes[at..at + length]).trim_end().to_owned());
                at += length;
            }
            _ => {}
        }
        at += 1;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::element::{Interaction, Repeat};
    use crate::mapping::glue::Takeover;
    use crate::mapping::load::load_mapping_set;
    use crate::mapping::{Context, Glue, Mapping, Selector, Target, When};
    use proptest::prelude::*;

    const BASE: &str = r##"# The set of a person.
schema = 1 # the first
id = "mine"
name = "Mine # not a comment"
future = { anything = true } # kept

# A learned knob.
[[element]]
id = "k"
name = "K"
kind = "knob"
at = [0, 1.5] # where it is
input.turn = { type = "cc", channel = 1, number = 7 }

# Above the first.
[[mapping]]
id = "m0" # the first
# Between keys.
element = "k"
interaction = "turn"
later = "kept" # unknown, kept
target = { type = "undo" } # what it does

# Above the second.
[[mapping]]
id = "m1"
element = "k"
interaction = "turn"
when.page = "two" # only there
# Above the target's table.
[mapping.target]
type = "redo" # in the target's table

# At the end.
"##;

    fn entry(id: u8, version: u8) -> MappingEntry {
        let mapping = Mapping {
            id: format!("m{id}"),
            name: if version.is_multiple_of(2) { String::new() } else { "Named # so".to_owned() },
            enabled: true,
            element: "k".to_owned(),
            interaction: Interaction::Turn,
            when: When {
                context: (version > 3).then_some(Context::Mixer),
                page: Some(format!("p{id}")),
                ..When::default()
            },
            glue: if version > 5 { Glue { takeover: Takeover::Jump, ..Glue::default() } } else { Glue::default() },
            target: match version % 3 {
                0 => Target::Gain { of: Selector::Bank { index: u16::from(version) } },
                1 => Target::Undo,
                _ => Target::SendOsc { address: format!("/a/{version}") },
            },
            feedback: (version > 6).then(Vec::new),
        };
        MappingEntry { mapping, repeat: None }
    }

    fn read(text: &str) -> Vec<Mapping> {
        load_mapping_set(text).into_result().unwrap_or_else(|findings| panic!("{findings:?}\n{text}")).mappings
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_and_comments_stay(edits in prop::collection::vec((0u8..4, 0u8..5, 0u8..8), 0..20)) {
            let mut file = Rewrite::open(BASE).unwrap();
            prop_assert_eq!(file.text(), BASE);
            let mut expected = read(BASE);
            for (what, id, version) in edits {
                let name = format!("m{id}");
                let at = expected.iter().position(|mapping| mapping.id == name);
                match what {
                    0 | 1 => {
                        let entry = entry(id, version);
                        let written = file.set_mapping(&entry).unwrap();
                        prop_assert_eq!(written == Written::Replaced, at.is_some());
                        match at {
                            Some(at) => expected[at] = entry.mapping,
                            None => expected.push(entry.mapping),
                        }
                    }
                    2 => {
                        prop_assert_eq!(file.remove_mapping(&name).is_ok(), at.is_some());
                        if let Some(at) = at {
                            expected.remove(at);
                        }
                    }
                    _ => {
                        let on = version.is_multiple_of(2);
                        prop_assert_eq!(file.set_enabled(&name, on).is_ok(), at.is_some());
                        if let Some(at) = at {
                            expected[at].enabled = on;
                        }
                    }
                }
                let text = file.text();
                prop_assert_eq!(&read(&text), &expected, "{}", text);
                let found = comments(&text);
                for comment in comments(BASE) {
                    prop_assert!(found.contains(&comment), "{} is gone from\n{}", comment, text);
                }
                let unknown = text.contains("future = { anything = true }");
                prop_assert!(unknown);
            }
        }
    }

    #[test]
    fn unknown_keys_of_a_mapping_stay_when_it_is_replaced() {
        let mut file = Rewrite::open(BASE).unwrap();
        file.set_mapping(&entry(0, 2)).unwrap();
        assert!(file.text().contains("later = \"kept\" # unknown, kept"), "{}", file.text());
        assert!(file.text().contains("id = \"m0\" # the first\n# Between keys.\nelement"), "{}", file.text());
    }

    #[test]
    fn elements_are_written_as_people_write_them() {
        let mut file = Rewrite::open(BASE).unwrap();
        let text = "schema = 1\nid = \"x\"\nname = \"X\"\n[[element]]\nid = \"e\"\nname = \"E\"\nkind = \"pad\"\nat = [0.1, 2.7]\ninput.press = { type = \"note\", channel = 1, number = 3 }\n";
        let element = load_mapping_set(text).into_result().unwrap().elements.remove(0);
        let entry = ElementEntry { element: element.clone(), repeat: None };
        assert_eq!(file.set_element(&entry), Ok(Written::Added));
        assert!(file.text().contains("at = [0.1, 2.7]"), "{}", file.text());
        let set = load_mapping_set(&file.text()).into_result().unwrap();
        assert_eq!(set.elements[1], element);
        file.remove_element("e").unwrap();
        assert_eq!(load_mapping_set(&file.text()).into_result().unwrap().elements.len(), 1);
    }

    #[test]
    fn one_copy_of_many_is_not_changed_alone() {
        let mut file = Rewrite::open("schema = 1\nid = \"x\"\nname = \"X\"\n").unwrap();
        let mut many = entry(0, 0);
        many.mapping.id = "gain-{n}".to_owned();
        many.repeat = Some(Repeat {
            count: 3,
            first: 1,
            number: 0,
            channel: 0,
            offset: 0,
            at: [0.0, 0.0],
            columns: None,
            row: [0.0, 0.0],
            row_number: None,
        });
        file.set_mapping(&many).unwrap();
        assert!(matches!(file.set_enabled("gain-2", false), Err(RewriteError::OneOfMany { .. })));
        assert!(matches!(file.set_enabled("gain-x", false), Err(RewriteError::NotThere { .. })));
        file.set_enabled("gain-{n}", false).unwrap();
        assert!(file.text().contains("enabled = false"));
    }
}
