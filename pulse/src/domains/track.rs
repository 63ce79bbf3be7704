//! Tracks: an entry of the arrangement with a channel and a lane.

use super::{Edit, routing::output_or_master};
use crate::bus::validate::{colour, find, name, room};
use crate::core::codes::{Code, reject};
use crate::event::Rejection;
use crate::intent::track::{Create, Delete, Duplicate, Move, Rename, SetColour, SetFlags};
use crate::model::*;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub(crate) fn create(model: &Model, ask: &Create) -> Edit {
    room(model, 1, 4)?;
    let count = model.tracks.len();
    let name = ask.name.as_deref().map_or_else(|| Ok(format!("Track {}", count + 1)), name)?;
    let colour = ask.colour.as_deref().map_or_else(|| Ok(palette(count)), colour)?;
    let output = output_or_master(model, ask.output_channel_id)?;
    let mut change = Change::of(model);
    let track = add(&mut change, &name, colour, output);
    let mut order = model.track_order.to_vec();
    order.insert(place(ask.index, order.len()), track.id);
    change.ops.push(Op::TrackOrder(Arc::new(order)));
    change.made = Made::Track(TrackMade { track_id: track.id, channel_id: track.channel });
    Ok(change.labelled(format!("Create track {name}")))
}

/// Puts a track with its channel and one lane; the order of tracks is the caller's.
pub(super) fn add(change: &mut Change, name: &str, colour: Colour, output: Option<ChannelId>) -> Track {
    let [track, channel, lane] = [change.id(), change.id(), change.id()];
    let (track, channel, lane) = (TrackId(track), ChannelId(channel), LaneId(lane));
    let stream = change.node(channel, NodeKind::LaneStream, NodeKind::LaneStream.title());
    let node = stream.id;
    change.ops.push(Op::node(stream));
    change.channel(channel, ChannelRole::Track, name, colour, vec![node], output);
    change.ops.push(Op::lane(Lane { id: lane, track, name: "Lane 1".to_owned(), node }));
    let track = Track { id: track, name: name.to_owned(), colour, channel, lanes: vec![lane] };
    change.ops.push(Op::track(track.clone()));
    track
}

pub(crate) fn delete(model: &Model, ask: &Delete) -> Edit {
    if ask.track_ids.is_empty() {
        return Err(reject(Code::TrackNothing, "no track was named; name at least one in trackIds"));
    }
    let ids: BTreeSet<TrackId> = ask.track_ids.iter().copied().collect();
    let mut change = Change::of(model);
    for clip in model.clips.values().filter(|clip| ids.contains(&clip.track)) {
        change.ops.push(Op::Clip(clip.id, None));
    }
    for id in &ids {
        let track = find(&model.tracks, *id, "track")?;
        change.ops.extend(track.lanes.iter().map(|lane| Op::Lane(*lane, None)));
        change.ops.push(Op::Track(*id, None));
        remove_channel(&mut change, model, track.channel);
    }
    let order = model.track_order.iter().copied().filter(|id| !ids.contains(id)).collect();
    change.ops.push(Op::TrackOrder(Arc::new(order)));
    let label = match ids.first().and_then(|id| model.tracks.get(id)) {
        Some(track) if ids.len() == 1 => format!("Delete track {}", track.name),
        _ => format!("Delete {} tracks", ids.len()),
    };
    Ok(change.labelled(label))
}

/// Takes a channel away, with its nodes and their parameters.
pub(super) fn remove_channel(change: &mut Change, model: &Model, id: ChannelId) {
    let Some(channel) = model.channels.get(&id) else { return };
    for node in channel.nodes.iter().filter_map(|id| model.nodes.get(id)) {
        change.ops.extend(node.parameters.iter().map(|parameter| Op::Parameter(*parameter, None)));
        change.ops.push(Op::Node(node.id, None));
    }
    change.ops.push(Op::Channel(id, None));
}

pub(crate) fn duplicate(model: &Model, ask: &Duplicate) -> Edit {
    let track = find(&model.tracks, ask.track_id, "track")?;
    let channel = find(&model.channels, track.channel, "channel")?;
    room(model, 1, channel.nodes.len())?;
    let mut change = Change::of(model);
    let mut copy_name = format!("{} copy", track.name);
    if !crate::bus::validate::is_name(&copy_name) {
        copy_name = track.name.clone();
    }
    let [copy, strip] = [change.id(), change.id()];
    let (copy, strip) = (TrackId(copy), ChannelId(strip));
    let nodes = copy_nodes(&mut change, model, channel, strip);
    let mut lanes = BTreeMap::new();
    for lane in track.lanes.iter().filter_map(|lane| model.lanes.get(lane)) {
        let id = LaneId(change.id());
        lanes.insert(lane.id, id);
        let node = nodes.get(&lane.node).copied().unwrap_or(lane.node);
        change.ops.push(Op::lane(Lane { id, track: copy, name: lane.name.clone(), node }));
    }
    for clip in model.clips.values().filter(|clip| clip.track == track.id) {
        let id = ClipId(change.id());
        let lane = lanes.get(&clip.lane).copied().unwrap_or(clip.lane);
        change.ops.push(Op::clip(Clip { id, track: copy, lane, ..Clip::clone(clip) }));
    }
    let strip_nodes = channel.nodes.iter().filter_map(|id| nodes.get(id).copied()).collect();
    change.ops.push(Op::channel(Channel {
        id: strip,
        name: copy_name.clone(),
        nodes: strip_nodes,
        solo: false,
        arm: false,
        ..Channel::clone(channel)
    }));
    change.ops.push(Op::track(Track {
        id: copy,
        name: copy_name,
        colour: track.colour,
        channel: strip,
        lanes: track.lanes.iter().filter_map(|lane| lanes.get(lane).copied()).collect(),
    }));
    let mut order = model.track_order.to_vec();
    let below = order.iter().position(|id| *id == track.id).map_or(order.len(), |place| place + 1);
    order.insert(below, copy);
    change.ops.push(Op::TrackOrder(Arc::new(order)));
    change.made = Made::Track(TrackMade { track_id: copy, channel_id: strip });
    Ok(change.labelled(format!("Duplicate track {}", track.name)))
}

fn copy_nodes(change: &mut Change, model: &Model, channel: &Channel, strip: ChannelId) -> BTreeMap<NodeId, NodeId> {
    let mut copies = BTreeMap::new();
    for node in channel.nodes.iter().filter_map(|id| model.nodes.get(id)) {
        let id = NodeId(change.id());
        copies.insert(node.id, id);
        let mut parameters = Vec::with_capacity(node.parameters.len());
        for parameter in node.parameters.iter().filter_map(|id| model.parameters.get(id)) {
            let copy = ParameterId(change.id());
            parameters.push(copy);
            change.ops.push(Op::parameter(Parameter { id: copy, node: id, ..Parameter::clone(parameter) }));
        }
        change.ops.push(Op::node(Node { id, channel: strip, parameters, ..Node::clone(node) }));
    }
    copies
}

pub(crate) fn move_to(model: &Model, ask: &Move) -> Edit {
    let track = find(&model.tracks, ask.track_id, "track")?;
    let mut order: Vec<TrackId> = model.track_order.iter().copied().filter(|id| *id != track.id).collect();
    order.insert(place(Some(ask.index), order.len()), track.id);
    Ok(Change::of(model).with(Op::TrackOrder(Arc::new(order))).labelled(format!("Move track {}", track.name)))
}

fn place(index: Option<u32>, length: usize) -> usize {
    index.map_or(length, |index| (index as usize).min(length))
}

pub(crate) fn rename(model: &Model, ask: &Rename) -> Edit {
    let (track, channel) = with_channel(model, ask.track_id)?;
    let name = name(&ask.name)?;
    let label = format!("Rename track {} to {name}", track.name);
    let change = Change::of(model)
        .with(Op::track(Track { name: name.clone(), ..Track::clone(track) }))
        .with(Op::channel(Channel { name, ..Channel::clone(channel) }));
    Ok(change.labelled(label))
}

pub(crate) fn set_colour(model: &Model, ask: &SetColour) -> Edit {
    let (track, channel) = with_channel(model, ask.track_id)?;
    let colour = colour(&ask.colour)?;
    let change = Change::of(model)
        .with(Op::track(Track { colour, ..Track::clone(track) }))
        .with(Op::channel(Channel { colour, ..Channel::clone(channel) }));
    Ok(change.labelled(format!("Colour track {}", track.name)))
}

pub(crate) fn set_flags(model: &Model, ask: &SetFlags) -> Edit {
    let (track, channel) = with_channel(model, ask.track_id)?;
    let flags = Flags { mute: ask.mute, solo: ask.solo, arm: ask.arm, monitor: ask.monitor };
    Ok(Change::of(model).with(Op::channel(flags.on(channel))).labelled(flags.label(channel, &track.name)))
}

/// What is set of a channel's switches; none = unchanged.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Flags {
    pub(super) mute: Option<bool>,
    pub(super) solo: Option<bool>,
    pub(super) arm: Option<bool>,
    pub(super) monitor: Option<bool>,
}

impl Flags {
    pub(super) fn on(&self, channel: &Channel) -> Channel {
        Channel {
            mute: self.mute.unwrap_or(channel.mute),
            solo: self.solo.unwrap_or(channel.solo),
            arm: self.arm.unwrap_or(channel.arm),
            monitor: self.monitor.unwrap_or(channel.monitor),
            ..channel.clone()
        }
    }

    /// "Mute Kick", "Unsolo Kick"; "Set flags of Kick" when it is not one.
    pub(super) fn label(&self, channel: &Channel, name: &str) -> String {
        let switches = [
            (self.mute, channel.mute, "Mute", "Unmute"),
            (self.solo, channel.solo, "Solo", "Unsolo"),
            (self.arm, channel.arm, "Arm", "Disarm"),
            (self.monitor, channel.monitor, "Monitor", "Stop monitoring"),
        ];
        let mut changed = switches.iter().filter(|(wanted, is, ..)| wanted.is_some_and(|wanted| wanted != *is));
        match (changed.next(), changed.next()) {
            (Some((Some(true), _, on, _)), None) => format!("{on} {name}"),
            (Some((_, _, _, off)), None) => format!("{off} {name}"),
            _ => format!("Set flags of {name}"),
        }
    }
}

fn with_channel(model: &Model, id: TrackId) -> Result<(&Arc<Track>, &Arc<Channel>), Rejection> {
    let track = find(&model.tracks, id, "track")?;
    Ok((track, find(&model.channels, track.channel, "channel")?))
}
