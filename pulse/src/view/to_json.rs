//! The shapes that headless clients rely on; see `wire/PROTOCOL.md`.

use crate::bus::validate::colour_text;
use crate::intent::Origin;
use crate::model::*;
use crate::view::{HistoryEntry, HistoryView, MediaStatus, MediaView, ProjectView};
use loophole_wire::decibels::WireValue;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// The state of media, beside the model.
pub type MediaViews = BTreeMap<MediaId, MediaView>;

/// `project.snapshot`: everything there is.
pub fn snapshot(model: &Model, media: &MediaViews, project: &ProjectView, revision: u64) -> Value {
    let index: BTreeMap<TrackId, usize> =
        model.track_order.iter().enumerate().map(|(index, id)| (*id, index)).collect();
    let tracks = model.track_order.iter().filter_map(|id| model.tracks.get(id));
    json!({
        "revision": revision,
        "project": self::project(project, revision),
        "sampleRate": model.sample_rate,
        "ticksPerQuarter": TICKS_PER_QUARTER,
        "tempo": tempo(model),
        "signatures": signatures(model),
        "loop": loop_region(model),
        "trackOrder": *model.track_order,
        "busOrder": *model.bus_order,
        "tracks": tracks.map(|entity| track(model, entity, index.get(&entity.id).copied())).collect::<Vec<_>>(),
        "lanes": model.lanes.values().map(|entity| lane(entity)).collect::<Vec<_>>(),
        "clips": model.clips.values().map(|entity| clip(entity)).collect::<Vec<_>>(),
        "channels": model.channels.values().map(|entity| channel(model, entity)).collect::<Vec<_>>(),
        "nodes": model.nodes.values().map(|entity| node(entity)).collect::<Vec<_>>(),
        "parameters": model.parameters.values().map(|entity| parameter(entity)).collect::<Vec<_>>(),
        "media": model.media.values().map(|entity| self::media(entity, media.get(&entity.id))).collect::<Vec<_>>(),
        "markers": [],
        "sections": [],
    })
}

/// What a change did: the entities whole that are new or different, the ids of those that are gone.
pub fn changes(model: &Model, media: &MediaViews, touched: &Touched) -> (Value, Value) {
    let mut lists = Lists::default();
    let channels = shown_channels(model, touched);
    let tracks = shown_tracks(model, touched);
    let order = |id: TrackId| model.track_order.iter().position(|track| *track == id);
    lists.fill("tracks", &tracks, |id| model.tracks.get(id).map(|entity| track(model, entity, order(*id))));
    lists.fill("lanes", &touched.lanes, |id| model.lanes.get(id).map(|entity| lane(entity)));
    lists.fill("clips", &touched.clips, |id| model.clips.get(id).map(|entity| clip(entity)));
    lists.fill("channels", &channels, |id| model.channels.get(id).map(|entity| channel(model, entity)));
    lists.fill("nodes", &touched.nodes, |id| model.nodes.get(id).map(|entity| node(entity)));
    lists.fill("parameters", &touched.parameters, |id| model.parameters.get(id).map(|entity| parameter(entity)));
    lists.fill("media", &touched.media, |id| model.media.get(id).map(|entity| self::media(entity, media.get(id))));
    for (is_touched, name, value) in [
        (touched.name, "name", json!(model.name)),
        (touched.track_order, "trackOrder", json!(*model.track_order)),
        (touched.bus_order, "busOrder", json!(*model.bus_order)),
        (touched.tempo, "tempo", tempo(model)),
        (touched.signatures, "signatures", signatures(model)),
        (touched.loop_region, "loop", loop_region(model)),
    ] {
        if is_touched {
            lists.changed.insert(name.to_owned(), value);
        }
    }
    (lists.changed.into(), lists.removed.into())
}

#[derive(Default)]
struct Lists {
    changed: Map<String, Value>,
    removed: Map<String, Value>,
}

impl Lists {
    fn fill<K: serde::Serialize>(&mut self, name: &str, ids: &BTreeSet<K>, entity: impl Fn(&K) -> Option<Value>) {
        let (mut changed, mut removed) = (Vec::new(), Vec::new());
        for id in ids {
            match entity(id) {
                Some(value) => changed.push(value),
                None => removed.push(json!(id)),
            }
        }
        for (list, values) in [(&mut self.changed, changed), (&mut self.removed, removed)] {
            if !values.is_empty() {
                list.insert(name.to_owned(), values.into());
            }
        }
    }
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

pub fn project(project: &ProjectView, revision: u64) -> Value {
    json!({
        "projectId": project.id,
        "name": project.name,
        "path": project.path.as_ref().map(|path| path.to_string_lossy()),
        "dirty": project.dirty,
        "revision": revision,
    })
}

pub fn track(model: &Model, track: &Track, index: Option<usize>) -> Value {
    let channel = model.channels.get(&track.channel);
    let flag = |flag: fn(&Channel) -> bool| channel.is_some_and(|channel| flag(channel));
    json!({
        "trackId": track.id,
        "parentId": null,
        "index": index,
        "name": track.name,
        "colour": colour_text(track.colour),
        "channelId": track.channel,
        "laneIds": track.lanes,
        "flags": {
            "mute": flag(|channel| channel.mute),
            "solo": flag(|channel| channel.solo),
            "arm": flag(|channel| channel.arm),
            "monitor": flag(|channel| channel.monitor),
        },
        "policy": "auto",
    })
}

pub fn lane(lane: &Lane) -> Value {
    json!({ "laneId": lane.id, "trackId": lane.track, "kind": "audio", "name": lane.name, "nodeId": lane.node })
}

pub fn clip(clip: &Clip) -> Value {
    json!({
        "clipId": clip.id,
        "trackId": clip.track,
        "laneIds": [clip.lane],
        "name": clip.name,
        "mediaId": clip.media,
        "startTicks": clip.start_ticks,
        "lengthTicks": clip.length_ticks,
        "offsetFrames": clip.offset_frames,
        "loop": clip.looped,
        "gainDb": WireValue(clip.gain_db),
    })
}

pub fn channel(model: &Model, channel: &Channel) -> Value {
    let sends: Vec<Value> = model.sends(channel).map(|node| send(model, node)).collect();
    json!({
        "channelId": channel.id,
        "role": role(channel.role),
        "name": channel.name,
        "colour": colour_text(channel.colour),
        "outputChannelId": channel.output,
        "sends": sends,
        "nodeIds": channel.nodes,
        "mute": channel.mute,
        "solo": channel.solo,
    })
}

fn send(model: &Model, send: &Node) -> Value {
    let level = model.parameter_of(send, ParameterRole::GainDb);
    json!({
        "sendId": send.id,
        "targetChannelId": send.target,
        "gainDb": level.map(|level| WireValue(level.value)),
        "mode": if model.is_post_fader(send) { "postFader" } else { "preFader" },
        "muted": send.muted,
    })
}

pub fn node(node: &Node) -> Value {
    json!({
        "nodeId": node.id,
        "channelId": node.channel,
        "kind": kind(node.kind),
        "name": node.name,
        "bypass": node.bypass,
        "parameterIds": node.parameters,
    })
}

pub fn parameter(parameter: &Parameter) -> Value {
    let number = |value: f64| serde_json::to_value(WireValue(value)).unwrap_or_default();
    let mut fields = Map::new();
    fields.insert("parameterId".to_owned(), Value::String(parameter.id.to_string()));
    fields.insert("nodeId".to_owned(), Value::String(parameter.node.to_string()));
    fields.insert("name".to_owned(), Value::String(parameter.name.clone()));
    fields.insert("unit".to_owned(), Value::String(parameter.unit.to_owned()));
    fields.insert("min".to_owned(), number(parameter.min));
    fields.insert("max".to_owned(), number(parameter.max));
    fields.insert("default".to_owned(), number(parameter.default));
    fields.insert("value".to_owned(), number(parameter.value));
    Value::Object(fields)
}

pub fn media(media: &Media, view: Option<&MediaView>) -> Value {
    let status = view.map(|view| &view.status);
    let reason = match status {
        Some(MediaStatus::Missing(reason)) => Some(reason),
        Some(MediaStatus::Opening | MediaStatus::Ready) | None => None,
    };
    json!({
        "mediaId": media.id,
        "path": media.path,
        "name": media.name,
        "frames": media.frames,
        "sampleRate": media.sample_rate,
        "channels": media.channels,
        "status": status.map_or(MediaStatus::Opening.name(), MediaStatus::name),
        "reason": reason,
        "peaksReady": view.is_some_and(|view| view.peaks.is_some()),
    })
}

pub fn tempo(model: &Model) -> Value {
    let markers = model.tempo.iter();
    markers.map(|marker| json!({ "markerId": marker.id, "ticks": marker.ticks, "bpm": marker.bpm })).collect()
}

pub fn signatures(model: &Model) -> Value {
    let marker = |marker: &SignatureMarker| {
        let SignatureMarker { id, ticks, numerator, denominator } = marker;
        json!({ "markerId": id, "ticks": ticks, "numerator": numerator, "denominator": denominator })
    };
    model.signatures.iter().map(marker).collect()
}

pub fn loop_region(model: &Model) -> Value {
    let LoopRegion { enabled, start_ticks, end_ticks } = model.loop_region;
    json!({ "enabled": enabled, "startTicks": start_ticks, "endTicks": end_ticks })
}

pub fn history(history: &HistoryView) -> Value {
    let entry = |entry: &HistoryEntry| json!({ "label": entry.label, "origin": origin(entry.origin) });
    json!({
        "undo": history.undo.iter().map(entry).collect::<Vec<_>>(),
        "redo": history.redo.iter().map(entry).collect::<Vec<_>>(),
    })
}

/// `aura`, `client:3`, `surface:0`, `pulse`.
pub fn origin(origin: Origin) -> String {
    match origin {
        Origin::Aura => "aura".to_owned(),
        Origin::Client(connection) => format!("client:{connection}"),
        Origin::Surface(device) => format!("surface:{device}"),
        Origin::Pulse => "pulse".to_owned(),
    }
}

const fn role(role: ChannelRole) -> &'static str {
    match role {
        ChannelRole::Track => "track",
        ChannelRole::Bus => "bus",
        ChannelRole::Master => "master",
    }
}

const fn kind(kind: NodeKind) -> &'static str {
    match kind {
        NodeKind::LaneStream => "laneStream",
        NodeKind::Gain => "gain",
        NodeKind::Pan => "pan",
        NodeKind::Fader => "fader",
        NodeKind::Send => "send",
        NodeKind::Meter => "meter",
        NodeKind::TestTone => "testTone",
    }
}
