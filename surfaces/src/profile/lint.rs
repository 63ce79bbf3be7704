//! Checks what a file says: names, ranges, patterns, and what contradicts itself.

use super::finding::{Fault, Finding, Notes, Span, did_you_mean, quoted};
use super::load::{Located, Profile, load_profile};
use super::{Handshake, Heartbeat, Match, Message, Quirks, Transport, builtin, read};
use crate::element::{Element, FeedbackKind, Interaction};
use crate::mapping::glue::{Curve, Fire};
use crate::mapping::load::load_mapping_set_with;
use crate::mapping::{Glue, Mapping, Selector, Target};
use crate::output::{Levels, Output};
use crate::source::Source;
use serde::Serialize;
use std::collections::BTreeMap;
use std::mem::discriminant;

/// Longest id, name, pattern and address, in bytes.
const MAX_TEXT: usize = 1_024;
/// On more elements than this, places on the drawing are not compared.
const MAX_DRAWN: usize = 1_024;

/// What is in a file of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum FileKind {
    Profile,
    MappingSet,
}

impl FileKind {
    /// A mapping set is a file without vendor, class, match and facts.
    pub fn of(text: &str) -> Self {
        let document = read::parse(text, &mut Notes::new(text));
        let has = |key: &str| document.as_ref().is_some_and(|document| document.as_table().contains_key(key));
        if document.is_some() && !["vendor", "class", "match", "facts"].into_iter().any(has) {
            Self::MappingSet
        } else {
            Self::Profile
        }
    }
}

/// Checks a file, whichever kind it is. Mapping sets are checked against the profiles that come with the program.
pub fn lint_file(text: &str) -> (FileKind, Vec<Finding>) {
    let kind = FileKind::of(text);
    let findings = match kind {
        FileKind::MappingSet => load_mapping_set_with(text, builtin::profiles()).findings,
        FileKind::Profile => load_profile(text).findings,
    };
    (kind, findings)
}

/// An id of a profile or a mapping set.
pub(crate) fn file_id(id: &str, span: &Span, notes: &mut Notes<'_>) {
    if let Some(fault) = id_fault(id, false) {
        notes.error(span, fault);
    }
}

fn id_fault(id: &str, dots: bool) -> Option<Fault> {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || (dots && c == '.');
    let right = !id.is_empty() && id.len() <= 128 && id.chars().all(allowed);
    let advice = if dots { "use small letters, digits, - and ." } else { "use small letters, digits and -" };
    (!right).then(|| Fault::new(format!("the id {} is not an id", quoted(id)), advice))
}

/// Which devices a profile is for.
pub(crate) fn matching(matching: &Match, span: &Span, notes: &mut Notes<'_>) {
    let mut error = |message: String, advice: &str| notes.error(span, Fault::new(message, advice));
    for glob in matching.names.iter().chain(&matching.input_port).chain(&matching.output_port) {
        if glob.trim().is_empty() || glob.len() > 256 {
            error(format!("the name {} matches nothing", quoted(glob)), "write a name, with * for what varies");
        } else if glob.chars().any(char::is_uppercase) {
            error(format!("the name {} has capitals", quoted(glob)), "names are compared in small letters");
        }
    }
    for (what, list) in [("usb", &matching.usb), ("hidUsages", &matching.hid_usages)] {
        for pair in list {
            if hex_pair(pair).is_none() {
                error(
                    format!("{what}: {} is not two numbers in hex", quoted(pair)),
                    "write four digits, :, four digits",
                );
            }
        }
    }
    for pattern in &matching.identity {
        match identity(pattern) {
            Some(bytes) if bytes.iter().flatten().all(|byte| *byte < 0x80) && !bytes.is_empty() => {}
            Some(_) => error(
                format!("identity: {} has a byte above 7F", quoted(pattern)),
                "leave out F0 7E ch 06 02 and F7: only what stands between",
            ),
            None => error(format!("identity: {} is not hex", quoted(pattern)), "write bytes in hex, .. for any"),
        }
    }
    if matching.names.is_empty() && matching.usb.is_empty() && matching.identity.is_empty() {
        let only_usage = !matching.hid_usages.is_empty();
        if !only_usage {
            notes.warning(span, Fault::new("no device will match this profile", "add names, usb or identity"));
        }
    }
}

/// `vvvv:pppp`
pub(crate) fn hex_pair(text: &str) -> Option<(u16, u16)> {
    let (left, right) = text.split_once(':')?;
    let number = |text: &str| {
        let right = text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        right.then(|| u16::from_str_radix(text, 16).ok()).flatten()
    };
    Some((number(left)?, number(right)?))
}

/// Bytes in hex; none in place of `..`.
pub(crate) fn identity(pattern: &str) -> Option<Vec<Option<u8>>> {
    pattern.split_whitespace().map(|word| if word == ".." { Some(None) } else { hex_byte(word).map(Some) }).collect()
}

fn hex_byte(word: &str) -> Option<u8> {
    let right = word.len() == 2 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    right.then(|| u8::from_str_radix(word, 16).ok()).flatten()
}

/// A pattern: words of two letters or digits, each a byte in hex or one of `words`.
fn pattern_fault(pattern: &str, words: &[&str], whole_sysex: bool) -> Option<Fault> {
    let allowed = || {
        if words.is_empty() { "bytes in hex".to_owned() } else { format!("bytes in hex, or {}", words.join(", ")) }
    };
    if pattern.len() > MAX_TEXT || pattern.trim().is_empty() {
        return Some(Fault::new(format!("the pattern {} is empty or too long", quoted(pattern)), allowed()));
    }
    let all: Vec<&str> = pattern.split_whitespace().collect();
    if let Some(wrong) = all.iter().find(|word| hex_byte(word).is_none() && !words.contains(word)) {
        let message = format!("{} in the pattern is not a byte in hex", quoted(wrong));
        return Some(Fault::new(message, format!("write {}, with spaces between", allowed())));
    }
    if !whole_sysex {
        return None;
    }
    let byte = |at: usize| all.get(at).and_then(|word| hex_byte(word));
    if all.len() < 3 || byte(0) != Some(0xF0) || byte(all.len() - 1) != Some(0xF7) {
        return Some(Fault::new("a system exclusive message begins with F0 and ends with F7", "add them"));
    }
    let inner = &all[1..all.len() - 1];
    // `bb` is a byte in hex, too: the word goes first.
    let high = inner.iter().find(|word| !words.contains(word) && hex_byte(word).is_some_and(|byte| byte > 0x7F));
    high.map(|word| Fault::new(format!("{word} in a system exclusive message is above 7F"), "correct the byte"))
}

pub(crate) fn handshake(handshake: Handshake, transport: Transport, span: &Span, notes: &mut Notes<'_>) {
    let Handshake::Mcu { model } = handshake;
    if transport != Transport::Midi {
        notes.error(span, Fault::new("only a MIDI device speaks Mackie Control", "leave the handshake out"));
    }
    if model > 0x7F {
        let advice = "0x14 is a Mackie Control, 0x15 its extender, 0x10 a Logic Control";
        notes.error(span, Fault::new(format!("the model 0x{model:02X} is above 0x7F"), advice));
    }
}

/// Messages to a device: of startup or shutdown.
pub(crate) fn messages(messages: &[Message], transport: Transport, span: &Span, notes: &mut Notes<'_>) {
    if messages.len() > 1_024 {
        notes.error(span, Fault::new("more than 1024 messages", "send fewer"));
        return;
    }
    for message in messages {
        device_bytes(&message.bytes, transport, span, notes);
        if let Some(fault) = message.reply.as_deref().and_then(|reply| pattern_fault(reply, &[".."], false)) {
            notes.error(span, fault);
        }
        if message.wait_millis > 60_000 {
            notes.error(span, Fault::new("a wait of more than a minute", "waitMillis is 0…60000"));
        }
    }
}

pub(crate) fn heartbeat(beat: &Heartbeat, transport: Transport, span: &Span, notes: &mut Notes<'_>) {
    device_bytes(&beat.bytes, transport, span, notes);
    if !(10..=600_000).contains(&beat.every_millis) {
        notes.error(span, Fault::new("a heartbeat outside of 10…600000 ms", "correct everyMillis"));
    }
}

fn device_bytes(bytes: &str, transport: Transport, span: &Span, notes: &mut Notes<'_>) {
    let sysex =
        transport == Transport::Midi && bytes.trim_start().get(..2).is_some_and(|word| word == "F0" || word == "f0");
    if let Some(fault) = pattern_fault(bytes, &[], sysex) {
        notes.error(span, fault);
        return;
    }
    let parsed: Vec<u8> = bytes.split_whitespace().filter_map(hex_byte).collect();
    match transport {
        Transport::Midi => {
            if let Some(fault) = midi_fault(&parsed) {
                notes.error(span, fault);
            }
        }
        Transport::Hid => {}
        Transport::Osc => notes.error(span, Fault::new("an OSC device takes no bytes", "leave them out")),
    }
}

/// One MIDI message, with as many bytes as its kind has.
fn midi_fault(bytes: &[u8]) -> Option<Fault> {
    let first = *bytes.first()?;
    let length = match first {
        0x80..=0xBF | 0xE0..=0xEF | 0xF2 => 3,
        0xC0..=0xDF | 0xF1 | 0xF3 => 2,
        0xF0 => return None,
        0xF6 | 0xF8 | 0xFA..=0xFC | 0xFE | 0xFF => 1,
        _ => return Some(Fault::new(format!("{first:02X} does not begin a MIDI message"), "begin with a status byte")),
    };
    let right = bytes.len() == length && bytes[1..].iter().all(|byte| *byte < 0x80);
    (!right).then(|| {
        Fault::new(
            format!("a MIDI message with {first:02X} has {length} bytes, below 80 after the first"),
            "correct it",
        )
    })
}

pub(crate) fn quirks(quirks: &Quirks, span: &Span, notes: &mut Notes<'_>) {
    let limits = [
        ("maxMessagesPerSecond", quirks.max_messages_per_second, 1, 100_000),
        ("maxBurst", quirks.max_burst, 1, 100_000),
        ("sysexChunkBytes", quirks.sysex_chunk_bytes, 3, 65_536),
        ("sysexGapMillis", quirks.sysex_gap_millis, 0, 10_000),
    ];
    for (key, value, low, high) in limits {
        if let Some(value) = value.filter(|value| !(low..=high).contains(value)) {
            notes.error(span, Fault::new(format!("{key} = {value} is outside of {low}…{high}"), "correct it"));
        }
    }
}

/// Elements by their ids.
pub(crate) fn by_id<'e>(elements: impl Iterator<Item = &'e Element>) -> BTreeMap<&'e str, &'e Element> {
    elements.map(|element| (element.id.as_str(), element)).collect()
}

/// All that can be wrong with elements, each by itself and with others.
pub(crate) fn elements(elements: &[Located<Element>], notes: &mut Notes<'_>) {
    let mut ids: BTreeMap<&str, Span> = BTreeMap::new();
    let mut claims: BTreeMap<Claim<'_>, &str> = BTreeMap::new();
    for located in elements {
        let element = &located.value;
        let first_copy = located.copy == 0;
        if let Some(fault) = id_fault(&element.id, true) {
            notes.error(located.at("id"), fault);
        }
        if element.name.is_empty() || element.name.len() > 128 {
            let fault =
                Fault::new(format!("element {} has no name", quoted(&element.id)), "write what is printed on it");
            notes.error(located.at("name"), fault);
        }
        if let Some(before) = ids.insert(&element.id, located.span.clone()) {
            let (line, _) = notes.place(before.start);
            let advice = if first_copy { "give it another id" } else { "write {n} in the id" };
            let message = format!("two elements have the id {} (the other is in line {line})", quoted(&element.id));
            notes.error(located.at("id"), Fault::new(message, advice));
        }
        if let Some(fault) = place_fault(element) {
            notes.error(located.at("at"), fault);
        }
        if element.input.is_empty() && element.feedback.is_empty() {
            let message = format!("element {} neither sends nor shows anything", quoted(&element.id));
            notes.warning(&located.span, Fault::new(message, "add input or feedback"));
        }
        for (interaction, source) in &element.input {
            if let Some(fault) = source_fault(source) {
                notes.error(located.at("input"), fault);
            }
            for claim in claimed(source) {
                if let Some(other) = claims.insert(claim, &element.id) {
                    let word = interaction.name();
                    let message =
                        format!("{} of {} sends what {} sends, too", word, quoted(&element.id), quoted(other));
                    let advice =
                        if first_copy { "each source belongs to one element" } else { "repeat: say what grows" };
                    notes.error(located.at("input"), Fault::new(message, advice));
                }
            }
        }
        for (kind, output) in &element.feedback {
            if let Some(fault) = output_fault(*kind, output) {
                notes.error(located.at("feedback"), fault);
            }
        }
    }
    overlaps(elements, notes);
}

fn place_fault(element: &Element) -> Option<Fault> {
    let [left, top, width, height] = element.place()?;
    let inside = |value: f32| (0.0..=1_000.0).contains(&value);
    let right = inside(left) && inside(top) && inside(width) && inside(height) && width > 0.0 && height > 0.0;
    (!right).then(|| Fault::new("its place is outside of the drawing", "at and size are grid units, 0…1000"))
}

/// Warns of elements that lie over one another on the drawing.
fn overlaps(elements: &[Located<Element>], notes: &mut Notes<'_>) {
    for (one, other) in overlapping(elements.iter().map(|located| &located.value)) {
        let message = format!("{} lies over {} on the drawing", quoted(&other.id), quoted(&one.id));
        if let Some(located) = elements.iter().find(|located| std::ptr::eq(&raw const located.value, other)) {
            notes.warning(located.at("at"), Fault::new(message, "move it"));
        }
    }
}

/// Pairs of elements that lie over one another on the drawing.
pub fn overlapping<'e>(elements: impl Iterator<Item = &'e Element>) -> Vec<(&'e Element, &'e Element)> {
    /// Places that only touch do not overlap, whatever the arithmetic lost.
    const SLACK: f32 = 0.001;
    let drawn: Vec<(&Element, [f32; 4])> =
        elements.filter_map(|element| Some((element, element.place()?))).take(MAX_DRAWN).collect();
    let apart = |a: [f32; 4], b: [f32; 4], axis: usize| {
        a[axis] + a[axis + 2] <= b[axis] + SLACK || b[axis] + b[axis + 2] <= a[axis] + SLACK
    };
    let mut pairs = Vec::new();
    for (at, (one, a)) in drawn.iter().enumerate() {
        for (other, b) in &drawn[at + 1..] {
            if !apart(*a, *b, 0) && !apart(*a, *b, 1) {
                pairs.push((*one, *other));
            }
        }
    }
    pairs
}

/// Ids of own elements that the profile has, too.
pub(crate) fn same_elements(elements: &[Located<Element>], profile: &Profile, notes: &mut Notes<'_>) {
    let known = by_id(profile.elements.iter());
    for located in elements.iter().filter(|located| known.contains_key(located.value.id.as_str())) {
        let message = format!("the profile {} has an element {}, too", quoted(&profile.id), quoted(&located.value.id));
        notes.error(located.at("id"), Fault::new(message, "give it another id"));
    }
}

/// What on the wire belongs to a source.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Claim<'s> {
    Cc(u8, u8),
    HidField(u16, u16, u16, Option<crate::source::HatDirection>),
    HidBit(u8, u16),
    Other(&'s Source),
    Osc(&'s str, u16),
    Parameter(bool, u8, u16),
}

fn claimed(source: &Source) -> Vec<Claim<'_>> {
    match source {
        Source::Cc { channel, number, .. } => vec![Claim::Cc(*channel, *number)],
        Source::Cc14 { channel, msb, lsb } => vec![Claim::Cc(*channel, *msb), Claim::Cc(*channel, *lsb)],
        Source::Nrpn { channel, number, .. } => vec![Claim::Parameter(false, *channel, *number)],
        Source::Rpn { channel, number, .. } => vec![Claim::Parameter(true, *channel, *number)],
        Source::Hid { page, usage, instance, hat, .. } => vec![Claim::HidField(*page, *usage, *instance, *hat)],
        Source::HidBits { report, bit, bits, .. } => {
            (0..u16::from(*bits).min(32)).map(|more| Claim::HidBit(*report, bit.saturating_add(more))).collect()
        }
        Source::Osc { address, argument, .. } => vec![Claim::Osc(address, *argument)],
        other => vec![Claim::Other(other)],
    }
}

fn channel_fault(channel: u8) -> Option<Fault> {
    (!(1..=16).contains(&channel)).then(|| Fault::new(format!("MIDI channel {channel}"), "channels are 1…16"))
}

fn seven_bits(what: &str, number: u8) -> Option<Fault> {
    (number > 127).then(|| Fault::new(format!("{what} {number} is above 127"), "write 0…127"))
}

fn parameter_fault(channel: u8, number: u16, bits: u8) -> Option<Fault> {
    channel_fault(channel)
        .or_else(|| (number > 16_383).then(|| Fault::new(format!("parameter {number}"), "parameters are 0…16383")))
        .or_else(|| (bits != 7 && bits != 14).then(|| Fault::new(format!("{bits} bits"), "bits is 7 or 14")))
}

fn halves_fault(channel: u8, msb: u8, lsb: u8) -> Option<Fault> {
    let same = || (msb == lsb).then(|| Fault::new("msb and lsb are the same", "lsb is usually msb + 32"));
    channel_fault(channel).or_else(|| seven_bits("msb", msb)).or_else(|| seven_bits("lsb", lsb)).or_else(same)
}

fn osc_fault(address: &str) -> Option<Fault> {
    let right = address.len() > 1
        && address.len() <= MAX_TEXT
        && address.starts_with('/')
        && address.bytes().all(|byte| byte.is_ascii_graphic() && !b"#*,?[]{}".contains(&byte));
    (!right)
        .then(|| Fault::new(format!("{} is not an OSC address", quoted(address)), "write /name/… without wildcards"))
}

fn bits_fault(bits: u8) -> Option<Fault> {
    (!(1..=32).contains(&bits)).then(|| Fault::new(format!("{bits} bits"), "bits is 1…32"))
}

/// What is wrong with a source by itself.
fn source_fault(source: &Source) -> Option<Fault> {
    match source {
        Source::Note { channel, number }
        | Source::Cc { channel, number, .. }
        | Source::PolyPressure { channel, number }
        | Source::Program { channel, number: Some(number) } => {
            channel_fault(*channel).or_else(|| seven_bits("number", *number))
        }
        Source::Cc14 { channel, msb, lsb } => halves_fault(*channel, *msb, *lsb),
        Source::Nrpn { channel, number, bits } | Source::Rpn { channel, number, bits } => {
            parameter_fault(*channel, *number, *bits)
        }
        Source::PitchBend { channel } | Source::ChannelPressure { channel } | Source::Program { channel, .. } => {
            channel_fault(*channel)
        }
        Source::Sysex { pattern } => pattern_fault(pattern, &["..", "vv", "hh", "ll"], true),
        Source::Realtime { .. } => None,
        Source::Hid { page, .. } => (*page == 0).then(|| Fault::new("usage page 0", "pages begin at 1")),
        Source::HidBits { bits, .. } => bits_fault(*bits),
        Source::Osc { address, range_thousandths: [low, high], .. } => osc_fault(address).or_else(|| {
            (low == high).then(|| Fault::new("rangeThousandths: both ends are the same", "say what is 0 and what is 1"))
        }),
        Source::ComputerKey { key } => {
            (key.is_empty() || key.len() > 64).then(|| Fault::new("a key without a name", "write for example F5"))
        }
    }
}

fn levels_fault(levels: &Levels) -> Option<Fault> {
    if levels.palette.len() > 256 {
        return Some(Fault::new("a palette of more than 256 colours", "leave some out"));
    }
    let numbers = [("off", levels.off), ("on", levels.on), ("blink", levels.blink.unwrap_or_default())];
    numbers.into_iter().find_map(|(what, number)| seven_bits(what, number)).or_else(|| {
        levels.palette.iter().find_map(|colour| {
            let hex = colour.rgb.strip_prefix('#').unwrap_or_default();
            let right = hex.len() == 6 && hex.bytes().all(|byte| byte.is_ascii_hexdigit());
            let wrong = (!right).then(|| Fault::new(format!("{} is no colour", quoted(&colour.rgb)), "write #rrggbb"));
            wrong.or_else(|| seven_bits("the colour's number", colour.number))
        })
    })
}

/// What is wrong with an output by itself, and whether it can show what it is for.
fn output_fault(kind: FeedbackKind, output: &Output) -> Option<Fault> {
    let for_text = matches!(kind, FeedbackKind::Text | FeedbackKind::Text2);
    let is_text = matches!(output, Output::SysexText { .. } | Output::SevenSegment { .. });
    if for_text != is_text && !matches!(output, Output::Osc { .. }) {
        let message = if for_text { "this output shows no text" } else { "this output shows text only" };
        return Some(Fault::new(message, "text needs sysexText, sevenSegment or osc"));
    }
    match output {
        Output::Note { channel, number, levels } | Output::Cc { channel, number, levels } => {
            channel_fault(*channel).or_else(|| seven_bits("number", *number)).or_else(|| levels_fault(levels))
        }
        Output::Cc14 { channel, msb, lsb } => halves_fault(*channel, *msb, *lsb),
        Output::Nrpn { channel, number, bits } => parameter_fault(*channel, *number, *bits),
        Output::PitchBend { channel } | Output::ChannelPressure { channel } => channel_fault(*channel),
        Output::McuRing { strip, .. } | Output::McuMeter { strip } => {
            (*strip > 7).then(|| Fault::new(format!("strip {strip}"), "strips are 0…7"))
        }
        Output::Sysex { pattern } => pattern_fault(pattern, &["vv", "hh", "ll", "rr", "gg", "bb"], true),
        Output::SysexText { pattern, offset, length } => pattern_fault(pattern, &["oo", "tt"], true).or_else(|| {
            let words: Vec<&str> = pattern.split_whitespace().collect();
            let text = words.iter().filter(|word| **word == "tt").count();
            let wrong = text != 1 || *length == 0 || usize::from(*offset) + usize::from(*length) > 128;
            let advice = "one tt in the pattern, length from 1, offset + length up to 128";
            wrong.then(|| Fault::new("this text has no room", advice))
        }),
        Output::SevenSegment { number, digits } => {
            let wrong = *digits == 0 || u16::from(*number) + u16::from(*digits) > 128;
            wrong.then(|| Fault::new("these digits have no numbers", "number + digits is 1…128"))
        }
        Output::HidBits { bits, .. } => bits_fault(*bits),
        Output::Osc { address, .. } => osc_fault(address),
    }
}

/// All that can be wrong with mappings. `complete`: every element that there can be is among the known ones.
pub(crate) fn mappings(
    mappings: &[Located<Mapping>],
    known: &BTreeMap<&str, &Element>,
    complete: bool,
    notes: &mut Notes<'_>,
) {
    let mut ids: BTreeMap<&str, Span> = BTreeMap::new();
    let mut by_input: BTreeMap<(&str, Interaction), Vec<&Located<Mapping>>> = BTreeMap::new();
    let mut by_element: BTreeMap<&str, Vec<&Located<Mapping>>> = BTreeMap::new();
    for located in mappings {
        let mapping = &located.value;
        if let Some(fault) = id_fault(&mapping.id, true) {
            notes.error(located.at("id"), fault);
        }
        if let Some(before) = ids.insert(&mapping.id, located.span.clone()) {
            let (line, _) = notes.place(before.start);
            let advice = if located.copy == 0 { "give it another id" } else { "write {n} in the id" };
            let message = format!("two mappings have the id {} (the other is in line {line})", quoted(&mapping.id));
            notes.error(located.at("id"), Fault::new(message, advice));
        }
        if let Some(fault) = glue_fault(&mapping.glue) {
            notes.error(located.at("glue"), fault);
        }
        if let Some(fault) = target_fault(&mapping.target, 0) {
            notes.error(located.at("target"), fault);
        }
        match known.get(mapping.element.as_str()) {
            Some(element) => element_of(located, element, notes),
            None if complete => {
                let message = format!("there is no element {}", quoted(&mapping.element));
                let advice = did_you_mean(&mapping.element, known.keys().copied());
                let advice = if advice.is_empty() { "name an element of this device".to_owned() } else { advice };
                notes.error(located.at("element"), Fault::new(message, advice));
            }
            None => {}
        }
        if mapping.enabled {
            by_element.entry(&mapping.element).or_default().push(located);
            if !shows_only(&mapping.target) {
                by_input.entry((&mapping.element, mapping.interaction)).or_default().push(located);
            }
        }
    }
    for ((element, interaction), group) in &by_input {
        same_input(element, *interaction, group, notes);
    }
    for (element, group) in &by_element {
        if let Some(element) = known.get(element) {
            same_feedback(element, group, notes);
        }
    }
}

fn element_of(located: &Located<Mapping>, element: &Element, notes: &mut Notes<'_>) {
    let mapping = &located.value;
    if !shows_only(&mapping.target) && !element.input.contains_key(&mapping.interaction) {
        let has: Vec<&str> = element.input.keys().map(|interaction| interaction.name()).collect();
        let has = if has.is_empty() { "it only shows".to_owned() } else { format!("it has {}", has.join(", ")) };
        let message = format!("element {} has no {}", quoted(&element.id), mapping.interaction.name());
        notes.error(located.at("interaction"), Fault::new(message, has));
    }
    for kind in mapping.feedback.iter().flatten().filter(|kind| !element.feedback.contains_key(kind)) {
        let message = format!("element {} has no {:?} to show anything", quoted(&element.id), kind).to_lowercase();
        notes.error(located.at("feedback"), Fault::new(message, "name what the element has"));
    }
}

/// Nothing to control: the mapping is there for its feedback, whatever its interaction is.
pub fn shows_only(target: &Target) -> bool {
    matches!(target, Target::Name { .. } | Target::Meter { .. } | Target::Position)
}

/// Two mappings of one input with one activation; kinds of presses are told apart.
fn same_input(element: &str, interaction: Interaction, group: &[&Located<Mapping>], notes: &mut Notes<'_>) {
    for (at, located) in group.iter().enumerate().take(MAX_DRAWN) {
        let same = group[..at].iter().find(|before| {
            before.value.when == located.value.when
                && discriminant(&before.value.glue.fire) == discriminant(&located.value.glue.fire)
                && before.value.glue.button == located.value.glue.button
                && before.value.glue.source_range == located.value.glue.source_range
        });
        if let Some(before) = same {
            let (line, _) = notes.place(before.span.start);
            let message = format!(
                "{} of {} is mapped twice at the same time: {} (line {line}) and {}",
                interaction.name(),
                quoted(element),
                quoted(&before.value.id),
                quoted(&located.value.id)
            );
            notes.error(&located.span, Fault::new(message, "disable one, or say when each is active"));
        }
    }
}

/// Two mappings that want to show something on the same part of an element at the same time.
fn same_feedback(element: &Element, group: &[&Located<Mapping>], notes: &mut Notes<'_>) {
    let shown = |mapping: &Mapping, kind: FeedbackKind| match &mapping.feedback {
        Some(kinds) => kinds.contains(&kind),
        None => true,
    };
    for (at, located) in group.iter().enumerate().take(MAX_DRAWN) {
        for before in &group[..at] {
            let both = element.feedback.keys().copied().find(|kind| {
                shown(&before.value, *kind) && shown(&located.value, *kind) && before.value.when == located.value.when
            });
            if let Some(kind) = both {
                let message = format!(
                    "{} and {} both show on the {} of {}",
                    quoted(&before.value.id),
                    quoted(&located.value.id),
                    format!("{kind:?}").to_lowercase(),
                    quoted(&element.id)
                );
                notes.warning(&located.span, Fault::new(message, "say with feedback = […] which shows what"));
                break;
            }
        }
    }
}

fn glue_fault(glue: &Glue) -> Option<Fault> {
    let unit = |value: f64| (0.0..=1.0).contains(&value);
    let wrong = |what: &str, advice: &str| Some(Fault::new(format!("glue: {what}"), advice));
    let [low, high] = glue.source_range;
    if !unit(low) || !unit(high) || low >= high {
        return wrong("sourceRange is not a range", "write two numbers 0…1, the smaller first");
    }
    if !glue.target_range.into_iter().all(unit) {
        return wrong("targetRange is outside of 0…1", "write two numbers 0…1");
    }
    if !unit(glue.takeover_tolerance) {
        return wrong("takeoverTolerance is outside of 0…1", "0.02 is usual");
    }
    if glue.step_size.is_some_and(|[small, large]| !(small > 0.0 && small <= large && large <= 1.0)) {
        return wrong("stepSize is not a range", "write two numbers above 0 up to 1, the smaller first");
    }
    if glue.speed == 0 {
        return wrong("speed 0 never moves", "write 1, or -2 for every second step");
    }
    if glue.sequence.len() > 128 || !glue.sequence.iter().copied().all(unit) {
        return wrong("sequence is too long or outside of 0…1", "write up to 128 numbers 0…1");
    }
    if !(0.0..=0.5).contains(&glue.dead_zone) {
        return wrong("deadZone is outside of 0…0.5", "correct it");
    }
    if glue.smoothing_millis > 10_000 {
        return wrong("smoothingMillis is above 10000", "correct it");
    }
    if glue.transform.as_ref().is_some_and(|text| text.trim().is_empty() || text.len() > MAX_TEXT) {
        return wrong("transform is empty or too long", "write an expression of x, for example x^2");
    }
    curve_fault(&glue.curve).or_else(|| fire_fault(&glue.fire))
}

fn curve_fault(curve: &Curve) -> Option<Fault> {
    let right = match curve {
        Curve::Linear => true,
        Curve::Power { exponent } => (0.1..=10.0).contains(exponent),
        Curve::S { bend } => (0.0..=1.0).contains(bend),
        Curve::Points { points } => {
            (2..=256).contains(&points.len())
                && points.iter().flatten().all(|value| (0.0..=1.0).contains(value))
                && points.windows(2).all(|pair| pair[0][0] <= pair[1][0])
        }
    };
    let advice = "exponent is 0.1…10, bend 0…1, points are at least two, 0…1, from left to right";
    (!right).then(|| Fault::new("glue: the curve's numbers are out of range", advice))
}

fn fire_fault(fire: &Fire) -> Option<Fault> {
    let times = match *fire {
        Fire::AtOnce => return None,
        Fire::ShortPress { within_millis: a } | Fire::LongPress { after_millis: a } => [a, a],
        Fire::DoublePress { within_millis: a } => [a, a],
        Fire::Turbo { after_millis, every_millis } => [after_millis.max(1), every_millis],
    };
    let right = times.into_iter().all(|time| (1..=10_000).contains(&time));
    (!right).then(|| Fault::new("glue: a time of the press is outside of 1…10000 ms", "correct it"))
}

fn selector_fault(selector: &Selector) -> Option<Fault> {
    let text = match selector {
        Selector::Id { id } => id,
        Selector::Name { name } => name,
        _ => return None,
    };
    (text.is_empty() || text.len() > MAX_TEXT).then(|| Fault::new("a channel without a name", "write its id or name"))
}

fn target_fault(target: &Target, depth: u8) -> Option<Fault> {
    let named = |what: &str, text: &str| {
        let right = !text.is_empty() && text.len() <= MAX_TEXT;
        (!right).then(|| Fault::new(format!("target: {what} is empty or too long"), "write it"))
    };
    match target {
        Target::Gain { of }
        | Target::Pan { of }
        | Target::SendLevel { of, .. }
        | Target::NodeParameter { of, .. }
        | Target::Flag { of, .. }
        | Target::Select { of }
        | Target::Name { of }
        | Target::Meter { of } => selector_fault(of),
        Target::Parameter { parameter_id } => named("parameterId", parameter_id),
        Target::Page { page } => named("page", page),
        Target::Modifier { name } => named("name", name),
        Target::Intent { name, .. } => named("name", name),
        Target::Bank { by: 0 } | Target::PageBy { by: 0 } => {
            Some(Fault::new("target: by 0 goes nowhere", "write 1 or -1"))
        }
        Target::SendMidi { bytes } => pattern_fault(bytes, &["vv"], false),
        Target::SendOsc { address } => osc_fault(address),
        Target::Macro { steps } => {
            if steps.is_empty() || steps.len() > 64 || depth >= 4 {
                let advice = "write 1…64 steps, macros in macros up to 4 deep";
                return Some(Fault::new("target: a macro that is empty, too long or too deep", advice));
            }
            steps.iter().find_map(|step| target_fault(step, depth + 1))
        }
        Target::LastTouched
        | Target::Transport { .. }
        | Target::Bank { .. }
        | Target::PageBy { .. }
        | Target::Undo
        | Target::Redo
        | Target::Position => None,
    }
}
