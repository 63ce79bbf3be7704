//! The connection to one engine process: a thread that reads, a thread that writes.

use super::from_wire::{self, EngineMessage, Said};
use super::keeper::Control;
use super::outbox::{EngineItem, EngineOutbox};
use crate::outgoing::{Message, Outgoing};
use crate::runtime::clock::unix_nanos;
use crate::runtime::mailbox::{EngineMail, Mailbox};
use crate::trace::{Body, Cause, DeviceBytes, Link as TraceLink, Tap, TraceEntry};
use loophole_wire::envelope::{Kind, Party, Priority, to_payload};
use loophole_wire::message::{EngineCommand, EngineEvent, engine};
use loophole_wire::plane::{Header, Plane, encode_gesture};
use loophole_wire::{Envelope, ErrorBody, Frame, FrameDecoder, PROTOCOL_VERSION, frame};
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::io::Write;
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::SyncSender;
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

/// The engine listens when it says so: connecting takes no time, or does not work.
const CONNECT_PATIENCE: Duration = Duration::from_secs(1);
/// No command opens the stream to devices; gesture streams have other numbers.
const DEVICE_STREAM: u32 = 0;
/// Of what the engine says and nobody understands, so many are told to people; all are counted.
const MALFORMED_NOTICES: u64 = 3;
/// Of one plane frame the tap keeps so many bytes of devices.
const DEVICE_BYTES_KEPT: usize = 64 * 1024;

/// What a link needs to know of its surroundings.
#[derive(Clone)]
pub(crate) struct Surroundings {
    pub(crate) mailbox: Arc<Mailbox>,
    pub(crate) control: SyncSender<Control>,
    pub(crate) tap: Arc<Tap>,
}

/// What the core is told when the handshake is done.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Announce {
    pub(crate) generation: u64,
    pub(crate) pid: u32,
    pub(crate) safe: bool,
    pub(crate) restarts: u32,
}

/// One connection; the engine has not shaken hands yet when this is made.
pub(crate) struct EngineLink {
    stream: Arc<TcpStream>,
    pub(crate) outbox: Arc<EngineOutbox>,
    heard: Arc<Heard>,
    threads: Vec<JoinHandle<()>>,
}

/// When the engine was heard of last.
#[derive(Debug)]
struct Heard {
    began: Instant,
    millis: AtomicU64,
}

impl Heard {
    fn now(&self) {
        let millis = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.millis.store(millis, Ordering::Relaxed);
    }

    fn silence(&self) -> Duration {
        self.began.elapsed().saturating_sub(Duration::from_millis(self.millis.load(Ordering::Relaxed)))
    }
}

impl EngineLink {
    /// Connects and sends the handshake; its answer is read by the reading thread, which tells core and keeper.
    pub(crate) fn open(port: u16, token: &str, announce: Announce, around: &Surroundings) -> std::io::Result<Self> {
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        let stream = TcpStream::connect_timeout(&address, CONNECT_PATIENCE)?;
        stream.set_nodelay(true)?;
        let stream = Arc::new(stream);
        let outbox = Arc::new(EngineOutbox::default());
        let heard = Arc::new(Heard { began: Instant::now(), millis: AtomicU64::new(0) });
        let handshake = engine::Handshake { protocol: PROTOCOL_VERSION, token: token.to_owned() };
        outbox.push_one(EngineItem::command(EngineCommand::EngineHandshake(handshake)));
        let mut link = Self { stream, outbox, heard, threads: Vec::with_capacity(2) };
        let reader = Reader {
            stream: Arc::clone(&link.stream),
            heard: Arc::clone(&link.heard),
            announce,
            outbox: Arc::clone(&link.outbox),
            around: around.clone(),
            greeted: false,
            malformed: 0,
        };
        let writer = Writer {
            stream: Arc::clone(&link.stream),
            outbox: Arc::clone(&link.outbox),
            outgoing: Outgoing::new(Party::Pulse, Party::Signal),
            sequences: BTreeMap::new(),
            around: around.clone(),
        };
        let started = Builder::new()
            .name("pulse-engine-read".to_owned())
            .spawn(move || reader.run())
            .map(|thread| link.threads.push(thread))
            .and_then(|()| Builder::new().name("pulse-engine-write".to_owned()).spawn(move || writer.run()))
            .map(|thread| link.threads.push(thread));
        match started {
            Ok(()) => Ok(link),
            Err(error) => {
                link.close();
                Err(error)
            }
        }
    }

    /// How long nothing at all has come.
    pub(crate) fn silence(&self) -> Duration {
        self.heard.silence()
    }

    /// Forgives the silence so far: it was we who could not listen.
    pub(crate) fn forgive(&self) {
        self.heard.now();
    }

    /// Ends the connection and both threads. All that the engine said before is in the mailbox then.
    pub(crate) fn close(self) {
        self.outbox.close();
        // It may be closed from the other side already.
        let _shut = self.stream.shutdown(Shutdown::Both);
        for thread in self.threads {
            // A thread that panicked has nothing more to say; the keeper goes on.
            let _joined = thread.join();
        }
    }
}

struct Reader {
    stream: Arc<TcpStream>,
    heard: Arc<Heard>,
    announce: Announce,
    outbox: Arc<EngineOutbox>,
    around: Surroundings,
    greeted: bool,
    malformed: u64,
}

impl Reader {
    fn run(mut self) {
        let reason = self.read_until_the_end();
        let generation = self.announce.generation;
        // Nobody supervises any more when this fails.
        let _told = self.around.control.send(Control::Ended { generation, reason });
    }

    fn read_until_the_end(&mut self) -> String {
        let mut decoder = FrameDecoder::default();
        let mut mails = Vec::new();
        loop {
            match decoder.read_from(&mut &*self.stream) {
                Ok(0) => return "its connection ended".to_owned(),
                Ok(_) => {}
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(error) => return format!("its connection broke: {error}"),
            }
            self.heard.now();
            let outcome = self.take_frames(&mut decoder, &mut mails);
            if !mails.is_empty() && self.around.mailbox.push_engine(&mut mails).is_err() {
                return "the session ends".to_owned();
            }
            if let Err(reason) = outcome {
                return reason;
            }
        }
    }

    fn take_frames(&mut self, decoder: &mut FrameDecoder, mails: &mut Vec<EngineMail>) -> Result<(), String> {
        loop {
            match decoder.next_frame() {
                Ok(None) => return Ok(()),
                Ok(Some(Frame::Json(bytes))) => self.take_json(bytes, mails)?,
                Ok(Some(Frame::Plane(bytes))) => self.take_plane(bytes, mails),
                Err(error) => return Err(format!("it broke the protocol: {error}")),
            }
        }
    }

    fn take_json(&mut self, bytes: &[u8], mails: &mut Vec<EngineMail>) -> Result<(), String> {
        let message = Envelope::parse(bytes).and_then(|envelope| {
            if self.around.tap.is_open() {
                self.around.tap.record(entry_of(&envelope, TraceLink::Engine, bytes.len() + 5));
            }
            from_wire::parse(envelope)
        });
        match message {
            Ok(message) if self.greeted => {
                mails.extend(mail_of(message));
                Ok(())
            }
            Ok(message) => self.greet(message, mails),
            Err(error) => {
                self.malformed(&error.to_string(), bytes.len() + 5, mails);
                Ok(())
            }
        }
    }

    /// Before the handshake is answered, nothing else counts.
    fn greet(&mut self, message: EngineMessage, mails: &mut Vec<EngineMail>) -> Result<(), String> {
        match message.said {
            Said::Event(EngineEvent::EngineHandshake(reply)) if reply.protocol == PROTOCOL_VERSION => {
                self.greeted = true;
                let Announce { generation, pid, safe, restarts } = self.announce;
                mails.push(EngineMail::Connected { pid, safe, restarts, outbox: Arc::clone(&self.outbox) });
                // Nobody supervises any more when this fails; the stream is closed then.
                let _told = self.around.control.send(Control::Greeted { generation });
                Ok(())
            }
            Said::Event(EngineEvent::EngineHandshake(reply)) => {
                Err(format!("it speaks protocol {}, not {PROTOCOL_VERSION}", reply.protocol))
            }
            Said::Refused { error, .. } => Err(format!("it refused the handshake: {error}")),
            Said::Event(_) => Ok(()),
        }
    }

    fn take_plane(&mut self, bytes: &[u8], mails: &mut Vec<EngineMail>) {
        match Plane::parse(bytes) {
            Ok(plane) => {
                if self.around.tap.is_open() {
                    let (from, to) = (Party::Signal, Party::Pulse);
                    self.around.tap.record(plane_entry(&plane, TraceLink::Engine, from, to, bytes.len() + 5));
                }
                if self.greeted {
                    mails.push(EngineMail::Plane(plane));
                }
            }
            Err(error) => self.malformed(&error.to_string(), bytes.len() + 5, mails),
        }
    }

    /// Counted and told; a peer of the same program that does this has a bug.
    fn malformed(&mut self, reason: &str, size: usize, mails: &mut Vec<EngineMail>) {
        self.malformed += 1;
        if self.around.tap.is_open() {
            let error = ErrorBody::new("engine.malformed", reason);
            self.around.tap.record(malformed_entry(TraceLink::Engine, Party::Signal, error, size));
        }
        if self.greeted && self.malformed <= MALFORMED_NOTICES {
            let message = format!("The engine said something that nobody understands ({reason}).");
            mails.push(warning("engine.malformed", message));
        }
    }
}

/// A warning as if the engine had given it.
pub(crate) fn warning(code: &str, message: String) -> EngineMail {
    let event = EngineEvent::EngineWarning(engine::Warning {
        code: code.to_owned(),
        message,
        details: serde_json::Value::Null,
    });
    EngineMail::Said { ticket: None, event }
}

fn mail_of(message: EngineMessage) -> Option<EngineMail> {
    match message {
        // The answer to the heartbeat; that it came is all it says.
        EngineMessage { ticket: None, said: Said::Event(EngineEvent::EnginePing(_)) } => None,
        EngineMessage { ticket, said: Said::Event(event) } => Some(EngineMail::Said { ticket, event }),
        EngineMessage { ticket, said: Said::Refused { domain, name, error } } => {
            Some(EngineMail::Refused { ticket, domain, name, error })
        }
    }
}

struct Writer {
    stream: Arc<TcpStream>,
    outbox: Arc<EngineOutbox>,
    outgoing: Outgoing,
    /// The next sequence number of each stream.
    sequences: BTreeMap<u32, u32>,
    around: Surroundings,
}

impl Writer {
    fn run(mut self) {
        let (mut items, mut bytes) = (Vec::new(), Vec::new());
        while self.outbox.take(None, &mut items) {
            let cost = items.iter().map(EngineItem::cost_bytes).sum();
            bytes.clear();
            self.outgoing.stamp(unix_nanos());
            for item in items.drain(..) {
                self.encode(item, &mut bytes);
            }
            if (&*self.stream).write_all(&bytes).is_err() {
                // The reader sees the end of the connection too, and says so.
                self.outbox.close();
                return;
            }
            if self.outbox.written(cost) {
                self.around.mailbox.poke();
            }
            if bytes.capacity() > 1024 * 1024 {
                bytes = Vec::new();
            }
        }
    }

    fn encode(&mut self, item: EngineItem, bytes: &mut Vec<u8>) {
        match item {
            EngineItem::Command { ticket, command, cause } => self.encode_command(ticket, &command, cause, bytes),
            EngineItem::Gesture { stream, values } => {
                let header = self.header(stream);
                let mut payload = Vec::with_capacity(values.len() * 8 + 24);
                encode_gesture(&header, &values, &mut payload);
                let begin = bytes.len();
                frame::encode(Frame::Plane(&payload), bytes);
                if self.around.tap.is_open() {
                    let (from, to) = (Party::Pulse, Party::Signal);
                    let plane = Plane::Gesture(header, values);
                    self.around.tap.record(plane_entry(&plane, TraceLink::Engine, from, to, bytes.len() - begin));
                }
            }
            EngineItem::DeviceOutput { records } => {
                let (plane, begin) = (Plane::DeviceOutput(self.header(DEVICE_STREAM), records), bytes.len());
                let mut payload = Vec::new();
                plane.encode(&mut payload);
                frame::encode(Frame::Plane(&payload), bytes);
                if self.around.tap.is_open() {
                    let (from, to) = (Party::Pulse, Party::Signal);
                    self.around.tap.record(plane_entry(&plane, TraceLink::Engine, from, to, bytes.len() - begin));
                }
            }
        }
    }

    fn header(&mut self, stream: u32) -> Header {
        let sequence = self.sequences.entry(stream).or_default();
        let header = Header { flags: 0, stream, sequence: *sequence, time_nanos: unix_nanos() };
        *sequence = sequence.wrapping_add(1);
        header
    }

    fn encode_command(
        &mut self,
        ticket: Option<u64>,
        command: &EngineCommand,
        cause: Option<Arc<Cause>>,
        bytes: &mut Vec<u8>,
    ) {
        let (spec, payload, id) = (command.spec(), command.payload(), self.outgoing.next_id(ticket));
        let message = Message {
            cid: None,
            domain: spec.domain,
            name: spec.name,
            kind: Kind::Command,
            priority: spec.priority,
            payload: &payload,
            error: None,
        };
        match self.outgoing.write(&id, &message, bytes) {
            Ok(size) => {
                if self.around.tap.is_open() {
                    let payload = if matches!(command, EngineCommand::EngineHandshake(_)) { hidden() } else { payload };
                    self.around.tap.record(TraceEntry {
                        number: 0,
                        at_nanos: unix_nanos(),
                        link: TraceLink::Engine,
                        from: Party::Pulse,
                        to: Party::Signal,
                        domain: spec.domain.into(),
                        name: spec.name.into(),
                        kind: Kind::Command,
                        id: id.into(),
                        priority: spec.priority,
                        cid: None,
                        cause,
                        size_bytes: saturate(size),
                        body: Body::Json(payload.into()),
                    });
                }
            }
            Err(error) => {
                let (domain, name) = (spec.domain.to_owned(), spec.name.to_owned());
                let refused = EngineMail::Refused { ticket, domain, name, error: ErrorBody::from(error) };
                // The session ends when this fails.
                let _told = self.around.mailbox.push_engine(&mut vec![refused]);
            }
        }
    }
}

/// What the tap keeps of an envelope that came in.
pub(crate) fn entry_of(envelope: &Envelope, link: TraceLink, size: usize) -> TraceEntry {
    TraceEntry {
        number: 0,
        at_nanos: unix_nanos(),
        link,
        from: envelope.origin,
        to: envelope.target,
        domain: envelope.domain.as_str().into(),
        name: envelope.name.as_str().into(),
        kind: envelope.kind,
        id: envelope.id.as_str().into(),
        priority: envelope.priority,
        cid: envelope.cid.as_deref().map(Into::into),
        cause: None,
        size_bytes: saturate(size),
        body: match &envelope.error {
            Some(error) => Body::Error(Arc::new(error.clone())),
            None => Body::Json(envelope.payload.clone().into()),
        },
    }
}

/// What the tap keeps of a plane frame.
pub(crate) fn plane_entry(plane: &Plane, link: TraceLink, from: Party, to: Party, size: usize) -> TraceEntry {
    let (domain, name, count) = match plane {
        Plane::Gesture(_, values) => ("gesture", "values", values.len()),
        Plane::Meter(_, values) => ("metering", "frames", values.len()),
        Plane::Position(..) => ("transport", "position", 1),
        Plane::Control(_, values) => ("hardware", "controls", values.len()),
        Plane::Load(..) => ("diagnostics", "load", 1),
        Plane::DeviceInput(_, records) => ("hardware", "deviceInput", records.len()),
        Plane::DeviceOutput(_, records) => ("hardware", "deviceOutput", records.len()),
        Plane::DeviceEcho(_, records) => ("hardware", "deviceEcho", records.len()),
    };
    TraceEntry {
        number: 0,
        at_nanos: unix_nanos(),
        link,
        from,
        to,
        domain: domain.into(),
        name: name.into(),
        kind: Kind::Event,
        id: "0".into(),
        priority: Priority::Low,
        cid: None,
        cause: None,
        size_bytes: saturate(size),
        body: plane_body(plane, saturate(count)),
    }
}

fn plane_body(plane: &Plane, count: u32) -> Body {
    let (kind, &Header { stream, sequence, .. }) = (plane.kind_name(), plane.header());
    let records = match plane {
        Plane::DeviceInput(_, records) | Plane::DeviceEcho(_, records) => {
            kept(records.iter().map(|record| (record.port, record.at_nanos, &*record.bytes)))
        }
        Plane::DeviceOutput(_, records) => kept(records.iter().map(|record| (record.port, 0, &*record.bytes))),
        Plane::Gesture(..) | Plane::Meter(..) | Plane::Position(..) | Plane::Control(..) | Plane::Load(..) => {
            return Body::Plane { kind, stream, sequence, count };
        }
    };
    Body::Device { kind, stream, sequence, count, records }
}

/// The first of the bytes that devices said or were told.
fn kept<'a>(records: impl Iterator<Item = (u32, u64, &'a [u8])>) -> Arc<[DeviceBytes]> {
    let mut left = DEVICE_BYTES_KEPT;
    records
        .map_while(|(port, at_nanos, bytes)| {
            left = left.checked_sub(bytes.len())?;
            Some(DeviceBytes { port, at_nanos, bytes: bytes.into() })
        })
        .collect()
}

/// What the tap keeps of bytes that are no message.
pub(crate) fn malformed_entry(link: TraceLink, from: Party, error: ErrorBody, size: usize) -> TraceEntry {
    TraceEntry {
        number: 0,
        at_nanos: unix_nanos(),
        link,
        from,
        to: Party::Pulse,
        domain: "protocol".into(),
        name: "malformed".into(),
        kind: Kind::Error,
        id: "".into(),
        priority: Priority::Normal,
        cid: None,
        cause: None,
        size_bytes: saturate(size),
        body: Body::Error(Arc::new(error)),
    }
}

/// What the tap keeps of a line on the engine's stderr.
pub(crate) fn stderr_entry(line: &str) -> TraceEntry {
    own_entry("stderr", line.len(), Body::Log(line.into()))
}

/// What the tap keeps of a change of the engine's process.
pub(crate) fn process_entry(state: &str, detail: &str) -> TraceEntry {
    own_entry("process", 0, Body::Process { state: state.into(), detail: detail.into() })
}

/// About the engine's process, but no message.
fn own_entry(name: &str, size: usize, body: Body) -> TraceEntry {
    TraceEntry {
        number: 0,
        at_nanos: unix_nanos(),
        link: TraceLink::Engine,
        from: Party::Signal,
        to: Party::Pulse,
        domain: "engine".into(),
        name: name.into(),
        kind: Kind::Event,
        id: "".into(),
        priority: Priority::Normal,
        cid: None,
        cause: None,
        size_bytes: saturate(size),
        body,
    }
}

/// What the tap keeps of a payload with a token in it.
pub(crate) fn hidden() -> Box<RawValue> {
    to_payload(&serde_json::json!({ "token": "(not shown)" }))
}

pub(crate) fn saturate(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
