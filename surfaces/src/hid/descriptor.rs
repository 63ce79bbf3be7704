//! What a HID report descriptor says is in the reports (Device Class Definition for HID 1.11, section 6.2.2).
//!
//! A descriptor comes from a device and is hostile until it is read: it may ask for four billion fields, or never end a
//! collection. Nothing here grows with a number in it, and what makes no sense is skipped as the kernel does.

use std::collections::BTreeMap;

/// What the kernel takes (`HID_MAX_DESCRIPTOR_SIZE`).
pub const MAX_DESCRIPTOR_BYTES: usize = 4_096;
/// Of all reports together; the fields after these are not known.
pub const MAX_FIELDS: usize = 1_024;
/// A longer report has no fields behind this.
pub const MAX_REPORT_BITS: u32 = 65_535;
const MAX_USAGES: usize = 1_024;
const MAX_PUSHED: usize = 16;

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LayoutError {
    #[error("a report descriptor of {length} bytes; at most {MAX_DESCRIPTOR_BYTES} are taken")]
    TooLong { length: usize },
    #[error("the report descriptor is cut at byte {at}")]
    Cut { at: usize },
    #[error("the report descriptor says nothing")]
    Empty,
}

/// A number in a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// 0 when the device has no report ids.
    pub report: u8,
    /// First bit after the report id.
    pub bit: u32,
    /// 1…32.
    pub bits: u8,
    pub page: u16,
    pub usage: u16,
    /// Which one of those with this usage; counts from 0.
    pub instance: u16,
    /// Logical minimum and maximum.
    pub min: i64,
    pub max: i64,
    pub relative: bool,
    pub null: bool,
    pub wraps: bool,
}

impl Field {
    /// A hat switch: directions clockwise from up, anything else is the centre.
    pub fn is_hat(&self) -> bool {
        self.page == 0x01 && self.usage == 0x39 && (self.max - self.min == 7 || self.max - self.min == 3)
    }

    pub fn is_button(&self) -> bool {
        !self.relative && (self.bits == 1 || (self.min == 0 && self.max == 1))
    }

    /// What the payload (without the report id) says here; none if it is too short.
    pub fn read(&self, payload: &[u8]) -> Option<i64> {
        bits(payload, self.bit, self.bits, self.min < 0)
    }
}

/// Several numbers in a report, each saying which of many usages is on: keys of a keyboard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Array {
    pub report: u8,
    pub bit: u32,
    pub bits: u8,
    pub count: u16,
    pub min: i64,
    pub max: i64,
    /// Page, first and last usage; in order.
    pub usages: Vec<(u16, u16, u16)>,
}

impl Array {
    /// The usages that are on, as page and usage. None if the payload is too short, or says that too many keys are down.
    pub fn read<'a>(&'a self, payload: &'a [u8]) -> Option<impl Iterator<Item = (u16, u16)> + 'a> {
        let end = self.bit.checked_add(u32::from(self.count) * u32::from(self.bits))?;
        if u64::from(end) > payload.len() as u64 * 8 {
            return None;
        }
        let numbers = move || {
            (0..u32::from(self.count)).filter_map(move |index| {
                bits(payload, self.bit + index * u32::from(self.bits), self.bits, self.min < 0)
            })
        };
        // Keyboard page, 1 to 3: error roll over, self test failed, undefined error.
        let usages = move || numbers().filter_map(move |number| self.usage(number));
        if usages().any(|(page, usage)| page == 7 && (1..=3).contains(&usage)) {
            return None;
        }
        Some(usages().filter(|(_, usage)| *usage != 0))
    }

    fn usage(&self, number: i64) -> Option<(u16, u16)> {
        if number < self.min || number > self.max {
            return None;
        }
        let mut index = number - self.min;
        for (page, first, last) in &self.usages {
            let length = i64::from(*last) - i64::from(*first) + 1;
            if index < length {
                return Some((*page, u16::try_from(i64::from(*first) + index).ok()?));
            }
            index -= length;
        }
        None
    }

    pub fn has(&self, page: u16, usage: u16) -> bool {
        self.usages.iter().any(|(its, first, last)| *its == page && (*first..=*last).contains(&usage))
    }
}

/// What is in the reports of a device.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Layout {
    pub inputs: Vec<Field>,
    pub arrays: Vec<Array>,
    /// Of output and feature reports.
    pub outputs: Vec<Field>,
    pub features: Vec<Field>,
    /// Page and usage of the outermost collections.
    pub top_usages: Vec<(u16, u16)>,
    /// Lengths in bytes without the report id, by report id.
    pub input_bytes: BTreeMap<u8, usize>,
    pub output_bytes: BTreeMap<u8, usize>,
    pub feature_bytes: BTreeMap<u8, usize>,
    /// There are more than [`MAX_FIELDS`].
    pub truncated: bool,
}

#[derive(Clone, Copy, Debug, Default)]
struct Globals {
    page: u16,
    min: i64,
    /// Read as signed and as unsigned: which one is meant depends on the minimum.
    max: [i64; 2],
    report: u8,
    size: u32,
    count: u32,
}

#[derive(Debug, Default)]
struct Locals {
    /// Page (if it was said), first and last usage.
    usages: Vec<(Option<u16>, u16, u16)>,
    first: Option<(Option<u16>, u16)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Direction {
    Input,
    Output,
    Feature,
}

impl Layout {
    pub fn parse(bytes: &[u8]) -> Result<Self, LayoutError> {
        if bytes.is_empty() {
            return Err(LayoutError::Empty);
        }
        if bytes.len() > MAX_DESCRIPTOR_BYTES {
            return Err(LayoutError::TooLong { length: bytes.len() });
        }
        let mut reader = Reader::default();
        let mut rest = bytes;
        while let Some((&prefix, behind)) = rest.split_first() {
            let at = bytes.len() - rest.len();
            let length = match prefix {
                // A long item: length, tag, data. None is defined.
                0xFE => 2 + usize::from(*behind.first().ok_or(LayoutError::Cut { at })?),
                _ => [0, 1, 2, 4][usize::from(prefix & 3)],
            };
            let (data, behind) = behind.split_at_checked(length).ok_or(LayoutError::Cut { at })?;
            if prefix != 0xFE {
                reader.item(prefix & 0xFC, data);
            }
            rest = behind;
        }
        Ok(reader.finish())
    }

    /// The input field with this usage.
    pub fn input(&self, page: u16, usage: u16, instance: u16) -> Option<&Field> {
        self.inputs.iter().find(|field| (field.page, field.usage, field.instance) == (page, usage, instance))
    }
}

#[derive(Debug, Default)]
struct Reader {
    layout: Layout,
    globals: Globals,
    pushed: Vec<Globals>,
    locals: Locals,
    depth: u32,
    used_bits: BTreeMap<(Direction, u8), u32>,
    instances: BTreeMap<(Direction, u16, u16), u16>,
}

impl Reader {
    fn item(&mut self, tag: u8, data: &[u8]) {
        let unsigned = data.iter().rev().fold(0_u32, |number, byte| number << 8 | u32::from(*byte));
        let signed = match data {
            [byte] => i64::from(byte.cast_signed()),
            [_, _] => i64::from((unsigned as u16).cast_signed()),
            _ => i64::from(unsigned.cast_signed()),
        };
        match tag {
            0x80 => self.fields(Direction::Input, unsigned),
            0x90 => self.fields(Direction::Output, unsigned),
            0xB0 => self.fields(Direction::Feature, unsigned),
            0xA0 => {
                if self.depth == 0 {
                    let usage =
                        self.locals.usages.first().map(|(page, usage, _)| (page.unwrap_or(self.globals.page), *usage));
                    self.layout.top_usages.extend(usage);
                }
                self.depth = self.depth.saturating_add(1);
                self.locals = Locals::default();
            }
            0xC0 => {
                self.depth = self.depth.saturating_sub(1);
                self.locals = Locals::default();
            }
            0x04 => self.globals.page = unsigned as u16,
            0x14 => self.globals.min = signed,
            0x24 => self.globals.max = [signed, i64::from(unsigned)],
            0x74 => self.globals.size = unsigned,
            0x84 => self.globals.report = unsigned as u8,
            0x94 => self.globals.count = unsigned,
            0xA4 if self.pushed.len() < MAX_PUSHED => self.pushed.push(self.globals),
            0xB4 => self.globals = self.pushed.pop().unwrap_or(self.globals),
            0x08 => self.add_usages(usage(data, unsigned), (unsigned & 0xFFFF) as u16),
            0x18 => self.locals.first = Some(usage(data, unsigned)),
            0x28 => {
                if let Some(first) = self.locals.first.take() {
                    self.add_usages(first, (unsigned & 0xFFFF) as u16);
                }
            }
            // Physical values, units, designators, strings: nothing that changes where a field is.
            _ => {}
        }
    }

    fn add_usages(&mut self, (page, first): (Option<u16>, u16), last: u16) {
        if first <= last && self.locals.usages.len() < MAX_USAGES {
            self.locals.usages.push((page, first, last));
        }
    }

    fn fields(&mut self, direction: Direction, flags: u32) {
        let locals = std::mem::take(&mut self.locals);
        let globals = self.globals;
        let used = self.used_bits.entry((direction, globals.report)).or_default();
        let start = *used;
        *used = used.saturating_add(globals.size.saturating_mul(globals.count)).min(MAX_REPORT_BITS);
        let constant = flags & 1 != 0;
        let page = globals.page;
        let usages: Vec<_> =
            locals.usages.iter().map(|(its, first, last)| (its.unwrap_or(page), *first, *last)).collect();
        let Ok(bits @ 1..=32) = u8::try_from(globals.size) else { return };
        if constant || usages.is_empty() {
            return;
        }
        let [signed_max, unsigned_max] = globals.max;
        let max = if globals.min < 0 { signed_max } else { unsigned_max };
        let (min, max) = meaningful(globals.min, max, bits);
        // What is behind the greatest report is not counted.
        let room = (MAX_REPORT_BITS - start) / u32::from(bits);
        let known = self.layout.inputs.len()
            + self.layout.outputs.len()
            + self.layout.features.len()
            + self.layout.arrays.iter().map(|array| usize::from(array.count)).sum::<usize>();
        let left = u32::try_from(MAX_FIELDS.saturating_sub(known)).unwrap_or(0);
        self.layout.truncated |= globals.count > left;
        let count = globals.count.min(room).min(left);
        if flags & 2 == 0 {
            if let (Direction::Input, Ok(count @ 1..)) = (direction, u16::try_from(count)) {
                let report = globals.report;
                self.layout.arrays.push(Array { report, bit: start, bits, count, min, max, usages });
            }
            return;
        }
        let mut each = usages.iter().flat_map(|(page, first, last)| (*first..=*last).map(|usage| (*page, usage)));
        let mut last = (page, 0);
        for index in 0..count {
            // The last usage stands for all that follow.
            last = each.next().unwrap_or(last);
            let (page, usage) = last;
            let instances = self.instances.entry((direction, page, usage)).or_default();
            let field = Field {
                report: globals.report,
                bit: start + index * u32::from(bits),
                bits,
                page,
                usage,
                instance: *instances,
                min,
                max,
                relative: flags & 4 != 0,
                wraps: flags & 8 != 0,
                null: flags & 0x40 != 0,
            };
            *instances = instances.saturating_add(1);
            match direction {
                Direction::Input => self.layout.inputs.push(field),
                Direction::Output => self.layout.outputs.push(field),
                Direction::Feature => self.layout.features.push(field),
            }
        }
    }

    fn finish(mut self) -> Layout {
        for ((direction, report), bits) in self.used_bits {
            let bytes = usize::try_from(bits.div_ceil(8)).unwrap_or(0);
            let lengths = match direction {
                Direction::Input => &mut self.layout.input_bytes,
                Direction::Output => &mut self.layout.output_bytes,
                Direction::Feature => &mut self.layout.feature_bytes,
            };
            lengths.insert(report, bytes);
        }
        self.layout
    }
}

/// Four bytes say the page, too.
fn usage(data: &[u8], number: u32) -> (Option<u16>, u16) {
    ((data.len() == 4).then_some((number >> 16) as u16), (number & 0xFFFF) as u16)
}

/// A range that says nothing, or more than the bits can hold, becomes what they can hold.
fn meaningful(min: i64, max: i64, bits: u8) -> (i64, i64) {
    let all = 1_i64 << bits;
    let (least, most) = if min < 0 { (-all / 2, all / 2 - 1) } else { (0, all - 1) };
    if min >= max { (least, most) } else { (min.clamp(least, most), max.clamp(least, most)) }
}

/// The number in some bits, least significant first; none if they are not all there.
pub fn bits(payload: &[u8], bit: u32, bits: u8, signed: bool) -> Option<i64> {
    let (first, shift) = (usize::try_from(bit / 8).ok()?, bit % 8);
    let end = usize::try_from((bit + u32::from(bits)).div_ceil(8)).ok()?;
    let window = payload.get(first..end)?;
    let all = window.iter().rev().fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    let number = (all >> shift & ((1_u64 << bits) - 1)).cast_signed();
    Some(if signed && number >> (bits - 1) & 1 == 1 { number - (1_i64 << bits) } else { number })
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use proptest::prelude::*;

    /// 12 buttons, 4 bits of padding, X and Y of 8 bits, a signed Z of 16 bits, a hat with a null state.
    pub(crate) const GAMEPAD: &[u8] = &[
        0x05, 0x01, 0x09, 0x05, 0xA1, 0x01, 0x05, 0x09, 0x19, 0x01, 0x29, 0x0C, 0x15, 0x00, 0x25, 0x01, 0x75, 0x01,
        0x95, 0x0C, 0x81, 0x02, 0x95, 0x04, 0x81, 0x01, 0x05, 0x01, 0x09, 0x30, 0x09, 0x31, 0x15, 0x00, 0x26, 0xFF,
        0x00, 0x75, 0x08, 0x95, 0x02, 0x81, 0x02, 0x09, 0x32, 0x16, 0x00, 0x80, 0x26, 0xFF, 0x7F, 0x75, 0x10, 0x95,
        0x01, 0x81, 0x02, 0x09, 0x39, 0x15, 0x00, 0x25, 0x07, 0x75, 0x04, 0x95, 0x01, 0x81, 0x42, 0x75, 0x04, 0x81,
        0x01, 0xC0,
    ];

    /// A boot keyboard: modifiers as bits, six keys as an array, five lights.
    pub(crate) const KEYBOARD: &[u8] = &[
        0x05, 0x01, 0x09, 0x06, 0xA1, 0x01, 0x05, 0x07, 0x19, 0xE0, 0x29, 0xE7, 0x15, 0x00, 0x25, 0x01, 0x75, 0x01,
        0x95, 0x08, 0x81, 0x02, 0x95, 0x01, 0x75, 0x08, 0x81, 0x01, 0x95, 0x05, 0x75, 0x01, 0x05, 0x08, 0x19, 0x01,
        0x29, 0x05, 0x91, 0x02, 0x95, 0x01, 0x75, 0x03, 0x91, 0x01, 0x95, 0x06, 0x75, 0x08, 0x15, 0x00, 0x25, 0x65,
        0x05, 0x07, 0x19, 0x00, 0x29, 0x65, 0x81, 0x00, 0xC0,
    ];

    /// Report 1: a knob of 12 bits, a relative wheel and a dial that wraps, both of 8 bits; output report 2: 16 lights.
    pub(crate) const DECK: &[u8] = &[
        0x06, 0x00, 0xFF, 0x09, 0x01, 0xA1, 0x01, 0x85, 0x01, 0x05, 0x01, 0x09, 0x36, 0x15, 0x00, 0x26, 0xFF, 0x0F,
        0x75, 0x0C, 0x95, 0x01, 0x81, 0x02, 0x75, 0x04, 0x81, 0x01, 0x09, 0x38, 0x15, 0x81, 0x25, 0x7F, 0x75, 0x08,
        0x81, 0x06, 0x09, 0x37, 0x15, 0x00, 0x26, 0xFF, 0x00, 0x81, 0x0A, 0x85, 0x02, 0x05, 0x08, 0x09, 0x4B, 0x25,
        0x01, 0x75, 0x01, 0x95, 0x10, 0x91, 0x02, 0xC0,
    ];

    #[test]
    fn a_gamepad() {
        let layout = Layout::parse(GAMEPAD).unwrap();
        assert_eq!((layout.inputs.len(), layout.top_usages.as_slice()), (16, &[(1, 5)][..]));
        let button = layout.input(9, 3, 0).unwrap();
        assert!(button.is_button() && (button.bit, button.bits) == (2, 1));
        let y = layout.input(1, 0x31, 0).unwrap();
        assert_eq!((y.bit, y.bits, y.min, y.max), (24, 8, 0, 255));
        let z = layout.input(1, 0x32, 0).unwrap();
        assert_eq!((z.bit, z.bits, z.min, z.max), (32, 16, -32_768, 32_767));
        assert_eq!(z.read(&[0, 0, 0, 0, 0xFF, 0xFF, 0]), Some(-1));
        assert_eq!(z.read(&[0, 0, 0, 0, 0xFF]), None);
        assert!(layout.input(1, 0x39, 0).is_some_and(|hat| hat.is_hat() && hat.null));
        assert_eq!(layout.input_bytes.get(&0), Some(&7));
    }

    #[test]
    fn a_keyboard() {
        let layout = Layout::parse(KEYBOARD).unwrap();
        let array = &layout.arrays[0];
        assert_eq!((array.bit, array.bits, array.count), (16, 8, 6));
        assert!(array.has(7, 4) && !array.has(7, 0x66) && !array.has(9, 4));
        let read = |payload: &[u8]| array.read(payload).map(Iterator::collect::<Vec<_>>);
        assert_eq!(read(&[0, 0, 4, 0, 0x65, 0x66, 0, 0]), Some(vec![(7, 4), (7, 0x65)]));
        assert_eq!(read(&[0, 0, 1, 1, 1, 1, 1, 1]), None);
        assert_eq!(read(&[0, 0, 4]), None);
        assert_eq!((layout.outputs.len(), layout.output_bytes.get(&0)), (5, Some(&1)));
    }

    #[test]
    fn a_deck() {
        let layout = Layout::parse(DECK).unwrap();
        let knob = layout.input(1, 0x36, 0).unwrap();
        assert_eq!((knob.report, knob.bit, knob.bits, knob.max), (1, 0, 12, 4095));
        let wheel = layout.input(1, 0x38, 0).unwrap();
        assert!(wheel.relative && (wheel.bit, wheel.min, wheel.max) == (16, -127, 127));
        assert!(layout.input(1, 0x37, 0).is_some_and(|dial| dial.wraps));
        // One usage for sixteen lights.
        assert_eq!((layout.outputs.len(), layout.outputs[15].instance, layout.outputs[15].bit), (16, 15, 15));
        assert_eq!(layout.output_bytes.get(&2), Some(&2));
    }

    #[test]
    fn bombs_do_not_go_off() {
        // Four billion fields of 32 bits with 65,536 usages; then a field behind the end of all reports.
        let bomb = [
            0x05, 0x09, 0x1A, 0x00, 0x00, 0x2A, 0xFF, 0xFF, 0x75, 0x20, 0x97, 0xFF, 0xFF, 0xFF, 0xFF, 0x81, 0x02, 0x09,
            0x01, 0x75, 0x01, 0x95, 0x01, 0x81, 0x02, 0x09, 0x01, 0x81, 0x00,
        ];
        let layout = Layout::parse(&bomb).unwrap();
        assert!(layout.truncated && layout.inputs.len() <= MAX_FIELDS);
        assert_eq!(Layout::parse(&[0; MAX_DESCRIPTOR_BYTES + 1]), Err(LayoutError::TooLong { length: 4097 }));
        assert_eq!(Layout::parse(&[]), Err(LayoutError::Empty));
        assert_eq!(Layout::parse(&[0x05]), Err(LayoutError::Cut { at: 0 }));
        // More collections than anybody ends, more ends than collections, pops without pushes.
        for item in [[0xA1, 0x01], [0xC0, 0xC0], [0xB4, 0xB4], [0xA4, 0xA4]] {
            assert!(Layout::parse(&item.repeat(2_000)).is_ok());
        }
    }

    fn items() -> impl Strategy<Value = Vec<u8>> {
        let prefix = prop_oneof![
            prop::sample::select(vec![
                0x05_u8, 0x09, 0x19, 0x29, 0x15, 0x25, 0x26, 0x75, 0x95, 0x81, 0x91, 0xB1, 0xA1, 0xC0, 0x85, 0x97
            ]),
            any::<u8>(),
        ];
        let data = prop_oneof![0_u8..40, any::<u8>()];
        let item = (prefix, prop::collection::vec(data, 4)).prop_map(|(prefix, data)| {
            let length = [0, 1, 2, 4][usize::from(prefix & 3)];
            std::iter::once(prefix).chain(data.into_iter().take(length)).collect::<Vec<_>>()
        });
        prop::collection::vec(item, 0..80).prop_map(|items| items.concat())
    }

    proptest! {
        #[test]
        fn no_descriptor_harms(descriptor in items(), payload in prop::collection::vec(any::<u8>(), 0..70)) {
            if let Ok(layout) = Layout::parse(&descriptor) {
                prop_assert!(layout.inputs.len() + layout.outputs.len() + layout.features.len() <= MAX_FIELDS);
                for field in &layout.inputs {
                    prop_assert!(field.min <= field.max && field.bit + u32::from(field.bits) <= MAX_REPORT_BITS);
                    let _number = field.read(&payload);
                }
                for array in &layout.arrays {
                    prop_assert!(array.read(&payload).is_none_or(|usages| usages.count() <= MAX_FIELDS));
                }
            }
        }

        #[test]
        fn bits_are_read_as_they_are_written(number: u32, bit in 0_u32..100, length in 1_u8..=32) {
            let number = u64::from(number) & ((1 << length) - 1);
            let mut payload = [0_u8; 20];
            super::super::output::set_bits(&mut payload, bit, length, number as u32);
            prop_assert_eq!(bits(&payload, bit, length, false), Some(number as i64));
        }
    }
}
