//! MIDI 1.0 messages, one complete message at a time.

use crate::source::Realtime;

/// Longer system exclusive messages are not taken.
pub const MAX_SYSEX_BYTES: usize = 65_536;

/// A message. Channels count from 1 to 16; numbers and values are 0…127 unless said otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Message<'a> {
    /// Velocity 0 never stands here: it is a note off.
    NoteOn {
        channel: u8,
        number: u8,
        velocity: u8,
    },
    NoteOff {
        channel: u8,
        number: u8,
        velocity: u8,
    },
    PolyPressure {
        channel: u8,
        number: u8,
        pressure: u8,
    },
    ControlChange {
        channel: u8,
        number: u8,
        value: u8,
    },
    ProgramChange {
        channel: u8,
        program: u8,
    },
    ChannelPressure {
        channel: u8,
        pressure: u8,
    },
    /// 0…0x3FFF, the centre is 0x2000.
    PitchBend {
        channel: u8,
        value: u16,
    },
    /// From F0 to F7.
    Sysex(&'a [u8]),
    Realtime(Realtime),
    /// Active sensing, reset, time code, song position and select, tune request: nothing a hand does.
    Other,
}

/// Why bytes are not a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MessageError {
    #[error("no bytes")]
    Empty,
    #[error("a message cannot begin with {first:02X}")]
    NoStatus { first: u8 },
    #[error("{found} bytes where {wanted} belong to status {status:02X}")]
    Length { status: u8, wanted: usize, found: usize },
    #[error("a data byte above 7F")]
    DataByte,
    #[error("a system exclusive message without an end, or of more than {MAX_SYSEX_BYTES} bytes")]
    Sysex,
}

/// Reads exactly one complete message; running status is resolved by whoever received it.
pub fn parse(bytes: &[u8]) -> Result<Message<'_>, MessageError> {
    let (&status, data) = bytes.split_first().ok_or(MessageError::Empty)?;
    if status < 0x80 {
        return Err(MessageError::NoStatus { first: status });
    }
    if status == 0xF0 {
        let inside = data.split_last().filter(|(last, _)| **last == 0xF7).map(|(_, inside)| inside);
        let inside = inside.filter(|_| bytes.len() <= MAX_SYSEX_BYTES).ok_or(MessageError::Sysex)?;
        return if inside.iter().all(|byte| *byte < 0x80) {
            Ok(Message::Sysex(bytes))
        } else {
            Err(MessageError::DataByte)
        };
    }
    let wanted = length(status).ok_or(MessageError::NoStatus { first: status })?;
    if bytes.len() != wanted {
        return Err(MessageError::Length { status, wanted, found: bytes.len() });
    }
    if data.iter().any(|byte| *byte >= 0x80) {
        return Err(MessageError::DataByte);
    }
    let channel = (status & 0x0F) + 1;
    Ok(match (status & 0xF0, data) {
        (0x80, &[number, velocity]) | (0x90, &[number, velocity @ 0]) => Message::NoteOff { channel, number, velocity },
        (0x90, &[number, velocity]) => Message::NoteOn { channel, number, velocity },
        (0xA0, &[number, pressure]) => Message::PolyPressure { channel, number, pressure },
        (0xB0, &[number, value]) => Message::ControlChange { channel, number, value },
        (0xC0, &[program]) => Message::ProgramChange { channel, program },
        (0xD0, &[pressure]) => Message::ChannelPressure { channel, pressure },
        (0xE0, &[fine, coarse]) => Message::PitchBend { channel, value: crate::scale::join_fourteen(coarse, fine) },
        _ => match status {
            0xF8 => Message::Realtime(Realtime::Clock),
            0xFA => Message::Realtime(Realtime::Start),
            0xFB => Message::Realtime(Realtime::Continue),
            0xFC => Message::Realtime(Realtime::Stop),
            _ => Message::Other,
        },
    })
}

impl Message<'_> {
    /// Appends its bytes. `Other` has none. What is out of range is cut to its bits.
    pub fn write(&self, bytes: &mut Vec<u8>) {
        let status = |kind: u8, channel: u8| kind | (channel.wrapping_sub(1) & 0x0F);
        match *self {
            Self::NoteOn { channel, number, velocity } => {
                bytes.extend([status(0x90, channel), number & 0x7F, velocity & 0x7F]);
            }
            Self::NoteOff { channel, number, velocity } => {
                bytes.extend([status(0x80, channel), number & 0x7F, velocity & 0x7F]);
            }
            Self::PolyPressure { channel, number, pressure } => {
                bytes.extend([status(0xA0, channel), number & 0x7F, pressure & 0x7F]);
            }
            Self::ControlChange { channel, number, value } => {
                bytes.extend([status(0xB0, channel), number & 0x7F, value & 0x7F]);
            }
            Self::ProgramChange { channel, program } => bytes.extend([status(0xC0, channel), program & 0x7F]),
            Self::ChannelPressure { channel, pressure } => bytes.extend([status(0xD0, channel), pressure & 0x7F]),
            Self::PitchBend { channel, value } => {
                let [coarse, fine] = crate::scale::split_fourteen(value);
                bytes.extend([status(0xE0, channel), fine, coarse]);
            }
            Self::Sysex(message) => bytes.extend(message),
            Self::Realtime(message) => bytes.push(match message {
                Realtime::Clock => 0xF8,
                Realtime::Start => 0xFA,
                Realtime::Continue => 0xFB,
                Realtime::Stop => 0xFC,
            }),
            Self::Other => {}
        }
    }
}

/// The complete messages in bytes that hold several, one after another, each with its status. Ends at the first that is not complete.
pub fn split(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        let status = *rest.first()?;
        let length = match status {
            0xF0 => rest.iter().position(|byte| *byte == 0xF7)? + 1,
            _ => length(status)?,
        };
        let (message, after) = rest.split_at_checked(length)?;
        rest = after;
        Some(message)
    })
}

/// How long a message with this status is; none for system exclusive and undefined ones.
fn length(status: u8) -> Option<usize> {
    match status {
        0x80..=0xBF | 0xE0..=0xEF | 0xF2 => Some(3),
        0xC0..=0xDF | 0xF1 | 0xF3 => Some(2),
        0xF6 | 0xF8 | 0xFA..=0xFC | 0xFE | 0xFF => Some(1),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_bytes_say() {
        let cases: [(&[u8], Message<'_>); 12] = [
            (&[0x90, 60, 100], Message::NoteOn { channel: 1, number: 60, velocity: 100 }),
            (&[0x9F, 60, 0], Message::NoteOff { channel: 16, number: 60, velocity: 0 }),
            (&[0x80, 60, 64], Message::NoteOff { channel: 1, number: 60, velocity: 64 }),
            (&[0xA1, 60, 9], Message::PolyPressure { channel: 2, number: 60, pressure: 9 }),
            (&[0xB2, 7, 127], Message::ControlChange { channel: 3, number: 7, value: 127 }),
            (&[0xC3, 5], Message::ProgramChange { channel: 4, program: 5 }),
            (&[0xD4, 6], Message::ChannelPressure { channel: 5, pressure: 6 }),
            (&[0xE5, 0, 0x40], Message::PitchBend { channel: 6, value: 0x2000 }),
            (&[0xF0, 0x7E, 0xF7], Message::Sysex(&[0xF0, 0x7E, 0xF7])),
            (&[0xFA], Message::Realtime(Realtime::Start)),
            (&[0xFE], Message::Other),
            (&[0xF2, 1, 2], Message::Other),
        ];
        for (bytes, message) in cases {
            assert_eq!(parse(bytes), Ok(message));
        }
    }

    #[test]
    fn what_is_no_message() {
        assert_eq!(parse(&[]), Err(MessageError::Empty));
        assert_eq!(parse(&[60, 100]), Err(MessageError::NoStatus { first: 60 }));
        assert_eq!(parse(&[0xF4]), Err(MessageError::NoStatus { first: 0xF4 }));
        assert_eq!(parse(&[0xF7]), Err(MessageError::NoStatus { first: 0xF7 }));
        assert_eq!(parse(&[0x90, 1]), Err(MessageError::Length { status: 0x90, wanted: 3, found: 2 }));
        assert_eq!(parse(&[0x90, 1, 2, 3]), Err(MessageError::Length { status: 0x90, wanted: 3, found: 4 }));
        assert_eq!(parse(&[0x90, 1, 0x80]), Err(MessageError::DataByte));
        assert_eq!(parse(&[0xF0, 0x90, 0xF7]), Err(MessageError::DataByte));
        assert_eq!(parse(&[0xF0]), Err(MessageError::Sysex));
        assert_eq!(parse(&[0xF0, 1, 2]), Err(MessageError::Sysex));
    }

    fn seven() -> impl Strategy<Value = u8> {
        0_u8..128
    }

    fn message() -> impl Strategy<Value = Message<'static>> {
        let channel = || 1_u8..=16;
        prop_oneof![
            (channel(), seven(), 1_u8..128).prop_map(|(channel, number, velocity)| Message::NoteOn {
                channel,
                number,
                velocity
            }),
            (channel(), seven(), seven()).prop_map(|(channel, number, velocity)| Message::NoteOff {
                channel,
                number,
                velocity
            }),
            (channel(), seven(), seven()).prop_map(|(channel, number, pressure)| Message::PolyPressure {
                channel,
                number,
                pressure
            }),
            (channel(), seven(), seven()).prop_map(|(channel, number, value)| Message::ControlChange {
                channel,
                number,
                value
            }),
            (channel(), seven()).prop_map(|(channel, program)| Message::ProgramChange { channel, program }),
            (channel(), seven()).prop_map(|(channel, pressure)| Message::ChannelPressure { channel, pressure }),
            (channel(), 0_u16..0x4000).prop_map(|(channel, value)| Message::PitchBend { channel, value }),
            Just(Message::Sysex(&[0xF0, 0x7E, 0x7F, 6, 1, 0xF7])),
            Just(Message::Realtime(Realtime::Continue)),
        ]
    }

    proptest! {
        #[test]
        fn what_is_said_is_understood(messages in prop::collection::vec(message(), 0..9)) {
            let mut all = Vec::new();
            for message in &messages {
                let mut bytes = Vec::new();
                message.write(&mut bytes);
                prop_assert_eq!(parse(&bytes), Ok(*message));
                all.extend(bytes);
            }
            let heard: Vec<_> = split(&all).map(|bytes| parse(bytes).unwrap()).collect();
            prop_assert_eq!(heard, messages);
        }

        #[test]
        fn no_bytes_harm(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            let _answer = parse(&bytes);
            prop_assert!(split(&bytes).map(<[u8]>::len).sum::<usize>() <= bytes.len());
        }
    }
}
