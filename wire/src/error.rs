//! What goes wrong at a border, with the code that the other side sees.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The error part of an envelope.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ErrorBody {
    /// `domain.reason`, from the closed list that `loophole protocol list` prints.
    pub code: String,
    /// What is wrong, where, and what to do, for a person.
    pub message: String,
    /// More, for a program; an object or null.
    #[serde(default)]
    pub details: Value,
}

impl ErrorBody {
    pub fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { code: code.into(), message: message.into(), details: Value::Null }
    }
    #[must_use]
    pub fn with_details(mut self, details: impl Serialize) -> Self {
        self.details = serde_json::to_value(details).unwrap_or_default();
        self
    }
}

impl std::fmt::Display for ErrorBody {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{} ({})", self.message, self.code)
    }
}

impl std::error::Error for ErrorBody {}

/// What the protocol itself refuses, whatever the domain.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ProtocolError {
    #[error("a frame of {length} bytes is over the limit of {limit}; send it in parts")]
    FrameTooLarge { length: u64, limit: u64 },
    #[error("a frame of zero length; a frame holds at least its type byte")]
    FrameEmpty,
    #[error("frame type {0} is unknown; 0 is a JSON envelope, 1 is a plane frame")]
    FrameType(u8),
    #[error("{path}: {reason}")]
    Malformed { path: String, reason: String },
    #[error("there is no message '{domain}.{name}'; 'loophole protocol list' prints what there is")]
    UnknownMessage { domain: String, name: String },
    #[error("'{domain}.{name}' is not built yet")]
    NotImplemented { domain: String, name: String },
    #[error(
        "the other side speaks protocol {theirs}, this one speaks {ours}; use the same version of Loophole on both sides"
    )]
    VersionMismatch { ours: u32, theirs: u32 },
    #[error("a message from {origin} to {target} is not allowed on this connection")]
    ForbiddenRoute { origin: String, target: String },
}

impl ProtocolError {
    /// Every code of this enum, and what it means.
    pub const CODES: &[(&str, &str)] = &[
        ("protocol.frameTooLarge", "the frame is over the limit; the connection ends"),
        ("protocol.frameEmpty", "the frame has no length; the connection ends"),
        ("protocol.frameType", "the frame is neither JSON nor plane; the connection ends"),
        ("protocol.malformed", "the JSON or a field of it is wrong; details.path says which"),
        ("protocol.unknownMessage", "there is no message of this name"),
        ("protocol.notImplemented", "the message has a name and is not built yet"),
        ("protocol.versionMismatch", "the other side speaks another version of the protocol"),
        ("protocol.forbiddenRoute", "origin and target are not those of this connection"),
    ];

    pub fn code(&self) -> &'static str {
        match self {
            Self::FrameTooLarge { .. } => "protocol.frameTooLarge",
            Self::FrameEmpty => "protocol.frameEmpty",
            Self::FrameType(_) => "protocol.frameType",
            Self::Malformed { .. } => "protocol.malformed",
            Self::UnknownMessage { .. } => "protocol.unknownMessage",
            Self::NotImplemented { .. } => "protocol.notImplemented",
            Self::VersionMismatch { .. } => "protocol.versionMismatch",
            Self::ForbiddenRoute { .. } => "protocol.forbiddenRoute",
        }
    }

    /// The same error, its path one level deeper: `value` becomes `payload.value`.
    #[must_use]
    pub fn inside(self, outer: &str) -> Self {
        match self {
            Self::Malformed { path, reason } if path == "." => Self::Malformed { path: outer.to_owned(), reason },
            Self::Malformed { path, reason } => Self::Malformed { path: format!("{outer}.{path}"), reason },
            other => other,
        }
    }

    fn details(&self) -> Value {
        match self {
            Self::Malformed { path, .. } => serde_json::json!({ "path": path }),
            Self::VersionMismatch { ours, theirs } => {
                serde_json::json!({ "ours": ours, "theirs": theirs })
            }
            Self::FrameTooLarge { length, limit } => {
                serde_json::json!({ "length": length, "limit": limit })
            }
            Self::FrameEmpty
            | Self::FrameType(_)
            | Self::UnknownMessage { .. }
            | Self::NotImplemented { .. }
            | Self::ForbiddenRoute { .. } => Value::Null,
        }
    }
}

impl From<&ProtocolError> for ErrorBody {
    fn from(error: &ProtocolError) -> Self {
        ErrorBody::new(error.code(), error.to_string()).with_details(error.details())
    }
}

impl From<ProtocolError> for ErrorBody {
    fn from(error: ProtocolError) -> Self {
        (&error).into()
    }
}
