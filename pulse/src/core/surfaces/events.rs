//! What devices say: from bytes to intents, and the trace of why.

use super::device::Device;
use crate::bus::permit::permit;
use crate::core::{Core, Request};
use crate::engine::rebuild::OSC_DEVICE;
use crate::event::Happening;
use crate::intent::ui::SetContext;
use crate::intent::{Intent, Origin};
use crate::mapping::why::Step;
use crate::mapping::{Act, Local, Why, World};
use crate::model::{ChannelId, ParameterId, TempoMap, TrackId};
use crate::telemetry::ChannelMeter;
use crate::view::shapes::surfaces::Control;
use crate::view::surfaces::{LiveInput, MonitorEntry, WhyKind, WhyLine};
use loophole_surfaces::decode::Decoded;
use loophole_surfaces::mapping::Context;
use loophole_surfaces::raw::RawEvent;
use loophole_surfaces::source::InputValue;
use loophole_wire::plane::DeviceInput;
use std::sync::Arc;

/// Events that are kept with their "why".
const MONITOR_LIMIT: usize = 500;

/// What the person looks at, as the window says it.
#[derive(Clone, Debug, Default)]
pub(in crate::core) struct Looking {
    pub(in crate::core) context: Option<Context>,
    pub(in crate::core) track: Option<TrackId>,
    pub(in crate::core) channel: Option<ChannelId>,
    pub(in crate::core) parameter: Option<ParameterId>,
    pub(in crate::core) meters: Arc<Vec<ChannelMeter>>,
}

impl Looking {
    pub(in crate::core) fn follow(&mut self, ask: &SetContext) {
        if let Some(view) = &ask.view {
            self.context = match view.as_str() {
                "arranger" => Some(Context::Arranger),
                "mixer" => Some(Context::Mixer),
                "plugin" => Some(Context::Plugin),
                "clipEditor" => Some(Context::ClipEditor),
                "launcher" => Some(Context::Launcher),
                // A panel that is about nothing in particular changes nothing.
                _ => self.context,
            };
        }
        self.track = ask.track_id.or(self.track);
        self.parameter = ask.parameter_id.or(self.parameter);
    }
}

impl Core {
    /// Does something with the mapping engine, which sees everything as it is now.
    pub(super) fn with_world<T>(&mut self, work: impl FnOnce(&mut crate::mapping::Engine, &World<'_>) -> T) -> T {
        let held = self.gestures.view();
        let looking = self.surfaces.looking.clone();
        let model = Arc::clone(&self.model);
        let place = self.place();
        let position_ticks = TempoMap::new(&model, model.sample_rate).frames_to_ticks(place.position_frames);
        let world = World {
            model: &model,
            held: &held,
            playing: self.transport.is_playing(),
            play_waits: self.transport.waits(),
            position_ticks,
            selected_track: looking.track.filter(|id| model.tracks.contains_key(id)),
            focused_channel: looking.channel.filter(|id| model.channels.contains_key(id)),
            last_touched: looking.parameter.filter(|id| model.parameters.contains_key(id)),
            context: looking.context,
            meters: &looking.meters,
        };
        work(&mut self.surfaces.engine, &world)
    }

    /// Devices said something.
    pub(in crate::core) fn device_input(&mut self, records: &[DeviceInput]) {
        for record in records {
            if let Some(number) = self.surfaces.by_port.get(&record.port).copied() {
                self.device_said(number, record);
            }
        }
    }

    pub(super) fn device_said(&mut self, number: u32, record: &DeviceInput) {
        let Some(device) = self.surfaces.devices.get_mut(&number) else { return };
        device.events += 1;
        if self.answered_pulse(number, &record.bytes) {
            return;
        }
        let Some(device) = self.surfaces.devices.get_mut(&number) else { return };
        let is_its_input = device.peer.is_some() || device.input_port() == Some(record.port);
        if !device.is_used() || !is_its_input {
            return;
        }
        let mut decoded = Vec::new();
        if let Some(decoder) = &mut device.decoder {
            decoder.decode(&record.bytes, record.at_nanos, &mut decoded);
        }
        for event in &decoded {
            device.moved(event, record.at_nanos);
        }
        if self.is_learning(number) {
            self.learn_from(number, record);
            return self.live_changed(number);
        }
        if decoded.is_empty() {
            self.trace(number, record, None, Vec::new());
        }
        for event in decoded {
            self.element_event(number, record, &event);
        }
        self.live_changed(number);
        self.surfaces.stale = true;
    }

    /// A hand on a device on the screen whose bytes nobody can make.
    pub(super) fn hand_moved(&mut self, number: u32, event: &Decoded, port: u32) {
        let record = DeviceInput { port, at_nanos: self.now, executed: false, thinned: false, bytes: Vec::new() };
        if let Some(device) = self.surfaces.devices.get_mut(&number) {
            device.events += 1;
            device.moved(event, self.now);
        }
        self.element_event(number, &record, event);
        self.live_changed(number);
    }

    /// Values that waited long enough for their other half.
    pub(super) fn settle_inputs(&mut self) {
        let now = self.now;
        let due = |device: &&mut Device| device.due_nanos().is_some_and(|due| due <= now);
        let mut settled = Vec::new();
        for device in self.surfaces.devices.values_mut().filter(due) {
            let mut decoded = Vec::new();
            if let Some(decoder) = &mut device.decoder {
                decoder.settle(now, &mut decoded);
            }
            settled.push((device.number, device.input_port(), decoded));
        }
        for (number, port, decoded) in settled {
            for event in decoded {
                self.hand_moved(number, &event, port.unwrap_or_default());
            }
        }
    }

    fn element_event(&mut self, number: u32, record: &DeviceInput, event: &Decoded) {
        let mut acts = Vec::new();
        let mut why = self.surfaces.monitoring.then(Why::default);
        let Decoded { element, interaction, value } = *event;
        self.with_world(|engine, world| {
            engine.event(number, element, interaction, value, record.at_nanos, world, &mut acts, why.as_mut());
        });
        let mut lines: Vec<WhyLine> = why.iter().flat_map(|why| &why.steps).map(line).collect();
        if record.executed {
            // The engine did what stood in its table; what is asked below finds it done.
            let text = "the engine obeyed at once".to_owned();
            lines.push(WhyLine { kind: WhyKind::Intent, text });
        }
        for act in acts {
            self.act(act, &mut lines);
        }
        self.trace(number, record, Some(event), lines);
    }

    /// Time has passed: what waited for it.
    pub(super) fn mapping_tick(&mut self) {
        let now = self.now;
        let mut acts = Vec::new();
        self.with_world(|engine, world| engine.tick(now, world, &mut acts));
        for act in acts {
            self.act(act, &mut Vec::new());
        }
    }

    /// Does what an event came to.
    pub(super) fn act(&mut self, act: Act, lines: &mut Vec<WhyLine>) {
        self.surfaces.stale = true;
        match act {
            Act::Ask { device, intent, .. } => self.ask_for_device(device, *intent, lines),
            Act::SendMidi { device, bytes } => self.tell_device(device, &bytes, false),
            Act::SendOsc { address, value } => self.send_osc(&address, value),
            Act::Local { device, change } => self.changed_locally(device, change),
        }
    }

    fn ask_for_device(&mut self, device: u32, intent: Intent, lines: &mut Vec<WhyLine>) {
        let request = Request { origin: Origin::Surface(device), ticket: None, spec: intent.spec() };
        self.surfaces.refused = None;
        if self.project.opening {
            let text = "the project is still being opened".to_owned();
            return lines.push(WhyLine { kind: WhyKind::Refused, text });
        }
        match permit(request.origin, request.spec) {
            Ok(()) => self.ask(request, intent),
            Err(refused) => self.surfaces.refused = Some(refused),
        }
        if let Some(refused) = self.surfaces.refused.take() {
            lines.push(WhyLine { kind: WhyKind::Refused, text: refused.message });
        }
    }

    fn changed_locally(&mut self, device: u32, change: Local) {
        self.place_changed();
        if let Local::Select { channel, track } = change {
            self.surfaces.looking.track = track.or(self.surfaces.looking.track);
            self.surfaces.looking.channel = Some(channel);
            let Some(track_id) = track else { return };
            // The window follows, as it would follow another window.
            let ask = SetContext { track_id: Some(track_id), ..SetContext::default() };
            let spec = Intent::UiSetContext(ask.clone()).spec();
            let request = Request { origin: Origin::Surface(device), ticket: None, spec };
            // The track is there: the engine has just looked it up.
            let _told = self.set_context(request, &ask);
        }
    }

    fn send_osc(&mut self, address: &str, value: f64) {
        use loophole_wire::message::{EngineCommand, hardware};
        let arguments = vec![hardware::OscArgument::Float(value as f32)];
        let messages = vec![hardware::OscMessage { address: address.to_owned(), arguments }];
        let feedback = hardware::SendFeedback { device: OSC_DEVICE, messages, only_to: None };
        self.command(EngineCommand::HardwareSendFeedback(feedback));
    }

    /// Keeps an event with its "why", while somebody wants to see it.
    fn trace(&mut self, number: u32, record: &DeviceInput, event: Option<&Decoded>, why: Vec<WhyLine>) {
        if !self.surfaces.monitoring {
            return;
        }
        let Some(device) = self.surfaces.devices.get_mut(&number) else { return };
        let raw = device.decoder.as_mut().map(|decoder| decoder.raw(&record.bytes)).unwrap_or_default();
        let message = raw.iter().map(raw_text).collect::<Vec<_>>().join("; ");
        let element = event.and_then(|event| {
            let element = device.elements.get(usize::from(event.element))?;
            Some(format!("{} · {} {}", element.name, event.interaction.name(), value_text(event.value)))
        });
        let entry = MonitorEntry {
            number: self.surfaces.next_monitor,
            at_nanos: record.at_nanos,
            device: number,
            bytes: record.bytes.clone().into(),
            message,
            element,
            why,
        };
        self.surfaces.next_monitor += 1;
        self.happened((&Happening::SurfaceControl(Control::of(&entry))).into());
        self.surfaces.monitor.push_back(Arc::new(entry));
        if self.surfaces.monitor.len() > MONITOR_LIMIT {
            self.surfaces.monitor.pop_front();
        }
    }
}

impl Device {
    /// What the hand does, for the picture.
    fn moved(&mut self, event: &Decoded, at_nanos: u64) {
        let Some(live) = self.live.get_mut(usize::from(event.element)) else { return };
        let input = match event.value {
            InputValue::Place { place, .. } => LiveInput::Place(place),
            InputValue::Press { on, .. } => LiveInput::Pressed(on),
            InputValue::Steps(steps) => {
                let before = match live.input.get(&event.interaction) {
                    Some((LiveInput::Turned(steps), _)) => *steps,
                    _ => 0,
                };
                LiveInput::Turned(before + i64::from(steps))
            }
        };
        live.input.insert(event.interaction, (input, at_nanos));
    }
}

fn line(step: &Step) -> WhyLine {
    let kind = match step {
        Step::Fired { .. } => WhyKind::Fired,
        Step::Glue { .. } => WhyKind::Glue,
        Step::Asked { .. } | Step::Done { .. } => WhyKind::Intent,
        Step::Unmapped | Step::Echo | Step::Passed { .. } => WhyKind::Passed,
    };
    WhyLine { kind, text: step.to_string() }
}

fn value_text(value: InputValue) -> String {
    match value {
        InputValue::Place { place, .. } => format!("{:.1} %", place * 100.0),
        InputValue::Steps(steps) => format!("{steps:+}"),
        InputValue::Press { on: true, strength } => format!("down, {:.0} %", strength * 100.0),
        InputValue::Press { on: false, .. } => "up".to_owned(),
    }
}

fn raw_text(raw: &RawEvent) -> String {
    format!("{} = {}", raw.source.human_name(), raw.number)
}
