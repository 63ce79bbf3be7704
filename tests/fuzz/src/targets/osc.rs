//! OSC packets from the network, and what the controls make of them.

use loophole_surfaces::control::ControlValue;
use loophole_surfaces::osc::{self, OscArgument, OscMessage};
use loophole_surfaces::osc_map::{self, Control};

pub(super) fn run(bytes: &[u8]) {
    let Ok(messages) = osc::decode(bytes) else { return };
    assert!(messages.len() <= osc::MAX_MESSAGES);
    let written = osc::encode(&messages).unwrap();
    let again = osc::decode(&written).unwrap();
    // As text, because NaN equals nothing.
    assert_eq!(format!("{again:?}"), format!("{messages:?}"));
    for message in &messages {
        let Ok((control, value)) = osc_map::parse(message) else { continue };
        let said = osc_map::feedback(control, value);
        assert_eq!(osc_map::parse(&said).unwrap().0, control);
    }
}

pub(super) fn seeds() -> Vec<Vec<u8>> {
    let fader = osc_map::feedback(Control::TrackVolume { track_number: 1 }, ControlValue::Fader(0.75));
    let mute = osc_map::feedback(Control::TrackMute { track_number: 12 }, ControlValue::Switch(true));
    let other = OscMessage {
        address: "/a".to_owned(),
        arguments: vec![OscArgument::Text("b".to_owned()), OscArgument::Bool(true), OscArgument::Int(-1)],
    };
    let mut seeds: Vec<_> = [vec![fader.clone()], vec![mute.clone(), other], vec![], vec![fader, mute]]
        .iter()
        .map(|messages| osc::encode(messages).unwrap())
        .collect();
    // Every type there is, arrays within arrays, a bundle within a bundle.
    seeds.push(
        b"/t\0\0,hdtcrmNI[i[T]]\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01"
            .to_vec(),
    );
    seeds.push(
        b"#bundle\0\0\0\0\0\0\0\0\x01\0\0\0\x20#bundle\0\0\0\0\0\0\0\0\x01\0\0\0\x0c/b\0\0,b\0\0\0\0\0\0".to_vec(),
    );
    // A character that cannot stand in a text.
    seeds.push(b"/c\0\0,cc\0\0\0\0\0\0\0\0a".to_vec());
    seeds
}
