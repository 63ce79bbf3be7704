//! Mixxx's controller mappings (`.midi.xml`): every control and light by its MIDI message, and what of the bindings is declared
//! and makes sense here. Scripts are never run: a control that calls one is kept, with the name of its function.

use super::Imported;
use super::draft::{Binding, Control, Draft, Head, name_of, target_word};
use super::report::{Format, Outcome};
use super::xml::Node;
use crate::element::{ElementKind, FeedbackKind, Interaction};
use crate::mapping::glue::Takeover;
use crate::mapping::target::{Flag, TransportAction};
use crate::mapping::{Glue, Selector, Target};
use crate::output::{Levels, Output};
use crate::profile::DeviceClass;
use crate::profile::finding::quoted;
use crate::source::{RelativeCode, Source};
use std::collections::{BTreeMap, BTreeSet};

/// A `<control>` as it stands.
struct Row<'n> {
    line: u32,
    /// `[Channel1] play (0x90 0x0B)`
    what: String,
    group: &'n str,
    key: &'n str,
    description: &'n str,
    status: u8,
    number: u8,
    options: BTreeSet<String>,
}

pub(crate) fn read(root: &Node) -> Imported {
    let info = root.child("info");
    let text = |name: &str| info.map_or("", |info| info.text_of(name)).to_owned();
    let controller = root.child("controller");
    let port = controller.and_then(|node| node.attribute("id")).unwrap_or_default().to_owned();
    let title = [text("name"), port.clone()].into_iter().find(|name| !name.is_empty()).unwrap_or_default();
    let mut draft = Draft::default();
    draft.notes.push("decks became the strips of the bank, in their order; there is one transport for all".to_owned());
    draft.notes.push(
        "values are picked up by controls without motors, whether the source says soft-takeover or not".to_owned(),
    );
    for controller in root.children_named("controller") {
        let scripts: Vec<String> = controller
            .children_named("scriptfiles")
            .flat_map(|files| files.children_named("file"))
            .filter_map(|file| file.attribute("filename").filter(|name| !name.is_empty()).map(quoted))
            .take(32)
            .collect();
        if !scripts.is_empty() {
            draft.notes.push(format!("scripts are never run, and none of theirs is converted: {}", scripts.join(", ")));
        }
        controls(controller, &mut draft);
        let outputs = controller.children_named("outputs").flat_map(|outputs| outputs.children_named("output"));
        for output in outputs {
            light(output, &mut draft);
        }
    }
    let vendor = title.split_whitespace().next().unwrap_or_default().to_owned();
    draft.finish(Head {
        format: Format::Mixxx,
        prefix: "mixxx",
        port: if port.split_whitespace().count() > 1 { port } else { title.clone() },
        vendor,
        class: Some(DeviceClass::Deck),
        fact: format!("Mixxx's controller mapping '{title}', by {}", text("author")),
        title,
    })
}

fn controls(controller: &Node, draft: &mut Draft) {
    let mut rows = Vec::new();
    for node in controller.children_named("controls").flat_map(|controls| controls.children_named("control")) {
        match row(node) {
            Ok(row) => rows.push(row),
            Err(fault) => draft.tell(node.line, &words(node), Outcome::Defect { fault }),
        }
    }
    let fine = fine_halves(&rows);
    // Controls that press first: a release alone has nothing to say, and needs to know what was pressed.
    let (releases, others): (Vec<&Row<'_>>, Vec<&Row<'_>>) = rows.iter().partition(|row| row.status >> 4 == 8);
    let mut pressed: BTreeMap<(u8, u8), Vec<&Row<'_>>> = BTreeMap::new();
    for row in others {
        if row.status >> 4 == 9 {
            pressed.entry((row.status & 0x0F, row.number)).or_default().push(row);
        }
        let outcome = control(row, &fine, draft);
        draft.tell(row.line, &row.what, outcome);
    }
    for row in releases {
        let outcome = release(row, pressed.get(&(row.status & 0x0F, row.number)), draft);
        draft.tell(row.line, &row.what, outcome);
    }
}

fn words(node: &Node) -> String {
    format!("{} {} ({} {})", node.text_of("group"), node.text_of("key"), node.text_of("status"), node.text_of("midino"))
}

/// # Errors
/// What is wrong in the source.
fn row(node: &Node) -> Result<Row<'_>, String> {
    let (status, number) = address(node)?;
    let options = node.children_named("options").flat_map(|options| &options.children);
    Ok(Row {
        line: node.line,
        what: words(node),
        group: node.text_of("group"),
        key: node.text_of("key"),
        description: node.text_of("description"),
        status,
        number,
        options: options.map(|option| option.name.to_lowercase()).take(16).collect(),
    })
}

/// # Errors
/// What is wrong in the source.
fn address(node: &Node) -> Result<(u8, u8), String> {
    let status = number(node.text_of("status")).ok_or("it has no status byte")?;
    let status = u8::try_from(status).ok().filter(|status| *status >= 0x80);
    let status = status.ok_or_else(|| format!("{} is no status byte", quoted(node.text_of("status"))))?;
    // What needs no number may leave it out.
    let without = matches!(status >> 4, 0xD..=0xF) && node.text_of("midino").is_empty();
    let midino = if without { Some(0) } else { number(node.text_of("midino")) };
    let midino = midino.and_then(|number| u8::try_from(number).ok()).filter(|number| *number < 128);
    let midino = midino.ok_or_else(|| format!("{} is no number of a control", quoted(node.text_of("midino"))))?;
    Ok((status, midino))
}

/// In decimals or, with `0x`, in hex.
fn number(text: &str) -> Option<u32> {
    match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(hex) => u32::from_str_radix(hex, 16).ok(),
        None => text.parse().ok(),
    }
}

/// The fine halves of 14-bit controls, by what they control: status, number.
type Fine = BTreeMap<(String, String, u8), u8>;

fn fine_halves(rows: &[Row<'_>]) -> Fine {
    let fine = rows.iter().filter(|row| row.options.contains("fourteen-bit-lsb") && row.status >> 4 == 0xB);
    fine.map(|row| ((row.group.to_owned(), row.key.to_owned(), row.status), row.number)).collect()
}

fn is_script(row: &Row<'_>) -> bool {
    row.options.contains("script-binding")
}

fn control(row: &Row<'_>, fine: &Fine, draft: &mut Draft) -> Outcome {
    if let Some(outcome) = fine_half(row, draft) {
        return outcome;
    }
    let found = if is_script(row) {
        Err(format!("it calls the script function {}, and scripts are never run", quoted(row.key)))
    } else {
        target(row.group, row.key)
    };
    let source = match source(row, fine) {
        Ok(source) => source,
        Err(fault) => return Outcome::Left { reason: fault },
    };
    let (kind, interaction) = kind_of(row, &source, found.as_ref().ok().map(|(target, _)| target));
    let wanted = Control { name: name(row, &source), kind, interaction, source };
    let element = match draft.element(row.line, &row.what, wanted) {
        Ok(element) => element,
        Err(reason) => return Outcome::Left { reason },
    };
    let (target, mut difference) = match found {
        Ok(found) => found,
        Err(reason) => return Outcome::ControlOnly { element, reason },
    };
    let fits = interaction == Interaction::Press || !matches!(target, Target::Transport { .. });
    if !fits {
        let reason = "a place on a fader or knob says nothing to the transport".to_owned();
        return Outcome::ControlOnly { element, reason };
    }
    let glue = Glue {
        reverse: row.options.contains("invert") || row.options.contains("rot64inv"),
        takeover: if row.options.contains("soft-takeover") { Takeover::Pickup } else { Takeover::Auto },
        speed: if row.options.contains("rot64fast") || row.options.contains("hercjogfast") { 2 } else { 1 },
        ..Glue::default()
    };
    if glue.speed != 1 {
        difference.get_or_insert_with(|| "its speed is twice one step per step".to_owned());
    }
    let to = format!("{element}: {}", target_word(&target));
    match (draft.bind(row.line, &row.what, &element, interaction, Binding { target, glue }), difference) {
        (Ok(()), None) => Outcome::Converted { to },
        (Ok(()), Some(difference)) => Outcome::Differently { to, difference },
        (Err(reason), _) => Outcome::ControlOnly { element, reason },
    }
}

/// The second half of a 14-bit control has been taken with the first one.
fn fine_half(row: &Row<'_>, draft: &Draft) -> Option<Outcome> {
    if !row.options.contains("fourteen-bit-lsb") {
        return None;
    }
    let channel = (row.status & 0x0F) + 1;
    let source = Source::Cc { channel, number: row.number, relative: None };
    draft.owner(&source).map(|to| Outcome::Converted { to: format!("the fine half of {to}") })
}

/// A release belongs to its press.
fn release(row: &Row<'_>, pressed: Option<&Vec<&Row<'_>>>, draft: &mut Draft) -> Outcome {
    let channel = (row.status & 0x0F) + 1;
    let source = Source::Note { channel, number: row.number };
    let Some(element) = draft.owner(&source) else {
        let wanted =
            Control { name: name(row, &source), kind: ElementKind::Button, interaction: Interaction::Press, source };
        return match draft.element(row.line, &row.what, wanted) {
            Ok(element) => {
                Outcome::ControlOnly { element, reason: "only its release is bound, and its press is not".to_owned() }
            }
            Err(reason) => Outcome::Left { reason },
        };
    };
    let same = pressed.is_some_and(|rows| rows.iter().any(|press| press.group == row.group && press.key == row.key));
    if is_script(row) {
        let reason = format!("its release calls the script function {}, and scripts are never run", quoted(row.key));
        return Outcome::ControlOnly { element, reason };
    }
    match target(row.group, row.key) {
        _ if !same => {
            Outcome::ControlOnly { element, reason: "its release controls something else than its press".to_owned() }
        }
        Ok((target, _)) => Outcome::Converted { to: format!("the release of {element}: {}", target_word(&target)) },
        Err(reason) => Outcome::ControlOnly { element, reason },
    }
}

fn source(row: &Row<'_>, fine: &Fine) -> Result<Source, String> {
    let channel = (row.status & 0x0F) + 1;
    let number = row.number;
    match row.status >> 4 {
        0x8 | 0x9 => Ok(Source::Note { channel, number }),
        0xA => Ok(Source::PolyPressure { channel, number }),
        0xB => {
            let half = (row.group.to_owned(), row.key.to_owned(), row.status);
            if row.options.contains("fourteen-bit-msb")
                && let Some(lsb) = fine.get(&half).copied().filter(|lsb| *lsb != number)
            {
                return Ok(Source::Cc14 { channel, msb: number, lsb });
            }
            Ok(Source::Cc { channel, number, relative: relative(&row.options) })
        }
        0xC => Ok(Source::Program { channel, number: Some(number) }),
        0xD => Ok(Source::ChannelPressure { channel }),
        0xE => Ok(Source::PitchBend { channel }),
        _ => Err(format!("a system message ({:02X}) has no control of its own", row.status)),
    }
}

/// How steps are coded, by what Mixxx does with the value.
fn relative(options: &BTreeSet<String>) -> Option<RelativeCode> {
    let any = |names: &[&str]| names.iter().any(|name| options.contains(*name));
    if any(&["rot64", "rot64inv", "rot64fast", "spread64"]) {
        Some(RelativeCode::OffsetBinary64)
    } else if any(&["diff", "selectknob", "hercjog", "hercjogfast"]) {
        Some(RelativeCode::TwosComplement)
    } else {
        None
    }
}

fn kind_of(row: &Row<'_>, source: &Source, target: Option<&Target>) -> (ElementKind, Interaction) {
    let words = format!("{} {}", row.key, row.description).to_lowercase();
    let has = |names: &[&str]| names.iter().any(|name| words.contains(name));
    match source {
        Source::Note { .. } | Source::Program { .. } => {
            let pad = has(&["pad ", "pad_", "pads", "hotcue", "sampler"]);
            (if pad { ElementKind::Pad } else { ElementKind::Button }, Interaction::Press)
        }
        Source::PolyPressure { .. } | Source::ChannelPressure { .. } => (ElementKind::Pad, Interaction::Pressure),
        _ if row.options.contains("button") || row.options.contains("switch") => {
            (ElementKind::Button, Interaction::Press)
        }
        Source::Cc { relative: Some(_), .. } if has(&["jog", "wheel", "scratch"]) => {
            (ElementKind::Jog, Interaction::Turn)
        }
        Source::Cc { relative: Some(_), .. } => (ElementKind::Encoder, Interaction::Turn),
        Source::PitchBend { .. } | Source::Cc14 { .. } => (ElementKind::Fader, Interaction::Move),
        _ if matches!(target, Some(Target::Transport { .. } | Target::Flag { .. })) => {
            (ElementKind::Button, Interaction::Press)
        }
        _ if has(&["jog", "wheel", "scratch"]) => (ElementKind::Jog, Interaction::Turn),
        _ if has(&["volume", "crossfader", "fader", "slider", "rate", "pitch"]) => {
            (ElementKind::Fader, Interaction::Move)
        }
        _ => (ElementKind::Knob, Interaction::Turn),
    }
}

fn name(row: &Row<'_>, source: &Source) -> String {
    if !row.description.is_empty() {
        return row.description.to_owned();
    }
    let group = row.group.trim_matches(['[', ']']);
    match (group, row.key) {
        ("", "") => name_of(source),
        (group, key) => format!("{group} {key}").trim().to_owned(),
    }
}

/// What a control of Mixxx is here, and what is different about it.
///
/// # Errors
/// Why there is nothing like it.
fn target(group: &str, key: &str) -> Result<(Target, Option<String>), String> {
    let key = key.trim();
    let plain = |target| Ok((target, None));
    let but = |target, difference: &str| Ok((target, Some(difference.to_owned())));
    let transport = |action| Target::Transport { action };
    const ONE: &str = "there is one transport for all decks";
    let inside = group.trim().trim_start_matches('[').trim_end_matches(']');
    let deck = inside.strip_prefix("Channel").and_then(|n| n.parse::<u16>().ok()).and_then(|n| n.checked_sub(1));
    if let Some(index) = deck {
        let of = Selector::Bank { index };
        return match key {
            "volume" => plain(Target::Gain { of }),
            "mute" => plain(Target::Flag { of, flag: Flag::Mute }),
            "pfl" => but(Target::Flag { of, flag: Flag::Solo }, "solo in place, not in the headphones"),
            "play" => but(transport(TransportAction::TogglePlay), ONE),
            "start_play" => {
                let steps = vec![transport(TransportAction::ToStart), transport(TransportAction::Play)];
                but(Target::Macro { steps }, ONE)
            }
            "stop" | "start_stop" => but(transport(TransportAction::Stop), ONE),
            "start" => but(transport(TransportAction::ToStart), ONE),
            "end" => but(transport(TransportAction::ToEnd), ONE),
            "cue_default" | "cue_goto" | "cue_gotoandstop" => {
                but(transport(TransportAction::Stop), "stops, and goes back to where play began")
            }
            "back" => but(transport(TransportAction::Rewind), "back by a bar with each press, instead of winding"),
            "fwd" => but(transport(TransportAction::Forward), "forward by a bar with each press, instead of winding"),
            "reloop_exit" | "reloop_toggle" | "loop_enabled" => but(transport(TransportAction::ToggleLoop), ONE),
            "rate" | "rateRange" | "keylock" | "pitch" | "pitch_adjust" => {
                Err("a track has no speed of its own here".to_owned())
            }
            "pregain" => Err("a strip has no trim of its own here".to_owned()),
            "filterLow" | "filterMid" | "filterHigh" | "filterLowKill" | "filterMidKill" | "filterHighKill" => {
                Err("a strip has no built-in equaliser here".to_owned())
            }
            key if key.starts_with("hotcue_") || key.starts_with("cue_") => {
                Err("there are no cue points here".to_owned())
            }
            key if key.starts_with("beatloop") || key.starts_with("loop_") => {
                Err("a loop is not made by controls here".to_owned())
            }
            key if key.starts_with("LoadSelected") || key == "eject" => {
                Err("nothing is loaded into a deck here".to_owned())
            }
            key if key.starts_with("rate_") || key.contains("sync") || key.starts_with("beat") || key == "bpm_tap" => {
                Err("a track has no tempo of its own here".to_owned())
            }
            "jog" | "scratch2" | "wheel" | "playposition" => Err("tracks are not scratched here".to_owned()),
            key => Err(format!("a deck's {} has nothing like it here", quoted(key))),
        };
    }
    match (inside, key) {
        ("Master" | "Main", "volume" | "gain") => plain(Target::Gain { of: Selector::Master }),
        ("Master" | "Main", "balance") => plain(Target::Pan { of: Selector::Master }),
        ("Master" | "Main", "crossfader") => Err("there is no crossfader here".to_owned()),
        ("Master" | "Main", key) if key.starts_with("head") => Err("there is no headphone bus here".to_owned()),
        ("Recording", "toggle_recording") => plain(transport(TransportAction::Record)),
        ("Playlist" | "Library" | "Samplers", _) => Err("Mixxx's library has nothing like it here".to_owned()),
        (group, _) if group.starts_with("Sampler") || group.starts_with("PreviewDeck") => {
            Err("there are no samplers here".to_owned())
        }
        (group, _) if group.contains("Effect") || group.contains("Equalizer") || group == "Flanger" => {
            Err("Mixxx's effects have nothing like them here".to_owned())
        }
        (group, key) => Err(format!("{} has nothing like it here", quoted(&format!("[{group}] {key}")))),
    }
}

/// A light: lit while something is between two values.
fn light(node: &Node, draft: &mut Draft) {
    let what = format!("light {}", words(node));
    let outcome = lit(node, &what, draft).unwrap_or_else(|fault| Outcome::Defect { fault });
    draft.tell(node.line, &what, outcome);
}

/// # Errors
/// What is wrong in the source.
fn lit(node: &Node, what: &str, draft: &mut Draft) -> Result<Outcome, String> {
    let (status, midino) = address(node)?;
    let channel = (status & 0x0F) + 1;
    let value = |name: &str, usual: u8| match node.text_of(name) {
        "" => Ok(usual),
        text => {
            let found = number(text).and_then(|number| u8::try_from(number).ok()).filter(|number| *number < 128);
            found.ok_or_else(|| format!("{name}: {} is no value 0…127", quoted(text)))
        }
    };
    let levels = Levels { off: value("off", 0)?, on: value("on", 127)?, blink: None, palette: Vec::new() };
    let (source, output) = match status >> 4 {
        0x8 | 0x9 => (Source::Note { channel, number: midino }, Output::Note { channel, number: midino, levels }),
        0xB => {
            let source = Source::Cc { channel, number: midino, relative: None };
            (source, Output::Cc { channel, number: midino, levels })
        }
        _ => {
            let reason = format!("a light with the status {status:02X} is not told anything here");
            return Ok(Outcome::Left { reason });
        }
    };
    let name = match node.text_of("description") {
        "" => format!("{} {}", node.text_of("group").trim_matches(['[', ']']), node.text_of("key")),
        text => text.to_owned(),
    };
    Ok(match draft.shows(node.line, what, &name, &source, (FeedbackKind::Led, output)) {
        Ok(to) => Outcome::Converted { to: format!("the light of {to}") },
        Err(reason) => Outcome::Left { reason },
    })
}

#[cfg(test)]
mod tests {
    use crate::element::{ElementKind, FeedbackKind, Interaction};
    use crate::import::{Counts, FileKind, Imported, Outcome, import};
    use crate::mapping::glue::Takeover;
    use crate::mapping::load::{MappingSet, load_mapping_set_with};
    use crate::mapping::target::{Flag, TransportAction};
    use crate::mapping::{Selector, Target};
    use crate::output::{Levels, Output};
    use crate::profile::{Profile, load_profile};
    use crate::source::{RelativeCode, Source};

    fn mapping(controls: &str, outputs: &str) -> Imported {
        let text = format!(
            "<MixxxControllerPreset><info><name>Acme Deck One</name><author>A. Nonymous</author></info>\n\
             <controller id='DECKONE'><scriptfiles><file filename='x.js'/></scriptfiles>\n\
             <controls>{controls}</controls><outputs>{outputs}</outputs></controller></MixxxControllerPreset>"
        );
        import(&text).unwrap()
    }

    fn control(group: &str, key: &str, status: &str, number: &str, options: &str) -> String {
        format!(
            "<control><group>[{group}]</group><key>{key}</key><status>{status}</status><midino>{number}</midino>\
             <options>{options}</options></control>\n"
        )
    }

    fn loaded(imported: &Imported) -> (Profile, Option<MappingSet>) {
        let text = |kind| imported.files.iter().find(|file| file.kind == kind).map(|file| &file.text);
        let profile = load_profile(text(FileKind::Profile).unwrap()).value.unwrap();
        let profiles = std::slice::from_ref(&profile);
        let set = text(FileKind::MappingSet).map(|text| load_mapping_set_with(text, profiles).value.unwrap());
        (profile, set)
    }

    #[test]
    fn declared_bindings_have_their_targets() {
        let deck = |index| Selector::Bank { index };
        let table = [
            ("Channel2", "volume", "0xB0", Target::Gain { of: deck(1) }),
            ("Channel1", "pfl", "0x90", Target::Flag { of: deck(0), flag: Flag::Solo }),
            ("Channel1", "mute", "144", Target::Flag { of: deck(0), flag: Flag::Mute }),
            ("Channel1", "play", "0x91", Target::Transport { action: TransportAction::TogglePlay }),
            ("Channel1", "cue_default", "0xB1", Target::Transport { action: TransportAction::Stop }),
            ("Master", "volume", "0xE3", Target::Gain { of: Selector::Master }),
            ("Master", "balance", "0xB1", Target::Pan { of: Selector::Master }),
        ];
        for (group, key, status, target) in table {
            let imported = mapping(&control(group, key, status, "0x14", "<normal/>"), "");
            assert_eq!(loaded(&imported).1.unwrap().mappings[0].target, target, "{group} {key}");
        }
    }

    #[test]
    fn options_are_codes_and_glue() {
        let code = |options| {
            let imported = mapping(&control("Channel1", "volume", "0xB0", "1", options), "");
            let (profile, set) = loaded(&imported);
            let glue = set.unwrap().mappings.remove(0).glue;
            match profile.elements[0].input.values().next() {
                Some(Source::Cc { relative, .. }) => (*relative, glue),
                other => panic!("{other:?}"),
            }
        };
        for (options, relative) in [
            ("<normal/>", None),
            ("<Rot64/>", Some(RelativeCode::OffsetBinary64)),
            ("<rot64inv/>", Some(RelativeCode::OffsetBinary64)),
            ("<spread64/>", Some(RelativeCode::OffsetBinary64)),
            ("<SelectKnob/>", Some(RelativeCode::TwosComplement)),
            ("<diff/>", Some(RelativeCode::TwosComplement)),
        ] {
            assert_eq!(code(options).0, relative, "{options}");
        }
        assert!(code("<invert/>").1.reverse && code("<rot64inv/>").1.reverse && !code("<rot64/>").1.reverse);
        assert_eq!(code("<soft-takeover/>").1.takeover, Takeover::Pickup);
        assert_eq!(code("<rot64fast/>").1.speed, 2);
    }

    #[test]
    fn two_halves_are_one_fader_of_14_bits() {
        let body = control("Channel1", "volume", "0xB6", "0x1F", "<fourteen-bit-msb/>")
            + &control("Channel1", "volume", "0xB6", "0x3F", "<fourteen-bit-lsb/>");
        let imported = mapping(&body, "");
        let (profile, _) = loaded(&imported);
        assert_eq!(profile.elements[0].input[&Interaction::Move], Source::Cc14 { channel: 7, msb: 31, lsb: 63 });
        assert_eq!((profile.elements.len(), imported.report.counts.converted), (1, 2));
    }

    #[test]
    fn scripts_are_named_and_their_controls_kept() {
        let imported = mapping(&control("Channel1", "Acme.jogTurn", "0xB0", "0x10", "<Script-Binding/>"), "");
        let (profile, set) = loaded(&imported);
        assert_eq!((profile.elements[0].kind, set), (ElementKind::Jog, None));
        let Outcome::ControlOnly { reason, .. } = &imported.report.entries[0].outcome else { panic!() };
        assert!(reason.contains("`Acme.jogTurn`"), "{reason}");
    }

    #[test]
    fn a_release_belongs_to_its_press_wherever_it_stands() {
        let body = control("Channel1", "play", "0x80", "1", "<button/>")
            + &control("Channel1", "play", "0x90", "1", "<button/>")
            + &control("Channel1", "mute", "0x80", "2", "");
        let counts = mapping(&body, "").report.counts;
        assert_eq!(counts, Counts { all: 3, converted: 1, differently: 1, control_only: 1, ..Counts::default() });
    }

    #[test]
    fn lights_are_told_by_the_message_of_their_control() {
        let output = |status, on| {
            format!(
                "<output><group>[Channel1]</group><key>play</key><status>{status}</status><midino>0x0B</midino><on>{on}</on></output>"
            )
        };
        let press = control("Channel1", "play", "0x90", "0x0B", "");
        let imported = mapping(&press, &(output("0x90", "0x20") + &output("0x90", "0x21") + &output("0xB3", "1")));
        let (profile, _) = loaded(&imported);
        let levels = |on| Levels { off: 0, on, blink: None, palette: Vec::new() };
        let led = |place: usize| profile.elements[place].feedback[&FeedbackKind::Led].clone();
        assert_eq!(led(0), Output::Note { channel: 1, number: 11, levels: levels(32) });
        assert_eq!(led(1), Output::Cc { channel: 4, number: 11, levels: levels(1) });
        assert_eq!(profile.elements[1].kind, ElementKind::Display);
        assert_eq!(imported.report.counts.left, 1);
    }

    #[test]
    fn what_is_wrong_in_the_source_is_told() {
        let body = control("Channel1", "play", "0x0", "1", "")
            + &control("Channel1", "play", "", "1", "")
            + &control("Channel1", "play", "0x90", "0x80", "")
            + &control("Channel1", "play", "0x90", "", "");
        assert_eq!(mapping(&body, "").report.counts.defects, 4);
    }
}
