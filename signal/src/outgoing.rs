//! The way out: envelopes and plane frames to the one Pulse, from any thread of the control side.

use loophole_wire::envelope::{Envelope, Kind, Party, Priority, empty_payload};
use loophole_wire::message::EngineEvent;
use loophole_wire::plane::Plane;
use loophole_wire::{ENVELOPE_VERSION, ErrorBody, Frame, frame, time::rfc3339};
use std::io::Write;
use std::net::TcpStream;
use std::sync::{Arc, Mutex, PoisonError};

/// Names a command until it is answered.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Asked {
    pub(crate) id: String,
    pub(crate) domain: String,
    pub(crate) name: String,
}

/// Shared by all threads that have something to say.
#[derive(Clone)]
pub(crate) struct Outgoing(Arc<Mutex<State>>);

struct State {
    stream: TcpStream,
    waiting: Vec<u8>,
    next_id: u64,
    /// While the control thread works through a batch, answers wait for its end.
    corked: bool,
    broken: bool,
}

impl Outgoing {
    pub(crate) fn new(stream: TcpStream) -> Self {
        Self(Arc::new(Mutex::new(State { stream, waiting: Vec::new(), next_id: 1, corked: false, broken: false })))
    }

    /// An event, or the answer to a command.
    pub(crate) fn event(&self, asked: Option<&Asked>, event: &EngineEvent) {
        let spec = event.spec();
        self.envelope(asked, spec.domain, spec.name, Kind::Event, spec.priority, event.payload(), None);
    }

    /// An error, or the refusal of a command.
    pub(crate) fn error(&self, asked: Option<&Asked>, error: ErrorBody) {
        let (domain, name) = asked.map_or(("engine", "warning"), |asked| (&asked.domain, &asked.name));
        self.envelope(asked, domain, name, Kind::Error, Priority::High, empty_payload(), Some(error));
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of an envelope, once")]
    fn envelope(
        &self,
        asked: Option<&Asked>,
        domain: &str,
        name: &str,
        kind: Kind,
        priority: Priority,
        payload: Box<serde_json::value::RawValue>,
        error: Option<ErrorBody>,
    ) {
        let mut state = self.lock();
        let envelope = Envelope {
            v: ENVELOPE_VERSION,
            id: state.next_id.to_string(),
            cid: asked.map(|asked| asked.id.clone()),
            ts: rfc3339(crate::rt::unix_nanos()),
            origin: Party::Signal,
            target: Party::Pulse,
            domain: domain.to_owned(),
            kind,
            name: name.to_owned(),
            priority,
            payload,
            error,
        };
        state.next_id += 1;
        state.push(Frame::Json(&envelope.to_json()));
    }

    /// Plane frames, in one write.
    pub(crate) fn planes(&self, planes: &[Plane]) {
        let mut payload = Vec::new();
        let mut state = self.lock();
        let corked = std::mem::replace(&mut state.corked, true);
        for plane in planes {
            payload.clear();
            plane.encode(&mut payload);
            state.push(Frame::Plane(&payload));
        }
        state.corked = corked;
        state.flush_unless_corked();
    }

    /// Holds answers back until [`Self::uncork`].
    pub(crate) fn cork(&self) {
        self.lock().corked = true;
    }

    pub(crate) fn uncork(&self) {
        let mut state = self.lock();
        state.corked = false;
        state.flush_unless_corked();
    }

    /// True when Pulse cannot be reached any more.
    pub(crate) fn is_broken(&self) -> bool {
        self.lock().broken
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn push(&mut self, frame: Frame<'_>) {
        frame::encode(frame, &mut self.waiting);
        self.flush_unless_corked();
    }

    fn flush_unless_corked(&mut self) {
        if self.corked || self.waiting.is_empty() {
            return;
        }
        if self.stream.write_all(&self.waiting).is_err() && !self.broken {
            // A Pulse that does not read for as long as the write timeout is gone: the reading side ends the process.
            self.broken = true;
            // Already closed by the other side, perhaps.
            let _closed = self.stream.shutdown(std::net::Shutdown::Both);
        }
        self.waiting.clear();
    }
}
