//! A model of the engine, in memory: it holds and answers what Signal would, without a process, a device or a file.

use super::from_wire::{EngineMessage, Said};
use crate::event::Ticket;
use crate::port::{EnginePort, SendError};
use loophole_wire::message::engine::{
    ConfigResolved, Device, Done, HandshakeReply, Pong, State as EngineState, Synced,
};
use loophole_wire::message::graph::{Channel, Delta, Node, Snapshot, State as GraphState};
use loophole_wire::message::hardware::{AudioConfig, AudioHost, AudioHostInfo, Devices, OpenDevice, OscEndpoint};
use loophole_wire::message::media::State as MediaState;
use loophole_wire::message::ports::Ports;
use loophole_wire::message::transport::{LoopRegion, State as TransportState};
use loophole_wire::message::{EngineCommand, EngineEvent, diagnostics, media, parameter};
use loophole_wire::plane::{GestureValue, Header, Load, MeterValue, Plane, Position};
use loophole_wire::{ErrorBody, PROTOCOL_VERSION};
use std::collections::{BTreeMap, BTreeSet};

const SHORTEST_LOOP_FRAMES: i64 = 64;
const BUFFER_FRAMES: u32 = 128;

/// Everything that Signal is told, and where its transport stands.
#[derive(Clone, Debug)]
pub struct MemoryEngine {
    pub graph_version: u64,
    pub channels: BTreeMap<u32, Channel>,
    pub nodes: BTreeMap<u32, Node>,
    /// The newest value of each parameter.
    pub parameters: BTreeMap<u32, f32>,
    /// How many values were set, by command or gesture.
    pub parameter_sets: u64,
    pub gestures: BTreeMap<u32, BTreeSet<u32>>,
    pub rolling: bool,
    /// On the timeline, in frames at [`Self::sample_rate`].
    pub position_frames: i64,
    pub loop_region: LoopRegion,
    pub sample_rate: u32,
    pub running: bool,
    pub wanted: AudioConfig,
    pub media: BTreeMap<u32, media::Open>,
    /// Paths that are not there.
    pub missing_paths: BTreeSet<String>,
    pub osc: BTreeMap<u32, String>,
    /// Stream and rate of the telemetry that is asked for.
    pub metering: Option<(u32, u32)>,
    engine_frames: u64,
    sequence: u32,
    now_nanos: u64,
    /// What of a frame has passed, in frames times nanoseconds per second: nothing is lost to rounding.
    frame_remainder: u64,
    telemetry_due_nanos: u64,
    next_ticket: u64,
    said: Vec<EngineMessage>,
    telemetry: MemoryTelemetry,
}

/// The newest numbers, and all plane frames since they were taken last.
#[derive(Clone, Debug, Default)]
pub struct MemoryTelemetry {
    pub position: Position,
    pub meters: Vec<MeterValue>,
    pub load: Load,
}

impl Default for MemoryEngine {
    fn default() -> Self {
        Self {
            graph_version: 0,
            channels: BTreeMap::new(),
            nodes: BTreeMap::new(),
            parameters: BTreeMap::new(),
            parameter_sets: 0,
            gestures: BTreeMap::new(),
            rolling: false,
            position_frames: 0,
            loop_region: LoopRegion::default(),
            sample_rate: 48_000,
            running: false,
            wanted: AudioConfig::default(),
            media: BTreeMap::new(),
            missing_paths: BTreeSet::new(),
            osc: BTreeMap::new(),
            metering: None,
            engine_frames: 0,
            sequence: 0,
            now_nanos: 0,
            frame_remainder: 0,
            telemetry_due_nanos: 0,
            next_ticket: 0,
            said: Vec::new(),
            telemetry: MemoryTelemetry::default(),
        }
    }
}

impl EnginePort for MemoryEngine {
    type Command = EngineCommand;
    type Event = EngineMessage;
    type Telemetry = MemoryTelemetry;

    fn send(&mut self, command: EngineCommand) -> Result<Ticket, SendError> {
        self.next_ticket += 1;
        let ticket = self.next_ticket;
        self.command(Some(ticket), command);
        Ok(Ticket(ticket))
    }

    fn drain(&mut self, events: &mut Vec<EngineMessage>) {
        events.append(&mut self.said);
    }

    fn telemetry(&mut self) -> &MemoryTelemetry {
        &self.telemetry
    }
}

impl MemoryEngine {
    /// Does what a command says and answers it once.
    pub fn command(&mut self, ticket: Option<u64>, command: EngineCommand) {
        let spec = command.spec();
        let (domain, name) = (spec.domain, spec.name);
        let said = match self.obey(command) {
            Ok(event) => Said::Event(event),
            Err(error) => Said::Refused { domain: domain.to_owned(), name: name.to_owned(), error },
        };
        self.said.push(EngineMessage { ticket, said });
    }

    /// Takes the values of a gesture frame.
    pub fn gesture(&mut self, stream: u32, values: &[GestureValue]) {
        let Some(targets) = self.gestures.get(&stream) else { return };
        for value in values.iter().filter(|value| targets.contains(&value.target)) {
            self.parameters.insert(value.target, value.value);
            self.parameter_sets += 1;
        }
    }

    /// Lets time pass; returns the plane frames that are due.
    pub fn advance(&mut self, now_nanos: u64) -> Vec<Plane> {
        let passed = if self.now_nanos == 0 { 0 } else { now_nanos.saturating_sub(self.now_nanos) };
        self.now_nanos = now_nanos;
        if self.running {
            self.roll(passed);
        }
        let Some((stream, rate_hz)) = self.metering else { return Vec::new() };
        if !self.running || now_nanos < self.telemetry_due_nanos {
            return Vec::new();
        }
        self.telemetry_due_nanos = now_nanos + 1_000_000_000 / u64::from(rate_hz.max(1));
        self.measure(stream)
    }

    fn roll(&mut self, nanos: u64) {
        let parts = u128::from(nanos) * u128::from(self.sample_rate) + u128::from(self.frame_remainder);
        let frames = u64::try_from(parts / 1_000_000_000).unwrap_or(u64::MAX);
        self.frame_remainder = u64::try_from(parts % 1_000_000_000).unwrap_or(0);
        self.engine_frames = self.engine_frames.saturating_add(frames);
        if !self.rolling {
            return;
        }
        self.position_frames = self.position_frames.saturating_add(i64::try_from(frames).unwrap_or(i64::MAX));
        let LoopRegion { enabled, start_frames, end_frames } = self.loop_region;
        if enabled && self.position_frames >= end_frames && end_frames > start_frames {
            self.position_frames = start_frames + (self.position_frames - start_frames) % (end_frames - start_frames);
        }
    }

    fn measure(&mut self, stream: u32) -> Vec<Plane> {
        let level = if self.rolling { 0.5 } else { 0.0 };
        let meter = |channel: &u32| MeterValue { channel: *channel, peak: [level; 2], rms: [level / 2.0; 2] };
        self.telemetry = MemoryTelemetry {
            position: Position {
                frames: self.position_frames,
                engine_frames: self.engine_frames,
                rolling: self.rolling,
            },
            meters: self.channels.keys().map(meter).collect(),
            load: Load {
                dsp: 0.1,
                peak: 0.2,
                parameter_sets: self.parameter_sets,
                blocks: self.engine_frames / u64::from(BUFFER_FRAMES),
                ..Load::default()
            },
        };
        let time_nanos = self.now_nanos;
        let mut header = || {
            let sequence = self.sequence;
            self.sequence = sequence.wrapping_add(1);
            Header { flags: 0, stream, sequence, time_nanos }
        };
        vec![
            Plane::Meter(header(), self.telemetry.meters.clone()),
            Plane::Position(header(), self.telemetry.position),
            Plane::Load(header(), self.telemetry.load),
        ]
    }

    fn obey(&mut self, command: EngineCommand) -> Result<EngineEvent, ErrorBody> {
        match command {
            EngineCommand::EngineHandshake(_) => Ok(EngineEvent::EngineHandshake(HandshakeReply {
                protocol: PROTOCOL_VERSION,
                version: env!("CARGO_PKG_VERSION").to_owned(),
                pid: std::process::id(),
            })),
            EngineCommand::EngineConfigure(configure) => {
                self.sample_rate = configure.preferred_sample_rate.clamp(8_000, 384_000);
                Ok(self.engine_state())
            }
            EngineCommand::EngineStart(start) => {
                self.running = true;
                self.wanted = start.audio;
                self.resolve();
                Ok(self.engine_state())
            }
            EngineCommand::EngineStop(_) => {
                self.running = false;
                Ok(self.engine_state())
            }
            EngineCommand::EnginePing(_) => Ok(EngineEvent::EnginePing(Pong { at_nanos: self.now_nanos })),
            EngineCommand::EngineSync(_) => Ok(EngineEvent::EngineSync(Synced {
                applied_at_frame: self.engine_frames,
                graph_version: self.graph_version,
            })),
            EngineCommand::EnginePanic(_) => {
                self.rolling = false;
                self.gestures.clear();
                Ok(self.engine_state())
            }
            EngineCommand::EngineShutdown(_) => done(),
            EngineCommand::HardwareListAudioDevices(_) => Ok(EngineEvent::HardwareDevices(Devices {
                audio: Some(vec![AudioHostInfo {
                    host: "silent".to_owned(),
                    available: true,
                    note: None,
                    devices: Vec::new(),
                }]),
                ..Devices::default()
            })),
            EngineCommand::HardwareListMidiDevices(_) => {
                Ok(EngineEvent::HardwareDevices(Devices { midi: Some(Vec::new()), ..Devices::default() }))
            }
            EngineCommand::HardwareListHidDevices(_) => {
                Ok(EngineEvent::HardwareDevices(Devices { hid: Some(Vec::new()), ..Devices::default() }))
            }
            EngineCommand::HardwareListOscEndpoints(_) => Ok(self.osc_endpoints()),
            EngineCommand::HardwareSetAudioConfig(wanted) => {
                self.wanted = wanted;
                self.resolve();
                Ok(EngineEvent::EngineConfigResolved(self.resolved()))
            }
            EngineCommand::HardwareOpenDevice(OpenDevice::Osc { device, address, port }) => {
                self.osc.insert(device, format!("{address}:{port}"));
                Ok(self.osc_endpoints())
            }
            EngineCommand::HardwareCloseDevice(close) => {
                self.osc.remove(&close.device);
                done()
            }
            EngineCommand::HardwareSendFeedback(_) | EngineCommand::HardwareSetFastPath(_) => done(),
            EngineCommand::HardwareWatchPorts(_) => Ok(EngineEvent::HardwarePorts(Ports::default())),
            EngineCommand::HardwareOpenPort(_)
            | EngineCommand::HardwareClosePort(_)
            | EngineCommand::HardwareAddSimulatedPort(_)
            | EngineCommand::HardwareInjectInput(_)
            | EngineCommand::HardwareRemoveSimulatedPort(_) => {
                Err(ErrorBody::new("hardware.unknownPort", "this engine has no ports"))
            }
            EngineCommand::TransportPlay(play) => {
                self.rolling = true;
                if let Some(anchor) = play.anchor {
                    self.position_frames = self.anchored(anchor.position_frames, anchor.at_nanos);
                }
                Ok(self.transport())
            }
            EngineCommand::TransportPause(_) => {
                self.rolling = false;
                Ok(self.transport())
            }
            EngineCommand::TransportStop(stop) => {
                self.rolling = false;
                self.position_frames = stop.position_frames;
                Ok(self.transport())
            }
            EngineCommand::TransportSeek(seek) => {
                self.position_frames = seek.position_frames;
                Ok(self.transport())
            }
            EngineCommand::TransportSetLoopRegion(region) => self.set_loop(region),
            EngineCommand::GraphApplySnapshot(snapshot) => self.apply_snapshot(snapshot),
            EngineCommand::GraphApplyDelta(delta) => self.apply_delta(delta),
            EngineCommand::ParameterSet(set) => self.set_parameters(&set),
            EngineCommand::GestureOpen(open) => {
                self.gestures.insert(open.stream, open.targets.into_iter().collect());
                done()
            }
            EngineCommand::GestureUpdateTargets(update) => match self.gestures.get_mut(&update.stream) {
                Some(targets) => {
                    *targets = update.targets.into_iter().collect();
                    done()
                }
                None => Err(ErrorBody::new("gesture.unknownStream", format!("stream {} is not open", update.stream))),
            },
            EngineCommand::GestureClose(close) => {
                self.gestures.remove(&close.stream);
                done()
            }
            EngineCommand::MeteringOpen(open) => {
                self.metering = Some((open.stream, open.rate_hz.clamp(1, 120)));
                done()
            }
            EngineCommand::MeteringClose(_) => {
                self.metering = None;
                done()
            }
            EngineCommand::MediaOpen(open) => Ok(self.open_media(open)),
            EngineCommand::MediaClose(close) => {
                self.media.remove(&close.media_id);
                done()
            }
            EngineCommand::MediaPrefetch(_) | EngineCommand::DiagnosticsSubscribe(_) => done(),
            EngineCommand::MediaPeaks(peaks) => match self.media.get(&peaks.media_id) {
                Some(_) => Ok(media_state(peaks.media_id)),
                None => Err(ErrorBody::new("media.unknown", format!("media {} is not open", peaks.media_id))),
            },
            EngineCommand::DiagnosticsSnapshot(_) => {
                Ok(EngineEvent::DiagnosticsPerformance(diagnostics::Performance {
                    parameter_sets: self.parameter_sets,
                    ..diagnostics::Performance::default()
                }))
            }
        }
    }

    fn resolve(&mut self) {
        if let Some(rate) = self.wanted.sample_rate {
            self.sample_rate = rate.clamp(8_000, 384_000);
        }
        let event = EngineEvent::EngineConfigResolved(self.resolved());
        self.said.push(EngineMessage { ticket: None, said: Said::Event(event) });
    }

    fn resolved(&self) -> ConfigResolved {
        ConfigResolved { device: self.device(), sample_rate: self.sample_rate }
    }

    fn device(&self) -> Device {
        Device {
            host: "silent".to_owned(),
            name: "Silent clock".to_owned(),
            sample_rate: self.sample_rate,
            buffer_frames: self.wanted.buffer_frames.unwrap_or(BUFFER_FRAMES),
            output_channels: 2,
            silent: true,
        }
    }

    fn engine_state(&self) -> EngineEvent {
        let reason = match self.wanted.host {
            AudioHost::Silent => None,
            AudioHost::Auto | AudioHost::Named(_) => Some("An engine in memory has no sound card.".to_owned()),
        };
        EngineEvent::EngineState(EngineState {
            running: self.running,
            device: self.running.then(|| self.device()),
            wanted: self.wanted.clone(),
            reason,
            latency_frames: BUFFER_FRAMES,
            graph_version: self.graph_version,
            first_block_micros: None,
        })
    }

    fn osc_endpoints(&self) -> EngineEvent {
        let endpoint = |(device, address): (&u32, &String)| OscEndpoint {
            device: *device,
            address: address.clone(),
            peers: vec![],
        };
        EngineEvent::HardwareDevices(Devices {
            osc: Some(self.osc.iter().map(endpoint).collect()),
            ..Devices::default()
        })
    }

    fn transport(&self) -> EngineEvent {
        EngineEvent::TransportState(TransportState {
            rolling: self.rolling,
            position_frames: self.position_frames,
            applied_at_frame: self.engine_frames,
            loop_region: self.loop_region,
        })
    }

    fn anchored(&self, position_frames: i64, at_nanos: u64) -> i64 {
        let passed = i128::from(self.now_nanos.max(at_nanos) - at_nanos) * i128::from(self.sample_rate);
        position_frames.saturating_add(i64::try_from(passed / 1_000_000_000).unwrap_or(0))
    }

    fn set_loop(&mut self, region: LoopRegion) -> Result<EngineEvent, ErrorBody> {
        if region.enabled && region.end_frames.saturating_sub(region.start_frames) < SHORTEST_LOOP_FRAMES {
            let message = format!("a loop has at least {SHORTEST_LOOP_FRAMES} frames");
            return Err(ErrorBody::new("transport.loopTooShort", message));
        }
        self.loop_region = region;
        Ok(self.transport())
    }

    fn apply_snapshot(&mut self, snapshot: Snapshot) -> Result<EngineEvent, ErrorBody> {
        let channels = snapshot.channels.into_iter().map(|channel| (channel.channel_id, channel)).collect();
        let nodes = snapshot.nodes.into_iter().map(|node| (node.node_id, node)).collect();
        self.go_live(snapshot.version, channels, nodes)
    }

    fn apply_delta(&mut self, delta: Delta) -> Result<EngineEvent, ErrorBody> {
        let (mut channels, mut nodes) = (self.channels.clone(), self.nodes.clone());
        channels.retain(|id, _| !delta.removed_channels.contains(id));
        nodes.retain(|id, _| !delta.removed_nodes.contains(id));
        channels.extend(delta.channels.into_iter().map(|channel| (channel.channel_id, channel)));
        nodes.extend(delta.nodes.into_iter().map(|node| (node.node_id, node)));
        self.go_live(delta.version, channels, nodes)
    }

    /// All or nothing: a graph that names what is not there leaves the old one.
    fn go_live(
        &mut self,
        version: u64,
        channels: BTreeMap<u32, Channel>,
        nodes: BTreeMap<u32, Node>,
    ) -> Result<EngineEvent, ErrorBody> {
        for channel in channels.values() {
            if let Some(output) = channel.output.filter(|output| !channels.contains_key(output)) {
                return Err(dangling(format!("channel {} feeds {output}", channel.channel_id)));
            }
            if let Some(node) = channel.node_ids.iter().find(|node| !nodes.contains_key(node)) {
                return Err(dangling(format!("channel {} has node {node}", channel.channel_id)));
            }
        }
        for node in nodes.values() {
            if let Some(target) = node.target.filter(|target| !channels.contains_key(target)) {
                return Err(dangling(format!("send {} feeds {target}", node.node_id)));
            }
        }
        self.parameters = nodes
            .values()
            .flat_map(|node| &node.parameters)
            .map(|parameter| (parameter.parameter_id, parameter.value.as_f32()))
            .collect();
        (self.graph_version, self.channels, self.nodes) = (version, channels, nodes);
        let count = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
        Ok(EngineEvent::GraphState(GraphState {
            version,
            channels: count(self.channels.len()),
            nodes: count(self.nodes.len()),
            compile_micros: 1,
        }))
    }

    fn set_parameters(&mut self, set: &parameter::Set) -> Result<EngineEvent, ErrorBody> {
        if let Some(unknown) = set.values.iter().find(|value| !self.parameters.contains_key(&value.parameter_id)) {
            let message = format!("parameter {} is not in the graph", unknown.parameter_id);
            return Err(ErrorBody::new("parameter.unknown", message));
        }
        for value in &set.values {
            self.parameters.insert(value.parameter_id, value.value.as_f32());
            self.parameter_sets += 1;
        }
        done()
    }

    fn open_media(&mut self, open: media::Open) -> EngineEvent {
        if self.missing_paths.contains(&open.path) {
            let reason = "there is no such file".to_owned();
            return EngineEvent::MediaMissing(media::Missing { media_id: open.media_id, path: open.path, reason });
        }
        let state = media_state(open.media_id);
        self.media.insert(open.media_id, open);
        state
    }
}

fn done() -> Result<EngineEvent, ErrorBody> {
    Ok(EngineEvent::EngineDone(Done {}))
}

fn dangling(what: String) -> ErrorBody {
    ErrorBody::new("graph.refused", format!("{what}, which is not there"))
}

/// Every file is ten seconds of stereo.
fn media_state(media_id: u32) -> EngineEvent {
    EngineEvent::MediaState(MediaState {
        media_id,
        frames: 480_000,
        sample_rate: 48_000,
        channels: 2,
        format: "WAV".to_owned(),
        peaks_ready: false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use loophole_wire::decibels::WireValue;
    use loophole_wire::message::graph::{ChannelRole, NodeKind, Parameter, ParameterRole};
    use loophole_wire::message::{engine, metering, transport};

    fn graph() -> Snapshot {
        let parameter =
            Parameter { parameter_id: 3, role: ParameterRole::GainDb, value: WireValue(-6.0), smoothing_millis: 5.0 };
        Snapshot {
            version: 7,
            channels: vec![Channel { channel_id: 1, role: ChannelRole::Master, output: None, node_ids: vec![2] }],
            nodes: vec![Node {
                node_id: 2,
                kind: NodeKind::Fader,
                bypass: false,
                parameters: vec![parameter],
                regions: Vec::new(),
                target: None,
            }],
        }
    }

    fn answers(engine: &mut MemoryEngine, commands: Vec<EngineCommand>) -> Vec<Said> {
        let sent: Vec<_> = commands.into_iter().map(|command| engine.send(command).unwrap()).collect();
        let mut said = Vec::new();
        engine.drain(&mut said);
        let answered: Vec<_> = said.iter().filter_map(|message| message.ticket.map(Ticket)).collect();
        assert_eq!(sent, answered, "each command has one answer, in order");
        said.into_iter().filter(|message| message.ticket.is_some()).map(|message| message.said).collect()
    }

    #[test]
    fn a_graph_goes_live_or_is_refused_as_a_whole() {
        let mut engine = MemoryEngine::default();
        let broken = Delta {
            version: 8,
            channels: vec![Channel { channel_id: 4, role: ChannelRole::Bus, output: Some(99), node_ids: Vec::new() }],
            ..Delta::default()
        };
        let said = answers(
            &mut engine,
            vec![EngineCommand::GraphApplySnapshot(graph()), EngineCommand::GraphApplyDelta(broken)],
        );
        assert!(matches!(&said[0], Said::Event(EngineEvent::GraphState(state)) if state.version == 7));
        assert!(matches!(&said[1], Said::Refused { error, .. } if error.code == "graph.refused"));
        assert_eq!((engine.graph_version, engine.channels.len(), engine.parameters[&3]), (7, 1, -6.0));
    }

    #[test]
    fn it_rolls_with_the_clock_and_measures_as_often_as_asked() {
        let mut engine = MemoryEngine::default();
        engine.advance(1);
        answers(
            &mut engine,
            vec![
                EngineCommand::GraphApplySnapshot(graph()),
                EngineCommand::EngineStart(engine::Start { audio: AudioConfig::default() }),
                EngineCommand::MeteringOpen(metering::Open { stream: 1, rate_hz: 10 }),
                EngineCommand::TransportPlay(transport::Play::default()),
            ],
        );
        let frames: usize = (1..=100).map(|step| engine.advance(1 + step * 10_000_000).len()).sum();
        assert_eq!(engine.position_frames, 48_000);
        assert_eq!(frames, 3 * 10);
    }
}
