//! What is told of control surfaces.

use crate::view::surfaces::{
    ConflictView, KnownSurface, LearnView, MappingScope, MonitorEntry, SurfaceView, SurfacesView,
};
use loophole_surfaces::element::Element;
use loophole_surfaces::mapping::Mapping;
use loophole_surfaces::profile::finding::Finding;
use loophole_surfaces::profile::{DeviceClass, Transport};
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeviceNumber {
    /// Never used again in this run.
    pub device: u32,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MappingId {
    pub mapping_id: String,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Label {
    /// What was taken back or done again.
    pub label: String,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Conflicts {
    pub conflicts: Vec<ConflictView>,
}

/// A file, as text.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FileText {
    /// TOML.
    pub text: String,
}

/// What was taken in.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Imported {
    /// Of the profile, or of the profile whose mappings these are.
    pub profile_id: String,
    /// Mappings of a set; a profile has its own.
    pub mappings: usize,
}

/// What is wrong with a file.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Findings {
    pub findings: Vec<Finding>,
}

/// All surfaces.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Surfaces<'a> {
    pub devices: Vec<Surface<'a>>,
    pub profiles: Vec<Profile<'a>>,
}

/// A profile that can be chosen or simulated.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Profile<'a> {
    pub profile_id: &'a str,
    pub vendor: &'a str,
    pub name: &'a str,
    pub class: DeviceClass,
    pub transport: Transport,
    /// The person's own file.
    pub own: bool,
}

/// One surface.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Surface<'a> {
    pub device: u32,
    pub name: &'a str,
    /// Profile, vendor and name of the model; none = unknown.
    pub profile_id: Option<&'a str>,
    pub model: Option<String>,
    pub transport: Transport,
    /// `seen`, `probing`, `unknown`, `tied`, `starting`, `live`, `suspect`, `gone` or `ignored`.
    pub state: &'static str,
    /// 0 … 1.
    pub confidence: f32,
    pub reasons: &'a [String],
    pub trouble: Option<&'a str>,
    pub simulated: bool,
    pub ports: &'a [String],
    pub could_be: &'a [KnownSurface],
    pub page: Option<&'a str>,
    pub pages: &'a [String],
    pub bank: u32,
    pub elements: &'a [Element],
    pub mappings: Vec<MappingRow<'a>>,
}

/// A mapping, and whether it works.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MappingRow<'a> {
    pub mapping: &'a Mapping,
    pub scope: MappingScope,
    /// For people.
    pub source: &'a str,
    pub target: &'a str,
    pub active: bool,
}

/// One surface changed.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SurfaceState<'a> {
    pub device: u32,
    pub name: &'a str,
    pub model: Option<String>,
    pub state: &'static str,
    pub confidence: f32,
    pub trouble: Option<&'a str>,
    pub simulated: bool,
}

/// One event of a device, and what became of it; only while somebody monitors.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Control<'a> {
    pub device: u32,
    /// Nanoseconds since 1970-01-01T00:00:00Z.
    pub at_nanos: u64,
    /// In hex.
    pub bytes: String,
    /// The bytes in words.
    pub message: &'a str,
    /// The element and what was done with it.
    pub element: Option<&'a str>,
    /// One line per step.
    pub why: Vec<&'a str>,
}

/// What learning waits for.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Learning<'a> {
    pub active: bool,
    pub prompt: &'a str,
    /// The device and the name of the element that was learned last.
    pub learned: Option<(u32, &'a str)>,
    pub conflicts: &'a [ConflictView],
}

impl<'a> Surfaces<'a> {
    pub fn of(view: &'a SurfacesView) -> Self {
        let profile = |profile: &'a crate::view::surfaces::ProfileSummary| Profile {
            profile_id: &profile.id,
            vendor: &profile.vendor,
            name: &profile.name,
            class: profile.class,
            transport: profile.transport,
            own: profile.own,
        };
        Self {
            devices: view.devices.iter().map(|device| Surface::of(device)).collect(),
            profiles: view.profiles.iter().map(profile).collect(),
        }
    }
}

impl<'a> Surface<'a> {
    fn of(device: &'a SurfaceView) -> Self {
        let row = |row: &'a crate::view::surfaces::MappingView| MappingRow {
            mapping: &row.mapping,
            scope: row.scope,
            source: &row.source,
            target: &row.target,
            active: row.active,
        };
        Self {
            device: device.device,
            name: &device.name,
            profile_id: device.model.as_ref().map(|model| model.profile_id.as_str()),
            model: model_name(device),
            transport: device.transport,
            state: device.state.name(),
            confidence: device.confidence,
            reasons: &device.reasons,
            trouble: device.trouble.as_deref(),
            simulated: device.simulated,
            ports: &device.ports,
            could_be: &device.could_be,
            page: device.page.as_deref(),
            pages: &device.pages,
            bank: device.bank,
            elements: &device.elements,
            mappings: device.mappings.iter().map(row).collect(),
        }
    }
}

impl<'a> SurfaceState<'a> {
    pub fn of(device: &'a SurfaceView) -> Self {
        Self {
            device: device.device,
            name: &device.name,
            model: model_name(device),
            state: device.state.name(),
            confidence: device.confidence,
            trouble: device.trouble.as_deref(),
            simulated: device.simulated,
        }
    }
}

fn model_name(device: &SurfaceView) -> Option<String> {
    device.model.as_ref().map(|model| format!("{} {}", model.vendor, model.name))
}

impl<'a> Control<'a> {
    pub fn of(entry: &'a MonitorEntry) -> Self {
        Self {
            device: entry.device,
            at_nanos: entry.at_nanos,
            bytes: entry.bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" "),
            message: &entry.message,
            element: entry.element.as_deref(),
            why: entry.why.iter().map(|line| line.text.as_str()).collect(),
        }
    }
}

impl<'a> Learning<'a> {
    pub fn of(learn: Option<&'a LearnView>) -> Self {
        Self {
            active: learn.is_some(),
            prompt: learn.map_or("", |learn| &learn.prompt),
            learned: learn.and_then(|learn| learn.learned.as_ref()).map(|(device, name)| (*device, name.as_str())),
            conflicts: learn.map_or(&[], |learn| &learn.conflicts),
        }
    }
}
