//! Typed messages of the lower seam (Pulse ⇄ Signal), each declared once.

pub mod diagnostics;
pub mod engine;
pub mod gesture;
pub mod graph;
pub mod hardware;
pub mod media;
pub mod metering;
pub mod parameter;
pub mod ports;
pub mod transport;

use crate::envelope::{Kind, Priority, parse_json, to_payload};
use crate::error::ProtocolError;
use crate::schema::{SchemaOf, schema_of};
use serde_json::value::RawValue;

/// What is known of a message without having one.
#[derive(Clone, Copy, Debug)]
pub struct MessageSpec {
    pub domain: &'static str,
    pub name: &'static str,
    pub kind: Kind,
    pub priority: Priority,
    /// One sentence, from the doc comment.
    pub doc: &'static str,
    pub schema: SchemaOf,
}

/// Declares an enum of messages once: from it come parsing, writing, names, priorities and schemas.
macro_rules! messages {
    ($(#[$meta:meta])* $enum:ident is $kind:ident; $( #[doc = $doc:literal] $variant:ident($payload:ty) = $domain:literal . $name:literal, $priority:ident; )*) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq)]
        pub enum $enum {
            $( #[doc = $doc] $variant($payload), )*
        }

        impl $enum {
            /// Every message of this enum.
            pub const SPECS: &[MessageSpec] = &[ $( MessageSpec {
                domain: $domain,
                name: $name,
                kind: Kind::$kind,
                priority: Priority::$priority,
                doc: $doc.trim_ascii(),
                schema: schema_of::<$payload>,
            }, )* ];

            /// What is known of this message.
            pub fn spec(&self) -> &'static MessageSpec {
                #[allow(clippy::upper_case_acronyms)]
                enum Place { $( $variant, )* }
                let place = match self { $( Self::$variant(_) => Place::$variant, )* };
                &Self::SPECS[place as usize]
            }

            /// The payload as JSON.
            pub fn payload(&self) -> Box<RawValue> {
                match self { $( Self::$variant(payload) => to_payload(payload), )* }
            }

            /// Parses a payload by its names.
            ///
            /// # Errors
            /// An unknown message, or a payload of the wrong shape, with the path of the field.
            pub fn parse(domain: &str, name: &str, payload: &RawValue) -> Result<Self, ProtocolError> {
                match (domain, name) {
                    $( ($domain, $name) => parse_json(payload.get().as_bytes()).map(Self::$variant).map_err(|error| error.inside("payload")), )*
                    _ => Err(ProtocolError::UnknownMessage { domain: domain.to_owned(), name: name.to_owned() }),
                }
            }
        }
    };
}

messages! {
    /// What Pulse asks of Signal.
    EngineCommand is Command;
    #[doc = " The first message: who Pulse is, and the token from stdin."]
    EngineHandshake(engine::Handshake) = "engine"."handshake", High;
    #[doc = " Sets what holds for the whole engine."]
    EngineConfigure(engine::Configure) = "engine"."configure", High;
    #[doc = " Starts the audio thread on the wanted device, or on the silent clock."]
    EngineStart(engine::Start) = "engine"."start", High;
    #[doc = " Stops the audio thread; the session stays."]
    EngineStop(engine::Stop) = "engine"."stop", High;
    #[doc = " Asks whether the control thread lives; the heartbeat."]
    EnginePing(engine::Ping) = "engine"."ping", High;
    #[doc = " A barrier: answered when the audio thread has applied all that came before."]
    EngineSync(engine::Sync) = "engine"."sync", High;
    #[doc = " Silences everything at once: stops, drops streams, clears meters and gestures."]
    EnginePanic(engine::Panic) = "engine"."panic", Realtime;
    #[doc = " Ends the process in order."]
    EngineShutdown(engine::Shutdown) = "engine"."shutdown", High;
    #[doc = " Lists audio hosts and devices."]
    HardwareListAudioDevices(hardware::ListAudioDevices) = "hardware"."listAudioDevices", Low;
    #[doc = " Lists MIDI ports."]
    HardwareListMidiDevices(hardware::ListMidiDevices) = "hardware"."listMidiDevices", Low;
    #[doc = " Lists HID devices."]
    HardwareListHidDevices(hardware::ListHidDevices) = "hardware"."listHidDevices", Low;
    #[doc = " Lists OSC endpoints, this program's own first."]
    HardwareListOscEndpoints(hardware::ListOscEndpoints) = "hardware"."listOscEndpoints", Low;
    #[doc = " Chooses host, device, sample rate and buffer."]
    HardwareSetAudioConfig(hardware::AudioConfig) = "hardware"."setAudioConfig", High;
    #[doc = " Opens a device: the OSC endpoint."]
    HardwareOpenDevice(hardware::OpenDevice) = "hardware"."openDevice", Normal;
    #[doc = " Closes a device."]
    HardwareCloseDevice(hardware::CloseDevice) = "hardware"."closeDevice", Normal;
    #[doc = " Sends feedback to whoever used an OSC endpoint in the last minute."]
    HardwareSendFeedback(hardware::SendFeedback) = "hardware"."sendFeedback", High;
    #[doc = " Watches MIDI and HID devices and OSC peers on the network; answered by all there are."]
    HardwareWatchPorts(ports::WatchPorts) = "hardware"."watchPorts", Normal;
    #[doc = " Opens a port of a device: what it says comes on the plane."]
    HardwareOpenPort(ports::OpenPort) = "hardware"."openPort", Normal;
    #[doc = " Closes a port of a device."]
    HardwareClosePort(ports::ClosePort) = "hardware"."closePort", Normal;
    #[doc = " Replaces the table of MIDI messages that move the transport at once."]
    HardwareSetFastPath(ports::SetFastPath) = "hardware"."setFastPath", High;
    #[doc = " Makes a port without hardware."]
    HardwareAddSimulatedPort(Box<ports::PortDescription>) = "hardware"."addSimulatedPort", Normal;
    #[doc = " Lets a simulated port say something."]
    HardwareInjectInput(ports::InjectInput) = "hardware"."injectInput", Normal;
    #[doc = " Takes a simulated port away."]
    HardwareRemoveSimulatedPort(ports::RemoveSimulatedPort) = "hardware"."removeSimulatedPort", Normal;
    #[doc = " Rolls, from where it stands or from a given place."]
    TransportPlay(transport::Play) = "transport"."play", Realtime;
    #[doc = " Stops rolling; the position stays."]
    TransportPause(transport::Pause) = "transport"."pause", Realtime;
    #[doc = " Stops rolling and goes to a position."]
    TransportStop(transport::Stop) = "transport"."stop", Realtime;
    #[doc = " Goes to a position, rolling or not."]
    TransportSeek(transport::Seek) = "transport"."seek", Realtime;
    #[doc = " Sets the loop, sample-accurate."]
    TransportSetLoopRegion(transport::LoopRegion) = "transport"."setLoopRegion", High;
    #[doc = " Replaces the whole graph; the old one plays on if the new one is refused."]
    GraphApplySnapshot(graph::Snapshot) = "graph"."applySnapshot", High;
    #[doc = " Changes the graph, atomically."]
    GraphApplyDelta(graph::Delta) = "graph"."applyDelta", High;
    #[doc = " Sets parameters, in their own units."]
    ParameterSet(parameter::Set) = "parameter"."set", High;
    #[doc = " Opens a gesture stream on the plane."]
    GestureOpen(gesture::Open) = "gesture"."open", High;
    #[doc = " Changes which parameters a gesture stream moves."]
    GestureUpdateTargets(gesture::UpdateTargets) = "gesture"."updateTargets", High;
    #[doc = " Closes a gesture stream."]
    GestureClose(gesture::Close) = "gesture"."close", High;
    #[doc = " Opens the telemetry stream on the plane: meters, position, load."]
    MeteringOpen(metering::Open) = "metering"."open", Normal;
    #[doc = " Closes the telemetry stream."]
    MeteringClose(metering::Close) = "metering"."close", Normal;
    #[doc = " Opens a media file for streaming and computes its peaks."]
    MediaOpen(media::Open) = "media"."open", Normal;
    #[doc = " Closes a media file."]
    MediaClose(media::Close) = "media"."close", Normal;
    #[doc = " Brings the streams at a position into memory."]
    MediaPrefetch(media::Prefetch) = "media"."prefetch", Low;
    #[doc = " Computes the peaks of a media file again."]
    MediaPeaks(media::Peaks) = "media"."peaks", Low;
    #[doc = " Asks for performance events at a rate."]
    DiagnosticsSubscribe(diagnostics::Subscribe) = "diagnostics"."subscribe", Low;
    #[doc = " Asks for all counters once."]
    DiagnosticsSnapshot(diagnostics::Snapshot) = "diagnostics"."snapshot", Low;
}

messages! {
    /// What Signal says to Pulse: replies (with `cid`) and what happens by itself.
    EngineEvent is Event;
    #[doc = " The reply to the handshake: who Signal is."]
    EngineHandshake(engine::HandshakeReply) = "engine"."handshake", High;
    #[doc = " The state of the engine and its audio device; also the reply to configure, start, stop and panic."]
    EngineState(engine::State) = "engine"."state", High;
    #[doc = " What a requested audio configuration became."]
    EngineConfigResolved(engine::ConfigResolved) = "engine"."configResolved", High;
    #[doc = " The reply to ping."]
    EnginePing(engine::Pong) = "engine"."ping", High;
    #[doc = " The reply to sync."]
    EngineSync(engine::Synced) = "engine"."sync", High;
    #[doc = " Something a person should know."]
    EngineWarning(engine::Warning) = "engine"."warning", Normal;
    #[doc = " Signal cannot go on and ends."]
    EngineFatalError(engine::Warning) = "engine"."fatalError", High;
    #[doc = " The command was accepted and has no more to say."]
    EngineDone(engine::Done) = "engine"."done", Normal;
    #[doc = " What was found of hardware."]
    HardwareDevices(hardware::Devices) = "hardware"."devices", Normal;
    #[doc = " A device is gone."]
    HardwareDeviceLost(hardware::DeviceLost) = "hardware"."deviceLost", High;
    #[doc = " Somebody moved a control."]
    HardwareControl(hardware::Control) = "hardware"."control", Realtime;
    #[doc = " A device or endpoint says an error."]
    HardwareError(hardware::Error) = "hardware"."error", Normal;
    #[doc = " All ports there are; the reply to watchPorts."]
    HardwarePorts(ports::Ports) = "hardware"."ports", Normal;
    #[doc = " A port of a device is there now."]
    HardwarePortArrived(ports::PortArrived) = "hardware"."portArrived", Normal;
    #[doc = " A port of a device is gone."]
    HardwarePortLeft(ports::PortLeft) = "hardware"."portLeft", High;
    #[doc = " The reply to openPort."]
    HardwarePortOpened(ports::PortOpened) = "hardware"."portOpened", Normal;
    #[doc = " A port does not go as it should; at most once a second for each port and kind."]
    HardwarePortTrouble(ports::PortTrouble) = "hardware"."portTrouble", Normal;
    #[doc = " What the transport does, as the audio thread confirmed it."]
    TransportState(transport::State) = "transport"."state", Realtime;
    #[doc = " Which graph is live."]
    GraphState(graph::State) = "graph"."state", High;
    #[doc = " A node misbehaved."]
    GraphNodeFault(graph::NodeFault) = "graph"."nodeFault", High;
    #[doc = " What is known of a media file."]
    MediaState(media::State) = "media"."state", Normal;
    #[doc = " A media file cannot be read."]
    MediaMissing(media::Missing) = "media"."missing", Normal;
    #[doc = " Counters and load."]
    DiagnosticsPerformance(diagnostics::Performance) = "diagnostics"."performance", Low;
    #[doc = " The audio thread came too late."]
    DiagnosticsXrun(diagnostics::Xrun) = "diagnostics"."xrun", Normal;
}

/// Signal's commands that have a name in the protocol but are not built yet.
pub const SIGNAL_NOT_BUILT: &[(&str, &str)] = &[
    ("hardware", "setSyncConfig"),
    ("transport", "setPreRoll"),
    ("transport", "setRecordState"),
    ("parameter", "setAutomation"),
    ("cohort", "assign"),
    ("plugin", "scan"),
    ("plugin", "instantiate"),
    ("plugin", "remove"),
    ("plugin", "getState"),
    ("plugin", "setState"),
    ("pluginUi", "open"),
    ("pluginUi", "close"),
];

/// Parses a command to Signal; what has a name but is not built says so.
///
/// # Errors
/// Not implemented, unknown, or malformed.
pub fn parse_engine_command(domain: &str, name: &str, payload: &RawValue) -> Result<EngineCommand, ProtocolError> {
    if SIGNAL_NOT_BUILT.contains(&(domain, name)) {
        return Err(ProtocolError::NotImplemented { domain: domain.to_owned(), name: name.to_owned() });
    }
    EngineCommand::parse(domain, name, payload)
}
