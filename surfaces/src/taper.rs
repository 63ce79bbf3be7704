//! The fader's taper: which gain, in dB, a place on its travel is.
//!
//! | place | gain |
//! |---|---|
//! | 1 | +6 dB |
//! | 0.75 | 0 dB |
//! | 0.5 | −10 dB |
//! | 0.25 | −30 dB |
//! | 0.0625 | −60 dB |
//! | 0 | −∞ |
//!
//! Between two rows it is linear in dB, as on digital consoles; in the last sixteenth the amplitude goes down to nothing, linearly.

/// The gain at the top, in dB.
pub const MAX_DB: f64 = 6.0;

/// (place, gain in dB), from the top.
const POINTS: [(f64, f64); 5] = [(1.0, MAX_DB), (0.75, 0.0), (0.5, -10.0), (0.25, -30.0), LOWEST];

/// Below this point the amplitude is linear.
const LOWEST: (f64, f64) = (0.0625, -60.0);

/// The gain in dB at a place. Places outside 0…1 count as the nearest end; NaN counts as 0. The answer may be −∞.
pub fn db_of_position(position: f64) -> f64 {
    let position = if position.is_nan() { 0.0 } else { position.clamp(0.0, 1.0) };
    match segment(|(upper_position, _), (lower_position, _)| (lower_position..=upper_position).contains(&position)) {
        Some(((x1, y1), (x0, y0))) => y0 + (position - x0) / (x1 - x0) * (y1 - y0),
        None => LOWEST.1 + 20.0 * (position / LOWEST.0).log10(),
    }
}

/// The place of a gain in dB, the inverse of [`db_of_position`]. Above +6 dB it is 1; −∞ and NaN are 0.
pub fn position_of_db(db: f64) -> f64 {
    let db = if db.is_nan() { f64::NEG_INFINITY } else { db.min(MAX_DB) };
    match segment(|(_, upper_db), (_, lower_db)| (lower_db..=upper_db).contains(&db)) {
        Some(((x1, y1), (x0, y0))) => x0 + (db - y0) / (y1 - y0) * (x1 - x0),
        None => LOWEST.0 * 10_f64.powf((db - LOWEST.1) / 20.0),
    }
}

type Point = (f64, f64);

/// The first pair of neighbours (upper, lower) that holds what is looked for.
fn segment(holds: impl Fn(Point, Point) -> bool) -> Option<(Point, Point)> {
    POINTS
        .windows(2)
        .filter_map(|pair| Some((*pair.first()?, *pair.last()?)))
        .find(|(upper, lower)| holds(*upper, *lower))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_table_is_what_the_documentation_says() {
        for (position, db) in
            [(1.0, 6.0), (0.75, 0.0), (0.5, -10.0), (0.25, -30.0), (0.0625, -60.0), (0.0, f64::NEG_INFINITY)]
        {
            assert_eq!(db_of_position(position), db);
            assert_eq!(position_of_db(db), position);
        }
        assert!((db_of_position(0.031_25) - -66.02).abs() < 0.01);
    }

    #[test]
    fn ends_and_nonsense() {
        assert_eq!(db_of_position(7.0), 6.0);
        assert_eq!(db_of_position(-1.0), f64::NEG_INFINITY);
        assert_eq!(db_of_position(f64::NAN), f64::NEG_INFINITY);
        assert_eq!(position_of_db(12.0), 1.0);
        assert_eq!(position_of_db(f64::NAN), 0.0);
        assert_eq!(position_of_db(f64::INFINITY), 1.0);
    }

    proptest! {
        #[test]
        fn there_and_back(position in 0.0..=1.0_f64) {
            prop_assert!((position_of_db(db_of_position(position)) - position).abs() < 1e-12);
        }

        #[test]
        fn back_and_there(db in -200.0..=6.0_f64) {
            prop_assert!((db_of_position(position_of_db(db)) - db).abs() < 1e-9);
        }

        #[test]
        fn higher_is_louder(a in 0.0..=1.0_f64, b in 0.0..=1.0_f64) {
            prop_assume!(a + 1e-12 < b);
            prop_assert!(db_of_position(a) < db_of_position(b));
        }
    }
}
