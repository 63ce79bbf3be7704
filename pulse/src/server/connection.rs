//! One client's connection: hello, then a thread that reads and a thread that writes.

use super::outbox::{ClientOutbox, Item, Room};
use super::request::{self, Request};
use super::{ClientMail, Hall, Refusal, refuse, too_many};
use crate::engine::link::{entry_of, hidden, malformed_entry, plane_entry, saturate};
use crate::event::Happening;
use crate::intent::client::Hello;
use crate::intent::{Capability, Intent};
use crate::outgoing::{Message, Outgoing};
use crate::runtime::clock::unix_nanos;
use crate::trace::{Body, Link, TraceEntry};
use crate::view::ClientView;
use crate::view::shapes::client::{Greeting, Heartbeat};
use loophole_wire::envelope::{Kind, Party, to_payload};
use loophole_wire::plane::Plane;
use loophole_wire::token::is_same;
use loophole_wire::{Envelope, ErrorBody, Frame, FrameDecoder, PROTOCOL_VERSION, ProtocolError};
use std::collections::BTreeSet;
use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::Arc;
use std::thread::Builder;
use std::time::{Duration, Instant};

const HELLO_PATIENCE: Duration = Duration::from_secs(2);
/// A hello is small; what is longer is none.
const HELLO_BYTES: usize = 256 * 1024;
const NAME_BYTES: usize = 64;
/// How often a quiet connection is looked after.
const LOOK: Duration = Duration::from_millis(500);
const HEARTBEAT: Duration = Duration::from_secs(2);
const SILENCE_LIMIT: Duration = Duration::from_secs(10);
/// How long a connection that ends may still read what it was told.
const ENDING_PATIENCE: Duration = Duration::from_secs(1);
/// Commands that go to the core in one piece, so that nobody waits behind a crowd.
const BATCH: usize = 64;
const WRITE_CHUNK: usize = 64 * 1024;

/// Who came in.
struct Greeted {
    hello: Hello,
    cid: String,
    /// What came behind the hello is in here.
    decoder: FrameDecoder,
}

/// Runs a connection from its first byte to its end; returns whether it said hello.
pub(super) fn run(stream: &Arc<TcpStream>, connection: u32, address: SocketAddr, hall: &Arc<Hall>) -> bool {
    if stream.set_nodelay(true).is_err() {
        return false;
    }
    let greeted = match wait_for_hello(stream, connection, hall) {
        Ok(greeted) => greeted,
        Err(Some(refusal)) => {
            refuse(stream, &refusal);
            linger(stream);
            return false;
        }
        Err(None) => return false,
    };
    if !hall.greet() {
        let error = too_many("as many clients as can be served are connected; close one of them");
        let (domain, name) = ("client".to_owned(), "hello".to_owned());
        refuse(stream, &Refusal { cid: Some(greeted.cid), domain, name, error });
        linger(stream);
        return false;
    }
    serve(stream, connection, address, hall, greeted);
    true
}

/// The first message, which must be a hello with the token. `Err(None)`: the other side has gone.
fn wait_for_hello(stream: &TcpStream, connection: u32, hall: &Hall) -> Result<Greeted, Option<Box<Refusal>>> {
    let deadline = Instant::now() + HELLO_PATIENCE;
    let mut decoder = FrameDecoder::default();
    let mut received = 0;
    loop {
        match decoder.next_frame() {
            Ok(Some(Frame::Json(bytes))) => {
                let (hello, cid) = check_hello(bytes, connection, hall).map_err(Some)?;
                return Ok(Greeted { hello, cid, decoder });
            }
            Ok(Some(Frame::Plane(_))) => {
                return Err(Some(unauthorised("the first message must be client.hello").into()));
            }
            Ok(None) if received > HELLO_BYTES => {
                let (length, limit) = (received as u64, HELLO_BYTES as u64);
                return Err(Some(ErrorBody::from(ProtocolError::FrameTooLarge { length, limit }).into()));
            }
            Ok(None) => {}
            Err(error) => return Err(Some(ErrorBody::from(error).into())),
        }
        let left = deadline.saturating_duration_since(Instant::now());
        if left == Duration::ZERO {
            return Err(Some(unauthorised("no client.hello came within two seconds").into()));
        }
        stream.set_read_timeout(Some(left)).map_err(|_gone| None)?;
        match decoder.read_from(&mut &*stream) {
            Ok(0) => return Err(None),
            Ok(count) => received += count,
            Err(error) if is_pause(&error) => {}
            Err(_) => return Err(None),
        }
    }
}

fn check_hello(bytes: &[u8], connection: u32, hall: &Hall) -> Result<(Hello, String), Box<Refusal>> {
    let envelope = match Envelope::parse(bytes) {
        Ok(envelope) => envelope,
        Err(error) => return Err(refusal_of(request::from_nonsense(bytes, error))),
    };
    if hall.tap.is_open() {
        let shown = Envelope { payload: hidden(), ..envelope.clone() };
        hall.tap.record(entry_of(&shown, Link::Client(connection), bytes.len() + 5));
    }
    match greeting_of(&envelope, hall) {
        Ok(hello) => Ok((hello, envelope.id)),
        Err(error) => {
            let Envelope { id, domain, name, .. } = envelope;
            Err(Box::new(Refusal { cid: Some(id), domain, name, error }))
        }
    }
}

fn refusal_of(request: Request) -> Box<Refusal> {
    match request {
        Request::Refused { cid, domain, name, error } => Box::new(Refusal { cid, domain, name, error }),
        Request::Command { .. } | Request::Gesture { .. } | Request::Broken(_) => {
            unauthorised("the first message must be client.hello").into()
        }
    }
}

fn greeting_of(envelope: &Envelope, hall: &Hall) -> Result<Hello, ErrorBody> {
    if (envelope.domain.as_str(), envelope.name.as_str(), envelope.kind) != ("client", "hello", Kind::Command) {
        return Err(unauthorised("the first message must be client.hello"));
    }
    if (envelope.origin, envelope.target) != (Party::Client, Party::Pulse) {
        let (origin, target) = (envelope.origin.name().to_owned(), envelope.target.name().to_owned());
        return Err(ProtocolError::ForbiddenRoute { origin, target }.into());
    }
    let Intent::ClientHello(hello) = Intent::parse("client", "hello", &envelope.payload)? else {
        return Err(unauthorised("the first message must be client.hello"));
    };
    if !is_same(hello.token.as_bytes(), hall.token.as_bytes()) {
        return Err(unauthorised("the token is not the one of the ready line"));
    }
    if let Some(theirs) = hello.protocol.filter(|theirs| *theirs != PROTOCOL_VERSION) {
        return Err(ProtocolError::VersionMismatch { ours: PROTOCOL_VERSION, theirs }.into());
    }
    for (path, name) in [("payload.clientId", &hello.client_id), ("payload.instanceId", &hello.instance_id)] {
        if name.is_empty() || name.len() > NAME_BYTES {
            let reason = format!("a name has 1 to {NAME_BYTES} bytes");
            return Err(ProtocolError::Malformed { path: path.to_owned(), reason }.into());
        }
    }
    Ok(hello)
}

fn unauthorised(message: &str) -> ErrorBody {
    ErrorBody::new("client.unauthorised", message)
}

fn is_pause(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted)
}

/// Reads on for a moment and forgets it: closing with unread bytes would take our last words from the other side.
fn linger(stream: &TcpStream) {
    let deadline = Instant::now() + ENDING_PATIENCE;
    let mut scratch = [0; 4_096];
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        if left == Duration::ZERO || stream.set_read_timeout(Some(left)).is_err() {
            return;
        }
        match (&*stream).read(&mut scratch) {
            Ok(0) => return,
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(_) => return,
        }
    }
}

fn serve(stream: &Arc<TcpStream>, connection: u32, address: SocketAddr, hall: &Arc<Hall>, greeted: Greeted) {
    let Greeted { hello, cid, decoder } = greeted;
    let outbox = Arc::new(ClientOutbox::default());
    let capabilities: BTreeSet<Capability> =
        hello.capabilities.unwrap_or_else(|| Capability::ALL.to_vec()).into_iter().collect();
    let answer = Greeting {
        session_id: &hall.session_id,
        protocol: PROTOCOL_VERSION,
        version: env!("CARGO_PKG_VERSION"),
        is_manager: capabilities.contains(&Capability::Manage),
        connection,
    };
    outbox.push_one(Item::event(Some(cid), "client", "hello", to_payload(&answer).into()));
    let writer = Writer {
        stream: Arc::clone(stream),
        connection,
        outbox: Arc::clone(&outbox),
        hall: Arc::clone(hall),
        outgoing: Outgoing::new(Party::Pulse, Party::Client),
    };
    let name = format!("pulse-write-{connection}");
    let Ok(writing) = Builder::new().name(name).spawn(move || writer.run()) else { return };
    let view = ClientView { connection, client_id: hello.client_id, address: address.to_string() };
    let joined = ClientMail::Joined { view, outbox: Arc::clone(&outbox), capabilities };
    if hall.mailbox.push_client(joined).is_ok() {
        let now = Instant::now();
        let reader = Reader {
            stream,
            connection,
            outbox: &outbox,
            hall,
            decoder,
            requests: Vec::new(),
            heard_at: now,
            heartbeat_at: now,
        };
        reader.run();
        // When this fails, the session ends, and the core knows no clients any more.
        let _told = hall.mailbox.push_client(ClientMail::Left { connection });
    }
    outbox.close();
    // Ends a write that waits for the client; it may be closed already.
    let _shut = stream.shutdown(Shutdown::Both);
    // A writer that panicked has nothing more to write.
    let _joined = writing.join();
}

struct Reader<'a> {
    stream: &'a TcpStream,
    connection: u32,
    outbox: &'a ClientOutbox,
    hall: &'a Hall,
    decoder: FrameDecoder,
    requests: Vec<Request>,
    heard_at: Instant,
    heartbeat_at: Instant,
}

/// Why reading goes no further.
struct NoMore;

impl Reader<'_> {
    fn run(mut self) {
        if self.stream.set_read_timeout(Some(LOOK)).is_err() {
            return;
        }
        if self.read_requests().is_err() {
            // Whatever still comes is not read; what is told still is.
            linger(self.stream);
        }
    }

    fn read_requests(&mut self) -> Result<(), NoMore> {
        loop {
            self.take_frames()?;
            match self.decoder.read_from(&mut &*self.stream) {
                Ok(0) => return Ok(()),
                Ok(_) => self.heard_at = Instant::now(),
                Err(error) if is_pause(&error) => {}
                Err(_) => return Ok(()),
            }
            self.look_after()?;
        }
    }

    /// Heartbeats, silence, and whether somebody has ended the connection.
    fn look_after(&mut self) -> Result<(), NoMore> {
        if self.outbox.ending_for().is_some() {
            return Err(NoMore);
        }
        let now = Instant::now();
        if now - self.heard_at >= SILENCE_LIMIT {
            let message = format!("nothing was heard for {} s", SILENCE_LIMIT.as_secs());
            self.outbox.push_one(Item::uncorrelated(ErrorBody::new("client.silent", message)));
            self.outbox.finish();
            return Err(NoMore);
        }
        if now - self.heartbeat_at >= HEARTBEAT {
            self.heartbeat_at = now;
            // What it missed because it reads slowly.
            let telemetry_dropped = self.outbox.telemetry_dropped();
            let beat = Happening::ClientHeartbeat(Heartbeat { telemetry_dropped });
            let (spec, payload) = (beat.spec(), Arc::clone(beat.payload().json()));
            let item = Item::event(None, spec.domain, spec.name, payload);
            self.outbox.push_one(Item { kind: spec.kind, ..item });
        }
        Ok(())
    }

    fn take_frames(&mut self) -> Result<(), NoMore> {
        loop {
            let (tap, link) = (&self.hall.tap, Link::Client(self.connection));
            match self.decoder.next_frame() {
                Ok(None) => return self.submit(),
                Ok(Some(Frame::Json(bytes))) => match Envelope::parse(bytes) {
                    Ok(envelope) => {
                        if tap.is_open() {
                            tap.record(entry_of(&envelope, link, bytes.len() + 5));
                        }
                        request::from_envelope(envelope, &mut self.requests);
                    }
                    Err(error) => {
                        if tap.is_open() {
                            tap.record(malformed_entry(link, Party::Client, (&error).into(), bytes.len() + 5));
                        }
                        self.requests.push(request::from_nonsense(bytes, error));
                    }
                },
                Ok(Some(Frame::Plane(bytes))) => match Plane::parse(bytes) {
                    Ok(plane) => {
                        if tap.is_open() {
                            let (from, to) = (Party::Client, Party::Pulse);
                            tap.record(plane_entry(&plane, link, from, to, bytes.len() + 5));
                        }
                        request::from_plane(plane, &mut self.requests);
                    }
                    Err(error) => {
                        if tap.is_open() {
                            tap.record(malformed_entry(link, Party::Client, (&error).into(), bytes.len() + 5));
                        }
                        let (domain, name) = ("client".to_owned(), "error".to_owned());
                        self.requests.push(Request::Refused { cid: None, domain, name, error: error.into() });
                    }
                },
                Err(error) => {
                    self.requests.push(Request::Broken(error));
                    self.submit()?;
                    return Err(NoMore);
                }
            }
            if self.requests.len() >= BATCH {
                self.submit()?;
            }
        }
    }

    /// Hands what was read to the core, when there is room.
    fn submit(&mut self) -> Result<(), NoMore> {
        if self.requests.is_empty() {
            return Ok(());
        }
        loop {
            match self.outbox.reserve_batch(LOOK) {
                Room::Yes => break,
                Room::NotYet => {
                    // It has said something: we are the ones who do not listen.
                    self.heard_at = Instant::now();
                    self.look_after()?;
                }
                Room::Ending => return Err(NoMore),
            }
        }
        let (connection, requests) = (self.connection, std::mem::take(&mut self.requests));
        self.hall.mailbox.push_client(ClientMail::Batch { connection, requests }).map_err(|_ended| NoMore)
    }
}

struct Writer {
    stream: Arc<TcpStream>,
    connection: u32,
    outbox: Arc<ClientOutbox>,
    hall: Arc<Hall>,
    outgoing: Outgoing,
}

impl Writer {
    fn run(mut self) {
        let (mut items, mut bytes) = (Vec::new(), Vec::new());
        while self.outbox.take_all(&mut items) {
            let cost = items.iter().map(Item::cost_bytes).sum();
            bytes.clear();
            self.outgoing.stamp(unix_nanos());
            for item in items.drain(..) {
                self.encode(&item, &mut bytes);
            }
            self.outbox.encoded(cost, bytes.len());
            for chunk in bytes.chunks(WRITE_CHUNK) {
                if (&*self.stream).write_all(chunk).is_err() {
                    self.outbox.close();
                    return;
                }
                self.outbox.written(chunk.len());
            }
            if bytes.capacity() > 1024 * 1024 {
                bytes = Vec::new();
            }
        }
        // The last word has been written; the other side may have gone.
        let _shut = self.stream.shutdown(Shutdown::Write);
    }

    fn encode(&mut self, item: &Item, bytes: &mut Vec<u8>) {
        let id = self.outgoing.next_id(None);
        let message = Message {
            cid: item.cid.as_deref(),
            domain: &item.domain,
            name: &item.name,
            kind: item.kind,
            priority: item.priority,
            payload: &item.payload,
            error: item.error.as_deref(),
        };
        match self.outgoing.write(&id, &message, bytes) {
            Ok(size) => self.trace(item, &id, size),
            Err(error) => {
                // An answer that is too long is an answer all the same.
                let (domain, name) = (item.domain.clone(), item.name.clone());
                let refusal = Item::error(item.cid.clone(), domain, name, error.into());
                if item.error.is_none() {
                    self.encode(&refusal, bytes);
                }
            }
        }
    }

    fn trace(&self, item: &Item, id: &str, size: usize) {
        // What tells of messages would tell of itself.
        if !self.hall.tap.is_open() || (&*item.domain, &*item.name) == ("debug", "traced") {
            return;
        }
        self.hall.tap.record(TraceEntry {
            number: 0,
            at_nanos: unix_nanos(),
            link: Link::Client(self.connection),
            from: Party::Pulse,
            to: Party::Client,
            domain: item.domain.as_ref().into(),
            name: item.name.as_ref().into(),
            kind: item.kind,
            id: id.into(),
            priority: item.priority,
            cid: item.cid.as_deref().map(Into::into),
            cause: item.cause.clone(),
            size_bytes: saturate(size),
            body: match &item.error {
                Some(error) => Body::Error(Arc::clone(error)),
                None => Body::Json(Arc::clone(&item.payload)),
            },
        });
    }
}
