//! An OSC app moves faders and sees what others move.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test that cannot go on panics; what it measured is worth a line"
)]

use loophole_tests::process::engine_state;
use loophole_tests::{PATIENCE, Peer, Serve, lane, wait_until};
use rosc::{OscMessage, OscPacket, OscType, decoder, encoder};
use serde_json::{Value, json};
use std::net::UdpSocket;
use std::process::Command;
use std::time::Instant;

struct App {
    socket: UdpSocket,
}

impl App {
    fn new(port: u16) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.connect(("127.0.0.1", port)).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        Self { socket }
    }

    fn send(&self, address: &str, arguments: Vec<OscType>) {
        let packet = OscPacket::Message(OscMessage { addr: address.to_owned(), args: arguments });
        self.socket.send(&encoder::encode(&packet).unwrap()).unwrap();
    }

    /// The next feedback of an address that says what is wanted.
    fn feedback(&self, address: &str, wanted: impl Fn(&OscType) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        let mut buffer = vec![0; 65_536];
        while Instant::now() < deadline {
            let length = self.socket.recv(&mut buffer).expect("feedback in time");
            let (_, packet) = decoder::decode_udp(&buffer[..length]).expect("feedback is OSC");
            let mut open = vec![packet];
            while let Some(packet) = open.pop() {
                match packet {
                    OscPacket::Bundle(bundle) => open.extend(bundle.content),
                    OscPacket::Message(message)
                        if message.addr == address && message.args.first().is_some_and(&wanted) =>
                    {
                        return;
                    }
                    OscPacket::Message(_) => {}
                }
            }
        }
        panic!("no feedback of {address}");
    }
}

fn osc_port(client: &mut Peer) -> u16 {
    let mut port = 0;
    wait_until("the OSC endpoint is open", || {
        let devices = client.request("hardwareIo", "listDevices", json!({}));
        let address = devices["osc"][0]["address"].as_str().unwrap_or_default().to_owned();
        port = address.rsplit(':').next().and_then(|port| port.parse().ok()).unwrap_or(0);
        port != 0
    });
    port
}

fn parameter(client: &mut Peer, channel: &Value, name: &str) -> f64 {
    let snapshot = client.request("project", "snapshot", json!({}));
    let nodes: Vec<&Value> = snapshot["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|node| node["channelId"] == *channel && node["kind"] == name)
        .collect();
    let wanted = &nodes[0]["parameterIds"][0];
    let parameters = snapshot["parameters"].as_array().unwrap();
    let value = &parameters.iter().find(|parameter| parameter["parameterId"] == *wanted).unwrap()["value"];
    value.as_f64().unwrap_or(f64::NEG_INFINITY)
}

#[test]
fn a_fader_moves_the_model_and_the_model_moves_the_fader() {
    let serve = Serve::demo();
    let mut client = serve.client_with_engine();
    let app = App::new(osc_port(&mut client));
    let snapshot = client.request("project", "snapshot", json!({}));
    let channel = snapshot["tracks"][0]["channelId"].clone();

    app.send("/track/1/volume", vec![OscType::Float(0.0)]);
    app.feedback("/track/1/volume", |value| *value == OscType::Float(0.0));
    wait_until("the model follows the app", || parameter(&mut client, &channel, "fader") == f64::NEG_INFINITY);

    app.send("/track/1/pan", vec![OscType::Float(-0.5)]);
    wait_until("pan follows", || (parameter(&mut client, &channel, "pan") + 0.5).abs() < 1e-3);

    client.request("channel", "setPan", json!({ "channelId": channel, "pan": 1.0 }));
    app.feedback("/track/1/pan", |value| *value == OscType::Float(1.0));

    let label = client.request("history", "undo", json!({}))["label"].clone();
    assert!(label.as_str().is_some_and(|label| !label.is_empty()));
    app.feedback("/track/1/pan", |value| *value != OscType::Float(1.0));
}

#[test]
fn transport_by_osc() {
    let serve = Serve::demo();
    let mut client = serve.client_with_engine();
    client.request("client", "subscribe", json!({ "domains": ["transport"] }));
    let app = App::new(osc_port(&mut client));
    app.send("/transport/seek", vec![OscType::Float(2.0)]);
    app.send("/transport/play", vec![]);
    client.event("transport", "state", |state| state["state"] == "playing" && state["confirmedByEngine"] == true);
    app.send("/transport/stop", vec![]);
    client.event("transport", "state", |state| state["state"] != "playing" && state["confirmedByEngine"] == true);
}

#[test]
fn hostile_packets_do_no_harm() {
    let serve = Serve::demo();
    let mut client = serve.client_with_engine();
    let app = App::new(osc_port(&mut client));
    // A bundle of bundles, 2,000 deep: enough to overflow the stack of a naive decoder.
    let mut nested = Vec::new();
    for _ in 0..2_000 {
        let mut outer = b"#bundle\0\0\0\0\0\0\0\0\x01".to_vec();
        outer.extend(u32::try_from(nested.len()).unwrap().to_be_bytes());
        outer.extend(&nested);
        nested = outer;
    }
    app.socket.send(&nested).unwrap();
    for length in 0..300 {
        app.socket.send(&vec![b'#'; length]).unwrap();
    }
    app.send("/track/99999999999/volume", vec![OscType::Float(0.5)]);
    app.send("/track/1/volume", vec![OscType::Float(f32::NAN)]);
    app.send("/track/1/volume", vec![OscType::String("loud".to_owned())]);
    // The burst may overflow the kernel's buffer for the socket, and take what comes behind it along: an app sends again.
    wait_until("a good message gets through", || {
        app.send("/track/1/mute", vec![OscType::Int(1)]);
        let snapshot = client.request("project", "snapshot", json!({}));
        snapshot["tracks"][0]["flags"]["mute"] == true
    });
    app.feedback("/track/1/mute", |value| matches!(value, OscType::Int(1) | OscType::Bool(true) | OscType::Float(1.0)));
    assert_eq!(engine_state(&mut client), "running");
}

#[test]
fn a_stranger_s_tool_moves_a_fader() {
    if !lane("osc", &["oscsend"]) {
        return;
    }
    let serve = Serve::demo();
    let mut client = serve.client_with_engine();
    let port = osc_port(&mut client).to_string();
    client.request("client", "subscribe", json!({ "domains": ["channel", "track", "parameter"] }));
    let sent = Command::new("oscsend").args(["127.0.0.1", &port, "/master/volume", "f", "0.25"]).status().unwrap();
    assert!(sent.success());
    let snapshot = client.request("project", "snapshot", json!({}));
    let master = snapshot["channels"].as_array().unwrap().iter().find(|channel| channel["role"] == "master").unwrap()["channelId"].clone();
    let before = 0.0;
    wait_until("the master follows oscsend", || parameter(&mut client, &master, "fader") < before - 1.0);
}
