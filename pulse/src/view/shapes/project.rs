//! What is told of the project as a whole.

use super::entities::{Channel, Clip, Lane, Media, MediaViews, Node, Parameter, Track};
use crate::model::*;
use crate::view::ProjectView;
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;

/// Which project is open.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Project {
    /// Made once per project.
    pub project_id: String,
    pub name: String,
    /// The project's folder; null until it was saved for the first time.
    pub path: Option<String>,
    /// There is something that was not saved.
    pub dirty: bool,
    /// Counts every change of the model.
    pub revision: u64,
}

/// Another project is open, or this one is saved.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct InProject {
    /// Counts every change of the model.
    pub revision: u64,
    pub project: Project,
}

/// Everything there is in the project.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Snapshot<'a> {
    /// Counts every change of the model.
    pub revision: u64,
    pub project: Project,
    /// In Hz.
    pub sample_rate: u32,
    /// Always 20160.
    pub ticks_per_quarter: i64,
    /// In the order of time; the first is at the start.
    pub tempo: &'a [TempoMarker],
    /// In the order of time; the first is at the start.
    pub signatures: &'a [SignatureMarker],
    #[serde(rename = "loop")]
    pub loop_region: &'a LoopRegion,
    pub track_order: &'a [TrackId],
    pub bus_order: &'a [ChannelId],
    /// In the order of the project.
    pub tracks: Vec<Track<'a>>,
    pub lanes: Vec<Lane<'a>>,
    pub clips: Vec<Clip<'a>>,
    pub channels: Vec<Channel<'a>>,
    pub nodes: Vec<Node<'a>>,
    pub parameters: Vec<Parameter<'a>>,
    pub media: Vec<Media<'a>>,
    /// None yet.
    pub markers: [(); 0],
    /// None yet.
    pub sections: [(); 0],
    /// Project folders, the last one first.
    pub recent_projects: &'a [String],
}

impl Project {
    pub fn of(view: ProjectView, revision: u64) -> Self {
        let ProjectView { id, name, path, dirty } = view;
        let path = path.map(|path| path.to_string_lossy().into_owned());
        Self { project_id: id, name, path, dirty, revision }
    }
}

impl<'a> Snapshot<'a> {
    pub fn of(model: &'a Model, media: &'a MediaViews, project: Project, recent_projects: &'a [String]) -> Self {
        let index: BTreeMap<TrackId, usize> =
            model.track_order.iter().enumerate().map(|(index, id)| (*id, index)).collect();
        let tracks = model.track_order.iter().filter_map(|id| model.tracks.get(id));
        Self {
            revision: project.revision,
            project,
            sample_rate: model.sample_rate,
            ticks_per_quarter: TICKS_PER_QUARTER,
            tempo: &model.tempo,
            signatures: &model.signatures,
            loop_region: &model.loop_region,
            track_order: &model.track_order,
            bus_order: &model.bus_order,
            tracks: tracks.map(|track| Track::of(model, track, index.get(&track.id).copied())).collect(),
            lanes: model.lanes.values().map(|lane| Lane::of(lane)).collect(),
            clips: model.clips.values().map(|clip| Clip::of(clip)).collect(),
            channels: model.channels.values().map(|channel| Channel::of(model, channel)).collect(),
            nodes: model.nodes.values().map(|node| Node::of(node)).collect(),
            parameters: model.parameters.values().map(|parameter| Parameter::of(parameter)).collect(),
            media: model.media.values().map(|file| Media::of(file, media.get(&file.id))).collect(),
            markers: [],
            sections: [],
            recent_projects,
        }
    }
}
