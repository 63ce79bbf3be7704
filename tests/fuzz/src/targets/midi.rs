//! What MIDI devices say: messages one after another, identities, handshakes, and the patterns that stand in profiles.

use loophole_surfaces::decode::Decoder;
use loophole_surfaces::learn::Learner;
use loophole_surfaces::midi::mcu::Handshake;
use loophole_surfaces::midi::message::{self, Message};
use loophole_surfaces::midi::sysex::{Identity, Pattern, identity_body};
use loophole_surfaces::profile::{Transport, builtin};
use loophole_surfaces::source::InputValue;

pub(super) fn run(bytes: &[u8]) {
    let elements = builtin::profile("mackie-mcu-pro").map(|profile| profile.elements.as_slice()).unwrap_or_default();
    let mut decoder = Decoder::new(elements, Transport::Midi, None);
    let (mut learner, mut decoded, mut now) = (Learner::new(false), Vec::new(), 0);
    let mut length = 0;
    for said in message::split(bytes) {
        length += said.len();
        now += 1_000_000;
        if let Ok(parsed) = message::parse(said) {
            let mut again = Vec::new();
            parsed.write(&mut again);
            if parsed != Message::Other {
                assert_eq!(message::parse(&again), Ok(parsed));
            }
        }
        if let Some(body) = identity_body(said) {
            assert_eq!(Identity::parse(said), Identity::from_body(body));
        }
        let _handshake = Handshake::parse(said);
        decoder.decode(said, now, &mut decoded);
        for event in decoder.raw(said) {
            assert_eq!(event.source.to_string().parse(), Ok(event.source.clone()));
            let _learned = learner.feed(&event, now);
        }
    }
    assert!(length <= bytes.len());
    decoder.settle(u64::MAX, &mut decoded);
    let _learned = learner.settle(u64::MAX);
    for event in &decoded {
        assert!(usize::from(event.element) < elements.len());
        if let InputValue::Place { place, .. } = event.value {
            assert!((0.0..=1.0).contains(&place), "{place}");
        }
    }
    // The same bytes as a pattern of a profile.
    if let Ok(pattern) = std::str::from_utf8(bytes).map_err(drop).and_then(|text| Pattern::parse(text).map_err(drop)) {
        assert_eq!(Pattern::parse(&pattern.to_string()), Ok(pattern.clone()));
        let _found = pattern.find(bytes);
    }
}

pub(super) fn seeds() -> Vec<Vec<u8>> {
    vec![
        // Notes, an encoder, a fader, pressure, a program, the clock.
        b"\x90\x10\x7f\x80\x10\x00\xb0\x10\x41\xe0\x7f\x7f\xd0\x3c\xa0\x01\x02\xc0\x07\xf8\xfa\xfc".to_vec(),
        // NRPN and 14 bits.
        b"\xb0\x63\x01\xb0\x62\x02\xb0\x06\x40\xb0\x26\x7f\xb0\x07\x10\xb0\x27\x20\xb0\x60\x00".to_vec(),
        // Who it is, with one and with three bytes for the maker.
        b"\xf0\x7e\x00\x06\x02\x42\x13\x01\x00\x00\x03\x00\x01\x00\xf7".to_vec(),
        b"\xf0\x7e\x7f\x06\x02\x00\x20\x29\x03\x01\x00\x00\x00\x01\x02\x03\xf7\xf0\x7e\x00\x06\x02\xf7".to_vec(),
        // A Mackie Control that wants to be answered, agrees, refuses.
        b"\xf0\x00\x00\x66\x14\x01ABCDEFG\x11\x22\x33\x44\xf7\xf0\x00\x00\x66\x14\x03ABCDEFG\xf7".to_vec(),
        b"\xf0\x00\x00\x66\x14\x04ABCDEFG\xf7\xf0\x00\x00\x66\x14\x01\xf7".to_vec(),
        b"F0 00 20 vv hh ll .. rr gg bb oo tt F7".to_vec(),
    ]
}
