//! The envelope around every JSON message.

use crate::ENVELOPE_VERSION;
use crate::error::{ErrorBody, ProtocolError};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// Who speaks or is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Party {
    Aura,
    Pulse,
    Signal,
    Composer,
    Client,
}

impl Party {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Aura => "aura",
            Self::Pulse => "pulse",
            Self::Signal => "signal",
            Self::Composer => "composer",
            Self::Client => "client",
        }
    }

    /// Whether the topology lets `self` speak to `target`: everybody speaks with Pulse, and with nobody else.
    pub const fn may_speak_to(self, target: Party) -> bool {
        matches!((self, target), (Self::Pulse, Self::Aura | Self::Signal | Self::Composer | Self::Client))
            || matches!((self, target), (Self::Aura | Self::Signal | Self::Composer | Self::Client, Self::Pulse))
    }
}

/// What a message is. There is no `response`: a reply is an event (or error) that names its command in `cid`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Kind {
    Command,
    Event,
    Snapshot,
    Error,
}

impl Kind {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Command => "command",
            Self::Event => "event",
            Self::Snapshot => "snapshot",
            Self::Error => "error",
        }
    }
}

/// A hint for queues.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Priority {
    Low,
    #[default]
    Normal,
    High,
    Realtime,
}

impl Priority {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Normal => "normal",
            Self::High => "high",
            Self::Realtime => "realtime",
        }
    }
}

/// One JSON message. The payload stays text until the one who knows its type reads it.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Envelope {
    /// Envelope version, 1.
    #[schemars(range(min = 1, max = 1))]
    pub v: u32,
    /// Unique per connection and sender, monotonic.
    pub id: String,
    /// For a reply: the `id` of the command; null when unsolicited.
    pub cid: Option<String>,
    /// RFC 3339 UTC, set by the sender.
    pub ts: String,
    pub origin: Party,
    pub target: Party,
    /// Namespace, see [`crate::domain`].
    pub domain: String,
    pub kind: Kind,
    /// camelCase, present tense.
    pub name: String,
    #[serde(default)]
    pub priority: Priority,
    /// An object; its shape belongs to domain, name and kind.
    #[schemars(with = "serde_json::Map<String, serde_json::Value>")]
    pub payload: Box<RawValue>,
    /// Only with kind `error`.
    #[serde(default)]
    pub error: Option<ErrorBody>,
}

impl Envelope {
    /// Parses and validates an envelope.
    ///
    /// # Errors
    /// [`ProtocolError::Malformed`] with the path of the offending field.
    pub fn parse(bytes: &[u8]) -> Result<Self, ProtocolError> {
        let envelope: Envelope = parse_json(bytes)?;
        envelope.validate()?;
        Ok(envelope)
    }

    /// The envelope as JSON text.
    pub fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("an envelope has string keys and valid JSON inside")
    }

    fn validate(&self) -> Result<(), ProtocolError> {
        let refuse = |path: &str, reason: &str| {
            Err(ProtocolError::Malformed { path: path.to_owned(), reason: reason.to_owned() })
        };
        if self.v != ENVELOPE_VERSION {
            return refuse("v", "the envelope version must be 1");
        }
        if self.id.is_empty() || self.id.len() > 64 {
            return refuse("id", "an id has 1 to 64 bytes");
        }
        if !self.payload.get().starts_with('{') {
            return refuse("payload", "the payload must be an object");
        }
        match (self.kind, &self.error) {
            (Kind::Error, None) => refuse("error", "kind 'error' needs an error"),
            (Kind::Command | Kind::Event | Kind::Snapshot, Some(_)) => {
                refuse("error", "only kind 'error' has an error")
            }
            (Kind::Error, Some(_)) | (Kind::Command | Kind::Event | Kind::Snapshot, None) => Ok(()),
        }
    }
}

/// Parses JSON into `T`; a failure names the path of the offending field.
///
/// # Errors
/// [`ProtocolError::Malformed`].
pub fn parse_json<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, ProtocolError> {
    // The plain parser first: tracking the path costs, and is needed only where something is wrong.
    serde_json::from_slice(bytes).map_err(|plain| {
        let mut reader = serde_json::Deserializer::from_slice(bytes);
        match serde_path_to_error::deserialize::<_, T>(&mut reader) {
            Ok(_) => malformed(".", &plain),
            Err(error) => malformed(&error.path().to_string(), error.inner()),
        }
    })
}

fn malformed(path: &str, reason: &serde_json::Error) -> ProtocolError {
    ProtocolError::Malformed { path: path.to_owned(), reason: reason.to_string() }
}

/// An empty payload, `{}`.
pub fn empty_payload() -> Box<RawValue> {
    RawValue::from_string("{}".to_owned()).expect("{} is JSON")
}

/// Any value as a payload.
///
/// # Panics
/// Never for the payload types of this crate: their keys are strings.
pub fn to_payload<T: Serialize>(value: &T) -> Box<RawValue> {
    serde_json::value::to_raw_value(value).expect("payload types have string keys")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PLAY: &str = r#"{"v":1,"id":"7","cid":null,"ts":"2026-01-31T08:05:09.000Z","origin":"client","target":"pulse","domain":"transport","kind":"command","name":"play","priority":"high","payload":{},"error":null,"new":"is ignored"}"#;

    #[test]
    fn an_envelope_survives_the_trip() {
        let envelope = Envelope::parse(PLAY.as_bytes()).unwrap();
        let again = Envelope::parse(&envelope.to_json()).unwrap();
        assert_eq!((again.domain.as_str(), again.name.as_str(), again.kind), ("transport", "play", Kind::Command));
    }

    #[test]
    fn what_is_wrong_is_named_by_its_path() {
        let check = |from: &str, to: &str| match Envelope::parse(PLAY.replace(from, to).as_bytes()) {
            Err(ProtocolError::Malformed { path, .. }) => path,
            other => panic!("{other:?}"),
        };
        assert_eq!(check(r#""client""#, r#""nobody""#), "origin");
        assert_eq!(check(r#""v":1"#, r#""v":2"#), "v");
        assert_eq!(check(r#"{},"error""#, r#"[],"error""#), "payload");
        assert_eq!(check(r#""error":null"#, r#""error":{"code":"x.y","message":""}"#), "error");
    }

    #[test]
    fn a_depth_bomb_is_no_envelope() {
        let bomb = format!("{{\"v\":{}", "[".repeat(1_000_000));
        assert!(Envelope::parse(bomb.as_bytes()).is_err());
        let inside = PLAY.replace(
            r#""payload":{}"#,
            &format!(r#""payload":{{"a":{}{}}}"#, "[".repeat(200_000), "]".repeat(200_000)),
        );
        if let Ok(envelope) = Envelope::parse(inside.as_bytes()) {
            assert!(parse_json::<serde_json::Value>(envelope.payload.get().as_bytes()).is_err());
        }
    }

    #[test]
    fn only_pulse_is_in_the_middle() {
        use Party::*;
        for (from, to, allowed) in [
            (Aura, Pulse, true),
            (Aura, Signal, false),
            (Composer, Signal, false),
            (Pulse, Signal, true),
            (Pulse, Pulse, false),
            (Client, Pulse, true),
        ] {
            assert_eq!(from.may_speak_to(to), allowed, "{from:?} to {to:?}");
        }
    }

    proptest! {
        #[test]
        fn random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            let _outcome = Envelope::parse(&bytes);
        }
    }
}
