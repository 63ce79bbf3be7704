//! Importing audio files: copied, understood by the engine, one undo entry.

use super::rig::{Rig, parse};
use crate::core::{Inbound, OpenAtStart};
use crate::intent::Origin;
use crate::view::MediaStatus;
use loophole_wire::message::{EngineCommand, EngineEvent, media};
use serde_json::json;
use std::fs;

fn files(rig: &Rig, names: &[&str]) -> Vec<String> {
    let folder = rig.folder.path().join("outside");
    fs::create_dir_all(&folder).unwrap();
    let file = |name: &&str| {
        let path = folder.join(name);
        fs::write(&path, name).unwrap();
        path.to_string_lossy().into_owned()
    };
    names.iter().map(file).collect()
}

#[test]
fn each_file_gets_a_track_and_undo_takes_all_of_it_back() {
    let mut rig = Rig::new();
    rig.connect();
    let paths = files(&rig, &["kick.wav", "snare.wav"]);
    let payload = json!({ "paths": paths, "place": { "startTicks": 20_160 } }).to_string();
    let ticket = rig.send(Origin::Aura, parse("media.import", &payload));
    assert!(rig.answer_of(ticket).is_none(), "the engine has not said what the files are");
    assert_eq!(rig.core.view().tasks.len(), 1);
    rig.confirm();
    let payload = rig.answer_of(ticket).unwrap().unwrap();
    assert_eq!(payload["mediaIds"].as_array().unwrap().len(), 2);
    assert_eq!(payload["failed"], json!([]));
    let view = rig.core.view();
    assert_eq!((view.model.tracks.len(), view.model.clips.len(), view.tasks.len()), (2, 2, 0));
    let clip = view.model.clips.values().next().unwrap();
    assert_eq!((clip.start_ticks, clip.length_ticks, clip.name.as_str()), (20_160, 4 * 20_160, "kick"));
    assert!(view.media.values().all(|media| media.status == MediaStatus::Ready));
    rig.core.model.check().unwrap();

    rig.request("history.undo", "{}").unwrap();
    let view = rig.core.view();
    assert!(view.model.media.is_empty() && view.model.clips.is_empty() && view.media.is_empty());
    rig.request("history.redo", "{}").unwrap();
    rig.confirm();
    assert!(rig.core.view().media.values().all(|media| media.status == MediaStatus::Ready));

    // The same file again is the same media.
    let ticket = rig.send(Origin::Aura, parse("media.import", &json!({ "paths": [paths[0]] }).to_string()));
    let payload = rig.answer_of(ticket).unwrap().unwrap();
    assert_eq!(payload["mediaIds"][0], json!(view_media(&rig, "media/kick.wav")));
    assert_eq!(rig.core.view().model.media.len(), 2);
}

fn view_media(rig: &Rig, path: &str) -> String {
    rig.core.view().model.media.values().find(|media| media.path == path).unwrap().id.to_string()
}

#[test]
fn what_cannot_be_imported_is_named_and_the_rest_comes_in() {
    let mut rig = Rig::new();
    rig.connect();
    rig.request("track.create", "{}").unwrap();
    let mut paths = files(&rig, &["a.wav", "text.txt", "b.wav"]);
    paths.push("/nowhere/x.wav".to_owned());
    let payload = json!({ "paths": paths, "place": { "startTicks": 0, "trackId": "t9" } }).to_string();
    let ticket = rig.send(Origin::Aura, parse("media.import", &payload));
    let place = rig
        .owed
        .iter()
        .position(|(_, command)| matches!(command, EngineCommand::MediaOpen(open) if open.path.ends_with("text.txt")))
        .unwrap();
    let (asked, EngineCommand::MediaOpen(open)) = rig.owed.remove(place) else { panic!("not an open") };
    let missing = media::Missing { media_id: open.media_id, path: open.path, reason: "it is not audio".to_owned() };
    rig.said(Some(asked), EngineEvent::MediaMissing(missing));
    rig.confirm();
    let payload = rig.answer_of(ticket).unwrap().unwrap();
    assert_eq!(payload["failed"].as_array().unwrap().len(), 2, "{payload}");
    let view = rig.core.view();
    let starts: Vec<i64> = view.model.clips.values().map(|clip| clip.start_ticks).collect();
    assert_eq!(starts, [0, 4 * 20_160], "the files follow each other");

    for (payload, code) in
        [(json!({ "paths": ["/nowhere/x.wav"] }), "media.nothing"), (json!({ "paths": [] }), "media.nothing")]
    {
        let ticket = rig.send(Origin::Aura, parse("media.import", &payload.to_string()));
        assert_eq!(rig.answer_of(ticket).unwrap().unwrap_err().code, code);
    }
}

#[test]
fn an_import_survives_the_engine_s_death_and_not_its_end() {
    let mut rig = Rig::new();
    rig.connect();
    let payload = json!({ "paths": files(&rig, &["a.wav"]) }).to_string();
    let ticket = rig.send(Origin::Aura, parse("media.import", &payload));
    rig.owed.clear();
    rig.handle(Inbound::EngineLost { reason: "killed".to_owned() });
    rig.handle(Inbound::EngineConnected { pid: 2, safe: false, restarts: 1 });
    rig.confirm();
    assert!(rig.answer_of(ticket).unwrap().is_ok());

    let payload = json!({ "paths": files(&rig, &["b.wav"]) }).to_string();
    let ticket = rig.send(Origin::Aura, parse("media.import", &payload));
    rig.handle(Inbound::EngineStopped { reason: "no executable".to_owned() });
    assert_eq!(rig.answer_of(ticket).unwrap().unwrap_err().code, "media.nothing");
}

#[test]
fn the_demo_s_files_are_opened_when_they_are_written() {
    let mut rig = Rig::open(OpenAtStart::Demo);
    rig.connect();
    let view = rig.core.view();
    assert_eq!(view.project.name, "Glass Garden");
    assert!(!view.project.dirty && view.project.path.is_none());
    assert!(view.model.tracks.len() >= 8 && view.model.bus_order.len() >= 2);
    assert!(view.media.values().all(|media| media.status == MediaStatus::Ready));
    assert!(rig.folder.path().join("drafts/demo.loophole/media/kick.flac").exists());
}
