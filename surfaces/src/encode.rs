//! From what an element is to show to bytes.

use crate::element::{Element, FeedbackKind};
use crate::hid::{Layout, OutputReports};
use crate::midi::mcu;
use crate::midi::message::Message;
use crate::midi::sysex::{Fill, Pattern, PatternError};
use crate::osc::{OscArgument, OscError, OscMessage};
use crate::output::{Levels, Light, Output, Shown};
use crate::profile::Transport;
use crate::scale;

/// Arguments of one OSC message that elements may share.
const MAX_OSC_ARGUMENTS: u16 = 64;

/// Bytes that make an element show something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Encoded {
    /// The same address has the same key, another address another one; never 0. What waits with the same key is out of date.
    pub key: u32,
    /// One or several complete MIDI messages (see [`crate::midi::message::split`]), one HID report (first byte = its id,
    /// 0 without ids), or one OSC packet.
    pub bytes: Vec<u8>,
    /// A HID feature report.
    pub feature: bool,
}

/// An output that cannot be used. The other outputs of the device can.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputProblem {
    pub element: u16,
    pub kind: FeedbackKind,
    pub error: OutputError,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OutputError {
    #[error("a {transport:?} device does not understand this")]
    WrongTransport { transport: Transport },
    #[error("{what} is out of its range")]
    OutOfRange { what: &'static str },
    #[error(transparent)]
    Pattern(#[from] PatternError),
    #[error("{0:?} is not a colour like #ff8000")]
    Colour(String),
    #[error("more than {} elements", u16::MAX)]
    TooManyElements,
}

/// Why something cannot be shown.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EncodeError {
    #[error("the element has nothing of this kind that can show something")]
    NoOutput,
    #[error("{shown} cannot be shown there")]
    CannotShow { shown: &'static str },
    #[error(transparent)]
    Osc(#[from] OscError),
}

/// Turns what the elements of one device are to show into bytes. Keeps what elements share: HID reports, OSC messages.
#[derive(Clone, Debug)]
pub struct Encoder {
    /// Sorted by element and kind.
    slots: Vec<Slot>,
    problems: Vec<OutputProblem>,
    reports: OutputReports,
    osc: Vec<OscMessage>,
}

#[derive(Clone, Debug)]
struct Slot {
    element: u16,
    kind: FeedbackKind,
    key: u32,
    how: How,
}

#[derive(Clone, Debug)]
enum How {
    Note {
        channel: u8,
        number: u8,
        palette: Palette,
    },
    Cc {
        channel: u8,
        number: u8,
        palette: Palette,
    },
    Cc14 {
        channel: u8,
        msb: u8,
        lsb: u8,
    },
    Nrpn {
        channel: u8,
        number: u16,
        wide: bool,
    },
    PitchBend {
        channel: u8,
    },
    ChannelPressure {
        channel: u8,
    },
    McuRing {
        strip: u8,
        mode: crate::output::RingMode,
    },
    McuMeter {
        strip: u8,
    },
    Sysex(Pattern),
    SysexText {
        pattern: Pattern,
        offset: u8,
        length: u8,
    },
    SevenSegment {
        number: u8,
        digits: u8,
    },
    HidBits {
        report: u8,
        bit: u32,
        bits: u8,
        feature: bool,
    },
    /// `message` is an index in [`Encoder::osc`].
    Osc {
        message: usize,
        argument: usize,
    },
}

/// What is overwritten by what: two outputs with the same address are one thing on the device.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Address {
    Note(u8, u8),
    Cc(u8, u8),
    Nrpn(u8, u16),
    PitchBend(u8),
    ChannelPressure(u8),
    Meter(u8),
    Sysex(String),
    Text(String, u8),
    HidReport(u8, bool),
    Osc(usize),
}

#[derive(Clone, Debug)]
struct Palette {
    off: u8,
    on: u8,
    blink: u8,
    colours: Vec<([u8; 3], u8)>,
}

impl Encoder {
    /// What cannot be used is in [`Self::problems`]. The descriptor says how long HID reports are.
    pub fn new(elements: &[Element], transport: Transport, hid_descriptor: Option<&[u8]>) -> Self {
        let layout = hid_descriptor.and_then(|bytes| Layout::parse(bytes).ok()).unwrap_or_default();
        let mut encoder =
            Self { slots: Vec::new(), problems: Vec::new(), reports: OutputReports::new(&layout), osc: Vec::new() };
        let mut addresses: Vec<Address> = Vec::new();
        for (index, element) in elements.iter().enumerate() {
            for (kind, output) in &element.feedback {
                let kind = *kind;
                let added = match u16::try_from(index) {
                    Ok(_) => encoder.compile(output, transport),
                    Err(_) => Err(OutputError::TooManyElements),
                };
                let element = u16::try_from(index).unwrap_or(u16::MAX);
                match added {
                    Ok((address, how)) => {
                        let known = addresses.iter().position(|other| *other == address);
                        let position = known.unwrap_or_else(|| {
                            addresses.push(address);
                            addresses.len() - 1
                        });
                        let key = u32::try_from(position + 1).unwrap_or(u32::MAX);
                        encoder.slots.push(Slot { element, kind, key, how });
                    }
                    Err(error) => encoder.problems.push(OutputProblem { element, kind, error }),
                }
            }
        }
        encoder
    }

    /// What of the elements cannot be used, and why.
    pub fn problems(&self) -> &[OutputProblem] {
        &self.problems
    }

    /// The bytes that make an element (by its index in the list the encoder was made of) show something.
    pub fn encode(&mut self, element: u16, kind: FeedbackKind, shown: &Shown) -> Result<Encoded, EncodeError> {
        let wanted = (element, kind);
        let found = self.slots.binary_search_by_key(&wanted, |slot| (slot.element, slot.kind));
        let slot = found.ok().and_then(|index| self.slots.get(index)).ok_or(EncodeError::NoOutput)?;
        let mut bytes = Vec::new();
        let mut is_feature = false;
        match &slot.how {
            How::Note { channel, number, palette } => {
                let velocity = palette.number(shown)?;
                // As a note on even when it is 0: some devices do not know note offs.
                bytes.extend([0x90 | (channel - 1), *number, velocity]);
            }
            How::Cc { channel, number, palette } => {
                write_cc(*channel, *number, palette.number(shown)?, &mut bytes);
            }
            How::Cc14 { channel, msb, lsb } => {
                let [coarse, fine] = scale::to_fourteen(place(shown)?);
                write_cc(*channel, *msb, coarse, &mut bytes);
                write_cc(*channel, *lsb, fine, &mut bytes);
            }
            How::Nrpn { channel, number, wide } => {
                let place = place(shown)?;
                let [coarse, fine] = scale::split_fourteen(*number);
                write_cc(*channel, 99, coarse, &mut bytes);
                write_cc(*channel, 98, fine, &mut bytes);
                if *wide {
                    let [coarse, fine] = scale::to_fourteen(place);
                    write_cc(*channel, 6, coarse, &mut bytes);
                    write_cc(*channel, 38, fine, &mut bytes);
                } else {
                    write_cc(*channel, 6, scale::to_seven(place), &mut bytes);
                }
            }
            How::PitchBend { channel } => {
                let [coarse, fine] = scale::to_fourteen(place(shown)?);
                bytes.extend([0xE0 | (channel - 1), fine, coarse]);
            }
            How::ChannelPressure { channel } => {
                bytes.extend([0xD0 | (channel - 1), scale::to_seven(place(shown)?)]);
            }
            How::McuRing { strip, mode } => {
                let value = match shown {
                    Shown::Light(Light::Off) => mcu::dark_ring(*mode),
                    _ => mcu::ring(*mode, place(shown)?, false),
                };
                write_cc(1, 48 + strip, value, &mut bytes);
            }
            How::McuMeter { strip } => {
                let pressure = match shown {
                    Shown::Light(light) => mcu::overload(*strip, *light != Light::Off),
                    _ => mcu::meter(*strip, place(shown)?),
                };
                bytes.extend([0xD0, pressure]);
            }
            How::Sysex(pattern) => {
                let mut fill = Fill { place: 0.0, rgb: [0; 3], offset: 0, text: &[] };
                match shown {
                    Shown::Colour(rgb) if pattern.has_colour() => fill.rgb = *rgb,
                    Shown::Light(light) if pattern.has_colour() => fill.rgb = [lit(*light); 3],
                    _ if pattern.has_colour() => return Err(cannot(shown)),
                    _ => fill.place = place(shown)?,
                }
                pattern.write(&fill, &mut bytes);
            }
            How::SysexText { pattern, offset, length } => {
                let Shown::Text(text) = shown else { return Err(cannot(shown)) };
                let text = mcu::ascii(text, usize::from(*length));
                pattern.write(&Fill { place: 0.0, rgb: [0; 3], offset: *offset, text: &text }, &mut bytes);
            }
            How::SevenSegment { number, digits } => {
                let Shown::Text(text) = shown else { return Err(cannot(shown)) };
                let mut cells: Vec<(char, bool)> = Vec::new();
                for letter in text.chars() {
                    match cells.last_mut() {
                        Some((_, dot)) if letter == '.' && !*dot => *dot = true,
                        _ if letter == '.' => cells.push((' ', true)),
                        _ => cells.push((letter, false)),
                    }
                }
                // From the right; what is too long loses its beginning.
                let mut cells = cells.into_iter().rev();
                for digit in 0..*digits {
                    let (letter, dot) = cells.next().unwrap_or((' ', false));
                    write_cc(1, number + digit, mcu::digit(letter, dot), &mut bytes);
                }
            }
            How::HidBits { report, bit, bits, feature } => {
                let number = hid_number(shown, *bits)?;
                let whole = self.reports.set(*report, *feature, *bit, *bits, number);
                bytes.extend(whole.ok_or_else(|| cannot(shown))?);
                is_feature = *feature;
            }
            How::Osc { message, argument } => {
                let message = self.osc.get_mut(*message).ok_or(EncodeError::NoOutput)?;
                if let Some(argument) = message.arguments.get_mut(*argument) {
                    *argument = osc_argument(shown);
                }
                bytes = crate::osc::encode(std::slice::from_ref(message))?;
            }
        }
        Ok(Encoded { key: slot.key, bytes, feature: is_feature })
    }

    fn compile(&mut self, output: &Output, transport: Transport) -> Result<(Address, How), OutputError> {
        if output.transport() != transport {
            return Err(OutputError::WrongTransport { transport });
        }
        Ok(match output {
            Output::Note { channel, number, levels } => {
                let (channel, number) = (checked_channel(*channel)?, checked(*number, 127, "the number")?);
                (Address::Note(channel, number), How::Note { channel, number, palette: Palette::new(levels)? })
            }
            Output::Cc { channel, number, levels } => {
                let (channel, number) = (checked_channel(*channel)?, checked(*number, 127, "the number")?);
                (Address::Cc(channel, number), How::Cc { channel, number, palette: Palette::new(levels)? })
            }
            Output::Cc14 { channel, msb, lsb } => {
                let channel = checked_channel(*channel)?;
                let (msb, lsb) = (checked(*msb, 127, "the coarse number")?, checked(*lsb, 127, "the fine number")?);
                (Address::Cc(channel, msb), How::Cc14 { channel, msb, lsb })
            }
            Output::Nrpn { channel, number, bits } => {
                let (channel, number) = (checked_channel(*channel)?, checked(*number, 0x3FFF, "the number")?);
                (Address::Nrpn(channel, number), How::Nrpn { channel, number, wide: *bits > 7 })
            }
            Output::PitchBend { channel } => {
                let channel = checked_channel(*channel)?;
                (Address::PitchBend(channel), How::PitchBend { channel })
            }
            Output::ChannelPressure { channel } => {
                let channel = checked_channel(*channel)?;
                (Address::ChannelPressure(channel), How::ChannelPressure { channel })
            }
            Output::McuRing { strip, mode } => {
                let strip = checked(*strip, 7, "the strip")?;
                (Address::Cc(1, 48 + strip), How::McuRing { strip, mode: *mode })
            }
            Output::McuMeter { strip } => {
                let strip = checked(*strip, 7, "the strip")?;
                (Address::Meter(strip), How::McuMeter { strip })
            }
            Output::Sysex { pattern } => {
                let pattern = Pattern::parse(pattern)?;
                (Address::Sysex(pattern.to_string()), How::Sysex(pattern))
            }
            Output::SysexText { pattern, offset, length } => {
                let offset = checked(*offset, 127, "the offset")?;
                let pattern = Pattern::parse(pattern)?;
                (Address::Text(pattern.to_string(), offset), How::SysexText { pattern, offset, length: *length })
            }
            Output::SevenSegment { number, digits } => {
                let digits = checked(*digits, 12, "the number of digits")?;
                let number = checked(*number, 127 - digits, "the number")?;
                (Address::Cc(1, number), How::SevenSegment { number, digits })
            }
            Output::HidBits { report, bit, bits, feature } => {
                if !(1..=32).contains(bits) {
                    return Err(OutputError::OutOfRange { what: "the number of bits" });
                }
                let bit = u32::from(*bit);
                if !self.reports.reserve(*report, *feature, bit + u32::from(*bits)) {
                    return Err(OutputError::OutOfRange { what: "the bit" });
                }
                let how = How::HidBits { report: *report, bit, bits: *bits, feature: *feature };
                (Address::HidReport(*report, *feature), how)
            }
            Output::Osc { address, argument } => {
                let argument = usize::from(checked(*argument, MAX_OSC_ARGUMENTS - 1, "the argument")?);
                let known = self.osc.iter().position(|message| message.address == *address);
                let message = known.unwrap_or_else(|| {
                    self.osc.push(OscMessage { address: address.clone(), arguments: Vec::new() });
                    self.osc.len() - 1
                });
                if let Some(message) = self.osc.get_mut(message) {
                    let length = message.arguments.len().max(argument + 1);
                    message.arguments.resize(length, OscArgument::Float(0.0));
                }
                (Address::Osc(message), How::Osc { message, argument })
            }
        })
    }
}

impl Palette {
    fn new(levels: &Levels) -> Result<Self, OutputError> {
        let colour = |entry: &crate::output::PaletteColour| {
            let rgb = rgb(&entry.rgb).ok_or_else(|| OutputError::Colour(entry.rgb.clone()))?;
            Ok::<_, OutputError>((rgb, checked(entry.number, 127, "the colour's number")?))
        };
        let on = checked(levels.on, 127, "the number for on")?;
        Ok(Self {
            off: checked(levels.off, 127, "the number for off")?,
            on,
            blink: checked(levels.blink.unwrap_or(on), 127, "the number for blinking")?,
            colours: levels.palette.iter().map(colour).collect::<Result<_, _>>()?,
        })
    }

    fn number(&self, shown: &Shown) -> Result<u8, EncodeError> {
        Ok(match shown {
            Shown::Light(Light::Off) => self.off,
            Shown::Light(Light::On) => self.on,
            Shown::Light(Light::Blink) => self.blink,
            Shown::Place(place) => self.between(*place),
            Shown::Colour([0, 0, 0]) => {
                self.nearest([0, 0, 0]).filter(|(distance, _)| *distance == 0).map_or(self.off, |(_, number)| number)
            }
            Shown::Colour(rgb) => self.nearest(*rgb).map_or(self.on, |(_, number)| number),
            Shown::Text(_) => return Err(cannot(shown)),
        })
    }

    fn between(&self, place: f64) -> u8 {
        let (low, high) = (self.off.min(self.on), self.off.max(self.on));
        let place = if self.off > self.on { 1.0 - place } else { place };
        u8::try_from(scale::number(place, i64::from(low), i64::from(high))).unwrap_or(self.off)
    }

    /// The palette's nearest colour, and how far it is.
    fn nearest(&self, rgb: [u8; 3]) -> Option<(i64, u8)> {
        self.colours
            .iter()
            .map(|(colour, number)| (distance(rgb, *colour), *number))
            .min_by_key(|(distance, _)| *distance)
    }
}

impl Output {
    /// Which kind of device understands it.
    pub fn transport(&self) -> Transport {
        match self {
            Self::HidBits { .. } => Transport::Hid,
            Self::Osc { .. } => Transport::Osc,
            Self::Note { .. }
            | Self::Cc { .. }
            | Self::Cc14 { .. }
            | Self::Nrpn { .. }
            | Self::PitchBend { .. }
            | Self::ChannelPressure { .. }
            | Self::McuRing { .. }
            | Self::McuMeter { .. }
            | Self::Sysex { .. }
            | Self::SysexText { .. }
            | Self::SevenSegment { .. } => Transport::Midi,
        }
    }
}

/// How different two colours look on a light: its hue counts, its brightness counts less, since a dark track colour is meant
/// as the same colour. 0 only for the same colour.
fn distance(a: [u8; 3], b: [u8; 3]) -> i64 {
    4 * apart(bright(a), bright(b)) + apart(a, b)
}

/// As bright as can be.
fn bright(rgb: [u8; 3]) -> [u8; 3] {
    match rgb.iter().max() {
        Some(most @ 1..) => rgb.map(|part| (u16::from(part) * 255 / u16::from(*most)) as u8),
        _ => rgb,
    }
}

/// Squared, weighted as the eye does: with much red, blue counts more, and the other way round (the "redmean" formula).
fn apart(a: [u8; 3], b: [u8; 3]) -> i64 {
    let [red, green, blue] = [0, 1, 2].map(|part: usize| i64::from(a[part]) - i64::from(b[part]));
    let mean = (i64::from(a[0]) + i64::from(b[0])) / 2;
    (512 + mean) * red * red + 1024 * green * green + (767 - mean) * blue * blue
}

/// Reads `#rrggbb`.
fn rgb(text: &str) -> Option<[u8; 3]> {
    let hex =
        text.strip_prefix('#').filter(|hex| hex.len() == 6 && hex.bytes().all(|digit| digit.is_ascii_hexdigit()))?;
    let [_, red, green, blue] = u32::from_str_radix(hex, 16).ok()?.to_be_bytes();
    Some([red, green, blue])
}

fn checked<T: PartialOrd>(number: T, max: T, what: &'static str) -> Result<T, OutputError> {
    if number <= max { Ok(number) } else { Err(OutputError::OutOfRange { what }) }
}

fn checked_channel(channel: u8) -> Result<u8, OutputError> {
    if (1..=16).contains(&channel) { Ok(channel) } else { Err(OutputError::OutOfRange { what: "the channel" }) }
}

fn write_cc(channel: u8, number: u8, value: u8, bytes: &mut Vec<u8>) {
    Message::ControlChange { channel, number, value }.write(bytes);
}

fn cannot(shown: &Shown) -> EncodeError {
    EncodeError::CannotShow {
        shown: match shown {
            Shown::Light(_) => "a light",
            Shown::Place(_) => "a place",
            Shown::Colour(_) => "a colour",
            Shown::Text(_) => "text",
        },
    }
}

/// A light is at an end; a colour is as high as it is bright.
fn place(shown: &Shown) -> Result<f64, EncodeError> {
    Ok(match shown {
        Shown::Place(place) => *place,
        Shown::Light(light) => f64::from(u8::from(*light != Light::Off)),
        Shown::Colour(rgb) => brightness(*rgb),
        Shown::Text(_) => return Err(cannot(shown)),
    })
}

fn brightness(rgb: [u8; 3]) -> f64 {
    f64::from(rgb.into_iter().max().unwrap_or(0)) / 255.0
}

fn lit(light: Light) -> u8 {
    if light == Light::Off { 0 } else { 255 }
}

/// 24 bits are red, green and blue, red first; anything else is as bright as the colour.
fn hid_number(shown: &Shown, bits: u8) -> Result<u32, EncodeError> {
    if let (Shown::Colour([red, green, blue]), 24) = (shown, bits) {
        return Ok(u32::from_le_bytes([*red, *green, *blue, 0]));
    }
    let max = (1_i64 << bits) - 1;
    Ok(u32::try_from(scale::number(place(shown)?, 0, max)).unwrap_or(u32::MAX))
}

fn osc_argument(shown: &Shown) -> OscArgument {
    match shown {
        Shown::Light(light) => OscArgument::Float(f32::from(u8::from(*light != Light::Off))),
        Shown::Place(place) => OscArgument::Float(*place as f32),
        Shown::Colour([red, green, blue]) => OscArgument::Text(format!("#{red:02x}{green:02x}{blue:02x}")),
        Shown::Text(text) => OscArgument::Text(text.replace('\0', "")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::Decoder;
    use crate::element::{ElementKind, Interaction};
    use crate::output::{PaletteColour, RingMode};
    use crate::source::{InputValue, Source};
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn element(kind: FeedbackKind, output: Output) -> Element {
        Element {
            id: "x".to_owned(),
            name: "X".to_owned(),
            kind: ElementKind::Button,
            at: None,
            size: None,
            input: BTreeMap::new(),
            feedback: BTreeMap::from([(kind, output)]),
        }
    }

    fn levels() -> Levels {
        let colour = |rgb: &str, number| PaletteColour { rgb: rgb.to_owned(), number };
        Levels {
            off: 0,
            on: 127,
            blink: Some(1),
            palette: vec![colour("#ff0000", 5), colour("#00ff00", 21), colour("#0000ff", 45), colour("#ffffff", 3)],
        }
    }

    fn shows(output: Output, cases: &[(Shown, &[u8])]) {
        let transport = output.transport();
        let mut encoder = Encoder::new(&[element(FeedbackKind::Led, output)], transport, None);
        assert_eq!(encoder.problems(), []);
        for (shown, bytes) in cases {
            let encoded = encoder.encode(0, FeedbackKind::Led, shown).unwrap();
            assert_eq!((encoded.bytes.as_slice(), encoded.key), (*bytes, 1), "{shown:?}");
        }
    }

    #[test]
    fn lights_and_palettes() {
        let note = Output::Note { channel: 2, number: 60, levels: levels() };
        shows(
            note,
            &[
                (Shown::Light(Light::Off), &[0x91, 60, 0]),
                (Shown::Light(Light::On), &[0x91, 60, 127]),
                (Shown::Light(Light::Blink), &[0x91, 60, 1]),
                (Shown::Place(0.5), &[0x91, 60, 64]),
                (Shown::Colour([255, 0, 0]), &[0x91, 60, 5]),
                (Shown::Colour([90, 10, 12]), &[0x91, 60, 5]),
                (Shown::Colour([20, 120, 30]), &[0x91, 60, 21]),
                (Shown::Colour([200, 200, 190]), &[0x91, 60, 3]),
                (Shown::Colour([0, 0, 0]), &[0x91, 60, 0]),
            ],
        );
        let inverted =
            Output::Cc { channel: 1, number: 7, levels: Levels { off: 127, on: 0, blink: None, palette: vec![] } };
        shows(
            inverted,
            &[
                (Shown::Light(Light::Blink), &[0xB0, 7, 0]),
                (Shown::Place(1.0), &[0xB0, 7, 0]),
                (Shown::Place(0.0), &[0xB0, 7, 127]),
                (Shown::Colour([1, 2, 3]), &[0xB0, 7, 0]),
            ],
        );
    }

    #[test]
    fn places() {
        let half = Shown::Place(0.5);
        shows(Output::Cc14 { channel: 1, msb: 7, lsb: 39 }, &[(half.clone(), &[0xB0, 7, 64, 0xB0, 39, 0])]);
        shows(
            Output::Nrpn { channel: 1, number: 300, bits: 14 },
            &[(Shown::Place(1.0), &[0xB0, 99, 2, 0xB0, 98, 44, 0xB0, 6, 127, 0xB0, 38, 127])],
        );
        shows(
            Output::Nrpn { channel: 1, number: 5, bits: 7 },
            &[(half.clone(), &[0xB0, 99, 0, 0xB0, 98, 5, 0xB0, 6, 64])],
        );
        shows(Output::PitchBend { channel: 9 }, &[(half.clone(), &[0xE8, 0, 64])]);
        shows(Output::ChannelPressure { channel: 3 }, &[(half.clone(), &[0xD2, 64])]);
        shows(
            Output::McuRing { strip: 2, mode: RingMode::Wrap },
            &[(half.clone(), &[0xB0, 50, 0x26]), (Shown::Light(Light::Off), &[0xB0, 50, 0x20])],
        );
        shows(
            Output::McuMeter { strip: 3 },
            &[(Shown::Place(1.0), &[0xD0, 0x3C]), (Shown::Light(Light::On), &[0xD0, 0x3E])],
        );
        shows(Output::Sysex { pattern: "F0 7D vv F7".to_owned() }, &[(half, &[0xF0, 0x7D, 64, 0xF7])]);
    }

    #[test]
    fn text_and_colours() {
        shows(
            Output::SysexText { pattern: "F0 00 00 66 14 12 oo tt F7".to_owned(), offset: 7, length: 7 },
            &[(Shown::Text("Größe ↑".to_owned()), b"\xF0\x00\x00\x66\x14\x12\x07Grosse \xF7")],
        );
        shows(Output::SevenSegment { number: 73, digits: 1 }, &[(Shown::Text("3.".to_owned()), &[0xB0, 73, 0x73])]);
        shows(
            Output::SevenSegment { number: 64, digits: 3 },
            &[(Shown::Text("1.2".to_owned()), &[0xB0, 64, 0x32, 0xB0, 65, 0x71, 0xB0, 66, 0x20])],
        );
        shows(
            Output::Sysex { pattern: "F0 7D rr gg bb F7".to_owned() },
            &[(Shown::Colour([255, 128, 1]), &[0xF0, 0x7D, 127, 64, 0, 0xF7])],
        );
        let mut encoder =
            Encoder::new(&[element(FeedbackKind::Led, Output::PitchBend { channel: 1 })], Transport::Midi, None);
        let text = Shown::Text("x".to_owned());
        assert_eq!(encoder.encode(0, FeedbackKind::Led, &text), Err(EncodeError::CannotShow { shown: "text" }));
        assert_eq!(encoder.encode(0, FeedbackKind::Motor, &text), Err(EncodeError::NoOutput));
        assert_eq!(encoder.encode(1, FeedbackKind::Led, &text), Err(EncodeError::NoOutput));
    }

    #[test]
    fn what_is_shared_is_sent_together() {
        let bits = |bit, bits| Output::HidBits { report: 2, bit, bits, feature: false };
        let elements = [element(FeedbackKind::Led, bits(0, 1)), element(FeedbackKind::Colour, bits(8, 24))];
        let mut encoder = Encoder::new(&elements, Transport::Hid, None);
        let first = encoder.encode(0, FeedbackKind::Led, &Shown::Light(Light::On)).unwrap();
        let second = encoder.encode(1, FeedbackKind::Colour, &Shown::Colour([1, 2, 3])).unwrap();
        assert_eq!((first.bytes.as_slice(), second.bytes.as_slice()), (&[2, 1, 0, 0, 0][..], &[2, 1, 1, 2, 3][..]));
        assert_eq!(first.key, second.key);

        let xy = |argument| Output::Osc { address: "/xy".to_owned(), argument };
        let elements = [element(FeedbackKind::Motor, xy(0)), element(FeedbackKind::Motor, xy(1))];
        let mut encoder = Encoder::new(&elements, Transport::Osc, None);
        let _first = encoder.encode(0, FeedbackKind::Motor, &Shown::Place(0.25)).unwrap();
        let second = encoder.encode(1, FeedbackKind::Motor, &Shown::Place(0.5)).unwrap();
        let arguments = crate::osc::decode(&second.bytes).unwrap().remove(0).arguments;
        assert_eq!(arguments, [OscArgument::Float(0.25), OscArgument::Float(0.5)]);
    }

    #[test]
    fn what_cannot_be_used_is_said() {
        let bad = [
            Output::PitchBend { channel: 0 },
            Output::Osc { address: "/x".to_owned(), argument: 0 },
            Output::Sysex { pattern: "7D".to_owned() },
            Output::HidBits { report: 0, bit: 0, bits: 1, feature: false },
            Output::McuRing { strip: 8, mode: RingMode::Dot },
            Output::Note { channel: 1, number: 1, levels: Levels { off: 200, on: 1, blink: None, palette: vec![] } },
        ];
        let elements = bad.map(|output| element(FeedbackKind::Led, output));
        let encoder = Encoder::new(&elements, Transport::Midi, None);
        assert_eq!(encoder.problems().len(), elements.len());
        assert_eq!(encoder.problems()[5].error, OutputError::OutOfRange { what: "the number for off" });
    }

    fn shown() -> impl Strategy<Value = Shown> {
        prop_oneof![
            prop::sample::select(vec![Light::Off, Light::On, Light::Blink]).prop_map(Shown::Light),
            any::<f64>().prop_map(Shown::Place),
            any::<[u8; 3]>().prop_map(Shown::Colour),
            ".{0,12}".prop_map(Shown::Text),
        ]
    }

    /// What can be sent and heard in the same way.
    fn pairs() -> Vec<(Source, Output, u32)> {
        let plain = Levels { off: 0, on: 127, blink: None, palette: vec![] };
        vec![
            (
                Source::Cc { channel: 3, number: 7, relative: None },
                Output::Cc { channel: 3, number: 7, levels: plain },
                127,
            ),
            (Source::Cc14 { channel: 1, msb: 7, lsb: 39 }, Output::Cc14 { channel: 1, msb: 7, lsb: 39 }, 16_383),
            (Source::Nrpn { channel: 1, number: 300, bits: 7 }, Output::Nrpn { channel: 1, number: 300, bits: 7 }, 127),
            (
                Source::Nrpn { channel: 1, number: 9, bits: 14 },
                Output::Nrpn { channel: 1, number: 9, bits: 14 },
                16_383,
            ),
            (Source::PitchBend { channel: 9 }, Output::PitchBend { channel: 9 }, 16_383),
            (Source::ChannelPressure { channel: 1 }, Output::ChannelPressure { channel: 1 }, 127),
            (
                Source::Sysex { pattern: "F0 7D hh ll F7".to_owned() },
                Output::Sysex { pattern: "F0 7D hh ll F7".to_owned() },
                16_383,
            ),
        ]
    }

    proptest! {
        #[test]
        fn what_is_sent_is_heard(number: u16, which in 0..7_usize) {
            let (source, output, max) = pairs().remove(which);
            let number = u32::from(number) % (max + 1);
            let place = scale::place(i64::from(number), 0, i64::from(max));
            let mut element = element(FeedbackKind::Motor, output);
            element.input.insert(Interaction::Move, source);
            let elements = [element];
            let mut encoder = Encoder::new(&elements, Transport::Midi, None);
            let mut decoder = Decoder::new(&elements, Transport::Midi, None);
            // Twice: the first time, it is not yet known that fine halves follow.
            let mut decoded = Vec::new();
            for _ in 0..2 {
                decoded.clear();
                let encoded = encoder.encode(0, FeedbackKind::Motor, &Shown::Place(place)).unwrap();
                for message in crate::midi::message::split(&encoded.bytes) {
                    decoder.decode(message, 0, &mut decoded);
                }
            }
            prop_assert_eq!(decoded.len(), 1);
            prop_assert_eq!(decoded[0].value, InputValue::Place { place, steps: max + 1 });
        }

        #[test]
        fn midi_is_always_well_formed(shown in shown()) {
            for (_, output, _) in pairs() {
                let mut encoder = Encoder::new(&[element(FeedbackKind::Led, output)], Transport::Midi, None);
                if let Ok(encoded) = encoder.encode(0, FeedbackKind::Led, &shown) {
                    let messages = crate::midi::message::split(&encoded.bytes);
                    prop_assert_eq!(messages.map(<[u8]>::len).sum::<usize>(), encoded.bytes.len());
                    prop_assert!(encoded.key != 0);
                }
            }
        }

        #[test]
        fn a_colour_of_the_palette_is_itself(colours in prop::collection::btree_set(any::<[u8; 3]>(), 1..30), which: prop::sample::Index) {
            let colours: Vec<_> = colours.into_iter().filter(|colour| *colour != [0; 3]).collect();
            prop_assume!(!colours.is_empty());
            let palette = colours.iter().enumerate().map(|(index, [r, g, b])| PaletteColour { rgb: format!("#{r:02x}{g:02x}{b:02x}"), number: index as u8 }).collect();
            let palette = Palette::new(&Levels { off: 0, on: 127, blink: None, palette }).unwrap();
            let which = which.index(colours.len());
            prop_assert_eq!(palette.number(&Shown::Colour(colours[which])), Ok(which as u8));
        }
    }
}
