//! From the graph as received to the one that runs, and the map from ids to places in it.

use super::Graph;
use super::lane::Lane;
use super::schedule::{Meter, NONE, Op, Parameter, Source, SourceKind};
use super::verify::{self, GraphError, roles};
use crate::dsp::tone::Tone;
use crate::dsp::{Smoother, gain_of, pan};
use crate::session::Session;
use loophole_wire::message::graph::{Channel, ChannelRole, Node, NodeKind, ParameterRole};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// Where a parameter stands in the running graph, and its value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Slot {
    pub index: u32,
    pub role: ParameterRole,
    /// In the parameter's own unit.
    pub value: f64,
}

/// The control thread's knowledge of a compiled graph.
#[derive(Clone, Debug, Default)]
pub struct Layout {
    slots: Vec<Slot>,
    /// From parameter id to a place in `slots`.
    by_id: HashMap<u32, u32>,
    places: BTreeMap<(u32, u8), u32>,
    sources: BTreeMap<u32, u32>,
    meters: BTreeMap<u32, u32>,
    session: Session,
}

impl Layout {
    /// The place of a parameter in [`Self::slot_mut`]'s list.
    pub fn find(&self, parameter_id: u32) -> Option<u32> {
        self.by_id.get(&parameter_id).copied()
    }

    pub fn slot_mut(&mut self, place: u32) -> Option<&mut Slot> {
        self.slots.get_mut(place as usize)
    }

    pub fn parameters(&self) -> usize {
        self.slots.len()
    }

    /// The session it was compiled from.
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// For a session that [compiles alike](Session::compiles_like).
    pub fn replace_session(&mut self, session: Session) {
        self.session = session;
    }
}

/// What a value is to the audio thread: one number, for a pan two.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Target {
    One(f32),
    Two(f32, f32),
}

/// From a parameter's own unit to factors.
pub fn target_of(role: ParameterRole, value: f64) -> Target {
    match role {
        ParameterRole::GainDb => Target::One(gain_of(value)),
        ParameterRole::Pan => {
            let [left, right] = pan::gains(if value.is_nan() { 0.0 } else { value as f32 });
            Target::Two(left, right)
        }
        ParameterRole::Audible => Target::One(if value.is_nan() { 0.0 } else { value.clamp(0.0, 1.0) as f32 }),
        ParameterRole::FrequencyHz => {
            Target::One(if value.is_nan() { 0.0 } else { value.clamp(0.0, 192_000.0) as f32 })
        }
    }
}

/// Verifies and compiles. What stands in `before` unchanged goes on from its state there, with its value there.
///
/// # Errors
/// What is wrong with the graph.
pub fn compile(
    session: Session,
    sample_rate: u32,
    ticket: u64,
    before: &Layout,
) -> Result<(Box<Graph>, Layout), GraphError> {
    let order = verify::verify(&session)?;
    let places: HashMap<u32, u32> = (0_u32..).zip(&order).map(|(place, id)| (*id, place)).collect();
    let mut compiler = Compiler::new(before, sample_rate, places);
    compiler.add_sources(&session);
    for id in &order {
        if let Some(channel) = session.channels().get(id) {
            compiler.add_channel(&session, channel);
        }
    }
    let version = session.version();
    let Compiler { ops, parameters, sources, meters, master, mut layout, .. } = compiler;
    layout.session = session;
    let graph = Graph::new((version, ticket), order.len(), ops, parameters, sources, meters, master);
    Ok((Box::new(graph), layout))
}

struct Compiler<'a> {
    before: &'a Layout,
    sample_rate: u32,
    places: HashMap<u32, u32>,
    ops: Vec<Op>,
    parameters: Vec<Parameter>,
    sources: Vec<Source>,
    meters: Vec<Meter>,
    master: Option<u32>,
    layout: Layout,
}

impl<'a> Compiler<'a> {
    fn new(before: &'a Layout, sample_rate: u32, places: HashMap<u32, u32>) -> Self {
        Self {
            before,
            sample_rate,
            places,
            ops: Vec::new(),
            parameters: Vec::new(),
            sources: Vec::new(),
            meters: Vec::new(),
            master: None,
            layout: Layout::default(),
        }
    }

    /// Bypassed ones too: they run on unheard, so that they are in place when they come back.
    fn add_sources(&mut self, session: &Session) {
        let placed = session.channels().values().flat_map(|channel| &channel.node_ids);
        let mut nodes: Vec<_> = placed.filter_map(|id| session.nodes().get(id)).collect();
        nodes.sort_by_key(|node| node.node_id);
        for node in nodes {
            let kind = match node.kind {
                NodeKind::LaneStream => SourceKind::Lane(Lane::default()),
                NodeKind::TestTone => {
                    let frequency = self.parameter(node, ParameterRole::FrequencyHz);
                    let gain = self.parameter(node, ParameterRole::GainDb);
                    SourceKind::Tone { tone: Tone::default(), frequency, gain }
                }
                NodeKind::Gain | NodeKind::Pan | NodeKind::Fader | NodeKind::Send | NodeKind::Meter => continue,
            };
            let from = self.before.sources.get(&node.node_id).copied().unwrap_or(NONE);
            self.layout.sources.insert(node.node_id, self.sources.len() as u32);
            self.sources.push(Source::new(node.node_id, kind, from));
        }
    }

    fn add_channel(&mut self, session: &Session, channel: &Channel) {
        let Some(place) = self.places.get(&channel.channel_id).copied() else { return };
        for node in channel.node_ids.iter().filter_map(|id| session.nodes().get(id)) {
            self.add_node(node, channel.channel_id, place);
        }
        if channel.role == ChannelRole::Master {
            self.master = Some(place);
        }
        if let Some(to) = channel.output.and_then(|id| self.places.get(&id).copied()) {
            self.ops.push(Op::Output { from: place, to });
        }
    }

    fn add_node(&mut self, node: &Node, channel_id: u32, channel: u32) {
        let op = match node.kind {
            NodeKind::LaneStream | NodeKind::TestTone => {
                self.layout.sources.get(&node.node_id).map(|source| Op::Source { source: *source, channel })
            }
            NodeKind::Gain => Some(Op::Gain { gain: self.parameter(node, ParameterRole::GainDb), channel }),
            NodeKind::Pan => Some(Op::Pan { gains: self.parameter(node, ParameterRole::Pan), channel }),
            NodeKind::Fader => {
                let gain = self.parameter(node, ParameterRole::GainDb);
                Some(Op::Fader { gain, audible: self.parameter(node, ParameterRole::Audible), channel })
            }
            NodeKind::Send => {
                let gain = self.parameter(node, ParameterRole::GainDb);
                let audible = self.parameter(node, ParameterRole::Audible);
                let to = node.target.and_then(|id| self.places.get(&id).copied());
                to.map(|to| Op::Send { gain, audible, from: channel, to })
            }
            NodeKind::Meter => Some(Op::Meter { meter: self.meter(channel_id), channel }),
        };
        // A bypassed node keeps its parameters, so that they can be set meanwhile.
        self.ops.extend(op.filter(|_| !node.bypass));
    }

    /// One set of levels per channel; of two meters in a channel both count to it.
    fn meter(&mut self, channel_id: u32) -> u32 {
        if let Some(meter) = self.layout.meters.get(&channel_id) {
            return *meter;
        }
        let place = self.meters.len() as u32;
        let from = self.before.meters.get(&channel_id).copied().unwrap_or(NONE);
        self.layout.meters.insert(channel_id, place);
        self.meters.push(Meter::new(channel_id, from));
        place
    }

    fn parameter(&mut self, node: &Node, role: ParameterRole) -> u32 {
        let index = self.parameters.len() as u32;
        let given = node.parameters.iter().find(|parameter| parameter.role == role);
        let default = roles(node.kind).iter().find(|(known, _)| *known == role).map_or(0.0, |(_, value)| *value);
        let mut value = given.map_or(default, |parameter| parameter.value.0);
        let smoothing = given.map_or(0.0, |parameter| parameter.smoothing_millis.clamp(0.0, 1_000.0));
        let ramp_frames = (smoothing * self.sample_rate as f32 / 1_000.0) as u32;
        let key = (node.node_id, role as u8);
        let from = self.before.places.get(&key).and_then(|place| self.before.slots.get(*place as usize));
        if let Some(before) = from
            && self.is_unchanged(node)
        {
            value = before.value;
        }
        let from = from.map_or(NONE, |slot| slot.index);
        let place = self.layout.slots.len() as u32;
        self.layout.slots.push(Slot { index, role, value });
        self.layout.places.insert(key, place);
        if let Some(parameter) = given {
            self.layout.by_id.insert(parameter.parameter_id, place);
        }
        let smoother = |target| Smoother::at(target, ramp_frames);
        match target_of(role, value) {
            Target::One(target) => self.parameters.push(Parameter { value: smoother(target), from }),
            Target::Two(left, right) => {
                self.parameters.push(Parameter { value: smoother(left), from });
                let from = if from == NONE { NONE } else { from + 1 };
                self.parameters.push(Parameter { value: smoother(right), from });
            }
        }
        index
    }

    /// A node that was not sent again keeps the values that were set since.
    fn is_unchanged(&self, node: &Node) -> bool {
        let before = self.before.session.nodes().get(&node.node_id);
        before.is_some_and(|before| std::ptr::eq(Arc::as_ptr(before), node))
    }
}
