//! Elements of a device that no profile knows, from what it says of itself.

use crate::element::{Element, ElementKind, FeedbackKind, Interaction};
use crate::facts::DeviceFacts;
use crate::hid::{Field, Layout, usage_name};
use crate::output::Output;
use crate::profile::Transport;
use crate::source::{HidCode, Source};
use std::collections::BTreeMap;

/// Elements in a row of the drawing.
const COLUMNS: usize = 8;
/// Elements of one device; keyboards have 128 keys.
const MAX_ELEMENTS: usize = 256;

/// The elements that a device's own description promises. A HID device says what it has; a MIDI port does not, so it has
/// nothing until it is learned, except the keys and wheels of what calls itself a keyboard. Ids are those of the sources.
pub fn elements(facts: &DeviceFacts) -> Vec<Element> {
    let mut elements = match facts.transport {
        Transport::Hid => {
            let layout = facts.descriptor.as_deref().and_then(|bytes| Layout::parse(bytes).ok());
            layout.map(|layout| hid_elements(&layout)).unwrap_or_default()
        }
        Transport::Midi if is_keyboard(&facts.name) => keyboard_elements(),
        Transport::Midi | Transport::Osc => Vec::new(),
    };
    elements.truncate(MAX_ELEMENTS);
    place(&mut elements);
    elements
}

/// An element with one source, as learning and generic layouts make it: the source's text is its id.
pub fn element(source: Source, kind: ElementKind, interaction: Interaction) -> Element {
    Element {
        id: source.to_string(),
        name: source.human_name(),
        kind,
        at: None,
        size: None,
        input: BTreeMap::from([(interaction, source)]),
        feedback: BTreeMap::new(),
    }
}

fn hid_elements(layout: &Layout) -> Vec<Element> {
    let inputs = layout.inputs.iter().filter(|field| !is_private(field)).map(|field| {
        let Field { page, usage, instance, .. } = *field;
        let code = match field {
            Field { relative: true, .. } => HidCode::Relative,
            Field { wraps: true, .. } if !field.is_hat() => HidCode::Rolling,
            _ => HidCode::Absolute,
        };
        let (kind, interaction) = match code {
            _ if field.is_hat() => (ElementKind::Hat, Interaction::Move),
            HidCode::Relative | HidCode::Rolling => (ElementKind::Encoder, Interaction::Turn),
            HidCode::Absolute if field.is_button() => (ElementKind::Button, Interaction::Press),
            HidCode::Absolute => (ElementKind::Axis, Interaction::Move),
        };
        element(Source::Hid { page, usage, instance, code, hat: None }, kind, interaction)
    });
    let lights = layout.outputs.iter().filter(|field| !is_private(field) && field.is_button()).filter_map(|field| {
        let bit = u16::try_from(field.bit).ok()?;
        let name = usage_name(field.page, field.usage);
        let name = if field.instance > 0 { format!("{name} ({})", u32::from(field.instance) + 1) } else { name };
        let output = Output::HidBits { report: field.report, bit, bits: field.bits, feature: false };
        Some(Element {
            id: format!("light.{}.{}.{}", field.page, field.usage, field.instance),
            name,
            kind: ElementKind::Display,
            at: None,
            size: None,
            input: BTreeMap::new(),
            feedback: BTreeMap::from([(FeedbackKind::Led, output)]),
        })
    });
    inputs.chain(lights).collect()
}

/// What only its maker understands, and keys and touches of the computer itself, which are not to be taken away.
fn is_private(field: &Field) -> bool {
    field.page >= 0xFF00 || field.page == 0x07 || field.page == 0x0D
}

/// What calls itself a keyboard.
fn is_keyboard(name: &str) -> bool {
    let name = name.to_lowercase();
    name.split(|letter: char| !letter.is_alphabetic()).any(|word| {
        word.starts_with("key") || word.starts_with("clavi") || matches!(word, "piano" | "epiano" | "organ" | "synth")
    })
}

fn keyboard_elements() -> Vec<Element> {
    let keys = (0..128).map(|number| {
        let mut key = element(Source::Note { channel: 1, number }, ElementKind::Key, Interaction::Press);
        key.input.insert(Interaction::Pressure, Source::PolyPressure { channel: 1, number });
        key
    });
    let cc = |number| Source::Cc { channel: 1, number, relative: None };
    let named = |name: &str, element: Element| Element { name: name.to_owned(), ..element };
    let mut elements = vec![
        named("Pitch", element(Source::PitchBend { channel: 1 }, ElementKind::Wheel, Interaction::Move)),
        named("Modulation", element(cc(1), ElementKind::Wheel, Interaction::Move)),
        named("Sustain pedal", element(cc(64), ElementKind::Button, Interaction::Press)),
    ];
    elements.extend(keys);
    elements
}

/// In rows, a new one for each kind.
fn place(elements: &mut [Element]) {
    let (mut row, mut column, mut last) = (0_usize, 0_usize, None);
    for element in elements {
        if last.is_some_and(|last| last != element.kind) || column == COLUMNS {
            row += 1;
            column = 0;
        }
        last = Some(element.kind);
        element.at = Some([column as f32, row as f32]);
        column += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::Decoder;
    use crate::encode::Encoder;
    use crate::hid::descriptor::tests::{DECK, GAMEPAD, KEYBOARD};
    use proptest::prelude::*;

    fn hid(descriptor: &[u8]) -> Vec<Element> {
        let facts =
            DeviceFacts { transport: Transport::Hid, descriptor: Some(descriptor.to_vec()), ..DeviceFacts::default() };
        elements(&facts)
    }

    fn midi(name: &str) -> Vec<Element> {
        elements(&DeviceFacts { name: name.to_owned(), ..DeviceFacts::default() })
    }

    #[test]
    fn a_gamepad_is_there_at_once() {
        let elements = hid(GAMEPAD);
        let kinds = |kind| elements.iter().filter(|element| element.kind == kind).count();
        assert_eq!([kinds(ElementKind::Button), kinds(ElementKind::Axis), kinds(ElementKind::Hat)], [12, 3, 1]);
        assert_eq!((elements[2].id.as_str(), elements[2].name.as_str()), ("hid.9.3", "Button 3"));
        assert_eq!((elements[8].at, elements[12].at), (Some([0.0, 1.0]), Some([0.0, 2.0])));
    }

    #[test]
    fn a_deck_has_encoders_and_lights() {
        let elements = hid(DECK);
        let ids: Vec<_> = elements.iter().take(4).map(|element| element.id.as_str()).collect();
        assert_eq!(ids, ["hid.1.54", "hid.1.56.relative", "hid.1.55.rolling", "light.8.75.0"]);
        assert_eq!(elements.len(), 3 + 16);
    }

    #[test]
    fn the_computers_keyboard_is_left_alone_and_a_port_is_learned() {
        assert!(hid(KEYBOARD).iter().all(|element| element.kind == ElementKind::Display));
        assert_eq!(midi("USB MIDI Interface"), []);
        assert_eq!(midi("Keystation 49").len(), 131);
    }

    proptest! {
        #[test]
        fn whatever_is_promised_can_be_heard_and_shown(descriptor in prop::collection::vec(any::<u8>(), 0..200)) {
            for descriptor in [descriptor.as_slice(), GAMEPAD, KEYBOARD, DECK] {
                let elements = hid(descriptor);
                prop_assert!(Decoder::new(&elements, Transport::Hid, Some(descriptor)).problems().is_empty());
                prop_assert!(Encoder::new(&elements, Transport::Hid, Some(descriptor)).problems().is_empty());
            }
        }
    }
}
