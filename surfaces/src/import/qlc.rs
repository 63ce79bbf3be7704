//! QLC+'s input profiles (`.qxi`) of MIDI devices: channels become elements, with the values that their lights show.
//!
//! A channel's number says the message: 0…127 are control changes, 128…255 notes, 256…383 their pressure, 384…511 program
//! changes, 512 channel pressure, 513 the pitch wheel; 4096 more for each MIDI channel after the first.

use super::Imported;
use super::draft::{Control, Draft, Head, name_of};
use super::report::{Format, Outcome};
use super::xml::Node;
use crate::element::{ElementKind, FeedbackKind, Interaction};
use crate::output::{Levels, Output, PaletteColour};
use crate::profile::finding::quoted;
use crate::source::{RelativeCode, Source};

/// Added to a number per MIDI channel.
const PER_MIDI_CHANNEL: u32 = 4_096;

pub(crate) fn read(root: &Node) -> Imported {
    let (vendor, model) = (root.text_of("Manufacturer").to_owned(), root.text_of("Model").to_owned());
    let title = format!("{vendor} {model}").trim().to_owned();
    let kind = root.text_of("Type");
    // Older profiles do not say it: they are of MIDI devices.
    let is_midi = kind.is_empty() || kind.eq_ignore_ascii_case("MIDI");
    let palette = palette(root);
    let mut draft = Draft::default();
    let mut any_channel = false;
    for node in root.children_named("Channel") {
        let what = words(node);
        let outcome = if is_midi {
            any_channel |=
                node.attribute("Number").and_then(|number| number.parse().ok()).unwrap_or(0) >= PER_MIDI_CHANNEL;
            channel(node, &what, &palette, &mut draft).unwrap_or_else(|fault| Outcome::Defect { fault })
        } else {
            Outcome::Left { reason: format!("a profile of the type {} says no MIDI messages", quoted(kind)) }
        };
        draft.tell(node.line, &what, outcome);
    }
    if is_midi && !any_channel {
        draft
            .notes
            .push("the source does not say the MIDI channel: channel 1 is taken where nothing else is said".to_owned());
    }
    if !palette.is_empty() {
        draft.notes.push(format!("{} colours of its table are known to its lights", palette.len()));
    }
    draft.finish(Head {
        format: Format::Qlc,
        prefix: "qlc",
        port: title.clone(),
        vendor,
        class: None,
        fact: format!("QLC+'s input profile '{title}'"),
        title,
    })
}

fn words(node: &Node) -> String {
    format!("channel {} '{}'", node.attribute("Number").unwrap_or("without number"), node.text_of("Name"))
}

/// The colours that a device shows, where the profile has a table of them.
fn palette(root: &Node) -> Vec<PaletteColour> {
    let colours = root.children_named("ColorTable").flat_map(|table| table.children_named("Color"));
    let colour = |node: &Node| {
        let rgb = node.attribute("RGB")?.to_lowercase();
        let hex = rgb.strip_prefix('#')?;
        let right = hex.len() == 6 && hex.bytes().all(|byte| byte.is_ascii_hexdigit());
        let number = node.attribute("Value")?.parse().ok().filter(|number: &u8| *number < 128)?;
        right.then_some(PaletteColour { rgb, number })
    };
    colours.filter_map(colour).take(128).collect()
}

/// # Errors
/// What is wrong in the source.
fn channel(node: &Node, what: &str, palette: &[PaletteColour], draft: &mut Draft) -> Result<Outcome, String> {
    let number = node.attribute("Number").ok_or("it has no number")?;
    let number: u32 = number.parse().map_err(|_not_u32| format!("{} is no number", quoted(number)))?;
    let source = source(number)?;
    let (kind, interaction, source, difference) = kind_of(node, source);
    let name = match node.text_of("Name") {
        "" => name_of(&source),
        name => name.to_owned(),
    };
    let wanted = Control { name: name.clone(), kind, interaction, source: source.clone() };
    let element = match draft.element(node.line, what, wanted) {
        Ok(element) => element,
        Err(reason) => return Ok(Outcome::Left { reason }),
    };
    let mut to = element;
    if let Some((shown, output)) = feedback(node, kind, &source, palette)? {
        match draft.shows(node.line, what, &name, &source, (shown, output)) {
            Ok(_) => to.push_str(", with its light"),
            Err(reason) => return Ok(Outcome::Differently { to, difference: format!("without its light: {reason}") }),
        }
    }
    Ok(match difference {
        None => Outcome::Converted { to },
        Some(difference) => Outcome::Differently { to, difference },
    })
}

fn source(number: u32) -> Result<Source, String> {
    let channel = u8::try_from(number / PER_MIDI_CHANNEL).ok().filter(|channel| *channel < 16);
    let channel = channel.ok_or_else(|| format!("{number} is above the 16 MIDI channels"))? + 1;
    let inside = number % PER_MIDI_CHANNEL;
    let small = (inside % 128) as u8;
    Ok(match inside {
        0..=127 => Source::Cc { channel, number: small, relative: None },
        128..=255 => Source::Note { channel, number: small },
        256..=383 => Source::PolyPressure { channel, number: small },
        384..=511 => Source::Program { channel, number: Some(small) },
        512 => Source::ChannelPressure { channel },
        513 => Source::PitchBend { channel },
        _ => return Err(format!("{inside} is the number of no message of a control (clock, or none at all)")),
    })
}

/// Kind, what the hand does, the source with its code, and what had to be guessed.
fn kind_of(node: &Node, source: Source) -> (ElementKind, Interaction, Source, Option<String>) {
    let word = node.text_of("Type");
    let steps = node.text_of("Movement").eq_ignore_ascii_case("Relative");
    let place = matches!(source, Source::Cc { .. } | Source::PitchBend { .. } | Source::ChannelPressure { .. });
    let by_step = |source: Source, code| match source {
        Source::Cc { channel, number, .. } => Source::Cc { channel, number, relative: Some(code) },
        other => other,
    };
    match (word, &source) {
        (_, Source::PolyPressure { .. }) => (ElementKind::Pad, Interaction::Pressure, source, None),
        (_, Source::Program { .. }) => (ElementKind::Button, Interaction::Press, source, None),
        ("Slider", _) if place && !steps => (ElementKind::Fader, Interaction::Move, source, None),
        ("Knob", _) if place && !steps => (ElementKind::Knob, Interaction::Turn, source, None),
        // Above or below the middle is the direction.
        ("Slider" | "Knob", Source::Cc { .. }) => {
            let source = by_step(source, RelativeCode::OffsetBinary64);
            (ElementKind::Encoder, Interaction::Turn, source, None)
        }
        ("Encoder", Source::Cc { .. }) => {
            let guess = "the source does not say how steps are coded: 1 and 127 are taken; if it turns wrongly, let \
                         Loophole learn it: right, then left";
            let source = by_step(source, RelativeCode::TwosComplement);
            (ElementKind::Encoder, Interaction::Turn, source, Some(guess.to_owned()))
        }
        ("Button" | "Next Page" | "Previous Page" | "Page Set", _) => {
            (ElementKind::Button, Interaction::Press, source, None)
        }
        (other, Source::Note { .. }) => {
            let difference = match other {
                "Slider" | "Knob" | "Encoder" => "a note is a press here, with its strength".to_owned(),
                _ => format!("its type {} says nothing: a note is taken for a button", quoted(other)),
            };
            (ElementKind::Button, Interaction::Press, source, Some(difference))
        }
        (other, _) => {
            let difference = format!("its type {} says nothing: taken for a knob", quoted(other));
            (ElementKind::Knob, Interaction::Turn, source, Some(difference))
        }
    }
}

/// What its light, ring or motor is told. Values stand in the source as 0…255, and are 0…127 on the wire.
///
/// # Errors
/// What is wrong in the source.
fn feedback(
    node: &Node,
    kind: ElementKind,
    source: &Source,
    palette: &[PaletteColour],
) -> Result<Option<(FeedbackKind, Output)>, String> {
    let Some(told) = node.children_named("Feedbacks").next() else { return Ok(None) };
    let value = |name: &str, usual: u8| match told.attribute(name) {
        None => Ok(usual),
        Some(text) => text
            .parse::<u8>()
            .map(|value| value / 2)
            .map_err(|_not_u8| format!("{name}: {} is not 0…255", quoted(text))),
    };
    let (off, on) = (value("LowerValue", 0)?, value("UpperValue", 127)?);
    let button = matches!(kind, ElementKind::Button | ElementKind::Pad);
    let palette = if button { palette.to_vec() } else { Vec::new() };
    let shown = match kind {
        _ if button && !palette.is_empty() => FeedbackKind::Colour,
        ElementKind::Fader => FeedbackKind::Motor,
        ElementKind::Knob | ElementKind::Encoder => FeedbackKind::Ring,
        _ => FeedbackKind::Led,
    };
    // QLC+ numbers these from 0; without one, it is the channel of the control.
    let own = match told.attribute("MidiChannel") {
        None => None,
        Some(text) => {
            let channel = text.parse::<u8>().ok().filter(|channel| *channel < 16);
            Some(channel.ok_or_else(|| format!("MidiChannel: {} is not 0…15", quoted(text)))? + 1)
        }
    };
    let levels = Levels { off, on, blink: None, palette };
    let output = match *source {
        Source::Note { channel, number } => Output::Note { channel: own.unwrap_or(channel), number, levels },
        Source::Cc { channel, number, .. } => Output::Cc { channel: own.unwrap_or(channel), number, levels },
        Source::PitchBend { channel } => Output::PitchBend { channel: own.unwrap_or(channel) },
        Source::ChannelPressure { channel } => Output::ChannelPressure { channel: own.unwrap_or(channel) },
        _ => return Ok(None),
    };
    Ok(Some((shown, output)))
}

#[cfg(test)]
mod tests {
    use crate::element::{ElementKind, FeedbackKind, Interaction};
    use crate::import::{Imported, Outcome, import};
    use crate::output::{Levels, Output};
    use crate::profile::{Profile, load_profile};
    use crate::source::{RelativeCode, Source};

    fn profile(kind: &str, body: &str) -> Imported {
        let head =
            "<?xml version='1.0'?><!DOCTYPE InputProfile><InputProfile xmlns='http://www.qlcplus.org/InputProfile'>";
        let text = format!(
            "{head}<Manufacturer>Acme</Manufacturer><Model>Light Desk</Model><Type>{kind}</Type>\n{body}</InputProfile>"
        );
        import(&text).unwrap()
    }

    fn channel(number: u32, kind: &str, more: &str) -> String {
        format!("<Channel Number='{number}'><Name>{kind} {number}</Name><Type>{kind}</Type>{more}</Channel>\n")
    }

    fn loaded(imported: &Imported) -> Profile {
        load_profile(&imported.files[0].text).value.unwrap()
    }

    #[test]
    fn numbers_say_the_message_and_the_midi_channel() {
        let body: String = [(7, "Slider"), (4_096 + 20, "Knob"), (128 + 60, "Button"), (15 * 4_096 + 513, "Slider")]
            .map(|(number, kind)| channel(number, kind, ""))
            .concat();
        let imported = profile("MIDI", &body);
        let loaded = loaded(&imported);
        let sources: Vec<_> = loaded
            .elements
            .iter()
            .map(|element| (element.kind, element.input.first_key_value().map(|(k, v)| (*k, v.clone())).unwrap()))
            .collect();
        let cc = |channel, number| Source::Cc { channel, number, relative: None };
        assert_eq!(
            sources,
            [
                (ElementKind::Fader, (Interaction::Move, cc(1, 7))),
                (ElementKind::Knob, (Interaction::Turn, cc(2, 20))),
                (ElementKind::Button, (Interaction::Press, Source::Note { channel: 1, number: 60 })),
                (ElementKind::Fader, (Interaction::Move, Source::PitchBend { channel: 16 })),
            ]
        );
        assert_eq!(imported.report.counts.converted, 4);
        assert_eq!((loaded.vendor.as_str(), loaded.id.as_str()), ("Acme", "qlc-acme-light-desk"));
    }

    #[test]
    fn lights_have_half_the_value_and_their_own_channel() {
        let imported = profile(
            "MIDI",
            &(channel(128, "Button", "<Feedbacks LowerValue='1' UpperValue='26' MidiChannel='6'/>")
                + &channel(1, "Slider", "<Feedbacks UpperValue='255'/>")),
        );
        let loaded = loaded(&imported);
        let levels = Levels { off: 0, on: 13, blink: None, palette: Vec::new() };
        assert_eq!(loaded.elements[0].feedback[&FeedbackKind::Led], Output::Note { channel: 7, number: 0, levels });
        assert!(loaded.elements[1].feedback.contains_key(&FeedbackKind::Motor));
    }

    #[test]
    fn a_table_of_colours_is_the_palette_of_the_buttons() {
        let table = "<ColorTable><Color Value='5' RGB='#FF0000' Label='red'/><Color Value='x' RGB='no'/></ColorTable>";
        let imported = profile("MIDI", &(table.to_owned() + &channel(128, "Button", "<Feedbacks/>")));
        let Output::Note { levels, .. } = &loaded(&imported).elements[0].feedback[&FeedbackKind::Colour] else {
            panic!()
        };
        assert_eq!((levels.palette.len(), levels.palette[0].number), (1, 5));
    }

    #[test]
    fn steps_are_coded_as_the_source_says_or_the_guess_is_told() {
        let body = channel(1, "Knob", "<Movement Sensitivity='20'>Relative</Movement>") + &channel(2, "Encoder", "");
        let imported = profile("MIDI", &body);
        let code = |place: usize| match loaded(&imported).elements[place].input[&Interaction::Turn] {
            Source::Cc { relative, .. } => relative,
            _ => None,
        };
        assert_eq!((code(0), code(1)), (Some(RelativeCode::OffsetBinary64), Some(RelativeCode::TwosComplement)));
        assert!(matches!(imported.report.entries[1].outcome, Outcome::Differently { .. }));
    }

    #[test]
    fn what_cannot_be_is_told() {
        let body = channel(531, "Button", "") + &channel(65_536, "Button", "") + "<Channel><Name>x</Name></Channel>";
        assert_eq!(profile("MIDI", &body).report.counts.defects, 3);
        let twice = channel(1, "Slider", "") + &channel(1, "Button", "");
        assert_eq!(profile("MIDI", &twice).report.counts.left, 1);
        let osc = profile("OSC", &channel(1, "Slider", ""));
        assert_eq!((osc.report.counts.left, osc.files.len()), (1, 0));
    }
}
