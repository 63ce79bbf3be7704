//! The other way round: which MIDI bytes a device would send when a hand does something.

use crate::source::{InputValue, Realtime, RelativeCode, Source};

impl Source {
    /// It sends steps, not places.
    pub fn is_relative(&self) -> bool {
        match self {
            Self::Cc { relative, .. } => relative.is_some(),
            Self::Osc { relative, .. } => *relative,
            Self::Hid { code, .. } | Self::HidBits { code, .. } => *code != crate::source::HidCode::Absolute,
            _ => false,
        }
    }
}

/// The MIDI messages of a source for a value; none for what is no MIDI source, or has no such value.
pub fn wire(source: &Source, value: InputValue) -> Vec<Vec<u8>> {
    let place = match value {
        InputValue::Place { place, .. } => place,
        InputValue::Press { on, strength } => f64::from(u8::from(on)) * strength,
        InputValue::Steps(_) => 0.0,
    };
    let seven = unsplit(place, 7) as u8;
    let fourteen = unsplit(place, 14);
    let status = |high: u8, channel: u8| high | (channel.clamp(1, 16) - 1);
    let halves = |number: u16| ((number >> 7) as u8 & 127, (number & 127) as u8);
    match source {
        Source::Note { channel, number } => match value {
            InputValue::Press { on: false, .. } => vec![vec![status(0x80, *channel), *number, 0]],
            _ => vec![vec![status(0x90, *channel), *number, seven.max(1)]],
        },
        Source::Cc { channel, number, relative: Some(code) } => {
            let InputValue::Steps(steps) = value else { return Vec::new() };
            vec![vec![status(0xb0, *channel), *number, coded(*code, steps)]]
        }
        Source::Cc { channel, number, relative: None } => vec![vec![status(0xb0, *channel), *number, seven]],
        Source::Cc14 { channel, msb, lsb } => {
            let (high, low) = halves(fourteen);
            vec![vec![status(0xb0, *channel), *msb, high], vec![status(0xb0, *channel), *lsb, low]]
        }
        Source::Nrpn { channel, number, bits } => parameter(status(0xb0, *channel), [99, 98], *number, *bits, place),
        Source::Rpn { channel, number, bits } => parameter(status(0xb0, *channel), [101, 100], *number, *bits, place),
        Source::PitchBend { channel } => {
            let (high, low) = halves(fourteen);
            vec![vec![status(0xe0, *channel), low, high]]
        }
        Source::PolyPressure { channel, number } => vec![vec![status(0xa0, *channel), *number, seven]],
        Source::ChannelPressure { channel } => vec![vec![status(0xd0, *channel), seven]],
        Source::Program { channel, number } => vec![vec![status(0xc0, *channel), number.unwrap_or(seven)]],
        Source::Sysex { pattern } => {
            let (high, low) = halves(fourteen);
            let byte = |word: &str| match word {
                "vv" => Some(seven),
                "hh" => Some(high),
                "ll" => Some(low),
                ".." => Some(0),
                word => u8::from_str_radix(word, 16).ok(),
            };
            pattern.split_whitespace().map(byte).collect::<Option<Vec<u8>>>().into_iter().collect()
        }
        Source::Realtime { message } => vec![vec![match message {
            Realtime::Clock => 0xf8,
            Realtime::Start => 0xfa,
            Realtime::Continue => 0xfb,
            Realtime::Stop => 0xfc,
        }]],
        Source::Hid { .. } | Source::HidBits { .. } | Source::Osc { .. } | Source::ComputerKey { .. } => Vec::new(),
    }
}

/// A place as a number of so many bits; 0.5 is the centre of the wire's range.
fn unsplit(place: f64, bits: u8) -> u16 {
    let top = f64::from((1_u32 << bits) - 1);
    let centre = f64::from(1_u32 << (bits - 1));
    let place = place.clamp(0.0, 1.0);
    let number = if place <= 0.5 { place * 2.0 * centre } else { centre + (place - 0.5) * 2.0 * (top - centre) };
    number.round() as u16
}

fn coded(code: RelativeCode, steps: i32) -> u8 {
    let steps = steps.clamp(-63, 63) as i8;
    let size = steps.unsigned_abs();
    match (code, steps < 0) {
        (RelativeCode::TwosComplement, _) => steps as u8 & 127,
        (RelativeCode::OffsetBinary64, _) => (64 + i16::from(steps)) as u8,
        (RelativeCode::SignMagnitude, true) | (RelativeCode::SignMagnitudeInverted, false) => 64 | size,
        (RelativeCode::SignMagnitude, false) | (RelativeCode::SignMagnitudeInverted, true) => size,
    }
}

fn parameter(status: u8, select: [u8; 2], number: u16, bits: u8, place: f64) -> Vec<Vec<u8>> {
    let mut messages =
        vec![vec![status, select[0], (number >> 7) as u8 & 127], vec![status, select[1], (number & 127) as u8]];
    if bits > 7 {
        let value = unsplit(place, 14);
        messages.push(vec![status, 6, (value >> 7) as u8]);
        messages.push(vec![status, 38, (value & 127) as u8]);
    } else {
        messages.push(vec![status, 6, unsplit(place, 7) as u8]);
    }
    messages
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hand_on_the_screen_sends_what_a_hand_on_the_device_would() {
        let place = |place| InputValue::Place { place, steps: u32::MAX };
        let cc = |relative| Source::Cc { channel: 1, number: 7, relative };
        assert_eq!(wire(&cc(None), place(0.5)), [[0xb0, 7, 64]]);
        assert_eq!(wire(&cc(None), place(1.0)), [[0xb0, 7, 127]]);
        for (code, left, right) in [
            (RelativeCode::TwosComplement, 127, 1),
            (RelativeCode::OffsetBinary64, 63, 65),
            (RelativeCode::SignMagnitude, 65, 1),
            (RelativeCode::SignMagnitudeInverted, 1, 65),
        ] {
            assert_eq!(wire(&cc(Some(code)), InputValue::Steps(-1)), [[0xb0, 7, left]]);
            assert_eq!(wire(&cc(Some(code)), InputValue::Steps(1)), [[0xb0, 7, right]]);
        }
        assert_eq!(wire(&Source::PitchBend { channel: 9 }, place(0.5)), [[0xe8, 0, 64]]);
        assert_eq!(wire(&Source::PitchBend { channel: 1 }, place(1.0)), [[0xe0, 127, 127]]);
        let note = Source::Note { channel: 16, number: 60 };
        assert_eq!(wire(&note, InputValue::Press { on: true, strength: 0.001 }), [[0x9f, 60, 1]]);
        assert_eq!(wire(&note, InputValue::Press { on: false, strength: 0.0 }), [[0x8f, 60, 0]]);
        let nrpn = Source::Nrpn { channel: 1, number: 300, bits: 14 };
        assert_eq!(wire(&nrpn, place(1.0)), [[0xb0, 99, 2], [0xb0, 98, 44], [0xb0, 6, 127], [0xb0, 38, 127]]);
        assert_eq!(wire(&Source::Sysex { pattern: "F0 7D vv F7".to_owned() }, place(1.0)), [[0xf0, 0x7d, 127, 0xf7]]);
    }
}
