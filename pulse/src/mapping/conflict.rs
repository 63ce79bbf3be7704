//! Who would be in the way of a new or changed mapping: told before it is saved.

use super::activation::overlap;
use super::{MappingScope, ScopedMapping, words};
use loophole_surfaces::element::Element;
use loophole_surfaces::mapping::{Mapping, Target};

/// A mapping that meets another.
#[derive(Clone, Debug, PartialEq)]
pub struct Conflict {
    pub mapping: String,
    pub scope: MappingScope,
    pub kind: Kind,
    /// "Fader 1 · move: Volume of track 1 of the bank (page 'Mix')".
    pub description: String,
    /// What can be done about it, the best one first.
    pub choices: Vec<Choice>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The same control at the same time: the new one wins.
    Covers,
    /// The same control at the same time: the new one would do nothing there.
    CoveredBy,
    /// The same control at the same time, and both do something.
    Together,
    /// Another control moves the same target.
    SameTarget,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// The other one goes away.
    Replace,
    KeepBoth,
    /// The new one on a page or with a modifier of its own.
    OtherActivation,
}

/// Who uses the control of `new` at a time when `new` is active, then who moves the same target. Mappings with the
/// id of `new` are what it replaces anyway; those that are switched off are in nobody's way.
pub fn conflicts(elements: &[Element], mappings: &[ScopedMapping], new: &ScopedMapping) -> Vec<Conflict> {
    let mine = &new.mapping;
    let others = mappings.iter().filter(|other| other.mapping.enabled && other.mapping.id != mine.id);
    let at_once = others.filter(|other| overlap(&mine.when, &other.mapping.when));
    let mut found: Vec<Conflict> = at_once
        .filter_map(|other| {
            let kind = kind(elements, other, new)?;
            Some(Conflict {
                mapping: other.mapping.id.clone(),
                scope: other.scope,
                kind,
                description: describe(elements, &other.mapping),
                choices: choices(kind, other.scope),
            })
        })
        .collect();
    found.sort_by_key(|conflict| conflict.kind == Kind::SameTarget);
    found
}

fn kind(elements: &[Element], other: &ScopedMapping, new: &ScopedMapping) -> Option<Kind> {
    let (theirs, mine) = (&other.mapping, &new.mapping);
    if same_control(elements, theirs, mine) {
        let rank = |scoped: &ScopedMapping| (scoped.scope, weight(&scoped.mapping));
        return Some(match rank(new).cmp(&rank(other)) {
            std::cmp::Ordering::Greater => Kind::Covers,
            std::cmp::Ordering::Less => Kind::CoveredBy,
            std::cmp::Ordering::Equal => Kind::Together,
        });
    }
    let can_collide = !matches!(
        mine.target,
        Target::Name { .. } | Target::Meter { .. } | Target::Position | Target::Page { .. } | Target::Modifier { .. }
    );
    (can_collide && mine.target == theirs.target).then_some(Kind::SameTarget)
}

/// The same element, or another name for the same bytes.
fn same_control(elements: &[Element], a: &Mapping, b: &Mapping) -> bool {
    let source = |mapping: &Mapping| {
        let element = elements.iter().find(|element| element.id == mapping.element)?;
        element.input.get(&mapping.interaction)
    };
    let is_same = a.element == b.element && a.interaction == b.interaction;
    is_same || source(a).is_some_and(|bytes| source(b) == Some(bytes))
}

fn weight(mapping: &Mapping) -> usize {
    let when = &mapping.when;
    usize::from(when.context.is_some()) + usize::from(when.page.is_some()) + when.modifiers.len()
}

fn choices(kind: Kind, scope: MappingScope) -> Vec<Choice> {
    // What comes with a profile cannot go away; a later one covers it.
    let can_go = scope >= MappingScope::User;
    match kind {
        Kind::SameTarget => vec![Choice::KeepBoth, Choice::Replace],
        Kind::Covers if !can_go => vec![Choice::KeepBoth, Choice::OtherActivation],
        Kind::Covers | Kind::Together | Kind::CoveredBy if can_go => {
            vec![Choice::Replace, Choice::OtherActivation, Choice::KeepBoth]
        }
        Kind::Covers | Kind::Together | Kind::CoveredBy => vec![Choice::OtherActivation, Choice::KeepBoth],
    }
    .into_iter()
    .filter(|choice| can_go || *choice != Choice::Replace)
    .collect()
}

fn describe(elements: &[Element], mapping: &Mapping) -> String {
    let element = elements.iter().find(|element| element.id == mapping.element);
    let source = words::source(element, &mapping.element, mapping.interaction);
    let (target, when) = (words::target(&mapping.target), words::when(&mapping.when));
    if when.is_empty() { format!("{source}: {target}") } else { format!("{source}: {target} ({when})") }
}
