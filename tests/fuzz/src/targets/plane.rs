//! Plane frames: gestures, meters, positions, controls, load, and the bytes of devices.

use loophole_wire::plane::{
    ControlValue, DeviceInput, DeviceOutput, GestureValue, Header, Load, MeterValue, Plane, Position,
};

pub(super) fn run(bytes: &[u8]) {
    let Ok(plane) = Plane::parse(bytes) else { return };
    let written = write(&plane);
    assert_eq!(written.len(), bytes.len());
    // NaN equals nothing, but its bytes do.
    assert_eq!(write(&Plane::parse(&written).unwrap()), written);
}

fn write(plane: &Plane) -> Vec<u8> {
    let mut bytes = Vec::new();
    plane.encode(&mut bytes);
    bytes
}

pub(super) fn seeds() -> Vec<Vec<u8>> {
    let header = Header { flags: 0, stream: 1, sequence: 2, time_nanos: 3 };
    let control = ControlValue { device: 1, control: 2, value: 0.5, at_nanos: 3 };
    let said =
        |bytes: &[u8]| DeviceInput { port: 1, at_nanos: 2, executed: true, thinned: false, bytes: bytes.to_vec() };
    let told = DeviceOutput { port: 1, key: 2, feature: true, bytes: vec![0, 1, 2] };
    [
        Plane::Gesture(header, vec![GestureValue { target: 1, value: -6.0 }, GestureValue { target: 2, value: 0.5 }]),
        Plane::Meter(header, vec![MeterValue { channel: 1, peak: [0.5; 2], rms: [0.25; 2] }]),
        Plane::Position(header, Position { frames: -1, engine_frames: 128, rolling: true }),
        Plane::Control(header, vec![control]),
        Plane::Load(header, Load { dsp: 0.1, peak: 0.2, ..Load::default() }),
        Plane::DeviceInput(header, vec![said(&[0xb0, 7, 100]), said(b"\xf0\x7e\xf7")]),
        Plane::DeviceOutput(header, vec![told]),
        Plane::DeviceEcho(header, vec![said(&[0x90, 60, 1])]),
    ]
    .iter()
    .map(write)
    .collect()
}
