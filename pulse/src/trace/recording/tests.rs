//! What is written is read again, from whole files and from pieces of them.

use super::*;
use crate::trace::filter::Filter;
use crate::trace::pairs::pair_all;
use crate::trace::{Body, Cause, Class, DeviceBytes, Kind, Link, Party, Priority, Tap, TraceEntry};
use loophole_wire::ErrorBody;
use serde_json::value::RawValue;
use std::sync::Arc;

fn entry(number: u64, kind: Kind, body: Body) -> TraceEntry {
    TraceEntry {
        number,
        at_nanos: 1_700_000_000_000_000_000 + number * 1_000_000_000,
        link: if number.is_multiple_of(2) { Link::Client(3) } else { Link::Engine },
        from: Party::Pulse,
        to: Party::Signal,
        domain: "transport".into(),
        name: "play".into(),
        kind,
        priority: Priority::High,
        id: number.to_string().into(),
        cid: None,
        cause: Some(Arc::new(Cause { link: Link::Window, id: "9".into() })),
        size_bytes: 40,
        body,
    }
}

fn json(text: &str) -> Body {
    Body::Json(Arc::from(RawValue::from_string(text.to_owned()).unwrap()))
}

fn some() -> Vec<TraceEntry> {
    let records = [DeviceBytes { port: 7, at_nanos: 0, bytes: [0x90, 0x3c].into() }];
    let device = Body::Device { kind: "deviceInput", stream: 0, sequence: 4, count: 1, records: records.into() };
    vec![
        entry(0, Kind::Command, json(r#"{"path":"/home/me/song/a.wav","token":"secret"}"#)),
        entry(1, Kind::Error, Body::Error(Arc::new(ErrorBody::new("a.b", "no file /home/me/x")))),
        entry(2, Kind::Event, Body::Plane { kind: "meter", stream: 1, sequence: 2, count: 3 }),
        entry(3, Kind::Event, device),
        entry(4, Kind::Event, Body::Log("a line".into())),
        entry(5, Kind::Event, Body::Process { state: "died".into(), detail: "it hangs".into() }),
    ]
}

fn about() -> About {
    About { started_nanos: 5, ..About::here("song") }
}

fn record(folder: &Path, name: &str, options: Options) -> (PathBuf, Written) {
    let path = folder.join(name);
    let mut recorder = Recorder::create(&path, about(), options).unwrap();
    some().iter().for_each(|entry| recorder.write(entry).unwrap());
    (path, recorder.finish().unwrap())
}

#[test]
fn what_is_written_is_read_again() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["a.mcap", "a.jsonl"] {
        let (path, written) = record(folder.path(), name, Options::default());
        assert_eq!((written.entries, written.files), (6, 1));
        let read = Recording::open(&path).unwrap();
        assert_eq!((&read.about, read.warnings.len()), (&about(), 0), "{name}");
        let classes: Vec<Class> = read.entries.iter().map(TraceEntry::class).collect();
        let wanted = [Class::Command, Class::Error, Class::Plane, Class::Plane, Class::Log, Class::Process];
        assert_eq!(classes, wanted);
        for (is, was) in read.entries.iter().zip(some()).skip(1) {
            assert_eq!(is.body.payload_text(), was.body.payload_text());
            assert_eq!((is.number, is.at_nanos, is.link, &is.cause), (was.number, was.at_nanos, was.link, &was.cause));
        }
        let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
        assert!(!text.contains("secret") && text.contains("/home/me"), "{name}");
    }
}

#[test]
fn folders_can_be_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let (path, _) = record(folder.path(), "a.jsonl", Options { masks_paths: true, ..Options::default() });
    let text = std::fs::read_to_string(path).unwrap();
    assert!(!text.contains("/home") && text.contains("…/a.wav") && text.contains("no file …/x"), "{text}");
}

#[test]
fn a_file_that_was_cut_gives_what_there_is() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["a.mcap", "a.jsonl"] {
        let (path, _) = record(folder.path(), name, Options::default());
        let whole = std::fs::read(&path).unwrap();
        let mut most = 0;
        for end in (1..whole.len()).step_by(7) {
            std::fs::write(&path, &whole[..end]).unwrap();
            if let Ok(read) = Recording::open(&path) {
                assert!(read.entries.len() >= most && read.entries.len() <= 6);
                most = read.entries.len();
            }
        }
        assert!(most >= 5, "{name}");
        for place in (0..whole.len()).step_by(5) {
            let mut damaged = whole.clone();
            damaged[place] = 0xff;
            std::fs::write(&path, &damaged).unwrap();
            // It is read, or the reason is said.
            let _read = Recording::open(&path);
        }
    }
}

#[test]
fn what_is_no_recording_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x");
    for (bytes, wanted) in [
        (&b""[..], "empty"),
        (b"{\"a\":1}\n{}", "no recording"),
        (b"\x89MCAP0\r\n", "something else"),
        (b"\x00\x01\x02", "no recording"),
        (b"{\"recording\":9}\n", "newer"),
    ] {
        std::fs::write(&path, bytes).unwrap();
        let error = Recording::open(&path).unwrap_err().to_string();
        assert!(error.contains(wanted), "{error}");
    }
    assert!(Recording::open(&folder.path().join("none")).is_err());
}

#[test]
fn files_have_a_limit_and_the_oldest_go() {
    let folder = tempfile::tempdir().unwrap();
    let (path, written) = record(folder.path(), "a.mcap", Options { limit_bytes: 1, files: 3, ..Options::default() });
    assert_eq!(written.files, 3);
    let mut names: Vec<_> = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names.len(), 3, "{names:?}");
    assert!(Recording::open(&path).unwrap().warnings.is_empty());
}

#[test]
fn the_last_seconds_are_saved() {
    let folder = tempfile::tempdir().unwrap();
    let tap = Tap::default();
    some().into_iter().for_each(|entry| tap.record(entry));
    let path = folder.path().join("last.mcap");
    assert_eq!(save_last(&tap, 2, &path, about(), Options::default()).unwrap().entries, 3);
}

#[test]
fn a_reply_knows_its_command() {
    let command = TraceEntry { link: Link::Window, ..entry(1, Kind::Command, json("{}")) };
    let reply = TraceEntry {
        link: Link::Window,
        cid: Some("1".into()),
        from: Party::Signal,
        to: Party::Pulse,
        ..entry(3, Kind::Error, json("{}"))
    };
    let alone = entry(5, Kind::Command, json("{}"));
    let entries = [command, reply, alone];
    let known = pair_all(&entries);
    assert_eq!((known[0].partner, known[1].partner, known[2].partner), (Some(3), Some(1), None));
    let count = |filter: &str| {
        let filter = Filter::parse(filter).unwrap();
        entries.iter().zip(&known).filter(|(entry, known)| filter.matches(&known.row(entry))).count()
    };
    assert_eq!(count("latency >= 2s"), 2);
    assert_eq!((count("status == error"), count("status == unanswered")), (2, 1));
}
