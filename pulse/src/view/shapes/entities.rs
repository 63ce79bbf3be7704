//! The entities of the model as they are told: whole, with what belongs to them.

use crate::bus::validate::colour_text;
use crate::intent::routing::SendMode;
use crate::model::{self, ChannelId, ChannelRole, ClipId, LaneId, MediaId, Model, NodeId, NodeKind, ParameterId};
use crate::model::{ParameterRole, TrackId};
use crate::view::{MediaStatus, MediaView};
use loophole_wire::decibels::WireValue;
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;

/// The state of media, beside the model.
pub type MediaViews = BTreeMap<MediaId, MediaView>;

#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Track<'a> {
    pub track_id: TrackId,
    /// Always null: there are no folders yet.
    pub parent_id: Option<TrackId>,
    /// From the top; 0 is the first.
    pub index: Option<usize>,
    pub name: &'a str,
    /// `#rrggbb`.
    pub colour: String,
    /// Its strip in the mixer.
    pub channel_id: ChannelId,
    pub lane_ids: &'a [LaneId],
    pub flags: Flags,
    pub policy: Policy,
}

/// The switches of a track's channel.
#[derive(Clone, Copy, Debug, Default, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Flags {
    pub mute: bool,
    pub solo: bool,
    /// Will be recorded.
    pub arm: bool,
    /// Its input is heard.
    pub monitor: bool,
}

/// How the engine schedules a track.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Policy {
    /// As the engine sees fit.
    Auto,
}

/// A lane of a track; its clips play through one node.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Lane<'a> {
    pub lane_id: LaneId,
    pub track_id: TrackId,
    pub kind: LaneKind,
    pub name: &'a str,
    pub node_id: NodeId,
}

#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum LaneKind {
    Audio,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Clip<'a> {
    pub clip_id: ClipId,
    pub track_id: TrackId,
    /// The one lane it is on.
    pub lane_ids: [LaneId; 1],
    pub name: &'a str,
    pub media_id: MediaId,
    /// 20,160 to the quarter note.
    pub start_ticks: i64,
    /// At least 1.
    pub length_ticks: i64,
    /// Where in the media it begins, in frames of the media's own rate.
    pub offset_frames: i64,
    /// The media repeats for as long as the clip lasts.
    #[serde(rename = "loop")]
    pub looped: bool,
    /// −inf … 24.
    pub gain_db: WireValue,
}

/// A strip of the mixer.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Channel<'a> {
    pub channel_id: ChannelId,
    pub role: ChannelRole,
    pub name: &'a str,
    /// `#rrggbb`.
    pub colour: String,
    /// What it feeds; null: it is the master, or it goes nowhere.
    pub output_channel_id: Option<ChannelId>,
    pub sends: Vec<Send>,
    /// In the order of the signal; sends are among them.
    pub node_ids: &'a [NodeId],
    pub mute: bool,
    pub solo: bool,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Send {
    /// The node that sends.
    pub send_id: NodeId,
    /// What it feeds.
    pub target_channel_id: Option<ChannelId>,
    /// −inf … 24.
    pub gain_db: Option<WireValue>,
    pub mode: SendMode,
    pub muted: bool,
}

/// A part of a strip.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Node<'a> {
    pub node_id: NodeId,
    pub channel_id: ChannelId,
    pub kind: NodeKind,
    pub name: &'a str,
    /// It passes its input unchanged.
    pub bypass: bool,
    pub parameter_ids: &'a [ParameterId],
}

/// A number that a hand may move.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Parameter<'a> {
    pub parameter_id: ParameterId,
    pub node_id: NodeId,
    pub name: &'a str,
    /// Of the four values: `dB`, `Hz`, or empty.
    pub unit: &'a str,
    pub min: WireValue,
    pub max: WireValue,
    pub default: WireValue,
    pub value: WireValue,
}

/// An audio file of the project.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Media<'a> {
    pub media_id: MediaId,
    /// Relative to the project's folder, with `/`.
    pub path: &'a str,
    pub name: &'a str,
    /// Its length at `sampleRate`.
    pub frames: u64,
    /// In Hz.
    pub sample_rate: u32,
    /// 1 = mono, 2 = stereo, …
    pub channels: u16,
    pub status: MediaState,
    /// Why it is missing, for a person.
    pub reason: Option<&'a str>,
    /// Its waveform can be shown.
    pub peaks_ready: bool,
}

/// Whether a file can be played.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum MediaState {
    /// The engine has not answered yet.
    Opening,
    Ready,
    Missing,
}

impl<'a> Track<'a> {
    pub fn of(model: &Model, track: &'a model::Track, index: Option<usize>) -> Self {
        let flags = model.channels.get(&track.channel).map_or_else(Flags::default, |channel| Flags {
            mute: channel.mute,
            solo: channel.solo,
            arm: channel.arm,
            monitor: channel.monitor,
        });
        Self {
            track_id: track.id,
            parent_id: None,
            index,
            name: &track.name,
            colour: colour_text(track.colour),
            channel_id: track.channel,
            lane_ids: &track.lanes,
            flags,
            policy: Policy::Auto,
        }
    }
}

impl<'a> Lane<'a> {
    pub fn of(lane: &'a model::Lane) -> Self {
        Self { lane_id: lane.id, track_id: lane.track, kind: LaneKind::Audio, name: &lane.name, node_id: lane.node }
    }
}

impl<'a> Clip<'a> {
    pub fn of(clip: &'a model::Clip) -> Self {
        Self {
            clip_id: clip.id,
            track_id: clip.track,
            lane_ids: [clip.lane],
            name: &clip.name,
            media_id: clip.media,
            start_ticks: clip.start_ticks,
            length_ticks: clip.length_ticks,
            offset_frames: clip.offset_frames,
            looped: clip.looped,
            gain_db: WireValue(clip.gain_db),
        }
    }
}

impl<'a> Channel<'a> {
    pub fn of(model: &Model, channel: &'a model::Channel) -> Self {
        Self {
            channel_id: channel.id,
            role: channel.role,
            name: &channel.name,
            colour: colour_text(channel.colour),
            output_channel_id: channel.output,
            sends: model.sends(channel).map(|node| Send::of(model, node)).collect(),
            node_ids: &channel.nodes,
            mute: channel.mute,
            solo: channel.solo,
        }
    }
}

impl Send {
    fn of(model: &Model, send: &model::Node) -> Self {
        let level = model.parameter_of(send, ParameterRole::GainDb);
        Self {
            send_id: send.id,
            target_channel_id: send.target,
            gain_db: level.map(|level| WireValue(level.value)),
            mode: if model.is_post_fader(send) { SendMode::PostFader } else { SendMode::PreFader },
            muted: send.muted,
        }
    }
}

impl<'a> Node<'a> {
    pub fn of(node: &'a model::Node) -> Self {
        Self {
            node_id: node.id,
            channel_id: node.channel,
            kind: node.kind,
            name: &node.name,
            bypass: node.bypass,
            parameter_ids: &node.parameters,
        }
    }
}

impl<'a> Parameter<'a> {
    pub fn of(parameter: &'a model::Parameter) -> Self {
        Self {
            parameter_id: parameter.id,
            node_id: parameter.node,
            name: &parameter.name,
            unit: parameter.unit,
            min: WireValue(parameter.min),
            max: WireValue(parameter.max),
            default: WireValue(parameter.default),
            value: WireValue(parameter.value),
        }
    }
}

impl<'a> Media<'a> {
    pub fn of(media: &'a model::Media, view: Option<&'a MediaView>) -> Self {
        let (status, reason) = match view.map(|view| &view.status) {
            Some(MediaStatus::Missing(reason)) => (MediaState::Missing, Some(reason.as_str())),
            Some(MediaStatus::Ready) => (MediaState::Ready, None),
            Some(MediaStatus::Opening) | None => (MediaState::Opening, None),
        };
        Self {
            media_id: media.id,
            path: &media.path,
            name: &media.name,
            frames: media.frames,
            sample_rate: media.sample_rate,
            channels: media.channels,
            status,
            reason,
            peaks_ready: view.is_some_and(|view| view.peaks.is_some()),
        }
    }
}

/// All media of the project.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MediaList<'a> {
    pub media: Vec<Media<'a>>,
}

/// What is new about a media file.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OneMedia<'a> {
    pub media: Media<'a>,
}
