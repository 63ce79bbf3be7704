//! One message as the tap keeps it.

use crate::intent::Intent;
use loophole_wire::{ErrorBody, Kind, Party, Priority};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt::{self, Write as _};
use std::sync::Arc;

/// Between whom a message went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Link {
    /// The window and Pulse.
    Window,
    /// A headless client and Pulse, by its connection number.
    Client(u32),
    /// Pulse and Signal.
    Engine,
}

/// `window`, `client.3`, `signal`: as filters and recordings say it.
impl fmt::Display for Link {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Window => formatter.write_str("window"),
            Self::Client(connection) => write!(formatter, "client.{connection}"),
            Self::Engine => formatter.write_str("signal"),
        }
    }
}

impl std::str::FromStr for Link {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "window" => Ok(Self::Window),
            "signal" | "engine" => Ok(Self::Engine),
            _ => text.strip_prefix("client.").and_then(|number| number.parse().ok()).map(Self::Client).ok_or(()),
        }
    }
}

/// The message of the upper seam that led to this one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Cause {
    pub link: Link,
    /// The `id` of the command there.
    pub id: Arc<str>,
}

/// What a device said or was told: one MIDI message, HID report or OSC packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceBytes {
    pub port: u32,
    /// When the driver handed it over, nanoseconds since 1970-01-01T00:00:00Z; 0 on the way out.
    pub at_nanos: u64,
    pub bytes: Arc<[u8]>,
}

/// What was in a message.
#[derive(Clone, Debug)]
pub enum Body {
    /// A JSON payload; shared, not copied.
    Json(Arc<RawValue>),
    /// An intent as it went through the in-process seam; becomes JSON when somebody looks.
    Intent(Arc<Intent>),
    /// A plane frame, summarised.
    Plane { kind: &'static str, stream: u32, sequence: u32, count: u32 },
    /// A plane frame of what devices said or were told; `count` tells more than `records` when not all were kept.
    Device { kind: &'static str, stream: u32, sequence: u32, count: u32, records: Arc<[DeviceBytes]> },
    /// An error.
    Error(Arc<ErrorBody>),
    /// A line that the engine's process printed on stderr.
    Log(Arc<str>),
    /// What became of the engine's process: `spawned`, `ready`, `died` and so on, and why.
    Process { state: Arc<str>, detail: Arc<str> },
}

/// What kind of entry somebody sees: that of a message, or what is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Class {
    Command,
    Event,
    Snapshot,
    Error,
    /// A binary frame.
    Plane,
    /// A line of the engine's stderr.
    Log,
    /// A change of the engine's process.
    Process,
}

impl Class {
    pub const ALL: [Self; 7] =
        [Self::Command, Self::Event, Self::Snapshot, Self::Error, Self::Plane, Self::Log, Self::Process];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Command => "command",
            Self::Event => "event",
            Self::Snapshot => "snapshot",
            Self::Error => "error",
            Self::Plane => "plane",
            Self::Log => "log",
            Self::Process => "process",
        }
    }
}

impl Body {
    /// The payload as JSON; an object, made when somebody looks.
    pub fn payload_text(&self) -> Cow<'_, str> {
        match self {
            Self::Json(json) => json.get().into(),
            Self::Intent(intent) => String::from(Box::<str>::from(intent.payload())).into(),
            Self::Plane { kind, stream, sequence, count } => {
                format!(r#"{{"kind":"{kind}","stream":{stream},"sequence":{sequence},"count":{count}}}"#).into()
            }
            Self::Device { kind, stream, sequence, count, records } => {
                let mut text =
                    format!(r#"{{"kind":"{kind}","stream":{stream},"sequence":{sequence},"count":{count},"records":["#);
                for (index, record) in records.iter().enumerate() {
                    let comma = if index == 0 { "" } else { "," };
                    // A String takes all text.
                    let _written =
                        write!(text, r#"{comma}{{"port":{},"bytes":"{}"}}"#, record.port, Hex(&record.bytes));
                }
                text.push_str("]}");
                text.into()
            }
            Self::Error(error) => serde_json::to_string(&**error).unwrap_or_else(|_| "{}".to_owned()).into(),
            Self::Log(line) => serde_json::json!({ "line": &**line }).to_string().into(),
            Self::Process { state, detail } => {
                serde_json::json!({ "state": &**state, "detail": &**detail }).to_string().into()
            }
        }
    }

    /// What it weighs besides the entry itself and what was on the wire.
    fn extra_bytes(&self) -> usize {
        match self {
            Self::Device { records, .. } => records.len() * size_of::<DeviceBytes>(),
            Self::Log(text) | Self::Process { detail: text, .. } => text.len(),
            Self::Intent(_) => size_of::<Intent>(),
            Self::Json(_) | Self::Plane { .. } | Self::Error(_) => 0,
        }
    }
}

/// `90 3c 7f`.
struct Hex<'a>(&'a [u8]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, byte) in self.0.iter().enumerate() {
            write!(formatter, "{}{byte:02x}", if index == 0 { "" } else { " " })?;
        }
        Ok(())
    }
}

/// One message.
#[derive(Clone, Debug)]
pub struct TraceEntry {
    /// Counts every message seen since the program started.
    pub number: u64,
    /// Nanoseconds since 1970-01-01T00:00:00Z.
    pub at_nanos: u64,
    pub link: Link,
    pub from: Party,
    pub to: Party,
    pub domain: Arc<str>,
    pub name: Arc<str>,
    pub kind: Kind,
    pub priority: Priority,
    /// Of the sender, unique per link and direction; 0 for plane frames.
    pub id: Arc<str>,
    /// The command that this answers.
    pub cid: Option<Arc<str>>,
    /// What led to this: kept where Pulse acts on a command, for what it tells the engine and everybody else.
    pub cause: Option<Arc<Cause>>,
    /// Of the frame on the wire; of the payload as JSON where there is no wire (0 until somebody looks).
    pub size_bytes: u32,
    pub body: Body,
}

impl TraceEntry {
    /// What kind of entry this is.
    pub fn class(&self) -> Class {
        match (&self.body, self.kind) {
            (Body::Plane { .. } | Body::Device { .. }, _) => Class::Plane,
            (Body::Log(_), _) => Class::Log,
            (Body::Process { .. }, _) => Class::Process,
            (Body::Json(_) | Body::Intent(_) | Body::Error(_), kind) => match kind {
                Kind::Command => Class::Command,
                Kind::Event => Class::Event,
                Kind::Snapshot => Class::Snapshot,
                Kind::Error => Class::Error,
            },
        }
    }

    /// Bytes on the wire, or of the payload where there is none.
    pub fn size(&self) -> usize {
        match (&self.body, self.size_bytes) {
            (Body::Intent(intent), 0) => intent.payload().get().len(),
            (_, size) => size as usize,
        }
    }

    /// About how much memory it takes.
    pub fn cost_bytes(&self) -> usize {
        size_of::<Self>() + self.size_bytes as usize + self.body.extra_bytes() + 64
    }
}
