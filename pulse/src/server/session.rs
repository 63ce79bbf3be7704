//! What the core's thread knows of one client: what it may do, what it hears, what it has asked.

use super::outbox::{ClientOutbox, Item};
use super::tracing::Tracing;
use crate::core::tracing::tracing;
use crate::event::{Happening, HappeningSpec, Payload};
use crate::intent::{Capability, Intent};
use crate::trace::Tap;
use crate::view::shapes::client::{Capabilities, Domains};
use crate::view::shapes::{Done, metering::Rate};
use loophole_wire::ErrorBody;
use loophole_wire::domain::PULSE_DOMAINS;
use std::collections::BTreeSet;
use std::sync::Arc;

const METERING_RATE_HZ: u32 = 30;
const METERING_RATE_LIMIT_HZ: u32 = 60;
/// Requests of one client that may be without an answer (imports, saves).
const OPEN_REQUESTS: usize = 1_024;
/// `*` does not mean these.
const NOT_IN_ALL: &str = "metering";

/// One connected client.
#[derive(Debug)]
pub(crate) struct ClientSession {
    pub(crate) outbox: Arc<ClientOutbox>,
    /// Requests that have no answer yet.
    pub(crate) open_requests: usize,
    granted: BTreeSet<Capability>,
    capabilities: BTreeSet<Capability>,
    domains: BTreeSet<&'static str>,
    metering: Option<Metering>,
    tracing: Option<Tracing>,
    pending: Vec<Item>,
}

#[derive(Clone, Copy, Debug)]
struct Metering {
    interval_nanos: u64,
    last_nanos: u64,
}

/// What to do with an intent of a client.
#[derive(Debug)]
pub(crate) enum Verdict {
    /// It is for the core.
    Core(Intent),
    /// It is about the connection, and done.
    Answer(Payload),
    Refuse(ErrorBody),
    /// Answer, then end the connection.
    Goodbye,
}

impl ClientSession {
    pub(crate) fn new(outbox: Arc<ClientOutbox>, granted: BTreeSet<Capability>) -> Self {
        Self {
            outbox,
            open_requests: 0,
            capabilities: granted.clone(),
            granted,
            domains: BTreeSet::new(),
            metering: None,
            tracing: None,
            pending: Vec::new(),
        }
    }

    pub(crate) fn may(&self, capability: Capability) -> bool {
        self.capabilities.contains(&capability)
    }

    /// Checks what the client may do, and does what is about the connection only.
    pub(crate) fn judge(&mut self, intent: Intent) -> Verdict {
        let spec = intent.spec();
        if !self.may(spec.capability) {
            let needed = spec.capability.name();
            let message = format!("'{}.{}' needs the capability '{needed}'", spec.domain, spec.name);
            return Verdict::Refuse(
                ErrorBody::new("client.forbidden", message).with_details(Needed { capability: spec.capability }),
            );
        }
        match intent {
            Intent::ClientHello(_) => {
                Verdict::Refuse(ErrorBody::new("client.alreadyGreeted", "this connection has said hello before"))
            }
            Intent::ClientGoodbye(_) => Verdict::Goodbye,
            Intent::ClientHeartbeat(_) => Verdict::Answer(Payload::of(&Done {})),
            Intent::ClientSubscribe(subscribe) => self.subscribe(&subscribe.domains),
            Intent::ClientUnsubscribe(unsubscribe) => self.unsubscribe(&unsubscribe.domains),
            Intent::ClientUpdateCapabilities(update) => self.update_capabilities(&update.capabilities),
            Intent::MeteringSubscribe(subscribe) => self.subscribe_meters(subscribe.rate_hz),
            Intent::MeteringUnsubscribe(_) => {
                self.metering = None;
                Verdict::Answer(Payload::of(&Done {}))
            }
            Intent::DebugTraceSubscribe(ask) => match tracing(ask.filter.as_deref()) {
                Ok((filter, payload)) => {
                    self.tracing = Some(Tracing::new(filter, ask.from_number));
                    Verdict::Answer(payload)
                }
                Err(error) => Verdict::Refuse(error),
            },
            Intent::DebugTraceUnsubscribe(_) => {
                self.tracing = None;
                Verdict::Answer(Payload::of(&Done {}))
            }
            other if self.open_requests >= OPEN_REQUESTS => {
                let name = other.spec().name;
                let message = format!("{OPEN_REQUESTS} requests wait for their answer; send '{name}' again later");
                Verdict::Refuse(ErrorBody::new("client.tooManyRequests", message))
            }
            other => Verdict::Core(other),
        }
    }

    /// Keeps a message until [`Self::flush`].
    pub(crate) fn tell(&mut self, item: Item) {
        self.pending.push(item);
    }

    /// Hands over what was kept, in one go.
    pub(crate) fn flush(&mut self) {
        self.outbox.push(&mut self.pending);
    }

    /// Whether the client hears of a domain.
    pub(crate) fn hears(&self, domain: &str) -> bool {
        self.domains.contains(domain)
    }

    /// Whether meters are due; then the next ones are due an interval later.
    pub(crate) fn meters_are_due(&mut self, now_nanos: u64) -> bool {
        /// The engine's own rhythm is not exactly ours: half of a frame at 60 Hz.
        const EARLY_NANOS: u64 = 8_000_000;
        let Some(metering) = &mut self.metering else { return false };
        let passed = now_nanos.saturating_sub(metering.last_nanos);
        let due = passed + EARLY_NANOS >= metering.interval_nanos || now_nanos < metering.last_nanos;
        if due {
            // From when it was due, so that the rate holds on average; but no catching up.
            let on_time = metering.last_nanos + metering.interval_nanos;
            let late = now_nanos.saturating_sub(on_time) > metering.interval_nanos;
            metering.last_nanos = if late || now_nanos < metering.last_nanos { now_nanos } else { on_time };
        }
        due
    }

    /// Meters may be dropped when the client reads slowly.
    pub(crate) fn tell_meters(&mut self, spec: &HappeningSpec, payload: &Payload) {
        let item = Item::event(None, spec.domain, spec.name, Arc::clone(payload.json()));
        self.pending.push(Item { is_telemetry: true, priority: spec.priority, ..item });
    }

    /// Whether it wants to be told messages.
    pub(crate) fn wants_messages(&self) -> bool {
        self.tracing.is_some()
    }

    /// Tells what the tap has seen since the last time, if the client reads fast enough.
    pub(crate) fn tell_messages(&mut self, tap: &Tap) {
        let Some(tracing) = self.tracing.as_mut().filter(|_| !self.outbox.is_busy()) else { return };
        if let Some(traced) = tracing.next(tap) {
            let told = Happening::DebugTraced(traced.told());
            let (spec, payload) = (told.spec(), told.payload());
            let item = Item::event(None, spec.domain, spec.name, Arc::clone(payload.json()));
            self.pending.push(Item { priority: spec.priority, ..item });
        }
    }

    fn subscribe(&mut self, domains: &[String]) -> Verdict {
        let mut wanted = BTreeSet::new();
        for domain in domains {
            match PULSE_DOMAINS.iter().find(|known| *known == domain) {
                Some(known) => {
                    wanted.insert(*known);
                }
                None if domain == "*" => wanted.extend(PULSE_DOMAINS.iter().filter(|known| **known != NOT_IN_ALL)),
                None => return unknown_domain(domain),
            }
        }
        if wanted.contains(NOT_IN_ALL) && self.metering.is_none() {
            self.subscribe_meters(None);
        }
        self.domains.extend(wanted);
        self.heard()
    }

    fn heard(&self) -> Verdict {
        Verdict::Answer(Payload::of(&Domains { domains: self.domains.iter().copied().collect() }))
    }

    fn unsubscribe(&mut self, domains: &[String]) -> Verdict {
        let known = |domain: &String| domain == "*" || PULSE_DOMAINS.contains(&domain.as_str());
        if let Some(unknown) = domains.iter().find(|domain| !known(domain)) {
            return unknown_domain(unknown);
        }
        if domains.iter().any(|domain| domain == "*") {
            self.domains.clear();
        }
        self.domains.retain(|domain| !domains.iter().any(|gone| gone == domain));
        if domains.iter().any(|domain| domain == NOT_IN_ALL) {
            self.metering = None;
        }
        self.heard()
    }

    fn update_capabilities(&mut self, wanted: &[Capability]) -> Verdict {
        self.capabilities = wanted.iter().copied().filter(|wanted| self.granted.contains(wanted)).collect();
        Verdict::Answer(Payload::of(&Capabilities { capabilities: self.capabilities.iter().copied().collect() }))
    }

    fn subscribe_meters(&mut self, rate_hz: Option<u32>) -> Verdict {
        let rate_hz = rate_hz.unwrap_or(METERING_RATE_HZ);
        if !(1..=METERING_RATE_LIMIT_HZ).contains(&rate_hz) {
            let message = format!("meters come 1 to {METERING_RATE_LIMIT_HZ} times a second, not {rate_hz}");
            return Verdict::Refuse(ErrorBody::new("metering.rateOutOfRange", message));
        }
        self.metering = Some(Metering { interval_nanos: 1_000_000_000 / u64::from(rate_hz), last_nanos: 0 });
        Verdict::Answer(Payload::of(&Rate { rate_hz }))
    }
}

/// The details of a refusal for want of a capability.
#[derive(serde::Serialize)]
struct Needed {
    capability: Capability,
}

fn unknown_domain(domain: &str) -> Verdict {
    let shown: String = domain.chars().take(40).collect();
    let message = format!("there is no domain '{shown}'; 'loophole protocol list' prints all, '*' is all but metering");
    Verdict::Refuse(ErrorBody::new("client.unknownDomain", message))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::intent::{client, metering, project, track};
    use serde_json::{Value, json};

    fn session(granted: &[Capability]) -> ClientSession {
        ClientSession::new(Arc::default(), granted.iter().copied().collect())
    }

    fn answer(verdict: Verdict) -> Value {
        match verdict {
            Verdict::Answer(payload) => payload.value(),
            Verdict::Refuse(error) => Value::String(error.code),
            Verdict::Core(intent) => Value::String(format!("core {}", intent.spec().name)),
            Verdict::Goodbye => Value::String("goodbye".to_owned()),
        }
    }

    #[test]
    fn capabilities_are_given_up_and_asked_back_but_not_gained() {
        let mut session = session(&[Capability::Observe, Capability::Edit]);
        let create = || Intent::TrackCreate(track::Create::default());
        let update = |capabilities: &[Capability]| {
            Intent::ClientUpdateCapabilities(client::UpdateCapabilities { capabilities: capabilities.to_vec() })
        };
        assert_eq!(answer(session.judge(create())), "core create");
        session.judge(update(&[Capability::Observe]));
        assert_eq!(answer(session.judge(create())), "client.forbidden");
        assert_eq!(answer(session.judge(update(&Capability::ALL))), json!({ "capabilities": ["observe", "edit"] }));
        assert_eq!(answer(session.judge(create())), "core create");
        let save = Intent::ProjectSave(project::Save::default());
        assert_eq!(answer(session.judge(save)), "client.forbidden");
    }

    #[test]
    fn all_domains_are_all_but_metering() {
        let mut session = session(&Capability::ALL);
        let subscribe = |domains: &[&str]| {
            let domains = domains.iter().map(|domain| (*domain).to_owned()).collect();
            Intent::ClientSubscribe(client::Subscribe { domains })
        };
        assert_eq!(answer(session.judge(subscribe(&["transport", "dreams"]))), "client.unknownDomain");
        assert!(!session.hears("transport"));
        session.judge(subscribe(&["*"]));
        assert!(session.hears("transport") && session.hears("debug") && !session.hears("metering"));
        let domains = vec!["transport".to_owned()];
        session.judge(Intent::ClientUnsubscribe(client::Unsubscribe { domains }));
        assert!(!session.hears("transport") && session.hears("debug"));
    }

    #[test]
    fn meters_come_at_the_rate_that_was_asked_for() {
        let mut session = session(&Capability::ALL);
        assert!(!session.meters_are_due(1));
        let subscribe = |rate_hz| Intent::MeteringSubscribe(metering::Subscribe { rate_hz });
        assert_eq!(answer(session.judge(subscribe(Some(61)))), "metering.rateOutOfRange");
        for (rate_hz, expected) in [(60, 58..=61), (30, 29..=31), (7, 7..=8)] {
            session.judge(subscribe(Some(rate_hz)));
            // The engine's frames come 60 times a second, with some jitter.
            let second = 1_000_000_000_u64;
            let frames = (0..60_u64).map(|step| 10 * second + step * second / 60 + (step % 3) * 2_000_000);
            let count = frames.filter(|now| session.meters_are_due(*now)).count();
            assert!(expected.contains(&count), "{count} of {rate_hz}");
        }
    }
}
