//! Headless clients of a real `loophole serve`: polite ones, several at once, and hostile ones.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test that cannot go on panics; what it measured is worth a line"
)]

use loophole_tests::peer::payload_of;
use loophole_tests::process::{engine_state, executable};
use loophole_tests::{Peer, Serve, wait_until};
use loophole_wire::Kind;
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

fn codes(said: &[loophole_wire::Envelope]) -> Vec<String> {
    said.iter().filter_map(|envelope| envelope.error.as_ref()).map(|error| error.code.clone()).collect()
}

#[test]
fn a_client_says_hello_and_sees_the_demo_song() {
    let serve = Serve::demo();
    let mut client = serve.client();
    let answer = client.ask("project", "snapshot", json!({}));
    assert_eq!(answer.kind, Kind::Snapshot);
    let snapshot = payload_of(&answer);
    let count = |what: &str| snapshot[what].as_array().map_or(0, Vec::len);
    assert!(count("tracks") >= 8 && count("clips") >= 8 && count("media") >= 8, "{snapshot}");
    let sends: usize =
        snapshot["channels"].as_array().unwrap().iter().map(|channel| channel["sends"].as_array().unwrap().len()).sum();
    assert!(sends > 0, "the demo song has sends");
    assert!(snapshot["channels"].as_array().unwrap().iter().any(|channel| channel["role"] == "bus"));
}

#[test]
fn a_wrong_token_or_version_is_refused_and_says_so() {
    let serve = Serve::empty();
    let mut client = Peer::client(serve.port);
    client.send("client", "hello", json!({ "clientId": "x", "instanceId": "y", "token": "wrong" }));
    assert_eq!(codes(&client.until_closed()), ["client.unauthorised"]);

    let mut client = Peer::client(serve.port);
    client.send("client", "hello", json!({ "clientId": "x", "instanceId": "y", "token": serve.token, "protocol": 99 }));
    assert_eq!(codes(&client.until_closed()), ["protocol.versionMismatch"]);

    let mut client = Peer::client(serve.port);
    client.send("transport", "play", json!({}));
    assert_eq!(codes(&client.until_closed()), ["client.unauthorised"]);
    assert!(!serve.client().request("session", "status", json!({})).is_null());
}

#[test]
fn what_one_client_does_the_other_sees() {
    let serve = Serve::empty();
    let (mut one, mut two) = (serve.client(), serve.client());
    two.request("client", "subscribe", json!({ "domains": ["track", "history"] }));
    let made = one.request("track", "create", json!({ "name": "Bass" }));
    let seen = two.event("track", "create", |_| true);
    assert_eq!(seen["revision"], made["revision"]);
    assert_eq!(seen["changed"]["tracks"][0]["name"], "Bass");
    let undone = two.request("history", "undo", json!({}));
    assert!(undone["revision"].as_u64() > made["revision"].as_u64());
    let snapshot = one.request("project", "snapshot", json!({}));
    assert_eq!(snapshot["tracks"].as_array().map(Vec::len), Some(0));
}

#[test]
fn every_command_of_the_list_gets_exactly_one_answer() {
    let serve = Serve::empty();
    let list = Command::new(executable()).args(["protocol", "list", "--json"]).output().unwrap();
    let list: Value = serde_json::from_slice(&list.stdout).unwrap();
    // What would end the conversation, or change where the test writes, is left out.
    let left_out = ["client.goodbye", "session.restartEngine", "client.updateCapabilities"];
    let mut client = serve.client();
    for row in list["messages"].as_array().unwrap() {
        let (domain, name) = (row["domain"].as_str().unwrap(), row["name"].as_str().unwrap());
        if row["direction"] != "client > pulse"
            || row["kind"] != "command"
            || left_out.contains(&format!("{domain}.{name}").as_str())
        {
            continue;
        }
        let answer = client.ask(domain, name, json!({}));
        assert_eq!((answer.domain.as_str(), answer.name.as_str()), (domain, name));
        if row["built"] == false {
            assert_eq!(
                answer.error.map(|error| error.code).as_deref(),
                Some("protocol.notImplemented"),
                "{domain}.{name}"
            );
        }
    }
    assert_eq!(client.refusal("transport", "fly", json!({})), "protocol.unknownMessage");
    assert_eq!(client.refusal("debug", "simulateError", json!({})), "debug.simulated");
    assert_eq!(client.request("debug", "echo", json!({ "a": [1, 2] })), json!({ "a": [1, 2] }));
}

#[test]
fn a_malformed_message_is_answered_and_the_connection_lives_on() {
    let serve = Serve::empty();
    let mut client = serve.client();
    for bad in [&b"{"[..], b"[]", b"null", b"\xff\xfe", br#"{"v":1}"#] {
        client.send_json(bad).unwrap();
        let answer = client.wait_for("an error", |envelope| envelope.kind == Kind::Error);
        assert_eq!(answer.error.map(|error| error.code).as_deref(), Some("protocol.malformed"));
    }
    let bomb = format!("{{\"v\":1,\"payload\":{}", "[".repeat(1_000_000));
    client.send_json(bomb.as_bytes()).unwrap();
    client.wait_for("an error", |envelope| envelope.kind == Kind::Error);
    let answer = client.ask("channel", "setGain", json!({ "channelId": "nonsense", "gainDb": 0 }));
    let error = answer.error.unwrap();
    assert_eq!(
        (error.code.as_str(), error.details["path"].as_str()),
        ("protocol.malformed", Some("payload.channelId"))
    );
    client.request("debug", "echo", json!({}));
}

#[test]
fn broken_framing_ends_the_connection_with_a_reason() {
    let serve = Serve::empty();
    for (bytes, code) in [
        (&(20 * 1024 * 1024_u32).to_le_bytes()[..], "protocol.frameTooLarge"),
        (&[0, 0, 0, 0][..], "protocol.frameEmpty"),
        (&[1, 0, 0, 0, 9][..], "protocol.frameType"),
    ] {
        let mut client = serve.client();
        client.send_raw(bytes).unwrap();
        assert_eq!(codes(&client.until_closed()), [code]);
    }
    serve.client().request("debug", "echo", json!({}));
}

#[test]
fn random_bytes_and_cut_frames_disturb_nobody() {
    let serve = Serve::empty();
    let mut polite = serve.client();
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    for round in 0..200 {
        let mut stream = TcpStream::connect(("127.0.0.1", serve.port)).unwrap();
        let bytes: Vec<u8> = (0..round * 3)
            .map(|_| {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                state.to_le_bytes()[0]
            })
            .collect();
        // The server may close while we still write: that is its right.
        let _written = stream.write_all(&bytes);
        polite.request("debug", "echo", json!({ "round": round }));
    }
}

#[test]
fn a_thousand_connections_do_not_keep_a_polite_client_out() {
    let serve = Serve::empty();
    let mut polite = serve.client();
    let crowd: Vec<_> = (0..1_000).filter_map(|_| TcpStream::connect(("127.0.0.1", serve.port)).ok()).collect();
    polite.request("debug", "echo", json!({}));
    drop(crowd);
    // A new one gets in as soon as the crowd has gone or was thrown out.
    wait_until("a new client gets in", || {
        let mut client = Peer::client(serve.port);
        client.send("client", "hello", json!({ "clientId": "late", "instanceId": "1", "token": serve.token }));
        match client.receive(Instant::now() + Duration::from_secs(5)) {
            Some(loophole_tests::peer::Received::Message(envelope)) => envelope.error.is_none(),
            _ => false,
        }
    });
}

#[test]
fn a_client_that_never_reads_is_dropped_and_the_others_go_on() {
    let serve = Serve::empty();
    let mut deaf = serve.client();
    let mut polite = serve.client();
    let filler = "x".repeat(100_000);
    let request = json!({
        "v": 1, "id": "1", "cid": null, "ts": "2026-01-31T08:05:09.000Z", "origin": "client", "target": "pulse",
        "domain": "debug", "kind": "command", "name": "echo", "payload": { "filler": filler }, "error": null,
    })
    .to_string();
    deaf.stream.set_write_timeout(Some(Duration::from_secs(5))).unwrap();
    // 50 MB of echoes that nobody reads: far over what the kernel and the queue hold.
    let mut dropped = false;
    for _ in 0..500 {
        if deaf.send_json(request.as_bytes()).is_err() {
            dropped = true;
            break;
        }
        polite.request("debug", "echo", json!({}));
    }
    if !dropped {
        let mut rest = Vec::new();
        deaf.stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        dropped = deaf.stream.read_to_end(&mut rest).is_ok();
    }
    assert!(dropped, "a client that never reads must not be kept for ever");
    polite.request("debug", "echo", json!({}));
}

#[test]
fn a_taken_port_is_a_clear_refusal() {
    let serve = Serve::empty();
    let folder = tempfile::tempdir().unwrap();
    let second = Command::new(executable())
        .args([
            "serve",
            "--empty",
            "--audio",
            "silent",
            "--osc-port",
            "0",
            "--port",
            &serve.port.to_string(),
            "--data-folder",
        ])
        .arg(folder.path())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert_eq!(second.status.code(), Some(3));
    let said = String::from_utf8_lossy(&second.stderr).into_owned();
    assert!(said.contains(&serve.port.to_string()), "{said}");
}

#[test]
fn capabilities_are_kept() {
    let serve = Serve::empty();
    let mut client = Peer::client(serve.port);
    let hello = json!({ "clientId": "x", "instanceId": "y", "token": serve.token, "capabilities": ["observe"] });
    client.request("client", "hello", hello);
    assert_eq!(client.refusal("track", "create", json!({})), "client.forbidden");
    client.request("project", "snapshot", json!({}));
}

#[test]
fn meters_arrive_while_playing() {
    let serve = Serve::demo();
    let mut client = serve.client_with_engine();
    client.request("transport", "seek", json!({ "positionTicks": 1_290_240 }));
    client.request("transport", "play", json!({}));
    client.request("metering", "subscribe", json!({ "rateHz": 30 }));
    let loud = |meters: &Value| {
        meters["channels"].as_array().is_some_and(|channels| {
            channels.iter().any(|channel| channel["peakDb"][0].as_f64().is_some_and(|peak| peak > -40.0))
        })
    };
    let first = client.event("metering", "state", loud);
    let later = client
        .event("metering", "state", |meters| meters["positionFrames"].as_i64() > first["positionFrames"].as_i64());
    assert!(later["load"]["dsp"].as_f64().is_some());
    assert_eq!(engine_state(&mut client), "running");
}
