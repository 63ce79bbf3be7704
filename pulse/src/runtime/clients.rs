//! The headless clients as the core's thread keeps them: who asked what, who hears what.

use crate::event::{Happening, Payload, Rejection, Reply, Ticket};
use crate::intent::{Capability, Intent};
use crate::server::outbox::{ClientOutbox, Item};
use crate::server::session::{ClientSession, Verdict};
use crate::telemetry::TelemetryView;
use crate::trace::{Cause, Tap};
use crate::view::shapes::metering::Meters;
use loophole_wire::envelope::Kind;
use loophole_wire::{ErrorBody, ProtocolError};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

#[derive(Debug, Default)]
pub(super) struct Clients {
    sessions: BTreeMap<u32, ClientSession>,
    /// By ticket: requests without an answer.
    requests: BTreeMap<u64, OpenRequest>,
    next_ticket: u64,
    /// Batches that are done but whose clients wait for the engine.
    held: Vec<u32>,
}

#[derive(Debug)]
struct OpenRequest {
    connection: u32,
    cid: String,
}

impl Clients {
    pub(super) fn join(&mut self, connection: u32, outbox: Arc<ClientOutbox>, capabilities: BTreeSet<Capability>) {
        self.sessions.insert(connection, ClientSession::new(outbox, capabilities));
    }

    pub(super) fn leave(&mut self, connection: u32) {
        self.sessions.remove(&connection);
        self.requests.retain(|_, request| request.connection != connection);
        self.held.retain(|held| *held != connection);
    }

    /// Takes a command; returns what the core must decide, with the ticket for its answer.
    pub(super) fn ask(&mut self, connection: u32, cid: String, intent: Intent) -> Option<(Ticket, Intent)> {
        let session = self.sessions.get_mut(&connection)?;
        let spec = intent.spec();
        let (domain, name) = (spec.domain, spec.name);
        match session.judge(intent) {
            Verdict::Core(intent) => {
                session.open_requests += 1;
                self.next_ticket += 1;
                self.requests.insert(self.next_ticket, OpenRequest { connection, cid });
                return Some((Ticket(self.next_ticket), intent));
            }
            Verdict::Answer(payload) => session.tell(Item::event(Some(cid), domain, name, Arc::clone(payload.json()))),
            Verdict::Refuse(error) => session.tell(Item::error(Some(cid), domain, name, error)),
            Verdict::Goodbye => {
                session.tell(Item::event(Some(cid), domain, name, loophole_wire::envelope::empty_payload().into()));
                session.flush();
                session.outbox.finish();
            }
        }
        None
    }

    /// Whether a client may do such things without being asked each time: for gesture frames.
    pub(super) fn may(&self, connection: u32, capability: Capability) -> bool {
        self.sessions.get(&connection).is_some_and(|session| session.may(capability))
    }

    pub(super) fn refuse(
        &mut self,
        connection: u32,
        cid: Option<String>,
        domain: String,
        name: String,
        error: ErrorBody,
    ) {
        if let Some(session) = self.sessions.get_mut(&connection) {
            session.tell(Item::error(cid, domain, name, error));
        }
    }

    /// The framing is lost: the last word, and the end.
    pub(super) fn break_off(&mut self, connection: u32, error: ProtocolError) {
        if let Some(session) = self.sessions.get_mut(&connection) {
            session.tell(error.into());
            session.flush();
            session.outbox.finish();
        }
    }

    /// The core's answer to what [`Self::ask`] returned.
    pub(super) fn answer(
        &mut self,
        ticket: Ticket,
        domain: &'static str,
        name: &'static str,
        outcome: Result<Reply, Rejection>,
    ) {
        let Some(OpenRequest { connection, cid }) = self.requests.remove(&ticket.0) else { return };
        let Some(session) = self.sessions.get_mut(&connection) else { return };
        session.open_requests = session.open_requests.saturating_sub(1);
        session.tell(match outcome {
            Ok(reply) => {
                let mut item = Item::event(Some(cid), domain, name, Arc::clone(reply.payload.json()));
                if (domain, name) == ("project", "snapshot") {
                    item.kind = Kind::Snapshot;
                }
                item
            }
            Err(error) => Item::error(Some(cid), domain, name, error),
        });
    }

    /// Whether anybody but `except` hears of a domain.
    pub(super) fn anybody_hears(&self, domain: &str, except: Option<u32>) -> bool {
        self.sessions.iter().any(|(connection, session)| Some(*connection) != except && session.hears(domain))
    }

    /// Tells everybody who hears of the domain, but not `except`, who has the answer already.
    pub(super) fn broadcast(
        &mut self,
        domain: &'static str,
        name: &'static str,
        payload: &Payload,
        except: Option<u32>,
        cause: Option<&Arc<Cause>>,
    ) {
        for (connection, session) in &mut self.sessions {
            if Some(*connection) != except && session.hears(domain) {
                let item = Item::event(None, domain, name, Arc::clone(payload.json()));
                session.tell(Item { cause: cause.cloned(), ..item });
            }
        }
    }

    /// Meters for those for whom they are due.
    pub(super) fn tell_meters(&mut self, telemetry: &TelemetryView, now_nanos: u64) {
        let mut written = None;
        for session in self.sessions.values_mut() {
            if session.meters_are_due(now_nanos) {
                let (spec, payload) = written.get_or_insert_with(|| {
                    let meters = Happening::MeteringState(Meters::of(telemetry));
                    (meters.spec(), meters.payload())
                });
                session.tell_meters(spec, payload);
            }
        }
    }

    /// Tells what the tap has seen to those who want it, and keeps it open for them.
    pub(super) fn tell_messages(&mut self, tap: &Tap) {
        let wanting = self.sessions.values_mut().filter(|session| session.wants_messages());
        let mut count = 0;
        for session in wanting {
            session.tell_messages(tap);
            count += 1;
        }
        tap.set_subscribed(count > 0);
    }

    /// A batch of this client is done. While the engine is `crowded`, its next one waits: nothing is lost, and the
    /// one who is too fast is the one who waits.
    pub(super) fn batch_done(&mut self, connection: u32, crowded: bool) {
        if let Some(session) = self.sessions.get_mut(&connection) {
            session.flush();
            if crowded {
                self.held.push(connection);
            } else {
                session.outbox.batch_done();
            }
        }
    }

    /// Hands over all that was told in this turn.
    pub(super) fn end_of_turn(&mut self, crowded: bool) {
        for session in self.sessions.values_mut() {
            session.flush();
        }
        if !crowded {
            for connection in self.held.drain(..) {
                if let Some(session) = self.sessions.get(&connection) {
                    session.outbox.batch_done();
                }
            }
        }
    }
}
