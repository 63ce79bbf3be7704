//! HID reports to be sent. Several elements share one: bits that nobody changes keep what they were.

use super::Layout;

/// Longer reports are not sent.
const MAX_REPORT_BYTES: usize = 8_192;

/// What was last said in each output and feature report.
#[derive(Clone, Debug, Default)]
pub struct OutputReports {
    reports: Vec<Report>,
}

#[derive(Clone, Debug)]
struct Report {
    id: u8,
    feature: bool,
    /// The report id, then the payload.
    bytes: Vec<u8>,
}

impl OutputReports {
    /// A report has the length that the descriptor says; those that it does not know are as long as they have to be.
    pub fn new(layout: &Layout) -> Self {
        let outputs = layout.output_bytes.iter().map(|(id, bytes)| (*id, false, *bytes));
        let features = layout.feature_bytes.iter().map(|(id, bytes)| (*id, true, *bytes));
        let reports = outputs.chain(features).map(|(id, feature, length)| Report::new(id, feature, length));
        Self { reports: reports.collect() }
    }

    /// Makes sure that there is a report with so many bits. False if no report can be so long.
    pub fn reserve(&mut self, id: u8, feature: bool, bits: u32) -> bool {
        let length = usize::try_from(bits.div_ceil(8)).unwrap_or(usize::MAX);
        if length > MAX_REPORT_BYTES {
            return false;
        }
        match self.find(id, feature) {
            Some(report) => {
                let length = report.bytes.len().max(length + 1);
                report.bytes.resize(length, 0);
            }
            None => self.reports.push(Report::new(id, feature, length)),
        }
        true
    }

    /// Changes some bits; the whole report, to be sent. None if there is no such report, or it is shorter.
    pub fn set(&mut self, id: u8, feature: bool, bit: u32, bits: u8, number: u32) -> Option<&[u8]> {
        let report = self.find(id, feature)?;
        let payload = report.bytes.get_mut(1..)?;
        set_bits(payload, bit, bits, number).then_some(report.bytes.as_slice())
    }

    fn find(&mut self, id: u8, feature: bool) -> Option<&mut Report> {
        self.reports.iter_mut().find(|report| (report.id, report.feature) == (id, feature))
    }
}

impl Report {
    fn new(id: u8, feature: bool, length: usize) -> Self {
        let mut bytes = vec![0; length.min(MAX_REPORT_BYTES) + 1];
        bytes[0] = id;
        Self { id, feature, bytes }
    }
}

/// Writes the lowest `bits` of a number, least significant first. False, and nothing written, if there is no room.
pub fn set_bits(payload: &mut [u8], bit: u32, bits: u8, number: u32) -> bool {
    if u64::from(bit) + u64::from(bits) > payload.len() as u64 * 8 {
        return false;
    }
    for index in 0..u32::from(bits.min(32)) {
        let at = bit + index;
        if let Some(byte) = usize::try_from(at / 8).ok().and_then(|byte| payload.get_mut(byte)) {
            let mask = 1 << (at % 8);
            if number >> index & 1 == 1 { *byte |= mask } else { *byte &= !mask }
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_bits_keep_what_they_were() {
        let layout = Layout::parse(crate::hid::descriptor::tests::DECK).unwrap();
        let mut reports = OutputReports::new(&layout);
        assert_eq!(reports.set(2, false, 0, 1, 1), Some(&[2, 1, 0][..]));
        assert_eq!(reports.set(2, false, 9, 2, 3), Some(&[2, 1, 6][..]));
        assert_eq!(reports.set(2, false, 0, 1, 0), Some(&[2, 0, 6][..]));
        assert_eq!(reports.set(2, false, 15, 2, 3), None);
        assert_eq!(reports.set(2, true, 0, 1, 1), None);
        assert!(reports.reserve(2, true, 3));
        assert_eq!(reports.set(2, true, 2, 1, 1), Some(&[2, 4][..]));
        assert!(!reports.reserve(3, false, u32::MAX));
    }
}
