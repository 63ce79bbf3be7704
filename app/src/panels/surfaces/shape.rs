//! The way of a value through the steady part of the glue: ranges, dead zone, reverse, curve. Pure.

use loophole_pulse::view::surfaces::surface_mapping::Glue;
use loophole_pulse::view::surfaces::surface_mapping::glue::{Curve, OutOfRange};

/// Where a place of the hand puts the target, both 0 … 1, without takeover and expression; none where it is ignored.
pub(super) fn value(glue: &Glue, place: f64) -> Option<f64> {
    let zone = glue.dead_zone.clamp(0.0, 0.45);
    let place = ((place - zone) / (1.0 - 2.0 * zone)).clamp(0.0, 1.0);
    let [low, high] = glue.source_range;
    let inside = (low.min(high)..=low.max(high)).contains(&place);
    let place = match glue.out_of_range {
        _ if inside => place,
        OutOfRange::Clamp => place.clamp(low.min(high), low.max(high)),
        OutOfRange::Minimum => low,
        OutOfRange::Ignore => return None,
    };
    let width = high - low;
    let x = if width.abs() < 1e-9 { 1.0 } else { (place - low) / width };
    let y = bend(&glue.curve, x).clamp(0.0, 1.0);
    let y = if glue.reverse { 1.0 - y } else { y };
    let [low, high] = glue.target_range;
    let y = low + y * (high - low);
    y.is_finite().then(|| y.clamp(0.0, 1.0))
}

fn bend(curve: &Curve, x: f64) -> f64 {
    match curve {
        Curve::Linear => x,
        Curve::Power { exponent } => x.powf(exponent.clamp(0.1, 10.0)),
        Curve::S { bend } => {
            let exponent = 1.0 / (1.0 - bend.clamp(0.0, 0.99));
            if x < 0.5 { 0.5 * (2.0 * x).powf(exponent) } else { 1.0 - 0.5 * (2.0 * (1.0 - x)).powf(exponent) }
        }
        Curve::Points { points } => between(points, x),
    }
}

fn between(points: &[[f64; 2]], x: f64) -> f64 {
    let (Some(first), Some(last)) = (points.first(), points.last()) else { return x };
    if x <= first[0] {
        return first[1];
    }
    let pair = points.windows(2).find_map(|pair| match pair {
        [left, right] if x >= left[0] && x <= right[0] => Some((*left, *right)),
        _ => None,
    });
    pair.map_or(last[1], |(left, right)| {
        let width = right[0] - left[0];
        if width <= 0.0 { right[1] } else { left[1] + (x - left[0]) / width * (right[1] - left[1]) }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_reverse_and_curves() {
        let glue = |change: fn(&mut Glue)| {
            let mut glue = Glue::default();
            change(&mut glue);
            glue
        };
        assert_eq!(value(&Glue::default(), 0.3), Some(0.3));
        assert_eq!(value(&glue(|glue| glue.reverse = true), 0.25), Some(0.75));
        assert_eq!(value(&glue(|glue| glue.target_range = [0.2, 0.6]), 0.5), Some(0.4));
        assert_eq!(value(&glue(|glue| glue.curve = Curve::Power { exponent: 2.0 }), 0.5), Some(0.25));
        let part = glue(|glue| {
            glue.source_range = [0.5, 1.0];
            glue.out_of_range = OutOfRange::Ignore;
        });
        assert_eq!((value(&part, 0.4), value(&part, 0.75)), (None, Some(0.5)));
        let hostile = glue(|glue| glue.curve = Curve::Points { points: vec![[f64::NAN, f64::NAN]] });
        assert_eq!(value(&hostile, 0.5), None);
    }
}
