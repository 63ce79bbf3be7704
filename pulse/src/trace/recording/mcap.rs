//! The records of an MCAP file (<https://mcap.dev/spec>): as much of it as recordings need, without compression.
//!
//! Messages stand in the data section one after the other, so that a file that was cut short loses its last one only.

use super::{About, MAX_MESSAGE_BYTES};
use crate::trace::line::Line;
use std::collections::BTreeMap;
use std::io::{Read, Write};

/// Where every MCAP file begins and ends.
pub(super) const MAGIC: [u8; 8] = [0x89, b'M', b'C', b'A', b'P', b'0', b'\r', b'\n'];
const METADATA_NAME: &str = "loophole";
const ENCODING: &str = "json";
const SCHEMA_ID: u16 = 1;

mod op {
    pub(super) const HEADER: u8 = 0x01;
    pub(super) const FOOTER: u8 = 0x02;
    pub(super) const SCHEMA: u8 = 0x03;
    pub(super) const CHANNEL: u8 = 0x04;
    pub(super) const MESSAGE: u8 = 0x05;
    pub(super) const CHUNK: u8 = 0x06;
    pub(super) const STATISTICS: u8 = 0x0b;
    pub(super) const METADATA: u8 = 0x0c;
    pub(super) const METADATA_INDEX: u8 = 0x0d;
    pub(super) const DATA_END: u8 = 0x0f;
}

/// What is needed to end a file.
#[derive(Debug, Default)]
pub(super) struct Writer {
    /// By topic, the channel and how many messages it has.
    channels: BTreeMap<String, (u16, u64)>,
    schema: Vec<u8>,
    /// Where the record about the recording begins, and how long it is.
    about_at: (u64, u64),
    messages: u64,
    first_nanos: u64,
    last_nanos: u64,
    written: u64,
}

impl Writer {
    pub(super) fn begin(about: &About, out: &mut dyn Write) -> std::io::Result<Self> {
        let schema = schema_record();
        let mut writer = Self { first_nanos: u64::MAX, schema, ..Self::default() };
        out.write_all(&MAGIC)?;
        writer.written += MAGIC.len() as u64;
        let mut header = Vec::new();
        put_text(&mut header, "loophole");
        put_text(&mut header, &format!("loophole {}", about.version));
        writer.record(op::HEADER, &header, out)?;
        let mut metadata = Vec::new();
        put_text(&mut metadata, METADATA_NAME);
        put_map(&mut metadata, &about.to_map());
        let begin = writer.written;
        writer.record(op::METADATA, &metadata, out)?;
        writer.about_at = (begin, writer.written - begin);
        let schema = std::mem::take(&mut writer.schema);
        writer.record(op::SCHEMA, &schema, out)?;
        writer.schema = schema;
        Ok(writer)
    }

    /// Bytes written so far.
    pub(super) fn written(&self) -> u64 {
        self.written
    }

    /// Writes a message, given as the JSON of its [`Line`], to the channel of its topic.
    pub(super) fn message(
        &mut self,
        topic: &str,
        number: u64,
        at_nanos: u64,
        json: &[u8],
        out: &mut dyn Write,
    ) -> std::io::Result<()> {
        let id = match self.channels.get_mut(topic) {
            Some((id, count)) => {
                *count += 1;
                *id
            }
            None => {
                // Links are fewer than that: connections are.
                let id = u16::try_from(self.channels.len() + 1).unwrap_or(u16::MAX);
                self.record(op::CHANNEL, &channel_record(id, topic), out)?;
                self.channels.insert(topic.to_owned(), (id, 1));
                id
            }
        };
        let mut message = Vec::with_capacity(json.len() + 22);
        message.extend_from_slice(&id.to_le_bytes());
        message.extend_from_slice(&(number as u32).to_le_bytes());
        message.extend_from_slice(&at_nanos.to_le_bytes());
        message.extend_from_slice(&at_nanos.to_le_bytes());
        message.extend_from_slice(json);
        self.messages += 1;
        self.first_nanos = self.first_nanos.min(at_nanos);
        self.last_nanos = self.last_nanos.max(at_nanos);
        self.record(op::MESSAGE, &message, out)
    }

    /// Ends the file with its summary.
    pub(super) fn finish(mut self, out: &mut dyn Write) -> std::io::Result<u64> {
        self.record(op::DATA_END, &0_u32.to_le_bytes(), out)?;
        let summary_start = self.written;
        let schema = std::mem::take(&mut self.schema);
        self.record(op::SCHEMA, &schema, out)?;
        let channels = std::mem::take(&mut self.channels);
        for (topic, (id, _)) in &channels {
            self.record(op::CHANNEL, &channel_record(*id, topic), out)?;
        }
        let mut statistics = Vec::new();
        statistics.extend_from_slice(&self.messages.to_le_bytes());
        statistics.extend_from_slice(&1_u16.to_le_bytes());
        statistics.extend_from_slice(&(channels.len() as u32).to_le_bytes());
        // No attachments, one metadata record, no chunks.
        for count in [0_u32, 1, 0] {
            statistics.extend_from_slice(&count.to_le_bytes());
        }
        let first_nanos = if self.messages == 0 { 0 } else { self.first_nanos };
        statistics.extend_from_slice(&first_nanos.to_le_bytes());
        statistics.extend_from_slice(&self.last_nanos.to_le_bytes());
        statistics.extend_from_slice(&(channels.len() as u32 * 10).to_le_bytes());
        for (id, count) in channels.values() {
            statistics.extend_from_slice(&id.to_le_bytes());
            statistics.extend_from_slice(&count.to_le_bytes());
        }
        self.record(op::STATISTICS, &statistics, out)?;
        let (offset, length) = self.about_at;
        let mut index = [offset.to_le_bytes(), length.to_le_bytes()].concat();
        put_text(&mut index, METADATA_NAME);
        self.record(op::METADATA_INDEX, &index, out)?;
        let mut footer = Vec::new();
        footer.extend_from_slice(&summary_start.to_le_bytes());
        // No offsets section, no checksum.
        footer.extend_from_slice(&0_u64.to_le_bytes());
        footer.extend_from_slice(&0_u32.to_le_bytes());
        self.record(op::FOOTER, &footer, out)?;
        out.write_all(&MAGIC)?;
        Ok(self.written + MAGIC.len() as u64)
    }

    fn record(&mut self, op: u8, body: &[u8], out: &mut dyn Write) -> std::io::Result<()> {
        out.write_all(&[op])?;
        out.write_all(&(body.len() as u64).to_le_bytes())?;
        out.write_all(body)?;
        self.written += body.len() as u64 + 9;
        Ok(())
    }
}

fn schema_record() -> Vec<u8> {
    let schema = loophole_wire::schema::schema_of_said::<Line<'_>>();
    let mut record = SCHEMA_ID.to_le_bytes().to_vec();
    put_text(&mut record, "loophole.Message");
    put_text(&mut record, "jsonschema");
    put_bytes(&mut record, serde_json::Value::from(schema).to_string().as_bytes());
    record
}

fn channel_record(id: u16, topic: &str) -> Vec<u8> {
    let mut record = id.to_le_bytes().to_vec();
    record.extend_from_slice(&SCHEMA_ID.to_le_bytes());
    put_text(&mut record, topic);
    put_text(&mut record, ENCODING);
    put_map(&mut record, &BTreeMap::new());
    record
}

fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend_from_slice(&u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_le_bytes());
    out.extend_from_slice(bytes);
}

fn put_text(out: &mut Vec<u8>, text: &str) {
    put_bytes(out, text.as_bytes());
}

fn put_map(out: &mut Vec<u8>, map: &BTreeMap<String, String>) {
    let mut inside = Vec::new();
    for (key, value) in map {
        put_text(&mut inside, key);
        put_text(&mut inside, value);
    }
    put_bytes(out, &inside);
}

/// What is in a file, one after the other.
#[derive(Debug, PartialEq)]
pub(super) enum Found {
    About(About),
    /// The JSON of a message.
    Message(Vec<u8>),
    /// Something that cannot be read, and why; the rest can.
    Unreadable(String),
    /// The end as it should be.
    End,
    /// The file ends before its end.
    Cut,
}

/// Reads what comes next, skipping what is of no interest. The magic was read.
pub(super) fn next(file: &mut dyn Read) -> std::io::Result<Found> {
    loop {
        let mut head = [0; 9];
        if !read_whole(file, &mut head)? {
            return Ok(Found::Cut);
        }
        let length = u64::from_le_bytes([head[1], head[2], head[3], head[4], head[5], head[6], head[7], head[8]]);
        if length > MAX_MESSAGE_BYTES as u64 {
            return Ok(Found::Cut);
        }
        let mut body = Vec::new();
        if file.take(length).read_to_end(&mut body)? as u64 != length {
            return Ok(Found::Cut);
        }
        match head[0] {
            op::DATA_END | op::FOOTER => return Ok(Found::End),
            op::MESSAGE => match body.get(22..) {
                Some(json) => return Ok(Found::Message(json.to_vec())),
                None => return Ok(Found::Unreadable("a message is too short".to_owned())),
            },
            op::METADATA => {
                if let Some(about) = about_of(&body) {
                    return Ok(Found::About(about));
                }
            }
            op::CHUNK => {
                let how = "write it again without chunks and compression to open it here";
                return Ok(Found::Unreadable(format!("a part was packed by another program; {how}")));
            }
            _ => {}
        }
    }
}

fn about_of(body: &[u8]) -> Option<About> {
    let (name, rest) = take_bytes(body)?;
    let (mut inside, _) = take_bytes(rest)?;
    let mut map = BTreeMap::new();
    while !inside.is_empty() {
        let (key, rest) = take_bytes(inside)?;
        let (value, rest) = take_bytes(rest)?;
        map.insert(String::from_utf8_lossy(key).into_owned(), String::from_utf8_lossy(value).into_owned());
        inside = rest;
    }
    (name == METADATA_NAME.as_bytes()).then(|| About::from_map(&map))
}

fn take_bytes(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    rest.split_at_checked(u32::from_le_bytes(*length) as usize)
}

/// False when the file ends before the buffer is full.
fn read_whole(file: &mut dyn Read, buffer: &mut [u8]) -> std::io::Result<bool> {
    match file.read_exact(buffer) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}
