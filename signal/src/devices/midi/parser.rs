//! A MIDI byte stream, cut into complete messages: running status resolved, real-time bytes taken out of SysEx. Pure.

/// The longest SysEx that goes on, F0 and F7 included: what a plane record holds.
pub(crate) const MAX_SYSEX_BYTES: usize = loophole_wire::plane::MAX_DEVICE_BYTES;

/// One per port. Bytes may come in any pieces.
#[derive(Debug, Default)]
pub(crate) struct Parser {
    /// A message that is not complete, its status first; empty when there is none.
    begun: Vec<u8>,
    /// Of the last channel message; 0 = none.
    running: u8,
    /// A SysEx became too long: the rest of it is thrown away.
    overlong: bool,
    dropped: u64,
}

impl Parser {
    /// Gives each message that is complete to `message`, in order.
    pub(crate) fn push(&mut self, bytes: &[u8], mut message: impl FnMut(&[u8])) {
        for &byte in bytes {
            match byte {
                // Real time may stand anywhere, even inside a SysEx. F9 and FD mean nothing.
                0xf9 | 0xfd => {}
                0xf8.. => message(&[byte]),
                0xf7 => self.end_sysex(&mut message),
                0x80.. => self.status(byte, &mut message),
                _ => self.data(byte, &mut message),
            }
        }
    }

    /// How many SysEx were too long, since it was asked last.
    pub(crate) fn take_dropped(&mut self) -> u64 {
        std::mem::take(&mut self.dropped)
    }

    fn status(&mut self, byte: u8, message: &mut impl FnMut(&[u8])) {
        // Whatever was begun is not completed any more.
        self.begun.clear();
        self.overlong = false;
        self.running = if byte < 0xf0 { byte } else { 0 };
        match data_bytes(byte) {
            Some(0) => message(&[byte]),
            Some(_) => self.begun.push(byte),
            // F4 and F5 mean nothing; data behind them goes nowhere.
            None if byte == 0xf0 => self.begun.push(byte),
            None => {}
        }
    }

    fn data(&mut self, byte: u8, message: &mut impl FnMut(&[u8])) {
        if self.begun.is_empty() {
            if self.running == 0 {
                return;
            }
            self.begun.push(self.running);
        }
        let is_sysex = self.begun.first() == Some(&0xf0);
        if is_sysex {
            if self.begun.len() + 1 < MAX_SYSEX_BYTES {
                self.begun.push(byte);
            } else {
                self.overlong = true;
            }
            return;
        }
        self.begun.push(byte);
        let wanted = self.begun.first().and_then(|status| data_bytes(*status)).unwrap_or(0);
        if self.begun.len() > wanted {
            message(&self.begun);
            self.begun.clear();
        }
    }

    fn end_sysex(&mut self, message: &mut impl FnMut(&[u8])) {
        if self.begun.first() == Some(&0xf0) {
            if std::mem::take(&mut self.overlong) {
                self.dropped += 1;
            } else {
                self.begun.push(0xf7);
                message(&self.begun);
            }
            // A large one gives its memory back.
            if self.begun.capacity() > 1_024 {
                self.begun = Vec::new();
            }
        }
        self.begun.clear();
        self.running = 0;
    }
}

/// Data bytes that follow a status; none for SysEx and what means nothing.
fn data_bytes(status: u8) -> Option<usize> {
    match status {
        0x80..=0xbf | 0xe0..=0xef | 0xf2 => Some(2),
        0xc0..=0xdf | 0xf1 | 0xf3 => Some(1),
        0xf6 | 0xf8 | 0xfa..=0xfc | 0xfe | 0xff => Some(0),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parse(pieces: &[&[u8]]) -> Vec<Vec<u8>> {
        let (mut parser, mut messages) = (Parser::default(), Vec::new());
        for piece in pieces {
            parser.push(piece, |message| messages.push(message.to_vec()));
        }
        messages
    }

    #[test]
    fn every_kind_of_message_is_cut_where_it_ends() {
        let cases: &[(&[u8], &[&[u8]])] = &[
            (&[0x90, 60, 100], &[&[0x90, 60, 100]]),
            (&[0x90, 60, 100, 60, 0, 61, 1], &[&[0x90, 60, 100], &[0x90, 60, 0], &[0x90, 61, 1]]),
            (&[0xc3, 5, 6], &[&[0xc3, 5], &[0xc3, 6]]),
            (&[0xb0, 7, 0xf8, 100], &[&[0xf8], &[0xb0, 7, 100]]),
            (&[0xf0, 1, 0xf8, 2, 0xf7], &[&[0xf8], &[0xf0, 1, 2, 0xf7]]),
            (&[0xf0, 1, 0xfe, 0xfa, 2, 0xf7], &[&[0xfe], &[0xfa], &[0xf0, 1, 2, 0xf7]]),
            // Cut off by another status: thrown away.
            (&[0xf0, 1, 2, 0x90, 1, 2], &[&[0x90, 1, 2]]),
            (&[0x90, 1, 0xb0, 1, 2], &[&[0xb0, 1, 2]]),
            // System common ends running status.
            (&[0x90, 1, 2, 0xf6, 1, 2], &[&[0x90, 1, 2], &[0xf6]]),
            (&[0x90, 1, 2, 0xf0, 0xf7, 1, 2], &[&[0x90, 1, 2], &[0xf0, 0xf7]]),
            (&[0xf1, 3, 0xf2, 1, 2, 0xf3, 9], &[&[0xf1, 3], &[0xf2, 1, 2], &[0xf3, 9]]),
            // Nothing begun, nothing meant.
            (&[1, 2, 3, 0xf7, 0xf4, 5, 0xf5, 6, 0xf9, 0xfd], &[]),
            (&[0xe0, 0, 64, 0xff], &[&[0xe0, 0, 64], &[0xff]]),
        ];
        for (bytes, expected) in cases {
            assert_eq!(parse(&[bytes]), *expected, "{bytes:x?}");
            let single: Vec<_> = bytes.chunks(1).collect();
            assert_eq!(parse(&single), *expected, "{bytes:x?}, byte by byte");
        }
    }

    #[test]
    fn the_longest_sysex_goes_on_and_a_longer_one_is_counted() {
        let mut parser = Parser::default();
        let mut sysex = vec![1; MAX_SYSEX_BYTES];
        (sysex[0], sysex[MAX_SYSEX_BYTES - 1]) = (0xf0, 0xf7);
        let mut seen = Vec::new();
        parser.push(&sysex, |message| seen.push(message.len()));
        assert_eq!((seen.as_slice(), parser.take_dropped()), ([MAX_SYSEX_BYTES].as_slice(), 0));
        sysex.insert(1, 1);
        parser.push(&sysex, |message| seen.push(message.len()));
        assert_eq!((seen.len(), parser.take_dropped()), (1, 1));
        parser.push(&[0x90, 1, 2], |message| seen.push(message.len()));
        assert_eq!(seen.len(), 2);
    }

    proptest! {
        #[test]
        fn any_bytes_in_any_pieces_give_the_same_messages(bytes in prop::collection::vec(any::<u8>(), 0..500), cut in 1usize..20) {
            let pieces: Vec<_> = bytes.chunks(cut).collect();
            let messages = parse(&pieces);
            prop_assert_eq!(&messages, &parse(&[&bytes]));
            for message in messages {
                prop_assert!(message[0] >= 0x80);
                if message[0] != 0xf0 {
                    prop_assert_eq!(Some(message.len() - 1), data_bytes(message[0]));
                    prop_assert!(message[1..].iter().all(|byte| *byte < 0x80));
                }
            }
        }
    }
}
