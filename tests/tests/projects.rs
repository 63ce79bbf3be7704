//! Projects on disk: saved, opened again, and refused in every way a disk can refuse.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test that cannot go on panics; what it measured is worth a line"
)]

use loophole_tests::{Peer, Serve, ServeOptions, wait_until};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

fn snapshot(client: &mut Peer) -> Value {
    let mut snapshot = client.request("project", "snapshot", json!({}));
    // These differ between two sessions with the same music.
    for key in ["revision", "project", "media"] {
        snapshot.as_object_mut().unwrap().remove(key);
    }
    snapshot
}

fn save_demo_as(folder: &Path) -> (Serve, Peer, String) {
    let serve = Serve::demo();
    let mut client = serve.client_with_engine();
    let path = folder.join("Song.loophole");
    client.request("project", "saveAs", json!({ "path": path }));
    (serve, client, path.to_string_lossy().into_owned())
}

#[test]
fn a_saved_project_opens_the_same_and_saves_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let (_serve, mut client, path) = save_demo_as(folder.path());
    client.request("track", "create", json!({ "name": "Extra" }));
    client.request("project", "save", json!({}));
    let before = snapshot(&mut client);
    let bytes = fs::read(Path::new(&path).join("project.json")).unwrap();

    let other = Serve::empty();
    let mut stranger = other.client_with_engine();
    stranger.request("project", "open", json!({ "path": path }));
    assert_eq!(snapshot(&mut stranger), before);
    let status = stranger.request("session", "status", json!({}));
    assert_eq!(status["project"]["dirty"], false);
    stranger.request("project", "save", json!({}));
    assert_eq!(fs::read(Path::new(&path).join("project.json")).unwrap(), bytes);
    let left: Vec<_> = fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| ["project.json", "media", "cache"].contains(&name.to_str().unwrap())), "{left:?}");
}

#[test]
fn a_project_from_the_future_or_broken_is_refused_and_not_touched() {
    let folder = tempfile::tempdir().unwrap();
    let (_serve, mut client, path) = save_demo_as(folder.path());
    let file = Path::new(&path).join("project.json");
    let good = fs::read_to_string(&file).unwrap();
    let before = snapshot(&mut client);

    let mut future: Value = serde_json::from_str(&good).unwrap();
    future["format"]["version"] = json!(999);
    for (content, code) in [
        (future.to_string(), "project.newerVersion"),
        (good[..good.len() / 2].to_owned(), "project.unreadable"),
        (good.replace("\"tracks\"", "\"trucks\""), "project.unreadable"),
        (String::new(), "project.unreadable"),
    ] {
        fs::write(&file, &content).unwrap();
        let answer = client.ask("project", "open", json!({ "path": path, "discardChanges": true }));
        let error = answer.error.expect("refused");
        assert_eq!(error.code, code, "{}", error.message);
        assert_eq!(fs::read_to_string(&file).unwrap(), content, "the file was touched");
        assert_eq!(snapshot(&mut client), before, "the open project was touched");
    }
    assert_eq!(
        client.refusal("project", "open", json!({ "path": "/nowhere/Nothing.loophole", "discardChanges": true })),
        "project.notFound"
    );
}

#[test]
fn unsaved_changes_are_not_thrown_away_unasked() {
    let folder = tempfile::tempdir().unwrap();
    let (_serve, mut client, path) = save_demo_as(folder.path());
    client.request("track", "create", json!({}));
    assert_eq!(client.refusal("project", "open", json!({ "path": path })), "project.unsavedChanges");
    assert_eq!(client.refusal("project", "new", json!({})), "project.unsavedChanges");
    client.request("project", "new", json!({ "discardChanges": true }));
    assert_eq!(client.refusal("project", "save", json!({})), "project.needsPath");
}

#[test]
fn missing_media_is_shown_and_the_project_opens() {
    let folder = tempfile::tempdir().unwrap();
    let (serve, _client, path) = save_demo_as(folder.path());
    drop(serve);
    let victim = fs::read_dir(Path::new(&path).join("media")).unwrap().next().unwrap().unwrap().path();
    fs::remove_file(&victim).unwrap();
    let other = Serve::start(ServeOptions { arguments: vec![path], ..ServeOptions::default() });
    let mut client = other.client_with_engine();
    let mut missing = Value::Null;
    wait_until("the missing file is noticed", || {
        let list = client.request("media", "list", json!({}));
        missing = list["media"]
            .as_array()
            .unwrap()
            .iter()
            .find(|media| media["status"] == "missing")
            .cloned()
            .unwrap_or_default();
        !missing.is_null()
    });
    let name = victim.file_name().unwrap().to_str().unwrap();
    assert!(missing["path"].as_str().unwrap().ends_with(name), "{missing}");
    assert!(!missing["reason"].as_str().unwrap_or_default().is_empty(), "{missing}");
}

#[test]
fn a_folder_that_cannot_be_written_is_refused_and_the_old_file_stays() {
    let folder = tempfile::tempdir().unwrap();
    let (_serve, mut client, path) = save_demo_as(folder.path());
    // A file stands where the folder should be: it cannot be written, not even by root.
    let blocked = folder.path().join("blocked");
    fs::write(&blocked, "in the way").unwrap();
    let code = client.refusal("project", "saveAs", json!({ "path": blocked.join("Song.loophole") }));
    assert_eq!(code, "project.cannotWrite");
    assert_eq!(fs::read_to_string(&blocked).unwrap(), "in the way");
    assert_eq!(client.refusal("project", "saveAs", json!({ "path": path })), "project.exists");
    assert_eq!(client.request("session", "status", json!({}))["project"]["path"], path);
}

#[test]
fn a_full_disk_is_said_and_the_saved_file_stays_whole() {
    let folder = tempfile::tempdir().unwrap();
    let Some(_mounted) = Mounted::tmpfs(folder.path()) else { return };
    let (_serve, mut client, path) = save_demo_as(folder.path());
    let file = Path::new(&path).join("project.json");
    let good = fs::read(&file).unwrap();
    // Fill what is left, then change and save.
    fill(&folder.path().join("filler"));
    client.request("track", "create", json!({ "name": "One too many" }));
    assert_eq!(client.refusal("project", "save", json!({})), "project.diskFull");
    assert_eq!(fs::read(&file).unwrap(), good);
    assert_eq!(client.request("session", "status", json!({}))["project"]["dirty"], true);
    fs::remove_file(folder.path().join("filler")).unwrap();
    client.request("project", "save", json!({}));
    assert_ne!(fs::read(&file).unwrap(), good);
}

#[test]
fn a_project_that_became_read_only_is_said_and_stays_whole() {
    let folder = tempfile::tempdir().unwrap();
    let Some(mounted) = Mounted::tmpfs(folder.path()) else { return };
    let (_serve, mut client, path) = save_demo_as(folder.path());
    let file = Path::new(&path).join("project.json");
    let good = fs::read(&file).unwrap();
    client.request("track", "create", json!({ "name": "Too late" }));
    mounted.remount("ro");
    assert_eq!(client.refusal("project", "save", json!({})), "project.cannotWrite");
    assert_eq!(fs::read(&file).unwrap(), good);
    mounted.remount("rw");
    client.request("project", "save", json!({}));
    assert_ne!(fs::read(&file).unwrap(), good);
}

/// A small file system of our own, gone with this value. Mounting needs root.
struct Mounted<'a>(&'a Path);

impl<'a> Mounted<'a> {
    fn tmpfs(folder: &'a Path) -> Option<Self> {
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=200m", "tmpfs"]).arg(folder).stderr(Stdio::null());
        if mount.status().is_ok_and(|status| status.success()) {
            return Some(Self(folder));
        }
        println!("skipped, because mounting a tmpfs is not permitted here; run as root");
        None
    }

    /// The engine may have files open for writing at this moment; then the system says no, and is asked again.
    fn remount(&self, how: &str) {
        wait_until("the file system is mounted anew", || {
            let option = format!("remount,{how}");
            let mut mount = Command::new("mount");
            mount.args(["-o", &option]).arg(self.0).stderr(Stdio::null());
            mount.status().is_ok_and(|status| status.success())
        });
    }
}

impl Drop for Mounted<'_> {
    fn drop(&mut self) {
        Command::new("umount").arg("-l").arg(self.0).status().expect("umount is there");
    }
}

/// Writes until nothing fits any more, not even a byte.
fn fill(path: &Path) {
    let mut file = fs::File::create(path).unwrap();
    let mut chunk = 8 << 20;
    while chunk > 0 {
        if std::io::Write::write(&mut file, &vec![0; chunk]).map_or(true, |written| written == 0) {
            chunk /= 2;
        }
    }
}
