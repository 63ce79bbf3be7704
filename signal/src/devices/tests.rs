//! Recordings through all that stands between a driver and Pulse.

use super::fast_path::FastPath;
use super::input::{InputQueue, InputSink, Inputs, Outlets};
use super::output::{OutputQueue, Outputs};
use super::pacing::Limits;
use super::replay::ReplayIo;
use super::surface_io::{Found, SurfaceIo, Told};
use super::trouble::Troubles;
use loophole_wire::message::ports::{FastPathAction, FastPathEntry, OpenPort, PortTrouble, PortTroubleKind, Transport};
use loophole_wire::plane::{DeviceInput, DeviceOutput};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

struct Played {
    said: Vec<DeviceInput>,
    acted: Vec<FastPathAction>,
    troubles: Vec<PortTrouble>,
    heard: Vec<Vec<u8>>,
}

/// Plays a recording through port 1, with a fast path and something to tell the device, until it is over.
fn play(mut io: ReplayIo, fast_path: Vec<FastPathEntry>, told: Vec<DeviceOutput>) -> Played {
    let found: Arc<Mutex<Vec<Found>>> = Arc::default();
    let of_listener = Arc::clone(&found);
    let listener = Arc::new(move |told| match told {
        Told::All(all) => *of_listener.lock().unwrap() = all,
        Told::Failed(reason) => panic!("{reason}"),
    });
    io.watch(listener).unwrap();
    let found = found.lock().unwrap()[0].clone();
    let (queue, inputs, outputs) = (Arc::<InputQueue>::default(), Inputs::default(), Outputs::default());
    let troubles = Arc::new(Troubles::new(Box::new(|| {})));
    inputs.open(1, &found.description);
    inputs.set_fast_path(FastPath::new(fast_path).unwrap());
    let wanted = OpenPort { port: 1, ..OpenPort::default() };
    let port = io.open(&found, &wanted, InputSink::new(1, Arc::clone(&queue))).unwrap();

    let writing = OutputQueue::new(Limits::of(&wanted));
    outputs.open(1, Arc::clone(&writing), &troubles);
    let expected = told.len();
    outputs.send(told, &troubles);
    std::thread::scope(|scope| {
        scope.spawn(|| writing.run(1, port, &troubles, &|_| {}));
        while io.heard.lock().unwrap().len() < expected {
            std::thread::yield_now();
        }
        outputs.close(1);
    });

    let (said, acted) = (Arc::<Mutex<Vec<DeviceInput>>>::default(), Arc::<Mutex<Vec<FastPathAction>>>::default());
    let (of_said, of_acted, of_gone) = (Arc::clone(&said), Arc::clone(&acted), Arc::clone(&queue));
    let outlets = Outlets {
        said: Box::new(move |records| of_said.lock().unwrap().extend(records)),
        act: Box::new(move |action| {
            of_acted.lock().unwrap().push(action);
            true
        }),
        gone: Box::new(move |_, _| of_gone.end()),
        troubles: Arc::clone(&troubles),
    };
    inputs.run(&queue, &outlets);
    drop(outlets);
    let (troubles, _) = troubles.due(Instant::now());
    let heard = io.heard.lock().unwrap().clone();
    let take = |all: Arc<Mutex<Vec<DeviceInput>>>| std::mem::take(&mut *all.lock().unwrap());
    Played { said: take(said), acted: acted.lock().unwrap().clone(), troubles, heard }
}

#[test]
fn a_midi_recording_comes_in_whole_messages_and_moves_the_transport() {
    let lines = r#"{"atMicros": 1, "bytes": [144, 94, 127, 94]}
{"atMicros": 2, "bytes": [0, 240, 126, 248]}
{"atMicros": 3, "bytes": [1, 247, 176, 7, 64]}"#;
    let entry = FastPathEntry {
        port: 1,
        status: 0x90,
        data1: 94,
        data1_mask: 127,
        min_data2: 1,
        max_data2: 127,
        action: FastPathAction::Play,
    };
    let told = |key, bytes: &[u8]| DeviceOutput { port: 1, key, feature: false, bytes: bytes.to_vec() };
    let recording = ReplayIo::json_lines(Transport::Midi, lines).unwrap();
    let played = play(recording, vec![entry], vec![told(0, &[0x90, 1, 127]), told(7, &[0xb0, 1, 1])]);
    let expected: [(u64, bool, &[u8]); 5] = [
        (1_000, true, &[144, 94, 127]),
        (2_000, false, &[144, 94, 0]),
        (2_000, false, &[248]),
        (3_000, false, &[240, 126, 1, 247]),
        (3_000, false, &[176, 7, 64]),
    ];
    let said: Vec<_> =
        played.said.iter().map(|record| (record.at_nanos, record.executed, record.bytes.as_slice())).collect();
    assert_eq!(said, expected);
    assert_eq!(played.acted, [FastPathAction::Play]);
    assert_eq!(played.heard, [vec![0x90, 1, 127], vec![0xb0, 1, 1]]);
    assert_eq!(played.troubles, []);
}

#[test]
fn a_hid_recording_comes_report_by_report_and_a_long_sysex_is_told() {
    let text = "# a gamepad without report ids\nN: Pad\nR: 8 75 08 95 02 81 02 c0 00\nE: 000000.000100 2 01 02\nE: 0.000200 2 03 04\n";
    let played = play(ReplayIo::hid_recorder(text).unwrap(), Vec::new(), Vec::new());
    let said: Vec<_> = played.said.iter().map(|record| (record.at_nanos, record.bytes.as_slice())).collect();
    assert_eq!(said, [(100_000, [0, 1, 2].as_slice()), (200_000, [0, 3, 4].as_slice())]);
    assert!(ReplayIo::hid_recorder("E: 0.1 3 01").is_err());

    let sysex: Vec<u8> = [0xf0].into_iter().chain(std::iter::repeat_n(1, 70_000)).chain([0xf7]).collect();
    let line = serde_json::json!({ "atMicros": 0, "bytes": sysex }).to_string();
    let played = play(ReplayIo::json_lines(Transport::Midi, &line).unwrap(), Vec::new(), Vec::new());
    assert_eq!(played.said, []);
    assert_eq!((played.troubles[0].kind, played.troubles[0].count), (PortTroubleKind::Dropped, 1));
}

#[test]
fn whatever_a_driver_says_too_fast_is_bounded_and_counted() {
    let queue = Arc::<InputQueue>::default();
    let sink = InputSink::new(1, Arc::clone(&queue));
    for _ in 0..100 {
        sink.push(&vec![0; 1024 * 1024]);
    }
    (0..100_000).for_each(|_| sink.push(&[0xf8]));
    let (told, of_outlets) = (Arc::new(Troubles::new(Box::new(|| {}))), Arc::clone(&queue));
    let outlets = Outlets {
        said: Box::new(|_| {}),
        act: Box::new(|_| false),
        gone: Box::new(move |_, _| of_outlets.end()),
        troubles: Arc::clone(&told),
    };
    sink.gone("over");
    Inputs::default().run(&queue, &outlets);
    let (troubles, _) = told.due(Instant::now() + Duration::from_secs(9));
    // Four pieces of 1 MiB find room.
    assert_eq!(
        troubles.iter().map(|trouble| (trouble.kind, trouble.count)).collect::<Vec<_>>(),
        [(PortTroubleKind::Dropped, 100_096)]
    );
}
