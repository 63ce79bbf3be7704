//! The core: takes everything that can happen, changes the model, says what must be done outside.
//!
//! Single-threaded and pure: no clock, no file, no randomness, no thread. Time comes in as an argument, work on files
//! goes out as a [`crate::jobs::Job`].

pub(crate) mod codes;
mod commit;
mod dispatch;
mod gestures;
mod hardware;
mod imports;
mod link;
pub mod message;
mod projects;
mod session;
mod surface;
mod surfaces;
pub(crate) mod tracing;
mod transport;

pub use crate::storage::settings::OscConfig;
pub use codes::ERROR_CODES;
pub use message::{Inbound, Outbound};

use crate::bus::coalesce::Coalescer;
use crate::event::{Payload, Rejection, Reply, Ticket};
use crate::history::History;
use crate::intent::{IntentSpec, Origin};
use crate::jobs::{Job, JobOutcome};
use crate::model::{ClipIndex, MediaId, Model};
use crate::storage::settings::Settings;
use crate::view::surfaces::{MappingScope, SurfacesView};
use crate::view::{AudioConfig, ClientView, Devices, MediaView, Notice, SessionView, TaskView};
use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;
use std::sync::Arc;

/// What a start opens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OpenAtStart {
    /// An empty project.
    Nothing,
    /// The demo song.
    Demo,
    /// A project folder.
    Project(PathBuf),
    /// The project that was open last; the demo song on a first run.
    LastOrDemo,
}

/// The demo song, as the executable carries it.
#[derive(Clone, Copy)]
pub struct DemoAssets {
    /// See `assets/demo/song.json`; empty = there is none.
    pub song_json: &'static str,
    /// Name and content of each media file.
    pub files: &'static [(&'static str, &'static [u8])],
}

impl std::fmt::Debug for DemoAssets {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "DemoAssets {{ {} bytes of song, {} files }}", self.song_json.len(), self.files.len())
    }
}

/// What the core must know from the beginning.
#[derive(Clone, Debug)]
pub struct CoreConfig {
    /// Of new projects, in Hz.
    pub sample_rate: u32,
    /// Absolute. Settings and drafts live there.
    pub data_folder: PathBuf,
    /// The default means: as chosen in the last run.
    pub audio: AudioConfig,
    /// The default means: as chosen in the last run.
    pub osc: OscConfig,
    pub open: OpenAtStart,
    pub demo: DemoAssets,
}

/// The only one who may change the model.
#[derive(Debug)]
pub struct Core {
    config: CoreConfig,
    names: ProjectNames,
    settings: Settings,
    /// Nanoseconds since 1970-01-01T00:00:00Z, of the message that is being handled.
    now: u64,
    out: Vec<Outbound>,

    model: Arc<Model>,
    clips: ClipIndex,
    revision: u64,
    history: History,
    coalescer: Coalescer,
    project: projects::Project,
    transport: transport::Transport,
    gestures: gestures::Gestures,
    link: link::Link,
    imports: imports::Imports,
    surface: surface::Surface,
    surfaces: surfaces::Surfaces,
    media: Arc<BTreeMap<MediaId, MediaView>>,
    devices: Arc<Devices>,
    clients: Arc<Vec<ClientView>>,
    notices: Arc<Vec<Notice>>,
    next_notice: u64,
    tasks: Arc<Vec<TaskView>>,
    /// The payload of the last `session.state`.
    told_status: Option<Payload>,
    told_dirty: bool,

    jobs: BTreeMap<u64, Purpose>,
    next_job: u64,
    /// Intents that wait until the project that is being opened is there.
    waiting: VecDeque<Inbound>,
    view: Arc<SessionView>,
    view_changed: bool,
}

/// As many intents may wait for a project that is being opened.
const WAITING_LIMIT: usize = 4_096;

/// Somebody who waits for an answer; without a ticket, nobody does.
#[derive(Clone, Copy, Debug)]
struct Request {
    origin: Origin,
    ticket: Option<Ticket>,
    spec: &'static IntentSpec,
}

/// What a job was for.
#[derive(Debug)]
enum Purpose {
    Begin,
    Open(Request),
    Save { request: Request, serial: u64 },
    SaveAs { request: Request, serial: u64 },
    WriteDemo,
    Import { import: u64 },
    LoadPeaks { epoch: u64 },
    SaveSettings,
    ReadProfiles,
    ReadMaps { scope: MappingScope, epoch: u64 },
    WriteText,
}

/// Makes ids of projects from a random seed.
#[derive(Clone, Debug)]
struct ProjectNames {
    seed: [u8; 16],
    count: u64,
}

impl ProjectNames {
    fn next(&mut self) -> String {
        self.count += 1;
        let (high, low) = self.seed.split_at(8);
        let word = |bytes: &[u8]| u64::from_le_bytes(bytes.try_into().expect("a half of 16 bytes has 8"));
        let mixed = mix(word(high) ^ mix(self.count));
        format!("{mixed:016x}{:016x}", mix(word(low).wrapping_add(mixed)))
    }
}

/// The finaliser of SplitMix64 (Steele, Lea, Flood 2014).
fn mix(mut word: u64) -> u64 {
    word = word.wrapping_add(0x9e37_79b9_7f4a_7c15);
    word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}

impl Core {
    /// A core with an empty project. `seed` is random; ids of projects are made from it.
    ///
    /// The first message makes it open what `config.open` says; intents wait until that is done.
    pub fn new(config: CoreConfig, seed: [u8; 16]) -> Self {
        let mut names = ProjectNames { seed, count: 0 };
        let project = projects::Project::draft(&config.data_folder, names.next());
        let model = Arc::new(Model::empty(projects::UNTITLED, config.sample_rate));
        let clips = ClipIndex::of(&model);
        let transport = transport::Transport::default();
        let link = link::Link::new(config.audio.clone());
        let surface = surface::Surface::new(config.osc.clone());
        let view = Arc::new(SessionView {
            revision: 0,
            model: Arc::clone(&model),
            clips_by_track: clips.by_track(),
            project: project.view(&model, false),
            transport: transport.view(&model),
            engine: link.view.clone(),
            history: crate::view::HistoryView::default(),
            media: Arc::default(),
            gestures: Arc::default(),
            devices: Arc::default(),
            osc: surface.view.clone(),
            surfaces: SurfacesView::default(),
            clients: Arc::default(),
            notices: Arc::default(),
            tasks: Arc::default(),
        });
        Self {
            config,
            names,
            settings: Settings::default(),
            now: 0,
            out: Vec::new(),
            model,
            clips,
            revision: 0,
            history: History::default(),
            coalescer: Coalescer::default(),
            project,
            transport,
            gestures: gestures::Gestures::default(),
            link,
            imports: imports::Imports::default(),
            surface,
            surfaces: surfaces::Surfaces::default(),
            media: Arc::default(),
            devices: Arc::default(),
            clients: Arc::default(),
            notices: Arc::default(),
            next_notice: 1,
            tasks: Arc::default(),
            told_status: None,
            told_dirty: false,
            jobs: BTreeMap::new(),
            next_job: 1,
            waiting: VecDeque::new(),
            view,
            view_changed: false,
        }
    }

    /// Takes one thing that happened at `now_nanos` (since 1970-01-01T00:00:00Z); what must be done goes to the end
    /// of `out`, in order.
    pub fn handle(&mut self, inbound: Inbound, now_nanos: u64, out: &mut Vec<Outbound>) {
        self.now = self.now.max(now_nanos);
        if !self.project.begun {
            self.begin();
        }
        self.take(inbound);
        while !self.project.opening
            && let Some(waiting) = self.waiting.pop_front()
        {
            self.take(waiting);
        }
        self.send_feedback();
        self.surfaces_turn();
        if std::mem::take(&mut self.view_changed) {
            self.view = Arc::new(self.picture());
            self.out.push(Outbound::ViewChanged);
        }
        out.append(&mut self.out);
    }

    /// The newest picture. Costs one reference count.
    pub fn view(&self) -> Arc<SessionView> {
        Arc::clone(&self.view)
    }

    /// Whether the project that a start opens is there; until then intents wait.
    pub fn is_open(&self) -> bool {
        self.project.begun && !self.project.opening
    }

    fn take(&mut self, inbound: Inbound) {
        match inbound {
            Inbound::Intent { origin, ticket, intent } => self.intent(origin, ticket, intent),
            Inbound::GestureFrame { origin, stream, values } => self.gesture_frame(origin, stream, values),
            Inbound::ClientJoined(client) => self.client_joined(client),
            Inbound::ClientLeft { connection } => self.client_left(connection),
            Inbound::EngineConnected { pid, safe, restarts } => self.engine_connected(pid, safe, restarts),
            Inbound::EngineLost { reason } => self.engine_lost(reason),
            Inbound::EngineStopped { reason } => self.engine_stopped(reason),
            Inbound::EngineEvent { ticket, event } => self.engine_event(ticket, event),
            Inbound::EngineRefused { ticket, domain, name, error } => {
                self.engine_refused(ticket, &domain, &name, error)
            }
            Inbound::EnginePosition { position_frames, rolling, at_nanos } => {
                self.engine_position(position_frames, rolling, at_nanos);
            }
            Inbound::JobEnded { job, outcome } => self.job_ended(job, outcome),
            Inbound::DeviceInput { records } => self.device_input(&records),
            // What a device on the screen was told: the picture has it already.
            Inbound::DeviceEcho { .. } => {}
            Inbound::Meters { meters } => self.meters_told(meters),
            Inbound::Tick => {}
        }
    }

    fn picture(&self) -> SessionView {
        SessionView {
            revision: self.revision,
            model: Arc::clone(&self.model),
            clips_by_track: self.clips.by_track(),
            project: self.project.view(&self.model, self.is_dirty()),
            transport: self.transport.view(&self.model),
            engine: self.link.view.clone(),
            history: self.history.view(),
            media: Arc::clone(&self.media),
            gestures: self.gestures.view(),
            devices: Arc::clone(&self.devices),
            osc: self.surface.view.clone(),
            surfaces: self.surfaces.view.clone(),
            clients: Arc::clone(&self.clients),
            notices: Arc::clone(&self.notices),
            tasks: Arc::clone(&self.tasks),
        }
    }

    fn answer(&mut self, request: Request, outcome: Result<Payload, Rejection>) {
        if let (Origin::Surface(_), Err(refused)) = (request.origin, &outcome) {
            self.surfaces.refused = Some(refused.clone());
        }
        let Some(ticket) = request.ticket else { return };
        let outcome = outcome.map(|payload| Reply { revision: self.revision, payload });
        let Request { origin, spec, .. } = request;
        self.out.push(Outbound::Answer { origin, ticket, domain: spec.domain, name: spec.name, outcome });
    }

    fn job(&mut self, purpose: Purpose, work: Job) {
        let job = self.next_job;
        self.next_job += 1;
        self.jobs.insert(job, purpose);
        self.out.push(Outbound::Job { job, work });
    }

    fn job_ended(&mut self, job: u64, outcome: JobOutcome) {
        let Some(purpose) = self.jobs.remove(&job) else { return };
        match purpose {
            Purpose::Begin => self.begun(outcome),
            Purpose::Open(request) => self.project_opened(request, outcome),
            Purpose::Save { request, serial } => self.project_saved(request, serial, outcome),
            Purpose::SaveAs { request, serial } => self.project_saved_as(request, serial, outcome),
            Purpose::WriteDemo => self.demo_written(outcome),
            Purpose::Import { import } => self.files_imported(import, outcome),
            Purpose::LoadPeaks { epoch } => self.peaks_loaded(epoch, outcome),
            Purpose::SaveSettings => self.settings_saved(outcome),
            Purpose::ReadProfiles => self.profiles_read(outcome),
            Purpose::ReadMaps { scope, epoch } => self.maps_read(scope, epoch, outcome),
            Purpose::WriteText => self.text_written(outcome),
        }
    }
}

#[cfg(test)]
mod tests;
