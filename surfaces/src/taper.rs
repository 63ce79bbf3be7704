//! The taper of a fader: where its cap stands for a gain. One for screen, OSC and hardware.
//!
//! 0 is −∞ dB, 0.75 is 0 dB, 1 is +6 dB. Above −12 dB a step of the hand is a step in dB; below, it falls off faster.

/// Highest gain of a fader, in dB.
pub const MAX_DB: f64 = 6.0;

/// (position, dB) from the bottom to the top; straight lines between. Below the first there is silence.
const POINTS: [(f64, f64); 6] =
    [(0.01, -90.0), (0.10, -60.0), (0.25, -36.0), (0.45, -18.0), (0.75, 0.0), (1.0, MAX_DB)];

/// Gain in dB for a position of 0 … 1; −∞ at the bottom.
pub fn db_of_position(position: f64) -> f64 {
    if position.is_nan() || position < POINTS[0].0 {
        return f64::NEG_INFINITY;
    }
    along(position.min(1.0), |point| point.0, |point| point.1)
}

/// Position 0 … 1 for a gain in dB.
pub fn position_of_db(db: f64) -> f64 {
    if db.is_nan() || db < POINTS[0].1 {
        return 0.0;
    }
    along(db.min(MAX_DB), |point| point.1, |point| point.0)
}

fn along(value: f64, from: fn(&(f64, f64)) -> f64, to: fn(&(f64, f64)) -> f64) -> f64 {
    let after = POINTS.iter().position(|point| from(point) >= value).unwrap_or(POINTS.len() - 1).max(1);
    let (low, high) = (&POINTS[after - 1], &POINTS[after]);
    let share = (value - from(low)) / (from(high) - from(low));
    to(low) + share * (to(high) - to(low))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_places() {
        for (position, db) in [(0.0, f64::NEG_INFINITY), (0.75, 0.0), (1.0, 6.0), (0.45, -18.0), (2.0, 6.0)] {
            assert_eq!(db_of_position(position), db, "{position}");
        }
        assert_eq!(position_of_db(f64::NEG_INFINITY), 0.0);
        assert_eq!(position_of_db(f64::NAN), 0.0);
    }

    #[test]
    fn there_and_back_is_the_same_and_up_is_louder() {
        let mut before = f64::NEG_INFINITY;
        for step in 10..=1_000 {
            let position = f64::from(step) / 1_000.0;
            let db = db_of_position(position);
            assert!(db > before && (position_of_db(db) - position).abs() < 1e-12, "{position}");
            before = db;
        }
    }
}
