//! The protocol as data, for `loophole protocol`: what is built, what is planned, every error, every schema.

use crate::event::Happening;
use crate::intent::{Intent, PLANNED};
use loophole_wire::envelope::Kind;
use loophole_wire::message::{EngineCommand, EngineEvent, MessageSpec, SIGNAL_NOT_BUILT};
use loophole_wire::schema::{SchemaOf, schema_of};
use loophole_wire::{ENVELOPE_VERSION, Envelope, PROTOCOL_VERSION, ProtocolError};
use serde_json::{Map, Value, json};
use std::borrow::Cow;

/// Who answers a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seam {
    /// Windows and headless clients ask Pulse.
    Upper,
    /// Pulse asks Signal.
    Lower,
}

impl Seam {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Upper => "pulse",
            Self::Lower => "signal",
        }
    }
}

/// One row of the list.
#[derive(Clone, Debug)]
pub struct Row {
    pub seam: Seam,
    pub domain: &'static str,
    pub name: &'static str,
    pub kind: RowKind,
    /// Who says it to whom.
    pub direction: &'static str,
    pub priority: &'static str,
    /// What one must be allowed to do; empty for what is no command to Pulse.
    pub capability: &'static str,
    pub built: bool,
    pub doc: Cow<'static, str>,
}

/// What a row is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowKind {
    Command,
    /// What answers the command of the same name. Signal answers with its events.
    Reply,
    Event,
}

impl RowKind {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Command => "command",
            Self::Reply => "reply",
            Self::Event => "event",
        }
    }
}

const TO_PULSE: &str = "client > pulse";
const FROM_PULSE: &str = "pulse > client";
const TO_SIGNAL: &str = "pulse > signal";
const FROM_SIGNAL: &str = "signal > pulse";

/// A message of the upper seam with the schema of its payload.
struct Upper {
    row: Row,
    schema: SchemaOf,
}

/// Every message of the upper seam that is built.
fn upper() -> Vec<Upper> {
    let mut all = Vec::new();
    for spec in Intent::SPECS {
        let row = Row {
            seam: Seam::Upper,
            domain: spec.domain,
            name: spec.name,
            kind: RowKind::Command,
            direction: TO_PULSE,
            priority: spec.priority.name(),
            capability: spec.capability.name(),
            built: true,
            doc: spec.doc.into(),
        };
        let said = |kind, schema: SchemaOf| {
            let doc = about(schema).into();
            let row = Row { kind, direction: FROM_PULSE, priority: "normal", capability: "", doc, ..row.clone() };
            Upper { row, schema }
        };
        let reply = said(RowKind::Reply, spec.reply);
        let told = spec.told.map(|told| said(RowKind::Event, told));
        all.push(Upper { row, schema: spec.schema });
        all.push(reply);
        all.extend(told);
    }
    all.extend(Happening::SPECS.iter().map(|spec| Upper {
        row: Row {
            seam: Seam::Upper,
            domain: spec.domain,
            name: spec.name,
            kind: if spec.kind == Kind::Command { RowKind::Command } else { RowKind::Event },
            direction: FROM_PULSE,
            priority: spec.priority.name(),
            capability: "",
            built: true,
            doc: spec.doc.into(),
        },
        schema: spec.schema,
    }));
    all
}

/// The first sentence of a shape's description.
fn about(schema: SchemaOf) -> String {
    let schema = schema();
    schema.get("description").and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// Everything that has a name in the protocol, built or not.
pub fn rows() -> Vec<Row> {
    let mut rows: Vec<Row> = upper().into_iter().map(|upper| upper.row).collect();
    for (domain, names) in PLANNED {
        rows.extend(names.iter().map(|name| not_built(Seam::Upper, domain, name)));
    }
    for specs in [EngineCommand::SPECS, EngineEvent::SPECS] {
        rows.extend(specs.iter().map(lower));
    }
    rows.extend(SIGNAL_NOT_BUILT.iter().map(|(domain, name)| not_built(Seam::Lower, domain, name)));
    rows
}

/// JSON Schemas (draft 2020-12) of the envelope and of every payload, by `seam.kind.domain.name`, for example
/// `pulse.reply.track.create` or `signal.event.engine.state`. A command that Pulse gives is `pulse.asks.…`.
pub fn schemas() -> Value {
    let mut all = Map::new();
    all.insert("envelope".to_owned(), schema_of::<Envelope>().to_value());
    for Upper { row, schema } in upper() {
        let asks = row.kind == RowKind::Command && row.direction == FROM_PULSE;
        let kind = if asks { "asks" } else { row.kind.name() };
        all.insert(format!("pulse.{kind}.{}.{}", row.domain, row.name), schema().to_value());
    }
    for spec in EngineCommand::SPECS.iter().chain(EngineEvent::SPECS) {
        all.insert(format!("signal.{}.{}.{}", spec.kind.name(), spec.domain, spec.name), (spec.schema)().to_value());
    }
    json!({ "protocol": PROTOCOL_VERSION, "envelope": ENVELOPE_VERSION, "schemas": all })
}

/// Every error code that a peer may see, with its meaning.
pub fn error_codes() -> Vec<(&'static str, &'static str)> {
    let mut codes = ProtocolError::CODES.to_vec();
    codes.extend(crate::core::ERROR_CODES);
    codes.extend(crate::server::ERROR_CODES);
    codes
}

fn lower(spec: &MessageSpec) -> Row {
    let is_command = spec.kind == Kind::Command;
    Row {
        seam: Seam::Lower,
        domain: spec.domain,
        name: spec.name,
        kind: if is_command { RowKind::Command } else { RowKind::Event },
        direction: if is_command { TO_SIGNAL } else { FROM_SIGNAL },
        priority: spec.priority.name(),
        capability: "",
        built: true,
        doc: spec.doc.into(),
    }
}

fn not_built(seam: Seam, domain: &'static str, name: &'static str) -> Row {
    Row {
        seam,
        domain,
        name,
        kind: RowKind::Command,
        direction: if seam == Seam::Upper { TO_PULSE } else { TO_SIGNAL },
        priority: "",
        capability: "",
        built: false,
        doc: "Not built yet.".into(),
    }
}
