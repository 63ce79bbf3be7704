//! Unmodified hidapi against invented devices: what is listed, and what goes in and out.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

use loophole_tests::hid::Lab;
use loophole_tests::peer::payload_of;
use loophole_tests::{Engine, Peer, lane, process};
use serde_json::{Value, json};
use std::process::Command;

fn lab() -> Option<Lab> {
    if lane("hid", &["umockdev-wrapper"]) { Lab::start() } else { None }
}

/// What `loophole devices --json` says of HID.
fn listed(lab: &Lab) -> Vec<Value> {
    let output =
        Command::new(process::executable()).args(["devices", "--json"]).envs(lab.environment.clone()).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let devices: Value = serde_json::from_slice(&output.stdout).unwrap();
    devices["hid"].as_array().unwrap_or_else(|| panic!("no list: {devices}")).clone()
}

#[test]
fn a_controller_is_listed_while_it_is_plugged_in() {
    let Some(mut lab) = lab() else { return };
    assert_eq!(listed(&lab), Vec::<Value>::new());
    lab.plug(0, "1-2", "LH2-0042", true);
    let found = listed(&lab);
    assert_eq!(found.len(), 1, "{found:?}");
    for (key, value) in [
        ("path", Value::from("/dev/hidraw0")),
        ("vendorId", 0x1209.into()),
        ("productId", 1.into()),
        ("manufacturer", "Loophole Labs".into()),
        ("product", "LH-2 Deck".into()),
        ("usagePage", 0xff00.into()),
        ("usage", 1.into()),
        ("interfaceNumber", 0.into()),
    ] {
        assert_eq!(found[0][key], value, "{key}");
    }
    lab.plug(1, "1-3", "LH2-0043", true);
    assert_eq!(listed(&lab).len(), 2);
    lab.unplug(0);
    let left = listed(&lab);
    assert_eq!(left.len(), 1, "{left:?}");
    assert_eq!(left[0]["path"], "/dev/hidraw1");
    lab.unplug(1);
    assert_eq!(listed(&lab), Vec::<Value>::new());
}

fn arrived(engine: &mut Peer, serial: &str) -> Value {
    engine.event("hardware", "portArrived", |event| event["port"]["serial"] == serial)["port"].clone()
}

fn number(port: &Value) -> u32 {
    u32::try_from(port["port"].as_u64().unwrap()).unwrap()
}

fn left(engine: &mut Peer, port: u32) {
    let event = engine.event("hardware", "portLeft", |event| event["port"] == port);
    assert!(event["reason"].as_str().is_some_and(|reason| !reason.is_empty()), "{event}");
}

/// An engine that watches HID in the lab.
fn watching(lab: &Lab) -> (Engine, Peer, Value) {
    let process = Engine::start_in(&lab.environment);
    let mut engine = process.connect();
    let ports = engine.request("hardware", "watchPorts", json!({ "hid": true }));
    (process, engine, ports)
}

#[test]
fn two_controllers_that_are_alike_stay_apart() {
    let Some(mut lab) = lab().filter(Lab::can_hotplug) else { return };
    let (_process, mut engine, _none) = watching(&lab);
    let mut ports = Vec::new();
    for (node, place) in [(0, "1-2"), (1, "1-3")] {
        lab.plug(node, place, "LH2-TWIN", true);
        let port = number(&arrived(&mut engine, "LH2-TWIN"));
        engine.request("hardware", "openPort", json!({ "port": port }));
        ports.push(port);
    }
    for (node, port) in (0..).zip(&ports) {
        let report = [1, 7, 0, 9, 1, 2, 3, 0, 0, 0, u8::try_from(node).unwrap()];
        lab.report(node, &report);
        let said = engine.devices_say(|all| !all.is_empty());
        assert_eq!((said[0].port, said[0].bytes.as_slice()), (*port, &report[..]));
    }
    lab.unplug(0);
    left(&mut engine, ports[0]);
    engine.tell_device(ports[1], false, &[2, 1, 1]);
    assert_eq!(lab.heard("output"), "020101");
}

#[test]
fn the_permission_may_come_after_the_plug() {
    let Some(mut lab) = lab().filter(Lab::can_hotplug) else { return };
    let (_process, mut engine, _none) = watching(&lab);
    lab.plug(0, "1-2", "LH2-LATE", false);
    let port = number(&arrived(&mut engine, "LH2-LATE"));
    let asked = engine.send("hardware", "openPort", json!({ "port": port }));
    std::thread::sleep(std::time::Duration::from_millis(300));
    lab.permit(0);
    let answer = engine.wait_for("the answer", |envelope| envelope.cid.as_deref() == Some(&asked));
    assert!(answer.error.is_none(), "{:?}", answer.error);
    assert_eq!(payload_of(&answer), json!({ "port": port }));

    // One that is never permitted is refused, with what to do.
    lab.plug(1, "1-3", "LH2-NEVER", false);
    let port = number(&arrived(&mut engine, "LH2-NEVER"));
    let answer = engine.ask("hardware", "openPort", json!({ "port": port }));
    let error = answer.error.unwrap();
    assert_eq!(error.code, "hardware.permission");
    assert!(error.message.contains("udev"), "{}", error.message);
}
