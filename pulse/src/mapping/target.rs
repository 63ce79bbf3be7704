//! What a mapping controls, found in the model: what it is now, how it is shown, what is asked of it.

use super::{World, words};
use crate::intent::parameter::SetValue;
use crate::intent::{Intent, channel, track, transport};
use crate::model::{
    BarBeat, Channel, ChannelId, ChannelRole, Colour, Model, NodeKind, Parameter, ParameterId, ParameterRole,
    TICKS_PER_QUARTER, TempoMap, TrackId,
};
use crate::taper;
use loophole_surfaces::mapping::target::{Flag, Selector, Target, TransportAction};
use loophole_wire::decibels::WireValue;
use serde_json::Value;
use serde_json::value::RawValue;
use std::sync::Arc;

/// The most bytes of one MIDI message of a mapping.
const MAX_MIDI_BYTES: usize = 1_024;
/// Steps of a macro, inner ones too.
pub const MAX_MACRO_STEPS: usize = 64;

/// A target that exists.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Goal<'a> {
    Parameter(&'a Parameter),
    Flag {
        channel: &'a Channel,
        track: Option<TrackId>,
        flag: Flag,
    },
    Select {
        channel: &'a Channel,
        track: Option<TrackId>,
    },
    Transport(TransportAction),
    Bank {
        by: i32,
    },
    Page {
        page: &'a str,
    },
    PageBy {
        by: i32,
    },
    Modifier {
        name: &'a str,
    },
    Undo,
    Redo,
    /// Of the registry, with a hole for the value perhaps.
    Intent(&'a Target),
    SendMidi {
        bytes: &'a str,
    },
    SendOsc {
        address: &'a str,
    },
    Macro(&'a [Target]),
    Name(&'a Channel),
    Meter(&'a Channel),
    Position,
}

/// How a goal is driven.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Has a place 0…1 that can be set and looked at.
    Continuous,
    /// Is on or off.
    Switch,
    /// Does something when it is pressed.
    Trigger,
    /// Counts while it is pressed.
    Momentary,
    /// Takes values and does not say what it is.
    Outlet,
    /// Several, of any kind.
    Macro,
    /// Can only be looked at.
    Shown,
}

impl Goal<'_> {
    pub(super) fn kind(&self) -> Kind {
        match self {
            Self::Parameter(_) => Kind::Continuous,
            Self::Flag { .. } => Kind::Switch,
            Self::Select { .. }
            | Self::Transport(_)
            | Self::Bank { .. }
            | Self::Page { .. }
            | Self::PageBy { .. }
            | Self::Undo
            | Self::Redo => Kind::Trigger,
            Self::Intent(target) => {
                if takes_value(target) {
                    Kind::Outlet
                } else {
                    Kind::Trigger
                }
            }
            Self::Modifier { .. } => Kind::Momentary,
            Self::SendMidi { .. } | Self::SendOsc { .. } => Kind::Outlet,
            Self::Macro(_) => Kind::Macro,
            Self::Name(_) | Self::Meter(_) | Self::Position => Kind::Shown,
        }
    }
}

/// What a target is at a surface with this bank.
///
/// # Errors
/// Why there is none, for a person.
pub fn resolve<'a>(target: &'a Target, world: &World<'a>, bank: u32) -> Result<Goal<'a>, String> {
    let model = world.model;
    let parameter = |id: ParameterId| model.parameters.get(&id).map(|parameter| Goal::Parameter(parameter));
    Ok(match target {
        Target::Parameter { parameter_id } => {
            let found = parameter_id.parse().ok().and_then(parameter);
            found.ok_or_else(|| format!("there is no parameter {}", short(parameter_id)))?
        }
        Target::Gain { of } => {
            let channel = find(of, world, bank)?;
            Goal::Parameter(model.fader(channel).ok_or_else(|| format!("'{}' has no fader", channel.name))?)
        }
        Target::Pan { of } => {
            let channel = find(of, world, bank)?;
            Goal::Parameter(model.pan(channel).ok_or_else(|| format!("'{}' has no pan", channel.name))?)
        }
        Target::SendLevel { of, send } => {
            let channel = find(of, world, bank)?;
            let node = model.sends(channel).nth(usize::from(*send));
            let level = node.and_then(|node| model.parameter_of(node, ParameterRole::GainDb));
            Goal::Parameter(level.ok_or_else(|| format!("'{}' has no send {}", channel.name, u32::from(*send) + 1))?)
        }
        Target::NodeParameter { of, node, parameter: place } => {
            let channel = find(of, world, bank)?;
            let node = channel.nodes.get(usize::from(*node)).and_then(|id| model.nodes.get(id));
            let id = node.and_then(|node| node.parameters.get(usize::from(*place)));
            id.copied().and_then(parameter).ok_or_else(|| format!("'{}' has no such parameter", channel.name))?
        }
        Target::LastTouched => {
            let found = world.last_touched.and_then(parameter);
            found.ok_or("no parameter was touched in the window yet")?
        }
        Target::Flag { of, flag } => flag_of(find_strip(of, world, bank)?, *flag)?,
        Target::Select { of } => {
            let (channel, track) = find_strip(of, world, bank)?;
            Goal::Select { channel, track }
        }
        Target::Transport { action: TransportAction::Record } => return Err("recording is not built yet".to_owned()),
        Target::Transport { action } => Goal::Transport(*action),
        Target::Bank { by } => Goal::Bank { by: *by },
        Target::Page { page } => Goal::Page { page },
        Target::PageBy { by } => Goal::PageBy { by: *by },
        Target::Modifier { name } => Goal::Modifier { name },
        Target::Undo => Goal::Undo,
        Target::Redo => Goal::Redo,
        Target::Intent { .. } => Goal::Intent(target),
        Target::SendMidi { bytes } => Goal::SendMidi { bytes },
        Target::SendOsc { address } => Goal::SendOsc { address },
        Target::Macro { steps } => Goal::Macro(steps),
        Target::Name { of } => Goal::Name(find(of, world, bank)?),
        Target::Meter { of } => Goal::Meter(find(of, world, bank)?),
        Target::Position => Goal::Position,
    })
}

fn flag_of((channel, track): (&Channel, Option<TrackId>), flag: Flag) -> Result<Goal<'_>, String> {
    if matches!(flag, Flag::Arm | Flag::Monitor) && track.is_none() {
        return Err(format!("'{}' is no track: only tracks can be armed and monitored", channel.name));
    }
    Ok(Goal::Flag { channel, track, flag })
}

/// Strips in the order of the mixer: tracks, then buses.
pub(super) fn strips(model: &Model) -> usize {
    model.track_order.len() + model.bus_order.len()
}

type Strip<'a> = (&'a Channel, Option<TrackId>);

fn strip(model: &Model, place: usize) -> Option<Strip<'_>> {
    match model.track_order.get(place) {
        Some(track) => track_strip(model, *track),
        None => Some((model.channels.get(model.bus_order.get(place - model.track_order.len())?)?, None)),
    }
}

fn track_strip(model: &Model, id: TrackId) -> Option<Strip<'_>> {
    Some((model.channels.get(&model.tracks.get(&id)?.channel)?, Some(id)))
}

fn channel_strip(model: &Model, id: ChannelId) -> Option<Strip<'_>> {
    let channel = model.channels.get(&id)?;
    let is_track = channel.role == ChannelRole::Track;
    Some((channel, is_track.then(|| model.track_of(id).map(|track| track.id)).flatten()))
}

fn find<'a>(selector: &Selector, world: &World<'a>, bank: u32) -> Result<&'a Channel, String> {
    // Its track is not needed here, and to look for it costs time.
    if let Selector::Id { id } = selector
        && let Some(channel) = id.parse().ok().and_then(|id: ChannelId| world.model.channels.get(&id))
    {
        return Ok(channel);
    }
    find_strip(selector, world, bank).map(|(channel, _)| channel)
}

fn find_strip<'a>(selector: &Selector, world: &World<'a>, bank: u32) -> Result<Strip<'a>, String> {
    let model = world.model;
    let selected = || track_strip(model, world.selected_track?);
    match selector {
        Selector::Id { id } => {
            let channel = id.parse().ok().and_then(|id| channel_strip(model, id));
            channel.or_else(|| track_strip(model, id.parse().ok()?)).ok_or_else(|| format!("there is no {}", short(id)))
        }
        Selector::Name { name } => named(model, name).ok_or_else(|| format!("nothing is called '{}'", short(name))),
        Selector::Bank { index } => {
            let place = (bank as usize).saturating_add(usize::from(*index));
            strip(model, place).ok_or_else(|| format!("there is no track or bus {}", place + 1))
        }
        Selector::Selected => selected().ok_or_else(|| "no track is selected".to_owned()),
        Selector::AfterSelected { steps } => after(model, world.selected_track, *steps),
        Selector::Focused => {
            let focused = world.focused_channel.and_then(|id| channel_strip(model, id));
            focused.or_else(selected).ok_or_else(|| "nothing has the focus".to_owned())
        }
        Selector::Master => master(model).ok_or_else(|| "there is no master".to_owned()),
    }
}

fn after(model: &Model, selected: Option<TrackId>, steps: i32) -> Result<Strip<'_>, String> {
    let order = &model.track_order;
    let steps = steps as isize;
    let from = selected.and_then(|selected| order.iter().position(|track| *track == selected));
    let place = match from {
        Some(place) => place.checked_add_signed(steps),
        None if steps > 0 => (steps as usize).checked_sub(1),
        None => order.len().checked_add_signed(steps),
    };
    let found = place.and_then(|place| track_strip(model, *order.get(place)?));
    found.ok_or_else(|| format!("there is no track {} the selected one", if steps < 0 { "before" } else { "after" }))
}

fn master(model: &Model) -> Option<Strip<'_>> {
    Some((model.master()?, None))
}

fn named<'a>(model: &'a Model, name: &str) -> Option<Strip<'a>> {
    let is = |(channel, _): &Strip<'a>| same_name(&channel.name, name);
    (0..strips(model)).filter_map(|place| strip(model, place)).find(is).or_else(|| master(model).filter(is))
}

fn same_name(a: &str, b: &str) -> bool {
    a.chars().flat_map(char::to_lowercase).eq(b.chars().flat_map(char::to_lowercase))
}

fn short(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_control()).take(40).collect()
}

/// The value of a parameter that is heard: that of the hand that holds it, or the model's.
pub fn value_of(parameter: &Parameter, world: &World<'_>) -> f64 {
    world.held.get(&parameter.id).map_or(parameter.value, |held| held.value)
}

/// The place 0…1 of a value on the travel of its control: the fader's taper for gains, octaves for frequencies.
pub fn place_of(parameter: &Parameter, value: f64) -> f64 {
    match parameter.role {
        ParameterRole::GainDb => taper::position_of_db(value - parameter.max + taper::MAX_DB),
        ParameterRole::FrequencyHz if parameter.min > 0.0 => {
            (value / parameter.min).ln() / (parameter.max / parameter.min).ln()
        }
        ParameterRole::Pan | ParameterRole::FrequencyHz => (value - parameter.min) / (parameter.max - parameter.min),
    }
    .clamp(0.0, 1.0)
}

/// The inverse of [`place_of`]; always in the parameter's range.
pub fn value_at(parameter: &Parameter, place: f64) -> f64 {
    let place = if place.is_nan() { 0.0 } else { place.clamp(0.0, 1.0) };
    let value = match parameter.role {
        ParameterRole::GainDb => taper::db_of_position(place) - taper::MAX_DB + parameter.max,
        ParameterRole::FrequencyHz if parameter.min > 0.0 => {
            parameter.min * (parameter.max / parameter.min).powf(place)
        }
        ParameterRole::Pan | ParameterRole::FrequencyHz => parameter.min + place * (parameter.max - parameter.min),
    };
    value.clamp(parameter.min, parameter.max) + 0.0
}

/// A value in whole steps of its unit: decibels, hertz, hundredths of the way to a side.
pub(super) fn rounded(parameter: &Parameter, value: f64) -> f64 {
    let step = if parameter.role == ParameterRole::Pan { 0.01 } else { 1.0 };
    ((value / step).round() * step).clamp(parameter.min, parameter.max) + 0.0
}

/// A value as a person reads it: `−6.0 dB`, `L 50`, `440 Hz`.
pub fn text_of(parameter: &Parameter, value: f64) -> String {
    let minus = |text: String| text.replace('-', "−");
    match parameter.role {
        ParameterRole::GainDb if value == f64::NEG_INFINITY => "−∞ dB".to_owned(),
        // No negative zero.
        ParameterRole::GainDb => minus(format!("{:.1} dB", (value * 10.0).round() / 10.0 + 0.0)),
        ParameterRole::Pan => match (value * 100.0).round() as i32 {
            0 => "C".to_owned(),
            left if left < 0 => format!("L {}", -left),
            right => format!("R {right}"),
        },
        ParameterRole::FrequencyHz if value >= 1_000.0 => format!("{:.2} kHz", value / 1_000.0),
        ParameterRole::FrequencyHz => format!("{value:.0} Hz"),
    }
}

/// What a goal is now.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Now {
    /// 0…1 in the target's own space; none = it has no place.
    pub place: Option<f64>,
    pub on: Option<bool>,
    /// "Drums".
    pub name: String,
    /// "−6.0 dB".
    pub text: String,
    pub colour: Option<[u8; 3]>,
    /// Of a meter, in dB full scale.
    pub level_db: Option<f32>,
}

/// The place 0…1 of a goal, on or off as 1 and 0; none = it has none. What is needed for an event.
pub(super) fn place_now(goal: &Goal<'_>, world: &World<'_>) -> Option<f64> {
    match goal {
        Goal::Parameter(parameter) => Some(place_of(parameter, value_of(parameter, world))),
        Goal::Flag { channel, flag, .. } => Some(f64::from(flag_now(channel, *flag))),
        Goal::Transport(action) => transport_now(*action, world).map(f64::from),
        _ => None,
    }
}

fn flag_now(channel: &Channel, flag: Flag) -> bool {
    match flag {
        Flag::Mute => channel.mute,
        Flag::Solo => channel.solo,
        Flag::Arm => channel.arm,
        Flag::Monitor => channel.monitor,
    }
}

fn transport_now(action: TransportAction, world: &World<'_>) -> Option<bool> {
    match action {
        TransportAction::Play | TransportAction::TogglePlay => Some(world.playing),
        TransportAction::Stop | TransportAction::Pause => Some(!world.playing),
        TransportAction::ToggleLoop => Some(world.model.loop_region.enabled),
        TransportAction::Record
        | TransportAction::ToStart
        | TransportAction::ToEnd
        | TransportAction::Rewind
        | TransportAction::Forward
        | TransportAction::Jog => None,
    }
}

/// What a goal is now, for those who show it. What belongs to the surface (page, modifier) is its engine's to say.
pub fn now(goal: &Goal<'_>, world: &World<'_>) -> Now {
    let switch = |on: bool| Now { on: Some(on), place: Some(f64::from(on)), ..Now::default() };
    let on_off = |on: bool| if on { "on" } else { "off" }.to_owned();
    match goal {
        Goal::Parameter(parameter) => {
            let value = value_of(parameter, world);
            let channel = channel_of(world.model, parameter);
            let colour = channel.map(|channel| channel.colour.0);
            let (place, text) = (Some(place_of(parameter, value)), text_of(parameter, value));
            Now { place, name: parameter_name(world.model, parameter), text, colour, ..Now::default() }
        }
        Goal::Flag { channel, flag, .. } => {
            let on = flag_now(channel, *flag);
            let text = format!("{} {}", words::flag_name(*flag).to_lowercase(), on_off(on));
            Now { name: channel.name.clone(), text, colour: Some(channel.colour.0), ..switch(on) }
        }
        Goal::Select { channel, track } => {
            let selected = track.is_some() && *track == world.selected_track;
            let text = if selected { "selected" } else { "" }.to_owned();
            Now { name: channel.name.clone(), text, colour: Some(channel.colour.0), ..switch(selected) }
        }
        Goal::Transport(action) => {
            let on = transport_now(*action, world);
            let base = on.map_or_else(Now::default, switch);
            let text = on.map(on_off).unwrap_or_default();
            Now { name: words::transport_name(*action).to_owned(), text, colour: transport_colour(*action), ..base }
        }
        Goal::Name(channel) => Now {
            name: channel.name.clone(),
            text: channel.name.clone(),
            colour: Some(channel.colour.0),
            ..Now::default()
        },
        Goal::Meter(channel) => {
            let level_db = level_of(world, channel.id);
            Now {
                name: channel.name.clone(),
                level_db,
                place: Some(level_db.map_or(0.0, level_place)),
                ..Now::default()
            }
        }
        Goal::Position => Now { text: position_text(world), ..Now::default() },
        Goal::Page { page } => Now { name: (*page).to_owned(), ..Now::default() },
        Goal::Modifier { name } => Now { name: (*name).to_owned(), ..Now::default() },
        Goal::Undo => Now { name: "Undo".to_owned(), ..Now::default() },
        Goal::Redo => Now { name: "Redo".to_owned(), ..Now::default() },
        Goal::Intent(target) => Now { name: intent_title(target).to_owned(), ..Now::default() },
        Goal::Bank { .. } | Goal::PageBy { .. } | Goal::SendMidi { .. } | Goal::SendOsc { .. } | Goal::Macro(_) => {
            Now::default()
        }
    }
}

fn channel_of<'a>(model: &'a Model, parameter: &Parameter) -> Option<&'a Arc<Channel>> {
    model.channels.get(&model.nodes.get(&parameter.node)?.channel)
}

/// "Drums", for fader and pan; "Drums Test tone Frequency" for what is not alone in its strip.
fn parameter_name(model: &Model, parameter: &Parameter) -> String {
    let Some(node) = model.nodes.get(&parameter.node) else { return parameter.name.clone() };
    let channel = model.channels.get(&node.channel).map_or("", |channel| &channel.name);
    let target = node.target.and_then(|id| model.channels.get(&id));
    match (node.kind, target) {
        (NodeKind::Fader | NodeKind::Pan, _) => channel.to_owned(),
        (NodeKind::Send, Some(target)) => format!("{channel} → {}", target.name),
        _ => format!("{channel} {} {}", node.name, parameter.name),
    }
}

/// As on most consoles and players.
fn transport_colour(action: TransportAction) -> Option<[u8; 3]> {
    match action {
        TransportAction::Play | TransportAction::TogglePlay => Some([0x20, 0xe0, 0x40]),
        TransportAction::Record => Some([0xff, 0x20, 0x20]),
        TransportAction::ToggleLoop => Some([0xff, 0xa0, 0x10]),
        _ => None,
    }
}

fn level_of(world: &World<'_>, id: ChannelId) -> Option<f32> {
    let place = world.meters.binary_search_by_key(&id, |meter| meter.channel).ok()?;
    world.meters.get(place).map(|meter| meter.peak_db[0].max(meter.peak_db[1]))
}

/// The place of a level on a meter: −60 dB and below are 0, 0 dB is 1.
fn level_place(db: f32) -> f64 {
    if db.is_nan() { 0.0 } else { (f64::from(db) / 60.0 + 1.0).clamp(0.0, 1.0) }
}

fn position_text(world: &World<'_>) -> String {
    let map = TempoMap::new(world.model, world.model.sample_rate);
    let BarBeat { bar, beat, .. } = map.bar_beat_tick(world.position_ticks);
    format!("{bar}.{beat}")
}

/// Asks for a value of a parameter, as one undo entry.
pub(super) fn set(parameter: &Parameter, value: f64) -> Intent {
    let ask = SetValue { parameter_id: Some(parameter.id), value: Some(WireValue(value)), ..SetValue::default() };
    Intent::ParameterSetValue(ask)
}

pub(super) fn set_flag(channel: &Channel, track: Option<TrackId>, flag: Flag, on: bool) -> Intent {
    let when = |wanted: Flag| (flag == wanted).then_some(on);
    let (mute, solo) = (when(Flag::Mute), when(Flag::Solo));
    match track {
        Some(track_id) => {
            let (arm, monitor) = (when(Flag::Arm), when(Flag::Monitor));
            Intent::TrackSetFlags(track::SetFlags { track_id, mute, solo, arm, monitor })
        }
        None => Intent::ChannelSetFlags(channel::SetFlags { channel_id: channel.id, mute, solo }),
    }
}

/// What a transport action asks; `steps` of a relative source, or none for a press.
pub(super) fn transport(action: TransportAction, steps: Option<i32>, world: &World<'_>) -> Option<Intent> {
    let seek =
        |ticks: i64| Intent::TransportSeek(transport::Seek { position_ticks: Some(ticks), position_frames: None });
    Some(match action {
        TransportAction::Play => Intent::TransportPlay(transport::Play {}),
        TransportAction::Stop => Intent::TransportStop(transport::Stop {}),
        TransportAction::Pause => Intent::TransportPause(transport::Pause {}),
        TransportAction::TogglePlay if world.playing => Intent::TransportPause(transport::Pause {}),
        TransportAction::TogglePlay => Intent::TransportPlay(transport::Play {}),
        TransportAction::Record => return None,
        TransportAction::ToggleLoop => {
            let enabled = !world.model.loop_region.enabled;
            Intent::TransportSetLoopEnabled(transport::SetLoopEnabled { enabled })
        }
        TransportAction::ToStart => seek(0),
        TransportAction::ToEnd => seek(end_ticks(world.model)),
        TransportAction::Rewind => seek(away(world, steps, -1)),
        TransportAction::Forward => seek(away(world, steps, 1)),
        TransportAction::Jog => seek(moved(world, i64::from(steps.unwrap_or(1)) * TICKS_PER_QUARTER / 4)),
    })
}

fn moved(world: &World<'_>, ticks: i64) -> i64 {
    world.position_ticks.saturating_add(ticks).clamp(0, crate::model::MAX_TICKS)
}

/// A bar away for a press, beats for steps.
fn away(world: &World<'_>, steps: Option<i32>, sign: i64) -> i64 {
    let map = TempoMap::new(world.model, world.model.sample_rate);
    if let Some(steps) = steps {
        return moved(world, sign * i64::from(steps) * map.beat_ticks(world.position_ticks));
    }
    let bar = map.bar_beat_tick(world.position_ticks).bar;
    let start = map.bar_start_ticks(bar);
    // Back goes to the start of this bar first, as players do.
    let target = if sign > 0 {
        map.bar_start_ticks(bar + 1)
    } else if start < world.position_ticks {
        start
    } else {
        map.bar_start_ticks(bar - 1)
    };
    target.clamp(0, crate::model::MAX_TICKS)
}

fn end_ticks(model: &Model) -> i64 {
    model.clips.values().map(|clip| clip.start_ticks.saturating_add(clip.length_ticks)).max().unwrap_or(0)
}

/// Whether an intent's payload has a hole for the value.
fn takes_value(target: &Target) -> bool {
    let Target::Intent { payload, .. } = target else { return false };
    serde_json::to_value(payload).is_ok_and(|payload| has_hole(&payload))
}

fn has_hole(value: &Value) -> bool {
    match value {
        Value::String(text) => text == "{value}" || text == "{on}",
        Value::Array(values) => values.iter().any(has_hole),
        Value::Object(fields) => fields.values().any(has_hole),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// The intent of a target, with its holes filled.
///
/// # Errors
/// Its name or payload is wrong, for a person.
pub fn intent(target: &Target, value: f64) -> Result<Intent, String> {
    let Target::Intent { name, payload } = target else { return Err("this is no intent".to_owned()) };
    let Some((domain, action)) = name.split_once('.') else {
        return Err(format!("'{}' is no intent; one looks like 'track.create'", short(name)));
    };
    let mut payload = serde_json::to_value(payload).map_err(|error| error.to_string())?;
    fill(&mut payload, value);
    let payload = RawValue::from_string(payload.to_string()).map_err(|error| error.to_string())?;
    Intent::parse(domain, action, &payload).map_err(|error| error.to_string())
}

fn fill(hole: &mut Value, value: f64) {
    match hole {
        Value::String(text) if text == "{value}" => *hole = value.into(),
        Value::String(text) if text == "{on}" => *hole = (value >= 0.5).into(),
        Value::Array(values) => values.iter_mut().for_each(|inner| fill(inner, value)),
        Value::Object(fields) => fields.values_mut().for_each(|inner| fill(inner, value)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn intent_title(target: &Target) -> &'static str {
    let Target::Intent { name, .. } = target else { return "" };
    let found = name
        .split_once('.')
        .and_then(|(domain, action)| Intent::SPECS.iter().find(|spec| spec.domain == domain && spec.name == action));
    found.map_or("", |spec| spec.title)
}

/// The bytes of a MIDI message; `vv` is the value in 7 bits.
///
/// # Errors
/// What is no byte, and what is no complete message, for a person.
pub fn midi(text: &str, value: f64) -> Result<Vec<u8>, String> {
    let letters: Vec<char> =
        text.chars().filter(|letter| !letter.is_whitespace()).take(2 * MAX_MIDI_BYTES + 1).collect();
    if letters.is_empty() || letters.len() > 2 * MAX_MIDI_BYTES || !letters.len().is_multiple_of(2) {
        return Err(format!("a MIDI message has 1 to {MAX_MIDI_BYTES} bytes of two digits each"));
    }
    let byte = |pair: &[char]| {
        let pair: String = pair.iter().collect();
        if pair.eq_ignore_ascii_case("vv") {
            return Ok((value.clamp(0.0, 1.0) * 127.0).round() as u8);
        }
        let digits = pair.bytes().all(|digit| digit.is_ascii_hexdigit());
        let parsed = u8::from_str_radix(&pair, 16).ok().filter(|_| digits);
        parsed.ok_or_else(|| format!("'{}' is no byte in hex", short(&pair)))
    };
    let bytes = letters.chunks(2).map(byte).collect::<Result<Vec<u8>, String>>()?;
    let is_complete = match bytes.as_slice() {
        [0xf0, middle @ .., 0xf7] => middle.iter().all(|byte| *byte < 0x80),
        [0xc0..=0xdf | 0xf1 | 0xf3, data] => *data < 0x80,
        [0x80..=0xbf | 0xe0..=0xef | 0xf2, first, second] => *first < 0x80 && *second < 0x80,
        [0xf6 | 0xf8 | 0xfa..=0xfc | 0xfe | 0xff] => true,
        _ => false,
    };
    if is_complete { Ok(bytes) } else { Err("these bytes are no complete MIDI message".to_owned()) }
}

/// What cannot work, whatever the project: said when a mapping is read.
///
/// # Errors
/// What is wrong and what would do, for a person.
pub fn check(target: &Target) -> Result<(), String> {
    check_nested(target, 0).map(|_| ())
}

fn check_nested(target: &Target, depth: usize) -> Result<usize, String> {
    match target {
        Target::Intent { .. } => intent(target, 0.5).map(|_| 1),
        Target::SendMidi { bytes } => midi(bytes, 0.5).map(|_| 1),
        Target::SendOsc { address } if !address.starts_with('/') || address.len() > 200 => {
            Err("an OSC address begins with '/' and has at most 200 bytes".to_owned())
        }
        Target::Parameter { parameter_id } if parameter_id.parse::<ParameterId>().is_err() => {
            Err(format!("'{}' is no parameter; one looks like 'p12'", short(parameter_id)))
        }
        Target::Macro { .. } if depth >= 4 => Err("macros are nested too deep".to_owned()),
        Target::Macro { steps } => {
            let counts = steps.iter().map(|step| check_nested(step, depth + 1));
            let count = counts.sum::<Result<usize, String>>()?;
            let fits = count <= MAX_MACRO_STEPS;
            if fits { Ok(count) } else { Err(format!("a macro has at most {MAX_MACRO_STEPS} steps")) }
        }
        _ => Ok(1),
    }
}

/// The colour of a target that is off: as when it is on, and darker.
pub(super) fn dimmed([red, green, blue]: [u8; 3]) -> [u8; 3] {
    [red / 6, green / 6, blue / 6]
}

/// What is shown as white when a target has no colour of its own.
pub(super) const WHITE: Colour = Colour([0xff; 3]);
