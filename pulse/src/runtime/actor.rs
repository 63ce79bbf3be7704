//! The thread `pulse-core`: takes what waits, lets the core decide, and does what the core wants done outside.

use super::clients::Clients;
use super::clock::unix_nanos;
use super::handle::WindowEnd;
use super::jobs::JobSender;
use super::mailbox::{Batch, EngineMail, Mailbox, WindowMail};
use crate::core::Core;
use crate::core::message::{Inbound, Outbound};
use crate::engine::keeper::Control;
use crate::engine::link::{process_entry, saturate};
use crate::engine::outbox::{EngineItem, EngineOutbox};
use crate::event::{ModelEvent, Payload, Rejection, Reply, Ticket};
use crate::intent::{Capability, Origin};
use crate::server::ClientMail;
use crate::server::request::Request;
use crate::telemetry::aggregate::Aggregate;
use crate::trace::{Body, Cause, Link, Priority, Tap, TraceEntry};
use crate::view::shapes::session::{EngineCounters, StateSummary};
use loophole_wire::envelope::{Kind, Party};
use loophole_wire::message::EngineEvent;
use loophole_wire::plane::Plane;
use std::sync::Arc;
use std::sync::mpsc::SyncSender;
use std::time::{Duration, Instant};

/// Devices with meters are told levels so often at most.
const METERS: Duration = Duration::from_millis(33);
/// Clients are told messages so often at most.
const TRACED: Duration = Duration::from_millis(50);
/// The core hears of time passing at least so often.
const TICK: Duration = Duration::from_millis(200);

pub(super) struct Actor {
    core: Core,
    mailbox: Arc<Mailbox>,
    window: WindowEnd,
    /// None while the engine is not connected.
    engine: Option<Arc<EngineOutbox>>,
    keeper: SyncSender<Control>,
    jobs: JobSender,
    clients: Clients,
    telemetry: Aggregate,
    tap: Arc<Tap>,
    /// The command that is being done, while the tap is open.
    cause: Option<Arc<Cause>>,
    out: Vec<Outbound>,
    for_engine: Vec<EngineItem>,
    for_window: Vec<ModelEvent>,
    view_changed: bool,
    /// When the core was told levels last.
    meters_at: Instant,
    /// When clients were told messages last.
    traced_at: Instant,
}

/// What the tap says of a message first.
struct Head {
    domain: &'static str,
    name: &'static str,
    kind: Kind,
    priority: Priority,
}

/// Whoever asks after this has ended is told so, even if the core ended by a panic.
struct EndOnDrop(Arc<Mailbox>);

impl Drop for EndOnDrop {
    fn drop(&mut self) {
        self.0.end();
    }
}

impl Actor {
    pub(super) fn new(
        core: Core,
        mailbox: Arc<Mailbox>,
        window: WindowEnd,
        keeper: SyncSender<Control>,
        jobs: JobSender,
        tap: Arc<Tap>,
    ) -> Self {
        let telemetry = Aggregate::new(core.view().model.sample_rate);
        Self {
            core,
            mailbox,
            window,
            engine: None,
            keeper,
            jobs,
            clients: Clients::default(),
            telemetry,
            tap,
            cause: None,
            out: Vec::new(),
            for_engine: Vec::new(),
            for_window: Vec::new(),
            view_changed: false,
            meters_at: Instant::now(),
            traced_at: Instant::now(),
        }
    }

    pub(super) fn run(mut self) {
        let _guard = EndOnDrop(Arc::clone(&self.mailbox));
        let mut batch = Batch::default();
        let mut next_tick = Instant::now();
        while self.mailbox.take(self.wake_time(next_tick), &mut batch).is_ok() {
            if Instant::now() >= next_tick || self.core.next_wake().is_some_and(|wake| wake <= unix_nanos()) {
                next_tick = Instant::now() + TICK;
                self.handle(Inbound::Tick);
            }
            for mail in batch.engine.drain(..) {
                self.take_engine(mail);
            }
            for (job, outcome) in batch.jobs.drain(..) {
                self.handle(Inbound::JobEnded { job, outcome });
            }
            for mail in batch.window.drain(..) {
                self.take_window(mail);
            }
            for mail in batch.clients.drain(..) {
                self.take_client(mail);
            }
            self.end_turn();
        }
    }

    /// When the core wants to hear of time passing.
    fn wake_time(&self, next_tick: Instant) -> Instant {
        let wake = self.core.next_wake().map(|wake| Duration::from_nanos(wake.saturating_sub(unix_nanos())));
        wake.map_or(next_tick, |wait| next_tick.min(Instant::now() + wait))
    }

    fn take_engine(&mut self, mail: EngineMail) {
        match mail {
            EngineMail::Connected { pid, safe, restarts, outbox } => {
                self.engine = Some(outbox);
                self.handle(Inbound::EngineConnected { pid, safe, restarts });
                if self.tap.is_open() {
                    self.tap.record(process_entry("rebuilt", "it is told everything that the model has"));
                }
            }
            EngineMail::Lost { reason } => {
                self.lose_engine();
                self.handle(Inbound::EngineLost { reason });
            }
            EngineMail::Stopped { reason } => {
                self.lose_engine();
                self.handle(Inbound::EngineStopped { reason });
            }
            EngineMail::Said { ticket, event } => {
                if let EngineEvent::EngineConfigResolved(resolved) = &event {
                    self.telemetry.set_engine_rate(resolved.sample_rate);
                }
                self.handle(Inbound::EngineEvent { ticket, event });
            }
            EngineMail::Refused { ticket, domain, name, error } => {
                self.handle(Inbound::EngineRefused { ticket, domain, name, error });
            }
            EngineMail::Plane(plane) => self.take_plane(plane),
        }
    }

    fn lose_engine(&mut self) {
        self.engine = None;
        self.telemetry.engine_lost();
    }

    fn take_plane(&mut self, plane: Plane) {
        match plane {
            Plane::Meter(header, values) => self.telemetry.meters(&header, &values),
            Plane::Position(header, position) => {
                self.telemetry.position(&header, position);
                self.handle(Inbound::EnginePosition {
                    position_frames: position.frames,
                    rolling: position.rolling,
                    at_nanos: header.time_nanos,
                });
            }
            Plane::Load(header, load) => self.telemetry.load(&header, load),
            // Not opened by us: nothing is known of what it means.
            Plane::Gesture(..) | Plane::Control(..) | Plane::DeviceOutput(..) => {}
            Plane::DeviceInput(_, records) => self.handle(Inbound::DeviceInput { records }),
            Plane::DeviceEcho(_, records) => self.handle(Inbound::DeviceEcho { records }),
        }
    }

    fn take_window(&mut self, WindowMail { ticket, intent }: WindowMail) {
        if self.tap.is_open() {
            let spec = intent.spec();
            let body = Body::Intent(Arc::new(intent.clone()));
            let head = Head { domain: spec.domain, name: spec.name, kind: Kind::Command, priority: spec.priority };
            self.trace_window(head, Some(ticket), body);
            self.cause = Some(Arc::new(Cause { link: Link::Window, id: ticket.0.to_string().into() }));
        }
        self.handle(Inbound::Intent { origin: Origin::Aura, ticket, intent });
        self.cause = None;
    }

    fn take_client(&mut self, mail: ClientMail) {
        match mail {
            ClientMail::Joined { view, outbox, capabilities } => {
                self.clients.join(view.connection, outbox, capabilities);
                self.handle(Inbound::ClientJoined(view));
            }
            ClientMail::Left { connection } => {
                self.clients.leave(connection);
                self.handle(Inbound::ClientLeft { connection });
            }
            ClientMail::Batch { connection, requests } => {
                for request in requests {
                    self.take_request(connection, request);
                }
                let crowded = self.is_engine_crowded();
                self.clients.batch_done(connection, crowded);
            }
        }
    }

    fn take_request(&mut self, connection: u32, request: Request) {
        match request {
            Request::Command { cid, intent } => {
                let cause = self.tap.is_open().then(|| {
                    let (link, id) = (Link::Client(connection), cid.as_str().into());
                    Arc::new(Cause { link, id })
                });
                if let Some((ticket, intent)) = self.clients.ask(connection, cid, intent) {
                    self.cause = cause;
                    self.handle(Inbound::Intent { origin: Origin::Client(connection), ticket, intent });
                    self.cause = None;
                }
            }
            Request::Refused { cid, domain, name, error } => {
                self.clients.refuse(connection, cid, domain, name, error);
            }
            Request::Gesture { stream, values } => {
                if self.clients.may(connection, Capability::Edit) {
                    self.handle(Inbound::GestureFrame { origin: Origin::Client(connection), stream, values });
                }
            }
            Request::Broken(error) => self.clients.break_off(connection, error),
        }
    }

    fn handle(&mut self, inbound: Inbound) {
        self.core.handle(inbound, unix_nanos(), &mut self.out);
        if self.out.is_empty() {
            return;
        }
        let mut out = std::mem::take(&mut self.out);
        for outbound in out.drain(..) {
            self.dispatch(outbound);
        }
        self.out = out;
        match &self.engine {
            Some(engine) if !self.for_engine.is_empty() => engine.push(&mut self.for_engine),
            // The rebuild sends everything again.
            Some(_) | None => self.for_engine.clear(),
        }
    }

    fn dispatch(&mut self, outbound: Outbound) {
        match outbound {
            Outbound::Answer { origin, ticket, domain, name, outcome } => {
                self.answer(origin, ticket, domain, name, outcome);
            }
            Outbound::Event(event) => self.tell(event),
            Outbound::Engine { ticket, command } => {
                let cause = self.cause.clone();
                self.for_engine.push(EngineItem::Command { ticket, command, cause });
            }
            Outbound::EngineGesture { stream, values } => self.for_engine.push(EngineItem::Gesture { stream, values }),
            Outbound::DeviceOutput { records } => self.for_engine.push(EngineItem::DeviceOutput { records }),
            Outbound::Job { job, work } => self.jobs.give(job, work),
            Outbound::RestartEngine => {
                // Full: it has been asked already. Gone: the session ends.
                let _asked = self.keeper.try_send(Control::Restart);
            }
            Outbound::ViewChanged => self.view_changed = true,
        }
    }

    fn answer(
        &mut self,
        origin: Origin,
        ticket: Ticket,
        domain: &'static str,
        name: &'static str,
        mut outcome: Result<Reply, Rejection>,
    ) {
        if (domain, name) == ("debug", "stateSummary")
            && let Ok(reply) = &mut outcome
        {
            self.add_engine_counters(&mut reply.payload);
        }
        match origin {
            Origin::Aura => {
                if self.tap.is_open() {
                    let (kind, body) = match &outcome {
                        Ok(reply) => (Kind::Event, Body::Json(Arc::clone(reply.payload.json()))),
                        Err(error) => (Kind::Error, Body::Error(Arc::new(error.clone()))),
                    };
                    self.trace_window(Head { domain, name, kind, priority: Priority::Normal }, Some(ticket), body);
                }
                self.for_window.push(ModelEvent::Answered { ticket, domain, name, outcome });
            }
            Origin::Client(_) => self.clients.answer(ticket, domain, name, outcome),
            // A surface sees what it did by the feedback, and Pulse asked itself.
            Origin::Surface(_) | Origin::Pulse => {}
        }
    }

    /// What only telemetry knows.
    fn add_engine_counters(&self, payload: &mut Payload) {
        let load = self.telemetry.newest_load();
        if let Ok(mut summary) = serde_json::from_str::<StateSummary>(payload.json().get()) {
            summary.engine = Some(EngineCounters {
                parameter_sets: load.parameter_sets,
                blocks: load.blocks,
                xruns: load.xruns,
                starved_frames: load.starved_frames,
            });
            *payload = Payload::of(&summary);
        }
    }

    /// To the window, and to the clients that hear of it; the one who changed something has it in its answer.
    fn tell(&mut self, event: ModelEvent) {
        let (domain, name, payload, asker) = match &event {
            ModelEvent::Answered { .. } => return,
            ModelEvent::Changed { domain, name, payload, origin: Origin::Client(asker), .. } => {
                (*domain, *name, payload, Some(*asker))
            }
            ModelEvent::Changed { domain, name, payload, .. } | ModelEvent::Happened { domain, name, payload } => {
                (*domain, *name, payload, None)
            }
        };
        if self.tap.is_open() || self.clients.anybody_hears(domain, asker) {
            self.clients.broadcast(domain, name, payload, asker, self.cause.as_ref());
            if self.tap.is_open() {
                let head = Head { domain, name, kind: Kind::Event, priority: Priority::Normal };
                self.trace_window(head, None, Body::Json(Arc::clone(payload.json())));
            }
        }
        self.for_window.push(event);
    }

    fn trace_window(&self, head: Head, ticket: Option<Ticket>, body: Body) {
        let Head { domain, name, kind, priority } = head;
        let is_command = kind == Kind::Command;
        let (from, to) = if is_command { (Party::Aura, Party::Pulse) } else { (Party::Pulse, Party::Aura) };
        let ticket = ticket.map(|ticket| ticket.0.to_string());
        let (id, cid) = if is_command { (ticket, None) } else { (None, ticket) };
        let size_bytes = match &body {
            Body::Json(payload) => saturate(payload.get().len()),
            Body::Intent(_)
            | Body::Plane { .. }
            | Body::Device { .. }
            | Body::Error(_)
            | Body::Log(_)
            | Body::Process { .. } => 0,
        };
        self.tap.record(TraceEntry {
            number: 0,
            at_nanos: unix_nanos(),
            link: Link::Window,
            from,
            to,
            domain: domain.into(),
            name: name.into(),
            kind,
            id: id.unwrap_or_default().into(),
            priority,
            cid: cid.map(Into::into),
            cause: self.cause.clone().filter(|_| !is_command),
            size_bytes,
            body,
        });
    }

    fn is_engine_crowded(&self) -> bool {
        self.engine.as_ref().is_some_and(|engine| engine.is_crowded())
    }

    /// Publishes what is new: first the picture, then the news about it.
    fn end_turn(&mut self) {
        if self.core.wants_meters() && self.meters_at.elapsed() >= METERS {
            self.meters_at = Instant::now();
            self.handle(Inbound::Meters { meters: self.telemetry.levels() });
        }
        let mut wake = !self.for_window.is_empty();
        if std::mem::take(&mut self.view_changed) {
            let view = self.core.view();
            self.telemetry.set_project_rate(view.model.sample_rate);
            self.window.publish_view(view);
            wake = true;
        }
        let changed = self.telemetry.take_changed();
        if changed.any {
            let telemetry = self.telemetry.view();
            self.clients.tell_meters(&telemetry, unix_nanos());
            self.window.publish_telemetry(telemetry);
            wake |= changed.visible;
        }
        self.window.publish_events(&mut self.for_window);
        if self.traced_at.elapsed() >= TRACED {
            self.traced_at = Instant::now();
            self.clients.tell_messages(&self.tap);
        }
        self.clients.end_of_turn(self.is_engine_crowded());
        self.jobs.push_on();
        if wake {
            self.window.wake();
        }
    }
}
