//! The whole life of one command: what it led to at both seams, with the time of each hop.

use super::log::{Log, Place};
use super::text;
use crate::theme;
use eframe::egui::{Button, Grid, RichText, Ui, vec2};
use loophole_pulse::trace::{Kind, Link, TraceEntry};

/// A conversation is looked for among so many messages before and behind the one that is shown.
const AROUND: u64 = 4_000;
/// More hops than this are not listed.
const HOPS_MAX: usize = 200;

/// The command of the upper seam that all belongs to: its link and its id there.
type Root<'a> = (Link, &'a str);

/// The command that led to a message, as far as the message itself says.
fn root_of(entry: &TraceEntry) -> Option<Root<'_>> {
    match (&entry.cause, &entry.cid) {
        (Some(cause), _) => Some((cause.link, &cause.id)),
        (None, Some(cid)) => Some((entry.link, cid)),
        (None, None) => (entry.kind == Kind::Command && !entry.id.is_empty()).then_some((entry.link, &entry.id)),
    }
}

/// All messages of the conversation of this one, in order; empty when it stands alone.
pub(crate) fn conversation(log: &Log, place: Place) -> Vec<Place> {
    let Some(message) = log.get(place) else { return Vec::new() };
    // The engine's reply knows the engine's command, and that one its cause.
    let asked = message.partner.filter(|_| message.entry.cause.is_none() && message.entry.cid.is_some());
    let asked = asked.and_then(|partner| log.get(partner)).unwrap_or(message);
    let Some(root) = root_of(&asked.entry) else { return Vec::new() };
    let belongs = |entry: &TraceEntry| root_of(entry) == Some(root);
    let mut found = Vec::new();
    for at in (place.0.saturating_sub(AROUND)..=place.0 + AROUND).map(Place) {
        let Some(one) = log.get(at) else { continue };
        let by_partner = || one.partner.and_then(|partner| log.get(partner)).is_some_and(|other| belongs(&other.entry));
        if belongs(&one.entry) || by_partner() {
            found.push(at);
        }
    }
    if found.len() < 2 {
        found.clear();
    }
    found.truncate(HOPS_MAX);
    found
}

/// Shows the hops; gives the one that somebody wants to see.
pub(crate) fn conversation_ui(ui: &mut Ui, log: &Log, place: Place) -> Option<Place> {
    let hops = conversation(log, place);
    let began = hops.first().and_then(|first| log.get(*first))?.entry.at_nanos;
    let (mut wanted, tokens) = (None, theme::tokens(ui));
    ui.add_space(theme::SPACE_2);
    ui.label(RichText::new("Conversation").strong());
    Grid::new("conversation").num_columns(3).spacing(vec2(theme::SPACE_2, 1.0)).show(ui, |ui| {
        for at in hops {
            let Some(message) = log.get(at) else { continue };
            let entry = &message.entry;
            let after = text::duration(entry.at_nanos.saturating_sub(began));
            ui.label(RichText::new(format!("+{after}")).small().monospace().color(tokens.text_weak));
            ui.label(RichText::new(text::direction(entry)).small());
            let name = format!("{}.{}", entry.domain, entry.name);
            let colour = if message.failed { tokens.error } else { tokens.domain(&entry.domain) };
            let name = Button::selectable(at == place, RichText::new(name).small().color(colour));
            if ui.add(name).on_hover_text(entry.class().name()).clicked() && at != place {
                wanted = Some(at);
            }
            ui.end_row();
        }
    });
    wanted
}

#[cfg(test)]
mod tests {
    use super::super::log::tests::entry;
    use super::*;
    use loophole_pulse::trace::{Cause, Party};
    use std::sync::Arc;

    #[test]
    fn a_click_is_followed_to_the_engine_and_back() {
        let cause = || Some(Arc::new(Cause { link: Link::Window, id: "7".into() }));
        let up = |id: &str| TraceEntry { id: id.into(), ..entry("transport", "play", "{}") };
        let down =
            TraceEntry { link: Link::Engine, from: Party::Pulse, to: Party::Signal, cause: cause(), ..up("120") };
        let answer = TraceEntry {
            link: Link::Engine,
            from: Party::Signal,
            to: Party::Pulse,
            kind: Kind::Event,
            cid: Some("120".into()),
            ..entry("transport", "state", "{}")
        };
        let told =
            TraceEntry { kind: Kind::Event, from: Party::Pulse, cause: cause(), ..entry("transport", "state", "{}") };
        let reply = TraceEntry {
            kind: Kind::Event,
            from: Party::Pulse,
            to: Party::Aura,
            cid: Some("7".into()),
            ..entry("transport", "play", "{}")
        };
        let all = [up("6"), up("7"), down, reply, entry("session", "state", "{}"), answer, told];
        let mut log = Log::default();
        log.absorb((0..).zip(all).map(|(number, one)| TraceEntry { number, at_nanos: number, ..one }), 7);
        let wanted: Vec<Place> = [1, 2, 3, 5, 6].map(Place).into();
        for place in &wanted {
            assert_eq!(conversation(&log, *place), wanted, "{place:?}");
        }
        assert_eq!(conversation(&log, Place(0)), []);
        assert_eq!(conversation(&log, Place(4)), []);
        assert_eq!(conversation(&log, Place(99)), []);
    }
}
