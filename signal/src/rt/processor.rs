//! The processor: what the audio callback runs.

use super::WallClock;
use super::command::{AT_ONCE, Applied, Barrier, RtCommand, RtReport, SetBatch, Trash};
use super::denormals::FlushToZero;
use super::telemetry::{Load, Telemetry};
use super::transport::{Transport, fade_frames};
use super::waiting::{Entry, Waiting};
use crate::audio::Process;
use crate::dsp::{BLOCK, Block, Smoother, crossfade, guard};
use crate::graph::Graph;
use crate::graph::lane::{LaneContext, LaneFade, LeavingReaders};
use crate::media::stream::{At, RollClock, StreamBundle};
use rtrb::{Consumer, Producer};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Commands that are obeyed at the top of one block at most, so that a storm cannot make it late.
const COMMANDS_PER_BLOCK: usize = 512;

/// Room in both return rings below which no command is taken: each needs far less.
const RETURNS_PER_COMMAND: usize = 64;

/// Barriers that may wait for lanes.
const BARRIERS: usize = 16;

/// Pictures of telemetry per second.
const TELEMETRY_HZ: u32 = 100;

/// The rings by which things come back.
pub(super) struct Returns {
    pub(super) reports: Producer<RtReport>,
    pub(super) trash: Producer<Trash>,
}

/// The graph before, while it fades out.
struct LeavingGraph {
    graph: Box<Graph>,
    done: u32,
}

/// Lanes before, while they fade out.
struct LeavingLanes {
    bundle: Box<StreamBundle>,
    done: u32,
}

/// See [`super`].
pub struct AudioProcessor {
    sample_rate: u32,
    wall_clock: WallClock,
    commands: Consumer<RtCommand>,
    returns: Returns,
    telemetry: triple_buffer::Input<Telemetry>,
    graph: Box<Graph>,
    leaving_graph: Option<LeavingGraph>,
    transport: Transport,
    waiting: Waiting,
    leaving_lanes: Option<LeavingLanes>,
    barriers: [Option<Barrier>; BARRIERS],
    /// Of everything; only a panic turns it down.
    gain: Smoother,
    engine_frames: u64,
    counters: Counters,
    output: Block,
    before: Block,
}

#[derive(Default)]
struct Counters {
    blocks: u64,
    xruns: u32,
    parameter_sets: u64,
    largest_callback_frames: u32,
    load: Load,
    load_told: Load,
    frames_untold: u32,
    sequence: u64,
}

impl Returns {
    fn have_room(&self) -> bool {
        self.reports.slots() >= RETURNS_PER_COMMAND && self.trash.slots() >= RETURNS_PER_COMMAND
    }

    /// Room was made sure of before the command was taken; what may be lost (an xrun's report) is counted elsewhere too.
    fn report(&mut self, report: RtReport) {
        if self.reports.push(report).is_err() {
            debug_assert!(matches!(report, RtReport::Xrun { .. } | RtReport::NotANumber { .. }), "{report:?} is lost");
        }
    }

    fn discard(&mut self, trash: Trash) {
        if let Err(rtrb::PushError::Full(trash)) = self.trash.push(trash) {
            // Cannot happen, see above; leaking is the only thing that is safe here.
            std::mem::forget(trash);
        }
    }
}

impl Process for AudioProcessor {
    fn prepare(&mut self, sample_rate: u32) {
        self.sample_rate = sample_rate.max(1);
        self.transport.prepare(self.sample_rate);
    }

    /// No channels means that no time passes: commands are obeyed, and what fades is at its goal at once.
    fn process(&mut self, output: &mut [f32], channels: usize) {
        let started = Instant::now();
        let _flush = FlushToZero::new();
        if channels == 0 {
            return self.settle();
        }
        let frames = output.len() / channels;
        let mut done = 0;
        loop {
            self.turn();
            if done == frames {
                break;
            }
            let count = self.block_frames(frames - done);
            self.render(count);
            interleave(&self.output, count, &mut output[done * channels..(done + count) * channels], channels);
            done += count;
        }
        self.account(started.elapsed(), frames);
    }
}

impl AudioProcessor {
    pub(super) fn new(
        sample_rate: u32,
        clock: Arc<RollClock>,
        wall_clock: WallClock,
        commands: Consumer<RtCommand>,
        returns: Returns,
        telemetry: triple_buffer::Input<Telemetry>,
    ) -> Self {
        let sample_rate = sample_rate.max(1);
        Self {
            sample_rate,
            wall_clock,
            commands,
            returns,
            telemetry,
            graph: Box::default(),
            leaving_graph: None,
            transport: Transport::new(clock, sample_rate),
            waiting: Waiting::default(),
            leaving_lanes: None,
            barriers: [None; BARRIERS],
            gain: Smoother::at(1.0, 0),
            engine_frames: 0,
            counters: Counters::default(),
            output: Block::default(),
            before: Block::default(),
        }
    }

    /// Obeys everything with no time passing.
    fn settle(&mut self) {
        loop {
            self.transport.gain.settle();
            self.gain.settle();
            self.graph.settle();
            self.drop_leaving_graph();
            self.drop_leaving_lanes();
            self.turn();
            if self.commands.is_empty() || !self.returns.have_room() {
                break;
            }
        }
        self.transport.gain.settle();
        self.turn();
        self.tell();
    }

    /// The top of a block.
    fn turn(&mut self) {
        for _ in 0..COMMANDS_PER_BLOCK {
            if !self.obey_next() {
                break;
            }
        }
        self.transport.turn();
        while self.take_lanes() {}
        if !self.waiting.front().is_some_and(|entry| is_jump(&entry.bundle)) {
            self.transport.fade_in();
        }
        if !self.waiting.is_awaited() {
            for place in 0..BARRIERS {
                if let Some(Barrier(ticket)) = self.barriers[place].take() {
                    self.applied(ticket);
                }
            }
        }
    }

    /// False when there is nothing to obey now.
    fn obey_next(&mut self) -> bool {
        if !self.returns.have_room() {
            return false;
        }
        let must_wait = match self.commands.peek() {
            Err(_) => true,
            Ok(RtCommand::SwapGraph(_)) => self.leaving_graph.is_some(),
            Ok(RtCommand::Streams { .. }) => self.waiting.is_full(),
            Ok(RtCommand::Barrier(_)) => self.barriers.iter().all(Option::is_some),
            Ok(
                RtCommand::GraphVersion { .. }
                | RtCommand::Set(_)
                | RtCommand::Play { .. }
                | RtCommand::Pause { .. }
                | RtCommand::Panic { .. },
            ) => false,
        };
        if must_wait {
            return false;
        }
        let Ok(command) = self.commands.pop() else { return false };
        self.obey(command);
        true
    }

    fn obey(&mut self, command: RtCommand) {
        match command {
            RtCommand::SwapGraph(graph) => self.swap_graph(graph),
            RtCommand::GraphVersion { version, ticket } => {
                self.graph.version = version;
                let report = RtReport::Swapped(self.standing(ticket));
                self.returns.report(report);
            }
            RtCommand::Set(batch) => self.set(&batch),
            RtCommand::Play { ticket } => {
                self.unmute();
                self.transport.play();
                self.applied(ticket);
            }
            RtCommand::Pause { ticket } => {
                self.waiting.cancel_starts();
                self.transport.pause();
                self.applied(ticket);
            }
            RtCommand::Streams { bundle, start_at_nanos } => {
                self.receive(Entry { bundle, start_at_nanos });
                // While nothing rolls, what comes behind finds the new place.
                while !self.transport.is_rolling() && self.take_lanes() {}
            }
            RtCommand::Barrier(barrier) => {
                if let Some(place) = self.barriers.iter_mut().find(|place| place.is_none()) {
                    *place = Some(barrier);
                }
            }
            RtCommand::Panic { ticket } => {
                self.waiting.cancel_starts();
                self.transport.halt();
                self.gain = Smoother::at(0.0, 0);
                self.graph.forget_levels();
                self.applied(ticket);
            }
        }
    }

    fn swap_graph(&mut self, mut graph: Box<Graph>) {
        graph.take_over(&mut self.graph);
        let before = std::mem::replace(&mut self.graph, graph);
        self.leaving_graph = Some(LeavingGraph { graph: before, done: 0 });
        self.unmute();
        let report = RtReport::Swapped(self.standing(self.graph.ticket));
        self.returns.report(report);
    }

    fn set(&mut self, batch: &SetBatch) {
        for (slot, target) in batch.values() {
            self.graph.set_parameter(*slot, *target);
        }
        self.counters.parameter_sets += u64::from(batch.sets);
    }

    fn unmute(&mut self) {
        self.gain.set_within(1.0, fade_frames(self.sample_rate));
    }

    /// A jump makes everything before it superfluous.
    fn receive(&mut self, mut entry: Entry) {
        if is_jump(&entry.bundle) {
            while let Some(earlier) = self.waiting.pop() {
                if earlier.start_at_nanos.is_some() && entry.start_at_nanos.is_none() {
                    entry.start_at_nanos = Some(AT_ONCE);
                }
                self.finish(earlier.bundle);
            }
        }
        if let Some(entry) = self.waiting.push(entry) {
            self.finish(entry.bundle);
        }
    }

    fn finish(&mut self, bundle: Box<StreamBundle>) {
        if bundle.ticket != 0 {
            self.applied(bundle.ticket);
        }
        self.returns.discard(Trash::Bundle(bundle));
    }

    /// Takes the lanes that are next, if it is their time; false when there is nothing to take.
    fn take_lanes(&mut self) -> bool {
        let Some(entry) = self.waiting.front() else { return false };
        let (bundle, rolls) = (&entry.bundle, self.transport.is_rolling());
        let (is_jump, is_map) = (is_jump(bundle), bundle.map.is_some());
        let (is_stale, is_due) = (bundle.generation < self.transport.generation, bundle.due(self.transport.roll));
        let ticket = bundle.ticket;
        if is_stale {
            return self.waiting.pop().map(|entry| self.finish(entry.bundle)).is_some();
        }
        if !is_due && !rolls && is_map {
            self.returns.report(RtReport::Deferred { ticket });
            return self.waiting.pop().map(|entry| self.returns.discard(Trash::Bundle(entry.bundle))).is_some();
        }
        let may_take = match (is_jump, rolls) {
            (true, _) => self.transport.is_ready_to_jump(),
            (false, true) => is_due && self.leaving_lanes.is_none(),
            (false, false) => true,
        };
        if !may_take || !self.returns.have_room() {
            return false;
        }
        if is_jump || !rolls {
            self.drop_leaving_lanes();
        }
        self.waiting.pop().map(|entry| self.take(entry, !is_jump && rolls)).is_some()
    }

    fn take(&mut self, entry: Entry, fades: bool) {
        let Entry { mut bundle, start_at_nanos } = entry;
        let map = bundle.anchor(self.transport.roll, self.transport.map);
        if bundle.map.is_some() {
            self.transport.map = map;
            self.transport.generation = bundle.generation;
            self.transport.clock.set_generation(bundle.generation, map.start_roll);
        }
        self.exchange_readers(&mut bundle, fades);
        if let Some(at_nanos) = start_at_nanos {
            self.unmute();
            let at_nanos = if at_nanos == AT_ONCE { (self.wall_clock)() } else { at_nanos };
            self.transport.play_at(at_nanos, (self.wall_clock)(), self.sample_rate);
        }
        if bundle.ticket != 0 {
            self.applied(bundle.ticket);
        }
        if fades {
            self.leaving_lanes = Some(LeavingLanes { bundle, done: 0 });
        } else {
            self.returns.discard(Trash::Bundle(bundle));
        }
    }

    /// New readers go to their lanes; the bundle holds the old ones afterwards.
    fn exchange_readers(&mut self, bundle: &mut StreamBundle, fades: bool) {
        let lanes = &mut bundle.lanes;
        if bundle.map.is_some() {
            for (node_id, lane) in self.graph.lanes_mut() {
                lane.fade = LaneFade::None;
                let is_meant = lanes.iter().any(|reader| reader.node_id == node_id);
                if !is_meant && let Some(reader) = lane.reader.take() {
                    self.returns.discard(Trash::Reader(reader));
                }
            }
        }
        let mut index = 0;
        while let Some(reader) = lanes.get_mut(index) {
            let Some(lane) = self.graph.lane_mut(reader.node_id) else {
                index += 1;
                continue;
            };
            if let Some(old) = &mut lane.reader {
                std::mem::swap(old, reader);
                lane.fade = if fades { LaneFade::From(index) } else { LaneFade::None };
                index += 1;
            } else {
                lane.reader = Some(lanes.swap_remove(index));
                lane.fade = if fades { LaneFade::FromSilence } else { LaneFade::None };
            }
        }
    }

    fn drop_leaving_lanes(&mut self) {
        if let Some(LeavingLanes { bundle, .. }) = self.leaving_lanes.take() {
            self.graph.lanes_mut().for_each(|(_, lane)| lane.fade = LaneFade::None);
            self.returns.discard(Trash::Bundle(bundle));
        }
    }

    fn drop_leaving_graph(&mut self) {
        if let Some(LeavingGraph { graph, .. }) = self.leaving_graph.take() {
            self.returns.discard(Trash::Graph(graph));
        }
    }

    /// How many frames can be rendered until something begins or ends.
    fn block_frames(&self, wanted: usize) -> usize {
        let fade = fade_frames(self.sample_rate);
        let left = |done: u32| fade.saturating_sub(done).max(1) as usize;
        let mut frames = self.transport.limit(wanted.min(BLOCK));
        frames = self.leaving_graph.as_ref().map_or(frames, |leaving| frames.min(left(leaving.done)));
        frames = self.leaving_lanes.as_ref().map_or(frames, |leaving| frames.min(left(leaving.done)));
        if self.transport.is_rolling()
            && let Some(entry) = self.waiting.front()
            && let At::Roll(roll) = entry.bundle.at
            && roll > self.transport.roll
        {
            frames = frames.min(usize::try_from(roll - self.transport.roll).unwrap_or(usize::MAX));
        }
        frames.max(1)
    }

    fn render(&mut self, frames: usize) {
        self.render_sources(frames);
        self.render_graphs(frames);
        let (left, right) = self.output.sides_mut(frames);
        let mut gains = [0.0; BLOCK];
        let gain = self.gain.values(&mut gains, frames);
        gain.apply(left);
        gain.apply(right);
        self.gain.advance(frames);
        // Sums and gains of numbers may still leave the range of numbers: that must not reach a loudspeaker.
        guard(left);
        guard(right);
        self.transport.advance(frames);
        self.engine_frames += frames as u64;
        self.end_fades(frames as u32);
    }

    fn render_sources(&mut self, frames: usize) {
        let Self { transport, graph, leaving_graph, leaving_lanes, sample_rate, .. } = self;
        let mut gains = [0.0; BLOCK];
        let mut context = transport.is_rolling().then(|| LaneContext {
            clock: &transport.clock,
            roll: transport.roll,
            gain: transport.gain.values(&mut gains, frames),
            leaving: leaving_lanes.as_mut().map(|leaving| LeavingReaders {
                readers: &mut leaving.bundle.lanes,
                done: leaving.done,
                total: fade_frames(*sample_rate),
            }),
        });
        let faulty = graph.render_sources(context.as_mut(), *sample_rate, frames);
        if let Some(leaving) = leaving_graph {
            leaving.graph.render_sources(context.as_mut(), *sample_rate, frames);
        }
        if let Some(node_id) = faulty {
            self.returns.report(RtReport::NotANumber { node_id });
        }
    }

    fn render_graphs(&mut self, frames: usize) {
        match self.graph.render(None, frames) {
            Some(block) => self.output.copy(block, frames),
            None => self.output.clear(frames),
        }
        let Some(LeavingGraph { graph, done }) = &mut self.leaving_graph else { return };
        match graph.render(Some(&self.graph), frames) {
            Some(block) => self.before.copy(block, frames),
            None => self.before.clear(frames),
        }
        let total = fade_frames(self.sample_rate);
        crossfade(&self.before.left[..frames], &mut self.output.left[..frames], *done, total);
        crossfade(&self.before.right[..frames], &mut self.output.right[..frames], *done, total);
    }

    fn end_fades(&mut self, frames: u32) {
        let total = fade_frames(self.sample_rate);
        if let Some(leaving) = &mut self.leaving_graph {
            leaving.done += frames;
            if leaving.done >= total && self.returns.trash.slots() > 0 {
                self.drop_leaving_graph();
            }
        }
        if let Some(leaving) = &mut self.leaving_lanes {
            leaving.done += frames;
            if leaving.done >= total && self.returns.trash.slots() > 0 {
                self.drop_leaving_lanes();
            }
        }
    }

    fn standing(&self, ticket: u64) -> Applied {
        Applied {
            ticket,
            at_frame: self.engine_frames,
            graph_version: self.graph.version,
            rolling: self.transport.will_roll(),
            position: self.transport.position(),
            loop_region: self.transport.map.loop_region,
        }
    }

    /// Ticket 0 means that nobody waits.
    fn applied(&mut self, ticket: u64) {
        if ticket != 0 {
            let report = RtReport::Applied(self.standing(ticket));
            self.returns.report(report);
        }
    }

    fn account(&mut self, busy: Duration, frames: usize) {
        let frames = u32::try_from(frames).unwrap_or(u32::MAX);
        let available = Duration::from_secs(1) * frames / self.sample_rate;
        self.counters.blocks += 1;
        self.counters.largest_callback_frames = self.counters.largest_callback_frames.max(frames);
        self.counters.load.add(busy, available);
        if busy > available && frames > 0 {
            self.counters.xruns += 1;
            let over_micros = (busy - available).as_micros() as u64;
            let count = self.counters.xruns;
            self.returns.report(RtReport::Xrun { count, at_frame: self.engine_frames, over_micros });
        }
        self.counters.frames_untold = self.counters.frames_untold.saturating_add(frames);
        if self.counters.frames_untold >= self.sample_rate / TELEMETRY_HZ {
            self.tell();
        }
    }

    fn tell(&mut self) {
        let Self { counters, telemetry, graph, transport, engine_frames, .. } = self;
        counters.frames_untold = 0;
        let was_heard = telemetry.consumed();
        if was_heard {
            counters.load_told = Load::default();
        }
        counters.load_told.merge(&counters.load);
        counters.load = Load::default();
        let picture = telemetry.input_buffer_mut();
        counters.sequence += 1;
        picture.sequence = counters.sequence;
        picture.at_nanos = (self.wall_clock)();
        picture.position = transport.position();
        picture.rolling = transport.will_roll();
        picture.engine_frames = *engine_frames;
        picture.blocks = counters.blocks;
        picture.load = counters.load_told.mean();
        picture.peak_load = counters.load_told.peak();
        picture.xruns = counters.xruns;
        picture.parameter_sets = counters.parameter_sets;
        picture.largest_callback_frames = counters.largest_callback_frames;
        picture.write_meters(|meters| graph.tell_levels(was_heard, meters));
        telemetry.publish();
    }
}

/// A new place as soon as possible, wherever it rolls now.
fn is_jump(bundle: &StreamBundle) -> bool {
    bundle.map.is_some() && bundle.at == At::Now
}

/// Stereo to what the device has: two channels and silence, or the mean in one.
fn interleave(block: &Block, frames: usize, output: &mut [f32], channels: usize) {
    let (left, right) = block.sides(frames);
    let stereo = left.iter().zip(right);
    for (frame, (left, right)) in output.chunks_exact_mut(channels).zip(stereo) {
        match frame {
            [both] => *both = 0.5 * (left + right),
            [l, r, others @ ..] => {
                (*l, *r) = (*left, *right);
                others.fill(0.0);
            }
            [] => {}
        }
    }
}
