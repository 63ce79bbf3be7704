//! Seeing every message at both seams. Closed, it costs one relaxed load per message.

pub use loophole_wire::{Kind, Party};
use serde_json::value::RawValue;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Between whom a message went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Link {
    /// The window and Pulse.
    Window,
    /// A headless client and Pulse, by its connection number.
    Client(u32),
    /// Pulse and Signal.
    Engine,
}

/// What was in a message.
#[derive(Clone, Debug)]
pub enum Body {
    /// A JSON payload; shared, not copied.
    Json(Arc<RawValue>),
    /// An intent as it went through the in-process seam; becomes JSON when somebody looks.
    Intent(Arc<crate::intent::Intent>),
    /// A plane frame, summarised.
    Plane { kind: &'static str, stream: u32, sequence: u32, count: u32 },
    /// An error.
    Error(Arc<loophole_wire::ErrorBody>),
}

/// One message.
#[derive(Clone, Debug)]
pub struct TraceEntry {
    /// Counts every message seen since the program started.
    pub number: u64,
    /// Nanoseconds since 1970-01-01T00:00:00Z.
    pub at_nanos: u64,
    pub link: Link,
    pub from: Party,
    pub to: Party,
    pub domain: Arc<str>,
    pub name: Arc<str>,
    pub kind: Kind,
    /// Of the sender, unique per link and direction; 0 for plane frames.
    pub id: Arc<str>,
    /// The command that this answers.
    pub cid: Option<Arc<str>>,
    /// Of the frame on the wire; of the payload as JSON where there is no wire (0 until somebody looks).
    pub size_bytes: u32,
    pub body: Body,
}

impl TraceEntry {
    fn cost_bytes(&self) -> usize {
        size_of::<Self>() + self.size_bytes as usize + 64
    }
}

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
