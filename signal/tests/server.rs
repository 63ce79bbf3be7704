//! The engine as a process: who gets in, what is answered, how fast, and how it ends. The process is this test, run again.

use loophole_wire::envelope::Envelope;
use loophole_wire::plane::{GestureValue, Header, Plane, encode_gesture};
use loophole_wire::{Frame, FrameDecoder, frame};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::{Duration, Instant};

/// No machine is slower than this; nobody waits for it on purpose.
const PATIENCE: Duration = Duration::from_secs(20);
const TOKEN: &str = "a token from stdin";

/// Not a test: the process under test. It ends the test process itself.
#[test]
#[ignore = "the process that the other tests start"]
fn engine_process() {
    let port = std::env::var("SIGNAL_TEST_PORT").ok().and_then(|port| port.parse().ok()).unwrap_or(0);
    std::process::exit(loophole_signal::run(loophole_signal::SignalArguments { port }));
}

struct Engine {
    child: Child,
    stdin: Option<ChildStdin>,
    port: u16,
}

fn command(port: u16) -> Command {
    let mut command = Command::new(std::env::current_exe().expect("a test is a file"));
    command.args(["engine_process", "--exact", "--ignored", "--nocapture"]).env("SIGNAL_TEST_PORT", port.to_string());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

impl Engine {
    fn start() -> Self {
        let mut child = command(0).spawn().expect("the test runs again");
        let mut stdin = child.stdin.take().expect("piped");
        writeln!(stdin, "{TOKEN}").expect("it reads its token");
        let lines = BufReader::new(child.stdout.take().expect("piped")).lines();
        // The test harness says something first, on the same line perhaps.
        let ready =
            lines.map_while(Result::ok).find_map(|line| line.find(r#"{"ready""#).map(|at| line[at..].to_owned()));
        let ready: Value = serde_json::from_str(&ready.expect("a ready line")).expect("JSON");
        assert_eq!((&ready["ready"]["protocol"], &ready["ready"]["pid"]), (&json!(1), &json!(child.id())));
        let port = ready["ready"]["port"].as_u64().and_then(|port| u16::try_from(port).ok()).expect("a port");
        Self { child, stdin: Some(stdin), port }
    }

    fn connect(&self) -> Peer {
        let mut peer = Peer::new(self.port);
        peer.request("engine", "handshake", json!({ "protocol": 1, "token": TOKEN }));
        peer
    }

    fn running(&self) -> Peer {
        let mut peer = self.connect();
        let state = peer.request("engine", "start", json!({ "audio": { "host": "silent" } }));
        assert_eq!((&state["running"], &state["device"]["silent"]), (&json!(true), &json!(true)));
        peer
    }

    #[track_caller]
    fn ends(&mut self) -> std::process::ExitStatus {
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            if let Some(status) = self.child.try_wait().expect("a child") {
                return status;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        panic!("the process goes on");
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        // It may have ended already.
        let _killed = self.child.kill();
        let _status = self.child.wait();
    }
}

struct Peer {
    stream: TcpStream,
    decoder: FrameDecoder,
    next_id: u64,
    unsolicited: Vec<Envelope>,
    planes: Vec<Plane>,
}

impl Peer {
    fn new(port: u16) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", port)).expect("it listens");
        stream.set_nodelay(true).expect("a socket");
        stream.set_read_timeout(Some(PATIENCE)).expect("a socket");
        Self { stream, decoder: FrameDecoder::default(), next_id: 1, unsolicited: Vec::new(), planes: Vec::new() }
    }

    fn encode(&mut self, domain: &str, name: &str, payload: &Value, bytes: &mut Vec<u8>) -> String {
        let id = self.next_id.to_string();
        self.next_id += 1;
        let envelope = json!({
            "v": 1, "id": id, "cid": null, "ts": "2026-01-31T08:05:09.000Z", "origin": "pulse", "target": "signal",
            "domain": domain, "kind": "command", "name": name, "payload": payload, "error": null,
        });
        frame::encode(Frame::Json(envelope.to_string().as_bytes()), bytes);
        id
    }

    fn send(&mut self, domain: &str, name: &str, payload: Value) -> String {
        let mut bytes = Vec::new();
        let id = self.encode(domain, name, &payload, &mut bytes);
        self.stream.write_all(&bytes).expect("it reads");
        id
    }

    /// None at the end of the connection.
    fn next(&mut self) -> Option<Envelope> {
        loop {
            match self.decoder.next_frame().expect("it speaks the protocol") {
                Some(Frame::Json(bytes)) => return Some(Envelope::parse(bytes).expect("it speaks the protocol")),
                Some(Frame::Plane(bytes)) => self.planes.push(Plane::parse(bytes).expect("it speaks the protocol")),
                None => match self.decoder.read_from(&mut self.stream) {
                    Ok(0) => return None,
                    Ok(_) => {}
                    Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => return None,
                    Err(error) => panic!("{error}"),
                },
            }
        }
    }

    #[track_caller]
    fn answer(&mut self, id: &str) -> Envelope {
        loop {
            let envelope = self.next().expect("the connection lives");
            if envelope.cid.as_deref() == Some(id) {
                return envelope;
            }
            assert!(envelope.cid.is_none(), "an answer out of turn: {envelope:?}");
            self.unsolicited.push(envelope);
        }
    }

    #[track_caller]
    fn request(&mut self, domain: &str, name: &str, payload: Value) -> Value {
        let id = self.send(domain, name, payload);
        let answer = self.answer(&id);
        assert!(answer.error.is_none(), "{domain}.{name}: {:?}", answer.error);
        payload_of(&answer)
    }

    #[track_caller]
    fn refusal(&mut self, domain: &str, name: &str, payload: Value) -> String {
        let id = self.send(domain, name, payload);
        self.answer(&id).error.unwrap_or_else(|| panic!("{domain}.{name} was not refused")).code
    }

    fn codes_until_closed(&mut self) -> Vec<String> {
        std::iter::from_fn(|| self.next()).filter_map(|said| said.error).map(|error| error.code).collect()
    }

    fn gesture(&mut self, stream: u32, values: &[GestureValue]) {
        let (mut payload, mut bytes) = (Vec::new(), Vec::new());
        encode_gesture(&Header { flags: 0, stream, sequence: 0, time_nanos: 0 }, values, &mut payload);
        frame::encode(Frame::Plane(&payload), &mut bytes);
        self.stream.write_all(&bytes).expect("it reads");
    }

    /// Asks until the counters say so.
    #[track_caller]
    fn wait_for_counters(&mut self, what: &str, is_so: impl Fn(&Value) -> bool) -> Value {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let counters = self.request("diagnostics", "snapshot", json!({}));
            if is_so(&counters) {
                return counters;
            }
            assert!(Instant::now() < deadline, "waited in vain for {what}: {counters}");
        }
    }
}

fn payload_of(envelope: &Envelope) -> Value {
    serde_json::from_str(envelope.payload.get()).expect("a payload is JSON")
}

fn gain_graph(version: u64, parameters: u32) -> Value {
    let ids: Vec<_> = (0..parameters).map(|n| 1_000 + n).collect();
    let nodes: Vec<_> = (0..parameters)
        .map(|n| {
            let parameter = json!({ "parameterId": n, "role": "gainDb", "value": 0, "smoothingMillis": 5 });
            json!({ "nodeId": 1_000 + n, "kind": "gain", "bypass": false, "parameters": [parameter] })
        })
        .collect();
    let master = json!({ "channelId": 1, "role": "master", "output": null, "nodeIds": ids });
    json!({ "version": version, "channels": [master], "nodes": nodes })
}

#[test]
fn only_the_parent_gets_in_and_only_once() {
    let engine = Engine::start();
    for (domain, name, payload, code) in [
        ("engine", "handshake", json!({ "protocol": 1, "token": "guessed" }), "engine.unauthorised"),
        ("engine", "handshake", json!({ "protocol": 2, "token": TOKEN }), "protocol.versionMismatch"),
        ("engine", "ping", json!({}), "engine.unauthorised"),
    ] {
        let mut stranger = Peer::new(engine.port);
        stranger.send(domain, name, payload);
        assert_eq!(stranger.codes_until_closed(), [code]);
    }
    let mut pulse = engine.connect();
    let mut second = Peer::new(engine.port);
    second.send("engine", "handshake", json!({ "protocol": 1, "token": TOKEN }));
    assert_eq!(second.codes_until_closed(), ["engine.busy"]);
    pulse.request("engine", "ping", json!({}));
}

#[test]
fn a_crowd_that_says_nothing_or_nonsense_disturbs_nobody() {
    let engine = Engine::start();
    let mut pulse = engine.running();
    let mut crowd = Vec::new();
    for round in 0..1_000_usize {
        // Refused or closed: that is what strangers deserve.
        if let Ok(mut stream) = TcpStream::connect(("127.0.0.1", engine.port)) {
            let _written = stream.write_all(&vec![0xa5; round % 64]);
            crowd.push(stream);
        }
        if crowd.len() > 100 {
            crowd.clear();
        }
        if round % 100 == 0 {
            pulse.request("engine", "ping", json!({}));
        }
    }
    pulse.request("engine", "sync", json!({}));
}

#[test]
fn a_frame_of_20_mib_is_refused_before_it_has_come() {
    let engine = Engine::start();
    let mut pulse = engine.connect();
    let mut stranger = Peer::new(engine.port);
    stranger.stream.write_all(&(20_u32 * 1024 * 1024).to_le_bytes()).expect("it reads");
    assert_eq!(stranger.codes_until_closed(), ["protocol.frameTooLarge"]);
    pulse.request("engine", "ping", json!({}));
}

#[test]
fn everything_is_answered_once_and_in_order() {
    let engine = Engine::start();
    let mut pulse = engine.running();
    pulse.request("graph", "applySnapshot", gain_graph(1, 3));
    let mut bytes = Vec::new();
    let ids: Vec<_> = (0..500)
        .map(|n| {
            pulse.encode("parameter", "set", &json!({ "values": [{ "parameterId": n % 3, "value": -1 }] }), &mut bytes)
        })
        .collect();
    pulse.stream.write_all(&bytes).expect("it reads");
    for id in ids {
        assert_eq!(pulse.next().and_then(|answer| answer.cid), Some(id));
    }
    pulse.request("engine", "sync", json!({}));
    pulse.wait_for_counters("500 sets", |counters| counters["parameterSets"] == 500);
}

#[test]
fn what_is_wrong_is_refused_with_a_code_from_the_list() {
    let engine = Engine::start();
    let mut pulse = engine.running();
    pulse.request("graph", "applySnapshot", gain_graph(7, 1));
    let orphan = json!({ "version": 8, "channels": [{ "channelId": 2, "role": "bus", "output": 9, "nodeIds": [] }] });
    for (domain, name, payload, code) in [
        ("cohort", "assign", json!({}), "protocol.notImplemented"),
        ("engine", "fly", json!({}), "protocol.unknownMessage"),
        ("transport", "seek", json!({ "positionFrames": "soon" }), "protocol.malformed"),
        ("transport", "setLoopRegion", json!({ "enabled": true, "startFrames": 0, "endFrames": 63 }), "transport.loop"),
        ("graph", "applyDelta", orphan, "graph.unknownChannel"),
        ("parameter", "set", json!({ "values": [{ "parameterId": 77, "value": 0 }] }), "parameter.unknown"),
        ("gesture", "close", json!({ "stream": 4 }), "gesture.unknownStream"),
        ("hardware", "closeDevice", json!({ "device": 4 }), "hardware.unknownDevice"),
        ("media", "open", json!({ "mediaId": 1, "path": "/nowhere/at all.wav" }), "media.unreadable"),
        ("media", "peaks", json!({ "mediaId": 2 }), "media.unknown"),
    ] {
        let said = pulse.refusal(domain, name, payload);
        assert_eq!(said, code, "{domain}.{name}");
        assert!(said.starts_with("protocol.") || loophole_signal::ERROR_CODES.iter().any(|(known, _)| *known == said));
    }
    assert_eq!(pulse.request("engine", "sync", json!({}))["graphVersion"], 7, "the graph before plays on");
}

#[test]
fn the_transport_does_what_it_says() {
    let engine = Engine::start();
    let mut pulse = engine.running();
    let lane = json!({ "nodeId": 10, "kind": "laneStream", "bypass": false, "parameters": [], "regions": [] });
    let master = json!({ "channelId": 1, "role": "master", "output": null, "nodeIds": [10] });
    pulse.request("graph", "applySnapshot", json!({ "version": 1, "channels": [master], "nodes": [lane] }));
    let state = pulse.request("transport", "seek", json!({ "positionFrames": 96_000 }));
    assert_eq!((&state["rolling"], &state["positionFrames"]), (&json!(false), &json!(96_000)));
    // A play right behind a seek never rolls from the old place.
    pulse.send("transport", "seek", json!({ "positionFrames": 480_000 }));
    let play = pulse.send("transport", "play", json!({}));
    let sought = pulse.next().expect("the seek is answered first");
    assert_eq!(payload_of(&sought)["positionFrames"], 480_000);
    let played = payload_of(&pulse.answer(&play));
    assert_eq!((&played["rolling"], &played["positionFrames"]), (&json!(true), &json!(480_000)));
    let region = json!({ "enabled": true, "startFrames": 480_000, "endFrames": 484_800 });
    let looped = pulse.request("transport", "setLoopRegion", region.clone());
    assert_eq!((&looped["loopRegion"], &looped["rolling"]), (&region, &json!(true)));
    // A loop that is set just before a pause is answered, too.
    let one = pulse.send("transport", "setLoopRegion", region);
    let two = pulse.send("transport", "pause", json!({}));
    let answers = [pulse.next(), pulse.next()].map(|answer| answer.and_then(|answer| answer.cid));
    assert!(answers.contains(&Some(one)) && answers.contains(&Some(two)), "{answers:?}");
    let stopped = pulse.request("transport", "stop", json!({ "positionFrames": 5 }));
    assert_eq!((&stopped["rolling"], &stopped["positionFrames"]), (&json!(false), &json!(5)));
}

#[test]
fn an_anchor_in_the_past_is_where_the_music_is_now() {
    let engine = Engine::start();
    let mut pulse = engine.running();
    let nanos =
        |time: std::time::SystemTime| time.duration_since(std::time::UNIX_EPOCH).expect("now").as_nanos() as u64;
    let before = nanos(std::time::SystemTime::now());
    let anchor = json!({ "positionFrames": 1_000_000, "atNanos": before - 2_000_000_000 });
    let state = pulse.request("transport", "play", json!({ "anchor": anchor }));
    let passed = nanos(std::time::SystemTime::now()) - before;
    let at = state["positionFrames"].as_u64().expect("a position") - 1_096_000;
    // Somewhere between asking and hearing, and a moment that lanes may be filled in.
    assert!(at <= (passed + 10_000_000) * 48 / 1_000_000, "{at} frames, {passed} ns");
    assert_eq!(state["rolling"], true);
}

#[test]
fn it_stops_and_starts_again_and_answers_meanwhile() {
    let engine = Engine::start();
    let mut pulse = engine.running();
    let stopped = pulse.request("engine", "stop", json!({}));
    assert_eq!((&stopped["running"], &stopped["device"]), (&json!(false), &json!(null)));
    assert_eq!(pulse.refusal("transport", "play", json!({})), "engine.notRunning");
    assert_eq!(pulse.request("graph", "applySnapshot", gain_graph(2, 3))["version"], 2);
    assert_eq!(pulse.request("transport", "seek", json!({ "positionFrames": 77 }))["positionFrames"], 77);
    pulse.request("engine", "start", json!({ "audio": { "host": "silent" } }));
    let synced = pulse.request("engine", "sync", json!({}));
    assert_eq!(synced["graphVersion"], 2);
    assert_eq!(pulse.request("transport", "play", json!({}))["positionFrames"], 77);
    let panicked = pulse.request("engine", "panic", json!({}));
    assert_eq!(panicked["graphVersion"], 2);
}

#[test]
fn a_million_gesture_values_arrive_and_telemetry_goes_on() {
    let engine = Engine::start();
    let mut pulse = engine.running();
    pulse.request("graph", "applySnapshot", gain_graph(1, 100));
    pulse.request("gesture", "open", json!({ "stream": 3, "targets": (0..100).collect::<Vec<_>>() }));
    pulse.request("metering", "open", json!({ "stream": 9, "rateHz": 60 }));
    let values: Vec<_> = (0..1_000).map(|n| GestureValue { target: n % 100, value: -(n as f32) / 100.0 }).collect();
    let began = Instant::now();
    for _ in 0..1_000 {
        pulse.gesture(3, &values);
    }
    let foreign = GestureValue { target: 4_711, value: 0.0 };
    pulse.gesture(3, &[foreign]);
    pulse.request("engine", "sync", json!({}));
    println!("1,000,000 gesture values in {:?}", began.elapsed());
    let counters = pulse.wait_for_counters("all values", |counters| counters["parameterSets"] == 1_000_000);
    assert!(counters["blocks"].as_u64() > Some(0));
    let deadline = Instant::now() + PATIENCE;
    while !pulse.planes.iter().any(|plane| matches!(plane, Plane::Load(_, load) if load.parameter_sets == 1_000_000)) {
        assert!(Instant::now() < deadline, "telemetry starves");
        pulse.request("engine", "ping", json!({}));
    }
    assert!(pulse.planes.iter().all(|plane| plane.header().stream == 9));
}

#[test]
fn counters_come_at_the_rate_that_was_asked_for() {
    let engine = Engine::start();
    let mut pulse = engine.running();
    pulse.request("diagnostics", "subscribe", json!({ "rateHz": 10 }));
    while !pulse.unsolicited.iter().any(|said| said.name == "performance") {
        pulse.request("engine", "ping", json!({}));
    }
}

#[test]
fn it_ends_with_its_parent_with_its_pulse_and_when_told() {
    let mut engine = Engine::start();
    let pulse = engine.running();
    drop(engine.stdin.take());
    assert!(engine.ends().success());
    drop(pulse);

    let mut engine = Engine::start();
    drop(engine.running());
    assert!(engine.ends().success());

    let mut engine = Engine::start();
    let mut pulse = engine.running();
    pulse.request("engine", "shutdown", json!({}));
    assert!(engine.ends().success());

    let mut engine = Engine::start();
    drop(engine.stdin.take());
    assert!(engine.ends().success(), "nobody has connected");
}

#[test]
fn a_pulse_that_never_reads_is_left() {
    let mut engine = Engine::start();
    let mut pulse = engine.running();
    let mut bytes = Vec::new();
    for _ in 0..2_000 {
        pulse.encode("diagnostics", "snapshot", &json!({}), &mut bytes);
    }
    // Until the engine has gone, the answers to this are read by nobody.
    pulse.stream.set_write_timeout(Some(PATIENCE)).expect("a socket");
    while pulse.stream.write_all(&bytes).is_ok() {}
    assert!(engine.ends().success());
}

#[test]
fn a_taken_port_is_said_and_has_its_exit_code() {
    let taken = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    let port = taken.local_addr().expect("a port").port();
    let mut child = command(port).spawn().expect("the test runs again");
    let mut said = String::new();
    child.stderr.take().expect("piped").read_to_string(&mut said).expect("text");
    assert_eq!(child.wait().expect("a child").code(), Some(loophole_signal::EXIT_PORT_TAKEN));
    assert!(said.contains(&port.to_string()), "{said}");
}

/// Printed, not judged: a machine that builds beside it says nothing about the engine.
#[test]
fn how_long_things_take() {
    let began = Instant::now();
    let engine = Engine::start();
    let mut pulse = engine.connect();
    println!("spawned to handshake, through the test harness: {:?}", began.elapsed());
    let began = Instant::now();
    let state = pulse.request("engine", "start", json!({ "audio": { "host": "silent" } }));
    println!("start answered after {:?}, first block at {} µs", began.elapsed(), state["firstBlockMicros"]);
    for name in ["ping", "sync"] {
        let mut times: Vec<_> = (0..500)
            .map(|_| {
                let began = Instant::now();
                pulse.request("engine", name, json!({}));
                began.elapsed()
            })
            .collect();
        times.sort_unstable();
        println!("engine.{name}: p50 {:?}, p99 {:?}", times[250], times[495]);
    }
}
