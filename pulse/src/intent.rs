//! The one registry of everything that can be asked of Pulse.
//!
//! An intent is declared here once: name, payload type, what is answered and told of it, what it is called in an undo
//! list and the palette, who may ask. Dispatch, validation, schemas, `loophole protocol`, the palette and remote clients
//! are made from this list.

pub mod channel;
pub mod client;
pub mod clip;
pub mod debug;
pub mod engine;
pub mod gesture;
pub mod hardware_io;
pub mod history;
pub mod media;
pub mod metering;
pub mod node;
pub mod parameter;
pub mod project;
pub mod routing;
pub mod session;
pub mod surface;
pub mod timebase;
pub mod track;
pub mod transport;
pub mod ui;

use crate::view::HistoryView;
use crate::view::shapes::Done;
use crate::view::shapes::client::{Capabilities, Domains, Greeting};
use crate::view::shapes::edit::{
    BusCreated, ClipCreated, Edit, Imported, NodeAdded, SendAdded, SteppedTo, TrackCreated,
};
use crate::view::shapes::entities::MediaList;
use crate::view::shapes::hardware::Hardware;
use crate::view::shapes::metering::Rate;
use crate::view::shapes::project::{InProject, Snapshot};
use crate::view::shapes::session::{StateSummary, Status};
use crate::view::shapes::surfaces;
use crate::view::shapes::trace::Tracing;
use crate::view::shapes::transport::{Held, Stream, Transport};
use loophole_wire::envelope::{parse_json, to_payload};
use loophole_wire::schema::{SchemaOf, schema_of, schema_of_said};
use loophole_wire::{Priority, ProtocolError};
use serde_json::value::RawValue;

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Origin {
    /// The window.
    Aura,
    /// A headless client, by its connection number.
    Client(u32),
    /// A control surface (an OSC app, for now), by its device number.
    Surface(u32),
    /// Pulse itself: the opening of a first project, for example.
    Pulse,
}

/// `aura`, `client:3`, `surface:0`, `pulse`.
impl std::fmt::Display for Origin {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Aura => formatter.write_str("aura"),
            Self::Client(connection) => write!(formatter, "client:{connection}"),
            Self::Surface(device) => write!(formatter, "surface:{device}"),
            Self::Pulse => formatter.write_str("pulse"),
        }
    }
}

impl serde::Serialize for Origin {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl schemars::JsonSchema for Origin {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Origin".into()
    }
    fn json_schema(_generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "pattern": "^(aura|pulse|client:[0-9]+|surface:[0-9]+)$",
            "description": "Who asked: the window, a headless client by its connection, a control surface, Pulse itself.",
        })
    }
}

/// What one must be allowed to do to ask an intent.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "camelCase")]
pub enum Capability {
    /// Look.
    Observe,
    /// Play, stop, seek.
    Play,
    /// Change the music.
    Edit,
    /// Open and save projects, choose devices, restart the engine.
    Manage,
    /// Look inside the program.
    Debug,
}

impl Capability {
    pub const ALL: [Capability; 5] = [Self::Observe, Self::Play, Self::Edit, Self::Manage, Self::Debug];

    /// As on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Observe => "observe",
            Self::Play => "play",
            Self::Edit => "edit",
            Self::Manage => "manage",
            Self::Debug => "debug",
        }
    }
}

/// What an intent does to the undo history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Undo {
    /// It changes nothing that undo gives back.
    None,
    /// One entry, with the intent's title.
    Entry,
}

/// What is known of an intent without having one.
#[derive(Clone, Copy, Debug)]
pub struct IntentSpec {
    pub domain: &'static str,
    pub name: &'static str,
    /// What it does, one sentence.
    pub doc: &'static str,
    /// In sentence case, for undo lists and the palette: "Create track".
    pub title: &'static str,
    pub undo: Undo,
    pub capability: Capability,
    pub priority: Priority,
    pub schema: SchemaOf,
    /// Of the payload of its answer.
    pub reply: SchemaOf,
    /// Of the payload of the event of its name, by which everybody else hears what changed.
    pub told: Option<SchemaOf>,
    /// The intent with an empty payload, where that makes sense: then the palette offers it.
    pub bare: fn() -> Option<Intent>,
}

macro_rules! intents {
    ($( #[doc = $doc:literal] $variant:ident($payload:ty) -> $reply:ty $(=> $told:ty)? = $domain:literal . $name:literal, $title:literal, $undo:ident, $capability:ident, $priority:ident; )*) => {
        /// Everything that can be asked of Pulse.
        #[derive(Clone, Debug, PartialEq)]
        pub enum Intent {
            $( #[doc = $doc] $variant($payload), )*
        }

        impl Intent {
            /// Every intent, in the order of the domains.
            #[allow(elided_lifetimes_in_paths, reason = "rows read better without, and schemas have none")]
            pub const SPECS: &[IntentSpec] = &[ $( IntentSpec {
                domain: $domain,
                name: $name,
                doc: $doc.trim_ascii(),
                title: $title,
                undo: Undo::$undo,
                capability: Capability::$capability,
                priority: Priority::$priority,
                schema: schema_of::<$payload>,
                reply: schema_of_said::<$reply>,
                told: [$( schema_of_said::<$told> as SchemaOf )?].first().copied(),
                bare: || serde_json::from_str::<$payload>("{}").ok().map(Self::$variant),
            }, )* ];

            /// Its place in [`Self::SPECS`].
            pub fn index(&self) -> usize {
                #[allow(non_camel_case_types, clippy::upper_case_acronyms)]
                enum Place { $( $variant, )* }
                match self { $( Self::$variant(_) => Place::$variant as usize, )* }
            }

            /// What is known of this intent.
            pub fn spec(&self) -> &'static IntentSpec {
                &Self::SPECS[self.index()]
            }

            /// The payload as JSON.
            pub fn payload(&self) -> Box<RawValue> {
                match self { $( Self::$variant(payload) => to_payload(payload), )* }
            }

            /// Parses a payload by its names.
            ///
            /// # Errors
            /// Unknown, not implemented, or a payload of the wrong shape, with the path of the field.
            pub fn parse(domain: &str, name: &str, payload: &RawValue) -> Result<Self, ProtocolError> {
                match (domain, name) {
                    $( ($domain, $name) => parse_json(payload.get().as_bytes()).map(Self::$variant).map_err(|error| error.inside("payload")), )*
                    _ if is_planned(domain, name) => Err(ProtocolError::NotImplemented { domain: domain.to_owned(), name: name.to_owned() }),
                    _ => Err(ProtocolError::UnknownMessage { domain: domain.to_owned(), name: name.to_owned() }),
                }
            }
        }
    };
}

// A row reads: intent(payload) -> payload of the answer => payload of the event for everybody else.
intents! {
    #[doc = " Says who a headless client is; the first message of its connection."]
    ClientHello(client::Hello) -> Greeting = "client"."hello", "Say hello", None, Observe, High;
    #[doc = " Ends a client's connection in order."]
    ClientGoodbye(client::Goodbye) -> Done = "client"."goodbye", "Say goodbye", None, Observe, Normal;
    #[doc = " Says that a client lives; also the answer to Pulse's own heartbeat."]
    ClientHeartbeat(client::Heartbeat) -> Done = "client"."heartbeat", "Heartbeat", None, Observe, High;
    #[doc = " Asks for the events of domains."]
    ClientSubscribe(client::Subscribe) -> Domains = "client"."subscribe", "Subscribe", None, Observe, Normal;
    #[doc = " Asks for no more events of domains."]
    ClientUnsubscribe(client::Unsubscribe) -> Domains = "client"."unsubscribe", "Unsubscribe", None, Observe, Normal;
    #[doc = " Gives up capabilities, or asks for them back."]
    ClientUpdateCapabilities(client::UpdateCapabilities) -> Capabilities = "client"."updateCapabilities", "Change capabilities", None, Observe, Normal;
    #[doc = " Tells the state of engine and project."]
    SessionStatus(session::Status) -> Status = "session"."status", "Session status", None, Observe, Normal;
    #[doc = " Ends the engine and starts it again; leaves safe mode."]
    SessionRestartEngine(session::RestartEngine) -> Status = "session"."restartEngine", "Restart engine", None, Manage, High;
    #[doc = " Silences everything at once."]
    EnginePanic(engine::Panic) -> Transport = "engine"."panic", "Panic: silence everything", None, Play, Realtime;
    #[doc = " Closes this project and starts an empty one."]
    ProjectNew(project::New) -> InProject => InProject = "project"."new", "New project", None, Manage, Normal;
    #[doc = " Opens a project folder, or the demo song."]
    ProjectOpen(project::Open) -> InProject => InProject = "project"."open", "Open project", None, Manage, Normal;
    #[doc = " Saves the project where it is."]
    ProjectSave(project::Save) -> InProject = "project"."save", "Save project", None, Manage, Normal;
    #[doc = " Saves the project with its media to another folder and goes on there."]
    ProjectSaveAs(project::SaveAs) -> InProject => Edit = "project"."saveAs", "Save project as", None, Manage, Normal;
    #[doc = " Closes the project; an empty one stands in its place."]
    ProjectClose(project::Close) -> InProject => InProject = "project"."close", "Close project", None, Manage, Normal;
    #[doc = " Renames the project."]
    ProjectRename(project::Rename) -> Edit => Edit = "project"."rename", "Rename project", Entry, Edit, Normal;
    #[doc = " Tells everything there is in the project."]
    ProjectSnapshot(project::Snapshot) -> Snapshot = "project"."snapshot", "Project snapshot", None, Observe, Normal;
    #[doc = " Plays."]
    TransportPlay(transport::Play) -> Transport = "transport"."play", "Play", None, Play, Realtime;
    #[doc = " Stops where it is."]
    TransportPause(transport::Pause) -> Transport = "transport"."pause", "Pause", None, Play, Realtime;
    #[doc = " Stops and goes back to where play began; when stopped already, to the start."]
    TransportStop(transport::Stop) -> Transport = "transport"."stop", "Stop", None, Play, Realtime;
    #[doc = " Goes to a position, playing or not."]
    TransportSeek(transport::Seek) -> Transport = "transport"."seek", "Go to position", None, Play, Realtime;
    #[doc = " Sets where the loop is."]
    TransportSetLoopRegion(transport::SetLoopRegion) -> Edit => Edit = "transport"."setLoopRegion", "Set loop region", Entry, Edit, High;
    #[doc = " Switches the loop on or off."]
    TransportSetLoopEnabled(transport::SetLoopEnabled) -> Edit => Edit = "transport"."setLoopEnabled", "Switch loop", None, Play, High;
    #[doc = " Changes a tempo marker; without an id, the one at the start."]
    TimebaseUpdateTempoMarker(timebase::UpdateTempoMarker) -> Edit => Edit = "timebase"."updateTempoMarker", "Change tempo", Entry, Edit, High;
    #[doc = " Changes a signature marker; without an id, the one at the start."]
    TimebaseUpdateSignatureMarker(timebase::UpdateSignatureMarker) -> Edit => Edit = "timebase"."updateSignatureMarker", "Change signature", Entry, Edit, Normal;
    #[doc = " Creates an audio track with a channel and one lane."]
    TrackCreate(track::Create) -> TrackCreated => TrackCreated = "track"."create", "Create track", Entry, Edit, Normal;
    #[doc = " Deletes tracks with their clips and channels."]
    TrackDelete(track::Delete) -> Edit => Edit = "track"."delete", "Delete track", Entry, Edit, Normal;
    #[doc = " Copies a track with its contents, below itself."]
    TrackDuplicate(track::Duplicate) -> TrackCreated => TrackCreated = "track"."duplicate", "Duplicate track", Entry, Edit, Normal;
    #[doc = " Moves a track to another place in the list."]
    TrackMove(track::Move) -> Edit => Edit = "track"."move", "Move track", Entry, Edit, Normal;
    #[doc = " Renames a track."]
    TrackRename(track::Rename) -> Edit => Edit = "track"."rename", "Rename track", Entry, Edit, Normal;
    #[doc = " Colours a track and its channel."]
    TrackSetColour(track::SetColour) -> Edit => Edit = "track"."setColour", "Colour track", Entry, Edit, Normal;
    #[doc = " Sets mute, solo, arm, monitor of a track."]
    TrackSetFlags(track::SetFlags) -> Edit => Edit = "track"."setFlags", "Mute, solo, arm, monitor", Entry, Edit, High;
    #[doc = " Creates a clip of a media file."]
    ClipCreate(clip::Create) -> ClipCreated => ClipCreated = "clip"."create", "Create clip", Entry, Edit, Normal;
    #[doc = " Deletes clips."]
    ClipDelete(clip::Delete) -> Edit => Edit = "clip"."delete", "Delete clips", Entry, Edit, Normal;
    #[doc = " Moves clips in time and between tracks."]
    ClipMove(clip::Move) -> Edit => Edit = "clip"."move", "Move clips", Entry, Edit, Normal;
    #[doc = " Trims a clip at its start or end; its content stays in place."]
    ClipResize(clip::Resize) -> Edit => Edit = "clip"."resize", "Trim clip", Entry, Edit, Normal;
    #[doc = " Sets a clip's gain."]
    ClipSetGain(clip::SetGain) -> Edit => Edit = "clip"."setGain", "Set clip gain", Entry, Edit, Normal;
    #[doc = " Makes a clip repeat its media, or not."]
    ClipSetLooping(clip::SetLooping) -> Edit => Edit = "clip"."setLooping", "Loop clip", Entry, Edit, Normal;
    #[doc = " Sets a channel's fader."]
    ChannelSetGain(channel::SetGain) -> Edit => Edit = "channel"."setGain", "Set gain", Entry, Edit, High;
    #[doc = " Sets a channel's panorama."]
    ChannelSetPan(channel::SetPan) -> Edit => Edit = "channel"."setPan", "Set pan", Entry, Edit, High;
    #[doc = " Sets mute and solo of any channel, buses too."]
    ChannelSetFlags(channel::SetFlags) -> Edit => Edit = "channel"."setFlags", "Mute, solo", Entry, Edit, High;
    #[doc = " Renames a channel; a track's channel is renamed with its track."]
    ChannelRename(channel::Rename) -> Edit => Edit = "channel"."rename", "Rename channel", Entry, Edit, Normal;
    #[doc = " Adds a node to a channel's strip."]
    NodeAdd(node::Add) -> NodeAdded => NodeAdded = "node"."add", "Add node", Entry, Edit, Normal;
    #[doc = " Removes a node from its strip."]
    NodeRemove(node::Remove) -> Edit => Edit = "node"."remove", "Remove node", Entry, Edit, Normal;
    #[doc = " Lets a node pass its input unchanged, or work again."]
    NodeSetBypass(node::SetBypass) -> Edit => Edit = "node"."setBypass", "Bypass node", Entry, Edit, High;
    #[doc = " Sets parameters, alone or many at once."]
    ParameterSetValue(parameter::SetValue) -> Edit => Edit = "parameter"."setValue", "Set parameter", Entry, Edit, High;
    #[doc = " Begins a gesture: what follows until its end is one undo entry."]
    ParameterBeginGesture(parameter::BeginGesture) -> Held = "parameter"."beginGesture", "Begin gesture", None, Edit, High;
    #[doc = " Moves a parameter inside a gesture; heard at once, not in the history."]
    ParameterUpdateGesture(parameter::UpdateGesture) -> Held = "parameter"."updateGesture", "Move parameter", None, Edit, Realtime;
    #[doc = " Ends a gesture: its last value is kept, or with `cancel` the first one."]
    ParameterEndGesture(parameter::EndGesture) -> Edit => Edit = "parameter"."endGesture", "Move parameter", Entry, Edit, High;
    #[doc = " Creates a bus."]
    RoutingCreateBus(routing::CreateBus) -> BusCreated => BusCreated = "routing"."createBus", "Create bus", Entry, Edit, Normal;
    #[doc = " Deletes a bus; what fed it feeds what it fed."]
    RoutingDeleteBus(routing::DeleteBus) -> Edit => Edit = "routing"."deleteBus", "Delete bus", Entry, Edit, Normal;
    #[doc = " Sets what a channel feeds."]
    RoutingSetChannelOutput(routing::SetChannelOutput) -> Edit => Edit = "routing"."setChannelOutput", "Set output", Entry, Edit, Normal;
    #[doc = " Adds a send to a channel."]
    RoutingAddSend(routing::AddSend) -> SendAdded => SendAdded = "routing"."addSend", "Add send", Entry, Edit, Normal;
    #[doc = " Removes a send."]
    RoutingRemoveSend(routing::RemoveSend) -> Edit => Edit = "routing"."removeSend", "Remove send", Entry, Edit, Normal;
    #[doc = " Sets a send's level."]
    RoutingSetSendLevel(routing::SetSendLevel) -> Edit => Edit = "routing"."setSendLevel", "Set send level", Entry, Edit, High;
    #[doc = " Puts a send before or behind the fader."]
    RoutingSetSendMode(routing::SetSendMode) -> Edit => Edit = "routing"."setSendMode", "Set send mode", Entry, Edit, Normal;
    #[doc = " Mutes a send."]
    RoutingSetSendMuted(routing::SetSendMuted) -> Edit => Edit = "routing"."setSendMuted", "Mute send", Entry, Edit, High;
    #[doc = " Asks for meters as events."]
    MeteringSubscribe(metering::Subscribe) -> Rate = "metering"."subscribe", "Subscribe to meters", None, Observe, Normal;
    #[doc = " Asks for no more meters."]
    MeteringUnsubscribe(metering::Unsubscribe) -> Done = "metering"."unsubscribe", "Unsubscribe from meters", None, Observe, Normal;
    #[doc = " Opens a gesture stream: moves then come as plane frames."]
    GestureCreateStream(gesture::CreateStream) -> Stream = "gesture"."createStream", "Open gesture stream", None, Edit, High;
    #[doc = " Closes a gesture stream; its last values become one undo entry."]
    GestureDestroyStream(gesture::DestroyStream) -> Edit => Edit = "gesture"."destroyStream", "Move parameters", Entry, Edit, High;
    #[doc = " Lists the project's media."]
    MediaList(media::List) -> MediaList => Edit = "media"."list", "List media", None, Observe, Normal;
    #[doc = " Copies audio files into the project and makes clips of them, if wanted."]
    MediaImport(media::Import) -> Imported => Imported = "media"."import", "Import audio", Entry, Edit, Normal;
    #[doc = " Lists audio, MIDI, HID and OSC as last seen."]
    HardwareIoListDevices(hardware_io::ListDevices) -> Hardware = "hardwareIo"."listDevices", "List devices", None, Observe, Normal;
    #[doc = " Looks for devices again."]
    HardwareIoRefreshDevices(hardware_io::RefreshDevices) -> Hardware = "hardwareIo"."refreshDevices", "Look for devices again", None, Manage, Normal;
    #[doc = " Chooses the audio device and the OSC endpoint."]
    HardwareIoSetActiveDevices(hardware_io::SetActiveDevices) -> Status = "hardwareIo"."setActiveDevices", "Choose devices", None, Manage, Normal;
    #[doc = " Chooses sample rate and buffer of the audio device."]
    HardwareIoSetStreamConfiguration(hardware_io::SetStreamConfiguration) -> Status = "hardwareIo"."setStreamConfiguration", "Choose rate and buffer", None, Manage, Normal;
    #[doc = " Lists the control surfaces and what is known of them."]
    SurfaceList(surface::List) -> surfaces::Surfaces<'static> = "surface"."list", "List surfaces", None, Observe, Normal;
    #[doc = " Uses a control surface, with a profile if one is named."]
    SurfaceAdopt(surface::Adopt) -> Done = "surface"."adopt", "Use surface", None, Manage, Normal;
    #[doc = " Leaves a control surface alone."]
    SurfaceIgnore(surface::Ignore) -> Done = "surface"."ignore", "Ignore surface", None, Manage, Normal;
    #[doc = " Gives a control surface a name of one's own."]
    SurfaceRename(surface::Rename) -> Done = "surface"."rename", "Rename surface", None, Manage, Normal;
    #[doc = " Says which of several known boxes a surface is."]
    SurfaceSettleTie(surface::SettleTie) -> Done = "surface"."settleTie", "Tell surfaces apart", None, Manage, Normal;
    #[doc = " Listens for the next control that is moved, to map it."]
    SurfaceLearnBegin(surface::LearnBegin) -> Done = "surface"."learnBegin", "Map to hardware", None, Manage, Normal;
    #[doc = " Ends learning."]
    SurfaceLearnCancel(surface::LearnCancel) -> Done = "surface"."learnCancel", "Stop mapping to hardware", None, Manage, Normal;
    #[doc = " Saves a learned mapping whose element is in use."]
    SurfaceLearnConfirm(surface::LearnConfirm) -> Done = "surface"."learnConfirm", "Save learned mapping", None, Manage, Normal;
    #[doc = " Tells who would be in the way of a mapping."]
    SurfaceCheckMapping(surface::CheckMapping) -> surfaces::Conflicts = "surface"."checkMapping", "Check mapping", None, Observe, Normal;
    #[doc = " Adds a mapping."]
    SurfaceAddMapping(surface::AddMapping) -> surfaces::MappingId = "surface"."addMapping", "Add mapping", None, Manage, Normal;
    #[doc = " Changes a mapping."]
    SurfaceUpdateMapping(surface::UpdateMapping) -> Done = "surface"."updateMapping", "Change mapping", None, Manage, Normal;
    #[doc = " Removes mappings; one of the factory is switched off."]
    SurfaceRemoveMapping(surface::RemoveMapping) -> Done = "surface"."removeMapping", "Remove mapping", None, Manage, Normal;
    #[doc = " Lets only one mapping of a surface work."]
    SurfaceSoloMapping(surface::SoloMapping) -> Done = "surface"."soloMapping", "Solo mapping", None, Manage, Normal;
    #[doc = " Takes the last change of a mapping back; the project's undo is another one."]
    SurfaceUndoMapping(surface::UndoMapping) -> surfaces::Label = "surface"."undoMapping", "Undo mapping change", None, Manage, Normal;
    #[doc = " Does a change of a mapping again."]
    SurfaceRedoMapping(surface::RedoMapping) -> surfaces::Label = "surface"."redoMapping", "Redo mapping change", None, Manage, Normal;
    #[doc = " Goes to a page of a surface."]
    SurfaceSetPage(surface::SetPage) -> Done = "surface"."setPage", "Set page", None, Play, Normal;
    #[doc = " Sets the first track of a surface's bank."]
    SurfaceSetBank(surface::SetBank) -> Done = "surface"."setBank", "Set bank", None, Play, Normal;
    #[doc = " Adds a profile or a mapping set from the text of its file."]
    SurfaceImportProfile(surface::ImportProfile) -> surfaces::Imported = "surface"."importProfile", "Import profile", None, Manage, Normal;
    #[doc = " Gives a surface's profile or mappings as the text of a file."]
    SurfaceExportProfile(surface::ExportProfile) -> surfaces::FileText = "surface"."exportProfile", "Export profile", None, Observe, Normal;
    #[doc = " Says what is wrong with a profile or mapping set."]
    SurfaceLint(surface::Lint) -> surfaces::Findings = "surface"."lint", "Check profile", None, Observe, Normal;
    #[doc = " Puts a device on the screen that behaves as the real one."]
    SurfaceSimulate(surface::Simulate) -> surfaces::DeviceNumber = "surface"."simulate", "Simulate surface", None, Manage, Normal;
    #[doc = " Takes a simulated device away."]
    SurfaceSimulateEnd(surface::SimulateEnd) -> Done = "surface"."simulateEnd", "End simulation", None, Manage, Normal;
    #[doc = " Moves a control of a simulated device."]
    SurfaceSimulateInput(surface::SimulateInput) -> Done = "surface"."simulateInput", "Move simulated control", None, Play, Realtime;
    #[doc = " Traces every event of the surfaces and what becomes of it."]
    SurfaceMonitor(surface::Monitor) -> Done = "surface"."monitor", "Monitor surfaces", None, Observe, Normal;
    #[doc = " Tells what can be undone and redone."]
    HistoryState(history::State) -> HistoryView = "history"."state", "History", None, Observe, Normal;
    #[doc = " Takes the last change back."]
    HistoryUndo(history::Undo) -> SteppedTo => SteppedTo = "history"."undo", "Undo", None, Edit, High;
    #[doc = " Does again what was taken back."]
    HistoryRedo(history::Redo) -> SteppedTo => SteppedTo = "history"."redo", "Redo", None, Edit, High;
    #[doc = " Tells Pulse what the window shows, so that surfaces follow."]
    UiSetContext(ui::SetContext) -> ui::SetContext => ui::SetContext = "ui"."setContext", "Set context", None, Play, Low;
    #[doc = " Says how much of everything there is, and a hash of the model."]
    DebugStateSummary(debug::StateSummary) -> StateSummary = "debug"."stateSummary", "State summary", None, Debug, Low;
    #[doc = " Gives the payload back."]
    DebugEcho(debug::Echo) -> debug::Echo = "debug"."echo", "Echo", None, Debug, Normal;
    #[doc = " Asks for the messages at both seams, as `debug.traced` events; for headless clients."]
    DebugTraceSubscribe(debug::TraceSubscribe) -> Tracing = "debug"."traceSubscribe", "Subscribe to messages", None, Debug, Normal;
    #[doc = " Asks for no more messages."]
    DebugTraceUnsubscribe(debug::TraceUnsubscribe) -> Done = "debug"."traceUnsubscribe", "Unsubscribe from messages", None, Debug, Normal;
    #[doc = " Answers with an error, on purpose."]
    DebugSimulateError(debug::SimulateError) -> Done = "debug"."simulateError", "Simulate error", None, Debug, Low;
}

/// Commands that have a name in the protocol and are not built yet, per domain.
pub const PLANNED: &[(&str, &[&str])] = &[
    ("project", &["saveDraft", "updateMeta"]),
    (
        "projectMetadata",
        &[
            "addMarker",
            "updateMarker",
            "removeMarker",
            "addSection",
            "updateSection",
            "removeSection",
            "addKey",
            "updateKey",
            "removeKey",
            "addTag",
            "removeTag",
        ],
    ),
    ("transport", &["setRecord"]),
    (
        "timebase",
        &[
            "addTempoMarker",
            "removeTempoMarker",
            "addSignatureMarker",
            "removeSignatureMarker",
            "insertTime",
            "removeTime",
            "convert",
        ],
    ),
    ("track", &["setIcon", "setProcessingPolicy", "setChannelEnabled"]),
    (
        "clip",
        &[
            "split",
            "merge",
            "duplicate",
            "slip",
            "setTimeStretch",
            "setContentBounds",
            "setFade",
            "quantise",
            "addLane",
            "removeLane",
            "reorderLanes",
        ],
    ),
    (
        "lane",
        &[
            "create",
            "delete",
            "rename",
            "setColour",
            "setCollapsed",
            "setLaneStream",
            "setSendLevel",
            "addNotes",
            "updateNotes",
            "removeNotes",
        ],
    ),
    ("channel", &["setInput", "setOutput", "setSidechainSource", "setMeteringConfig", "resetGraph"]),
    ("node", &["move", "setEnabled", "renameInstance", "addVariant", "removeVariant", "setActiveVariant"]),
    ("parameter", &["createGroup", "deleteGroup", "setGroupMembers", "setGroupMasterValue"]),
    (
        "automation",
        &[
            "createEnvelope",
            "deleteEnvelope",
            "addPoint",
            "updatePoint",
            "deletePoint",
            "clearRange",
            "moveRange",
            "scaleRange",
            "setMode",
            "armWrite",
        ],
    ),
    (
        "routing",
        &[
            "setMasterChannel",
            "addSidechainRoute",
            "removeSidechainRoute",
            "setHardwareOutputMapping",
            "setHardwareInputMapping",
        ],
    ),
    ("media", &["relocate", "relinkMissing", "requestAnalysis", "cancelAnalysis"]),
    (
        "recording",
        &["setTrackArmed", "setMonitorMode", "setInputSource", "setRecordMode", "setPunchRange", "setPreRoll"],
    ),
    (
        "rendering",
        &[
            "exportMixdown",
            "exportStems",
            "renderRange",
            "renderInPlace",
            "freezeTrack",
            "unfreezeTrack",
            "cancelJob",
            "pauseJob",
            "resumeJob",
            "queryJob",
        ],
    ),
    ("pluginLibrary", &["scan", "search", "insertPlugin", "replacePlugin"]),
    ("pluginUi", &["open", "close", "setGeometry"]),
    ("engine", &["configure"]),
    ("engineDiagnostics", &["snapshot", "subscribe"]),
    ("metering", &["createStream", "destroyStream"]),
    ("gesture", &["subscribe", "unsubscribe", "bindParameter", "beginGesture", "endGesture"]),
    ("hardwareIo", &["setChannelMapping", "setDeviceAlias", "clearDeviceAlias", "setRoleMapping"]),
    ("history", &["undoContext", "redoContext", "jumpTo"]),
    ("debug", &["setLogLevel", "domainState", "traceBreak", "traceResume", "traceStep", "traceInject"]),
];

fn is_planned(domain: &str, name: &str) -> bool {
    PLANNED.iter().any(|(planned, names)| *planned == domain && names.contains(&name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use loophole_wire::domain::PULSE_DOMAINS;

    #[test]
    fn every_name_is_declared_once_and_in_a_known_domain() {
        let mut seen = std::collections::BTreeSet::new();
        let built = Intent::SPECS.iter().map(|spec| (spec.domain, spec.name));
        let planned = PLANNED.iter().flat_map(|(domain, names)| names.iter().map(move |name| (*domain, *name)));
        for (domain, name) in built.chain(planned) {
            assert!(seen.insert((domain, name)), "{domain}.{name} stands twice");
            assert!(PULSE_DOMAINS.contains(&domain), "{domain} is not in the list of domains");
        }
    }

    #[test]
    fn a_wrong_payload_is_refused_with_the_path_of_the_field() {
        let payload = RawValue::from_string(r#"{"channelId":"t1","gainDb":0}"#.to_owned()).unwrap();
        match Intent::parse("channel", "setGain", &payload) {
            Err(ProtocolError::Malformed { path, .. }) => assert_eq!(path, "payload.channelId"),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_is_planned_is_not_unknown() {
        let payload = RawValue::from_string("{}".to_owned()).unwrap();
        assert!(matches!(
            Intent::parse("rendering", "exportStems", &payload),
            Err(ProtocolError::NotImplemented { .. })
        ));
        assert!(matches!(
            Intent::parse("rendering", "exportDreams", &payload),
            Err(ProtocolError::UnknownMessage { .. })
        ));
    }
}
