//! HID devices: their report descriptor, then reports of it. The first two bytes are the descriptor's length.

use loophole_surfaces::decode::Decoder;
use loophole_surfaces::element::FeedbackKind;
use loophole_surfaces::encode::Encoder;
use loophole_surfaces::facts::DeviceFacts;
use loophole_surfaces::fingerprint::{Fingerprint, model_key};
use loophole_surfaces::generic;
use loophole_surfaces::hid::Layout;
use loophole_surfaces::output::{Light, Shown};
use loophole_surfaces::profile::{Transport, builtin, matching};
use loophole_surfaces::source::InputValue;

/// As long as a report of a full-speed device.
const REPORT_BYTES: usize = 64;

pub(super) fn run(bytes: &[u8]) {
    let Some((length, rest)) = bytes.split_first_chunk::<2>() else { return };
    let length = usize::from(u16::from_be_bytes(*length)).min(rest.len());
    let (descriptor, reports) = rest.split_at(length);
    let Ok(layout) = Layout::parse(descriptor) else { return };
    let facts = DeviceFacts {
        transport: Transport::Hid,
        descriptor: Some(descriptor.to_vec()),
        hid_usage: layout.inputs.first().map(|field| (field.page, field.usage)),
        ..DeviceFacts::default()
    };
    assert!(!model_key(&facts).is_empty());
    assert_eq!(Fingerprint::of(&facts), Fingerprint::of(&facts));
    let _best = matching::best(builtin::profiles().iter().filter(|profile| profile.id.contains("hid")), &facts);
    let elements = generic::elements(&facts);
    let mut decoder = Decoder::new(&elements, Transport::Hid, facts.descriptor.as_deref());
    let mut decoded = Vec::new();
    for report in reports.chunks(REPORT_BYTES) {
        decoder.decode(report, 0, &mut decoded);
        let _raw = decoder.raw(report);
    }
    for event in &decoded {
        assert!(usize::from(event.element) < elements.len());
        match event.value {
            InputValue::Place { place, .. } => assert!((0.0..=1.0).contains(&place), "{place}"),
            InputValue::Press { strength, .. } => assert!((0.0..=1.0).contains(&strength), "{strength}"),
            InputValue::Steps(_) => {}
        }
    }
    let mut encoder = Encoder::new(&elements, Transport::Hid, facts.descriptor.as_deref());
    for element in 0..elements.len().min(16) as u16 {
        let _bytes = encoder.encode(element, FeedbackKind::Led, &Shown::Light(Light::On));
    }
}

pub(super) fn seeds() -> Vec<Vec<u8>> {
    // A gamepad: twelve buttons, two axes, a hat.
    let gamepad = [
        0x05, 0x01, 0x09, 0x05, 0xA1, 0x01, 0x05, 0x09, 0x19, 0x01, 0x29, 0x0C, 0x15, 0x00, 0x25, 0x01, 0x75, 0x01,
        0x95, 0x0C, 0x81, 0x02, 0x95, 0x04, 0x81, 0x01, 0x05, 0x01, 0x09, 0x30, 0x09, 0x31, 0x15, 0x00, 0x26, 0xFF,
        0x00, 0x75, 0x08, 0x95, 0x02, 0x81, 0x02, 0x09, 0x39, 0x15, 0x00, 0x25, 0x07, 0x75, 0x04, 0x95, 0x01, 0x81,
        0x42, 0xC0,
    ];
    // Keys as an array, with report ids, pushed globals, lights, and a long item.
    let keyboard = [
        0x05, 0x01, 0x09, 0x06, 0xA1, 0x01, 0x85, 0x01, 0xA4, 0x05, 0x07, 0x19, 0x00, 0x29, 0x65, 0x15, 0x00, 0x25,
        0x65, 0x75, 0x08, 0x95, 0x06, 0x81, 0x00, 0xB4, 0x05, 0x08, 0x19, 0x01, 0x29, 0x05, 0x95, 0x05, 0x75, 0x01,
        0x25, 0x01, 0x91, 0x02, 0xFE, 0x02, 0xF0, 0xAA, 0xBB, 0xB1, 0x02, 0xC0,
    ];
    // Signed, relative, 32 bits wide, and as many as can be said.
    let deck = [
        0x06, 0x00, 0xFF, 0x09, 0x01, 0xA1, 0x01, 0x09, 0x36, 0x16, 0x00, 0x80, 0x26, 0xFF, 0x7F, 0x75, 0x20, 0x95,
        0x02, 0x81, 0x06, 0x75, 0x01, 0x96, 0xFF, 0xFF, 0x81, 0x02, 0xC0,
    ];
    let seed = |descriptor: &[u8], reports: &[u8]| {
        let length = u16::try_from(descriptor.len()).unwrap().to_be_bytes();
        [&length[..], descriptor, reports].concat()
    };
    vec![
        seed(&gamepad, &[0xFF, 0x0F, 0x80, 0x00, 0x07]),
        seed(&keyboard, &[1, 4, 5, 0, 0, 0, 0x65]),
        seed(&deck, &[0xFF; 72]),
        seed(&[], &[]),
    ]
}
