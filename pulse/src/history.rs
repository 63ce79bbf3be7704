//! What was done, so that it can be taken back and done again.

use crate::intent::Origin;
use crate::model::{Op, ParameterId};
use crate::view::{HistoryEntry, HistoryView};
use std::collections::BTreeSet;
use std::sync::Arc;

/// As many changes can be taken back.
pub const LIMIT: usize = 1_000;

/// Two stacks of inverse ops.
#[derive(Debug, Default)]
pub struct History {
    undo: Vec<Step>,
    redo: Vec<Step>,
    shown: HistoryView,
    /// Of the newest step; names a state of the model.
    next_serial: u64,
    /// The serial below the oldest step that is kept.
    floor: u64,
}

#[derive(Clone, Debug)]
struct Step {
    serial: u64,
    /// In the order to apply them.
    ops: Vec<Op>,
}

impl History {
    /// A change was made; `inverse` takes it back. What could be redone is gone. The answer names the entry.
    pub fn record(&mut self, label: String, origin: Origin, inverse: Vec<Op>) -> u64 {
        self.redo.clear();
        Arc::make_mut(&mut self.shown.redo).clear();
        self.next_serial += 1;
        self.undo.push(Step { serial: self.next_serial, ops: inverse });
        Arc::make_mut(&mut self.shown.undo).push(HistoryEntry { label, origin });
        if self.undo.len() > LIMIT {
            self.floor = self.undo.remove(0).serial;
            Arc::make_mut(&mut self.shown.undo).remove(0);
        }
        self.next_serial
    }

    /// A change of parameter values joined the newest entry: what takes that one back takes this one back too. The
    /// state has another name from now on, which comes back. None when `serial` is not the newest entry.
    pub fn join(&mut self, serial: u64, inverse: &[Op]) -> Option<u64> {
        if !self.redo.is_empty() {
            return None;
        }
        let newest = self.undo.last_mut().filter(|step| step.serial == serial)?;
        // Where the entry knows an earlier value of a parameter, that one is the one to go back to.
        let known: BTreeSet<ParameterId> = newest.ops.iter().filter_map(moved).collect();
        newest.ops.extend(inverse.iter().filter(|op| moved(op).is_none_or(|id| !known.contains(&id))).cloned());
        self.next_serial += 1;
        newest.serial = self.next_serial;
        Some(self.next_serial)
    }

    /// The ops that take back the newest change, with its label. [`Self::undone`] must follow.
    pub fn undo(&mut self) -> Option<(String, Vec<Op>)> {
        let step = self.undo.last_mut()?;
        let label = self.shown.undo.last().map(|entry| entry.label.clone()).unwrap_or_default();
        Some((label, std::mem::take(&mut step.ops)))
    }

    /// The newest change was taken back; `inverse` does it again.
    pub fn undone(&mut self, inverse: Vec<Op>) {
        let Some(step) = self.undo.pop() else { return };
        self.redo.push(Step { ops: inverse, ..step });
        if let Some(entry) = Arc::make_mut(&mut self.shown.undo).pop() {
            Arc::make_mut(&mut self.shown.redo).push(entry);
        }
    }

    /// The ops that do the last undone change again, with its label. [`Self::redone`] must follow.
    pub fn redo(&mut self) -> Option<(String, Vec<Op>)> {
        let step = self.redo.last_mut()?;
        let label = self.shown.redo.last().map(|entry| entry.label.clone()).unwrap_or_default();
        Some((label, std::mem::take(&mut step.ops)))
    }

    /// The last undone change was done again; `inverse` takes it back.
    pub fn redone(&mut self, inverse: Vec<Op>) {
        let Some(step) = self.redo.pop() else { return };
        self.undo.push(Step { ops: inverse, ..step });
        if let Some(entry) = Arc::make_mut(&mut self.shown.redo).pop() {
            Arc::make_mut(&mut self.shown.undo).push(entry);
        }
    }

    /// Names the state that the model is in: equal names, equal models (but for what is not undone).
    pub fn state(&self) -> u64 {
        self.undo.last().map_or(self.floor, |step| step.serial)
    }

    /// What a window shows.
    pub fn view(&self) -> HistoryView {
        self.shown.clone()
    }

    /// Forgets everything; states get new names.
    pub fn clear(&mut self) {
        self.next_serial += 1;
        *self = Self { next_serial: self.next_serial, floor: self.next_serial, ..Self::default() };
    }
}

fn moved(op: &Op) -> Option<ParameterId> {
    match op {
        Op::Value(id, _) => Some(*id),
        _ => None,
    }
}
