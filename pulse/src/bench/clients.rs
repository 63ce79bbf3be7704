//! Benchmarks of Pulse and Signal together, as a headless client sees them.

use super::peer::{Peer, Ready, client, payload_of};
use super::{Bench, BenchError, Figure, Outcome, Scratch, millis};
use loophole_surfaces::osc;
use loophole_wire::plane::{GestureValue, Header, encode_gesture};
use loophole_wire::{Frame, frame};
use serde_json::{Value, json};
use std::net::UdpSocket;
use std::process::Command;
use std::time::{Duration, Instant};

const STARTS: usize = 10;
const DEATHS: usize = 50;
const FADER_MOVES: usize = 1_000;

fn serve(bench: &Bench, scratch: &Scratch, audio: &str) -> Result<Ready, BenchError> {
    Ready::spawn(
        Command::new(&bench.program)
            .args(["serve", "--audio", audio, "--osc-port", "0", "--data-folder"])
            .arg(scratch.path()),
        "",
    )
}

fn wait_for_engine(peer: &mut Peer) -> Result<Value, BenchError> {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let status = peer.request("session", "status", &json!({}))?;
        if status["engine"]["state"] == "running" {
            return Ok(status);
        }
        if Instant::now() > deadline {
            return Err(BenchError::Failed(format!("the engine does not run: {status}")));
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

pub(super) fn serve_ready(bench: &Bench) -> Result<Outcome, BenchError> {
    let mut samples = Vec::new();
    for _ in 0..STARTS {
        let scratch = Scratch::new()?;
        let ready = serve(bench, &scratch, "silent")?;
        samples.push(millis(ready.spawned.elapsed()));
    }
    Ok(Outcome::Figures(vec![Figure::new("spawned → ready line", "ms", samples).at_most(300.0, 0.5)]))
}

pub(super) fn parameter_sets(bench: &Bench) -> Result<Outcome, BenchError> {
    const SECONDS: f64 = 3.0;
    const BATCH: usize = 500;
    let scratch = Scratch::new()?;
    let ready = serve(bench, &scratch, "silent")?;
    let mut peer = client(&ready)?;
    wait_for_engine(&mut peer)?;
    let ids = gain_parameters(&mut peer)?;

    // As plane frames.
    let payload = json!({ "parameterIds": ids });
    let stream = peer.request("gesture", "createStream", &payload)?["stream"]
        .as_u64()
        .and_then(|stream| u32::try_from(stream).ok())
        .ok_or_else(|| BenchError::Failed("no stream".to_owned()))?;
    let targets: Vec<u32> = ids.iter().filter_map(|id| id.trim_start_matches('p').parse().ok()).collect();
    let before = applied(&mut peer)?;
    let mut meters = Meters::subscribe(&mut peer)?;
    let (began, mut sent, mut bytes) = (Instant::now(), 0_u64, Vec::new());
    let mut sequence = 0;
    while began.elapsed().as_secs_f64() < SECONDS {
        let values: Vec<GestureValue> = (0..BATCH)
            .map(|index| GestureValue {
                target: targets[index % targets.len()],
                value: -((sent as usize + index) as f32 % 60.0),
            })
            .collect();
        let (mut plane, header) = (Vec::new(), Header { flags: 0, stream, sequence, time_nanos: 0 });
        encode_gesture(&header, &values, &mut plane);
        bytes.clear();
        frame::encode(Frame::Plane(&plane), &mut bytes);
        peer.send_bytes(&bytes)?;
        sequence += 1;
        sent += BATCH as u64;
        if sequence % 64 == 0 {
            // Reading along keeps the connection alive, and shows that answers are not starved.
            peer.request("debug", "echo", &json!({}))?;
        }
    }
    let arrived = wait_until_applied(&mut peer, before + sent)?;
    let seconds = began.elapsed().as_secs_f64();
    let plane_rate = Figure::new("sets per second, as plane frames", "1/s", vec![sent as f64 / seconds])
        .at_least(250_000.0)
        .note(lost_note(sent, arrived - before));
    let meter_rate =
        Figure::new("meter events per second meanwhile", "1/s", vec![meters.rate(&mut peer)?]).note("30 asked for");
    peer.request("gesture", "destroyStream", &json!({ "stream": stream }))?;

    // As JSON lists.
    let (began, mut sent) = (Instant::now(), 0_u64);
    while began.elapsed().as_secs_f64() < SECONDS {
        let values: Vec<Value> = (0..BATCH).map(|index| json!({ "parameterId": ids[index % ids.len()], "value": -((sent as usize + index) as f64 % 60.0) })).collect();
        let payload = json!({ "values": values });
        peer.request("parameter", "setValue", &payload)?;
        sent += BATCH as u64;
    }
    let seconds = began.elapsed().as_secs_f64();
    let json_rate =
        Figure::new("sets per second, as JSON lists of 500, each answered", "1/s", vec![sent as f64 / seconds]);
    let json_rate = json_rate.note(format!("{sent} sent; the engine gets the newest value per parameter of each list"));
    Ok(Outcome::Figures(vec![plane_rate, meter_rate, json_rate]))
}

fn lost_note(sent: u64, arrived: u64) -> String {
    format!("{sent} sent, {arrived} applied, {} lost", sent.saturating_sub(arrived))
}

fn gain_parameters(peer: &mut Peer) -> Result<Vec<String>, BenchError> {
    let snapshot = peer.request("project", "snapshot", &json!({}))?;
    let ids: Vec<String> = snapshot["parameters"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|parameter| parameter["unit"] == "dB")
        .filter_map(|parameter| parameter["parameterId"].as_str().map(str::to_owned))
        .collect();
    if ids.is_empty() { Err(BenchError::Failed("the demo song has no gains".to_owned())) } else { Ok(ids) }
}

fn applied(peer: &mut Peer) -> Result<u64, BenchError> {
    let summary = peer.request("debug", "stateSummary", &json!({}))?;
    Ok(summary["engine"]["parameterSets"].as_u64().unwrap_or(0))
}

fn wait_until_applied(peer: &mut Peer, wanted: u64) -> Result<u64, BenchError> {
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        let now = applied(peer)?;
        if now >= wanted || Instant::now() > deadline {
            return Ok(now);
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// How many meter events come in, by their positions in the stream of answers.
struct Meters {
    since: Instant,
}

impl Meters {
    fn subscribe(peer: &mut Peer) -> Result<Self, BenchError> {
        peer.request("metering", "subscribe", &json!({ "rateHz": 30 }))?;
        Ok(Self { since: Instant::now() })
    }

    /// Counts those of half a second.
    fn rate(&mut self, peer: &mut Peer) -> Result<f64, BenchError> {
        self.since = Instant::now();
        let mut count = 0;
        while self.since.elapsed() < Duration::from_millis(500) {
            peer.wait(|envelope| envelope.domain == "metering" && envelope.name == "state")?;
            count += 1;
        }
        Ok(f64::from(count) / self.since.elapsed().as_secs_f64())
    }
}

pub(super) fn recover(bench: &Bench) -> Result<Outcome, BenchError> {
    recovery(bench, "silent", 50.0, |_device| true)
}

pub(super) fn recover_jack(bench: &Bench) -> Result<Outcome, BenchError> {
    recovery(bench, "jack", 100.0, |device| device["silent"] == false)
}

/// Kills the engine again and again; it is back when it runs on a device that `counts`.
fn recovery(bench: &Bench, audio: &str, goal: f64, counts: fn(&Value) -> bool) -> Result<Outcome, BenchError> {
    let scratch = Scratch::new()?;
    let ready = serve(bench, &scratch, audio)?;
    let mut peer = client(&ready)?;
    let mut status = wait_for_engine(&mut peer)?;
    let deadline = Instant::now() + Duration::from_secs(3);
    while !counts(&status["engine"]["device"]) {
        if Instant::now() > deadline {
            return Ok(Outcome::Skipped(format!("{audio} did not open; is its server running?")));
        }
        std::thread::sleep(Duration::from_millis(20));
        status = wait_for_engine(&mut peer)?;
    }
    peer.request("client", "subscribe", &json!({ "domains": ["session"] }))?;
    peer.request("metering", "subscribe", &json!({ "rateHz": 60 }))?;
    let (mut outages, mut errors) = (Vec::new(), Vec::new());
    for _ in 0..DEATHS {
        // A restart that was asked for does not count as dying too often, and forgets the deaths before it.
        let old = status["engine"]["pid"].as_u64();
        peer.request("session", "restartEngine", &json!({}))?;
        let pid = back(&mut peer, old, counts)?.ok_or_else(|| BenchError::Failed("no engine".to_owned()))?;
        peer.request("transport", "seek", &json!({ "positionTicks": 1_290_240 }))?;
        peer.request("transport", "play", &json!({}))?;
        let place = playing(&mut peer)?;
        let killed = Instant::now();
        kill(pid)?;
        back(&mut peer, Some(pid), counts)?;
        outages.push(millis(killed.elapsed()));
        let after = playing(&mut peer)?;
        let expected = (after.1 - place.1).as_secs_f64();
        let moved = (after.0 - place.0) as f64 / 48_000.0;
        errors.push((moved - expected).abs() * 1e3);
        status = wait_for_engine(&mut peer)?;
    }
    Ok(Outcome::Figures(vec![
        Figure::new("kill -9 → playing again", "ms", outages).at_most(goal, 0.99),
        Figure::new("position beside where it would be", "ms", errors).note("seen through meter events at 60 Hz"),
    ]))
}

/// Waits until another engine than `old` runs on a device that `counts`; returns its pid.
fn back(peer: &mut Peer, old: Option<u64>, counts: fn(&Value) -> bool) -> Result<Option<u64>, BenchError> {
    let mut pid = None;
    peer.wait(|envelope| {
        envelope.domain == "session" && envelope.name == "state" && {
            let engine = payload_of(envelope)["engine"].take();
            pid = engine["pid"].as_u64();
            engine["state"] == "running" && pid != old && counts(&engine["device"])
        }
    })?;
    Ok(pid)
}

/// A position, and when it was heard of, once something is loud.
fn playing(peer: &mut Peer) -> Result<(i64, Instant), BenchError> {
    let loud = |meters: &Value| {
        meters["channels"]
            .as_array()
            .is_some_and(|channels| channels.iter().any(|one| one["peakDb"][0].as_f64() > Some(-60.0)))
    };
    let envelope =
        peer.wait(|envelope| envelope.domain == "metering" && envelope.name == "state" && loud(&payload_of(envelope)))?;
    Ok((payload_of(&envelope)["positionFrames"].as_i64().unwrap_or(0), Instant::now()))
}

fn kill(pid: u64) -> Result<(), BenchError> {
    let status = Command::new("kill").args(["-9", &pid.to_string()]).status();
    status.map(|_| ()).map_err(|source| BenchError::Io { what: "killing the engine", source })
}

pub(super) fn osc_round_trip(bench: &Bench) -> Result<Outcome, BenchError> {
    let scratch = Scratch::new()?;
    let ready = serve(bench, &scratch, "silent")?;
    let mut peer = client(&ready)?;
    wait_for_engine(&mut peer)?;
    let devices = peer.request("hardwareIo", "listDevices", &json!({}))?;
    let address = devices["osc"][0]["address"]
        .as_str()
        .ok_or_else(|| BenchError::Failed("no OSC endpoint".to_owned()))?
        .to_owned();
    let io = |what: &'static str| move |source| BenchError::Io { what, source };
    let socket = UdpSocket::bind("127.0.0.1:0").map_err(io("opening a UDP socket"))?;
    socket.connect(address).map_err(io("opening a UDP socket"))?;
    let (mut samples, mut buffer) = (Vec::new(), vec![0; 65_536]);
    for round in 0..=FADER_MOVES {
        // Whatever is still on its way is not the answer to this move.
        socket
            .set_read_timeout(Some(Duration::from_millis(if round == 0 { 300 } else { 3 })))
            .map_err(io("opening a UDP socket"))?;
        while socket.recv(&mut buffer).is_ok() {}
        socket.set_read_timeout(Some(Duration::from_secs(5))).map_err(io("opening a UDP socket"))?;
        let value = 0.2 + (round % 500) as f32 / 1_000.0;
        let message =
            osc::OscMessage { address: "/track/1/volume".to_owned(), arguments: vec![osc::OscArgument::Float(value)] };
        let packet = osc::encode(&[message]).map_err(|error| BenchError::Failed(error.to_string()))?;
        let began = Instant::now();
        socket.send(&packet).map_err(io("sending OSC"))?;
        socket.recv(&mut buffer).map_err(io("waiting for OSC feedback"))?;
        if round > 0 {
            samples.push(millis(began.elapsed()));
        }
    }
    Ok(Outcome::Figures(vec![Figure::new("fader in → feedback out", "ms", samples).at_most(0.35, 0.5)]))
}
