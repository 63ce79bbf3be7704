//! Devices over the real lower seam: simulated ports that are opened, said something to, stormed, and pulled out.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

use loophole_tests::peer::payload_of;
use loophole_tests::{Engine, Peer};
use loophole_wire::plane::{DeviceInput, DeviceOutput, Header, Plane};
use serde_json::{Value, json};

const HEADER: Header = Header { flags: 0, stream: 0, sequence: 0, time_nanos: 0 };

fn midi(name: &str) -> Value {
    json!({ "transport": "midi", "name": name, "inputs": true, "outputs": true, "systemId": "simulated" })
}

fn add(pulse: &mut Peer, description: Value) -> u32 {
    let arrived = pulse.request("hardware", "addSimulatedPort", description);
    u32::try_from(arrived["port"]["port"].as_u64().unwrap()).unwrap()
}

fn open(pulse: &mut Peer, description: Value) -> u32 {
    let port = add(pulse, description);
    assert_eq!(pulse.request("hardware", "openPort", json!({ "port": port })), json!({ "port": port }));
    port
}

fn inject(pulse: &mut Peer, port: u32, bytes: &[u8]) {
    pulse.request("hardware", "injectInput", json!({ "port": port, "bytes": bytes }));
}

fn output(pulse: &mut Peer, records: Vec<DeviceOutput>) {
    pulse.send_plane(&Plane::DeviceOutput(HEADER, records)).unwrap();
}

fn record(port: u32, key: u32, bytes: &[u8]) -> DeviceOutput {
    DeviceOutput { port, key, feature: false, bytes: bytes.to_vec() }
}

/// Reads until as many records of a kind have come as `enough` wants.
fn records(pulse: &mut Peer, echo: bool, mut enough: impl FnMut(&[DeviceInput]) -> bool) -> Vec<DeviceInput> {
    let mut all = Vec::new();
    loop {
        pulse.planes.retain(|plane| match plane {
            Plane::DeviceInput(_, records) if !echo => {
                all.extend(records.clone());
                false
            }
            Plane::DeviceEcho(_, records) if echo => {
                all.extend(records.clone());
                false
            }
            _ => true,
        });
        if enough(&all) {
            return all;
        }
        // Whatever is answered, planes that came before it are there then.
        pulse.request("engine", "ping", json!({}));
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
}

fn bytes_of(records: &[DeviceInput]) -> Vec<&[u8]> {
    records.iter().map(|record| record.bytes.as_slice()).collect()
}

#[test]
fn what_a_device_says_comes_stamped_and_in_whole_messages() {
    let engine = Engine::start();
    let mut pulse = engine.connect();
    let port = open(&mut pulse, midi("keys"));
    let before = now_nanos();
    inject(&mut pulse, port, &[0x90, 60, 100, 62]);
    inject(&mut pulse, port, &[90, 0xf0, 1, 0xf8]);
    inject(&mut pulse, port, &[2, 0xf7]);
    let said = records(&mut pulse, false, |all| all.len() >= 4);
    let expected: [&[u8]; 4] = [&[0x90, 60, 100], &[0x90, 62, 90], &[0xf8], &[0xf0, 1, 2, 0xf7]];
    assert_eq!(bytes_of(&said), expected);
    for record in &said {
        assert!(record.port == port && !record.executed && !record.thinned);
        assert!(record.at_nanos >= before && record.at_nanos <= now_nanos());
    }
    assert!(said.is_sorted_by_key(|record| record.at_nanos));
}

fn now_nanos() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    u64::try_from(since.as_nanos()).unwrap()
}

#[test]
fn what_a_device_is_told_comes_back_newest_per_key() {
    let engine = Engine::start();
    let mut pulse = engine.connect();
    let port = add(&mut pulse, midi("lamps"));
    let paced = json!({ "port": port, "maxMessagesPerSecond": 20, "maxBurst": 1 });
    pulse.request("hardware", "openPort", paced);
    let all = (0..100u8).map(|value| record(port, 7, &[0xb0, 7, value])).chain([record(port, 0, &[0x90, 1, 1])]);
    output(&mut pulse, all.collect());
    let echoes = records(&mut pulse, true, |all| all.iter().any(|record| record.bytes[0] == 0x90));
    assert!(echoes.len() < 50, "{echoes:?}");
    assert!(echoes.iter().any(|record| record.bytes == [0xb0, 7, 99]), "{echoes:?}");
    assert!(echoes.iter().all(|record| record.port == port));
}

#[test]
fn what_is_said_right_after_a_port_was_asked_for_waits_until_it_is_open() {
    let engine = Engine::start();
    let mut pulse = engine.connect();
    let port = add(&mut pulse, midi("asked who it is"));
    pulse.send("hardware", "openPort", json!({ "port": port }));
    pulse.tell_device(port, false, &[0xf0, 0x7e, 0x7f, 6, 1, 0xf7]);
    let echoes = records(&mut pulse, true, |all| !all.is_empty());
    assert_eq!(bytes_of(&echoes), [&[0xf0u8, 0x7e, 0x7f, 6, 1, 0xf7]]);
}

#[test]
fn a_storm_is_thinned_and_told_and_nothing_hangs() {
    let engine = Engine::start();
    let mut pulse = engine.connect();
    let port = open(&mut pulse, midi("storm"));
    let storm: Vec<u8> = (0..20_000u32).flat_map(|number| [0xb0, 7, (number % 127) as u8]).collect();
    let notes: Vec<u8> = (0..5_000u32).flat_map(|_| [0x90, 60, 1, 0x80, 60, 0]).collect();
    for part in [&storm, &notes] {
        part.chunks(3_000).for_each(|piece| inject(&mut pulse, port, piece));
    }
    inject(&mut pulse, port, &[0xb0, 7, 127]);
    let said = records(&mut pulse, false, |all| {
        let has_last = all.iter().any(|record| record.bytes == [0xb0, 7, 127]);
        has_last && all.iter().filter(|record| record.bytes[0] != 0xb0).count() >= 10_000
    });
    let notes: Vec<_> = said.iter().filter(|record| record.bytes[0] != 0xb0).map(|record| record.bytes[0]).collect();
    assert_eq!(notes, [0x90, 0x80].repeat(5_000));
    let controls: Vec<_> = said.iter().filter(|record| record.bytes[0] == 0xb0).collect();
    assert!(controls.len() < 19_000 && controls.iter().any(|record| record.thinned), "{}", controls.len());
    pulse.event("hardware", "portTrouble", |trouble| trouble["port"] == port && trouble["kind"] == "storm");
}

#[test]
fn ports_come_and_go_and_numbers_are_never_used_again() {
    let engine = Engine::start();
    let mut pulse = engine.connect();
    let first = open(&mut pulse, midi("one"));
    let listed = pulse.request("hardware", "watchPorts", json!({}));
    assert_eq!(listed["ports"][0]["name"], "one", "{listed}");
    assert_eq!(pulse.refusal("hardware", "openPort", json!({ "port": first })), "hardware.notOpened");
    assert_eq!(pulse.refusal("hardware", "openPort", json!({ "port": 999 })), "hardware.unknownPort");
    pulse.request("hardware", "closePort", json!({ "port": first }));
    assert_eq!(pulse.refusal("hardware", "closePort", json!({ "port": first })), "hardware.unknownPort");
    let deaf = json!({ "port": first, "bytes": [0x90, 1, 1] });
    assert_eq!(pulse.refusal("hardware", "injectInput", deaf), "hardware.unknownPort");
    pulse.request("hardware", "openPort", json!({ "port": first }));
    pulse.request("hardware", "removeSimulatedPort", json!({ "port": first }));
    pulse.event("hardware", "portLeft", |left| left["port"] == first);
    let second = add(&mut pulse, midi("one"));
    assert!(second > first);
    output(&mut pulse, vec![record(first, 0, &[0xf8])]);
    pulse.event("hardware", "portTrouble", |trouble| trouble["port"] == first && trouble["kind"] == "dropped");
    let too_long =
        json!({ "transport": "midi", "name": "x".repeat(2_000), "inputs": true, "outputs": true, "systemId": "" });
    assert_eq!(pulse.refusal("hardware", "addSimulatedPort", too_long), "hardware.tooMany");
}

#[test]
fn the_fast_path_moves_the_transport_at_once() {
    let engine = Engine::start();
    let mut pulse = engine.connect();
    pulse.request("engine", "configure", json!({ "preferredSampleRate": 48_000 }));
    pulse.request("engine", "start", json!({ "audio": { "host": "silent" } }));
    let port = open(&mut pulse, midi("transport"));
    let entry = |data1: u8, action: &str| json!({ "port": port, "status": 0x90, "data1": data1, "data1Mask": 127, "minData2": 1, "maxData2": 127, "action": action });
    let entries = json!({ "entries": [entry(94, "play"), entry(93, "stop"), entry(92, "togglePlay")] });
    pulse.request("hardware", "setFastPath", entries);
    for (data1, rolling) in [(94, true), (93, false), (92, true), (92, false)] {
        inject(&mut pulse, port, &[0x90, data1, 127, 0x90, data1, 0]);
        pulse.event("transport", "state", |state| state["rolling"] == rolling);
        let said = records(&mut pulse, false, |all| all.len() >= 2);
        assert_eq!(said.iter().map(|record| record.executed).collect::<Vec<_>>(), [true, false]);
    }
}

#[test]
fn hid_reports_and_the_end_of_the_connection() {
    let engine = Engine::start();
    let mut pulse = engine.connect();
    let descriptor = [0x85, 1, 0x75, 8, 0x95, 1, 0x81, 2];
    let hid = json!({ "usagePage": 1, "usage": 5, "interfaceNumber": 0, "descriptor": descriptor });
    let description = json!({
        "transport": "hid", "name": "pad", "inputs": true, "outputs": true, "systemId": "simulated",
        "vendorId": 1, "productId": 2, "hid": hid,
    });
    let port = open(&mut pulse, description.clone());
    inject(&mut pulse, port, &[1, 5]);
    assert_eq!(bytes_of(&records(&mut pulse, false, |all| !all.is_empty())), [&[1u8, 5]]);
    let feature = DeviceOutput { feature: true, ..record(port, 0, &[2, 9]) };
    output(&mut pulse, vec![feature]);
    assert_eq!(bytes_of(&records(&mut pulse, true, |all| !all.is_empty())), [&[2u8, 9]]);
    let listed = pulse.ask("hardware", "watchPorts", json!({}));
    assert_eq!(payload_of(&listed)["ports"][0]["hid"]["descriptor"], json!(descriptor));
}
