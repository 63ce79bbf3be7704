//! Whole numbers on the wire to places from 0 to 1 and back, so that the middle stays the middle.

/// The place of `number` between `min` and `max`: the ends are 0 and 1, the middle is exactly 0.5 (64 of 0…127, 0x2000 of
/// 0…0x3FFF, 128 of 0…255, 0 of −32768…32767). Out of range is brought into range; an empty range is 0.
pub fn place(number: i64, min: i64, max: i64) -> f64 {
    if number <= min || max <= min {
        return 0.0;
    }
    if number >= max {
        return 1.0;
    }
    let middle = middle(min, max);
    if number <= middle {
        0.5 * float(number - min) / float(middle - min)
    } else {
        0.5 + 0.5 * float(number - middle) / float(max - middle)
    }
}

/// The number whose place is nearest. Not a number is the minimum.
pub fn number(place: f64, min: i64, max: i64) -> i64 {
    if place.is_nan() || place <= 0.0 || max <= min {
        return min;
    }
    if place >= 1.0 {
        return max;
    }
    let middle = middle(min, max);
    if middle == max {
        return if place >= 0.5 { max } else { min };
    }
    if place <= 0.5 {
        min + round(place * 2.0 * float(middle - min))
    } else {
        middle + round((place - 0.5) * 2.0 * float(max - middle))
    }
}

/// How many numbers there are.
pub fn steps(min: i64, max: i64) -> u32 {
    u32::try_from(max.saturating_sub(min).saturating_add(1)).unwrap_or(if max < min { 0 } else { u32::MAX })
}

/// A place from 0 to 1 in 7 bits.
pub fn to_seven(place: f64) -> u8 {
    u8::try_from(number(place, 0, 127)).unwrap_or(127)
}

/// A place from 0 to 1 in 14 bits, coarse half first.
pub fn to_fourteen(place: f64) -> [u8; 2] {
    split_fourteen(u16::try_from(number(place, 0, 16_383)).unwrap_or(16_383))
}

/// Coarse and fine half of 14 bits.
pub fn split_fourteen(number: u16) -> [u8; 2] {
    [(number >> 7 & 0x7F) as u8, (number & 0x7F) as u8]
}

/// 14 bits from their halves.
pub fn join_fourteen(coarse: u8, fine: u8) -> u16 {
    u16::from(coarse & 0x7F) << 7 | u16::from(fine & 0x7F)
}

fn middle(min: i64, max: i64) -> i64 {
    min + (max - min + 1) / 2
}

/// Ranges are of 32 bits at most, which a float holds exactly.
fn float(number: i64) -> f64 {
    number as f64
}

fn round(number: f64) -> i64 {
    number.round() as i64
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn middles_and_ends() {
        for (min, middle, max) in [
            (0, 64, 127),
            (0, 0x2000, 0x3FFF),
            (0, 128, 255),
            (-127, 0, 127),
            (-32768, 0, 32767),
            (i64::from(i32::MIN), 0, i64::from(i32::MAX)),
        ] {
            assert_eq!((place(min, min, max), place(middle, min, max), place(max, min, max)), (0.0, 0.5, 1.0));
            assert_eq!((number(0.0, min, max), number(0.5, min, max), number(1.0, min, max)), (min, middle, max));
        }
        assert_eq!((place(0, 0, 1), place(1, 0, 1), number(0.4, 0, 1), number(0.6, 0, 1)), (0.0, 1.0, 0, 1));
        assert_eq!((place(5, 9, 3), number(0.7, 9, 3), number(f64::NAN, 0, 9)), (0.0, 9, 0));
        assert_eq!((steps(0, 127), steps(5, 4), steps(i64::from(i32::MIN), i64::from(i32::MAX))), (128, 0, u32::MAX));
    }

    proptest! {
        #[test]
        fn there_and_back(min in -70_000_i64..70_000, length in 1_i64..140_000, at in 0_i64..140_000) {
            let at = min + at % (length + 1);
            prop_assert_eq!(number(place(at, min, min + length), min, min + length), at);
        }

        #[test]
        fn a_greater_number_is_a_greater_place(min in -70_000_i64..70_000, length in 2_i64..140_000, at in 0_i64..140_000) {
            let at = min + at % length;
            prop_assert!(place(at, min, min + length) < place(at + 1, min, min + length));
        }
    }
}
