//! Faders, knobs, switches, sends.

use crate::fake;
use crate::stage::{Stage, open};
use eframe::egui::{Key, Modifiers, vec2};

fn lines(stage: &Stage) -> Vec<String> {
    stage.asked().lines().map(str::to_owned).collect()
}

#[test]
fn a_drag_is_one_gesture() {
    let mut stage = open(fake::song().0);
    let from = stage.center("Gain Kick");
    stage.drag(from, vec2(0.0, 20.0));
    stage.let_go(from + vec2(0.0, 20.0));
    let asked = lines(&stage);
    assert!(asked.first().is_some_and(|first| first.starts_with("parameter.beginGesture")), "{asked:#?}");
    assert!(
        asked.last().is_some_and(|last| last.starts_with("parameter.endGesture") && last.contains("false")),
        "{asked:#?}"
    );
    let moves = asked.iter().filter(|line| line.starts_with("parameter.updateGesture")).count();
    assert_eq!(moves, asked.len() - 2);
    assert!((1..=5).contains(&moves), "{asked:#?}");
}

#[test]
fn escape_takes_a_drag_back() {
    let mut stage = open(fake::song().0);
    let from = stage.center("Gain Kick");
    stage.drag(from, vec2(0.0, 30.0));
    stage.press(Modifiers::NONE, Key::Escape);
    stage.harness.hover_at(from + vec2(0.0, 40.0));
    stage.harness.step();
    stage.let_go(from);
    let asked = lines(&stage);
    assert!(asked.last().is_some_and(|last| last.contains(r#""cancel":true"#)), "{asked:#?}");
    assert_eq!(stage.get("Gain Kick").value().as_deref(), Some("+0.0 dB"));
}

#[test]
fn double_click_resets() {
    let mut stage = open(fake::song().0);
    stage.get("Gain Snare").set_value_accesskit(-20.0);
    stage.settle();
    assert!(stage.asked().contains(r#""gainDb":-20.0"#));
    stage.get("Gain Snare").click();
    stage.get("Gain Snare").click();
    stage.settle();
    assert!(stage.asked().ends_with(r#""gainDb":0.0}"#));
}

#[test]
fn enter_types_a_value() {
    let mut stage = open(fake::song().0);
    stage.get("Gain Hats").focus();
    stage.settle();
    stage.press(Modifiers::NONE, Key::Enter);
    stage.type_text("-7,5 dB");
    stage.press(Modifiers::NONE, Key::Enter);
    assert!(stage.asked().ends_with(r#""gainDb":-7.5}"#));
    stage.get("Pan Hats").focus();
    stage.settle();
    stage.press(Modifiers::NONE, Key::Enter);
    stage.type_text("L30");
    stage.press(Modifiers::NONE, Key::Enter);
    assert!(stage.asked().ends_with(r#""pan":-0.3}"#));
}

#[test]
fn arrow_keys_step_and_are_one_entry() {
    let mut stage = open(fake::song().0);
    stage.get("Gain Bass").focus();
    stage.settle();
    for _ in 0..3 {
        stage.harness.key_press(Key::ArrowUp);
        stage.harness.step();
    }
    stage.harness.run_steps(60);
    let asked = lines(&stage);
    let kinds: Vec<&str> = asked.iter().filter_map(|line| line.split(' ').next()).collect();
    let update = "parameter.updateGesture";
    assert_eq!(kinds, ["parameter.beginGesture", update, update, update, "parameter.endGesture"]);
    assert_eq!(stage.get("Gain Bass").value().as_deref(), Some("+1.5 dB"));
}

#[test]
fn switches_ask_for_the_other_state() {
    let mut stage = open(fake::song().0);
    stage.click("Mute Kick");
    stage.click("Solo Snare");
    stage.click("Mute Kick");
    let asked = lines(&stage);
    assert!(
        asked[0].contains(r#""mute":true"#)
            && asked[1].contains(r#""solo":true"#)
            && asked[2].contains(r#""mute":false"#),
        "{asked:#?}"
    );
}

#[test]
fn sends_are_added_and_moved() {
    let mut stage = open(fake::song().0);
    stage.click("Sends of Bass");
    stage.get("Send Bass to Reverb").increment_accesskit();
    stage.settle();
    assert!(stage.asked().starts_with("parameter.beginGesture"));
    stage.click("Send Bass to Reverb before the fader");
    assert!(stage.asked().contains(r#""mode":"preFader""#));
    stage.click("Send to Echo");
    assert!(stage.asked().starts_with("routing.addSend"));
}

#[test]
fn an_output_never_makes_a_circle() {
    let mut stage = open(fake::song().0);
    stage.click("Output of Kick");
    assert!(stage.has("Reverb") && stage.has("Nowhere"));
    stage.click("Reverb");
    assert!(stage.asked().starts_with("routing.setChannelOutput"));
}

#[test]
fn renaming_begins_with_f2_and_ends_with_enter() {
    let mut stage = open(fake::song().0);
    stage.get("Track strip Kick").focus();
    stage.settle();
    stage.press(Modifiers::NONE, Key::F2);
    stage.press(Modifiers::COMMAND, Key::A);
    stage.type_text("Boom");
    stage.press(Modifiers::NONE, Key::Enter);
    assert!(stage.asked().ends_with(r#""name":"Boom"}"#));
}

#[test]
fn names_are_unique_and_strips_out_of_view_are_not_laid_out() {
    let stage = open(fake::song().0);
    assert!(stage.has("Gain Kick") && stage.has("Gain Master"));
    assert!(!stage.has("Gain Reverb"), "it is far to the right");
}
