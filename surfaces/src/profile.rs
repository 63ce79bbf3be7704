//! Device profiles: what kind of box this is, what is on it, and what it does by default.

pub mod builtin;
pub mod expand;
pub mod finding;
pub mod lint;
pub mod load;
pub mod matching;
pub(crate) mod read;
pub(crate) mod shape;

pub use load::{Profile, load_profile};

use crate::element::{Element, Repeat};
use crate::mapping::MappingEntry;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Version of the file format. 1: first.
pub const SCHEMA: u32 = 1;

/// A profile file, as written (`assets/profiles/*.toml`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ProfileFile {
    pub schema: u32,
    /// `vendor-model`, small letters, digits and `-`: never changed once published.
    pub id: String,
    pub name: String,
    pub vendor: String,
    pub class: DeviceClass,
    /// Where the facts come from: manuals and protocol tables, with section or page.
    pub facts: Vec<String>,
    #[serde(rename = "match")]
    pub matching: Match,
    #[serde(default)]
    pub quirks: Quirks,
    /// Said before the startup messages: some devices listen to nobody who does not know how to ask.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handshake: Option<Handshake>,
    /// Sent when the device comes, in order; the device is live after them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub startup: Vec<Message>,
    /// Sent before the device is let go.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shutdown: Vec<Message>,
    /// Sent again and again while it is live.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub heartbeat: Option<Heartbeat>,
    #[serde(default, rename = "element")]
    pub elements: Vec<ElementEntry>,
    /// What it does when nobody has said anything else.
    #[serde(default, rename = "mapping")]
    pub mappings: Vec<MappingEntry>,
}

/// An element in a file: one, or with `repeat` many.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ElementEntry {
    #[serde(flatten)]
    pub element: Element,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repeat: Option<Repeat>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum DeviceClass {
    Keyboard,
    Pads,
    /// Faders and knobs in strips.
    Mixer,
    /// Speaks the Mackie Control protocol.
    Mcu,
    Encoders,
    Deck,
    Gamepad,
    /// An app on a tablet or phone.
    App,
    Generic,
}

/// Which devices this profile is for. Each kind of evidence that is given adds to the confidence; a contradiction rules the profile out.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Match {
    pub transport: Transport,
    /// Globs against the port's normalised name (small letters, one space, no trailing port numbers).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<String>,
    /// `vvvv:pppp` in hex.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub usb: Vec<String>,
    /// What follows `F0 7E ch 06 02` in the identity reply, in hex, `..` any byte; only manufacturer, family, member (and version) are compared.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub identity: Vec<String>,
    /// Top-level usage `page:usage` in hex.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hid_usages: Vec<String>,
    /// When a box has several ports: globs for the one to listen to and the one to send to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input_port: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_port: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Transport {
    #[default]
    Midi,
    Hid,
    Osc,
}

/// What to be careful with.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Quirks {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_messages_per_second: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_burst: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sysex_chunk_bytes: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sysex_gap_millis: Option<u32>,
    /// It sends back what it is told.
    pub echoes: bool,
    /// Buttons send once per press and never a release.
    pub no_release: bool,
}

/// How a device is made to listen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "camelCase")]
pub enum Handshake {
    /// Mackie Control: the device asks a riddle, the host answers it, the device agrees (see [`crate::midi::mcu`]).
    Mcu {
        /// Whom to ask: 0x14 is a Mackie Control, 0x15 its extender, 0x10 and 0x11 are Logic Controls.
        model: u8,
    },
}

/// A message in hex, and how long to wait after it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Message {
    /// MIDI bytes or a HID output report (first byte = report id), in hex.
    pub bytes: String,
    /// What must come back before going on, hex with `..`; without it, only the wait counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply: Option<String>,
    #[serde(default)]
    pub wait_millis: u32,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Heartbeat {
    pub bytes: String,
    pub every_millis: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_reads_as_it_is_written() {
        let text = r##"
schema = 1
id = "acme-desk"
name = "Desk"
vendor = "Acme"
class = "mixer"
facts = ["Acme Desk manual, page 9"]
match = { transport = "midi", names = ["acme desk*"], usb = ["1234:0001"], identity = ["00 01 02 .. .. .. .."] }
quirks = { maxMessagesPerSecond = 500 }
startup = [{ bytes = "F0 00 01 F7", waitMillis = 20 }]

[[element]]
id = "fader-{n}"
name = "Fader {n}"
kind = "fader"
at = [0, 2]
repeat = { count = 8, number = 1, at = [1, 0] }
input.move = { type = "cc", channel = 1, number = 0 }
feedback.led = { type = "note", channel = 1, number = 3, on = 1, palette = [{ rgb = "#ff0000", number = 5 }] }

[[mapping]]
id = "volume-{n}"
element = "fader-{n}"
interaction = "move"
repeat = { count = 8 }
when = { context = "mixer", modifiers = { shift = false } }
glue = { takeover = "pickup", curve = { type = "power", exponent = 2.0 } }
target = { type = "gain", of = { by = "bank", index = 0 } }
"##;
        let profile: ProfileFile = toml::from_str(text).unwrap();
        assert_eq!(profile.elements[0].repeat.as_ref().unwrap().count, 8);
        let again: ProfileFile = toml::from_str(&toml::to_string(&profile).unwrap()).unwrap();
        assert_eq!(again, profile);
    }
}
