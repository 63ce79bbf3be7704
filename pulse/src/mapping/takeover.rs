//! What a control does whose place is not the target's: it must not make the target jump.

use loophole_surfaces::mapping::glue::Takeover;

/// Places nearer than this are the same.
pub(super) const SAME: f64 = 1e-6;

/// What is remembered per mapping; forgotten when the mapping becomes active.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct State {
    /// The control has the target.
    pub(super) has_it: bool,
    /// Where the control put the target last; when it is elsewhere, somebody else moved it.
    pub(super) put: Option<f64>,
}

/// Where the control was and is, in the target's space, and where the target is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Move {
    /// None = nobody knows where it was.
    pub(super) from: Option<f64>,
    pub(super) to: f64,
    pub(super) target: f64,
}

/// Where the target goes; none = the control does not have it yet.
///
/// Except for `Jump`, the target never moves more than the control did (`Pickup`, `Parallel`, `LongTimeNoSee`), than the
/// same share of what is left (`CatchUp`), or than the larger of both and the tolerance (`PickupTolerant`).
pub(super) fn take(mode: Takeover, tolerance: f64, state: &mut State, hand: Move) -> Option<f64> {
    if state.put.is_some_and(|put| (put - hand.target).abs() > SAME) {
        state.has_it = false;
    }
    let gap = hand.to - hand.target;
    if gap.abs() <= SAME || hand.from.is_some_and(|from| (from - hand.target) * gap <= 0.0) {
        state.has_it = true;
    }
    if mode == Takeover::Jump || state.has_it {
        state.has_it = true;
        return Some(hand.to);
    }
    let step = hand.from.map_or(0.0, |from| hand.to - from);
    match mode {
        Takeover::Jump => Some(hand.to),
        Takeover::Auto | Takeover::Pickup => None,
        Takeover::PickupTolerant => (gap.abs() <= tolerance).then(|| share(hand, step)),
        Takeover::CatchUp => Some(share(hand, step)),
        Takeover::Parallel => Some((hand.target + step).clamp(0.0, 1.0)),
        Takeover::LongTimeNoSee => {
            let pace = step.abs() * (0.25 + 0.75 * (2.0 * gap.abs()).min(1.0));
            Some(hand.target + gap.signum() * pace.min(gap.abs()))
        }
    }
}

/// The target goes as much of what is left for it in this direction as the control did of what was left for it.
fn share(hand: Move, step: f64) -> f64 {
    let from = hand.to - step;
    let (left_for_control, left_for_target) =
        if step > 0.0 { (1.0 - from, 1.0 - hand.target) } else { (from, hand.target) };
    if left_for_control <= SAME {
        return if step == 0.0 { hand.target } else { hand.to };
    }
    (hand.target + step / left_for_control * left_for_target).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn once(mode: Takeover, from: Option<f64>, to: f64, target: f64) -> Option<f64> {
        let went = take(mode, 0.02, &mut State::default(), Move { from, to, target });
        went.map(|place| (place * 1e6).round() / 1e6)
    }

    #[test]
    fn truth_table() {
        use Takeover::*;
        for (mode, from, to, target, wanted) in [
            (Jump, None, 0.9, 0.2, Some(0.9)),
            (Pickup, None, 0.9, 0.2, None),
            (Pickup, Some(0.8), 0.9, 0.2, None),
            (Pickup, Some(0.15), 0.25, 0.2, Some(0.25)),
            (Pickup, Some(0.25), 0.15, 0.2, Some(0.15)),
            (Pickup, Some(0.2), 0.9, 0.2, Some(0.9)),
            (PickupTolerant, Some(0.25), 0.22, 0.2, Some(0.176)),
            (PickupTolerant, Some(0.25), 0.23, 0.2, None),
            (CatchUp, Some(0.5), 0.75, 0.0, Some(0.5)),
            (CatchUp, Some(0.5), 0.25, 0.8, Some(0.4)),
            (CatchUp, Some(0.8), 1.0, 0.1, Some(1.0)),
            (Parallel, Some(0.5), 0.6, 0.1, Some(0.2)),
            (Parallel, Some(0.5), 0.3, 0.1, Some(0.0)),
            (Parallel, None, 0.3, 0.1, Some(0.1)),
            (LongTimeNoSee, Some(0.9), 0.8, 0.1, Some(0.2)),
            (LongTimeNoSee, Some(0.3), 0.2, 0.1, Some(0.14)),
        ] {
            assert_eq!(once(mode, from, to, target), wanted, "{mode:?} {from:?} → {to}, target {target}");
        }
    }

    #[test]
    fn whoever_else_moves_the_target_has_it() {
        let mut state = State { has_it: true, put: Some(0.5) };
        let hand = Move { from: Some(0.5), to: 0.51, target: 0.8 };
        assert_eq!(take(Takeover::Pickup, 0.0, &mut state, hand), None);
        assert!(!state.has_it);
    }

    proptest! {
        #[test]
        fn never_more_than_the_hand(
            mode in prop_oneof![Just(Takeover::Pickup), Just(Takeover::Parallel), Just(Takeover::LongTimeNoSee), Just(Takeover::CatchUp), Just(Takeover::PickupTolerant)],
            start in 0.0..=1.0_f64, target in 0.0..=1.0_f64, hands in prop::collection::vec((0.0..=1.0_f64, prop::option::weighted(0.1, 0.0..=1.0_f64)), 1..60),
        ) {
            let (mut state, mut at, mut target) = (State::default(), start, target);
            for (to, other) in hands {
                target = other.unwrap_or(target);
                let hand = Move { from: Some(at), to, target };
                if let Some(put) = take(mode, 0.02, &mut state, hand) {
                    prop_assert!((0.0..=1.0).contains(&put));
                    let (step, moved) = ((to - at).abs(), (put - target).abs());
                    let left = |place: f64| if to > at { 1.0 - place } else { place };
                    let share = if left(at) > 0.0 { step / left(at) * left(target) } else { step };
                    let allowed = match mode {
                        Takeover::CatchUp => step.max(share),
                        Takeover::PickupTolerant => step.max(share),
                        _ => step,
                    };
                    prop_assert!(moved <= allowed + 2.0 * SAME, "{moved} > {allowed}");
                    state.put = Some(put);
                    target = put;
                }
                at = to;
            }
        }

        #[test]
        fn who_goes_to_both_ends_has_it(
            mode in prop_oneof![Just(Takeover::Pickup), Just(Takeover::Parallel), Just(Takeover::CatchUp), Just(Takeover::PickupTolerant)],
            start in 0.0..=1.0_f64, target in 0.0..=1.0_f64,
        ) {
            let (mut state, mut at, mut target) = (State::default(), start, target);
            for step in 0..=400 {
                let to = ((f64::from(step) / 100.0) % 2.0 - 1.0).abs();
                if let Some(put) = take(mode, 0.02, &mut state, Move { from: Some(at), to, target }) {
                    state.put = Some(put);
                    target = put;
                }
                at = to;
            }
            prop_assert!((target - at).abs() < 1e-3, "{target} {at}");
        }
    }
}
