//! From the model to what the engine is told: whole entities, and the smallest change between two models. Pure.

use crate::model::{
    Channel, ChannelRole, Clip, ClipIndex, Lane, LaneId, Media, Model, Node, NodeId, NodeKind, Parameter, ParameterId,
    ParameterRole, TempoMap, Touched,
};
use crate::view::GestureView;
use loophole_wire::decibels::WireValue;
use loophole_wire::message::graph;
use loophole_wire::message::parameter::ParameterValue;
use loophole_wire::message::transport::LoopRegion;
use std::collections::{BTreeMap, BTreeSet};

/// The engine's number of a fader's or send's parameter `audible`, which the model does not have.
pub const AUDIBLE_BIT: u32 = 0x8000_0000;

const GAIN_SMOOTHING_MILLIS: f32 = 10.0;
const FREQUENCY_SMOOTHING_MILLIS: f32 = 20.0;
const AUDIBLE_SMOOTHING_MILLIS: f32 = 5.0;
/// The engine refuses shorter loops.
const SHORTEST_LOOP_FRAMES: i64 = 64;

/// Everything that what is heard depends on.
#[derive(Clone, Copy, Debug)]
pub struct Heard<'a> {
    pub model: &'a Model,
    pub clips: &'a ClipIndex,
    /// Of the model, at the engine's rate.
    pub map: &'a TempoMap,
    /// In Hz.
    pub engine_rate: u32,
    /// Values that a hand holds; they win over the model's.
    pub held: &'a BTreeMap<ParameterId, GestureView>,
    /// See [`crate::model::routing::audible`].
    pub audible: &'a BTreeMap<NodeId, bool>,
    /// Bypassed by safe mode.
    pub suspect: Option<NodeId>,
}

/// What the engine must be told after a change.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Difference {
    /// None = the graph stays.
    pub delta: Option<graph::Delta>,
    pub values: Vec<ParameterValue>,
}

impl Heard<'_> {
    pub fn channel(&self, channel: &Channel) -> graph::Channel {
        graph::Channel {
            channel_id: channel.id.0,
            role: match channel.role {
                ChannelRole::Track => graph::ChannelRole::Track,
                ChannelRole::Bus => graph::ChannelRole::Bus,
                ChannelRole::Master => graph::ChannelRole::Master,
            },
            output: channel.output.map(|output| output.0),
            node_ids: channel.nodes.iter().map(|node| node.0).collect(),
        }
    }

    /// `lanes` must have the lane that a lane stream plays.
    fn node(&self, node: &Node, lanes: &BTreeMap<NodeId, &Lane>) -> graph::Node {
        let own = node.parameters.iter().filter_map(|id| self.model.parameters.get(id));
        let mut parameters: Vec<graph::Parameter> = own.map(|parameter| self.parameter(parameter)).collect();
        if let Some(audible) = self.audible.get(&node.id) {
            parameters.push(graph::Parameter {
                parameter_id: node.id.0 | AUDIBLE_BIT,
                role: graph::ParameterRole::Audible,
                value: switch(*audible),
                smoothing_millis: AUDIBLE_SMOOTHING_MILLIS,
            });
        }
        graph::Node {
            node_id: node.id.0,
            kind: match node.kind {
                NodeKind::LaneStream => graph::NodeKind::LaneStream,
                NodeKind::Gain => graph::NodeKind::Gain,
                NodeKind::Pan => graph::NodeKind::Pan,
                NodeKind::Fader => graph::NodeKind::Fader,
                NodeKind::Send => graph::NodeKind::Send,
                NodeKind::Meter => graph::NodeKind::Meter,
                NodeKind::TestTone => graph::NodeKind::TestTone,
            },
            bypass: node.bypass || self.suspect == Some(node.id),
            parameters,
            regions: lanes.get(&node.id).map_or_else(Vec::new, |lane| self.regions(lane)),
            target: node.target.map(|target| target.0),
        }
    }

    fn parameter(&self, parameter: &Parameter) -> graph::Parameter {
        let (role, smoothing_millis) = match parameter.role {
            ParameterRole::GainDb => (graph::ParameterRole::GainDb, GAIN_SMOOTHING_MILLIS),
            ParameterRole::Pan => (graph::ParameterRole::Pan, GAIN_SMOOTHING_MILLIS),
            ParameterRole::FrequencyHz => (graph::ParameterRole::FrequencyHz, FREQUENCY_SMOOTHING_MILLIS),
        };
        let value = self.held.get(&parameter.id).map_or(parameter.value, |gesture| gesture.value);
        graph::Parameter { parameter_id: parameter.id.0, role, value: WireValue(value), smoothing_millis }
    }

    fn regions(&self, lane: &Lane) -> Vec<graph::Region> {
        let clips = self.clips.of_track(lane.track).iter();
        clips.filter(|clip| clip.lane == lane.id).filter_map(|clip| self.region(clip)).collect()
    }

    fn lanes(&self) -> BTreeMap<NodeId, &Lane> {
        self.model.lanes.values().map(|lane| (lane.node, &**lane)).collect()
    }

    fn region(&self, clip: &Clip) -> Option<graph::Region> {
        let media = self.model.media.get(&clip.media)?;
        // Both ends are rounded, not the length: clips that touch still do.
        let start_frames = self.map.ticks_to_frames(clip.start_ticks);
        let end_frames = self.map.ticks_to_frames(clip.start_ticks.saturating_add(clip.length_ticks));
        let rest = i64::try_from(media.frames).unwrap_or(i64::MAX).saturating_sub(clip.offset_frames);
        let loops = clip.looped && rest > 0;
        Some(graph::Region {
            region_id: clip.id.0,
            media_id: clip.media.0,
            start_frames,
            length_frames: (end_frames - start_frames).max(1),
            offset_frames: self.resampled(clip.offset_frames, media),
            gain_db: WireValue(clip.gain_db),
            loop_length_frames: loops.then(|| self.resampled(rest, media).max(1)),
        })
    }

    fn resampled(&self, frames: i64, media: &Media) -> i64 {
        rescale(frames, media.sample_rate, self.engine_rate)
    }

    /// The whole graph.
    pub fn snapshot(&self, version: u64) -> graph::Snapshot {
        let lanes = self.lanes();
        graph::Snapshot {
            version,
            channels: self.model.channels.values().map(|channel| self.channel(channel)).collect(),
            nodes: self.model.nodes.values().map(|node| self.node(node, &lanes)).collect(),
        }
    }

    /// The loop, switched off when it is too short for the engine.
    pub fn loop_region(&self) -> LoopRegion {
        let region = self.model.loop_region;
        let start_frames = self.map.ticks_to_frames(region.start_ticks);
        let end_frames = self.map.ticks_to_frames(region.end_ticks);
        let enabled = region.enabled && end_frames - start_frames >= SHORTEST_LOOP_FRAMES;
        LoopRegion { enabled, start_frames, end_frames: end_frames.max(start_frames + SHORTEST_LOOP_FRAMES) }
    }

    /// What the engine must be told after the model `before` became `self.model`. `told` is what it knows of who is
    /// audible. The delta has no version yet.
    pub fn difference(&self, before: &Model, touched: &Touched, told: &BTreeMap<NodeId, bool>) -> Difference {
        let after = self.model;
        let mut delta = graph::Delta::default();
        for id in &touched.channels {
            match (before.channels.get(id), after.channels.get(id)) {
                (Some(_), None) => delta.removed_channels.push(id.0),
                (was, Some(is)) if was.is_none_or(|was| self.channel(was) != self.channel(is)) => {
                    delta.channels.push(self.channel(is));
                }
                (_, _) => {}
            }
        }
        let dirty = self.dirty_nodes(before, touched);
        let lanes = if dirty.is_empty() { BTreeMap::new() } else { self.lanes() };
        for id in &dirty {
            match after.nodes.get(id) {
                Some(node) => delta.nodes.push(self.node(node, &lanes)),
                None => delta.removed_nodes.push(id.0),
            }
        }
        let mut values: Vec<ParameterValue> = Vec::new();
        for id in &touched.parameters {
            let (Some(was), Some(is)) = (before.parameters.get(id), after.parameters.get(id)) else { continue };
            if was.value != is.value && !dirty.contains(&is.node) && !self.held.contains_key(id) {
                values.push(ParameterValue { parameter_id: id.0, value: WireValue(is.value) });
            }
        }
        for (id, audible) in self.audible {
            if !dirty.contains(id) && told.get(id) != Some(audible) {
                values.push(ParameterValue { parameter_id: id.0 | AUDIBLE_BIT, value: switch(*audible) });
            }
        }
        let changes = !(delta.channels.is_empty()
            && delta.nodes.is_empty()
            && delta.removed_channels.is_empty()
            && delta.removed_nodes.is_empty());
        Difference { delta: changes.then_some(delta), values }
    }

    /// Nodes that must be sent whole, or that are gone.
    fn dirty_nodes(&self, before: &Model, touched: &Touched) -> BTreeSet<NodeId> {
        let after = self.model;
        let mut dirty = BTreeSet::new();
        for id in &touched.nodes {
            let same = match (before.nodes.get(id), after.nodes.get(id)) {
                (Some(was), Some(is)) => {
                    (was.kind, was.bypass, was.target) == (is.kind, is.bypass, is.target)
                        && was.parameters == is.parameters
                }
                (None, None) => true,
                (Some(_), None) | (None, Some(_)) => false,
            };
            if !same {
                dirty.insert(*id);
            }
        }
        let mut play_differently = |lane: Option<LaneId>| {
            for model in [before, after] {
                let node = lane.and_then(|lane| model.lanes.get(&lane)).map(|lane| lane.node);
                dirty.extend(node.filter(|node| before.nodes.contains_key(node) || after.nodes.contains_key(node)));
            }
        };
        for id in &touched.clips {
            let (was, is) = (before.clips.get(id), after.clips.get(id));
            let heard = |clip: &Clip| Clip { name: String::new(), ..clip.clone() };
            if was.map(|clip| heard(clip)) != is.map(|clip| heard(clip)) {
                play_differently(was.map(|clip| clip.lane));
                play_differently(is.map(|clip| clip.lane));
            }
        }
        for id in &touched.lanes {
            if before.lanes.get(id).map(|lane| lane.node) != after.lanes.get(id).map(|lane| lane.node) {
                play_differently(Some(*id));
            }
        }
        if touched.tempo || !touched.media.is_empty() {
            for clip in after.clips.values().filter(|clip| touched.tempo || touched.media.contains(&clip.media)) {
                play_differently(Some(clip.lane));
            }
        }
        dirty
    }
}

/// Frames at one rate as frames at another, to the nearest.
pub fn rescale(frames: i64, from_rate: u32, to_rate: u32) -> i64 {
    let (from, to) = (i128::from(from_rate.max(1)), i128::from(to_rate));
    let scaled = (i128::from(frames) * to + from / 2).div_euclid(from);
    i64::try_from(scaled).unwrap_or(if scaled < 0 { i64::MIN } else { i64::MAX })
}

fn switch(on: bool) -> WireValue {
    WireValue(f64::from(u8::from(on)))
}
