//! Payloads of the media domain.

use crate::model::id::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// No fields.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct List {}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Import {
    /// Absolute paths of WAV, AIFF, FLAC, MP3 or Ogg Vorbis files.
    pub paths: Vec<String>,
    /// Where to make clips; none = only import.
    #[serde(default)]
    pub place: Option<Place>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Place {
    /// None = a new track per file; else the files follow each other on this track.
    #[serde(default)]
    pub track_id: Option<TrackId>,
    pub start_ticks: i64,
}
