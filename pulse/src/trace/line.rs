//! A message as JSON: what recordings, subscribers and scripts see.

use super::{Body, Cause, Class, DeviceBytes, Kind, Link, Party, Priority, TraceEntry};
use crate::view::shapes::trace::Traced;
use loophole_wire::ErrorBody;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::sync::Arc;

/// Payload keys whose values are never written.
const SECRETS: [&str; 1] = ["token"];
/// Stands where something secret was.
const HIDDEN: &str = "(not shown)";

/// One message.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Line<'a> {
    /// Counts every message seen since the program started.
    pub number: u64,
    /// Nanoseconds since 1970-01-01T00:00:00Z.
    pub at_nanos: u64,
    /// `window`, `client.3` or `signal`.
    pub link: Cow<'a, str>,
    pub from: Party,
    pub to: Party,
    pub domain: Cow<'a, str>,
    pub name: Cow<'a, str>,
    pub kind: Class,
    pub priority: Priority,
    /// Of the sender, unique per link and direction.
    pub id: Cow<'a, str>,
    /// The command that this answers.
    #[serde(default)]
    pub cid: Option<Cow<'a, str>>,
    /// The command of the upper seam that led to this.
    #[serde(default)]
    pub cause: Option<LineCause<'a>>,
    /// Bytes on the wire, or of the payload where there is no wire.
    pub size: u64,
    /// The payload; of an error its code, message and details; of anything else what is known of it.
    #[schemars(with = "serde_json::Map<String, Value>")]
    pub payload: Box<RawValue>,
}

/// Which command led to a message.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LineCause<'a> {
    pub link: Cow<'a, str>,
    pub id: Cow<'a, str>,
}

/// Reads the payload of a `debug.traced` event: the messages, and how many were lost before them.
///
/// # Errors
/// What is wrong with it.
pub fn read_traced(payload: &Value) -> Result<(Vec<TraceEntry>, u64), String> {
    // Raw parts can only be read from text.
    let text = payload.to_string();
    let traced: Traced<'_> = serde_json::from_str(&text).map_err(|error| error.to_string())?;
    let entries = traced.messages.into_iter().map(Line::entry).collect::<Result<_, _>>()?;
    Ok((entries, traced.lost))
}

impl<'a> Line<'a> {
    /// A message as it is written down; paths to files lose their folders if they are to be masked.
    pub fn of(entry: &'a TraceEntry, masks_paths: bool) -> Self {
        Self {
            number: entry.number,
            at_nanos: entry.at_nanos,
            link: entry.link.to_string().into(),
            from: entry.from,
            to: entry.to,
            domain: (&*entry.domain).into(),
            name: (&*entry.name).into(),
            kind: entry.class(),
            priority: entry.priority,
            id: (&*entry.id).into(),
            cid: entry.cid.as_deref().map(Into::into),
            cause: entry
                .cause
                .as_ref()
                .map(|cause| LineCause { link: cause.link.to_string().into(), id: (&*cause.id).into() }),
            size: entry.size() as u64,
            payload: payload_of(&entry.body, masks_paths),
        }
    }

    /// The message again.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn entry(self) -> Result<TraceEntry, String> {
        let link = |text: &str| text.parse::<Link>().map_err(|()| format!("there is no link '{text}'"));
        let text = |text: Cow<'_, str>| Arc::<str>::from(&*text);
        let kind = match self.kind {
            Class::Command => Kind::Command,
            Class::Snapshot => Kind::Snapshot,
            Class::Error => Kind::Error,
            Class::Event | Class::Plane | Class::Log | Class::Process => Kind::Event,
        };
        let cause = match self.cause {
            Some(cause) => Some(Arc::new(Cause { link: link(&cause.link)?, id: text(cause.id) })),
            None => None,
        };
        Ok(TraceEntry {
            number: self.number,
            at_nanos: self.at_nanos,
            link: link(&self.link)?,
            from: self.from,
            to: self.to,
            domain: text(self.domain),
            name: text(self.name),
            kind,
            priority: self.priority,
            id: text(self.id),
            cid: self.cid.map(text),
            cause,
            size_bytes: u32::try_from(self.size).unwrap_or(u32::MAX),
            body: body_of(self.kind, self.payload),
        })
    }
}

fn payload_of(body: &Body, masks_paths: bool) -> Box<RawValue> {
    let text = body.payload_text();
    let has_secret = SECRETS.iter().any(|secret| text.contains(secret));
    let written = if has_secret || masks_paths {
        match serde_json::from_str::<Value>(&text) {
            Ok(mut value) => {
                clean(&mut value, masks_paths);
                value.to_string()
            }
            Err(_) => "{}".to_owned(),
        }
    } else {
        text.into_owned()
    };
    RawValue::from_string(written).unwrap_or_else(|_| loophole_wire::envelope::empty_payload())
}

/// Takes out what nobody else shall see.
fn clean(value: &mut Value, masks_paths: bool) {
    match value {
        Value::Object(fields) => {
            for (key, inside) in fields.iter_mut() {
                if SECRETS.contains(&key.as_str()) {
                    *inside = HIDDEN.into();
                } else {
                    clean(inside, masks_paths);
                }
            }
        }
        Value::Array(elements) => elements.iter_mut().for_each(|element| clean(element, masks_paths)),
        Value::String(text) if masks_paths => {
            if let Cow::Owned(masked) = masked(text) {
                *text = masked;
            }
        }
        Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Every path in a text with its last part only; an OSC address has the same look and the same fate.
fn masked(text: &str) -> Cow<'_, str> {
    let is_path = |word: &str| word.matches(['/', '\\']).count() > 1 && !word.contains("://");
    if !text.split_whitespace().any(is_path) {
        return text.into();
    }
    let last = |text: &str| format!("…/{}", text.rsplit(['/', '\\']).next().unwrap_or_default());
    // A path alone may have blanks in it.
    if text.starts_with(['/', '~']) || text.get(1..3) == Some(":\\") {
        return last(text).into();
    }
    let words = text.split(' ').map(|word| if is_path(word) { last(word) } else { word.to_owned() });
    words.collect::<Vec<_>>().join(" ").into()
}

#[derive(Deserialize)]
struct PlaneBody {
    kind: String,
    #[serde(default)]
    stream: u32,
    #[serde(default)]
    sequence: u32,
    #[serde(default)]
    count: u32,
    records: Option<Vec<RecordBody>>,
}

#[derive(Deserialize)]
struct RecordBody {
    port: u32,
    #[serde(default)]
    at_nanos: u64,
    bytes: String,
}

/// What a payload says for its kind; what it does not say right stays as it is.
fn body_of(class: Class, payload: Box<RawValue>) -> Body {
    let text = |key: &str| {
        let value = serde_json::from_str::<Value>(payload.get()).unwrap_or_default();
        value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    match class {
        Class::Error => match serde_json::from_str::<ErrorBody>(payload.get()) {
            Ok(error) => Body::Error(Arc::new(error)),
            Err(_) => Body::Json(payload.into()),
        },
        Class::Plane => match serde_json::from_str::<PlaneBody>(payload.get()) {
            Ok(PlaneBody { kind, stream, sequence, count, records }) => match records {
                None => Body::Plane { kind: plane_kind(&kind), stream, sequence, count },
                Some(records) => {
                    let records = records.into_iter().map(device_bytes).collect();
                    Body::Device { kind: plane_kind(&kind), stream, sequence, count, records }
                }
            },
            Err(_) => Body::Plane { kind: "unknown", stream: 0, sequence: 0, count: 0 },
        },
        Class::Log => Body::Log(text("line").into()),
        Class::Process => Body::Process { state: text("state").into(), detail: text("detail").into() },
        Class::Command | Class::Event | Class::Snapshot => Body::Json(payload.into()),
    }
}

fn device_bytes(record: RecordBody) -> DeviceBytes {
    let bytes = record.bytes.split(' ').filter_map(|byte| u8::from_str_radix(byte, 16).ok()).collect();
    DeviceBytes { port: record.port, at_nanos: record.at_nanos, bytes }
}

fn plane_kind(kind: &str) -> &'static str {
    const KINDS: [&str; 8] =
        ["gesture", "meter", "position", "control", "load", "deviceInput", "deviceOutput", "deviceEcho"];
    KINDS.iter().find(|known| **known == kind).copied().unwrap_or("unknown")
}
