//! What waits for the engine: filled by the core, which never waits, emptied by the link's writer.

use crate::trace::Cause;
use loophole_wire::message::EngineCommand;
use loophole_wire::plane::{DeviceOutput, GestureValue};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// When more than this waits (in bytes, roughly), headless clients are made to wait until it has gone.
pub(crate) const BACKLOG_HIGH_BYTES: usize = 512 * 1024;
/// When more than this waits, the engine does not read any more: it is as good as hanging.
const BACKLOG_LIMIT_BYTES: usize = 256 * 1024 * 1024;

/// One thing for the engine.
#[derive(Debug)]
pub(crate) enum EngineItem {
    Command {
        ticket: Option<u64>,
        command: EngineCommand,
        /// Only while the tap is open.
        cause: Option<Arc<Cause>>,
    },
    Gesture {
        stream: u32,
        values: Vec<GestureValue>,
    },
    DeviceOutput {
        records: Vec<DeviceOutput>,
    },
}

/// The queue of one connection to one engine process.
#[derive(Debug, Default)]
pub(crate) struct EngineOutbox {
    queue: Mutex<Queue>,
    changed: Condvar,
    /// Queued or being written.
    backlog_bytes: AtomicUsize,
    overflowed: AtomicBool,
}

#[derive(Debug, Default)]
struct Queue {
    items: Vec<EngineItem>,
    writer_waits: bool,
    closed: bool,
}

impl EngineOutbox {
    /// Takes all of `items`. After [`Self::close`] they are dropped: the rebuild sends everything again.
    pub(crate) fn push(&self, items: &mut Vec<EngineItem>) {
        let mut queue = self.lock();
        if queue.closed || self.overflowed.load(Ordering::Relaxed) {
            items.clear();
            return;
        }
        let cost: usize = items.iter().map(EngineItem::cost_bytes).sum();
        let backlog = self.backlog_bytes.fetch_add(cost, Ordering::Relaxed) + cost;
        if backlog > BACKLOG_LIMIT_BYTES {
            self.overflowed.store(true, Ordering::Relaxed);
        }
        queue.items.append(items);
        if std::mem::take(&mut queue.writer_waits) {
            self.changed.notify_one();
        }
    }

    pub(crate) fn push_one(&self, item: EngineItem) {
        self.push(&mut vec![item]);
    }

    /// Moves all that waits to the end of `items`, waiting until `deadline` (none = for ever) for something.
    /// Returns false when the outbox is closed.
    pub(crate) fn take(&self, deadline: Option<Instant>, items: &mut Vec<EngineItem>) -> bool {
        let mut queue = self.lock();
        while queue.items.is_empty() && !queue.closed {
            queue.writer_waits = true;
            match deadline.map(|deadline| deadline.saturating_duration_since(Instant::now())) {
                None => queue = self.changed.wait(queue).unwrap_or_else(PoisonError::into_inner),
                Some(Duration::ZERO) => break,
                Some(left) => {
                    (queue, _) = self.changed.wait_timeout(queue, left).unwrap_or_else(PoisonError::into_inner);
                }
            }
        }
        queue.writer_waits = false;
        items.append(&mut queue.items);
        !queue.closed
    }

    /// What was taken has been written. Returns true when this ended a time of too much backlog.
    pub(crate) fn written(&self, cost_bytes: usize) -> bool {
        let before = self.backlog_bytes.fetch_sub(cost_bytes, Ordering::Relaxed);
        before > BACKLOG_HIGH_BYTES && before - cost_bytes <= BACKLOG_HIGH_BYTES
    }

    /// Whether so much waits that headless clients should wait too.
    pub(crate) fn is_crowded(&self) -> bool {
        self.backlog_bytes.load(Ordering::Relaxed) > BACKLOG_HIGH_BYTES
    }

    /// Whether the engine was hopelessly behind: something was dropped, so it must be rebuilt.
    pub(crate) fn has_overflowed(&self) -> bool {
        self.overflowed.load(Ordering::Relaxed)
    }

    /// Nothing more goes in; the writer ends.
    pub(crate) fn close(&self) {
        let mut queue = self.lock();
        queue.closed = true;
        queue.items.clear();
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl EngineItem {
    /// A command that nobody waits for.
    pub(crate) fn command(command: EngineCommand) -> Self {
        Self::Command { ticket: None, command, cause: None }
    }

    /// About how many bytes it holds.
    pub(crate) fn cost_bytes(&self) -> usize {
        const SMALL: usize = 256;
        SMALL
            + match self {
                Self::Gesture { values, .. } => values.len() * 8,
                Self::DeviceOutput { records } => records.iter().map(|record| record.bytes.len() + 12).sum(),
                Self::Command { command: EngineCommand::ParameterSet(set), .. } => set.values.len() * 40,
                Self::Command { command: EngineCommand::GraphApplySnapshot(graph), .. } => graph.nodes.len() * 400,
                Self::Command { command: EngineCommand::GraphApplyDelta(graph), .. } => graph.nodes.len() * 400,
                Self::Command { .. } => 0,
            }
    }
}
