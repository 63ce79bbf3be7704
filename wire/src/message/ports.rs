//! Messages about the ports of control surfaces and instruments: MIDI, HID, OSC on the network.
//!
//! Signal moves bytes and stamps them; what they mean is decided in Pulse. A port is one thing that the system shows: a
//! MIDI port with its input, its output or both; a HID interface; an OSC peer that announces itself.

pub use loophole_surfaces::profile::Transport;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What to watch; what is false is no longer watched, and its ports leave.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct WatchPorts {
    #[serde(default)]
    pub midi: bool,
    #[serde(default)]
    pub hid: bool,
    /// Peers on the network that announce themselves (mDNS `_osc._udp`, `_oscjson._tcp`).
    #[serde(default)]
    pub osc_discovery: bool,
}

/// What the system says of a port.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PortDescription {
    pub transport: Transport,
    /// As the system says it.
    pub name: String,
    /// Whether it says something.
    pub inputs: bool,
    /// Whether it can be told something.
    pub outputs: bool,
    /// How the system names it now: ALSA `client:port`, the name of a JACK port, `/dev/hidrawN`, `ip:port`.
    pub system_id: String,
    /// The USB interface as in sysfs, for example `1-1.2:1.0`.
    #[serde(default)]
    pub usb_path: Option<String>,
    #[serde(default)]
    pub vendor_id: Option<u16>,
    #[serde(default)]
    pub product_id: Option<u16>,
    #[serde(default)]
    pub serial: Option<String>,
    #[serde(default)]
    pub manufacturer: Option<String>,
    #[serde(default)]
    pub hid: Option<HidPort>,
    /// Opaque; equal for ports of the same box.
    #[serde(default)]
    pub siblings: Option<String>,
    #[serde(default)]
    pub osc: Option<OscService>,
}

/// A HID interface.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HidPort {
    /// Of the first top-level collection.
    pub usage_page: u16,
    pub usage: u16,
    /// -1 where there is none.
    pub interface_number: i32,
    /// The report descriptor, at most 4,096 bytes; empty when it is longer or cannot be read.
    pub descriptor: Vec<u8>,
}

/// An OSC peer, as it announces itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OscService {
    /// `_osc._udp` or `_oscjson._tcp`.
    pub service: String,
    /// `key=value`, as announced; at most 64 of at most 255 bytes.
    pub txt: Vec<String>,
}

/// A port that is there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Port {
    /// Never used again in this engine's life.
    pub port: u32,
    #[serde(flatten)]
    pub description: PortDescription,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Ports {
    pub ports: Vec<Port>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PortArrived {
    pub port: Port,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PortLeft {
    pub port: u32,
    pub reason: String,
}

/// Opens a port. Without limits, messages go out as fast as the system takes them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OpenPort {
    pub port: u32,
    /// Messages per second to the device.
    #[serde(default)]
    pub max_messages_per_second: Option<u32>,
    /// Messages that may go at once when none went for a while; none = 1.
    #[serde(default)]
    pub max_burst: Option<u32>,
    /// A SysEx to the device goes in pieces of this length; from 32 to 4,096.
    #[serde(default)]
    pub sysex_chunk_bytes: Option<u32>,
    /// The pause after each piece of a SysEx, and so after each SysEx.
    #[serde(default)]
    pub sysex_gap_millis: Option<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PortOpened {
    pub port: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ClosePort {
    pub port: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum PortTroubleKind {
    /// The device says too much: values between were dropped, the newest ones come.
    Storm,
    /// Messages were dropped.
    Dropped,
    /// The device did not take messages.
    WriteFailed,
    /// What the device says cannot be read.
    ReadFailed,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PortTrouble {
    pub port: u32,
    pub kind: PortTroubleKind,
    /// How many messages, since it was told last.
    pub count: u64,
    pub message: String,
}

/// The whole table; the first entry that fits counts. At most 1,024 entries.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SetFastPath {
    pub entries: Vec<FastPathEntry>,
}

/// A MIDI message that moves the transport. It fits when its status is equal, its first data byte is equal under the
/// mask, and its second one (0 where it has none) is in the range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FastPathEntry {
    pub port: u32,
    pub status: u8,
    pub data1: u8,
    pub data1_mask: u8,
    pub min_data2: u8,
    pub max_data2: u8,
    pub action: FastPathAction,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum FastPathAction {
    Play,
    Pause,
    Stop,
    TogglePlay,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct InjectInput {
    pub port: u32,
    /// As a device would say it; MIDI may come in any pieces.
    pub bytes: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RemoveSimulatedPort {
    pub port: u32,
}
