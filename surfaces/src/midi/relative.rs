//! Steps of endless encoders in 7 bits.

use crate::source::RelativeCode;

impl RelativeCode {
    /// Steps to the right (positive) or left; 0 = nothing turned.
    pub fn steps(self, value: u8) -> i32 {
        let value = i32::from(value & 0x7F);
        let magnitude = value & 0x3F;
        match self {
            Self::TwosComplement if value >= 64 => value - 128,
            Self::TwosComplement => value,
            Self::OffsetBinary64 => value - 64,
            Self::SignMagnitude if value >= 64 => -magnitude,
            Self::SignMagnitude => magnitude,
            Self::SignMagnitudeInverted if value >= 64 => magnitude,
            Self::SignMagnitudeInverted => -magnitude,
        }
    }

    /// The value that says so many steps; more than fit become as many as fit.
    pub fn value(self, steps: i32) -> u8 {
        let magnitude = steps.unsigned_abs().min(63) as u8;
        match self {
            Self::TwosComplement => (steps.clamp(-64, 63) & 0x7F) as u8,
            Self::OffsetBinary64 => (steps.clamp(-64, 63) + 64) as u8,
            Self::SignMagnitude if steps < 0 => 64 + magnitude,
            Self::SignMagnitude => magnitude,
            Self::SignMagnitudeInverted if steps > 0 => 64 + magnitude,
            Self::SignMagnitudeInverted => magnitude,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_keep_their_promise() {
        for (code, right, left) in [
            (RelativeCode::TwosComplement, 1, 127),
            (RelativeCode::OffsetBinary64, 65, 63),
            (RelativeCode::SignMagnitude, 1, 65),
            (RelativeCode::SignMagnitudeInverted, 65, 1),
        ] {
            assert_eq!((code.steps(right), code.steps(left)), (1, -1), "{code:?}");
            assert_eq!((code.value(1), code.value(-1)), (right, left), "{code:?}");
        }
    }

    /// All 128 values of all four codes, written out by ranges: first value, last value, steps of the first, direction.
    #[test]
    fn the_whole_table() {
        type Row = (u8, u8, i32, i32);
        let table: [(RelativeCode, [Row; 2]); 4] = [
            (RelativeCode::TwosComplement, [(0, 63, 0, 1), (64, 127, -64, 1)]),
            (RelativeCode::OffsetBinary64, [(0, 63, -64, 1), (64, 127, 0, 1)]),
            (RelativeCode::SignMagnitude, [(0, 63, 0, 1), (64, 127, 0, -1)]),
            (RelativeCode::SignMagnitudeInverted, [(0, 63, 0, -1), (64, 127, 0, 1)]),
        ];
        for (code, rows) in table {
            let mut seen = 0;
            for (first, last, steps, direction) in rows {
                for value in first..=last {
                    let expected = steps + direction * i32::from(value - first);
                    assert_eq!(code.steps(value), expected, "{code:?} {value}");
                    if expected != 0 {
                        assert_eq!(code.value(expected), value, "{code:?} {expected}");
                    }
                    seen += 1;
                }
            }
            assert_eq!(seen, 128);
            assert_eq!(code.steps(code.value(0)), 0);
            assert!(code.steps(code.value(9_999)) == 63 && code.steps(code.value(-9_999)) <= -63);
        }
    }
}
