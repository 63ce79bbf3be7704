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

use loophole_tests::gadget::{Gadget, card, raw_midi};
use loophole_tests::hid::DESCRIPTOR;
use loophole_tests::{Engine, PATIENCE, Peer, Serve, ServeOptions, lane, process};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::path::Path;
use std::process::Command;
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

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

/// Waits for the arrival of a port with this serial number and of this kind.
fn arrived(engine: &mut Peer, transport: &str, serial: &str) -> Value {
    let wanted = |event: &Value| event["port"]["serial"] == serial && event["port"]["transport"] == transport;
    engine.event("hardware", "portArrived", wanted)["port"].clone()
}

fn number(port: &Value) -> u32 {
    u32::try_from(port["port"].as_u64().unwrap()).unwrap()
}

fn left(engine: &mut Peer, port: u32) {
    let event = engine.event("hardware", "portLeft", |event| event["port"] == port);
    assert!(event["reason"].as_str().is_some_and(|reason| !reason.is_empty()), "{event}");
}

fn open(engine: &mut Peer, port: &Value) -> u32 {
    let port = number(port);
    assert_eq!(engine.request("hardware", "openPort", json!({ "port": port })), json!({ "port": port }));
    port
}

fn now_nanos() -> u64 {
    u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos()).unwrap()
}

/// What the device's side hears, in pieces as they come.
fn pieces(mut from: std::fs::File) -> Receiver<Vec<u8>> {
    let (sender, receiver) = sync_channel(1_024);
    let read = move || {
        let mut buffer = [0; 256];
        while let Ok(length @ 1..) = from.read(&mut buffer) {
            if sender.send(buffer[..length].to_vec()).is_err() {
                return;
            }
        }
    };
    std::thread::Builder::new().name("test-gadget".to_owned()).spawn(read).unwrap();
    receiver
}

/// Waits until the device's side has heard exactly this.
#[track_caller]
fn hears(pieces: &Receiver<Vec<u8>>, expected: &[u8]) {
    let mut heard = Vec::new();
    while heard.len() < expected.len() {
        match pieces.recv_timeout(PATIENCE) {
            Ok(piece) => heard.extend(piece),
            Err(error) => panic!("{error}: {} of {} bytes were heard: {heard:02x?}", heard.len(), expected.len()),
        }
    }
    assert_eq!(heard, expected);
}

fn sysex(length: usize) -> Vec<u8> {
    let body = (0..length - 3).map(|place| u8::try_from(place % 127).unwrap());
    [0xf0, 0x7d].into_iter().chain(body).chain([0xf7]).collect()
}

#[test]
#[ignore = "runs in the guest of the hardware lane"]
fn a_midi_device_is_heard_and_pulled_and_plugged_in_elsewhere() {
    let started = Instant::now();
    let process = Engine::start();
    let mut engine = process.connect();
    let ports = engine.request("hardware", "watchPorts", json!({ "midi": true }));
    assert!(all(&ports, "ports").iter().all(|port| port["vendorId"] != 0x1209), "{ports}");

    let gadget = Gadget::new("grid", 0x4c4d, "LH-GRID-1", "LH Grid").unwrap().with_midi("LHGrid").unwrap();
    println!("the engine watches {:?} after the start", started.elapsed());
    let began = Instant::now();
    gadget.plug(0).unwrap();
    let port = arrived(&mut engine, "midi", "LH-GRID-1");
    println!("MIDI port told {:?} after the plug: {port}", began.elapsed());
    assert!(port["name"].as_str().unwrap().starts_with("LH Grid"), "{port}");
    for (key, value) in [
        ("inputs", json!(true)),
        ("outputs", json!(true)),
        ("vendorId", json!(0x1209)),
        ("productId", json!(0x4c4d)),
        ("manufacturer", json!("Loophole Labs")),
    ] {
        assert_eq!(port[key], value, "{key}: {port}");
    }
    let opened = open(&mut engine, &port);

    let gadget_card = card("LHGrid").unwrap();
    let (note, long) = ([0x90, 60, 100], sysex(700));
    let before = now_nanos();
    raw_midi(gadget_card, true).unwrap().write_all(&[&note[..], &long].concat()).unwrap();
    let said = engine.devices_say(|all| all.len() >= 2);
    assert_eq!(said.iter().map(|record| record.bytes.as_slice()).collect::<Vec<_>>(), [&note[..], &long]);
    assert!(said.iter().all(|record| record.port == opened && (before..=now_nanos()).contains(&record.at_nanos)));
    println!("a note was stamped {} us after it was written", (said[0].at_nanos - before) / 1_000);

    // The gadget's driver drops what comes before its side was read for the first time.
    let heard = pieces(raw_midi(gadget_card, false).unwrap());
    std::thread::sleep(Duration::from_millis(300));
    let lights = [0x90, 1, 127, 0xb0, 7, 64, 0xf0, 0x7d, 1, 0xf7, 0x80, 1, 0];
    for told in [&note[..], &lights, &long] {
        engine.tell_device(opened, false, told);
        hears(&heard, told);
    }

    let began = Instant::now();
    gadget.unplug().unwrap();
    left(&mut engine, opened);
    println!("the loss was told {:?} after the pull", began.elapsed());
    gadget.plug(1).unwrap();
    let elsewhere = arrived(&mut engine, "midi", "LH-GRID-1");
    assert_ne!(elsewhere["port"], port["port"]);
    assert_ne!(elsewhere["usbPath"], port["usbPath"]);
    assert!(elsewhere["usbPath"].is_string() && port["usbPath"].is_string(), "{port} {elsewhere}");
    let again = open(&mut engine, &elsewhere);
    raw_midi(card("LHGrid").unwrap(), true).unwrap().write_all(&note).unwrap();
    let said = engine.devices_say(|all| !all.is_empty());
    assert_eq!((said[0].port, said[0].bytes.as_slice()), (again, &note[..]));
}

#[test]
#[ignore = "runs in the guest of the hardware lane"]
fn two_midi_devices_that_are_alike_stay_apart() {
    let process = Engine::start();
    let mut engine = process.connect();
    let twin = |name: &str, id: &str| Gadget::new(name, 0x4c4e, "LH-TWIN", "LH Twin").unwrap().with_midi(id).unwrap();
    let twins = [("LHTwinA", twin("twin-a", "LHTwinA")), ("LHTwinB", twin("twin-b", "LHTwinB"))];
    engine.request("hardware", "watchPorts", json!({ "midi": true }));
    let mut ports = Vec::new();
    for (socket, (_, twin)) in (0..).zip(&twins) {
        twin.plug(socket).unwrap();
        let port = arrived(&mut engine, "midi", "LH-TWIN");
        open(&mut engine, &port);
        ports.push(port);
    }
    for key in ["port", "systemId", "usbPath", "siblings"] {
        assert_ne!(ports[0][key], ports[1][key], "{key}: {ports:?}");
    }
    for (note, (port, (id, _))) in (60..).zip(ports.iter().zip(&twins)) {
        raw_midi(card(id).unwrap(), true).unwrap().write_all(&[0x90, note, 100]).unwrap();
        let said = engine.devices_say(|all| !all.is_empty());
        assert_eq!((said[0].port, said[0].bytes.as_slice()), (number(port), &[0x90, note, 100][..]));
    }
    twins[0].1.unplug().unwrap();
    left(&mut engine, number(&ports[0]));
    raw_midi(card("LHTwinB").unwrap(), true).unwrap().write_all(&[0xf8]).unwrap();
    assert_eq!(engine.devices_say(|all| !all.is_empty())[0].port, number(&ports[1]));
}

#[test]
#[ignore = "runs in the guest of the hardware lane"]
fn a_hid_device_is_heard_and_told_and_pulled() {
    let process = Engine::start();
    let mut engine = process.connect();
    engine.request("hardware", "watchPorts", json!({ "hid": true }));
    let gadget = Gadget::new("deck", 0x4c48, "LH-DECK-7", "LH Deck").unwrap().with_hid().unwrap();
    let began = Instant::now();
    gadget.plug(0).unwrap();
    let port = arrived(&mut engine, "hid", "LH-DECK-7");
    println!("HID port told {:?} after the plug", began.elapsed());
    assert_eq!((&port["vendorId"], &port["productId"]), (&json!(0x1209), &json!(0x4c48)));
    assert_eq!((&port["hid"]["usagePage"], &port["hid"]["usage"]), (&json!(0xff00), &json!(1)));
    assert_eq!(port["hid"]["descriptor"], json!(DESCRIPTOR));
    assert!(port["usbPath"].as_str().is_some_and(|path| path.ends_with(":1.0")), "{port}");
    let opened = open(&mut engine, &port);

    let mut side = gadget.hid_side().unwrap();
    let report = [1, 0x55, 0xaa, 1, 2, 3, 4, 0x10, 0, 0x20, 0];
    side.write_all(&report).unwrap();
    let said = engine.devices_say(|all| !all.is_empty());
    assert_eq!((said[0].port, said[0].bytes.as_slice()), (opened, &report[..]));
    let heard = pieces(side);
    engine.tell_device(opened, false, &[2, 0x7f, 0x11]);
    hears(&heard, &[2, 0x7f, 0x11]);

    let began = Instant::now();
    gadget.unplug().unwrap();
    left(&mut engine, opened);
    println!("the loss was told {:?} after the pull", began.elapsed());
}
