//! Who feeds whom, and who is heard.

use super::{Channel, ChannelId, ChannelRole, Model, NodeId, NodeKind};
use std::collections::{BTreeMap, BTreeSet};

/// What each channel feeds: its output and the targets of its sends.
pub fn fed_by<'a>(model: &'a Model, channel: &'a Channel) -> impl Iterator<Item = ChannelId> + use<'a> {
    channel.output.into_iter().chain(model.sends(channel).filter_map(|send| send.target))
}

/// Whether `from` feeds `to`, perhaps through others. A channel feeds itself.
pub fn feeds(model: &Model, from: ChannelId, to: ChannelId) -> bool {
    let mut seen = BTreeSet::new();
    let mut open = vec![from];
    while let Some(id) = open.pop() {
        if id == to {
            return true;
        }
        if seen.insert(id)
            && let Some(channel) = model.channels.get(&id)
        {
            open.extend(fed_by(model, channel));
        }
    }
    false
}

/// A channel that feeds itself in a circle, if there is one.
pub fn cycle(model: &Model) -> Option<ChannelId> {
    // Takes away what nothing undone feeds, until nothing is left (Kahn 1962).
    let mut feeders: BTreeMap<ChannelId, usize> = model.channels.keys().map(|id| (*id, 0)).collect();
    for target in model.channels.values().flat_map(|channel| fed_by(model, channel)) {
        if let Some(count) = feeders.get_mut(&target) {
            *count += 1;
        }
    }
    let mut free: Vec<ChannelId> = feeders.iter().filter(|(_, count)| **count == 0).map(|(id, _)| *id).collect();
    while let Some(id) = free.pop() {
        feeders.remove(&id);
        let Some(channel) = model.channels.get(&id) else { continue };
        for target in fed_by(model, channel) {
            if let Some(count) = feeders.get_mut(&target) {
                *count -= 1;
                if *count == 0 {
                    free.push(target);
                }
            }
        }
    }
    feeders.keys().next().copied()
}

/// For each fader and send: whether it lets sound through, after mute and solo of everybody.
///
/// Mute wins. When anybody is soloed, heard are: the soloed channels, what they feed (so that they reach the master),
/// what feeds them (a soloed bus is not empty), and always the master.
pub fn audible(model: &Model) -> BTreeMap<NodeId, bool> {
    let heard = heard(model);
    let is_heard = |id: ChannelId| heard.as_ref().is_none_or(|heard| heard.contains(&id));
    let mut audible = BTreeMap::new();
    for channel in model.channels.values() {
        let own = !channel.mute && is_heard(channel.id);
        for node in channel.nodes.iter().filter_map(|id| model.nodes.get(id)) {
            match node.kind {
                NodeKind::Fader => {
                    audible.insert(node.id, own);
                }
                NodeKind::Send => {
                    audible.insert(node.id, own && !node.muted && node.target.is_some_and(is_heard));
                }
                NodeKind::LaneStream | NodeKind::Gain | NodeKind::Pan | NodeKind::Meter | NodeKind::TestTone => {}
            }
        }
    }
    audible
}

/// The channels that are heard while something is soloed; none when nothing is.
fn heard(model: &Model) -> Option<BTreeSet<ChannelId>> {
    let soloed: Vec<ChannelId> =
        model.channels.values().filter(|channel| channel.solo).map(|channel| channel.id).collect();
    if soloed.is_empty() {
        return None;
    }
    let mut feeders: BTreeMap<ChannelId, Vec<ChannelId>> = BTreeMap::new();
    let mut targets: BTreeMap<ChannelId, Vec<ChannelId>> = BTreeMap::new();
    for channel in model.channels.values() {
        for target in fed_by(model, channel) {
            feeders.entry(target).or_default().push(channel.id);
            targets.entry(channel.id).or_default().push(target);
        }
    }
    let mut heard = reach(&soloed, &feeders);
    heard.extend(reach(&soloed, &targets));
    heard.extend(
        model.channels.values().filter(|channel| channel.role == ChannelRole::Master).map(|channel| channel.id),
    );
    Some(heard)
}

fn reach(from: &[ChannelId], next: &BTreeMap<ChannelId, Vec<ChannelId>>) -> BTreeSet<ChannelId> {
    let mut reached = BTreeSet::new();
    let mut open = from.to_vec();
    while let Some(id) = open.pop() {
        if reached.insert(id) {
            open.extend(next.get(&id).into_iter().flatten());
        }
    }
    reached
}
