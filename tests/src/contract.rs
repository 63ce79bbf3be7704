//! What was said, held against the schemas: strictly, for nothing may be said that the schemas do not know.

use boon::{Compiler, SchemaIndex, Schemas};
use serde_json::Value;
use std::collections::BTreeMap;

/// The schemas of every message.
pub struct Contract {
    schemas: Schemas,
    by_name: BTreeMap<String, SchemaIndex>,
}

impl Contract {
    /// Of what `loophole protocol schema` prints.
    ///
    /// # Panics
    /// A schema is none.
    pub fn new(printed: &Value) -> Self {
        let (mut schemas, mut compiler, mut by_name) = (Schemas::new(), Compiler::new(), BTreeMap::new());
        for (name, schema) in printed["schemas"].as_object().expect("schemas by their names") {
            let place = format!("loophole:{name}");
            let mut schema = schema.clone();
            close(&mut schema);
            compiler.add_resource(&place, schema).expect("a place of its own");
            let index = compiler.compile(&place, &mut schemas).unwrap_or_else(|error| panic!("{name}: {error:#}"));
            by_name.insert(name.clone(), index);
        }
        Self { schemas, by_name }
    }

    /// Says a payload of a message; `name` is as `pulse.reply.track.create`.
    ///
    /// # Panics
    /// There is no such message, or the payload is of another shape.
    #[track_caller]
    pub fn check(&self, name: &str, payload: &Value) {
        let index = self.by_name.get(name).unwrap_or_else(|| panic!("no schema knows {name}: {payload}"));
        if let Err(error) = self.schemas.validate(payload, *index) {
            panic!("{name} is of another shape: {error:#}\n{payload:#}");
        }
    }
}

/// Fields that are not known are errors, where a schema does not say that there may be others.
fn close(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            if fields.get("properties").is_some_and(Value::is_object) || fields.get("type") == Some(&"object".into()) {
                fields.entry("additionalProperties").or_insert(Value::Bool(false));
            }
            fields.values_mut().for_each(close);
        }
        Value::Array(list) => list.iter_mut().for_each(close),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
