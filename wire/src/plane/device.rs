//! Records of what devices say and are told: MIDI messages, HID reports, OSC packets.

use super::{Header, Reader, encode_header, malformed};
use crate::error::ProtocolError;

/// What one device record may hold. A longer SysEx does not go over the plane.
pub const MAX_DEVICE_BYTES: usize = u16::MAX as usize;

const EXECUTED: u8 = 1;
const THINNED: u8 = 2;
const FEATURE: u16 = 1;

/// What a device said, or (kind 8) what a simulated one was told: one complete MIDI message, running status resolved;
/// or one HID report, its first byte the report id (0 where the device has none); or one OSC packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceInput {
    pub port: u32,
    /// When the driver handed it over: nanoseconds since 1970-01-01T00:00:00Z.
    pub at_nanos: u64,
    /// The fast path has acted on it already.
    pub executed: bool,
    /// Values between this one and the one before were dropped: too many came.
    pub thinned: bool,
    /// At most [`MAX_DEVICE_BYTES`].
    pub bytes: Vec<u8>,
}

/// What a device shall be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceOutput {
    pub port: u32,
    /// Not 0: replaces what waits for the same port with the same key. 0: in order, never replaced.
    pub key: u32,
    /// HID: a feature report instead of an output report.
    pub feature: bool,
    /// At most [`MAX_DEVICE_BYTES`].
    pub bytes: Vec<u8>,
}

pub(super) fn encode_inputs(kind: u8, header: &Header, records: &[DeviceInput], out: &mut Vec<u8>) {
    encode_header(kind, header, records.iter().filter(|record| sayable(&record.bytes).is_some()).count(), out);
    for record in records {
        let Some(length) = sayable(&record.bytes) else { continue };
        let flags = (u8::from(record.executed) * EXECUTED) | (u8::from(record.thinned) * THINNED);
        out.extend_from_slice(&record.port.to_le_bytes());
        out.extend_from_slice(&record.at_nanos.to_le_bytes());
        out.extend_from_slice(&[flags, 0]);
        out.extend_from_slice(&length.to_le_bytes());
        out.extend_from_slice(&record.bytes);
    }
}

pub(super) fn encode_outputs(kind: u8, header: &Header, records: &[DeviceOutput], out: &mut Vec<u8>) {
    encode_header(kind, header, records.iter().filter(|record| sayable(&record.bytes).is_some()).count(), out);
    for record in records {
        let Some(length) = sayable(&record.bytes) else { continue };
        out.extend_from_slice(&record.port.to_le_bytes());
        out.extend_from_slice(&record.key.to_le_bytes());
        out.extend_from_slice(&length.to_le_bytes());
        out.extend_from_slice(&(u16::from(record.feature) * FEATURE).to_le_bytes());
        out.extend_from_slice(&record.bytes);
    }
}

fn sayable(bytes: &[u8]) -> Option<u16> {
    u16::try_from(bytes.len()).ok()
}

pub(super) fn parse_inputs(reader: Reader<'_>, count: usize) -> Result<Vec<DeviceInput>, ProtocolError> {
    parse(reader, count, |reader| {
        let (port, at_nanos, flags, _reserved) = (reader.u32()?, reader.u64()?, reader.u8()?, reader.u8()?);
        let length = usize::from(reader.u16()?);
        let bytes = reader.slice(length)?.to_vec();
        Ok(DeviceInput { port, at_nanos, executed: flags & EXECUTED != 0, thinned: flags & THINNED != 0, bytes })
    })
}

pub(super) fn parse_outputs(reader: Reader<'_>, count: usize) -> Result<Vec<DeviceOutput>, ProtocolError> {
    parse(reader, count, |reader| {
        let (port, key, length, flags) = (reader.u32()?, reader.u32()?, usize::from(reader.u16()?), reader.u16()?);
        Ok(DeviceOutput { port, key, feature: flags & FEATURE != 0, bytes: reader.slice(length)?.to_vec() })
    })
}

/// Exactly `count` records and nothing behind them. What is announced costs nothing before it is there.
fn parse<'a, T>(
    mut reader: Reader<'a>,
    count: usize,
    one: impl Fn(&mut Reader<'a>) -> Result<T, ProtocolError>,
) -> Result<Vec<T>, ProtocolError> {
    let mut records = Vec::new();
    for _ in 0..count {
        records.push(one(&mut reader)?);
    }
    if reader.bytes.is_empty() {
        return Ok(records);
    }
    Err(malformed(
        "count",
        format!("{} bytes stand behind the {count} records that were announced", reader.bytes.len()),
    ))
}

#[cfg(test)]
mod tests {
    use super::super::Plane;
    use super::*;

    const HEADER: Header = Header { flags: 0, stream: 0, sequence: 0, time_nanos: 0 };

    #[test]
    fn records_stand_as_written_down() {
        let input = DeviceInput { port: 1, at_nanos: 2, executed: true, thinned: true, bytes: vec![0xf8] };
        let (mut bytes, mut echoed) = (Vec::new(), Vec::new());
        Plane::DeviceInput(HEADER, vec![input.clone()]).encode(&mut bytes);
        assert_eq!(bytes[1], 6);
        assert_eq!(bytes[24..], [1, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 3, 0, 1, 0, 0xf8]);
        Plane::DeviceEcho(HEADER, vec![input]).encode(&mut echoed);
        assert_eq!((echoed[1], &echoed[24..]), (8, &bytes[24..]));
        let output = DeviceOutput { port: 1, key: 2, feature: true, bytes: vec![9] };
        let mut bytes = Vec::new();
        Plane::DeviceOutput(HEADER, vec![output]).encode(&mut bytes);
        assert_eq!(bytes[1], 7);
        assert_eq!(bytes[24..], [1, 0, 0, 0, 2, 0, 0, 0, 1, 0, 1, 0, 9]);
    }

    #[test]
    fn the_longest_is_said_and_a_longer_one_is_left_out() {
        let of = |length| DeviceOutput { port: 1, key: 0, feature: false, bytes: vec![0; length] };
        let mut bytes = Vec::new();
        Plane::DeviceOutput(HEADER, vec![of(MAX_DEVICE_BYTES + 1), of(MAX_DEVICE_BYTES)]).encode(&mut bytes);
        assert_eq!(Plane::parse(&bytes), Ok(Plane::DeviceOutput(HEADER, vec![of(MAX_DEVICE_BYTES)])));
    }

    #[test]
    fn an_announced_count_must_be_true() {
        let mut bytes = Vec::new();
        Plane::DeviceInput(HEADER, Vec::new()).encode(&mut bytes);
        bytes[12..16].copy_from_slice(&u32::MAX.to_le_bytes());
        assert!(Plane::parse(&bytes).is_err());
        bytes[12..16].copy_from_slice(&0u32.to_le_bytes());
        bytes.push(0);
        assert!(Plane::parse(&bytes).is_err());
    }
}
