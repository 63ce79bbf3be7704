//! Transport, tempo, undo, engine.

use crate::fake;
use crate::stage::open;
use eframe::egui::{Key, Modifiers};
use loophole_pulse::intent::Origin;
use loophole_pulse::view::{EngineState, HistoryEntry};
use std::sync::Arc;

#[test]
fn play_is_asked_and_then_confirmed() {
    let mut stage = open(fake::song().0);
    stage.click("Play");
    assert_eq!(stage.asked(), "transport.play {}");
    assert!(stage.has("Pause"));
    stage.click("Pause");
    assert_eq!(stage.asked(), "transport.pause {}");
    stage.press(Modifiers::NONE, Key::Space);
    assert_eq!(stage.asked(), "transport.play {}");
    stage.press(Modifiers::SHIFT, Key::Space);
    assert_eq!(stage.asked(), "transport.stop {}");
}

#[test]
fn space_does_not_play_while_somebody_types() {
    let mut stage = open(fake::song().0);
    stage.click("Position");
    assert!(stage.has("Value of position"));
    stage.press(Modifiers::NONE, Key::Space);
    assert_eq!(stage.asked(), "");
    stage.press(Modifiers::NONE, Key::Escape);
    stage.press(Modifiers::NONE, Key::Space);
    assert_eq!(stage.asked(), "transport.play {}");
}

#[test]
fn a_typed_place_is_where_the_music_goes() {
    let mut stage = open(fake::song().0);
    stage.click("Position");
    stage.type_text("9.3");
    stage.press(Modifiers::NONE, Key::Enter);
    assert_eq!(stage.asked(), r#"transport.seek {"positionTicks":685440,"positionFrames":null}"#);
    assert!(!stage.has("Value of position"));
}

#[test]
fn nonsense_in_the_position_says_what_would_work() {
    let mut stage = open(fake::song().0);
    stage.click("Position");
    stage.type_text("tomorrow");
    stage.press(Modifiers::NONE, Key::Enter);
    assert_eq!(stage.asked(), "");
    assert!(stage.says("Type 5, 5.2.240 or 1:23.5"));
}

#[test]
fn undo_says_what_it_would_take_back() {
    let mut stage = open(fake::song().0);
    stage.press(Modifiers::COMMAND, Key::Z);
    assert_eq!(stage.asked(), "");
    let entry = HistoryEntry { label: "Move clips".to_owned(), origin: Origin::Aura };
    stage.fake.change(|view| view.history.undo = Arc::new(vec![entry]));
    stage.settle();
    stage.get("Undo").hover();
    stage.harness.run_steps(90);
    assert!(stage.says("Undo: Move clips (Ctrl+Z)"));
    stage.click("Undo");
    stage.press(Modifiers::COMMAND, Key::Z);
    assert_eq!(stage.asked(), "history.undo {}\nhistory.undo {}");
    stage.press(Modifiers::COMMAND | Modifiers::SHIFT, Key::Z);
    assert_eq!(stage.asked(), "");
}

#[test]
fn a_refusal_stands_beside_its_control_and_among_the_notifications() {
    let mut stage = open(fake::song().0);
    stage.fake.inside().refuse = Some(("play", "The engine is being restarted; try again in a moment."));
    stage.click("Play");
    stage.settle();
    let refused = "Play was refused: The engine is being restarted; try again in a moment.";
    assert!(stage.has(refused));
    assert!(stage.says("Play: The engine is being restarted"));
    assert!(stage.has("Notifications, 1 new"));
    stage.click(refused);
    assert!(!stage.has(refused));
}

#[test]
fn a_lost_engine_is_said_and_can_be_retried() {
    let mut stage = open(fake::song().0);
    stage.fake.change(|view| {
        view.engine.state = EngineState::Lost;
        view.engine.reason = Some("the process was killed".to_owned());
    });
    stage.harness.run_steps(4);
    assert!(stage.says("Engine lost"));
    assert!(!stage.says("comes back by itself"), "what lasts a moment is not worth a banner");
    stage.harness.run_steps(60);
    assert!(stage.says("comes back by itself; your changes are kept. The process was killed."));
    stage.click("Retry");
    assert_eq!(stage.asked(), "session.restartEngine {}");
    stage.fake.change(|view| view.engine.state = EngineState::Safe);
    stage.harness.run_steps(4);
    assert!(stage.says("Safe mode"));
    stage.fake.change(|view| view.engine.state = EngineState::Running);
    stage.settle();
    assert!(!stage.has("Retry"));
}

#[test]
fn the_signature_is_chosen_from_a_list() {
    let mut stage = open(fake::song().0);
    stage.click("Signature 4/4");
    stage.click("6/8");
    let asked = r#"timebase.updateSignatureMarker {"markerId":null,"numerator":6,"denominator":8}"#;
    assert_eq!(stage.asked(), asked);
}
