//! The control thread: one exhaustive match over what Pulse asks. It never waits for the audio thread.

use crate::audio::{AudioEvent, AudioOutput};
use crate::devices::osc::{OscEndpoint, OscEvent};
use crate::graph::{self, Slots};
use crate::media::{MediaEvent, MediaPool, Where};
use crate::media::stream::RollClock;
use crate::outgoing::{Asked, Outgoing};
use crate::reports::{self, Owed, Pending};
use crate::rt::command::{RtCommand, RtReport, Trash};
use crate::rt::processor::{AudioProcessor, Ends, unix_nanos};
use crate::rt::telemetry::Numbers;
use crate::session::Session;
use crate::telemetry::Telemetry;
use loophole_wire::message::{EngineCommand, EngineEvent, diagnostics, engine, hardware, media, parameter, transport};
use loophole_wire::plane::Plane;
use loophole_wire::{ErrorBody, ProtocolError};
use rtrb::{Producer, RingBuffer};
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Commands that wait for the audio thread at the most.
const COMMAND_RING: usize = 4_096;
/// Parameter values that wait for the audio thread at the most: more than a quarter of a second at 250,000 per second.
const PARAMETER_RING: usize = 65_536;
const REPORT_RING: usize = 16_384;
/// Processors, graphs and lanes that wait to be freed.
const TRASH_RING: usize = 131_072;
/// How long a full ring is waited for before the command is refused.
const RING_PATIENCE: Duration = Duration::from_secs(1);
/// A loop shorter than this is refused: it would be a tone.
const SHORTEST_LOOP_FRAMES: i64 = 64;
const DEFAULT_RATE: u32 = 48_000;

/// The ring to the audio thread; the disk thread hands its bundles in here too.
type CommandRing = Arc<Mutex<Producer<RtCommand>>>;

/// Everything that the control thread holds.
pub(crate) struct Control {
    outgoing: Outgoing,
    session: Session,
    slots: Slots,
    rate: u32,
    preferred_rate: u32,
    commands: CommandRing,
    parameters: Producer<(u32, f32)>,
    pending: Arc<Pending>,
    telemetry: Option<Arc<Telemetry>>,
    clock: Arc<RollClock>,
    media: MediaPool,
    opening: Arc<Mutex<BTreeMap<u64, Asked>>>,
    next_token: u64,
    audio: Audio,
    osc: BTreeMap<u32, OscEndpoint>,
    gestures: BTreeMap<u32, BTreeSet<u32>>,
    shared: Arc<Shared>,
    ends: bool,
}

/// The audio output, and the processor while there is none.
enum Audio {
    Stopped(Option<Box<AudioProcessor>>),
    Running(AudioOutput),
}

/// What the audio supervisor's events need from any thread.
struct Shared {
    outgoing: Outgoing,
    pending: Arc<Pending>,
    state: Mutex<SharedState>,
    born: Instant,
}

#[derive(Default)]
struct SharedState {
    wanted: hardware::AudioConfig,
    device: Option<engine::Device>,
    reason: Option<String>,
    latency_frames: u32,
    graph_version: u64,
    first_block_micros: Option<u64>,
    asked: Vec<Asked>,
    new_rate: Option<u32>,
}

impl Control {
    pub(crate) fn new(outgoing: Outgoing) -> Self {
        let (commands, commands_out) = RingBuffer::new(COMMAND_RING);
        let (parameters, parameters_out) = RingBuffer::new(PARAMETER_RING);
        let (reports_in, reports_out) = RingBuffer::<RtReport>::new(REPORT_RING);
        let (trash_in, trash_out) = RingBuffer::<Trash>::new(TRASH_RING);
        let (numbers_in, numbers_out) = triple_buffer::triple_buffer(&Numbers::new());
        let clock = RollClock::new();
        let ends = Ends { commands: commands_out, parameters: parameters_out, reports: reports_in, trash: trash_in, numbers: numbers_in, clock: Arc::clone(&clock) };
        let processor = Box::new(AudioProcessor::new(ends, DEFAULT_RATE));
        let pending = Arc::new(Pending::default());
        let commands = Arc::new(Mutex::new(commands));
        let opening = Arc::new(Mutex::new(BTreeMap::new()));
        let media = start_media(&clock, &commands, &opening, &outgoing);
        let starved = Arc::clone(&clock);
        let telemetry = Telemetry::start(numbers_out, outgoing.clone(), move || starved.starved());
        let reporting = reports::start(reports_out, trash_out, Arc::clone(&pending), outgoing.clone());
        if let Some(error) = telemetry.as_ref().err().or(reporting.as_ref().err()) {
            let message = format!("no thread can be started ({error})");
            outgoing.event(None, &EngineEvent::EngineFatalError(engine::Warning { code: "engine.fatal".to_owned(), message, details: serde_json::Value::Null }));
        }
        let shared = Arc::new(Shared { outgoing: outgoing.clone(), pending: Arc::clone(&pending), state: Mutex::default(), born: Instant::now() });
        Self {
            ends: telemetry.is_err() || reporting.is_err(),
            outgoing,
            session: Session::default(),
            slots: Slots::default(),
            rate: DEFAULT_RATE,
            preferred_rate: DEFAULT_RATE,
            commands,
            parameters,
            pending,
            telemetry: telemetry.ok(),
            clock,
            media,
            opening,
            next_token: 1,
            audio: Audio::Stopped(Some(processor)),
            osc: BTreeMap::new(),
            gestures: BTreeMap::new(),
            shared,
        }
    }

    pub(crate) fn wants_to_end(&self) -> bool {
        self.ends
    }

    pub(crate) fn command(&mut self, asked: Asked, command: EngineCommand) {
        self.follow_rate();
        let outcome = self.dispatch(&asked, command);
        match outcome {
            Ok(Some(event)) => self.outgoing.event(Some(&asked), &event),
            Ok(None) => {}
            Err(error) => self.outgoing.error(Some(&asked), error),
        }
    }

    /// `Some` is the answer; `None` means that it comes from another thread.
    fn dispatch(&mut self, asked: &Asked, command: EngineCommand) -> Result<Option<EngineEvent>, ErrorBody> {
        match command {
            EngineCommand::EngineHandshake(_) => Err(ErrorBody::new("engine.busy", "the handshake is done already")),
            EngineCommand::EngineConfigure(configure) => Ok(Some(self.configure(configure))),
            EngineCommand::EngineStart(start) => self.start(asked, start.audio),
            EngineCommand::EngineStop(_) => Ok(Some(self.stop_audio())),
            EngineCommand::EnginePing(_) => Ok(Some(EngineEvent::EnginePing(engine::Pong { at_nanos: unix_nanos() }))),
            EngineCommand::EngineSync(_) => self.barrier(asked),
            EngineCommand::EnginePanic(_) => {
                let ticket = self.pending.owe(Owed::Panic { asked: asked.clone() });
                self.to_audio(ticket, RtCommand::Panic { ticket })
            }
            EngineCommand::EngineShutdown(_) => {
                self.ends = true;
                Ok(Some(done()))
            }
            EngineCommand::HardwareListAudioDevices(_) => self.list(asked, || hardware::Devices { audio: Some(crate::audio::list_audio_hosts()), ..Default::default() }),
            EngineCommand::HardwareListMidiDevices(_) => self.list(asked, || hardware::Devices { midi: crate::devices::list_midi().ok(), ..Default::default() }),
            EngineCommand::HardwareListHidDevices(_) => self.list(asked, || hardware::Devices { hid: crate::devices::list_hid().ok(), ..Default::default() }),
            EngineCommand::HardwareListOscEndpoints(_) => Ok(Some(self.osc_devices())),
            EngineCommand::HardwareSetAudioConfig(config) => self.start(asked, config),
            EngineCommand::HardwareOpenDevice(open) => self.open_device(open),
            EngineCommand::HardwareCloseDevice(close) => match self.osc.remove(&close.device) {
                Some(_) => Ok(Some(done())),
                None => Err(unknown_device(close.device)),
            },
            EngineCommand::HardwareSendFeedback(feedback) => self.send_feedback(&feedback),
            EngineCommand::TransportPlay(play) => self.play(asked, play),
            EngineCommand::TransportPause(_) => {
                let ticket = self.pending.owe(Owed::Transport { asked: asked.clone() });
                self.to_audio(ticket, RtCommand::Pause { ticket })
            }
            EngineCommand::TransportStop(stop) => self.stop(asked, stop.position_frames),
            EngineCommand::TransportSeek(seek) => self.locate(asked, seek.position_frames, Where::Now),
            EngineCommand::TransportSetLoopRegion(region) => self.set_loop(asked, region),
            EngineCommand::GraphApplySnapshot(snapshot) => {
                let next = self.session.with_snapshot(snapshot)?;
                self.take_graph(asked, next)
            }
            EngineCommand::GraphApplyDelta(delta) => {
                let next = self.session.with_delta(delta)?;
                self.take_graph(asked, next)
            }
            EngineCommand::ParameterSet(set) => self.set_parameters(&set),
            EngineCommand::GestureOpen(open) => {
                self.gestures.insert(open.stream, open.targets.into_iter().collect());
                Ok(Some(done()))
            }
            EngineCommand::GestureUpdateTargets(update) => match self.gestures.get_mut(&update.stream) {
                Some(targets) => {
                    *targets = update.targets.into_iter().collect();
                    Ok(Some(done()))
                }
                None => Err(unknown_stream(update.stream)),
            },
            EngineCommand::GestureClose(close) => match self.gestures.remove(&close.stream) {
                Some(_) => Ok(Some(done())),
                None => Err(unknown_stream(close.stream)),
            },
            EngineCommand::MeteringOpen(open) => {
                self.telemetry.iter().for_each(|telemetry| telemetry.open(open.stream, open.rate_hz));
                Ok(Some(done()))
            }
            EngineCommand::MeteringClose(_) => {
                self.telemetry.iter().for_each(|telemetry| telemetry.close());
                Ok(Some(done()))
            }
            EngineCommand::MediaOpen(open) => {
                self.open_media(asked, open);
                Ok(None)
            }
            EngineCommand::MediaClose(close) => {
                self.media.close(close.media_id);
                Ok(Some(done()))
            }
            EngineCommand::MediaPrefetch(_) | EngineCommand::MediaPeaks(_) => {
                Err(ProtocolError::NotImplemented { domain: asked.domain.clone(), name: asked.name.clone() }.into())
            }
            EngineCommand::DiagnosticsSubscribe(_) | EngineCommand::DiagnosticsSnapshot(_) => Ok(Some(self.performance())),
        }
    }

    fn shared(&self) -> std::sync::MutexGuard<'_, SharedState> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn configure(&mut self, configure: engine::Configure) -> EngineEvent {
        self.preferred_rate = configure.preferred_sample_rate.clamp(8_000, 384_000);
        self.media.set_cache_folder(configure.cache_folder.map(PathBuf::from));
        EngineEvent::EngineState(self.shared.engine_state())
    }

    fn start(&mut self, asked: &Asked, config: hardware::AudioConfig) -> Result<Option<EngineEvent>, ErrorBody> {
        {
            let mut shared = self.shared();
            shared.wanted = config.clone();
            shared.asked.push(asked.clone());
        }
        match &mut self.audio {
            Audio::Running(output) => output.reconfigure(config, self.preferred_rate),
            Audio::Stopped(processor) => {
                let Some(processor) = processor.take() else {
                    return Err(ErrorBody::new("engine.notRunning", "the audio thread was lost; restart the engine"));
                };
                let shared = Arc::clone(&self.shared);
                let events = Arc::new(move |event| shared.audio_event(event));
                self.audio = Audio::Running(AudioOutput::start(config, self.preferred_rate, processor, events));
            }
        }
        Ok(None)
    }

    fn stop_audio(&mut self) -> EngineEvent {
        if let Audio::Running(output) = std::mem::replace(&mut self.audio, Audio::Stopped(None)) {
            drop(output);
        }
        let mut shared = self.shared();
        shared.device = None;
        drop(shared);
        EngineEvent::EngineState(self.shared.engine_state())
    }

    /// The device may have another rate by now: everything that counts frames starts anew.
    fn follow_rate(&mut self) {
        let Some(rate) = self.shared().new_rate.take() else { return };
        if rate != self.rate {
            self.rate = rate;
            self.media.set_rate(rate);
        }
    }

    fn barrier(&mut self, asked: &Asked) -> Result<Option<EngineEvent>, ErrorBody> {
        if matches!(self.audio, Audio::Stopped(_)) {
            return Err(not_running());
        }
        let ticket = self.pending.owe(Owed::Sync { asked: asked.clone() });
        self.to_audio(ticket, RtCommand::Barrier { ticket })
    }

    /// Hands a command to the audio thread; a ring that stays full is a refusal.
    fn to_audio(&self, ticket: u64, command: RtCommand) -> Result<Option<EngineEvent>, ErrorBody> {
        push(&self.commands, command).map(|()| None).map_err(|error| {
            self.pending.forget(ticket);
            error
        })
    }

    fn locate(&self, asked: &Asked, position: i64, at: Where) -> Result<Option<EngineEvent>, ErrorBody> {
        let ticket = self.pending.owe(Owed::Transport { asked: asked.clone() });
        self.media.locate(ticket, position, self.pending.loop_region(), at);
        Ok(None)
    }

    fn stop(&self, asked: &Asked, position: i64) -> Result<Option<EngineEvent>, ErrorBody> {
        let ticket = self.pending.owe(Owed::Nothing);
        self.to_audio(ticket, RtCommand::Pause { ticket })?;
        self.locate(asked, position, Where::Now)
    }

    fn play(&self, asked: &Asked, play: transport::Play) -> Result<Option<EngineEvent>, ErrorBody> {
        if matches!(self.audio, Audio::Stopped(_)) {
            return Err(not_running());
        }
        let ticket = self.pending.owe(Owed::Transport { asked: asked.clone() });
        self.to_audio(ticket, RtCommand::Play { ticket, anchor: play.anchor })
    }

    fn set_loop(&self, asked: &Asked, region: transport::LoopRegion) -> Result<Option<EngineEvent>, ErrorBody> {
        if region.enabled && region.end_frames.saturating_sub(region.start_frames) < SHORTEST_LOOP_FRAMES {
            let message = format!("a loop from {} to {} is too short; it lasts at least {SHORTEST_LOOP_FRAMES} frames", region.start_frames, region.end_frames);
            return Err(ErrorBody::new("transport.loop", message));
        }
        self.pending.set_loop(region);
        self.locate(asked, 0, Where::KeepRolling)
    }

    fn take_graph(&mut self, asked: &Asked, next: Session) -> Result<Option<EngineEvent>, ErrorBody> {
        let began = Instant::now();
        let values = self.slots.fit(&self.session, &next)?;
        let schedule = graph::compile(&next, &self.slots, self.rate)?;
        let (channels, nodes) = (schedule.channels.len() as u32, schedule.nodes.len() as u32);
        for (slot, value) in values {
            self.push_parameter(slot, value)?;
        }
        let compile_micros = u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX);
        let ticket = self.pending.owe(Owed::Graph { asked: asked.clone(), channels, nodes, compile_micros });
        self.to_audio(ticket, RtCommand::SwapSchedule { ticket, schedule: Box::new(schedule) })?;
        let lanes = |session: &Session| -> Vec<_> {
            let lanes = session.nodes.values().filter(|node| node.kind == loophole_wire::message::graph::NodeKind::LaneStream);
            lanes.map(|node| (node.node_id, node.regions.clone())).collect()
        };
        self.media.set_lanes(lanes(&next));
        self.shared().graph_version = next.version;
        self.session = next;
        Ok(None)
    }

    fn set_parameters(&mut self, set: &parameter::Set) -> Result<Option<EngineEvent>, ErrorBody> {
        let mut slots = Vec::with_capacity(set.values.len());
        for value in &set.values {
            let slot = self.slots.of(value.parameter_id).ok_or_else(|| {
                let message = format!("parameter {} does not exist; nothing of this message was set", value.parameter_id);
                ErrorBody::new("parameter.unknown", message)
            })?;
            slots.push((slot, value.value.as_f32()));
        }
        for (slot, value) in slots {
            self.push_parameter(slot, value)?;
        }
        Ok(Some(done()))
    }

    fn push_parameter(&mut self, slot: u32, value: f32) -> Result<(), ErrorBody> {
        if value.is_nan() {
            return Ok(());
        }
        let deadline = Instant::now() + RING_PATIENCE;
        while self.parameters.push((slot, value)).is_err() {
            // The audio thread empties it at the top of its next block: wait for that, so that none is lost.
            if Instant::now() > deadline || matches!(self.audio, Audio::Stopped(_)) {
                return Err(overloaded());
            }
            std::thread::sleep(Duration::from_micros(200));
        }
        Ok(())
    }

    /// A plane frame: only gestures come this way. What is wrong is told once per frame and costs nothing else.
    pub(crate) fn plane(&mut self, bytes: &[u8]) {
        match Plane::parse(bytes) {
            Ok(Plane::Gesture(header, values)) => {
                let Some(targets) = self.gestures.get(&header.stream) else {
                    self.outgoing.error(None, unknown_stream(header.stream));
                    return;
                };
                let known: Vec<_> = values
                    .iter()
                    .filter(|value| targets.is_empty() || targets.contains(&value.target))
                    .filter_map(|value| self.slots.of(value.target).map(|slot| (slot, value.value)))
                    .collect();
                for (slot, value) in known {
                    if let Err(error) = self.push_parameter(slot, value) {
                        self.outgoing.error(None, error);
                        return;
                    }
                }
            }
            Ok(other) => {
                let reason = format!("a {} frame does not go to Signal", other.kind_name());
                self.outgoing.error(None, ProtocolError::Malformed { path: "plane.kind".to_owned(), reason }.into());
            }
            Err(error) => self.outgoing.error(None, error.into()),
        }
    }

    fn open_media(&mut self, asked: &Asked, open: media::Open) {
        let token = self.next_token;
        self.next_token += 1;
        self.opening.lock().unwrap_or_else(PoisonError::into_inner).insert(token, asked.clone());
        self.media.open(open, token);
    }

    /// Listings can take long (a sound server that does not answer): they have a thread of their own.
    fn list(&self, asked: &Asked, list: impl FnOnce() -> hardware::Devices + Send + 'static) -> Result<Option<EngineEvent>, ErrorBody> {
        let (asked, outgoing) = (asked.clone(), self.outgoing.clone());
        let spawned = std::thread::Builder::new().name("signal-list".to_owned()).spawn(move || outgoing.event(Some(&asked), &EngineEvent::HardwareDevices(list())));
        spawned.map(|_| None).map_err(|error| ErrorBody::new("engine.overloaded", format!("no thread can be started ({error})")))
    }

    fn open_device(&mut self, open: hardware::OpenDevice) -> Result<Option<EngineEvent>, ErrorBody> {
        let hardware::OpenDevice::Osc { device, address, port } = open;
        let ip: IpAddr = address.parse().map_err(|_| ErrorBody::new("hardware.osc", format!("'{address}' is not an IP address; 127.0.0.1 keeps OSC on this machine")))?;
        // The old one goes first: it may hold the port that is asked for.
        self.osc.remove(&device);
        let outgoing = self.outgoing.clone();
        let endpoint = OscEndpoint::open(device, ip, port, Arc::new(move |event| osc_event(device, event, &outgoing))).map_err(|error| ErrorBody::new("hardware.osc", error.to_string()))?;
        self.osc.insert(device, endpoint);
        Ok(Some(self.osc_devices()))
    }

    fn osc_devices(&self) -> EngineEvent {
        let endpoints = self.osc.iter().map(|(device, endpoint)| hardware::OscEndpoint {
            device: *device,
            address: endpoint.local_addr().to_string(),
            peers: endpoint.peers().iter().map(ToString::to_string).collect(),
        });
        EngineEvent::HardwareDevices(hardware::Devices { osc: Some(endpoints.collect()), ..Default::default() })
    }

    fn send_feedback(&self, feedback: &hardware::SendFeedback) -> Result<Option<EngineEvent>, ErrorBody> {
        let endpoint = self.osc.get(&feedback.device).ok_or_else(|| unknown_device(feedback.device))?;
        let only_to = feedback.only_to.as_ref().and_then(|peer| peer.parse().ok());
        endpoint.send(&feedback.messages, only_to);
        Ok(Some(done()))
    }

    fn watchdog_trips(&self) -> u32 {
        match &self.audio {
            Audio::Running(output) => u32::try_from(output.status().watchdog_trips).unwrap_or(u32::MAX),
            Audio::Stopped(_) => 0,
        }
    }

    fn performance(&self) -> EngineEvent {
        let counters = self.telemetry.as_ref().map(|telemetry| telemetry.newest()).unwrap_or_default();
        let media = self.media.statistics();
        EngineEvent::DiagnosticsPerformance(diagnostics::Performance {
            dsp_load: counters.load,
            peak_load: counters.peak_load,
            blocks: counters.blocks,
            xruns: counters.late_blocks,
            late_blocks: counters.late_blocks,
            starved_frames: self.clock.starved(),
            parameter_sets: counters.parameter_sets,
            watchdog_trips: self.watchdog_trips(),
            largest_callback_frames: counters.largest_callback_frames,
            streams: media.streams,
            media_bytes: media.media_bytes,
        })
    }
}

impl Shared {
    fn engine_state(&self) -> engine::State {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        engine::State {
            running: state.device.is_some(),
            device: state.device.clone(),
            wanted: state.wanted.clone(),
            reason: state.reason.clone(),
            latency_frames: state.latency_frames,
            graph_version: state.graph_version,
            first_block_micros: state.first_block_micros,
        }
    }

    /// Comes from the audio supervisor's thread.
    fn audio_event(&self, event: AudioEvent) {
        match event {
            AudioEvent::Started { device, reason, latency_frames } => {
                let asked = {
                    let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
                    let first = u64::try_from(self.born.elapsed().as_micros()).unwrap_or(u64::MAX);
                    state.first_block_micros.get_or_insert(first);
                    state.new_rate = Some(device.sample_rate);
                    state.device = Some(device.clone());
                    state.reason = reason;
                    state.latency_frames = latency_frames;
                    std::mem::take(&mut state.asked)
                };
                let sample_rate = device.sample_rate;
                self.outgoing.event(None, &EngineEvent::EngineConfigResolved(engine::ConfigResolved { device, sample_rate }));
                let engine_state = self.engine_state();
                self.pending.set_engine_state(engine_state.clone());
                let event = EngineEvent::EngineState(engine_state);
                if asked.is_empty() {
                    self.outgoing.event(None, &event);
                }
                asked.iter().for_each(|asked| self.outgoing.event(Some(asked), &event));
            }
            AudioEvent::Lost { host, name, reason, fallback } => {
                let lost = hardware::DeviceLost { host, name, reason, fallback };
                self.outgoing.event(None, &EngineEvent::HardwareDeviceLost(lost));
            }
        }
    }
}

fn start_media(clock: &Arc<RollClock>, commands: &CommandRing, opening: &Arc<Mutex<BTreeMap<u64, Asked>>>, outgoing: &Outgoing) -> MediaPool {
    let (commands, of_bundles) = (Arc::clone(commands), outgoing.clone());
    let on_bundle = Box::new(move |bundle| {
        if let Err(error) = push(&commands, RtCommand::SwapStreams(bundle)) {
            of_bundles.error(None, error);
        }
    });
    let (opening, of_events) = (Arc::clone(opening), outgoing.clone());
    let on_event = Box::new(move |event| media_event(event, &opening, &of_events));
    MediaPool::start(DEFAULT_RATE, Arc::clone(clock), on_bundle, on_event)
}

fn media_event(event: MediaEvent, opening: &Mutex<BTreeMap<u64, Asked>>, outgoing: &Outgoing) {
    let asked = |token: Option<u64>| token.and_then(|token| opening.lock().unwrap_or_else(PoisonError::into_inner).remove(&token));
    match event {
        MediaEvent::State { token, state } => outgoing.event(asked(token).as_ref(), &EngineEvent::MediaState(state)),
        MediaEvent::Missing { token, missing } => match asked(token) {
            Some(asked) => {
                let details = serde_json::json!({ "mediaId": missing.media_id, "path": missing.path });
                outgoing.error(Some(&asked), ErrorBody::new("media.unreadable", missing.reason).with_details(details));
            }
            None => outgoing.event(None, &EngineEvent::MediaMissing(missing)),
        },
    }
}

fn osc_event(device: u32, event: OscEvent, outgoing: &Outgoing) {
    match event {
        OscEvent::Control { peer, peer_is_new, messages, at_nanos } => {
            let control = hardware::Control { device, peer: peer.to_string(), peer_is_new, messages, at_nanos };
            outgoing.event(None, &EngineEvent::HardwareControl(control));
        }
        OscEvent::Bad { peer, reason, count } => {
            let message = format!("{count} bad packets from {peer}: {reason}");
            outgoing.event(None, &EngineEvent::HardwareError(hardware::Error { device: Some(device), code: "hardware.oscPacket".to_owned(), message }));
        }
    }
}

fn push(commands: &CommandRing, mut command: RtCommand) -> Result<(), ErrorBody> {
    let deadline = Instant::now() + RING_PATIENCE;
    loop {
        match commands.lock().unwrap_or_else(PoisonError::into_inner).push(command) {
            Ok(()) => return Ok(()),
            Err(rtrb::PushError::Full(back)) => command = back,
        }
        if Instant::now() > deadline {
            return Err(overloaded());
        }
        std::thread::sleep(Duration::from_micros(200));
    }
}

fn done() -> EngineEvent {
    EngineEvent::EngineDone(engine::Done {})
}

fn overloaded() -> ErrorBody {
    ErrorBody::new("engine.overloaded", "the audio thread did not take commands for a second; it hangs or was not started")
}

fn not_running() -> ErrorBody {
    ErrorBody::new("engine.notRunning", "the audio thread does not run; send engine.start first")
}

fn unknown_device(device: u32) -> ErrorBody {
    ErrorBody::new("hardware.unknownDevice", format!("device {device} is not open"))
}

fn unknown_stream(stream: u32) -> ErrorBody {
    ErrorBody::new("gesture.unknownStream", format!("gesture stream {stream} is not open; send gesture.open first"))
}
