//! Control surfaces over JACK MIDI: a controller in a process of its own, the engine built for it, and Pulse as it always is.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

use loophole_tests::process::{ENGINE_VARIABLE, engine_pid, midi_jack_engine, signal};
use loophole_tests::server::{jack_environment, unique};
use loophole_tests::{Controller, Peer, Serve, ServeOptions, Server, lane, wait_until};
use serde_json::{Value, json};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// As its makers' manual says, and as its profile expects it.
const KNOWN: &str = "nanoKONTROL2";
const IDENTITY_REQUEST: [u8; 6] = [0xf0, 0x7e, 0x7f, 0x06, 0x01, 0xf7];
const IDENTITY: [u8; 15] = [0xf0, 0x7e, 0, 0x06, 0x02, 0x42, 0x13, 0x01, 0, 0, 1, 0, 2, 0, 0xf7];
const CC: u8 = 0xb0;
/// The first strip's fader and mute button.
const FADER: u8 = 0;
const MUTE: u8 = 48;

/// A JACK server and a Loophole whose engine uses it for MIDI; none where the lane cannot run.
struct Rig {
    serve: Serve,
    name: String,
    _server: Server,
    _alone: MutexGuard<'static, ()>,
}

/// Several servers at once keep a small machine from being in time.
static ALONE: Mutex<()> = Mutex::new(());

impl Rig {
    fn start(test: &str) -> Option<Self> {
        if !lane("jack", &["jackd", "jack_wait"]) {
            return None;
        }
        let engine = midi_jack_engine()?;
        let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        let name = unique(test);
        let server = Server::start("jack.sh", &[&name, "64"]);
        let mut environment = jack_environment(&name);
        environment.push((ENGINE_VARIABLE.to_owned(), engine.to_string_lossy().into_owned()));
        let serve = Serve::start(ServeOptions { environment, ..ServeOptions::default() });
        Some(Self { serve, name, _server: server, _alone: alone })
    }

    fn plug(&self, name: &str) -> Controller {
        Controller::plug(&self.name, name)
    }
}

/// The surface whose name begins so, as it is listed.
fn surface(client: &mut Peer, name: &str) -> Value {
    let listed = client.request("surface", "list", json!({}));
    let all = listed["devices"].as_array().unwrap();
    all.iter().find(|one| one["name"].as_str().unwrap().starts_with(name)).cloned().unwrap_or_default()
}

#[track_caller]
fn wait_for_state(client: &mut Peer, name: &str, state: &str) -> Value {
    let mut found = Value::Null;
    wait_until(&format!("{name} is {state}"), || {
        found = surface(client, name);
        found["state"] == state
    });
    found
}

struct Track {
    channel: Value,
}

impl Track {
    fn add(client: &mut Peer) -> Self {
        client.request("track", "create", json!({ "name": "Bass" }));
        let snapshot = client.request("project", "snapshot", json!({}));
        Self { channel: snapshot["tracks"].as_array().unwrap().last().unwrap()["channelId"].clone() }
    }

    fn gain_db(&self, client: &mut Peer) -> f64 {
        let snapshot = client.request("project", "snapshot", json!({}));
        let all = |list: &str| snapshot[list].as_array().unwrap().clone();
        let fader = all("nodes").into_iter().find(|node| node["channelId"] == self.channel && node["kind"] == "fader");
        let fader = fader.unwrap()["nodeId"].clone();
        let gain = all("parameters").into_iter().find(|parameter| parameter["nodeId"] == fader).unwrap();
        gain["value"].as_f64().unwrap_or(f64::NEG_INFINITY)
    }

    fn is_muted(&self, client: &mut Peer) -> bool {
        let snapshot = client.request("project", "snapshot", json!({}));
        let channels = snapshot["channels"].as_array().unwrap();
        channels.iter().find(|channel| channel["channelId"] == self.channel).unwrap()["mute"] == true
    }

    fn set_mute(&self, client: &mut Peer, mute: bool) {
        client.request("channel", "setFlags", json!({ "channelId": self.channel, "mute": mute }));
    }
}

/// Lets something happen to the engine, and waits for the next one.
fn next_engine(client: &mut Peer, what: impl FnOnce(&mut Peer, i32)) {
    let old = engine_pid(client);
    what(client, old);
    // Asked at once: between two questions an engine can die.
    wait_until("another engine runs", || {
        let engine = &client.request("session", "status", json!({}))["engine"];
        engine["state"] == "running" && engine["pid"] != old
    });
}

fn kill_engine(client: &mut Peer) {
    next_engine(client, |_, pid| signal(pid, 9));
}

/// Up through the place where the fader stands, to the top.
fn push_up(controller: &mut Controller, status: u8, number: u8) {
    for value in 0..=127 {
        controller.say(&[status, number, value]);
    }
}

#[test]
fn a_known_controller_works_at_once_and_shows_the_model_whatever_goes_and_returns() {
    let Some(rig) = Rig::start("jack-known") else { return };
    let mut client = rig.serve.client_with_engine();
    let track = Track::add(&mut client);
    let mut controller = rig.plug(KNOWN);
    controller.hears(&IDENTITY_REQUEST);
    controller.say(&IDENTITY);
    let known = wait_for_state(&mut client, KNOWN, "live");
    assert_eq!(known["profileId"], "korg-nanokontrol2", "{known}");
    assert!(known["reasons"].to_string().contains("identity"), "{}", known["reasons"]);

    // A hand moves the fader and presses mute; the light follows.
    push_up(&mut controller, CC, FADER);
    wait_until("the fader is up", || track.gain_db(&mut client) > 5.9);
    controller.hears(&[CC, MUTE, 0]);
    controller.say(&[CC, MUTE, 127]);
    controller.hears(&[CC, MUTE, 127]);
    assert!(track.is_muted(&mut client));
    controller.say(&[CC, MUTE, 0]);

    // The window changes the model; the light follows.
    track.set_mute(&mut client, false);
    controller.hears(&[CC, MUTE, 0]);

    // It vanishes; what changed meanwhile is shown when it is back.
    drop(controller);
    wait_for_state(&mut client, KNOWN, "gone");
    track.set_mute(&mut client, true);
    let mut controller = rig.plug(KNOWN);
    controller.hears(&[CC, MUTE, 127]);
    let back = wait_for_state(&mut client, KNOWN, "live");
    assert_eq!(back["device"], known["device"]);

    // The engine dies; all of it is told again by the next one.
    controller.forget();
    kill_engine(&mut client);
    controller.hears(&[CC, MUTE, 127]);
    wait_for_state(&mut client, KNOWN, "live");
}

#[test]
fn a_controller_that_nobody_knows_is_learned() {
    let Some(rig) = Rig::start("jack-learn") else { return };
    let mut client = rig.serve.client_with_engine();
    let track = Track::add(&mut client);
    let mut controller = rig.plug("Odd Box");
    let unknown = wait_for_state(&mut client, "Odd Box", "unknown");
    assert_eq!(unknown["profileId"], Value::Null, "{unknown}");
    let gain = json!({ "type": "gain", "of": { "by": "bank", "index": 0 } });
    client.request("surface", "learnBegin", json!({ "device": unknown["device"], "target": gain }));
    for value in 60..90 {
        controller.say(&[CC + 3, 21, value]);
    }
    let mut learned = Value::Null;
    wait_until("the mapping is there", || {
        learned = surface(&mut client, "Odd Box")["mappings"][0].clone();
        !learned.is_null()
    });
    assert_eq!((&learned["mapping"]["element"], &learned["active"]), (&json!("cc.4.21"), &json!(true)), "{learned}");
    push_up(&mut controller, CC + 3, 21);
    wait_until("the fader is up", || track.gain_db(&mut client) > 5.9);
}
