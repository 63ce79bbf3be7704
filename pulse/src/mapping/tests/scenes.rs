//! What surfaces do, one scene each.

use super::rig::*;
use crate::intent::Origin;
use crate::mapping::conflict::{Choice, Kind, conflicts};
use crate::mapping::{MappingScope, ScopedMapping};
use crate::model::Colour;
use crate::view::GestureView;
use loophole_surfaces::element::{Element, ElementKind, FeedbackKind, Interaction};
use loophole_surfaces::mapping::glue::{AbsoluteMode, ButtonFilter, Fire, Glue, Takeover};
use loophole_surfaces::mapping::target::{Flag, Selector, Target, TransportAction};
use loophole_surfaces::output::{Light, Shown};
use loophole_surfaces::source::InputValue;
use serde_json::json;

/// No act at all.
const NOTHING: [String; 0] = [];

fn gain(index: u16) -> Target {
    Target::Gain { of: Selector::Bank { index } }
}

fn flag(index: u16, flag: Flag) -> Target {
    Target::Flag { of: Selector::Bank { index }, flag }
}

fn one(element: Element, interaction: Interaction, target: Target, glue: Glue) -> Rig {
    let mappings = vec![mapping("m", &element, interaction, target).glue(glue)];
    Rig::new(4, vec![element], mappings)
}

#[test]
fn one_sweep_is_one_gesture_and_one_entry() {
    let mut rig = one(fader(0), Interaction::Move, gain(0), Glue { takeover: Takeover::Jump, ..Glue::default() });
    assert_eq!(
        rig.fader(0, 0.5),
        [
            r#"parameter.beginGesture {"parameterId":"p7"}"#.replace("p7", &rig.gain(0).id.to_string()),
            format!(r#"parameter.updateGesture {{"parameterId":"{}","value":-10.0}}"#, rig.gain(0).id),
        ]
    );
    assert_eq!(rig.fader(0, 0.75).len(), 1);
    assert_eq!(rig.fader(0, 0.75), NOTHING, "it is there already");
    assert_eq!((rig.entries, rig.gain(0).value), (0, 0.0));
    let end = rig.wait(500);
    assert!(end[0].starts_with("parameter.endGesture"), "{end:?}");
    assert_eq!((rig.entries, rig.place(0), end.len()), (1, 0.75, 1));
}

#[test]
fn a_hand_that_feels_holds_until_it_leaves() {
    let mut rig = one(motor_fader(0), Interaction::Move, gain(0), Glue::default());
    rig.wait(1_000);
    assert_eq!(rig.touch(0, true).len(), 1, "held before it moves");
    rig.fader(0, 0.3);
    assert_eq!(rig.wait(5_000), NOTHING);
    assert!(rig.touch(0, false)[0].starts_with("parameter.endGesture"));
    assert_eq!((rig.entries, rig.held.len()), (1, 0));
    assert!((rig.place(0) - 0.3).abs() < 1e-9);
}

#[test]
fn a_fader_without_motor_picks_up_and_a_page_never_jumps() {
    let (fader, pad) = (fader(0), pad(1));
    let mappings = vec![
        mapping("a", &fader, Interaction::Move, gain(0)).when(Some("one"), &[]),
        mapping("b", &fader, Interaction::Move, gain(1)).when(Some("two"), &[]),
        mapping("p", &pad, Interaction::Press, Target::PageBy { by: 1 }),
    ];
    let mut rig = Rig::new(4, vec![fader, pad], mappings);
    rig.put(0, 0.5);
    rig.put(1, 0.2);
    assert_eq!(rig.fader(0, 0.9), NOTHING);
    assert_eq!(rig.fader(0, 0.6), NOTHING);
    assert_eq!(rig.fader(0, 0.45).len(), 2);
    rig.wait(1_000);
    assert_eq!(rig.press(1, true), [r#"Page { page: "two" }"#]);
    rig.press(1, false);
    assert_eq!(rig.fader(0, 0.44), NOTHING, "the other track is at 0.2");
    let (_, why) = rig.event_why(0, Interaction::Move, InputValue::Place { place: 0.4, steps: 128 });
    assert!(why.iter().any(|line| line.starts_with("a: only on page 'one'")), "{why:?}");
    assert!(
        why.iter().any(|line| line.contains("not picked up yet: the control is at 40%, the target at 20%")),
        "{why:?}"
    );
    assert_eq!(rig.fader(0, 0.15).len(), 2);
    rig.wait(1_000);
    rig.press(1, true);
    rig.press(1, false);
    assert_eq!(rig.fader(0, 0.16), NOTHING, "the first track is at 0.45 still");
    assert!((rig.place(0) - 0.45).abs() < 1e-9);
}

#[test]
fn a_light_blinks_while_something_is_waited_for() {
    let mut fader = fader(0);
    fader.feedback = pad(0).feedback;
    let play = pad(1);
    let mappings = vec![
        mapping("a", &fader, Interaction::Move, gain(0)),
        mapping("p", &play, Interaction::Press, Target::Transport { action: TransportAction::TogglePlay }),
    ];
    let mut rig = Rig::new(1, vec![fader.clone(), play], mappings);
    let light = |rig: &mut Rig, element: u16| {
        rig.show();
        rig.shown[&(element, FeedbackKind::Led)].clone()
    };
    rig.put(0, 0.6);
    assert_eq!(light(&mut rig, 0), Shown::Light(Light::On), "nobody knows where the fader is");
    rig.fader(0, 0.3);
    assert_eq!(light(&mut rig, 0), Shown::Light(Light::Blink));
    rig.fader(0, 0.61);
    assert_eq!(light(&mut rig, 0), Shown::Light(Light::On), "picked up");
    rig.wait(1_000);
    rig.put(0, 0.2);
    assert_eq!(light(&mut rig, 0), Shown::Light(Light::Blink), "somebody else moved the target");
    rig.put(0, 0.61);
    assert_eq!(light(&mut rig, 0), Shown::Light(Light::On));

    rig.playing = true;
    rig.play_waits = true;
    assert_eq!(light(&mut rig, 1), Shown::Light(Light::Blink), "the engine has not begun");
    rig.play_waits = false;
    assert_eq!(light(&mut rig, 1), Shown::Light(Light::On));

    rig.engine.ask_about(Some((DEVICE, &fader.id)));
    assert_eq!(light(&mut rig, 0), Shown::Light(Light::Blink), "the person is asked about it");
    rig.engine.ask_about(None);
    assert_eq!(light(&mut rig, 0), Shown::Light(Light::On));
}

#[test]
fn buttons_walk_through_the_tracks_and_end_at_the_ends() {
    let (back, on) = (pad(0), pad(1));
    let walk = |steps| Target::Select { of: Selector::AfterSelected { steps } };
    let mappings =
        vec![mapping("back", &back, Interaction::Press, walk(-1)), mapping("on", &on, Interaction::Press, walk(1))];
    let mut rig = Rig::new(3, vec![back, on], mappings);
    let order = rig.model.track_order.clone();
    let mut walked = |presses: &[u16]| {
        for press in presses {
            rig.press(*press, true);
            rig.press(*press, false);
        }
        rig.selected
    };
    assert_eq!(walked(&[1]), Some(order[0]), "none was selected: the first");
    assert_eq!(walked(&[1, 1]), Some(order[2]));
    assert_eq!(walked(&[1]), Some(order[2]));
    assert_eq!(walked(&[0, 0, 0]), Some(order[0]));
    let (_, why) = rig.event_why(0, Interaction::Press, InputValue::Press { on: true, strength: 1.0 });
    assert!(why.iter().any(|line| line.contains("no track before the selected one")), "{why:?}");
}

#[test]
fn a_modifier_counts_from_the_next_event_and_a_release_goes_where_the_press_went() {
    let (shift, pad) = (pad(0), pad(1));
    let mappings = vec![
        mapping("shift", &shift, Interaction::Press, Target::Modifier { name: "shift".to_owned() }),
        mapping("mute", &pad, Interaction::Press, flag(0, Flag::Mute)),
        mapping("send", &pad, Interaction::Press, Target::SendMidi { bytes: "90 10 vv".to_owned() })
            .when(None, &[("shift", true)]),
    ];
    let mut rig = Rig::new(2, vec![shift, pad], mappings);
    assert_eq!(rig.press(0, true), [r#"Modifier { name: "shift", held: true }"#]);
    assert_eq!(*rig.is_shown(0, FeedbackKind::Led), Shown::Light(Light::On));
    assert_eq!(rig.press(1, true), ["midi [90, 10, 7f]"]);
    assert_eq!(rig.press(0, false), [r#"Modifier { name: "shift", held: false }"#]);
    assert_eq!(rig.press(1, false), ["midi [90, 10, 00]"], "though shift is not held any more");
    assert!(rig.press(1, true)[0].starts_with("track.setFlags"));
    assert!(rig.channel(0).mute);
    assert_eq!(rig.press(1, false), NOTHING);
}

#[test]
fn later_scopes_win_and_special_cases_win_over_all() {
    let pad = pad(0);
    let play = |id: &str, action| mapping(id, &pad, Interaction::Press, Target::Transport { action });
    let mut off = play("factory", TransportAction::Play).scope(MappingScope::User);
    off.mapping.enabled = false;
    for (mappings, wanted) in [
        (vec![play("a", TransportAction::Play)], "transport.play {}"),
        (
            vec![play("b", TransportAction::Stop).scope(MappingScope::User), play("a", TransportAction::Play)],
            "transport.stop {}",
        ),
        (
            vec![
                play("b", TransportAction::Stop).scope(MappingScope::Project),
                play("a", TransportAction::Pause).scope(MappingScope::Machine).when(Some("x"), &[]),
            ],
            "transport.stop {}",
        ),
        (
            vec![play("b", TransportAction::Stop).when(Some("x"), &[]), play("a", TransportAction::Play)],
            "transport.stop {}",
        ),
        (vec![play("factory", TransportAction::Stop), off], ""),
    ] {
        let mut rig = Rig::new(1, vec![pad.clone()], mappings.clone());
        assert_eq!(rig.press(0, true).join(" "), wanted, "{mappings:?}");
    }
}

#[test]
fn what_pads_show() {
    let pad = pad(0);
    let mut rig = Rig::new(3, vec![pad.clone()], vec![mapping("m", &pad, Interaction::Press, flag(1, Flag::Mute))]);
    let Colour(own) = rig.channel(1).colour;
    assert_eq!(*rig.is_shown(0, FeedbackKind::Led), Shown::Light(Light::Off));
    assert_eq!(*rig.is_shown(0, FeedbackKind::Colour), Shown::Colour(own.map(|part| part / 6)));
    rig.press(0, true);
    assert_eq!(*rig.is_shown(0, FeedbackKind::Led), Shown::Light(Light::On));
    assert_eq!(*rig.is_shown(0, FeedbackKind::Colour), Shown::Colour(own));
    assert_eq!(rig.changes(), [], "only what is different is told");
    rig.engine.set_bank(DEVICE, 40);
    rig.show();
    assert_eq!(*rig.is_shown(0, FeedbackKind::Led), Shown::Light(Light::Off));
    assert_eq!(*rig.is_shown(0, FeedbackKind::Colour), Shown::Colour([0; 3]), "there is no such track");
    rig.engine.reset(DEVICE);
    assert_eq!(rig.changes().len(), 2, "after it came back, everything");
}

#[test]
fn a_motor_does_not_fight_the_hand() {
    let mut rig = one(motor_fader(0), Interaction::Move, gain(0), Glue::default());
    assert_eq!(*rig.is_shown(0, FeedbackKind::Motor), Shown::Place(0.75));
    rig.wait(1_000);
    rig.touch(0, true);
    rig.fader(0, 0.2);
    let id = rig.gain(0).id;
    // Somebody else cannot hold it, but undo can change it.
    rig.held.clear();
    rig.set(id, 0.0);
    rig.show();
    assert_eq!(*rig.is_shown(0, FeedbackKind::Motor), Shown::Place(0.75), "not driven under the hand");
    rig.fader(0, 0.3);
    rig.touch(0, false);
    rig.set(id, -10.0);
    rig.show();
    assert_eq!(*rig.is_shown(0, FeedbackKind::Motor), Shown::Place(0.75), "nor just behind it");
    rig.wait(100);
    assert_eq!(*rig.is_shown(0, FeedbackKind::Motor), Shown::Place(0.5));
    // The motor's own way there is no hand.
    assert_eq!(rig.event(0, Interaction::Move, InputValue::Place { place: 0.45, steps: 1_024 }), NOTHING);
    assert_eq!(rig.gain(0).value, -10.0);
}

#[test]
fn who_holds_a_parameter_keeps_it() {
    let mut rig = one(fader(0), Interaction::Move, gain(0), Glue { takeover: Takeover::Jump, ..Glue::default() });
    let id = rig.gain(0).id;
    rig.held.insert(id, GestureView { value: 0.0, origin: Origin::Aura });
    let (acts, why) = rig.event_why(0, Interaction::Move, InputValue::Place { place: 0.1, steps: 128 });
    assert_eq!(acts, NOTHING);
    assert!(why.last().unwrap().contains("holds the parameter"), "{why:?}");
}

#[test]
fn encoders() {
    let pan = Target::Pan { of: Selector::Bank { index: 0 } };
    let mut rig = one(encoder(0), Interaction::Turn, pan.clone(), Glue::default());
    assert_eq!(*rig.is_shown(0, FeedbackKind::Ring), Shown::Place(0.5));
    rig.turn(0, 5);
    assert_eq!(*rig.is_shown(0, FeedbackKind::Ring), Shown::Place(0.55));
    rig.turn(0, -100);
    assert_eq!(*rig.is_shown(0, FeedbackKind::Ring), Shown::Place(0.0));
    let wrap = Glue { wrap: true, reverse: true, step_size: Some([0.1, 0.1]), ..Glue::default() };
    let mut rig = one(encoder(0), Interaction::Turn, pan.clone(), wrap);
    rig.turn(0, 6);
    let Shown::Place(place) = rig.is_shown(0, FeedbackKind::Ring) else { panic!() };
    assert!((place - 0.1).abs() < 1e-9, "from 0.5 down by 0.6 is 0.9, shown in reverse: {place}");
    let sequence = Glue { sequence: vec![0.0, 0.25, 1.0], ..Glue::default() };
    let mut rig = one(encoder(0), Interaction::Turn, pan, sequence);
    let places: Vec<_> = [1, 1, 1, 1, -1]
        .map(|steps| {
            rig.turn(0, steps);
            rig.is_shown(0, FeedbackKind::Ring).clone()
        })
        .into_iter()
        .collect();
    assert_eq!(places, [0.0, 0.25, 1.0, 1.0, 0.25].map(Shown::Place));
    let jog = Target::Transport { action: TransportAction::Jog };
    let mut rig = one(encoder(0), Interaction::Turn, jog, Glue { speed: -2, ..Glue::default() });
    rig.turn(0, 3);
    assert_eq!(rig.position_ticks, 5_040);
    rig.turn(0, -9);
    assert_eq!(rig.position_ticks, 0);
}

#[test]
fn buttons() {
    let solo = || flag(0, Flag::Solo);
    let normal = Glue::default();
    let long = Glue { fire: Fire::LongPress { after_millis: 500 }, ..Glue::default() };
    let turbo = Glue {
        fire: Fire::Turbo { after_millis: 300, every_millis: 100 },
        absolute: AbsoluteMode::Incremental,
        step_size: Some([0.1, 0.1]),
        reverse: true,
        ..Glue::default()
    };
    let release = Glue { button: ButtonFilter::ReleaseOnly, ..Glue::default() };
    let toggle = Glue { absolute: AbsoluteMode::Toggle, target_range: [0.25, 0.5], ..Glue::default() };

    let mut rig = one(pad(0), Interaction::Press, solo(), normal.clone());
    let states = [true, false, true, false].map(|on| {
        rig.press(0, on);
        rig.channel(0).solo
    });
    assert_eq!(states, [true, true, false, false], "a press switches");

    let mut rig = one(pad(0), Interaction::Press, solo(), long);
    rig.press(0, true);
    rig.wait(499);
    assert!(!rig.channel(0).solo);
    rig.wait(1);
    assert!(rig.channel(0).solo);

    let mut rig = one(pad(0), Interaction::Press, gain(0), turbo);
    rig.press(0, true);
    rig.wait(500);
    assert!((rig.place(0) - 0.35).abs() < 1e-9, "one at once, three more");
    rig.press(0, false);
    rig.wait(1_000);
    assert!((rig.place(0) - 0.35).abs() < 1e-9);

    let mut rig = one(pad(0), Interaction::Press, solo(), release);
    rig.press(0, true);
    assert!(!rig.channel(0).solo);
    rig.press(0, false);
    assert!(rig.channel(0).solo);

    let mut rig = one(pad(0), Interaction::Press, gain(0), toggle);
    let places = [true, false, true, false].map(|on| {
        rig.press(0, on);
        rig.place(0)
    });
    assert_eq!(places, [0.25, 0.25, 0.5, 0.5]);

    let mut rig = one(pad(0), Interaction::Press, gain(0), normal);
    let places = [true, false].map(|on| {
        rig.press(0, on);
        rig.place(0)
    });
    assert_eq!(places, [1.0, 0.0]);
    let play = Target::Transport { action: TransportAction::TogglePlay };
    let mut rig = one(pad(0), Interaction::Press, Target::Macro { steps: vec![solo(), play] }, Glue::default());
    rig.press(0, true);
    assert!(rig.playing && rig.channel(0).solo);
}

#[test]
fn smoothing_goes_there_in_the_end() {
    let glue = Glue { takeover: Takeover::Jump, smoothing_millis: 100, ..Glue::default() };
    let mut rig = one(fader(0), Interaction::Move, gain(0), glue);
    rig.fader(0, 0.25);
    let first = rig.place(0);
    assert!(first < 0.75 && first > 0.6, "{first}");
    rig.wait(100);
    assert!(rig.place(0) < 0.5);
    rig.wait(5_000);
    assert!((rig.place(0) - 0.25).abs() < 1e-9);
    assert_eq!((rig.entries, rig.engine.next_deadline()), (1, None));
}

#[test]
fn banks_stop_where_there_is_nothing() {
    let pads = [pad(0), pad(1)];
    let mappings = vec![
        mapping("up", &pads[0], Interaction::Press, Target::Bank { by: 8 }),
        mapping("down", &pads[1], Interaction::Press, Target::Bank { by: -8 }),
    ];
    let mut rig = Rig::new(20, pads.to_vec(), mappings);
    let mut go = |element| {
        rig.press(element, true);
        rig.press(element, false);
        rig.engine.device(DEVICE).unwrap().bank()
    };
    assert_eq!([go(0), go(0), go(0), go(1), go(1), go(1)], [8, 16, 16, 8, 0, 0]);
}

#[test]
fn intents_are_of_the_registry_and_filled() {
    let payload = |value: serde_json::Value| serde_json::from_value(value).unwrap();
    let rename = Target::Intent { name: "project.rename".to_owned(), payload: payload(json!({ "name": "Take 2" })) };
    let mut rig = one(pad(0), Interaction::Press, rename, Glue::default());
    assert_eq!(rig.press(0, true), [r#"project.rename {"name":"Take 2"}"#]);
    assert_eq!(rig.press(0, false), NOTHING);
    let normalised = Target::Intent {
        name: "parameter.setValue".to_owned(),
        payload: payload(json!({ "parameterId": "p3", "normalised": "{value}" })),
    };
    let mut rig = one(fader(0), Interaction::Move, normalised, Glue::default());
    let asked = rig.event(0, Interaction::Move, InputValue::Place { place: 0.25, steps: 128 });
    assert!(asked[0].contains(r#""normalised":0.25"#), "{asked:?}");
    let loop_on =
        Target::Intent { name: "transport.setLoopEnabled".to_owned(), payload: payload(json!({ "enabled": "{on}" })) };
    let mut rig = one(pad(0), Interaction::Press, loop_on, Glue::default());
    assert_eq!(rig.press(0, true), [r#"transport.setLoopEnabled {"enabled":true}"#]);
    assert_eq!(rig.press(0, false), [r#"transport.setLoopEnabled {"enabled":false}"#]);
}

#[test]
fn what_cannot_work_is_said_when_it_is_read() {
    let pad = pad(0);
    let bad = |id: &str, target: Target| mapping(id, &pad, Interaction::Press, target);
    let mut nowhere = bad("nowhere", Target::Undo);
    nowhere.mapping.element = "nose".to_owned();
    let formula = bad("formula", Target::Undo).glue(Glue { transform: Some("x +".to_owned()), ..Glue::default() });
    let mappings = vec![
        nowhere,
        formula,
        bad(
            "intent",
            Target::Intent { name: "track.explode".to_owned(), payload: serde_json::from_str("{}").unwrap() },
        ),
        bad("midi", Target::SendMidi { bytes: "90 vv".to_owned() }),
        bad("osc", Target::SendOsc { address: "play".to_owned() }),
    ];
    let mut engine = crate::mapping::Engine::default();
    let problems = engine.set_device(1, vec![pad.clone()], mappings);
    let about: Vec<_> = problems.iter().map(|problem| problem.mapping.as_str()).collect();
    assert_eq!(about, ["nowhere", "formula", "intent", "midi", "osc"]);
    assert!(problems[1].message.contains("at character 4"), "{problems:?}");
}

#[test]
fn conflicts_are_told_before_anything_is_saved() {
    let (pad, other) = (pad(0), pad(1));
    let elements = [pad.clone(), other.clone()];
    let mute = |id: &str, element: &Element| mapping(id, element, Interaction::Press, flag(0, Flag::Mute));
    let new = mute("new", &pad).scope(MappingScope::User);
    let found = |mappings: Vec<ScopedMapping>| {
        let found = conflicts(&elements, &mappings, &new);
        found.into_iter().map(|conflict| (conflict.kind, conflict.choices[0])).collect::<Vec<_>>()
    };
    assert_eq!(found(vec![mute("new", &pad)]), []);
    assert_eq!(found(vec![mute("f", &pad)]), [(Kind::Covers, Choice::KeepBoth)]);
    assert_eq!(found(vec![mute("u", &pad).scope(MappingScope::User)]), [(Kind::Together, Choice::Replace)]);
    assert_eq!(found(vec![mute("p", &pad).scope(MappingScope::Project)]), [(Kind::CoveredBy, Choice::Replace)]);
    assert_eq!(found(vec![mute("t", &other).scope(MappingScope::User)]), [(Kind::SameTarget, Choice::KeepBoth)]);
    let shifted = new.clone().when(None, &[("shift", true)]);
    let plain = mute("x", &pad).when(None, &[("shift", false)]);
    assert_eq!(conflicts(&elements, &[plain], &shifted), []);
    let told = conflicts(&elements, &[mute("f", &pad).when(Some("Mix"), &[])], &new);
    assert_eq!(told[0].description, "button-0 · press: Mute of track 1 of the bank (page 'Mix')");
}

#[test]
fn the_same_gesture_through_any_wire_gives_the_same_intents() {
    // 7 bits, 14 bits, an axis with 10 bits, a float: the places that all of them have.
    let asked = |steps: u32| {
        let mut rig = one(fader(0), Interaction::Move, gain(0), Glue { takeover: Takeover::Pickup, ..Glue::default() });
        let mut acts = Vec::new();
        for place in [1.0, 0.5, 0.0, 0.5, 1.0] {
            rig.wait(10);
            acts.extend(rig.event(0, Interaction::Move, InputValue::Place { place, steps }));
        }
        acts.extend(rig.wait(1_000));
        acts
    };
    assert!(asked(128).len() > 4);
    for steps in [16_384, 1_024, u32::MAX] {
        assert_eq!(asked(steps), asked(128));
    }
    // A button as a note, as a control change, and as a float.
    let pressed = |values: [InputValue; 2]| {
        let mut rig = one(pad(0), Interaction::Press, flag(0, Flag::Mute), Glue::default());
        values.map(|value| rig.event(0, Interaction::Press, value))
    };
    let press = |on: bool| InputValue::Press { on, strength: f64::from(on) };
    let place = |place: f64, steps: u32| InputValue::Place { place, steps };
    let note = pressed([press(true), press(false)]);
    assert_eq!(note[0].len(), 1);
    assert_eq!(pressed([place(1.0, 128), place(0.0, 128)]), note);
    assert_eq!(pressed([place(1.0, u32::MAX), place(0.0, u32::MAX)]), note);
}

#[test]
fn hostile_values_do_no_harm() {
    let (fader, pad, mut stick) = (fader(0), pad(1), element(ElementKind::Axis, 2));
    stick.input.clone_from(&fader.input);
    let mappings = vec![
        mapping("a", &fader, Interaction::Move, gain(0))
            .glue(Glue { step_size: Some([f64::NAN; 2]), ..Glue::default() }),
        mapping("b", &pad, Interaction::Press, gain(9_999)),
        mapping("c", &stick, Interaction::Move, Target::Bank { by: i32::MAX }),
    ];
    let mut rig = Rig::new(1, vec![fader, pad, stick], mappings);
    for element in [0, 1, 2, 3, u16::MAX] {
        for interaction in
            [Interaction::Move, Interaction::Turn, Interaction::Press, Interaction::Touch, Interaction::Pressure]
        {
            for value in [
                InputValue::Place { place: f64::NAN, steps: 0 },
                InputValue::Place { place: f64::INFINITY, steps: 0 },
                InputValue::Steps(i32::MIN),
                InputValue::Steps(i32::MAX),
                InputValue::Press { on: true, strength: f64::NAN },
                InputValue::Press { on: false, strength: -3.0 },
            ] {
                rig.event(element, interaction, value);
            }
        }
    }
    rig.engine.reset(4);
    rig.engine.set_bank(DEVICE, u32::MAX);
    rig.show();
}
