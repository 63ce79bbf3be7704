//! When a press does something: at once, on release, after a while, the second time, again and again.

use loophole_surfaces::mapping::glue::{ButtonFilter, Fire};

/// Turbo is not faster than this.
const FASTEST_TURBO_MILLIS: u32 = 10;

/// What is remembered per mapping.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct State {
    down_at: Option<u64>,
    last_press_at: Option<u64>,
    /// The press was passed on, so its release is, too.
    fired: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Passed {
    Nothing,
    Press,
    Release,
    /// A press that has no release.
    Click,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) passed: Passed,
    /// When [`due`] should be asked.
    pub(super) due_nanos: Option<u64>,
}

impl From<Passed> for Answer {
    fn from(passed: Passed) -> Self {
        Self { passed, due_nanos: None }
    }
}

/// A press or release at a moment.
pub(super) fn event(fire: Fire, filter: ButtonFilter, state: &mut State, on: bool, now: u64) -> Answer {
    let answer = if on { pressed(fire, filter, state, now) } else { released(fire, filter, state, now) };
    state.down_at = on.then_some(now);
    answer
}

fn pressed(fire: Fire, filter: ButtonFilter, state: &mut State, now: u64) -> Answer {
    let previous = state.last_press_at.replace(now);
    state.fired = false;
    match fire {
        Fire::AtOnce if filter == ButtonFilter::ReleaseOnly => Passed::Nothing.into(),
        Fire::AtOnce => press(state),
        Fire::ShortPress { .. } => Passed::Nothing.into(),
        Fire::LongPress { after_millis } => {
            Answer { passed: Passed::Nothing, due_nanos: Some(now.saturating_add(nanos(after_millis))) }
        }
        Fire::DoublePress { within_millis } => match previous {
            Some(previous) if now.saturating_sub(previous) <= nanos(within_millis) => {
                // The third press begins anew.
                state.last_press_at = None;
                press(state)
            }
            _ => Passed::Nothing.into(),
        },
        Fire::Turbo { after_millis, .. } => {
            Answer { due_nanos: Some(now.saturating_add(nanos(after_millis))), ..press(state) }
        }
    }
}

fn press(state: &mut State) -> Answer {
    state.fired = true;
    Passed::Press.into()
}

fn released(fire: Fire, filter: ButtonFilter, state: &mut State, now: u64) -> Answer {
    let Some(down_at) = state.down_at else { return Passed::Nothing.into() };
    let fired = std::mem::take(&mut state.fired);
    match fire {
        Fire::ShortPress { within_millis } if now.saturating_sub(down_at) <= nanos(within_millis) => Passed::Click,
        Fire::AtOnce if filter == ButtonFilter::ReleaseOnly => Passed::Click,
        _ if fired && filter == ButtonFilter::Both => Passed::Release,
        _ => Passed::Nothing,
    }
    .into()
}

/// The moment that was asked for has come.
pub(super) fn due(fire: Fire, state: &mut State, now: u64) -> Answer {
    match fire {
        _ if state.down_at.is_none() => Passed::Nothing.into(),
        Fire::LongPress { .. } => press(state),
        Fire::Turbo { every_millis, .. } => {
            let due_nanos = Some(now.saturating_add(nanos(every_millis.max(FASTEST_TURBO_MILLIS))));
            Answer { passed: Passed::Press, due_nanos }
        }
        Fire::AtOnce | Fire::ShortPress { .. } | Fire::DoublePress { .. } => Passed::Nothing.into(),
    }
}

fn nanos(millis: u32) -> u64 {
    u64::from(millis) * 1_000_000
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `+100` a press at 100 ms, `-150` a release at 150 ms, `.200` the timer at 200 ms; what was passed on of it.
    fn script(fire: Fire, filter: ButtonFilter, script: &str) -> String {
        let mut state = State::default();
        let answers = script.split_whitespace().map(|word| {
            let now = word[1..].parse::<u64>().unwrap() * 1_000_000;
            let answer = match &word[..1] {
                "." => due(fire, &mut state, now),
                sign => event(fire, filter, &mut state, sign == "+", now),
            };
            let passed = match answer.passed {
                Passed::Nothing => "0",
                Passed::Press => "P",
                Passed::Release => "R",
                Passed::Click => "C",
            };
            answer.due_nanos.map_or(passed.to_owned(), |due| format!("{passed}@{}", due / 1_000_000))
        });
        answers.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn truth_table() {
        use ButtonFilter::*;
        let short = Fire::ShortPress { within_millis: 200 };
        let long = Fire::LongPress { after_millis: 500 };
        let double = Fire::DoublePress { within_millis: 300 };
        let turbo = Fire::Turbo { after_millis: 400, every_millis: 100 };
        for (fire, filter, events, wanted) in [
            (Fire::AtOnce, Both, "+0 -90", "P R"),
            (Fire::AtOnce, PressOnly, "+0 -90", "P 0"),
            (Fire::AtOnce, ReleaseOnly, "+0 -90", "0 C"),
            (Fire::AtOnce, Both, "-90", "0"),
            (short, Both, "+0 -200 +300 -501", "0 C 0 0"),
            (long, Both, "+0 .500 -900", "0@500 P R"),
            (long, Both, "+0 -499 .500", "0@500 0 0"),
            (long, PressOnly, "+0 .500 -900", "0@500 P 0"),
            (double, Both, "+0 -50 +300 -350", "0 0 P R"),
            (double, Both, "+0 -50 +301 -350", "0 0 0 0"),
            (double, Both, "+0 -1 +100 -101 +200 -201", "0 0 P R 0 0"),
            (turbo, Both, "+0 .400 .500 -550 .600", "P@400 P@500 P@600 R 0"),
        ] {
            assert_eq!(script(fire, filter, events), wanted, "{fire:?} {filter:?} {events}");
        }
    }
}
