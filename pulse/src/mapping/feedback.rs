//! What a device shows: one owner per feedback element, and only what is different from what it shows.

use super::World;
use super::device::{Hand, Place, SETTLE_NANOS};
use super::fire::RuleState;
use super::rules::{Rule, Rules};
use super::target::{self, Goal, Now};
use loophole_surfaces::element::{Element, FeedbackKind, Interaction};
use loophole_surfaces::mapping::Target;
use loophole_surfaces::mapping::target::TransportAction;
use loophole_surfaces::output::{Light, Shown};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// The most letters of a text.
const MAX_LETTERS: usize = 200;
/// Off for a device with colours.
const BLACK: [u8; 3] = [0; 3];

/// Everything on a device that can show something.
#[derive(Clone, Debug, Default)]
pub(super) struct Outlets {
    /// By element, then kind.
    all: Vec<Outlet>,
}

#[derive(Clone, Debug)]
struct Outlet {
    element: u16,
    kind: FeedbackKind,
    /// The element has a second line of text, too.
    has_second_line: bool,
    /// Rules that could own it, the first that is active does.
    candidates: Vec<u32>,
    owner: Option<u32>,
    /// None = nobody knows.
    shown: Option<Shown>,
}

impl Outlets {
    pub(super) fn new(elements: &[Element], rules: &Rules) -> Self {
        let mut all = Vec::new();
        for (element, number) in elements.iter().zip(0_u16..) {
            for kind in element.feedback.keys() {
                let has_second_line = element.feedback.contains_key(&FeedbackKind::Text2);
                let candidates = candidates(rules, number, *kind);
                all.push(Outlet {
                    element: number,
                    kind: *kind,
                    has_second_line,
                    candidates,
                    owner: None,
                    shown: None,
                });
            }
        }
        Self { all }
    }

    /// What is shown is known by element and kind, as long as the elements are the same.
    pub(super) fn go_on_from(&mut self, before: &Self, elements: &[Element], old: &[Element]) {
        let key = |outlet: &Outlet, elements: &[Element]| {
            let element = elements.get(usize::from(outlet.element));
            element.map(|element| (element.id.clone(), outlet.kind))
        };
        let shown: BTreeMap<_, _> = before.all.iter().map(|outlet| (key(outlet, old), outlet.shown.clone())).collect();
        for outlet in &mut self.all {
            outlet.shown = shown.get(&key(outlet, elements)).cloned().flatten();
        }
    }

    /// Decides who owns what; in one step, before anything is shown.
    pub(super) fn choose(&mut self, holds: &[bool]) {
        for outlet in &mut self.all {
            outlet.owner = outlet.candidates.iter().copied().find(|number| holds[*number as usize]);
        }
    }

    pub(super) fn forget(&mut self, element: u16, kind: FeedbackKind) {
        let place = self.all.binary_search_by_key(&(element, kind), |outlet| (outlet.element, outlet.kind));
        if let Some(outlet) = place.ok().and_then(|place| self.all.get_mut(place)) {
            outlet.shown = None;
        }
    }

    pub(super) fn forget_all(&mut self) {
        self.all.iter_mut().for_each(|outlet| outlet.shown = None);
    }

    /// The answer is when to ask again, because a motor has to wait. `asked`: the element that the person is asked about.
    #[allow(clippy::too_many_arguments)]
    pub(super) fn changes(
        &mut self,
        rules: &Rules,
        states: &[RuleState],
        asked: Option<u16>,
        place: &Place,
        hands: &mut [Hand],
        world: &World<'_>,
        now: u64,
        out: &mut Vec<(u16, FeedbackKind, Shown)>,
    ) -> Option<u64> {
        let mut settle: Option<u64> = None;
        for outlet in &mut self.all {
            let hand = &mut hands[usize::from(outlet.element)];
            if outlet.kind == FeedbackKind::Motor {
                let free_at = hand.moved_at.map_or(0, |at| at.saturating_add(SETTLE_NANOS));
                if hand.touched || now < free_at {
                    // Whoever holds it will let go, and be heard.
                    settle = if hand.touched { settle } else { Some(settle.map_or(free_at, |at| at.min(free_at))) };
                    continue;
                }
            }
            let owner = outlet.owner.map(|number| number as usize);
            let owner = owner.and_then(|number| Some((rules.all.get(number)?, states.get(number)?)));
            let shown = if outlet.kind == FeedbackKind::Led && asked == Some(outlet.element) {
                Some(Shown::Light(Light::Blink))
            } else {
                outlet.resolve(owner, hand.at, rules, place, world)
            };
            let Some(shown) = shown else { continue };
            if outlet.shown.as_ref() == Some(&shown) {
                continue;
            }
            if let (FeedbackKind::Motor, Shown::Place(to)) = (outlet.kind, &shown) {
                hand.driven = Some((now, *to));
                hand.at = Some(*to);
            }
            out.push((outlet.element, outlet.kind, shown.clone()));
            outlet.shown = Some(shown);
        }
        settle
    }
}

impl Outlet {
    /// None = it stays as it is: a motor that nobody drives.
    fn resolve(
        &self,
        owner: Option<(&Rule, &RuleState)>,
        hand: Option<f64>,
        rules: &Rules,
        place: &Place,
        world: &World<'_>,
    ) -> Option<Shown> {
        let Some((rule, state)) = owner else { return nothing(self.kind) };
        let shown_target = first_shown(&rule.mapping.target);
        let Ok(goal) = target::resolve(shown_target, world, place.bank) else { return nothing_there(self.kind) };
        let now = with_surface(target::now(&goal, world), &goal, rules, place);
        let is_on = now.on.unwrap_or_else(|| now.place.is_some_and(|at| rule.glue.inverse(at) >= 0.5));
        Some(match self.kind {
            FeedbackKind::Led if is_waiting(&goal, world) || state.waits_for_hand(rule, hand, &goal, world) => {
                Shown::Light(Light::Blink)
            }
            FeedbackKind::Led => Shown::Light(if is_on { Light::On } else { Light::Off }),
            FeedbackKind::Ring | FeedbackKind::Motor => Shown::Place(rule.glue.inverse(now.place.unwrap_or(0.0))),
            FeedbackKind::Meter => Shown::Place(match goal {
                Goal::Meter(_) => now.place.unwrap_or(0.0),
                _ => rule.glue.inverse(now.place.unwrap_or(0.0)),
            }),
            FeedbackKind::Colour => Shown::Colour(colour(&goal, &now, is_on)),
            FeedbackKind::Text if self.has_second_line || now.text.is_empty() => text(&now.name),
            FeedbackKind::Text | FeedbackKind::Text2 => text(&now.text),
        })
    }
}

/// It was asked, and is not so yet.
fn is_waiting(goal: &Goal<'_>, world: &World<'_>) -> bool {
    world.play_waits && matches!(goal, Goal::Transport(TransportAction::Play | TransportAction::TogglePlay))
}

/// Colours that say what is, whatever is on.
fn colour(goal: &Goal<'_>, now: &Now, is_on: bool) -> [u8; 3] {
    let own = now.colour.unwrap_or(target::WHITE.0);
    match goal {
        // Something continuous is what it is of, at each value.
        Goal::Parameter(_) | Goal::Name(_) | Goal::Meter(_) | Goal::Position => own,
        _ if is_on => own,
        _ => target::dimmed(own),
    }
}

fn text(text: &str) -> Shown {
    Shown::Text(text.chars().filter(|letter| !letter.is_control()).take(MAX_LETTERS).collect())
}

/// What nobody owns.
fn nothing(kind: FeedbackKind) -> Option<Shown> {
    if kind == FeedbackKind::Motor { None } else { nothing_there(kind) }
}

/// What has an owner whose target is not there: a strip without a track.
fn nothing_there(kind: FeedbackKind) -> Option<Shown> {
    Some(match kind {
        FeedbackKind::Led => Shown::Light(Light::Off),
        FeedbackKind::Ring | FeedbackKind::Motor | FeedbackKind::Meter => Shown::Place(0.0),
        FeedbackKind::Text | FeedbackKind::Text2 => Shown::Text(String::new()),
        FeedbackKind::Colour => Shown::Colour(BLACK),
    })
}

/// Of a macro, the first step.
fn first_shown(target: &Target) -> &Target {
    match target {
        Target::Macro { steps } => steps.first().map_or(target, first_shown),
        _ => target,
    }
}

/// What belongs to the surface and not to the model.
fn with_surface(now: Now, goal: &Goal<'_>, rules: &Rules, place: &Place) -> Now {
    let names = &rules.names;
    let on = match goal {
        Goal::Page { page } => names.pages.get(usize::from(place.page)).is_some_and(|current| current == page),
        Goal::Modifier { name } => {
            let number = names.modifiers.iter().zip(0_u32..).find(|(known, _)| known == name);
            number.is_some_and(|(_, number)| place.is_held(number))
        }
        Goal::PageBy { .. } => {
            let page = names.pages.get(usize::from(place.page)).cloned();
            return Now { text: page.unwrap_or_default(), ..now };
        }
        Goal::Bank { .. } => return Now { text: (place.bank + 1).to_string(), ..now },
        _ => return now,
    };
    Now { on: Some(on), place: Some(f64::from(on)), ..now }
}

/// Rules that want to show something here, the first choice first: by rank; then who asks for it by name; then whose
/// way of being moved fits; then as they came.
fn candidates(rules: &Rules, element: u16, kind: FeedbackKind) -> Vec<u32> {
    let mut found: Vec<_> = rules
        .of_element(element)
        .filter_map(|number| {
            let rule = &rules.all[number];
            let wanted = match &rule.mapping.feedback {
                Some(kinds) => kinds.contains(&kind),
                None => suits(first_shown(&rule.mapping.target), kind),
            };
            let by_name = rule.mapping.feedback.is_some();
            let fit = fit(kind, rule.mapping.interaction);
            wanted.then(|| (Reverse(rule.rank), Reverse(by_name), fit, u32::try_from(number).unwrap_or(u32::MAX)))
        })
        .collect();
    found.sort();
    found.into_iter().map(|(.., number)| number).collect()
}

/// Whether a target says something of this kind without being asked to.
fn suits(target: &Target, kind: FeedbackKind) -> bool {
    let is_text = matches!(kind, FeedbackKind::Text | FeedbackKind::Text2);
    match target {
        Target::Name { .. } => is_text || kind == FeedbackKind::Colour,
        Target::Position => is_text,
        Target::Meter { .. } => kind == FeedbackKind::Meter,
        Target::Parameter { .. }
        | Target::Gain { .. }
        | Target::Pan { .. }
        | Target::SendLevel { .. }
        | Target::NodeParameter { .. }
        | Target::LastTouched => kind != FeedbackKind::Meter,
        _ => !matches!(kind, FeedbackKind::Motor | FeedbackKind::Ring | FeedbackKind::Meter),
    }
}

/// 0 = what the hand does goes with what is shown.
fn fit(kind: FeedbackKind, interaction: Interaction) -> u8 {
    let order: [Interaction; 5] = match kind {
        FeedbackKind::Motor | FeedbackKind::Ring | FeedbackKind::Text | FeedbackKind::Text2 | FeedbackKind::Meter => {
            [Interaction::Move, Interaction::Turn, Interaction::Press, Interaction::Touch, Interaction::Pressure]
        }
        FeedbackKind::Led | FeedbackKind::Colour => {
            [Interaction::Press, Interaction::Turn, Interaction::Move, Interaction::Touch, Interaction::Pressure]
        }
    };
    order.iter().zip(0_u8..).find(|(wanted, _)| **wanted == interaction).map_or(u8::MAX, |(_, place)| place)
}
