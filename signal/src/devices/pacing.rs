//! What waits to go to one device: newest per key, in order otherwise, no faster than the device can take it. Pure.

use loophole_wire::message::ports::OpenPort;
use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

/// Records without a key that may wait; then the oldest goes.
const MOST_ORDERED: usize = 4_096;
/// Keys that may wait; then the oldest goes.
const MOST_KEYED: usize = 8_192;
/// Bytes that may wait, of both.
const MOST_BYTES: usize = 2 * 1024 * 1024;
/// Longer pauses are cut: a device that needs more than this is broken.
const LONGEST_GAP: Duration = Duration::from_secs(2);
/// The pieces that a SysEx is cut into.
const CHUNK_BYTES: std::ops::RangeInclusive<usize> = 32..=4_096;

/// What a device can take.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Limits {
    /// None = no limit.
    per_second: Option<u32>,
    burst: u32,
    pub(crate) sysex_chunk_bytes: Option<usize>,
    sysex_gap: Duration,
}

impl Limits {
    pub(crate) fn of(wanted: &OpenPort) -> Self {
        let (low, high) = CHUNK_BYTES.into_inner();
        Self {
            per_second: wanted.max_messages_per_second.map(|rate| rate.max(1)),
            burst: wanted.max_burst.unwrap_or(1).max(1),
            sysex_chunk_bytes: wanted.sysex_chunk_bytes.map(|bytes| (bytes as usize).clamp(low, high)),
            sysex_gap: Duration::from_millis(wanted.sysex_gap_millis.unwrap_or(0).into()).min(LONGEST_GAP),
        }
    }
}

/// One piece that may go now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Piece {
    pub(crate) bytes: Vec<u8>,
    pub(crate) feature: bool,
}

#[derive(Debug)]
struct Record {
    key: u32,
    feature: bool,
    bytes: Vec<u8>,
}

/// Of one port.
#[derive(Debug)]
pub(crate) struct Pacing {
    limits: Limits,
    /// In the order in which they go; one that was replaced keeps its place.
    waiting: BTreeMap<u64, Record>,
    /// Where the record of a key stands.
    keyed: BTreeMap<u32, u64>,
    /// Records without a key.
    ordered: VecDeque<u64>,
    bytes: usize,
    sequence: u64,
    /// What is left of a SysEx of which a piece has gone.
    begun: VecDeque<u8>,
    allowance: f64,
    counted: Instant,
    /// Nothing goes before.
    gap_until: Option<Instant>,
    dropped: u64,
}

impl Pacing {
    pub(crate) fn new(limits: Limits, now: Instant) -> Self {
        Self {
            allowance: f64::from(limits.burst),
            limits,
            waiting: BTreeMap::new(),
            keyed: BTreeMap::new(),
            ordered: VecDeque::new(),
            bytes: 0,
            sequence: 0,
            begun: VecDeque::new(),
            counted: now,
            gap_until: None,
            dropped: 0,
        }
    }

    /// Queues a record. When the queue is full, the oldest whole records go: never the rest of a SysEx.
    pub(crate) fn push(&mut self, key: u32, feature: bool, bytes: Vec<u8>) {
        self.bytes += bytes.len();
        let record = Record { key, feature, bytes };
        let place = self.keyed.get(&key).and_then(|place| self.waiting.get_mut(place)).filter(|_| key != 0);
        if let Some(earlier) = place {
            self.bytes -= std::mem::replace(earlier, record).bytes.len();
        } else {
            self.sequence += 1;
            if key == 0 {
                self.ordered.push_back(self.sequence);
            } else {
                self.keyed.insert(key, self.sequence);
            }
            self.waiting.insert(self.sequence, record);
        }
        if self.ordered.len() > MOST_ORDERED {
            self.dropped += u64::from(self.ordered.front().copied().and_then(|oldest| self.remove(oldest)).is_some());
        }
        while self.keyed.len() > MOST_KEYED || self.bytes > MOST_BYTES {
            let oldest = if self.keyed.len() > MOST_KEYED { self.keyed.values().min() } else { None };
            let oldest = oldest.copied().or_else(|| self.waiting.keys().next().copied());
            if oldest.and_then(|oldest| self.remove(oldest)).is_none() {
                break;
            }
            self.dropped += 1;
        }
    }

    /// The next piece, if one may go now.
    pub(crate) fn pop(&mut self, now: Instant) -> Option<Piece> {
        if self.gap_until.is_some_and(|until| until > now) {
            return None;
        }
        self.gap_until = None;
        if !self.begun.is_empty() {
            return Some(self.next_chunk(now));
        }
        self.refill(now);
        if self.limits.per_second.is_some() && self.allowance < 1.0 {
            return None;
        }
        let oldest = *self.waiting.keys().next()?;
        let Record { feature, bytes, .. } = self.remove(oldest)?;
        self.allowance -= 1.0;
        if bytes.first() != Some(&0xf0) || feature {
            return Some(Piece { bytes, feature });
        }
        if self.limits.sysex_chunk_bytes.is_some_and(|most| bytes.len() > most) {
            self.begun = bytes.into();
            return Some(self.next_chunk(now));
        }
        self.begin_gap(now);
        Some(Piece { bytes, feature })
    }

    /// When something may go; none when nothing waits.
    pub(crate) fn next_due(&self) -> Option<Instant> {
        let per_second = self.limits.per_second.map_or(f64::INFINITY, f64::from);
        let due = if !self.begun.is_empty() {
            self.counted
        } else if self.waiting.is_empty() {
            return None;
        } else {
            self.counted + Duration::from_secs_f64((1.0 - self.allowance).max(0.0) / per_second)
        };
        Some(self.gap_until.map_or(due, |until| until.max(due)))
    }

    /// How many records found no room, since it was asked last.
    pub(crate) fn take_dropped(&mut self) -> u64 {
        std::mem::take(&mut self.dropped)
    }

    fn remove(&mut self, place: u64) -> Option<Record> {
        let record = self.waiting.remove(&place)?;
        self.bytes -= record.bytes.len();
        if record.key == 0 {
            // Almost always the first.
            let index = self.ordered.iter().position(|other| *other == place);
            index.and_then(|index| self.ordered.remove(index));
        } else {
            self.keyed.remove(&record.key);
        }
        Some(record)
    }

    fn next_chunk(&mut self, now: Instant) -> Piece {
        let most = self.limits.sysex_chunk_bytes.unwrap_or(usize::MAX).min(self.begun.len());
        let bytes = self.begun.drain(..most).collect();
        self.begin_gap(now);
        Piece { bytes, feature: false }
    }

    fn begin_gap(&mut self, now: Instant) {
        self.gap_until = (!self.limits.sysex_gap.is_zero()).then(|| now + self.limits.sysex_gap);
    }

    fn refill(&mut self, now: Instant) {
        let Some(per_second) = self.limits.per_second else {
            self.allowance = f64::from(self.limits.burst);
            return;
        };
        let elapsed = now.saturating_duration_since(self.counted).as_secs_f64();
        // A little is given for what is lost in rounding, so that what is due may go.
        self.allowance = (self.allowance + elapsed * f64::from(per_second) + 1e-6).min(f64::from(self.limits.burst));
        self.counted = now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn limits(rate: Option<u32>, burst: u32, chunk: Option<u32>, gap: u32) -> Limits {
        Limits::of(&OpenPort {
            port: 1,
            max_messages_per_second: rate,
            max_burst: Some(burst),
            sysex_chunk_bytes: chunk,
            sysex_gap_millis: Some(gap),
        })
    }

    /// All that goes, with the milliseconds after the start.
    fn run(pacing: &mut Pacing, start: Instant) -> Vec<(u128, Vec<u8>)> {
        let mut gone = Vec::new();
        while let Some(due) = pacing.next_due() {
            let due = due.max(start);
            let piece = pacing.pop(due).expect("what is due may go");
            gone.push(((due - start).as_micros().div_ceil(100) / 10, piece.bytes));
        }
        gone
    }

    #[test]
    fn the_newest_of_a_key_goes_in_the_place_of_the_first() {
        let start = Instant::now();
        let mut pacing = Pacing::new(Limits::default(), start);
        for (key, byte) in [(7, 1), (0, 2), (8, 3), (7, 4), (0, 5)] {
            pacing.push(key, false, vec![byte]);
        }
        let gone: Vec<_> = run(&mut pacing, start).into_iter().map(|(_, bytes)| bytes[0]).collect();
        assert_eq!(gone, [4, 2, 3, 5]);
    }

    #[test]
    fn a_burst_goes_at_once_and_then_the_rate_holds() {
        let start = Instant::now();
        let mut pacing = Pacing::new(limits(Some(100), 3, None, 0), start);
        (0..6).for_each(|byte| pacing.push(0, false, vec![byte]));
        let times: Vec<_> = run(&mut pacing, start).into_iter().map(|(at, _)| at).collect();
        assert_eq!(times, [0, 0, 0, 10, 20, 30]);
    }

    #[test]
    fn a_sysex_goes_in_pieces_with_pauses_and_nothing_goes_between() {
        let start = Instant::now();
        let mut pacing = Pacing::new(limits(None, 1, Some(32), 20), start);
        let mut sysex = vec![1; 70];
        (sysex[0], sysex[69]) = (0xf0, 0xf7);
        pacing.push(0, false, sysex.clone());
        pacing.push(3, false, vec![0xb0, 1, 1]);
        let gone = run(&mut pacing, start);
        assert_eq!(
            gone.iter().map(|(at, bytes)| (*at, bytes.len())).collect::<Vec<_>>(),
            [(0, 32), (20, 32), (40, 6), (60, 3)]
        );
        assert_eq!(gone[..3].iter().flat_map(|(_, bytes)| bytes.clone()).collect::<Vec<_>>(), sysex);
    }

    #[test]
    fn when_it_is_full_the_oldest_goes_but_never_a_part() {
        let start = Instant::now();
        let mut pacing = Pacing::new(limits(None, 1, Some(32), 20), start);
        let sysex: Vec<_> = [0xf0].into_iter().chain([0; 62]).chain([0xf7]).collect();
        pacing.push(0, false, sysex.clone());
        let first = pacing.pop(start).unwrap();
        (0..MOST_ORDERED + 10).for_each(|number| pacing.push(0, false, vec![0xb0, (number % 128) as u8, 0]));
        assert_eq!(pacing.take_dropped(), 10);
        let second = pacing.pop(start + Duration::from_millis(20)).unwrap();
        assert_eq!([first.bytes, second.bytes].concat(), sysex);
        assert_eq!(pacing.pop(start + Duration::from_millis(40)).unwrap().bytes, [0xb0, 10, 0]);
    }

    #[test]
    fn bytes_and_keys_are_bounded() {
        let mut pacing = Pacing::new(Limits::default(), Instant::now());
        (1..=200u32).for_each(|key| pacing.push(key, false, vec![0; 60_000]));
        assert!(pacing.bytes <= MOST_BYTES && pacing.take_dropped() > 100);
        (1_000..1_000 + 2 * MOST_KEYED as u32).for_each(|key| pacing.push(key, false, vec![0]));
        assert!(pacing.keyed.len() <= MOST_KEYED && pacing.waiting.len() == pacing.keyed.len());
    }

    proptest! {
        #[test]
        fn the_newest_of_every_key_and_all_others_in_order_go_within_the_rate(
            records in prop::collection::vec((0u32..5, any::<u8>()), 0..200), rate in 1u32..1_000, burst in 1u32..20,
        ) {
            let start = Instant::now();
            let mut pacing = Pacing::new(limits(Some(rate), burst, None, 0), start);
            for (key, byte) in &records {
                pacing.push(*key, false, vec![*key as u8, *byte & 0x7f]);
            }
            let gone = run(&mut pacing, start);
            let of = |wanted: u32| records.iter().filter(move |(key, _)| *key == wanted).map(|(key, byte)| vec![*key as u8, byte & 0x7f]);
            let seen = |wanted: u32| gone.iter().filter(move |(_, bytes)| u32::from(bytes[0]) == wanted).map(|(_, bytes)| bytes.clone());
            prop_assert_eq!(seen(0).collect::<Vec<_>>(), of(0).collect::<Vec<_>>());
            for key in 1..5 {
                prop_assert_eq!(seen(key).collect::<Vec<_>>(), of(key).next_back().into_iter().collect::<Vec<_>>());
            }
            let seconds = gone.last().map_or(0.0, |(at, _)| *at as f64 / 1_000.0);
            prop_assert!(gone.len() as f64 <= f64::from(burst) + seconds * f64::from(rate) + 1.5);
            prop_assert_eq!(pacing.bytes, 0);
        }
    }
}
