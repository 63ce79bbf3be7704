//! Menu, palette, sheet, dialogs, layout.

use crate::fake;
use crate::stage::{Stage, open};
use eframe::egui::{Key, Modifiers};
use egui_kittest::kittest::NodeT;
use loophole::dialogs::Ask;
use std::path::PathBuf;
use std::time::{Duration, Instant};

#[test]
fn the_palette_finds_a_command_by_a_few_letters() {
    let mut stage = open(fake::song().0);
    stage.press(Modifiers::COMMAND, Key::K);
    assert!(stage.has("Search commands"));
    stage.type_text("adbus");
    stage.press(Modifiers::NONE, Key::Enter);
    assert!(stage.asked().starts_with("routing.createBus"));
    assert!(!stage.has("Search commands"));
}

#[test]
fn the_palette_offers_every_intent_that_needs_nothing_more() {
    let mut stage = open(fake::song().0);
    stage.press(Modifiers::COMMAND, Key::P);
    stage.type_text("state summary");
    stage.press(Modifiers::NONE, Key::Enter);
    assert_eq!(stage.asked(), "debug.stateSummary {}");
    stage.settle();
    assert!(stage.says("stateSummary"), "the answer is shown");
}

#[test]
fn escape_leaves_the_palette_with_nothing_done() {
    let mut stage = open(fake::song().0);
    stage.press(Modifiers::COMMAND, Key::K);
    stage.press(Modifiers::NONE, Key::Escape);
    assert!(!stage.has("Search commands"));
    assert_eq!(stage.asked(), "");
}

#[test]
fn menus_have_every_command_with_its_keys() {
    let mut stage = open(fake::song().0);
    stage.click("File");
    for name in ["New project", "Open project…", "Save", "Save as…", "Import audio…", "Quit"] {
        assert!(stage.has(name), "{name}");
    }
    stage.press(Modifiers::NONE, Key::Escape);
    stage.click("Edit");
    assert!(stage.has("Add audio track"));
}

#[test]
fn keys_can_be_changed_in_the_sheet() {
    let mut stage = open(fake::song().0);
    stage.press(Modifiers::NONE, Key::F1);
    assert!(stage.has("Keyboard shortcuts"));
    stage.click("Search shortcuts");
    stage.type_text("panic");
    stage.click("Keys of Panic: silence everything");
    stage.press(Modifiers::NONE, Key::F9);
    stage.press(Modifiers::NONE, Key::F1);
    stage.press(Modifiers::NONE, Key::F9);
    assert_eq!(stage.asked(), "engine.panic {}");
}

#[test]
fn themes_change_and_are_remembered_by_the_menu() {
    let mut stage = open(fake::song().0);
    for theme in ["Light theme", "High contrast theme", "Dark theme"] {
        stage.press(Modifiers::COMMAND, Key::K);
        stage.type_text(theme);
        stage.press(Modifiers::NONE, Key::Enter);
        stage.settle();
    }
    assert_eq!(stage.asked(), "");
}

#[test]
fn unsaved_changes_are_asked_for_before_another_project() {
    let mut stage = open(fake::song().0);
    stage.fake.change(|view| view.project.dirty = true);
    stage.settle();
    stage.press(Modifiers::COMMAND, Key::N);
    assert!(stage.says("has changes that are not saved"));
    stage.click("Cancel");
    assert_eq!(stage.asked(), "");
    stage.press(Modifiers::COMMAND, Key::N);
    stage.click("Don't save");
    assert_eq!(stage.asked(), r#"project.new {"name":null,"discardChanges":true}"#);
}

#[test]
fn saving_first_goes_on_when_it_is_done() {
    let mut stage = open(fake::song().0);
    stage.fake.change(|view| {
        view.project.dirty = true;
        view.project.path = Some("/music/Song.loophole".into());
    });
    stage.settle();
    stage.press(Modifiers::COMMAND, Key::N);
    stage.click("Save changes");
    stage.settle();
    assert_eq!(stage.asked(), "project.save {}\nproject.new {\"name\":null,\"discardChanges\":false}");
}

#[test]
fn a_failed_save_loses_nothing() {
    let mut stage = open(fake::song().0);
    stage.fake.inside().refuse = Some(("save", "The disk is full."));
    stage.fake.change(|view| {
        view.project.dirty = true;
        view.project.path = Some("/music/Song.loophole".into());
    });
    stage.settle();
    stage.press(Modifiers::COMMAND, Key::N);
    stage.click("Save changes");
    stage.settle();
    assert_eq!(stage.asked(), "project.save {}");
    assert!(stage.says("The disk is full."));
}

#[test]
fn a_path_can_be_typed_where_there_is_no_file_dialog() {
    let mut stage = open(fake::song().0);
    stage.press(Modifiers::COMMAND, Key::O);
    stage.click("Path");
    stage.type_text("/music/Other.loophole");
    stage.press(Modifiers::NONE, Key::Enter);
    assert_eq!(stage.asked(), r#"project.open {"path":"/music/Other.loophole","discardChanges":false}"#);
}

#[test]
fn the_file_dialog_answers_for_all_chosen_files() {
    let mut stage = open(fake::song().0);
    let files = vec![PathBuf::from("/a/kick.wav"), PathBuf::from("/a/snare.flac")];
    stage.script.answers.lock().unwrap().push(files);
    stage.press(Modifiers::COMMAND, Key::I);
    let deadline = Instant::now() + Duration::from_secs(20);
    let mut asked = String::new();
    while asked.is_empty() && Instant::now() < deadline {
        stage.harness.step();
        asked = stage.asked();
        std::thread::yield_now();
    }
    assert!(asked.starts_with(r#"media.import {"paths":["/a/kick.wav","/a/snare.flac"],"place":{"#), "{asked}");
    assert_eq!(*stage.script.asked.lock().unwrap(), [Ask::ImportAudio]);
}

/// Steps until something is there: files are read on a thread of their own.
fn until(stage: &mut Stage, there: impl Fn(&Stage) -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !there(stage) && Instant::now() < deadline {
        stage.harness.step();
        std::thread::yield_now();
    }
    assert!(there(stage));
}

#[test]
fn a_map_of_another_program_is_looked_at_before_it_is_taken_in() {
    let folder = tempfile::tempdir().unwrap();
    let map = folder.path().join("desk.map");
    let text = "<ArdourMIDIBindings name='Acme Desk'>\n<Binding channel='1' ctl='7' uri='/route/gain B1'/>\n\
                <Binding channel='1' ctl='8' uri='/route/trim B1'/></ArdourMIDIBindings>";
    std::fs::write(&map, text).unwrap();
    let mut stage = open(fake::song().0);
    stage.script.answers.lock().unwrap().push(vec![map]);
    stage.press(Modifiers::COMMAND, Key::Num6);
    stage.settle();
    stage.click("Import for control surfaces");
    until(&mut stage, |stage| stage.says("line 3"));
    assert_eq!(stage.asked(), "", "nothing is taken in before the person says so");
    stage.click("Import");
    let asked = stage.asked();
    assert!(asked.starts_with("surface.importProfile") && asked.contains("cc-1-7"), "{asked}");
}

#[test]
fn every_panel_can_be_brought_to_the_front() {
    let mut stage = open(fake::song().0);
    for (key, tab) in [
        (Key::Num3, "IPC"),
        (Key::Num4, "Devices"),
        (Key::Num5, "Engine"),
        (Key::Num6, "Surfaces"),
        (Key::Num2, "Mixer"),
    ] {
        stage.press(Modifiers::COMMAND, key);
        stage.settle();
        let toggled = stage.get(tab).accesskit_node().toggled();
        assert_eq!(toggled.map(|toggled| format!("{toggled:?}")).as_deref(), Some("True"), "{tab}");
    }
}

#[test]
fn an_empty_project_says_what_to_do() {
    let (view, _) = fake::Builder::new("Empty").build();
    let stage = open(view);
    assert!(stage.says("No tracks yet."));
}

#[test]
fn a_still_window_sleeps() {
    let mut stage = open(fake::song().0);
    stage.harness.run_steps(3);
    let delay = stage.harness.output().viewport_output.values().map(|viewport| viewport.repaint_delay).min();
    assert!(delay.is_some_and(|delay| delay >= Duration::from_secs(1)), "{delay:?}");
}
