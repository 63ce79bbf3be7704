//! Real drivers: sound cards, the ALSA sequencer, and USB devices that are plugged in and pulled, in a virtual machine.
//!
//! `real_drivers_in_a_virtual_machine` starts the machine, and this executable again in it. The tests of the guest are ignored outside;
//! one of them alone: `LOOPHOLE_HARDWARE_TESTS=name cargo test -p loophole-tests --test hardware -- --nocapture`.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test that cannot go on panics; what it measured is worth a line"
)]
#![cfg(target_os = "linux")]

use loophole_tests::gadget::{Gadget, card};
use loophole_tests::{Engine, PATIENCE, Peer, Serve, ServeOptions, lane, process};
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

#[test]
fn real_drivers_in_a_virtual_machine() {
    if !lane("hardware", &["busybox", "cpio", "strip", "ldd"]) {
        return;
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("lanes/hardware.sh");
    let mut machine = Command::new(script);
    machine.arg(std::env::current_exe().unwrap()).arg(process::executable());
    machine.args(["--ignored", "--test-threads=1", "--nocapture"]);
    machine.args(std::env::var("LOOPHOLE_HARDWARE_TESTS"));
    let ran = machine.output().unwrap();
    println!("{}{}", String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    match ran.status.code() {
        Some(0) => {}
        Some(77) if std::env::var_os("LOOPHOLE_LANES").is_none() => println!("lane hardware: skipped, see above"),
        code => panic!("the tests in the virtual machine failed: {code:?}, see above"),
    }
}

/// Like the one outside, but asks less often: the guest's processor is slow.
#[track_caller]
fn wait_until(what: &str, mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !condition() {
        assert!(Instant::now() < deadline, "waited {} s in vain: {what}", PATIENCE.as_secs());
        std::thread::sleep(Duration::from_millis(100));
    }
}

fn all<'a>(devices: &'a Value, key: &str) -> &'a [Value] {
    devices[key].as_array().map(Vec::as_slice).unwrap_or_default()
}

/// The directions of the engine's MIDI ports whose name begins so.
fn midi_directions(engine: &mut Peer, name: &str) -> Vec<String> {
    let listed = engine.request("hardware", "listMidiDevices", json!({}));
    let ours = all(&listed, "midi").iter().filter(|port| port["name"].as_str().is_some_and(|n| n.starts_with(name)));
    let mut directions: Vec<_> = ours.map(|port| port["direction"].as_str().unwrap().to_owned()).collect();
    directions.sort();
    directions
}

fn hid_device(engine: &mut Peer, product_id: u16) -> Option<Value> {
    let listed = engine.request("hardware", "listHidDevices", json!({}));
    let wanted = |device: &&Value| device["vendorId"] == 0x1209 && device["productId"] == product_id;
    all(&listed, "hid").iter().find(wanted).cloned()
}

#[test]
#[ignore = "runs in the guest of the hardware lane"]
fn usb_midi_ports_are_listed_while_they_are_plugged_in() {
    let process = Engine::start();
    let mut engine = process.connect();
    let gadget = Gadget::new("listed", 0x4c4d, "LH-GRID-1", "LH Grid").unwrap().with_midi("LHGrid").unwrap();
    assert!(midi_directions(&mut engine, "LH Grid").is_empty());
    gadget.plug(0).unwrap();
    wait_until("both ports are listed", || midi_directions(&mut engine, "LH Grid") == ["input", "output"]);
    gadget.unplug().unwrap();
    wait_until("they are gone", || midi_directions(&mut engine, "LH Grid").is_empty());
}

#[test]
#[ignore = "runs in the guest of the hardware lane"]
fn usb_hid_devices_are_listed_while_they_are_plugged_in() {
    let process = Engine::start();
    let mut engine = process.connect();
    let gadget = Gadget::new("listed", 0x4c48, "LH-DECK-7", "LH Deck").unwrap().with_hid().unwrap();
    assert_eq!(hid_device(&mut engine, 0x4c48), None);
    gadget.plug(0).unwrap();
    let mut found = None;
    wait_until("it is listed", || {
        found = hid_device(&mut engine, 0x4c48);
        found.is_some()
    });
    let found = found.unwrap();
    assert_eq!(found["manufacturer"], "Loophole Labs");
    assert_eq!(found["product"], "LH Deck");
    assert_eq!((&found["usagePage"], &found["usage"]), (&json!(0xff00), &json!(1)));
    gadget.unplug().unwrap();
    wait_until("it is gone", || hid_device(&mut engine, 0x4c48).is_none());
}

fn device_state(client: &mut Peer) -> Value {
    client.request("session", "status", json!({}))["engine"].clone()
}

fn plays_on_alsa(client: &mut Peer) -> bool {
    device_state(client)["device"]["host"].as_str().is_some_and(|host| host.eq_ignore_ascii_case("alsa"))
}

/// Reads positions until `frames` more were played; returns the frames per second.
fn pace_hz(client: &mut Peer, frames: i64) -> f64 {
    let position = |meters: &Value| meters["positionFrames"].as_i64().unwrap();
    client.forget();
    let first = position(&client.event("metering", "state", |_| true));
    let began = Instant::now();
    let last = position(&client.event("metering", "state", |meters| position(meters) >= first + frames));
    (last - first) as f64 / began.elapsed().as_secs_f64()
}

#[test]
#[ignore = "runs in the guest of the hardware lane"]
fn a_sound_card_is_pulled_while_playing_and_returns() {
    let output = Command::new(process::executable()).args(["devices", "--json"]).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let devices: Value = serde_json::from_slice(&output.stdout).unwrap();
    let alsa = all(&devices, "audio").iter().find(|host| host["host"] == "alsa").unwrap();
    for id in ["CARD=Dummy", "CARD=Loopback"] {
        assert!(all(alsa, "devices").iter().any(|device| device["id"].as_str().unwrap().contains(id)), "{id}: {alsa}");
    }

    let serve = Serve::start(ServeOptions {
        audio: "alsa:hw:CARD=Dummy,DEV=0".to_owned(),
        arguments: vec!["--buffer-frames".to_owned(), "1024".to_owned()],
        ..ServeOptions::default()
    });
    let mut client = serve.client_with_engine();
    wait_until("the card is open", || plays_on_alsa(&mut client));
    client.request("metering", "subscribe", json!({ "rateHz": 60 }));
    client.request("transport", "play", json!({}));
    client.event("metering", "state", |meters| meters["positionFrames"].as_i64() > Some(4_800));
    let pace = pace_hz(&mut client, 48_000);
    println!("the card plays {pace:.0} frames per second");
    assert!((40_000.0..56_000.0).contains(&pace), "{pace}");

    // The kernel waits until every handle is closed, so this returns when the engine let go.
    let began = Instant::now();
    let pull = || std::fs::write("/sys/bus/platform/drivers/snd_dummy/unbind", "snd_dummy.0");
    let pulled = std::thread::Builder::new().name("test-pull".to_owned()).spawn(pull).unwrap();
    wait_until("the silent clock takes over", || device_state(&mut client)["device"]["silent"] == true);
    println!("silent clock after {:?}", began.elapsed());
    pulled.join().unwrap().unwrap();
    println!("the card was let go after {:?}", began.elapsed());
    assert_eq!(card("Dummy"), None);
    assert!(device_state(&mut client)["deviceReason"].as_str().is_some_and(|reason| !reason.is_empty()));
    let pace = pace_hz(&mut client, 24_000);
    println!("the silent clock plays {pace:.0} frames per second");
    assert!((40_000.0..56_000.0).contains(&pace), "{pace}");

    let began = Instant::now();
    std::fs::write("/sys/bus/platform/drivers/snd_dummy/bind", "snd_dummy.0").unwrap();
    wait_until("the card is taken back", || plays_on_alsa(&mut client));
    println!("the card was taken back after {:?}", began.elapsed());
    pace_hz(&mut client, 9_600);
}
