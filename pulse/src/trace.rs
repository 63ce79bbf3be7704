//! Seeing every message at both seams. Closed, it costs one relaxed load per message.

mod entry;
pub mod filter;
pub mod line;
pub mod pairs;
pub mod recording;

pub use entry::{Body, Cause, Class, DeviceBytes, Link, TraceEntry};
pub use loophole_wire::{Kind, Party, Priority};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Mutex, PoisonError};

/// Where messages are seen. Bounded by bytes; the oldest go first and are counted.
#[derive(Debug)]
pub struct Tap {
    /// [`PANEL`] and [`SUBSCRIBERS`]: who looks.
    open: AtomicU8,
    ring: Mutex<Ring>,
}

/// The panel looks.
const PANEL: u8 = 1;
/// Headless clients look.
const SUBSCRIBERS: u8 = 2;

#[derive(Debug)]
struct Ring {
    entries: VecDeque<TraceEntry>,
    bytes: usize,
    limit_bytes: usize,
    next_number: u64,
}

/// What a tap keeps unless told otherwise.
pub const DEFAULT_LIMIT_BYTES: usize = 64 * 1024 * 1024;

impl Default for Tap {
    fn default() -> Self {
        let ring = Ring { entries: VecDeque::new(), bytes: 0, limit_bytes: DEFAULT_LIMIT_BYTES, next_number: 0 };
        Self { open: AtomicU8::new(0), ring: Mutex::new(ring) }
    }
}

impl Tap {
    /// Whether anybody looks; ask before making an entry.
    #[inline]
    pub fn is_open(&self) -> bool {
        self.open.load(Ordering::Relaxed) != 0
    }

    /// Opens or closes the tap for the panel; what was seen stays. It is open while clients look, too.
    pub fn set_open(&self, open: bool) {
        self.set(PANEL, open);
    }

    /// Headless clients look, or none does any more.
    pub(crate) fn set_subscribed(&self, subscribed: bool) {
        self.set(SUBSCRIBERS, subscribed);
    }

    fn set(&self, who: u8, looks: bool) {
        if looks {
            self.open.fetch_or(who, Ordering::Relaxed);
        } else {
            self.open.fetch_and(!who, Ordering::Relaxed);
        }
    }

    /// Keeps a message; its number is given here.
    pub fn record(&self, mut entry: TraceEntry) {
        let mut ring = self.ring.lock().unwrap_or_else(PoisonError::into_inner);
        entry.number = ring.next_number;
        ring.next_number += 1;
        ring.bytes += entry.cost_bytes();
        ring.entries.push_back(entry);
        while ring.bytes > ring.limit_bytes {
            let Some(oldest) = ring.entries.pop_front() else { break };
            ring.bytes -= oldest.cost_bytes();
        }
    }

    /// Copies what came from `from_number` on to the end of `out`; returns the number to ask for next.
    /// A gap between `from_number` and the first copied entry was dropped.
    pub fn read(&self, from_number: u64, out: &mut Vec<TraceEntry>) -> u64 {
        self.read_at_most(from_number, usize::MAX, out)
    }

    /// As [`Self::read`], but no more than `limit` entries.
    pub fn read_at_most(&self, from_number: u64, limit: usize, out: &mut Vec<TraceEntry>) -> u64 {
        let ring = self.ring.lock().unwrap_or_else(PoisonError::into_inner);
        let first = ring.next_number - ring.entries.len() as u64;
        let skip = usize::try_from(from_number.saturating_sub(first)).unwrap_or(usize::MAX);
        let before = out.len();
        out.extend(ring.entries.iter().skip(skip).take(limit).cloned());
        let taken = out.len() - before;
        if taken < limit { ring.next_number } else { from_number.max(first) + taken as u64 }
    }

    /// The number that the next message gets.
    pub fn next_number(&self) -> u64 {
        self.ring.lock().unwrap_or_else(PoisonError::into_inner).next_number
    }

    /// Forgets what was seen; numbers go on.
    pub fn clear(&self) {
        let mut ring = self.ring.lock().unwrap_or_else(PoisonError::into_inner);
        ring.entries.clear();
        ring.bytes = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(size_bytes: u32) -> TraceEntry {
        let body = Body::Plane { kind: "meter", stream: 1, sequence: 0, count: 1 };
        TraceEntry {
            number: 0,
            at_nanos: 0,
            link: Link::Engine,
            from: Party::Signal,
            to: Party::Pulse,
            domain: "metering".into(),
            name: "frames".into(),
            kind: Kind::Event,
            id: "".into(),
            cid: None,
            size_bytes,
            priority: Priority::Low,
            cause: None,
            body,
        }
    }

    #[test]
    fn the_ring_is_bounded_by_bytes_and_numbers_tell_the_gap() {
        let tap = Tap::default();
        for _ in 0..100 {
            tap.record(entry(1024 * 1024));
        }
        let mut seen = Vec::new();
        assert_eq!(tap.read(0, &mut seen), 100);
        assert!(seen.len() < 64 && seen.first().unwrap().number == 100 - seen.len() as u64);
        let mut later = Vec::new();
        assert_eq!(tap.read(99, &mut later), 100);
        assert_eq!(later.len(), 1);
        assert_eq!(tap.read(100, &mut later), 100);
        assert_eq!(later.len(), 1);
    }
}
