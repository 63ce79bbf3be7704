//! A Pulse that stands still: does the simplest intents at once, keeps what it was asked, refuses what it is told to.

use loophole_pulse::event::{ModelEvent, Payload, Rejection, Reply, Ticket};
use loophole_pulse::intent::{Intent, Origin};
use loophole_pulse::model::*;
use loophole_pulse::port::{EnginePort, PulsePort, SendError};
use loophole_pulse::telemetry::{ChannelMeter, TelemetryView};
use loophole_pulse::view::*;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

/// What the port and the test share.
pub(crate) struct Inside {
    pub(crate) view: SessionView,
    pub(crate) telemetry: TelemetryView,
    pub(crate) asked: Vec<Intent>,
    pub(crate) events: Vec<ModelEvent>,
    /// Refuses intents of this name, with this reason.
    pub(crate) refuse: Option<(&'static str, &'static str)>,
    tickets: u64,
}

/// The test's end.
#[derive(Clone)]
pub(crate) struct Fake(Arc<Mutex<Inside>>);

/// The window's end.
pub(crate) struct Port {
    fake: Fake,
    view: Arc<SessionView>,
    telemetry: TelemetryView,
}

impl Fake {
    pub(crate) fn new(view: SessionView) -> Self {
        let telemetry = TelemetryView::default();
        Self(Arc::new(Mutex::new(Inside {
            view,
            telemetry,
            asked: Vec::new(),
            events: Vec::new(),
            refuse: None,
            tickets: 0,
        })))
    }

    pub(crate) fn port(&self) -> Box<Port> {
        let view = Arc::new(self.inside().view.clone());
        Box::new(Port { fake: self.clone(), view, telemetry: TelemetryView::default() })
    }

    pub(crate) fn inside(&self) -> MutexGuard<'_, Inside> {
        self.0.lock().expect("no test panics with the fake in its hands")
    }

    pub(crate) fn change(&self, change: impl FnOnce(&mut SessionView)) {
        let mut inside = self.inside();
        change(&mut inside.view);
        inside.view.revision += 1;
    }

    /// `domain.name {payload}` of what was asked since the last call, one a line; selections left out.
    pub(crate) fn asked(&self) -> String {
        let asked = std::mem::take(&mut self.inside().asked);
        let lines = asked.iter().filter(|intent| !matches!(intent, Intent::UiSetContext(_))).map(|intent| {
            let spec = intent.spec();
            format!("{}.{} {}", spec.domain, spec.name, intent.payload())
        });
        lines.collect::<Vec<_>>().join("\n")
    }
}

impl EnginePort for Port {
    type Command = Intent;
    type Event = ModelEvent;
    type Telemetry = TelemetryView;

    fn send(&mut self, intent: Intent) -> Result<Ticket, SendError> {
        let mut inside = self.fake.inside();
        inside.tickets += 1;
        let ticket = Ticket(inside.tickets);
        let spec = intent.spec();
        let outcome = match inside.refuse.filter(|(name, _)| *name == spec.name) {
            Some((_, reason)) => Err(Rejection::new(format!("{}.refused", spec.domain), reason)),
            None => {
                apply(&mut inside.view, &intent);
                inside.view.revision += 1;
                let payload = Payload::of(&serde_json::json!({ "answer": spec.name }));
                Ok(Reply { revision: inside.view.revision, payload })
            }
        };
        inside.asked.push(intent);
        inside.events.push(ModelEvent::Answered { ticket, domain: spec.domain, name: spec.name, outcome });
        Ok(ticket)
    }

    fn drain(&mut self, events: &mut Vec<ModelEvent>) {
        events.append(&mut self.fake.inside().events);
    }

    fn telemetry(&mut self) -> &TelemetryView {
        self.telemetry = self.fake.inside().telemetry.clone();
        &self.telemetry
    }
}

impl PulsePort for Port {
    fn view(&mut self) -> Arc<SessionView> {
        let inside = self.fake.inside();
        if inside.view.revision != self.view.revision {
            self.view = Arc::new(inside.view.clone());
        }
        Arc::clone(&self.view)
    }
}

fn apply(view: &mut SessionView, intent: &Intent) {
    let model = Arc::make_mut(&mut view.model);
    match intent {
        Intent::TransportPlay(_) => {
            view.transport.asked_playing = true;
            view.transport.confirmed_playing = Some(true);
        }
        Intent::TransportPause(_) | Intent::TransportStop(_) => {
            view.transport.asked_playing = false;
            view.transport.confirmed_playing = Some(false);
        }
        Intent::TransportSetLoopEnabled(ask) => model.loop_region.enabled = ask.enabled,
        Intent::ChannelSetFlags(ask) => {
            if let Some(channel) = Arc::make_mut(&mut model.channels).get_mut(&ask.channel_id) {
                let channel = Arc::make_mut(channel);
                channel.mute = ask.mute.unwrap_or(channel.mute);
                channel.solo = ask.solo.unwrap_or(channel.solo);
            }
        }
        Intent::ChannelSetGain(ask) => set(model, ask.channel_id, NodeKind::Fader, ask.gain_db.0),
        Intent::ChannelSetPan(ask) => set(model, ask.channel_id, NodeKind::Pan, ask.pan),
        Intent::ParameterUpdateGesture(ask) => {
            let held = GestureView { value: ask.value.0, origin: Origin::Aura };
            Arc::make_mut(&mut view.gestures).insert(ask.parameter_id, held);
        }
        Intent::ParameterEndGesture(ask) => {
            if let Some(held) = Arc::make_mut(&mut view.gestures).remove(&ask.parameter_id)
                && !ask.cancel
                && let Some(parameter) = Arc::make_mut(&mut model.parameters).get_mut(&ask.parameter_id)
            {
                Arc::make_mut(parameter).value = held.value;
            }
        }
        _ => {}
    }
}

fn set(model: &mut Model, channel: ChannelId, kind: NodeKind, value: f64) {
    let Some(channel) = model.channels.get(&channel) else { return };
    let found = channel.nodes.iter().filter_map(|node| model.nodes.get(node)).find(|node| node.kind == kind);
    if let Some(id) = found.and_then(|node| node.parameters.first().copied())
        && let Some(parameter) = Arc::make_mut(&mut model.parameters).get_mut(&id)
    {
        Arc::make_mut(parameter).value = value;
    }
}

/// Grows a project by hand.
#[derive(Default)]
pub(crate) struct Builder {
    model: Model,
    clips: BTreeMap<TrackId, Vec<Arc<Clip>>>,
    meters: Vec<ChannelMeter>,
}

impl Builder {
    /// A master alone, 120 bpm, 4/4.
    pub(crate) fn new(name: &str) -> Self {
        let model = Model {
            name: name.to_owned(),
            sample_rate: 48_000,
            tempo: Arc::new(vec![TempoMarker { id: MarkerId(9001), ticks: 0, bpm: 120.0 }]),
            signatures: Arc::new(vec![SignatureMarker { id: MarkerId(9002), ticks: 0, numerator: 4, denominator: 4 }]),
            ..Model::default()
        };
        let mut builder = Self { model, ..Self::default() };
        builder.channel("Master", ChannelRole::Master, [150, 156, 168], None);
        builder
    }

    pub(crate) fn bus(&mut self, name: &str, colour: [u8; 3]) -> ChannelId {
        let id = self.channel(name, ChannelRole::Bus, colour, Some(ChannelId(1)));
        Arc::make_mut(&mut self.model.bus_order).push(id);
        id
    }

    pub(crate) fn track(&mut self, name: &str, colour: [u8; 3], output: Option<ChannelId>) -> (TrackId, ChannelId) {
        let channel = self.channel(name, ChannelRole::Track, colour, Some(output.unwrap_or(ChannelId(1))));
        let (id, lane) = (TrackId(self.next()), LaneId(self.next()));
        let track = Track { id, name: name.to_owned(), colour: Colour(colour), channel, lanes: vec![lane] };
        Arc::make_mut(&mut self.model.tracks).insert(id, Arc::new(track));
        Arc::make_mut(&mut self.model.track_order).push(id);
        (id, channel)
    }

    /// A clip of some media, in quarter notes.
    pub(crate) fn clip(&mut self, track: TrackId, name: &str, start_quarters: i64, length_quarters: i64) {
        let (id, media) = (ClipId(self.next()), MediaId(self.next()));
        let lane = self.model.tracks.get(&track).and_then(|track| track.lanes.first().copied()).expect("has a lane");
        let file = Media {
            id: media,
            path: format!("media/{name}.wav"),
            name: name.to_owned(),
            frames: 96_000,
            sample_rate: 48_000,
            channels: 2,
        };
        Arc::make_mut(&mut self.model.media).insert(media, Arc::new(file));
        let clip = Arc::new(Clip {
            id,
            track,
            lane,
            name: name.to_owned(),
            media,
            start_ticks: start_quarters * TICKS_PER_QUARTER,
            length_ticks: length_quarters * TICKS_PER_QUARTER,
            offset_frames: 0,
            looped: true,
            gain_db: 0.0,
        });
        Arc::make_mut(&mut self.model.clips).insert(id, Arc::clone(&clip));
        self.clips.entry(track).or_default().push(clip);
    }

    pub(crate) fn send(&mut self, from: ChannelId, to: ChannelId, level_db: f64) {
        let node = self.node(from, NodeKind::Send, "Send", ParameterRole::GainDb, (f64::NEG_INFINITY, 12.0, level_db));
        Arc::make_mut(Arc::make_mut(&mut self.model.nodes).get_mut(&node).expect("just made")).target = Some(to);
    }

    /// Something sounds there.
    pub(crate) fn meter(&mut self, channel: ChannelId, peak_db: f32) {
        let meter = ChannelMeter {
            channel,
            peak_db: [peak_db, peak_db - 1.5],
            hold_db: [peak_db + 3.0, peak_db + 2.0],
            rms_db: [peak_db - 9.0, peak_db - 10.0],
            clipped: peak_db > -3.0,
        };
        self.meters.push(meter);
    }

    pub(crate) fn build(mut self) -> (SessionView, Vec<ChannelMeter>) {
        self.meters.sort_by_key(|meter| meter.channel);
        let peaks = Arc::new(peaks());
        let media = self
            .model
            .media
            .keys()
            .map(|id| (*id, MediaView { status: MediaStatus::Ready, peaks: Some(Arc::clone(&peaks)) }));
        let media = media.collect::<BTreeMap<_, _>>();
        let device = Device {
            host: "jack".into(),
            name: "system".into(),
            sample_rate: 48_000,
            buffer_frames: 128,
            output_channels: 2,
            silent: false,
        };
        let view = SessionView {
            revision: 1,
            project: ProjectView { id: "test".into(), name: self.model.name.clone(), path: None, dirty: false },
            model: Arc::new(self.model),
            clips_by_track: Arc::new(self.clips.into_iter().map(|(track, clips)| (track, Arc::new(clips))).collect()),
            transport: TransportView { confirmed_playing: Some(false), ..TransportView::default() },
            engine: EngineView { state: EngineState::Running, device: Some(device), ..EngineView::default() },
            history: HistoryView::default(),
            media: Arc::new(media),
            gestures: Arc::default(),
            devices: Arc::default(),
            osc: OscView {
                enabled: true,
                address: "127.0.0.1".into(),
                port: 9000,
                listening: Some("127.0.0.1:9000".into()),
                error: None,
            },
            surfaces: surfaces::SurfacesView::default(),
            clients: Arc::default(),
            notices: Arc::default(),
            tasks: Arc::default(),
        };
        (view, self.meters)
    }

    fn next(&mut self) -> u32 {
        self.model.next_id += 1;
        self.model.next_id
    }

    fn channel(&mut self, name: &str, role: ChannelRole, colour: [u8; 3], output: Option<ChannelId>) -> ChannelId {
        let id = ChannelId(self.next());
        let channel = Channel {
            id,
            role,
            name: name.to_owned(),
            colour: Colour(colour),
            output,
            nodes: Vec::new(),
            mute: false,
            solo: false,
            arm: false,
            monitor: false,
        };
        Arc::make_mut(&mut self.model.channels).insert(id, Arc::new(channel));
        self.node(id, NodeKind::Pan, "Pan", ParameterRole::Pan, (-1.0, 1.0, 0.0));
        self.node(id, NodeKind::Fader, "Fader", ParameterRole::GainDb, (f64::NEG_INFINITY, 12.0, 0.0));
        id
    }

    fn node(
        &mut self,
        channel: ChannelId,
        kind: NodeKind,
        name: &str,
        role: ParameterRole,
        (min, max, value): (f64, f64, f64),
    ) -> NodeId {
        let (id, parameter) = (NodeId(self.next()), ParameterId(self.next()));
        let name = name.to_owned();
        let unit = if role == ParameterRole::GainDb { "dB" } else { "" };
        let number =
            Parameter { id: parameter, node: id, role, name: name.clone(), unit, min, max, default: 0.0, value };
        Arc::make_mut(&mut self.model.parameters).insert(parameter, Arc::new(number));
        let node =
            Node { id, channel, kind, name, bypass: false, parameters: vec![parameter], target: None, muted: false };
        Arc::make_mut(&mut self.model.nodes).insert(id, Arc::new(node));
        let strip = Arc::make_mut(&mut self.model.channels).get_mut(&channel).expect("exists");
        Arc::make_mut(strip).nodes.push(id);
        id
    }
}

fn peaks() -> PeaksFile {
    let frames = 96_000;
    let entry = |at: u64| {
        let level = ((1.0 - (at % 375) as f64 / 375.0).powi(3) * 28_000.0) as i16;
        PeakEntry { min: -level, max: level, rms: (level / 2) as u16 }
    };
    let channel = || (0..frames / 64).map(entry).collect();
    PeaksFile::from_finest(frames, 48_000, PeaksLevel { frames_per_entry: 64, channels: vec![channel(), channel()] })
}

/// Twelve tracks, three buses, sends, and something that sounds.
pub(crate) fn song() -> (SessionView, Vec<ChannelMeter>) {
    let mut builder = Builder::new("Glass Garden");
    let drums = builder.bus("Drums", [224, 90, 79]);
    let reverb = builder.bus("Reverb", [98, 156, 220]);
    let echo = builder.bus("Echo", [134, 136, 222]);
    let names = [
        "Kick",
        "Snare",
        "Hats",
        "Tom fill",
        "Bass",
        "Guitar fifths",
        "Guitar Em9",
        "Pad",
        "Choir",
        "Bells",
        "Glass",
        "Vinyl",
    ];
    for (index, name) in names.iter().enumerate() {
        let hue = (index * 53 % 160) as u8;
        let colour = [220 - hue, 90 + hue, 110 + (index * 29 % 120) as u8];
        let (track, channel) = builder.track(name, colour, (index < 4).then_some(drums));
        for clip in 0..3 {
            builder.clip(track, name, (clip * 24 + index * 2) as i64, 16);
        }
        builder.meter(channel, -6.0 - index as f32 * 3.0);
        if index > 3 {
            builder.send(channel, reverb, -12.0);
        }
        if index > 8 {
            builder.send(channel, echo, f64::NEG_INFINITY);
        }
    }
    builder.meter(ChannelId(1), -2.0);
    builder.meter(drums, -8.0);
    builder.build()
}
