//! The mappings of a device, checked, put in order, and indexed by the element and what is done with it.

use super::activation::{Condition, Names};
use super::engine::Problem;
use super::glue::Prepared;
use super::{MappingScope, ScopedMapping, target};
use loophole_surfaces::element::{Element, ElementKind, FeedbackKind, Interaction};
use loophole_surfaces::mapping::{Mapping, Target};
use loophole_surfaces::source::Source;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// Mappings that a device may have.
pub(super) const MAX_MAPPINGS: usize = 20_000;
const INTERACTIONS: usize = 5;

/// A mapping, ready.
#[derive(Clone, Debug)]
pub(super) struct Rule {
    pub(super) mapping: Mapping,
    pub(super) element: u16,
    pub(super) condition: Condition,
    pub(super) glue: Prepared,
    /// Of those that are active at the same time, only the highest fire.
    pub(super) rank: Rank,
    /// A pad or key: how hard it is pressed counts.
    pub(super) has_velocity: bool,
}

/// Scope first, then how special the case is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rank {
    pub(super) scope: MappingScope,
    pub(super) weight: u32,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Rules {
    /// By element, then interaction, then rank from the highest, then as they came.
    pub(super) all: Vec<Rule>,
    /// Per element and interaction; empty where there is none.
    index: Vec<[Range<u32>; INTERACTIONS]>,
    pub(super) names: Names,
}

fn place(interaction: Interaction) -> usize {
    match interaction {
        Interaction::Move => 0,
        Interaction::Turn => 1,
        Interaction::Press => 2,
        Interaction::Touch => 3,
        Interaction::Pressure => 4,
    }
}

impl Rules {
    pub(super) fn new(elements: &[Element], mappings: Vec<ScopedMapping>) -> (Self, Vec<Problem>) {
        let mut problems = Vec::new();
        let mut rules = Self::default();
        let places: BTreeMap<&str, u16> =
            elements.iter().zip(0_u16..).map(|(element, place)| (&*element.id, place)).collect();
        for scoped in winners(mappings) {
            match rules.rule(elements, &places, scoped, &mut problems) {
                Ok(rule) => rules.all.push(rule),
                Err(problem) => problems.push(problem),
            }
        }
        // Behind the pages that have something on them: the first of those is the start.
        let targets: Vec<Target> = rules.all.iter().map(|rule| rule.mapping.target.clone()).collect();
        targets.iter().for_each(|target| rules.names_of(target));
        rules.all.sort_by_key(|rule| (rule.element, place(rule.mapping.interaction), Reverse(rule.rank)));
        rules.make_index(elements.len());
        (rules, problems)
    }

    fn rule(
        &mut self,
        elements: &[Element],
        places: &BTreeMap<&str, u16>,
        scoped: ScopedMapping,
        problems: &mut Vec<Problem>,
    ) -> Result<Rule, Problem> {
        let ScopedMapping { scope, mapping } = scoped;
        let problem = |message: String| Problem { mapping: mapping.id.clone(), message };
        let found = places.get(mapping.element.as_str());
        let element = *found.ok_or_else(|| problem(format!("there is no element '{}'", mapping.element)))?;
        target::check(&mapping.target).map_err(problem)?;
        let condition = self.names.condition(&mapping.when);
        let condition = condition.ok_or_else(|| problem("too many pages or modifiers on one device".to_owned()))?;
        let place = &elements[usize::from(element)];
        let (glue, error) = Prepared::new(&mapping.glue, has_centre(place), drives_motor(&mapping, place));
        // Without its formula it would do what nobody wants.
        if let Some(error) = error {
            return Err(problem(format!("the formula: {error}")));
        }
        if mapping.glue.speed == 0 {
            problems.push(problem("a speed of 0 counts as 1".to_owned()));
        }
        let has_velocity = matches!(place.kind, ElementKind::Pad | ElementKind::Key);
        let rank = Rank { scope, weight: condition.weight() };
        Ok(Rule { mapping, element, condition, glue, rank, has_velocity })
    }

    /// A page that can be gone to exists, even when nothing is on it.
    fn names_of(&mut self, target: &Target) {
        match target {
            Target::Page { page } => {
                let _number = self.names.page(page);
            }
            Target::Modifier { name } => {
                let _number = self.names.modifier(name);
            }
            Target::Macro { steps } => steps.iter().for_each(|step| self.names_of(step)),
            _ => {}
        }
    }

    fn make_index(&mut self, elements: usize) {
        self.index = vec![std::array::from_fn(|_| 0..0); elements];
        for (number, rule) in (0_u32..).zip(&self.all) {
            let range = &mut self.index[usize::from(rule.element)][place(rule.mapping.interaction)];
            *range = if range.start == range.end { number..number + 1 } else { range.start..number + 1 };
        }
    }

    /// Those of an element and what is done with it, the highest rank first.
    pub(super) fn of(&self, element: u16, interaction: Interaction) -> Range<usize> {
        let range = self.index.get(usize::from(element)).map(|ranges| &ranges[place(interaction)]);
        range.map_or(0..0, |range| range.start as usize..range.end as usize)
    }

    /// Those of an element, whatever is done with it.
    pub(super) fn of_element(&self, element: u16) -> Range<usize> {
        let start = self.all.partition_point(|rule| rule.element < element);
        start..self.all.partition_point(|rule| rule.element <= element)
    }
}

/// A later scope covers what has the same id, or the same element, interaction and activation. What is switched off
/// covers only its own id: so a mapping of the factory can be switched off, and a person's own gives way.
fn winners(mut mappings: Vec<ScopedMapping>) -> Vec<ScopedMapping> {
    mappings.truncate(MAX_MAPPINGS);
    mappings.sort_by_key(|scoped| scoped.scope);
    let mut ids: BTreeMap<String, MappingScope> = BTreeMap::new();
    let mut cases: BTreeMap<String, MappingScope> = BTreeMap::new();
    for ScopedMapping { scope, mapping } in &mappings {
        ids.insert(mapping.id.clone(), *scope);
        if mapping.enabled {
            cases.insert(case(mapping), *scope);
        }
    }
    let mut seen = BTreeSet::new();
    mappings.retain(|ScopedMapping { scope, mapping }| {
        let is_last = ids.get(&mapping.id) == Some(scope) && seen.insert((*scope, mapping.id.clone()));
        let covered = cases.get(&case(mapping)).is_some_and(|other| other > scope);
        is_last && !(covered && mapping.enabled)
    });
    mappings
}

fn case(mapping: &Mapping) -> String {
    format!("{}\n{:?}\n{:?}", mapping.element, mapping.interaction, mapping.when)
}

/// Sticks and pitch wheels spring back to the middle.
fn has_centre(element: &Element) -> bool {
    let is_bend = |source: &Source| matches!(source, Source::PitchBend { .. });
    match element.kind {
        ElementKind::Axis => true,
        ElementKind::Wheel => element.input.values().any(is_bend),
        _ => false,
    }
}

/// Whether a mapping moves a motor of its element.
fn drives_motor(mapping: &Mapping, element: &Element) -> bool {
    let wanted = mapping.feedback.as_ref().is_none_or(|kinds| kinds.contains(&FeedbackKind::Motor));
    wanted && element.feedback.contains_key(&FeedbackKind::Motor)
}
