//! Two control changes that are one number of 14 bits.
//!
//! The specification says: coarse first, and a coarse one resets the fine half to 0. Showing that at once would make a
//! descending fader dip at every coarse step. So a coarse half waits for its fine one as soon as the device has shown that
//! it sends fine ones; it does not wait longer than [`FINE_WAIT_NANOS`].

/// How long a coarse half waits for its fine one: many times what lies between two messages of a slow cable (1 ms).
pub const FINE_WAIT_NANOS: u64 = 30_000_000;

/// What is known of a number of 14 bits so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Halves {
    coarse: Option<u8>,
    sends_fine: bool,
    /// Since when a coarse half waits.
    waiting: Option<u64>,
}

impl Halves {
    /// A coarse half came: the number, unless its fine half is yet to come. Without fine halves, a number has only 7 bits.
    pub fn coarse(&mut self, value: u8, at_nanos: u64) -> Option<Joined> {
        let fine_is_missing = self.waiting.is_some();
        self.coarse = Some(value & 0x7F);
        if self.sends_fine && !fine_is_missing {
            self.waiting = Some(at_nanos);
            return None;
        }
        self.sends_fine = false;
        self.waiting = None;
        Some(Joined::Coarse(value & 0x7F))
    }

    /// A fine half came: the number, if a coarse half came before it.
    pub fn fine(&mut self, value: u8) -> Option<Joined> {
        self.sends_fine = true;
        self.waiting = None;
        self.coarse.map(|coarse| Joined::Both(crate::scale::join_fourteen(coarse, value)))
    }

    /// When a waiting coarse half has waited long enough.
    pub fn due_nanos(&self) -> Option<u64> {
        self.waiting.map(|since| since.saturating_add(FINE_WAIT_NANOS))
    }

    /// The number of a coarse half that has waited long enough.
    pub fn settle(&mut self, now_nanos: u64) -> Option<Joined> {
        if self.due_nanos()? > now_nanos {
            return None;
        }
        self.waiting = None;
        self.coarse.map(|coarse| Joined::Both(crate::scale::join_fourteen(coarse, 0)))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Joined {
    /// 7 bits: the device has not sent fine halves.
    Coarse(u8),
    /// 14 bits.
    Both(u16),
}

impl Joined {
    /// From 0 to 1.
    pub fn place(self) -> f64 {
        match self {
            Self::Coarse(number) => crate::scale::place(i64::from(number), 0, 127),
            Self::Both(number) => crate::scale::place(i64::from(number), 0, 16_383),
        }
    }

    pub fn steps(self) -> u32 {
        match self {
            Self::Coarse(_) => 128,
            Self::Both(_) => 16_384,
        }
    }

    /// As on the wire.
    pub fn number(self) -> u16 {
        match self {
            Self::Coarse(number) => u16::from(number),
            Self::Both(number) => number,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coarse_alone_is_seven_bits() {
        let mut halves = Halves::default();
        assert_eq!(halves.coarse(64, 0), Some(Joined::Coarse(64)));
        assert_eq!(halves.coarse(127, 0).map(Joined::place), Some(1.0));
        assert_eq!(halves.due_nanos(), None);
    }

    #[test]
    fn fine_alone_says_nothing_until_a_coarse_one_came() {
        let mut halves = Halves::default();
        assert_eq!(halves.fine(5), None);
        assert_eq!(halves.coarse(1, 0), None);
        assert_eq!(halves.fine(5), Some(Joined::Both(133)));
        assert_eq!(halves.fine(6), Some(Joined::Both(134)));
    }

    #[test]
    fn a_descending_fader_never_dips() {
        let mut halves = Halves::default();
        let _first = halves.coarse(100, 0);
        let mut last = halves.fine(127).map(Joined::number);
        for number in (0..100 * 128).rev().step_by(7) {
            assert_eq!(halves.coarse((number >> 7) as u8, 0), None);
            let now = halves.fine((number & 0x7F) as u8).map(Joined::number);
            assert!(now < last);
            last = now;
        }
    }

    #[test]
    fn a_missing_fine_half_is_missed_only_for_a_while() {
        let mut halves = Halves::default();
        assert!(halves.coarse(1, 0).is_some() && halves.fine(1).is_some());
        assert_eq!(halves.coarse(2, 1_000), None);
        assert_eq!(halves.settle(1_000 + FINE_WAIT_NANOS - 1), None);
        assert_eq!(halves.settle(1_000 + FINE_WAIT_NANOS), Some(Joined::Both(256)));
        assert_eq!(halves.settle(u64::MAX), None);
        // Two coarse ones in a row: it has stopped to send fine ones.
        assert_eq!(halves.coarse(3, 0), None);
        assert_eq!(halves.coarse(4, 0), Some(Joined::Coarse(4)));
    }
}
