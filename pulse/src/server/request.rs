//! What a client asks, from frames to types. Hostile until parsed.

use crate::intent::Intent;
use loophole_wire::envelope::{Kind, Party};
use loophole_wire::plane::{GestureValue, Plane};
use loophole_wire::{Envelope, ErrorBody, ProtocolError};
use serde::Deserialize;

/// One thing that a client said.
#[derive(Debug)]
pub(crate) enum Request {
    Command {
        cid: String,
        intent: Intent,
    },
    /// It cannot be asked; the answer goes the same way as all others, so that the order stays.
    Refused {
        cid: Option<String>,
        domain: String,
        name: String,
        error: ErrorBody,
    },
    Gesture {
        stream: u32,
        values: Vec<GestureValue>,
    },
    /// The framing is lost: say why, and end.
    Broken(ProtocolError),
}

/// Adds what an envelope asks to `requests`; answers and other news of a client ask nothing.
pub(crate) fn from_envelope(envelope: Envelope, requests: &mut Vec<Request>) {
    let Envelope { id, origin, target, domain, name, kind, payload, .. } = envelope;
    if kind != Kind::Command {
        return;
    }
    let outcome = if (origin, target) == (Party::Client, Party::Pulse) {
        Intent::parse(&domain, &name, &payload)
    } else {
        let (origin, target) = (origin.name().to_owned(), target.name().to_owned());
        Err(ProtocolError::ForbiddenRoute { origin, target })
    };
    requests.push(match outcome {
        Ok(intent) => Request::Command { cid: id, intent },
        Err(error) => Request::Refused { cid: Some(id), domain, name, error: error.into() },
    });
}

/// The refusal of bytes that are no envelope; it names the command where that can still be read.
pub(crate) fn from_nonsense(bytes: &[u8], error: ProtocolError) -> Request {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Rest {
        id: Option<String>,
        domain: Option<String>,
        name: Option<String>,
    }
    let readable = |text: &String| (1..=64).contains(&text.len());
    let rest: Rest = serde_json::from_slice(bytes).unwrap_or_default();
    Request::Refused {
        cid: rest.id.filter(readable),
        domain: rest.domain.filter(readable).unwrap_or_else(|| "client".to_owned()),
        name: rest.name.filter(readable).unwrap_or_else(|| "error".to_owned()),
        error: error.into(),
    }
}

/// Adds the values of a plane frame to `requests`; frames of one stream that follow each other become one.
pub(crate) fn from_plane(plane: Plane, requests: &mut Vec<Request>) {
    match plane {
        Plane::Gesture(header, mut values) => match requests.last_mut() {
            Some(Request::Gesture { stream, values: earlier }) if *stream == header.stream => {
                earlier.append(&mut values);
            }
            _ => requests.push(Request::Gesture { stream: header.stream, values }),
        },
        Plane::Meter(..)
        | Plane::Position(..)
        | Plane::Control(..)
        | Plane::Load(..)
        | Plane::DeviceInput(..)
        | Plane::DeviceOutput(..)
        | Plane::DeviceEcho(..) => {
            let error = ProtocolError::Malformed {
                path: "plane.kind".to_owned(),
                reason: format!("a client sends gesture frames, not {} frames", plane.kind_name()),
            };
            requests.push(Request::Refused {
                cid: None,
                domain: "client".to_owned(),
                name: "error".to_owned(),
                error: error.into(),
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use loophole_wire::plane::Header;

    fn check(json: &str) -> String {
        let mut requests = Vec::new();
        match Envelope::parse(json.as_bytes()) {
            Ok(envelope) => from_envelope(envelope, &mut requests),
            Err(error) => requests.push(from_nonsense(json.as_bytes(), error)),
        }
        let said = requests.iter().map(|request| match request {
            Request::Command { cid, intent } => format!("{cid} {}.{}", intent.spec().domain, intent.spec().name),
            Request::Refused { cid, domain, name, error } => {
                format!("{} {domain}.{name} {}", cid.as_deref().unwrap_or("-"), error.code)
            }
            Request::Gesture { .. } | Request::Broken(_) => panic!("{request:?}"),
        });
        said.collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn commands_become_intents_and_the_rest_is_refused_by_name() {
        let play = r#"{"v":1,"id":"7","ts":"","origin":"client","target":"pulse","domain":"transport","kind":"command","name":"play","payload":{}}"#;
        assert_eq!(check(play), "7 transport.play");
        assert_eq!(check(&play.replace("\"client\"", "\"aura\"")), "7 transport.play protocol.forbiddenRoute");
        assert_eq!(check(&play.replace("\"play\"", "\"fly\"")), "7 transport.fly protocol.unknownMessage");
        assert_eq!(check(&play.replace("\"v\":1", "\"v\":2")), "7 transport.play protocol.malformed");
        assert_eq!(check(&play.replace("\"id\":\"7\"", "\"id\":7")), "- client.error protocol.malformed");
        assert_eq!(check("[1,"), "- client.error protocol.malformed");
        assert_eq!(check(&play.replace("\"command\"", "\"event\"")), "");
    }

    #[test]
    fn gesture_frames_of_one_stream_become_one_and_no_value_is_lost() {
        let mut requests = Vec::new();
        for (stream, target) in [(1, 1), (1, 2), (2, 3), (1, 4)] {
            let header = Header { flags: 0, stream, sequence: 0, time_nanos: 0 };
            from_plane(Plane::Gesture(header, vec![GestureValue { target, value: 0.5 }]), &mut requests);
        }
        let counts: Vec<_> = requests
            .iter()
            .map(|request| match request {
                Request::Gesture { stream, values } => (*stream, values.len()),
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(counts, [(1, 2), (2, 1), (1, 1)]);
    }
}
