//! What devices are told: a queue and a thread of its own for each open port, so that a slow device delays no other.

use super::pacing::{Limits, Pacing};
use super::surface_io::{PortIo, WriteError};
use super::trouble::Troubles;
use loophole_wire::message::ports::PortTroubleKind;
use loophole_wire::plane::DeviceOutput;
use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// Records that wait for their port to be opened; more are left out.
const MOST_EARLY: usize = 4_096;

/// The open ports as the control thread sees them.
#[derive(Default)]
pub(crate) struct Outputs(Mutex<Ports>);

#[derive(Default)]
struct Ports {
    open: BTreeMap<u32, Arc<OutputQueue>>,
    /// What was sent to ports that are being opened, which takes time: it goes once they are.
    early: BTreeMap<u32, Vec<DeviceOutput>>,
}

impl Outputs {
    /// Queues all records; what goes to a port that is neither open nor being opened is counted.
    pub(crate) fn send(&self, records: Vec<DeviceOutput>, troubles: &Troubles) {
        let mut ports = lock(&self.0);
        for record in records {
            if let Some(queue) = ports.open.get(&record.port) {
                queue.push(record, troubles);
                continue;
            }
            match ports.early.get_mut(&record.port).filter(|early| early.len() < MOST_EARLY) {
                Some(early) => early.push(record),
                None => troubles.note(record.port, PortTroubleKind::Dropped, 1, "the port is not open"),
            }
        }
    }

    /// The port is about to be opened: what is sent to it from now on waits for that.
    pub(crate) fn expect(&self, port: u32) {
        let mut ports = lock(&self.0);
        if !ports.open.contains_key(&port) {
            ports.early.entry(port).or_default();
        }
    }

    /// It will not be opened.
    pub(crate) fn refused(&self, port: u32) {
        lock(&self.0).early.remove(&port);
    }

    pub(crate) fn open(&self, port: u32, queue: Arc<OutputQueue>, troubles: &Troubles) {
        let mut ports = lock(&self.0);
        for record in ports.early.remove(&port).unwrap_or_default() {
            queue.push(record, troubles);
        }
        ports.open.insert(port, queue);
    }

    pub(crate) fn close(&self, port: u32) {
        let mut ports = lock(&self.0);
        ports.early.remove(&port);
        let queue = ports.open.remove(&port);
        queue.iter().for_each(|queue| queue.end());
    }

    /// Closes all ports.
    pub(crate) fn end(&self) {
        std::mem::take(&mut *lock(&self.0)).open.values().for_each(|queue| queue.end());
    }
}

/// Of one port.
pub(crate) struct OutputQueue {
    state: Mutex<(Pacing, bool)>,
    arrived: Condvar,
}

impl OutputQueue {
    pub(crate) fn new(limits: Limits) -> Arc<Self> {
        Arc::new(Self { state: Mutex::new((Pacing::new(limits, Instant::now()), false)), arrived: Condvar::new() })
    }

    fn push(&self, record: DeviceOutput, troubles: &Troubles) {
        let mut state = lock(&self.state);
        state.0.push(record.key, record.feature, record.bytes);
        let dropped = state.0.take_dropped();
        drop(state);
        self.arrived.notify_one();
        if dropped > 0 {
            let message = "more waits for the device than it can take; the oldest was left out";
            troubles.note(record.port, PortTroubleKind::Dropped, dropped, message);
        }
    }

    fn end(&self) {
        lock(&self.state).1 = true;
        self.arrived.notify_all();
    }

    /// The thread `signal-port-N`: writes what is due until the port is closed, then closes the device.
    pub(crate) fn run(&self, port: u32, mut io: Box<dyn PortIo>, troubles: &Troubles, gone: &dyn Fn(String)) {
        let mut state = lock(&self.state);
        while !state.1 {
            if let Some(piece) = state.0.pop(Instant::now()) {
                drop(state);
                match io.write(&piece.bytes, piece.feature) {
                    Ok(()) => {}
                    Err(WriteError::Failed(reason)) => troubles.note(port, PortTroubleKind::WriteFailed, 1, &reason),
                    // Who closes the port ends this thread, too; until then there is nobody to write to.
                    Err(WriteError::Gone(reason)) => {
                        gone(reason);
                        return;
                    }
                }
                state = lock(&self.state);
                continue;
            }
            state = match state.0.next_due() {
                None => self.arrived.wait(state).unwrap_or_else(PoisonError::into_inner),
                Some(due) => {
                    let left = due.saturating_duration_since(Instant::now());
                    self.arrived.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
