//! What devices are told: a queue and a thread of its own for each open port, so that a slow device delays no other.

use super::pacing::{Limits, Pacing};
use super::surface_io::{PortIo, WriteError};
use super::trouble::Troubles;
use loophole_wire::message::ports::PortTroubleKind;
use loophole_wire::plane::DeviceOutput;
use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// The open ports as the control thread sees them.
#[derive(Default)]
pub(crate) struct Outputs(Mutex<BTreeMap<u32, Arc<OutputQueue>>>);

impl Outputs {
    /// Queues all records; what goes to a port that is not open is counted.
    pub(crate) fn send(&self, records: Vec<DeviceOutput>, troubles: &Troubles) {
        let ports = lock(&self.0);
        for record in records {
            match ports.get(&record.port) {
                Some(queue) => queue.push(record, troubles),
                None => troubles.note(record.port, PortTroubleKind::Dropped, 1, "the port is not open"),
            }
        }
    }

    pub(crate) fn open(&self, port: u32, queue: Arc<OutputQueue>) {
        lock(&self.0).insert(port, queue);
    }

    pub(crate) fn close(&self, port: u32) {
        let queue = lock(&self.0).remove(&port);
        queue.iter().for_each(|queue| queue.end());
    }

    /// Closes all ports.
    pub(crate) fn end(&self) {
        std::mem::take(&mut *lock(&self.0)).values().for_each(|queue| queue.end());
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
