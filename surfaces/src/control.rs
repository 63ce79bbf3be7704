//! Kinds and values of controls, whatever device they are on.

/// What a control says and shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ControlKind {
    /// A place on a travel, from 0 (bottom) to 1 (top). See [`crate::taper`] for what it is in dB.
    Fader,
    /// From −1 (left) to 1 (right); 0 is the centre, exactly.
    Pan,
    /// On or off.
    Switch,
    /// Pressed or let go.
    Button,
    /// A place in time, in seconds from the start; never negative.
    Seconds,
}

/// A value, in the unit of its kind. Always finite.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ControlValue {
    /// 0…1.
    Fader(f64),
    /// −1…1.
    Pan(f64),
    Switch(bool),
    /// False = let go.
    Button(bool),
    /// 0…
    Seconds(f64),
}

impl ControlValue {
    /// From a number as it comes from a device: out of range is brought into range, a switch is on from 0.5. None if it is not finite.
    pub fn from_number(kind: ControlKind, number: f64) -> Option<Self> {
        if !number.is_finite() {
            return None;
        }
        Some(match kind {
            ControlKind::Fader => Self::Fader(number.clamp(0.0, 1.0)),
            ControlKind::Pan => Self::Pan(number.clamp(-1.0, 1.0)),
            ControlKind::Switch => Self::Switch(number >= 0.5),
            ControlKind::Button => Self::Button(number >= 0.5),
            ControlKind::Seconds => Self::Seconds(number.max(0.0)),
        })
    }

    pub fn kind(self) -> ControlKind {
        match self {
            Self::Fader(_) => ControlKind::Fader,
            Self::Pan(_) => ControlKind::Pan,
            Self::Switch(_) => ControlKind::Switch,
            Self::Button(_) => ControlKind::Button,
            Self::Seconds(_) => ControlKind::Seconds,
        }
    }

    /// Switches and buttons are 1 or 0.
    pub fn number(self) -> f64 {
        match self {
            Self::Fader(number) | Self::Pan(number) | Self::Seconds(number) => number,
            Self::Switch(on) | Self::Button(on) => f64::from(u8::from(on)),
        }
    }

    /// True if a device cannot show the difference: 0.0001 is less than one step of a 100 mm motor fader (1,024 steps),
    /// and more than what a 32-bit float loses.
    pub fn shows_as(self, other: Self) -> bool {
        self.kind() == other.kind() && (self.number() - other.number()).abs() < 1e-4
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_brought_into_range() {
        let cases = [
            (ControlKind::Fader, 1.5, ControlValue::Fader(1.0)),
            (ControlKind::Fader, -0.1, ControlValue::Fader(0.0)),
            (ControlKind::Pan, 0.0, ControlValue::Pan(0.0)),
            (ControlKind::Pan, -7.0, ControlValue::Pan(-1.0)),
            (ControlKind::Switch, 0.49, ControlValue::Switch(false)),
            (ControlKind::Switch, 127.0, ControlValue::Switch(true)),
            (ControlKind::Button, 1.0, ControlValue::Button(true)),
            (ControlKind::Seconds, -3.0, ControlValue::Seconds(0.0)),
        ];
        for (kind, number, value) in cases {
            assert_eq!(ControlValue::from_number(kind, number), Some(value));
            assert_eq!(value.kind(), kind);
        }
        assert_eq!(ControlValue::from_number(ControlKind::Fader, f64::NAN), None);
        assert_eq!(ControlValue::from_number(ControlKind::Seconds, f64::INFINITY), None);
    }

    #[test]
    fn rounding_to_32_bits_is_not_a_change() {
        let value = ControlValue::Fader(0.123_456_789);
        let heard = ControlValue::Fader(f64::from(0.123_456_79_f32));
        assert!(value.shows_as(heard));
        assert!(!value.shows_as(ControlValue::Fader(0.124)));
        assert!(!value.shows_as(ControlValue::Pan(0.123_456_789)));
    }
}
