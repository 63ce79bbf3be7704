//! From a place of a control to a place of a target, there and back.

use super::curve;
use super::expression::{Expression, ExpressionError, Variables};
use loophole_surfaces::mapping::glue::{Curve, Glue, OutOfRange, Takeover};

/// Places at which a formula is tried when its inverse is looked for.
const TRIES: u32 = 128;

/// The glue of a mapping, checked and ready.
#[derive(Clone, Debug)]
pub(super) struct Prepared {
    pub(super) glue: Glue,
    transform: Option<Expression>,
    source: Range,
    target: Range,
    dead_zone: f64,
    /// The control springs back to its middle.
    has_centre: bool,
    /// `Auto` is decided.
    pub(super) takeover: Takeover,
    /// Nothing bends the way from the source to the target.
    straight: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Range {
    low: f64,
    high: f64,
}

impl Range {
    /// Numbers between 0 and 1 in order; what is none counts as the end it stands for.
    fn of([low, high]: [f64; 2]) -> Self {
        let low = if low.is_nan() { 0.0 } else { low.clamp(0.0, 1.0) };
        let high = if high.is_nan() { 1.0 } else { high.clamp(0.0, 1.0) };
        Self { low: low.min(high), high: low.max(high) }
    }

    fn width(self) -> f64 {
        self.high - self.low
    }

    fn stretch(self, value: f64) -> f64 {
        if self.width() > 0.0 {
            ((value - self.low) / self.width()).clamp(0.0, 1.0)
        } else {
            f64::from(value > self.low)
        }
    }

    fn shrink(self, part: f64) -> f64 {
        self.low + part * self.width()
    }
}

/// Why a place does nothing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Refused {
    OutOfRange,
    /// The formula gave no number.
    NoNumber,
}

/// A step of the glue, for who wants to know.
pub(super) type Trace<'a> = Option<&'a mut dyn FnMut(&'static str, f64)>;

impl Prepared {
    /// `has_motor`: this mapping drives a motor of the element.
    pub(super) fn new(glue: &Glue, has_centre: bool, has_motor: bool) -> (Self, Option<ExpressionError>) {
        let parsed = glue.transform.as_deref().map(Expression::parse).transpose();
        let (transform, error) = match parsed {
            Ok(transform) => (transform, None),
            Err(error) => (None, Some(error)),
        };
        let takeover = match glue.takeover {
            Takeover::Auto if has_motor => Takeover::Jump,
            Takeover::Auto => Takeover::Pickup,
            chosen => chosen,
        };
        let dead_zone = if glue.dead_zone.is_nan() { 0.0 } else { glue.dead_zone.clamp(0.0, 0.45) };
        let straight = transform.is_none() && glue.curve == Curve::Linear && !glue.reverse;
        let (source, target) = (Range::of(glue.source_range), Range::of(glue.target_range));
        let prepared =
            Self { glue: glue.clone(), transform, source, target, dead_zone, has_centre, takeover, straight };
        (prepared, error)
    }

    pub(super) fn lowest(&self) -> f64 {
        self.target.low
    }

    pub(super) fn highest(&self) -> f64 {
        self.target.high
    }

    /// Where the target goes for a place of the control. `y`: where it is; `t`: seconds since the last event.
    pub(super) fn forward(&self, place: f64, y: f64, t: f64, mut trace: Trace<'_>) -> Result<f64, Refused> {
        let mut say = |what: &'static str, value: f64| {
            if let Some(trace) = trace.as_deref_mut() {
                trace(what, value);
            }
            value
        };
        let mut x = place;
        if self.dead_zone > 0.0 {
            x = say("dead zone", self.without_dead_zone(x));
        }
        let outside = x < self.source.low || x > self.source.high;
        match self.glue.out_of_range {
            OutOfRange::Ignore if outside => return Err(Refused::OutOfRange),
            OutOfRange::Minimum if outside => x = say("source range", 0.0),
            OutOfRange::Clamp | OutOfRange::Minimum | OutOfRange::Ignore => {
                x = say("source range", self.source.stretch(x))
            }
        }
        if !self.straight {
            x = self.bend(x, y, t, &mut say)?;
        }
        Ok(say("target range", self.target.shrink(x)))
    }

    fn bend(&self, x: f64, y: f64, t: f64, say: &mut impl FnMut(&'static str, f64) -> f64) -> Result<f64, Refused> {
        let mut x = say("curve", curve::forward(&self.glue.curve, x));
        if self.glue.reverse {
            x = say("reverse", 1.0 - x);
        }
        let Some(transform) = &self.transform else { return Ok(x) };
        let value = transform.value(Variables { x, y, t });
        if value.is_nan() {
            return Err(Refused::NoNumber);
        }
        Ok(say("formula", value.clamp(0.0, 1.0)))
    }

    /// The place of the control that stands for a place of the target; the nearest one, when none does.
    pub(super) fn inverse(&self, value: f64) -> f64 {
        let mut x = self.target.stretch(value);
        if let Some(transform) = &self.transform {
            x = undo(transform, x, value);
        }
        if self.glue.reverse {
            x = 1.0 - x;
        }
        x = self.source.shrink(curve::inverse(&self.glue.curve, x));
        self.with_dead_zone(x)
    }

    fn without_dead_zone(&self, x: f64) -> f64 {
        let zone = self.dead_zone;
        if !self.has_centre {
            return ((x - zone) / (1.0 - 2.0 * zone)).clamp(0.0, 1.0);
        }
        let off = x - 0.5;
        let beyond = (off.abs() - zone).max(0.0) / (0.5 - zone) * 0.5;
        0.5 + beyond.copysign(off)
    }

    fn with_dead_zone(&self, x: f64) -> f64 {
        let zone = self.dead_zone;
        if zone == 0.0 {
            return x;
        }
        if !self.has_centre {
            // The ends stand for the ends.
            return if x <= 0.0 || x >= 1.0 { x.clamp(0.0, 1.0) } else { zone + x * (1.0 - 2.0 * zone) };
        }
        let off = x - 0.5;
        if off == 0.0 { 0.5 } else { 0.5 + (off.abs() / 0.5 * (0.5 - zone) + zone).copysign(off) }
    }
}

/// Where a formula has a value: tried all over, then closed in on.
fn undo(transform: &Expression, wanted: f64, y: f64) -> f64 {
    let off = |x: f64| transform.value(Variables { x, y, t: 0.0 }).clamp(0.0, 1.0) - wanted;
    let place = |step: u32| f64::from(step) / f64::from(TRIES);
    let mut nearest = (f64::INFINITY, 0.0);
    for step in 0..=TRIES {
        let (x, error) = (place(step), off(place(step)));
        if error.abs() < nearest.0 {
            nearest = (error.abs(), x);
        }
        if step > 0 && error != 0.0 && off(place(step - 1)) * error < 0.0 {
            return close_in(off, place(step - 1), x);
        }
    }
    nearest.1
}

fn close_in(off: impl Fn(f64) -> f64, mut low: f64, mut high: f64) -> f64 {
    let rises = off(low) < 0.0;
    for _ in 0..40 {
        let middle = f64::midpoint(low, high);
        if (off(middle) < 0.0) == rises { low = middle } else { high = middle }
    }
    f64::midpoint(low, high)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn prepared(glue: Glue) -> Prepared {
        let (prepared, error) = Prepared::new(&glue, false, false);
        assert_eq!(error, None);
        prepared
    }

    fn glue() -> impl Strategy<Value = Glue> {
        let range = || (0.0..0.4_f64, 0.6..1.0_f64).prop_map(|(low, high)| [low, high]);
        let curve = prop_oneof![
            Just(Curve::Linear),
            (0.3..3.0_f64).prop_map(|exponent| Curve::Power { exponent }),
            (0.0..0.7_f64).prop_map(|bend| Curve::S { bend }),
        ];
        let transform = prop_oneof![Just(None), Just(Some("x^2".to_owned())), Just(Some("1 - x".to_owned()))];
        (range(), range(), any::<bool>(), curve, transform).prop_map(
            |(source_range, target_range, reverse, curve, transform)| Glue {
                source_range,
                target_range,
                reverse,
                curve,
                transform,
                ..Glue::default()
            },
        )
    }

    #[test]
    fn truth_table() {
        let half = Glue { source_range: [0.5, 1.0], target_range: [0.2, 0.4], ..Glue::default() };
        let minimum = Glue { out_of_range: OutOfRange::Minimum, source_range: [0.0, 0.5], ..Glue::default() };
        let ignore = Glue { out_of_range: OutOfRange::Ignore, ..half.clone() };
        let reverse = Glue { reverse: true, ..Glue::default() };
        let ends = Glue { dead_zone: 0.1, ..Glue::default() };
        let formula = Glue { transform: Some("x < 0.5 ? y : x".to_owned()), ..Glue::default() };
        let nothing = Glue { transform: Some("0 / 0".to_owned()), ..Glue::default() };
        let switch = Glue { source_range: [0.5, 0.5], ..Glue::default() };
        for (glue, place, wanted) in [
            (Glue::default(), 0.3, Ok(0.3)),
            (half.clone(), 0.75, Ok(0.3)),
            (half, 0.1, Ok(0.2)),
            (minimum, 0.9, Ok(0.0)),
            (ignore, 0.1, Err(Refused::OutOfRange)),
            (reverse, 0.25, Ok(0.75)),
            (ends.clone(), 0.05, Ok(0.0)),
            (ends.clone(), 0.5, Ok(0.5)),
            (ends, 0.95, Ok(1.0)),
            (formula.clone(), 0.2, Ok(0.9)),
            (formula, 0.6, Ok(0.6)),
            (nothing, 0.6, Err(Refused::NoNumber)),
            (switch, 0.6, Ok(1.0)),
        ] {
            let went = prepared(glue.clone()).forward(place, 0.9, 0.0, None);
            assert_eq!(went.map(|place| (place * 1e9).round() / 1e9), wanted, "{glue:?} at {place}");
        }
    }

    #[test]
    fn a_stick_rests_in_its_middle() {
        let glue = Glue { dead_zone: 0.1, ..Glue::default() };
        let (prepared, _) = Prepared::new(&glue, true, false);
        for (place, wanted) in [(0.0, 0.0), (0.45, 0.5), (0.5, 0.5), (0.6, 0.5), (0.8, 0.75), (1.0, 1.0)] {
            let went = prepared.forward(place, 0.0, 0.0, None).unwrap();
            assert!((went - wanted).abs() < 1e-9, "{place} → {went}");
        }
    }

    #[test]
    fn nonsense_does_no_harm() {
        let glue = Glue {
            source_range: [f64::NAN, -3.0],
            target_range: [9.0, f64::NAN],
            dead_zone: f64::NAN,
            ..Glue::default()
        };
        let prepared = prepared(glue);
        for place in [0.0, 0.5, 1.0] {
            assert!((0.0..=1.0).contains(&prepared.forward(place, 0.0, 0.0, None).unwrap()));
            assert!((0.0..=1.0).contains(&prepared.inverse(place)));
        }
    }

    proptest! {
        #[test]
        fn back_and_there_is_the_same(glue in glue(), share in 0.0..=1.0_f64) {
            let prepared = prepared(glue);
            let value = prepared.target.shrink(share);
            let place = prepared.inverse(value);
            let again = prepared.forward(place, value, 0.0, None).unwrap();
            prop_assert!((again - value).abs() < 1e-6, "{value} → {place} → {again}");
        }

        #[test]
        fn there_and_back_is_the_same_on_a_device_with_14_bits(glue in glue(), place in 1_u16..16_383) {
            let prepared = prepared(glue);
            let at = f64::from(place) / 16_383.0;
            prop_assume!(at > prepared.source.low + 0.001 && at < prepared.source.high - 0.001);
            let value = prepared.forward(at, 0.0, 0.0, None).unwrap();
            prop_assert_eq!((prepared.inverse(value) * 16_383.0).round() as u16, place);
        }
    }
}
