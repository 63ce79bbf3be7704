//! Benchmarks of the engine on its own.

use super::peer::{Peer, Ready};
use super::{Bench, BenchError, Figure, Outcome, micros, millis};
use loophole_wire::Party;
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::time::{Duration, Instant};

const TOKEN: &str = "bench";
const STARTS: usize = 20;
const PINGS: usize = 5_000;
const SYNCS: usize = 500;

struct Engine {
    process: Ready,
    peer: Peer,
    handshake: Duration,
}

fn spawn(bench: &Bench) -> Result<Engine, BenchError> {
    let signal = bench.signal();
    let process = Ready::spawn(Command::new(&signal.program).args(&signal.arguments), TOKEN)?;
    let mut peer = Peer::connect(process.port(), Party::Pulse, Party::Signal)?;
    peer.request("engine", "handshake", &json!({ "protocol": loophole_wire::PROTOCOL_VERSION, "token": TOKEN }))?;
    let handshake = process.spawned.elapsed();
    Ok(Engine { process, peer, handshake })
}

fn start_on(engine: &mut Engine, host: &Value) -> Result<Value, BenchError> {
    engine.peer.request("engine", "configure", &json!({ "preferredSampleRate": 48_000 }))?;
    engine.peer.request("engine", "start", &json!({ "audio": { "host": host } }))?;
    // The barrier is behind the first block.
    engine.peer.request("engine", "sync", &json!({}))
}

pub(super) fn start_silent(bench: &Bench) -> Result<Outcome, BenchError> {
    let (mut handshakes, mut first_blocks) = (Vec::new(), Vec::new());
    for _ in 0..STARTS {
        let mut engine = spawn(bench)?;
        handshakes.push(millis(engine.handshake));
        start_on(&mut engine, &json!("silent"))?;
        first_blocks.push(millis(engine.process.spawned.elapsed() - engine.handshake));
    }
    Ok(Outcome::Figures(vec![
        Figure::new("spawned → handshake", "ms", handshakes).at_most(30.0, 0.5),
        Figure::new("handshake → first block confirmed, silent clock", "ms", first_blocks).at_most(15.0, 0.5),
    ]))
}

pub(super) fn start_jack(bench: &Bench) -> Result<Outcome, BenchError> {
    let mut waits = Vec::new();
    for _ in 0..STARTS {
        let mut engine = spawn(bench)?;
        start_on(&mut engine, &json!({ "named": "jack" }))?;
        let deadline = Instant::now() + Duration::from_secs(2);
        loop {
            let state = engine.peer.request("engine", "configure", &json!({ "preferredSampleRate": 48_000 }))?;
            if state["device"]["silent"] == false {
                break;
            }
            if Instant::now() > deadline {
                let reason = state["reason"].as_str().unwrap_or("no JACK device within 2 s").to_owned();
                return Ok(Outcome::Skipped(format!("JACK did not open: {reason}")));
            }
            std::thread::sleep(Duration::from_micros(500));
        }
        engine.peer.request("engine", "sync", &json!({}))?;
        waits.push(millis(engine.process.spawned.elapsed() - engine.handshake));
    }
    Ok(Outcome::Figures(vec![Figure::new("handshake → first block on JACK", "ms", waits).at_most(50.0, 0.5)]))
}

pub(super) fn ping(bench: &Bench) -> Result<Outcome, BenchError> {
    let mut raw_ping = RawPing::start()?;
    let mut engine = spawn(bench)?;
    start_on(&mut engine, &json!("silent"))?;
    let (mut raw, mut samples) = (Vec::with_capacity(PINGS), Vec::with_capacity(PINGS));
    // In turns: a processor that wakes from idle costs both the same.
    for _ in 0..PINGS {
        raw.push(micros(raw_ping.once()?));
        let began = Instant::now();
        engine.peer.request("engine", "ping", &json!({}))?;
        samples.push(micros(began.elapsed()));
    }
    let raw = Figure::new("raw TCP ping of the same size", "µs", raw);
    let control = Figure::new("engine.ping", "µs", samples);
    let ratio =
        Figure::new("ratio of the medians", "×", vec![control.quantile(0.5) / raw.quantile(0.5)]).at_most(3.0, 0.5);
    Ok(Outcome::Figures(vec![raw, control, ratio]))
}

pub(super) fn sync(bench: &Bench) -> Result<Outcome, BenchError> {
    let mut engine = spawn(bench)?;
    let state = engine
        .peer
        .request("engine", "configure", &json!({ "preferredSampleRate": 48_000 }))
        .and_then(|_| start_on(&mut engine, &json!("silent")))
        .and_then(|_| engine.peer.request("engine", "configure", &json!({ "preferredSampleRate": 48_000 })))?;
    let device = &state["device"];
    let block_millis =
        device["bufferFrames"].as_f64().unwrap_or(128.0) / device["sampleRate"].as_f64().unwrap_or(48_000.0) * 1e3;
    let mut samples = Vec::with_capacity(SYNCS);
    for _ in 0..SYNCS {
        let began = Instant::now();
        engine.peer.request("engine", "sync", &json!({}))?;
        samples.push(millis(began.elapsed()));
    }
    let figure = Figure::new("engine.sync", "ms", samples)
        .at_most(block_millis + 0.2, 0.5)
        .note(format!("one block is {block_millis:.3} ms"));
    Ok(Outcome::Figures(vec![figure]))
}

/// The same number of bytes to and fro between two threads that do nothing else.
struct RawPing {
    stream: TcpStream,
    buffer: [u8; Self::BYTES],
}

impl RawPing {
    const BYTES: usize = 230;

    fn start() -> Result<Self, BenchError> {
        let io = |what: &'static str| move |source| BenchError::Io { what, source };
        let listener = TcpListener::bind(("127.0.0.1", 0)).map_err(io("listening"))?;
        let address = listener.local_addr().map_err(io("listening"))?;
        let echo = move || {
            let Ok((mut stream, _)) = listener.accept() else { return };
            let mut buffer = [0; Self::BYTES];
            if stream.set_nodelay(true).is_err() {
                return;
            }
            // It ends when this value goes, and its stream with it.
            while stream.read_exact(&mut buffer).is_ok() && stream.write_all(&buffer).is_ok() {}
        };
        std::thread::Builder::new().name("bench-echo".to_owned()).spawn(echo).map_err(io("starting a thread"))?;
        let stream = TcpStream::connect(address).map_err(io("connecting"))?;
        stream.set_nodelay(true).map_err(io("setting up the socket"))?;
        Ok(Self { stream, buffer: [0; Self::BYTES] })
    }

    fn once(&mut self) -> Result<Duration, BenchError> {
        let began = Instant::now();
        let round = self.stream.write_all(&self.buffer).and_then(|()| self.stream.read_exact(&mut self.buffer));
        round.map_err(|source| BenchError::Io { what: "the raw ping", source })?;
        Ok(began.elapsed())
    }
}
