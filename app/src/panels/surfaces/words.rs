//! What a person reads of surfaces: states, kinds, targets, conditions and glue in words. Pure.

use crate::theme::Tokens;
use eframe::egui::Color32;
use egui_material_icons::{MaterialIcon, icons};
use loophole_pulse::view::surfaces::surface_mapping::When;
use loophole_pulse::view::surfaces::surface_mapping::glue::{
    AbsoluteMode, ButtonFilter, Curve, Fire, Glue, OutOfRange, Takeover,
};
use loophole_pulse::view::surfaces::surface_mapping::target::{Flag, TransportAction};
use loophole_pulse::view::surfaces::{
    Context, DeviceClass, ElementKind, FeedbackKind, Interaction, MappingScope, SurfaceState, Transport, WhyKind,
};

/// An icon, a word and a colour: colour never stands alone.
#[derive(Clone, Copy)]
pub(super) struct Sign {
    pub icon: MaterialIcon,
    pub word: &'static str,
    pub colour: Color32,
}

pub(super) fn state(state: SurfaceState, tokens: &Tokens) -> Sign {
    let (icon, word, colour) = match state {
        SurfaceState::Seen => (icons::ICON_VISIBILITY, "Seen", tokens.text_weak),
        SurfaceState::Probing => (icons::ICON_HOURGLASS_TOP, "Asking who it is", tokens.asked),
        SurfaceState::Unknown => (icons::ICON_DEVICE_UNKNOWN, "Unknown model", tokens.warning),
        SurfaceState::Tied => (icons::ICON_CALL_SPLIT, "Which one is it?", tokens.warning),
        SurfaceState::Starting => (icons::ICON_PENDING, "Starting", tokens.asked),
        SurfaceState::Live => (icons::ICON_CHECK_CIRCLE, "Live", tokens.ok),
        SurfaceState::Suspect => (icons::ICON_WARNING, "Does not answer", tokens.warning),
        SurfaceState::Gone => (icons::ICON_LINK_OFF, "Unplugged", tokens.text_weak),
        SurfaceState::Ignored => (icons::ICON_BLOCK, "Ignored", tokens.text_weak),
    };
    Sign { icon, word, colour }
}

pub(super) fn scope(scope: MappingScope, tokens: &Tokens) -> Sign {
    let (icon, word) = match scope {
        MappingScope::Factory => (icons::ICON_FACTORY, "Factory"),
        MappingScope::Composer => (icons::ICON_AUTO_AWESOME, "Proposed"),
        MappingScope::User => (icons::ICON_PERSON, "Yours"),
        MappingScope::Machine => (icons::ICON_COMPUTER, "This box"),
        MappingScope::Project => (icons::ICON_FOLDER, "Project"),
    };
    let colour =
        if matches!(scope, MappingScope::Factory | MappingScope::Composer) { tokens.text_weak } else { tokens.text };
    Sign { icon, word, colour }
}

pub(super) const fn scope_detail(scope: MappingScope) -> &'static str {
    match scope {
        MappingScope::Factory => "Comes with the profile. A change makes your own copy, which covers it.",
        MappingScope::Composer => "Proposed for a device without a profile. A change makes it yours.",
        MappingScope::User => "Yours, for every box of this model.",
        MappingScope::Machine => "For this one box on this computer.",
        MappingScope::Project => "Saved with this project.",
    }
}

pub(super) const fn class_icon(class: DeviceClass) -> MaterialIcon {
    match class {
        DeviceClass::Keyboard => icons::ICON_PIANO,
        DeviceClass::Pads => icons::ICON_GRID_VIEW,
        DeviceClass::Mixer | DeviceClass::Mcu => icons::ICON_EQUALIZER,
        DeviceClass::Encoders => icons::ICON_TUNE,
        DeviceClass::Deck => icons::ICON_ALBUM,
        DeviceClass::Gamepad => icons::ICON_SPORTS_ESPORTS,
        DeviceClass::App => icons::ICON_SMARTPHONE,
        DeviceClass::Generic => icons::ICON_DEVICES_OTHER,
    }
}

pub(super) const fn class(class: DeviceClass) -> &'static str {
    match class {
        DeviceClass::Keyboard => "Keyboard",
        DeviceClass::Pads => "Pads",
        DeviceClass::Mixer => "Faders and knobs",
        DeviceClass::Mcu => "Mackie Control",
        DeviceClass::Encoders => "Encoders",
        DeviceClass::Deck => "Deck",
        DeviceClass::Gamepad => "Gamepad",
        DeviceClass::App => "App",
        DeviceClass::Generic => "Generic",
    }
}

pub(super) const fn transport(transport: Transport) -> &'static str {
    match transport {
        Transport::Midi => "MIDI",
        Transport::Hid => "HID",
        Transport::Osc => "OSC",
    }
}

pub(super) const fn kind(kind: ElementKind) -> &'static str {
    match kind {
        ElementKind::Fader => "fader",
        ElementKind::Knob => "knob",
        ElementKind::Encoder => "encoder",
        ElementKind::Button => "button",
        ElementKind::Pad => "pad",
        ElementKind::Key => "key",
        ElementKind::Wheel => "wheel",
        ElementKind::Strip => "touch strip",
        ElementKind::Jog => "jog wheel",
        ElementKind::Axis => "axis",
        ElementKind::Hat => "hat",
        ElementKind::Display => "display",
    }
}

pub(super) const INTERACTIONS: [Interaction; 5] =
    [Interaction::Move, Interaction::Turn, Interaction::Press, Interaction::Touch, Interaction::Pressure];

pub(super) const fn feedback(kind: FeedbackKind) -> &'static str {
    match kind {
        FeedbackKind::Led => "light",
        FeedbackKind::Ring => "ring",
        FeedbackKind::Motor => "motor",
        FeedbackKind::Text => "text",
        FeedbackKind::Text2 => "second line",
        FeedbackKind::Colour => "colour",
        FeedbackKind::Meter => "meter",
    }
}

pub(super) const CONTEXTS: [Context; 5] =
    [Context::Arranger, Context::Mixer, Context::Plugin, Context::ClipEditor, Context::Launcher];

pub(super) const fn context(context: Context) -> &'static str {
    match context {
        Context::Arranger => "Arranger",
        Context::Mixer => "Mixer",
        Context::Plugin => "Plug-in",
        Context::ClipEditor => "Clip editor",
        Context::Launcher => "Launcher",
    }
}

pub(super) const FLAGS: [Flag; 4] = [Flag::Mute, Flag::Solo, Flag::Arm, Flag::Monitor];

pub(super) const fn flag(flag: Flag) -> &'static str {
    match flag {
        Flag::Mute => "Mute",
        Flag::Solo => "Solo",
        Flag::Arm => "Arm",
        Flag::Monitor => "Monitor",
    }
}

pub(super) const TRANSPORT_ACTIONS: [TransportAction; 11] = [
    TransportAction::Play,
    TransportAction::Stop,
    TransportAction::Pause,
    TransportAction::TogglePlay,
    TransportAction::Record,
    TransportAction::ToggleLoop,
    TransportAction::ToStart,
    TransportAction::ToEnd,
    TransportAction::Rewind,
    TransportAction::Forward,
    TransportAction::Jog,
];

pub(super) const fn transport_action(action: TransportAction) -> &'static str {
    match action {
        TransportAction::Play => "Play",
        TransportAction::Stop => "Stop",
        TransportAction::Pause => "Pause",
        TransportAction::TogglePlay => "Play or pause",
        TransportAction::Record => "Record",
        TransportAction::ToggleLoop => "Loop on or off",
        TransportAction::ToStart => "Go to the start",
        TransportAction::ToEnd => "Go to the end",
        TransportAction::Rewind => "Back",
        TransportAction::Forward => "Forward",
        TransportAction::Jog => "Jog the playhead",
    }
}

/// When a mapping is active, short.
pub(super) fn when(when: &When) -> String {
    let mut parts = Vec::new();
    parts.extend(when.context.map(|found| context(found).to_owned()));
    parts.extend(when.page.as_ref().map(|page| format!("page {page}")));
    parts.extend(
        when.modifiers.iter().map(|(name, held)| if *held { format!("+{name}") } else { format!("no {name}") }),
    );
    if parts.is_empty() { "Always".to_owned() } else { parts.join(", ") }
}

pub(super) const TAKEOVERS: [Takeover; 7] = [
    Takeover::Auto,
    Takeover::Jump,
    Takeover::Pickup,
    Takeover::PickupTolerant,
    Takeover::CatchUp,
    Takeover::Parallel,
    Takeover::LongTimeNoSee,
];

/// Name, and what it does.
pub(super) const fn takeover(takeover: Takeover) -> (&'static str, &'static str) {
    match takeover {
        Takeover::Auto => ("Automatic", "Pickup for what has no motor, jump for what has one."),
        Takeover::Jump => ("Jump", "The value goes at once where the control is."),
        Takeover::Pickup => ("Pickup", "Nothing until the control crosses the value."),
        Takeover::PickupTolerant => ("Tolerant pickup", "As pickup, and near enough is enough."),
        Takeover::CatchUp => ("Catch up", "The value moves by the same share of what is left in that direction."),
        Takeover::Parallel => ("Parallel", "The value moves by what the control moves, until an end is reached."),
        Takeover::LongTimeNoSee => ("Long time no see", "The value moves a little toward the control with each event."),
    }
}

pub(super) const ABSOLUTE_MODES: [AbsoluteMode; 4] =
    [AbsoluteMode::Normal, AbsoluteMode::Toggle, AbsoluteMode::Incremental, AbsoluteMode::MakeRelative];

pub(super) const fn absolute(mode: AbsoluteMode) -> (&'static str, &'static str) {
    match mode {
        AbsoluteMode::Normal => ("Normal", "The value goes where the control is; a press toggles mute and solo."),
        AbsoluteMode::Toggle => ("Toggle", "Each press changes between the ends of the target's range."),
        AbsoluteMode::Incremental => ("Step", "Each press is one step."),
        AbsoluteMode::MakeRelative => ("Make relative", "What the control moves is added to the value."),
    }
}

pub(super) const OUT_OF_RANGE: [OutOfRange; 3] = [OutOfRange::Clamp, OutOfRange::Minimum, OutOfRange::Ignore];

pub(super) const fn out_of_range(what: OutOfRange) -> (&'static str, &'static str) {
    match what {
        OutOfRange::Clamp => ("Stays at the end", "Outside of the range counts as its nearer end."),
        OutOfRange::Minimum => ("Goes to the lower end", "Outside of the range counts as its lower end."),
        OutOfRange::Ignore => ("Is ignored", "Outside of the range nothing happens."),
    }
}

pub(super) const BUTTON_FILTERS: [ButtonFilter; 3] =
    [ButtonFilter::Both, ButtonFilter::PressOnly, ButtonFilter::ReleaseOnly];

pub(super) const fn button_filter(filter: ButtonFilter) -> &'static str {
    match filter {
        ButtonFilter::Both => "Press and release",
        ButtonFilter::PressOnly => "Press only",
        ButtonFilter::ReleaseOnly => "Release only",
    }
}

pub(super) const fn fire(fire: Fire) -> &'static str {
    match fire {
        Fire::AtOnce => "At once",
        Fire::ShortPress { .. } => "Short press",
        Fire::LongPress { .. } => "Long press",
        Fire::DoublePress { .. } => "Double press",
        Fire::Turbo { .. } => "Turbo: repeats while held",
    }
}

pub(super) const fn curve(curve: &Curve) -> &'static str {
    match curve {
        Curve::Linear => "Linear",
        Curve::Power { .. } => "Power",
        Curve::S { .. } => "S curve",
        Curve::Points { .. } => "Points",
    }
}

/// What differs from plain, short: "Toggle, reverse, 20–80 %".
pub(super) fn glue(glue: &Glue) -> String {
    let mut parts: Vec<String> = Vec::new();
    if glue.absolute != AbsoluteMode::Normal {
        parts.push(absolute(glue.absolute).0.to_owned());
    }
    if glue.takeover != Takeover::Auto {
        parts.push(takeover(glue.takeover).0.to_owned());
    }
    if glue.fire != Fire::AtOnce {
        parts.push(fire(glue.fire).split(':').next().unwrap_or_default().to_owned());
    }
    if glue.reverse {
        parts.push("reverse".to_owned());
    }
    if glue.target_range != [0.0, 1.0] {
        let [low, high] = glue.target_range.map(|end| (end * 100.0).round());
        parts.push(format!("{low}–{high} %"));
    }
    if glue.curve != Curve::Linear {
        parts.push(curve(&glue.curve).to_lowercase());
    }
    let more = [
        (glue.transform.is_some(), "expression"),
        (glue.step_size.is_some() || glue.speed != 1, "step size"),
        (!glue.sequence.is_empty(), "sequence"),
        (glue.dead_zone > 0.0, "dead zone"),
        (glue.smoothing_millis > 0, "smooth"),
        (glue.source_range != [0.0, 1.0], "part of the travel"),
        (glue.wrap, "wraps"),
        (glue.button != ButtonFilter::Both, "one edge"),
    ];
    parts.extend(more.into_iter().filter(|(on, _)| *on).map(|(_, word)| word.to_owned()));
    if parts.is_empty() { "Plain".to_owned() } else { parts.join(", ") }
}

/// Icon, word and colour of a line of the trace.
pub(super) fn why(kind: WhyKind, tokens: &Tokens) -> Sign {
    let (icon, word, colour) = match kind {
        WhyKind::Passed => (icons::ICON_DO_NOT_DISTURB_ON, "Passed over", tokens.text_weak),
        WhyKind::Fired => (icons::ICON_BOLT, "Fired", tokens.accent),
        WhyKind::Glue => (icons::ICON_FUNCTION, "Glue", tokens.text),
        WhyKind::Intent => (icons::ICON_ARROW_FORWARD, "Asked", tokens.ok),
        WhyKind::Refused => (icons::ICON_ERROR, "Refused", tokens.error),
        WhyKind::Feedback => (icons::ICON_LIGHTBULB, "Shown", tokens.info),
    };
    Sign { icon, word, colour }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn plain_things_read_plainly() {
        assert_eq!(glue(&Glue::default()), "Plain");
        assert_eq!(when(&When::default()), "Always");
        let shift = When {
            context: Some(Context::Mixer),
            page: Some("Mix".into()),
            modifiers: BTreeMap::from([("shift".to_owned(), true), ("alt".to_owned(), false)]),
        };
        assert_eq!(when(&shift), "Mixer, page Mix, no alt, +shift");
        let glued = Glue { reverse: true, target_range: [0.2, 0.8], ..Glue::default() };
        assert_eq!(glue(&glued), "reverse, 20–80 %");
    }
}
