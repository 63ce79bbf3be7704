//! What devices say, on its way to Pulse: one bounded queue from all drivers, one thread behind it.

use super::fast_path::FastPath;
use super::midi::parser::Parser;
use super::storm::{Passed, Storm};
use super::trouble::Troubles;
use loophole_wire::message::ports::{FastPathAction, PortDescription, PortTroubleKind, Transport};
use loophole_wire::plane::DeviceInput;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// Messages that may wait. A driver never waits: what comes beyond is dropped and told.
const MOST_WAITING: usize = 32 * 1024;
/// Bytes that may wait.
const MOST_BYTES: usize = 4 * 1024 * 1024;
/// Bytes in one plane frame, about.
const FRAME_BYTES: usize = 1024 * 1024;

/// Where a driver hands over what one device said.
#[derive(Clone)]
pub(crate) struct InputSink {
    port: u32,
    queue: Arc<InputQueue>,
}

impl InputSink {
    pub(crate) fn new(port: u32, queue: Arc<InputQueue>) -> Self {
        Self { port, queue }
    }

    /// The number of the port.
    pub(crate) fn port(&self) -> u32 {
        self.port
    }

    /// Bytes as the driver gave them, stamped now. Never waits for anything but a short lock.
    pub(crate) fn push(&self, bytes: &[u8]) {
        self.push_at(crate::rt::unix_nanos(), bytes);
    }

    /// With the time at which it was said: nanoseconds since 1970-01-01T00:00:00Z.
    pub(crate) fn push_at(&self, at_nanos: u64, bytes: &[u8]) {
        self.queue.push(Waiting::Said { port: self.port, at_nanos, bytes: 0..0 }, bytes);
    }

    /// The device is gone.
    pub(crate) fn gone(&self, reason: &str) {
        self.queue.push(Waiting::Gone { port: self.port, reason: reason.to_owned() }, &[]);
    }
}

enum Waiting {
    Said { port: u32, at_nanos: u64, bytes: Range<usize> },
    Gone { port: u32, reason: String },
}

/// From the drivers' threads to `signal-devices-in`.
#[derive(Default)]
pub(crate) struct InputQueue {
    state: Mutex<QueueState>,
    arrived: Condvar,
}

#[derive(Default)]
struct QueueState {
    batch: Batch,
    /// What found no room, by port.
    dropped: BTreeMap<u32, u64>,
    ended: bool,
}

#[derive(Default)]
struct Batch {
    waiting: Vec<Waiting>,
    bytes: Vec<u8>,
}

impl InputQueue {
    fn push(&self, mut waiting: Waiting, bytes: &[u8]) {
        let mut state = lock(&self.state);
        if let Waiting::Said { port, bytes: range, .. } = &mut waiting {
            let begin = state.batch.bytes.len();
            if state.batch.waiting.len() >= MOST_WAITING || begin + bytes.len() > MOST_BYTES {
                *state.dropped.entry(*port).or_default() += 1;
                return;
            }
            *range = begin..begin + bytes.len();
            state.batch.bytes.extend_from_slice(bytes);
        }
        let was_empty = state.batch.waiting.is_empty();
        state.batch.waiting.push(waiting);
        drop(state);
        if was_empty {
            self.arrived.notify_one();
        }
    }

    pub(crate) fn end(&self) {
        lock(&self.state).ended = true;
        self.arrived.notify_all();
    }

    pub(crate) fn has_ended(&self) -> bool {
        lock(&self.state).ended
    }

    /// Swaps what waits into `batch`, after waiting until `deadline` (none = for ever). False when all is over.
    fn take(&self, deadline: Option<Instant>, batch: &mut Batch, dropped: &mut BTreeMap<u32, u64>) -> bool {
        let mut state = lock(&self.state);
        while state.batch.waiting.is_empty() && !state.ended {
            let Some(deadline) = deadline else {
                state = self.arrived.wait(state).unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            (state, _) = self.arrived.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner);
        }
        std::mem::swap(&mut state.batch, batch);
        std::mem::swap(&mut state.dropped, dropped);
        !state.ended
    }
}

/// What the thread needs of the others.
pub(crate) struct Outlets {
    /// To Pulse, at once.
    pub(crate) said: Box<dyn Fn(Vec<DeviceInput>) + Send>,
    /// Acts on the transport; false when it could not.
    pub(crate) act: Box<dyn Fn(FastPathAction) -> bool + Send>,
    pub(crate) gone: Box<dyn Fn(u32, String) + Send>,
    pub(crate) troubles: Arc<Troubles>,
}

/// The open ports as the thread of input sees them. What comes from any other port is dropped.
#[derive(Default)]
pub(crate) struct Inputs {
    ports: Mutex<BTreeMap<u32, PortInput>>,
    fast_path: Mutex<FastPath>,
}

struct PortInput {
    /// MIDI only.
    parser: Option<Parser>,
    storm: Storm,
}

impl Inputs {
    pub(crate) fn open(&self, port: u32, description: &PortDescription) {
        let parser = (description.transport == Transport::Midi).then(Parser::default);
        let storm = match (&description.transport, &description.hid) {
            (Transport::Midi, _) => Storm::of_midi(),
            (Transport::Hid, Some(hid)) => Storm::of_hid(&hid.descriptor),
            (Transport::Hid | Transport::Osc, _) => Storm::of_hid(&[]),
        };
        lock(&self.ports).insert(port, PortInput { parser, storm });
    }

    /// When it returns, nothing more of this port goes to Pulse.
    pub(crate) fn close(&self, port: u32) {
        lock(&self.ports).remove(&port);
    }

    pub(crate) fn set_fast_path(&self, fast_path: FastPath) {
        *lock(&self.fast_path) = fast_path;
    }

    /// The thread `signal-devices-in`.
    pub(crate) fn run(&self, queue: &InputQueue, outlets: &Outlets) {
        let (mut batch, mut dropped, mut due) = (Batch::default(), BTreeMap::new(), None);
        while queue.take(due, &mut batch, &mut dropped) {
            due = self.turn(&mut batch, outlets);
            for (port, count) in std::mem::take(&mut dropped) {
                let message = "the device says more than Pulse can take";
                outlets.troubles.note(port, PortTroubleKind::Dropped, count, message);
            }
        }
    }

    /// Takes what came; returns when to look again at the latest.
    fn turn(&self, batch: &mut Batch, outlets: &Outlets) -> Option<Instant> {
        let (now, mut gone) = (Instant::now(), Vec::new());
        // Held to the end, so that a port that was closed says nothing more.
        let mut ports = lock(&self.ports);
        let mut frame = Frame { records: Vec::new(), bytes: 0, outlets };
        for waiting in batch.waiting.drain(..) {
            match waiting {
                Waiting::Gone { port, reason } => gone.push((port, reason)),
                Waiting::Said { port, at_nanos, bytes } => {
                    let Some(of_port) = ports.get_mut(&port) else { continue };
                    let bytes = batch.bytes.get(bytes).unwrap_or_default();
                    self.said(port, of_port, at_nanos, bytes, now, &mut frame);
                }
            }
        }
        batch.bytes.clear();
        let mut next: Option<Instant> = None;
        for (port, of_port) in ports.iter_mut() {
            of_port.storm.due(now, |passed| frame.push(*port, false, passed));
            let dropped = of_port.storm.take_dropped();
            if dropped > 0 {
                let message = "the device says too much; the newest values come, some between were left out";
                outlets.troubles.note(*port, PortTroubleKind::Storm, dropped, message);
            }
            next = next.into_iter().chain(of_port.storm.next_due()).min();
        }
        frame.send();
        drop(ports);
        for (port, reason) in gone {
            (outlets.gone)(port, reason);
        }
        next
    }

    fn said(
        &self,
        port: u32,
        of_port: &mut PortInput,
        at_nanos: u64,
        bytes: &[u8],
        now: Instant,
        frame: &mut Frame<'_>,
    ) {
        let PortInput { parser, storm } = of_port;
        let Some(parser) = parser else {
            storm.take(now, at_nanos, bytes, |passed| frame.push(port, false, passed));
            return;
        };
        parser.push(bytes, |message| {
            let action = lock(&self.fast_path).action(port, message);
            if let Some(action) = action {
                let executed = (frame.outlets.act)(action);
                frame.push(port, executed, Passed { at_nanos, thinned: false, bytes: message.to_vec() });
                return;
            }
            storm.take(now, at_nanos, message, |passed| frame.push(port, false, passed));
        });
        let too_long = parser.take_dropped();
        if too_long > 0 {
            let message = "a SysEx of more than 65,535 bytes was left out";
            frame.outlets.troubles.note(port, PortTroubleKind::Dropped, too_long, message);
        }
    }
}

/// Records until they are sent.
struct Frame<'a> {
    records: Vec<DeviceInput>,
    bytes: usize,
    outlets: &'a Outlets,
}

impl Frame<'_> {
    fn push(&mut self, port: u32, executed: bool, passed: Passed) {
        let Passed { at_nanos, thinned, bytes } = passed;
        self.bytes += bytes.len() + 16;
        self.records.push(DeviceInput { port, at_nanos, executed, thinned, bytes });
        if self.bytes >= FRAME_BYTES {
            self.send();
        }
    }

    fn send(&mut self) {
        self.bytes = 0;
        if !self.records.is_empty() {
            (self.outlets.said)(std::mem::take(&mut self.records));
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
