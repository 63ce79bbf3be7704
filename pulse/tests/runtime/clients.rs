//! Headless clients: polite ones, several at once, and hostile ones.

use crate::rig::{PATIENCE, Rig, code, core_config, nobody, until_closed};
use loophole_pulse::client::{Client, ClientError};
use loophole_pulse::runtime::{PulseConfig, ServeConfig, StartError, start};
use loophole_pulse::trace::Link;
use loophole_pulse::trace::line::read_traced;
use loophole_wire::{Frame, FrameDecoder, frame};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::io::{ErrorKind, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

fn echo(client: &mut Client, payload: Value) {
    assert_eq!(client.request("debug", "echo", &payload).unwrap(), payload);
}

fn json_frame(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    frame::encode(Frame::Json(text.as_bytes()), &mut bytes);
    bytes
}

fn command(id: u32, domain: &str, name: &str, payload: Value) -> Vec<u8> {
    let envelope = json!({
        "v": 1, "id": id.to_string(), "cid": null, "ts": "2026-01-31T08:05:09.000Z", "origin": "client",
        "target": "pulse", "domain": domain, "kind": "command", "name": name, "payload": payload, "error": null,
    });
    json_frame(&envelope.to_string())
}

#[test]
fn a_hello_is_answered_with_who_is_there() {
    let rig = Rig::in_memory();
    let mut client = Client::open(rig.port()).unwrap();
    let hello = json!({ "clientId": "x", "instanceId": "y", "token": rig.token(), "capabilities": ["observe"] });
    let answer = client.request("client", "hello", &hello).unwrap();
    assert_eq!((&answer["protocol"], &answer["isManager"]), (&json!(1), &json!(false)));
    assert_eq!(answer["sessionId"].as_str().map(str::len), Some(32));
    assert_eq!(code(client.request("client", "hello", &hello)), "client.alreadyGreeted");
    assert_eq!(code(client.request("track", "create", &json!({}))), "client.forbidden");
    assert_eq!(client.request("client", "goodbye", &json!({})).unwrap(), json!({}));
    assert_eq!(until_closed(&mut client), [""; 0]);
}

#[test]
fn a_client_is_told_messages_but_not_of_being_told() {
    let rig = Rig::in_memory();
    let (mut watcher, mut other) = (rig.client(), rig.client());
    assert_eq!(
        code(watcher.request("debug", "traceSubscribe", &json!({ "filter": "domian == x" }))),
        "debug.badFilter"
    );
    let asked = json!({ "filter": "domain==track  link==client" });
    let answer = watcher.request("debug", "traceSubscribe", &asked).unwrap();
    assert_eq!(answer, json!({ "filter": "domain == track and link == client" }));
    let deadline = Instant::now() + PATIENCE;
    let mut seen = Vec::new();
    // The tap is open a moment after the answer.
    while seen.len() < 2 && Instant::now() < deadline {
        other.request("track", "create", &json!({})).unwrap();
        while let Ok(event) = watcher.next_event(Duration::from_millis(100)) {
            assert_eq!((event.domain.as_str(), event.name.as_str()), ("debug", "traced"));
            seen.extend(read_traced(&event.payload).unwrap().0);
        }
    }
    let reply = seen.iter().find(|entry| entry.cid.is_some()).unwrap();
    assert!(seen.iter().all(|entry| &*entry.domain == "track" && matches!(entry.link, Link::Client(_))));
    assert!(seen.iter().any(|entry| reply.cid.as_ref() == Some(&entry.id)));
    let everything = json!({ "fromNumber": 0 });
    watcher.request("debug", "traceSubscribe", &everything).unwrap();
    while let Ok(event) = watcher.next_event(Duration::from_millis(300)) {
        let (entries, _) = read_traced(&event.payload).unwrap();
        assert!(entries.iter().all(|entry| &*entry.name != "traced"));
        if Instant::now() > deadline {
            break;
        }
    }
    watcher.request("debug", "traceUnsubscribe", &json!({})).unwrap();
}

#[test]
fn who_has_no_token_is_not_served() {
    let rig = Rig::in_memory();
    let hello = |token: &str, protocol: u32| json!({ "clientId": "x", "instanceId": "y", "token": token, "protocol": protocol });
    let almost = format!("{}x", rig.token());
    for (domain, name, payload, wanted) in [
        ("client", "hello", hello("", 1), "client.unauthorised"),
        ("client", "hello", hello(&almost, 1), "client.unauthorised"),
        ("client", "hello", hello(rig.token(), 2), "protocol.versionMismatch"),
        ("client", "hello", json!({ "token": 7 }), "protocol.malformed"),
        ("debug", "echo", json!({}), "client.unauthorised"),
    ] {
        let mut client = Client::open(rig.port()).unwrap();
        assert_eq!(code(client.request(domain, name, &payload)), wanted);
        assert_eq!(until_closed(&mut client), [""; 0]);
    }
    let mut silent = Client::open(rig.port()).unwrap();
    assert_eq!(until_closed(&mut silent), ["client.unauthorised"]);
    echo(&mut rig.client(), json!({}));
}

#[test]
fn answers_come_in_the_order_of_the_questions() {
    let rig = Rig::in_memory();
    let mut client = rig.client();
    let questions = [("debug", "echo"), ("debug", "dream"), ("client", "heartbeat"), ("rendering", "exportMixdown")];
    let (mut bytes, mut wanted) = (Vec::new(), Vec::new());
    for id in 1_000..2_000_u32 {
        let (domain, name) = questions[id as usize % questions.len()];
        bytes.extend(command(id, domain, name, json!({})));
        wanted.push(id.to_string());
    }
    let mut stream = greeted_stream(&rig);
    stream.0.write_all(&bytes).unwrap();
    let mut answered = Vec::new();
    while answered.len() < wanted.len() {
        let envelope = next_envelope(&mut stream);
        answered.extend(envelope["cid"].as_str().filter(|_| envelope["kind"] != "command").map(str::to_owned));
    }
    assert_eq!(answered, wanted);
    echo(&mut client, json!({}));
}

/// A connection that has said hello, without a client that answers heartbeats.
fn greeted_stream(rig: &Rig) -> (TcpStream, FrameDecoder) {
    let mut stream = (TcpStream::connect(("127.0.0.1", rig.port())).unwrap(), FrameDecoder::default());
    stream.0.set_read_timeout(Some(PATIENCE)).unwrap();
    let hello = json!({ "clientId": "raw", "instanceId": "1", "token": rig.token() });
    stream.0.write_all(&command(1, "client", "hello", hello)).unwrap();
    assert_eq!(next_envelope(&mut stream)["name"], "hello");
    stream
}

fn next_envelope((stream, decoder): &mut (TcpStream, FrameDecoder)) -> Value {
    loop {
        if let Some(Frame::Json(bytes)) = decoder.next_frame().unwrap() {
            return serde_json::from_slice(bytes).unwrap();
        }
        assert!(decoder.read_from(stream).unwrap() > 0, "the connection ended");
    }
}

#[test]
fn a_quiet_client_gets_a_heartbeat_and_is_dropped_after_ten_seconds_of_silence() {
    let mut rig = Rig::in_memory();
    let mut stream = greeted_stream(&rig);
    let beat = next_envelope(&mut stream);
    assert_eq!((&beat["kind"], &beat["name"]), (&json!("command"), &json!("heartbeat")));
    loop {
        let envelope = next_envelope(&mut stream);
        if envelope["kind"] == "error" {
            assert_eq!(envelope["error"]["code"], "client.silent");
            break;
        }
    }
    rig.until("the silent client is gone", |view| view.clients.is_empty());
}

#[test]
fn nonsense_is_answered_and_the_connection_lives_on() {
    let rig = Rig::in_memory();
    let mut client = rig.client();
    let bomb = format!("{{\"v\":1,\"payload\":{}", "[".repeat(1_000_000));
    for bad in ["{", "[]", "null", "", "{\"v\":1}", bomb.as_str()] {
        client.send_raw(&json_frame(bad)).unwrap();
        let event = client.next_event(PATIENCE).unwrap();
        assert_eq!(event.error.unwrap().code, "protocol.malformed", "{:.20}", bad);
    }
    // What can be read of a wrong envelope says which command is answered.
    client.send_raw(&json_frame(r#"{"v":9,"id":"wrong","domain":"debug","name":"echo"}"#)).unwrap();
    assert_eq!(code(client.answer("wrong")), "protocol.malformed");
    // A plane frame that is none, and one that a client may not send.
    let mut bytes = Vec::new();
    frame::encode(Frame::Plane(&[1, 2, 3]), &mut bytes);
    client.send_raw(&bytes).unwrap();
    assert_eq!(client.next_event(PATIENCE).unwrap().error.unwrap().code, "protocol.malformed");
    echo(&mut client, json!({ "still": "here" }));
}

#[test]
fn lost_framing_ends_the_connection_with_a_reason() {
    let rig = Rig::in_memory();
    for (bytes, wanted) in [
        (&(20 * 1024 * 1024_u32).to_le_bytes()[..], "protocol.frameTooLarge"),
        (&[0, 0, 0, 0][..], "protocol.frameEmpty"),
        (&[1, 0, 0, 0, 9][..], "protocol.frameType"),
    ] {
        let mut client = rig.client();
        client.send("debug", "echo", &json!({})).unwrap();
        client.send_raw(bytes).unwrap();
        // The other side may close before all of it has gone out.
        let _sent = client.send_raw(&vec![7; 1_000_000]);
        assert_eq!(until_closed(&mut client), [wanted]);
    }
}

#[test]
fn a_frame_may_come_in_any_number_of_pieces() {
    let rig = Rig::in_memory();
    let mut client = rig.client();
    for byte in command(77, "debug", "echo", json!({ "a": 1 })) {
        client.send_raw(&[byte]).unwrap();
    }
    assert_eq!(client.answer("77").unwrap(), json!({ "a": 1 }));
    // Half a frame, and gone.
    let mut cut = rig.client();
    cut.send_raw(&command(1, "debug", "echo", json!({}))[..20]).unwrap();
    drop(cut);
    echo(&mut client, json!({}));
}

#[test]
fn random_bytes_disturb_nobody() {
    let rig = Rig::in_memory();
    let mut polite = rig.client();
    let garbage = prop::collection::vec(any::<u8>(), 0..600);
    let cases = ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() };
    let mut runner = proptest::test_runner::TestRunner::new(cases);
    let port = rig.port();
    let greeting = json!({ "clientId": "x", "instanceId": "y", "token": rig.token() });
    let polite = std::cell::RefCell::new(&mut polite);
    runner
        .run(&(garbage, any::<bool>(), any::<bool>()), |(bytes, says_hello, framed)| {
            let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
            if says_hello {
                stream.write_all(&command(1, "client", "hello", greeting.clone())).unwrap();
            }
            let mut sent = Vec::new();
            if framed {
                frame::encode(if bytes.len() % 2 == 0 { Frame::Json(&bytes) } else { Frame::Plane(&bytes) }, &mut sent);
            } else {
                sent.extend(&bytes);
            }
            // The server may close while we still write: that is its right.
            let _written = stream.write_all(&sent);
            echo(&mut polite.borrow_mut(), json!({ "length": bytes.len() }));
            Ok(())
        })
        .unwrap();
}

#[test]
fn who_never_reads_is_dropped_and_the_others_go_on() {
    let mut rig = Rig::in_memory();
    let mut polite = rig.client();
    let mut deaf = greeted_stream(&rig).0;
    rig.until("both are there", |view| view.clients.len() == 2);
    deaf.set_write_timeout(Some(Duration::from_millis(200))).unwrap();
    let question = command(9, "debug", "echo", json!({ "filler": "x".repeat(100_000) }));
    // Far more than the kernel and the queue hold.
    for _ in 0..500 {
        match deaf.write_all(&question) {
            Ok(()) => {}
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => break,
            Err(_) => break,
        }
        echo(&mut polite, json!({}));
    }
    let deadline = Instant::now() + PATIENCE;
    while rig.view().clients.len() == 2 {
        assert!(Instant::now() < deadline, "the deaf one is still there");
        echo(&mut polite, json!({}));
    }
}

#[test]
fn three_hundred_connections_keep_nobody_out() {
    let rig = Rig::in_memory();
    let mut polite = rig.client();
    let crowd: Vec<_> = (0..300).filter_map(|_| TcpStream::connect(("127.0.0.1", rig.port())).ok()).collect();
    echo(&mut polite, json!({}));
    // The crowd still stands there; those of it that wait are thrown out after two seconds.
    let deadline = Instant::now() + PATIENCE;
    let mut late = loop {
        match Client::connect(rig.port(), rig.token(), "late") {
            Ok(client) => break client,
            Err(_) => assert!(Instant::now() < deadline, "no client gets in any more"),
        }
    };
    echo(&mut late, json!({}));
    drop(crowd);
}

#[test]
fn as_many_clients_as_there_is_room_for() {
    let rig = Rig::in_memory();
    let mut clients: Vec<_> = (0..256).map(|_| rig.client()).collect();
    let mut one_more = Client::open(rig.port()).unwrap();
    let hello = json!({ "clientId": "x", "instanceId": "y", "token": rig.token() });
    assert_eq!(code(one_more.request("client", "hello", &hello)), "client.tooManyClients");
    for client in &mut clients {
        echo(client, json!({}));
    }
    clients.pop();
    let deadline = Instant::now() + PATIENCE;
    while Client::connect(rig.port(), rig.token(), "late").is_err() {
        assert!(Instant::now() < deadline, "the free place is not given away");
    }
}

#[test]
fn what_one_client_does_the_other_hears() {
    let rig = Rig::in_memory();
    let (mut one, mut two, mut deaf) = (rig.client(), rig.client(), rig.client());
    two.request("client", "subscribe", &json!({ "domains": ["*"] })).unwrap();
    one.request("client", "subscribe", &json!({ "domains": ["track"] })).unwrap();
    let made = one.request("track", "create", &json!({ "name": "Bass" })).unwrap();
    let heard = loop {
        let event = two.next_event(PATIENCE).unwrap();
        if (event.domain.as_str(), event.name.as_str()) == ("track", "create") {
            break event;
        }
    };
    assert_eq!(heard.payload["revision"], made["revision"]);
    // The one who did it has the answer, and no event beside it; who did not subscribe hears nothing.
    echo(&mut one, json!({}));
    echo(&mut deaf, json!({}));
    for client in [&mut one, &mut deaf] {
        assert!(matches!(client.next_event(Duration::from_millis(1)), Err(ClientError::TimedOut(_))));
    }
}

#[test]
fn a_taken_port_is_refused_at_the_start() {
    let rig = Rig::in_memory();
    let folder = tempfile::tempdir().unwrap();
    let serve = Some(ServeConfig { port: rig.port() });
    let config = PulseConfig { core: core_config(&folder), signal: nobody(), serve, wake: Arc::new(|| {}) };
    match start(config) {
        Err(StartError::PortTaken { port, .. }) => assert_eq!(port, rig.port()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_end_of_pulse_ends_its_clients() {
    let rig = Rig::in_memory();
    let mut client = rig.client();
    let began = Instant::now();
    drop(rig);
    assert!(began.elapsed() < PATIENCE);
    assert!(matches!(client.request("debug", "echo", &json!({})), Err(ClientError::Closed | ClientError::Io(_))));
}
