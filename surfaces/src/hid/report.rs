//! HID input reports: what changed since the last one.

use super::descriptor::{Field, Layout};
use crate::decode::{Claim, Decoded, SourceError};
use crate::raw::RawEvent;
use crate::scale;
use crate::source::{HatDirection, HidCode, InputValue, Source};
use std::collections::BTreeMap;

/// Longer reports are not read.
const MAX_REPORT_BYTES: usize = 8_192;

/// What was last heard in each report of a device, and who wants to hear what.
#[derive(Clone, Debug, Default)]
pub struct Input {
    layout: Layout,
    /// The payload without the report id, by report id.
    last: BTreeMap<u8, Vec<u8>>,
    /// The same, of the last report whose arrays could be read: one that says "too many keys" changes no key.
    last_keys: BTreeMap<u8, Vec<u8>>,
    fields: Vec<FieldClaim>,
    keys: Vec<KeyClaim>,
}

#[derive(Clone, Copy, Debug)]
struct FieldClaim {
    field: Field,
    code: HidCode,
    part: Part,
    claim: Claim,
}

/// What of a field is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Number,
    /// All directions of a hat.
    Hat,
    Direction(HatDirection),
}

/// A usage in array fields.
#[derive(Clone, Copy, Debug)]
struct KeyClaim {
    page: u16,
    usage: u16,
    claim: Claim,
}

impl Input {
    pub fn new(layout: Layout) -> Self {
        Self { layout, ..Self::default() }
    }

    pub(crate) fn add(&mut self, source: &Source, claim: Claim) -> Result<(), SourceError> {
        match *source {
            Source::Hid { page, usage, instance, code, hat } => {
                if let Some(field) = self.layout.input(page, usage, instance) {
                    let part = match hat {
                        Some(direction) => Part::Direction(direction),
                        None if field.is_hat() => Part::Hat,
                        None => Part::Number,
                    };
                    if matches!(part, Part::Direction(_)) && !field.is_hat() {
                        return Err(SourceError::NoSuchField);
                    }
                    self.fields.push(FieldClaim { field: *field, code, part, claim });
                } else if instance == 0 && self.layout.arrays.iter().any(|array| array.has(page, usage)) {
                    self.keys.push(KeyClaim { page, usage, claim });
                } else {
                    return Err(SourceError::NoSuchField);
                }
            }
            Source::HidBits { report, bit, bits, signed, code } => {
                if !(1..=32).contains(&bits) {
                    return Err(SourceError::OutOfRange { what: "the number of bits" });
                }
                let half = 1_i64 << (bits - 1);
                let (min, max) = if signed { (-half, half - 1) } else { (0, 2 * half - 1) };
                let field = Field {
                    report,
                    bit: u32::from(bit),
                    bits,
                    page: 0,
                    usage: 0,
                    instance: 0,
                    min,
                    max,
                    relative: false,
                    null: false,
                    wraps: false,
                };
                self.fields.push(FieldClaim { field, code, part: Part::Number, claim });
            }
            _ => return Err(SourceError::NoSuchField),
        }
        Ok(())
    }

    /// Appends what was done with which element.
    pub(crate) fn decode(&mut self, bytes: &[u8], decoded: &mut Vec<Decoded>) {
        let Some((&report, payload)) = bytes.split_first().filter(|(_, payload)| payload.len() <= MAX_REPORT_BYTES)
        else {
            return;
        };
        let last = self.last.get(&report).map(Vec::as_slice);
        for wanted in self.fields.iter().filter(|wanted| wanted.field.report == report) {
            decoded.extend(wanted.decode(last, payload));
        }
        let last = self.last_keys.get(&report).map(Vec::as_slice);
        for key in &self.keys {
            let (mut was, mut is) = (false, false);
            for array in self.layout.arrays.iter().filter(|array| array.report == report) {
                let down = |payload| array.read(payload).map(|mut on| on.any(|one| one == (key.page, key.usage)));
                let before = last.and_then(down).unwrap_or(false);
                was |= before;
                is |= down(payload).unwrap_or(before);
            }
            decoded.extend((was != is).then(|| key.claim.press(is, 1.0)));
        }
        self.keep(report, payload);
    }

    /// Appends what changed, as canonical sources.
    pub(crate) fn raw(&mut self, bytes: &[u8], events: &mut Vec<RawEvent>) {
        let Some((&report, payload)) = bytes.split_first().filter(|(_, payload)| payload.len() <= MAX_REPORT_BYTES)
        else {
            return;
        };
        let last = self.last.get(&report).map(Vec::as_slice);
        for field in self.layout.inputs.iter().filter(|field| field.report == report) {
            events.extend(raw_field(field, last, payload));
        }
        let last = self.last_keys.get(&report).map(Vec::as_slice);
        for array in self.layout.arrays.iter().filter(|array| array.report == report) {
            let Some(now) = array.read(payload) else { continue };
            let now: Vec<_> = now.collect();
            let before: Vec<_> = last.and_then(|last| array.read(last)).map(Iterator::collect).unwrap_or_default();
            let changed = |from: &[(u16, u16)], to: &[(u16, u16)], on: bool, events: &mut Vec<RawEvent>| {
                for (page, usage) in to.iter().filter(|key| !from.contains(key)) {
                    let strength = f64::from(u8::from(on));
                    let value = InputValue::Press { on, strength };
                    events.push(RawEvent {
                        source: source(*page, *usage, 0, HidCode::Absolute),
                        value,
                        number: strength,
                    });
                }
            };
            changed(&now, &before, false, events);
            changed(&before, &now, true, events);
        }
        self.keep(report, payload);
    }

    fn keep(&mut self, report: u8, payload: &[u8]) {
        let mut arrays = self.layout.arrays.iter().filter(|array| array.report == report).peekable();
        let has_keys = arrays.peek().is_some() && arrays.all(|array| array.read(payload).is_some());
        for last in [Some(&mut self.last), has_keys.then_some(&mut self.last_keys)].into_iter().flatten() {
            let last = last.entry(report).or_default();
            last.clear();
            last.extend_from_slice(payload);
        }
    }
}

impl FieldClaim {
    fn decode(&self, last: Option<&[u8]>, payload: &[u8]) -> Option<Decoded> {
        let field = &self.field;
        let number = field.read(payload)?;
        let before = last.and_then(|last| field.read(last));
        match (self.part, self.code) {
            (Part::Hat, _) => {
                let (now, before) = (direction(field, number), before.map_or(0, |before| direction(field, before)));
                (now != before).then(|| self.claim.value(hat_place(now)))
            }
            (Part::Direction(wanted), _) => {
                let now = points(direction(field, number), wanted);
                let before = before.is_some_and(|before| points(direction(field, before), wanted));
                (now != before).then(|| self.claim.press(now, 1.0))
            }
            (Part::Number, HidCode::Relative) => steps(number).map(|steps| self.claim.value(steps)),
            (Part::Number, HidCode::Rolling) => {
                steps(rolled(field, before?, number)).map(|steps| self.claim.value(steps))
            }
            (Part::Number, HidCode::Absolute) => {
                let now = self.absolute(number)?;
                // The first report says how things are, not what was done; only what is pressed was pressed.
                match (before, now.value) {
                    (None, InputValue::Press { on: true, .. }) => Some(now),
                    (None, _) => None,
                    (Some(before), InputValue::Press { on, .. }) => {
                        let was = self.absolute(before).map(|decoded| decoded.value);
                        (!matches!(was, Some(InputValue::Press { on: was, .. }) if was == on)).then_some(now)
                    }
                    (Some(before), _) => (before != number).then_some(now),
                }
            }
        }
    }

    /// None in the null state. Where there are more than two places, pressed is from the middle on.
    fn absolute(&self, number: i64) -> Option<Decoded> {
        let Field { min, max, null, .. } = self.field;
        if null && !(min..=max).contains(&number) {
            return None;
        }
        let decoded = self.claim.number(number, min, max);
        Some(match decoded.value {
            InputValue::Press { strength, .. } => self.claim.press(strength >= 0.5, strength),
            _ => decoded,
        })
    }
}

fn source(page: u16, usage: u16, instance: u16, code: HidCode) -> Source {
    Source::Hid { page, usage, instance, code, hat: None }
}

fn raw_field(field: &Field, last: Option<&[u8]>, payload: &[u8]) -> Option<RawEvent> {
    let number = field.read(payload)?;
    let before = last.and_then(|last| field.read(last));
    let code = if field.relative { HidCode::Relative } else { HidCode::Absolute };
    let value = if field.relative {
        steps(number)?
    } else if field.is_hat() {
        let now = direction(field, number);
        if now == before.map_or(0, |before| direction(field, before)) {
            return None;
        }
        hat_place(now)
    } else if field.is_button() {
        let on = number > field.min;
        if on == before.is_some_and(|before| before > field.min) {
            return None;
        }
        InputValue::Press { on, strength: f64::from(u8::from(on)) }
    } else {
        if before? == number {
            return None;
        }
        InputValue::Place {
            place: scale::place(number, field.min, field.max),
            steps: scale::steps(field.min, field.max),
        }
    };
    Some(RawEvent { source: source(field.page, field.usage, field.instance, code), value, number: number as f64 })
}

fn steps(number: i64) -> Option<InputValue> {
    let steps = i32::try_from(number.clamp(-1_000_000, 1_000_000)).unwrap_or(0);
    (steps != 0).then_some(InputValue::Steps(steps))
}

/// The shorter way round from one number to another.
fn rolled(field: &Field, from: i64, to: i64) -> i64 {
    let around = field.max - field.min + 1;
    let ahead = (to - from).rem_euclid(around);
    if ahead * 2 > around || (ahead * 2 == around && to < from) { ahead - around } else { ahead }
}

/// 0 = the centre, 1…8 clockwise from up.
fn direction(field: &Field, number: i64) -> u8 {
    let index = number - field.min;
    match (index, field.max - field.min) {
        (0..=7, 7) => index as u8 + 1,
        (0..=3, 3) => index as u8 * 2 + 1,
        _ => 0,
    }
}

/// The diagonals point both ways.
fn points(direction: u8, wanted: HatDirection) -> bool {
    match wanted {
        HatDirection::Up => matches!(direction, 8 | 1 | 2),
        HatDirection::Right => matches!(direction, 2..=4),
        HatDirection::Down => matches!(direction, 4..=6),
        HatDirection::Left => matches!(direction, 6..=8),
    }
}

fn hat_place(direction: u8) -> InputValue {
    InputValue::Place { place: f64::from(direction) / 8.0, steps: 9 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hid::descriptor::tests::{DECK, GAMEPAD, KEYBOARD};
    use crate::profile::Transport;
    use crate::raw::RawDecoder;
    use proptest::prelude::*;

    fn raw(descriptor: &[u8], reports: &[&[u8]]) -> Vec<(String, f64)> {
        let mut decoder = RawDecoder::new(Transport::Hid, Some(descriptor));
        let events = reports.iter().flat_map(|report| decoder.decode(report));
        events.map(|event| (event.source.to_string(), event.number)).collect()
    }

    fn is(wanted: &[(&str, f64)], found: Vec<(String, f64)>) {
        let wanted: Vec<_> = wanted.iter().map(|(id, number)| ((*id).to_owned(), *number)).collect();
        assert_eq!(found, wanted);
    }

    #[test]
    fn only_what_changed_is_said() {
        let rest: &[u8] = &[0, 0, 0, 128, 128, 0, 0, 0x0F];
        is(&[], raw(GAMEPAD, &[rest, rest]));
        is(&[("hid.9.3", 1.0), ("hid.9.3", 0.0)], raw(GAMEPAD, &[&[0, 4, 0, 128, 128, 0, 0, 0x0F], rest]));
        is(
            &[("hid.1.48", 255.0), ("hid.1.50", -1.0), ("hid.1.57", 2.0)],
            raw(GAMEPAD, &[rest, &[0, 0, 0, 255, 128, 0xFF, 0xFF, 2]]),
        );
        is(&[("hid.1.48", 255.0)], raw(GAMEPAD, &[rest, &[0, 0, 0, 255], &[9, 0, 0, 1]]));
    }

    #[test]
    fn keys_of_an_array() {
        is(
            &[("hid.7.4", 1.0), ("hid.7.225", 1.0), ("hid.7.4", 0.0), ("hid.7.5", 1.0)],
            raw(KEYBOARD, &[&[0, 0, 0, 4, 0, 0, 0, 0, 0], &[0, 2, 0, 5, 0, 0, 0, 0, 0]]).into_iter().collect(),
        );
    }

    #[test]
    fn steps_and_counters() {
        is(
            &[("hid.1.56.relative", -1.0), ("hid.1.56.relative", -1.0), ("hid.1.55", 250.0)],
            raw(DECK, &[&[1, 0, 0, 0xFF, 2], &[1, 0, 0, 0xFF, 250]]),
        );
        let dial = Layout::parse(DECK).unwrap().inputs[2];
        let cases = [(2, 250, -8), (250, 2, 8), (0, 128, 128), (128, 0, -128), (0, 129, -127), (7, 7, 0)];
        for (from, to, wanted) in cases {
            assert_eq!(rolled(&dial, from, to), wanted, "{from} to {to}");
        }
    }

    #[test]
    fn directions_of_a_hat() {
        let hat = *Layout::parse(GAMEPAD).unwrap().input(1, 0x39, 0).unwrap();
        use HatDirection::{Down, Left, Right, Up};
        let table: [&[HatDirection]; 9] =
            [&[Up], &[Up, Right], &[Right], &[Right, Down], &[Down], &[Down, Left], &[Left], &[Left, Up], &[]];
        for (number, wanted) in table.iter().enumerate() {
            for one in [Up, Right, Down, Left] {
                assert_eq!(points(direction(&hat, number as i64), one), wanted.contains(&one), "{number} {one:?}");
            }
        }
    }

    proptest! {
        #[test]
        fn no_report_harms(reports in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..12), 0..20)) {
            for descriptor in [GAMEPAD, KEYBOARD, DECK] {
                let mut decoder = RawDecoder::new(Transport::Hid, Some(descriptor));
                for report in &reports {
                    let _events = decoder.decode(report);
                    prop_assert!(decoder.decode(report).iter().all(|event| matches!(event.value, InputValue::Steps(_))));
                }
            }
        }

        #[test]
        fn a_counter_adds_up(numbers in prop::collection::vec(-100_i64..=100, 1..40)) {
            let dial = Layout::parse(DECK).unwrap().inputs[2];
            let mut at = 0_i64;
            for steps in numbers {
                let to = (at + steps).rem_euclid(256);
                prop_assert_eq!(rolled(&dial, at, to), steps);
                at = to;
            }
        }
    }
}
