//! Lanes on their way into use: a short queue of fixed size.

use crate::media::stream::StreamBundle;

/// Bundles that may wait; while it is full, no more commands are taken.
const PLACES: usize = 16;

/// A bundle, and when rolling begins with it.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) bundle: Box<StreamBundle>,
    pub(super) start_at_nanos: Option<u64>,
}

/// First come, first served.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    entries: [Option<Entry>; PLACES],
    first: usize,
    count: usize,
}

impl Waiting {
    pub(super) fn is_full(&self) -> bool {
        self.count == PLACES
    }

    pub(super) fn front(&self) -> Option<&Entry> {
        self.entries[self.first].as_ref()
    }

    pub(super) fn pop(&mut self) -> Option<Entry> {
        let entry = self.entries[self.first].take()?;
        self.first = (self.first + 1) % PLACES;
        self.count -= 1;
        Some(entry)
    }

    /// Gives it back when there is no room.
    pub(super) fn push(&mut self, entry: Entry) -> Option<Entry> {
        if self.is_full() {
            return Some(entry);
        }
        self.entries[(self.first + self.count) % PLACES] = Some(entry);
        self.count += 1;
        None
    }

    /// Rolling does not begin with any of them.
    pub(super) fn cancel_starts(&mut self) {
        self.entries.iter_mut().flatten().for_each(|entry| entry.start_at_nanos = None);
    }

    /// Whether somebody waits for one of them.
    pub(super) fn is_awaited(&self) -> bool {
        self.entries.iter().flatten().any(|entry| entry.bundle.ticket != 0)
    }
}
