//! A mapping fires: what it was given becomes what is asked.

use super::activation::Names;
use super::device::{Hand, Place, Timer};
use super::glue::Refused;
use super::press::{self, Passed};
use super::rules::Rule;
use super::sweep::Sweeps;
use super::target::{Goal, Kind};
use super::why::{Reason, Step, Why};
use super::{Act, Local, World, stepping, takeover, target};
use crate::intent::{Intent, Origin, history};
use crate::model::{Parameter, ParameterId};
use loophole_surfaces::element::Interaction;
use loophole_surfaces::mapping::Target;
use loophole_surfaces::mapping::glue::{AbsoluteMode, Takeover};
use loophole_surfaces::source::InputValue;
use std::collections::BTreeSet;

/// How often a smoothed value moves.
const SMOOTH_NANOS: u64 = 10_000_000;
/// So near to its end, a smoothed value goes there.
const SMOOTH_END: f64 = 5e-4;
/// A control that is so near to its target stands where it is: two steps of 128.
const HAND_WIDTH: f64 = 2.0 / 127.0;
/// Values nearer than this are the same.
const SAME_VALUE: f64 = 1e-9;

/// What is remembered per mapping.
#[derive(Clone, Debug, Default)]
pub(super) struct RuleState {
    press: press::State,
    press_due: Option<u64>,
    pressed: bool,
    /// Of a place that acts as a button: it is in the upper half.
    above: bool,
    takeover: takeover::State,
    /// Whose takeover this is.
    parameter: Option<ParameterId>,
    stepping: stepping::State,
    last_at: Option<u64>,
    /// What was sent last to a target that does not say what it is.
    sent: f64,
    /// The place in the sequence.
    sequence: Option<usize>,
    /// Where a smoothed value goes.
    smooth_to: Option<f64>,
}

impl RuleState {
    /// The mapping became active: nothing of before counts, except a press that goes on.
    pub(super) fn activated(&mut self) {
        let (press, press_due, pressed) = (self.press, self.press_due, self.pressed);
        *self = Self { press, press_due, pressed, sent: self.sent, sequence: self.sequence, ..Self::default() };
    }

    pub(super) fn is_pressed(&self) -> bool {
        self.pressed
    }

    /// The control stands elsewhere than its target, and moves nothing until it comes there.
    pub(super) fn waits_for_hand(&self, rule: &Rule, hand: Option<f64>, goal: &Goal<'_>, world: &World<'_>) -> bool {
        let is_moved = matches!(rule.mapping.interaction, Interaction::Move | Interaction::Turn);
        let picks_up = matches!(rule.glue.takeover, Takeover::Pickup | Takeover::PickupTolerant);
        let is_place = rule.mapping.glue.absolute == AbsoluteMode::Normal && rule.mapping.glue.sequence.is_empty();
        let (Some(hand), Goal::Parameter(parameter)) = (hand, goal) else { return false };
        if !is_moved || !picks_up || !is_place {
            return false;
        }
        let target = target::place_of(parameter, target::value_of(parameter, world));
        let is_same = |put: f64| (put - target).abs() <= takeover::SAME;
        let has_it =
            self.parameter == Some(parameter.id) && self.takeover.has_it && self.takeover.put.is_some_and(is_same);
        !has_it && (rule.glue.inverse(target) - hand).abs() > HAND_WIDTH
    }
}

/// What a target is told.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Drive {
    /// 0…1 in its own space.
    To(f64),
    By {
        steps: i32,
        size: f64,
    },
    Press,
    Release,
    Click,
}

/// Everything that a mapping needs to fire.
pub(super) struct Fire<'a, 'w> {
    pub(super) device: u32,
    pub(super) number: u32,
    pub(super) now: u64,
    pub(super) names: &'a Names,
    pub(super) bank: u32,
    /// The element of the mapping, when a hand is on it.
    pub(super) touched: Option<u16>,
    /// Where the surface goes after the event.
    pub(super) next: &'a mut Place,
    pub(super) world: &'a World<'w>,
    pub(super) sweeps: &'a mut Sweeps,
    pub(super) timers: &'a mut BTreeSet<(u64, Timer)>,
    pub(super) out: &'a mut Vec<Act>,
    pub(super) why: Option<&'a mut Why>,
}

impl<'w> Fire<'_, 'w> {
    /// `before`: the hand before this event.
    pub(super) fn event(&mut self, rule: &Rule, state: &mut RuleState, value: InputValue, before: Hand) {
        match value {
            InputValue::Press { on, strength } => self.button(rule, state, on, strength),
            InputValue::Steps(steps) => self.steps(rule, state, steps),
            InputValue::Place { place, .. } => self.place(rule, state, place, before.at),
        }
        state.last_at = Some(self.now);
    }

    /// A timer of the mapping is due.
    pub(super) fn due(&mut self, rule: &Rule, state: &mut RuleState, is_press: bool) {
        if !is_press {
            self.smooth(rule, state);
            return;
        }
        state.press_due = None;
        let answer = press::due(rule.mapping.glue.fire, &mut state.press, self.now);
        self.pressed(rule, state, answer, 1.0);
    }

    /// A hand came to the element: what the mapping moves is held, before it moves.
    pub(super) fn hold(&mut self, rule: &Rule) {
        if let Ok(Goal::Parameter(parameter)) = target::resolve(&rule.mapping.target, self.world, self.bank)
            && self.other_hand(parameter).is_none()
        {
            self.open(parameter);
        }
    }

    fn button(&mut self, rule: &Rule, state: &mut RuleState, on: bool, strength: f64) {
        state.pressed = on;
        let glue = &rule.mapping.glue;
        let answer = press::event(glue.fire, glue.button, &mut state.press, on, self.now);
        self.pressed(rule, state, answer, strength);
    }

    fn pressed(&mut self, rule: &Rule, state: &mut RuleState, answer: press::Answer, strength: f64) {
        if let Some(due) = state.press_due.take() {
            self.timers.remove(&(due, Timer::Press(self.number)));
        }
        if let Some(due) = answer.due_nanos {
            state.press_due = Some(due);
            self.timers.insert((due, Timer::Press(self.number)));
        }
        let strength = if rule.has_velocity { strength } else { 1.0 };
        match answer.passed {
            Passed::Nothing => self.pass(rule, || Reason::Waiting),
            Passed::Press => self.press(rule, state, &rule.mapping.target, strength, Drive::Press),
            Passed::Click => self.press(rule, state, &rule.mapping.target, strength, Drive::Click),
            Passed::Release => self.release(rule, state, &rule.mapping.target),
        }
    }

    /// Each step of a macro is pressed as if it stood alone.
    fn press(&mut self, rule: &Rule, state: &mut RuleState, target: &Target, strength: f64, press: Drive) {
        if let Target::Macro { steps } = target {
            return steps.iter().for_each(|step| self.press(rule, state, step, strength, press));
        }
        let Some(goal) = self.reference(rule, target) else { return };
        let place = target::place_now(&goal, self.world).unwrap_or(state.sent);
        let drive = match goal.kind() {
            Kind::Trigger | Kind::Momentary | Kind::Macro => press,
            Kind::Shown => return self.pass(rule, || Reason::ShownOnly),
            Kind::Continuous | Kind::Outlet | Kind::Switch if !rule.mapping.glue.sequence.is_empty() => {
                Drive::To(next_of_sequence(rule, state, 1))
            }
            Kind::Switch => Drive::To(1.0 - place),
            Kind::Continuous | Kind::Outlet => match rule.mapping.glue.absolute {
                AbsoluteMode::Normal => match self.forward(rule, state, strength, place) {
                    Some(to) => Drive::To(to),
                    None => return,
                },
                AbsoluteMode::Toggle => Drive::To(other_end(rule, place)),
                AbsoluteMode::Incremental | AbsoluteMode::MakeRelative => increment(rule, strength),
            },
        };
        self.drive(rule, state, target, drive, false);
    }

    fn release(&mut self, rule: &Rule, state: &mut RuleState, target: &Target) {
        if let Target::Macro { steps } = target {
            return steps.iter().for_each(|step| self.release(rule, state, step));
        }
        let Some(goal) = self.reference(rule, target) else { return };
        let glue = &rule.mapping.glue;
        let goes_back = glue.absolute == AbsoluteMode::Normal && glue.sequence.is_empty();
        match goal.kind() {
            Kind::Momentary => self.drive(rule, state, target, Drive::Release, false),
            Kind::Continuous | Kind::Outlet if goes_back => {
                let place = target::place_now(&goal, self.world).unwrap_or(state.sent);
                if let Some(to) = self.forward(rule, state, 0.0, place) {
                    self.drive(rule, state, target, Drive::To(to), false);
                }
            }
            Kind::Continuous | Kind::Outlet | Kind::Switch | Kind::Trigger | Kind::Macro | Kind::Shown => {
                self.pass(rule, || Reason::Waiting);
            }
        }
    }

    fn steps(&mut self, rule: &Rule, state: &mut RuleState, steps: i32) {
        let glue = &rule.mapping.glue;
        let (steps, size) = stepping::steps(glue.speed, glue.step_size, &mut state.stepping, steps, self.now);
        let steps = if glue.reverse { -steps } else { steps };
        if steps == 0 {
            return self.pass(rule, || Reason::Waiting);
        }
        if !glue.sequence.is_empty() {
            let to = next_of_sequence(rule, state, steps);
            return self.drive(rule, state, &rule.mapping.target, Drive::To(to), true);
        }
        self.drive(rule, state, &rule.mapping.target, Drive::By { steps, size }, true);
    }

    fn place(&mut self, rule: &Rule, state: &mut RuleState, place: f64, from: Option<f64>) {
        let Some(goal) = self.reference(rule, &rule.mapping.target) else { return };
        let kind = goal.kind();
        let is_stepwise = matches!(rule.mapping.glue.absolute, AbsoluteMode::Toggle | AbsoluteMode::Incremental);
        if is_stepwise || !matches!(kind, Kind::Continuous | Kind::Outlet) {
            return self.place_as_button(rule, state, place, kind);
        }
        if let Some(to) = of_sequence(rule, place) {
            return self.drive(rule, state, &rule.mapping.target, Drive::To(to), true);
        }
        let now = target::place_now(&goal, self.world);
        let y = now.unwrap_or(state.sent);
        let Some(wanted) = self.forward(rule, state, place, y) else { return };
        let t = self.seconds(state);
        let from = from.and_then(|from| rule.glue.forward(from, y, t, None).ok());
        let to = match (rule.mapping.glue.absolute, now) {
            (AbsoluteMode::MakeRelative, _) => {
                let Some(from) = from else { return self.pass(rule, || Reason::Waiting) };
                let times = f64::from(rule.mapping.glue.speed.max(1));
                in_range(rule, y + (wanted - from) * times)
            }
            // What does not say where it is cannot be picked up.
            (_, None) => wanted,
            (_, Some(target)) => match self.take(rule, state, takeover::Move { from, to: wanted, target }, &goal) {
                Some(to) => to,
                None => return,
            },
        };
        if rule.mapping.glue.smoothing_millis > 0 && kind == Kind::Continuous {
            state.smooth_to = Some(to);
            self.fired(rule);
            return self.smooth(rule, state);
        }
        self.drive(rule, state, &rule.mapping.target, Drive::To(to), true);
    }

    /// Passing the middle upwards is a press, downwards a release.
    fn place_as_button(&mut self, rule: &Rule, state: &mut RuleState, place: f64, kind: Kind) {
        let above = place >= 0.5;
        if std::mem::replace(&mut state.above, above) == above {
            return self.pass(rule, || Reason::Waiting);
        }
        if kind == Kind::Switch && rule.mapping.glue.absolute == AbsoluteMode::Normal {
            let on = above != rule.mapping.glue.reverse;
            return self.drive(rule, state, &rule.mapping.target, Drive::To(f64::from(on)), false);
        }
        self.button(rule, state, above, place);
    }

    fn take(&mut self, rule: &Rule, state: &mut RuleState, hand: takeover::Move, goal: &Goal<'_>) -> Option<f64> {
        let Goal::Parameter(parameter) = goal else { return Some(hand.to) };
        if state.parameter.replace(parameter.id) != Some(parameter.id) {
            state.takeover = takeover::State::default();
        }
        let glue = &rule.glue;
        let went = takeover::take(glue.takeover, glue.glue.takeover_tolerance, &mut state.takeover, hand);
        if went.is_none() {
            self.pass(rule, || Reason::NotPickedUp {
                control: hand.to,
                target: hand.target,
                target_text: target::text_of(parameter, target::value_of(parameter, self.world)),
            });
        }
        went
    }

    /// A step toward where a smoothed value goes.
    fn smooth(&mut self, rule: &Rule, state: &mut RuleState) {
        let Some(to) = state.smooth_to else { return };
        let Some(now) =
            self.reference(rule, &rule.mapping.target).and_then(|goal| target::place_now(&goal, self.world))
        else {
            state.smooth_to = None;
            return;
        };
        let share = 1.0 - (-(SMOOTH_NANOS as f64) / (f64::from(rule.mapping.glue.smoothing_millis) * 1e6)).exp();
        let mut next = now + (to - now) * share;
        if (to - next).abs() <= SMOOTH_END {
            next = to;
            state.smooth_to = None;
        } else {
            self.timers.insert((self.now.saturating_add(SMOOTH_NANOS), Timer::Smooth(self.number)));
        }
        self.apply(rule, state, &rule.mapping.target, Drive::To(next), true);
    }

    fn forward(&mut self, rule: &Rule, state: &RuleState, place: f64, y: f64) -> Option<f64> {
        let t = self.seconds(state);
        let mut steps = Vec::new();
        let went = match self.why {
            Some(_) => rule.glue.forward(place, y, t, Some(&mut |what, value| steps.push(Step::Glue { what, value }))),
            None => rule.glue.forward(place, y, t, None),
        };
        if let Some(why) = self.why.as_deref_mut() {
            why.steps.append(&mut steps);
        }
        match went {
            Ok(to) => return Some(to),
            Err(Refused::OutOfRange) => self.pass(rule, || Reason::OutOfRange),
            Err(Refused::NoNumber) => self.pass(rule, || Reason::NoNumber),
        }
        None
    }

    fn seconds(&self, state: &RuleState) -> f64 {
        state.last_at.map_or(0.0, |last| self.now.saturating_sub(last) as f64 / 1e9)
    }

    /// What a target is; of a macro, the first step that exists.
    fn reference<'r>(&mut self, rule: &Rule, target: &'r Target) -> Option<Goal<'r>>
    where
        'w: 'r,
    {
        match reference(target, self.world, self.bank) {
            Ok(goal) => Some(goal),
            Err(why) => {
                self.pass(rule, || Reason::NoTarget { why });
                None
            }
        }
    }

    fn drive(&mut self, rule: &Rule, state: &mut RuleState, target: &Target, drive: Drive, is_sweep: bool) {
        self.fired(rule);
        self.apply(rule, state, target, drive, is_sweep);
    }

    fn apply(&mut self, rule: &Rule, state: &mut RuleState, target: &Target, drive: Drive, is_sweep: bool) {
        let goal = match target::resolve(target, self.world, self.bank) {
            Ok(goal) => goal,
            Err(why) => return self.pass(rule, || Reason::NoTarget { why }),
        };
        match goal {
            Goal::Macro(steps) => steps.iter().for_each(|step| self.apply(rule, state, step, drive, is_sweep)),
            Goal::Parameter(parameter) => self.set_parameter(rule, state, parameter, drive, is_sweep),
            Goal::Flag { channel, track, flag } => {
                let now = target::place_now(&goal, self.world).unwrap_or(0.0) >= 0.5;
                let on = match drive {
                    Drive::To(place) => place >= 0.5,
                    Drive::By { steps, .. } => steps > 0,
                    Drive::Press | Drive::Click => !now,
                    Drive::Release => return,
                };
                if on == now {
                    return self.pass(rule, || Reason::Unchanged);
                }
                self.ask(target::set_flag(channel, track, flag, on));
            }
            Goal::Modifier { name } => self.modifier(name, drive),
            Goal::Intent(_) if goal.kind() == Kind::Outlet => self.outlet(rule, state, &goal, drive),
            Goal::SendMidi { .. } | Goal::SendOsc { .. } => self.outlet(rule, state, &goal, drive),
            Goal::Name(_) | Goal::Meter(_) | Goal::Position => self.pass(rule, || Reason::ShownOnly),
            Goal::Select { .. }
            | Goal::Transport(_)
            | Goal::Bank { .. }
            | Goal::Page { .. }
            | Goal::PageBy { .. }
            | Goal::Undo
            | Goal::Redo
            | Goal::Intent(_) => self.trigger(rule, &goal, drive),
        }
    }

    fn set_parameter(
        &mut self,
        rule: &Rule,
        state: &mut RuleState,
        parameter: &Parameter,
        drive: Drive,
        is_sweep: bool,
    ) {
        let now = target::value_of(parameter, self.world);
        let place = target::place_of(parameter, now);
        let to = match drive {
            Drive::To(to) => to,
            Drive::By { steps, size } => in_range(rule, place + f64::from(steps) * size),
            Drive::Press | Drive::Click => rule.glue.highest(),
            Drive::Release => rule.glue.lowest(),
        };
        let mut value = target::value_at(parameter, to);
        if rule.mapping.glue.round {
            value = target::rounded(parameter, value);
        }
        state.takeover.put = Some(target::place_of(parameter, value));
        if value == now || (value - now).abs() < SAME_VALUE {
            return self.pass(rule, || Reason::Unchanged);
        }
        if let Some(by) = self.other_hand(parameter) {
            return self.pass(rule, || Reason::Held { by: by.to_string() });
        }
        if is_sweep || self.sweeps.is_open(parameter.id) {
            self.open(parameter);
            self.trace_last();
            Sweeps::moved(self.device, parameter.id, value, self.out);
            self.trace_last();
        } else {
            self.ask(target::set(parameter, value));
        }
    }

    fn open(&mut self, parameter: &Parameter) {
        if let Some(rest) = self.sweeps.hold(self.device, parameter.id, self.touched, self.now, self.out) {
            self.timers.insert((rest, Timer::Rest(parameter.id)));
        }
    }

    /// Who else holds a parameter.
    fn other_hand(&self, parameter: &Parameter) -> Option<Origin> {
        let holder = self.world.held.get(&parameter.id)?.origin;
        (holder != Origin::Surface(self.device)).then_some(holder)
    }

    fn modifier(&mut self, name: &str, drive: Drive) {
        let number = self.names.modifiers.iter().zip(0_u32..).find(|(known, _)| *known == name);
        let Some((_, number)) = number else { return };
        match drive {
            Drive::Press => {
                self.next.modifiers.insert((number, self.number));
            }
            Drive::Release => {
                self.next.modifiers.remove(&(number, self.number));
            }
            // Tapped, there is no release: it stays until the next tap.
            Drive::Click => self.next.latch(number),
            Drive::To(_) | Drive::By { .. } => {}
        }
    }

    fn outlet(&mut self, rule: &Rule, state: &mut RuleState, goal: &Goal<'_>, drive: Drive) {
        let value = match drive {
            Drive::To(to) => to,
            Drive::By { steps, size } => in_range(rule, state.sent + f64::from(steps) * size),
            Drive::Press | Drive::Click => 1.0,
            Drive::Release => 0.0,
        };
        state.sent = value;
        match goal {
            Goal::SendMidi { bytes } => match target::midi(bytes, value) {
                Ok(bytes) => {
                    self.done(|| format!("MIDI {bytes:02x?}"));
                    self.out.push(Act::SendMidi { device: self.device, bytes });
                }
                Err(why) => self.pass(rule, || Reason::NoTarget { why }),
            },
            Goal::SendOsc { address } => {
                self.done(|| format!("OSC {address} {value}"));
                self.out.push(Act::SendOsc { address: (*address).to_owned(), value });
            }
            Goal::Intent(target) => self.ask_intent(rule, target, value),
            _ => {}
        }
    }

    fn ask_intent(&mut self, rule: &Rule, target: &Target, value: f64) {
        match target::intent(target, value) {
            Ok(intent) => self.ask(intent),
            Err(why) => self.pass(rule, || Reason::NoTarget { why }),
        }
    }

    fn trigger(&mut self, rule: &Rule, goal: &Goal<'_>, drive: Drive) {
        let steps = match drive {
            Drive::Press | Drive::Click => None,
            Drive::By { steps, .. } => Some(steps),
            Drive::To(place) if place >= 0.5 => None,
            Drive::To(_) | Drive::Release => return,
        };
        let device = self.device;
        match *goal {
            Goal::Transport(action) => match target::transport(action, steps, self.world) {
                Some(intent) => self.ask(intent),
                None => self.pass(rule, || Reason::ShownOnly),
            },
            Goal::Bank { by } => self.move_bank(i64::from(by) * i64::from(steps.unwrap_or(1))),
            Goal::Page { page } => {
                let found = self.names.pages.iter().position(|known| known == page);
                self.next.page = found.and_then(|place| u16::try_from(place).ok()).unwrap_or(self.next.page);
            }
            Goal::PageBy { by } => {
                let count = i64::try_from(self.names.pages.len()).unwrap_or(1).max(1);
                let to = i64::from(self.next.page) + i64::from(by) * i64::from(steps.unwrap_or(1));
                self.next.page = u16::try_from(to.rem_euclid(count)).unwrap_or(0);
            }
            Goal::Select { channel, track } => {
                self.done(|| format!("selects '{}'", channel.name));
                self.out.push(Act::Local { device, change: Local::Select { channel: channel.id, track } });
            }
            Goal::Undo => self.ask(Intent::HistoryUndo(history::Undo {})),
            Goal::Redo => self.ask(Intent::HistoryRedo(history::Redo {})),
            Goal::Intent(target) => self.ask_intent(rule, target, 1.0),
            _ => {}
        }
    }

    /// Not past the last strip, where everything would be empty; back at most to the first.
    fn move_bank(&mut self, by: i64) {
        let strips = i64::try_from(target::strips(self.world.model)).unwrap_or(i64::MAX);
        let to = (i64::from(self.next.bank) + by).max(0);
        if by < 0 || to < strips {
            self.next.bank = u32::try_from(to).unwrap_or(self.next.bank);
        }
    }

    fn ask(&mut self, intent: Intent) {
        self.out.push(Act::Ask { device: self.device, intent: Box::new(intent), gesture: None });
        self.trace_last();
    }

    /// Tells who wants to know what was just asked.
    fn trace_last(&mut self) {
        let Some(why) = self.why.as_deref_mut() else { return };
        if let Some(Act::Ask { intent, .. }) = self.out.last() {
            let step = Step::asked(intent);
            if why.steps.last() != Some(&step) {
                why.steps.push(step);
            }
        }
    }

    fn done(&mut self, what: impl FnOnce() -> String) {
        if let Some(why) = self.why.as_deref_mut() {
            why.steps.push(Step::Done { what: what() });
        }
    }

    fn fired(&mut self, rule: &Rule) {
        if let Some(why) = self.why.as_deref_mut() {
            why.steps.push(Step::Fired { mapping: rule.mapping.id.clone() });
        }
    }

    fn pass(&mut self, rule: &Rule, reason: impl FnOnce() -> Reason) {
        if let Some(why) = self.why.as_deref_mut() {
            why.steps.push(Step::Passed { mapping: rule.mapping.id.clone(), reason: reason() });
        }
    }
}

fn reference<'r>(target: &'r Target, world: &World<'r>, bank: u32) -> Result<Goal<'r>, String> {
    let Target::Macro { steps } = target else { return target::resolve(target, world, bank) };
    let mut first = Err("the macro has no steps".to_owned());
    for step in steps {
        match reference(step, world, bank) {
            Ok(goal) => return Ok(goal),
            Err(why) => first = first.and(Err(why)),
        }
    }
    first
}

/// Inside of the target range; at its ends it stops, or goes on at the other one.
fn in_range(rule: &Rule, place: f64) -> f64 {
    let (low, high) = (rule.glue.lowest(), rule.glue.highest());
    if rule.mapping.glue.wrap && high > low && !(low - SAME_VALUE..=high + SAME_VALUE).contains(&place) {
        return low + (place - low).rem_euclid(high - low);
    }
    place.clamp(low, high)
}

fn other_end(rule: &Rule, place: f64) -> f64 {
    let (low, high) = (rule.glue.lowest(), rule.glue.highest());
    if high - place < place - low { low } else { high }
}

/// One step for a press; how hard it was says how far between the smallest and the largest.
fn increment(rule: &Rule, strength: f64) -> Drive {
    let glue = &rule.mapping.glue;
    let [smallest, largest] = glue.step_size.unwrap_or([stepping::DEFAULT_STEP; 2]);
    let size = if rule.has_velocity { smallest + (largest - smallest) * strength } else { smallest };
    let size = if size.is_finite() { size.clamp(0.0, 1.0) } else { stepping::DEFAULT_STEP };
    Drive::By { steps: if glue.reverse { -1 } else { 1 }, size }
}

fn next_of_sequence(rule: &Rule, state: &mut RuleState, by: i32) -> f64 {
    let glue = &rule.mapping.glue;
    let count = i64::try_from(glue.sequence.len()).unwrap_or(i64::MAX).max(1);
    let to = match state.sequence {
        // The first press is the first value.
        None if by > 0 => i64::from(by) - 1,
        before => before.and_then(|place| i64::try_from(place).ok()).unwrap_or(0) + i64::from(by),
    };
    let is_button = rule.mapping.interaction == loophole_surfaces::element::Interaction::Press;
    let place = if glue.wrap || is_button { to.rem_euclid(count) } else { to.clamp(0, count - 1) };
    let place = usize::try_from(place).unwrap_or(0);
    state.sequence = Some(place);
    value_of_sequence(rule, place).unwrap_or(0.0)
}

/// Which value of the sequence stands at a place of the control.
fn of_sequence(rule: &Rule, place: f64) -> Option<f64> {
    let count = rule.mapping.glue.sequence.len();
    let last = count.checked_sub(1)?;
    value_of_sequence(rule, ((place * count as f64) as usize).min(last))
}

fn value_of_sequence(rule: &Rule, place: usize) -> Option<f64> {
    let value = rule.mapping.glue.sequence.get(place)?;
    Some(if value.is_nan() { 0.0 } else { value.clamp(0.0, 1.0) })
}
