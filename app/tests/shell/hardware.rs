//! From any control of the window to hardware: by its menu, by pointing, by learning; and back by its name.

use crate::fake;
use crate::stage::{Stage, open};
use eframe::egui::{Key, Modifiers};
use loophole_pulse::view::surfaces::{ConflictView, LearnView, MappingScope, Target};

fn learning(stage: &Stage, conflicts: Vec<ConflictView>) {
    let learn = LearnView {
        device: None,
        target: Some(Target::LastTouched),
        target_name: "volume of Kick".into(),
        prompt: "Move a control".into(),
        batch: false,
        learned: None,
        conflicts,
        proposal: None,
    };
    stage.fake.change(|view| view.surfaces.learn = Some(learn));
}

#[test]
fn a_right_click_maps_a_fader() {
    let mut stage = open(fake::song().0);
    stage.get("Gain Kick").click_secondary();
    stage.settle();
    stage.click("Map to hardware…");
    let asked = stage.asked();
    assert!(asked.starts_with("surface.learnBegin") && asked.contains(r#""type":"gain""#), "{asked}");
}

#[test]
fn menus_that_were_there_have_the_entry_too() {
    let mut stage = open(fake::song().0);
    stage.get("Track strip Kick").click_secondary();
    stage.settle();
    assert!(stage.has("Duplicate track") && stage.has("Map to hardware…"));
}

#[test]
fn pointing_at_a_control_maps_it_and_does_not_press_it() {
    let mut stage = open(fake::song().0);
    let mute = stage.center("Mute Snare");
    stage.press(Modifiers::COMMAND, Key::M);
    assert!(stage.says("Click the fader, knob or button"));
    stage.harness.hover_at(mute);
    stage.harness.step();
    stage.harness.drag_at(mute);
    stage.harness.step();
    stage.let_go(mute);
    let asked = stage.asked();
    assert!(asked.starts_with("surface.learnBegin") && asked.contains(r#""flag":"mute""#), "{asked}");
    assert!(!asked.contains("setFlags"), "{asked}");
}

#[test]
fn escape_ends_pointing_and_learning() {
    let mut stage = open(fake::song().0);
    stage.press(Modifiers::COMMAND, Key::M);
    stage.press(Modifiers::NONE, Key::Escape);
    assert!(!stage.says("Click the fader, knob or button"));
    learning(&stage, Vec::new());
    stage.settle();
    assert!(stage.says("Map volume of Kick") && stage.says("Move a control"));
    stage.press(Modifiers::NONE, Key::Escape);
    assert_eq!(stage.asked(), "surface.learnCancel {}");
}

#[test]
fn what_is_in_the_way_is_shown_before_anything_is_saved() {
    let mut stage = open(fake::song().0);
    let conflict = ConflictView {
        mapping_id: "m1".into(),
        scope: MappingScope::User,
        description: "Fader 1 moves the volume of track 1".into(),
        replaceable: true,
    };
    learning(&stage, vec![conflict]);
    stage.settle();
    assert!(stage.says("Fader 1 moves the volume of track 1"));
    stage.click("Replace");
    assert_eq!(stage.asked(), r#"surface.learnConfirm {"replace":true}"#);
    stage.click("Keep both");
    assert_eq!(stage.asked(), r#"surface.learnConfirm {"replace":false}"#);
}

#[test]
fn the_footer_opens_the_panel() {
    let mut stage = open(fake::song().0);
    stage.click("No surfaces");
    assert!(stage.says("No control surface yet"));
}
