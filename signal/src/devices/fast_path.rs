//! MIDI messages on which the transport moves at once, without a way to Pulse and back. Pulse compiles the table. Pure.

use loophole_wire::message::ports::{FastPathAction, FastPathEntry};

/// Entries in a table.
pub(crate) const MOST_ENTRIES: usize = 1_024;

/// The first entry that fits counts.
#[derive(Debug, Default)]
pub(crate) struct FastPath(Vec<FastPathEntry>);

impl FastPath {
    /// None when there are too many entries.
    pub(crate) fn new(entries: Vec<FastPathEntry>) -> Option<Self> {
        (entries.len() <= MOST_ENTRIES).then_some(Self(entries))
    }

    /// What a whole message does.
    pub(crate) fn action(&self, port: u32, message: &[u8]) -> Option<FastPathAction> {
        let (&status, data) = message.split_first()?;
        let (data1, data2) = (data.first().copied().unwrap_or(0), data.get(1).copied().unwrap_or(0));
        let fits = |entry: &&FastPathEntry| {
            (entry.port, entry.status) == (port, status)
                && (entry.data1 ^ data1) & entry.data1_mask == 0
                && (entry.min_data2..=entry.max_data2).contains(&data2)
        };
        self.0.iter().find(fits).map(|entry| entry.action)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn port_status_first_byte_under_the_mask_and_range_of_the_second_must_fit() {
        let entry = FastPathEntry {
            port: 1,
            status: 0x90,
            data1: 0x5e,
            data1_mask: 0x7f,
            min_data2: 1,
            max_data2: 127,
            action: FastPathAction::Play,
        };
        let stop = FastPathEntry { data1: 0x50, data1_mask: 0x70, action: FastPathAction::Stop, ..entry };
        let clock = FastPathEntry { status: 0xfc, data1_mask: 0, min_data2: 0, action: FastPathAction::Pause, ..entry };
        let table = FastPath::new(vec![entry, stop, clock]).unwrap();
        let cases: &[(u32, &[u8], Option<FastPathAction>)] = &[
            (1, &[0x90, 0x5e, 127], Some(FastPathAction::Play)),
            (1, &[0x90, 0x5e, 0], None),
            (2, &[0x90, 0x5e, 127], None),
            (1, &[0x91, 0x5e, 127], None),
            (1, &[0x90, 0x5d, 1], Some(FastPathAction::Stop)),
            (1, &[0x90, 0x60, 1], None),
            (1, &[0xfc], Some(FastPathAction::Pause)),
            (1, &[], None),
        ];
        for (port, message, action) in cases {
            assert_eq!(table.action(*port, message), *action, "{message:x?}");
        }
        assert!(FastPath::new(vec![entry; MOST_ENTRIES + 1]).is_none());
    }
}
