//! From a session to a schedule that the audio thread can run: flat, with every buffer and every state made before.

use crate::dsp::smooth::{Smooth, gain_of_db};
use crate::session::{GraphError, Session};
use loophole_wire::message::graph::{Node, NodeKind, ParameterRole};
use std::collections::BTreeMap;

/// Frames that are computed at once; a callback of any length is cut into pieces of at most this.
pub(crate) const BLOCK_FRAMES: usize = 128;

/// Parameters that may exist at once.
pub(crate) const MAX_PARAMETERS: usize = 262_144;

/// No parameter: the node has none of this role.
pub(crate) const NO_SLOT: u32 = u32::MAX;

/// Left and right of one channel, or of one node's source.
#[derive(Clone, Debug)]
pub(crate) struct Buffer {
    pub(crate) left: [f32; BLOCK_FRAMES],
    pub(crate) right: [f32; BLOCK_FRAMES],
}

impl Buffer {
    pub(crate) const SILENT: Self = Self { left: [0.0; BLOCK_FRAMES], right: [0.0; BLOCK_FRAMES] };

    pub(crate) fn both(&mut self, frames: usize) -> (&mut [f32], &mut [f32]) {
        (&mut self.left[..frames], &mut self.right[..frames])
    }
}

/// Where a node finds the value of a parameter, and how fast it follows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Slot {
    pub(crate) index: u32,
    pub(crate) smoothing_frames: u32,
}

impl Slot {
    const NONE: Self = Self { index: NO_SLOT, smoothing_frames: 0 };
}

/// What of a node lives on when the graph around it changes.
#[derive(Clone, Debug)]
pub(crate) struct NodeState {
    /// Linear gain, or the left side's of a pan.
    pub(crate) gain: Smooth,
    /// The right side's gain of a pan.
    pub(crate) gain_right: Smooth,
    /// 1 while the node works, 0 while it is bypassed or silenced.
    pub(crate) active: Smooth,
    /// The raw values that `gain` was made of.
    pub(crate) seen: [f32; 2],
    /// Of a test tone, in turns, 0 … 1.
    pub(crate) phase: f64,
    pub(crate) frequency_hz: f32,
}

/// One node in the schedule.
#[derive(Clone, Debug)]
pub(crate) struct NodeStep {
    pub(crate) id: u32,
    pub(crate) kind: NodeKind,
    pub(crate) bypass: bool,
    /// gainDb or pan.
    pub(crate) main: Slot,
    /// audible or frequencyHz.
    pub(crate) second: Slot,
    /// Of a send: which channel of the schedule.
    pub(crate) target: Option<usize>,
    pub(crate) state: Box<NodeState>,
}

/// One channel in the schedule.
#[derive(Clone, Debug)]
pub(crate) struct ChannelStep {
    pub(crate) id: u32,
    pub(crate) nodes: std::ops::Range<usize>,
    /// Which channel of the schedule it feeds; the master feeds the device.
    pub(crate) output: Option<usize>,
    pub(crate) is_master: bool,
    /// What the strip is made of; when it changes, the channel fades around the change.
    pub(crate) shape: u64,
    /// 0 while the channel fades away before a change, 1 else.
    pub(crate) gate: Smooth,
    pub(crate) has_meter: bool,
    /// Since the last publication.
    pub(crate) fresh: Sums,
    /// Published, and perhaps not read yet.
    pub(crate) unread: Sums,
}

/// What a meter adds up.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Sums {
    pub(crate) peak: [f32; 2],
    pub(crate) squares: [f64; 2],
}

impl Sums {
    /// Adds what came later.
    pub(crate) fn add(&mut self, later: Self) {
        for side in 0..2 {
            self.peak[side] = self.peak[side].max(later.peak[side]);
            self.squares[side] += later.squares[side];
        }
    }
}

/// A graph, ready to run.
#[derive(Debug)]
pub(crate) struct Schedule {
    pub(crate) version: u64,
    /// Each before those it feeds.
    pub(crate) channels: Vec<ChannelStep>,
    /// In the order of the channels.
    pub(crate) nodes: Vec<NodeStep>,
    /// (node id, place in `nodes`), sorted, to find states across a change.
    pub(crate) by_id: Vec<(u32, usize)>,
    /// (channel id, place in `channels`), sorted.
    pub(crate) channels_by_id: Vec<(u32, usize)>,
    pub(crate) buffers: Vec<Buffer>,
}

/// Gives each parameter a slot for as long as it exists.
#[derive(Debug, Default)]
pub(crate) struct Slots {
    by_parameter: BTreeMap<u32, u32>,
    /// `by_parameter` again, for ids that are small numbers: the way of gestures.
    dense: Vec<u32>,
    free: Vec<u32>,
    next: u32,
}

const DENSE_LIMIT: u32 = 1_000_000;

impl Slots {
    pub(crate) fn of(&self, parameter: u32) -> Option<u32> {
        match self.dense.get(parameter as usize) {
            Some(&slot) if slot != NO_SLOT => Some(slot),
            _ => self.by_parameter.get(&parameter).copied(),
        }
    }

    /// Makes the slots fit a session; answers (slot, value) of the parameters that are new or whose value differs
    /// from what the session held before.
    pub(crate) fn fit(&mut self, before: &Session, after: &Session) -> Result<Vec<(u32, f32)>, GraphError> {
        let mut old: BTreeMap<u32, f64> = BTreeMap::new();
        for parameter in before.nodes.values().flat_map(|node| &node.parameters) {
            old.insert(parameter.parameter_id, parameter.value.0);
        }
        let mut values = Vec::new();
        let mut kept = std::collections::BTreeSet::new();
        for parameter in after.nodes.values().flat_map(|node| &node.parameters) {
            kept.insert(parameter.parameter_id);
            let is_new = !self.by_parameter.contains_key(&parameter.parameter_id);
            let slot = self.slot_for(parameter.parameter_id)?;
            if is_new || old.get(&parameter.parameter_id) != Some(&parameter.value.0) {
                values.push((slot, parameter.value.as_f32()));
            }
        }
        let gone: Vec<u32> = self.by_parameter.keys().filter(|id| !kept.contains(id)).copied().collect();
        for id in gone {
            if let Some(slot) = self.by_parameter.remove(&id) {
                self.free.push(slot);
            }
            if let Some(entry) = self.dense.get_mut(id as usize) {
                *entry = NO_SLOT;
            }
        }
        Ok(values)
    }

    fn slot_for(&mut self, parameter: u32) -> Result<u32, GraphError> {
        if let Some(slot) = self.by_parameter.get(&parameter) {
            return Ok(*slot);
        }
        let slot = match self.free.pop() {
            Some(slot) => slot,
            None if (self.next as usize) < MAX_PARAMETERS => {
                self.next += 1;
                self.next - 1
            }
            None => return Err(GraphError::TooMany { what: "parameters", limit: MAX_PARAMETERS }),
        };
        self.by_parameter.insert(parameter, slot);
        if parameter < DENSE_LIMIT {
            let index = parameter as usize;
            if self.dense.len() <= index {
                self.dense.resize(index + 1, NO_SLOT);
            }
            self.dense[index] = slot;
        }
        Ok(slot)
    }
}

/// Compiles a session that was checked. `slots` fit it already.
pub(crate) fn compile(session: &Session, slots: &Slots, sample_rate: u32) -> Result<Schedule, GraphError> {
    let order = session.order()?;
    let places: BTreeMap<u32, usize> = order.iter().enumerate().map(|(place, id)| (*id, place)).collect();
    let mut nodes = Vec::with_capacity(session.nodes.len());
    let mut channels = Vec::with_capacity(order.len());
    for id in &order {
        let Some(channel) = session.channels.get(id) else { continue };
        let first = nodes.len();
        let strip = channel.node_ids.iter().filter_map(|id| session.nodes.get(id));
        nodes.extend(strip.map(|node| node_step(node, slots, &places, sample_rate)));
        channels.push(ChannelStep {
            id: *id,
            nodes: first..nodes.len(),
            output: channel.output.and_then(|output| places.get(&output).copied()),
            is_master: channel.role == loophole_wire::message::graph::ChannelRole::Master,
            shape: shape_of(channel.output, &nodes[first..], session),
            gate: Smooth::at(1.0),
            has_meter: nodes[first..].iter().any(|node| node.kind == NodeKind::Meter),
            fresh: Sums::default(),
            unread: Sums::default(),
        });
    }
    let mut by_id: Vec<(u32, usize)> = nodes.iter().enumerate().map(|(place, node)| (node.id, place)).collect();
    by_id.sort_unstable();
    let mut channels_by_id: Vec<(u32, usize)> = places.into_iter().collect();
    channels_by_id.sort_unstable();
    let buffers = vec![Buffer::SILENT; channels.len()];
    Ok(Schedule { version: session.version, channels, nodes, by_id, channels_by_id, buffers })
}

/// FNV-1a over what, when it changes, would click.
fn shape_of(output: Option<u32>, strip: &[NodeStep], session: &Session) -> u64 {
    let targets = strip.iter().map(|node| session.nodes.get(&node.id).and_then(|node| node.target).unwrap_or(0));
    let words = strip.iter().map(|node| node.id).zip(targets).flat_map(|(id, target)| [id, target]);
    words.chain([output.unwrap_or(u32::MAX)]).fold(0xcbf2_9ce4_8422_2325, |hash, word| {
        (hash ^ u64::from(word)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

fn node_step(node: &Node, slots: &Slots, places: &BTreeMap<u32, usize>, sample_rate: u32) -> NodeStep {
    let find = |role: ParameterRole| {
        node.parameters.iter().find(|parameter| parameter.role == role).map_or(Slot::NONE, |parameter| Slot {
            index: slots.of(parameter.parameter_id).unwrap_or(NO_SLOT),
            smoothing_frames: (f64::from(parameter.smoothing_millis.clamp(0.0, 1_000.0)) * f64::from(sample_rate) / 1e3) as u32,
        })
    };
    let value = |role: ParameterRole| node.parameters.iter().find(|parameter| parameter.role == role).map(|parameter| parameter.value.as_f32());
    let (main, second) = match node.kind {
        NodeKind::LaneStream | NodeKind::Meter => (Slot::NONE, Slot::NONE),
        NodeKind::Gain => (find(ParameterRole::GainDb), Slot::NONE),
        NodeKind::Pan => (find(ParameterRole::Pan), Slot::NONE),
        NodeKind::Fader | NodeKind::Send => (find(ParameterRole::GainDb), find(ParameterRole::Audible)),
        NodeKind::TestTone => (find(ParameterRole::GainDb), find(ParameterRole::FrequencyHz)),
    };
    let audible = value(ParameterRole::Audible).is_none_or(|audible| audible >= 0.5);
    let [gain, gain_right] = match node.kind {
        NodeKind::Pan => crate::dsp::pan::gains(value(ParameterRole::Pan).unwrap_or(0.0)),
        _ => [value(ParameterRole::GainDb).map_or(1.0, gain_of_db); 2],
    };
    let state = NodeState {
        gain: Smooth::at(gain),
        gain_right: Smooth::at(gain_right),
        active: Smooth::at(if node.bypass || !audible { 0.0 } else { 1.0 }),
        seen: [f32::NAN; 2],
        phase: 0.0,
        frequency_hz: value(ParameterRole::FrequencyHz).unwrap_or(440.0),
    };
    let target = node.target.and_then(|target| places.get(&target).copied());
    NodeStep { id: node.node_id, kind: node.kind, bypass: node.bypass, main, second, target, state: Box::new(state) }
}
