//! What an element sends: which bytes on the wire, and what kind of value is in them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What an element sends. MIDI channels count from 1 to 16, as people count them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Source {
    /// Note on and off; the value is on or off with its velocity.
    Note {
        channel: u8,
        number: u8,
    },
    /// A 7-bit control change: absolute, unless `relative` says how steps are coded.
    Cc {
        channel: u8,
        number: u8,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        relative: Option<RelativeCode>,
    },
    /// Two control changes, the coarse one first (MIDI 1.0 detailed specification, "Control change").
    Cc14 {
        channel: u8,
        msb: u8,
        lsb: u8,
    },
    /// A non-registered parameter: CC 99/98, then CC 6 (and 38 when `bits` is 14), or CC 96/97 for steps.
    Nrpn {
        channel: u8,
        number: u16,
        #[serde(default = "seven", skip_serializing_if = "is_seven")]
        bits: u8,
    },
    /// A registered parameter: CC 101/100, then as NRPN.
    Rpn {
        channel: u8,
        number: u16,
        #[serde(default = "seven", skip_serializing_if = "is_seven")]
        bits: u8,
    },
    /// 14 bits; the centre is 0x2000.
    PitchBend {
        channel: u8,
    },
    PolyPressure {
        channel: u8,
        number: u8,
    },
    ChannelPressure {
        channel: u8,
    },
    /// A program change to `number`; without a number, the program is the value.
    Program {
        channel: u8,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        number: Option<u8>,
    },
    /// A system exclusive message; bytes in hex, `..` any byte, `vv` the 7-bit value, `hh` and `ll` its coarse and fine half.
    Sysex {
        pattern: String,
    },
    /// One of the real-time messages.
    Realtime {
        message: Realtime,
    },
    /// A field of a HID report, by usage.
    Hid {
        /// Usage page, for example 9 = button.
        page: u16,
        usage: u16,
        /// Which one, when several fields have this usage; counts from 0.
        #[serde(default, skip_serializing_if = "is_zero")]
        instance: u16,
        #[serde(default, skip_serializing_if = "is_absolute")]
        code: HidCode,
        /// Of a hat: which direction counts as pressed; none = the whole hat: 0 the centre, then 1/8 to 1 clockwise from up.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        hat: Option<HatDirection>,
    },
    /// Bits of a HID report, for devices whose descriptor does not say what is in it.
    HidBits {
        report: u8,
        /// First bit after the report id, least significant first.
        bit: u16,
        /// 1…32.
        bits: u8,
        #[serde(default)]
        signed: bool,
        #[serde(default, skip_serializing_if = "is_absolute")]
        code: HidCode,
    },
    /// An argument of an OSC message.
    Osc {
        address: String,
        /// Which argument; counts from 0.
        #[serde(default, skip_serializing_if = "is_zero")]
        argument: u16,
        /// What is 0 and what is 1, as thousandths.
        #[serde(default = "unit_thousandths", skip_serializing_if = "is_unit")]
        range_thousandths: [i64; 2],
        /// Steps instead of places.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        relative: bool,
    },
    /// A key of the computer keyboard, by its name in the window's toolkit: `A`, `F5`, `ArrowUp`.
    ComputerKey {
        key: String,
    },
}

/// How steps of an endless encoder are coded in 7 bits. Named by what is on the wire: product names contradict each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum RelativeCode {
    /// +1 = 1, −1 = 127.
    TwosComplement,
    /// +1 = 65, −1 = 63.
    OffsetBinary64,
    /// +1 = 1, −1 = 65.
    SignMagnitude,
    /// +1 = 65, −1 = 1.
    SignMagnitudeInverted,
}

impl RelativeCode {
    pub const ALL: [RelativeCode; 4] =
        [Self::TwosComplement, Self::OffsetBinary64, Self::SignMagnitude, Self::SignMagnitudeInverted];
}

/// What the number in a HID field means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum HidCode {
    /// A place between the field's logical minimum and maximum.
    #[default]
    Absolute,
    /// Signed steps.
    Relative,
    /// A counter that rolls over: steps are its differences.
    Rolling,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum HatDirection {
    Up,
    Right,
    Down,
    Left,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Realtime {
    Clock,
    Start,
    Continue,
    Stop,
}

/// What came out of a source, normalised.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum InputValue {
    /// A place from 0 to 1; the middle of the wire's range is exactly 0.5. `steps`: how many places the wire can tell apart.
    Place { place: f64, steps: u32 },
    /// Steps to the right (positive) or left.
    Steps(i32),
    /// Pressed with a strength from 0 to 1, or let go.
    Press { on: bool, strength: f64 },
}

fn seven() -> u8 {
    7
}
fn is_seven(bits: &u8) -> bool {
    *bits == 7
}
fn is_zero(number: &u16) -> bool {
    *number == 0
}
fn is_absolute(code: &HidCode) -> bool {
    *code == HidCode::Absolute
}
fn unit_thousandths() -> [i64; 2] {
    [0, 1000]
}
fn is_unit(range: &[i64; 2]) -> bool {
    *range == unit_thousandths()
}
