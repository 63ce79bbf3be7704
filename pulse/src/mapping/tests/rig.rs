//! A project, a surface, and a core that does what is asked at once.

use crate::intent::{Intent, Origin};
use crate::mapping::{Act, Engine, Local, MappingScope, ScopedMapping, Why, World};
use crate::model::*;
use crate::view::GestureView;
use loophole_surfaces::element::{Element, ElementKind, FeedbackKind, Interaction};
use loophole_surfaces::mapping::{Context, Glue, Mapping, Target, When};
use loophole_surfaces::output::{Levels, Output, RingMode, Shown};
use loophole_surfaces::source::{InputValue, Source};
use std::collections::BTreeMap;
use std::sync::Arc;

pub(super) const DEVICE: u32 = 7;
pub(super) const MILLI: u64 = 1_000_000;

pub(super) struct Rig {
    pub(super) engine: Engine,
    pub(super) model: Model,
    pub(super) held: BTreeMap<ParameterId, GestureView>,
    pub(super) playing: bool,
    pub(super) play_waits: bool,
    pub(super) position_ticks: i64,
    pub(super) selected: Option<TrackId>,
    pub(super) context: Option<Context>,
    pub(super) now: u64,
    /// What the device shows.
    pub(super) shown: BTreeMap<(u16, FeedbackKind), Shown>,
    /// Undo entries that were made.
    pub(super) entries: u32,
}

impl Rig {
    pub(super) fn new(tracks: usize, elements: Vec<Element>, mappings: Vec<ScopedMapping>) -> Self {
        let mut rig = Self {
            engine: Engine::default(),
            model: project(tracks),
            held: BTreeMap::new(),
            playing: false,
            play_waits: false,
            position_ticks: 0,
            selected: None,
            context: None,
            now: 1_000_000_000_000,
            shown: BTreeMap::new(),
            entries: 0,
        };
        assert_eq!(rig.engine.set_device(DEVICE, elements, mappings), []);
        rig.show();
        rig
    }

    fn with_world<T>(&mut self, ask: impl FnOnce(&mut Engine, &World<'_>) -> T) -> T {
        let world = World {
            model: &self.model,
            held: &self.held,
            playing: self.playing,
            play_waits: self.play_waits,
            position_ticks: self.position_ticks,
            selected_track: self.selected,
            focused_channel: None,
            last_touched: None,
            context: self.context,
            meters: &[],
        };
        ask(&mut self.engine, &world)
    }

    /// An event, and the acts in words; they are done.
    pub(super) fn event(&mut self, element: u16, interaction: Interaction, value: InputValue) -> Vec<String> {
        self.event_why(element, interaction, value).0
    }

    pub(super) fn event_why(
        &mut self,
        element: u16,
        interaction: Interaction,
        value: InputValue,
    ) -> (Vec<String>, Vec<String>) {
        let (mut out, mut why, now) = (Vec::new(), Why::default(), self.now);
        self.with_world(|engine, world| {
            engine.event(DEVICE, element, interaction, value, now, world, &mut out, Some(&mut why));
        });
        let acts = self.take(out);
        self.show();
        (acts, why.steps.iter().map(ToString::to_string).collect())
    }

    pub(super) fn fader(&mut self, element: u16, place: f64) -> Vec<String> {
        self.wait(10);
        self.event(element, Interaction::Move, InputValue::Place { place, steps: 16_384 })
    }

    pub(super) fn press(&mut self, element: u16, on: bool) -> Vec<String> {
        self.event(element, Interaction::Press, InputValue::Press { on, strength: f64::from(on) })
    }

    pub(super) fn touch(&mut self, element: u16, on: bool) -> Vec<String> {
        self.event(element, Interaction::Touch, InputValue::Press { on, strength: f64::from(on) })
    }

    pub(super) fn turn(&mut self, element: u16, steps: i32) -> Vec<String> {
        self.wait(200);
        self.event(element, Interaction::Turn, InputValue::Steps(steps))
    }

    /// Time goes by, with every deadline in it.
    pub(super) fn wait(&mut self, millis: u64) -> Vec<String> {
        let end = self.now + millis * MILLI;
        let mut acts = Vec::new();
        while let Some(due) = self.engine.next_deadline().filter(|due| *due <= end) {
            self.now = self.now.max(due);
            acts.extend(self.tick());
        }
        self.now = end;
        acts
    }

    fn tick(&mut self) -> Vec<String> {
        let (mut out, now) = (Vec::new(), self.now);
        self.with_world(|engine, world| engine.tick(now, world, &mut out));
        let acts = self.take(out);
        self.show();
        acts
    }

    pub(super) fn changes(&mut self) -> Vec<(u16, FeedbackKind, Shown)> {
        let (mut out, now) = (Vec::new(), self.now);
        self.with_world(|engine, world| engine.changes(DEVICE, world, now, &mut out));
        out
    }

    pub(super) fn show(&mut self) {
        for (element, kind, shown) in self.changes() {
            self.shown.insert((element, kind), shown);
        }
    }

    fn take(&mut self, acts: Vec<Act>) -> Vec<String> {
        acts.into_iter().map(|act| self.one(act)).collect()
    }

    fn one(&mut self, act: Act) -> String {
        match act {
            Act::Ask { device, intent, gesture: _ } => {
                assert_eq!(device, DEVICE);
                let spec = intent.spec();
                let text = format!("{}.{} {}", spec.domain, spec.name, intent.payload().get());
                self.ask(*intent);
                text
            }
            Act::SendMidi { bytes, .. } => format!("midi {bytes:02x?}"),
            Act::SendOsc { address, value } => format!("osc {address} {value}"),
            Act::Local { change, .. } => {
                if let Local::Select { track, .. } = change {
                    self.selected = track;
                }
                format!("{change:?}")
            }
        }
    }

    fn ask(&mut self, intent: Intent) {
        let origin = Origin::Surface(DEVICE);
        match intent {
            Intent::ParameterBeginGesture(ask) => {
                let value = self.model.parameters[&ask.parameter_id].value;
                assert!(self.held.insert(ask.parameter_id, GestureView { value, origin }).is_none(), "held already");
            }
            Intent::ParameterUpdateGesture(ask) => {
                let held = self.held.get_mut(&ask.parameter_id).expect("held");
                assert_eq!(held.origin, origin);
                held.value = ask.value.0;
            }
            Intent::ParameterEndGesture(ask) => {
                let held = self.held.remove(&ask.parameter_id).expect("held");
                self.set(ask.parameter_id, held.value);
                self.entries += 1;
            }
            Intent::ParameterSetValue(ask) => {
                if let (Some(id), Some(value)) = (ask.parameter_id, ask.value) {
                    self.set(id, value.0);
                }
                self.entries += 1;
            }
            Intent::TrackSetFlags(ask) => {
                let id = self.model.tracks[&ask.track_id].channel;
                let channel = Arc::make_mut(Arc::make_mut(&mut self.model.channels).get_mut(&id).unwrap());
                channel.mute = ask.mute.unwrap_or(channel.mute);
                channel.solo = ask.solo.unwrap_or(channel.solo);
                channel.arm = ask.arm.unwrap_or(channel.arm);
                self.entries += 1;
            }
            Intent::TransportPlay(_) => self.playing = true,
            Intent::TransportPause(_) | Intent::TransportStop(_) => self.playing = false,
            Intent::TransportSeek(ask) => self.position_ticks = ask.position_ticks.unwrap(),
            _ => {}
        }
    }

    pub(super) fn set(&mut self, id: ParameterId, value: f64) {
        let parameter = Arc::make_mut(Arc::make_mut(&mut self.model.parameters).get_mut(&id).unwrap());
        assert!(value >= parameter.min && value <= parameter.max);
        parameter.value = value;
    }

    pub(super) fn channel(&self, track: usize) -> &Channel {
        &self.model.channels[&self.model.tracks[&self.model.track_order[track]].channel]
    }

    pub(super) fn gain(&self, track: usize) -> &Parameter {
        self.model.fader(self.channel(track)).unwrap()
    }

    /// The place of a track's fader, as it is heard.
    pub(super) fn place(&self, track: usize) -> f64 {
        let gain = self.gain(track);
        crate::taper::position_of_db(self.held.get(&gain.id).map_or(gain.value, |held| held.value))
    }

    pub(super) fn put(&mut self, track: usize, place: f64) {
        let id = self.gain(track).id;
        self.set(id, crate::taper::db_of_position(place));
        self.show();
    }

    pub(super) fn is_shown(&self, element: u16, kind: FeedbackKind) -> &Shown {
        &self.shown[&(element, kind)]
    }
}

/// A project with so many tracks, all faders at 0 dB.
pub(super) fn project(tracks: usize) -> Model {
    let mut model = Model::empty("Song", 48_000);
    for number in 0..tracks {
        let mut change = Change::of(&model);
        let (track, lane, channel) = (TrackId(change.id()), LaneId(change.id()), ChannelId(change.id()));
        let name = format!("Track {}", number + 1);
        let master = model.master().map(|master| master.id);
        change.channel(channel, ChannelRole::Track, &name, palette(number), Vec::new(), master);
        let colour = palette(number);
        model.apply_change(change);
        let entry = Track { id: track, name, colour, channel, lanes: vec![lane] };
        Arc::make_mut(&mut model.tracks).insert(track, Arc::new(entry));
        Arc::make_mut(&mut model.track_order).push(track);
    }
    model
}

pub(super) fn element(kind: ElementKind, number: u8) -> Element {
    let id = format!("{kind:?}-{number}").to_lowercase();
    Element { id: id.clone(), name: id, kind, at: None, size: None, input: BTreeMap::new(), feedback: BTreeMap::new() }
}

/// A fader without a motor.
pub(super) fn fader(number: u8) -> Element {
    let mut fader = element(ElementKind::Fader, number);
    fader.input.insert(Interaction::Move, Source::Cc { channel: 1, number, relative: None });
    fader
}

/// With a motor, and it feels the hand.
pub(super) fn motor_fader(number: u8) -> Element {
    let mut fader = fader(number);
    fader.input.insert(Interaction::Touch, Source::Note { channel: 1, number: 104 + number });
    fader.feedback.insert(FeedbackKind::Motor, Output::PitchBend { channel: 1 + number });
    fader
        .feedback
        .insert(FeedbackKind::Text, Output::SysexText { pattern: "F0 tt F7".to_owned(), offset: 0, length: 7 });
    fader
}

pub(super) fn encoder(number: u8) -> Element {
    let mut encoder = element(ElementKind::Encoder, number);
    encoder.input.insert(Interaction::Turn, Source::Cc { channel: 1, number: 16 + number, relative: None });
    encoder.feedback.insert(FeedbackKind::Ring, Output::McuRing { strip: number, mode: RingMode::Dot });
    encoder
}

pub(super) fn pad(number: u8) -> Element {
    let mut pad = element(ElementKind::Button, number);
    let levels = Levels { off: 0, on: 127, blink: None, palette: Vec::new() };
    pad.input.insert(Interaction::Press, Source::Note { channel: 1, number });
    pad.feedback.insert(FeedbackKind::Led, Output::Note { channel: 1, number, levels: levels.clone() });
    pad.feedback.insert(FeedbackKind::Colour, Output::Note { channel: 2, number, levels });
    pad
}

pub(super) fn mapping(id: &str, element: &Element, interaction: Interaction, target: Target) -> ScopedMapping {
    let mapping = Mapping {
        id: id.to_owned(),
        name: String::new(),
        enabled: true,
        element: element.id.clone(),
        interaction,
        when: When::default(),
        glue: Glue::default(),
        target,
        feedback: None,
    };
    ScopedMapping { scope: MappingScope::Factory, mapping }
}

impl ScopedMapping {
    pub(super) fn glue(mut self, glue: Glue) -> Self {
        self.mapping.glue = glue;
        self
    }

    pub(super) fn when(mut self, page: Option<&str>, modifiers: &[(&str, bool)]) -> Self {
        self.mapping.when.page = page.map(str::to_owned);
        self.mapping.when.modifiers = modifiers.iter().map(|(name, held)| ((*name).to_owned(), *held)).collect();
        self
    }

    pub(super) fn scope(mut self, scope: MappingScope) -> Self {
        self.scope = scope;
        self
    }
}
