//! What a graph must be before it may play: complete, without loops, with one master.

use super::{MAXIMUM_CHANNELS, MAXIMUM_NODES};
use crate::session::Session;
use loophole_wire::ErrorBody;
use loophole_wire::message::graph::{Channel, ChannelRole, Node, NodeKind, ParameterRole, Region};
use std::collections::{BTreeMap, BTreeSet};
use thiserror::Error;

/// Why a graph is refused. The one before plays on.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum GraphError {
    #[error("{what} {id} stands twice; each is named once")]
    Duplicate { what: &'static str, id: u32 },
    #[error("channel {channel} names node {node}, which does not exist; send the node in the same message")]
    UnknownNode { channel: u32, node: u32 },
    #[error("{from} feeds channel {channel}, which does not exist; send the channel in the same message")]
    UnknownChannel { from: String, channel: u32 },
    #[error("{what} {id} does not exist, so it cannot be removed")]
    UnknownRemoved { what: &'static str, id: u32 },
    #[error("node {node} stands in channel {first} and in channel {second}; a node has one place")]
    NodeInTwoChannels { node: u32, first: u32, second: u32 },
    #[error("send {node} has no target channel; name one")]
    SendWithoutTarget { node: u32 },
    #[error("the channels feed each other in a circle: {path}; take one of these connections away")]
    Cycle { path: String },
    #[error("there is no master; a graph that has channels has exactly one")]
    MasterMissing,
    #[error("channels {first} and {second} are both master; a graph that has channels has exactly one")]
    MasterTwice { first: u32, second: u32 },
    #[error("the master channel {channel} has an output; it feeds the device")]
    MasterWithOutput { channel: u32 },
    #[error("node {node} of kind {kind:?} has no parameter {role:?}, or has it twice")]
    WrongParameter { node: u32, kind: NodeKind, role: ParameterRole },
    #[error("parameter {parameter} of node {node} has the value {value}; it must be a number")]
    NotANumber { node: u32, parameter: u32, value: f64 },
    #[error("region {region} of node {node}: {reason}")]
    Region { node: u32, region: u32, reason: &'static str },
    #[error("{count} {what} are more than the {limit} that one graph may have")]
    TooMany { what: &'static str, count: usize, limit: usize },
}

impl GraphError {
    /// One of [`crate::ERROR_CODES`].
    pub fn code(&self) -> &'static str {
        match self {
            Self::Duplicate { .. } => "graph.duplicate",
            Self::UnknownNode { .. } | Self::UnknownRemoved { .. } => "graph.unknownNode",
            Self::UnknownChannel { .. } | Self::SendWithoutTarget { .. } => "graph.unknownChannel",
            Self::NodeInTwoChannels { .. } => "graph.nodeInTwoChannels",
            Self::MasterMissing | Self::MasterTwice { .. } | Self::MasterWithOutput { .. } => "graph.masters",
            Self::Cycle { .. } => "graph.cycle",
            Self::WrongParameter { .. } => "graph.wrongParameter",
            Self::NotANumber { .. } => "graph.notANumber",
            Self::Region { .. } => "graph.region",
            Self::TooMany { .. } => "graph.tooMany",
        }
    }
}

impl From<GraphError> for ErrorBody {
    fn from(error: GraphError) -> Self {
        ErrorBody::new(error.code(), format!("{error}. The graph before plays on."))
    }
}

/// The parameters that a kind of node has, each with its value when it is not given.
pub const fn roles(kind: NodeKind) -> &'static [(ParameterRole, f64)] {
    match kind {
        NodeKind::LaneStream | NodeKind::Meter => &[],
        NodeKind::Gain => &[(ParameterRole::GainDb, 0.0)],
        NodeKind::Pan => &[(ParameterRole::Pan, 0.0)],
        NodeKind::Fader | NodeKind::Send => &[(ParameterRole::GainDb, 0.0), (ParameterRole::Audible, 1.0)],
        NodeKind::TestTone => &[(ParameterRole::FrequencyHz, 440.0), (ParameterRole::GainDb, 0.0)],
    }
}

/// Checks everything and answers the channels in an order in which each comes after all that feed it.
///
/// # Errors
/// What is wrong, by its id.
pub fn verify(session: &Session) -> Result<Vec<u32>, GraphError> {
    verify_sizes(session)?;
    verify_nodes(session)?;
    verify_places(session)?;
    verify_master(session)?;
    order(session)
}

fn verify_sizes(session: &Session) -> Result<(), GraphError> {
    let too_many =
        |what, count, limit| if count > limit { Err(GraphError::TooMany { what, count, limit }) } else { Ok(()) };
    too_many("channels", session.channels().len(), MAXIMUM_CHANNELS)?;
    too_many("nodes", session.nodes().len(), MAXIMUM_NODES)
}

fn verify_nodes(session: &Session) -> Result<(), GraphError> {
    let mut parameters = BTreeSet::new();
    for node in session.nodes().values() {
        verify_parameters(node)?;
        node.regions.iter().try_for_each(|region| verify_region(node.node_id, region))?;
        for parameter in &node.parameters {
            if !parameters.insert(parameter.parameter_id) {
                return Err(GraphError::Duplicate { what: "parameter", id: parameter.parameter_id });
            }
        }
        match (node.kind, node.target) {
            (NodeKind::Send, None) => return Err(GraphError::SendWithoutTarget { node: node.node_id }),
            (NodeKind::Send, Some(channel)) if !session.channels().contains_key(&channel) => {
                return Err(GraphError::UnknownChannel { from: format!("send {}", node.node_id), channel });
            }
            // What is no send feeds nobody from where it stands.
            (_, _) => {}
        }
    }
    Ok(())
}

fn verify_parameters(node: &Node) -> Result<(), GraphError> {
    for (index, parameter) in node.parameters.iter().enumerate() {
        let is_known = roles(node.kind).iter().any(|(role, _)| *role == parameter.role);
        let is_twice = node.parameters[..index].iter().any(|earlier| earlier.role == parameter.role);
        if !is_known || is_twice {
            return Err(GraphError::WrongParameter { node: node.node_id, kind: node.kind, role: parameter.role });
        }
        if parameter.value.0.is_nan() || parameter.smoothing_millis.is_nan() {
            let (parameter, value) = (parameter.parameter_id, parameter.value.0);
            return Err(GraphError::NotANumber { node: node.node_id, parameter, value });
        }
    }
    Ok(())
}

fn verify_region(node: u32, region: &Region) -> Result<(), GraphError> {
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

fn verify_places(session: &Session) -> Result<(), GraphError> {
    let mut places = BTreeMap::new();
    for channel in session.channels().values() {
        if let Some(output) = channel.output
            && !session.channels().contains_key(&output)
        {
            return Err(GraphError::UnknownChannel {
                from: format!("channel {}", channel.channel_id),
                channel: output,
            });
        }
        for node in &channel.node_ids {
            if !session.nodes().contains_key(node) {
                return Err(GraphError::UnknownNode { channel: channel.channel_id, node: *node });
            }
            if let Some(first) = places.insert(*node, channel.channel_id) {
                return Err(GraphError::NodeInTwoChannels { node: *node, first, second: channel.channel_id });
            }
        }
    }
    Ok(())
}

fn verify_master(session: &Session) -> Result<(), GraphError> {
    let mut masters = session.channels().values().filter(|channel| channel.role == ChannelRole::Master);
    match (masters.next(), masters.next()) {
        // An empty graph is silence, and needs no master.
        (None, _) if session.channels().is_empty() => Ok(()),
        (None, _) => Err(GraphError::MasterMissing),
        (Some(first), Some(second)) => {
            Err(GraphError::MasterTwice { first: first.channel_id, second: second.channel_id })
        }
        (Some(master), None) if master.output.is_some() => {
            Err(GraphError::MasterWithOutput { channel: master.channel_id })
        }
        (Some(_), None) => Ok(()),
    }
}

/// Whom a channel feeds, and by which send (none = its output).
fn feeds<'a>(session: &'a Session, channel: &'a Channel) -> impl Iterator<Item = (u32, Option<u32>)> + 'a {
    let sends = channel.node_ids.iter().filter_map(|id| session.nodes().get(id));
    let sends = sends.filter(|node| node.kind == NodeKind::Send);
    let sends = sends.filter_map(|node| Some((node.target?, Some(node.node_id))));
    sends.chain(channel.output.map(|output| (output, None)))
}

fn order(session: &Session) -> Result<Vec<u32>, GraphError> {
    let mut feeders: BTreeMap<u32, usize> = session.channels().keys().map(|id| (*id, 0)).collect();
    for channel in session.channels().values() {
        for (to, _) in feeds(session, channel) {
            *feeders.entry(to).or_default() += 1;
        }
    }
    // The smallest id first, so that the same graph is added up in the same order whatever order it came in.
    let mut ready: BTreeSet<u32> = feeders.iter().filter(|(_, count)| **count == 0).map(|(id, _)| *id).collect();
    let mut order = Vec::with_capacity(feeders.len());
    while let Some(id) = ready.pop_first() {
        order.push(id);
        feeders.remove(&id);
        for (to, _) in session.channels().get(&id).into_iter().flat_map(|channel| feeds(session, channel)) {
            if let Some(count) = feeders.get_mut(&to) {
                *count -= 1;
                if *count == 0 {
                    ready.insert(to);
                }
            }
        }
    }
    match feeders.keys().next() {
        None => Ok(order),
        Some(first) => Err(GraphError::Cycle { path: describe_loop(session, &feeders, *first) }),
    }
}

/// Every channel that is left is fed by another one that is left: walking against the signal must come to a loop.
fn describe_loop(session: &Session, left: &BTreeMap<u32, usize>, first: u32) -> String {
    let feeder_of = |id: u32| {
        left.keys().filter_map(|from| session.channels().get(from)).find_map(|channel| {
            feeds(session, channel).find(|(to, _)| *to == id).map(|(_, send)| (channel.channel_id, send))
        })
    };
    let mut way: Vec<(u32, Option<u32>)> = Vec::new();
    let mut here = first;
    while let Some((from, send)) = feeder_of(here) {
        if let Some(begin) = way.iter().position(|(to, _)| *to == here) {
            way.drain(..begin);
            break;
        }
        way.push((here, send));
        here = from;
    }
    // The way was walked backwards.
    let mut text = format!("channel {here}");
    for (to, send) in way.iter().rev() {
        match send {
            Some(send) => text.push_str(&format!(" → channel {to} (by send {send})")),
            None => text.push_str(&format!(" → channel {to}")),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use loophole_wire::message::graph::Snapshot;

    /// Lines: `channel ID ROLE [-> OUTPUT] [: NODE …]` and `node ID KIND [-> TARGET]`.
    fn check(script: &str) -> Result<Vec<u32>, String> {
        let mut snapshot = Snapshot::default();
        for line in script.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let (head, nodes) = line.split_once(':').unwrap_or((line, ""));
            let (head, target) =
                head.split_once("->").map_or((head, None), |(head, to)| (head, to.trim().parse().ok()));
            let words: Vec<_> = head.split_whitespace().collect();
            let id = words[1].parse().unwrap();
            if words[0] == "channel" {
                let role = serde_json::from_str(&format!("{:?}", words[2])).unwrap();
                let node_ids = nodes.split_whitespace().map(|id| id.parse().unwrap()).collect();
                snapshot.channels.push(Channel { channel_id: id, role, output: target, node_ids });
            } else {
                let kind = serde_json::from_str(&format!("{:?}", words[2])).unwrap();
                let (parameters, regions) = (Vec::new(), Vec::new());
                snapshot.nodes.push(Node { node_id: id, kind, bypass: false, parameters, regions, target });
            }
        }
        Session::from_snapshot(&snapshot)
            .and_then(|session| verify(&session))
            .map_err(|error| format!("{}: {error}", error.code()))
    }

    #[test]
    fn channels_come_after_all_that_feed_them() {
        let order = check("channel 1 master\nchannel 2 bus -> 1\nchannel 3 track -> 1 : 9\nnode 9 send -> 2").unwrap();
        assert_eq!(order, [3, 2, 1]);
        assert_eq!(check(""), Ok(vec![]));
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (script, wanted) in [
            ("channel 1 master\nchannel 1 track", "graph.duplicate: channel 1 stands"),
            ("channel 1 master\nnode 5 pan\nnode 5 pan", "graph.duplicate: node 5 stands"),
            ("channel 1 track", "graph.masters: there is no"),
            ("channel 1 master\nchannel 2 master", "graph.masters: channels 1 and 2"),
            ("channel 1 master -> 2\nchannel 2 bus", "graph.masters: the master channel 1"),
            ("channel 1 master : 7", "graph.unknownNode: channel 1 names node 7"),
            ("channel 1 master\nchannel 2 track -> 8", "graph.unknownChannel: channel 2 feeds channel 8"),
            ("channel 1 master : 7\nnode 7 send -> 8", "graph.unknownChannel: send 7 feeds channel 8"),
            ("channel 1 master : 7\nnode 7 send", "graph.unknownChannel: send 7"),
            (
                "channel 1 master : 7 7\nnode 7 pan",
                "graph.nodeInTwoChannels: node 7 stands in channel 1 and in channel 1",
            ),
            ("channel 1 master : 7\nchannel 2 bus : 7\nnode 7 pan", "graph.nodeInTwoChannels: node 7"),
        ] {
            let error = check(script).unwrap_err();
            assert!(error.starts_with(wanted), "{script}\n{error}");
        }
    }

    #[test]
    fn loops_are_named_all_the_way_round() {
        let error = check(
            "channel 1 master\nchannel 2 bus -> 1 : 10\nchannel 3 bus -> 2\nchannel 4 bus -> 3\nnode 10 send -> 3",
        )
        .unwrap_err();
        assert!(error.contains(": channel 2 → channel 3 (by send 10) → channel 2;"), "{error}");
        let itself = check("channel 1 master\nchannel 2 bus -> 2").unwrap_err();
        assert!(itself.contains(": channel 2 → channel 2;"), "{itself}");
    }
}
