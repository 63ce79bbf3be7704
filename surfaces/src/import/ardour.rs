//! Ardour's generic MIDI binding maps (`.map`): a message per binding, and a control (`uri`), a function or an action of Ardour.
//!
//! Read as Ardour reads them: channels count from 1 (0 is taken for 1), numbers in a `uri` count from 1, `B` is counted in
//! the bank and `S` in the selection.

use super::Imported;
use super::draft::{Binding, Control, Draft, Head, name_of, target_word};
use super::report::{Format, Outcome};
use super::xml::Node;
use crate::element::{ElementKind, FeedbackKind, Interaction};
use crate::mapping::glue::{ButtonFilter, Takeover};
use crate::mapping::target::{Flag, TransportAction};
use crate::mapping::{Glue, Selector, Target};
use crate::output::{Levels, Output};
use crate::profile::finding::quoted;
use crate::source::{Realtime, RelativeCode, Source};
use std::collections::BTreeMap;

/// What is true of the whole map.
#[derive(Default)]
struct Device {
    /// Strips of a bank; 0 = the map does not say.
    bank_size: i32,
    motorised: bool,
    /// How near a control must be to take over, in steps of 127.
    threshold: Option<u8>,
    /// The map moves the bank.
    banks: bool,
    /// By path (`route/mute`): the highest number of a selected track.
    selected: BTreeMap<String, u16>,
}

/// Why a binding is not converted as it stands.
enum Short {
    /// It does nothing in Ardour, either.
    Defect(String),
    /// There is nothing like it here.
    NotHere(String),
}

/// A target, and what is different about it.
type Found = Result<(Target, Option<String>), Short>;

/// The message of a binding.
struct Message {
    source: Source,
    /// Of a raw message: which of the two it is.
    button: ButtonFilter,
    /// The hardware switches by itself, or says a value: a place instead of a press.
    absolute: bool,
}

pub(crate) fn read(root: &Node) -> Imported {
    let title = root.attribute("name").unwrap_or_default().to_owned();
    let bindings: Vec<&Node> = root.children_named("Binding").collect();
    let device = device(root, &bindings);
    let mut draft = Draft::default();
    for binding in &bindings {
        convert(binding, &device, &mut draft);
    }
    draft.notes.push("strips count as here: tracks first, then buses".to_owned());
    if device.motorised {
        draft.notes.push("motorised: faders, knobs and buttons are told what they control".to_owned());
    }
    let vendor = title.split_whitespace().next().unwrap_or_default().to_owned();
    draft.finish(Head {
        format: Format::Ardour,
        prefix: "ardour",
        port: title.clone(),
        vendor,
        class: None,
        fact: format!("Ardour's MIDI map '{title}'"),
        title,
    })
}

fn device(root: &Node, bindings: &[&Node]) -> Device {
    let mut device = Device::default();
    if let Some(info) = root.child("DeviceInfo") {
        let size = info.attribute("bank-size").and_then(|size| size.parse().ok()).unwrap_or(0);
        device.bank_size = i32::clamp(size, 0, 1_024);
        device.motorised = info.attribute("motorised").is_some_and(is_yes);
        device.threshold = info.attribute("threshold").and_then(|number| number.parse().ok()).map(|t: u8| t.min(127));
    }
    for binding in bindings {
        if let Some(function) = binding.attribute("function") {
            device.banks |= function.to_lowercase().ends_with("-bank");
        }
        let Some((path, rest)) = binding.attribute("uri").map(split_uri) else { continue };
        let count = rest.first().and_then(|word| word.strip_prefix('S')).and_then(|number| number.parse().ok());
        let most = device.selected.entry(path.join("/")).or_default();
        *most = (*most).max(count.unwrap_or(0));
    }
    device
}

fn is_yes(text: &str) -> bool {
    ["yes", "true", "y", "1"].iter().any(|word| text.eq_ignore_ascii_case(word))
}

fn convert(binding: &Node, device: &Device, draft: &mut Draft) {
    let what = words(binding);
    let outcome = match outcome(binding, &what, device, draft) {
        Ok(outcome) => outcome,
        Err(fault) => Outcome::Defect { fault },
    };
    draft.tell(binding.line, &what, outcome);
}

/// The binding as a person would look for it.
fn words(binding: &Node) -> String {
    let all = binding.attributes.iter().filter(|(name, _)| name != "momentary");
    all.map(|(name, value)| format!("{name}=\"{value}\"")).collect::<Vec<_>>().join(" ")
}

/// # Errors
/// What is wrong in the source.
fn outcome(binding: &Node, what: &str, device: &Device, draft: &mut Draft) -> Result<Outcome, String> {
    let invoked = ["function", "action"].into_iter().find(|name| binding.attribute(name).is_some());
    let message = message(binding)?;
    let found = match (binding.attribute("uri"), invoked) {
        (Some(uri), _) => {
            if matches!(message.source, Source::Sysex { .. } | Source::Realtime { .. }) {
                return Err(
                    "a control cannot be moved by a whole message, only by ctl, note, pb and the like".to_owned()
                );
            }
            control(uri, device)
        }
        (None, Some(name)) => {
            let may = matches!(
                message.source,
                Source::Cc { relative: None, .. }
                    | Source::Note { .. }
                    | Source::Program { .. }
                    | Source::Sysex { .. }
                    | Source::Realtime { .. }
            );
            if !may {
                return Err(format!("Ardour binds a {name} to ctl, note, pgm, sysex and msg only"));
            }
            let value = binding.attribute(name).unwrap_or_default();
            let argument = ["arg", "argument", "arguments"].into_iter().find_map(|name| binding.attribute(name));
            if name == "function" { function(value, argument, device) } else { action(value) }
        }
        (None, None) => return Err("it has neither uri nor function nor action".to_owned()),
    };
    let (target, difference) = match found {
        Err(Short::Defect(fault)) => return Err(fault),
        Err(Short::NotHere(reason)) => {
            let (kind, interaction) = kind_of(&message, None);
            return Ok(match element(binding, what, &message, kind, interaction, draft) {
                Ok(element) => Outcome::ControlOnly { element, reason },
                Err(also) => Outcome::Left { reason: format!("{reason}; {also}") },
            });
        }
        Ok(found) => found,
    };
    let (kind, interaction) = kind_of(&message, Some(&target));
    let bound = element(binding, what, &message, kind, interaction, draft).and_then(|element| {
        if device.motorised {
            told(binding, what, &message, kind, draft);
        }
        let glue = glue(&message, &target, device);
        let to = format!("{element}: {}", target_word(&target));
        draft.bind(binding.line, what, &element, interaction, Binding { target, glue }).map(|()| to)
    });
    Ok(match (bound, difference) {
        (Ok(to), None) => Outcome::Converted { to },
        (Ok(to), Some(difference)) => Outcome::Differently { to, difference },
        (Err(reason), _) => Outcome::Left { reason },
    })
}

fn element(
    binding: &Node,
    what: &str,
    message: &Message,
    kind: ElementKind,
    interaction: Interaction,
    draft: &mut Draft,
) -> Result<String, String> {
    let source = message.source.clone();
    let control = Control { name: name_of(&source), kind, interaction, source };
    draft.element(binding.line, what, control)
}

/// Lets a control of a device with motors or lights show what it controls, by the message that it sends.
fn told(binding: &Node, what: &str, message: &Message, kind: ElementKind, draft: &mut Draft) {
    let levels = Levels { off: 0, on: 127, blink: None, palette: Vec::new() };
    let output = match message.source {
        Source::Cc { channel, number, relative: None } => Output::Cc { channel, number, levels },
        Source::Note { channel, number } => Output::Note { channel, number, levels },
        Source::PitchBend { channel } => Output::PitchBend { channel },
        _ => return,
    };
    let shown = match kind {
        ElementKind::Fader => FeedbackKind::Motor,
        ElementKind::Button => FeedbackKind::Led,
        _ => FeedbackKind::Ring,
    };
    // The element has just been made by this source: it takes the output, or has the same one already.
    let _known = draft.shows(binding.line, what, "", &message.source, (shown, output));
}

/// What kind of thing sends this, as far as its target tells.
fn kind_of(message: &Message, target: Option<&Target>) -> (ElementKind, Interaction) {
    match &message.source {
        Source::Cc { relative: Some(_), .. } => (ElementKind::Encoder, Interaction::Turn),
        Source::Nrpn { bits: 7, .. } | Source::Rpn { bits: 7, .. } => (ElementKind::Encoder, Interaction::Turn),
        Source::Note { .. } | Source::Program { .. } | Source::Sysex { .. } | Source::Realtime { .. } => {
            (ElementKind::Button, Interaction::Press)
        }
        Source::PitchBend { .. } => (ElementKind::Fader, Interaction::Move),
        _ => match target {
            Some(Target::Gain { .. }) => (ElementKind::Fader, Interaction::Move),
            None | Some(Target::Pan { .. } | Target::SendLevel { .. } | Target::NodeParameter { .. }) => {
                (ElementKind::Knob, Interaction::Turn)
            }
            Some(_) if message.absolute => (ElementKind::Button, Interaction::Move),
            Some(_) => (ElementKind::Button, Interaction::Press),
        },
    }
}

fn glue(message: &Message, target: &Target, device: &Device) -> Glue {
    let mut glue = Glue { button: message.button, ..Glue::default() };
    let continuous = matches!(
        target,
        Target::Gain { .. } | Target::Pan { .. } | Target::SendLevel { .. } | Target::NodeParameter { .. }
    );
    if continuous && device.motorised {
        glue.takeover = Takeover::Jump;
    } else if continuous && let Some(threshold) = device.threshold {
        glue.takeover = Takeover::PickupTolerant;
        glue.takeover_tolerance = f64::from(threshold) / 127.0;
    }
    glue
}

/// # Errors
/// What is wrong with it.
fn message(binding: &Node) -> Result<Message, String> {
    for name in ["sysex", "msg"] {
        if let Some(bytes) = binding.attribute(name) {
            return raw(bytes);
        }
    }
    const KINDS: [&str; 15] = [
        "ctl",
        "ctl-toggle",
        "ctl-dial",
        "note",
        "pgm",
        "pb",
        "enc-l",
        "enc-r",
        "enc-2",
        "enc-b",
        "rpn",
        "nrpn",
        "rpn-delta",
        "nrpn-delta",
        "enc",
    ];
    let Some((kind, text)) = KINDS.into_iter().find_map(|kind| Some((kind, binding.attribute(kind)?))) else {
        return Err("it names no message: ctl, note, pgm, pb, enc-…, rpn, nrpn, sysex or msg".to_owned());
    };
    let channel = binding.attribute("channel").ok_or("it has no channel")?;
    let channel: u8 = match channel.parse() {
        Ok(0) => 1,
        Ok(channel @ 1..=16) => channel,
        _ => return Err(format!("{} is no MIDI channel: they are 1…16", quoted(channel))),
    };
    let number: u16 = text.parse().map_err(|_not_u16| format!("{} is no number", quoted(text)))?;
    let most = if kind.contains("rpn") { 16_383 } else { 127 };
    if number > most {
        return Err(format!("{kind} {number} is above {most}"));
    }
    let small = (number & 0x7F) as u8;
    let cc = |relative: Option<RelativeCode>| Source::Cc { channel, number: small, relative };
    let source = match kind {
        "ctl" | "ctl-toggle" | "ctl-dial" => cc(None),
        "note" => Source::Note { channel, number: small },
        "pgm" => Source::Program { channel, number: Some(small) },
        "pb" => Source::PitchBend { channel },
        // Bit 6 set is to the left, and to the right.
        "enc-l" => cc(Some(RelativeCode::SignMagnitude)),
        "enc-r" => cc(Some(RelativeCode::SignMagnitudeInverted)),
        "enc-2" => cc(Some(RelativeCode::TwosComplement)),
        "enc-b" => cc(Some(RelativeCode::OffsetBinary64)),
        "rpn" => Source::Rpn { channel, number, bits: 14 },
        "nrpn" => Source::Nrpn { channel, number, bits: 14 },
        // Steps by CC 96 and 97.
        "rpn-delta" => Source::Rpn { channel, number, bits: 7 },
        "nrpn-delta" => Source::Nrpn { channel, number, bits: 7 },
        other => return Err(format!("{other} says nothing of how steps are coded: enc-l, enc-r, enc-2 or enc-b")),
    };
    let absolute = matches!(kind, "ctl-toggle" | "ctl-dial");
    Ok(Message { source, button: ButtonFilter::Both, absolute })
}

/// A whole message in hex.
fn raw(text: &str) -> Result<Message, String> {
    let bytes: Option<Vec<u8>> = text
        .split_whitespace()
        .map(|word| u8::from_str_radix(word.trim_start_matches("0x"), 16).ok())
        .take(1_024)
        .collect();
    let bytes = bytes.ok_or_else(|| format!("{} is not bytes in hex", quoted(text)))?;
    let on = |source: Source, value: u8| match value {
        0 => Ok(Message { source, button: ButtonFilter::ReleaseOnly, absolute: false }),
        64..=127 => Ok(Message { source, button: ButtonFilter::PressOnly, absolute: false }),
        _ => Err(format!("{} is neither a press (40…7F) nor a release (00)", quoted(text))),
    };
    let press = |source: Source| Ok(Message { source, button: ButtonFilter::Both, absolute: false });
    let channel = bytes.first().map_or(1, |first| (first & 0x0F) + 1);
    match *bytes.as_slice() {
        [0xB0..=0xBF, number @ 0..=127, value] => on(Source::Cc { channel, number, relative: None }, value),
        [0x90..=0x9F, number @ 0..=127, value @ 0..=127] => {
            on(Source::Note { channel, number }, if value > 0 { 127 } else { 0 })
        }
        [0x80..=0x8F, number @ 0..=127, _] => on(Source::Note { channel, number }, 0),
        [0xC0..=0xCF, number @ 0..=127] => press(Source::Program { channel, number: Some(number) }),
        [0xFA] => press(Source::Realtime { message: Realtime::Start }),
        [0xFB] => press(Source::Realtime { message: Realtime::Continue }),
        [0xFC] => press(Source::Realtime { message: Realtime::Stop }),
        [0xF0, ref inner @ .., 0xF7] if !inner.is_empty() && inner.iter().all(|byte| *byte < 0x80) => {
            press(Source::Sysex { pattern: crate::hex::text(&bytes) })
        }
        [0xF0, ..] => Err("a system exclusive message ends with F7, and has no byte above 7F before it".to_owned()),
        _ => Err(format!("{} is no message that a control sends", quoted(text))),
    }
}

/// `/route/gain  B1` as path and rest.
fn split_uri(uri: &str) -> (Vec<&str>, Vec<&str>) {
    let mut words = uri.split_whitespace();
    let path = words.next().unwrap_or_default().split('/').filter(|part| !part.is_empty()).collect();
    (path, words.collect())
}

/// What a `uri` controls.
fn control(uri: &str, device: &Device) -> Found {
    let defect = |text: &str| Err(Short::Defect(format!("{} {text}", quoted(uri))));
    let not_here = |text: &str| Err(Short::NotHere(text.to_owned()));
    let (path, rest) = split_uri(uri);
    let (Some(root), Some(parameter), Some(strip)) = (path.first(), path.get(1), rest.first()) else {
        return defect("is no control: it would be like /route/gain B1");
    };
    let (of, mut difference) = selector(root, &path.join("/"), strip, device)?;
    let count = |text: &str| text.parse::<u16>().map(|number| number.saturating_sub(1));
    let target = match (*parameter, &path[2..], &rest[1..]) {
        ("gain", [], _) => Target::Gain { of },
        ("solo", [], _) => Target::Flag { of, flag: Flag::Solo },
        ("mute", [], _) => Target::Flag { of, flag: Flag::Mute },
        ("recenable", [], _) => Target::Flag { of, flag: Flag::Arm },
        ("monitor-input" | "monitor-disk", [], _) => {
            difference.get_or_insert_with(|| "monitoring is one switch here".to_owned());
            Target::Flag { of, flag: Flag::Monitor }
        }
        ("pandirection" | "balance", [], _) => Target::Pan { of },
        ("pan", [], _) => {
            difference.get_or_insert_with(|| "Ardour since 3 says pandirection, and does nothing with pan".to_owned());
            Target::Pan { of }
        }
        ("send", ["gain"], [send]) => match count(send) {
            Ok(send) => Target::SendLevel { of, send },
            Err(_) => return defect("has no number of a send"),
        },
        ("plugin", ["parameter"], [node, number]) => match (count(node), count(number)) {
            (Ok(node), Ok(parameter)) => {
                difference = Some(
                    "a plug-in is counted among all nodes of the strip here, and its parameters are in its own order"
                        .to_owned(),
                );
                Target::NodeParameter { of, node, parameter }
            }
            _ => return defect("has no numbers of plug-in and parameter"),
        },
        ("send", ["direction" | "enable"], _) => return defect("does nothing in Ardour, either"),
        ("panwidth", ..) => return not_here("a pan has no width here"),
        ("trim", ..) => return not_here("a strip has no trim of its own here"),
        ("eq" | "filter" | "compressor", ..) => {
            return not_here("a strip has no built-in equaliser, filter or compressor here");
        }
        _ => return defect("is no control that Ardour has"),
    };
    Ok((target, difference))
}

fn selector(root: &str, path: &str, strip: &str, device: &Device) -> Result<(Selector, Option<String>), Short> {
    let not_here = |text: &str| Err(Short::NotHere(text.to_owned()));
    let (letter, digits) = match strip.as_bytes().first() {
        Some(b'B') => (Some('B'), &strip[1..]),
        Some(b'S') => (Some('S'), &strip[1..]),
        _ => (None, strip),
    };
    let number = digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse::<u16>().ok()).flatten();
    let numbered = number.is_some();
    match root {
        "vca" => return not_here("there are no VCAs here"),
        "bus" if numbered && letter != Some('S') => {
            return not_here("a bus cannot be addressed by its number here");
        }
        "route" | "rid" | "bus" | "track" => {}
        _ => return Err(Short::Defect(format!("Ardour has no {} to control", quoted(root)))),
    }
    let Some(index) = number.map(|number| number.checked_sub(1)) else {
        return match strip {
            "master" | "Master" => Ok((Selector::Master, None)),
            "control" | "listen" | "monitor" | "Monitor" | "auditioner" => {
                not_here("there is no monitor or audition bus here")
            }
            name => Ok((Selector::Name { name: name.to_owned() }, None)),
        };
    };
    let Some(index) = index else {
        return Err(Short::Defect(format!("{}: strips count from 1", quoted(strip))));
    };
    let counted = Selector::Bank { index };
    Ok(match letter {
        Some('B') => (counted, None),
        Some(_) if device.selected.get(path).copied().unwrap_or(0) <= 1 => (Selector::Selected, None),
        Some(_) => (counted, Some("one track is selected at a time here: counted in the bank instead".to_owned())),
        None if device.banks => (counted, Some("it moves with the bank here".to_owned())),
        None => (counted, None),
    })
}

fn transport(action: TransportAction) -> Target {
    Target::Transport { action }
}

fn function(name: &str, argument: Option<&str>, device: &Device) -> Found {
    let not_here = |text: &str| Err(Short::NotHere(text.to_owned()));
    let plain = |action| Ok((transport(action), None));
    let bank = |sign: i32| match device.bank_size {
        0 => Err(Short::Defect("the map does not say how large a bank is (DeviceInfo bank-size)".to_owned())),
        size => Ok((Target::Bank { by: sign * size }, None)),
    };
    match name.to_lowercase().as_str() {
        "transport-stop" => plain(TransportAction::Stop),
        "transport-roll" => plain(TransportAction::Play),
        "transport-zero" | "transport-start" => plain(TransportAction::ToStart),
        "transport-end" => plain(TransportAction::ToEnd),
        "loop-toggle" => plain(TransportAction::ToggleLoop),
        "toggle-rec-enable" => plain(TransportAction::Record),
        "rec-enable" => {
            let difference = "a second press switches recording off again".to_owned();
            Ok((transport(TransportAction::Record), Some(difference)))
        }
        "rec-disable" => not_here("recording is switched here, and cannot only be switched off"),
        "next-bank" => bank(1),
        "prev-bank" => bank(-1),
        "set-bank" => not_here("a bank can be moved here, and not be gone to"),
        "select" => match argument.and_then(|number| number.parse::<u16>().ok()).and_then(|n| n.checked_sub(1)) {
            Some(index) => {
                let difference = device.banks.then(|| "it moves with the bank here".to_owned());
                Ok((Target::Select { of: Selector::Bank { index } }, difference))
            }
            None => Err(Short::Defect("select needs the number of a strip as arguments".to_owned())),
        },
        "track-set-solo"
        | "track-set-mute"
        | "track-set-solo-isolate"
        | "track-set-gain"
        | "track-set-record-enable" => Err(Short::Defect(format!("{} does nothing in Ardour, either", quoted(name)))),
        _ => Err(Short::Defect(format!("Ardour has no function {}", quoted(name)))),
    }
}

fn action(name: &str) -> Found {
    let plain = |action| Ok((transport(action), None));
    let but = |target, difference: &str| Ok((target, Some(difference.to_owned())));
    let intent = |name: &str| Ok((Target::Intent { name: name.to_owned(), payload: serde_json::Map::new() }, None));
    let not_here = |text: &str| Err(Short::NotHere(text.to_owned()));
    let selected = |flag| Ok((Target::Flag { of: Selector::Selected, flag }, None));
    let Some((group, rest)) = name.split_once('/').filter(|(group, rest)| !group.is_empty() && !rest.is_empty()) else {
        return Err(Short::Defect(format!("{} is no action: it would be like Transport/Record", quoted(name))));
    };
    match (group, rest) {
        ("Transport", "ToggleRoll" | "ToggleRollMaybe") => plain(TransportAction::TogglePlay),
        ("Transport", "ToggleRollForgetCapture") => {
            but(transport(TransportAction::TogglePlay), "what was recorded is not thrown away")
        }
        ("Transport", "Roll") => plain(TransportAction::Play),
        ("Transport", "Stop") => plain(TransportAction::Stop),
        ("Transport", "Record") => plain(TransportAction::Record),
        ("Transport", "record-roll") => {
            let steps = vec![transport(TransportAction::Record), transport(TransportAction::Play)];
            Ok((Target::Macro { steps }, None))
        }
        ("Transport", "GotoZero" | "GotoStart") | ("Common", "start-range" | "goto-start") => {
            plain(TransportAction::ToStart)
        }
        ("Transport", "GotoEnd") | ("Common", "goto-end") => plain(TransportAction::ToEnd),
        ("Transport", "Rewind" | "RewindSlow" | "RewindFast") => {
            but(transport(TransportAction::Rewind), "back by a bar with each press, instead of winding")
        }
        ("Transport", "Forward" | "ForwardSlow" | "ForwardFast") => {
            but(transport(TransportAction::Forward), "forward by a bar with each press, instead of winding")
        }
        ("Transport", "Loop") => plain(TransportAction::ToggleLoop),
        ("Common" | "Editor", "jump-backward-to-mark") => {
            but(transport(TransportAction::ToStart), "there are no marks here: goes to the start")
        }
        ("Common" | "Editor", "jump-forward-to-mark") => {
            but(transport(TransportAction::ToEnd), "there are no marks here: goes to the end")
        }
        ("Common" | "Editor", "nudge-playhead-backward") => {
            but(transport(TransportAction::Rewind), "by a bar, instead of the nudge clock")
        }
        ("Common" | "Editor", "nudge-playhead-forward") => {
            but(transport(TransportAction::Forward), "by a bar, instead of the nudge clock")
        }
        ("Editor", "track-record-enable-toggle") => selected(Flag::Arm),
        ("Editor", "track-mute-toggle") => selected(Flag::Mute),
        ("Editor", "track-solo-toggle") => selected(Flag::Solo),
        ("Common" | "Editor" | "Main", "undo") => Ok((Target::Undo, None)),
        ("Common" | "Editor" | "Main", "redo") => Ok((Target::Redo, None)),
        ("Common" | "Main", "Save") => intent("project.save"),
        (_, "panic" | "midi-panic") => intent("engine.panic"),
        ("Common" | "Editor", "add-location-from-playhead" | "toggle-location-at-playhead") => {
            not_here("there are no marks here")
        }
        ("Editor", "select-next-route" | "select-prev-route") => {
            let steps = if rest == "select-next-route" { 1 } else { -1 };
            Ok((Target::Select { of: Selector::AfterSelected { steps } }, None))
        }
        ("Editor", "temporal-zoom-in" | "temporal-zoom-out") | ("Common", "toggle-editor-and-mixer") => {
            not_here("the window is not moved by controls here")
        }
        ("Editor" | "Region", _) => not_here("editing of this kind is not done by controls here"),
        _ => not_here("an action of Ardour that there is nothing like here"),
    }
}

#[cfg(test)]
mod tests {
    use crate::import::{Counts, FileKind, Imported, Outcome, import};
    use crate::mapping::glue::{ButtonFilter, Takeover};
    use crate::mapping::load::{MappingSet, load_mapping_set_with};
    use crate::mapping::target::TransportAction;
    use crate::mapping::{Selector, Target};
    use crate::profile::{Profile, load_profile};
    use crate::source::{RelativeCode, Source};

    fn map(body: &str) -> Imported {
        import(&format!("<ArdourMIDIBindings version='1.0.0' name='Acme Desk Nine'>\n{body}\n</ArdourMIDIBindings>"))
            .unwrap()
    }

    fn loaded(imported: &Imported) -> (Profile, MappingSet) {
        let text = |kind| &imported.files.iter().find(|file| file.kind == kind).unwrap().text;
        let profile = load_profile(text(FileKind::Profile)).value.unwrap();
        let set = load_mapping_set_with(text(FileKind::MappingSet), std::slice::from_ref(&profile));
        (profile, set.value.unwrap())
    }

    fn one(binding: &str) -> (Source, Target) {
        let imported = map(&format!("<DeviceInfo bank-size='8'/>\n<Binding {binding}/>"));
        let (profile, set) = loaded(&imported);
        (profile.elements[0].input.values().next().unwrap().clone(), set.mappings[0].target.clone())
    }

    fn outcome(binding: &str) -> Outcome {
        map(&format!("<Binding {binding}/>")).report.entries[0].outcome.clone()
    }

    #[test]
    fn every_kind_of_message_has_its_source() {
        let cc = |relative| Source::Cc { channel: 2, number: 50, relative };
        let table = [
            ("ctl", cc(None)),
            ("ctl-toggle", cc(None)),
            ("ctl-dial", cc(None)),
            ("enc-l", cc(Some(RelativeCode::SignMagnitude))),
            ("enc-r", cc(Some(RelativeCode::SignMagnitudeInverted))),
            ("enc-2", cc(Some(RelativeCode::TwosComplement))),
            ("enc-b", cc(Some(RelativeCode::OffsetBinary64))),
            ("note", Source::Note { channel: 2, number: 50 }),
            ("pgm", Source::Program { channel: 2, number: Some(50) }),
            ("pb", Source::PitchBend { channel: 2 }),
            ("rpn", Source::Rpn { channel: 2, number: 50, bits: 14 }),
            ("nrpn", Source::Nrpn { channel: 2, number: 50, bits: 14 }),
            ("nrpn-delta", Source::Nrpn { channel: 2, number: 50, bits: 7 }),
        ];
        for (name, source) in table {
            let (got, target) = one(&format!("channel='2' {name}='50' uri='/route/gain B3'"));
            assert_eq!(got, source, "{name}");
            assert_eq!(target, Target::Gain { of: Selector::Bank { index: 2 } });
        }
        let (got, _) = one("sysex='f0 7f 7f 6 2 f7' function='transport-roll'");
        assert_eq!(got, Source::Sysex { pattern: "F0 7F 7F 06 02 F7".to_owned() });
    }

    #[test]
    fn whole_messages_are_presses_or_releases() {
        let imported = map("<DeviceInfo bank-size='8'/>\n<Binding msg='B0 3c 7f' function='next-bank'/>\n\
             <Binding msg='B0 3c 00' function='prev-bank'/>\n<Binding msg='B0 3c 05' function='prev-bank'/>");
        let (profile, set) = loaded(&imported);
        assert_eq!((profile.elements.len(), set.mappings.len()), (1, 2));
        assert_eq!(set.mappings[0].glue.button, ButtonFilter::PressOnly);
        assert_eq!(set.mappings[1].glue.button, ButtonFilter::ReleaseOnly);
        assert_eq!(set.mappings[1].target, Target::Bank { by: -8 });
        assert_eq!(imported.report.counts.defects, 1);
    }

    #[test]
    fn strips_are_found_as_ardour_counts_them() {
        let gain = |of| Target::Gain { of };
        for (strip, of) in [
            ("B1", Selector::Bank { index: 0 }),
            ("12", Selector::Bank { index: 11 }),
            ("S1", Selector::Selected),
            ("master", Selector::Master),
            ("Drums", Selector::Name { name: "Drums".to_owned() }),
        ] {
            assert_eq!(one(&format!("channel='1' ctl='7' uri='/route/gain    {strip}'")).1, gain(of));
        }
        assert_eq!(one("channel='1' ctl='7' uri='/bus/gain master'").1, gain(Selector::Master));
        let send = one("channel='1' ctl='7' uri='/route/send/gain S1 4'").1;
        assert_eq!(send, Target::SendLevel { of: Selector::Selected, send: 3 });
    }

    #[test]
    fn several_selected_tracks_are_counted_in_the_bank_and_the_report_says_so() {
        let imported = map("<Binding channel='1' note='1' uri='/route/mute S1'/>\n\
             <Binding channel='1' note='2' uri='/route/mute S2'/>\n<Binding channel='1' ctl='1' uri='/route/gain S1'/>");
        let (_, set) = loaded(&imported);
        let flag = |index| Target::Flag { of: Selector::Bank { index }, flag: crate::mapping::target::Flag::Mute };
        assert_eq!((&set.mappings[0].target, &set.mappings[1].target), (&flag(0), &flag(1)));
        assert_eq!(set.mappings[2].target, Target::Gain { of: Selector::Selected });
        assert_eq!(imported.report.counts, Counts { all: 3, converted: 1, differently: 2, ..Counts::default() });
    }

    #[test]
    fn functions_and_actions_have_their_targets() {
        let transport = |action| Target::Transport { action };
        for (binding, target) in [
            ("function='transport-stop'", transport(TransportAction::Stop)),
            ("function='Transport-Roll'", transport(TransportAction::Play)),
            ("function='next-bank'", Target::Bank { by: 8 }),
            ("function='select' arguments='3'", Target::Select { of: Selector::Bank { index: 2 } }),
            ("action='Transport/Record'", transport(TransportAction::Record)),
            ("action='Editor/undo'", Target::Undo),
            ("action='Editor/select-prev-route'", Target::Select { of: Selector::AfterSelected { steps: -1 } }),
        ] {
            assert_eq!(one(&format!("channel='1' note='7' {binding}")).1, target);
        }
    }

    #[test]
    fn what_is_wrong_in_the_source_is_no_failure_of_ours() {
        for binding in [
            "channel='1' ctl='1' action=''",
            "channel='1' ctl='1' function='Transport/Rewind'",
            "channel='1' ctl='1' uri='/route/gain'",
            "channel='1' ctl='1' uri='/route/nonsense B1'",
            "channel='1' ctl='1' uri='/route/gain B0'",
            "channel='17' ctl='1' uri='/route/gain B1'",
            "ctl='1' uri='/route/gain B1'",
            "channel='1' ctl='128' uri='/route/gain B1'",
            "channel='1' ctl='x' uri='/route/gain B1'",
            "channel='1' uri='/route/gain B1'",
            "channel='1' ctl='1'",
            "channel='1' enc-2='1' function='transport-stop'",
            "channel='1' ctl='1' function='next-bank'",
            "sysex='f0 80 f7' function='transport-stop'",
            "sysex='f0 01 f7' uri='/route/gain B1'",
        ] {
            assert!(matches!(outcome(binding), Outcome::Defect { .. }), "{binding}: {:?}", outcome(binding));
        }
    }

    #[test]
    fn what_is_not_here_leaves_its_control() {
        for binding in [
            "channel='1' ctl='1' uri='/route/panwidth S1'",
            "channel='1' ctl='1' uri='/route/eq/gain/2 S1'",
            "channel='1' ctl='1' uri='/vca/gain 1'",
            "channel='1' ctl='1' uri='/bus/gain 1'",
            "channel='1' ctl='1' action='Common/add-location-from-playhead'",
        ] {
            assert!(matches!(outcome(binding), Outcome::ControlOnly { .. }), "{binding}: {:?}", outcome(binding));
        }
    }

    #[test]
    fn two_bindings_of_one_control_are_one_macro_and_the_same_twice_is_told() {
        let imported = map("<Binding channel='1' ctl='1' uri='/route/gain B1'/>\n\
             <Binding channel='1' ctl='1' uri='/route/gain B2'/>\n<Binding channel='1' ctl='1' uri='/route/gain B2'/>\n\
             <Binding channel='1' ctl='1' function='transport-stop'/>");
        let (_, set) = loaded(&imported);
        assert!(matches!(&set.mappings[0].target, Target::Macro { steps } if steps.len() == 2));
        assert_eq!((imported.report.counts.converted, imported.report.counts.left), (2, 2));
    }

    #[test]
    fn motors_jump_and_are_told_and_a_threshold_is_a_tolerance() {
        let imported = map("<DeviceInfo motorised='yes'/>\n<Binding channel='1' pb='0' uri='/route/gain B1'/>");
        let (profile, set) = loaded(&imported);
        assert_eq!(set.mappings[0].glue.takeover, Takeover::Jump);
        assert_eq!(profile.elements[0].feedback.len(), 1);
        let imported = map("<DeviceInfo threshold='127'/>\n<Binding channel='1' ctl='0' uri='/route/gain B1'/>");
        let (profile, set) = loaded(&imported);
        assert_eq!(set.mappings[0].glue.takeover, Takeover::PickupTolerant);
        assert_eq!(set.mappings[0].glue.takeover_tolerance, 1.0);
        assert_eq!(
            (profile.matching.names.as_slice(), profile.elements[0].feedback.len()),
            (&["*desk nine*".to_owned()][..], 0)
        );
    }

    #[test]
    fn the_report_names_lines_and_reasons() {
        let imported = map("<!-- one -->\n<Binding channel='1' ctl='1' uri='/route/trim B1'/>");
        let text = imported.report.to_string();
        assert!(text.contains("0 of 1 converted, 1 kept as a control"), "{text}");
        assert!(
            text.contains("line 3: channel=\"1\" ctl=\"1\" uri=\"/route/trim B1\" is only the control cc-1-1"),
            "{text}"
        );
        let json = serde_json::to_value(&imported.report).unwrap();
        assert_eq!(json["entries"][0]["outcome"], "controlOnly");
        assert_eq!(json["counts"]["controlOnly"], 1);
    }
}
