//! Schemas of messages, generated from the Rust types.

use schemars::{JsonSchema, Schema, SchemaGenerator, generate::SchemaSettings};

/// Makes the JSON Schema (draft 2020-12) of one payload type.
pub type SchemaOf = fn() -> Schema;

/// The JSON Schema of what is taken for a `T`, with its parts in `$defs`: fields that may be left out are not required.
pub fn schema_of<T: JsonSchema>() -> Schema {
    SchemaGenerator::new(SchemaSettings::draft2020_12()).into_root_schema_for::<T>()
}

/// The JSON Schema of a `T` as this program writes it: fields that are always there are required.
pub fn schema_of_said<T: JsonSchema>() -> Schema {
    SchemaGenerator::new(SchemaSettings::draft2020_12().for_serialize()).into_root_schema_for::<T>()
}
