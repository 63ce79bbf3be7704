//! Reads values out of a parsed file, and says where one is not what it should be.

use super::SCHEMA;
use super::finding::{Fault, Notes, Span, did_you_mean, nearest, quoted};
use serde::de::{DeserializeOwned, IntoDeserializer};
use toml_edit::{Document, Item, TableLike};

/// Longest file that is read.
const MAX_BYTES: usize = 1 << 20;
/// So many keys may be joined by dots.
const MAX_DEPTH: usize = 12;

/// A table with the place of its beginning.
#[derive(Clone)]
pub(crate) struct At<'d> {
    pub(crate) table: &'d dyn TableLike,
    pub(crate) span: Span,
    /// "this element"
    pub(crate) what: &'static str,
}

/// The text as a document; or none, and why.
pub(crate) fn parse(text: &str, notes: &mut Notes<'_>) -> Option<Document<String>> {
    if text.len() > MAX_BYTES {
        let message = format!("the file has {} bytes; {MAX_BYTES} are the most", text.len());
        notes.error(&(0..0), Fault::new(message, "split it"));
        return None;
    }
    if let Some(at) = too_deep(text) {
        let fault = Fault::new(format!("more than {MAX_DEPTH} keys joined by dots"), "nothing here is that deep");
        notes.error(&(at..at), fault);
        return None;
    }
    match Document::parse(text.to_owned()) {
        Ok(document) => Some(document),
        Err(error) => {
            let span = error.span().unwrap_or(0..0);
            let message = error.message().lines().collect::<Vec<_>>().join(", ");
            notes.error(&span, Fault::new(message, "this is not TOML; correct the line"));
            None
        }
    }
}

/// Where more keys are joined by dots than may be; what is parsed is walked by recursion, which stays bounded so.
fn too_deep(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let (mut at, mut joined) = (0, 0);
    while at < bytes.len() {
        match bytes[at] {
            quote @ (b'"' | b'\'') => at = end_of_string(bytes, at, quote),
            b'#' => at += bytes[at..].iter().take_while(|byte| **byte != b'\n').count(),
            b'.' => joined += 1,
            b'=' | b',' | b'{' | b'}' | b'[' | b']' | b'\n' => joined = 0,
            _ => {}
        }
        if joined >= MAX_DEPTH {
            return Some(at);
        }
        at += 1;
    }
    None
}

/// The last byte of the string that begins at `start`; of one without an end, the last byte of its line or text.
pub(crate) fn end_of_string(bytes: &[u8], start: usize, quote: u8) -> usize {
    let many = bytes[start..].starts_with(&[quote, quote, quote]);
    let mut at = if many { start + 3 } else { start + 1 };
    while at < bytes.len() {
        match bytes[at] {
            b'\\' if quote == b'"' => at += 1,
            b'\n' if !many => return at,
            byte if byte == quote && !many => return at,
            byte if byte == quote && bytes[at..].starts_with(&[quote, quote, quote]) => return at + 2,
            _ => {}
        }
        at += 1;
    }
    at
}

/// Whether the schema is one that this program reads.
pub(crate) fn schema_is_known(root: &At<'_>, notes: &mut Notes<'_>) -> bool {
    let Some(schema) = need::<u32>(root, "schema", notes) else { return false };
    let span = span_of(root, "schema");
    if schema > SCHEMA {
        let message = format!("schema {schema} is from a newer Loophole; this one reads up to {SCHEMA}");
        notes.error(&span, Fault::new(message, "update Loophole"));
        return false;
    }
    if schema == 0 {
        notes.error(&span, Fault::new("schema 0 does not exist", format!("write schema = {SCHEMA}")));
        return false;
    }
    true
}

/// Where the value of a key stands; of a key that is missing, where its table begins.
pub(crate) fn span_of(at: &At<'_>, key: &str) -> Span {
    match at.table.get_key_value(key) {
        Some((key, item)) => item.span().or_else(|| key.span()).unwrap_or_else(|| at.span.clone()),
        None => at.span.clone(),
    }
}

/// The value of a key, if it is there and right.
pub(crate) fn optional<T: DeserializeOwned>(at: &At<'_>, key: &str, notes: &mut Notes<'_>) -> Option<T> {
    let item = at.table.get(key)?;
    decode(item, &span_of(at, key), &quoted(key), notes)
}

/// The value of a key that must be there.
pub(crate) fn need<T: DeserializeOwned>(at: &At<'_>, key: &str, notes: &mut Notes<'_>) -> Option<T> {
    if at.table.get(key).is_none() {
        let similar = nearest(key, at.table.iter().map(|(name, _)| name));
        let advice =
            similar.map_or_else(|| format!("add {key} = …"), |near| format!("is {} meant to be it?", quoted(near)));
        notes.error(&at.span, Fault::new(format!("{} has no `{key}`", at.what), advice));
        return None;
    }
    optional(at, key, notes)
}

/// Decodes one value; an error goes to the notes with the nearest place that is known.
pub(crate) fn decode<T: DeserializeOwned>(item: &Item, span: &Span, what: &str, notes: &mut Notes<'_>) -> Option<T> {
    let Ok(value) = item.clone().into_value() else {
        notes.error(span, Fault::new(format!("{what} has no value"), "write one"));
        return None;
    };
    match T::deserialize(value.into_deserializer()) {
        Ok(value) => Some(value),
        Err(error) => {
            let place = error.span().filter(|found| found.start > 0).unwrap_or_else(|| span.clone());
            let message = error.message().lines().next().unwrap_or_default().to_owned();
            let advice = advice_of(&message);
            notes.error(&place, Fault::new(format!("{what}: {message}"), advice));
            None
        }
    }
}

/// Serde names the wrong word and the right ones in backticks.
fn advice_of(message: &str) -> String {
    let mut words = message.split('`').skip(1).step_by(2);
    if message.starts_with("unknown variant") {
        let wrong = words.next().unwrap_or_default();
        return did_you_mean(wrong, words);
    }
    if message.starts_with("missing field") {
        return words.next().map_or_else(String::new, |field| format!("add {field} = …"));
    }
    String::new()
}

/// The tables of `[[key]]`, or of a list of inline tables.
pub(crate) fn tables<'d>(
    root: &At<'d>,
    key: &str,
    what: &'static str,
    most: usize,
    notes: &mut Notes<'_>,
) -> Vec<At<'d>> {
    let Some(item) = root.table.get(key) else { return Vec::new() };
    let place = span_of(root, key);
    let found: Vec<At<'d>> = match item {
        Item::ArrayOfTables(tables) => tables
            .iter()
            .map(|table| At {
                table: table as &dyn TableLike,
                span: table.span().unwrap_or_else(|| place.clone()),
                what,
            })
            .collect(),
        Item::Value(toml_edit::Value::Array(values)) => {
            let mut found = Vec::new();
            for value in values {
                let span = value.span().unwrap_or_else(|| place.clone());
                match value.as_inline_table() {
                    Some(table) => found.push(At { table: table as &dyn TableLike, span, what }),
                    None => {
                        notes.error(&span, Fault::new(format!("{what} is not a table"), format!("write [[{key}]]")))
                    }
                }
            }
            found
        }
        _ => {
            let fault = Fault::new(format!("{} is not a list of tables", quoted(key)), format!("write [[{key}]]"));
            notes.error(&place, fault);
            Vec::new()
        }
    };
    if found.len() > most {
        let message = format!("{} times [[{key}]]; {most} are the most", found.len());
        notes.error(&place, Fault::new(message, "split the file"));
        return Vec::new();
    }
    found
}
