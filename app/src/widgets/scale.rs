//! How a value becomes a place on a control, and back.

use loophole_pulse::taper;

/// Which way from value to place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Scale {
    /// Evenly from `min` to `max`.
    Linear { min: f64, max: f64 },
    /// Decibels on a fader: fine around 0 dB, coarse below, −∞ at the end. `max` is where 1 is. One taper for the
    /// window, OSC and hardware.
    Decibels { max: f64 },
}

/// The lowest level that is not −∞ on a fader.
pub const LOWEST_DB: f64 = loophole_pulse::telemetry::LOWEST_SHOWN_DB as f64;

impl Scale {
    /// The place of a value, 0 … 1.
    pub fn place(self, value: f64) -> f64 {
        match self {
            Self::Linear { min, max } => ((value - min) / (max - min)).clamp(0.0, 1.0),
            Self::Decibels { max } => (taper::position_of_db(value) / taper::position_of_db(max)).clamp(0.0, 1.0),
        }
    }

    /// The value at a place.
    pub fn value(self, place: f64) -> f64 {
        let place = place.clamp(0.0, 1.0);
        match self {
            Self::Linear { min, max } => min + place * (max - min),
            Self::Decibels { max } => taper::db_of_position(place * taper::position_of_db(max)),
        }
    }

    /// The value one step further; from −∞ it is the lowest level.
    pub fn step(self, value: f64, by: f64) -> f64 {
        match self {
            Self::Linear { min, max } => (value + by).clamp(min, max),
            Self::Decibels { .. } if value == f64::NEG_INFINITY => {
                if by > 0.0 {
                    LOWEST_DB + 12.0
                } else {
                    value
                }
            }
            Self::Decibels { max } => {
                let stepped = value + by;
                if stepped <= LOWEST_DB { f64::NEG_INFINITY } else { stepped.min(max) }
            }
        }
    }

    /// The nearest value that the scale has.
    pub fn clamp(self, value: f64) -> f64 {
        match self {
            Self::Linear { min, max } => value.clamp(min, max),
            Self::Decibels { .. } if value <= LOWEST_DB => f64::NEG_INFINITY,
            Self::Decibels { max } => value.min(max),
        }
    }
}

/// `−6.0 dB`, `−∞ dB`.
pub fn decibels_text(db: f64) -> String {
    if db <= LOWEST_DB { "-inf dB".to_owned() } else { format!("{:+.1} dB", if db.abs() < 0.05 { 0.0 } else { db }) }
}

/// `L30`, `C`, `R100`.
pub fn pan_text(pan: f64) -> String {
    let percent = (pan.abs() * 100.0).round();
    if percent < 1.0 {
        "C".to_owned()
    } else if pan < 0.0 {
        format!("L{percent:.0}")
    } else {
        format!("R{percent:.0}")
    }
}

/// What a person types for decibels: `-6`, `−6,5 dB`, `-inf`.
pub fn parse_decibels(text: &str) -> Option<f64> {
    let text = clean(text);
    let text = text.trim_end_matches("db").trim();
    if matches!(text, "-inf" | "inf" | "-oo" | "off") {
        return Some(f64::NEG_INFINITY);
    }
    text.parse().ok().filter(|value: &f64| value.is_finite())
}

/// What a person types for a panorama: `L30`, `30L`, `c`, `-30`, `r 100`: in percent, or by its side.
pub fn parse_pan(text: &str) -> Option<f64> {
    let text = clean(text);
    if text == "c" || text == "center" || text == "centre" {
        return Some(0.0);
    }
    let (sign, digits) = if let Some(rest) = text.strip_prefix('l').or_else(|| text.strip_suffix('l')) {
        (-1.0, rest)
    } else if let Some(rest) = text.strip_prefix('r').or_else(|| text.strip_suffix('r')) {
        (1.0, rest)
    } else {
        (1.0, text.as_str())
    };
    let percent: f64 =
        if digits.trim().is_empty() { 100.0 } else { digits.trim().trim_end_matches('%').parse().ok()? };
    (percent.is_finite() && percent.abs() <= 100.0).then_some(sign * percent / 100.0)
}

fn clean(text: &str) -> String {
    text.trim().to_lowercase().replace('\u{2212}', "-").replace('\u{221e}', "inf").replace(',', ".")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_and_values_are_inverse() {
        for scale in [Scale::Decibels { max: 6.0 }, Scale::Decibels { max: 0.0 }, Scale::Linear { min: -1.0, max: 1.0 }]
        {
            for hundredth in 1..=100 {
                let place = f64::from(hundredth) / 100.0;
                assert!((scale.place(scale.value(place)) - place).abs() < 1e-9, "{scale:?} {place}");
            }
        }
        assert_eq!(Scale::Decibels { max: 6.0 }.value(0.0), f64::NEG_INFINITY);
        assert_eq!(Scale::Decibels { max: 6.0 }.place(f64::NEG_INFINITY), 0.0);
        assert!((Scale::Decibels { max: 6.0 }.place(0.0) - 0.75).abs() < 1e-9);
    }

    #[test]
    fn steps_end_at_the_ends() {
        let scale = Scale::Decibels { max: 6.0 };
        assert_eq!(scale.step(5.9, 1.0), 6.0);
        assert_eq!(scale.step(-71.9, -1.0), f64::NEG_INFINITY);
        assert!(scale.step(f64::NEG_INFINITY, 1.0).is_finite());
    }

    #[test]
    fn what_people_type() {
        assert_eq!(parse_decibels("−6,5 dB"), Some(-6.5));
        assert_eq!(parse_decibels("-inf"), Some(f64::NEG_INFINITY));
        assert_eq!(parse_decibels("loud"), None);
        assert_eq!(parse_pan("L30"), Some(-0.3));
        assert_eq!(parse_pan("100r"), Some(1.0));
        assert_eq!(parse_pan("-50"), Some(-0.5));
        assert_eq!(parse_pan("c"), Some(0.0));
        assert_eq!(parse_pan("L300"), None);
    }

    #[test]
    fn what_people_read() {
        assert_eq!(decibels_text(f64::NEG_INFINITY), "-inf dB");
        assert_eq!(decibels_text(-0.01), "+0.0 dB");
        assert_eq!(decibels_text(-6.04), "-6.0 dB");
        assert_eq!(pan_text(-0.3), "L30");
        assert_eq!(pan_text(0.001), "C");
    }
}
