//! Nodes that are added to a strip by hand.

use super::Edit;
use crate::bus::validate::{find, room};
use crate::core::codes::{Code, reject};
use crate::intent::node::{Add, AddableKind, Remove, SetBypass};
use crate::model::{Change, Channel, Made, Model, Node, NodeKind, NodeMade, Op};

pub(crate) fn add(model: &Model, ask: &Add) -> Edit {
    room(model, 0, 1)?;
    let channel = find(&model.channels, ask.channel_id, "channel")?;
    let kind = match ask.kind {
        AddableKind::Gain => NodeKind::Gain,
        AddableKind::TestTone => NodeKind::TestTone,
    };
    let place = |wanted: fn(NodeKind) -> bool| {
        let found = channel.nodes.iter().position(|id| model.nodes.get(id).is_some_and(|node| wanted(node.kind)));
        found.unwrap_or(channel.nodes.len())
    };
    let (first, last) = (place(|kind| kind != NodeKind::LaneStream), place(|kind| kind == NodeKind::Pan));
    // Without a wish: so that pre-fader sends hear it.
    let before_sends = place(|kind| matches!(kind, NodeKind::Pan | NodeKind::Send));
    let index = ask.index.map_or(before_sends, |index| index as usize);
    if !(first..=last).contains(&index) {
        let message =
            format!("place {index} of {} is not between its lanes and its pan; use {first} to {last}", channel.id);
        return Err(reject(Code::NodeBadPlace, message));
    }
    let mut change = Change::of(model);
    let node = change.node(channel.id, kind, kind.title());
    let mut nodes = channel.nodes.clone();
    nodes.insert(index, node.id);
    change.made = Made::Node(NodeMade { node_id: node.id });
    change.ops.push(Op::node(node));
    change.ops.push(Op::channel(Channel { nodes, ..Channel::clone(channel) }));
    Ok(change.labelled(format!("Add {} to {}", kind.title().to_lowercase(), channel.name)))
}

pub(crate) fn remove(model: &Model, ask: &Remove) -> Edit {
    let node = find(&model.nodes, ask.node_id, "node")?;
    match node.kind {
        NodeKind::Gain | NodeKind::TestTone => {}
        NodeKind::Send => {
            return Err(reject(Code::NodeFixed, format!("{} is a send; use 'routing.removeSend'", node.id)));
        }
        NodeKind::LaneStream | NodeKind::Pan | NodeKind::Fader | NodeKind::Meter => {
            let message = format!(
                "the {} {} belongs to every strip; bypass it instead",
                node.kind.title().to_lowercase(),
                node.id
            );
            return Err(reject(Code::NodeFixed, message));
        }
    }
    Ok(without(model, node)?.labelled(format!("Remove {}", node.name.to_lowercase())))
}

/// The change that takes a node out of its strip.
pub(super) fn without(model: &Model, node: &Node) -> Edit {
    let channel = find(&model.channels, node.channel, "channel")?;
    let mut change = Change::of(model);
    change.ops.extend(node.parameters.iter().map(|parameter| Op::Parameter(*parameter, None)));
    change.ops.push(Op::Node(node.id, None));
    let nodes = channel.nodes.iter().copied().filter(|id| *id != node.id).collect();
    Ok(change.with(Op::channel(Channel { nodes, ..Channel::clone(channel) })))
}

pub(crate) fn set_bypass(model: &Model, ask: &SetBypass) -> Edit {
    let node = find(&model.nodes, ask.node_id, "node")?;
    let label = if ask.bypass { "Bypass" } else { "Switch on" };
    let label = format!("{label} {}", node.name.to_lowercase());
    Ok(Change::of(model).with(Op::node(Node { bypass: ask.bypass, ..Node::clone(node) })).labelled(label))
}
