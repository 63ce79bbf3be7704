//! Seeing every message at both seams. Closed, it costs one relaxed load per message.

mod entry;
pub mod filter;

pub use entry::{Body, Cause, Class, DeviceBytes, Link, TraceEntry};
pub use loophole_wire::{Kind, Party, Priority};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

/// Where messages are seen. Bounded by bytes; the oldest go first and are counted.
#[derive(Debug)]
pub struct Tap {
    open: AtomicBool,
    ring: Mutex<Ring>,
}

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
        Self { open: AtomicBool::new(false), ring: Mutex::new(ring) }
    }
}

impl Tap {
    /// Whether anybody looks; ask before making an entry.
    #[inline]
    pub fn is_open(&self) -> bool {
        self.open.load(Ordering::Relaxed)
    }

    /// Opens or closes the tap; what was seen stays.
    pub fn set_open(&self, open: bool) {
        self.open.store(open, Ordering::Relaxed);
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
        let ring = self.ring.lock().unwrap_or_else(PoisonError::into_inner);
        let first = ring.next_number - ring.entries.len() as u64;
        let skip = usize::try_from(from_number.saturating_sub(first)).unwrap_or(usize::MAX);
        out.extend(ring.entries.iter().skip(skip).cloned());
        ring.next_number
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
