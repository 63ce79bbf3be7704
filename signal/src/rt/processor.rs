//! The audio callback. Real time: nothing here allocates, frees, locks, logs, formats or asks the system for anything
//! but the time.

use super::command::{RtCommand, RtReport, RtState, Trash};
use super::denormals::flush_to_zero;
use super::lanes::Lane;
use super::telemetry::{Level, Numbers};
use crate::audio::Process;
use crate::dsp::pan;
use crate::dsp::smooth::{Smooth, gain_of_db};
use crate::graph::{BLOCK_FRAMES, Buffer, MAX_PARAMETERS, NO_SLOT, NodeStep, Schedule, Sums};
use crate::media::stream::{LaneReader, RollClock, RollMap, StreamBundle};
use crate::session::{MAX_CHANNELS, MAX_NODES};
use loophole_wire::message::graph::NodeKind;
use loophole_wire::message::transport::Anchor;
use rtrb::{Consumer, Producer};
use std::f64::consts::TAU;
use std::sync::Arc;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// How long a fade lasts that hides a cut.
const DECLICK_MILLIS: u32 = 5;
/// How often numbers are published.
const PUBLISH_HZ: u32 = 100;
/// Commands taken per block at the most: a flood is spread over blocks.
const COMMANDS_PER_BLOCK: usize = 256;
/// Barriers that may wait for a swap at once.
const MAX_WAITING: usize = 64;

/// The ends that the audio thread holds.
pub(crate) struct Ends {
    pub(crate) commands: Consumer<RtCommand>,
    /// (slot, value), newest wins per slot.
    pub(crate) parameters: Consumer<(u32, f32)>,
    pub(crate) reports: Producer<RtReport>,
    pub(crate) trash: Producer<Trash>,
    pub(crate) numbers: triple_buffer::Input<Numbers>,
    pub(crate) clock: Arc<RollClock>,
}

/// What stops or goes on after the fade that is running.
#[derive(Clone, Copy, Debug, PartialEq)]
enum After {
    Nothing,
    /// Stand still, and report this ticket.
    Stand(u64),
    /// Take the bundle that waits.
    Locate,
}

/// Everything that sounds.
pub(crate) struct AudioProcessor {
    ends: Ends,
    sample_rate: u32,
    schedule: Option<Box<Schedule>>,
    /// Waits until what it changes has faded away.
    next_schedule: Option<(u64, Box<Schedule>)>,
    parameters: Box<[f32]>,
    lanes: Vec<Lane>,
    waiting_bundles: [Option<Box<StreamBundle>>; 8],
    waiting_barriers: Vec<u64>,
    map: RollMap,
    generation: u64,
    roll: u64,
    rolling: bool,
    /// Of everything that the transport plays: fades around starts, stops and jumps.
    transport_gate: Smooth,
    after_fade: After,
    engine_frames: u64,
    scratch: Box<Buffer>,
    lane_scratch: Box<Buffer>,
    master: Option<usize>,
    /// Since the last publication.
    busy_seconds: f64,
    available_seconds: f64,
    numbers: NumbersSince,
}

#[derive(Clone, Copy, Debug, Default)]
struct NumbersSince {
    sequence: u64,
    frames: u32,
    unread_frames: u32,
    peak_load: f32,
    fresh_peak_load: f32,
    blocks: u64,
    late_blocks: u32,
    parameter_sets: u64,
    largest_callback_frames: u32,
    starved: u64,
}

impl AudioProcessor {
    pub(crate) fn new(ends: Ends, sample_rate: u32) -> Self {
        Self {
            ends,
            sample_rate,
            schedule: None,
            next_schedule: None,
            parameters: vec![0.0; MAX_PARAMETERS].into_boxed_slice(),
            lanes: Vec::with_capacity(MAX_NODES),
            waiting_bundles: [const { None }; 8],
            waiting_barriers: Vec::with_capacity(MAX_WAITING),
            map: RollMap::default(),
            generation: 0,
            roll: 0,
            rolling: false,
            transport_gate: Smooth::at(0.0),
            after_fade: After::Nothing,
            engine_frames: 0,
            scratch: Box::new(Buffer::SILENT),
            lane_scratch: Box::new(Buffer::SILENT),
            master: None,
            busy_seconds: 0.0,
            available_seconds: 0.0,
            numbers: NumbersSince::default(),
        }
    }

    fn declick_frames(&self) -> u32 {
        self.sample_rate * DECLICK_MILLIS / 1_000
    }

    fn state(&self) -> RtState {
        RtState {
            engine_frames: self.engine_frames,
            position: self.map.position_at(self.roll),
            rolling: self.rolling,
            graph_version: self.schedule.as_ref().map_or(0, |schedule| schedule.version),
        }
    }

    fn report(&mut self, ticket: u64) {
        let state = self.state();
        // A full ring means that nobody has looked for thousands of blocks; the control side times out by itself.
        let _full = self.ends.reports.push(RtReport::Applied { ticket, state });
    }

    fn throw(&mut self, trash: Trash) {
        if let Err(rtrb::PushError::Full(trash)) = self.ends.trash.push(trash) {
            // Freeing here would break the rule of this thread: rather leak than glitch. The ring holds thousands.
            std::mem::forget(trash);
        }
    }

    fn take_commands(&mut self) {
        for _ in 0..COMMANDS_PER_BLOCK {
            let Ok(command) = self.ends.commands.pop() else { break };
            match command {
                RtCommand::SwapSchedule { ticket, schedule } => self.begin_swap(ticket, schedule),
                RtCommand::SwapStreams(bundle) => self.keep_bundle(bundle),
                RtCommand::Play { ticket, anchor } => self.play(ticket, anchor),
                RtCommand::Pause { ticket } => self.pause(ticket),
                RtCommand::Panic { ticket } => self.panic(ticket),
                RtCommand::Barrier { ticket } => {
                    if self.waiting_barriers.len() < MAX_WAITING {
                        self.waiting_barriers.push(ticket);
                    }
                }
            }
        }
        self.take_parameters();
    }

    fn take_parameters(&mut self) {
        let waiting = self.ends.parameters.slots();
        let Ok(chunk) = self.ends.parameters.read_chunk(waiting) else { return };
        for (slot, value) in chunk {
            if let Some(parameter) = self.parameters.get_mut(slot as usize) {
                *parameter = value;
            }
        }
        self.numbers.parameter_sets += waiting as u64;
    }

    fn play(&mut self, ticket: u64, anchor: Option<Anchor>) {
        let frames = self.declick_frames();
        if let Some(anchor) = anchor {
            // Where the music is by now: what passed since the anchor was made is skipped, the lanes stay in sync.
            let passed_nanos = i128::from(unix_nanos()) - i128::from(anchor.at_nanos);
            let passed = passed_nanos * i128::from(self.sample_rate) / 1_000_000_000;
            let late = i128::from(anchor.position_frames) + passed - i128::from(self.map.start_position);
            let rolled = i128::from(self.roll - self.map.start_roll);
            let limit = i128::from(self.sample_rate) * 60;
            self.roll += u64::try_from((late - rolled).clamp(0, limit)).unwrap_or(0);
        }
        if self.after_fade != After::Locate {
            self.after_fade = After::Nothing;
        }
        if !self.rolling {
            self.transport_gate = Smooth::at(0.0);
        }
        self.rolling = true;
        self.ends.clock.set_rolling(true);
        self.transport_gate.go(1.0, frames);
        self.report(ticket);
    }

    fn pause(&mut self, ticket: u64) {
        if self.rolling {
            let frames = self.declick_frames();
            if let After::Stand(earlier) = self.after_fade {
                self.report(earlier);
            }
            self.transport_gate.go(0.0, frames);
            self.after_fade = After::Stand(ticket);
        } else {
            self.report(ticket);
        }
    }

    fn panic(&mut self, ticket: u64) {
        self.rolling = false;
        self.ends.clock.set_rolling(false);
        self.transport_gate = Smooth::at(0.0);
        if let After::Stand(earlier) = std::mem::replace(&mut self.after_fade, After::Nothing) {
            self.report(earlier);
        }
        if let Some(schedule) = &mut self.schedule {
            for channel in &mut schedule.channels {
                channel.fresh = Sums::default();
                channel.unread = Sums::default();
            }
        }
        self.report(ticket);
    }

    fn begin_swap(&mut self, ticket: u64, schedule: Box<Schedule>) {
        if let Some((earlier, stale)) = self.next_schedule.take() {
            // A newer graph overtakes one that was still waiting: it holds all that the stale one held.
            self.throw(Trash::Schedule(stale));
            self.report(earlier);
        }
        let frames = self.declick_frames();
        let Some(old) = &mut self.schedule else {
            self.next_schedule = Some((ticket, schedule));
            self.finish_swap();
            return;
        };
        for channel in &mut old.channels {
            let stays = find(&schedule.channels_by_id, channel.id).is_some_and(|place| schedule.channels[place].shape == channel.shape);
            channel.gate.go(if stays { 1.0 } else { 0.0 }, frames);
        }
        self.next_schedule = Some((ticket, schedule));
    }

    fn swap_is_due(&self) -> bool {
        self.next_schedule.is_some()
            && self.schedule.as_ref().is_none_or(|old| old.channels.iter().all(|channel| channel.gate.is_steady()))
    }

    fn finish_swap(&mut self) {
        let Some((ticket, mut next)) = self.next_schedule.take() else { return };
        let frames = self.declick_frames();
        if let Some(old) = &mut self.schedule {
            for (id, place) in &next.by_id {
                if let Some(old_place) = find(&old.by_id, *id)
                    && old.nodes[old_place].kind == next.nodes[*place].kind
                {
                    std::mem::swap(&mut next.nodes[*place].state, &mut old.nodes[old_place].state);
                }
            }
            for channel in &mut next.channels {
                let before = find(&old.channels_by_id, channel.id).map(|place| &old.channels[place]);
                match before {
                    Some(before) if before.gate.target() == 1.0 => {
                        channel.fresh = before.fresh;
                        channel.unread = before.unread;
                    }
                    _ => {
                        channel.gate = Smooth::at(0.0);
                        channel.gate.go(1.0, frames);
                    }
                }
            }
        }
        self.fit_lanes(&next);
        self.master = next.channels.iter().position(|channel| channel.is_master);
        if let Some(old) = self.schedule.replace(next) {
            self.throw(Trash::Schedule(old));
        }
        self.report(ticket);
    }

    /// One lane per lane-stream node, sorted by node; what is gone is thrown away. The list was made large enough.
    fn fit_lanes(&mut self, schedule: &Schedule) {
        let mut at = 0;
        while at < self.lanes.len() {
            let id = self.lanes[at].node_id;
            let stays = find(&schedule.by_id, id).is_some_and(|place| schedule.nodes[place].kind == NodeKind::LaneStream);
            if stays {
                at += 1;
            } else {
                let lane = self.lanes.remove(at);
                self.throw_lane(lane.reader);
                self.throw_lane(lane.leaving);
            }
        }
        for (id, place) in &schedule.by_id {
            if schedule.nodes[*place].kind == NodeKind::LaneStream
                && let Err(gap) = self.lanes.binary_search_by_key(id, |lane| lane.node_id)
                && self.lanes.len() < self.lanes.capacity()
            {
                self.lanes.insert(gap, Lane { node_id: *id, reader: None, leaving: None, fade_left: 0 });
            }
        }
    }

    fn throw_lane(&mut self, lane: Option<LaneReader>) {
        if let Some(lane) = lane {
            self.throw(Trash::Lane(lane));
        }
    }

    fn keep_bundle(&mut self, bundle: Box<StreamBundle>) {
        match self.waiting_bundles.iter_mut().find(|place| place.is_none()) {
            Some(place) => *place = Some(bundle),
            None => {
                // Eight bundles wait: the oldest is overtaken by what came later.
                let oldest = self.waiting_bundles[0].replace(bundle);
                self.waiting_bundles.rotate_left(1);
                if let Some(oldest) = oldest {
                    self.finish_bundle(oldest);
                }
            }
        }
    }

    fn finish_bundle(&mut self, bundle: Box<StreamBundle>) {
        if bundle.map.is_some() {
            self.report(bundle.ticket);
        }
        self.throw(Trash::Streams(bundle));
    }

    /// Takes the bundles that are due, in order of arrival.
    fn take_bundles(&mut self) {
        for place in 0..self.waiting_bundles.len() {
            let Some(bundle) = &self.waiting_bundles[place] else { continue };
            if bundle.generation < self.generation {
                if let Some(stale) = self.waiting_bundles[place].take() {
                    self.finish_bundle(stale);
                }
                continue;
            }
            if !bundle.due(self.roll) {
                continue;
            }
            let is_jump = bundle.map.is_some() && bundle.at == crate::media::stream::At::Now;
            if is_jump && self.rolling && self.transport_gate.value() > 0.0 {
                // First fade out, then jump.
                if self.after_fade == After::Nothing {
                    let frames = self.declick_frames();
                    self.transport_gate.go(0.0, frames);
                    self.after_fade = After::Locate;
                }
                continue;
            }
            if let Some(bundle) = self.waiting_bundles[place].take() {
                self.take_bundle(bundle, is_jump);
            }
        }
        let mut filled = 0;
        for place in 0..self.waiting_bundles.len() {
            if self.waiting_bundles[place].is_some() {
                self.waiting_bundles.swap(filled, place);
                filled += 1;
            }
        }
    }

    fn take_bundle(&mut self, mut bundle: Box<StreamBundle>, is_jump: bool) {
        let map = bundle.anchor(self.roll, self.map);
        let fade_frames = self.declick_frames();
        if bundle.map.is_some() {
            self.map = map;
            self.generation = bundle.generation;
            self.ends.clock.set_generation(bundle.generation, map.start_roll);
            for index in 0..self.lanes.len() {
                let fresh = bundle.lanes.iter().position(|lane| lane.node_id == self.lanes[index].node_id);
                let fresh = fresh.map(|place| bundle.lanes.swap_remove(place));
                self.replace_lane(index, fresh, is_jump, fade_frames);
            }
        } else {
            while let Some(fresh) = bundle.lanes.pop() {
                match self.lanes.binary_search_by_key(&fresh.node_id, |lane| lane.node_id) {
                    Ok(index) => self.replace_lane(index, Some(fresh), false, fade_frames),
                    Err(_) => self.throw(Trash::Lane(fresh)),
                }
            }
        }
        if is_jump && self.rolling && self.after_fade == After::Locate {
            self.after_fade = After::Nothing;
            self.transport_gate.go(1.0, fade_frames);
        }
        self.finish_bundle(bundle);
    }

    fn replace_lane(&mut self, index: usize, fresh: Option<LaneReader>, is_jump: bool, fade_frames: u32) {
        let crossfades = self.rolling && !is_jump;
        let lane = &mut self.lanes[index];
        let old = std::mem::replace(&mut lane.reader, fresh);
        let left_over = if crossfades {
            lane.fade_left = fade_frames;
            std::mem::replace(&mut lane.leaving, old)
        } else {
            lane.fade_left = 0;
            let leaving = lane.leaving.take();
            self.throw_lane(leaving);
            old
        };
        self.throw_lane(left_over);
    }

    fn report_barriers(&mut self) {
        if self.next_schedule.is_some() {
            return;
        }
        while let Some(ticket) = self.waiting_barriers.pop() {
            self.report(ticket);
        }
    }

    /// Up to [`BLOCK_FRAMES`] frames into the schedule's buffers.
    fn block(&mut self, frames: usize) {
        self.take_commands();
        if self.swap_is_due() {
            self.finish_swap();
        }
        self.take_bundles();
        self.report_barriers();
        // The transport's own fade is the same for all lanes of this block.
        let (gate_left, gate_right) = self.scratch.both(frames);
        gate_left.fill(1.0);
        gate_right.fill(1.0);
        self.transport_gate.apply(gate_left, gate_right);
        self.render(frames);
        self.after_block(frames);
    }

    fn render(&mut self, frames: usize) {
        let Some(schedule) = &mut self.schedule else { return };
        let Schedule { channels, nodes, buffers, .. } = &mut **schedule;
        for buffer in buffers.iter_mut() {
            let (left, right) = buffer.both(frames);
            left.fill(0.0);
            right.fill(0.0);
        }
        let declick = self.sample_rate * DECLICK_MILLIS / 1_000;
        for place in 0..channels.len() {
            let channel = &mut channels[place];
            let gate_before = channel.gate;
            for node in &mut nodes[channel.nodes.clone()] {
                node.follow(&self.parameters, declick);
                match node.kind {
                    NodeKind::LaneStream => {
                        let Ok(index) = self.lanes.binary_search_by_key(&node.id, |lane| lane.node_id) else { continue };
                        if !self.rolling {
                            continue;
                        }
                        // The lane's own buffer is the end of the scratch: its cross-fade needs a second one.
                        let mut fresh = Buffer::SILENT;
                        let (left, right) = fresh.both(frames);
                        let (old_left, old_right) = self.lane_scratch.both(frames);
                        let missing = self.lanes[index].read(self.roll, left, right, declick, (old_left, old_right));
                        if missing > 0 {
                            self.numbers.starved += missing;
                            self.ends.clock.add_starved(missing);
                        }
                        node.state.active.apply(left, right);
                        let (out_left, out_right) = buffers[place].both(frames);
                        for frame in 0..frames {
                            out_left[frame] += left[frame] * self.scratch.left[frame];
                            out_right[frame] += right[frame] * self.scratch.right[frame];
                        }
                    }
                    NodeKind::TestTone => node.tone(&mut buffers[place], frames, self.sample_rate),
                    NodeKind::Gain | NodeKind::Pan | NodeKind::Fader => node.effect(&mut buffers[place], frames),
                    NodeKind::Send => {
                        let Some(target) = node.target else { continue };
                        let Some((from, to)) = two(buffers, place, target) else { continue };
                        node.send(from, to, frames, gate_before);
                    }
                    NodeKind::Meter => measure(channel, &buffers[place], frames),
                }
            }
            match channel.output {
                Some(output) => {
                    if let Some((from, to)) = two(buffers, place, output) {
                        add(from, to, frames, &mut channel.gate);
                    }
                }
                None => {
                    let (left, right) = buffers[place].both(frames);
                    channel.gate.apply(left, right);
                }
            }
        }
    }

    fn after_block(&mut self, frames: usize) {
        self.engine_frames += frames as u64;
        if self.rolling {
            self.roll += frames as u64;
            self.ends.clock.set_rolled(self.roll);
        }
        if self.transport_gate.is_steady()
            && self.transport_gate.value() == 0.0
            && let After::Stand(ticket) = self.after_fade
        {
            self.after_fade = After::Nothing;
            self.rolling = false;
            self.ends.clock.set_rolling(false);
            self.report(ticket);
        }
        for index in 0..self.lanes.len() {
            if self.lanes[index].fade_left == 0 && self.lanes[index].leaving.is_some() {
                let leaving = self.lanes[index].leaving.take();
                self.throw_lane(leaving);
            }
        }
    }

    fn publish(&mut self, frames: usize) {
        self.numbers.frames += u32::try_from(frames).unwrap_or(u32::MAX);
        if self.numbers.frames < self.sample_rate / PUBLISH_HZ {
            return;
        }
        self.numbers.sequence += 1;
        // A publication that nobody has read is repeated within this one: no peak is lost.
        let read = self.ends.numbers.consumed();
        if read {
            self.numbers.unread_frames = 0;
            self.numbers.peak_load = 0.0;
        }
        self.numbers.unread_frames += self.numbers.frames;
        self.numbers.peak_load = self.numbers.peak_load.max(self.numbers.fresh_peak_load);
        let position = self.map.position_at(self.roll);
        let out = self.ends.numbers.input_buffer_mut();
        out.sequence = self.numbers.sequence;
        out.engine_frames = self.engine_frames;
        out.position = position;
        out.rolling = self.rolling;
        out.at_nanos = unix_nanos();
        out.load = (self.busy_seconds / self.available_seconds.max(1e-9)) as f32;
        out.peak_load = self.numbers.peak_load;
        out.blocks = self.numbers.blocks;
        out.late_blocks = self.numbers.late_blocks;
        out.parameter_sets = self.numbers.parameter_sets;
        out.largest_callback_frames = self.numbers.largest_callback_frames;
        out.count = 0;
        let measured = f64::from(self.numbers.unread_frames);
        for channel in self.schedule.iter_mut().flat_map(|schedule| &mut schedule.channels).filter(|channel| channel.has_meter) {
            if read {
                channel.unread = Sums::default();
            }
            channel.unread.add(std::mem::take(&mut channel.fresh));
            if out.count < MAX_CHANNELS {
                let rms = channel.unread.squares.map(|sum| (sum / measured).sqrt() as f32);
                out.levels[out.count] = Level { channel: channel.id, peak: channel.unread.peak, rms };
                out.count += 1;
            }
        }
        self.ends.numbers.publish();
        self.busy_seconds = 0.0;
        self.available_seconds = 0.0;
        self.numbers.fresh_peak_load = 0.0;
        self.numbers.frames = 0;
    }
}

impl Process for AudioProcessor {
    fn prepare(&mut self, sample_rate: u32) {
        self.sample_rate = sample_rate;
    }

    fn process(&mut self, output: &mut [f32], channels: usize) {
        flush_to_zero();
        let began = Instant::now();
        let total = output.len() / channels.max(1);
        for piece in output.chunks_mut(BLOCK_FRAMES * channels.max(1)) {
            let frames = piece.len() / channels.max(1);
            self.block(frames);
            self.deliver(piece, channels, frames);
            self.publish(frames);
        }
        self.numbers.blocks += 1;
        self.numbers.largest_callback_frames = self.numbers.largest_callback_frames.max(u32::try_from(total).unwrap_or(u32::MAX));
        let (busy, available) = (began.elapsed().as_secs_f64(), total as f64 / f64::from(self.sample_rate));
        self.busy_seconds += busy;
        self.available_seconds += available;
        if total > 0 {
            self.numbers.fresh_peak_load = self.numbers.fresh_peak_load.max((busy / available) as f32);
            if busy > available {
                self.numbers.late_blocks += 1;
                let over_micros = ((busy - available) * 1e6) as u64;
                let _full = self.ends.reports.push(RtReport::Late { at_frame: self.engine_frames, over_micros });
            }
        }
    }
}

impl AudioProcessor {
    /// The master's buffer to the device: mono gets the mean, more than two channels get silence beyond the second.
    fn deliver(&mut self, output: &mut [f32], channels: usize, frames: usize) {
        output.fill(0.0);
        let Some(place) = self.master else { return };
        let Some(schedule) = &mut self.schedule else { return };
        let (left, right) = schedule.buffers[place].both(frames);
        for ((frame, l), r) in output.chunks_exact_mut(channels.max(1)).zip(left).zip(right) {
            // A broken number must not reach a loudspeaker.
            let (l, r) = (if l.is_finite() { *l } else { 0.0 }, if r.is_finite() { *r } else { 0.0 });
            if let [only] = frame {
                *only = 0.5 * (l + r);
            } else if let [first, second, ..] = frame {
                *first = l;
                *second = r;
            }
        }
    }
}

impl NodeStep {
    /// Starts to move where the parameters have moved.
    fn follow(&mut self, parameters: &[f32], declick_frames: u32) {
        let read = |slot: u32| if slot == NO_SLOT { None } else { parameters.get(slot as usize).copied() };
        let (main, second) = (read(self.main.index), read(self.second.index));
        let state = &mut self.state;
        if let Some(value) = main
            && value.to_bits() != state.seen[0].to_bits()
        {
            let first = state.seen[0].is_nan();
            state.seen[0] = value;
            let frames = if first { 0 } else { self.main.smoothing_frames };
            let [left, right] = if self.kind == NodeKind::Pan { pan::gains(value) } else { [gain_of_db(value); 2] };
            state.gain.go(left, frames);
            state.gain_right.go(right, frames);
        }
        let mut audible = true;
        if let Some(value) = second {
            if self.kind == NodeKind::TestTone {
                state.frequency_hz = value;
            } else {
                audible = value >= 0.5;
            }
        }
        let target = if self.bypass || !audible { 0.0 } else { 1.0 };
        if state.active.target() != target {
            state.active.go(target, declick_frames);
        }
    }

    fn effect(&mut self, buffer: &mut Buffer, frames: usize) {
        let (left, right) = buffer.both(frames);
        let state = &mut self.state;
        // A muted fader is silent, a bypassed one passes: both are `active`, they differ in what 0 means.
        let silent_when_inactive = self.kind == NodeKind::Fader && !self.bypass;
        if state.gain.is_steady() && state.gain_right.is_steady() && state.active.is_steady() {
            let active = state.active.value();
            let [l, r] = [state.gain.value(), state.gain_right.value()].map(|gain| mix(gain, active, silent_when_inactive));
            if l != 1.0 {
                left.iter_mut().for_each(|sample| *sample *= l);
            }
            if r != 1.0 {
                right.iter_mut().for_each(|sample| *sample *= r);
            }
            return;
        }
        for (l, r) in left.iter_mut().zip(right) {
            let active = state.active.next();
            *l *= mix(state.gain.next(), active, silent_when_inactive);
            *r *= mix(state.gain_right.next(), active, silent_when_inactive);
        }
    }

    fn send(&mut self, from: &Buffer, to: &mut Buffer, frames: usize, mut gate: Smooth) {
        let state = &mut self.state;
        let (to_left, to_right) = (&mut to.left[..frames], &mut to.right[..frames]);
        let (from_left, from_right) = (&from.left[..frames], &from.right[..frames]);
        if state.gain.is_steady() && state.active.is_steady() && gate.is_steady() {
            let gain = state.gain.value() * state.active.value() * gate.value();
            if gain != 0.0 {
                to_left.iter_mut().zip(from_left).for_each(|(to, from)| *to += from * gain);
                to_right.iter_mut().zip(from_right).for_each(|(to, from)| *to += from * gain);
            }
            return;
        }
        for frame in 0..frames {
            let gain = state.gain.next() * state.active.next() * gate.next();
            to_left[frame] += from_left[frame] * gain;
            to_right[frame] += from_right[frame] * gain;
        }
        state.gain_right = state.gain;
    }

    fn tone(&mut self, buffer: &mut Buffer, frames: usize, sample_rate: u32) {
        let state = &mut self.state;
        let step = f64::from(state.frequency_hz.clamp(0.0, sample_rate as f32 / 2.0)) / f64::from(sample_rate);
        let (left, right) = buffer.both(frames);
        for (l, r) in left.iter_mut().zip(right) {
            let gain = state.gain.next() * state.active.next();
            let sample = (state.phase * TAU).sin() as f32 * gain;
            *l += sample;
            *r += sample;
            state.phase += step;
            if state.phase >= 1.0 {
                state.phase -= 1.0;
            }
        }
        state.gain_right = state.gain;
    }
}

fn mix(gain: f32, active: f32, silent_when_inactive: bool) -> f32 {
    if silent_when_inactive { gain * active } else { 1.0 + (gain - 1.0) * active }
}

fn add(from: &Buffer, to: &mut Buffer, frames: usize, gate: &mut Smooth) {
    let (to_left, to_right) = (&mut to.left[..frames], &mut to.right[..frames]);
    if gate.is_steady() && gate.value() == 1.0 {
        to_left.iter_mut().zip(&from.left[..frames]).for_each(|(to, from)| *to += from);
        to_right.iter_mut().zip(&from.right[..frames]).for_each(|(to, from)| *to += from);
        return;
    }
    for frame in 0..frames {
        let gain = gate.next();
        to_left[frame] += from.left[frame] * gain;
        to_right[frame] += from.right[frame] * gain;
    }
}

fn measure(channel: &mut crate::graph::ChannelStep, buffer: &Buffer, frames: usize) {
    for (side, samples) in [&buffer.left[..frames], &buffer.right[..frames]].into_iter().enumerate() {
        let peak = samples.iter().fold(0.0_f32, |peak, sample| peak.max(sample.abs()));
        channel.fresh.peak[side] = channel.fresh.peak[side].max(peak);
        channel.fresh.squares[side] += f64::from(samples.iter().map(|sample| sample * sample).sum::<f32>());
    }
}

/// Two different buffers at once.
fn two(buffers: &mut [Buffer], from: usize, to: usize) -> Option<(&Buffer, &mut Buffer)> {
    if from < to {
        let (low, high) = buffers.split_at_mut(to);
        Some((low.get(from)?, high.first_mut()?))
    } else {
        // A schedule is in topological order: what is fed comes later.
        None
    }
}

fn find(sorted: &[(u32, usize)], id: u32) -> Option<usize> {
    sorted.binary_search_by_key(&id, |(id, _)| *id).ok().map(|place| sorted[place].1)
}

/// Nanoseconds since 1970-01-01T00:00:00Z; no system call where the kernel maps its clock (Linux).
pub(crate) fn unix_nanos() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| u64::try_from(since.as_nanos()).unwrap_or(u64::MAX))
}
