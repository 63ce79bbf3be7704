//! Keeps a device that says too much from flooding everyone behind it: at most 1,000 values a second of one address pass,
//! and the newest always comes in the end. What must not be lost (notes, presses, steps) is never left out. Pure.

use super::hid::fields::Fields;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// With the burst, 1,000 in any second.
const PER_SECOND: f64 = 950.0;
const BURST: f64 = 50.0;

/// What goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Passed {
    pub(crate) at_nanos: u64,
    /// Values between this one and the one before were left out.
    pub(crate) thinned: bool,
    pub(crate) bytes: Vec<u8>,
}

/// Of one port.
#[derive(Debug)]
pub(crate) struct Storm {
    kind: Kind,
    addresses: BTreeMap<u32, Address>,
    /// Addresses that hold a value, in the order in which the values were said.
    held: BTreeMap<u64, u32>,
    sequence: u64,
    dropped: u64,
}

#[derive(Debug)]
enum Kind {
    Midi,
    Hid(Fields),
}

#[derive(Debug)]
struct Address {
    /// Values that may pass now.
    allowance: f64,
    counted: Instant,
    held: Option<(u64, Passed)>,
}

impl Storm {
    pub(crate) fn of_midi() -> Self {
        Self::new(Kind::Midi)
    }

    /// By the report descriptor; reports that it does not describe are only left out when they repeat.
    pub(crate) fn of_hid(descriptor: &[u8]) -> Self {
        Self::new(Kind::Hid(Fields::parse(descriptor)))
    }

    fn new(kind: Kind) -> Self {
        Self { kind, addresses: BTreeMap::new(), held: BTreeMap::new(), sequence: 0, dropped: 0 }
    }

    /// One whole message; what passes goes to `pass`.
    pub(crate) fn take(&mut self, now: Instant, at_nanos: u64, bytes: &[u8], mut pass: impl FnMut(Passed)) {
        let newest = Passed { at_nanos, thinned: false, bytes: bytes.to_vec() };
        let Some(address) = self.kind.address(bytes) else { return pass(newest) };
        let of_address =
            self.addresses.entry(address).or_insert(Address { allowance: BURST, counted: now, held: None });
        let Some((sequence, earlier)) = of_address.held.take() else {
            if of_address.may_pass(now) {
                return pass(newest);
            }
            self.sequence += 1;
            of_address.held = Some((self.sequence, newest));
            self.held.insert(self.sequence, address);
            return;
        };
        self.held.remove(&sequence);
        let thinned = self.kind.may_replace(&earlier.bytes, bytes);
        if thinned {
            self.dropped += 1;
        } else {
            pass(earlier);
        }
        self.sequence += 1;
        of_address.held = Some((self.sequence, Passed { thinned, ..newest }));
        self.held.insert(self.sequence, address);
    }

    /// What was held and may pass now goes to `pass`, in the order in which it was said.
    pub(crate) fn due(&mut self, now: Instant, mut pass: impl FnMut(Passed)) {
        let addresses = &mut self.addresses;
        self.held.retain(|_, address| {
            let Some(of_address) = addresses.get_mut(address) else { return false };
            if !of_address.may_pass(now) {
                return true;
            }
            of_address.held.take().into_iter().for_each(|(_, passed)| pass(passed));
            false
        });
    }

    /// When something that is held may pass.
    pub(crate) fn next_due(&self) -> Option<Instant> {
        self.held.values().filter_map(|address| self.addresses.get(address)).map(Address::next).min()
    }

    /// How many were left out since it was asked last.
    pub(crate) fn take_dropped(&mut self) -> u64 {
        std::mem::take(&mut self.dropped)
    }
}

impl Kind {
    /// None: never left out.
    fn address(&self, bytes: &[u8]) -> Option<u32> {
        let (first, second) = (bytes.first().copied()?, bytes.get(1).copied().unwrap_or(0));
        match self {
            Self::Hid(_) => Some(u32::from(first)),
            Self::Midi => match first {
                // Bank, data entry, RPN and NRPN mean something only together; channel modes are commands.
                0xb0..=0xbf if matches!(second, 0 | 6 | 32 | 38 | 96..=101 | 120..=127) => None,
                0xa0..=0xbf => Some((u32::from(first) << 8) | u32::from(second)),
                0xd0..=0xdf | 0xe0..=0xef | 0xf8 | 0xfe => Some(u32::from(first) << 8),
                // Quarter frames: eight pieces of one time.
                0xf1 => Some((u32::from(first) << 8) | u32::from(second & 0x70)),
                _ => None,
            },
        }
    }

    /// Whether `earlier` says nothing that is missed when `newest` comes instead.
    fn may_replace(&self, earlier: &[u8], newest: &[u8]) -> bool {
        match self {
            Self::Midi => true,
            Self::Hid(fields) => fields.may_replace(earlier, newest),
        }
    }
}

impl Address {
    fn may_pass(&mut self, now: Instant) -> bool {
        let elapsed = now.saturating_duration_since(self.counted).as_secs_f64();
        self.allowance = (self.allowance + elapsed * PER_SECOND).min(BURST);
        self.counted = now;
        let may = self.allowance >= 1.0;
        if may {
            self.allowance -= 1.0;
        }
        may
    }

    fn next(&self) -> Instant {
        let missing = (1.0 - self.allowance).max(0.0);
        // A little later than exact, so that it may pass then.
        self.counted + Duration::from_secs_f64(missing / PER_SECOND) + Duration::from_micros(10)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Says all of `messages` with a pause between them, and waits until nothing is held.
    fn run(storm: &mut Storm, pause: Duration, messages: &[Vec<u8>]) -> Vec<(Duration, Passed)> {
        let start = Instant::now();
        let (mut now, mut passed) = (start, Vec::new());
        for (number, message) in messages.iter().enumerate() {
            storm.due(now, |one| passed.push((now - start, one)));
            storm.take(now, number as u64, message, |one| passed.push((now - start, one)));
            now += pause;
        }
        while let Some(due) = storm.next_due() {
            now = now.max(due);
            storm.due(now, |one| passed.push((now - start, one)));
        }
        passed
    }

    fn most_in_a_second(passed: &[(Duration, Passed)]) -> usize {
        let within =
            |from: Duration| passed.iter().filter(move |(at, _)| (from..from + Duration::from_secs(1)).contains(at));
        passed.iter().step_by(50).map(|(at, _)| within(*at).count()).max().unwrap_or(0)
    }

    #[test]
    fn a_thousand_a_second_pass_and_the_newest_comes() {
        let messages: Vec<_> = (0..30_000u32).map(|number| vec![0xb0, 7, (number % 127) as u8]).collect();
        let mut storm = Storm::of_midi();
        let passed = run(&mut storm, Duration::from_micros(100), &messages);
        assert!((900..=1_001).contains(&most_in_a_second(&passed)), "{}", most_in_a_second(&passed));
        assert_eq!(passed.last().unwrap().1.bytes, *messages.last().unwrap());
        assert!(passed.last().unwrap().1.thinned && !passed[0].1.thinned);
        assert_eq!(storm.take_dropped() as usize + passed.len(), messages.len());
    }

    #[test]
    fn what_must_come_comes() {
        let kinds: &[&[u8]] = &[
            &[0x90, 60, 1],
            &[0x80, 60, 0],
            &[0xc0, 1],
            &[0xb0, 0, 1],
            &[0xb0, 6, 1],
            &[0xb0, 99, 1],
            &[0xb0, 123, 0],
            &[0xf0, 1, 0xf7],
            &[0xfa],
            &[0xfc],
            &[0xf2, 1, 1],
        ];
        for kind in kinds {
            let messages = vec![kind.to_vec(); 5_000];
            assert_eq!(run(&mut Storm::of_midi(), Duration::ZERO, &messages).len(), 5_000, "{kind:x?}");
        }
    }

    #[test]
    fn one_loud_address_does_not_hold_another() {
        let mut messages = vec![vec![0xe0, 1, 1]; 5_000];
        messages.push(vec![0xb0, 7, 1]);
        let passed = run(&mut Storm::of_midi(), Duration::ZERO, &messages);
        assert_eq!(
            passed.iter().filter(|(_, one)| one.bytes[0] == 0xb0).map(|(at, _)| *at).next(),
            Some(Duration::ZERO)
        );
    }

    /// A gamepad: report 1 with eight buttons and one axis of 16 bits.
    const GAMEPAD: &[u8] = &[
        0x05, 0x01, 0x09, 0x05, 0xa1, 0x01, 0x85, 0x01, 0x05, 0x09, 0x19, 0x01, 0x29, 0x08, 0x15, 0x00, 0x25, 0x01,
        0x75, 0x01, 0x95, 0x08, 0x81, 0x02, 0x05, 0x01, 0x09, 0x30, 0x75, 0x10, 0x95, 0x01, 0x81, 0x02, 0xc0,
    ];

    #[test]
    fn presses_pass_however_fast_and_axes_are_thinned() {
        let reports: Vec<_> = (0..10_000u32)
            .map(|number| vec![1, u8::from(number / 100 % 2 == 1), number as u8, (number >> 8) as u8])
            .collect();
        let passed = run(&mut Storm::of_hid(GAMEPAD), Duration::from_micros(125), &reports);
        assert!(passed.len() < 3_000, "{}", passed.len());
        let edges = |reports: &mut dyn Iterator<Item = u8>| {
            reports.fold((0, 0), |(count, last), button| (count + usize::from(button != last), button)).0
        };
        assert_eq!(edges(&mut passed.iter().map(|(_, one)| one.bytes[1])), 99);
        assert_eq!(passed.last().unwrap().1.bytes, *reports.last().unwrap());
        let unknown = run(&mut Storm::of_hid(&[]), Duration::ZERO, &reports);
        assert_eq!(unknown.len(), reports.len(), "what nobody describes is never left out, unless it repeats");
    }

    proptest! {
        #[test]
        fn the_last_value_of_every_address_and_every_note_comes(
            controls in prop::collection::vec((0u8..4, 0u8..3, 0u8..128), 0..600),
        ) {
            let status = [0x90, 0xb0, 0xe0, 0xa0];
            let messages: Vec<_> = controls.iter().map(|(kind, data1, data2)| vec![status[usize::from(*kind)], *data1, *data2]).collect();
            let passed = run(&mut Storm::of_midi(), Duration::ZERO, &messages);
            let notes = |all: &mut dyn Iterator<Item = &Vec<u8>>| all.filter(|message| message[0] == 0x90).cloned().collect::<Vec<_>>();
            let all: Vec<_> = passed.iter().map(|(_, one)| one.bytes.clone()).collect();
            prop_assert_eq!(notes(&mut all.iter()), notes(&mut messages.iter()));
            let key = |message: &Vec<u8>| (message[0], if message[0] == 0xe0 { 0 } else { message[1] });
            for message in &messages {
                let last = |all: &[Vec<u8>]| all.iter().rfind(|other| key(other) == key(message)).cloned();
                prop_assert_eq!(last(&all), last(&messages));
            }
        }
    }
}
