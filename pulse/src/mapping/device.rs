//! One device: its rules, where it is (page, bank, modifiers), and what its hands do.

use super::activation::{Situation, Unmet};
use super::engine::Problem;
use super::feedback::Outlets;
use super::fire::{Fire, RuleState};
use super::rules::Rules;
use super::sweep::Sweeps;
use super::why::{Reason, Step, Why};
use super::{Act, Local, ScopedMapping, World, target, words};
use crate::model::ParameterId;
use loophole_surfaces::element::{Element, ElementKind, FeedbackKind, Interaction};
use loophole_surfaces::mapping::Context;
use loophole_surfaces::output::Shown;
use loophole_surfaces::source::InputValue;
use std::collections::BTreeSet;

/// What holds a modifier that stays on without a hand.
const LATCH: u32 = u32::MAX;

/// One device.
#[derive(Debug)]
pub struct Device {
    number: u32,
    elements: Vec<Element>,
    pub(super) rules: Rules,
    states: Vec<RuleState>,
    /// Of each rule: its activation holds and no higher one has its element; as of `resolved`.
    pub(super) fires: Vec<bool>,
    /// Of each rule: its activation holds.
    pub(super) holds: Vec<bool>,
    /// What `fires` and `holds` are of.
    resolved: Option<Situation>,
    pub(super) place: Place,
    pub(super) hands: Vec<Hand>,
    sweeps: Sweeps,
    timers: BTreeSet<(u64, Timer)>,
    outlets: Outlets,
    /// The number of the only rule that works.
    solo: Option<String>,
    /// The element that the person is asked about.
    asked: Option<u16>,
}

/// Where a device is; not in the project, and not undone.
#[derive(Clone, Debug, Default)]
pub(super) struct Place {
    pub(super) bank: u32,
    pub(super) page: u16,
    /// Modifier and who holds it.
    pub(super) modifiers: BTreeSet<(u32, u32)>,
}

/// What the hand does with an element.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Hand {
    pub(super) touched: bool,
    /// Pressed, as far as its place says so.
    down: bool,
    /// When it moved last.
    pub(super) moved_at: Option<u64>,
    /// Where it is, if anybody knows.
    pub(super) at: Option<f64>,
    /// When its motor was driven last, and where to.
    pub(super) driven: Option<(u64, f64)>,
}

/// What waits for its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Timer {
    Press(u32),
    Smooth(u32),
    Rest(ParameterId),
    /// A motor may be driven again.
    Settle,
}

/// A motor is not driven for so long after the hand moved it, and what comes back from it for so long after it was driven is an echo.
pub(super) const SETTLE_NANOS: u64 = 100_000_000;
/// How far an echo is from where the motor was driven to.
const ECHO_WIDTH: f64 = 0.02;

impl Place {
    fn modifier_bits(&self) -> u64 {
        self.modifiers.iter().fold(0, |bits, (modifier, _)| bits | 1_u64.checked_shl(*modifier).unwrap_or(0))
    }

    pub(super) fn situation(&self, context: Option<Context>) -> Situation {
        Situation { context, page: self.page, modifiers: self.modifier_bits() }
    }

    pub(super) fn is_held(&self, modifier: u32) -> bool {
        self.modifiers.range((modifier, 0)..=(modifier, LATCH)).next().is_some()
    }

    /// On without a hand, or off.
    pub(super) fn latch(&mut self, modifier: u32) {
        if !self.modifiers.remove(&(modifier, LATCH)) {
            self.modifiers.insert((modifier, LATCH));
        }
    }
}

impl Device {
    pub(super) fn new(
        number: u32,
        elements: Vec<Element>,
        mappings: Vec<ScopedMapping>,
        before: Option<Self>,
    ) -> (Self, Vec<Problem>) {
        let (rules, problems) = Rules::new(&elements, mappings);
        let count = rules.all.len();
        let mut device = Self {
            number,
            states: vec![RuleState::default(); count],
            fires: vec![false; count],
            holds: vec![false; count],
            resolved: None,
            place: Place::default(),
            hands: vec![Hand::default(); elements.len()],
            sweeps: Sweeps::default(),
            timers: BTreeSet::new(),
            outlets: Outlets::new(&elements, &rules),
            solo: None,
            asked: None,
            elements,
            rules,
        };
        if let Some(before) = before {
            device.go_on_from(before);
        }
        (device, problems)
    }

    /// Other mappings on the same device: it stays where it was.
    fn go_on_from(&mut self, before: Self) {
        self.place.bank = before.place.bank;
        let page = before.rules.names.pages.get(usize::from(before.place.page));
        self.place.page = page.and_then(|page| self.page_number(page)).unwrap_or(0);
        self.timers.extend(before.timers.iter().filter(|(_, timer)| matches!(timer, Timer::Rest(_))));
        self.sweeps = before.sweeps;
        self.solo = before.solo;
        // What is touched and shown belongs to the box, as long as it is the same one.
        let same = |(new, old): (&Element, &Element)| new.id == old.id;
        if self.elements.len() == before.elements.len() && self.elements.iter().zip(&before.elements).all(same) {
            self.hands = before.hands;
        }
        self.outlets.go_on_from(&before.outlets, &self.elements, &before.elements);
    }

    fn page_number(&self, page: &str) -> Option<u16> {
        u16::try_from(self.rules.names.pages.iter().position(|known| known == page)?).ok()
    }

    /// Elements, in the order of their numbers.
    pub fn elements(&self) -> &[Element] {
        &self.elements
    }

    /// The first one is the start.
    pub fn pages(&self) -> &[String] {
        &self.rules.names.pages
    }

    pub fn page(&self) -> Option<&str> {
        self.rules.names.pages.get(usize::from(self.place.page)).map(String::as_str)
    }

    /// The first strip; counts from 0.
    pub fn bank(&self) -> u32 {
        self.place.bank
    }

    /// Modifiers that are held.
    pub fn modifiers(&self) -> Vec<String> {
        let names = self.rules.names.modifiers.iter().zip(0_u32..);
        names.filter(|(_, number)| self.place.is_held(*number)).map(|(name, _)| name.clone()).collect()
    }

    /// Mappings that would fire now, by their ids. As of the last event or feedback.
    pub fn active(&self) -> impl Iterator<Item = &str> {
        let rules = self.rules.all.iter().zip(&self.fires);
        rules.filter(|(_, fires)| **fires).map(|(rule, _)| rule.mapping.id.as_str())
    }

    /// What an element controls now, for a person: "Drums −6.0 dB".
    pub fn controls(&self, element: u16, world: &World<'_>) -> Option<String> {
        let rules = self.rules.of_element(element);
        let rule = rules.clone().find(|number| self.fires[*number]).map(|number| &self.rules.all[number])?;
        let goal = target::resolve(&rule.mapping.target, world, self.place.bank).ok()?;
        let target::Now { name, text, .. } = target::now(&goal, world);
        Some(if text.is_empty() || text == name { name } else { format!("{name} {text}") })
            .filter(|text| !text.is_empty())
    }

    pub(super) fn set_page(&mut self, page: &str) -> bool {
        let found = self.page_number(page);
        self.place.page = found.unwrap_or(self.place.page);
        found.is_some()
    }

    pub(super) fn set_bank(&mut self, first: u32) {
        self.place.bank = first;
    }

    pub(super) fn solo(&mut self, mapping: Option<&str>) {
        self.solo = mapping.map(str::to_owned);
        self.resolved = None;
    }

    pub(super) fn ask_about(&mut self, element: Option<&str>) {
        let place = element.and_then(|id| self.elements.iter().position(|element| element.id == id));
        self.asked = place.and_then(|place| u16::try_from(place).ok());
    }

    /// Decides which rules are active, when something they depend on is different. One step for everything: nobody
    /// sees a state in between.
    fn resolve(&mut self, world: &World<'_>) {
        let now = self.place.situation(world.context);
        if self.resolved == Some(now) {
            return;
        }
        self.resolved = Some(now);
        let mut group = None;
        for (number, rule) in self.rules.all.iter().enumerate() {
            let is_wanted = rule.mapping.enabled && self.solo.as_ref().is_none_or(|only| *only == rule.mapping.id);
            let holds = is_wanted && rule.condition.check(&now).is_ok();
            // The first one that holds has the highest rank of its element and interaction.
            let key = (rule.element, rule.mapping.interaction);
            if holds && group.is_none_or(|(seen, _)| seen != key) {
                group = Some((key, rule.rank));
            }
            let fires = holds && group == Some((key, rule.rank));
            if fires && !self.fires[number] {
                self.states[number].activated();
            }
            (self.holds[number], self.fires[number]) = (holds, fires);
        }
        self.outlets.choose(&self.holds);
    }

    #[allow(clippy::too_many_arguments)]
    pub(super) fn event(
        &mut self,
        element: u16,
        interaction: Interaction,
        value: InputValue,
        now: u64,
        world: &World<'_>,
        out: &mut Vec<Act>,
        mut why: Option<&mut Why>,
    ) {
        let Some(value) = sane(value) else { return };
        if usize::from(element) >= self.hands.len() {
            return;
        }
        self.sweeps.compare(self.number, world.held);
        self.resolve(world);
        let Some(value) = self.as_press(element, interaction, value) else { return };
        if let Some(distance) = self.echo(element, interaction, value, now) {
            if distance > ECHO_WIDTH {
                // Still under way, or held up: told again when it is at rest.
                self.hands[usize::from(element)].moved_at = Some(now);
                self.outlets.forget(element, FeedbackKind::Motor);
            }
            if let Some(why) = why {
                why.steps.push(Step::Echo);
            }
            return;
        }
        let before = self.hands[usize::from(element)];
        self.hand_moved(element, interaction, value, now);
        let rules = self.rules.of(element, interaction);
        if rules.is_empty()
            && let Some(why) = why.as_deref_mut()
        {
            why.steps.push(Step::Unmapped);
        }
        let mut next = self.place.clone();
        if interaction == Interaction::Touch
            && let InputValue::Press { on, .. } = value
        {
            self.touch(element, on, now, &mut next, world, out);
        }
        let is_release = matches!(value, InputValue::Press { on: false, .. });
        for number in rules {
            // Who got the press gets the release, whatever is active by then.
            let wanted = if is_release { self.states[number].is_pressed() } else { self.fires[number] };
            if wanted {
                let (mut fire, rule, state) = self.fire(number, now, &mut next, world, out, why.as_deref_mut());
                fire.event(rule, state, value, before);
            } else if let Some(why) = why.as_deref_mut() {
                why.steps.push(Step::Passed {
                    mapping: self.rules.all[number].mapping.id.clone(),
                    reason: self.reason(number),
                });
            }
        }
        self.go_to(next, out);
    }

    /// Everything that a rule needs to fire.
    #[allow(clippy::type_complexity)]
    fn fire<'a, 'w>(
        &'a mut self,
        number: usize,
        now: u64,
        next: &'a mut Place,
        world: &'a World<'w>,
        out: &'a mut Vec<Act>,
        why: Option<&'a mut Why>,
    ) -> (Fire<'a, 'w>, &'a super::rules::Rule, &'a mut RuleState) {
        let rule = &self.rules.all[number];
        let fire = Fire {
            device: self.number,
            number: number as u32,
            now,
            names: &self.rules.names,
            bank: self.place.bank,
            touched: self.hands[usize::from(rule.element)].touched.then_some(rule.element),
            next,
            world,
            sweeps: &mut self.sweeps,
            timers: &mut self.timers,
            out,
            why,
        };
        (fire, rule, &mut self.states[number])
    }

    /// What the surface itself changed counts from the next event on.
    fn go_to(&mut self, next: Place, out: &mut Vec<Act>) {
        let device = self.number;
        if next.bank != self.place.bank {
            out.push(Act::Local { device, change: Local::Bank { first: next.bank } });
        }
        if next.page != self.place.page
            && let Some(page) = self.rules.names.pages.get(usize::from(next.page))
        {
            out.push(Act::Local { device, change: Local::Page { page: page.clone() } });
        }
        for (name, number) in self.rules.names.modifiers.iter().zip(0_u32..) {
            let held = next.is_held(number);
            if held != self.place.is_held(number) {
                out.push(Act::Local { device, change: Local::Modifier { name: name.clone(), held } });
            }
        }
        self.place = next;
    }

    /// A place on something that is pressed is a press; none = nothing new.
    fn as_press(&mut self, element: u16, interaction: Interaction, value: InputValue) -> Option<InputValue> {
        let (Interaction::Press | Interaction::Touch, InputValue::Place { place, .. }) = (interaction, value) else {
            return Some(value);
        };
        let has_velocity = matches!(self.elements[usize::from(element)].kind, ElementKind::Pad | ElementKind::Key);
        let on = if has_velocity { place > 0.0 } else { place >= 0.5 };
        let down = &mut self.hands[usize::from(element)].down;
        (std::mem::replace(down, on) != on).then_some(InputValue::Press { on, strength: place })
    }

    fn hand_moved(&mut self, element: u16, interaction: Interaction, value: InputValue, now: u64) {
        let hand = &mut self.hands[usize::from(element)];
        match (interaction, value) {
            (Interaction::Touch, InputValue::Press { on, .. }) => {
                hand.touched = on;
                if !on {
                    // The motor settles after the hand is gone.
                    hand.moved_at = Some(now);
                }
                self.outlets.forget(element, FeedbackKind::Motor);
            }
            (Interaction::Move | Interaction::Turn, InputValue::Place { place, .. }) => {
                hand.at = Some(place);
                hand.moved_at = Some(now);
                self.outlets.forget(element, FeedbackKind::Motor);
            }
            _ => {}
        }
    }

    /// A motor that was just driven says where it is, and no hand is on it, as far as anybody can know: how far it is
    /// from where it was driven to.
    fn echo(&self, element: u16, interaction: Interaction, value: InputValue, now: u64) -> Option<f64> {
        let hand = &self.hands[usize::from(element)];
        let InputValue::Place { place, .. } = value else { return None };
        let (driven_at, driven_to) = hand.driven?;
        let distance = (place - driven_to).abs();
        let is_fresh = now.saturating_sub(driven_at) <= SETTLE_NANOS;
        let is_move = matches!(interaction, Interaction::Move | Interaction::Turn);
        let has_touch = self.elements[usize::from(element)].input.contains_key(&Interaction::Touch);
        let is_echo = is_fresh && is_move && !hand.touched && (has_touch || distance <= ECHO_WIDTH);
        is_echo.then_some(distance)
    }

    /// A hand comes to an element or leaves it: what the element moves is held, or let go.
    fn touch(&mut self, element: u16, on: bool, now: u64, next: &mut Place, world: &World<'_>, out: &mut Vec<Act>) {
        if !on {
            self.sweeps.let_go(self.number, element, out);
            return;
        }
        for interaction in [Interaction::Move, Interaction::Turn] {
            for number in self.rules.of(element, interaction) {
                if self.fires[number] {
                    let (mut fire, rule, _) = self.fire(number, now, next, world, out, None);
                    fire.hold(rule);
                }
            }
        }
    }

    pub(super) fn tick(&mut self, now: u64, world: &World<'_>, out: &mut Vec<Act>) {
        self.sweeps.compare(self.number, world.held);
        self.resolve(world);
        let mut next = self.place.clone();
        while let Some((due, timer)) = self.timers.first().copied().filter(|(due, _)| *due <= now) {
            self.timers.remove(&(due, timer));
            match timer {
                Timer::Press(number) | Timer::Smooth(number) => {
                    let number = number as usize;
                    if number < self.states.len() {
                        let (mut fire, rule, state) = self.fire(number, now, &mut next, world, out, None);
                        fire.due(rule, state, matches!(timer, Timer::Press(_)));
                    }
                }
                Timer::Rest(parameter) => {
                    if let Some(again) = self.sweeps.rested(self.number, parameter, now, out) {
                        self.timers.insert((again, timer));
                    }
                }
                Timer::Settle => {}
            }
        }
        self.go_to(next, out);
    }

    pub(super) fn next_deadline(&self) -> Option<u64> {
        self.timers.first().map(|(due, _)| *due)
    }

    pub(super) fn changes(&mut self, world: &World<'_>, now: u64, out: &mut Vec<(u16, FeedbackKind, Shown)>) {
        self.resolve(world);
        let (rules, states) = (&self.rules, &self.states);
        let settle = self.outlets.changes(rules, states, self.asked, &self.place, &mut self.hands, world, now, out);
        if let Some(at) = settle {
            self.timers.retain(|(_, timer)| *timer != Timer::Settle);
            self.timers.insert((at, Timer::Settle));
        }
    }

    pub(super) fn reset(&mut self) {
        self.outlets.forget_all();
        self.hands.fill(Hand::default());
        self.states.fill(RuleState::default());
        self.place.modifiers.clear();
        self.sweeps = Sweeps::default();
        self.timers.clear();
        self.resolved = None;
    }

    pub(super) fn lost(&mut self, element: u16, kind: FeedbackKind) {
        self.outlets.forget(element, kind);
    }

    pub(super) fn gesture_lost(&mut self, parameter: ParameterId) {
        self.sweeps.lost(parameter);
    }

    pub(super) fn project_changed(&mut self) {
        self.sweeps = Sweeps::default();
        self.timers.retain(|(_, timer)| !matches!(timer, Timer::Rest(_) | Timer::Smooth(_)));
        self.states.iter_mut().for_each(RuleState::activated);
    }

    pub(super) fn let_go(&mut self, out: &mut Vec<Act>) {
        self.sweeps.let_all_go(self.number, out);
    }

    /// Why a rule does not fire.
    fn reason(&self, number: usize) -> Reason {
        let rule = &self.rules.all[number];
        let now = self.resolved.unwrap_or_default();
        if !rule.mapping.enabled || self.solo.as_ref().is_some_and(|only| *only != rule.mapping.id) {
            return Reason::Disabled;
        }
        let names = &self.rules.names;
        let modifier = |number: u32, must_be_held| {
            let name = names.modifiers.get(number as usize).cloned().unwrap_or_default();
            Reason::Modifier { name, must_be_held }
        };
        match rule.condition.check(&now) {
            Err(Unmet::Context(context)) => Reason::Context { wanted: words::context_name(context).to_owned() },
            Err(Unmet::Page(page)) => {
                Reason::Page { wanted: names.pages.get(usize::from(page)).cloned().unwrap_or_default() }
            }
            Err(Unmet::MustBeHeld(number)) => modifier(number, true),
            Err(Unmet::MustBeFree(number)) => modifier(number, false),
            Ok(()) if self.fires[number] => Reason::Waiting,
            Ok(()) => {
                let mut others = self.rules.of(rule.element, rule.mapping.interaction);
                let by = others.find(|other| self.fires[*other]).map(|other| self.rules.all[other].mapping.id.clone());
                Reason::Covered { by: by.unwrap_or_default() }
            }
        }
    }
}

/// Numbers in their range; none = there is no number.
fn sane(value: InputValue) -> Option<InputValue> {
    match value {
        InputValue::Place { place, steps } if !place.is_nan() => {
            Some(InputValue::Place { place: place.clamp(0.0, 1.0), steps })
        }
        InputValue::Press { on, strength } if !strength.is_nan() => {
            Some(InputValue::Press { on, strength: strength.clamp(0.0, 1.0) })
        }
        InputValue::Steps(steps) if steps != 0 => Some(value),
        InputValue::Place { .. } | InputValue::Press { .. } | InputValue::Steps(_) => None,
    }
}
