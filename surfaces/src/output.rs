//! What an element can show: which bytes on the wire say it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What an element is told so that it shows something. MIDI channels count from 1 to 16.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Output {
    /// Note on with a velocity between `off` and `on`; also for colours of a palette, see `palette`.
    Note {
        channel: u8,
        number: u8,
        #[serde(flatten)]
        levels: Levels,
    },
    Cc {
        channel: u8,
        number: u8,
        #[serde(flatten)]
        levels: Levels,
    },
    Cc14 {
        channel: u8,
        msb: u8,
        lsb: u8,
    },
    Nrpn {
        channel: u8,
        number: u16,
        bits: u8,
    },
    /// 14 bits: motor faders.
    PitchBend {
        channel: u8,
    },
    ChannelPressure {
        channel: u8,
    },
    /// Ring of an MCU V-Pot: control change 48 + strip, value as in the Logic Control documentation.
    McuRing {
        strip: u8,
        #[serde(default)]
        mode: RingMode,
    },
    /// Meter of an MCU strip: channel pressure, strip in the high half, 0…12 in the low one.
    McuMeter {
        strip: u8,
    },
    /// A system exclusive message with a number in it: hex; `vv` the value in 7 bits, `hh`/`ll` in 14, `rr` `gg` `bb` a colour in 7 bits each.
    Sysex {
        pattern: String,
    },
    /// A text cell. Pattern in hex; `oo` the offset, `tt` the text in ASCII, padded with spaces.
    SysexText {
        pattern: String,
        offset: u8,
        length: u8,
    },
    /// Digits of a seven-segment display (MCU: control change 64…75, the rightmost digit first); text is set flush right.
    SevenSegment {
        /// Control change of the rightmost digit.
        number: u8,
        /// How many; each further one to the left has the next control change.
        #[serde(default = "one", skip_serializing_if = "is_one")]
        digits: u8,
    },
    /// Bits in a HID output report; other bits of the report keep what they were. 24 bits are a colour, red first.
    HidBits {
        report: u8,
        bit: u16,
        bits: u8,
        #[serde(default)]
        feature: bool,
    },
    /// An argument of an OSC message; the message's other arguments keep what they were.
    Osc {
        address: String,
        #[serde(default)]
        argument: u16,
    },
}

/// Which numbers say what.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Levels {
    #[serde(default)]
    pub off: u8,
    #[serde(default = "full")]
    pub on: u8,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blink: Option<u8>,
    /// Colours of a fixed palette: name or #rrggbb, and the number that shows it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub palette: Vec<PaletteColour>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PaletteColour {
    /// `#rrggbb`.
    pub rgb: String,
    pub number: u8,
}

/// How an MCU ring shows a value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum RingMode {
    #[default]
    Dot,
    BoostCut,
    Wrap,
    Spread,
}

/// What an element shows, whatever bytes say it.
#[derive(Clone, Debug, PartialEq)]
pub enum Shown {
    /// Off, on or blinking.
    Light(Light),
    /// A place from 0 to 1: motor, ring, meter.
    Place(f64),
    /// Red, green, blue.
    Colour([u8; 3]),
    Text(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Light {
    Off,
    On,
    Blink,
}

fn full() -> u8 {
    127
}
fn one() -> u8 {
    1
}
fn is_one(digits: &u8) -> bool {
    *digits == 1
}
