//! Mappings in words, for lists and reports.

use loophole_surfaces::element::{Element, Interaction};
use loophole_surfaces::mapping::target::{Flag, Target, TransportAction};
use loophole_surfaces::mapping::{Context, When};

/// "Fader 1 · move".
pub fn source(element: Option<&Element>, id: &str, interaction: Interaction) -> String {
    format!("{} · {}", element.map_or(id, |element| &element.name), interaction.name())
}

/// "Volume of track 1 of the bank".
pub fn target(target: &Target) -> String {
    match target {
        Target::Parameter { parameter_id } => format!("Parameter {parameter_id}"),
        Target::Gain { of } => format!("Volume of {of}"),
        Target::Pan { of } => format!("Pan of {of}"),
        Target::SendLevel { of, send } => format!("Send {} of {}", u32::from(*send) + 1, of),
        Target::NodeParameter { of, node, parameter } => {
            format!("Parameter {} of node {} of {}", u32::from(*parameter) + 1, u32::from(*node) + 1, of)
        }
        Target::LastTouched => "Parameter that was touched last".to_owned(),
        Target::Flag { of, flag } => format!("{} of {}", flag_name(*flag), of),
        Target::Select { of } => format!("Select {of}"),
        Target::Transport { action } => transport_name(*action).to_owned(),
        Target::Bank { by } => format!("Move the bank by {by}"),
        Target::Page { page } => format!("Page '{page}'"),
        Target::PageBy { by } if *by < 0 => "Previous page".to_owned(),
        Target::PageBy { .. } => "Next page".to_owned(),
        Target::Modifier { name } => format!("Modifier '{name}'"),
        Target::Undo => "Undo".to_owned(),
        Target::Redo => "Redo".to_owned(),
        Target::Intent { name, .. } => name.clone(),
        Target::SendMidi { bytes } => format!("MIDI message {bytes}"),
        Target::SendOsc { address } => format!("OSC message {address}"),
        Target::Macro { steps } => format!("{} things at once", steps.len()),
        Target::Name { of } => format!("Name of {of}"),
        Target::Meter { of } => format!("Level of {of}"),
        Target::Position => "Position".to_owned(),
    }
}

/// "page 'Mix', with 'shift'"; empty = always.
pub fn when(when: &When) -> String {
    let context = when.context.map(|context| format!("in the {}", context_name(context)));
    let page = when.page.as_ref().map(|page| format!("page '{page}'"));
    let modifier = |(name, held): (&String, &bool)| format!("{} '{name}'", if *held { "with" } else { "without" });
    let modifiers = when.modifiers.iter().map(modifier);
    context.into_iter().chain(page).chain(modifiers).collect::<Vec<_>>().join(", ")
}

pub(super) fn context_name(context: Context) -> &'static str {
    match context {
        Context::Arranger => "arranger",
        Context::Mixer => "mixer",
        Context::Plugin => "plug-in",
        Context::ClipEditor => "clip editor",
        Context::Launcher => "launcher",
    }
}

pub(super) fn flag_name(flag: Flag) -> &'static str {
    match flag {
        Flag::Mute => "Mute",
        Flag::Solo => "Solo",
        Flag::Arm => "Arm",
        Flag::Monitor => "Monitor",
    }
}

pub(super) fn transport_name(action: TransportAction) -> &'static str {
    match action {
        TransportAction::Play => "Play",
        TransportAction::Stop => "Stop",
        TransportAction::Pause => "Pause",
        TransportAction::TogglePlay => "Play or pause",
        TransportAction::Record => "Record",
        TransportAction::ToggleLoop => "Loop",
        TransportAction::ToStart => "To the start",
        TransportAction::ToEnd => "To the end",
        TransportAction::Rewind => "Back",
        TransportAction::Forward => "Forward",
        TransportAction::Jog => "Jog",
    }
}
