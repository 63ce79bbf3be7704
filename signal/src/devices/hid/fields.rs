//! Which bits of a HID input report are buttons, and which are steps: what must not be lost when reports are left out. Pure.

use std::collections::BTreeMap;

/// Wider fields are axes: they move through many values, and the newest counts.
const BUTTON_BITS: u32 = 4;
/// For the masks of all reports; what a descriptor describes beyond is unknown.
const MOST_MASK_BYTES: usize = 64 * 1024;
const MOST_PUSHES: usize = 32;

/// From a report descriptor.
#[derive(Debug, Default)]
pub(crate) struct Fields {
    reports: BTreeMap<u8, Masks>,
}

/// One bit for each bit of a report, without its id.
#[derive(Debug, Default)]
struct Masks {
    buttons: Vec<u8>,
    steps: Vec<u8>,
    bits: usize,
}

#[derive(Clone, Copy, Debug, Default)]
struct Globals {
    size: u32,
    count: u32,
    report: u8,
}

/// The items of a report descriptor: tag and type, and the value. Ends where it is cut off.
fn items(descriptor: &[u8]) -> impl Iterator<Item = (u8, u32)> {
    let mut rest = descriptor;
    std::iter::from_fn(move || {
        let (&prefix, behind) = rest.split_first()?;
        let length = match (prefix, prefix & 3) {
            (0xfe, _) => behind.first().map_or(0, |length| usize::from(*length) + 2),
            (_, 3) => 4,
            (_, length) => usize::from(length),
        };
        let (data, behind) = behind.split_at_checked(length)?;
        rest = behind;
        let value = data.iter().rev().take(4).fold(0, |value: u32, byte| (value << 8) | u32::from(*byte));
        Some((prefix & 0xfc, value))
    })
}

/// Whether reports begin with an id.
pub(crate) fn has_report_ids(descriptor: &[u8]) -> bool {
    items(descriptor).any(|(item, _)| item == 0x84)
}

impl Fields {
    /// Whatever bytes come: what is not understood is not described.
    pub(crate) fn parse(descriptor: &[u8]) -> Self {
        let (mut fields, mut globals, mut pushed) = (Self::default(), Globals::default(), Vec::new());
        let mut left = MOST_MASK_BYTES;
        for (item, value) in items(descriptor) {
            match item {
                0x74 => globals.size = value,
                0x94 => globals.count = value,
                0x84 => globals.report = value as u8,
                0xa4 if pushed.len() < MOST_PUSHES => pushed.push(globals),
                0xb4 => globals = pushed.pop().unwrap_or(globals),
                0x80 => {
                    let fits = fields.reports.entry(globals.report).or_default().add(globals, value, &mut left);
                    if !fits {
                        // Too large to be true: nothing is known of this report.
                        fields.reports.remove(&globals.report);
                        break;
                    }
                }
                _ => {}
            }
        }
        fields
    }

    /// Whether `earlier` may be left out when `newest` comes instead. The first byte is the report id.
    pub(crate) fn may_replace(&self, earlier: &[u8], newest: &[u8]) -> bool {
        if earlier == newest && earlier.first().is_none_or(|id| self.reports.get(id).is_none_or(Masks::has_no_steps)) {
            return true;
        }
        let (Some((id, earlier)), Some((_, newest))) = (earlier.split_first(), newest.split_first()) else {
            return false;
        };
        let Some(masks) = self.reports.get(id).filter(|_| earlier.len() == newest.len()) else { return false };
        let presses = masks.buttons.iter().zip(earlier.iter().zip(newest)).any(|(mask, (a, b))| (a ^ b) & mask != 0);
        let steps = masks.steps.iter().zip(earlier).any(|(mask, byte)| byte & mask != 0);
        !presses && !steps
    }
}

impl Masks {
    /// An Input item. False when it is too large.
    fn add(&mut self, globals: Globals, flags: u32, left: &mut usize) -> bool {
        const CONSTANT: u32 = 1;
        const VARIABLE: u32 = 2;
        const RELATIVE: u32 = 4;
        let Some(bits) = globals.size.checked_mul(globals.count).map(|bits| bits as usize) else { return false };
        let end = self.bits.saturating_add(bits);
        let more = end.div_ceil(8).saturating_sub(self.buttons.len());
        if more > *left {
            return false;
        }
        *left -= more;
        self.buttons.resize(self.buttons.len() + more, 0);
        self.steps.resize(self.buttons.len(), 0);
        if flags & CONSTANT == 0 {
            let is_step = flags & RELATIVE != 0;
            let is_button = globals.size <= BUTTON_BITS || flags & VARIABLE == 0;
            for bit in self.bits..end {
                let mask = if is_step { &mut self.steps } else { &mut self.buttons };
                if let Some(byte) = mask.get_mut(bit / 8).filter(|_| is_step || is_button) {
                    *byte |= 1 << (bit % 8);
                }
            }
        }
        self.bits = end;
        true
    }

    fn has_no_steps(&self) -> bool {
        self.steps.iter().all(|byte| *byte == 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A jog wheel: report 2 with four buttons, padding, a hat of 4 bits, a wheel of 8 relative bits, an axis of 8.
    const JOG: &[u8] = &[
        0x85, 2, 0x75, 1, 0x95, 4, 0x81, 0x02, 0x75, 4, 0x95, 1, 0x81, 0x03, 0x75, 4, 0x95, 1, 0x81, 0x02, 0x81, 0x03,
        0x75, 8, 0x81, 0x06, 0x81, 0x02,
    ];

    #[test]
    fn presses_hats_and_steps_stay_and_axes_and_padding_do_not() {
        let fields = Fields::parse(JOG);
        let cases: &[(&[u8], &[u8], bool)] = &[
            (&[2, 0, 0, 0, 5], &[2, 0, 0, 0, 9], true),
            (&[2, 0x10, 0x10, 0, 5], &[2, 0xe0, 0xe0, 0, 9], true),
            (&[2, 1, 0, 0, 5], &[2, 0, 0, 0, 5], false),
            (&[2, 0, 1, 0, 5], &[2, 0, 2, 0, 5], false),
            (&[2, 0, 0, 1, 5], &[2, 0, 0, 0, 5], false),
            (&[2, 0, 0, 0, 5], &[2, 0, 0, 1, 5], true),
            (&[2, 0, 0, 1, 5], &[2, 0, 0, 1, 5], false),
            (&[2, 0, 0, 0], &[2, 0, 0, 0, 0], false),
            (&[7, 0], &[7, 1], false),
            (&[7, 1], &[7, 1], true),
            (&[], &[], true),
        ];
        for (earlier, newest, expected) in cases {
            assert_eq!(fields.may_replace(earlier, newest), *expected, "{earlier:?} {newest:?}");
        }
    }

    #[test]
    fn reports_have_ids_or_not() {
        assert!(has_report_ids(JOG));
        assert!(!has_report_ids(&[0x75, 8, 0x95, 1, 0x81, 2]));
        // In a long item it is only data.
        assert!(!has_report_ids(&[0xfe, 2, 0, 0x85, 1, 0x75, 8]));
    }

    #[test]
    fn a_report_that_is_too_large_is_unknown() {
        let huge = [0x77, 0xff, 0xff, 0xff, 0x7f, 0x95, 2, 0x81, 2];
        assert!(!Fields::parse(&huge).may_replace(&[0, 1], &[0, 2]));
        let large = [0x76, 0xff, 0xff, 0x96, 0xff, 0xff, 0x81, 2];
        assert!(!Fields::parse(&large).may_replace(&[0, 1], &[0, 2]));
    }

    proptest! {
        #[test]
        fn random_descriptors_never_panic(descriptor in prop::collection::vec(any::<u8>(), 0..300), a in prop::collection::vec(any::<u8>(), 0..40), b in prop::collection::vec(any::<u8>(), 0..40)) {
            let fields = Fields::parse(&descriptor);
            let _either = fields.may_replace(&a, &b);
        }
    }
}
