//! What comes from a device as canonical sources, whatever it is used for: for the monitor and for learning.

use crate::hid::{Input, Layout};
use crate::midi::message::{Message, parse};
use crate::midi::nrpn::{Parameter, Said, Selection};
use crate::osc::OscArgument;
use crate::profile::Transport;
use crate::scale;
use crate::source::{InputValue, Source};

/// Longer system exclusive messages are data, not something a hand did.
const MAX_SHOWN_SYSEX_BYTES: usize = 64;

/// Something that came from a device.
#[derive(Clone, Debug, PartialEq)]
pub struct RawEvent {
    pub source: Source,
    pub value: InputValue,
    /// As on the wire: 0…127, 0…16,383, the logical value of a field, or the argument.
    pub number: f64,
}

/// Turns bytes into [`RawEvent`]s. Keeps what it needs to join several messages and to compare reports.
#[derive(Clone, Debug)]
pub struct RawDecoder {
    transport: Transport,
    channels: [Channel; 16],
    hid: Option<Input>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Channel {
    selection: Selection,
    /// The coarse half of the selected parameter's value.
    data: Option<u8>,
    /// The last control change.
    last: Option<(u8, u8)>,
}

impl RawDecoder {
    /// Of a HID device without a descriptor that can be read, nothing is known.
    pub fn new(transport: Transport, hid_descriptor: Option<&[u8]>) -> Self {
        let layout = hid_descriptor.and_then(|bytes| Layout::parse(bytes).ok());
        Self { transport, channels: [Channel::default(); 16], hid: layout.map(Input::new) }
    }

    /// What a message, report or packet says. Nothing if it cannot be read.
    pub fn decode(&mut self, bytes: &[u8]) -> Vec<RawEvent> {
        let mut events = Vec::new();
        match self.transport {
            Transport::Midi => {
                if let Ok(message) = parse(bytes) {
                    self.midi(message, &mut events);
                }
            }
            Transport::Osc => {
                for message in crate::osc::decode(bytes).unwrap_or_default() {
                    osc(&message.address, &message.arguments, &mut events);
                }
            }
            Transport::Hid => {
                if let Some(input) = &mut self.hid {
                    input.raw(bytes, &mut events);
                }
            }
        }
        events
    }

    fn midi(&mut self, message: Message<'_>, events: &mut Vec<RawEvent>) {
        let place = |source, number: u16, max: u16| RawEvent {
            source,
            value: InputValue::Place {
                place: scale::place(i64::from(number), 0, i64::from(max)),
                steps: u32::from(max) + 1,
            },
            number: f64::from(number),
        };
        let press = |source, on, velocity: u8| RawEvent {
            source,
            value: InputValue::Press { on, strength: if on { f64::from(velocity) / 127.0 } else { 0.0 } },
            number: f64::from(velocity),
        };
        events.push(match message {
            Message::NoteOn { channel, number, velocity } => press(Source::Note { channel, number }, true, velocity),
            Message::NoteOff { channel, number, .. } => press(Source::Note { channel, number }, false, 0),
            Message::PolyPressure { channel, number, pressure } => {
                place(Source::PolyPressure { channel, number }, u16::from(pressure), 127)
            }
            Message::ChannelPressure { channel, pressure } => {
                place(Source::ChannelPressure { channel }, u16::from(pressure), 127)
            }
            Message::PitchBend { channel, value } => place(Source::PitchBend { channel }, value, 16_383),
            Message::ProgramChange { channel, program } => {
                place(Source::Program { channel, number: None }, u16::from(program), 127)
            }
            Message::ControlChange { channel, number, value } => {
                let Some(state) = self.channels.get_mut(usize::from(channel - 1)) else { return };
                let Some((source, value, max)) = state.control_change(channel, number, value) else { return };
                match value {
                    Value::Number(value) => place(source, value, max),
                    Value::Step(steps) => {
                        RawEvent { source, value: InputValue::Steps(steps), number: f64::from(steps) }
                    }
                }
            }
            Message::Sysex(bytes) if bytes.len() <= MAX_SHOWN_SYSEX_BYTES => {
                press(Source::Sysex { pattern: crate::hex::text(bytes) }, true, 127)
            }
            Message::Realtime(message) => press(Source::Realtime { message }, true, 127),
            Message::Sysex(_) | Message::Other => return,
        });
    }
}

enum Value {
    Number(u16),
    Step(i32),
}

impl Channel {
    /// What a control change is, and its greatest value. Halves that say nothing alone are nothing.
    fn control_change(&mut self, channel: u8, number: u8, value: u8) -> Option<(Source, Value, u16)> {
        let last = self.last.replace((number, value));
        let selected = self.selection.selected();
        let said = self.selection.control_change(number, value);
        if self.selection.selected() != selected {
            self.data = None;
        }
        if let Some((Parameter { registered, number }, said)) = said {
            let source = |bits| match registered {
                true => Source::Rpn { channel, number, bits },
                false => Source::Nrpn { channel, number, bits },
            };
            return Some(match (said, self.data) {
                (Said::Coarse(value), _) => {
                    self.data = Some(value);
                    (source(7), Value::Number(u16::from(value)), 127)
                }
                (Said::Fine(fine), Some(coarse)) => {
                    (source(14), Value::Number(scale::join_fourteen(coarse, fine)), 16_383)
                }
                (Said::Fine(_), None) => return None,
                (Said::Step(steps), _) => (source(7), Value::Step(steps), 0),
            });
        }
        match (number, last) {
            // Whoever selects a parameter never says the same half twice: this is a knob that happens to have this number.
            (98..=101, last) if last.is_none_or(|(last, _)| last != number) => None,
            (32..=63, Some((coarse_number, coarse))) if coarse_number == number - 32 => Some((
                Source::Cc14 { channel, msb: coarse_number, lsb: number },
                Value::Number(scale::join_fourteen(coarse, value)),
                16_383,
            )),
            _ => Some((Source::Cc { channel, number, relative: None }, Value::Number(u16::from(value)), 127)),
        }
    }
}

/// Numbers are shown as places in 0…1; what is outside is at an end, and its number says where it really is.
fn osc(address: &str, arguments: &[OscArgument], events: &mut Vec<RawEvent>) {
    let source = |argument: usize| Source::Osc {
        address: address.to_owned(),
        argument: u16::try_from(argument).unwrap_or(u16::MAX),
        range_thousandths: [0, 1000],
        relative: false,
    };
    let press = |on| InputValue::Press { on, strength: f64::from(u8::from(on)) };
    if arguments.is_empty() {
        events.push(RawEvent { source: source(0), value: press(true), number: 1.0 });
    }
    for (index, argument) in arguments.iter().enumerate() {
        let (value, number) = match argument {
            OscArgument::Bool(on) => (press(*on), f64::from(u8::from(*on))),
            OscArgument::Int(number) => (osc_place(f64::from(*number)), f64::from(*number)),
            OscArgument::Float(number) if number.is_finite() => (osc_place(f64::from(*number)), f64::from(*number)),
            OscArgument::Float(_) | OscArgument::Text(_) => continue,
        };
        events.push(RawEvent { source: source(index), value, number });
    }
}

fn osc_place(number: f64) -> InputValue {
    InputValue::Place { place: number.clamp(0.0, 1.0), steps: OSC_STEPS }
}

/// What a 32-bit float can tell apart between 0 and 1, at least.
pub(crate) const OSC_STEPS: u32 = 1 << 24;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::osc::{OscMessage, encode};

    fn heard(messages: &[&[u8]]) -> Vec<(String, f64)> {
        let mut decoder = RawDecoder::new(Transport::Midi, None);
        let events = messages.iter().flat_map(|message| decoder.decode(message));
        events.map(|event| (event.source.to_string(), event.number)).collect()
    }

    fn is(wanted: &[(&str, f64)], messages: &[&[u8]]) {
        let wanted: Vec<_> = wanted.iter().map(|(id, number)| ((*id).to_owned(), *number)).collect();
        assert_eq!(heard(messages), wanted);
    }

    #[test]
    fn every_kind_of_message() {
        is(
            &[("note.1.36", 100.0), ("note.1.36", 0.0), ("bend.2", 8192.0), ("pressure.1", 5.0), ("program.1", 9.0)],
            &[&[0x90, 36, 100], &[0x90, 36, 0], &[0xE1, 0, 64], &[0xD0, 5], &[0xC0, 9]],
        );
        is(&[("poly.1.2", 3.0), ("realtime.stop", 127.0)], &[&[0xA0, 2, 3], &[0xFC], &[0xFE], &[1, 2]]);
        is(&[("sysex.F0-7D-01-F7", 127.0)], &[&[0xF0, 0x7D, 1, 0xF7]]);
    }

    #[test]
    fn halves_of_fourteen_bits() {
        is(&[("cc.1.7", 1.0), ("cc14.1.7.39", 130.0)], &[&[0xB0, 7, 1], &[0xB0, 39, 2]]);
        is(&[("cc.1.39", 2.0), ("cc.1.39", 3.0)], &[&[0xB0, 39, 2], &[0xB0, 39, 3]]);
        // A half of another channel does not come between.
        is(
            &[("cc.1.7", 1.0), ("cc.2.7", 9.0), ("cc14.1.7.39", 130.0)],
            &[&[0xB0, 7, 1], &[0xB1, 7, 9], &[0xB0, 39, 2]],
        );
    }

    #[test]
    fn parameters_of_several_channels_do_not_mix() {
        let messages: [&[u8]; 9] = [
            &[0xB0, 99, 2],
            &[0xB1, 99, 0],
            &[0xB0, 98, 44],
            &[0xB1, 98, 5],
            &[0xB0, 6, 1],
            &[0xB1, 6, 2],
            &[0xB0, 38, 3],
            &[0xB1, 96, 0],
            &[0xB2, 6, 7],
        ];
        is(
            &[("nrpn.1.300", 1.0), ("nrpn.2.5", 2.0), ("nrpn14.1.300", 131.0), ("nrpn.2.5", 1.0), ("cc.3.6", 7.0)],
            &messages,
        );
    }

    #[test]
    fn a_knob_may_have_a_number_that_selects_parameters() {
        is(&[("cc.1.99", 2.0), ("cc.1.99", 3.0)], &[&[0xB0, 99, 1], &[0xB0, 99, 2], &[0xB0, 99, 3]]);
    }

    #[test]
    fn osc_arguments() {
        let arguments = vec![
            OscArgument::Float(0.25),
            OscArgument::Int(7),
            OscArgument::Bool(true),
            OscArgument::Text("x".to_owned()),
            OscArgument::Float(f32::NAN),
        ];
        let packet = [
            OscMessage { address: "/xy".to_owned(), arguments },
            OscMessage { address: "/go".to_owned(), arguments: vec![] },
        ];
        let events = RawDecoder::new(Transport::Osc, None).decode(&encode(&packet).unwrap());
        let ids: Vec<_> = events.iter().map(|event| (event.source.to_string(), event.number)).collect();
        let wanted = [("osc./xy", 0.25), ("osc.1./xy", 7.0), ("osc.2./xy", 1.0), ("osc./go", 1.0)];
        assert_eq!(ids, wanted.map(|(id, number)| (id.to_owned(), number)));
        assert_eq!(events[2].value, InputValue::Press { on: true, strength: 1.0 });
    }
}
