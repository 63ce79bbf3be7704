//! System exclusive messages as patterns, and the question "who are you" of the MIDI specification.

use crate::scale::{join_fourteen, split_fourteen};

/// Longest pattern, in bytes of the message.
pub const MAX_PATTERN_BYTES: usize = 1_024;

/// `F0 00 20 vv F7`, compiled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    parts: Vec<Part>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Byte(u8),
    /// `..`
    Any,
    /// `vv`
    Value,
    /// `hh`
    Coarse,
    /// `ll`
    Fine,
    /// `rr`, `gg`, `bb`: 0, 1, 2.
    Colour(usize),
    /// `oo`
    Offset,
    /// `tt`
    Text,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    #[error("{0:?} is neither a byte in hex nor one of .. vv hh ll rr gg bb oo tt")]
    UnknownPart(String),
    #[error("a system exclusive message begins with F0 and ends with F7")]
    NoFrame,
    #[error("only the first and the last byte may be above 7F")]
    DataByte,
    #[error("more than {MAX_PATTERN_BYTES} bytes")]
    TooLong,
}

/// What is put into a pattern.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fill<'a> {
    /// 0…1.
    pub place: f64,
    pub rgb: [u8; 3],
    pub offset: u8,
    /// ASCII, as long as it is to be.
    pub text: &'a [u8],
}

/// What was found by a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    /// The number, if the pattern asks for one.
    pub number: Option<u16>,
    /// Its greatest value: 127 or 16,383.
    pub max: u16,
}

impl Pattern {
    /// Reads a pattern; spaces (or `-`) between the bytes may be left out.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        let letters: Vec<char> = text.chars().filter(|letter| !letter.is_whitespace() && *letter != '-').collect();
        if letters.len() > 2 * MAX_PATTERN_BYTES {
            return Err(PatternError::TooLong);
        }
        let parts = letters
            .chunks(2)
            .map(|pair| {
                let pair: String = pair.iter().collect();
                Ok(match pair.as_str() {
                    ".." => Part::Any,
                    "vv" => Part::Value,
                    "hh" => Part::Coarse,
                    "ll" => Part::Fine,
                    "rr" => Part::Colour(0),
                    "gg" => Part::Colour(1),
                    "bb" => Part::Colour(2),
                    "oo" => Part::Offset,
                    "tt" => Part::Text,
                    hex if hex.len() == 2 && hex.bytes().all(|digit| digit.is_ascii_hexdigit()) => {
                        Part::Byte(u8::from_str_radix(hex, 16).unwrap_or(0))
                    }
                    _ => return Err(PatternError::UnknownPart(pair)),
                })
            })
            .collect::<Result<Vec<_>, _>>()?;
        let inside = match parts.as_slice() {
            [Part::Byte(0xF0), inside @ .., Part::Byte(0xF7)] => inside,
            _ => return Err(PatternError::NoFrame),
        };
        if inside.iter().any(|part| matches!(part, Part::Byte(0x80..))) {
            return Err(PatternError::DataByte);
        }
        Ok(Self { parts })
    }

    /// Compares a message, from F0 to F7. Colour, offset and text stand for any byte.
    pub fn find(&self, message: &[u8]) -> Option<Found> {
        if message.len() != self.parts.len() {
            return None;
        }
        let (mut value, mut coarse, mut fine) = (None, None, None);
        for (part, byte) in self.parts.iter().zip(message) {
            match part {
                Part::Byte(wanted) if wanted != byte => return None,
                Part::Value => value = Some(*byte),
                Part::Coarse => coarse = Some(*byte),
                Part::Fine => fine = Some(*byte),
                _ => {}
            }
        }
        Some(match (value, coarse, fine) {
            (Some(value), ..) => Found { number: Some(u16::from(value & 0x7F)), max: 127 },
            (None, Some(coarse), Some(fine)) => Found { number: Some(join_fourteen(coarse, fine)), max: 16_383 },
            (None, Some(half), None) | (None, None, Some(half)) => Found { number: Some(u16::from(half)), max: 127 },
            (None, None, None) => Found { number: None, max: 0 },
        })
    }

    /// Appends the message with everything put in; `..` becomes 0. Values and colours are cut to 7 bits.
    pub fn write(&self, fill: &Fill<'_>, bytes: &mut Vec<u8>) {
        let [coarse, fine] = crate::scale::to_fourteen(fill.place);
        for part in &self.parts {
            match part {
                Part::Byte(byte) => bytes.push(*byte),
                Part::Any => bytes.push(0),
                Part::Value => bytes.push(crate::scale::to_seven(fill.place)),
                Part::Coarse => bytes.push(coarse),
                Part::Fine => bytes.push(fine),
                Part::Colour(which) => bytes.push(fill.rgb.get(*which).map_or(0, |colour| colour >> 1)),
                Part::Offset => bytes.push(fill.offset & 0x7F),
                Part::Text => bytes.extend(fill.text.iter().map(|byte| byte & 0x7F)),
            }
        }
    }

    /// True if it has a place for a value or half of one.
    pub fn has_value(&self) -> bool {
        self.parts.iter().any(|part| matches!(part, Part::Value | Part::Coarse | Part::Fine))
    }

    pub fn has_colour(&self) -> bool {
        self.parts.iter().any(|part| matches!(part, Part::Colour(_)))
    }

    pub fn has_text(&self) -> bool {
        self.parts.contains(&Part::Text)
    }
}

impl std::fmt::Display for Pattern {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (index, part) in self.parts.iter().enumerate() {
            if index > 0 {
                formatter.write_str(" ")?;
            }
            match part {
                Part::Byte(byte) => write!(formatter, "{byte:02X}")?,
                Part::Any => formatter.write_str("..")?,
                Part::Value => formatter.write_str("vv")?,
                Part::Coarse => formatter.write_str("hh")?,
                Part::Fine => formatter.write_str("ll")?,
                Part::Colour(which) => formatter.write_str(["rr", "gg", "bb"].get(*which).unwrap_or(&".."))?,
                Part::Offset => formatter.write_str("oo")?,
                Part::Text => formatter.write_str("tt")?,
            }
        }
        Ok(())
    }
}

/// "Who are you", to whatever channel (MIDI 1.0, "Device inquiry").
pub const IDENTITY_REQUEST: [u8; 6] = [0xF0, 0x7E, 0x7F, 0x06, 0x01, 0xF7];

/// The answer to [`IDENTITY_REQUEST`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// One byte, or three of which the first is 0.
    pub manufacturer: Vec<u8>,
    /// 0…0x3FFF.
    pub family: u16,
    pub member: u16,
    /// Most devices send four; whatever follows (some send their serial number) is not kept.
    pub version: Vec<u8>,
}

impl Identity {
    /// Reads a whole message, from F0 to F7. None if it is something else.
    pub fn parse(message: &[u8]) -> Option<Self> {
        Self::from_body(identity_body(message)?)
    }

    /// Reads what stands between `F0 7E ch 06 02` and `F7`.
    pub fn from_body(body: &[u8]) -> Option<Self> {
        let (manufacturer, rest) = body.split_at_checked(if *body.first()? == 0 { 3 } else { 1 })?;
        let (&[family_fine, family_coarse, member_fine, member_coarse], rest) = rest.split_first_chunk::<4>()?;
        Some(Self {
            manufacturer: manufacturer.to_vec(),
            family: join_fourteen(family_coarse, family_fine),
            member: join_fourteen(member_coarse, member_fine),
            version: rest.iter().take(4).copied().collect(),
        })
    }

    /// The body again, without whatever followed the version.
    pub fn body(&self) -> Vec<u8> {
        let [family_coarse, family_fine] = split_fourteen(self.family);
        let [member_coarse, member_fine] = split_fourteen(self.member);
        let mut body = self.manufacturer.clone();
        body.extend([family_fine, family_coarse, member_fine, member_coarse]);
        body.extend(&self.version);
        body
    }
}

/// What stands between `F0 7E ch 06 02` and `F7` of an identity reply.
pub fn identity_body(message: &[u8]) -> Option<&[u8]> {
    match message {
        [0xF0, 0x7E, channel, 0x06, 0x02, body @ .., 0xF7] if *channel < 0x80 && body.len() <= 64 => Some(body),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PLAIN: Fill<'static> = Fill { place: 0.5, rgb: [255, 128, 0], offset: 56, text: b"Hi  " };

    fn written(pattern: &str) -> Vec<u8> {
        let mut bytes = Vec::new();
        Pattern::parse(pattern).unwrap().write(&PLAIN, &mut bytes);
        bytes
    }

    #[test]
    fn everything_that_can_be_put_in() {
        assert_eq!(written("F0 01 vv F7"), [0xF0, 1, 64, 0xF7]);
        assert_eq!(written("f001hhll..F7"), [0xF0, 1, 64, 0, 0, 0xF7]);
        assert_eq!(written("F0 rr gg bb F7"), [0xF0, 127, 64, 0, 0xF7]);
        assert_eq!(written("F0 00 00 66 14 12 oo tt F7"), *b"\xF0\x00\x00\x66\x14\x12\x38Hi  \xF7");
    }

    #[test]
    fn what_is_found() {
        let found = |pattern: &str, message: &[u8]| Pattern::parse(pattern).unwrap().find(message);
        assert_eq!(found("F0 01 vv F7", &[0xF0, 1, 9, 0xF7]), Some(Found { number: Some(9), max: 127 }));
        assert_eq!(found("F0 ll hh F7", &[0xF0, 1, 64, 0xF7]), Some(Found { number: Some(0x2001), max: 16_383 }));
        assert_eq!(found("F0 .. 02 F7", &[0xF0, 1, 2, 0xF7]), Some(Found { number: None, max: 0 }));
        assert_eq!(found("F0 .. 02 F7", &[0xF0, 1, 3, 0xF7]), None);
        assert_eq!(found("F0 .. 02 F7", &[0xF0, 1, 2, 3, 0xF7]), None);
    }

    #[test]
    fn what_is_no_pattern() {
        assert_eq!(Pattern::parse("01 02"), Err(PatternError::NoFrame));
        assert_eq!(Pattern::parse(""), Err(PatternError::NoFrame));
        assert_eq!(Pattern::parse("F0 xx F7"), Err(PatternError::UnknownPart("xx".to_owned())));
        assert_eq!(Pattern::parse("F0 1 F7"), Err(PatternError::UnknownPart("7".to_owned())));
        assert_eq!(Pattern::parse("F0 90 F7"), Err(PatternError::DataByte));
        assert_eq!(Pattern::parse(&"0".repeat(9_999)), Err(PatternError::TooLong));
    }

    #[test]
    fn identities_of_both_kinds() {
        // Akai (one byte), and Focusrite/Novation (three bytes); the first says something behind its version.
        let akai = [0xF0, 0x7E, 0, 6, 2, 0x47, 0x26, 0, 0x19, 0, 1, 2, 3, 4, 0x55, 0x66, 0xF7];
        let identity = Identity::parse(&akai).unwrap();
        assert_eq!((identity.manufacturer.as_slice(), identity.family, identity.member), (&[0x47][..], 0x26, 0x19));
        assert_eq!(identity.version, [1, 2, 3, 4]);
        assert_eq!(identity.body(), akai[5..14]);
        let novation = [0xF0, 0x7E, 0, 6, 2, 0, 0x20, 0x29, 3, 1, 0, 0, 0, 0, 1, 2, 0xF7];
        let identity = Identity::parse(&novation).unwrap();
        assert_eq!((identity.manufacturer.as_slice(), identity.family), (&[0, 0x20, 0x29][..], 131));
        assert_eq!(identity.body(), novation[5..16]);
        assert_eq!(Identity::parse(&IDENTITY_REQUEST), None);
        assert_eq!(Identity::parse(&[0xF0, 0x7E, 0, 6, 2, 0, 0xF7]), None);
    }

    proptest! {
        #[test]
        fn a_pattern_reads_as_it_is_written(parts in prop::collection::vec("([0-7][0-9A-F]|\\.\\.|vv|hh|ll|rr|gg|bb|oo|tt)", 0..20)) {
            let text = format!("F0 {} F7", parts.join(" ")).replace("  ", " ");
            prop_assert_eq!(Pattern::parse(&text).unwrap().to_string(), text);
        }

        #[test]
        fn a_value_comes_back(number in 0_u16..0x4000) {
            let pattern = Pattern::parse("F0 7D hh ll F7").unwrap();
            let mut bytes = Vec::new();
            pattern.write(&Fill { place: crate::scale::place(i64::from(number), 0, 16_383), ..PLAIN }, &mut bytes);
            prop_assert_eq!(pattern.find(&bytes).and_then(|found| found.number), Some(number));
        }

        #[test]
        fn nothing_harms(text in ".{0,40}", bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            if let Ok(pattern) = Pattern::parse(&text) {
                let _answer = pattern.find(&bytes);
            }
            let _answer = Identity::parse(&bytes);
            let _answer = Identity::from_body(&bytes);
        }
    }
}
