//! Real audio servers: JACK with its dummy driver, ALSA over JACK, PulseAudio with null sinks. They are pulled while playing.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test that cannot go on panics; what it measured is worth a line"
)]

use loophole_tests::server::{jack_environment, unique};
use loophole_tests::{Peer, Serve, ServeOptions, Server, lane, wait_until};
use serde_json::{Value, json};
use std::time::Instant;

fn engine(client: &mut Peer) -> Value {
    client.request("session", "status", json!({}))["engine"].clone()
}

fn host(client: &mut Peer) -> String {
    engine(client)["device"]["host"].as_str().unwrap_or_default().to_lowercase()
}

fn position(client: &mut Peer) -> i64 {
    client.event("metering", "state", |_| true)["positionFrames"].as_i64().unwrap()
}

/// Plays, ends the server, checks that the silent clock goes on at the same place, starts it again, checks the return.
fn pulled_while_playing(wanted_host: &str, serve: &Serve, server: Server, again: impl FnOnce() -> Server) {
    let mut client = serve.client_with_engine();
    wait_until("the device is open", || host(&mut client) == wanted_host);
    client.request("metering", "subscribe", json!({ "rateHz": 60 }));
    client.request("transport", "play", json!({}));
    client.event("metering", "state", |meters| meters["positionFrames"].as_i64() > Some(9_600));

    let before = position(&mut client);
    let began = Instant::now();
    drop(server);
    wait_until("the silent clock takes over", || engine(&mut client)["device"]["silent"] == true);
    println!("{wanted_host}: silent clock after {:?}", began.elapsed());
    assert!(engine(&mut client)["deviceReason"].as_str().is_some_and(|reason| !reason.is_empty()));
    let after = client.event("metering", "state", |meters| meters["positionFrames"].as_i64() > Some(before));
    let moved = after["positionFrames"].as_i64().unwrap() - before;
    let limit = (began.elapsed().as_secs_f64() + 1.0) * 48_000.0;
    assert!((moved as f64) < limit, "the position jumped by {moved} frames");

    let _again = again();
    wait_until("the device is taken back", || host(&mut client) == wanted_host);
    let back = position(&mut client);
    client.event("metering", "state", |meters| meters["positionFrames"].as_i64() > Some(back));
}

#[test]
fn jack_is_pulled_while_playing_and_returns() {
    if !lane("jack", &["jackd", "jack_wait"]) {
        return;
    }
    let name = unique("jack");
    let server = Server::start("jack.sh", &[&name, "128"]);
    let environment = jack_environment(&name);
    let serve =
        Serve::start(ServeOptions { audio: "jack".to_owned(), arguments: Vec::new(), environment, data_folder: None });
    pulled_while_playing("jack", &serve, server, || Server::start("jack.sh", &[&name, "128"]));
}

#[test]
fn alsa_plays_through_jack() {
    if !lane("jack", &["jackd", "jack_wait"]) {
        return;
    }
    let (name, folder) = (unique("alsa"), tempfile::tempdir().unwrap());
    let configuration = folder.path().join("asound.conf").to_string_lossy().into_owned();
    let _server = Server::start("jack.sh", &[&name, "128", &configuration]);
    let mut environment = jack_environment(&name);
    environment.push(("ALSA_CONFIG_PATH".to_owned(), configuration));
    let serve =
        Serve::start(ServeOptions { audio: "alsa".to_owned(), arguments: Vec::new(), environment, data_folder: None });
    let mut client = serve.client_with_engine();
    wait_until("the device is open", || host(&mut client) == "alsa");
    client.request("metering", "subscribe", json!({ "rateHz": 60 }));
    client.request("transport", "play", json!({}));
    client.event("metering", "state", |meters| meters["positionFrames"].as_i64() > Some(24_000));
}

#[test]
fn pulseaudio_is_pulled_while_playing_and_returns() {
    if !lane("pulse", &["pulseaudio", "pactl"]) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pulse").to_string_lossy().into_owned();
    let server = Server::start("pulse.sh", &[&path]);
    let address = server.ready.split_once("PULSE_SERVER=").expect("the script says where").1.to_owned();
    let environment = vec![("PULSE_SERVER".to_owned(), address)];
    let serve = Serve::start(ServeOptions {
        audio: "pulseaudio".to_owned(),
        arguments: Vec::new(),
        environment,
        data_folder: None,
    });
    pulled_while_playing("pulseaudio", &serve, server, || Server::start("pulse.sh", &[&path]));
}

#[test]
fn no_device_at_all_means_the_silent_clock_and_a_reason() {
    let environment = vec![("JACK_DEFAULT_SERVER".to_owned(), unique("nobody"))];
    let serve =
        Serve::start(ServeOptions { audio: "jack".to_owned(), arguments: Vec::new(), environment, data_folder: None });
    let mut client = serve.client_with_engine();
    wait_until("the reason is known", || engine(&mut client)["deviceReason"].as_str().is_some());
    assert_eq!(engine(&mut client)["device"]["silent"], true);
    client.request("metering", "subscribe", json!({ "rateHz": 60 }));
    client.request("transport", "play", json!({}));
    client.event("metering", "state", |meters| meters["positionFrames"].as_i64() > Some(9_600));
}
