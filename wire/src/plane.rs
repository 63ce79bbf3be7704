//! The plane: binary frames for what is too frequent for JSON (gestures, meters, positions, controls, load).
//!
//! Little-endian. A 24-byte header, then `count` records: of a fixed size per kind, or with their length (kinds 6 to 8).

mod device;

use crate::error::ProtocolError;
pub use device::{DeviceInput, DeviceOutput, MAX_DEVICE_BYTES};

/// Version byte of the plane.
pub const VERSION: u8 = 1;
/// Bytes before the records.
pub const HEADER_BYTES: usize = 24;

/// What stands before the records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    pub flags: u16,
    /// Which stream, as a JSON command opened it.
    pub stream: u32,
    /// Counts up by one per stream; gaps are counted by the receiver and shown, never repaired.
    pub sequence: u32,
    /// The sender's clock: nanoseconds since 1970-01-01T00:00:00Z.
    pub time_nanos: u64,
}

/// One value for one parameter, in the parameter's own unit. Newest wins per target.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GestureValue {
    pub target: u32,
    pub value: f32,
}

/// Levels of one stereo channel since the last frame, linear (1.0 = 0 dBFS).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct MeterValue {
    pub channel: u32,
    pub peak: [f32; 2],
    pub rms: [f32; 2],
}

/// Where the engine is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Position {
    /// On the timeline, in frames at the engine's rate.
    pub frames: i64,
    /// Since the engine started, in frames at the engine's rate.
    pub engine_frames: u64,
    pub rolling: bool,
}

/// One continuous control of a device.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ControlValue {
    pub device: u32,
    pub control: u32,
    pub value: f32,
    pub at_nanos: u64,
}

/// How busy the audio thread is.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Load {
    /// Time spent per time available, mean since the last frame (1.0 = all of it).
    pub dsp: f32,
    /// The worst block since the last frame.
    pub peak: f32,
    /// Blocks that came too late, since the engine started.
    pub xruns: u32,
    /// Stream frames that were not there in time, since the engine started.
    pub starved_frames: u32,
    /// Parameter values applied by the audio thread, since the engine started.
    pub parameter_sets: u64,
    /// Callbacks since the engine started.
    pub blocks: u64,
}

/// A parsed plane frame.
#[derive(Clone, Debug, PartialEq)]
pub enum Plane {
    /// Kind 1, Pulse → Signal and client → Pulse.
    Gesture(Header, Vec<GestureValue>),
    /// Kind 2, Signal → Pulse, 30–60 Hz.
    Meter(Header, Vec<MeterValue>),
    /// Kind 3, Signal → Pulse.
    Position(Header, Position),
    /// Kind 4, Signal → Pulse.
    Control(Header, Vec<ControlValue>),
    /// Kind 5, Signal → Pulse.
    Load(Header, Load),
    /// Kind 6, Signal → Pulse, at once: what devices said.
    DeviceInput(Header, Vec<DeviceInput>),
    /// Kind 7, Pulse → Signal: what devices shall be told.
    DeviceOutput(Header, Vec<DeviceOutput>),
    /// Kind 8, Signal → Pulse: what a simulated device was told.
    DeviceEcho(Header, Vec<DeviceInput>),
}

const KIND_GESTURE: u8 = 1;
const KIND_METER: u8 = 2;
const KIND_POSITION: u8 = 3;
const KIND_CONTROL: u8 = 4;
const KIND_LOAD: u8 = 5;
const KIND_DEVICE_INPUT: u8 = 6;
const KIND_DEVICE_OUTPUT: u8 = 7;
const KIND_DEVICE_ECHO: u8 = 8;

const GESTURE_BYTES: usize = 8;
const METER_BYTES: usize = 20;
const POSITION_BYTES: usize = 24;
const CONTROL_BYTES: usize = 20;
const LOAD_BYTES: usize = 32;

impl Plane {
    pub fn header(&self) -> &Header {
        match self {
            Self::Gesture(header, _)
            | Self::Meter(header, _)
            | Self::Position(header, _)
            | Self::Control(header, _)
            | Self::Load(header, _)
            | Self::DeviceInput(header, _)
            | Self::DeviceOutput(header, _)
            | Self::DeviceEcho(header, _) => header,
        }
    }

    /// The name the panel shows.
    pub fn kind_name(&self) -> &'static str {
        match self {
            Self::Gesture(..) => "gesture",
            Self::Meter(..) => "meter",
            Self::Position(..) => "position",
            Self::Control(..) => "control",
            Self::Load(..) => "load",
            Self::DeviceInput(..) => "deviceInput",
            Self::DeviceOutput(..) => "deviceOutput",
            Self::DeviceEcho(..) => "deviceEcho",
        }
    }

    /// Appends the payload of a plane frame to `out`. A device record of more than [`MAX_DEVICE_BYTES`] cannot be said
    /// and is left out.
    pub fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Self::Gesture(header, values) => {
                encode_gesture(header, values, out);
            }
            Self::Meter(header, values) => {
                encode_header(KIND_METER, header, values.len(), out);
                for value in values {
                    put(
                        out,
                        [
                            value.channel.to_le_bytes(),
                            value.peak[0].to_le_bytes(),
                            value.peak[1].to_le_bytes(),
                            value.rms[0].to_le_bytes(),
                            value.rms[1].to_le_bytes(),
                        ],
                    );
                }
            }
            Self::Position(header, position) => {
                encode_header(KIND_POSITION, header, 1, out);
                out.extend_from_slice(&position.frames.to_le_bytes());
                out.extend_from_slice(&position.engine_frames.to_le_bytes());
                out.extend_from_slice(&u64::from(position.rolling).to_le_bytes());
            }
            Self::Control(header, values) => {
                encode_header(KIND_CONTROL, header, values.len(), out);
                for value in values {
                    put(out, [value.device.to_le_bytes(), value.control.to_le_bytes(), value.value.to_le_bytes()]);
                    out.extend_from_slice(&value.at_nanos.to_le_bytes());
                }
            }
            Self::Load(header, load) => {
                encode_header(KIND_LOAD, header, 1, out);
                put(
                    out,
                    [
                        load.dsp.to_le_bytes(),
                        load.peak.to_le_bytes(),
                        load.xruns.to_le_bytes(),
                        load.starved_frames.to_le_bytes(),
                    ],
                );
                out.extend_from_slice(&load.parameter_sets.to_le_bytes());
                out.extend_from_slice(&load.blocks.to_le_bytes());
            }
            Self::DeviceInput(header, records) => device::encode_inputs(KIND_DEVICE_INPUT, header, records, out),
            Self::DeviceOutput(header, records) => device::encode_outputs(KIND_DEVICE_OUTPUT, header, records, out),
            Self::DeviceEcho(header, records) => device::encode_inputs(KIND_DEVICE_ECHO, header, records, out),
        }
    }

    /// Parses the payload of a plane frame.
    ///
    /// # Errors
    /// [`ProtocolError::Malformed`] for another version, an unknown kind, or a count that does not fit the bytes.
    pub fn parse(bytes: &[u8]) -> Result<Self, ProtocolError> {
        let mut reader = Reader { bytes };
        let version = reader.u8()?;
        if version != VERSION {
            return Err(malformed("version", format!("plane version {version}; this one speaks {VERSION}")));
        }
        let kind = reader.u8()?;
        let flags = reader.u16()?;
        let stream = reader.u32()?;
        let sequence = reader.u32()?;
        let count = reader.u32()? as usize;
        let header = Header { flags, stream, sequence, time_nanos: reader.u64()? };
        match kind {
            KIND_DEVICE_INPUT => return Ok(Self::DeviceInput(header, device::parse_inputs(reader, count)?)),
            KIND_DEVICE_OUTPUT => return Ok(Self::DeviceOutput(header, device::parse_outputs(reader, count)?)),
            KIND_DEVICE_ECHO => return Ok(Self::DeviceEcho(header, device::parse_inputs(reader, count)?)),
            _ => {}
        }
        let record = match kind {
            KIND_GESTURE => GESTURE_BYTES,
            KIND_METER => METER_BYTES,
            KIND_POSITION => POSITION_BYTES,
            KIND_CONTROL => CONTROL_BYTES,
            KIND_LOAD => LOAD_BYTES,
            other => return Err(malformed("kind", format!("plane kind {other} is unknown"))),
        };
        if count.checked_mul(record) != Some(reader.bytes.len()) {
            return Err(malformed(
                "count",
                format!("{count} records of {record} bytes announced, {} bytes came", reader.bytes.len()),
            ));
        }
        if matches!(kind, KIND_POSITION | KIND_LOAD) && count != 1 {
            return Err(malformed("count", "this kind holds exactly one record".to_owned()));
        }
        Ok(match kind {
            KIND_GESTURE => Self::Gesture(
                header,
                reader.records(count, |r| Ok(GestureValue { target: r.u32()?, value: r.f32()? }))?,
            ),
            KIND_METER => Self::Meter(
                header,
                reader.records(count, |r| {
                    Ok(MeterValue { channel: r.u32()?, peak: [r.f32()?, r.f32()?], rms: [r.f32()?, r.f32()?] })
                })?,
            ),
            KIND_POSITION => Self::Position(
                header,
                Position {
                    frames: reader.u64()?.cast_signed(),
                    engine_frames: reader.u64()?,
                    rolling: reader.u64()? & 1 == 1,
                },
            ),
            KIND_CONTROL => Self::Control(
                header,
                reader.records(count, |r| {
                    Ok(ControlValue { device: r.u32()?, control: r.u32()?, value: r.f32()?, at_nanos: r.u64()? })
                })?,
            ),
            _ => Self::Load(
                header,
                Load {
                    dsp: reader.f32()?,
                    peak: reader.f32()?,
                    xruns: reader.u32()?,
                    starved_frames: reader.u32()?,
                    parameter_sets: reader.u64()?,
                    blocks: reader.u64()?,
                },
            ),
        })
    }
}

/// Appends the payload of a gesture frame to `out`, without an owned list of values.
pub fn encode_gesture(header: &Header, values: &[GestureValue], out: &mut Vec<u8>) {
    encode_header(KIND_GESTURE, header, values.len(), out);
    for value in values {
        put(out, [value.target.to_le_bytes(), value.value.to_le_bytes()]);
    }
}

fn encode_header(kind: u8, header: &Header, count: usize, out: &mut Vec<u8>) {
    out.push(VERSION);
    out.push(kind);
    out.extend_from_slice(&header.flags.to_le_bytes());
    let count = u32::try_from(count).expect("a frame holds far fewer than 4 G records");
    put(out, [header.stream.to_le_bytes(), header.sequence.to_le_bytes(), count.to_le_bytes()]);
    out.extend_from_slice(&header.time_nanos.to_le_bytes());
}

fn put<const N: usize>(out: &mut Vec<u8>, words: [[u8; 4]; N]) {
    out.extend_from_slice(words.as_flattened());
}

fn malformed(path: &str, reason: String) -> ProtocolError {
    ProtocolError::Malformed { path: format!("plane.{path}"), reason }
}

struct Reader<'a> {
    bytes: &'a [u8],
}

impl<'a> Reader<'a> {
    fn slice(&mut self, length: usize) -> Result<&'a [u8], ProtocolError> {
        let Some((head, rest)) = self.bytes.split_at_checked(length) else {
            return Err(malformed("length", "a record is cut off".to_owned()));
        };
        self.bytes = rest;
        Ok(head)
    }
    fn take<const N: usize>(&mut self) -> Result<[u8; N], ProtocolError> {
        let Some((head, rest)) = self.bytes.split_first_chunk::<N>() else {
            return Err(malformed("header", "the frame is cut off".to_owned()));
        };
        self.bytes = rest;
        Ok(*head)
    }
    fn u8(&mut self) -> Result<u8, ProtocolError> {
        self.take::<1>().map(|[byte]| byte)
    }
    fn u16(&mut self) -> Result<u16, ProtocolError> {
        self.take().map(u16::from_le_bytes)
    }
    fn u32(&mut self) -> Result<u32, ProtocolError> {
        self.take().map(u32::from_le_bytes)
    }
    fn u64(&mut self) -> Result<u64, ProtocolError> {
        self.take().map(u64::from_le_bytes)
    }
    fn f32(&mut self) -> Result<f32, ProtocolError> {
        self.take().map(f32::from_le_bytes)
    }
    fn records<T>(
        &mut self,
        count: usize,
        one: impl Fn(&mut Self) -> Result<T, ProtocolError>,
    ) -> Result<Vec<T>, ProtocolError> {
        (0..count).map(|_| one(self)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const HEADER: Header = Header { flags: 0, stream: 7, sequence: 8, time_nanos: 9 };

    fn trip(plane: &Plane) {
        let mut bytes = Vec::new();
        plane.encode(&mut bytes);
        assert_eq!(Plane::parse(&bytes).as_ref(), Ok(plane));
        for cut in 0..bytes.len() {
            assert!(Plane::parse(&bytes[..cut]).is_err(), "{cut} of {} bytes were accepted", bytes.len());
        }
    }

    #[test]
    fn every_kind_survives_the_trip_and_no_cut_does() {
        trip(&Plane::Gesture(
            HEADER,
            vec![GestureValue { target: 1, value: f32::NEG_INFINITY }, GestureValue { target: 2, value: -3.5 }],
        ));
        trip(&Plane::Meter(HEADER, vec![MeterValue { channel: 3, peak: [0.5, 0.25], rms: [0.1, 0.2] }]));
        trip(&Plane::Position(HEADER, Position { frames: -48_000, engine_frames: 12, rolling: true }));
        trip(&Plane::Control(HEADER, vec![ControlValue { device: 1, control: 2, value: 0.5, at_nanos: 77 }]));
        trip(&Plane::Load(
            HEADER,
            Load { dsp: 0.25, peak: 0.5, xruns: 3, starved_frames: 4, parameter_sets: 5, blocks: 6 },
        ));
        let input =
            |bytes: &[u8]| DeviceInput { port: 3, at_nanos: 4, executed: true, thinned: false, bytes: bytes.into() };
        trip(&Plane::DeviceInput(HEADER, vec![input(&[0x90, 60, 1]), input(&[]), input(&[0xf8])]));
        trip(&Plane::DeviceEcho(HEADER, vec![DeviceInput { executed: false, thinned: true, ..input(&[7; 300]) }]));
        let output = |key, feature| DeviceOutput { port: 1, key, feature, bytes: vec![1, 2, 3] };
        trip(&Plane::DeviceOutput(HEADER, vec![output(0, true), output(u32::MAX, false)]));
    }

    #[test]
    fn the_header_stands_as_written_down() {
        let mut bytes = Vec::new();
        encode_gesture(
            &Header { flags: 0x0201, stream: 2, sequence: 3, time_nanos: 4 },
            &[GestureValue { target: 5, value: 1.0 }],
            &mut bytes,
        );
        assert_eq!(
            bytes,
            [1, 1, 1, 2, 2, 0, 0, 0, 3, 0, 0, 0, 1, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0x80, 0x3f]
        );
    }

    proptest! {
        #[test]
        fn random_bytes_never_panic(mut bytes in prop::collection::vec(any::<u8>(), 0..200), plausible in any::<bool>(), kind in 0u8..10) {
            if plausible && bytes.len() > 1 {
                bytes[0] = VERSION;
                bytes[1] = kind;
            }
            let _outcome = Plane::parse(&bytes);
        }
    }
}
