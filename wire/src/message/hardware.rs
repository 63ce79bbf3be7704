//! Messages about audio, MIDI, HID and OSC hardware.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which audio host to use.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum AudioHost {
    /// The best that works: JACK if its server runs, else the system's default, else the silent clock.
    #[default]
    Auto,
    /// The silent clock, wanted.
    Silent,
    /// A host by its name: `alsa`, `jack`, `pulseaudio`, …
    Named(String),
}

/// What a person chose.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AudioConfig {
    #[serde(default)]
    pub host: AudioHost,
    /// A device id or name of that host; none = follow the host's default.
    #[serde(default)]
    pub device: Option<String>,
    /// In Hz; none = the project's, as near as the device can.
    #[serde(default)]
    pub sample_rate: Option<u32>,
    /// Frames per callback; none = 128.
    #[serde(default)]
    pub buffer_frames: Option<u32>,
    /// Raw 32-bit float stereo of all that is played goes to this file; only with the silent clock.
    #[serde(default)]
    pub capture_path: Option<String>,
}

/// No fields.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ListAudioDevices {}
/// No fields.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ListMidiDevices {}
/// No fields.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ListHidDevices {}
/// No fields.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ListOscEndpoints {}

/// What was found; each list is null when it was not asked for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Devices {
    pub audio: Option<Vec<AudioHostInfo>>,
    pub midi: Option<Vec<MidiPort>>,
    pub hid: Option<Vec<HidDevice>>,
    pub osc: Option<Vec<OscEndpoint>>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AudioHostInfo {
    pub host: String,
    pub available: bool,
    /// Why it is not available, or what to know.
    pub note: Option<String>,
    pub devices: Vec<AudioDevice>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AudioDevice {
    /// What `AudioConfig.device` takes.
    pub id: String,
    pub name: String,
    pub is_default: bool,
    pub output_channels: u16,
    pub input_channels: u16,
    /// In Hz; the usual ones that the device says it can.
    pub sample_rates: Vec<u32>,
    /// Frames; none where the device does not say.
    pub buffer_frames_range: Option<(u32, u32)>,
    /// Why the device could not be asked.
    pub note: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MidiPort {
    pub id: String,
    pub name: String,
    /// `input` or `output`, seen from this program.
    pub direction: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HidDevice {
    pub path: String,
    pub vendor_id: u16,
    pub product_id: u16,
    pub manufacturer: Option<String>,
    pub product: Option<String>,
    pub usage_page: u16,
    pub usage: u16,
    pub interface_number: i32,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OscEndpoint {
    /// The device id that `openDevice` gave.
    pub device: u32,
    /// `ip:port` this program listens on.
    pub address: String,
    /// Who sent in the last minute, `ip:port`.
    pub peers: Vec<String>,
}

/// What to open.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub enum OpenDevice {
    /// A UDP endpoint for OSC. The answer is `devices` with `osc`.
    #[serde(rename_all = "camelCase")]
    Osc {
        device: u32,
        /// An IP address; 127.0.0.1 keeps it off the network.
        address: String,
        /// 0 = any free one.
        port: u16,
    },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CloseDevice {
    pub device: u32,
}

/// One argument of an OSC message, as far as Loophole uses them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum OscArgument {
    Int(i32),
    Float(f32),
    Text(String),
    Bool(bool),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OscMessage {
    pub address: String,
    pub arguments: Vec<OscArgument>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SendFeedback {
    pub device: u32,
    pub messages: Vec<OscMessage>,
    /// Only to this peer (`ip:port`); none = to all of the last minute.
    #[serde(default)]
    pub only_to: Option<String>,
}

/// A control moved. Signal does not know what it means.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Control {
    pub device: u32,
    /// Who sent it, `ip:port`.
    pub peer: String,
    /// True when this peer was not heard of in the last minute: it wants everything once.
    pub peer_is_new: bool,
    pub messages: Vec<OscMessage>,
    /// When the packet came in: nanoseconds since 1970-01-01T00:00:00Z.
    pub at_nanos: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeviceLost {
    pub host: String,
    pub name: String,
    pub reason: String,
    /// What runs instead, for a person.
    pub fallback: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Error {
    pub device: Option<u32>,
    pub code: String,
    pub message: String,
}
