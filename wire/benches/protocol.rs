//! How long frames, envelopes and plane frames take. Run with `cargo bench -p loophole-wire`.

use divan::{
    Bencher, black_box,
    counter::{BytesCount, ItemsCount},
};
use loophole_wire::envelope::{Envelope, to_payload};
use loophole_wire::message::EngineCommand;
use loophole_wire::plane::{GestureValue, Header, Plane, encode_gesture};
use loophole_wire::{Frame, FrameDecoder, frame};

fn main() {
    divan::main();
}

const PLAY: &[u8] = br#"{"v":1,"id":"712","cid":null,"ts":"2026-01-31T08:05:09.000120Z","origin":"pulse","target":"signal","domain":"transport","kind":"command","name":"play","priority":"realtime","payload":{"anchor":{"positionFrames":480000,"atNanos":1735689599999999999}},"error":null}"#;

#[divan::bench]
fn envelope_parse(bencher: Bencher<'_, '_>) {
    bencher.counter(BytesCount::of_slice(PLAY)).bench(|| Envelope::parse(black_box(PLAY)));
}

#[divan::bench]
fn envelope_parse_with_typed_payload(bencher: Bencher<'_, '_>) {
    bencher.counter(BytesCount::of_slice(PLAY)).bench(|| {
        let envelope = Envelope::parse(black_box(PLAY)).expect("well formed");
        EngineCommand::parse(&envelope.domain, &envelope.name, &envelope.payload)
    });
}

#[divan::bench]
fn envelope_write(bencher: Bencher<'_, '_>) {
    let envelope = Envelope::parse(PLAY).expect("well formed");
    bencher.bench(|| black_box(&envelope).to_json());
}

#[divan::bench(args = [1, 1_000])]
fn parameter_set_json(bencher: Bencher<'_, '_>, values: usize) {
    let list: Vec<_> = (0..values).map(|id| serde_json::json!({ "parameterId": id, "value": -6.25 })).collect();
    let payload = to_payload(&serde_json::json!({ "values": list }));
    bencher.counter(ItemsCount::new(values)).bench(|| EngineCommand::parse("parameter", "set", black_box(&payload)));
}

#[divan::bench(args = [1, 1_000])]
fn plane_gesture_write(bencher: Bencher<'_, '_>, values: u32) {
    let values: Vec<_> = (0..values).map(|target| GestureValue { target, value: 0.5 }).collect();
    let header = Header { flags: 0, stream: 1, sequence: 2, time_nanos: 3 };
    let mut out = Vec::new();
    bencher.counter(ItemsCount::new(values.len())).bench_local(|| {
        out.clear();
        encode_gesture(&header, black_box(&values), &mut out);
    });
}

#[divan::bench(args = [1, 1_000])]
fn plane_gesture_parse(bencher: Bencher<'_, '_>, values: u32) {
    let values: Vec<_> = (0..values).map(|target| GestureValue { target, value: 0.5 }).collect();
    let mut bytes = Vec::new();
    encode_gesture(&Header { flags: 0, stream: 1, sequence: 2, time_nanos: 3 }, &values, &mut bytes);
    bencher.counter(ItemsCount::new(values.len())).bench(|| Plane::parse(black_box(&bytes)));
}

#[divan::bench]
fn frames_cut_from_a_stream(bencher: Bencher<'_, '_>) {
    let mut bytes = Vec::new();
    for _ in 0..100 {
        frame::encode(Frame::Json(PLAY), &mut bytes);
    }
    bencher.counter(BytesCount::of_slice(&bytes)).bench(|| {
        let mut decoder = FrameDecoder::default();
        decoder.push(black_box(&bytes));
        let mut count = 0;
        while let Ok(Some(_)) = decoder.next_frame() {
            count += 1;
        }
        count
    });
}
