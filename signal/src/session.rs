//! The graph as Pulse sent it, by id. Pulse can send it again at any time.

use crate::graph::GraphError;
use loophole_wire::message::graph::{Channel, Delta, Node, NodeKind, Region, Snapshot};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Channels and nodes by id; a copy shares what it does not change.
#[derive(Clone, Debug, Default)]
pub struct Session {
    version: u64,
    channels: BTreeMap<u32, Arc<Channel>>,
    nodes: BTreeMap<u32, Arc<Node>>,
}

impl Session {
    pub fn version(&self) -> u64 {
        self.version
    }

    pub fn channels(&self) -> &BTreeMap<u32, Arc<Channel>> {
        &self.channels
    }

    pub fn nodes(&self) -> &BTreeMap<u32, Arc<Node>> {
        &self.nodes
    }

    /// # Errors
    /// An id that comes twice.
    pub fn from_snapshot(snapshot: &Snapshot) -> Result<Self, GraphError> {
        let mut session = Self { version: snapshot.version, ..Self::default() };
        session.put(&snapshot.channels, &snapshot.nodes)?;
        Ok(session)
    }

    /// The graph with a change; this one stays as it is.
    ///
    /// # Errors
    /// An id that comes twice in the change, or that is removed and not there.
    pub fn with_delta(&self, delta: &Delta) -> Result<Self, GraphError> {
        let mut session = self.clone();
        session.version = delta.version;
        for id in &delta.removed_channels {
            session.channels.remove(id).ok_or(GraphError::UnknownRemoved { what: "channel", id: *id })?;
        }
        for id in &delta.removed_nodes {
            session.nodes.remove(id).ok_or(GraphError::UnknownRemoved { what: "node", id: *id })?;
        }
        session.put(&delta.channels, &delta.nodes)?;
        Ok(session)
    }

    fn put(&mut self, channels: &[Channel], nodes: &[Node]) -> Result<(), GraphError> {
        refuse_twice("channel", channels.iter().map(|channel| channel.channel_id))?;
        refuse_twice("node", nodes.iter().map(|node| node.node_id))?;
        self.channels.extend(channels.iter().map(|channel| (channel.channel_id, Arc::new(channel.clone()))));
        self.nodes.extend(nodes.iter().map(|node| (node.node_id, Arc::new(node.clone()))));
        Ok(())
    }

    /// Whether nothing that is compiled differs: same channels, same nodes, at most other regions.
    pub fn compiles_like(&self, other: &Self) -> bool {
        let same_channels = self.channels.len() == other.channels.len()
            && self.channels.iter().zip(&other.channels).all(|((_, a), (_, b))| Arc::ptr_eq(a, b) || a == b);
        same_channels
            && self.nodes.len() == other.nodes.len()
            && self
                .nodes
                .values()
                .zip(other.nodes.values())
                .all(|(a, b)| Arc::ptr_eq(a, b) || differ_in_regions_at_most(a, b))
    }

    /// What each lane plays, for those that stand in a channel.
    pub fn lanes(&self) -> Vec<(u32, Vec<Region>)> {
        let placed = self.channels.values().flat_map(|channel| &channel.node_ids).filter_map(|id| self.nodes.get(id));
        let lanes = placed.filter(|node| node.kind == NodeKind::LaneStream);
        lanes.map(|node| (node.node_id, node.regions.clone())).collect()
    }
}

/// For nodes without parameters only: a node that is sent again also says its values again.
fn differ_in_regions_at_most(a: &Node, b: &Node) -> bool {
    (a.node_id, a.kind, a.bypass, a.target) == (b.node_id, b.kind, b.bypass, b.target)
        && a.parameters.is_empty()
        && b.parameters.is_empty()
}

fn refuse_twice(what: &'static str, ids: impl Iterator<Item = u32>) -> Result<(), GraphError> {
    let mut sorted: Vec<_> = ids.collect();
    sorted.sort_unstable();
    match sorted.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => Err(GraphError::Duplicate { what, id: pair[0] }),
        None => Ok(()),
    }
}
