//! Which model a device is, in words that may be shared, and which single box it is, in words that stay here.

use crate::facts::DeviceFacts;
use crate::hex;
use crate::hid::{Field, Layout};
use crate::midi::sysex::Identity;
use crate::profile::Transport;
use crate::profile::matching::normalise_name;
use serde::{Deserialize, Serialize};

/// What kind of box a device is. Nothing in it tells two boxes of a kind apart: it may be shared.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Fingerprint {
    pub transport: Transport,
    /// See [`normalise_name`].
    pub name: String,
    /// `vvvv:pppp` in hex.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usb: Option<String>,
    /// Manufacturer, family, member and version of the identity reply, in hex. What follows may be a serial number and is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity: Option<String>,
    /// Top-level `page:usage` in hex.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub hid_usages: Vec<String>,
    /// FNV-1a, 64 bits, of the HID report descriptor, in hex.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub descriptor_hash: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub counts: Option<Counts>,
}

/// How many of what a HID device has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Counts {
    pub buttons: u32,
    pub axes: u32,
    pub hats: u32,
    /// What says steps.
    pub relative: u32,
    pub outputs: u32,
}

impl Fingerprint {
    pub fn of(facts: &DeviceFacts) -> Self {
        let layout = facts.descriptor.as_deref().and_then(|bytes| Layout::parse(bytes).ok());
        let usages = match (&layout, facts.hid_usage) {
            (Some(layout), _) if !layout.top_usages.is_empty() => layout.top_usages.clone(),
            (_, usage) => usage.into_iter().collect(),
        };
        let identity = facts.identity.as_deref().and_then(Identity::from_body);
        Self {
            transport: facts.transport,
            name: without_serial(&normalise_name(&facts.name), facts.serial.as_deref()),
            usb: facts.vendor_id.zip(facts.product_id).map(|(vendor, product)| format!("{vendor:04x}:{product:04x}")),
            identity: identity.map(|identity| hex::text(&identity.body())),
            hid_usages: usages.iter().map(|(page, usage)| format!("{page:04x}:{usage:04x}")).collect(),
            descriptor_hash: facts.descriptor.as_deref().map(|bytes| format!("{:016x}", fnv1a(bytes))),
            counts: layout.as_ref().map(Counts::of),
        }
    }
}

impl Counts {
    pub fn of(layout: &Layout) -> Self {
        let count = |test: fn(&Field) -> bool| {
            u32::try_from(layout.inputs.iter().filter(|field| test(field)).count()).unwrap_or(u32::MAX)
        };
        Self {
            buttons: count(Field::is_button),
            axes: count(|field| !field.is_button() && !field.is_hat() && !field.relative),
            hats: count(Field::is_hat),
            relative: count(|field| field.relative),
            outputs: u32::try_from(layout.outputs.len()).unwrap_or(u32::MAX),
        }
    }
}

/// Some devices say their serial number in their name.
fn without_serial(name: &str, serial: Option<&str>) -> String {
    match serial.map(str::trim).filter(|serial| serial.len() >= 4) {
        Some(serial) => name.replace(&serial.to_lowercase(), "").split_whitespace().collect::<Vec<_>>().join(" "),
        None => name.to_owned(),
    }
}

fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xCBF2_9CE4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01B3))
}

/// Which single box it is. Local: never shared.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InstanceKey {
    /// Of the model: see [`model_key`].
    pub model: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub serial: Option<String>,
    /// Where it is plugged in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usb_path: Option<String>,
    /// Which one of the boxes of this model; counts from 0, in the order in which they came.
    #[serde(default)]
    pub ordinal: u32,
}

/// Whether a device has been here before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Returning {
    New,
    /// Index in the list of known ones.
    Known(usize),
    /// Any of these: the person has to say which one.
    Tie(Vec<usize>),
}

impl InstanceKey {
    /// `ordinal`: how many of this model are here already.
    pub fn of(facts: &DeviceFacts, ordinal: u32) -> Self {
        Self {
            model: model_key(facts),
            serial: facts.serial.as_deref().map(str::trim).filter(|serial| is_serial(serial)).map(str::to_owned),
            usb_path: facts.usb_path.as_deref().map(|path| box_path(path).to_owned()),
            ordinal,
        }
    }

    /// Finds the box among known ones, without those that are here already: by serial number, else by where it is plugged
    /// in, else (where nothing is known but the model) by ordinal, else as the only one of its model.
    pub fn find(&self, known: &[InstanceKey], is_here: impl Fn(usize) -> bool) -> Returning {
        let contradicts = |other: &InstanceKey| {
            other.model != self.model
                || (self.serial.is_some() && other.serial.is_some() && self.serial != other.serial)
        };
        let candidates: Vec<(usize, &InstanceKey)> =
            known.iter().enumerate().filter(|(index, other)| !contradicts(other) && !is_here(*index)).collect();
        let those = |test: &dyn Fn(&InstanceKey) -> bool| -> Vec<usize> {
            candidates.iter().filter(|(_, other)| test(other)).map(|(index, _)| *index).collect()
        };
        let placeless = self.usb_path.is_none() && candidates.iter().all(|(_, other)| other.usb_path.is_none());
        let ranked = [
            those(&|other| self.serial.is_some() && other.serial == self.serial),
            those(&|other| self.usb_path.is_some() && other.usb_path == self.usb_path),
            those(&|other| placeless && other.ordinal == self.ordinal),
            those(&|_| true),
        ];
        match ranked.into_iter().find(|found| !found.is_empty()) {
            None => Returning::New,
            Some(found) => match found.as_slice() {
                [only] => Returning::Known(*only),
                _ => Returning::Tie(found),
            },
        }
    }
}

/// What all boxes of a model have in common: VID:PID, else transport and name.
pub fn model_key(facts: &DeviceFacts) -> String {
    match (facts.vendor_id, facts.product_id) {
        (Some(vendor), Some(product)) => format!("{vendor:04x}:{product:04x}"),
        _ => {
            let transport = match facts.transport {
                Transport::Midi => "midi",
                Transport::Hid => "hid",
                Transport::Osc => "osc",
            };
            format!("{transport} {}", normalise_name(&facts.name))
        }
    }
}

/// Without the interface: `1-1.2:1.0` is plugged in at `1-1.2`.
fn box_path(path: &str) -> &str {
    path.split_once(':').map_or(path, |(place, _)| place)
}

/// Many boxes of a kind say the same: nothing, zeros, or counting.
fn is_serial(serial: &str) -> bool {
    let first = serial.chars().next();
    let same = serial.chars().all(|letter| Some(letter) == first);
    let counting = ["0123456789abcdef", "1234567890"].iter().any(|row| row.contains(&serial.to_lowercase()));
    !same && serial.len() >= 3 && !counting
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hid::descriptor::tests::GAMEPAD;
    use proptest::prelude::*;

    fn facts() -> DeviceFacts {
        DeviceFacts {
            name: "Ableton Push 2 SN0042".to_owned(),
            vendor_id: Some(0x2982),
            product_id: Some(0x1967),
            serial: Some("SN0042".to_owned()),
            usb_path: Some("1-1.2:1.0".to_owned()),
            identity: Some(vec![0, 0x21, 0x1D, 0x67, 0x32, 2, 0, 1, 0, 0x43, 0, 0x53, 0x4E, 0x34, 0x32]),
            descriptor: Some(GAMEPAD.to_vec()),
            ..DeviceFacts::default()
        }
    }

    #[test]
    fn a_fingerprint_knows_no_serial_number() {
        let fingerprint = Fingerprint::of(&facts());
        assert_eq!(fingerprint.name, "ableton push 2");
        assert_eq!(fingerprint.usb.as_deref(), Some("2982:1967"));
        assert_eq!(fingerprint.identity.as_deref(), Some("00 21 1D 67 32 02 00 01 00 43 00"));
        assert_eq!(fingerprint.hid_usages, ["0001:0005"]);
        assert_eq!(fingerprint.counts, Some(Counts { buttons: 12, axes: 3, hats: 1, relative: 0, outputs: 0 }));
        assert!(fingerprint.descriptor_hash.is_some());
        let mut other = facts();
        other.serial = Some("SN0099".to_owned());
        other.name = "Ableton Push 2 SN0099".to_owned();
        other.usb_path = None;
        assert_eq!(Fingerprint::of(&other), fingerprint);
        let text = toml::to_string(&fingerprint).unwrap();
        assert_eq!(toml::from_str::<Fingerprint>(&text).unwrap(), fingerprint);
    }

    fn key(serial: Option<&str>, path: Option<&str>, ordinal: u32) -> InstanceKey {
        let facts = DeviceFacts { serial: serial.map(str::to_owned), usb_path: path.map(str::to_owned), ..facts() };
        InstanceKey::of(&facts, ordinal)
    }

    #[test]
    fn who_comes_back() {
        let known = [
            key(Some("ABC1"), Some("1-1"), 0),
            key(Some("ABC2"), Some("1-2"), 1),
            key(None, Some("1-3"), 2),
            key(Some("0000"), Some("1-4"), 3),
        ];
        let find = |key: InstanceKey| key.find(&known, |_| false);
        assert_eq!(find(key(Some("ABC2"), Some("9-9"), 0)), Returning::Known(1));
        assert_eq!(find(key(None, Some("1-3:1.2"), 0)), Returning::Known(2));
        assert_eq!(find(key(Some("0000"), Some("1-4"), 0)), Returning::Known(3));
        // Neither serial number nor place: any that is not known to be another.
        assert_eq!(find(key(None, Some("7-7"), 0)), Returning::Tie(vec![0, 1, 2, 3]));
        assert_eq!(find(key(Some("ABC3"), Some("7-7"), 0)), Returning::Tie(vec![2, 3]));
        assert_eq!(key(Some("ABC3"), Some("7-7"), 0).find(&known[..2], |_| false), Returning::New);
        assert_eq!(key(None, Some("7-7"), 0).find(&known, |index| index != 2), Returning::Known(2));
        assert_eq!(key(Some("ABC1"), None, 0).find(&known, |_| true), Returning::New);
    }

    #[test]
    fn where_nothing_is_known_the_order_decides() {
        let known = [key(None, None, 0), key(None, None, 1)];
        assert_eq!(key(None, None, 1).find(&known, |_| false), Returning::Known(1));
        assert_eq!(key(None, None, 2).find(&known, |_| false), Returning::Tie(vec![0, 1]));
    }

    proptest! {
        #[test]
        fn a_box_finds_itself(serial in "[A-Z]{2}[0-9]{4}", path in "[1-4]-[1-8]") {
            let key = key(Some(&serial), Some(&path), 0);
            prop_assert_eq!(key.find(std::slice::from_ref(&key), |_| false), Returning::Known(0));
        }
    }
}
