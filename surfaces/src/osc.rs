//! OSC packets: bytes to messages and back (Open Sound Control 1.0, with T and F of 1.1).
//!
//! Bundles are flattened, in order; their times are not kept: what comes in counts now.

use rosc::{OscPacket, OscTime, OscType, decoder, encoder};

/// A UDP datagram cannot be longer.
pub const MAX_PACKET_BYTES: usize = 65_536;
/// Bundles within bundles, and arrays within arrays. rosc 0.11 decodes and drops them recursively: one datagram with 2,000
/// levels overflows the stack and aborts the process.
pub const MAX_NESTING: usize = 8;
/// Messages in one packet.
pub const MAX_MESSAGES: usize = 1_024;

/// One argument, as far as Loophole uses them.
#[derive(Clone, Debug, PartialEq)]
pub enum OscArgument {
    Int(i32),
    Float(f32),
    Text(String),
    Bool(bool),
}

#[derive(Clone, Debug, PartialEq)]
pub struct OscMessage {
    /// Begins with `/`.
    pub address: String,
    pub arguments: Vec<OscArgument>,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OscError {
    #[error("a packet of {length} bytes; at most {MAX_PACKET_BYTES} are taken")]
    TooLong { length: usize },
    #[error("nested deeper than {MAX_NESTING}")]
    NestedTooDeep,
    #[error("more than {MAX_MESSAGES} messages in one packet")]
    TooManyMessages,
    #[error("not OSC: {0}")]
    Malformed(String),
    #[error("cannot be said in OSC: {0}")]
    Unsayable(String),
}

/// The messages of a packet. 64-bit numbers become 32-bit ones, characters text, an impulse true; arrays are flattened;
/// nil, blobs, colours, MIDI, times and the character 0 are left out.
pub fn decode(bytes: &[u8]) -> Result<Vec<OscMessage>, OscError> {
    if bytes.len() > MAX_PACKET_BYTES {
        return Err(OscError::TooLong { length: bytes.len() });
    }
    let mut count = 0;
    check_packet(bytes, 0, &mut count)?;
    let (rest, packet) = decoder::decode_udp(bytes).map_err(|error| OscError::Malformed(error.to_string()))?;
    if !rest.is_empty() {
        return Err(malformed("bytes behind the packet"));
    }
    let mut messages = Vec::with_capacity(count);
    flatten(packet, &mut messages);
    Ok(messages)
}

/// One message as it is, several as a bundle to be applied at once. The caller sees to it that a datagram holds them.
pub fn encode(messages: &[OscMessage]) -> Result<Vec<u8>, OscError> {
    let mut packets = messages.iter().map(to_rosc).collect::<Result<Vec<_>, _>>()?;
    let packet = match packets.pop() {
        Some(only) if packets.is_empty() => only,
        last => {
            packets.extend(last);
            OscPacket::Bundle(rosc::OscBundle { timetag: IMMEDIATELY, content: packets })
        }
    };
    encoder::encode(&packet).map_err(|error| OscError::Unsayable(error.to_string()))
}

/// OSC 1.0, "OSC Time Tags": 63 zero bits and a one.
const IMMEDIATELY: OscTime = OscTime { seconds: 0, fractional: 1 };
const BUNDLE_TAG: &[u8] = b"#bundle\0";

fn malformed(what: &str) -> OscError {
    OscError::Malformed(what.to_owned())
}

/// Walks the structure without decoding it, so that the decoder only ever sees what is harmless. At most `MAX_NESTING` calls deep.
fn check_packet(bytes: &[u8], depth: usize, count: &mut usize) -> Result<(), OscError> {
    if depth > MAX_NESTING {
        return Err(OscError::NestedTooDeep);
    }
    if !bytes.len().is_multiple_of(4) {
        return Err(malformed("the length is not a multiple of four"));
    }
    if bytes.first() == Some(&b'/') {
        *count += 1;
        return if *count > MAX_MESSAGES { Err(OscError::TooManyMessages) } else { check_message(bytes) };
    }
    let content = bytes.strip_prefix(BUNDLE_TAG).ok_or_else(|| malformed("neither a message nor a bundle"))?;
    let (_time, mut elements) = content.split_at_checked(8).ok_or_else(|| malformed("a bundle without a time"))?;
    while !elements.is_empty() {
        let (length, rest) = elements.split_first_chunk::<4>().ok_or_else(|| malformed("a cut bundle"))?;
        let length = usize::try_from(u32::from_be_bytes(*length)).unwrap_or(usize::MAX);
        let (element, rest) =
            rest.split_at_checked(length).ok_or_else(|| malformed("a bundle shorter than it says"))?;
        check_packet(element, depth + 1, count)?;
        elements = rest;
    }
    Ok(())
}

/// Checks how deep the arrays of a message are, by its type tags.
fn check_message(bytes: &[u8]) -> Result<(), OscError> {
    let address_length =
        bytes.iter().position(|byte| *byte == 0).ok_or_else(|| malformed("an address without an end"))?;
    let tags = bytes.get(address_length / 4 * 4 + 4..).unwrap_or_default();
    let mut depth = 0_usize;
    for tag in tags.iter().take_while(|tag| **tag != 0) {
        match tag {
            b'[' => depth += 1,
            b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > MAX_NESTING {
            return Err(OscError::NestedTooDeep);
        }
    }
    Ok(())
}

fn flatten(packet: OscPacket, messages: &mut Vec<OscMessage>) {
    match packet {
        OscPacket::Bundle(bundle) => bundle.content.into_iter().for_each(|packet| flatten(packet, messages)),
        OscPacket::Message(message) => {
            let mut arguments = Vec::with_capacity(message.args.len());
            message.args.into_iter().for_each(|argument| flatten_argument(argument, &mut arguments));
            messages.push(OscMessage { address: message.addr, arguments });
        }
    }
}

fn flatten_argument(argument: OscType, arguments: &mut Vec<OscArgument>) {
    arguments.push(match argument {
        OscType::Int(number) => OscArgument::Int(number),
        OscType::Float(number) => OscArgument::Float(number),
        OscType::String(text) => OscArgument::Text(text),
        OscType::Bool(on) => OscArgument::Bool(on),
        OscType::Inf => OscArgument::Bool(true),
        // It ends a text on the wire; what is heard must be sayable.
        OscType::Char('\0') => return,
        OscType::Char(character) => OscArgument::Text(character.to_string()),
        OscType::Double(number) => OscArgument::Float(number as f32),
        OscType::Long(number) => i32::try_from(number).map_or(OscArgument::Float(number as f32), OscArgument::Int),
        OscType::Array(array) => return array.content.into_iter().for_each(|inner| flatten_argument(inner, arguments)),
        OscType::Nil | OscType::Blob(_) | OscType::Time(_) | OscType::Color(_) | OscType::Midi(_) => return,
    });
}

fn to_rosc(message: &OscMessage) -> Result<OscPacket, OscError> {
    let says_nul = |text: &str| text.contains('\0');
    if !message.address.starts_with('/') || says_nul(&message.address) {
        return Err(OscError::Unsayable(format!("the address {:?}", message.address)));
    }
    let argument = |argument: &OscArgument| match argument {
        OscArgument::Int(number) => Ok(OscType::Int(*number)),
        OscArgument::Float(number) => Ok(OscType::Float(*number)),
        OscArgument::Bool(on) => Ok(OscType::Bool(*on)),
        OscArgument::Text(text) if says_nul(text) => Err(OscError::Unsayable(format!("the text {text:?}"))),
        OscArgument::Text(text) => Ok(OscType::String(text.clone())),
    };
    let args = message.arguments.iter().map(argument).collect::<Result<_, _>>()?;
    Ok(OscPacket::Message(rosc::OscMessage { addr: message.address.clone(), args }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn message(address: &str, arguments: Vec<OscArgument>) -> OscMessage {
        OscMessage { address: address.to_owned(), arguments }
    }

    /// A bundle around a packet.
    fn wrapped(inner: &[u8]) -> Vec<u8> {
        let mut bytes = b"#bundle\0\0\0\0\0\0\0\0\x01".to_vec();
        bytes.extend(u32::try_from(inner.len()).unwrap().to_be_bytes());
        bytes.extend(inner);
        bytes
    }

    #[test]
    fn a_message_byte_by_byte() {
        // The example of the OSC 1.0 specification: /oscillator/4/frequency with the float 440.
        let bytes = b"/oscillator/4/frequency\0,f\0\0\x43\xdc\0\0";
        let expected = vec![message("/oscillator/4/frequency", vec![OscArgument::Float(440.0)])];
        assert_eq!(decode(bytes), Ok(expected.clone()));
        assert_eq!(encode(&expected).as_deref(), Ok(bytes.as_slice()));
    }

    #[test]
    fn other_types_become_ours() {
        let args = vec![
            OscType::Double(0.5),
            OscType::Long(7),
            OscType::Long(1 << 40),
            OscType::Char('x'),
            OscType::Char('\0'),
            OscType::Nil,
            OscType::Inf,
            OscType::Blob(vec![1, 2, 3]),
            OscType::Array(rosc::OscArray { content: vec![OscType::Int(1), OscType::Bool(false)] }),
        ];
        let packet = OscPacket::Message(rosc::OscMessage { addr: "/x".to_owned(), args });
        let expected = vec![
            OscArgument::Float(0.5),
            OscArgument::Int(7),
            OscArgument::Float(1_099_511_627_776.0),
            OscArgument::Text("x".to_owned()),
            OscArgument::Bool(true),
            OscArgument::Int(1),
            OscArgument::Bool(false),
        ];
        assert_eq!(decode(&encoder::encode(&packet).unwrap()), Ok(vec![message("/x", expected)]));
    }

    #[test]
    fn nesting_is_taken_to_eight_and_refused_beyond() {
        let mut bytes = encode(&[message("/a", vec![])]).unwrap();
        for _ in 0..MAX_NESTING {
            bytes = wrapped(&bytes);
            assert_eq!(decode(&bytes), Ok(vec![message("/a", vec![])]));
        }
        while bytes.len() < MAX_PACKET_BYTES - 20 {
            bytes = wrapped(&bytes);
            assert_eq!(decode(&bytes), Err(OscError::NestedTooDeep));
        }
    }

    #[test]
    fn arrays_of_arrays_are_refused_before_they_are_dropped_recursively() {
        let mut bytes = b"/a\0\0,".to_vec();
        bytes.extend(std::iter::repeat_n(b'[', 30_000));
        bytes.extend(std::iter::repeat_n(b']', 30_000));
        bytes.extend([0, 0, 0]);
        assert_eq!(decode(&bytes), Err(OscError::NestedTooDeep));
    }

    #[test]
    fn too_many_and_too_long() {
        let many = vec![message("/a", vec![]); MAX_MESSAGES + 1];
        assert_eq!(decode(&encode(&many).unwrap()), Err(OscError::TooManyMessages));
        assert_eq!(decode(&encode(&many[1..]).unwrap()).map(|messages| messages.len()), Ok(MAX_MESSAGES));
        assert_eq!(decode(&[0; MAX_PACKET_BYTES + 4]), Err(OscError::TooLong { length: MAX_PACKET_BYTES + 4 }));
    }

    #[test]
    fn what_cannot_be_said_is_refused() {
        for bad in
            [message("a", vec![]), message("/a\0b", vec![]), message("/a", vec![OscArgument::Text("\0".to_owned())])]
        {
            assert!(matches!(encode(&[bad]), Err(OscError::Unsayable(_))));
        }
    }

    fn argument() -> impl Strategy<Value = OscArgument> {
        prop_oneof![
            any::<i32>().prop_map(OscArgument::Int),
            (-1e30..1e30_f32).prop_map(OscArgument::Float),
            "[^\0]{0,20}".prop_map(OscArgument::Text),
            any::<bool>().prop_map(OscArgument::Bool),
        ]
    }

    fn messages() -> impl Strategy<Value = Vec<OscMessage>> {
        let one = ("/[a-z/0-9]{0,20}", prop::collection::vec(argument(), 0..6));
        prop::collection::vec(one.prop_map(|(address, arguments)| OscMessage { address, arguments }), 0..6)
    }

    proptest! {
        #[test]
        fn what_is_said_is_understood(messages in messages()) {
            prop_assert_eq!(decode(&encode(&messages).unwrap()), Ok(messages));
        }

        #[test]
        fn no_bytes_harm(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            let _answer = decode(&bytes);
        }

        #[test]
        fn no_damage_harms(messages in messages(), at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<prop::sample::Index>()) {
            let mut bytes = encode(&messages).unwrap();
            let (at, cut) = (at.index(bytes.len()), cut.index(bytes.len() + 1));
            bytes[at] = byte;
            let _answer = decode(&bytes);
            let _answer = decode(&bytes[..cut]);
        }
    }
}
