//! When a mapping is active: the context of the window, the page and the modifiers of the surface.

use loophole_surfaces::mapping::{Context, When};

/// Modifiers that a surface may have.
const MAX_MODIFIERS: usize = 64;
/// Pages that a surface may have.
const MAX_PAGES: usize = 1_024;

/// Pages and modifiers of a surface, by number.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    pub(super) pages: Vec<String>,
    pub(super) modifiers: Vec<String>,
}

/// What holds now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Situation {
    pub(super) context: Option<Context>,
    pub(super) page: u16,
    /// A bit per modifier that is held.
    pub(super) modifiers: u64,
}

/// A `When`, ready.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Condition {
    context: Option<Context>,
    page: Option<u16>,
    held: u64,
    free: u64,
}

/// What of a condition does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unmet {
    Context(Context),
    Page(u16),
    MustBeHeld(u32),
    MustBeFree(u32),
}

impl Names {
    pub(super) fn page(&mut self, name: &str) -> Option<u16> {
        let place = place(&mut self.pages, name, MAX_PAGES)?;
        u16::try_from(place).ok()
    }

    pub(super) fn modifier(&mut self, name: &str) -> Option<u32> {
        u32::try_from(place(&mut self.modifiers, name, MAX_MODIFIERS)?).ok()
    }

    /// None = too many pages or modifiers.
    pub(super) fn condition(&mut self, when: &When) -> Option<Condition> {
        let page = match &when.page {
            Some(page) => Some(self.page(page)?),
            None => None,
        };
        let mut condition = Condition { context: when.context, page, held: 0, free: 0 };
        for (name, held) in &when.modifiers {
            let bit = 1 << self.modifier(name)?;
            *(if *held { &mut condition.held } else { &mut condition.free }) |= bit;
        }
        Some(condition)
    }
}

fn place(names: &mut Vec<String>, name: &str, limit: usize) -> Option<usize> {
    if let Some(place) = names.iter().position(|known| known == name) {
        return Some(place);
    }
    if names.len() >= limit {
        return None;
    }
    names.push(name.to_owned());
    Some(names.len() - 1)
}

impl Condition {
    pub(super) fn check(&self, now: &Situation) -> Result<(), Unmet> {
        if let Some(context) = self.context.filter(|context| now.context != Some(*context)) {
            return Err(Unmet::Context(context));
        }
        if let Some(page) = self.page.filter(|page| now.page != *page) {
            return Err(Unmet::Page(page));
        }
        let missing = self.held & !now.modifiers;
        if missing != 0 {
            return Err(Unmet::MustBeHeld(missing.trailing_zeros()));
        }
        let wrong = self.free & now.modifiers;
        if wrong != 0 {
            return Err(Unmet::MustBeFree(wrong.trailing_zeros()));
        }
        Ok(())
    }

    /// How much must hold: a mapping for a special case wins over one for all.
    pub(super) fn weight(&self) -> u32 {
        u32::from(self.context.is_some())
            + u32::from(self.page.is_some())
            + self.held.count_ones()
            + self.free.count_ones()
    }
}

/// Whether both can hold at the same time.
pub(super) fn overlap(a: &When, b: &When) -> bool {
    let differ = |a: bool, b: bool| a && b;
    let contexts = differ(a.context.is_some(), b.context.is_some()) && a.context != b.context;
    let pages = differ(a.page.is_some(), b.page.is_some()) && a.page != b.page;
    let modifiers = a.modifiers.iter().any(|(name, held)| b.modifiers.get(name).is_some_and(|other| other != held));
    !(contexts || pages || modifiers)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn when(context: Option<Context>, page: Option<&str>, modifiers: &[(&str, bool)]) -> When {
        let modifiers: BTreeMap<_, _> = modifiers.iter().map(|(name, held)| ((*name).to_owned(), *held)).collect();
        When { context, page: page.map(str::to_owned), modifiers }
    }

    #[test]
    fn truth_table() {
        let mut names = Names::default();
        assert_eq!((names.page("mix"), names.page("edit"), names.page("mix")), (Some(0), Some(1), Some(0)));
        let mixer = Some(Context::Mixer);
        for (when, now, wanted) in [
            (when(None, None, &[]), (None, 1, 0), Ok(())),
            (when(mixer, None, &[]), (mixer, 0, 0), Ok(())),
            (when(mixer, None, &[]), (None, 0, 0), Err(Unmet::Context(Context::Mixer))),
            (when(None, Some("edit"), &[]), (None, 1, 0), Ok(())),
            (when(None, Some("edit"), &[]), (None, 0, 0), Err(Unmet::Page(1))),
            (when(None, None, &[("shift", true)]), (None, 0, 1), Ok(())),
            (when(None, None, &[("shift", true)]), (None, 0, 0), Err(Unmet::MustBeHeld(0))),
            (when(None, None, &[("shift", false)]), (None, 0, 1), Err(Unmet::MustBeFree(0))),
            (when(None, None, &[("shift", false), ("alt", true)]), (None, 0, 2), Ok(())),
        ] {
            let (context, page, modifiers) = now;
            let now = Situation { context, page, modifiers };
            // `shift` has the first bit, whoever is asked first.
            names.modifier("shift");
            assert_eq!(names.condition(&when).unwrap().check(&now), wanted, "{when:?} {now:?}");
        }
    }

    #[test]
    fn what_can_hold_together() {
        let shift = when(None, None, &[("shift", true)]);
        let plain = when(None, None, &[("shift", false)]);
        let mix = when(None, Some("mix"), &[]);
        let edit = when(None, Some("edit"), &[]);
        assert!(overlap(&shift, &mix) && overlap(&shift, &shift) && overlap(&When::default(), &edit));
        assert!(!overlap(&shift, &plain) && !overlap(&mix, &edit));
    }
}
