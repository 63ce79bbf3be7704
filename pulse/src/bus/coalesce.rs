//! What belongs together in the undo list: moves of the same thing by the same hand, without a pause.

use crate::intent::Origin;
use crate::model::ParameterId;

/// A pause of this length begins a new undo entry.
const REST_NANOS: u64 = 500_000_000;

/// Remembers the last change that a next one may join.
#[derive(Debug, Default)]
pub(crate) struct Coalescer {
    last: Option<Last>,
}

#[derive(Debug)]
struct Last {
    key: Key,
    at_nanos: u64,
    /// Of the undo entry.
    serial: u64,
}

/// Two changes with equal keys may become one entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Key {
    pub(crate) origin: Origin,
    /// Of the intent, in the registry.
    pub(crate) intent: usize,
    pub(crate) parameters: Vec<ParameterId>,
}

impl Coalescer {
    /// The undo entry that a change with this key joins, if any.
    pub(crate) fn joins(&self, key: &Key, now: u64) -> Option<u64> {
        let last = self.last.as_ref()?;
        let rested = now.saturating_sub(last.at_nanos) >= REST_NANOS;
        (!rested && last.key == *key).then_some(last.serial)
    }

    /// A change became (part of) the entry `serial`; without a key, nothing joins it.
    pub(crate) fn changed(&mut self, key: Option<Key>, serial: u64, now: u64) {
        self.last = key.map(|key| Last { key, at_nanos: now, serial });
    }

    /// Nothing joins what was done before.
    pub(crate) fn forget(&mut self) {
        self.last = None;
    }
}
