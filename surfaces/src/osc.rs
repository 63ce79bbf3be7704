//! OSC 1.0 packets: bytes to messages and back. Bundles are flattened; their time tags are not used.

use rosc::{OscPacket, OscType, decoder, encoder};

/// One argument, as far as Loophole uses them; others are left out.
#[derive(Clone, Debug, PartialEq)]
pub enum OscArgument {
    Int(i32),
    Float(f32),
    Text(String),
    Bool(bool),
}

impl OscArgument {
    /// As a number; booleans are 0 and 1, text is none.
    pub fn as_number(&self) -> Option<f64> {
        match self {
            Self::Int(value) => Some(f64::from(*value)),
            Self::Float(value) => Some(f64::from(*value)),
            Self::Bool(value) => Some(f64::from(u8::from(*value))),
            Self::Text(_) => None,
        }
    }
}

/// An address and its arguments.
#[derive(Clone, Debug, PartialEq)]
pub struct OscMessage {
    pub address: String,
    pub arguments: Vec<OscArgument>,
}

/// What is wrong with a packet.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum OscError {
    #[error("bundles are nested deeper than {MAX_DEPTH}")]
    TooDeep,
    #[error("more than {MAX_MESSAGES} messages in one packet")]
    TooMany,
    #[error("not an OSC packet: {0}")]
    Malformed(String),
}

/// Bundles in bundles. rosc 0.11.4 decodes them by recursion: one datagram of nested bundles overflows the stack and
/// ends the process, so depth is checked before it sees a byte.
pub const MAX_DEPTH: usize = 8;
/// Messages in one packet.
pub const MAX_MESSAGES: usize = 1_024;

const BUNDLE_HEAD: &[u8] = b"#bundle\0";
/// `#bundle\0` and the time tag.
const BUNDLE_HEAD_BYTES: usize = 16;

/// Decodes one datagram.
///
/// # Errors
/// Anything that is not OSC, nested too deep, or too much.
pub fn decode(bytes: &[u8]) -> Result<Vec<OscMessage>, OscError> {
    check_depth(bytes)?;
    let (_, packet) = decoder::decode_udp(bytes).map_err(|error| OscError::Malformed(error.to_string()))?;
    let mut messages = Vec::new();
    flatten(packet, &mut messages)?;
    Ok(messages)
}

/// Encodes messages: one alone as it is, several as one bundle with the time tag "immediately" (OSC 1.0, "OSC Time Tags").
///
/// # Errors
/// What cannot be encoded.
pub fn encode(messages: &[OscMessage]) -> Result<Vec<u8>, OscError> {
    let mut packets: Vec<OscPacket> = messages.iter().map(to_packet).collect();
    let packet = match packets.len() {
        1 => packets.remove(0),
        _ => OscPacket::Bundle(rosc::OscBundle {
            timetag: rosc::OscTime { seconds: 0, fractional: 1 },
            content: packets,
        }),
    };
    encoder::encode(&packet).map_err(|error| OscError::Malformed(error.to_string()))
}

/// Walks the bundles without recursion: a list of (bytes, depth) that are still to be looked into.
fn check_depth(bytes: &[u8]) -> Result<(), OscError> {
    let mut open = vec![(bytes, 0)];
    let mut elements = 0;
    while let Some((packet, depth)) = open.pop() {
        if !packet.starts_with(BUNDLE_HEAD) {
            continue;
        }
        if depth >= MAX_DEPTH {
            return Err(OscError::TooDeep);
        }
        let mut rest = packet.get(BUNDLE_HEAD_BYTES..).unwrap_or_default();
        while let Some((head, tail)) = rest.split_first_chunk::<4>() {
            elements += 1;
            if elements > MAX_MESSAGES {
                return Err(OscError::TooMany);
            }
            let size = u32::from_be_bytes(*head) as usize;
            // A size that is too large is the decoder's to refuse; what lies inside of the packet is looked into all the same.
            let (element, after) = tail.split_at(size.min(tail.len()));
            open.push((element, depth + 1));
            rest = after;
        }
    }
    Ok(())
}

fn flatten(packet: OscPacket, messages: &mut Vec<OscMessage>) -> Result<(), OscError> {
    // As deep as `check_depth` let through.
    match packet {
        OscPacket::Bundle(bundle) => bundle.content.into_iter().try_for_each(|packet| flatten(packet, messages)),
        OscPacket::Message(message) => {
            if messages.len() >= MAX_MESSAGES {
                return Err(OscError::TooMany);
            }
            let arguments = message.args.into_iter().filter_map(from_type).collect();
            messages.push(OscMessage { address: message.addr, arguments });
            Ok(())
        }
    }
}

fn from_type(argument: OscType) -> Option<OscArgument> {
    match argument {
        OscType::Int(value) => Some(OscArgument::Int(value)),
        OscType::Float(value) => Some(OscArgument::Float(value)),
        OscType::Double(value) => Some(OscArgument::Float(value as f32)),
        OscType::Long(value) => i32::try_from(value).ok().map(OscArgument::Int),
        OscType::String(text) => Some(OscArgument::Text(text)),
        OscType::Bool(value) => Some(OscArgument::Bool(value)),
        _ => None,
    }
}

fn to_packet(message: &OscMessage) -> OscPacket {
    let args = message
        .arguments
        .iter()
        .map(|argument| match argument {
            OscArgument::Int(value) => OscType::Int(*value),
            OscArgument::Float(value) => OscType::Float(*value),
            OscArgument::Text(text) => OscType::String(text.clone()),
            OscArgument::Bool(value) => OscType::Bool(*value),
        })
        .collect();
    OscPacket::Message(rosc::OscMessage { addr: message.address.clone(), args })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn nested(depth: usize) -> Vec<u8> {
        let mut packet = encode(&[OscMessage { address: "/a".to_owned(), arguments: vec![] }]).unwrap();
        for _ in 0..depth {
            let mut outer = b"#bundle\0\0\0\0\0\0\0\0\x01".to_vec();
            outer.extend(u32::try_from(packet.len()).unwrap().to_be_bytes());
            outer.extend(&packet);
            packet = outer;
        }
        packet
    }

    #[test]
    fn nesting_has_a_limit_and_no_stack_overflows() {
        assert_eq!(decode(&nested(MAX_DEPTH)).map(|messages| messages.len()), Ok(1));
        assert_eq!(decode(&nested(MAX_DEPTH + 1)), Err(OscError::TooDeep));
        assert_eq!(decode(&nested(3_000)), Err(OscError::TooDeep));
    }

    fn argument() -> impl Strategy<Value = OscArgument> {
        prop_oneof![
            any::<i32>().prop_map(OscArgument::Int),
            (-1e6_f32..1e6).prop_map(OscArgument::Float),
            "[a-z]{0,9}".prop_map(OscArgument::Text),
            any::<bool>().prop_map(OscArgument::Bool),
        ]
    }

    proptest! {
        #[test]
        fn messages_survive_the_trip(list in prop::collection::vec(("/[a-z]{1,8}(/[a-z0-9]{1,5}){0,3}", prop::collection::vec(argument(), 0..4)), 1..6)) {
            let messages: Vec<_> = list.into_iter().map(|(address, arguments)| OscMessage { address, arguments }).collect();
            prop_assert_eq!(decode(&encode(&messages).unwrap()), Ok(messages));
        }

        #[test]
        fn random_bytes_never_panic(mut bytes in prop::collection::vec(any::<u8>(), 0..300), bundle in any::<bool>()) {
            if bundle {
                bytes.splice(0..0, *b"#bundle\0\0\0\0\0\0\0\0\x01");
            }
            let _outcome = decode(&bytes);
        }
    }
}
