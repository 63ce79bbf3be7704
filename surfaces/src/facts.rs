//! What is known of a device before anybody knows what it is.

use crate::profile::Transport;

/// What is known of a device: from the system, and from its own answer to an identity request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeviceFacts {
    pub transport: Transport,
    /// As the system says it.
    pub name: String,
    pub manufacturer: Option<String>,
    pub vendor_id: Option<u16>,
    pub product_id: Option<u16>,
    /// Local: never part of a fingerprint.
    pub serial: Option<String>,
    /// Local: where it is plugged in, as in sysfs, for example `1-1.2`.
    pub usb_path: Option<String>,
    /// The identity reply without `F0 7E ch 06 02` and `F7` (MIDI 1.0, "Device inquiry"); manufacturer, family, member, version, and whatever follows.
    pub identity: Option<Vec<u8>>,
    /// Top-level usage page and usage of a HID interface.
    pub hid_usage: Option<(u16, u16)>,
    /// HID report descriptor.
    pub descriptor: Option<Vec<u8>>,
}
