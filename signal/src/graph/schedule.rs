//! The compiled graph: a flat list of operations over preallocated buffers. Real-time safe.

use super::lane::{Lane, LaneContext};
use crate::dsp::smooth::product;
use crate::dsp::tone::Tone;
use crate::dsp::{BLOCK, Block, Gain, Smoother, guard, measure};
use loophole_wire::plane::MeterValue;

/// "From nowhere": there was none before.
pub const NONE: u32 = u32::MAX;

/// One step of a block. Numbers are places in the graph's own lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    /// Adds a source to a channel.
    Source {
        source: u32,
        channel: u32,
    },
    Gain {
        gain: u32,
        channel: u32,
    },
    /// `gains` and the parameter after it are left and right.
    Pan {
        gains: u32,
        channel: u32,
    },
    Fader {
        gain: u32,
        audible: u32,
        channel: u32,
    },
    Send {
        gain: u32,
        audible: u32,
        from: u32,
        to: u32,
    },
    Meter {
        meter: u32,
        channel: u32,
    },
    /// Adds a channel to another one.
    Output {
        from: u32,
        to: u32,
    },
}

/// What makes sound by itself.
#[derive(Debug)]
pub enum SourceKind {
    Lane(Lane),
    Tone { tone: Tone, frequency: u32, gain: u32 },
}

#[derive(Debug)]
pub struct Source {
    pub node_id: u32,
    pub kind: SourceKind,
    /// Its place in the graph before.
    pub from: u32,
    /// Its place in the graph after, once that has taken over.
    moved_to: u32,
    block: Block,
    is_live: bool,
    /// It gave samples that are no numbers.
    is_faulty: bool,
}

impl Source {
    pub fn new(node_id: u32, kind: SourceKind, from: u32) -> Self {
        Self { node_id, kind, from, moved_to: NONE, block: Block::default(), is_live: false, is_faulty: false }
    }
}

/// A parameter, and its place in the graph before.
#[derive(Clone, Copy, Debug)]
pub struct Parameter {
    pub value: Smoother,
    pub from: u32,
}

/// Levels of a channel since they were last told, and what was told then in case nobody listened.
#[derive(Clone, Copy, Debug, Default)]
pub struct Levels {
    peak: [f32; 2],
    squares: [f64; 2],
    frames: u32,
}

#[derive(Clone, Copy, Debug)]
pub struct Meter {
    pub channel_id: u32,
    pub from: u32,
    now: Levels,
    told: Levels,
}

#[derive(Debug, Default)]
struct Strip {
    block: Block,
    /// False while all of it is silence: nothing is computed then.
    is_live: bool,
}

/// A whole graph, ready to run.
#[derive(Debug, Default)]
pub struct Graph {
    pub version: u64,
    /// Who asked for it.
    pub ticket: u64,
    ops: Vec<Op>,
    strips: Vec<Strip>,
    parameters: Vec<Parameter>,
    /// By node id.
    sources: Vec<Source>,
    meters: Vec<Meter>,
    master: Option<u32>,
}

impl Meter {
    pub const fn new(channel_id: u32, from: u32) -> Self {
        let silence = Levels { peak: [0.0; 2], squares: [0.0; 2], frames: 0 };
        Self { channel_id, from, now: silence, told: silence }
    }
}

impl Levels {
    fn add(&mut self, other: &Levels) {
        for side in 0..2 {
            self.peak[side] = self.peak[side].max(other.peak[side]);
            self.squares[side] += other.squares[side];
        }
        self.frames += other.frames;
    }

    fn rms(&self) -> [f32; 2] {
        self.squares.map(|squares| (squares / f64::from(self.frames.max(1))).sqrt() as f32)
    }
}

impl Graph {
    /// Puts together what [`super::compile`] made. Sources are sorted by node id; all numbers in `ops` are valid.
    pub(super) fn new(
        (version, ticket): (u64, u64),
        channels: usize,
        ops: Vec<Op>,
        parameters: Vec<Parameter>,
        sources: Vec<Source>,
        meters: Vec<Meter>,
        master: Option<u32>,
    ) -> Self {
        let strips = (0..channels).map(|_| Strip::default()).collect();
        Self { version, ticket, ops, strips, parameters, sources, meters, master }
    }

    /// Takes the state of everything that goes on from the graph before, which keeps what does not.
    pub fn take_over(&mut self, before: &mut Graph) {
        for parameter in &mut self.parameters {
            if let Some(old) = before.parameters.get(parameter.from as usize) {
                parameter.value.continue_from(&old.value);
            }
        }
        for meter in &mut self.meters {
            if let Some(old) = before.meters.get(meter.from as usize) {
                (meter.now, meter.told) = (old.now, old.told);
            }
        }
        for (index, source) in self.sources.iter_mut().enumerate() {
            let Some(old) = before.sources.get_mut(source.from as usize) else { continue };
            match (&mut source.kind, &mut old.kind) {
                (SourceKind::Lane(new), SourceKind::Lane(old)) => *new = std::mem::take(old),
                (SourceKind::Tone { tone: new, .. }, SourceKind::Tone { tone: old, .. }) => *new = *old,
                (SourceKind::Lane(_), SourceKind::Tone { .. }) | (SourceKind::Tone { .. }, SourceKind::Lane(_)) => {
                    continue;
                }
            }
            old.moved_to = index as u32;
        }
    }

    pub fn set_parameter(&mut self, slot: u32, target: f32) {
        if let Some(parameter) = self.parameters.get_mut(slot as usize) {
            parameter.value.set(target);
        }
    }

    /// All parameters at their goals at once.
    pub fn settle(&mut self) {
        self.parameters.iter_mut().for_each(|parameter| parameter.value.settle());
    }

    /// The lane of a node.
    pub fn lane_mut(&mut self, node_id: u32) -> Option<&mut Lane> {
        let index = self.sources.binary_search_by_key(&node_id, |source| source.node_id).ok()?;
        match &mut self.sources.get_mut(index)?.kind {
            SourceKind::Lane(lane) => Some(lane),
            SourceKind::Tone { .. } => None,
        }
    }

    pub fn lanes_mut(&mut self) -> impl Iterator<Item = (u32, &mut Lane)> {
        self.sources.iter_mut().filter_map(|source| match &mut source.kind {
            SourceKind::Lane(lane) => Some((source.node_id, lane)),
            SourceKind::Tone { .. } => None,
        })
    }

    /// Renders all sources that have not moved to the graph after. `lanes` is none while nothing rolls.
    /// Answers a node that has begun to give samples that are no numbers; they are silenced.
    pub fn render_sources(
        &mut self,
        mut lanes: Option<&mut LaneContext<'_>>,
        sample_rate: u32,
        frames: usize,
    ) -> Option<u32> {
        let Self { sources, parameters, .. } = self;
        let mut faulty = None;
        for source in sources.iter_mut().filter(|source| source.moved_to == NONE) {
            source.is_live = match &mut source.kind {
                SourceKind::Lane(lane) => match &mut lanes {
                    Some(context) => lane.render(context, &mut source.block, frames),
                    None => false,
                },
                SourceKind::Tone { tone, frequency, gain } => {
                    let (frequency, gain) = (value(parameters, *frequency), value(parameters, *gain));
                    tone.render(&frequency, &gain, sample_rate, &mut source.block.left[..frames]);
                    source.block.right[..frames].copy_from_slice(&source.block.left[..frames]);
                    true
                }
            };
            if source.is_live {
                let (left, right) = source.block.sides_mut(frames);
                let was_faulty = source.is_faulty;
                source.is_faulty = guard(left) | guard(right);
                faulty = faulty.or((source.is_faulty && !was_faulty).then_some(source.node_id));
            }
        }
        faulty
    }

    /// Renders all channels; answers the master's block, none for silence. `after` has the sources that moved.
    pub fn render(&mut self, after: Option<&Graph>, frames: usize) -> Option<&mut Block> {
        self.strips.iter_mut().for_each(|strip| strip.is_live = false);
        let Self { ops, strips, parameters, sources, meters, .. } = self;
        let mut scratch = [0.0; BLOCK];
        for op in ops.iter() {
            run(*op, strips, parameters, sources, meters, after, &mut scratch, frames);
        }
        parameters.iter_mut().for_each(|parameter| parameter.value.advance(frames));
        let master = self.strips.get_mut(self.master? as usize)?;
        master.is_live.then_some(&mut master.block)
    }

    /// Tells levels: of the time since they were last told, and of the time before that if nobody listened then.
    pub fn tell_levels(&mut self, was_heard: bool, into: &mut [MeterValue]) -> usize {
        for (meter, into) in self.meters.iter_mut().zip(into.iter_mut()) {
            if was_heard {
                meter.told = Levels::default();
            }
            meter.told.add(&meter.now);
            meter.now = Levels::default();
            *into = MeterValue { channel: meter.channel_id, peak: meter.told.peak, rms: meter.told.rms() };
        }
        self.meters.len().min(into.len())
    }

    pub fn forget_levels(&mut self) {
        for meter in &mut self.meters {
            (meter.now, meter.told) = (Levels::default(), Levels::default());
        }
    }
}

fn value(parameters: &[Parameter], slot: u32) -> Smoother {
    parameters.get(slot as usize).map_or(Smoother::at(0.0, 0), |parameter| parameter.value)
}

#[allow(clippy::too_many_arguments)]
fn run(
    op: Op,
    strips: &mut [Strip],
    parameters: &[Parameter],
    sources: &[Source],
    meters: &mut [Meter],
    after: Option<&Graph>,
    scratch: &mut [f32; BLOCK],
    frames: usize,
) {
    match op {
        Op::Source { source, channel } => {
            let Some(mut source) = sources.get(source as usize) else { return };
            if let Some(moved) = after.and_then(|after| after.sources.get(source.moved_to as usize)) {
                source = moved;
            }
            if source.is_live
                && let Some(strip) = strips.get_mut(channel as usize)
            {
                strip.receive(&source.block, frames);
            }
        }
        Op::Gain { gain, channel } => {
            let gain = value(parameters, gain);
            scale(strips, channel, gain.values(scratch, frames), frames);
        }
        Op::Pan { gains, channel } => {
            let Some(strip) = live(strips, channel) else { return };
            let (left, right) = (value(parameters, gains), value(parameters, gains + 1));
            left.values(scratch, frames).apply(&mut strip.block.left[..frames]);
            right.values(scratch, frames).apply(&mut strip.block.right[..frames]);
        }
        Op::Fader { gain, audible, channel } => {
            let (gain, audible) = (value(parameters, gain), value(parameters, audible));
            scale(strips, channel, product(&gain, &audible, scratch, frames), frames);
        }
        Op::Send { gain, audible, from, to } => {
            let (gain, audible) = (value(parameters, gain), value(parameters, audible));
            feed(strips, from, to, product(&gain, &audible, scratch, frames), frames);
        }
        Op::Meter { meter, channel } => {
            if let Some(meter) = meters.get_mut(meter as usize) {
                meter.measure(strips.get(channel as usize), frames);
            }
        }
        Op::Output { from, to } => feed(strips, from, to, Gain::Steady(1.0), frames),
    }
}

fn live(strips: &mut [Strip], channel: u32) -> Option<&mut Strip> {
    strips.get_mut(channel as usize).filter(|strip| strip.is_live)
}

fn scale(strips: &mut [Strip], channel: u32, gain: Gain<'_>, frames: usize) {
    let Some(strip) = live(strips, channel) else { return };
    if matches!(gain, Gain::Steady(0.0)) {
        strip.is_live = false;
        return;
    }
    gain.apply(&mut strip.block.left[..frames]);
    gain.apply(&mut strip.block.right[..frames]);
}

fn feed(strips: &mut [Strip], from: u32, to: u32, gain: Gain<'_>, frames: usize) {
    let Ok([from, to]) = strips.get_disjoint_mut([from as usize, to as usize]) else { return };
    if !from.is_live || matches!(gain, Gain::Steady(0.0)) {
        return;
    }
    if matches!(gain, Gain::Steady(1.0)) {
        return to.receive(&from.block, frames);
    }
    if !to.is_live {
        to.block.clear(frames);
        to.is_live = true;
    }
    gain.add_scaled(&from.block.left[..frames], &mut to.block.left[..frames]);
    gain.add_scaled(&from.block.right[..frames], &mut to.block.right[..frames]);
}

impl Strip {
    fn receive(&mut self, block: &Block, frames: usize) {
        if self.is_live {
            self.block.add(block, frames);
        } else {
            self.block.copy(block, frames);
            self.is_live = true;
        }
    }
}

impl Meter {
    fn measure(&mut self, strip: Option<&Strip>, frames: usize) {
        self.now.frames += frames as u32;
        let Some(strip) = strip.filter(|strip| strip.is_live) else { return };
        let (left, right) = strip.block.sides(frames);
        for (side, samples) in [left, right].into_iter().enumerate() {
            let (peak, squares) = measure(samples);
            self.now.peak[side] = self.now.peak[side].max(peak);
            self.now.squares[side] += f64::from(squares);
        }
    }
}
