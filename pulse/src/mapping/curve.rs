//! Curves between a source and a target, there and back.

use loophole_surfaces::mapping::glue::Curve;

/// Points that a curve may have.
const MAX_POINTS: usize = 128;
/// The steepest S; from here on it is a switch for every device.
const MAX_BEND: f64 = 0.99;

/// The curve's value at a place; both 0…1.
pub(super) fn forward(curve: &Curve, x: f64) -> f64 {
    match curve {
        Curve::Linear => x,
        Curve::Power { exponent } => x.powf(power(*exponent)),
        Curve::S { bend } => s(x, 1.0 / (1.0 - straighten(*bend))),
        Curve::Points { points } => between(points, x, |[x, _]| x, |[_, y]| y),
    }
    .clamp(0.0, 1.0)
}

/// The place where the curve has a value: of several, the first; of none, the nearest end.
pub(super) fn inverse(curve: &Curve, y: f64) -> f64 {
    match curve {
        Curve::Linear => y,
        Curve::Power { exponent } => y.powf(1.0 / power(*exponent)),
        Curve::S { bend } => s(y, 1.0 - straighten(*bend)),
        Curve::Points { points } => place_of(points, y),
    }
    .clamp(0.0, 1.0)
}

fn power(exponent: f64) -> f64 {
    if exponent.is_nan() { 1.0 } else { exponent.clamp(0.1, 10.0) }
}

fn straighten(bend: f64) -> f64 {
    if bend.is_nan() { 0.0 } else { bend.clamp(0.0, MAX_BEND) }
}

fn s(x: f64, exponent: f64) -> f64 {
    if x < 0.5 { 0.5 * (2.0 * x).powf(exponent) } else { 1.0 - 0.5 * (2.0 * (1.0 - x)).powf(exponent) }
}

type Part = fn([f64; 2]) -> f64;

/// On straight lines; beyond the outer points their values. What has no points is straight.
fn between(points: &[[f64; 2]], at: f64, from: Part, to: Part) -> f64 {
    let points = &points[..points.len().min(MAX_POINTS)];
    let (Some(first), Some(last)) = (points.first(), points.last()) else { return at };
    if at <= from(*first) {
        return to(*first);
    }
    let pair = points.windows(2).find_map(|pair| match pair {
        [left, right] if (from(*left)..=from(*right)).contains(&at) => Some((*left, *right)),
        _ => None,
    });
    let Some((left, right)) = pair else { return to(*last) };
    let width = from(right) - from(left);
    let share = if width > 0.0 { (at - from(left)) / width } else { 1.0 };
    to(left) + share * (to(right) - to(left))
}

fn place_of(points: &[[f64; 2]], y: f64) -> f64 {
    let points = &points[..points.len().min(MAX_POINTS)];
    let (Some([first_x, first_y]), Some([last_x, last_y])) = (points.first(), points.last()) else { return y };
    let found = points.windows(2).find_map(|pair| match pair {
        [[x0, y0], [x1, y1]] if y >= y0.min(*y1) && y <= y0.max(*y1) => {
            let share = if y0 == y1 { 0.0 } else { (y - y0) / (y1 - y0) };
            Some(x0 + share * (x1 - x0))
        }
        _ => None,
    });
    found.unwrap_or(if (y - first_y).abs() < (y - last_y).abs() { *first_x } else { *last_x })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn curves() -> impl Strategy<Value = Curve> {
        prop_oneof![
            Just(Curve::Linear),
            (0.1..10.0_f64).prop_map(|exponent| Curve::Power { exponent }),
            (0.0..0.9_f64).prop_map(|bend| Curve::S { bend }),
            (0.1..0.9_f64, 0.1..0.9_f64)
                .prop_map(|(x, y)| Curve::Points { points: vec![[0.0, 0.0], [x, y], [1.0, 1.0]] }),
        ]
    }

    #[test]
    fn ends_and_middle() {
        for curve in
            [Curve::Linear, Curve::Power { exponent: 3.0 }, Curve::S { bend: 0.7 }, Curve::Points { points: vec![] }]
        {
            assert_eq!((forward(&curve, 0.0), forward(&curve, 1.0)), (0.0, 1.0), "{curve:?}");
        }
        assert_eq!(forward(&Curve::S { bend: 1.0 }, 0.5), 0.5);
        assert_eq!(forward(&Curve::Power { exponent: 2.0 }, 0.5), 0.25);
        let nonsense = Curve::Points { points: vec![[f64::NAN, 0.3], [0.2, f64::NAN]] };
        let _no_panic = (forward(&nonsense, 0.5), inverse(&nonsense, 0.5));
    }

    proptest! {
        #[test]
        fn there_and_back(curve in curves(), x in 0.01..=0.99_f64) {
            let y = forward(&curve, x);
            // Where the curve is nearly flat, there is no way back.
            prop_assume!(y > 1e-9 && y < 1.0 - 1e-9);
            prop_assert!((inverse(&curve, y) - x).abs() < 1e-4, "{y}");
        }

        #[test]
        fn higher_is_not_lower(curve in curves(), a in 0.0..=1.0_f64, b in 0.0..=1.0_f64) {
            prop_assert!(forward(&curve, a.min(b)) <= forward(&curve, a.max(b)) + 1e-12);
        }
    }
}
