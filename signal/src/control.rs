//! The control thread: one exhaustive match over what Pulse asks. It never waits for the audio thread.

mod audio;
mod devices;

use crate::audio::{AudioOutput, AudioStatus};
use crate::devices::hub::{Devices, PortCommand};
use crate::devices::osc::OscEndpoint;
use crate::graph;
use crate::link::{AudioLink, Overloaded};
use crate::media::stream::{RollClock, RollMap};
use crate::media::{MediaEvent, MediaPool, Where};
use crate::outgoing::{Asked, Outgoing};
use crate::parameters::Parameters;
use crate::reports::{self, Owed, Pending};
use crate::rt::{self, Barrier, RtCommand, unix_nanos};
use crate::session::Session;
use crate::telemetry::{Counting, Telemetry};
use audio::{Shared, SharedState};
use loophole_wire::message::{EngineCommand, EngineEvent, engine, hardware, media, parameter, transport};
use loophole_wire::plane::Plane;
use loophole_wire::{ErrorBody, ProtocolError};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long values wait for room before Pulse is told.
const RING_PATIENCE: Duration = Duration::from_secs(1);
/// A loop shorter than this is refused: it would be a tone.
const SHORTEST_LOOP_FRAMES: i64 = 64;
const DEFAULT_RATE: u32 = 48_000;
/// Lanes that are filled within this time begin exactly where the music is; later ones skip what has passed.
const ANCHOR_LEAD: Duration = Duration::from_millis(3);

/// Everything that the control thread holds.
pub(crate) struct Control {
    outgoing: Outgoing,
    parameters: Parameters,
    rate: u32,
    preferred_rate: u32,
    link: Arc<AudioLink>,
    pending: Arc<Pending>,
    telemetry: Option<Arc<Telemetry>>,
    media: Arc<MediaPool>,
    opening: Arc<Mutex<BTreeMap<u64, Asked>>>,
    /// What was asked to be opened, to open it again.
    files: BTreeMap<u32, media::Open>,
    next_token: u64,
    audio: Arc<Mutex<Option<AudioOutput>>>,
    osc: BTreeMap<u32, OscEndpoint>,
    /// None until Pulse asks about ports.
    devices: Option<Devices>,
    gestures: BTreeMap<u32, BTreeSet<u32>>,
    listings: Arc<AtomicUsize>,
    shared: Arc<Shared>,
    ends: bool,
}

impl Control {
    /// `born` is when the process started.
    pub(crate) fn new(outgoing: Outgoing, born: Instant) -> Self {
        let clock = RollClock::new();
        let (processor, handles) = rt::processor(DEFAULT_RATE, Arc::clone(&clock), unix_nanos);
        let link = AudioLink::new(handles.commands, Box::new(processor));
        let pending = Arc::new(Pending::default());
        let opening = Arc::new(Mutex::new(BTreeMap::new()));
        let media = Arc::new(start_media(&clock, &link, &pending, &opening, &outgoing));
        let audio = Arc::new(Mutex::new(None));
        let telemetry = Telemetry::start(handles.telemetry, outgoing.clone(), counting(&clock, &media, &audio));
        let shared = Arc::new(Shared {
            outgoing: outgoing.clone(),
            pending: Arc::clone(&pending),
            state: Mutex::default(),
            born,
        });
        let (of_state, of_media, of_loop) = (Arc::clone(&shared), Arc::clone(&media), Arc::clone(&pending));
        let context = reports::Context {
            link: Arc::clone(&link),
            pending: Arc::clone(&pending),
            outgoing: outgoing.clone(),
            engine_state: Box::new(move || of_state.engine_state()),
            locate_again: Box::new(move |ticket| of_media.locate(ticket, 0, of_loop.loop_region(), Where::KeepRolling)),
        };
        let reporting = reports::start(handles.reports, handles.trash, context);
        if let Some(error) = telemetry.as_ref().err().or(reporting.as_ref().err()) {
            let message = format!("no thread can be started ({error})");
            outgoing.event(
                None,
                &EngineEvent::EngineFatalError(engine::Warning {
                    code: "engine.fatal".to_owned(),
                    message,
                    details: serde_json::Value::Null,
                }),
            );
        }
        Self {
            ends: telemetry.is_err() || reporting.is_err(),
            outgoing,
            parameters: Parameters::default(),
            rate: DEFAULT_RATE,
            preferred_rate: DEFAULT_RATE,
            link,
            pending,
            telemetry: telemetry.ok(),
            media,
            opening,
            files: BTreeMap::new(),
            next_token: 1,
            audio,
            osc: BTreeMap::new(),
            devices: None,
            gestures: BTreeMap::new(),
            listings: Arc::default(),
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
            EngineCommand::EngineConfigure(configure) => self.configure(asked, configure),
            EngineCommand::EngineStart(start) => self.start(asked, start.audio),
            EngineCommand::EngineStop(_) => self.stop_audio(),
            EngineCommand::EnginePing(_) => Ok(Some(EngineEvent::EnginePing(engine::Pong { at_nanos: unix_nanos() }))),
            EngineCommand::EngineSync(_) => self.barrier(asked),
            EngineCommand::EnginePanic(_) => {
                let ticket = self.pending.owe(Owed::Panic { asked: asked.clone() });
                self.owed(ticket, self.link.panic(RtCommand::Panic { ticket }))
            }
            EngineCommand::EngineShutdown(_) => {
                self.ends = true;
                Ok(Some(done()))
            }
            EngineCommand::HardwareListAudioDevices(_) => self.list(asked, || hardware::Devices {
                audio: Some(crate::audio::list_audio_hosts()),
                ..Default::default()
            }),
            EngineCommand::HardwareListMidiDevices(_) => {
                self.list(asked, || hardware::Devices { midi: crate::devices::list_midi().ok(), ..Default::default() })
            }
            EngineCommand::HardwareListHidDevices(_) => {
                self.list(asked, || hardware::Devices { hid: crate::devices::list_hid().ok(), ..Default::default() })
            }
            EngineCommand::HardwareListOscEndpoints(_) => Ok(Some(self.osc_devices())),
            EngineCommand::HardwareSetAudioConfig(config) => self.reconfigure(asked, config),
            EngineCommand::HardwareOpenDevice(open) => self.open_device(open),
            EngineCommand::HardwareCloseDevice(close) => match self.osc.remove(&close.device) {
                Some(_) => Ok(Some(done())),
                None => Err(devices::unknown_device(close.device)),
            },
            EngineCommand::HardwareSendFeedback(feedback) => self.send_feedback(&feedback),
            EngineCommand::HardwareWatchPorts(watch) => self.ports(asked, PortCommand::Watch(watch)),
            EngineCommand::HardwareOpenPort(open) => self.ports(asked, PortCommand::Open(open)),
            EngineCommand::HardwareClosePort(close) => self.ports(asked, PortCommand::Close(close.port)),
            EngineCommand::HardwareSetFastPath(table) => self.set_fast_path(table),
            EngineCommand::HardwareAddSimulatedPort(description) => {
                self.ports(asked, PortCommand::AddSimulated(description))
            }
            EngineCommand::HardwareInjectInput(inject) => self.ports(asked, PortCommand::Inject(inject)),
            EngineCommand::HardwareRemoveSimulatedPort(remove) => {
                self.ports(asked, PortCommand::RemoveSimulated(remove.port))
            }
            EngineCommand::TransportPlay(play) => self.play(asked, play),
            EngineCommand::TransportPause(_) => {
                let ticket = self.pending.owe(Owed::Transport { asked: asked.clone() });
                self.owed(ticket, self.link.pause(RtCommand::Pause { ticket }))
            }
            EngineCommand::TransportStop(stop) => self.stop(asked, stop.position_frames),
            EngineCommand::TransportSeek(seek) => self.locate(asked, seek.position_frames, Where::Now, None),
            EngineCommand::TransportSetLoopRegion(region) => self.set_loop(asked, region),
            EngineCommand::GraphApplySnapshot(snapshot) => {
                let next = Session::from_snapshot(&snapshot)?;
                self.take_graph(asked, next)
            }
            EngineCommand::GraphApplyDelta(delta) => {
                let next = self.parameters.session().with_delta(&delta)?;
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
                let is_open =
                    self.telemetry.as_ref().is_some_and(|telemetry| telemetry.open(open.stream, open.rate_hz));
                if is_open {
                    Ok(Some(done()))
                } else {
                    Err(ErrorBody::new("metering.tooMany", "too many metering streams are open; close one"))
                }
            }
            EngineCommand::MeteringClose(close) => {
                self.telemetry.iter().for_each(|telemetry| telemetry.close(close.stream));
                Ok(Some(done()))
            }
            EngineCommand::MediaOpen(open) => {
                self.open_media(asked, open);
                Ok(None)
            }
            EngineCommand::MediaClose(close) => {
                self.files.remove(&close.media_id);
                self.media.close(close.media_id);
                Ok(Some(done()))
            }
            EngineCommand::MediaPeaks(peaks) => self.peaks_again(asked, peaks.media_id),
            EngineCommand::MediaPrefetch(prefetch) => {
                self.media.prefetch(prefetch.position_frames);
                Ok(Some(done()))
            }
            EngineCommand::DiagnosticsSubscribe(subscribe) => {
                self.telemetry.iter().for_each(|telemetry| telemetry.subscribe(subscribe.rate_hz));
                Ok(Some(self.performance()))
            }
            EngineCommand::DiagnosticsSnapshot(_) => Ok(Some(self.performance())),
        }
    }

    fn shared(&self) -> MutexGuard<'_, SharedState> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn configure(&mut self, asked: &Asked, configure: engine::Configure) -> Result<Option<EngineEvent>, ErrorBody> {
        let rate = configure.preferred_sample_rate.clamp(8_000, 384_000);
        self.media.set_cache_folder(configure.cache_folder.map(PathBuf::from));
        let is_new = std::mem::replace(&mut self.preferred_rate, rate) != rate;
        let wanted = self.shared().wanted.clone();
        if is_new && wanted.sample_rate.is_none() {
            self.reconfigure(asked, wanted)
        } else {
            Ok(Some(self.engine_state()))
        }
    }

    fn engine_state(&self) -> EngineEvent {
        EngineEvent::EngineState(self.shared.engine_state())
    }

    fn audio(&self) -> MutexGuard<'_, Option<AudioOutput>> {
        lock(&self.audio)
    }

    /// The device may have another rate by now: everything that counts frames starts anew.
    fn follow_rate(&mut self) {
        let Some(rate) = self.shared().new_rate.take() else { return };
        if rate != self.rate {
            self.rate = rate;
            self.media.set_rate(rate);
        }
    }

    fn barrier(&self, asked: &Asked) -> Result<Option<EngineEvent>, ErrorBody> {
        if self.audio().is_none() {
            return Err(not_running());
        }
        let ticket = self.pending.owe(Owed::Sync { asked: asked.clone() });
        self.owed(ticket, self.link.push_behind_locates(RtCommand::Barrier(Barrier(ticket))))
    }

    /// A command went to the audio thread, which answers; or it did not.
    fn owed(&self, ticket: u64, outcome: Result<(), Overloaded>) -> Result<Option<EngineEvent>, ErrorBody> {
        outcome.map(|()| None).map_err(|_full: Overloaded| {
            self.pending.forget(ticket);
            overloaded()
        })
    }

    fn locate(
        &self,
        asked: &Asked,
        position: i64,
        at: Where,
        start_at_nanos: Option<u64>,
    ) -> Result<Option<EngineEvent>, ErrorBody> {
        let ticket = self.pending.owe(Owed::Transport { asked: asked.clone() });
        self.link.begin_locate(ticket, start_at_nanos);
        self.media.locate(ticket, position, self.pending.loop_region(), at);
        Ok(None)
    }

    fn stop(&self, asked: &Asked, position: i64) -> Result<Option<EngineEvent>, ErrorBody> {
        self.link.pause(RtCommand::Pause { ticket: 0 }).map_err(|_full: Overloaded| overloaded())?;
        self.locate(asked, position, Where::Now, None)
    }

    fn play(&self, asked: &Asked, play: transport::Play) -> Result<Option<EngineEvent>, ErrorBody> {
        if self.audio().is_none() {
            return Err(not_running());
        }
        if let Some(anchor) = play.anchor {
            return self.play_from(asked, anchor);
        }
        let ticket = self.pending.owe(Owed::Transport { asked: asked.clone() });
        self.owed(ticket, self.link.push_behind_locates(RtCommand::Play { ticket }))
    }

    /// Lanes are filled for where the music will be in a moment; the audio thread begins them at that moment, or
    /// further on if it has passed.
    fn play_from(&self, asked: &Asked, anchor: transport::Anchor) -> Result<Option<EngineEvent>, ErrorBody> {
        let loop_region = self.pending.loop_region();
        let start_at_nanos = unix_nanos().max(anchor.at_nanos).saturating_add(ANCHOR_LEAD.as_nanos() as u64);
        let passed = u128::from(start_at_nanos - anchor.at_nanos) * u128::from(self.rate) / 1_000_000_000;
        let map = RollMap { start_roll: 0, start_position: anchor.position_frames, loop_region };
        let position = map.position_at(u64::try_from(passed).unwrap_or(u64::MAX));
        self.locate(asked, position, Where::Now, Some(start_at_nanos))
    }

    fn set_loop(&self, asked: &Asked, region: transport::LoopRegion) -> Result<Option<EngineEvent>, ErrorBody> {
        if region.enabled && region.end_frames.saturating_sub(region.start_frames) < SHORTEST_LOOP_FRAMES {
            let message = format!(
                "a loop from {} to {} is too short; it lasts at least {SHORTEST_LOOP_FRAMES} frames",
                region.start_frames, region.end_frames
            );
            return Err(ErrorBody::new("transport.loop", message));
        }
        self.pending.set_loop(region);
        self.locate(asked, 0, Where::KeepRolling, None)
    }

    fn take_graph(&mut self, asked: &Asked, next: Session) -> Result<Option<EngineEvent>, ErrorBody> {
        let began = Instant::now();
        if !self.flush() {
            return Err(overloaded());
        }
        let (channels, nodes) = (next.channels().len() as u32, next.nodes().len() as u32);
        let compile_micros = || u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX);
        let owed = |compile_micros| Owed::Graph { asked: asked.clone(), channels, nodes, compile_micros };
        let lanes = next.lanes();
        if self.parameters.session().compiles_like(&next) {
            // Only what lanes play has changed; still it must be right.
            graph::verify::verify(&next)?;
            let ticket = self.pending.owe(owed(compile_micros()));
            let version = next.version();
            self.parameters.replace_session(next);
            self.media.set_lanes(lanes);
            return self.owed(ticket, self.link.push(RtCommand::GraphVersion { version, ticket }));
        }
        let (mut graph, layout) = self.parameters.compile(next, self.rate, 0)?;
        let ticket = self.pending.owe(owed(compile_micros()));
        graph.ticket = ticket;
        // First the places for the lanes, then the lanes.
        let outcome = self.owed(ticket, self.link.push(RtCommand::SwapGraph(graph)))?;
        self.parameters.take(layout);
        self.media.set_lanes(lanes);
        Ok(outcome)
    }

    fn set_parameters(&mut self, set: &parameter::Set) -> Result<Option<EngineEvent>, ErrorBody> {
        let mut places = Vec::with_capacity(set.values.len());
        for value in &set.values {
            let place = self.parameters.find(value.parameter_id).ok_or_else(|| {
                let message =
                    format!("parameter {} does not exist; nothing of this message was set", value.parameter_id);
                ErrorBody::new("parameter.unknown", message)
            })?;
            places.push((place, value.value.0));
        }
        for (place, value) in places {
            self.parameters.set(place, value);
        }
        Ok(Some(done()))
    }

    /// Values found no room for a second.
    pub(crate) fn tell_overloaded(&self) {
        self.outgoing.error(None, overloaded());
    }

    /// Hands values that have changed to the audio thread; waits a second for room. What found none stays newest.
    pub(crate) fn flush(&mut self) -> bool {
        let Self { parameters, link, .. } = self;
        let deadline = Instant::now() + RING_PATIENCE;
        while !parameters.flush(|command| link.try_push(command)) {
            if Instant::now() > deadline {
                return false;
            }
            // The audio thread empties it at the top of its next block.
            link.turn_if_parked();
            std::thread::sleep(Duration::from_micros(200));
        }
        true
    }

    /// A plane frame: only gestures and what devices are told come this way. What is wrong is told once per frame and costs nothing else.
    pub(crate) fn plane(&mut self, bytes: &[u8]) {
        match Plane::parse(bytes) {
            Ok(Plane::Gesture(header, values)) => {
                let Some(targets) = self.gestures.get(&header.stream) else {
                    self.outgoing.error(None, unknown_stream(header.stream));
                    return;
                };
                let parameters = &mut self.parameters;
                for value in values.iter().filter(|value| targets.is_empty() || targets.contains(&value.target)) {
                    if let Some(place) = parameters.find(value.target) {
                        parameters.set(place, f64::from(value.value));
                    }
                }
            }
            Ok(Plane::DeviceOutput(_, records)) => self.device_output(records),
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
        self.files.insert(open.media_id, open.clone());
        self.opening.lock().unwrap_or_else(PoisonError::into_inner).insert(token, asked.clone());
        self.media.open(open, token);
    }

    /// Peaks are made when their file is missing: it is taken away, and the media opened again.
    fn peaks_again(&mut self, asked: &Asked, media_id: u32) -> Result<Option<EngineEvent>, ErrorBody> {
        let Some(open) = self.files.get(&media_id).cloned() else {
            return Err(ErrorBody::new(
                "media.unknown",
                format!("media {media_id} is not open; send media.open first"),
            ));
        };
        if let Some(path) = &open.peaks_path
            && let Err(error) = std::fs::remove_file(path)
            && error.kind() != std::io::ErrorKind::NotFound
        {
            return Err(ErrorBody::new(
                "media.peaks",
                format!("the old peaks at “{path}” cannot be taken away ({error})"),
            ));
        }
        self.open_media(asked, open);
        Ok(None)
    }

    fn performance(&self) -> EngineEvent {
        let performance = self.telemetry.as_ref().map(|telemetry| telemetry.performance());
        EngineEvent::DiagnosticsPerformance(performance.unwrap_or_default())
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        if let Some(telemetry) = &self.telemetry {
            telemetry.end();
        }
        // The device first: it is what a person hears.
        drop(self.audio().take());
    }
}

fn start_media(
    clock: &Arc<RollClock>,
    link: &Arc<AudioLink>,
    pending: &Arc<Pending>,
    opening: &Arc<Mutex<BTreeMap<u64, Asked>>>,
    outgoing: &Outgoing,
) -> MediaPool {
    let (link, pending, of_bundles) = (Arc::clone(link), Arc::clone(pending), outgoing.clone());
    let on_bundle = Box::new(move |bundle| {
        for refused in link.deliver(bundle) {
            if let Some(owed) = pending.forget(refused.ticket) {
                of_bundles.error(owed.asked(), overloaded());
            }
        }
    });
    let (opening, of_events) = (Arc::clone(opening), outgoing.clone());
    let on_event = Box::new(move |event| media_event(event, &opening, &of_events));
    MediaPool::start(DEFAULT_RATE, Arc::clone(clock), on_bundle, on_event)
}

/// Everything that others than the audio thread count.
fn counting(clock: &Arc<RollClock>, media: &Arc<MediaPool>, audio: &Arc<Mutex<Option<AudioOutput>>>) -> Counting {
    let (clock, media, audio) = (Arc::clone(clock), Arc::clone(media), Arc::clone(audio));
    Box::new(move |performance| {
        let AudioStatus { watchdog_trips, xruns, skipped_blocks, .. } =
            lock(&audio).as_ref().map(AudioOutput::status).unwrap_or_default();
        let count = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
        let media = media.statistics();
        performance.xruns = performance.xruns.saturating_add(count(xruns));
        performance.late_blocks = count(skipped_blocks);
        performance.watchdog_trips = count(watchdog_trips);
        performance.starved_frames = clock.starved();
        performance.streams = media.streams;
        performance.media_bytes = media.media_bytes;
    })
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn media_event(event: MediaEvent, opening: &Mutex<BTreeMap<u64, Asked>>, outgoing: &Outgoing) {
    let asked = |token: Option<u64>| {
        token.and_then(|token| opening.lock().unwrap_or_else(PoisonError::into_inner).remove(&token))
    };
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

fn done() -> EngineEvent {
    EngineEvent::EngineDone(engine::Done {})
}

fn overloaded() -> ErrorBody {
    ErrorBody::new(
        "engine.overloaded",
        "the audio thread did not take commands for a second; it hangs or was not started",
    )
}

fn not_running() -> ErrorBody {
    ErrorBody::new("engine.notRunning", "the audio thread does not run; send engine.start first")
}

fn unknown_stream(stream: u32) -> ErrorBody {
    ErrorBody::new("gesture.unknownStream", format!("gesture stream {stream} is not open; send gesture.open first"))
}
