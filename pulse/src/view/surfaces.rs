//! What a window sees of the control surfaces.

pub use loophole_surfaces::element::{Element, ElementKind, FeedbackKind, Interaction};
pub use loophole_surfaces::mapping::{self as surface_mapping, Context, Mapping, Target};
pub use loophole_surfaces::output::{Light, Shown};
pub use loophole_surfaces::profile::{DeviceClass, Transport};
pub use loophole_surfaces::source::{self as surface_source, InputValue, Source};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// Control surfaces: those that are here, and those that were.
#[derive(Clone, Debug, Default)]
pub struct SurfacesView {
    /// In the order in which they came.
    pub devices: Arc<Vec<Arc<SurfaceView>>>,
    /// What can be simulated, and chosen for a device that was not recognised; sorted by vendor and name.
    pub profiles: Arc<Vec<ProfileSummary>>,
    pub learn: Option<LearnView>,
    /// Events with their "why", newest last, at most 500; empty while nobody monitors.
    pub monitor: Arc<VecDeque<Arc<MonitorEntry>>>,
    /// Whether events are traced.
    pub monitoring: bool,
    /// What the undo of mappings would take back, and redo do again.
    pub undo: Option<String>,
    pub redo: Option<String>,
}

/// One control surface.
#[derive(Clone, Debug)]
pub struct SurfaceView {
    /// Never used again in this run.
    pub device: u32,
    /// The person's own name for it, or the model's, or the port's.
    pub name: String,
    pub model: Option<ModelSummary>,
    pub transport: Transport,
    pub state: SurfaceState,
    /// How sure it is that this is the model, 0 … 1, and what speaks for it.
    pub confidence: f32,
    pub reasons: Vec<String>,
    /// Why it does not work, and what to do; for a person.
    pub trouble: Option<String>,
    pub simulated: bool,
    /// As the system calls its ports.
    pub ports: Vec<String>,
    /// Known boxes that this one could be, when several are alike: the person is asked which.
    pub could_be: Vec<KnownSurface>,
    pub elements: Arc<Vec<Element>>,
    /// By the element's place in `elements`. New at most 60 times a second.
    pub live: Arc<Vec<LiveElement>>,
    pub mappings: Arc<Vec<MappingView>>,
    /// The page that is on, and all there are; the first one is the start.
    pub page: Option<String>,
    pub pages: Vec<String>,
    /// The first track of the bank; counts from 0.
    pub bank: u32,
    /// Modifiers that are held.
    pub modifiers: Vec<String>,
    /// Events since it came.
    pub events: u64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SurfaceState {
    #[default]
    Seen,
    /// Asked who it is; 300 ms.
    Probing,
    /// Nobody knows this model: it has a generic layout, or must be learned.
    Unknown,
    /// Waits for the person: two known boxes could be this one.
    Tied,
    /// Its startup messages are under way.
    Starting,
    Live,
    /// It does not answer, or the engine is away.
    Suspect,
    Gone,
    /// The person does not want it.
    Ignored,
}

impl SurfaceState {
    /// As on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Seen => "seen",
            Self::Probing => "probing",
            Self::Unknown => "unknown",
            Self::Tied => "tied",
            Self::Starting => "starting",
            Self::Live => "live",
            Self::Suspect => "suspect",
            Self::Gone => "gone",
            Self::Ignored => "ignored",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelSummary {
    pub profile_id: String,
    pub vendor: String,
    pub name: String,
    pub class: DeviceClass,
}

/// A box that was here before.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct KnownSurface {
    /// What `surface.settleTie` takes.
    pub known: String,
    pub name: String,
    /// Where it was plugged in, for a person.
    pub place: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProfileSummary {
    pub id: String,
    pub vendor: String,
    pub name: String,
    pub class: DeviceClass,
    pub transport: Transport,
    /// The person's own file, not one that came with the program.
    pub own: bool,
}

/// What an element does now.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LiveElement {
    /// What the hand did last, and when (nanoseconds since 1970-01-01T00:00:00Z).
    pub input: BTreeMap<Interaction, (LiveInput, u64)>,
    /// What the device was told to show.
    pub shown: BTreeMap<FeedbackKind, Shown>,
    /// What it controls at this moment, for a person: "Drums · volume −6.0 dB".
    pub controls: Option<String>,
}

/// What the hand did last.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum LiveInput {
    /// 0 … 1.
    Place(f64),
    /// All steps since the device came.
    Turned(i64),
    Pressed(bool),
}

/// Where a mapping comes from; the later ones win.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "camelCase")]
pub enum MappingScope {
    /// The profile.
    Factory,
    /// Proposed for a device that has no profile.
    Composer,
    /// The person's, for every box of this model.
    User,
    /// For this one box on this machine.
    Machine,
    /// Saved with the project.
    Project,
}

/// A row of the mapping table.
#[derive(Clone, Debug, PartialEq)]
pub struct MappingView {
    pub mapping: Mapping,
    pub scope: MappingScope,
    /// "Fader 1 · move".
    pub source: String,
    /// "Volume of track 1 of the bank".
    pub target: String,
    /// What the target is now: "Drums, −6.0 dB", or why there is none.
    pub target_now: Result<String, String>,
    /// Its activation holds now, and no later one has taken its element.
    pub active: bool,
    /// Only this one works.
    pub soloed: bool,
}

/// A learn that is going on.
#[derive(Clone, Debug, PartialEq)]
pub struct LearnView {
    /// Only this device is listened to; none = all.
    pub device: Option<u32>,
    /// What will be controlled; none = the element only.
    pub target: Option<Target>,
    /// The target in words.
    pub target_name: String,
    /// What the person should do now: "Move a control", "Now turn it to the left".
    pub prompt: String,
    /// Goes on with the next after each one.
    pub batch: bool,
    /// What was learned last: device and name of the element.
    pub learned: Option<(u32, String)>,
    /// Who uses the element already; the person chooses before anything is saved.
    pub conflicts: Vec<ConflictView>,
    /// Waits for that choice: the mapping that would be saved.
    pub proposal: Option<Mapping>,
}

/// A mapping that stands in the way of another.
#[derive(Clone, Debug, PartialEq, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConflictView {
    pub mapping_id: String,
    pub scope: MappingScope,
    /// "Fader 1 moves the volume of track 1 (page 'Mix')".
    pub description: String,
    /// It can be taken out of the way: it is not of the factory (then the new one covers it).
    pub replaceable: bool,
}

/// One event of a device, and what became of it.
#[derive(Clone, Debug, PartialEq)]
pub struct MonitorEntry {
    pub number: u64,
    /// When it came in: nanoseconds since 1970-01-01T00:00:00Z.
    pub at_nanos: u64,
    pub device: u32,
    /// As it came.
    pub bytes: Arc<[u8]>,
    /// The bytes in words: "CC 7 = 100, channel 1".
    pub message: String,
    /// The element and what was done with it; none = nothing has these bytes.
    pub element: Option<String>,
    /// One line per step: rules that did not fire and why, glue with values, intent, result, feedback.
    pub why: Vec<WhyLine>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct WhyLine {
    pub kind: WhyKind,
    pub text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhyKind {
    /// A mapping that was looked at and did nothing.
    Passed,
    /// A mapping that fired.
    Fired,
    /// A step of the glue.
    Glue,
    Intent,
    Refused,
    Feedback,
}
