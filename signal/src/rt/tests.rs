//! The audio callback, turned by hand: what it plays, that sizes do not matter, that nothing clicks and nothing allocates.

use super::command::{RtCommand, RtReport, RtState, Trash};
use super::processor::{AudioProcessor, Ends};
use super::telemetry::Numbers;
use crate::audio::Process;
use crate::graph::{self, Slots};
use crate::media::stream::{At, LaneWriter, RollClock, RollMap, StreamBundle, lane};
use crate::session::Session;
use assert_no_alloc::{AllocDisabler, assert_no_alloc};
use loophole_wire::message::graph::Snapshot;
use loophole_wire::message::transport::LoopRegion;
use rtrb::{Consumer, Producer, RingBuffer};
use serde_json::{Value, json};
use std::sync::Arc;

// An allocation inside of `assert_no_alloc` ends the test process.
#[global_allocator]
static NO_ALLOCATION: AllocDisabler = AllocDisabler;

const RATE: u32 = 48_000;

struct Rig {
    processor: AudioProcessor,
    commands: Producer<RtCommand>,
    parameters: Producer<(u32, f32)>,
    reports: Consumer<RtReport>,
    trash: Consumer<Trash>,
    numbers: triple_buffer::Output<Numbers>,
    clock: Arc<RollClock>,
    session: Session,
    slots: Slots,
    ticket: u64,
}

impl Rig {
    fn new() -> Self {
        let (commands, commands_out) = RingBuffer::new(1_024);
        let (parameters, parameters_out) = RingBuffer::new(1_024);
        let (reports_in, reports) = RingBuffer::new(4_096);
        let (trash_in, trash) = RingBuffer::new(4_096);
        let (numbers_in, numbers) = triple_buffer::triple_buffer(&Numbers::new());
        let clock = RollClock::new();
        let ends = Ends { commands: commands_out, parameters: parameters_out, reports: reports_in, trash: trash_in, numbers: numbers_in, clock: Arc::clone(&clock) };
        let processor = AudioProcessor::new(ends, RATE);
        Self { processor, commands, parameters, reports, trash, numbers, clock, session: Session::default(), slots: Slots::default(), ticket: 0 }
    }

    fn ticket(&mut self) -> u64 {
        self.ticket += 1;
        self.ticket
    }

    fn tell(&mut self, command: RtCommand) {
        self.commands.push(command).unwrap();
    }

    fn graph(&mut self, channels: Value, nodes: Value) {
        let version = self.session.version + 1;
        let snapshot: Snapshot = serde_json::from_value(json!({ "version": version, "channels": channels, "nodes": nodes })).unwrap();
        let next = self.session.with_snapshot(snapshot).unwrap();
        for value in self.slots.fit(&self.session, &next).unwrap() {
            self.parameters.push(value).unwrap();
        }
        let schedule = Box::new(graph::compile(&next, &self.slots, RATE).unwrap());
        let ticket = self.ticket();
        self.session = next;
        self.tell(RtCommand::SwapSchedule { ticket, schedule });
    }

    fn set(&mut self, parameter: u32, value: f32) {
        let slot = self.slots.of(parameter).unwrap();
        self.parameters.push((slot, value)).unwrap();
    }

    /// The left side of what is played, in callbacks of `size` frames; proves that nothing allocates.
    fn play(&mut self, frames: usize, size: usize) -> Vec<f32> {
        let mut out = vec![0.0; frames * 2];
        for piece in out.chunks_mut(size * 2) {
            assert_no_alloc(|| self.processor.process(piece, 2));
        }
        out.chunks(2).map(|frame| frame[0]).collect()
    }

    fn applied(&mut self, ticket: u64) -> Option<RtState> {
        while let Ok(report) = self.reports.pop() {
            if let RtReport::Applied { ticket: seen, state } = report
                && seen == ticket
            {
                return Some(state);
            }
        }
        None
    }

    /// A bundle with one lane that counts up from the position.
    fn locate(&mut self, node: u32, position: i64, generation: u64, frames: usize) -> LaneWriter {
        let (mut writer, reader) = lane(node, 0, frames.max(1));
        let ramp: Vec<_> = (0..frames as i64).map(|frame| [(position + frame) as f32; 2]).collect();
        assert_eq!(writer.write(&ramp), frames);
        let map = RollMap { start_roll: 0, start_position: position, loop_region: LoopRegion::default() };
        let ticket = self.ticket();
        self.tell(RtCommand::SwapStreams(Box::new(StreamBundle { ticket, generation, map: Some(map), at: At::Now, lanes: vec![reader] })));
        writer
    }
}

fn gain(parameter: u32, db: Value) -> Value {
    json!({ "parameterId": parameter, "role": "gainDb", "value": db, "smoothingMillis": 5.0 })
}

fn master(nodes: &[u32]) -> Value {
    json!({ "channelId": 1, "role": "master", "output": null, "nodeIds": nodes })
}

fn channel(id: u32, output: u32, nodes: &[u32]) -> Value {
    json!({ "channelId": id, "role": "track", "output": output, "nodeIds": nodes })
}

fn node(id: u32, kind: &str, parameters: &[Value]) -> Value {
    json!({ "nodeId": id, "kind": kind, "bypass": false, "parameters": parameters })
}

fn tone(id: u32, frequency: f64) -> Value {
    let frequency = json!({ "parameterId": id * 10 + 1, "role": "frequencyHz", "value": frequency, "smoothingMillis": 0.0 });
    node(id, "testTone", &[gain(id * 10, json!(0.0)), frequency])
}

fn peak(samples: &[f32]) -> f32 {
    samples.iter().fold(0.0, |peak, sample| peak.max(sample.abs()))
}

fn largest_step(samples: &[f32]) -> f32 {
    samples.windows(2).fold(0.0, |step, pair| step.max((pair[1] - pair[0]).abs()))
}

#[test]
fn a_tone_goes_through_fader_and_master_at_its_gain() {
    let mut rig = Rig::new();
    rig.graph(json!([master(&[]), channel(2, 1, &[20, 21])]), json!([tone(20, 1_000.0), node(21, "fader", &[gain(5, json!(-6.0206))])]));
    let played = rig.play(4_800, 128);
    assert!((peak(&played[1_000..]) - 0.5).abs() < 1e-3, "{}", peak(&played));
}

#[test]
fn the_size_of_the_callback_changes_no_sample() {
    let render = |size: usize| {
        let mut rig = Rig::new();
        let send = json!({ "nodeId": 23, "kind": "send", "bypass": false, "parameters": [gain(7, json!(-12.0))], "target": 3 });
        let pan = json!({ "parameterId": 6, "role": "pan", "value": -0.3, "smoothingMillis": 5.0 });
        rig.graph(
            json!([master(&[30]), channel(2, 1, &[20, 23, 21, 22]), channel(3, 1, &[31])]),
            json!([tone(20, 997.0), node(21, "pan", &[pan]), node(22, "fader", &[gain(5, json!(-3.0))]), send, node(30, "meter", &[]), node(31, "fader", &[gain(8, json!(-1.0))])]),
        );
        rig.set(5, -20.0);
        rig.play(16_384, size)
    };
    let wanted = render(128);
    for size in [1, 7, 64, 1_000, 8_192] {
        assert!(render(size) == wanted, "callbacks of {size} frames sound different");
    }
}

#[test]
fn a_lane_plays_from_its_first_frame_and_a_jump_lands_on_the_frame() {
    let mut rig = Rig::new();
    rig.graph(json!([master(&[]), channel(2, 1, &[20])]), json!([node(20, "laneStream", &[])]));
    let _writer = rig.locate(20, 1_000, 1, 9_600);
    let ticket = rig.ticket();
    rig.tell(RtCommand::Play { ticket, anchor: None });
    let played = rig.play(960, 128);
    // The fade-in lasts 240 frames; behind it the samples are the ramp itself.
    assert_eq!(played[300..310], (1_300..1_310).map(|value| value as f32).collect::<Vec<_>>()[..]);
    let _writer = rig.locate(20, 50_000, 2, 9_600);
    let played = rig.play(1_280, 128);
    let after = played.iter().position(|sample| *sample > 40_000.0).unwrap();
    // The jump fades in over 240 frames, too; then the samples are the ramp of the new place.
    let settled = &played[after + 240..];
    assert!(settled.windows(2).all(|pair| pair[1] - pair[0] == 1.0) && settled[0] > 50_000.0, "{:?}", &settled[..4]);
    assert!(rig.clock.is_rolling());
    let ticket = rig.ticket();
    rig.tell(RtCommand::Pause { ticket });
    rig.play(512, 128);
    let state = rig.applied(ticket).expect("the pause is confirmed");
    assert!(!state.rolling && state.position > 50_000);
    assert_eq!(peak(&rig.play(512, 128)), 0.0);
}

#[test]
fn an_anchor_skips_what_has_passed_since() {
    let mut rig = Rig::new();
    rig.graph(json!([master(&[]), channel(2, 1, &[20])]), json!([node(20, "laneStream", &[])]));
    let _writer = rig.locate(20, 0, 1, 48_000);
    rig.play(128, 128);
    let ticket = rig.ticket();
    let at_nanos = super::processor::unix_nanos() - 100_000_000;
    rig.tell(RtCommand::Play { ticket, anchor: Some(loophole_wire::message::transport::Anchor { position_frames: 0, at_nanos }) });
    rig.play(128, 128);
    let state = rig.applied(ticket).expect("play is confirmed");
    assert!(state.position >= 4_800, "{} frames in after 0.1 s", state.position);
}

#[test]
fn starvation_is_silence_and_counted() {
    let mut rig = Rig::new();
    rig.graph(json!([master(&[]), channel(2, 1, &[20])]), json!([node(20, "laneStream", &[])]));
    let _writer = rig.locate(20, 1_000, 1, 256);
    let ticket = rig.ticket();
    rig.tell(RtCommand::Play { ticket, anchor: None });
    rig.play(1_024, 128);
    assert_eq!(rig.clock.starved(), 768);
}

#[test]
fn graph_edits_do_not_click() {
    let mut rig = Rig::new();
    let nodes = |extra: bool| {
        let mut nodes = vec![tone(20, 200.0), node(21, "fader", &[gain(5, json!(-12.0))])];
        nodes.extend(extra.then(|| tone(40, 333.0)));
        json!(nodes)
    };
    let channels = |extra: bool, bus: bool| {
        let mut channels = vec![master(&[]), channel(2, if bus { 3 } else { 1 }, &[20, 21])];
        channels.extend(bus.then(|| channel(3, 1, &[])));
        channels.extend(extra.then(|| channel(4, 1, &[40])));
        json!(channels)
    };
    rig.graph(channels(false, false), nodes(false));
    rig.play(4_800, 128);
    let mut played = Vec::new();
    for round in 0..200_u32 {
        let (extra, bus) = (round % 2 == 0, round % 3 == 0);
        rig.graph(channels(extra, bus), nodes(extra));
        if round % 5 == 0 {
            rig.set(5, -12.0 - (round % 7) as f32);
        }
        played.extend(rig.play(997, 128));
        while rig.trash.pop().is_ok() {}
    }
    // Two sines of at most 333 Hz and full scale move by 0.07 per frame; their fades over 240 frames by 0.005 more.
    assert!(largest_step(&played) < 0.09, "{}", largest_step(&played));
}

#[test]
fn peaks_are_not_lost_when_nobody_reads() {
    let mut rig = Rig::new();
    rig.graph(json!([master(&[30])]), json!([{ "nodeId": 30, "kind": "meter", "bypass": false, "parameters": [] }]));
    rig.play(48_000, 128);
    assert_eq!(rig.numbers.read().count, 1);
    let mut rig = Rig::new();
    rig.graph(json!([master(&[20, 21, 30])]), json!([tone(20, 1_000.0), node(21, "fader", &[gain(5, json!(0.0))]), node(30, "meter", &[])]));
    rig.play(4_800, 128);
    rig.set(5, f32::NEG_INFINITY);
    // A whole second of silence after the tone, and nobody looked in between.
    rig.play(48_000, 128);
    let level = rig.numbers.read().levels[0];
    assert!(level.peak[0] > 0.99, "{level:?}");
    rig.play(4_800, 128);
    assert_eq!(rig.numbers.read().levels[0].peak[0], 0.0);
}

#[test]
fn a_storm_of_everything_allocates_nothing() {
    let mut rig = Rig::new();
    rig.graph(json!([master(&[30]), channel(2, 1, &[20, 21])]), json!([node(20, "laneStream", &[]), node(21, "fader", &[gain(5, json!(0.0))]), node(30, "meter", &[])]));
    for round in 0..300_u64 {
        let _writer = rig.locate(20, round as i64 * 100, round + 1, 2_000);
        let ticket = rig.ticket();
        rig.tell(if round % 3 == 0 { RtCommand::Pause { ticket } } else { RtCommand::Play { ticket, anchor: None } });
        rig.tell(RtCommand::Barrier { ticket });
        for step in 0..50 {
            rig.set(5, -(step as f32));
        }
        rig.play(300, 100);
        while rig.trash.pop().is_ok() {}
        while rig.reports.pop().is_ok() {}
    }
}
