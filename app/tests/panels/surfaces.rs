//! The surfaces panel: devices, the drawing, the table, the monitor, from pictures made by hand.

use crate::stage::{Stage, empty, open};
use eframe::egui::{Modifiers, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};
use loophole::panels::surfaces::{SurfacesPanelState, surfaces_ui};
use loophole_pulse::event::{ModelEvent, Payload, Reply, Ticket};
use loophole_pulse::view::SessionView;
use loophole_pulse::view::surfaces::surface_mapping::{Glue, Selector, When};
use loophole_pulse::view::surfaces::*;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

type Window = Harness<'static, Stage<SurfacesPanelState>>;

pub(crate) fn element(id: &str, name: &str, kind: ElementKind, at: [f32; 2], interaction: Interaction) -> Element {
    let source = match (kind, interaction) {
        (ElementKind::Encoder, Interaction::Turn) => {
            Source::Cc { channel: 1, number: 16, relative: Some(surface_source::RelativeCode::SignMagnitude) }
        }
        (_, Interaction::Press) => Source::Note { channel: 1, number: 8 },
        _ => Source::Cc { channel: 1, number: 7, relative: None },
    };
    let input = if kind == ElementKind::Display { BTreeMap::new() } else { BTreeMap::from([(interaction, source)]) };
    Element { id: id.into(), name: name.into(), kind, at: Some(at), size: None, input, feedback: BTreeMap::new() }
}

/// Eight strips with encoder, two buttons, fader; a display above, a jog wheel and keys beside.
pub(crate) fn desk() -> Vec<Element> {
    let mut elements = Vec::new();
    for strip in 0..8 {
        let (number, x) = (strip + 1, strip as f32 * 1.25);
        let mut display = element(
            &format!("display-{number}"),
            &format!("Display {number}"),
            ElementKind::Display,
            [x, 0.0],
            Interaction::Press,
        );
        display.size = Some([1.2, 0.8]);
        elements.push(display);
        let place = |y: f32| [x + 0.1, y];
        let add = |id: &str, name: &str, kind, y, interaction| {
            element(&format!("{id}-{number}"), &format!("{name} {number}"), kind, place(y), interaction)
        };
        elements.push(add("encoder", "Encoder", ElementKind::Encoder, 0.9, Interaction::Turn));
        elements.push(add("mute", "Mute", ElementKind::Button, 2.0, Interaction::Press));
        elements.push(add("solo", "Solo", ElementKind::Button, 2.8, Interaction::Press));
        elements.push(add("fader", "Fader", ElementKind::Fader, 3.6, Interaction::Move));
    }
    elements.push(element("jog", "Jog", ElementKind::Jog, [10.4, 3.6], Interaction::Turn));
    elements.push(element("play", "Play", ElementKind::Button, [10.4, 6.7], Interaction::Press));
    elements.push(element("stop", "Stop", ElementKind::Button, [11.4, 6.7], Interaction::Press));
    elements.push(element("record", "Rec", ElementKind::Button, [12.4, 6.7], Interaction::Press));
    for pad in 0..6 {
        let at = [10.4 + (pad % 3) as f32, 1.0 + (pad / 3) as f32];
        elements.push(element(
            &format!("pad-{pad}"),
            &format!("Pad {}", pad + 1),
            ElementKind::Pad,
            at,
            Interaction::Press,
        ));
    }
    elements
}

pub(crate) fn live(elements: &[Element], now_nanos: u64) -> Vec<LiveElement> {
    let names = ["Kick", "Snare", "Hats", "Tom fill", "Bass", "Guitar", "Pad", "Choir"];
    let strip = |element: &Element| -> usize {
        element.id.rsplit('-').next().and_then(|number| number.parse().ok()).unwrap_or(1_usize).saturating_sub(1) % 8
    };
    elements
        .iter()
        .map(|element| {
            let (mut one, at) = (LiveElement::default(), strip(element));
            let place = (at as f64 * 0.37 + 0.2) % 1.0;
            match element.kind {
                ElementKind::Display => {
                    one.shown.insert(FeedbackKind::Text, Shown::Text(names[at].to_owned()));
                    one.shown.insert(FeedbackKind::Text2, Shown::Text(format!("{:+.1} dB", place * 12.0 - 9.0)));
                }
                ElementKind::Encoder => {
                    one.shown.insert(FeedbackKind::Ring, Shown::Place(place));
                    one.input.insert(Interaction::Turn, (LiveInput::Turned(at as i64 * 3), 0));
                    one.controls = Some(format!("{} · pan L{}", names[at], at * 10));
                }
                ElementKind::Fader => {
                    one.shown.insert(FeedbackKind::Motor, Shown::Place(place));
                    one.input.insert(Interaction::Move, (LiveInput::Place(place), if at == 2 { now_nanos } else { 0 }));
                    one.controls = Some(format!("{} · volume {:+.1} dB", names[at], place * 12.0 - 9.0));
                }
                ElementKind::Button | ElementKind::Pad => {
                    let lit = if at % 3 == 0 { Light::On } else { Light::Off };
                    one.shown.insert(FeedbackKind::Led, Shown::Light(lit));
                    if element.kind == ElementKind::Pad {
                        let rgb = [[224, 80, 80], [90, 190, 120], [90, 140, 230]][at % 3];
                        one.shown.insert(FeedbackKind::Led, Shown::Light(Light::On));
                        one.shown.insert(FeedbackKind::Colour, Shown::Colour(rgb));
                    }
                    one.controls = Some(format!("{} · {}", names[at], element.name));
                }
                _ => {}
            }
            one
        })
        .collect()
}

pub(crate) fn mappings(elements: &[Element]) -> Vec<MappingView> {
    let mut rows = Vec::new();
    for (at, element) in elements.iter().filter(|element| !element.input.is_empty()).enumerate() {
        let (interaction, _) = element.input.iter().next().unwrap();
        let index =
            element.id.rsplit('-').next().and_then(|number| number.parse::<u16>().ok()).unwrap_or(1).saturating_sub(1);
        let of = Selector::Bank { index };
        let (target, text) = match element.kind {
            ElementKind::Fader => (Target::Gain { of }, format!("Volume of track {} of the bank", index + 1)),
            ElementKind::Encoder => (Target::Pan { of }, format!("Pan of track {} of the bank", index + 1)),
            _ => (
                Target::Flag { of, flag: surface_mapping::target::Flag::Mute },
                format!("Mute of track {} of the bank", index + 1),
            ),
        };
        let word = match interaction {
            Interaction::Move => "move",
            Interaction::Turn => "turn",
            _ => "press",
        };
        let glue = match at % 5 {
            1 => Glue { reverse: true, target_range: [0.0, 0.8], ..Glue::default() },
            3 => Glue { takeover: surface_mapping::glue::Takeover::Pickup, ..Glue::default() },
            _ => Glue::default(),
        };
        let page = (at % 7 == 3).then(|| "Mix".to_owned());
        rows.push(MappingView {
            mapping: Mapping {
                id: format!("m-{}", element.id),
                name: String::new(),
                enabled: at % 9 != 8,
                element: element.id.clone(),
                interaction: *interaction,
                when: When { page, ..When::default() },
                glue,
                target,
                feedback: None,
            },
            scope: [MappingScope::Factory, MappingScope::User, MappingScope::Project][at % 3],
            source: format!("{} · {word}", element.name),
            target: text,
            target_now: if at % 11 == 10 {
                Err("The bank has no track here.".into())
            } else {
                Ok(format!("Track {}, −6.0 dB", index + 1))
            },
            active: at % 4 != 3,
            soloed: false,
        });
    }
    rows
}

pub(crate) fn device(number: u32, name: &str, state: SurfaceState) -> SurfaceView {
    let elements = desk();
    SurfaceView {
        device: number,
        name: name.into(),
        model: Some(ModelSummary {
            profile_id: "acme-desk".into(),
            vendor: "Acme".into(),
            name: "Desk".into(),
            class: DeviceClass::Mcu,
        }),
        transport: Transport::Midi,
        state,
        confidence: 0.96,
        reasons: vec!["USB 1234:0001 is Acme's".into(), "It answered the identity request".into()],
        trouble: None,
        simulated: false,
        ports: vec![format!("{name} MIDI 1")],
        could_be: Vec::new(),
        live: Arc::new(live(&elements, 0)),
        mappings: Arc::new(mappings(&elements)),
        elements: Arc::new(elements),
        page: Some("Mix".into()),
        pages: vec!["Mix".into(), "Sends".into()],
        bank: 0,
        modifiers: Vec::new(),
        events: 42,
    }
}

pub(crate) fn with_devices(devices: Vec<SurfaceView>) -> SessionView {
    let mut view = empty();
    view.surfaces.devices = Arc::new(devices.into_iter().map(Arc::new).collect());
    view.surfaces.profiles = Arc::new(vec![
        ProfileSummary {
            id: "acme-desk".into(),
            vendor: "Acme".into(),
            name: "Desk".into(),
            class: DeviceClass::Mcu,
            transport: Transport::Midi,
            own: false,
        },
        ProfileSummary {
            id: "zeta-pads".into(),
            vendor: "Zeta".into(),
            name: "Pads 64".into(),
            class: DeviceClass::Pads,
            transport: Transport::Midi,
            own: true,
        },
    ]);
    view
}

fn surfaces(view: SessionView) -> Window {
    let mut window = open::<SurfacesPanelState>(view, |ui, session, state, actions| {
        surfaces_ui(ui, session, state, actions);
        state.follow_monitor(actions);
    });
    window.set_size(vec2(1_280.0, 720.0));
    window.run_ok();
    window
}

fn click(window: &mut Window, name: &str) {
    window.get_by_label(name).click();
    window.run_ok();
}

fn asked(window: &Window) -> String {
    window.state().pulse.take_asked_text()
}

#[test]
fn with_nothing_plugged_in_it_says_what_to_do_and_offers_the_simulator() {
    let mut window = surfaces(with_devices(Vec::new()));
    assert!(window.query_by_label("No control surface yet").is_some());
    click(&mut window, "Try a simulated device");
    window.get_by_label("Search profiles").type_text("pads");
    window.run_ok();
    assert!(window.query_by_label("Profile Acme Desk").is_none());
    click(&mut window, "Profile Zeta Pads 64");
    assert_eq!(asked(&window), r#"surface.simulate {"profileId":"zeta-pads"}"#);
}

#[test]
fn a_device_says_its_state_and_why_it_was_recognised() {
    let mut window = surfaces(with_devices(vec![device(1, "Desk", SurfaceState::Live)]));
    assert!(window.query_by_label("Surface Desk, Live").is_some());
    click(&mut window, "Why Desk was recognised");
    assert!(window.query_by_label("USB 1234:0001 is Acme's").is_some());
}

#[test]
fn trouble_and_ties_ask_the_person() {
    let mut tied = device(3, "Desk", SurfaceState::Tied);
    tied.trouble = Some("It does not answer. Switch it off and on again.".into());
    tied.could_be = vec![
        KnownSurface { known: "a".into(), name: "Left desk".into(), place: "USB 1-2".into() },
        KnownSurface { known: "b".into(), name: "Right desk".into(), place: "USB 1-3".into() },
    ];
    let mut window = surfaces(with_devices(vec![tied]));
    assert!(window.query_by_label("It does not answer. Switch it off and on again.").is_some());
    click(&mut window, "It is Right desk at USB 1-3");
    assert_eq!(asked(&window), r#"surface.settleTie {"device":3,"known":"b"}"#);
    click(&mut window, "A new one");
    assert_eq!(asked(&window), r#"surface.settleTie {"device":3,"known":null}"#);
    click(&mut window, "Ignore Desk");
    assert_eq!(asked(&window), r#"surface.ignore {"device":3}"#);
}

#[test]
fn an_unknown_device_gets_a_profile_or_is_learned() {
    let mut unknown = device(4, "Gizmo", SurfaceState::Unknown);
    unknown.model = None;
    let mut window = surfaces(with_devices(vec![unknown]));
    click(&mut window, "Choose a profile for the unknown device");
    click(&mut window, "Profile Acme Desk");
    assert_eq!(asked(&window), r#"surface.adopt {"device":4,"profileId":"acme-desk"}"#);
    click(&mut window, "Learn the controls of Gizmo");
    assert!(asked(&window).starts_with(r#"surface.learnBegin {"device":4,"target":null,"batch":true"#));
}

#[test]
fn a_click_on_an_element_filters_the_table_to_it() {
    let mut window = surfaces(with_devices(vec![device(1, "Desk", SurfaceState::Live)]));
    let rows = |window: &Window| {
        window.query_all_by(|node| node.label().is_some_and(|label| label.starts_with("Mapping "))).count()
    };
    assert!(rows(&window) > 3);
    click(&mut window, "Fader 3 on Desk");
    assert_eq!(rows(&window), 1);
    let value = window.get_by_label("Fader 3 on Desk").value();
    assert!(value.as_deref().is_some_and(|value| value.contains("Hats · volume")), "{value:?}");
    let facts = window.get_by_label("Fader 3 on Desk").accesskit_node().description();
    assert!(facts.is_some_and(|facts| facts.contains("Hand, move")));
    assert_eq!(asked(&window), "", "a real device is not played by the mouse");
    click(&mut window, "Show the mappings of all elements");
    assert!(rows(&window) > 3);
}

#[test]
fn a_simulated_device_is_played_by_the_mouse() {
    let mut view = with_devices(vec![device(7, "Desk", SurfaceState::Live)]);
    Arc::make_mut(&mut Arc::make_mut(&mut view.surfaces.devices)[0]).simulated = true;
    let mut window = surfaces(view);
    click(&mut window, "Play on Desk");
    let play = asked(&window);
    let lines: Vec<&str> = play.lines().collect();
    let press = r#"surface.simulateInput {"device":7,"element":"play","interaction":"press","value":"#;
    assert_eq!(lines, [format!("{press}1.0}}"), format!("{press}0.0}}")], "{play}");
    let fader = window.get_by_label("Fader 1 on Desk").rect().center();
    window.hover_at(fader);
    window.step();
    window.drag_at(fader);
    window.step();
    window.hover_at(fader - vec2(0.0, 20.0));
    window.step();
    window.drop_at(fader - vec2(0.0, 20.0));
    window.run_ok();
    let moved = asked(&window);
    assert!(moved.contains(r#""element":"fader-1","interaction":"move","value":0."#), "{moved}");
    window.get_by_label("Encoder 2 on Desk").focus();
    window.run_ok();
    window.key_press(eframe::egui::Key::ArrowUp);
    window.run_ok();
    let turned = asked(&window);
    assert!(turned.contains(r#""element":"encoder-2","interaction":"turn","value":1.0"#), "{turned}");
    click(&mut window, "End simulation of Desk");
    assert_eq!(asked(&window), r#"surface.simulateEnd {"device":7}"#);
}

#[test]
fn mappings_are_switched_soloed_and_removed_in_the_table() {
    let mut window = surfaces(with_devices(vec![device(1, "Desk", SurfaceState::Live)]));
    let of = "mapping Encoder 1 · turn to Pan of track 1 of the bank";
    click(&mut window, &format!("Enable {of}"));
    let change = asked(&window);
    assert!(change.starts_with("surface.updateMapping") && change.contains(r#""enabled":false"#), "{change}");
    click(&mut window, &format!("Solo {of}"));
    assert_eq!(asked(&window), r#"surface.soloMapping {"device":1,"mappingId":"m-encoder-1"}"#);
    click(&mut window, "Remove mapping Mute 1 · press to Mute of track 1 of the bank");
    assert_eq!(asked(&window), r#"surface.removeMapping {"device":1,"mappingIds":["m-mute-1"]}"#);
    click(&mut window, &format!("Remove {of}"));
    assert_eq!(asked(&window), "", "what comes with the profile stays");
}

#[test]
fn the_monitor_is_on_while_somebody_looks() {
    let mut view = with_devices(vec![device(1, "Desk", SurfaceState::Live)]);
    let entry = MonitorEntry {
        number: 1,
        at_nanos: 3_723_004_000_000,
        device: 1,
        bytes: Arc::from([0xB0, 7, 100]),
        message: "CC 7 = 100, channel 1".into(),
        element: Some("Fader 1".into()),
        why: vec![WhyLine { kind: WhyKind::Intent, text: "parameter.updateGesture p3 to −2.0 dB".into() }],
    };
    view.surfaces.monitor = Arc::new(VecDeque::from([Arc::new(entry)]));
    let mut window = surfaces(view);
    click(&mut window, "Show monitor");
    assert_eq!(asked(&window), r#"surface.monitor {"on":true}"#);
    assert!(window.query_by_label("Asked: parameter.updateGesture p3 to −2.0 dB").is_some());
    click(&mut window, "Clear the monitor");
    assert!(window.query_by_label("Event 1: CC 7 = 100, channel 1").is_none());
    click(&mut window, "Show mappings");
    assert_eq!(asked(&window), r#"surface.monitor {"on":false}"#);
    window.key_press_modifiers(Modifiers::NONE, eframe::egui::Key::Escape);
}

#[test]
fn who_is_in_the_way_of_a_new_mapping_is_asked_first() {
    let mut window = surfaces(with_devices(vec![device(1, "Desk", SurfaceState::Live)]));
    click(&mut window, "Add a mapping");
    assert!(asked(&window).starts_with("surface.checkMapping"));
    let conflict = ConflictView {
        mapping_id: "m-encoder-1".into(),
        scope: MappingScope::User,
        description: "Encoder 1 turns the pan of track 1".into(),
        replaceable: true,
    };
    let reply = Reply { revision: 1, payload: Payload::of(&serde_json::json!({ "conflicts": [conflict] })) };
    let answer =
        ModelEvent::Answered { ticket: Ticket(1), domain: "surface", name: "checkMapping", outcome: Ok(reply) };
    window.state().pulse.events.lock().unwrap().push(answer);
    window.run_ok();
    assert!(window.query_by_label("Encoder 1 turns the pan of track 1").is_some());
    assert_eq!(asked(&window), "", "nothing is saved before the choice");
    click(&mut window, "Replace");
    let saved = asked(&window);
    assert!(saved.starts_with("surface.addMapping") && saved.contains(r#""replace":["m-encoder-1"]"#), "{saved}");
    assert!(window.query_by_label("Encoder 1 turns the pan of track 1").is_none());
}

#[test]
fn the_glue_of_a_mapping_is_changed_beside_the_table() {
    let mut window = surfaces(with_devices(vec![device(1, "Desk", SurfaceState::Live)]));
    window.set_size(vec2(1_280.0, 1_100.0));
    window.run_ok();
    click(&mut window, "Fader 1 on Desk");
    click(&mut window, "Open mapping Fader 1 · move to Volume of track 1 of the bank");
    assert!(window.query_by_label_contains("Curve: input").is_some());
    window.get_by_label("Reverse").click_accesskit();
    window.run_ok();
    let change = asked(&window);
    assert!(change.starts_with("surface.updateMapping") && change.contains(r#""reverse":true"#), "{change}");
    window.get_by_label("Takeover mode").click_accesskit();
    window.run_ok();
    window.get_by_label("Catch up").click_accesskit();
    window.run_ok();
    let change = asked(&window);
    assert!(change.contains(r#""takeover":"catchUp""#), "{change}");
}

#[test]
fn a_formula_says_what_is_wrong_while_it_is_typed() {
    let mut window = surfaces(with_devices(vec![device(1, "Desk", SurfaceState::Live)]));
    window.set_size(vec2(1_280.0, 1_400.0));
    window.run_ok();
    click(&mut window, "Fader 1 on Desk");
    click(&mut window, "Open mapping Fader 1 · move to Volume of track 1 of the bank");
    let field = window.get_by_label("Expression");
    field.focus();
    field.type_text("x + * 2");
    window.run_ok();
    assert!(window.query_by_label_contains("(at character 5)").is_some(), "the reason");
    assert!(window.query_by_label_contains("x + * 2\n    ^").is_some(), "the place");
    assert_eq!(asked(&window), "", "nothing is asked while one types");
}

#[test]
fn maps_are_taken_in_and_given_out() {
    let window = surfaces(with_devices(vec![device(1, "Desk", SurfaceState::Live)]));
    assert!(window.query_by_label("Import for control surfaces").is_some());
    assert!(window.query_by_label("Export the mappings of Desk").is_some());
    let empty = surfaces(with_devices(Vec::new()));
    assert!(empty.query_by_label("Import for control surfaces").is_some());
}
