//! Envelopes of both seams, with every message in them: client and Pulse, Pulse and Signal.

use loophole_pulse::engine::from_wire;
use loophole_pulse::intent::Intent;
use loophole_wire::Envelope;
use loophole_wire::message::{EngineCommand, EngineEvent, parse_engine_command};
use serde_json::{Value, json};

pub(super) fn run(bytes: &[u8]) {
    let Ok(envelope) = Envelope::parse(bytes) else { return };
    let written = envelope.to_json();
    assert_eq!(Envelope::parse(&written).unwrap().to_json(), written);

    let (domain, name) = (envelope.domain.as_str(), envelope.name.as_str());
    if let Ok(command) = parse_engine_command(domain, name, &envelope.payload) {
        assert_eq!(EngineCommand::parse(domain, name, &command.payload()).unwrap(), command);
    }
    if let Ok(event) = EngineEvent::parse(domain, name, &envelope.payload) {
        assert_eq!(EngineEvent::parse(domain, name, &event.payload()).unwrap(), event);
    }
    if let Ok(intent) = Intent::parse(domain, name, &envelope.payload) {
        assert_eq!(Intent::parse(domain, name, &intent.payload()).unwrap(), intent);
    }
    // Refused or not: it must say which.
    let _outcome = from_wire::parse(envelope);
}

/// Every message there is, with all its fields.
pub(super) fn seeds() -> Vec<Vec<u8>> {
    let engine = |specs: &[loophole_wire::message::MessageSpec], parties: [&'static str; 2]| -> Vec<_> {
        let one = |spec: &loophole_wire::message::MessageSpec| {
            (parties, spec.domain, spec.kind.name(), spec.name, spec.schema)
        };
        specs.iter().map(one).collect()
    };
    let intents =
        Intent::SPECS.iter().map(|spec| (["client", "pulse"], spec.domain, "command", spec.name, spec.schema));
    let mut all: Vec<_> = intents.collect();
    all.extend(engine(EngineCommand::SPECS, ["pulse", "signal"]));
    all.extend(engine(EngineEvent::SPECS, ["signal", "pulse"]));
    let envelope = |([origin, target], domain, kind, name, schema): (
        [&str; 2],
        &str,
        &str,
        &str,
        loophole_wire::schema::SchemaOf,
    )| {
        let schema = schema().to_value();
        let envelope = json!({
            "v": 1, "id": "1-1", "cid": null, "ts": "", "origin": origin, "target": target, "domain": domain,
            "kind": kind, "name": name, "payload": example(&schema, &schema, 0),
        });
        envelope.to_string().into_bytes()
    };
    let mut seeds: Vec<_> = all.into_iter().map(envelope).collect();
    seeds.push(
        br#"{"v":1,"id":"2","cid":"1-1","ts":"","origin":"signal","target":"pulse","domain":"engine","kind":"error","name":"start","payload":{},"error":{"code":"a.b","message":"c","details":{}}}"#
            .to_vec(),
    );
    seeds
}

/// A value that a schema allows, with every field.
fn example(schema: &Value, root: &Value, depth: u32) -> Value {
    const DEEPEST: u32 = 12;
    if depth > DEEPEST {
        return Value::Null;
    }
    let inside = |schema: &Value| example(schema, root, depth + 1);
    if let Some(place) = schema["$ref"].as_str() {
        return root.pointer(place.trim_start_matches('#')).map_or(Value::Null, inside);
    }
    if let Some(value) = schema.get("const").or_else(|| schema["enum"].get(0)) {
        return value.clone();
    }
    if let Some(first) = ["anyOf", "oneOf", "allOf"].iter().find_map(|key| schema[*key].get(0)) {
        return inside(first);
    }
    let kind = schema["type"].as_str().or_else(|| schema["type"][0].as_str());
    match kind {
        Some("object") => {
            let fields = schema["properties"].as_object().into_iter().flatten();
            fields.map(|(name, schema)| (name.clone(), inside(schema))).collect()
        }
        Some("array") => match (schema["prefixItems"].as_array(), schema.get("items")) {
            (Some(items), _) => items.iter().map(inside).collect(),
            (None, Some(items)) => json!([inside(items)]),
            (None, None) => json!([]),
        },
        Some("integer" | "number") => schema.get("minimum").cloned().unwrap_or(json!(1)),
        Some("boolean") => json!(true),
        // The only patterns are those of ids: a prefix and digits.
        Some("string") => match schema["pattern"].as_str() {
            Some(pattern) => json!(pattern.trim_start_matches('^').replace("[0-9]+$", "1")),
            None => json!("a"),
        },
        _ => Value::Null,
    }
}
