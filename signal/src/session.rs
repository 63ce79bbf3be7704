//! The graph as Pulse sent it: checked before anything is changed.

use loophole_wire::ErrorBody;
use loophole_wire::message::graph::{Channel, ChannelRole, Delta, Node, NodeKind, Region, Snapshot};
use std::collections::{BTreeMap, BTreeSet};

/// What is held; Pulse can send all of it again.
#[derive(Clone, Debug, Default)]
pub(crate) struct Session {
    pub(crate) version: u64,
    pub(crate) channels: BTreeMap<u32, Channel>,
    pub(crate) nodes: BTreeMap<u32, Node>,
}

/// A graph that is refused; the old one plays on.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub(crate) enum GraphError {
    #[error("{what} {id} stands twice; each is named once")]
    Duplicate { what: &'static str, id: u32 },
    #[error("channel {channel} names node {node}, which does not exist; send the node in the same message")]
    UnknownNode { channel: u32, node: u32 },
    #[error("{what} {id} feeds channel {target}, which does not exist; send the channel in the same message")]
    UnknownChannel { what: &'static str, id: u32, target: u32 },
    #[error("node {node} stands in channel {first} and in channel {second}; a node has one place")]
    NodeInTwoChannels { node: u32, first: u32, second: u32 },
    #[error("send {node} has no target channel; name one")]
    SendWithoutTarget { node: u32 },
    #[error("there are {count} masters; a graph that has channels has exactly one")]
    Masters { count: usize },
    #[error("the channels {} feed each other in a circle; take one of these connections away", list(.channels))]
    Cycle { channels: Vec<u32> },
    #[error("parameter {parameter} of node {node} has the value {value}; it must be a number")]
    NotANumber { node: u32, parameter: u32, value: f64 },
    #[error("{what} {id} does not exist, so it cannot be removed")]
    UnknownRemoved { what: &'static str, id: u32 },
    #[error("region {region} of node {node}: {reason}")]
    Region { node: u32, region: u32, reason: &'static str },
    #[error("more than {limit} {what}")]
    TooMany { what: &'static str, limit: usize },
}

fn list(channels: &[u32]) -> String {
    channels.iter().map(u32::to_string).collect::<Vec<_>>().join(" → ")
}

/// Channels that telemetry and buffers are made for.
pub(crate) const MAX_CHANNELS: usize = 4_096;
/// Nodes in a graph.
pub(crate) const MAX_NODES: usize = 65_536;

impl GraphError {
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::Duplicate { .. } => "graph.duplicate",
            Self::UnknownNode { .. } | Self::UnknownRemoved { .. } => "graph.unknownNode",
            Self::UnknownChannel { .. } | Self::SendWithoutTarget { .. } => "graph.unknownChannel",
            Self::NodeInTwoChannels { .. } => "graph.nodeInTwoChannels",
            Self::Masters { .. } => "graph.masters",
            Self::Cycle { .. } => "graph.cycle",
            Self::NotANumber { .. } => "graph.notANumber",
            Self::Region { .. } => "graph.region",
            Self::TooMany { .. } => "graph.tooMany",
        }
    }
}

impl From<GraphError> for ErrorBody {
    fn from(error: GraphError) -> Self {
        ErrorBody::new(error.code(), error.to_string())
    }
}

impl Session {
    /// The session with a snapshot instead of what is held.
    pub(crate) fn with_snapshot(&self, snapshot: Snapshot) -> Result<Self, GraphError> {
        let mut next = Self { version: snapshot.version, ..Self::default() };
        for channel in snapshot.channels {
            let id = channel.channel_id;
            if next.channels.insert(id, channel).is_some() {
                return Err(GraphError::Duplicate { what: "channel", id });
            }
        }
        for node in snapshot.nodes {
            let id = node.node_id;
            if next.nodes.insert(id, node).is_some() {
                return Err(GraphError::Duplicate { what: "node", id });
            }
        }
        next.check()?;
        Ok(next)
    }

    /// The session with a delta applied.
    pub(crate) fn with_delta(&self, delta: Delta) -> Result<Self, GraphError> {
        let mut next = self.clone();
        next.version = delta.version;
        for id in delta.removed_channels {
            next.channels.remove(&id).ok_or(GraphError::UnknownRemoved { what: "channel", id })?;
        }
        for id in delta.removed_nodes {
            next.nodes.remove(&id).ok_or(GraphError::UnknownRemoved { what: "node", id })?;
        }
        next.channels.extend(delta.channels.into_iter().map(|channel| (channel.channel_id, channel)));
        next.nodes.extend(delta.nodes.into_iter().map(|node| (node.node_id, node)));
        next.check()?;
        Ok(next)
    }

    /// Channels so that each comes before those it feeds.
    pub(crate) fn order(&self) -> Result<Vec<u32>, GraphError> {
        #[derive(Clone, Copy, PartialEq)]
        enum Mark {
            Open,
            Done,
        }
        let mut marks: BTreeMap<u32, Mark> = BTreeMap::new();
        let mut finished = Vec::with_capacity(self.channels.len());
        for &root in self.channels.keys() {
            if marks.contains_key(&root) {
                continue;
            }
            // Depth first without recursion: a chain of 4,096 buses must not overflow a stack.
            let mut stack = vec![(root, self.feeds(root), 0_usize)];
            marks.insert(root, Mark::Open);
            while let Some((channel, feeds, at)) = stack.last_mut() {
                let Some(&next) = feeds.get(*at) else {
                    marks.insert(*channel, Mark::Done);
                    finished.push(*channel);
                    stack.pop();
                    continue;
                };
                *at += 1;
                match marks.get(&next) {
                    Some(Mark::Done) => {}
                    Some(Mark::Open) => {
                        let mut channels: Vec<u32> = stack.iter().map(|(channel, ..)| *channel).skip_while(|&channel| channel != next).collect();
                        channels.push(next);
                        return Err(GraphError::Cycle { channels });
                    }
                    None => {
                        marks.insert(next, Mark::Open);
                        let feeds = self.feeds(next);
                        stack.push((next, feeds, 0));
                    }
                }
            }
        }
        finished.reverse();
        Ok(finished)
    }

    fn feeds(&self, channel: u32) -> Vec<u32> {
        let Some(channel) = self.channels.get(&channel) else { return Vec::new() };
        let sends = channel.node_ids.iter().filter_map(|id| self.nodes.get(id)).filter(|node| node.kind == NodeKind::Send);
        channel.output.into_iter().chain(sends.filter_map(|node| node.target)).collect()
    }

    fn check(&self) -> Result<(), GraphError> {
        if self.channels.len() > MAX_CHANNELS {
            return Err(GraphError::TooMany { what: "channels", limit: MAX_CHANNELS });
        }
        if self.nodes.len() > MAX_NODES {
            return Err(GraphError::TooMany { what: "nodes", limit: MAX_NODES });
        }
        let masters = self.channels.values().filter(|channel| channel.role == ChannelRole::Master).count();
        if masters > 1 || (masters == 0 && !self.channels.is_empty()) {
            return Err(GraphError::Masters { count: masters });
        }
        let mut places = BTreeMap::new();
        for (&id, channel) in &self.channels {
            if let Some(target) = channel.output.filter(|target| !self.channels.contains_key(target)) {
                return Err(GraphError::UnknownChannel { what: "channel", id, target });
            }
            for &node in &channel.node_ids {
                if !self.nodes.contains_key(&node) {
                    return Err(GraphError::UnknownNode { channel: id, node });
                }
                if let Some(first) = places.insert(node, id) {
                    return Err(GraphError::NodeInTwoChannels { node, first, second: id });
                }
            }
        }
        let mut parameters = BTreeSet::new();
        for (&id, node) in &self.nodes {
            if node.kind == NodeKind::Send {
                let target = node.target.ok_or(GraphError::SendWithoutTarget { node: id })?;
                if !self.channels.contains_key(&target) {
                    return Err(GraphError::UnknownChannel { what: "send", id, target });
                }
            }
            for parameter in &node.parameters {
                if parameter.value.0.is_nan() || parameter.smoothing_millis.is_nan() {
                    return Err(GraphError::NotANumber { node: id, parameter: parameter.parameter_id, value: parameter.value.0 });
                }
                if !parameters.insert(parameter.parameter_id) {
                    return Err(GraphError::Duplicate { what: "parameter", id: parameter.parameter_id });
                }
            }
            for region in &node.regions {
                check_region(id, region)?;
            }
        }
        self.order().map(|_| ())
    }
}

fn check_region(node: u32, region: &Region) -> Result<(), GraphError> {
    let refuse = |reason| Err(GraphError::Region { node, region: region.region_id, reason });
    if region.length_frames < 1 {
        return refuse("a region lasts at least one frame");
    }
    if region.offset_frames < 0 || region.start_frames.checked_add(region.length_frames).is_none() {
        return refuse("its place is outside what can be counted");
    }
    if region.loop_length_frames.is_some_and(|frames| frames < 1) {
        return refuse("a repeated stretch lasts at least one frame");
    }
    if region.gain_db.0.is_nan() {
        return refuse("its gain must be a number");
    }
    Ok(())
}
