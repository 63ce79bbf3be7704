//! The Mackie Control protocol: handshake, rings, meters, digits and the text display.
//!
//! Numbers are those of the Logic Control documentation. A device says "Host Connection Query" after power-on or when it is
//! asked; some stay dark until they are answered, most do not care.

use crate::output::RingMode;

/// Manufacturer (Mackie); the device id follows: 0x14 Mackie Control, 0x15 its extender, 0x10 and 0x11 Logic Control.
pub const HEADER: [u8; 4] = [0xF0, 0x00, 0x00, 0x66];
/// Both lines of the display, 56 cells each, one after the other.
pub const DISPLAY_CELLS: u8 = 112;

/// What a device says about the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Handshake {
    /// 01: answer with [`connection_reply`].
    ConnectionQuery { device: u8, serial: [u8; 7], challenge: [u8; 4] },
    /// 03: it is content with the answer.
    Confirmed { device: u8, serial: [u8; 7] },
    /// 04: it is not.
    Refused { device: u8, serial: [u8; 7] },
}

impl Handshake {
    /// Reads a whole message, from F0 to F7. None if it is something else.
    pub fn parse(message: &[u8]) -> Option<Self> {
        let [device, command, body @ .., 0xF7] = message.strip_prefix(&HEADER)? else { return None };
        let (serial, rest) = body.split_first_chunk::<7>()?;
        let (device, serial) = (*device, *serial);
        match (command, rest) {
            (0x01, rest) => Some(Self::ConnectionQuery { device, serial, challenge: rest.try_into().ok()? }),
            (0x03, []) => Some(Self::Confirmed { device, serial }),
            (0x04, []) => Some(Self::Refused { device, serial }),
            _ => None,
        }
    }
}

/// 00: asks a device to say who it is.
pub fn device_query(device: u8) -> [u8; 7] {
    framed(device, 0x00, [])
}

/// 02: the answer to [`Handshake::ConnectionQuery`].
pub fn connection_reply(device: u8, serial: [u8; 7], challenge: [u8; 4]) -> [u8; 18] {
    let mut body = [0; 11];
    let response = response(challenge);
    body.iter_mut().zip(serial.iter().chain(&response)).for_each(|(to, from)| *to = *from & 0x7F);
    framed(device, 0x02, body)
}

fn framed<const BODY: usize, const ALL: usize>(device: u8, command: u8, body: [u8; BODY]) -> [u8; ALL] {
    let all = HEADER.into_iter().chain([device & 0x7F, command]).chain(body).chain([0xF7]);
    let mut message = [0; ALL];
    message.iter_mut().zip(all).for_each(|(to, from)| *to = from);
    message
}

/// What a challenge is to be answered with.
pub fn response([l1, l2, l3, l4]: [u8; 4]) -> [u8; 4] {
    [
        l1.wrapping_add(l2 ^ 0x0A).wrapping_sub(l4),
        (l3 >> 4) ^ l1.wrapping_add(l4),
        l4.wrapping_sub(l3 << 2) ^ (l1 | l2),
        l2.wrapping_sub(l3).wrapping_add(0xF0 ^ (l4 << 4)),
    ]
    .map(|byte| byte & 0x7F)
}

/// The value of control change 48 + strip that shows a place from 0 to 1, with the small light below the ring on or off.
pub fn ring(mode: RingMode, place: f64, light: bool) -> u8 {
    let (mode, last) = match mode {
        RingMode::Dot => (0, 11),
        RingMode::BoostCut => (1, 11),
        RingMode::Wrap => (2, 11),
        RingMode::Spread => (3, 6),
    };
    let position = crate::scale::number(place, 1, last) as u8;
    u8::from(light) << 6 | mode << 4 | position
}

/// The value of control change 48 + strip that shows nothing.
pub fn dark_ring(mode: RingMode) -> u8 {
    ring(mode, 0.0, false) & 0x30
}

/// The pressure of channel 1 that shows a level from 0 (nothing) to 1 (0 dB).
pub fn meter(strip: u8, place: f64) -> u8 {
    (strip & 0x07) << 4 | crate::scale::number(place, 0, 12) as u8
}

/// The pressure of channel 1 that sets or clears a strip's overload.
pub fn overload(strip: u8, on: bool) -> u8 {
    (strip & 0x07) << 4 | if on { 0x0E } else { 0x0F }
}

/// The value of control change 64 + digit that shows a letter. What seven segments cannot show is empty.
pub fn digit(letter: char, dot: bool) -> u8 {
    let code = match letter.to_ascii_uppercase() {
        letter @ ' '..='?' => letter as u8,
        letter @ '@'..='_' => letter as u8 & 0x3F,
        _ => b' ',
    };
    code | u8::from(dot) << 6
}

/// Text for one cell: printable ASCII, exactly so long. What ASCII lacks is written as people would without it, or as `?`.
pub fn ascii(text: &str, length: usize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(length);
    for letter in text.chars() {
        match plain(letter) {
            "" => bytes.push(if (' '..='~').contains(&letter) { letter as u8 } else { b'?' }),
            plain => bytes.extend(plain.bytes()),
        }
        if bytes.len() >= length {
            break;
        }
    }
    bytes.resize(length, b' ');
    bytes
}

/// Latin letters without their marks. Empty = is written as it is.
fn plain(letter: char) -> &'static str {
    match letter {
        'ä' | 'à' | 'á' | 'â' | 'ã' | 'å' => "a",
        'Ä' | 'À' | 'Á' | 'Â' | 'Ã' | 'Å' => "A",
        'æ' => "ae",
        'Æ' => "AE",
        'ç' | 'č' | 'ć' => "c",
        'Ç' | 'Č' | 'Ć' => "C",
        'é' | 'è' | 'ê' | 'ë' | 'ę' | 'ě' => "e",
        'É' | 'È' | 'Ê' | 'Ë' | 'Ę' | 'Ě' => "E",
        'í' | 'ì' | 'î' | 'ï' => "i",
        'Í' | 'Ì' | 'Î' | 'Ï' => "I",
        'ł' => "l",
        'Ł' => "L",
        'ñ' | 'ń' | 'ň' => "n",
        'Ñ' | 'Ń' | 'Ň' => "N",
        'ö' | 'ó' | 'ò' | 'ô' | 'õ' | 'ø' => "o",
        'Ö' | 'Ó' | 'Ò' | 'Ô' | 'Õ' | 'Ø' => "O",
        'œ' => "oe",
        'ř' => "r",
        'Ř' => "R",
        'ß' => "ss",
        'š' | 'ś' => "s",
        'Š' | 'Ś' => "S",
        'ü' | 'ú' | 'ù' | 'û' | 'ů' => "u",
        'Ü' | 'Ú' | 'Ù' | 'Û' | 'Ů' => "U",
        'ý' | 'ÿ' => "y",
        'ž' | 'ź' | 'ż' => "z",
        'Ž' | 'Ź' | 'Ż' => "Z",
        '−' | '–' | '—' => "-",
        '∞' => "inf",
        '’' | '‘' => "'",
        '“' | '”' => "\"",
        '…' => "..",
        '\u{a0}' => " ",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_handshake() {
        assert_eq!(device_query(0x14), [0xF0, 0, 0, 0x66, 0x14, 0, 0xF7]);
        let query = *b"\xF0\x00\x00\x66\x14\x01ABCDEFG\x11\x22\x33\x44\xF7";
        let serial = *b"ABCDEFG";
        let challenge = [0x11, 0x22, 0x33, 0x44];
        assert_eq!(Handshake::parse(&query), Some(Handshake::ConnectionQuery { device: 0x14, serial, challenge }));
        // 11+(22^0A)−44, (33>>4)^(11+44), (44−(33<<2))^(11|22), 22−33+(F0^(44<<4)), each cut to 7 bits.
        assert_eq!(response(challenge), [0x75, 0x56, 0x4B, 0x1F]);
        assert_eq!(connection_reply(0x14, serial, challenge), *b"\xF0\x00\x00\x66\x14\x02ABCDEFG\x75\x56\x4B\x1F\xF7");
        assert_eq!(
            Handshake::parse(b"\xF0\x00\x00\x66\x15\x03ABCDEFG\xF7"),
            Some(Handshake::Confirmed { device: 0x15, serial })
        );
        assert_eq!(
            Handshake::parse(b"\xF0\x00\x00\x66\x14\x04ABCDEFG\xF7"),
            Some(Handshake::Refused { device: 0x14, serial })
        );
        assert_eq!(Handshake::parse(&query[..17]), None);
        assert_eq!(Handshake::parse(&[0xF0, 0, 0, 0x66, 0x14, 1, 0xF7]), None);
    }

    #[test]
    fn rings_as_in_the_documentation() {
        for (mode, high, last) in [
            (RingMode::Dot, 0x00, 11),
            (RingMode::BoostCut, 0x10, 11),
            (RingMode::Wrap, 0x20, 11),
            (RingMode::Spread, 0x30, 6),
        ] {
            assert_eq!(ring(mode, 0.0, false), high + 1);
            assert_eq!(ring(mode, 1.0, false), high + last);
            assert_eq!(ring(mode, 1.0, true), 0x40 + high + last);
            assert_eq!(dark_ring(mode), high);
        }
        assert_eq!(ring(RingMode::Dot, 0.5, false), 6);
        assert_eq!(ring(RingMode::BoostCut, 0.5, false), 0x16);
    }

    #[test]
    fn meters_and_overload() {
        assert_eq!([meter(0, 0.0), meter(7, 1.0), meter(6, 0.5)], [0x00, 0x7C, 0x66]);
        assert_eq!([overload(2, true), overload(2, false)], [0x2E, 0x2F]);
    }

    #[test]
    fn digits() {
        let cases = [
            ('A', false, 0x01),
            ('z', false, 0x1A),
            ('0', false, 0x30),
            ('9', true, 0x79),
            (' ', false, 0x20),
            ('ö', true, 0x60),
        ];
        for (letter, dot, value) in cases {
            assert_eq!(digit(letter, dot), value, "{letter}");
        }
    }

    #[test]
    fn text_in_ascii() {
        assert_eq!(ascii("Bass", 7), b"Bass   ");
        assert_eq!(ascii("Größe∞x", 7), b"Grossei");
        assert_eq!(ascii("−3.2 dB", 7), b"-3.2 dB");
        assert_eq!(ascii("漢字\n", 4), b"??? ");
        assert_eq!(ascii("x", 0), b"");
    }

    proptest! {
        #[test]
        fn nothing_leaves_seven_bits(challenge: [u8; 4], place: f64, letter: char, strip: u8, text in ".{0,20}", bytes in prop::collection::vec(any::<u8>(), 0..30)) {
            prop_assert!(response(challenge).iter().all(|byte| *byte < 0x80));
            prop_assert!(ring(RingMode::Spread, place, true) < 0x80);
            prop_assert!(meter(strip, place) < 0x80 && digit(letter, true) < 0x80);
            prop_assert!(ascii(&text, 7).iter().all(|byte| (b' '..=b'~').contains(byte)));
            let _answer = Handshake::parse(&bytes);
        }
    }
}
