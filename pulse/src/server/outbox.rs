//! What waits for one headless client. Whoever fills it never waits; a client that does not read pays for it alone.

use crate::trace::Cause;
use loophole_wire::envelope::{Kind, Priority, empty_payload};
use loophole_wire::{ErrorBody, ProtocolError};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// When more than this waits, telemetry is dropped.
const TELEMETRY_LIMIT_BYTES: usize = 256 * 1024;
/// When more than this waits, the client's own requests are no longer read.
const ROOM_BYTES: usize = 1024 * 1024;
/// When more than this waits, the client is disconnected.
pub(crate) const LIMIT_BYTES: usize = 4 * 1024 * 1024;
/// How many batches of requests of one client may be on their way through the core.
const BATCHES_IN_FLIGHT: u32 = 2;
/// A client whose requests are not read because it does not read the answers is given up after this.
const STALLED: Duration = Duration::from_secs(5);
/// What an envelope costs besides its payload, roughly.
const ENVELOPE_BYTES: usize = 300;

/// One message for a client.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    pub(crate) cid: Option<String>,
    pub(crate) domain: Cow<'static, str>,
    pub(crate) name: Cow<'static, str>,
    pub(crate) kind: Kind,
    pub(crate) priority: Priority,
    pub(crate) payload: Arc<RawValue>,
    pub(crate) error: Option<Arc<ErrorBody>>,
    /// It may be dropped: a newer one follows.
    pub(crate) is_telemetry: bool,
    /// What led to it, for the tap.
    pub(crate) cause: Option<Arc<Cause>>,
}

impl Item {
    pub(crate) fn event(
        cid: Option<String>,
        domain: impl Into<Cow<'static, str>>,
        name: impl Into<Cow<'static, str>>,
        payload: Arc<RawValue>,
    ) -> Self {
        Self {
            cid,
            domain: domain.into(),
            name: name.into(),
            kind: Kind::Event,
            priority: Priority::Normal,
            payload,
            error: None,
            is_telemetry: false,
            cause: None,
        }
    }

    pub(crate) fn error(
        cid: Option<String>,
        domain: impl Into<Cow<'static, str>>,
        name: impl Into<Cow<'static, str>>,
        error: ErrorBody,
    ) -> Self {
        let mut item = Self::event(cid, domain, name, empty_payload().into());
        item.kind = Kind::Error;
        item.priority = Priority::High;
        item.error = Some(Arc::new(error));
        item
    }

    /// An error that answers no command in particular.
    pub(crate) fn uncorrelated(error: ErrorBody) -> Self {
        Self::error(None, "client", "error", error)
    }

    pub(crate) fn cost_bytes(&self) -> usize {
        let error = self.error.as_ref().map_or(0, |error| error.message.len() + error.code.len());
        ENVELOPE_BYTES + self.payload.get().len() + error
    }
}

impl From<ProtocolError> for Item {
    fn from(error: ProtocolError) -> Self {
        Self::uncorrelated(error.into())
    }
}

#[derive(Debug)]
pub(crate) struct ClientOutbox {
    state: Mutex<State>,
    filled: Condvar,
    room: Condvar,
}

#[derive(Debug)]
struct State {
    items: Vec<Item>,
    /// Queued, or encoded and not yet written.
    waiting_bytes: usize,
    batches_in_flight: u32,
    telemetry_dropped: u64,
    writer_waits: bool,
    progress_at: Instant,
    /// Nothing more is taken; what is there is still written.
    ending_since: Option<Instant>,
    closed: bool,
}

/// Whether a client's next requests may be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Room {
    Yes,
    /// Not yet; look again.
    NotYet,
    /// The connection ends.
    Ending,
}

impl Default for ClientOutbox {
    fn default() -> Self {
        let state = State {
            items: Vec::new(),
            waiting_bytes: 0,
            batches_in_flight: 0,
            telemetry_dropped: 0,
            writer_waits: false,
            progress_at: Instant::now(),
            ending_since: None,
            closed: false,
        };
        Self { state: Mutex::new(state), filled: Condvar::new(), room: Condvar::new() }
    }
}

impl ClientOutbox {
    /// Takes all of `items`, or ends the connection when too much waits already.
    pub(crate) fn push(&self, items: &mut Vec<Item>) {
        if items.is_empty() {
            return;
        }
        let mut state = self.lock();
        for item in items.drain(..) {
            state.take(item);
        }
        if std::mem::take(&mut state.writer_waits) {
            self.filled.notify_one();
        }
        if state.ending_since.is_some() {
            self.room.notify_all();
        }
    }

    pub(crate) fn push_one(&self, item: Item) {
        self.push(&mut vec![item]);
    }

    /// Waits a moment until the client's next batch may go to the core, and counts it.
    pub(crate) fn reserve_batch(&self, patience: Duration) -> Room {
        let mut state = self.lock();
        let deadline = Instant::now() + patience;
        loop {
            if state.ending_since.is_some() || state.closed {
                return Room::Ending;
            }
            if state.batches_in_flight < BATCHES_IN_FLIGHT && state.waiting_bytes < ROOM_BYTES {
                state.batches_in_flight += 1;
                return Room::Yes;
            }
            if state.waiting_bytes >= ROOM_BYTES && state.progress_at.elapsed() > STALLED {
                state.give_up();
                continue;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left == Duration::ZERO {
                return Room::NotYet;
            }
            (state, _) = self.room.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// The core has done a batch.
    pub(crate) fn batch_done(&self) {
        let mut state = self.lock();
        state.batches_in_flight = state.batches_in_flight.saturating_sub(1);
        self.room.notify_all();
    }

    /// Moves all that waits to the end of `items`, after waiting for something. False when there is nothing more.
    pub(crate) fn take_all(&self, items: &mut Vec<Item>) -> bool {
        let mut state = self.lock();
        loop {
            if state.closed {
                return false;
            }
            if !state.items.is_empty() {
                items.append(&mut state.items);
                return true;
            }
            if state.ending_since.is_some() {
                return false;
            }
            state.writer_waits = true;
            state = self.filled.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// What was taken turned out to be so many bytes.
    pub(crate) fn encoded(&self, cost_bytes: usize, bytes: usize) {
        let mut state = self.lock();
        state.waiting_bytes = state.waiting_bytes.saturating_sub(cost_bytes) + bytes;
        state.progress_at = Instant::now();
    }

    /// So many bytes have been taken by the network.
    pub(crate) fn written(&self, bytes: usize) {
        let mut state = self.lock();
        state.waiting_bytes = state.waiting_bytes.saturating_sub(bytes);
        state.progress_at = Instant::now();
        if state.waiting_bytes < ROOM_BYTES {
            self.room.notify_all();
        }
    }

    /// Writes what is there, then ends.
    pub(crate) fn finish(&self) {
        let mut state = self.lock();
        state.ending_since.get_or_insert_with(Instant::now);
        self.filled.notify_all();
        self.room.notify_all();
    }

    /// Ends now.
    pub(crate) fn close(&self) {
        let mut state = self.lock();
        state.closed = true;
        state.items.clear();
        self.filled.notify_all();
        self.room.notify_all();
    }

    /// How long the connection has been ending; none while it lives.
    pub(crate) fn ending_for(&self) -> Option<Duration> {
        self.lock().ending_since.map(|since| since.elapsed())
    }

    /// Telemetry that was dropped because the client reads too slowly.
    /// More waits than a client that reads well leaves: what can wait should.
    pub(crate) fn is_busy(&self) -> bool {
        self.lock().waiting_bytes > TELEMETRY_LIMIT_BYTES
    }

    pub(crate) fn telemetry_dropped(&self) -> u64 {
        self.lock().telemetry_dropped
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn take(&mut self, item: Item) {
        if self.ending_since.is_some() || self.closed {
            return;
        }
        if item.is_telemetry && self.waiting_bytes > TELEMETRY_LIMIT_BYTES {
            self.telemetry_dropped += 1;
        } else if self.waiting_bytes > LIMIT_BYTES {
            self.give_up();
        } else {
            self.waiting_bytes += item.cost_bytes();
            self.items.push(item);
        }
    }

    /// What has not been encoded is thrown away; the reason is the last thing that the client can read.
    fn give_up(&mut self) {
        self.items.clear();
        let megabytes = LIMIT_BYTES / 1024 / 1024;
        let message = format!(
            "more than {megabytes} MiB waited to be read, or nothing was read for too long; read faster, or subscribe to less"
        );
        self.items.push(Item::uncorrelated(ErrorBody::new("client.tooSlow", message)));
        self.ending_since = Some(Instant::now());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use loophole_wire::envelope::to_payload;

    fn item(bytes: usize, is_telemetry: bool) -> Item {
        let payload = to_payload(&"x".repeat(bytes));
        Item { is_telemetry, ..Item::event(None, "debug", "echo", payload.into()) }
    }

    #[test]
    fn telemetry_is_dropped_first_and_then_the_client() {
        let outbox = ClientOutbox::default();
        outbox.push_one(item(TELEMETRY_LIMIT_BYTES, false));
        outbox.push_one(item(10, true));
        assert_eq!((outbox.telemetry_dropped(), outbox.ending_for()), (1, None));
        // One message may be as large as it wants; only the next one is too much.
        outbox.push_one(item(LIMIT_BYTES, false));
        assert_eq!(outbox.ending_for(), None);
        outbox.push_one(item(10, false));
        assert!(outbox.ending_for().is_some());
        let mut items = Vec::new();
        assert!(outbox.take_all(&mut items));
        assert_eq!(items.len(), 1);
        assert_eq!(items[0].error.as_ref().map(|error| error.code.as_str()), Some("client.tooSlow"));
        assert!(!outbox.take_all(&mut items));
    }

    #[test]
    fn requests_are_read_only_while_there_is_room() {
        let outbox = ClientOutbox::default();
        let now = Duration::ZERO;
        assert_eq!([outbox.reserve_batch(now), outbox.reserve_batch(now)], [Room::Yes; 2]);
        assert_eq!(outbox.reserve_batch(now), Room::NotYet);
        outbox.batch_done();
        outbox.push_one(item(ROOM_BYTES, false));
        assert_eq!(outbox.reserve_batch(now), Room::NotYet);
        let mut items = Vec::new();
        assert!(outbox.take_all(&mut items));
        outbox.encoded(items[0].cost_bytes(), ROOM_BYTES + 100);
        assert_eq!(outbox.reserve_batch(now), Room::NotYet);
        outbox.written(200);
        assert_eq!(outbox.reserve_batch(now), Room::Yes);
        outbox.finish();
        assert_eq!(outbox.reserve_batch(now), Room::Ending);
    }
}
