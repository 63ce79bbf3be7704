//! What the window knows: the newest picture of the session, what it asked and has not heard of, what is selected.

use crate::action::Action;
use eframe::egui::Id;
use loophole_pulse::event::{ModelEvent, Rejection, Reply, Ticket};
use loophole_pulse::intent::{self, Intent};
use loophole_pulse::model::{ChannelId, ClipId, Model, NodeKind, ParameterId, TrackId};
use loophole_pulse::port::{PulsePort, SendError};
use loophole_pulse::telemetry::TelemetryView;
use loophole_pulse::trace::Tap;
use loophole_pulse::view::{EngineState, SessionView, Severity};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

/// What is selected; panels, commands and control surfaces follow it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    pub track: Option<TrackId>,
    pub clips: BTreeSet<ClipId>,
}

impl Selection {
    /// One track, no clip.
    pub fn of_track(track: TrackId) -> Self {
        Self { track: Some(track), clips: BTreeSet::new() }
    }

    /// Nothing is selected.
    pub fn is_empty(&self) -> bool {
        self.track.is_none() && self.clips.is_empty()
    }
}

/// Something that the window itself has to tell, beside the notices of the session.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    pub severity: Severity,
    pub code: String,
    pub message: String,
    /// Nanoseconds since 1970-01-01T00:00:00Z.
    pub at_nanos: u64,
}

/// An answer that a dialog waits for.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    pub ticket: Ticket,
    /// What the intent is called.
    pub title: &'static str,
    pub outcome: Result<Reply, Rejection>,
}

struct Pending {
    source: Option<Id>,
    title: &'static str,
}

/// The window's side of Pulse.
pub struct Session {
    port: Box<dyn PulsePort>,
    tap: Arc<Tap>,
    view: Arc<SessionView>,
    telemetry: TelemetryView,
    pending: BTreeMap<Ticket, Pending>,
    rejections: HashMap<Id, Rejection>,
    replies: HashMap<Id, Reply>,
    reports: Vec<Report>,
    answers: Vec<Answer>,
    selection: Selection,
    /// What control surfaces follow: the panel that had the focus last.
    panel: Option<&'static str>,
    /// The parameter that was touched last here.
    touched: Option<ParameterId>,
    /// What Pulse was told of the window last.
    told: intent::ui::SetContext,
    events: Vec<ModelEvent>,
    ended: bool,
}

impl Session {
    /// Takes the port over; `tap` is where both seams are seen.
    pub fn new(mut port: Box<dyn PulsePort>, tap: Arc<Tap>) -> Self {
        let view = port.view();
        let telemetry = port.telemetry().clone();
        Self {
            port,
            tap,
            view,
            telemetry,
            pending: BTreeMap::new(),
            rejections: HashMap::new(),
            replies: HashMap::new(),
            reports: Vec::new(),
            answers: Vec::new(),
            selection: Selection::default(),
            panel: None,
            touched: None,
            told: intent::ui::SetContext::default(),
            events: Vec::new(),
            ended: false,
        }
    }

    /// The newest picture of the model and what surrounds it.
    pub fn view(&self) -> &Arc<SessionView> {
        &self.view
    }

    /// The newest numbers.
    pub fn telemetry(&self) -> &TelemetryView {
        &self.telemetry
    }

    /// Where every message at both seams is seen.
    pub fn tap(&self) -> &Arc<Tap> {
        &self.tap
    }

    /// What is selected; what no longer exists is not in it.
    pub fn selection(&self) -> &Selection {
        &self.selection
    }

    /// The parameter that was touched last in the window.
    pub fn touched(&self) -> Option<ParameterId> {
        self.touched
    }

    /// Why what this control asked last was refused; none after it asked again with success.
    pub fn rejection(&self, source: Id) -> Option<&Rejection> {
        self.rejections.get(&source)
    }

    /// What this control asked last was answered with; none where there was nothing to say.
    pub fn reply(&self, source: Id) -> Option<&Reply> {
        self.replies.get(&source)
    }

    /// This control waits for its answer.
    pub fn is_pending(&self, source: Id) -> bool {
        self.pending.values().any(|pending| pending.source == Some(source))
    }

    /// Where the music is now, in frames of the timeline: the newest report and the time since then.
    pub fn position_frames_now(&self) -> i64 {
        let transport = &self.view.transport;
        let (telemetry, rate) = (&self.telemetry, f64::from(self.view.model.sample_rate));
        if transport.asked_playing && !self.engine_is_there() {
            // The engine is away and comes back where it would be: until then, where it was heard last.
            return telemetry.position_frames;
        }
        if !self.is_rolling() {
            return transport.position_frames;
        }
        // A report that is older than a second is no ground to guess from: the engine is away.
        let since = (now_nanos().saturating_sub(telemetry.at_nanos) as f64 / 1e9).min(1.0);
        let mut position = telemetry.position_frames + (since * rate) as i64;
        let region = self.view.model.loop_region;
        if region.enabled && region.end_ticks > region.start_ticks {
            let start = crate::musical::frames_at(&self.view.model, region.start_ticks);
            let end = crate::musical::frames_at(&self.view.model, region.end_ticks);
            if telemetry.position_frames < end && position >= end && end > start {
                position = start + (position - end) % (end - start);
            }
        }
        position
    }

    /// The same in ticks.
    pub fn position_ticks_now(&self) -> i64 {
        if self.view.transport.asked_playing {
            crate::musical::ticks_at(&self.view.model, self.position_frames_now())
        } else {
            self.view.transport.position_ticks
        }
    }

    /// The music moves, as far as the engine says.
    pub fn is_rolling(&self) -> bool {
        self.telemetry.rolling && self.view.transport.asked_playing
    }

    /// The engine runs, if only in safe mode.
    pub fn engine_is_there(&self) -> bool {
        matches!(self.view.engine.state, EngineState::Running | EngineState::Safe)
    }

    /// Pulse has ended; nothing can be asked any more.
    pub fn has_ended(&self) -> bool {
        self.ended
    }

    /// Asks Pulse. Panels use [`crate::action::Actions`] instead.
    pub(crate) fn send(&mut self, intent: Intent, source: Option<Id>) -> Option<Ticket> {
        let title = intent.spec().title;
        if let Some(parameter) = touched_by(&intent, &self.view.model) {
            self.touched = Some(parameter);
            self.tell_context();
        }
        if let Some(source) = source {
            self.rejections.remove(&source);
            self.replies.remove(&source);
        }
        match self.port.send(intent) {
            Ok(ticket) => {
                self.pending.insert(ticket, Pending { source, title });
                Some(ticket)
            }
            Err(error) => {
                self.ended |= error == SendError::Closed;
                self.report(Severity::Error, "window.notSent", format!("{title}: {error}"));
                None
            }
        }
    }

    /// Takes over what came since the last call; true when something did.
    pub fn drain(&mut self) -> bool {
        let view = self.port.view();
        let mut changed = !Arc::ptr_eq(&view, &self.view);
        self.view = view;
        let telemetry = self.port.telemetry();
        changed |= telemetry.sequence != self.telemetry.sequence;
        self.telemetry.clone_from(telemetry);
        let mut events = std::mem::take(&mut self.events);
        self.port.drain(&mut events);
        changed |= !events.is_empty();
        for event in events.drain(..) {
            self.take_event(event);
        }
        self.events = events;
        self.forget_what_is_gone();
        changed
    }

    /// Answers since the last call.
    pub(crate) fn take_answers(&mut self) -> Vec<Answer> {
        std::mem::take(&mut self.answers)
    }

    /// Reports of the window since the last call.
    pub(crate) fn take_reports(&mut self) -> Vec<Report> {
        std::mem::take(&mut self.reports)
    }

    /// Tells a person something.
    pub(crate) fn report(&mut self, severity: Severity, code: &str, message: String) {
        self.reports.push(Report { severity, code: code.to_owned(), message, at_nanos: now_nanos() });
    }

    /// Forgets the refusal at a control.
    pub(crate) fn dismiss(&mut self, source: Id) {
        self.rejections.remove(&source);
    }

    /// Selects, and tells Pulse so that control surfaces follow.
    pub(crate) fn select(&mut self, selection: Selection) {
        if selection == self.selection {
            return;
        }
        self.selection = selection;
        self.tell_context();
    }

    /// A panel has the focus: what control surfaces follow.
    pub(crate) fn look_at(&mut self, panel: &'static str) {
        self.panel = Some(panel);
        self.tell_context();
    }

    /// Tells Pulse what the window shows, when it is another thing than it was told last.
    fn tell_context(&mut self) {
        let context = intent::ui::SetContext {
            view: self.panel.map(str::to_owned),
            track_id: self.selection.track,
            clip_id: self.selection.clips.first().copied(),
            parameter_id: self.touched,
            bank: None,
        };
        if context != self.told {
            self.told = context.clone();
            self.send(Intent::UiSetContext(context), None);
        }
    }

    fn take_event(&mut self, event: ModelEvent) {
        match event {
            ModelEvent::Answered { ticket, outcome, .. } => self.take_answer(ticket, outcome),
            // The view says the same.
            ModelEvent::Changed { .. } | ModelEvent::Happened { .. } => {}
        }
    }

    fn take_answer(&mut self, ticket: Ticket, outcome: Result<Reply, Rejection>) {
        let Some(pending) = self.pending.remove(&ticket) else { return };
        if let (Some(source), Ok(reply)) = (pending.source, &outcome)
            && reply.payload.json().get() != "{}"
        {
            self.replies.insert(source, reply.clone());
        }
        if let Err(rejection) = &outcome {
            let code = rejection.code.clone();
            self.report(Severity::Warning, &code, format!("{}: {}", pending.title, rejection.message));
            if let Some(source) = pending.source {
                self.rejections.insert(source, rejection.clone());
            }
        }
        self.answers.push(Answer { ticket, title: pending.title, outcome });
    }

    fn forget_what_is_gone(&mut self) {
        let model = &self.view.model;
        self.selection.track = self.selection.track.filter(|track| model.tracks.contains_key(track));
        self.selection.clips.retain(|clip| model.clips.contains_key(clip));
        self.touched = self.touched.filter(|parameter| model.parameters.contains_key(parameter));
    }
}

/// What a list of actions says to the session; gives back what is for the window.
pub fn do_session_part(session: &mut Session, action: Action) -> Option<Action> {
    match action {
        Action::Intent { intent, source } => {
            session.send(intent, source);
            None
        }
        Action::Select(selection) => {
            session.select(selection);
            None
        }
        Action::LookAt(panel) => {
            session.look_at(panel);
            None
        }
        Action::Dismiss(source) => {
            session.dismiss(source);
            None
        }
        other @ (Action::Command(_) | Action::Hint(_) | Action::ExportSurface(_) | Action::ShowNotifications) => {
            Some(other)
        }
    }
}

/// The parameter that an intent of the window is about.
fn touched_by(intent: &Intent, model: &Model) -> Option<ParameterId> {
    let of = |channel: ChannelId, kind: NodeKind| {
        let nodes = &model.channels.get(&channel)?.nodes;
        let node = nodes.iter().filter_map(|node| model.nodes.get(node)).find(|node| node.kind == kind)?;
        node.parameters.first().copied()
    };
    match intent {
        Intent::ParameterBeginGesture(ask) => Some(ask.parameter_id),
        Intent::ChannelSetGain(ask) => of(ask.channel_id, NodeKind::Fader),
        Intent::ChannelSetPan(ask) => of(ask.channel_id, NodeKind::Pan),
        Intent::RoutingSetSendLevel(ask) => model.nodes.get(&ask.send_id)?.parameters.first().copied(),
        _ => None,
    }
}

/// Nanoseconds since 1970-01-01T00:00:00Z.
pub fn now_nanos() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| u64::try_from(since.as_nanos()).unwrap_or(u64::MAX))
}
