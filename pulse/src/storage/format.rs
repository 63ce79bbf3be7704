//! `project.json`, version 1: the model as text, in an order that makes differences readable.

use crate::bus::validate::{colour_text, parse_colour};
use crate::core::codes::{Code, reject};
use crate::event::Rejection;
use crate::model::*;
use loophole_wire::decibels::WireValue;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// What the file says it is.
const FORMAT: &str = "loophole.project";
/// Version of the format. History: 1, the first.
pub const VERSION: u32 = 1;

/// Why a text is no project.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum FormatError {
    #[error("line {line}, column {column}, at {path}: {reason}")]
    Syntax { line: usize, column: usize, path: String, reason: String },
    #[error("it says it is '{0}', not '{FORMAT}'")]
    Foreign(String),
    #[error("it has version {0}; this Loophole reads up to {VERSION}")]
    Newer(u64),
    #[error("it has version 0; versions begin at 1")]
    NoVersion,
    #[error("{0} stands twice")]
    Twice(String),
    #[error("parameter {0} does not fit its node")]
    ForeignParameter(ParameterId),
    #[error(transparent)]
    Invalid(#[from] Violation),
}

impl FormatError {
    pub(super) fn into_rejection(self, file: &Path) -> Rejection {
        let file = file.display();
        match self {
            Self::Newer(theirs) => reject(
                Code::ProjectNewerVersion,
                format!("{file} was saved by a newer Loophole: {self}. Update Loophole, or open an older copy; the file was not touched"),
            )
            .with_details(serde_json::json!({ "ours": VERSION, "theirs": theirs })),
            Self::Syntax { line, column, ref path, .. } => {
                let details = serde_json::json!({ "line": line, "column": column, "path": path });
                unreadable(&file, &self).with_details(details)
            }
            other => unreadable(&file, &other),
        }
    }
}

fn unreadable(file: &std::path::Display<'_>, error: &FormatError) -> Rejection {
    reject(Code::ProjectUnreadable, format!("{file} cannot be opened: {error}. The file was not touched"))
}

/// The project as text.
pub fn write(id: &str, model: &Model) -> Vec<u8> {
    let mut text = serde_json::to_vec_pretty(&Document::of(id, model)).expect("a document has string keys");
    text.push(b'\n');
    text
}

/// The project's id and its model, checked.
///
/// # Errors
/// Where and how the text is no project.
pub fn parse(text: &[u8]) -> Result<(String, Model), FormatError> {
    let Head { format } = read(text)?;
    if format.name != FORMAT {
        return Err(FormatError::Foreign(format.name.chars().take(60).collect()));
    }
    match format.version {
        0 => return Err(FormatError::NoVersion),
        version if version > u64::from(VERSION) => return Err(FormatError::Newer(version)),
        _ => {}
    }
    let document: Document = read(text)?;
    let id = document.project_id.chars().filter(|letter| letter.is_ascii_alphanumeric()).take(64).collect();
    let model = document.into_model()?;
    model.check()?;
    Ok((id, model))
}

fn read<'a, T: Deserialize<'a>>(text: &'a [u8]) -> Result<T, FormatError> {
    let mut reader = serde_json::Deserializer::from_slice(text);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let path = error.path().to_string();
        syntax(error.inner(), path)
    })?;
    reader.end().map_err(|error| syntax(&error, ".".to_owned()))?;
    Ok(value)
}

fn syntax(error: &serde_json::Error, path: String) -> FormatError {
    FormatError::Syntax { line: error.line(), column: error.column(), path, reason: error.to_string() }
}

/// Only what is the same in every version.
#[derive(Deserialize)]
struct Head {
    format: HeadFormat,
}

#[derive(Deserialize)]
struct HeadFormat {
    name: String,
    version: u64,
}

#[derive(Serialize, Deserialize)]
struct Format {
    name: String,
    version: u32,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    format: Format,
    project_id: String,
    name: String,
    sample_rate: u32,
    next_id: u32,
    tempo: Vec<TempoV1>,
    signatures: Vec<SignatureV1>,
    #[serde(rename = "loop")]
    loop_region: LoopV1,
    track_order: Vec<TrackId>,
    bus_order: Vec<ChannelId>,
    tracks: Vec<TrackV1>,
    lanes: Vec<LaneV1>,
    clips: Vec<ClipV1>,
    channels: Vec<ChannelV1>,
    nodes: Vec<NodeV1>,
    parameters: Vec<ParameterV1>,
    media: Vec<MediaV1>,
}

#[derive(Serialize, Deserialize)]
struct TempoV1 {
    id: MarkerId,
    ticks: i64,
    bpm: f64,
}

#[derive(Serialize, Deserialize)]
struct SignatureV1 {
    id: MarkerId,
    ticks: i64,
    numerator: u8,
    denominator: u8,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct LoopV1 {
    enabled: bool,
    start_ticks: i64,
    end_ticks: i64,
}

/// `#rrggbb`.
struct ColourV1(Colour);

impl Serialize for ColourV1 {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&colour_text(self.0))
    }
}

impl<'de> Deserialize<'de> for ColourV1 {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        parse_colour(&text).map(Self).ok_or_else(|| serde::de::Error::custom("a colour looks like #e05a4f"))
    }
}

#[derive(Serialize, Deserialize)]
struct TrackV1 {
    id: TrackId,
    name: String,
    colour: ColourV1,
    channel: ChannelId,
    lanes: Vec<LaneId>,
}

#[derive(Serialize, Deserialize)]
struct LaneV1 {
    id: LaneId,
    track: TrackId,
    name: String,
    node: NodeId,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ClipV1 {
    id: ClipId,
    track: TrackId,
    lane: LaneId,
    name: String,
    media: MediaId,
    start_ticks: i64,
    length_ticks: i64,
    offset_frames: i64,
    looped: bool,
    gain_db: WireValue,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum RoleV1 {
    Track,
    Bus,
    Master,
}

#[derive(Serialize, Deserialize)]
struct ChannelV1 {
    id: ChannelId,
    role: RoleV1,
    name: String,
    colour: ColourV1,
    output: Option<ChannelId>,
    nodes: Vec<NodeId>,
    mute: bool,
    solo: bool,
    arm: bool,
    monitor: bool,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum KindV1 {
    LaneStream,
    Gain,
    Pan,
    Fader,
    Send,
    Meter,
    TestTone,
}

#[derive(Serialize, Deserialize)]
struct NodeV1 {
    id: NodeId,
    channel: ChannelId,
    kind: KindV1,
    name: String,
    bypass: bool,
    parameters: Vec<ParameterId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    target: Option<ChannelId>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    muted: bool,
}

/// What a parameter is follows from its place in its node.
#[derive(Serialize, Deserialize)]
struct ParameterV1 {
    id: ParameterId,
    node: NodeId,
    value: WireValue,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct MediaV1 {
    id: MediaId,
    path: String,
    name: String,
    frames: u64,
    sample_rate: u32,
    channels: u16,
}

impl Document {
    fn of(id: &str, model: &Model) -> Self {
        let LoopRegion { enabled, start_ticks, end_ticks } = model.loop_region;
        Self {
            format: Format { name: FORMAT.to_owned(), version: VERSION },
            project_id: id.to_owned(),
            name: model.name.clone(),
            sample_rate: model.sample_rate,
            next_id: model.next_id,
            tempo: model.tempo.iter().map(|&TempoMarker { id, ticks, bpm }| TempoV1 { id, ticks, bpm }).collect(),
            signatures: model.signatures.iter().map(SignatureV1::of).collect(),
            loop_region: LoopV1 { enabled, start_ticks, end_ticks },
            track_order: model.track_order.to_vec(),
            bus_order: model.bus_order.to_vec(),
            tracks: model.tracks.values().map(|track| TrackV1::of(track)).collect(),
            lanes: model.lanes.values().map(|lane| LaneV1::of(lane)).collect(),
            clips: model.clips.values().map(|clip| ClipV1::of(clip)).collect(),
            channels: model.channels.values().map(|channel| ChannelV1::of(channel)).collect(),
            nodes: model.nodes.values().map(|node| NodeV1::of(node)).collect(),
            parameters: model.parameters.values().map(|parameter| ParameterV1::of(parameter)).collect(),
            media: model.media.values().map(|media| MediaV1::of(media)).collect(),
        }
    }

    fn into_model(self) -> Result<Model, FormatError> {
        let nodes = table(self.nodes.into_iter().map(NodeV1::into_model), |node| node.id)?;
        let mut parameters = Vec::with_capacity(self.parameters.len());
        for parameter in self.parameters {
            parameters.push(parameter.into_model(&nodes)?);
        }
        let LoopV1 { enabled, start_ticks, end_ticks } = self.loop_region;
        let signature =
            |SignatureV1 { id, ticks, numerator, denominator }| SignatureMarker { id, ticks, numerator, denominator };
        Ok(Model {
            name: self.name,
            sample_rate: self.sample_rate,
            next_id: self.next_id,
            track_order: Arc::new(self.track_order),
            bus_order: Arc::new(self.bus_order),
            tracks: table(self.tracks.into_iter().map(TrackV1::into_model), |track| track.id)?,
            lanes: table(self.lanes.into_iter().map(LaneV1::into_model), |lane| lane.id)?,
            clips: table(self.clips.into_iter().map(ClipV1::into_model), |clip| clip.id)?,
            channels: table(self.channels.into_iter().map(ChannelV1::into_model), |channel| channel.id)?,
            parameters: table(parameters.into_iter(), |parameter| parameter.id)?,
            nodes,
            media: table(self.media.into_iter().map(MediaV1::into_model), |media| media.id)?,
            tempo: Arc::new(
                self.tempo.into_iter().map(|TempoV1 { id, ticks, bpm }| TempoMarker { id, ticks, bpm }).collect(),
            ),
            signatures: Arc::new(self.signatures.into_iter().map(signature).collect()),
            loop_region: LoopRegion { enabled, start_ticks, end_ticks },
        })
    }
}

fn table<K: Ord + Copy + std::fmt::Display, V>(
    entities: impl Iterator<Item = V>,
    id: impl Fn(&V) -> K,
) -> Result<Table<K, V>, FormatError> {
    let mut table = BTreeMap::new();
    for entity in entities {
        let id = id(&entity);
        if table.insert(id, Arc::new(entity)).is_some() {
            return Err(FormatError::Twice(id.to_string()));
        }
    }
    Ok(Arc::new(table))
}

impl SignatureV1 {
    fn of(marker: &SignatureMarker) -> Self {
        let SignatureMarker { id, ticks, numerator, denominator } = *marker;
        Self { id, ticks, numerator, denominator }
    }
}

impl TrackV1 {
    fn of(track: &Track) -> Self {
        let Track { id, name, colour, channel, lanes } = track.clone();
        Self { id, name, colour: ColourV1(colour), channel, lanes }
    }

    fn into_model(self) -> Track {
        let Self { id, name, colour, channel, lanes } = self;
        Track { id, name, colour: colour.0, channel, lanes }
    }
}

impl LaneV1 {
    fn of(lane: &Lane) -> Self {
        let Lane { id, track, name, node } = lane.clone();
        Self { id, track, name, node }
    }

    fn into_model(self) -> Lane {
        let Self { id, track, name, node } = self;
        Lane { id, track, name, node }
    }
}

impl ClipV1 {
    fn of(clip: &Clip) -> Self {
        let Clip { id, track, lane, name, media, start_ticks, length_ticks, offset_frames, looped, gain_db } =
            clip.clone();
        let gain_db = WireValue(gain_db);
        Self { id, track, lane, name, media, start_ticks, length_ticks, offset_frames, looped, gain_db }
    }

    fn into_model(self) -> Clip {
        let Self { id, track, lane, name, media, start_ticks, length_ticks, offset_frames, looped, gain_db } = self;
        let gain_db = gain_db.0;
        Clip { id, track, lane, name, media, start_ticks, length_ticks, offset_frames, looped, gain_db }
    }
}

impl ChannelV1 {
    fn of(channel: &Channel) -> Self {
        let Channel { id, role, name, colour, output, nodes, mute, solo, arm, monitor } = channel.clone();
        let role = match role {
            ChannelRole::Track => RoleV1::Track,
            ChannelRole::Bus => RoleV1::Bus,
            ChannelRole::Master => RoleV1::Master,
        };
        Self { id, role, name, colour: ColourV1(colour), output, nodes, mute, solo, arm, monitor }
    }

    fn into_model(self) -> Channel {
        let Self { id, role, name, colour, output, nodes, mute, solo, arm, monitor } = self;
        let role = match role {
            RoleV1::Track => ChannelRole::Track,
            RoleV1::Bus => ChannelRole::Bus,
            RoleV1::Master => ChannelRole::Master,
        };
        Channel { id, role, name, colour: colour.0, output, nodes, mute, solo, arm, monitor }
    }
}

impl NodeV1 {
    fn of(node: &Node) -> Self {
        let Node { id, channel, kind, name, bypass, parameters, target, muted } = node.clone();
        let kind = match kind {
            NodeKind::LaneStream => KindV1::LaneStream,
            NodeKind::Gain => KindV1::Gain,
            NodeKind::Pan => KindV1::Pan,
            NodeKind::Fader => KindV1::Fader,
            NodeKind::Send => KindV1::Send,
            NodeKind::Meter => KindV1::Meter,
            NodeKind::TestTone => KindV1::TestTone,
        };
        Self { id, channel, kind, name, bypass, parameters, target, muted }
    }

    fn into_model(self) -> Node {
        let Self { id, channel, kind, name, bypass, parameters, target, muted } = self;
        let kind = match kind {
            KindV1::LaneStream => NodeKind::LaneStream,
            KindV1::Gain => NodeKind::Gain,
            KindV1::Pan => NodeKind::Pan,
            KindV1::Fader => NodeKind::Fader,
            KindV1::Send => NodeKind::Send,
            KindV1::Meter => NodeKind::Meter,
            KindV1::TestTone => NodeKind::TestTone,
        };
        Node { id, channel, kind, name, bypass, parameters, target, muted }
    }
}

impl ParameterV1 {
    fn of(parameter: &Parameter) -> Self {
        Self { id: parameter.id, node: parameter.node, value: WireValue(parameter.value) }
    }

    fn into_model(self, nodes: &BTreeMap<NodeId, Arc<Node>>) -> Result<Parameter, FormatError> {
        let foreign = FormatError::ForeignParameter(self.id);
        let Some(node) = nodes.get(&self.node) else { return Err(foreign) };
        let place = node.parameters.iter().position(|id| *id == self.id);
        let Some(spec) = place.and_then(|place| node.kind.parameters().get(place)) else { return Err(foreign) };
        Ok(Parameter {
            id: self.id,
            node: self.node,
            role: spec.role,
            name: spec.name.to_owned(),
            unit: spec.unit,
            min: spec.min,
            max: spec.max,
            default: spec.default,
            value: self.value.0,
        })
    }
}

impl MediaV1 {
    fn of(media: &Media) -> Self {
        let Media { id, path, name, frames, sample_rate, channels } = media.clone();
        Self { id, path, name, frames, sample_rate, channels }
    }

    fn into_model(self) -> Media {
        let Self { id, path, name, frames, sample_rate, channels } = self;
        Media { id, path, name, frames, sample_rate, channels }
    }
}
