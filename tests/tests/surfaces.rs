//! Control surfaces through the real pair of processes, with devices that Pulse simulates: many events at once.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test that cannot go on panics; what it measured is worth a line"
)]

use loophole_surfaces::taper::db_of_position;
use loophole_tests::peer::{Received, payload_of};
use loophole_tests::{PATIENCE, Peer, Serve, wait_until};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

const DEVICES: usize = 4;
const FADERS: usize = 8;
const PER_SECOND: u32 = 1_000;
const SECONDS: u32 = 3;
/// Events of one device that go out together.
const BATCH: u32 = 10;

/// What the fader of a device stands at in the end, 0 … 127.
fn last_place(device: usize, fader: usize) -> u32 {
    u32::try_from(5 + device * 31 + fader * 3).unwrap()
}

/// Where that is on the fader's way: 64 is the middle.
fn position(place: u32) -> f64 {
    if place < 64 { f64::from(place) / 128.0 } else { 0.5 + f64::from(place - 64) / 126.0 }
}

/// Sends a thousand events a second to one device, and the last place of every fader in the end; returns how many went.
fn storm(client: &mut Peer, device: &Value, which: usize) -> u32 {
    let began = Instant::now();
    let mut sent = 0;
    let send = |client: &mut Peer, fader: usize, place: u32| {
        let value = f64::from(place) / 127.0;
        let element = format!("fader-{}", fader + 1);
        let ask = json!({ "device": device, "element": element, "interaction": "move", "value": value });
        client.send("surface", "simulateInput", ask)
    };
    for batch in 0..PER_SECOND * SECONDS / BATCH {
        let events = batch * BATCH..(batch + 1) * BATCH;
        let ids: Vec<_> =
            events.map(|event| send(client, event as usize % FADERS, event / FADERS as u32 * 7 % 128)).collect();
        for id in ids {
            let answer = client.wait_for("an answer", |envelope| envelope.cid.as_deref() == Some(&id));
            assert_eq!(answer.error, None);
            sent += 1;
        }
        let due = began + Duration::from_secs(1) * (batch + 1) * BATCH / PER_SECOND;
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
    }
    for fader in 0..FADERS {
        // From below: wherever the model's fader stands, it is passed.
        for place in [0, 127, last_place(which, fader)] {
            let id = send(client, fader, place);
            client.wait_for("an answer", |envelope| envelope.cid.as_deref() == Some(&id));
            sent += 1;
        }
    }
    sent
}

/// How long after the engine's stamp each event was told to be done, until it is over; in microseconds.
fn latencies(client: &mut Peer, is_over: &AtomicBool) -> Vec<u64> {
    let mut micros = Vec::new();
    while !is_over.load(Ordering::Acquire) {
        let Some(Received::Message(envelope)) = client.receive(Instant::now() + Duration::from_millis(20)) else {
            continue;
        };
        if (envelope.domain.as_str(), envelope.name.as_str()) == ("surface", "control") {
            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos();
            let at_nanos = u128::from(payload_of(&envelope)["atNanos"].as_u64().unwrap());
            micros.push(u64::try_from(now.saturating_sub(at_nanos) / 1_000).unwrap());
        }
    }
    micros
}

#[test]
fn four_devices_that_say_a_thousand_things_a_second_end_where_their_hands_do() {
    let serve = Serve::empty();
    let mut client = serve.client_with_engine();
    for _ in 0..DEVICES * FADERS {
        client.request("track", "create", json!({}));
    }
    let simulate = |client: &mut Peer| {
        client.request("surface", "simulate", json!({ "profileId": "korg-nanokontrol2" }))["device"].clone()
    };
    let devices: Vec<Value> = (0..DEVICES).map(|_| simulate(&mut client)).collect();
    wait_until("all of them are live", || {
        let listed = client.request("surface", "list", json!({}));
        listed["devices"].as_array().unwrap().iter().filter(|device| device["state"] == "live").count() == DEVICES
    });
    for (which, device) in devices.iter().enumerate() {
        client.request("surface", "setBank", json!({ "device": device, "first": which * FADERS }));
    }
    let mut watcher = serve.client();
    watcher.request("client", "subscribe", json!({ "domains": ["surface"] }));
    watcher.request("surface", "monitor", json!({ "on": true }));

    let (began, is_over) = (Instant::now(), AtomicBool::new(false));
    let (sent, mut micros) = std::thread::scope(|scope| {
        let watching = scope.spawn(|| latencies(&mut watcher, &is_over));
        let storms: Vec<_> = devices
            .iter()
            .enumerate()
            .map(|(which, device)| {
                let mut client = serve.client();
                scope.spawn(move || storm(&mut client, device, which))
            })
            .collect();
        let sent: u32 = storms.into_iter().map(|storm| storm.join().unwrap()).sum();
        is_over.store(true, Ordering::Release);
        (sent, watching.join().unwrap())
    });
    let seconds = began.elapsed().as_secs_f64();

    let deadline = Instant::now() + PATIENCE;
    loop {
        let wrong = wrong_gains(&mut client);
        if wrong.is_empty() {
            break;
        }
        assert!(Instant::now() < deadline, "not where the hand is: {wrong:?}");
        std::thread::sleep(Duration::from_millis(50));
    }
    micros.sort_unstable();
    let quantile = |percent: usize| micros[(micros.len() * percent / 100).min(micros.len() - 1)];
    println!("{sent} events of {DEVICES} devices, {:.0} per second", f64::from(sent) / seconds);
    println!(
        "stamped → done and told: p50 {} p99 {} max {} µs, {} seen",
        quantile(50),
        quantile(99),
        quantile(100),
        micros.len()
    );
}

/// Gains that are not where the hand left them, by device and fader.
fn wrong_gains(client: &mut Peer) -> BTreeMap<(usize, usize), Value> {
    let snapshot = client.request("project", "snapshot", json!({}));
    let all = |list: &str| snapshot[list].as_array().unwrap();
    let gain_of = |channel: &Value| {
        let is_fader = |node: &&Value| node["channelId"] == *channel && node["kind"] == "fader";
        let node = &all("nodes").iter().find(is_fader).unwrap()["nodeId"];
        all("parameters").iter().find(|parameter| parameter["nodeId"] == *node).unwrap()["value"].clone()
    };
    let gains = all("tracks").iter().map(|track| gain_of(&track["channelId"])).enumerate();
    let wrong = gains.filter_map(|(place, gain)| {
        let (device, fader) = (place / FADERS, place % FADERS);
        let wanted = db_of_position(position(last_place(device, fader)));
        let is_right = gain.as_f64().is_some_and(|gain| (gain - wanted).abs() < 0.001);
        (!is_right).then_some(((device, fader), gain))
    });
    wrong.collect()
}
