//! Unmodified hidapi against invented devices: what is listed, and what goes in and out.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

use loophole_tests::hid::Lab;
use loophole_tests::{lane, process};
use serde_json::Value;
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
