//! What a change of the model did: the entities whole that are new or different, the ids of those that are gone.

use super::entities::{Channel, Clip, Lane, Media, MediaViews, Node, Parameter, Track};
use crate::model::*;
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeSet;

/// What a change of the model did.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Edited<'a, M = super::Done> {
    /// Counts every change of the model.
    pub revision: u64,
    pub changed: Changed<'a>,
    pub removed: Removed,
    /// What was made.
    #[serde(flatten)]
    pub made: M,
}

/// An edit that made nothing.
pub type Edit<'a> = Edited<'a>;
pub type TrackCreated<'a> = Edited<'a, TrackMade>;
pub type ClipCreated<'a> = Edited<'a, ClipMade>;
pub type NodeAdded<'a> = Edited<'a, NodeMade>;
pub type BusCreated<'a> = Edited<'a, BusMade>;
pub type SendAdded<'a> = Edited<'a, SendMade>;
pub type Imported<'a> = Edited<'a, MediaMade>;
/// An undo or redo.
pub type SteppedTo<'a> = Edited<'a, Stepped>;

/// What is new or different: entities whole, and those properties of the project that changed.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Changed<'a> {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tracks: Vec<Track<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub lanes: Vec<Lane<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub clips: Vec<Clip<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub channels: Vec<Channel<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub nodes: Vec<Node<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parameters: Vec<Parameter<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub media: Vec<Media<'a>>,
    /// Of the project.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub track_order: Option<&'a [TrackId]>,
    /// Buses in the order of the mixer, without the master.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bus_order: Option<&'a [ChannelId]>,
    /// All of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tempo: Option<&'a [TempoMarker]>,
    /// All of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signatures: Option<&'a [SignatureMarker]>,
    #[serde(rename = "loop", skip_serializing_if = "Option::is_none")]
    pub loop_region: Option<&'a LoopRegion>,
}

/// Ids of what is gone.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Removed {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tracks: Vec<TrackId>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub lanes: Vec<LaneId>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub clips: Vec<ClipId>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub channels: Vec<ChannelId>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub nodes: Vec<NodeId>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parameters: Vec<ParameterId>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub media: Vec<MediaId>,
}

/// What a change did, as the model is now.
pub fn changes<'a>(model: &'a Model, media: &'a MediaViews, touched: &Touched) -> (Changed<'a>, Removed) {
    let order = |id: TrackId| model.track_order.iter().position(|track| *track == id);
    let track = |id| model.tracks.get(&id).map(|track| Track::of(model, track, order(id)));
    let channel = |id| model.channels.get(&id).map(|channel| Channel::of(model, channel));
    let file = |id| model.media.get(&id).map(|file| Media::of(file, media.get(&id)));
    let (tracks, no_tracks) = split(&shown_tracks(model, touched), track);
    let (lanes, no_lanes) = split(&touched.lanes, |id| model.lanes.get(&id).map(|lane| Lane::of(lane)));
    let (clips, no_clips) = split(&touched.clips, |id| model.clips.get(&id).map(|clip| Clip::of(clip)));
    let (channels, no_channels) = split(&shown_channels(model, touched), channel);
    let (nodes, no_nodes) = split(&touched.nodes, |id| model.nodes.get(&id).map(|node| Node::of(node)));
    let (parameters, no_parameters) =
        split(&touched.parameters, |id| model.parameters.get(&id).map(|parameter| Parameter::of(parameter)));
    let (files, no_files) = split(&touched.media, file);
    let changed = Changed {
        tracks,
        lanes,
        clips,
        channels,
        nodes,
        parameters,
        media: files,
        name: touched.name.then_some(&model.name),
        track_order: touched.track_order.then_some(&model.track_order),
        bus_order: touched.bus_order.then_some(&model.bus_order),
        tempo: touched.tempo.then_some(&model.tempo),
        signatures: touched.signatures.then_some(&model.signatures),
        loop_region: touched.loop_region.then_some(&model.loop_region),
    };
    let removed = Removed {
        tracks: no_tracks,
        lanes: no_lanes,
        clips: no_clips,
        channels: no_channels,
        nodes: no_nodes,
        parameters: no_parameters,
        media: no_files,
    };
    (changed, removed)
}

/// What is there, and the ids of what is not.
fn split<K: Copy, T>(ids: &BTreeSet<K>, entity: impl Fn(K) -> Option<T>) -> (Vec<T>, Vec<K>) {
    let (mut there, mut gone) = (Vec::with_capacity(ids.len()), Vec::new());
    for id in ids {
        match entity(*id) {
            Some(entity) => there.push(entity),
            None => gone.push(*id),
        }
    }
    (there, gone)
}

/// A channel shows its sends: it is different when one of them is.
fn shown_channels(model: &Model, touched: &Touched) -> BTreeSet<ChannelId> {
    let of_parameters =
        touched.parameters.iter().filter_map(|id| model.parameters.get(id)).map(|parameter| parameter.node);
    let nodes = touched.nodes.iter().copied().chain(of_parameters).filter_map(|id| model.nodes.get(&id));
    let sending = nodes.filter(|node| node.kind == NodeKind::Send).map(|node| node.channel);
    touched.channels.iter().copied().chain(sending).collect()
}

/// A track shows the switches of its channel.
fn shown_tracks(model: &Model, touched: &Touched) -> BTreeSet<TrackId> {
    let mut tracks = touched.tracks.clone();
    if !touched.channels.is_empty() {
        let of_channels = model.tracks.values().filter(|track| touched.channels.contains(&track.channel));
        tracks.extend(of_channels.map(|track| track.id));
    }
    tracks
}
