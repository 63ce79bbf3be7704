//! Routing: buses, outputs, sends.

use super::{Edit, node::without, track::remove_channel};
use crate::bus::validate::{colour, find, name, room, unknown, value};
use crate::core::codes::{Code, reject};
use crate::event::Rejection;
use crate::intent::routing::*;
use crate::model::routing::feeds;
use crate::model::*;
use std::sync::Arc;

pub(crate) fn create_bus(model: &Model, ask: &CreateBus) -> Edit {
    room(model, 1, 3)?;
    let count = model.bus_order.len();
    let name = ask.name.as_deref().map_or_else(|| Ok(format!("Bus {}", count + 1)), name)?;
    let colour = ask.colour.as_deref().map_or_else(|| Ok(palette(count + 5)), colour)?;
    let output = output_or_master(model, ask.output_channel_id)?;
    let mut change = Change::of(model);
    let id = ChannelId(change.id());
    change.channel(id, ChannelRole::Bus, &name, colour, Vec::new(), output);
    let order = model.bus_order.iter().copied().chain([id]).collect();
    change.ops.push(Op::BusOrder(Arc::new(order)));
    change.made = Made::Bus(BusMade { channel_id: id });
    Ok(change.labelled(format!("Create bus {name}")))
}

pub(crate) fn delete_bus(model: &Model, ask: &DeleteBus) -> Edit {
    let bus = find(&model.channels, ask.channel_id, "channel")?;
    if bus.role != ChannelRole::Bus {
        let message = format!("{} is not a bus; a track's channel goes with its track, the master stays", bus.id);
        return Err(reject(Code::RoutingNotABus, message));
    }
    let mut change = Change::of(model);
    for channel in model.channels.values().filter(|channel| channel.id != bus.id) {
        let lost: Vec<&Arc<Node>> = model.sends(channel).filter(|send| send.target == Some(bus.id)).collect();
        for send in &lost {
            change.ops.extend(send.parameters.iter().map(|parameter| Op::Parameter(*parameter, None)));
            change.ops.push(Op::Node(send.id, None));
        }
        if lost.is_empty() && channel.output != Some(bus.id) {
            continue;
        }
        let output = if channel.output == Some(bus.id) { bus.output } else { channel.output };
        let nodes = channel.nodes.iter().copied().filter(|id| lost.iter().all(|send| send.id != *id)).collect();
        change.ops.push(Op::channel(Channel { output, nodes, ..Channel::clone(channel) }));
    }
    remove_channel(&mut change, model, bus.id);
    let order = model.bus_order.iter().copied().filter(|id| *id != bus.id).collect();
    change.ops.push(Op::BusOrder(Arc::new(order)));
    Ok(change.labelled(format!("Delete bus {}", bus.name)))
}

pub(crate) fn set_channel_output(model: &Model, ask: &SetChannelOutput) -> Edit {
    let channel = find(&model.channels, ask.channel_id, "channel")?;
    if channel.role == ChannelRole::Master {
        return Err(reject(Code::RoutingMaster, "the master feeds the device and nothing else"));
    }
    if let Some(output) = ask.output_channel_id {
        can_feed(model, channel, output)?;
    }
    let label = format!("Set output of {}", channel.name);
    let channel = Channel { output: ask.output_channel_id, ..Channel::clone(channel) };
    Ok(Change::of(model).with(Op::channel(channel)).labelled(label))
}

pub(crate) fn add_send(model: &Model, ask: &AddSend) -> Edit {
    room(model, 0, 1)?;
    let channel = find(&model.channels, ask.channel_id, "channel")?;
    if channel.role == ChannelRole::Master {
        return Err(reject(Code::RoutingMaster, "the master feeds the device and nothing else"));
    }
    let target = can_feed(model, channel, ask.target_channel_id)?;
    let mut change = Change::of(model);
    let mut send = change.node(channel.id, NodeKind::Send, &send_name(&target.name));
    send.target = Some(target.id);
    if let Some(wanted) = ask.gain_db {
        set_gain_of_new(&mut change, wanted.0)?;
    }
    change.made = Made::Send(SendMade { send_id: send.id });
    let nodes = with_send(model, channel, send.id, ask.mode.unwrap_or_default());
    change.ops.push(Op::node(send));
    change.ops.push(Op::channel(Channel { nodes, ..Channel::clone(channel) }));
    Ok(change.labelled(format!("Add send from {} to {}", channel.name, target.name)))
}

fn send_name(target: &str) -> String {
    let name = format!("Send to {target}");
    if crate::bus::validate::is_name(&name) { name } else { "Send".to_owned() }
}

fn set_gain_of_new(change: &mut Change, wanted: f64) -> Result<(), Rejection> {
    for op in &mut change.ops {
        if let Op::Parameter(_, Some(parameter)) = op {
            let gain = value(parameter, wanted)?;
            Arc::make_mut(parameter).value = gain;
        }
    }
    Ok(())
}

/// The strip of a channel with a send at its place; where it stood before does not matter.
fn with_send(model: &Model, channel: &Channel, send: NodeId, mode: SendMode) -> Vec<NodeId> {
    let mut nodes: Vec<NodeId> = channel.nodes.iter().copied().filter(|id| *id != send).collect();
    let before = match mode {
        SendMode::PreFader => NodeKind::Pan,
        SendMode::PostFader => NodeKind::Meter,
    };
    let place = nodes.iter().position(|id| model.nodes.get(id).is_some_and(|node| node.kind == before));
    nodes.insert(place.unwrap_or(nodes.len()), send);
    nodes
}

pub(crate) fn remove_send(model: &Model, ask: &RemoveSend) -> Edit {
    let send = send(model, ask.send_id)?;
    Ok(without(model, send)?.labelled(format!("Remove {}", lower_first(&send.name))))
}

pub(crate) fn set_send_level(model: &Model, ask: &SetSendLevel) -> Edit {
    let send = send(model, ask.send_id)?;
    let level = model.parameter_of(send, ParameterRole::GainDb).ok_or_else(|| unknown(send.id, "level of send"))?;
    let gain_db = value(level, ask.gain_db.0)?;
    Ok(Change::of(model)
        .with(Op::Value(level.id, gain_db))
        .labelled(format!("Set level of {}", lower_first(&send.name))))
}

pub(crate) fn set_send_mode(model: &Model, ask: &SetSendMode) -> Edit {
    let send = send(model, ask.send_id)?;
    let is_post = model.is_post_fader(send);
    if is_post == (ask.mode == SendMode::PostFader) {
        return Ok(Change::of(model));
    }
    let channel = find(&model.channels, send.channel, "channel")?;
    let nodes = with_send(model, channel, send.id, ask.mode);
    let label = format!("Set mode of {}", lower_first(&send.name));
    Ok(Change::of(model).with(Op::channel(Channel { nodes, ..Channel::clone(channel) })).labelled(label))
}

pub(crate) fn set_send_muted(model: &Model, ask: &SetSendMuted) -> Edit {
    let send = send(model, ask.send_id)?;
    let label = if ask.muted { "Mute" } else { "Unmute" };
    let label = format!("{label} {}", lower_first(&send.name));
    Ok(Change::of(model).with(Op::node(Node { muted: ask.muted, ..Node::clone(send) })).labelled(label))
}

/// What a new channel feeds.
pub(super) fn output_or_master(model: &Model, wanted: Option<ChannelId>) -> Result<Option<ChannelId>, Rejection> {
    match wanted {
        Some(id) => fed(model, id).map(|channel| Some(channel.id)),
        None => Ok(model.master().map(|master| master.id)),
    }
}

fn can_feed<'a>(model: &'a Model, channel: &Channel, target: ChannelId) -> Result<&'a Arc<Channel>, Rejection> {
    let target = fed(model, target)?;
    if feeds(model, target.id, channel.id) {
        let message = format!(
            "{} feeds {} already, perhaps through others; they would feed each other in a circle",
            target.name, channel.name
        );
        return Err(reject(Code::RoutingCycle, message));
    }
    Ok(target)
}

fn fed(model: &Model, id: ChannelId) -> Result<&Arc<Channel>, Rejection> {
    let channel = find(&model.channels, id, "channel")?;
    if channel.role == ChannelRole::Track {
        let message = format!("{id} belongs to a track; only buses and the master can be fed");
        return Err(reject(Code::RoutingNotABus, message));
    }
    Ok(channel)
}

fn send(model: &Model, id: NodeId) -> Result<&Arc<Node>, Rejection> {
    let node = find(&model.nodes, id, "send")?;
    if node.kind != NodeKind::Send {
        return Err(reject(
            Code::RoutingNotASend,
            format!("{id} is a {}, not a send", node.kind.title().to_lowercase()),
        ));
    }
    Ok(node)
}

fn lower_first(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}
