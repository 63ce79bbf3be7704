//! Schemas of messages, generated from the Rust types.

use schemars::{JsonSchema, Schema, SchemaGenerator, generate::SchemaSettings};

/// Makes the JSON Schema (draft 2020-12) of one payload type.
pub type SchemaOf = fn() -> Schema;

/// The JSON Schema of `T`, with its parts in `$defs`.
pub fn schema_of<T: JsonSchema>() -> Schema {
    SchemaGenerator::new(SchemaSettings::draft2020_12()).into_root_schema_for::<T>()
}
