//! Which hardware moves which control of the window. Pure.

use crate::state::Session;
use loophole_pulse::model::{ChannelId, ChannelRole, Model, NodeKind, ParameterId, TrackId};
use loophole_pulse::view::surfaces::surface_mapping::Selector;
use loophole_pulse::view::surfaces::surface_mapping::target::{Flag, TransportAction};
use loophole_pulse::view::surfaces::{SurfaceState, SurfaceView, Target};
use std::collections::BTreeMap;

/// What a target comes to: the same for all ways to address it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Key {
    Gain(ChannelId),
    Pan(ChannelId),
    Flag(ChannelId, Flag),
    Select(ChannelId),
    Parameter(ParameterId),
    Transport(TransportAction),
    Undo,
    Redo,
}

/// What selectors mean now.
#[derive(Clone, Copy)]
pub(super) struct Meaning<'a> {
    pub model: &'a Model,
    pub selected: Option<TrackId>,
    pub touched: Option<ParameterId>,
    /// The first track of the surface's bank.
    pub bank: u32,
}

impl<'a> Meaning<'a> {
    /// As the window has it now.
    pub(super) fn of(session: &'a Session, bank: u32) -> Self {
        let selected = session.selection().track;
        Self { model: &session.view().model, selected, touched: session.touched(), bank }
    }
}

/// What a target is now; none where it is nothing that the window shows.
pub(super) fn key(target: &Target, meaning: Meaning<'_>) -> Option<Key> {
    let model = meaning.model;
    Some(match target {
        Target::Gain { of } => Key::Gain(channel(of, meaning)?),
        Target::Pan { of } => Key::Pan(channel(of, meaning)?),
        Target::Flag { of, flag } => Key::Flag(channel(of, meaning)?, *flag),
        Target::Select { of } => Key::Select(channel(of, meaning)?),
        Target::SendLevel { of, send } => {
            let nodes = &model.channels.get(&channel(of, meaning)?)?.nodes;
            let sends = nodes.iter().filter_map(|node| model.nodes.get(node));
            let send = sends.filter(|node| node.kind == NodeKind::Send).nth(usize::from(*send))?;
            Key::Parameter(*send.parameters.first()?)
        }
        Target::NodeParameter { of, node, parameter } => {
            let node = model.channels.get(&channel(of, meaning)?)?.nodes.get(usize::from(*node))?;
            of_parameter(model, *model.nodes.get(node)?.parameters.get(usize::from(*parameter))?)
        }
        Target::Parameter { parameter_id } => {
            of_parameter(model, parameter_id.parse().ok().filter(|id| model.parameters.contains_key(id))?)
        }
        Target::LastTouched => of_parameter(model, meaning.touched?),
        // One button of the window is all three.
        Target::Transport { action: TransportAction::Play | TransportAction::Pause } => {
            Key::Transport(TransportAction::TogglePlay)
        }
        Target::Transport { action } => Key::Transport(*action),
        Target::Undo => Key::Undo,
        Target::Redo => Key::Redo,
        Target::Bank { .. }
        | Target::Page { .. }
        | Target::PageBy { .. }
        | Target::Modifier { .. }
        | Target::Intent { .. }
        | Target::SendMidi { .. }
        | Target::SendOsc { .. }
        | Target::Macro { .. }
        | Target::Name { .. }
        | Target::Meter { .. }
        | Target::Position => return None,
    })
}

/// The parameter of a fader is its gain.
fn of_parameter(model: &Model, parameter: ParameterId) -> Key {
    let node = model.parameters.get(&parameter).and_then(|found| model.nodes.get(&found.node));
    match node {
        Some(node) if node.kind == NodeKind::Fader => Key::Gain(node.channel),
        Some(node) if node.kind == NodeKind::Pan => Key::Pan(node.channel),
        Some(_) | None => Key::Parameter(parameter),
    }
}

fn channel(of: &Selector, meaning: Meaning<'_>) -> Option<ChannelId> {
    let model = meaning.model;
    let of_track = |track: &TrackId| model.tracks.get(track).map(|track| track.channel);
    match of {
        Selector::Id { id } => match id.parse::<ChannelId>() {
            Ok(channel) => Some(channel),
            Err(_) => of_track(&id.parse().ok()?),
        },
        Selector::Name { name } => {
            let same = |found: &str| found.to_lowercase() == name.to_lowercase();
            model.channels.values().find(|channel| same(&channel.name)).map(|channel| channel.id)
        }
        Selector::Bank { index } => of_track(model.track_order.get(meaning.bank as usize + usize::from(*index))?),
        Selector::Selected | Selector::Focused => of_track(&meaning.selected?),
        // It is another one with each press.
        Selector::AfterSelected { .. } => None,
        Selector::Master => {
            let mut channels = model.channels.values();
            channels.find(|channel| channel.role == ChannelRole::Master).map(|channel| channel.id)
        }
    }
}

/// What the mappings that are active now move: the names of the hardware, by what they move.
pub(super) fn names(session: &Session) -> BTreeMap<Key, Vec<String>> {
    let devices = &session.view().surfaces.devices;
    let live = |device: &SurfaceView| !matches!(device.state, SurfaceState::Gone | SurfaceState::Ignored);
    let several = devices.iter().filter(|device| live(device)).count() > 1;
    let mut names: BTreeMap<Key, Vec<String>> = BTreeMap::new();
    for device in devices.iter().filter(|device| live(device)) {
        let meaning = Meaning::of(session, device.bank);
        for row in device.mappings.iter().filter(|row| row.active && row.mapping.enabled) {
            let Some(key) = key(&row.mapping.target, meaning) else { continue };
            let element = device.elements.iter().find(|element| element.id == row.mapping.element);
            let name = element.map_or(row.mapping.element.as_str(), |element| element.name.as_str());
            let name = if several { format!("{name} ({})", device.name) } else { name.to_owned() };
            let known = names.entry(key).or_default();
            if !known.contains(&name) {
                known.push(name);
            }
        }
    }
    names
}
