//! From bytes to what was done with which element.

use crate::element::{Element, Interaction};
use crate::hid::{Input, Layout};
use crate::midi::cc14::{Halves, Joined};
use crate::midi::message::{Message, parse};
use crate::midi::nrpn::{Data, Said, Selection};
use crate::midi::sysex::{Pattern, PatternError};
use crate::osc::OscArgument;
use crate::profile::Transport;
use crate::raw::{OSC_STEPS, RawDecoder, RawEvent};
use crate::scale;
use crate::source::{InputValue, Realtime, RelativeCode, Source};
use std::collections::BTreeMap;

/// Something that was done with an element.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Decoded {
    /// Its index in the list the decoder was made of.
    pub element: u16,
    pub interaction: Interaction,
    pub value: InputValue,
}

/// A source that cannot be heard. The other sources of the device can.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceProblem {
    pub element: u16,
    pub interaction: Interaction,
    pub error: SourceError,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SourceError {
    #[error("a {transport:?} device does not send this")]
    WrongTransport { transport: Transport },
    #[error("{what} is out of its range")]
    OutOfRange { what: &'static str },
    #[error(transparent)]
    Pattern(#[from] PatternError),
    #[error("the device's report descriptor has no such field")]
    NoSuchField,
    #[error("the range is empty: what is 0 and what is 1 must differ")]
    EmptyRange,
    #[error("more than {} elements", u16::MAX)]
    TooManyElements,
}

/// Turns the messages of one device into what was done with its elements. Several elements may have the same source.
#[derive(Clone, Debug)]
pub struct Decoder {
    transport: Transport,
    raw: RawDecoder,
    problems: Vec<SourceProblem>,
    /// Sorted by key.
    midi: Vec<(Key, Route)>,
    sysex: Vec<(Pattern, Claim)>,
    selections: [Selection; 16],
    halves: Vec<(Halves, Claim)>,
    data: Vec<(Data, Claim)>,
    osc: BTreeMap<String, Vec<OscRoute>>,
    hid: Option<Input>,
}

/// Who wants to hear it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Claim {
    pub(crate) element: u16,
    pub(crate) interaction: Interaction,
}

impl Claim {
    fn presses(self) -> bool {
        matches!(self.interaction, Interaction::Press | Interaction::Touch)
    }

    /// A number between two others as a place, or for what is pressed as on (above the least) or off.
    pub(crate) fn number(self, number: i64, min: i64, max: i64) -> Decoded {
        self.place(scale::place(number, min, max), scale::steps(min, max))
    }

    fn place(self, place: f64, steps: u32) -> Decoded {
        self.value(match self.presses() {
            true => InputValue::Press { on: place > 0.0, strength: place },
            false => InputValue::Place { place, steps },
        })
    }

    pub(crate) fn press(self, on: bool, strength: f64) -> Decoded {
        self.value(InputValue::Press { on, strength: if on { strength } else { 0.0 } })
    }

    pub(crate) fn value(self, value: InputValue) -> Decoded {
        Decoded { element: self.element, interaction: self.interaction, value }
    }
}

/// Kind of message, channel (from 0) and number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    kind: Kind,
    channel: u8,
    number: u16,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Note,
    Cc,
    Nrpn,
    Rpn,
    PitchBend,
    PolyPressure,
    ChannelPressure,
    Program,
    Realtime,
}

#[derive(Clone, Copy, Debug)]
enum Route {
    /// The message's own value.
    Plain(Claim),
    Relative(RelativeCode, Claim),
    /// Indices in `halves`.
    Coarse(usize),
    Fine(usize),
    /// Index in `data`.
    Parameter {
        bits: u8,
        data: usize,
    },
    /// This program only.
    Program(u8, Claim),
}

#[derive(Clone, Copy, Debug)]
struct OscRoute {
    claim: Claim,
    argument: usize,
    /// What is 0 and what is 1.
    range: [f64; 2],
    relative: bool,
}

impl Decoder {
    /// What cannot be heard is in [`Self::problems`]. A HID device needs its report descriptor, unless all its sources are bits.
    pub fn new(elements: &[Element], transport: Transport, hid_descriptor: Option<&[u8]>) -> Self {
        let layout = hid_descriptor.and_then(|bytes| Layout::parse(bytes).ok()).unwrap_or_default();
        let mut decoder = Self {
            transport,
            raw: RawDecoder::new(transport, hid_descriptor),
            problems: Vec::new(),
            midi: Vec::new(),
            sysex: Vec::new(),
            selections: [Selection::default(); 16],
            halves: Vec::new(),
            data: Vec::new(),
            osc: BTreeMap::new(),
            hid: (transport == Transport::Hid).then(|| Input::new(layout)),
        };
        for (index, element) in elements.iter().enumerate() {
            for (interaction, source) in &element.input {
                let interaction = *interaction;
                let (element, added) = match u16::try_from(index) {
                    Ok(element) => (element, decoder.add(source, Claim { element, interaction })),
                    Err(_) => (u16::MAX, Err(SourceError::TooManyElements)),
                };
                if let Err(error) = added {
                    decoder.problems.push(SourceProblem { element, interaction, error });
                }
            }
        }
        decoder.midi.sort_by_key(|(key, _)| *key);
        decoder
    }

    /// What of the elements cannot be heard, and why.
    pub fn problems(&self) -> &[SourceProblem] {
        &self.problems
    }

    /// Appends what was done with which element. `bytes` is one complete MIDI message, one HID input report (first byte =
    /// its id, 0 without ids) or one OSC packet; what cannot be read says nothing.
    pub fn decode(&mut self, bytes: &[u8], at_nanos: u64, decoded: &mut Vec<Decoded>) {
        match self.transport {
            Transport::Midi => {
                if let Ok(message) = parse(bytes) {
                    self.decode_midi(message, at_nanos, decoded);
                }
            }
            Transport::Osc if self.osc.is_empty() => {}
            Transport::Osc => {
                for message in crate::osc::decode(bytes).unwrap_or_default() {
                    for route in self.osc.get(&message.address).into_iter().flatten() {
                        decoded.extend(route.decode(&message.arguments));
                    }
                }
            }
            Transport::Hid => {
                if let Some(input) = &mut self.hid {
                    input.decode(bytes, decoded);
                }
            }
        }
    }

    /// When [`Self::settle`] has something to do, if no more comes: a coarse half waits for its fine one.
    pub fn due_nanos(&self) -> Option<u64> {
        let waiting = self.halves.iter().map(|(halves, _)| halves);
        waiting.chain(self.data.iter().map(|(data, _)| data.halves())).filter_map(Halves::due_nanos).min()
    }

    /// Appends what has waited long enough for a second half that did not come.
    pub fn settle(&mut self, now_nanos: u64, decoded: &mut Vec<Decoded>) {
        let waiting = self.halves.iter_mut().map(|(halves, claim)| (halves, *claim));
        let data = self.data.iter_mut().map(|(data, claim)| (data.halves_mut(), *claim));
        for (halves, claim) in waiting.chain(data) {
            decoded.extend(halves.settle(now_nanos).map(|joined| claim.place(joined.place(), joined.steps())));
        }
    }

    /// The same bytes as canonical sources, whether an element has them or not.
    pub fn raw(&mut self, bytes: &[u8]) -> Vec<RawEvent> {
        self.raw.decode(bytes)
    }

    fn add(&mut self, source: &Source, claim: Claim) -> Result<(), SourceError> {
        let wanted = source.transport();
        if wanted != Some(self.transport) {
            return Err(SourceError::WrongTransport { transport: self.transport });
        }
        let mut route = |kind, channel: u8, number: u16, max: u16, route| {
            if !(1..=16).contains(&channel) {
                return Err(SourceError::OutOfRange { what: "the channel" });
            }
            if number > max {
                return Err(SourceError::OutOfRange { what: "the number" });
            }
            self.midi.push((Key { kind, channel: channel - 1, number }, route));
            Ok(())
        };
        let plain = Route::Plain(claim);
        match source {
            Source::Note { channel, number } => route(Kind::Note, *channel, u16::from(*number), 127, plain),
            Source::Cc { channel, number, relative } => {
                let how = relative.map_or(plain, |code| Route::Relative(code, claim));
                route(Kind::Cc, *channel, u16::from(*number), 127, how)
            }
            Source::Cc14 { channel, msb, lsb } => {
                let index = self.halves.len();
                route(Kind::Cc, *channel, u16::from(*msb), 127, Route::Coarse(index))?;
                route(Kind::Cc, *channel, u16::from(*lsb), 127, Route::Fine(index))?;
                self.halves.push((Halves::default(), claim));
                Ok(())
            }
            Source::Nrpn { channel, number, bits } | Source::Rpn { channel, number, bits } => {
                let kind = if matches!(source, Source::Nrpn { .. }) { Kind::Nrpn } else { Kind::Rpn };
                let how = Route::Parameter { bits: *bits, data: self.data.len() };
                route(kind, *channel, *number, 0x3FFF, how)?;
                self.data.push((Data::default(), claim));
                Ok(())
            }
            Source::PitchBend { channel } => route(Kind::PitchBend, *channel, 0, 0, plain),
            Source::PolyPressure { channel, number } => {
                route(Kind::PolyPressure, *channel, u16::from(*number), 127, plain)
            }
            Source::ChannelPressure { channel } => route(Kind::ChannelPressure, *channel, 0, 0, plain),
            Source::Program { channel, number } => {
                route(Kind::Program, *channel, 0, 0, number.map_or(plain, |number| Route::Program(number, claim)))
            }
            Source::Realtime { message } => route(Kind::Realtime, 1, realtime_number(*message), 3, plain),
            Source::Sysex { pattern } => {
                self.sysex.push((Pattern::parse(pattern)?, claim));
                Ok(())
            }
            Source::Osc { address, argument, range_thousandths: [low, high], relative } => {
                if low == high {
                    return Err(SourceError::EmptyRange);
                }
                let range = [*low as f64 / 1000.0, *high as f64 / 1000.0];
                let route = OscRoute { claim, argument: usize::from(*argument), range, relative: *relative };
                self.osc.entry(address.clone()).or_default().push(route);
                Ok(())
            }
            Source::Hid { .. } | Source::HidBits { .. } => match &mut self.hid {
                Some(input) => input.add(source, claim),
                None => Err(SourceError::NoSuchField),
            },
            Source::ComputerKey { .. } => Err(SourceError::WrongTransport { transport: self.transport }),
        }
    }

    fn decode_midi(&mut self, message: Message<'_>, at_nanos: u64, decoded: &mut Vec<Decoded>) {
        let key = |kind, channel: u8, number: u8| Key { kind, channel: channel - 1, number: u16::from(number) };
        match message {
            Message::NoteOn { channel, number, velocity } => {
                self.note(key(Kind::Note, channel, number), true, velocity, decoded);
            }
            Message::NoteOff { channel, number, .. } => self.note(key(Kind::Note, channel, number), false, 0, decoded),
            Message::ControlChange { channel, number, value } => {
                self.plain(key(Kind::Cc, channel, number), u16::from(value), 127, at_nanos, decoded);
                let said = self.selections.get_mut(usize::from(channel - 1));
                if let Some((parameter, said)) = said.and_then(|selection| selection.control_change(number, value)) {
                    let kind = if parameter.registered { Kind::Rpn } else { Kind::Nrpn };
                    self.parameter(Key { number: parameter.number, ..key(kind, channel, 0) }, said, at_nanos, decoded);
                }
            }
            Message::PitchBend { channel, value } => {
                self.plain(key(Kind::PitchBend, channel, 0), value, 16_383, at_nanos, decoded);
            }
            Message::PolyPressure { channel, number, pressure } => {
                self.plain(key(Kind::PolyPressure, channel, number), u16::from(pressure), 127, at_nanos, decoded);
            }
            Message::ChannelPressure { channel, pressure } => {
                self.plain(key(Kind::ChannelPressure, channel, 0), u16::from(pressure), 127, at_nanos, decoded);
            }
            Message::ProgramChange { channel, program } => {
                self.plain(key(Kind::Program, channel, 0), u16::from(program), 127, at_nanos, decoded);
            }
            Message::Realtime(message) => {
                let key = Key { kind: Kind::Realtime, channel: 0, number: realtime_number(message) };
                self.note(key, true, 127, decoded);
            }
            Message::Sysex(bytes) => {
                for (pattern, claim) in &self.sysex {
                    decoded.extend(pattern.find(bytes).map(|found| match found.number {
                        Some(number) => claim.number(i64::from(number), 0, i64::from(found.max)),
                        None => claim.press(true, 1.0),
                    }));
                }
            }
            Message::Other => {}
        }
    }

    /// What is on or off by itself.
    fn note(&self, key: Key, on: bool, velocity: u8, decoded: &mut Vec<Decoded>) {
        for (_, route) in routes(&self.midi, key) {
            if let Route::Plain(claim) = route {
                decoded.push(claim.press(on, f64::from(velocity) / 127.0));
            }
        }
    }

    fn plain(&mut self, key: Key, number: u16, max: u16, at_nanos: u64, decoded: &mut Vec<Decoded>) {
        let value = (number & 0x7F) as u8;
        for (_, route) in routes(&self.midi, key) {
            match *route {
                Route::Plain(claim) => decoded.push(claim.number(i64::from(number), 0, i64::from(max))),
                Route::Relative(code, claim) => {
                    let steps = code.steps(value);
                    decoded.extend((steps != 0).then(|| claim.value(InputValue::Steps(steps))));
                }
                Route::Coarse(index) => {
                    joined(self.halves.get_mut(index), |halves| halves.coarse(value, at_nanos), decoded);
                }
                Route::Fine(index) => joined(self.halves.get_mut(index), |halves| halves.fine(value), decoded),
                Route::Program(wanted, claim) if u16::from(wanted) == number => decoded.push(claim.press(true, 1.0)),
                Route::Program(..) | Route::Parameter { .. } => {}
            }
        }
    }

    fn parameter(&mut self, key: Key, said: Said, at_nanos: u64, decoded: &mut Vec<Decoded>) {
        for (_, route) in routes(&self.midi, key) {
            if let Route::Parameter { bits, data } = *route {
                match (said, self.data.get_mut(data)) {
                    (Said::Step(steps), Some((_, claim))) => decoded.push(claim.value(InputValue::Steps(steps))),
                    (said, data) => joined(data, |data| data.take(said, bits, at_nanos), decoded),
                }
            }
        }
    }
}

/// Appends what an assembler says now.
fn joined<T>(entry: Option<&mut (T, Claim)>, take: impl FnOnce(&mut T) -> Option<Joined>, decoded: &mut Vec<Decoded>) {
    if let Some((assembler, claim)) = entry {
        decoded.extend(take(assembler).map(|joined| claim.place(joined.place(), joined.steps())));
    }
}

fn routes(sorted: &[(Key, Route)], key: Key) -> &[(Key, Route)] {
    let start = sorted.partition_point(|(other, _)| *other < key);
    let rest = sorted.get(start..).unwrap_or_default();
    rest.get(..rest.partition_point(|(other, _)| *other == key)).unwrap_or_default()
}

fn realtime_number(message: Realtime) -> u16 {
    match message {
        Realtime::Clock => 0,
        Realtime::Start => 1,
        Realtime::Continue => 2,
        Realtime::Stop => 3,
    }
}

impl OscRoute {
    fn decode(&self, arguments: &[OscArgument]) -> Option<Decoded> {
        let [low, high] = self.range;
        let number = match arguments.get(self.argument) {
            Some(OscArgument::Float(number)) => f64::from(*number),
            Some(OscArgument::Int(number)) => f64::from(*number),
            Some(OscArgument::Bool(on)) if self.relative => f64::from(u8::from(*on)),
            Some(OscArgument::Bool(on)) => {
                let place = f64::from(u8::from(*on));
                return Some(self.claim.place(place, 2));
            }
            Some(OscArgument::Text(_)) => return None,
            // A message without arguments is a push.
            None if arguments.is_empty() && self.claim.presses() => return Some(self.claim.press(true, 1.0)),
            None => return None,
        };
        if !number.is_finite() {
            return None;
        }
        if self.relative {
            let steps = number.round().clamp(-1e6, 1e6) as i32;
            return (steps != 0).then(|| self.claim.value(InputValue::Steps(steps)));
        }
        Some(self.claim.place(((number - low) / (high - low)).clamp(0.0, 1.0), OSC_STEPS))
    }
}

impl Source {
    /// Which kind of device sends it; none for the computer keyboard.
    pub fn transport(&self) -> Option<Transport> {
        match self {
            Self::Hid { .. } | Self::HidBits { .. } => Some(Transport::Hid),
            Self::Osc { .. } => Some(Transport::Osc),
            Self::ComputerKey { .. } => None,
            Self::Note { .. }
            | Self::Cc { .. }
            | Self::Cc14 { .. }
            | Self::Nrpn { .. }
            | Self::Rpn { .. }
            | Self::PitchBend { .. }
            | Self::PolyPressure { .. }
            | Self::ChannelPressure { .. }
            | Self::Program { .. }
            | Self::Sysex { .. }
            | Self::Realtime { .. } => Some(Transport::Midi),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::element::ElementKind;
    use crate::hid::descriptor::tests::{DECK, GAMEPAD, KEYBOARD};
    use crate::midi::cc14::FINE_WAIT_NANOS;
    use crate::osc::{OscMessage, encode};
    use proptest::prelude::*;

    fn elements(sources: &[(Interaction, &str)]) -> Vec<Element> {
        let element = |(interaction, id): &(Interaction, &str)| Element {
            id: (*id).to_owned(),
            name: String::new(),
            kind: ElementKind::Knob,
            at: None,
            size: None,
            input: BTreeMap::from([(*interaction, id.parse().unwrap())]),
            feedback: BTreeMap::new(),
        };
        sources.iter().map(element).collect()
    }

    fn decoder(transport: Transport, descriptor: Option<&[u8]>, sources: &[(Interaction, &str)]) -> Decoder {
        let decoder = Decoder::new(&elements(sources), transport, descriptor);
        assert_eq!(decoder.problems(), []);
        decoder
    }

    fn heard(decoder: &mut Decoder, messages: &[&[u8]]) -> Vec<(u16, InputValue)> {
        let mut decoded = Vec::new();
        messages.iter().for_each(|message| decoder.decode(message, 0, &mut decoded));
        decoded.iter().map(|decoded| (decoded.element, decoded.value)).collect()
    }

    fn place(place: f64, steps: u32) -> InputValue {
        InputValue::Place { place, steps }
    }

    fn press(on: bool, strength: f64) -> InputValue {
        InputValue::Press { on, strength }
    }

    use Interaction::{Move, Press, Touch, Turn};

    #[test]
    fn notes_and_buttons() {
        let mut decoder =
            decoder(Transport::Midi, None, &[(Press, "note.1.36"), (Press, "cc.1.64"), (Touch, "note.1.36")]);
        assert_eq!(
            heard(&mut decoder, &[&[0x90, 36, 127], &[0x90, 36, 0], &[0xB0, 64, 127], &[0xB0, 64, 0], &[0x91, 36, 9]]),
            [
                (0, press(true, 1.0)),
                (2, press(true, 1.0)),
                (0, press(false, 0.0)),
                (2, press(false, 0.0)),
                (1, press(true, 1.0)),
                (1, press(false, 0.0)),
            ]
        );
    }

    #[test]
    fn a_control_change_in_every_reading() {
        let sources = [(Turn, "cc.1.7"), (Turn, "cc.1.7.two"), (Turn, "cc.1.7.offset"), (Turn, "cc.1.7.sign")];
        let mut decoder = decoder(Transport::Midi, None, &sources);
        assert_eq!(heard(&mut decoder, &[&[0xB0, 7, 64]]), [(0, place(0.5, 128)), (1, InputValue::Steps(-64))]);
        assert_eq!(
            heard(&mut decoder, &[&[0xB0, 7, 65]]).into_iter().skip(1).map(|(_, value)| value).collect::<Vec<_>>(),
            [InputValue::Steps(-63), InputValue::Steps(1), InputValue::Steps(-1)]
        );
    }

    #[test]
    fn fourteen_bits_and_parameters() {
        let sources = [(Move, "cc14.1.7.39"), (Turn, "nrpn14.1.300"), (Turn, "nrpn.1.300"), (Turn, "rpn.2.0")];
        let mut decoder = decoder(Transport::Midi, None, &sources);
        let [a, b]: [&[u8]; 2] = [&[0xB0, 7, 64], &[0xB0, 39, 0]];
        assert_eq!(heard(&mut decoder, &[b, a, b, a]), [(0, place(0.5, 16_384))]);
        let mut late = Vec::new();
        assert_eq!(decoder.due_nanos(), Some(FINE_WAIT_NANOS));
        decoder.settle(FINE_WAIT_NANOS, &mut late);
        assert_eq!((late.len(), late[0].value, decoder.due_nanos()), (1, place(0.5, 16_384), None));
        let select: [&[u8]; 4] = [&[0xB0, 99, 2], &[0xB1, 101, 0], &[0xB0, 98, 44], &[0xB1, 100, 0]];
        assert_eq!(heard(&mut decoder, &select), []);
        let both = [(2, place(0.5, 128)), (1, place(0.5, 128))];
        let mut found = heard(&mut decoder, &[&[0xB0, 6, 64]]);
        found.sort_by_key(|(element, _)| std::cmp::Reverse(*element));
        assert_eq!(found, both);
        assert_eq!(heard(&mut decoder, &[&[0xB1, 6, 127]]), [(3, place(1.0, 128))]);
        assert_eq!(heard(&mut decoder, &[&[0xB0, 38, 127]]), [(1, place(scale::place(0x207F, 0, 0x3FFF), 16_384))]);
        assert_eq!(heard(&mut decoder, &[&[0xB1, 97, 0]]), [(3, InputValue::Steps(-1))]);
    }

    #[test]
    fn everything_else_in_midi() {
        let sources = [
            (Move, "bend.9"),
            (Press, "program.1.5"),
            (Turn, "program.1"),
            (Press, "realtime.start"),
            (Turn, "sysex.F0-7D-vv-F7"),
            (Press, "sysex.F0-7D-01-02-F7"),
            (Interaction::Pressure, "poly.1.9"),
            (Interaction::Pressure, "pressure.1"),
        ];
        let mut decoder = decoder(Transport::Midi, None, &sources);
        assert_eq!(
            heard(&mut decoder, &[&[0xE8, 0, 64], &[0xE8, 127, 127]]),
            [(0, place(0.5, 16_384)), (0, place(1.0, 16_384))]
        );
        assert_eq!(
            heard(&mut decoder, &[&[0xC0, 5]]),
            [(1, press(true, 1.0)), (2, place(scale::place(5, 0, 127), 128))]
        );
        assert_eq!(heard(&mut decoder, &[&[0xFA], &[0xF8]]), [(3, press(true, 1.0))]);
        assert_eq!(heard(&mut decoder, &[&[0xF0, 0x7D, 0, 0xF7]]), [(4, place(0.0, 128))]);
        assert_eq!(heard(&mut decoder, &[&[0xF0, 0x7D, 1, 2, 0xF7]]), [(5, press(true, 1.0))]);
        assert_eq!(heard(&mut decoder, &[&[0xA0, 9, 64], &[0xD0, 127]]), [(6, place(0.5, 128)), (7, place(1.0, 128))]);
    }

    #[test]
    fn fields_of_reports() {
        let sources = [
            (Press, "hid.9.3"),
            (Move, "hid.1.48"),
            (Move, "hid.1.57"),
            (Press, "hid.1.57.right"),
            (Press, "hidbits.0.0.2"),
            (Press, "hid.1.49"),
        ];
        let mut decoder = decoder(Transport::Hid, Some(GAMEPAD), &sources);
        let rest: &[u8] = &[0, 0, 0, 128, 128, 0, 0, 0x0F];
        assert_eq!(heard(&mut decoder, &[rest, rest]), [(5, press(true, 0.5))]);
        assert_eq!(
            heard(&mut decoder, &[&[0, 4, 0, 255, 0, 0, 0, 1]]),
            [
                (0, press(true, 1.0)),
                (1, place(1.0, 256)),
                (2, place(0.25, 9)),
                (3, press(true, 1.0)),
                (5, press(false, 0.0)),
            ]
        );
        let mut keys = self::decoder(Transport::Hid, Some(KEYBOARD), &[(Press, "hid.7.4"), (Press, "hid.7.225")]);
        assert_eq!(
            heard(
                &mut keys,
                &[&[0, 2, 0, 0, 4, 0, 0, 0, 0], &[0, 2, 0, 1, 1, 1, 1, 1, 1], &[0, 0, 0, 4, 0, 0, 0, 0, 0]]
            ),
            [(1, press(true, 1.0)), (0, press(true, 1.0)), (1, press(false, 0.0))]
        );
        let mut deck =
            self::decoder(Transport::Hid, Some(DECK), &[(Turn, "hid.1.55.rolling"), (Turn, "hid.1.56.relative")]);
        assert_eq!(
            heard(&mut deck, &[&[1, 0, 0, 0, 250], &[1, 0, 0, 0xFE, 4]]),
            [(0, InputValue::Steps(10)), (1, InputValue::Steps(-2))]
        );
    }

    #[test]
    fn arguments_of_osc() {
        let sources =
            [(Move, "osc./xy"), (Move, "osc.1.-1000:1000./xy"), (Press, "osc./go"), (Turn, "osc.relative./enc")];
        let mut decoder = decoder(Transport::Osc, None, &sources);
        let message =
            |address: &str, arguments: Vec<OscArgument>| OscMessage { address: address.to_owned(), arguments };
        let bundle = encode(&[
            message("/xy", vec![OscArgument::Float(0.25), OscArgument::Float(0.0)]),
            message("/go", vec![]),
            message("/go", vec![OscArgument::Bool(false)]),
            message("/enc", vec![OscArgument::Int(-2)]),
            message("/xy", vec![OscArgument::Float(f32::NAN), OscArgument::Int(7)]),
        ]);
        assert_eq!(
            heard(&mut decoder, &[&bundle.unwrap()]),
            [
                (0, place(0.25, OSC_STEPS)),
                (1, place(0.5, OSC_STEPS)),
                (2, press(true, 1.0)),
                (2, press(false, 0.0)),
                (3, InputValue::Steps(-2)),
                (1, place(1.0, OSC_STEPS)),
            ]
        );
    }

    #[test]
    fn what_cannot_be_heard_is_said() {
        let mut bad =
            elements(&[(Turn, "cc.1.7"), (Turn, "osc./x"), (Press, "key.A"), (Press, "hid.9.1"), (Turn, "bend.1")]);
        bad[0].input = BTreeMap::from([(Turn, Source::Cc { channel: 17, number: 7, relative: None })]);
        bad[4].input = BTreeMap::from([(Turn, Source::Sysex { pattern: "7D".to_owned() })]);
        let decoder = Decoder::new(&bad, Transport::Midi, None);
        assert_eq!(decoder.problems().len(), 5);
        assert_eq!(decoder.problems()[0].error, SourceError::OutOfRange { what: "the channel" });
        let decoder = Decoder::new(&elements(&[(Press, "hid.9.99")]), Transport::Hid, Some(GAMEPAD));
        assert_eq!(decoder.problems()[0].error, SourceError::NoSuchField);
    }

    fn gesture(steps: &[u8]) -> Vec<Vec<u8>> {
        steps.iter().map(|value| vec![0xB0, 7, *value]).collect()
    }

    proptest! {
        /// The same gesture as control change, as a field of 7 bits and as OSC is the same.
        #[test]
        fn a_gesture_is_the_same_everywhere(values in prop::collection::vec(0_u8..128, 1..40)) {
            let places = |decoder: &mut Decoder, messages: &[Vec<u8>]| {
                let messages: Vec<&[u8]> = messages.iter().map(Vec::as_slice).collect();
                let heard = heard(decoder, &messages);
                heard.into_iter().filter_map(|(_, value)| match value {
                    InputValue::Place { place, .. } => Some((place * 1e6).round()),
                    _ => None,
                }).collect::<Vec<_>>()
            };
            let mut values = values;
            values.dedup();
            let midi = places(&mut decoder(Transport::Midi, None, &[(Move, "cc.1.7")]), &gesture(&values));
            let mut reports = vec![vec![0, values[0] ^ 1]];
            reports.extend(values.iter().map(|value| vec![0, *value]));
            let hid = places(&mut decoder(Transport::Hid, None, &[(Move, "hidbits.0.0.7")]), &reports);
            let packets: Vec<_> = values.iter().map(|value| {
                let place = scale::place(i64::from(*value), 0, 127) as f32;
                encode(&[OscMessage { address: "/f".to_owned(), arguments: vec![OscArgument::Float(place)] }]).unwrap()
            }).collect();
            let osc = places(&mut decoder(Transport::Osc, None, &[(Move, "osc./f")]), &packets);
            prop_assert_eq!(&midi, &hid);
            prop_assert_eq!(&midi, &osc);
        }

        #[test]
        fn no_bytes_harm(messages in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..12), 0..20)) {
            let midi = ["cc14.1.7.39", "nrpn14.1.3", "cc.1.6.sign", "note.1.1", "sysex.F0-..-vv-F7"].map(|id| (Turn, id));
            let mut decoders = [
                decoder(Transport::Midi, None, &midi),
                decoder(Transport::Osc, None, &[(Move, "osc./x")]),
                decoder(Transport::Hid, Some(GAMEPAD), &[(Move, "hid.1.57"), (Move, "hidbits.3.9.31.signed")]),
            ];
            for decoder in &mut decoders {
                let mut decoded = Vec::new();
                for message in &messages {
                    decoder.decode(message, 0, &mut decoded);
                    let _events = decoder.raw(message);
                }
                for decoded in decoded {
                    if let InputValue::Place { place, .. } | InputValue::Press { strength: place, .. } = decoded.value {
                        prop_assert!((0.0..=1.0).contains(&place));
                    }
                }
            }
        }
    }
}
