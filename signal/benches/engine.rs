//! What a graph costs: to compile, and to run.

use divan::{Bencher, black_box};
use loophole_signal::audio::Process;
use loophole_signal::graph::{Layout, compile};
use loophole_signal::media::stream::{At, LaneWriter, RollClock, RollMap, StreamBundle, lane};
use loophole_signal::rt::{self, RtCommand, unix_nanos};
use loophole_signal::session::Session;
use serde_json::{Value, json};

fn main() {
    divan::main();
}

const RATE: u32 = 48_000;

/// Tracks with lane, gain, pan, fader, send and meter, eight buses, a master.
fn session(channels: u32) -> Session {
    let parameter = |id: u32, role: &str, value: f64| json!({ "parameterId": id, "role": role, "value": value, "smoothingMillis": 5 });
    let node = |id: u32, kind: &str, parameters: Vec<Value>, target: Option<u32>| json!({ "nodeId": id, "kind": kind, "bypass": false, "parameters": parameters, "target": target });
    let mut strips = vec![json!({ "channelId": 1, "role": "master", "output": null, "nodeIds": [] })];
    let mut nodes = Vec::new();
    for bus in 2..10 {
        strips.push(json!({ "channelId": bus, "role": "bus", "output": 1, "nodeIds": [] }));
    }
    for track in 10..10 + channels {
        let base = track * 100;
        strips.push(json!({ "channelId": track, "role": "track", "output": 2 + track % 8, "nodeIds": (base..base + 6).collect::<Vec<_>>() }));
        nodes.extend([
            node(base, "laneStream", vec![], None),
            node(base + 1, "gain", vec![parameter(base + 11, "gainDb", -3.0)], None),
            node(base + 2, "pan", vec![parameter(base + 12, "pan", 0.25)], None),
            node(
                base + 3,
                "fader",
                vec![parameter(base + 13, "gainDb", -6.0), parameter(base + 14, "audible", 1.0)],
                None,
            ),
            node(base + 4, "send", vec![parameter(base + 15, "gainDb", -12.0)], Some(2 + (track + 1) % 8)),
            node(base + 5, "meter", vec![], None),
        ]);
    }
    let snapshot = json!({ "version": 1, "channels": strips, "nodes": nodes });
    Session::from_snapshot(&serde_json::from_value(snapshot).expect("a snapshot")).expect("a session")
}

#[divan::bench(args = [64, 256])]
fn compile_graph(bencher: Bencher<'_, '_>, channels: u32) {
    let session = session(channels);
    let (_, before) = compile(session.clone(), RATE, 0, &Layout::default()).expect("it compiles");
    bencher.bench_local(|| compile(black_box(session.clone()), RATE, 0, &before));
}

#[divan::bench(args = [64, 256])]
fn parse_verify_and_compile_snapshot(bencher: Bencher<'_, '_>, channels: u32) {
    let session = session(channels);
    let channels: Vec<_> = session.channels().values().map(|channel| (**channel).clone()).collect();
    let nodes: Vec<_> = session.nodes().values().map(|node| (**node).clone()).collect();
    let text = serde_json::to_string(&json!({ "version": 1, "channels": channels, "nodes": nodes })).expect("JSON");
    bencher.bench_local(|| {
        let snapshot = serde_json::from_str(black_box(&text)).expect("a snapshot");
        compile(Session::from_snapshot(&snapshot).expect("a session"), RATE, 0, &Layout::default())
    });
}

struct Playing {
    processor: rt::AudioProcessor,
    handles: rt::Handles,
    writers: Vec<LaneWriter>,
    output: Vec<f32>,
}

fn playing(channels: u32) -> Playing {
    let (mut processor, mut handles) = rt::processor(RATE, RollClock::new(), unix_nanos);
    let (graph, _) = compile(session(channels), RATE, 1, &Layout::default()).expect("it compiles");
    let (mut writers, lanes): (Vec<_>, Vec<_>) = (10..10 + channels).map(|track| lane(track * 100, 0, 1 << 14)).unzip();
    writers.iter_mut().for_each(|writer| {
        writer.write(&vec![[0.25; 2]; 1 << 14]);
    });
    let bundle = Box::new(StreamBundle { ticket: 2, generation: 1, map: Some(RollMap::default()), at: At::Now, lanes });
    for command in [
        RtCommand::SwapGraph(graph),
        RtCommand::Streams { bundle, start_at_nanos: None },
        RtCommand::Play { ticket: 3 },
    ] {
        assert!(handles.commands.push(command).is_ok());
    }
    let mut output = vec![0.0; 256];
    for _ in 0..10 {
        processor.process(&mut output, 2);
    }
    Playing { processor, handles, writers, output }
}

/// One callback of 128 frames (2.67 ms) in which every track sounds.
#[divan::bench(args = [64, 256])]
fn process_128_frames_playing(bencher: Bencher<'_, '_>, channels: u32) {
    let mut playing = playing(channels);
    let fresh = [[0.25; 2]; 128];
    bencher.bench_local(|| {
        playing.writers.iter_mut().for_each(|writer| {
            writer.write(&fresh);
        });
        playing.processor.process(&mut playing.output, 2);
        while playing.handles.reports.pop().is_ok() {}
    });
}

#[divan::bench(args = [64, 256])]
fn process_128_frames_stopped(bencher: Bencher<'_, '_>, channels: u32) {
    let mut playing = playing(channels);
    assert!(playing.handles.commands.push(RtCommand::Pause { ticket: 4 }).is_ok());
    (0..10).for_each(|_| playing.processor.process(&mut playing.output, 2));
    bencher.bench_local(|| playing.processor.process(&mut playing.output, 2));
}
