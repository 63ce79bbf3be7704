//! Envelopes on their way out: ids that count up, a time stamp, and the frame around them.

use loophole_wire::envelope::{Kind, Party, Priority};
use loophole_wire::frame::{DEFAULT_LIMIT_BYTES, TYPE_JSON};
use loophole_wire::time::rfc3339;
use loophole_wire::{ENVELOPE_VERSION, ErrorBody, ProtocolError};
use serde::Serialize;
use serde_json::value::RawValue;

/// One direction of one connection.
#[derive(Debug)]
pub(crate) struct Outgoing {
    origin: Party,
    target: Party,
    next_id: u64,
    stamp: String,
}

/// What goes into an envelope besides what [`Outgoing`] knows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Message<'a> {
    pub(crate) cid: Option<&'a str>,
    pub(crate) domain: &'a str,
    pub(crate) name: &'a str,
    pub(crate) kind: Kind,
    pub(crate) priority: Priority,
    pub(crate) payload: &'a RawValue,
    pub(crate) error: Option<&'a ErrorBody>,
}

#[derive(Serialize)]
struct Written<'a> {
    v: u32,
    id: &'a str,
    cid: Option<&'a str>,
    ts: &'a str,
    origin: Party,
    target: Party,
    domain: &'a str,
    kind: Kind,
    name: &'a str,
    priority: Priority,
    payload: &'a RawValue,
    error: Option<&'a ErrorBody>,
}

const HEAD_BYTES: usize = 5;

impl Outgoing {
    pub(crate) fn new(origin: Party, target: Party) -> Self {
        Self { origin, target, next_id: 1, stamp: rfc3339(0) }
    }

    /// Sets the time that the following messages carry; once per batch is enough.
    pub(crate) fn stamp(&mut self, now_nanos: u64) {
        self.stamp = rfc3339(now_nanos);
    }

    /// The id of the next message, with a tail that the sender wants to see again in `cid`.
    pub(crate) fn next_id(&mut self, tail: Option<u64>) -> String {
        let id = self.next_id;
        self.next_id += 1;
        match tail {
            Some(tail) => format!("{id}-{tail}"),
            None => id.to_string(),
        }
    }

    /// Appends a message as a frame.
    ///
    /// # Errors
    /// The frame would be over the limit; then nothing is appended.
    pub(crate) fn write(&self, id: &str, message: &Message<'_>, out: &mut Vec<u8>) -> Result<usize, ProtocolError> {
        let begin = out.len();
        out.extend_from_slice(&[0; HEAD_BYTES]);
        let written = Written {
            v: ENVELOPE_VERSION,
            id,
            cid: message.cid,
            ts: &self.stamp,
            origin: self.origin,
            target: self.target,
            domain: message.domain,
            kind: message.kind,
            name: message.name,
            priority: message.priority,
            payload: message.payload,
            error: message.error,
        };
        serde_json::to_writer(&mut *out, &written).expect("an envelope has string keys, and a Vec takes every byte");
        let length = out.len() - begin - HEAD_BYTES + 1;
        if length > DEFAULT_LIMIT_BYTES {
            out.truncate(begin);
            return Err(ProtocolError::FrameTooLarge { length: length as u64, limit: DEFAULT_LIMIT_BYTES as u64 });
        }
        let head = u32::try_from(length).expect("below the limit").to_le_bytes();
        out[begin..begin + 4].copy_from_slice(&head);
        out[begin + 4] = TYPE_JSON;
        Ok(out.len() - begin)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use loophole_wire::envelope::{empty_payload, to_payload};
    use loophole_wire::{Envelope, Frame, FrameDecoder};

    #[test]
    fn what_is_written_can_be_read() {
        let mut outgoing = Outgoing::new(Party::Pulse, Party::Client);
        outgoing.stamp(1);
        let (mut bytes, payload) = (Vec::new(), empty_payload());
        for tail in [None, Some(7)] {
            let id = outgoing.next_id(tail);
            let message = Message {
                cid: Some("a"),
                domain: "transport",
                name: "play",
                kind: Kind::Event,
                priority: Priority::High,
                payload: &payload,
                error: None,
            };
            outgoing.write(&id, &message, &mut bytes).unwrap();
        }
        let mut decoder = FrameDecoder::default();
        decoder.push(&bytes);
        for id in ["1", "2-7"] {
            let Ok(Some(Frame::Json(json))) = decoder.next_frame() else { panic!("no frame") };
            let envelope = Envelope::parse(json).unwrap();
            assert_eq!((envelope.id.as_str(), envelope.cid.as_deref()), (id, Some("a")));
        }
    }

    #[test]
    fn what_is_over_the_limit_is_not_sent() {
        let outgoing = Outgoing::new(Party::Pulse, Party::Client);
        let payload = to_payload(&"x".repeat(DEFAULT_LIMIT_BYTES));
        let message = Message {
            cid: None,
            domain: "a",
            name: "b",
            kind: Kind::Event,
            priority: Priority::Low,
            payload: &payload,
            error: None,
        };
        let mut bytes = vec![1, 2, 3];
        assert!(matches!(outgoing.write("1", &message, &mut bytes), Err(ProtocolError::FrameTooLarge { .. })));
        assert_eq!(bytes, [1, 2, 3]);
    }
}
