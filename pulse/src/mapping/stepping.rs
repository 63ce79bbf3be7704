//! Steps of encoders and increments of buttons: how many of them count, and how far each goes.

/// One step goes so far when nothing else is said, as a part of the target's range.
pub(super) const DEFAULT_STEP: f64 = 0.01;
/// Steps that come faster than this are the largest ones.
const FAST_NANOS: f64 = 8e6;
/// Steps that come slower than this are the smallest ones.
const SLOW_NANOS: f64 = 100e6;

/// What is remembered per mapping.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct State {
    /// Steps of the source that were not enough for one of the target.
    rest: i64,
    last_at: Option<u64>,
}

/// Steps of the target for steps of the source, and how far each one goes.
pub(super) fn steps(
    speed: i16,
    step_size: Option<[f64; 2]>,
    state: &mut State,
    source_steps: i32,
    now: u64,
) -> (i32, f64) {
    let since = state.last_at.replace(now).map(|last| now.saturating_sub(last));
    (whole(speed, state, source_steps), size(step_size, since, source_steps))
}

fn whole(speed: i16, state: &mut State, source_steps: i32) -> i32 {
    let speed = i64::from(speed);
    let steps = i64::from(source_steps);
    let whole = if speed >= 0 {
        state.rest = 0;
        steps * speed.max(1)
    } else {
        // Turned the other way: what was left over does not count.
        let rest = if state.rest.signum() * steps.signum() < 0 { 0 } else { state.rest };
        let all = rest + steps;
        state.rest = all % speed;
        all / -speed
    };
    whole.clamp(-10_000, 10_000) as i32
}

fn size(step_size: Option<[f64; 2]>, since_nanos: Option<u64>, source_steps: i32) -> f64 {
    let part = |value: f64| if value.is_finite() { value.clamp(0.0, 1.0) } else { DEFAULT_STEP };
    let Some([smallest, largest]) = step_size.map(|sizes| sizes.map(part)) else { return DEFAULT_STEP };
    let Some(since) = since_nanos else { return smallest };
    let per_step = since as f64 / f64::from(source_steps.unsigned_abs().max(1));
    let slowness = ((per_step - FAST_NANOS) / (SLOW_NANOS - FAST_NANOS)).clamp(0.0, 1.0);
    largest * (1.0 - slowness) + smallest * slowness
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speed() {
        let script = |speed: i16, steps: &[i32]| {
            let mut state = State::default();
            steps.iter().map(|step| whole(speed, &mut state, *step)).collect::<Vec<_>>()
        };
        assert_eq!(script(1, &[1, -2]), [1, -2]);
        assert_eq!(script(0, &[1]), [1]);
        assert_eq!(script(3, &[1, -2]), [3, -6]);
        assert_eq!(script(-3, &[1, 1, 1, 1, -1, -1, -1, 7]), [0, 0, 1, 0, 0, 0, -1, 2]);
        assert_eq!(script(i16::MAX, &[i32::MAX, i32::MIN]), [10_000, -10_000]);
        assert_eq!(script(i16::MIN, &[i32::MIN]), [-10_000]);
    }

    #[test]
    fn turned_fast_it_goes_farther() {
        let sizes = Some([0.01, 0.1]);
        assert_eq!(size(None, Some(1), 1), DEFAULT_STEP);
        assert_eq!(size(sizes, None, 1), 0.01);
        assert_eq!(size(sizes, Some(1_000_000_000), 1), 0.01);
        assert_eq!(size(sizes, Some(1_000_000), 1), 0.1);
        assert_eq!(size(sizes, Some(16_000_000), 2), 0.1);
        let middle = size(sizes, Some(54_000_000), 1);
        assert!((middle - 0.055).abs() < 1e-12);
        assert_eq!(size(Some([f64::NAN, 7.0]), Some(1), 1), 1.0);
    }
}
