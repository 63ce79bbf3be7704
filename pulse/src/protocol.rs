//! The protocol as data, for `loophole protocol`: what is built, what is planned, every error, every schema.

use crate::intent::{Intent, PLANNED};
use loophole_wire::message::{EngineCommand, EngineEvent, MessageSpec, SIGNAL_NOT_BUILT};
use loophole_wire::schema::schema_of;
use loophole_wire::{ENVELOPE_VERSION, Envelope, PROTOCOL_VERSION, ProtocolError};
use serde_json::{Map, Value, json};

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
#[derive(Clone, Copy, Debug)]
pub struct Row {
    pub seam: Seam,
    pub domain: &'static str,
    pub name: &'static str,
    /// `command` or `event`.
    pub kind: &'static str,
    pub priority: &'static str,
    /// What one must be allowed to do; empty at the lower seam.
    pub capability: &'static str,
    pub built: bool,
    pub doc: &'static str,
}

/// Everything that has a name in the protocol, built or not.
pub fn rows() -> Vec<Row> {
    let mut rows: Vec<Row> = Intent::SPECS
        .iter()
        .map(|spec| Row {
            seam: Seam::Upper,
            domain: spec.domain,
            name: spec.name,
            kind: "command",
            priority: spec.priority.name(),
            capability: spec.capability.name(),
            built: true,
            doc: spec.doc,
        })
        .collect();
    for (domain, names) in PLANNED {
        rows.extend(names.iter().map(|name| not_built(Seam::Upper, domain, name)));
    }
    for specs in [EngineCommand::SPECS, EngineEvent::SPECS] {
        rows.extend(specs.iter().map(lower));
    }
    rows.extend(SIGNAL_NOT_BUILT.iter().map(|(domain, name)| not_built(Seam::Lower, domain, name)));
    rows
}

/// JSON Schemas (draft 2020-12) of the envelope and of every payload, by `pulse.domain.name` or `signal.kind.domain.name`.
pub fn schemas() -> Value {
    let mut all = Map::new();
    all.insert("envelope".to_owned(), schema_of::<Envelope>().to_value());
    for spec in Intent::SPECS {
        all.insert(format!("pulse.command.{}.{}", spec.domain, spec.name), (spec.schema)().to_value());
    }
    for spec in EngineCommand::SPECS.iter().chain(EngineEvent::SPECS) {
        all.insert(format!("signal.{}.{}.{}", spec.kind.name(), spec.domain, spec.name), (spec.schema)().to_value());
    }
    json!({ "protocol": PROTOCOL_VERSION, "envelope": ENVELOPE_VERSION, "schemas": all })
}

/// Every error code that a peer may see, with its meaning.
pub fn error_codes() -> Vec<(&'static str, &'static str)> {
    let mut codes: Vec<_> = ProtocolError::CODES.iter().map(|code| (*code, "the message itself is wrong")).collect();
    codes.extend(crate::core::ERROR_CODES);
    codes.extend(crate::server::ERROR_CODES);
    codes
}

fn lower(spec: &MessageSpec) -> Row {
    Row {
        seam: Seam::Lower,
        domain: spec.domain,
        name: spec.name,
        kind: spec.kind.name(),
        priority: spec.priority.name(),
        capability: "",
        built: true,
        doc: spec.doc,
    }
}

fn not_built(seam: Seam, domain: &'static str, name: &'static str) -> Row {
    Row { seam, domain, name, kind: "command", priority: "", capability: "", built: false, doc: "Not built yet." }
}
