//! Devices: chosen, refused, remembered.

use super::rig::{Rig, parse};
use crate::core::{Inbound, OpenAtStart};
use crate::intent::Origin;
use crate::view::AudioHost;
use loophole_wire::ErrorBody;
use loophole_wire::message::EngineCommand;

#[test]
fn a_device_is_asked_of_the_engine_and_its_refusal_is_the_answer() {
    let mut rig = Rig::new();
    rig.connect();
    let ticket = rig.send(Origin::Aura, parse("hardwareIo.setActiveDevices", r#"{"host":"jack"}"#));
    assert!(rig.answer_of(ticket).is_none(), "the engine has not answered");
    let (question, command) = rig.owed.pop().unwrap();
    assert!(
        matches!(command, EngineCommand::HardwareSetAudioConfig(config) if config.host == AudioHost::Named("jack".to_owned()))
    );
    rig.handle(Inbound::EngineRefused {
        ticket: Some(question),
        domain: "hardware".to_owned(),
        name: "setAudioConfig".to_owned(),
        error: ErrorBody::new("hardware.noServer", "no JACK server runs"),
    });
    assert_eq!(rig.answer_of(ticket).unwrap().unwrap_err().code, "hardware.noServer");
}

#[test]
fn choices_are_kept_for_the_next_run_and_nonsense_is_refused() {
    let mut rig = Rig::new();
    for (name, payload) in [
        ("hardwareIo.setActiveDevices", r#"{"device":"x"}"#),
        ("hardwareIo.setActiveDevices", r#"{"host":"no/host"}"#),
        ("hardwareIo.setActiveDevices", r#"{"osc":{"enabled":true,"address":"example.org","port":9000}}"#),
        ("hardwareIo.setStreamConfiguration", r#"{"sampleRate":1}"#),
        ("hardwareIo.setStreamConfiguration", r#"{"bufferFrames":100000}"#),
    ] {
        assert_eq!(rig.request(name, payload), Err("hardwareIo.badChoice".to_owned()), "{payload}");
    }
    assert_eq!(rig.request("hardwareIo.refreshDevices", "{}"), Err("session.noEngine".to_owned()));
    // No engine: the wish is kept.
    rig.request(
        "hardwareIo.setActiveDevices",
        r#"{"host":"silent","osc":{"enabled":true,"address":"0.0.0.0","port":7000}}"#,
    )
    .unwrap();
    rig.request("hardwareIo.setStreamConfiguration", r#"{"sampleRate":96000}"#).unwrap();

    let next = Rig::in_folder(rig.folder, OpenAtStart::Nothing);
    let view = next.core.view();
    assert_eq!((view.engine.wanted.host.clone(), view.engine.wanted.sample_rate), (AudioHost::Silent, Some(96_000)));
    assert_eq!((view.osc.address.as_str(), view.osc.port), ("0.0.0.0", 7_000));
}

#[test]
fn a_refresh_is_answered_when_every_list_has_come() {
    let mut rig = Rig::new();
    rig.connect();
    rig.confirm();
    let ticket = rig.send(Origin::Client(1), parse("hardwareIo.refreshDevices", "{}"));
    assert!(rig.answer_of(ticket).is_none());
    rig.confirm();
    assert!(rig.answer_of(ticket).unwrap().is_ok());
    let ticket = rig.send(Origin::Client(1), parse("hardwareIo.refreshDevices", "{}"));
    rig.handle(Inbound::EngineLost { reason: "killed".to_owned() });
    assert!(rig.answer_of(ticket).is_some(), "nobody waits for an engine that is gone");
}
