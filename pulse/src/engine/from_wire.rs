//! What the engine says, from bytes to types. Hostile until parsed.

use loophole_wire::envelope::{Kind, Party};
use loophole_wire::message::EngineEvent;
use loophole_wire::{Envelope, ErrorBody, ProtocolError};

/// One message of the engine.
#[derive(Clone, Debug, PartialEq)]
pub struct EngineMessage {
    /// Of the command that it answers.
    pub ticket: Option<u64>,
    pub said: Said,
}

/// What it says.
#[derive(Clone, Debug, PartialEq)]
pub enum Said {
    Event(EngineEvent),
    /// A command was refused.
    Refused {
        domain: String,
        name: String,
        error: ErrorBody,
    },
}

/// Reads an envelope of the engine.
///
/// # Errors
/// Another route than from Signal to Pulse, a kind that it may not send, an unknown name, a wrong payload.
pub fn parse(envelope: Envelope) -> Result<EngineMessage, ProtocolError> {
    if (envelope.origin, envelope.target) != (Party::Signal, Party::Pulse) {
        return Err(ProtocolError::ForbiddenRoute {
            origin: envelope.origin.name().to_owned(),
            target: envelope.target.name().to_owned(),
        });
    }
    let ticket = envelope.cid.as_deref().and_then(ticket_of);
    let said = match (envelope.kind, envelope.error) {
        (Kind::Event, _) => Said::Event(EngineEvent::parse(&envelope.domain, &envelope.name, &envelope.payload)?),
        (Kind::Error, Some(error)) => Said::Refused { domain: envelope.domain, name: envelope.name, error },
        (Kind::Error, None) | (Kind::Command | Kind::Snapshot, _) => {
            let reason = format!("Signal sends events and errors, not a {}", envelope.kind.name());
            return Err(ProtocolError::Malformed { path: "kind".to_owned(), reason });
        }
    };
    Ok(EngineMessage { ticket, said })
}

/// The ticket is the tail of the command's id: `12-345` is the twelfth message, with ticket 345.
fn ticket_of(cid: &str) -> Option<u64> {
    cid.split_once('-')?.1.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(json: &str) -> Result<EngineMessage, String> {
        Envelope::parse(json.as_bytes()).and_then(parse).map_err(|error| error.code().to_owned())
    }

    fn envelope(rest: &str) -> String {
        format!(r#"{{"v":1,"id":"1","ts":"","priority":"high",{rest}}}"#)
    }

    #[test]
    fn answers_carry_the_ticket_of_their_command() {
        let done = r#""origin":"signal","target":"pulse","domain":"engine","name":"done","kind":"event","payload":{}"#;
        for (cid, ticket) in [("\"12-345\"", Some(345)), ("\"12\"", None), ("\"x-y\"", None), ("null", None)] {
            let message = check(&envelope(&format!(r#""cid":{cid},{done}"#))).unwrap();
            assert_eq!(message.ticket, ticket, "{cid}");
        }
    }

    #[test]
    fn what_the_engine_may_not_say_is_refused() {
        for (rest, code) in [
            (
                r#""origin":"client","target":"pulse","domain":"engine","name":"done","kind":"event","payload":{}"#,
                "protocol.forbiddenRoute",
            ),
            (
                r#""origin":"signal","target":"pulse","domain":"engine","name":"ping","kind":"command","payload":{}"#,
                "protocol.malformed",
            ),
            (
                r#""origin":"signal","target":"pulse","domain":"engine","name":"dream","kind":"event","payload":{}"#,
                "protocol.unknownMessage",
            ),
            (
                r#""origin":"signal","target":"pulse","domain":"media","name":"state","kind":"event","payload":{"mediaId":-1}"#,
                "protocol.malformed",
            ),
        ] {
            assert_eq!(check(&envelope(&format!(r#""cid":null,{rest}"#))), Err(code.to_owned()), "{rest}");
        }
    }
}
