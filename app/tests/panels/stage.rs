//! A window with one panel, and a Pulse that answers nothing and keeps what it was asked.

use eframe::egui::{Ui, Vec2};
use egui_kittest::Harness;
use loophole::action::{Action, Actions, Command};
use loophole::state::{Session, do_session_part};
use loophole::theme::{self, ThemeChoice};
use loophole_pulse::event::{ModelEvent, Ticket};
use loophole_pulse::intent::Intent;
use loophole_pulse::model::*;
use loophole_pulse::port::{EnginePort, PulsePort, SendError};
use loophole_pulse::telemetry::TelemetryView;
use loophole_pulse::trace::Tap;
use loophole_pulse::view::*;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

pub(crate) const QUARTER: i64 = TICKS_PER_QUARTER;
pub(crate) const BAR: i64 = QUARTER * 4;

/// What the port and the test share.
#[derive(Clone)]
pub(crate) struct Pulse {
    pub(crate) view: Arc<Mutex<SessionView>>,
    pub(crate) telemetry: Arc<Mutex<TelemetryView>>,
    pub(crate) asked: Arc<Mutex<Vec<Intent>>>,
    pub(crate) events: Arc<Mutex<Vec<ModelEvent>>>,
}

impl Pulse {
    pub(crate) fn of(view: SessionView) -> Self {
        Self {
            view: Arc::new(Mutex::new(view)),
            telemetry: Arc::default(),
            asked: Arc::default(),
            events: Arc::default(),
        }
    }

    pub(crate) fn change(&self, change: impl FnOnce(&mut SessionView)) {
        let mut view = self.view.lock().unwrap();
        change(&mut view);
        view.revision += 1;
    }

    /// What was asked since the last call; what the window tells of its selection is not of interest.
    pub(crate) fn take_asked(&self) -> Vec<Intent> {
        let asked = std::mem::take(&mut *self.asked.lock().unwrap());
        asked.into_iter().filter(|intent| !matches!(intent, Intent::UiSetContext(_))).collect()
    }

    /// As `domain.name {payload}`, one line each.
    pub(crate) fn take_asked_text(&self) -> String {
        let line = |intent: &Intent| {
            let spec = intent.spec();
            format!("{}.{} {}", spec.domain, spec.name, intent.payload())
        };
        self.take_asked().iter().map(line).collect::<Vec<_>>().join("\n")
    }
}

struct Port {
    pulse: Pulse,
    view: Arc<SessionView>,
    telemetry: TelemetryView,
    tickets: u64,
}

impl EnginePort for Port {
    type Command = Intent;
    type Event = ModelEvent;
    type Telemetry = TelemetryView;

    fn send(&mut self, command: Intent) -> Result<Ticket, SendError> {
        self.pulse.asked.lock().unwrap().push(command);
        self.tickets += 1;
        Ok(Ticket(self.tickets))
    }

    fn drain(&mut self, events: &mut Vec<ModelEvent>) {
        events.append(&mut self.pulse.events.lock().unwrap());
    }

    fn telemetry(&mut self) -> &TelemetryView {
        self.telemetry = self.pulse.telemetry.lock().unwrap().clone();
        &self.telemetry
    }
}

impl PulsePort for Port {
    fn view(&mut self) -> Arc<SessionView> {
        let newest = self.pulse.view.lock().unwrap();
        if newest.revision != self.view.revision {
            self.view = Arc::new(newest.clone());
        }
        Arc::clone(&self.view)
    }
}

/// A panel's state and what surrounds it.
pub(crate) struct Stage<S> {
    pub(crate) session: Session,
    pub(crate) pulse: Pulse,
    pub(crate) tap: Arc<Tap>,
    pub(crate) state: S,
    pub(crate) commands: Vec<Command>,
}

pub(crate) type Panel<S> = fn(&mut Ui, &Session, &mut S, &mut Actions);

impl<S: Default> Stage<S> {
    pub(crate) fn new(view: SessionView) -> Self {
        let pulse = Pulse::of(view);
        let view = Arc::new(pulse.view.lock().unwrap().clone());
        let port = Port { pulse: pulse.clone(), view, telemetry: TelemetryView::default(), tickets: 0 };
        let tap = Arc::new(Tap::default());
        let session = Session::new(Box::new(port), Arc::clone(&tap));
        Self { session, pulse, tap, state: S::default(), commands: Vec::new() }
    }

    /// One frame.
    pub(crate) fn ui(&mut self, ui: &mut Ui, panel: Panel<S>) {
        self.session.drain();
        let mut actions = Actions::default();
        panel(ui, &self.session, &mut self.state, &mut actions);
        for action in actions.drain() {
            if let Some(Action::Command(command)) = do_session_part(&mut self.session, action) {
                self.commands.push(command);
            }
        }
    }
}

/// A window of 1,000 × 600 points with the panel in all of it.
pub(crate) fn open<S: Default + 'static>(view: SessionView, panel: Panel<S>) -> Harness<'static, Stage<S>> {
    let stage = Stage::<S>::new(view);
    let mut harness = Harness::builder()
        .with_size(Vec2::new(1_000.0, 600.0))
        .with_context_setup(|ctx| {
            theme::install(ctx);
            theme::apply(ctx, ThemeChoice::Dark);
        })
        .build_ui_state(move |ui, stage: &mut Stage<S>| stage.ui(ui, panel), stage);
    harness.run_ok();
    harness
}

/// An empty project at 120 bpm in 4/4.
pub(crate) fn empty() -> SessionView {
    let model = Model {
        name: "Test".into(),
        sample_rate: 48_000,
        next_id: 1,
        tempo: Arc::new(vec![TempoMarker { id: MarkerId(1), ticks: 0, bpm: 120.0 }]),
        signatures: Arc::new(vec![SignatureMarker { id: MarkerId(2), ticks: 0, numerator: 4, denominator: 4 }]),
        ..Model::default()
    };
    SessionView {
        revision: 1,
        model: Arc::new(model),
        clips_by_track: Arc::default(),
        project: ProjectView { id: "test".into(), name: "Test".into(), ..ProjectView::default() },
        transport: TransportView::default(),
        engine: EngineView { state: EngineState::Running, ..EngineView::default() },
        history: HistoryView::default(),
        media: Arc::default(),
        gestures: Arc::default(),
        devices: Arc::default(),
        surfaces: Default::default(),
        osc: OscView { enabled: true, address: "127.0.0.1".into(), port: 9000, ..OscView::default() },
        clients: Arc::default(),
        notices: Arc::default(),
        tasks: Arc::default(),
    }
}

/// `tracks` tracks with `clips` clips each, two bars long and two bars apart, all of one file of two bars.
pub(crate) fn song(tracks: u32, clips: u32) -> SessionView {
    let mut view = empty();
    let model = Arc::make_mut(&mut view.model);
    let frames = 4 * 48_000;
    let media = Media {
        id: MediaId(1),
        path: "media/beat.wav".into(),
        name: "beat".into(),
        frames,
        sample_rate: 48_000,
        channels: 2,
    };
    model.media = Arc::new(BTreeMap::from([(MediaId(1), Arc::new(media))]));
    let mut by_track = BTreeMap::new();
    for number in 1..=tracks {
        let (track, channel) = (TrackId(number), ChannelId(number));
        let colour = Colour([60 + (number * 37 % 180) as u8, 60 + (number * 91 % 180) as u8, 140]);
        add_track(model, number, colour);
        let list: Vec<Arc<Clip>> = (0..clips).map(|at| Arc::new(clip(number * 1_000 + at, track, at))).collect();
        Arc::make_mut(&mut model.clips).extend(list.iter().map(|clip| (clip.id, Arc::clone(clip))));
        by_track.insert(track, Arc::new(list));
        assert!(model.channels.contains_key(&channel));
    }
    view.clips_by_track = Arc::new(by_track);
    let ready = MediaView { status: MediaStatus::Ready, peaks: Some(Arc::new(peaks(frames))) };
    view.media = Arc::new(BTreeMap::from([(MediaId(1), ready)]));
    view
}

fn add_track(model: &mut Model, number: u32, colour: Colour) {
    let (id, channel, name) = (TrackId(number), ChannelId(number), format!("Track {number}"));
    Arc::make_mut(&mut model.track_order).push(id);
    let track = Track { id, name: name.clone(), colour, channel, lanes: vec![LaneId(number)] };
    Arc::make_mut(&mut model.tracks).insert(id, Arc::new(track));
    let channel = Channel {
        id: channel,
        role: ChannelRole::Track,
        name,
        colour,
        output: None,
        nodes: Vec::new(),
        mute: false,
        solo: false,
        arm: false,
        monitor: false,
    };
    Arc::make_mut(&mut model.channels).insert(channel.id, Arc::new(channel));
}

fn clip(id: u32, track: TrackId, at: u32) -> Clip {
    Clip {
        id: ClipId(id),
        track,
        lane: LaneId(track.0),
        name: format!("Beat {id}"),
        media: MediaId(1),
        start_ticks: i64::from(at) * 4 * BAR,
        length_ticks: 2 * BAR,
        offset_frames: 0,
        looped: false,
        gain_db: 0.0,
    }
}

/// Beats that fade away.
fn peaks(frames: u64) -> PeaksFile {
    let entry = |at: u64| {
        let since = (at % 375) as f64 / 375.0;
        let level = ((1.0 - since).powi(3) * 28_000.0) as i16;
        let wobble = (at * 7_919 % 13) as i16 * 200;
        PeakEntry { min: -level + wobble.min(level), max: level, rms: (level / 2) as u16 }
    };
    let channel = |shift: u64| (0..frames.div_ceil(64)).map(move |at| entry(at + shift)).collect();
    PeaksFile::from_finest(frames, 48_000, PeaksLevel { frames_per_entry: 64, channels: vec![channel(0), channel(60)] })
}
