//! A real `loophole signal` on its own: handshake, refusals, barriers, and that nobody disturbs the one who is connected.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test that cannot go on panics; what it measured is worth a line"
)]

use loophole_tests::peer::payload_of;
use loophole_tests::{Engine, Peer, wait_until};
use serde_json::json;
use std::io::Write;
use std::net::TcpStream;

fn start_silent(peer: &mut Peer) {
    peer.request("engine", "configure", json!({ "preferredSampleRate": 48_000 }));
    let state = peer.request("engine", "start", json!({ "audio": { "host": "silent" } }));
    assert_eq!(state["device"]["silent"], true, "{state}");
}

#[test]
fn only_the_parent_gets_in() {
    let engine = Engine::start();
    for (payload, code) in [
        (json!({ "protocol": 1, "token": "guessed" }), "engine.unauthorised"),
        (json!({ "protocol": 2, "token": engine.token }), "protocol.versionMismatch"),
    ] {
        let mut stranger = Peer::pulse(engine.port);
        stranger.send("engine", "handshake", payload);
        let said = stranger.until_closed();
        assert_eq!(said.last().and_then(|last| last.error.as_ref()).map(|error| error.code.as_str()), Some(code));
    }
    let mut stranger = Peer::pulse(engine.port);
    stranger.send("engine", "ping", json!({}));
    assert!(
        stranger
            .until_closed()
            .iter()
            .any(|said| said.error.as_ref().is_some_and(|error| error.code == "engine.unauthorised"))
    );

    let mut pulse = engine.connect();
    let mut second = Peer::pulse(engine.port);
    second.send("engine", "handshake", json!({ "protocol": 1, "token": engine.token }));
    assert!(
        second.until_closed().iter().any(|said| said.error.as_ref().is_some_and(|error| error.code == "engine.busy"))
    );
    pulse.request("engine", "ping", json!({}));
}

#[test]
fn hostile_strangers_do_not_disturb_the_connection_that_lives() {
    let engine = Engine::start();
    let mut pulse = engine.connect();
    start_silent(&mut pulse);
    let mut crowd = Vec::new();
    for round in 0..300_usize {
        if let Ok(mut stream) = TcpStream::connect(("127.0.0.1", engine.port)) {
            // It may be closed already: that is what a hostile stranger deserves.
            let _written = stream.write_all(&vec![0xff; round * 7]);
            crowd.push(stream);
        }
        if round % 50 == 0 {
            pulse.request("engine", "ping", json!({}));
        }
    }
    pulse.request("engine", "sync", json!({}));
}

#[test]
fn bad_messages_are_answered_and_the_engine_lives_on() {
    let engine = Engine::start();
    let mut pulse = engine.connect();
    assert_eq!(pulse.refusal("cohort", "assign", json!({})), "protocol.notImplemented");
    assert_eq!(pulse.refusal("engine", "fly", json!({})), "protocol.unknownMessage");
    assert_eq!(pulse.refusal("transport", "seek", json!({ "positionFrames": "soon" })), "protocol.malformed");
    pulse.request("engine", "ping", json!({}));
}

#[test]
fn a_graph_with_a_cycle_is_refused_and_the_old_one_plays_on() {
    let engine = Engine::start();
    let mut pulse = engine.connect();
    start_silent(&mut pulse);
    let channel = |id: u32, role: &str, output: Option<u32>, nodes: &[u32]| json!({ "channelId": id, "role": role, "output": output, "nodeIds": nodes });
    let node = |id: u32, kind: &str, target: Option<u32>| json!({ "nodeId": id, "kind": kind, "bypass": false, "parameters": [], "target": target });
    let good = json!({ "version": 1, "channels": [channel(1, "master", None, &[]), channel(2, "bus", Some(1), &[])], "nodes": [] });
    assert_eq!(pulse.request("graph", "applySnapshot", good)["version"], 1);
    let cycle = json!({
        "version": 2,
        "channels": [channel(1, "master", None, &[]), channel(2, "bus", Some(1), &[10]), channel(3, "bus", Some(2), &[])],
        "nodes": [node(10, "send", Some(3))],
    });
    let answer = pulse.ask("graph", "applySnapshot", cycle);
    let error = answer.error.expect("a cycle is refused");
    assert_eq!(error.code, "graph.cycle", "{}", error.message);
    let synced = pulse.request("engine", "sync", json!({}));
    assert_eq!(synced["graphVersion"], 1);
}

#[test]
fn it_ends_when_stdin_ends_and_when_its_pulse_goes() {
    let mut engine = Engine::start();
    let mut pulse = engine.connect();
    pulse.request("engine", "ping", json!({}));
    drop(engine.stdin.take());
    wait_until("the engine ends with its parent's pipe", || engine.child.try_wait().unwrap().is_some());

    let mut engine = Engine::start();
    drop(engine.connect());
    wait_until("the engine ends with its connection", || engine.child.try_wait().unwrap().is_some());
}

#[test]
fn positions_move_in_real_time_and_loops_wrap() {
    let engine = Engine::start();
    let mut pulse = engine.connect();
    start_silent(&mut pulse);
    pulse.request("transport", "setLoopRegion", json!({ "enabled": true, "startFrames": 48_000, "endFrames": 52_800 }));
    pulse.request("transport", "seek", json!({ "positionFrames": 48_000 }));
    let played = payload_of(&pulse.ask("transport", "play", json!({})));
    assert_eq!(played["rolling"], true);
    // Inside a loop of 0.1 s a stop must find a position inside of it, however late it comes.
    for _ in 0..5 {
        pulse.request("engine", "sync", json!({}));
    }
    let paused = pulse.request("transport", "pause", json!({}));
    let at = paused["positionFrames"].as_i64().unwrap();
    assert!((48_000..52_800).contains(&at), "{paused}");
}
