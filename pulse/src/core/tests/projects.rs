//! Projects: saved, opened, refused.

use super::rig::Rig;
use crate::core::OpenAtStart;
use crate::jobs::{Job, JobOutcome};
use crate::jobs::{SavedProject, run};
use crate::model::Model;
use crate::storage::format;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::sync::Arc;

fn save_as(rig: &mut Rig, name: &str) -> String {
    let path = rig.folder.path().join(name);
    let saved = rig.request("project.saveAs", &json!({ "path": path }).to_string()).unwrap();
    saved["project"]["path"].as_str().unwrap().to_owned()
}

#[test]
fn a_saved_project_opens_the_same_and_saves_the_same_bytes() {
    let mut rig = Rig::open(OpenAtStart::Demo);
    let path = save_as(&mut rig, "Song");
    assert!(path.ends_with("/Song.loophole"));
    rig.request("channel.setGain", r#"{"channelId":"ch1","gainDb":-0.1234567890123456}"#).unwrap();
    assert!(rig.core.view().project.dirty);
    rig.request("project.save", "{}").unwrap();
    assert!(!rig.core.view().project.dirty);
    let file = Path::new(&path).join("project.json");
    let bytes = fs::read(&file).unwrap();
    let model = rig.core.model.clone();

    let mut other = Rig::new();
    other.request("project.open", &json!({ "path": path }).to_string()).unwrap();
    assert_eq!(*other.core.model, *model);
    assert_eq!(other.core.view().project.name, "Song");
    other.request("project.save", "{}").unwrap();
    assert_eq!(fs::read(&file).unwrap(), bytes);
}

#[test]
fn dirty_follows_undo_and_redo() {
    let mut rig = Rig::new();
    let dirty = |rig: &Rig| rig.core.view().project.dirty;
    rig.request("track.create", "{}").unwrap();
    save_as(&mut rig, "A");
    assert!(!dirty(&rig));
    rig.request("history.undo", "{}").unwrap();
    assert!(dirty(&rig));
    rig.request("history.redo", "{}").unwrap();
    assert!(!dirty(&rig));
    rig.request("transport.setLoopEnabled", r#"{"enabled":true}"#).unwrap();
    assert!(dirty(&rig));
    rig.request("project.save", "{}").unwrap();
    assert!(!dirty(&rig));
}

#[test]
fn unsaved_changes_and_wrong_paths_are_refused() {
    let mut rig = Rig::new();
    rig.request("track.create", "{}").unwrap();
    for (name, payload, code) in [
        ("project.new", "{}", "project.unsavedChanges"),
        ("project.close", "{}", "project.unsavedChanges"),
        ("project.open", "{}", "project.unsavedChanges"),
        ("project.save", "{}", "project.needsPath"),
        ("project.saveAs", r#"{"path":"relative"}"#, "project.badPath"),
        ("project.open", r#"{"path":"/nowhere/X.loophole","discardChanges":true}"#, "project.notFound"),
    ] {
        assert_eq!(rig.request(name, payload), Err(code.to_owned()), "{name} {payload}");
    }
    assert_eq!(rig.core.model.tracks.len(), 1, "the project that was open is untouched");
    rig.request("project.new", r#"{"discardChanges":true,"name":"Next"}"#).unwrap();
    assert_eq!(rig.core.view().project.name, "Next");
    assert_eq!(rig.request("history.undo", "{}"), Err("history.nothing".to_owned()));
}

#[test]
fn the_last_project_opens_again_and_a_broken_one_gives_way_to_the_demo() {
    let mut rig = Rig::open(OpenAtStart::LastOrDemo);
    assert_eq!(rig.core.view().project.name, "Glass Garden", "a first run opens the demo");
    let path = save_as(&mut rig, "Mine");
    let again = Rig::in_folder(rig.folder, OpenAtStart::LastOrDemo);
    assert_eq!(again.core.view().project.name, "Mine");
    fs::write(Path::new(&path).join("project.json"), "{").unwrap();
    let broken = Rig::in_folder(again.folder, OpenAtStart::LastOrDemo);
    assert_eq!(broken.core.view().project.name, "Glass Garden");
    assert_eq!(broken.core.view().notices[0].code, "project.unreadable");
    assert_eq!(fs::read_to_string(Path::new(&path).join("project.json")).unwrap(), "{");
}

/// What opening answers, with the file exactly as it was afterwards.
fn open_hostile(folder: &Path, content: &[u8]) -> Result<Model, String> {
    let file = folder.join("project.json");
    fs::write(&file, content).unwrap();
    let JobOutcome::ProjectOpened(opened) = run(Job::OpenProject { path: folder.to_owned() }) else {
        panic!("not opened")
    };
    assert_eq!(fs::read(&file).unwrap(), content, "the file was touched");
    assert_eq!(fs::read_dir(folder).unwrap().count(), 1, "something was left");
    opened.map(|opened| opened.model).map_err(|rejection| format!("{}: {}", rejection.code, rejection.message))
}

fn small_project() -> Vec<u8> {
    let mut rig = Rig::new();
    rig.request("track.create", "{}").unwrap();
    rig.request("routing.createBus", "{}").unwrap();
    rig.request("routing.addSend", r#"{"channelId":"ch10","targetChannelId":"ch18"}"#).unwrap();
    format::write("id", &rig.core.model)
}

#[test]
fn a_cut_project_file_is_refused_at_every_byte() {
    let folder = tempfile::tempdir().unwrap();
    let good = small_project();
    assert!(open_hostile(folder.path(), &good).is_ok());
    // Without the line end at the end it is whole still.
    for length in 0..good.len() - 1 {
        let refused = format::parse(&good[..length]).unwrap_err();
        assert!(matches!(refused, format::FormatError::Syntax { .. }), "{length}: {refused}");
    }
    let refused = open_hostile(folder.path(), &good[..good.len() / 2]).unwrap_err();
    assert!(refused.starts_with("project.unreadable") && refused.contains("line "), "{refused}");
}

#[test]
fn hostile_projects_are_refused_by_the_name_of_what_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let good: Value = serde_json::from_slice(&small_project()).unwrap();
    let pointer = |value: &mut Value, pointer: &str, to: Value| *value.pointer_mut(pointer).expect(pointer) = to;
    for (place, to, code, says) in [
        ("/format/version", json!(2), "project.newerVersion", "newer"),
        ("/format/version", json!(0), "project.unreadable", "version 0"),
        ("/format/name", json!("other"), "project.unreadable", "other"),
        ("/clips", json!({}), "project.unreadable", "clips"),
        ("/name", json!(""), "project.unreadable", "project"),
        ("/sampleRate", json!(1), "project.unreadable", "sample rate"),
        ("/nextId", json!(5), "project.unreadable", "next id"),
        ("/nextId", json!(4_000_000_000_u32), "project.unreadable", "limit"),
        ("/tempo/0/bpm", json!(0), "project.unreadable", "tempo"),
        ("/tempo/0/bpm", json!("NaN"), "project.unreadable", "bpm"),
        ("/tempo/0/ticks", json!(1), "project.unreadable", "tempo"),
        ("/signatures/0/denominator", json!(3), "project.unreadable", "signature"),
        ("/loop/endTicks", json!(-1), "project.unreadable", "loop"),
        ("/trackOrder", json!([]), "project.unreadable", "track order"),
        ("/trackOrder", json!(["t9", "t9"]), "project.unreadable", "track order"),
        ("/tracks/0/channel", json!("ch1"), "project.unreadable", "track t9"),
        ("/lanes/0/node", json!("n17"), "project.unreadable", "lane"),
        ("/channels/0/output", json!("ch18"), "project.unreadable", "ch1"),
        ("/channels/2/output", json!("ch18"), "project.unreadable", "circle"),
        ("/channels/0/role", json!("bus"), "project.unreadable", "master"),
        ("/nodes/0/channel", json!("ch10"), "project.unreadable", "ch1"),
        ("/parameters/0/value", json!(7), "project.unreadable", "parameter"),
        ("/parameters/1/value", json!(1e300), "project.unreadable", "parameter"),
        ("/parameters/0/node", json!("n999"), "project.unreadable", "parameter"),
        (
            "/media",
            json!([{ "id": "m3", "path": "media/../x", "name": "x", "frames": 1, "sampleRate": 48_000, "channels": 2 }]),
            "project.unreadable",
            "m3",
        ),
    ] {
        let mut bad = good.clone();
        pointer(&mut bad, place, to.clone());
        let refused = open_hostile(folder.path(), bad.to_string().as_bytes()).expect_err(place);
        assert!(refused.starts_with(code) && refused.contains(says), "{place} = {to}: {refused}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn mutated_projects_never_panic_and_what_opens_is_whole(
        cuts in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let mut text = small_project();
        for (place, byte) in cuts {
            let place = place.index(text.len());
            text[place] = byte;
        }
        if let Ok((id, model)) = format::parse(&text) {
            prop_assert!(model.check().is_ok());
            prop_assert_eq!(format::parse(&format::write(&id, &model)).unwrap().1, model);
        }
    }
}

#[test]
fn a_failed_save_leaves_the_old_file_and_no_traces() {
    let folder = tempfile::tempdir().unwrap();
    let blocked = folder.path().join("blocked");
    fs::write(&blocked, "in the way").unwrap();
    let project = SavedProject { id: "x".to_owned(), model: Arc::new(Model::empty("X", 48_000)) };
    let to = blocked.join("X.loophole");
    let from = folder.path().to_owned();
    let JobOutcome::ProjectSavedAs(refused) =
        run(Job::SaveProjectAs { from: from.clone(), to, project: project.clone() })
    else {
        panic!("not saved")
    };
    assert_eq!(refused.unwrap_err().code, "project.cannotWrite");
    let JobOutcome::ProjectSavedAs(refused) =
        run(Job::SaveProjectAs { from, to: blocked.clone(), project: project.clone() })
    else {
        panic!("not saved")
    };
    assert!(refused.is_ok(), "blocked.loophole is another name");
    let JobOutcome::ProjectSaved(refused) = run(Job::SaveProject { folder: blocked.clone(), project }) else {
        panic!("not saved")
    };
    assert_eq!(refused.unwrap_err().code, "project.cannotWrite");
    assert_eq!(fs::read_to_string(&blocked).unwrap(), "in the way");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
}
