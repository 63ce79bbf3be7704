//! The audio callback, turned by hand: what it plays, that sizes do not matter, that nothing clicks and nothing allocates.

use super::{Applied, AudioProcessor, Barrier, Handles, RtCommand, RtReport, SetBatch};
use crate::audio::Process;
use crate::graph::compile::{Target, target_of};
use crate::graph::{Layout, compile};
use crate::media::stream::{At, LaneWriter, RollClock, RollMap, StreamBundle, lane};
use crate::session::Session;
use assert_no_alloc::{AllocDisabler, assert_no_alloc};
use loophole_wire::message::transport::LoopRegion;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

// An allocation inside of `assert_no_alloc` ends the test process.
#[global_allocator]
static NO_ALLOCATION: AllocDisabler = AllocDisabler;

const RATE: u32 = 48_000;
const NOT_LOOPED: LoopRegion = LoopRegion { enabled: false, start_frames: 0, end_frames: 0 };

struct Rig {
    processor: AudioProcessor,
    handles: Handles,
    clock: Arc<RollClock>,
    layout: Layout,
    ticket: u64,
    generation: u64,
    seen: Vec<RtReport>,
}

impl Rig {
    fn new() -> Self {
        Self::at(|| 1_000_000_000)
    }

    fn at(wall_clock: super::WallClock) -> Self {
        let clock = RollClock::new();
        let (processor, handles) = super::processor(RATE, Arc::clone(&clock), wall_clock);
        Self { processor, handles, clock, layout: Layout::default(), ticket: 0, generation: 0, seen: Vec::new() }
    }

    fn ticket(&mut self) -> u64 {
        self.ticket += 1;
        self.ticket
    }

    fn tell(&mut self, command: RtCommand) {
        self.handles.commands.push(command).unwrap();
    }

    fn graph(&mut self, channels: Value, nodes: Value) -> u64 {
        let version = self.layout.session().version() + 1;
        let snapshot = json!({ "version": version, "channels": channels, "nodes": nodes });
        let session = Session::from_snapshot(&serde_json::from_value(snapshot).unwrap()).unwrap();
        let ticket = self.ticket();
        let (graph, layout) = compile(session, RATE, ticket, &self.layout).unwrap();
        self.layout = layout;
        self.tell(RtCommand::SwapGraph(graph));
        ticket
    }

    fn set(&mut self, parameter: u32, value: f64) {
        let place = self.layout.find(parameter).unwrap();
        let slot = self.layout.slot_mut(place).unwrap();
        slot.value = value;
        let mut batch = SetBatch { sets: 1, ..SetBatch::default() };
        match target_of(slot.role, value) {
            Target::One(target) => assert!(batch.push(slot.index, target)),
            Target::Two(left, right) => assert!(batch.push(slot.index, left) && batch.push(slot.index + 1, right)),
        }
        self.tell(RtCommand::Set(batch));
    }

    /// Both sides of what is played, in callbacks of `size` frames; proves that nothing allocates.
    fn play_stereo(&mut self, frames: usize, size: usize) -> Vec<f32> {
        let mut out = vec![9.0; frames * 2];
        for piece in out.chunks_mut(size * 2) {
            assert_no_alloc(|| self.processor.process(piece, 2));
        }
        self.clear_rings();
        out
    }

    /// The left side.
    fn play(&mut self, frames: usize, size: usize) -> Vec<f32> {
        self.play_stereo(frames, size).chunks(2).map(|frame| frame[0]).collect()
    }

    fn clear_rings(&mut self) {
        while self.handles.trash.pop().is_ok() {}
        self.seen.extend(std::iter::from_fn(|| self.handles.reports.pop().ok()));
    }

    fn applied(&mut self, wanted: u64) -> Option<Applied> {
        self.clear_rings();
        self.seen.iter().find_map(|report| match report {
            RtReport::Applied(applied) | RtReport::Swapped(applied) if applied.ticket == wanted => Some(*applied),
            _ => None,
        })
    }

    fn ask(&mut self, command: impl FnOnce(u64) -> RtCommand) -> u64 {
        let ticket = self.ticket();
        self.tell(command(ticket));
        ticket
    }

    /// A locate with lanes that hold `frames` frames of the timeline, each sample its own position.
    fn locate_with(
        &mut self,
        nodes: &[u32],
        map: RollMap,
        at: At,
        frames: usize,
        start_at_nanos: Option<u64>,
    ) -> (u64, Vec<LaneWriter>) {
        self.generation += 1;
        let first_roll = map.start_roll;
        let (mut writers, mut lanes) = (Vec::new(), Vec::new());
        for node in nodes {
            let (mut writer, reader) = lane(*node, first_roll, frames.max(1));
            let ramp: Vec<_> = (0..frames as u64).map(|n| [map.position_at(first_roll + n) as f32; 2]).collect();
            assert_eq!(writer.write(&ramp), frames);
            writers.push(writer);
            lanes.push(reader);
        }
        let generation = self.generation;
        let ticket = self.ask(|ticket| {
            let bundle = Box::new(StreamBundle { ticket, generation, map: Some(map), at, lanes });
            RtCommand::Streams { bundle, start_at_nanos }
        });
        (ticket, writers)
    }

    fn locate(&mut self, node: u32, start_position: i64, frames: usize) -> (u64, Vec<LaneWriter>) {
        let map = RollMap { start_roll: 0, start_position, loop_region: NOT_LOOPED };
        self.locate_with(&[node], map, At::Now, frames, None)
    }

    fn lane_graph(&mut self) {
        self.graph(json!([master(&[]), channel(2, 1, &[20])]), json!([node(20, "laneStream", &[])]));
        // The fade into the first graph is over.
        self.play(480, 480);
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
    let frequency =
        json!({ "parameterId": id * 10 + 1, "role": "frequencyHz", "value": frequency, "smoothingMillis": 0.0 });
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
    rig.graph(
        json!([master(&[]), channel(2, 1, &[20, 21])]),
        json!([tone(20, 1_000.0), node(21, "fader", &[gain(5, json!(-6.0206))])]),
    );
    let played = rig.play(4_800, 128);
    assert!((peak(&played[1_000..]) - 0.5).abs() < 1e-3, "{}", peak(&played));
}

#[test]
fn faders_at_rest_change_no_bit() {
    let mut rig = Rig::new();
    let through = [node(21, "fader", &[gain(5, json!(0.0))]), node(22, "gain", &[gain(6, json!(0.0))])];
    let pan = node(23, "pan", &[json!({ "parameterId": 7, "role": "pan", "value": 0.0, "smoothingMillis": 5.0 })]);
    let [fader, gain] = through;
    rig.graph(json!([master(&[]), channel(2, 1, &[20, 21, 22, 23])]), json!([tone(20, 997.0), fader, gain, pan]));
    let with = rig.play(4_800, 128);
    let mut rig = Rig::new();
    rig.graph(json!([master(&[]), channel(2, 1, &[20])]), json!([tone(20, 997.0)]));
    assert!(rig.play(4_800, 128) == with);
}

#[test]
fn the_size_of_the_callback_changes_no_sample() {
    let render = |size: usize| {
        let mut rig = Rig::new();
        let send = json!({ "nodeId": 23, "kind": "send", "bypass": false, "parameters": [gain(7, json!(-12.0))], "target": 3 });
        let pan = json!({ "parameterId": 6, "role": "pan", "value": -0.3, "smoothingMillis": 5.0 });
        rig.graph(
            json!([master(&[30]), channel(2, 1, &[20, 40, 23, 21, 22]), channel(3, 1, &[31])]),
            json!([
                tone(20, 997.0),
                node(40, "laneStream", &[]),
                node(21, "pan", &[pan]),
                node(22, "fader", &[gain(5, json!(-3.0))]),
                send,
                node(30, "meter", &[]),
                node(31, "fader", &[gain(8, json!(-1.0))])
            ]),
        );
        let (_, _one) = rig.locate(40, 0, 30_000);
        rig.ask(|ticket| RtCommand::Play { ticket });
        rig.set(5, -20.0);
        rig.set(6, 0.8);
        let mut played = rig.play_stereo(16_384, size);
        let (_, _two) = rig.locate(40, -7_000, 30_000);
        rig.set(5, -2.0);
        played.extend(rig.play_stereo(8_192, size));
        rig.graph(json!([master(&[30]), channel(2, 1, &[20])]), json!([tone(20, 997.0), node(30, "meter", &[])]));
        rig.ask(|ticket| RtCommand::Pause { ticket });
        played.extend(rig.play_stereo(8_192, size));
        played.iter().map(|sample| sample.to_bits()).collect::<Vec<_>>()
    };
    let wanted = render(128);
    for size in [1, 7, 64, 1_000, 8_192] {
        assert!(render(size) == wanted, "callbacks of {size} frames sound different");
    }
}

#[test]
fn a_lane_plays_from_its_first_frame_and_a_jump_lands_on_the_frame() {
    let mut rig = Rig::new();
    rig.lane_graph();
    let (_, _writers) = rig.locate(20, 1_000, 9_600);
    rig.play(128, 128);
    rig.ask(|ticket| RtCommand::Play { ticket });
    let played = rig.play(960, 128);
    // The start fades in over 48 frames; behind it the samples are the positions.
    assert_eq!(played[48..900], (1_048..1_900).map(|value| value as f32).collect::<Vec<_>>()[..]);
    assert!(played[0] > 0.0, "there is sound in the first frame");

    let (ticket, _writers) = rig.locate(20, 50_000, 9_600);
    let played = rig.play(1_280, 128);
    // 240 frames of fade out, the jump, 240 frames of fade in.
    assert!(played[..239].iter().all(|sample| (0.0..3_000.0).contains(sample)));
    assert_eq!(played[239], 0.0);
    assert_eq!(played[479..1_280], (50_239..51_040).map(|value| value as f32).collect::<Vec<_>>()[..]);
    let applied = rig.applied(ticket).unwrap();
    assert_eq!((applied.rolling, applied.position), (true, 50_000));

    let ticket = rig.ask(|ticket| RtCommand::Pause { ticket });
    rig.play(512, 128);
    let applied = rig.applied(ticket).expect("the pause is confirmed");
    assert_eq!((applied.rolling, applied.position), (false, 51_280));
    assert!(!rig.clock.is_rolling());
    assert_eq!(peak(&rig.play(512, 128)), 0.0);
    // What was faded over is not played twice.
    rig.ask(|ticket| RtCommand::Play { ticket });
    assert_eq!(rig.play(128, 64)[100], 51_380.0);
}

#[test]
fn loops_wrap_on_the_frame() {
    let mut rig = Rig::new();
    rig.lane_graph();
    let loop_region = LoopRegion { enabled: true, start_frames: 1_000, end_frames: 1_337 };
    let map = RollMap { start_roll: 0, start_position: 900, loop_region };
    let (_, _writers) = rig.locate_with(&[20], map, At::Now, 20_000, None);
    rig.ask(|ticket| RtCommand::Play { ticket });
    let played = rig.play(9_600, 100);
    for (roll, sample) in played.iter().enumerate().skip(48) {
        assert_eq!(*sample, map.position_at(roll as u64) as f32, "at {roll}");
    }
}

#[test]
fn a_new_loop_is_taken_on_the_frame_without_a_gap() {
    let mut rig = Rig::new();
    rig.lane_graph();
    let (_, _writers) = rig.locate(20, 0, 9_600);
    rig.ask(|ticket| RtCommand::Play { ticket });
    rig.play(500, 128);
    let loop_region = LoopRegion { enabled: true, start_frames: 0, end_frames: 1_500 };
    let map = RollMap { start_roll: 1_111, start_position: 1_111, loop_region };
    let (ticket, _writers) = rig.locate_with(&[20], map, At::Roll(1_111), 9_600, None);
    let played = rig.play(3_000, 128);
    let wanted: Vec<_> = (500..3_500).map(|roll: u64| map.position_at(roll) as f32).collect();
    assert_eq!(played, wanted);
    assert_eq!(rig.applied(ticket).unwrap().position, 1_111);
}

#[test]
fn a_place_that_will_not_come_is_told() {
    let mut rig = Rig::new();
    rig.lane_graph();
    let map = RollMap { start_roll: 5_000, start_position: 5_000, loop_region: NOT_LOOPED };
    let (ticket, _writers) = rig.locate_with(&[20], map, At::Roll(5_000), 100, None);
    rig.play(128, 128);
    assert!(rig.seen.contains(&RtReport::Deferred { ticket }));
}

#[test]
fn play_in_the_middle_of_a_jump_does_not_hold_it_up() {
    let mut rig = Rig::new();
    rig.lane_graph();
    let (_, _one) = rig.locate(20, 0, 9_600);
    rig.ask(|ticket| RtCommand::Play { ticket });
    rig.play(1_000, 128);
    let (ticket, _two) = rig.locate(20, 50_000, 9_600);
    rig.play(100, 100);
    rig.ask(|ticket| RtCommand::Play { ticket });
    rig.play(480, 100);
    assert_eq!(rig.applied(ticket).expect("the jump is made").position, 50_000);
}

#[test]
fn pause_cancels_a_start_and_play_cancels_a_stop() {
    let mut rig = Rig::new();
    rig.lane_graph();
    let map = RollMap { start_roll: 0, start_position: 700, loop_region: NOT_LOOPED };
    // It would begin in one second.
    let (ticket, _writers) = rig.locate_with(&[20], map, At::Now, 9_600, Some(2_000_000_000));
    rig.play(128, 128);
    assert!(rig.applied(ticket).unwrap().rolling);
    rig.ask(|ticket| RtCommand::Pause { ticket });
    assert_eq!(peak(&rig.play(96_000, 1_000)), 0.0);
    rig.ask(|ticket| RtCommand::Play { ticket });
    rig.play(1_000, 100);
    rig.ask(|ticket| RtCommand::Pause { ticket });
    rig.play(100, 100);
    rig.ask(|ticket| RtCommand::Play { ticket });
    let played = rig.play(1_000, 100);
    assert_eq!(*played.last().unwrap(), 700.0 + 2_100.0 - 1.0);
}

#[test]
fn an_anchor_begins_when_the_music_is_there_and_skips_what_has_passed() {
    static NOW: AtomicU64 = AtomicU64::new(1_000_000_000);
    let mut rig = Rig::at(|| NOW.load(Ordering::Relaxed));
    rig.lane_graph();
    let loop_region = LoopRegion { enabled: true, start_frames: 0, end_frames: 3_000 };
    let map = RollMap { start_roll: 0, start_position: 2_500, loop_region };
    // 10 ms from now: 480 frames of silence, then the first frame.
    let (_, _one) = rig.locate_with(&[20], map, At::Now, 9_600, Some(1_010_000_000));
    let played = rig.play(960, 128);
    assert_eq!(peak(&played[..480]), 0.0);
    assert_eq!((played[480 + 48], played[480 + 600 - 200]), (2_548.0, 2_900.0));
    // 100 ms ago: 4,800 frames are skipped, across the loop's end.
    NOW.store(2_000_000_000, Ordering::Relaxed);
    rig.ask(|ticket| RtCommand::Pause { ticket });
    rig.play(960, 128);
    let (ticket, _two) = rig.locate_with(&[20], map, At::Now, 9_600, Some(1_900_000_000));
    let played = rig.play(960, 128);
    assert_eq!(rig.applied(ticket).unwrap().position, map.position_at(4_800));
    assert_eq!(played[100], map.position_at(4_900) as f32);
}

#[test]
fn barriers_wait_for_the_jump_before_them() {
    let mut rig = Rig::new();
    rig.lane_graph();
    let (_, _one) = rig.locate(20, 0, 9_600);
    rig.ask(|ticket| RtCommand::Play { ticket });
    rig.play(1_000, 128);
    let (jump, _two) = rig.locate(20, 5_000, 9_600);
    let barrier = rig.ask(|ticket| RtCommand::Barrier(Barrier(ticket)));
    rig.play(128, 128);
    assert_eq!((rig.applied(jump), rig.applied(barrier)), (None, None));
    rig.play(256, 128);
    assert_eq!(rig.applied(barrier).unwrap().position, 5_000);
}

#[test]
fn a_play_behind_a_seek_is_answered_from_the_new_place() {
    let mut rig = Rig::new();
    rig.lane_graph();
    let (_, _writers) = rig.locate(20, 4_711, 9_600);
    let ticket = rig.ask(|ticket| RtCommand::Play { ticket });
    rig.play(128, 128);
    assert_eq!(rig.applied(ticket).unwrap().position, 4_711);
}

#[test]
fn starvation_fades_is_counted_and_recovers_in_sync() {
    let mut rig = Rig::new();
    rig.lane_graph();
    rig.generation += 1;
    let (mut writer, reader) = lane(20, 0, 9_600);
    writer.write(&[[1.0; 2]; 1_000]);
    let bundle = StreamBundle {
        ticket: 0,
        generation: rig.generation,
        map: Some(RollMap::default()),
        at: At::Now,
        lanes: vec![reader],
    };
    rig.tell(RtCommand::Streams { bundle: Box::new(bundle), start_at_nanos: None });
    rig.ask(|ticket| RtCommand::Play { ticket });
    let mut played = rig.play(1_280, 128);
    assert_eq!(rig.clock.starved(), 280);
    writer.write(&[[0.5; 2]; 8_000]);
    played.extend(rig.play(1_280, 128));
    assert!(largest_step(&played[100..]) < 0.04, "{}", largest_step(&played[100..]));
    assert_eq!((played[900], played[1_100], played[1_400], rig.clock.starved()), (1.0, 0.0, 0.5, 280));
}

#[test]
fn without_any_time_passing_everything_is_obeyed() {
    let mut rig = Rig::new();
    let graph = rig.graph(json!([master(&[])]), json!([]));
    let second = rig.graph(json!([master(&[]), channel(2, 1, &[20])]), json!([node(20, "laneStream", &[])]));
    let (jump, _writers) = rig.locate(20, 4_711, 100);
    let barrier = rig.ask(|ticket| RtCommand::Barrier(Barrier(ticket)));
    assert_no_alloc(|| rig.processor.process(&mut [], 0));
    for ticket in [graph, second, jump, barrier] {
        assert!(rig.applied(ticket).is_some(), "{ticket}");
    }
    assert_eq!(rig.applied(barrier).unwrap().position, 4_711);
    assert_eq!(rig.applied(barrier).unwrap().at_frame, 0);
}

#[test]
fn graph_edits_neither_click_nor_dip() {
    let mut rig = Rig::new();
    let nodes = |extra: bool, db: f64| {
        let mut nodes = vec![tone(20, 200.0), node(21, "fader", &[gain(5, json!(db))])];
        nodes.extend(extra.then(|| tone(40, 333.0)));
        json!(nodes)
    };
    let channels = |extra: bool, bus: bool| {
        let mut channels = vec![master(&[]), channel(2, if bus { 3 } else { 1 }, &[20, 21])];
        channels.extend(bus.then(|| channel(3, 1, &[])));
        channels.extend(extra.then(|| channel(4, 1, &[40])));
        json!(channels)
    };
    rig.graph(channels(false, false), nodes(false, -12.0));
    rig.play(4_800, 128);
    let mut played = Vec::new();
    let mut random = 1_u32;
    for round in 0..200_u32 {
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let (extra, bus) = (random >> 30 & 1 == 1, random >> 29 & 1 == 1);
        rig.graph(channels(extra, bus), nodes(extra, -12.0));
        if round % 5 == 0 {
            rig.set(5, -12.0 - f64::from(round % 7));
        }
        // Some edits come while the one before still fades.
        played.extend(rig.play((random >> 20) as usize % 700 + 1, 128));
    }
    // Two sines of at most 333 Hz and full scale move by 0.07 per frame; their fades over 240 frames by 0.005 more.
    assert!(largest_step(&played) < 0.09, "{}", largest_step(&played));

    // A track that only goes another way is heard as if nothing happened.
    rig.graph(channels(false, false), nodes(false, -12.0));
    rig.play(4_800, 128);
    let mut steady = Vec::new();
    for round in 0..20 {
        rig.graph(channels(false, round % 2 == 0), nodes(false, -12.0));
        steady.extend(rig.play(997, 128));
    }
    let quietest = steady.chunks(240).map(peak).fold(f32::INFINITY, f32::min);
    assert!((quietest - 0.251).abs() < 0.002, "{quietest}");
}

#[test]
fn bypass_and_removal_fade() {
    let mut rig = Rig::new();
    let graph = |bypass: bool, with_gain: bool| {
        let mut tone = tone(20, 100.0);
        tone["bypass"] = json!(bypass);
        let nodes: &[u32] = if with_gain { &[20, 21] } else { &[20] };
        (json!([master(&[]), channel(2, 1, nodes)]), json!([tone, node(21, "gain", &[gain(5, json!(-20.0))])]))
    };
    let mut played = Vec::new();
    for (bypass, with_gain) in [(false, true), (false, false), (true, false), (false, false), (false, true)] {
        let (channels, nodes) = graph(bypass, with_gain);
        rig.graph(channels, nodes);
        let now = rig.play(2_000, 128);
        assert_eq!(peak(&now[1_000..]) == 0.0, bypass);
        played.extend(now);
    }
    assert!(largest_step(&played) < 0.03, "{}", largest_step(&played));
}

#[test]
fn lanes_keep_playing_while_the_graph_around_them_changes() {
    let mut rig = Rig::new();
    rig.lane_graph();
    let (_, _writers) = rig.locate(20, 0, 30_000);
    rig.ask(|ticket| RtCommand::Play { ticket });
    let mut played = rig.play(480, 128);
    for round in 0..10 {
        let extra = if round % 2 == 0 {
            json!([master(&[]), channel(2, 1, &[19, 20])])
        } else {
            json!([master(&[]), channel(2, 1, &[20])])
        };
        rig.graph(extra, json!([node(20, "laneStream", &[]), node(19, "laneStream", &[])]));
        played.extend(rig.play(480, 100));
    }
    let wanted = |(frame, sample): (usize, &f32)| *sample == frame as f32;
    assert_eq!(played.iter().enumerate().skip(48).position(|pair| !wanted(pair)), None);
}

#[test]
fn what_is_no_number_is_silenced_and_its_node_is_named() {
    let mut rig = Rig::new();
    rig.graph(
        json!([master(&[]), channel(2, 1, &[20]), channel(3, 1, &[30])]),
        json!([node(20, "laneStream", &[]), tone(30, 500.0)]),
    );
    rig.play(480, 480);
    let (mut writer, reader) = lane(20, 0, 1_000);
    writer.write(&[[f32::NAN; 2]; 1_000]);
    rig.generation += 1;
    let bundle = StreamBundle {
        ticket: 0,
        generation: rig.generation,
        map: Some(RollMap::default()),
        at: At::Now,
        lanes: vec![reader],
    };
    rig.tell(RtCommand::Streams { bundle: Box::new(bundle), start_at_nanos: None });
    rig.ask(|ticket| RtCommand::Play { ticket });
    let played = rig.play(960, 128);
    assert!((peak(&played) - 1.0).abs() < 1e-3, "the tone beside it is heard");
    assert!(rig.seen.contains(&RtReport::NotANumber { node_id: 20 }));
}

#[test]
fn a_panic_is_silence_until_play() {
    let mut rig = Rig::new();
    rig.graph(json!([master(&[]), channel(2, 1, &[20])]), json!([tone(20, 500.0)]));
    assert!(peak(&rig.play(960, 128)) > 0.9);
    let ticket = rig.ask(|ticket| RtCommand::Panic { ticket });
    assert_eq!(peak(&rig.play(960, 128)), 0.0);
    assert!(rig.applied(ticket).is_some());
    rig.ask(|ticket| RtCommand::Play { ticket });
    assert!(peak(&rig.play(960, 128)) > 0.9);
}

#[test]
fn peaks_are_not_lost_when_nobody_reads() {
    let mut rig = Rig::new();
    rig.graph(
        json!([master(&[20, 21, 30])]),
        json!([tone(20, 1_000.0), node(21, "fader", &[gain(5, json!(0.0))]), node(30, "meter", &[])]),
    );
    rig.play(4_800, 128);
    rig.set(5, f64::NEG_INFINITY);
    // A whole second of silence after the tone, and nobody looked in between.
    rig.play(48_000, 128);
    let level = rig.handles.telemetry.read().meters()[0];
    assert!(level.peak[0] > 0.99, "{level:?}");
    rig.play(4_800, 128);
    let picture = rig.handles.telemetry.read();
    assert_eq!((picture.meters()[0].peak[0], picture.parameter_sets), (0.0, 1));
    assert_eq!(picture.meters()[0].channel, 1);
}

#[test]
fn channels_of_the_device_are_served_as_they_are() {
    let play = |channels: usize| {
        let mut rig = Rig::new();
        rig.graph(
            json!([master(&[20, 21])]),
            json!([
                tone(20, 500.0),
                node(21, "pan", &[json!({ "parameterId": 1, "role": "pan", "value": 1.0, "smoothingMillis": 0 })])
            ]),
        );
        let mut out = vec![9.0; 960 * channels];
        assert_no_alloc(|| rig.processor.process(&mut out, channels));
        (0..channels)
            .map(|channel| peak(&out.iter().skip(channel).step_by(channels).copied().collect::<Vec<_>>()))
            .collect::<Vec<_>>()
    };
    let stereo = play(2);
    assert!(stereo[0] < 1e-6 && stereo[1] > 1.0);
    assert!((play(1)[0] - stereo[1] / 2.0).abs() < 1e-6);
    assert_eq!(play(4), [stereo[0], stereo[1], 0.0, 0.0]);
}

#[test]
fn a_storm_of_everything_allocates_nothing_and_answers_everybody() {
    let mut rig = Rig::new();
    let (mut asked, mut writers) = (Vec::new(), Vec::new());
    let mut random = 7_u32;
    for round in 0..600_i64 {
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let channels = if random >> 28 & 1 == 1 {
            json!([master(&[30]), channel(2, 1, &[20, 21])])
        } else {
            json!([master(&[30]), channel(2, 1, &[20, 21]), channel(3, 2, &[22])])
        };
        let nodes = json!([
            node(20, "laneStream", &[]),
            node(21, "fader", &[gain(5, json!(0.0))]),
            node(22, "laneStream", &[]),
            node(30, "meter", &[])
        ]);
        if random >> 24 & 3 == 0 {
            asked.push(rig.graph(channels, nodes));
        }
        let map = RollMap {
            start_roll: 0,
            start_position: round * 100,
            loop_region: LoopRegion { enabled: round % 4 == 0, start_frames: 0, end_frames: 5_000 },
        };
        let start = (random >> 20 & 7 == 0).then_some(1_000_000_000);
        let (ticket, held) = rig.locate_with(&[20, 22, 99], map, At::Now, 500, start);
        asked.push(ticket);
        writers.push(held);
        asked.push(
            rig.ask(|ticket| if round % 3 == 0 { RtCommand::Pause { ticket } } else { RtCommand::Play { ticket } }),
        );
        asked.push(rig.ask(|ticket| RtCommand::Barrier(Barrier(ticket))));
        if round % 50 == 49 {
            asked.push(rig.ask(|ticket| RtCommand::Panic { ticket }));
        }
        if rig.layout.find(5).is_some() {
            (0..20).for_each(|step| rig.set(5, -f64::from(step)));
        }
        rig.play((random >> 18) as usize % 500, 100);
    }
    rig.play(48_000, 100);
    let unanswered: Vec<_> = asked.into_iter().filter(|ticket| rig.applied(*ticket).is_none()).collect();
    assert_eq!(unanswered, Vec::<u64>::new());
}
