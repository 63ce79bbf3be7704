//! Sources as short text and back (`cc.1.7`, `hid.9.3`, `osc./fader/1`), and their names for people.
//!
//! The text is the id of a learned element, so it never changes once it was written.

use crate::midi::sysex::Pattern;
use crate::source::{HatDirection, HidCode, Realtime, RelativeCode, Source};
use std::fmt::{Display, Formatter};
use std::str::FromStr;

/// Why a text is not the id of a source.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SourceIdError {
    #[error("{id:?} is not a source: it begins like none of them")]
    UnknownKind { id: String },
    #[error("{id:?} is not a source: {wanted}")]
    BadPart { id: String, wanted: &'static str },
}

const RELATIVE: [(RelativeCode, &str, &str); 4] = [
    (RelativeCode::TwosComplement, "two", "two's complement"),
    (RelativeCode::OffsetBinary64, "offset", "offset 64"),
    (RelativeCode::SignMagnitude, "sign", "sign and magnitude"),
    (RelativeCode::SignMagnitudeInverted, "inverted", "inverted sign and magnitude"),
];
const CODES: [(HidCode, &str); 3] =
    [(HidCode::Absolute, ""), (HidCode::Relative, "relative"), (HidCode::Rolling, "rolling")];
const HATS: [(HatDirection, &str); 4] = [
    (HatDirection::Up, "up"),
    (HatDirection::Right, "right"),
    (HatDirection::Down, "down"),
    (HatDirection::Left, "left"),
];
const REALTIME: [(Realtime, &str); 4] = [
    (Realtime::Clock, "clock"),
    (Realtime::Start, "start"),
    (Realtime::Continue, "continue"),
    (Realtime::Stop, "stop"),
];
const UNIT: [i64; 2] = [0, 1000];

fn word<T: PartialEq>(table: &[(T, &'static str)], wanted: &T) -> &'static str {
    table.iter().find(|(item, _)| item == wanted).map_or("", |(_, word)| word)
}

fn meaning<T: Copy>(table: &[(T, &'static str)], wanted: &str) -> Option<T> {
    table.iter().find(|(_, word)| *word == wanted && !word.is_empty()).map(|(item, _)| *item)
}

impl Display for Source {
    fn fmt(&self, to: &mut Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Note { channel, number } => write!(to, "note.{channel}.{number}"),
            Self::Cc { channel, number, relative } => {
                write!(to, "cc.{channel}.{number}")?;
                match relative.and_then(|code| RELATIVE.iter().find(|(item, ..)| *item == code)) {
                    Some((_, word, _)) => write!(to, ".{word}"),
                    None => Ok(()),
                }
            }
            Self::Cc14 { channel, msb, lsb } => write!(to, "cc14.{channel}.{msb}.{lsb}"),
            Self::Nrpn { channel, number, bits } => write!(to, "nrpn{}.{channel}.{number}", Bits(*bits)),
            Self::Rpn { channel, number, bits } => write!(to, "rpn{}.{channel}.{number}", Bits(*bits)),
            Self::PitchBend { channel } => write!(to, "bend.{channel}"),
            Self::PolyPressure { channel, number } => write!(to, "poly.{channel}.{number}"),
            Self::ChannelPressure { channel } => write!(to, "pressure.{channel}"),
            Self::Program { channel, number: Some(number) } => write!(to, "program.{channel}.{number}"),
            Self::Program { channel, number: None } => write!(to, "program.{channel}"),
            Self::Sysex { pattern } => write!(to, "sysex.{}", pattern.replace(' ', "-")),
            Self::Realtime { message } => write!(to, "realtime.{}", word(&REALTIME, message)),
            Self::Hid { page, usage, instance, code, hat } => {
                write!(to, "hid.{page}.{usage}")?;
                if *instance > 0 {
                    write!(to, ".{instance}")?;
                }
                if *code != HidCode::Absolute {
                    write!(to, ".{}", word(&CODES, code))?;
                }
                match hat {
                    Some(direction) => write!(to, ".{}", word(&HATS, direction)),
                    None => Ok(()),
                }
            }
            Self::HidBits { report, bit, bits, signed, code } => {
                write!(to, "hidbits.{report}.{bit}.{bits}")?;
                if *signed {
                    write!(to, ".signed")?;
                }
                if *code != HidCode::Absolute {
                    write!(to, ".{}", word(&CODES, code))?;
                }
                Ok(())
            }
            Self::Osc { address, argument, range_thousandths, relative } => {
                write!(to, "osc.")?;
                if *argument > 0 {
                    write!(to, "{argument}.")?;
                }
                let [low, high] = range_thousandths;
                if *range_thousandths != UNIT {
                    write!(to, "{low}:{high}.")?;
                }
                if *relative {
                    write!(to, "relative.")?;
                }
                write!(to, "{address}")
            }
            Self::ComputerKey { key } => write!(to, "key.{key}"),
        }
    }
}

/// Seven bits go without saying.
struct Bits(u8);

impl Display for Bits {
    fn fmt(&self, to: &mut Formatter<'_>) -> std::fmt::Result {
        if self.0 == 7 { Ok(()) } else { write!(to, "{}", self.0) }
    }
}

/// The parts behind the kind, taken one by one.
struct Parts<'a> {
    id: &'a str,
    parts: std::iter::Peekable<std::str::Split<'a, char>>,
}

impl<'a> Parts<'a> {
    fn bad(&self, wanted: &'static str) -> SourceIdError {
        SourceIdError::BadPart { id: self.id.to_owned(), wanted }
    }

    fn number<T: FromStr + PartialOrd + Copy>(
        &mut self,
        min: T,
        max: T,
        wanted: &'static str,
    ) -> Result<T, SourceIdError> {
        let number = self.parts.next().and_then(number::<T>).filter(|number| *number >= min && *number <= max);
        number.ok_or_else(|| self.bad(wanted))
    }

    fn channel(&mut self) -> Result<u8, SourceIdError> {
        self.number(1, 16, "a channel is 1 to 16")
    }

    fn seven(&mut self) -> Result<u8, SourceIdError> {
        self.number(0, 127, "a number here is 0 to 127")
    }

    /// Takes the next part if it means something.
    fn word<T>(&mut self, meaning: impl Fn(&str) -> Option<T>) -> Option<T> {
        let found = meaning(self.parts.peek()?)?;
        self.parts.next();
        Some(found)
    }
}

/// Only as `Display` writes it: no sign, no leading zero.
fn number<T: FromStr>(text: &str) -> Option<T> {
    let plain = text.strip_prefix('-').unwrap_or(text);
    let canonical =
        plain == "0" && plain == text || (!plain.starts_with('0') && plain.bytes().all(|digit| digit.is_ascii_digit()));
    if canonical { text.parse().ok() } else { None }
}

impl FromStr for Source {
    type Err = SourceIdError;

    fn from_str(id: &str) -> Result<Self, SourceIdError> {
        let unknown = || SourceIdError::UnknownKind { id: id.to_owned() };
        let (kind, rest) = id.split_once('.').ok_or_else(unknown)?;
        let mut parts = Parts { id, parts: rest.split('.').peekable() };
        let source = match kind {
            "note" => Self::Note { channel: parts.channel()?, number: parts.seven()? },
            "cc" => Self::Cc {
                channel: parts.channel()?,
                number: parts.seven()?,
                relative: parts.word(|part| RELATIVE.iter().find(|(_, word, _)| *word == part).map(|(code, ..)| *code)),
            },
            "cc14" => Self::Cc14 { channel: parts.channel()?, msb: parts.seven()?, lsb: parts.seven()? },
            "nrpn" | "nrpn14" | "rpn" | "rpn14" => {
                let (channel, number) = (parts.channel()?, parts.number(0, 16_383, "a parameter is 0 to 16383")?);
                let bits = if kind.ends_with("14") { 14 } else { 7 };
                if kind.starts_with('n') {
                    Self::Nrpn { channel, number, bits }
                } else {
                    Self::Rpn { channel, number, bits }
                }
            }
            "bend" => Self::PitchBend { channel: parts.channel()? },
            "poly" => Self::PolyPressure { channel: parts.channel()?, number: parts.seven()? },
            "pressure" => Self::ChannelPressure { channel: parts.channel()? },
            "program" => Self::Program {
                channel: parts.channel()?,
                number: if parts.parts.peek().is_some() { Some(parts.seven()?) } else { None },
            },
            "sysex" => {
                let pattern = Pattern::parse(rest).map_err(|_error| parts.bad("a pattern is like F0-00-vv-F7"))?;
                return Ok(Self::Sysex { pattern: pattern.to_string() });
            }
            "realtime" => {
                let message = parts.word(|part| meaning(&REALTIME, part));
                Self::Realtime { message: message.ok_or_else(|| parts.bad("clock, start, continue or stop"))? }
            }
            "hid" => Self::Hid {
                page: parts.number(0, u16::MAX, "a usage page is 0 to 65535")?,
                usage: parts.number(0, u16::MAX, "a usage is 0 to 65535")?,
                instance: parts.word(|part| number(part).filter(|instance| *instance > 0)).unwrap_or(0),
                code: parts.word(|part| meaning(&CODES, part)).unwrap_or_default(),
                hat: parts.word(|part| meaning(&HATS, part)),
            },
            "hidbits" => Self::HidBits {
                report: parts.number(0, u8::MAX, "a report is 0 to 255")?,
                bit: parts.number(0, u16::MAX, "a bit is 0 to 65535")?,
                bits: parts.number(1, 32, "1 to 32 bits")?,
                signed: parts.word(|part| (part == "signed").then_some(true)).unwrap_or(false),
                code: parts.word(|part| meaning(&CODES, part)).unwrap_or_default(),
            },
            "osc" => {
                let start = rest.find('/').ok_or_else(|| parts.bad("an OSC address begins with /"))?;
                let (options, address) = rest.split_at(start);
                let options = match options.strip_suffix('.') {
                    Some(options) if !options.is_empty() => options,
                    None if options.is_empty() => "",
                    _ => return Err(parts.bad("an OSC address begins with /")),
                };
                let mut parts = Parts { id, parts: options.split('.').peekable() };
                let argument = parts.word(|part| number(part).filter(|argument| *argument > 0)).unwrap_or(0);
                let range = |part: &str| {
                    let (low, high) = part.split_once(':')?;
                    Some([number(low)?, number(high)?]).filter(|range| *range != UNIT)
                };
                let range_thousandths = parts.word(range).unwrap_or(UNIT);
                let relative = parts.word(|part| (part == "relative").then_some(true)).unwrap_or(false);
                if parts.parts.next().is_some_and(|rest| !rest.is_empty()) || parts.parts.next().is_some() {
                    return Err(parts.bad("before the address: argument, low:high in thousandths, relative"));
                }
                return Ok(Self::Osc { address: address.to_owned(), argument, range_thousandths, relative });
            }
            "key" if !rest.is_empty() => return Ok(Self::ComputerKey { key: rest.to_owned() }),
            _ => return Err(unknown()),
        };
        match parts.parts.next() {
            None => Ok(source),
            Some(_) => Err(parts.bad("nothing belongs behind this")),
        }
    }
}

impl Source {
    /// For people: "CC 7, channel 1".
    pub fn human_name(&self) -> String {
        match self {
            Self::Note { channel, number } => format!("{} (note {number}), channel {channel}", note_name(*number)),
            Self::Cc { channel, number, relative: None } => format!("CC {number}, channel {channel}"),
            Self::Cc { channel, number, relative: Some(code) } => {
                let words = RELATIVE.iter().find(|(item, ..)| item == code).map_or("", |(_, _, words)| words);
                format!("CC {number}, channel {channel}, steps in {words}")
            }
            Self::Cc14 { channel, msb, lsb } => format!("CC {msb} and {lsb} (14 bits), channel {channel}"),
            Self::Nrpn { channel, number, bits } => format!("NRPN {number}{}, channel {channel}", Wide(*bits)),
            Self::Rpn { channel, number, bits } => format!("RPN {number}{}, channel {channel}", Wide(*bits)),
            Self::PitchBend { channel } => format!("Pitch bend, channel {channel}"),
            Self::PolyPressure { channel, number } => {
                format!("Pressure of {} (note {number}), channel {channel}", note_name(*number))
            }
            Self::ChannelPressure { channel } => format!("Pressure, channel {channel}"),
            Self::Program { channel, number: Some(number) } => format!("Program {number}, channel {channel}"),
            Self::Program { channel, number: None } => format!("Program change, channel {channel}"),
            Self::Sysex { pattern } => format!("SysEx {pattern}"),
            Self::Realtime { message } => format!("MIDI {}", word(&REALTIME, message)),
            Self::Hid { page, usage, instance, code, hat } => {
                let mut name = crate::hid::usage_name(*page, *usage);
                if *instance > 0 {
                    name = format!("{name} ({})", u32::from(*instance) + 1);
                }
                if let Some(direction) = hat {
                    name = format!("{name} {}", word(&HATS, direction));
                }
                match code {
                    HidCode::Absolute => name,
                    HidCode::Relative => format!("{name}, steps"),
                    HidCode::Rolling => format!("{name}, counter"),
                }
            }
            Self::HidBits { report, bit, bits: 1, .. } => format!("Report {report}, bit {bit}"),
            Self::HidBits { report, bit, bits, .. } => {
                format!("Report {report}, bits {bit} to {}", u32::from(*bit) + u32::from(*bits).max(1) - 1)
            }
            Self::Osc { address, argument: 0, .. } => address.clone(),
            Self::Osc { address, argument, .. } => format!("{address}, argument {}", u32::from(*argument) + 1),
            Self::ComputerKey { key } => format!("Key {key}"),
        }
    }
}

struct Wide(u8);

impl Display for Wide {
    fn fmt(&self, to: &mut Formatter<'_>) -> std::fmt::Result {
        if self.0 == 7 { Ok(()) } else { write!(to, " ({} bits)", self.0) }
    }
}

/// Middle C, 60, is C4.
pub fn note_name(number: u8) -> String {
    const NAMES: [&str; 12] = ["C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B"];
    format!("{}{}", NAMES[usize::from(number % 12)], i16::from(number / 12) - 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn osc(address: &str, argument: u16, range_thousandths: [i64; 2], relative: bool) -> Source {
        Source::Osc { address: address.to_owned(), argument, range_thousandths, relative }
    }

    #[test]
    fn as_they_are_written() {
        let cases = [
            ("cc.1.7", Source::Cc { channel: 1, number: 7, relative: None }, "CC 7, channel 1"),
            (
                "cc.16.0.two",
                Source::Cc { channel: 16, number: 0, relative: Some(RelativeCode::TwosComplement) },
                "CC 0, channel 16, steps in two's complement",
            ),
            ("note.1.60", Source::Note { channel: 1, number: 60 }, "C4 (note 60), channel 1"),
            ("nrpn.1.300", Source::Nrpn { channel: 1, number: 300, bits: 7 }, "NRPN 300, channel 1"),
            ("rpn14.2.0", Source::Rpn { channel: 2, number: 0, bits: 14 }, "RPN 0 (14 bits), channel 2"),
            ("bend.1", Source::PitchBend { channel: 1 }, "Pitch bend, channel 1"),
            ("program.1.5", Source::Program { channel: 1, number: Some(5) }, "Program 5, channel 1"),
            ("sysex.F0-vv-F7", Source::Sysex { pattern: "F0 vv F7".to_owned() }, "SysEx F0 vv F7"),
            ("osc./fader/1", osc("/fader/1", 0, UNIT, false), "/fader/1"),
            ("osc.1.-1000:1000.relative./x.y", osc("/x.y", 1, [-1000, 1000], true), "/x.y, argument 2"),
            ("hid.9.3", Source::Hid { page: 9, usage: 3, instance: 0, code: HidCode::Absolute, hat: None }, "Button 3"),
            (
                "hid.1.57.2.up",
                Source::Hid { page: 1, usage: 57, instance: 2, code: HidCode::Absolute, hat: Some(HatDirection::Up) },
                "Hat Switch (3) up",
            ),
            (
                "hidbits.1.8.12.signed.rolling",
                Source::HidBits { report: 1, bit: 8, bits: 12, signed: true, code: HidCode::Rolling },
                "Report 1, bits 8 to 19",
            ),
            ("key.F5", Source::ComputerKey { key: "F5".to_owned() }, "Key F5"),
        ];
        for (id, source, name) in cases {
            assert_eq!(source.to_string(), id);
            assert_eq!(id.parse(), Ok(source.clone()));
            assert_eq!(source.human_name(), name);
        }
    }

    #[test]
    fn what_is_no_source() {
        for bad in [
            "",
            "cc",
            "cc.",
            "cc.0.7",
            "cc.17.7",
            "cc.1.128",
            "cc.1.7.x",
            "cc.1.7.two.",
            "cc.01.7",
            "cc.+1.7",
            "xx.1",
            "sysex.",
            "osc.",
            "osc.fader",
            "osc.x./fader",
            "osc.0./fader",
            "osc.1/fader",
            "key.",
            "hid.9",
            "hid.9.3.0",
            "hidbits.1.1.33",
            "nrpn.1.16384",
            "note.1.60.",
            "realtime.x",
            "program.1.",
        ] {
            assert!(bad.parse::<Source>().is_err(), "{bad}");
        }
    }

    fn source() -> impl Strategy<Value = Source> {
        let channel = || 1_u8..=16;
        let seven = || 0_u8..128;
        let code = || prop::sample::select(vec![HidCode::Absolute, HidCode::Relative, HidCode::Rolling]);
        let hats: Vec<_> = HATS.iter().map(|(hat, _)| *hat).collect();
        prop_oneof![
            (channel(), seven()).prop_map(|(channel, number)| Source::Note { channel, number }),
            (channel(), seven(), prop::option::of(prop::sample::select(RelativeCode::ALL.to_vec())))
                .prop_map(|(channel, number, relative)| Source::Cc { channel, number, relative }),
            (channel(), seven(), seven()).prop_map(|(channel, msb, lsb)| Source::Cc14 { channel, msb, lsb }),
            (channel(), 0_u16..0x4000, prop::sample::select(vec![7_u8, 14]))
                .prop_map(|(channel, number, bits)| Source::Nrpn { channel, number, bits }),
            (channel(), 0_u16..0x4000, prop::sample::select(vec![7_u8, 14]))
                .prop_map(|(channel, number, bits)| Source::Rpn { channel, number, bits }),
            (channel(), prop::option::of(seven())).prop_map(|(channel, number)| Source::Program { channel, number }),
            (channel(), seven()).prop_map(|(channel, number)| Source::PolyPressure { channel, number }),
            channel().prop_map(|channel| Source::ChannelPressure { channel }),
            prop::sample::select(REALTIME.to_vec()).prop_map(|(message, _)| Source::Realtime { message }),
            (any::<u16>(), any::<u16>(), any::<u16>(), code(), prop::option::of(prop::sample::select(hats)))
                .prop_map(|(page, usage, instance, code, hat)| Source::Hid { page, usage, instance, code, hat }),
            (any::<u8>(), any::<u16>(), 1_u8..=32, any::<bool>(), code())
                .prop_map(|(report, bit, bits, signed, code)| Source::HidBits { report, bit, bits, signed, code }),
            ("/[ -~]{0,20}", any::<u16>(), any::<[i64; 2]>(), any::<bool>())
                .prop_map(|(address, argument, range, relative)| osc(&address, argument, range, relative)),
            "[A-Za-z0-9.]{1,9}".prop_map(|key| Source::ComputerKey { key }),
        ]
    }

    proptest! {
        #[test]
        fn a_source_reads_as_it_is_written(source in source()) {
            prop_assert_eq!(source.to_string().parse(), Ok(source));
        }

        #[test]
        fn what_reads_is_written_the_same(id in "(cc|cc14|note|nrpn|hid|hidbits|osc|program|bend)(\\.[0-9a-z:/-]{0,5}){0,5}") {
            if let Ok(source) = id.parse::<Source>() {
                prop_assert_eq!(source.to_string(), id);
            }
        }

        #[test]
        fn every_source_has_a_name(source in source()) {
            prop_assert!(!source.human_name().is_empty());
        }
    }
}
