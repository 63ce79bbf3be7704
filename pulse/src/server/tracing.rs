//! What one client is told of the messages at both seams.

use crate::trace::filter::Filter;
use crate::trace::line::Line;
use crate::trace::pairs::Pairs;
use crate::trace::{Tap, TraceEntry};
use crate::view::shapes::trace::Traced;

/// So many messages are looked at in one turn.
const LOOK: usize = 2_000;
/// One event tells about so many bytes at most.
const EVENT_BYTES: usize = 512 * 1024;

/// One subscription.
#[derive(Debug)]
pub(crate) struct Tracing {
    filter: Filter,
    /// None until the first look: from then on.
    next_number: Option<u64>,
    pairs: Pairs,
    entries: Vec<TraceEntry>,
    lost: u64,
}

impl Tracing {
    pub(crate) fn new(filter: Filter, from_number: Option<u64>) -> Self {
        Self { filter, next_number: from_number, pairs: Pairs::default(), entries: Vec::new(), lost: 0 }
    }

    /// Looks on; something when there is something to tell.
    pub(crate) fn next(&mut self, tap: &Tap) -> Option<Batch> {
        let from = *self.next_number.get_or_insert_with(|| tap.next_number());
        self.entries.clear();
        let mut next = tap.read_at_most(from, LOOK, &mut self.entries);
        let first = self.entries.first().map_or(next, |entry| entry.number);
        self.lost += first.saturating_sub(from);
        let (mut passed, mut bytes) = (Vec::new(), 0);
        for entry in self.entries.drain(..) {
            if bytes > EVENT_BYTES {
                next = entry.number;
                break;
            }
            let known = self.pairs.see(&entry);
            if self.filter.matches(&known.row(&entry)) {
                bytes += entry.size() + 300;
                passed.push(entry);
            }
        }
        self.next_number = Some(next);
        let is_news = !passed.is_empty() || self.lost > 0;
        is_news.then(|| Batch { passed, lost: std::mem::take(&mut self.lost) })
    }
}

/// What one event tells.
#[derive(Debug)]
pub(crate) struct Batch {
    passed: Vec<TraceEntry>,
    lost: u64,
}

impl Batch {
    pub(crate) fn told(&self) -> Traced<'_> {
        Traced { messages: self.passed.iter().map(|entry| Line::of(entry, false)).collect(), lost: self.lost }
    }
}
