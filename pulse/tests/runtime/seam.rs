//! The window's side of the upper seam, and what the tap sees.

use crate::rig::{PATIENCE, Rig};
use loophole_pulse::event::{ModelEvent, Ticket};
use loophole_pulse::intent::{Intent, debug, metering, track, transport};
use loophole_pulse::port::{EnginePort, SendError};
use loophole_pulse::trace::{Body, Link, TraceEntry};
use loophole_wire::Kind;
use loophole_wire::plane::GestureValue;
use serde_json::{Value, json};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// Waits for the answer to a window's intent; the events that came with it are returned too.
#[track_caller]
fn answer(rig: &mut Rig, ticket: Ticket) -> (Result<Value, String>, Vec<ModelEvent>) {
    let deadline = Instant::now() + PATIENCE;
    let mut events = Vec::new();
    loop {
        rig.pulse.handle.drain(&mut events);
        let found = events.iter().find_map(|event| match event {
            ModelEvent::Answered { ticket: of, outcome, .. } if *of == ticket => {
                Some(outcome.clone().map(|reply| reply.payload.value()).map_err(|error| error.code))
            }
            _ => None,
        });
        if let Some(outcome) = found {
            return (outcome, events);
        }
        assert!(Instant::now() < deadline, "no answer, but {events:?}");
        std::thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn a_window_asks_is_answered_and_sees_what_changed() {
    let mut rig = Rig::in_memory();
    let create = track::Create { name: Some("Drums".to_owned()), ..track::Create::default() };
    let ticket = rig.pulse.handle.send(Intent::TrackCreate(create)).unwrap();
    let (outcome, events) = answer(&mut rig, ticket);
    let revision = outcome.unwrap()["revision"].as_u64().unwrap();
    assert!(events.iter().any(|event| matches!(event, ModelEvent::Changed { domain: "track", .. })));
    // Who has the answer has the picture too.
    assert!(rig.view().revision >= revision);
    assert!(rig.wakes.load(Ordering::Relaxed) > 0);
}

#[test]
fn a_window_that_does_not_look_is_told_to_wait() {
    let mut rig = Rig::in_memory();
    let mut sent = 0;
    let deadline = Instant::now() + PATIENCE;
    loop {
        match rig.pulse.handle.send(Intent::DebugEcho(debug::Echo::default())) {
            Ok(_) => sent += 1,
            Err(SendError::Full) if sent >= 8_192 => break,
            Err(SendError::Full) => std::thread::sleep(Duration::from_millis(1)),
            Err(SendError::Closed) => panic!("closed after {sent}"),
        }
        assert!(Instant::now() < deadline);
    }
    let (mut events, mut answered) = (Vec::new(), 0);
    while answered < sent {
        rig.pulse.handle.drain(&mut events);
        answered += events.drain(..).filter(|event| matches!(event, ModelEvent::Answered { .. })).count();
        assert!(Instant::now() < deadline, "{answered} of {sent} answers");
    }
}

/// What the tap saw, when it has seen what is wanted.
#[track_caller]
fn seen(rig: &Rig, wanted: impl Fn(&TraceEntry) -> bool) -> Vec<TraceEntry> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let mut entries = Vec::new();
        rig.pulse.tap.read(0, &mut entries);
        if entries.iter().any(&wanted) {
            return entries;
        }
        assert!(Instant::now() < deadline, "not seen among {} messages", entries.len());
        std::thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn an_open_tap_sees_both_sides_and_never_the_token() {
    let mut rig = Rig::in_memory();
    let mut entries = Vec::new();
    rig.client().request("debug", "echo", &json!({})).unwrap();
    assert_eq!(rig.pulse.tap.read(0, &mut entries), 0, "a closed tap sees nothing");
    rig.pulse.tap.set_open(true);
    let mut client = rig.client();
    let id = client.send("debug", "echo", &json!({ "tell": "me" })).unwrap();
    client.answer(&id).unwrap();
    let ticket = rig.pulse.handle.send(Intent::TransportPlay(transport::Play::default())).unwrap();
    answer(&mut rig, ticket).0.unwrap();
    let is_answer = |entry: &TraceEntry| entry.link == Link::Window && entry.kind == Kind::Event && entry.cid.is_some();
    let entries = seen(&rig, is_answer);
    let asked = entries.iter().find(|entry| &*entry.id == id.as_str() && entry.kind == Kind::Command).unwrap();
    let told = entries.iter().find(|entry| entry.cid.as_deref() == Some(id.as_str())).unwrap();
    assert!(matches!(asked.link, Link::Client(_)) && asked.link == told.link);
    assert!(asked.size_bytes > 100 && told.number > asked.number);
    assert!(entries.iter().any(|entry| matches!(&entry.body, Body::Intent(intent) if intent.spec().name == "play")));
    assert!(!format!("{entries:?}").contains(rig.token()));
}

/// The tracks' faders: names of parameters in dB.
fn gains(client: &mut loophole_pulse::client::Client) -> Vec<String> {
    let snapshot = client.request("project", "snapshot", &json!({})).unwrap();
    let parameters = snapshot["parameters"].as_array().unwrap().iter();
    parameters
        .filter(|parameter| parameter["unit"] == "dB")
        .map(|parameter| parameter["parameterId"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn of_many_values_in_a_hurry_none_is_lost_on_the_way_to_the_engine() {
    const VALUES: usize = 200_000;
    let mut rig = Rig::in_memory();
    let mut client = rig.client();
    rig.until("the engine runs", |view| view.engine.state == loophole_pulse::view::EngineState::Running);
    client.request("track", "create", &json!({})).unwrap();
    let gains = gains(&mut client);
    let opened = client.request("gesture", "createStream", &json!({ "parameterIds": gains })).unwrap();
    let stream = u32::try_from(opened["stream"].as_u64().unwrap()).unwrap();
    let targets: Vec<u32> = gains.iter().map(|id| id[1..].parse().unwrap()).collect();
    let before = rig.engine.lock().unwrap().parameter_sets;
    let values: Vec<_> = (0..VALUES)
        .map(|place| GestureValue { target: targets[place % targets.len()], value: -((place % 60) as f32) })
        .collect();
    // Frames of all sizes.
    let mut rest = values.as_slice();
    let mut size = 1;
    while !rest.is_empty() {
        let (now, later) = rest.split_at(size.min(rest.len()));
        client.plane(stream, now).unwrap();
        (rest, size) = (later, size % 997 + 1);
    }
    let deadline = Instant::now() + PATIENCE;
    while rig.engine.lock().unwrap().parameter_sets < before + VALUES as u64 {
        assert!(Instant::now() < deadline, "{} of {VALUES}", rig.engine.lock().unwrap().parameter_sets - before);
        std::thread::sleep(Duration::from_millis(5));
    }
    let newest = values.iter().rev().find(|value| value.target == targets[0]).unwrap().value;
    assert_eq!(rig.engine.lock().unwrap().parameters.get(&targets[0]), Some(&newest));
}

#[test]
fn meters_come_to_window_and_client_while_it_plays() {
    let mut rig = Rig::in_memory();
    let mut client = rig.client();
    rig.until("the engine runs", |view| view.engine.state == loophole_pulse::view::EngineState::Running);
    client.request("track", "create", &json!({})).unwrap();
    client.request("transport", "play", &json!({})).unwrap();
    let subscribe = Intent::MeteringSubscribe(metering::Subscribe { rate_hz: Some(60) });
    client.request("metering", "subscribe", &serde_json::from_str(subscribe.payload().get()).unwrap()).unwrap();
    let mut positions = Vec::new();
    while positions.len() < 5 {
        let event = client.next_event(PATIENCE).unwrap();
        let loud = event.payload["channels"].as_array().is_some_and(|channels| {
            channels.iter().any(|channel| channel["peakDb"][0].as_f64().is_some_and(|db| db > -10.0))
        });
        if event.name == "state" && event.domain == "metering" && loud {
            positions.push(event.payload["positionFrames"].as_i64().unwrap());
        }
    }
    assert!(positions.is_sorted() && positions.first() < positions.last(), "{positions:?}");
    let telemetry = rig.pulse.handle.telemetry();
    assert!(telemetry.rolling && telemetry.position_frames > 0 && !telemetry.meters.is_empty());
    // When nothing moves any more, the window may sleep.
    client.request("transport", "stop", &json!({})).unwrap();
    let deadline = Instant::now() + PATIENCE;
    loop {
        let before = rig.wakes.load(Ordering::Relaxed);
        std::thread::sleep(Duration::from_millis(300));
        if rig.wakes.load(Ordering::Relaxed) == before {
            break;
        }
        assert!(Instant::now() < deadline, "the window is woken for ever");
    }
}
